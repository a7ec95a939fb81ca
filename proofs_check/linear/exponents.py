"""The claims `exponent` (E1, E2, D5), `exponent_band` (E3, E4) and `exponent_rate` (E5)."""

from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import fields, items, number, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import bracket, ends, exact, lemmas
from proofs_check.linear.drift import sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.moment import check_rate, moment_above_one, moment_at_most_one, tangent_at_most_one
from proofs_check.linear.points import gap_of

Bound = Fraction | None
"""A bound of theta, None for infinity."""


def prove_exponent(claim: dict[str, Any], setting: Setting) -> str:
    """The Cramer exponent at a point, by its regime."""
    regime = claim.get("regime")
    extra = ("base",) if regime == "critical" else ()
    fields(claim, "the claim", ("kind", "step", "lambda", "regime", "exponent", *extra))
    case, opening = setting.case(claim)
    q = positive(claim["lambda"], "lambda")
    if (q * case.law.largest_rate <= 2) != (regime == "stable"):
        raise Refused(f"lambda xi* {'exceeds' if regime == 'stable' else 'does not exceed'} 2")
    opening += f"at lambda = {exact(q)} the regime is "
    if regime == "deflationary":
        lower, upper = check_bracket(case, q, claim["exponent"])
        return f"{opening}deflationary and theta lies in {bracket(lower, upper)} [E1, E2]"
    if claim["exponent"] != ("inf" if regime == "stable" else "0"):
        raise Refused("the exponent does not belong to the regime")
    if regime == "stable":
        return f"{opening}stable and theta = inf [E1]"
    if regime == "inflationary":
        gap_of(case, q, "lambda")
        if sign_of_drift(case, q) < 0:
            raise Refused("G is negative at lambda")
        return f"{opening}inflationary and theta = 0 [E1]"
    if regime == "critical":
        gap_of(case, q, "lambda")
        check_exact_zero(case, q, read_base(claim["base"], "base"), "lambda")
        return f"{opening}critical and theta = 0 [D5, E1]"
    raise Refused(f"the unknown regime {quoted(regime)}")


def check_bracket(case: Case, q: Fraction, value: Any) -> tuple[Fraction, Fraction]:
    """E2: 0 < lower < upper and M(lower; q) < 1 < M(upper; q), where q xi* > 2."""
    table = fields(value, "exponent", ("lower", "upper"))
    lower, upper = positive(table["lower"], "exponent.lower"), number(table["upper"], "exponent.upper")
    if not lower < upper:
        raise Refused("exponent.lower is not below exponent.upper")
    if moment_above_one(case, lower, q):
        raise Refused("M(lower; lambda) is above 1")
    if not moment_above_one(case, upper, q):
        raise Refused("M(upper; lambda) is below 1")
    return lower, upper


def prove_rate(claim: dict[str, Any], setting: Setting) -> str:
    """E5: the derivative of theta at a deflationary lambda."""
    fields(claim, "the claim", ("kind", "step", "lambda", "exponent", "rate"))
    case, opening = setting.case(claim)
    q = positive(claim["lambda"], "lambda")
    if q * case.law.largest_rate <= 2:
        raise Refused("lambda xi* does not exceed 2")
    lower, upper = check_bracket(case, q, claim["exponent"])
    if lower <= 1 and case.law.gap(q) is None:
        raise Refused("lambda is a pole and the exponent may be at most 1")
    table = fields(claim["rate"], "rate", ("lower", "upper"))
    rate = number(table["lower"], "rate.lower"), number(table["upper"], "rate.upper")
    if rate[0] > rate[1]:
        raise Refused("rate.lower is above rate.upper")
    check_rate(case, lower, upper, q, rate)
    return (
        f"{opening}at lambda = {exact(q)} the regime is deflationary, theta lies in {bracket(lower, upper)} "
        f"and its derivative by lambda in {bracket(*rate, shape='[]')} [E2, E5]"
    )


