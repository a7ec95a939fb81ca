"""Balls: the only place that meets Arb's sharp edges.

Exact numbers become balls here, balls become verdicts and outward-rounded decimals here. A sign is
returned only when the whole ball has it; every other comparison stays undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import log
from typing import Any

from flint import arb, ctx, fmpq

from catalysis.exact.numbers import nearest_double as nearest_double
from catalysis.exact.result import Enclosure

DEFAULT_MAX_BITS = 8192
_WIDEST_EXPONENT = 100_000

Ball = arb


def precision(bits: int) -> Any:
    """Context manager: compute with `bits` bits inside, restore the precision afterwards."""
    return ctx.workprec(bits)


def ladder(max_bits: int, start: int = 64) -> Iterator[int]:
    """Working precisions to try: `start`, doubled until `max_bits`, which ends the ladder."""
    bits = min(start, max_bits)
    while bits < max_bits:
        yield bits
        bits = min(2 * bits, max_bits)
    yield max_bits


def rational(value: Fraction) -> fmpq:
    """The same number for FLINT."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """The same number for Python."""
    return Fraction(int(value.p), int(value.q))


def ball(value: Fraction) -> arb:
    """A ball around an exact rational, at the working precision."""
    return arb(fmpq(value.numerator, value.denominator))


def sign(value: arb) -> int | None:
    """-1, +1 if the whole ball has that sign, 0 if it is exactly zero, otherwise None."""
    if value > 0:
        return 1
    if value < 0:
        return -1
    if value.is_zero():
        return 0
    return None


def dyadic(value: arb) -> Fraction:
    """The midpoint of a finite ball as an exact rational (OverflowError beyond 2^+-100000)."""
    mantissa, exponent = value.mid().man_exp()
    power = int(exponent)
    if abs(power) > _WIDEST_EXPONENT:
        raise OverflowError("the number is too large or too small for an exact rational")
    return Fraction(int(mantissa) << power) if power >= 0 else Fraction(int(mantissa), 1 << -power)


def enclose(value: arb) -> Enclosure:
    """The exact end points of a finite ball (OverflowError beyond 2^+-100000)."""
    if not value.is_finite():
        raise OverflowError("the ball is not finite")
    middle, radius = dyadic(value), dyadic(arb(value.rad()))
    return Enclosure(middle - radius, middle + radius)


def log_size(value: Fraction) -> float:
    """log|value| as a float, for finding numbers; -inf for zero. Works far outside the float range."""
    if value == 0:
        return float("-inf")
    near = abs(nearest_double(value))
    if 1e-300 < near < 1e300:
        return log(near)
    with precision(64):
        return float(abs(ball(value)).log().mid())


def as_float(value: arb) -> float:
    """The midpoint as a float: for finding numbers, never for proving."""
    return float(value.mid())
