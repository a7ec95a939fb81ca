"""A listed zero of G: read, and everything that is claimed of it alone proved (D2, D5, D6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, items, number, quoted
from proofs_check.linear.drift import sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.far import FarField, drift_there, drifts_beside, gap_index
from proofs_check.linear.gaps import gap_at
from proofs_check.linear.points import NearPole, Point, at_most, gap_of, read_point
from proofs_check.linear.tangency import check_critical, check_unit_product, read_factors, sign_at


@dataclass(frozen=True)
class Crossing:
    """That G goes "up" or "down" through zero once between two points of one gap; at `exact`, by the base."""

    kind: str
    lower: Point
    upper: Point
    exact: Fraction | None
    base: tuple[int, ...]


@dataclass(frozen=True)
class Tangency:
    """That G touches zero between two points, at a root of the polynomial (constant term first)."""

    lower: Fraction
    upper: Fraction
    polynomial: tuple[int, ...]
    base: tuple[int, ...]

    @property
    def kind(self) -> str:
        return "tangency"

    @property
    def exact(self) -> Fraction | None:
        """The root of a linear polynomial."""
        linear = len(self.polynomial) == 2
        return Fraction(-self.polynomial[0], self.polynomial[1]) if linear else None


Listed = Crossing | Tangency


@dataclass(frozen=True)
class Zero:
    """A proved zero of G strictly between two points of one gap, with its exact position if that is proved."""

    kind: str
    """ "up", "down" or "tangency"."""
    gap: int
    lower: Point
    upper: Point
    exact: Fraction | None
    used: tuple[str, ...]


def read_zero(case: Case, value: Any, where: str) -> Listed:
    """One entry of `zeros`."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "crossing":
        return _read_crossing(case, value, where)
    if kind == "tangency":
        return _read_tangency(value, where)
    raise Refused(f"{where} has the unknown kind {quoted(kind)}")


def _read_crossing(case: Case, value: Any, where: str) -> Crossing:
    is_exact = "exact" in value or "base" in value
    extra = ("exact", "base") if is_exact else ()
    table = fields(value, where, ("kind", "direction", "lower", "upper", *extra))
    lower, upper = (read_point(table[key], f"{where}.{key}", case.law) for key in ("lower", "upper"))
    if not _is_bracket(lower, upper):
        raise Refused(f"{where}: lower and upper are no bracket within one gap")
    if table["direction"] not in ("up", "down"):
        raise Refused(f"{where} has the unknown direction {quoted(table['direction'])}")
    exact = number(table["exact"], f"{where}.exact") if is_exact else None
    base = tuple(read_base(table["base"], f"{where}.base")) if is_exact else ()
    return Crossing(table["direction"], lower, upper, exact, base)


def _is_bracket(lower: Point, upper: Point) -> bool:
    """lower < upper, both rational or both beside the same side of the same pole."""
    if isinstance(lower, NearPole) and isinstance(upper, NearPole):
        same = (lower.pole, lower.side) == (upper.pole, upper.side)
        return same and lower.side * lower.t > upper.side * upper.t
    return isinstance(lower, Fraction) and isinstance(upper, Fraction) and lower < upper


def _read_tangency(value: Any, where: str) -> Tangency:
    listed = items(value.get("polynomial"), f"{where}.polynomial")
    extra = ("base",) if len(listed) == 2 else ()
    table = fields(value, where, ("kind", "lower", "upper", "polynomial", *extra))
    coefficients = [number(c, f"{where}.polynomial[{j}]") for j, c in enumerate(listed)]
    if any(c.denominator != 1 for c in coefficients):
        raise Refused(f"{where}.polynomial has a coefficient that is no integer")
    if len(coefficients) < 2 or coefficients[-1] == 0:
        raise Refused(f"{where}.polynomial is constant or its leading coefficient is zero")
    lower, upper = number(table["lower"], f"{where}.lower"), number(table["upper"], f"{where}.upper")
    if not lower < upper:
        raise Refused(f"{where}: lower and upper are no bracket within one gap")
    base = tuple(read_base(table["base"], f"{where}.base")) if extra else ()
    return Tangency(lower, upper, tuple(c.numerator for c in coefficients), base)


def prove_zero(case: Case, zero: Listed, where: str, field: FarField | None = None) -> Zero:
    """What the entry says of G between its two points, which lie in one gap; signs by the field first, if there is
    one."""
    gap = gap_of(case, zero.lower, f"{where}.lower")
    if gap != gap_of(case, zero.upper, f"{where}.upper"):
        raise Refused(f"{where}: lower and upper are no bracket within one gap")
    if isinstance(zero, Crossing):
        used = _prove_crossing(case, zero, gap, where, field)
    else:
        used = _prove_tangency(case, zero, where)
    return Zero(zero.kind, gap, zero.lower, zero.upper, zero.exact, used)


def _prove_crossing(
    case: Case, zero: Crossing, gap: int, where: str, field: FarField | None
) -> tuple[str, ...]:
    """D2: G < 0 at lower, G > 0 at upper (or > 0, < 0) => G goes up (down) through zero once between them.

    D5 (`check_exact_zero`): `exact` strictly between them is this zero.
    """
    sign = -1 if zero.kind == "up" else 1
    if field is None or not _crosses(field, zero, gap, sign):
        for point, wanted, name in ((zero.lower, sign, "lower"), (zero.upper, -sign, "upper")):
            if sign_of_drift(case, point) != wanted:
                raise Refused(f"{where}: G has the wrong sign at {name}")
    q = zero.exact
    if q is None:
        return ("D2",)
    inside = (
        q > 0 and gap_at(case.law, q) == gap and at_most(case, zero.lower, q) and at_most(case, q, zero.upper)
    )
    if not inside or q in (zero.lower, zero.upper):
        raise Refused(f"{where}.exact does not lie between lower and upper")
    check_exact_zero(case, q, zero.base, where)
    return ("D2", "D5")


def _crosses(field: FarField, zero: Crossing, gap: int, sign: int) -> bool:
    """Whether expansions (FF1) prove the sign at lower and the opposite one at upper, in an inner gap."""
    if not 0 < gap < len(field.law.weights):
        return False
    j, lower, upper = gap_index(field.law, gap), zero.lower, zero.upper
    found: Sequence[Interval] | None
    if isinstance(lower, NearPole) and isinstance(upper, NearPole):
        found = drifts_beside(field, (lower, upper))
    else:
        assert isinstance(lower, Fraction) and isinstance(upper, Fraction)
        found = [drift_there(field, j, field.law.scale / q) for q in (lower, upper)]
    return found is not None and all(
        (lo > 0 if wanted > 0 else hi < 0) for (lo, hi), wanted in zip(found, (sign, -sign), strict=True)
    )


def _prove_tangency(case: Case, zero: Tangency, where: str) -> tuple[str, ...]:
    """D6: the polynomial changes sign between lower and upper, divides that of the critical points, and the
    product of the factors is +-1 modulo it => G = 0 = G' at its root there. That the gap lies between two
    poles is checked with the list. For a linear polynomial D5 (`check_exact_zero`) replaces the product."""
    q = list(zero.polynomial)
    factors = read_factors(case, q, where)
    if sign_at(case, q, zero.lower, where) * sign_at(case, q, zero.upper, where) >= 0:
        raise Refused(f"{where}.polynomial has no sign change between lower and upper")
    check_critical(case, factors, where)
    if zero.exact is None:
        check_unit_product(case, factors, where)
        return ("D6",)
    check_exact_zero(case, zero.exact, zero.base, where)
    return ("D5", "D6")