def prove_band(claim: dict[str, Any], setting: Setting) -> str:
    """Bounds of theta on every cell of a partition."""
    fields(claim, "the claim", ("kind", "step", "cells"))
    case, opening = setting.case(claim)
    used: set[str] = set()
    words = []
    end: Fraction | None = None
    for i, cell in enumerate(items(claim["cells"], "cells")):
        where = f"cells[{i}]"
        table = fields(cell, where, ("from", "to", "lower", "upper"), ("at",))
        cut = positive(table["from"], f"{where}.from"), number(table["to"], f"{where}.to")
        if cut[0] >= cut[1] or end not in (None, cut[0]):
            raise Refused(f"{where} is empty or does not continue the cell before")
        end = cut[1]
        bounds = _bound(table["lower"], f"{where}.lower"), _bound(table["upper"], f"{where}.upper")
        if not _ordered(*bounds):
            raise Refused(f"{where}.lower is above {where}.upper")
        used |= check_lower(case, cut, bounds[0], table, where)
        used |= check_upper(case, cut, bounds[1], where)
        words.append(_cell_words(cut, bounds))
    if not words:
        raise Refused("cells is empty")
    return f"{opening}theta is bounded, long bounds rounded outwards, {'; '.join(words)} {lemmas(used)}"


def _bound(value: Any, where: str) -> Bound:
    if value == "inf":
        return None
    q = number(value, where)
    if q < 0:
        raise Refused(f"{where} is negative")
    return q


def _ordered(lower: Bound, upper: Bound) -> bool:
    return upper is None or (lower is not None and lower <= upper)


def check_lower(
    case: Case, cut: tuple[Fraction, Fraction], lower: Bound, table: dict[str, Any], where: str
) -> set[str]:
    """theta >= lower on the closed cell; the lemmas used. Only E4b takes `at`."""
    needs_at = lower is not None and 0 < lower < 1
    if needs_at != ("at" in table):
        raise Refused(f"{where}.at is {'missing' if needs_at else 'superfluous'}")
    if lower is None:
        if cut[1] * case.law.largest_rate > 2:
            raise Refused(f"theta is not proved infinite on {where}")
        return {"E1"}
    if lower == 0:
        return {"definition of theta"}
    if lower >= 1:
        if not moment_at_most_one(case, lower, cut[1]):
            raise Refused(f"M(lower; to) is above 1 in {where}")
        return {"E3a"}
    c = number(table["at"], f"{where}.at")
    if not cut[0] < c < cut[1]:
        raise Refused(f"{where}.at is not inside its cell")
    _check_no_pole_inside(case, cut, where)
    if not all(tangent_at_most_one(case, lower, c, end) for end in cut):
        raise Refused(f"the tangent of M(lower; .) exceeds 1 in {where}")
    return {"E4b"}


def check_upper(case: Case, cut: tuple[Fraction, Fraction], upper: Bound, where: str) -> set[str]:
    """theta <= upper on the closed cell; the lemmas used."""
    if upper is None:
        return set()
    if upper == 0:
        if gap_of(case, cut[0], f"{where}.from") != gap_of(case, cut[1], f"{where}.to"):
            raise Refused(f"{where} does not lie in one gap")
        if not all(sign_of_drift(case, end) > 0 for end in cut):
            raise Refused(f"G is not positive at both ends of {where}")
        return {"E4c"}
    if upper < 1:
        _check_no_pole_inside(case, cut, where)
    if not all(moment_above_one(case, upper, end) for end in (cut[:1] if upper >= 1 else cut)):
        raise Refused(f"M(upper; .) is below 1 in {where}")
    return {"E3b" if upper >= 1 else "E4a"}


def _check_no_pole_inside(case: Case, cut: tuple[Fraction, Fraction], where: str) -> None:
    if len(case.law.gaps_meeting(*cut)) > 1:
        raise Refused(f"a pole lies inside {where}")


def _cell_words(cut: tuple[Fraction, Fraction], bounds: tuple[Bound, Bound]) -> str:
    place = f"on [{exact(cut[0])}, {exact(cut[1])}]"
    lower, upper = bounds
    if lower is None:
        return f"{place} theta = inf"
    if upper is None:
        return f"{place} theta >= {ends(lower, lower)[0]}"
    low, high = ends(lower, upper)
    return f"{place} {low} <= theta <= {high}"
