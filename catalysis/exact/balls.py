"""Balls: the only place that meets Arb's sharp edges.

Exact numbers become balls here, balls become verdicts and outward-rounded decimals here. A sign is
returned only when the whole ball has it; every other comparison stays undecided.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq, fmpz

DEFAULT_MAX_BITS = 8192
_WIDEST_EXPONENT = 100_000

Ball = arb


class Verdict(enum.Enum):
    """What is known of a claim."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Enclosure:
    """A real number known to lie in ``[lower, upper]``; the ends are exact."""

    lower: Fraction
    upper: Fraction

    def __post_init__(self) -> None:
        if self.lower > self.upper:
            raise ValueError("an enclosure needs lower <= upper")

    @property
    def width(self) -> Fraction:
        return self.upper - self.lower

    @property
    def midpoint(self) -> Fraction:
        return (self.lower + self.upper) / 2

    def __contains__(self, value: Fraction) -> bool:
        return self.lower <= value <= self.upper

    def __repr__(self) -> str:
        lower, upper = self.decimals()
        return f"[{lower}, {upper}]"

    def decimals(self, digits: int = 20) -> tuple[str, str]:
        """Decimal strings rounded outwards, ``digits`` significant digits (exact ones stay shorter)."""
        return decimal_below(self.lower, digits), decimal_above(self.upper, digits)

    def to_json(self, digits: int = 20) -> dict[str, str]:
        lower, upper = self.decimals(digits)
        return {"lower": lower, "upper": upper}


def precision(bits: int) -> Any:
    """Context manager: compute with ``bits`` bits inside, restore the precision afterwards."""
    return ctx.workprec(bits)


def ladder(max_bits: int, start: int = 64) -> Iterator[int]:
    """Working precisions to try: ``start``, doubled until ``max_bits``, which ends the ladder."""
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


def _decimal(value: Fraction, digits: int, up: bool) -> str:
    """``value`` rounded to ``digits`` significant digits, towards +inf if ``up``, else towards -inf."""
    if value == 0:
        return "0"
    magnitude = _floor_log10(abs(value))
    places = digits - 1 - magnitude
    scaled = value * Fraction(10) ** places
    units = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    return plain_decimal(units, places)


def decimal_below(value: Fraction, digits: int) -> str:
    """The largest decimal of ``digits`` significant digits that is at most ``value``."""
    return _decimal(value, digits, up=False)


def decimal_above(value: Fraction, digits: int) -> str:
    """The smallest decimal of ``digits`` significant digits that is at least ``value``."""
    return _decimal(value, digits, up=True)


def plain_decimal(units: int, places: int) -> str:
    """``units * 10^-places`` written out, trailing zeros dropped, with an exponent where that is shorter."""
    if units == 0:
        return "0"
    text = integer_text(abs(units))
    stripped = text.rstrip("0")
    places -= len(text) - len(stripped)
    text, negative = stripped, "-" if units < 0 else ""
    point = len(text) - places  # digits before the decimal point
    if places <= 0:
        if -places <= 25:
            return negative + text + "0" * -places
    elif point > 0:
        return negative + text[:point] + "." + text[point:]
    elif -point <= 6:
        return negative + "0." + "0" * -point + text
    head = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{negative}{head}e{point - 1}"


def _floor_log10(value: Fraction) -> int:
    """The integer k with 10^k <= value < 10^(k+1), for value > 0."""
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    guess = int(bits * 0.30102999566398120) - 1
    while value >= Fraction(10) ** (guess + 1):
        guess += 1
    while value < Fraction(10) ** guess:
        guess -= 1
    return guess


def integer_text(value: int) -> str:
    """Decimal digits; Python's own conversion refuses more than 4300 of them."""
    return str(fmpz(value).str())


def exact_text(value: Fraction, places_allowed: int = 40) -> str:
    """An exact rational as a decimal if few enough places do, otherwise as a ratio."""
    denominator, twos, fives = value.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    places = max(twos, fives)
    if denominator == 1 and places <= places_allowed:
        units = value.numerator * 10**places // value.denominator
        text = integer_text(abs(units)).rjust(places + 1, "0")
        whole, part = (text[:-places], text[-places:]) if places else (text, "")
        return ("-" if units < 0 else "") + whole + ("." + part if part else "")
    return ratio_text(value)


def ratio_text(value: Fraction) -> str:
    """An exact rational as an integer or a ratio."""
    head = integer_text(value.numerator)
    return head if value.denominator == 1 else f"{head}/{integer_text(value.denominator)}"


def nearest_double(value: Fraction) -> float:
    """The nearest double, inf beyond their range: for finding numbers, never for proving."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def log_size(value: Fraction) -> float:
    """log|value| as a float, for finding numbers; -inf for zero. Works far outside the float range."""
    if value == 0:
        return float("-inf")
    with precision(64):
        return float(abs(ball(value)).log().mid())


def as_float(value: arb) -> float:
    """The midpoint as a float: for finding numbers, never for proving."""
    return float(value.mid())
