"""Bounds of the Cramer exponent theta, at a point (E2) and on a cell (E1, E3, E4)."""

from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, number, positive
from proofs_check.linear.drift import sign_of_drift
from proofs_check.linear.gaps import gaps_meeting
from proofs_check.linear.moment import moment_above_one, moment_at_most_one, tangent_at_most_one
from proofs_check.linear.points import gap_of

Range = tuple[Fraction, Fraction]
Bound = Fraction | None
"""A bound of theta, None for infinity."""


def read_bracket(value: Any) -> Range:
    """{"lower", "upper"} with 0 < lower < upper."""
    table = fields(value, "exponent", ("lower", "upper"))
    lower, upper = positive(table["lower"], "exponent.lower"), number(table["upper"], "exponent.upper")
    if not lower < upper:
        raise Refused("exponent.lower is not below exponent.upper")
    return lower, upper


def prove_bracket(case: Case, q: Fraction, bracket: Range) -> None:
    """E2: q xi* > 2, 0 < lower, M(lower; q) < 1 < M(upper; q) => the regime is deflationary, theta between."""
    if moment_above_one(case, bracket[0], q):
        raise Refused("M(lower; lambda) is above 1")
    if not moment_above_one(case, bracket[1], q):
        raise Refused("M(upper; lambda) is below 1")


def prove_lower(case: Case, cut: Range, lower: Bound, at: Fraction | None, where: str) -> set[str]:
    """theta >= lower on the closed cell [from, to]; the lemmas used. Only E4b takes `at`.

    E1: to xi* <= 2 => theta = inf. E3a: lower >= 1, M(lower; to) <= 1 => theta >= lower.
    E4b: 0 < lower < 1, no pole in the open cell, the tangent of M(lower; .) at a point inside is <= 1 at both
    ends => theta >= lower.
    """
    needs_at = lower is not None and 0 < lower < 1
    if needs_at != (at is not None):
        raise Refused(f"{where}.at is {'missing' if needs_at else 'superfluous'}")
    if lower is None:
        if case.law.stretches(cut[1]):
            raise Refused(f"theta is not proved infinite on {where}")
        return {"E1"}
    if lower == 0:
        return {"definition of theta"}
    if at is not None:
        return _prove_tangent(case, cut, lower, at, where)
    if not moment_at_most_one(case, lower, cut[1]):
        raise Refused(f"M(lower; to) is above 1 in {where}")
    return {"E3a"}


def _prove_tangent(case: Case, cut: Range, lower: Fraction, at: Fraction, where: str) -> set[str]:
    if not cut[0] < at < cut[1]:
        raise Refused(f"{where}.at is not inside its cell")
    _check_no_pole_inside(case, cut, where)
    if not all(tangent_at_most_one(case, lower, at, end) for end in cut):
        raise Refused(f"the tangent of M(lower; .) exceeds 1 in {where}")
    return {"E4b"}


def prove_upper(case: Case, cut: Range, upper: Bound, where: str) -> set[str]:
    """theta <= upper on the closed cell [from, to]; the lemmas used.

    E4c: from, to in one gap, G > 0 at both => theta = 0. E3b: upper >= 1, M(upper; from) > 1 => theta <= upper.
    E4a: 0 < upper < 1, no pole in the open cell, M(upper; .) > 1 at both ends => theta <= upper.
    """
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


def _check_no_pole_inside(case: Case, cut: Range, where: str) -> None:
    if len(gaps_meeting(case.law, *cut)) > 1:
        raise Refused(f"a pole lies inside {where}")
