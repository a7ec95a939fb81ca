"""The complete list of zeros and sign regions of G on an interval (D1 to D6), for `sign_regions` and `landing`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, index, items, number
from proofs_check.linear.drift import check_negative_piece
from proofs_check.linear.far import BRACKETS, FarField, gap_index, tangent_below
from proofs_check.linear.gaps import gap_at, gap_ends, gaps_meeting
from proofs_check.linear.points import at_most
from proofs_check.linear.zeros import Listed, Zero, prove_zero, read_zero

MANY = 128
"""From so many gaps and rates on far poles enter the sums together (FF1)."""

Cut = Fraction | int | None
"""An end of a region: a rational, the index of a zero, or None for infinity."""


@dataclass(frozen=True)
class Region:
    """That G has the sign between two cuts, off the poles."""

    sign: str
    start: Cut
    end: Cut


@dataclass(frozen=True)
class Listing:
    """That `zeros` are all zeros in the gaps that meet (start, end), and `regions` all regions on it.

    `negative` holds a witness for gaps without zeros.
    """

    case: Case
    start: Fraction
    end: Fraction | None
    zeros: tuple[Listed, ...]
    negative: dict[int, Fraction]
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Regions:
    """The zeros, which of them lie inside the interval, the signs between these, and the lemmas used."""

    zeros: list[Zero]
    inside: list[int]
    signs: list[str]
    used: set[str]


def read_listing(claim: dict[str, Any], case: Case, start: Fraction, end: Fraction | None) -> Listing:
    """The fields `zeros`, `negative_gaps` and `regions` of a claim."""
    zeros = [read_zero(case, zero, f"zeros[{i}]") for i, zero in enumerate(items(claim["zeros"], "zeros"))]
    negative = _read_negative_gaps(claim["negative_gaps"])
    listed = enumerate(items(claim["regions"], "regions"))
    regions = [_read_region(region, f"regions[{i}]") for i, region in listed]
    return Listing(case, start, end, tuple(zeros), negative, tuple(regions))


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


def _read_region(value: Any, where: str) -> Region:
    table = fields(value, where, ("sign", "from", "to"))
    return Region(table["sign"], *(_read_cut(table[key], f"{where}.{key}") for key in ("from", "to")))


def _read_cut(value: Any, where: str) -> Cut:
    if isinstance(value, dict):
        return index(fields(value, where, ("zero",))["zero"], f"{where}.zero")
    return None if value == "inf" else number(value, where)


def prove_listing(listing: Listing) -> Regions:
    """D1, D2, D3 (`_check_complete`): the list of zeros is complete. Between successive zeros G has one sign
    off the poles: > 0 after an up crossing, < 0 else => the regions, if they are listed so."""
    case, start, end = listing.case, listing.start, listing.end
    many = len(listing.zeros) + len(listing.negative) >= MANY and len(case.law.weights) >= MANY
    field = FarField(case, BRACKETS) if many else None
    zeros = [prove_zero(case, zero, f"zeros[{i}]", field) for i, zero in enumerate(listing.zeros)]
    used = {"D1"} if field is None else {"D1", "FF1"}
    used |= _check_complete(case, gaps_meeting(case.law, start, end), zeros, listing.negative, field)
    places = [_place(case, zero, start, end, f"zeros[{i}]") for i, zero in enumerate(zeros)]
    inside = [i for i, place in enumerate(places) if place == 0]
    last_before = places.count(-1) - 1
    signs = [_sign_after(zeros[i]) if i >= 0 else "negative" for i in (last_before, *inside)]
    _check_regions(listing, signs, inside)
    return Regions(zeros, inside, signs, used)


def _check_complete(
    case: Case, gaps: range, zeros: list[Zero], negative: dict[int, Fraction], field: FarField | None
) -> set[str]:
    """Every gap is accounted for, nothing is left over; the lemmas used.

    D1: gap 0 has no zero, the last gap one, an up crossing. In a gap between two poles G is concave, so it has
    an up and a down crossing in this order, or one tangency, or none, by a witness with D3.
    """
    last = len(case.law.weights)
    used = {lemma for zero in zeros for lemma in zero.used}
    position = 0
    for gap in gaps:
        case.work.spend(4)
        own = []
        while position < len(zeros) and zeros[position].gap == gap:
            own.append(zeros[position])
            position += 1
        kinds = [zero.kind for zero in own]
        if gap in (0, last):
            if kinds != ([] if gap == 0 else ["up"]):
                raise Refused(f"gap {gap}, an outer one, has {'no zero' if gap == 0 else 'one up crossing'}")
        elif not own:
            if gap not in negative:
                raise Refused(f"nothing is said about gap {gap}")
            _check_negative_gap(case, gap, negative[gap], field)
            used.add("D3")
        elif kinds == ["up", "down"]:
            if not at_most(case, own[0].upper, own[1].lower):
                raise Refused(f"the brackets of the zeros in gap {gap} overlap or are out of order")
        elif kinds != ["tangency"]:
            raise Refused(f"the zeros in gap {gap} are neither up and down nor one tangency")
    if position < len(zeros):
        raise Refused(f"zeros[{position}] is out of order or in a gap outside the interval")
    occupied = {0, last, *(zero.gap for zero in zeros)}
    if any(gap not in gaps or gap in occupied for gap in negative):
        raise Refused("an entry of negative_gaps is superfluous")
    return used


def _check_negative_gap(case: Case, gap: int, at: Fraction, field: FarField | None) -> None:
    """D3 on the closure of the gap => G < 0 in it; by expansions (FF1) where there is a field and they tell."""
    where = f"the witness of gap {gap}"
    if at <= 0 or gap_at(case.law, at) != gap:
        raise Refused(f"{where} does not lie in it")
    if field is not None and tangent_below(field, gap_index(case.law, gap), case.law.scale / at):
        return
    low, high = gap_ends(case, gap)
    assert high is not None  # the last gap is an outer one
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
    low, high = gap_ends(case, zero.gap)
    if q <= low or (q < (high or q + 1) and at_most(case, q, zero.lower)):
        return 1
    if (high is not None and q >= high) or at_most(case, zero.upper, q):
        return -1
    raise Refused(f"an end of the interval lies inside the bracket of {where}")


def _sign_after(zero: Zero) -> str:
    return "positive" if zero.kind == "up" else "negative"


def _check_regions(listing: Listing, signs: list[str], inside: list[int]) -> None:
    """The listed regions are those that the zeros cut, from end to end."""
    listed = listing.regions
    if len(listed) != len(signs):
        raise Refused(f"there are {len(signs)} regions, {len(listed)} are listed")
    cuts: list[Cut] = [listing.start, *inside, listing.end]
    for i, (region, sign) in enumerate(zip(listed, signs, strict=True)):
        if region.sign != sign:
            raise Refused(f"regions[{i}] has the wrong sign")
        for key, own, cut in (("from", region.start, cuts[i]), ("to", region.end, cuts[i + 1])):
            if type(own) is not type(cut) or own != cut:  # the zero 1 is not the rational 1
                raise Refused(f"regions[{i}].{key} is not where the region ends")
