"""Which of two Cramer exponents is larger, with a rational strictly between them as the witness (E1, E2)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exponent.exponent import CramerExponent, Regime

Ends = tuple[Fraction, Fraction | None]


@dataclass(frozen=True)
class Order:
    """``sign`` is that of theta(second) - theta(first), None if undecided.

    Certified: if it is +1 or -1, ``between`` lies strictly between the two exponents; M of the smaller one is
    above 1 there and M of the larger one below or, where theta is infinite, at most 1. 0: both exponents
    are 0, or both are infinite.
    """

    sign: int | None
    between: Fraction | None = None


def exponent_order(first: CramerExponent, second: CramerExponent) -> Order:
    """Compare two exponents by their enclosures."""
    a, b = _ends(first), _ends(second)
    if a is None or b is None:
        return Order(None)
    if a == b and a[0] == 0:
        return Order(0)
    if a[1] is not None and a[1] < _low(b):
        return Order(1, _between(a[1], b))
    if b[1] is not None and b[1] < _low(a):
        return Order(-1, _between(b[1], a))
    return Order(None)


def _ends(exponent: CramerExponent) -> Ends | None:
    """theta lies strictly between the ends, or is 0 or infinite: (0, 0), (0, None)."""
    if exponent.regime is Regime.UNDECIDED:
        return None
    if exponent.regime is Regime.STABLE:
        return Fraction(0), None
    if exponent.enclosure is None:
        return Fraction(0), Fraction(0)
    return exponent.enclosure.lower, exponent.enclosure.upper


def _low(ends: Ends) -> Fraction | float:
    return float("inf") if ends[1] is None else ends[0]


def _between(above: Fraction, ends: Ends) -> Fraction:
    """A short decimal above the smaller exponent and below the larger one."""
    if ends[1] is None:
        return Fraction(int(above) + 1)
    for digits in range(1, 40):
        for found in (
            Fraction(decimal_above((above + ends[0]) / 2, digits)),
            Fraction(decimal_below(ends[0], digits)),
        ):
            if above < found < ends[0]:
                return found
    return (above + ends[0]) / 2
