"""The claim `sign_regions`: the complete list of zeros and sign regions of G on an interval (D1 to D6)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import fields, index, items, number, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import between, exact, lemmas
from proofs_check.linear.drift import check_negative_piece, sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.points import NearPole, Point, at_most, gap_of, read_point
from proofs_check.linear.tangency import check_critical, check_unit_product, read_factors, sign_at


@dataclass(frozen=True)
class Zero:
    """A zero of G strictly between two points of one gap, with its exact position if that is proved."""

    kind: str
    """ "up", "down" or "tangency"."""
    gap: int
    lower: Point
    upper: Point
    exact: Fraction | None
    used: tuple[str, ...]


def prove_sign_regions(claim: dict[str, Any], setting: Setting) -> str:
    """The zeros of G in all gaps that meet (from, to) and the sign regions on (from, to), both complete."""
    fields(claim, "the claim", ("kind", "step", "from", "to", "zeros", "negative_gaps", "regions"))
    case, opening = setting.case(claim)
    start = number(claim["from"], "from")
    end = None if claim["to"] == "inf" else number(claim["to"], "to")
    if start < 0 or (end is not None and end <= start):
        raise Refused("from is negative or not below to")
    found = proved_regions(claim, case, start, end)
    words = _words(case, start, end, found.zeros, found.inside, found.signs)
    return f"{opening}{words} {lemmas(found.used)}"


@dataclass(frozen=True)
class Regions:
    """The zeros, which of them lie inside the interval, the signs between these, and the lemmas used."""

    zeros: list[Zero]
    inside: list[int]
    signs: list[str]
    used: set[str]


def proved_regions(claim: dict[str, Any], case: Case, start: Fraction, end: Fraction | None) -> Regions:
    """`zeros`, `negative_gaps` and `regions` of the claim, proved to be complete on (start, end)."""
    listed = items(claim["zeros"], "zeros")
    zeros = [_read_zero(case, zero, f"zeros[{i}]") for i, zero in enumerate(listed)]
    negative = _read_negative_gaps(claim["negative_gaps"])
    used = {"D1"} | _check_complete(case, case.law.gaps_meeting(start, end), zeros, negative)
    places = [_place(case, zero, start, end, f"zeros[{i}]") for i, zero in enumerate(zeros)]
    inside = [i for i, place in enumerate(places) if place == 0]
    last_before = places.count(-1) - 1
    signs = [_sign_after(zeros[i]) if i >= 0 else "negative" for i in (last_before, *inside)]
    _check_regions(items(claim["regions"], "regions"), signs, inside, start, end)
    return Regions(zeros, inside, signs, used)


def _read_zero(case: Case, value: Any, where: str) -> Zero:
    """One entry of `zeros`, with everything that is claimed of it alone proved."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "crossing":
        return _read_crossing(case, value, where)
    if kind == "tangency":
        return _read_tangency(case, value, where)
    raise Refused(f"{where} has the unknown kind {quoted(kind)}")


def _read_crossing(case: Case, value: Any, where: str) -> Zero:
    """D2: the signs at both ends of the bracket. D5: the exact position, if given."""
    is_exact = "exact" in value or "base" in value
    table = fields(
        value, where, ("kind", "direction", "lower", "upper", *(("exact", "base") if is_exact else ()))
    )
    lower = read_point(table["lower"], f"{where}.lower", case.law)
    upper = read_point(table["upper"], f"{where}.upper", case.law)
    gap = gap_of(case, lower, f"{where}.lower")
    if gap != gap_of(case, upper, f"{where}.upper") or not _is_bracket(lower, upper):
        raise Refused(f"{where}: lower and upper are no bracket within one gap")
    if table["direction"] not in ("up", "down"):
        raise Refused(f"{where} has the unknown direction {quoted(table['direction'])}")
    sign = -1 if table["direction"] == "up" else 1
    for point, wanted, name in ((lower, sign, "lower"), (upper, -sign, "upper")):
        if sign_of_drift(case, point) != wanted:
            raise Refused(f"{where}: G has the wrong sign at {name}")
    if not is_exact:
        return Zero(table["direction"], gap, lower, upper, None, ("D2",))
    q = number(table["exact"], f"{where}.exact")
    inside = q > 0 and case.law.gap(q) == gap and at_most(case, lower, q) and at_most(case, q, upper)
    if not inside or q in (lower, upper):
        raise Refused(f"{where}.exact does not lie between lower and upper")
    check_exact_zero(case, q, read_base(table["base"], f"{where}.base"), where)
    return Zero(table["direction"], gap, lower, upper, q, ("D2", "D5"))


def _is_bracket(lower: Point, upper: Point) -> bool:
    """lower < upper, both rational or both beside the same side of the same pole."""
    if isinstance(lower, NearPole) and isinstance(upper, NearPole):
        same = (lower.pole, lower.side) == (upper.pole, upper.side)
        return same and lower.side * lower.t > upper.side * upper.t
    return isinstance(lower, Fraction) and isinstance(upper, Fraction) and lower < upper


def _read_tangency(case: Case, value: Any, where: str) -> Zero:
    """D6, or D5 for a linear polynomial. That the gap lies between two poles is checked with the list."""
    listed = items(value.get("polynomial"), f"{where}.polynomial")
    linear = len(listed) == 2
    table = fields(value, where, ("kind", "lower", "upper", "polynomial", *(("base",) if linear else ())))
    coefficients = [number(c, f"{where}.polynomial[{j}]") for j, c in enumerate(listed)]
    if any(c.denominator != 1 for c in coefficients):
        raise Refused(f"{where}.polynomial has a coefficient that is no integer")
    q = [c.numerator for c in coefficients]
    lower, upper = number(table["lower"], f"{where}.lower"), number(table["upper"], f"{where}.upper")
    gap = gap_of(case, lower, f"{where}.lower")
    if gap != gap_of(case, upper, f"{where}.upper") or not lower < upper:
        raise Refused(f"{where}: lower and upper are no bracket within one gap")
    factors = read_factors(case, q, where)
    if sign_at(case, q, lower, where) * sign_at(case, q, upper, where) >= 0:
        raise Refused(f"{where}.polynomial has no sign change between lower and upper")
    check_critical(case, factors, where)
    if not linear:
        check_unit_product(case, factors, where)
        return Zero("tangency", gap, lower, upper, None, ("D6",))
    root = Fraction(-q[0], q[1])
    check_exact_zero(case, root, read_base(table["base"], f"{where}.base"), where)
    return Zero("tangency", gap, lower, upper, root, ("D5", "D6"))


def _read_negative_gaps(value: Any) -> dict[int, Fraction]:
    """The witness of each gap without zeros, the gaps strictly increasing."""
    found: dict[int, Fraction] = {}
    last = -1
    for i, entry in enumerate(items(value, "negative_gaps")):
        where = f"negative_gaps[{i}]"
        table = fields(entry, where, ("gap", "at"))
        gap = index(table["gap"], f"{where}.gap")
        if gap <= last:
            raise Refused(f"{where}.gap is not above the one before")
        last, found[gap] = gap, number(table["at"], f"{where}.at")
    return found


def _check_complete(case: Case, gaps: range, zeros: list[Zero], negative: dict[int, Fraction]) -> set[str]:
    """Every gap is accounted for as D1 and D2 ask, nothing is left over; the lemmas used."""
    law = case.law
    used: set[str] = set()
    position = 0
    for gap in gaps:
        own = []
        while position < len(zeros) and zeros[position].gap == gap:
            own.append(zeros[position])
            position += 1
        used |= {lemma for zero in own for lemma in zero.used}
        kinds = [zero.kind for zero in own]
        if gap in (0, len(law.poles)):
            if kinds != ([] if gap == 0 else ["up"]):
                raise Refused(f"gap {gap}, an outer one, has {'no zero' if gap == 0 else 'one up crossing'}")
        elif not own:
            if gap not in negative:
                raise Refused(f"nothing is said about gap {gap}")
            _check_negative_gap(case, gap, negative[gap])
            used.add("D3")
        elif kinds == ["up", "down"]:
            if not at_most(case, own[0].upper, own[1].lower):
                raise Refused(f"the brackets of the zeros in gap {gap} overlap or are out of order")
        elif kinds != ["tangency"]:
            raise Refused(f"the zeros in gap {gap} are neither up and down nor one tangency")
    if position < len(zeros):
        raise Refused(f"zeros[{position}] is out of order or in a gap outside the interval")
    occupied = {0, len(law.poles), *(zero.gap for zero in zeros)}
    if any(gap not in gaps or gap in occupied for gap in negative):
        raise Refused("an entry of negative_gaps is superfluous")
    return used


def _check_negative_gap(case: Case, gap: int, at: Fraction) -> None:
    low, high = case.law.gap_ends(gap)
    where = f"the witness of gap {gap}"
    if at <= 0 or case.law.gap(at) != gap or high is None:
        raise Refused(f"{where} does not lie in it")
    check_negative_piece(case, at, low, high, where)


def _place(case: Case, zero: Zero, start: Fraction, end: Fraction | None, where: str) -> int:
    """-1 if the zero is <= start, 1 if it is >= end, 0 if it lies strictly between."""
    if order(case, zero, start, where) <= 0:
        return -1
    return 1 if end is not None and order(case, zero, end, where) >= 0 else 0


def order(case: Case, zero: Zero, q: Fraction, where: str) -> int:
    """The sign of (zero - q). Refused if q lies inside the bracket of a zero without exact position."""
    if zero.exact is not None:
        return (zero.exact > q) - (zero.exact < q)
    low, high = case.law.gap_ends(zero.gap)
    if q <= low or (q < (high or q + 1) and at_most(case, q, zero.lower)):
        return 1
    if (high is not None and q >= high) or at_most(case, zero.upper, q):
        return -1
    raise Refused(f"an end of the interval lies inside the bracket of {where}")


def _sign_after(zero: Zero) -> str:
    return "positive" if zero.kind == "up" else "negative"


def _check_regions(
    listed: list[Any], signs: list[str], inside: list[int], start: Fraction, end: Fraction | None
) -> None:
    """The listed regions are those that the zeros cut, from end to end."""
    if len(listed) != len(signs):
        raise Refused(f"there are {len(signs)} regions, {len(listed)} are listed")
    cuts: list[Any] = [start, *({"zero": i} for i in inside), end]
    for i, (value, sign) in enumerate(zip(listed, signs, strict=True)):
        where = f"regions[{i}]"
        table = fields(value, where, ("sign", "from", "to"))
        if table["sign"] != sign:
            raise Refused(f"{where} has the wrong sign")
        for key, cut in (("from", cuts[i]), ("to", cuts[i + 1])):
            if _read_cut(table[key], f"{where}.{key}") != cut:
                raise Refused(f"{where}.{key} is not where the region ends")


def _read_cut(value: Any, where: str) -> Fraction | dict[str, int] | None:
    """A rational, None for "inf", or {"zero": i}."""
    if isinstance(value, dict):
        return {"zero": index(fields(value, where, ("zero",))["zero"], f"{where}.zero")}
    return None if value == "inf" else number(value, where)


def _words(
    case: Case, start: Fraction, end: Fraction | None, zeros: list[Zero], inside: list[int], signs: list[str]
) -> str:
    """The statement: every zero strictly inside with its bracket, then the sign between them."""
    ends = exact(start), "inf" if end is None else exact(end)
    count = f"{len(inside)} zero{'' if len(inside) == 1 else 's'}"
    found = "".join(f"; z{n} {_zero_words(case, zeros[i])}" for n, i in enumerate(inside, start=1))
    names = [ends[0], *(f"z{n}" for n in range(1, len(inside) + 1)), ends[1]]
    pieces = [
        f"G {'>' if sign == 'positive' else '<'} 0 on ({names[i]}, {names[i + 1]})"
        for i, sign in enumerate(signs)
    ]
    return f"on ({ends[0]}, {ends[1]}) the drift G has exactly {count}{found}; {', '.join(pieces)} (-inf at poles)"


def _zero_words(case: Case, zero: Zero) -> str:
    kind = "touches zero from below" if zero.kind == "tangency" else f"goes {zero.kind} through zero"
    if zero.exact is not None:
        return f"= {exact(zero.exact)} exactly, where G {kind}"
    return f"{between(zero.lower, zero.upper, case.law)}, where G {kind}"
