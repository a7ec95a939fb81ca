"""A short witness for each gap of a complete list of zeros: so few digits that a long list stays small."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from catalysis.drift.gap import OneByOne, Values
from catalysis.drift.place import position_enclosure
from catalysis.drift.regions import SignRegions, use_field
from catalysis.drift.zeros import Zero
from catalysis.exact.balls import ball, precision, sign

_DIGITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
_BITS = 128


def witnesses(result: SignRegions) -> tuple[str, ...] | None:
    """For each gap between two poles that meets the interval "+d" (G > 0 there) or "-d" (a tangent below 0, D3).

    The digits d are the share 0.d of the way from the upper pole to the lower one, in 1/lambda. None where the list
    is open, where a gap holds a tangency, or where no short share is found.
    """
    walk = result.walk
    negative = {gap.gap: gap.at for gap in result.negative_gaps}
    zeros = {zero.gap: zero for zero in result.zeros if zero.direction == 1}
    gaps = sorted({*negative, *zeros} - {walk.size})
    if not result.complete or any(zero.direction == 0 for zero in result.zeros):
        return None
    downs = {zero.gap: zero for zero in result.zeros if zero.direction == -1}
    field = use_field(walk, range(gaps[0], gaps[-1] + 1)) if gaps else None
    values: Values = field if field is not None else OneByOne(walk)
    found = []
    for gap in gaps:
        at = negative.get(gap)
        token = (
            _below(values, result, gap, at)
            if at is not None
            else _above(values, result, zeros[gap], downs[gap])
        )
        if token is None:
            return None
        found.append(token)
    return tuple(found)


def _shares(low: Fraction, high: Fraction, at: Fraction) -> Iterator[tuple[str, Fraction]]:
    """Digits d, few first, and the place 1/lambda = low + 0.d (high - low) near 1/lambda = `at`."""
    share = (at - low) / (high - low)
    for digits in _DIGITS:
        unit = 10**digits
        units = min(max(round(share * unit), 1), unit - 1)
        yield str(units).rjust(digits, "0"), low + (high - low) * Fraction(units, unit)


def _below(values: Values, result: SignRegions, gap: int, at: Fraction) -> str | None:
    high, low = result.walk.rates[gap - 1 : gap + 1]
    for digits, y in _shares(low, high, 1 / at):
        value, slope = values.drift_and_slope(1 / y, _BITS)
        with precision(_BITS):
            ends = [value + slope * ball(1 / end - 1 / y) for end in (low, high)]
        if all(sign(end) == -1 for end in ends):
            return f"-{digits}"
    return None


def _above(values: Values, result: SignRegions, up: Zero, down: Zero) -> str | None:
    high, low = result.walk.rates[up.gap - 1 : up.gap + 1]
    middle = Fraction(low + high) / 2
    if sign(values.drift(1 / middle, _BITS)) == 1:
        return "+5"
    between = 2 / (position_enclosure(up.upper).upper + position_enclosure(down.lower).lower)
    for digits, y in _shares(low, high, between):
        if sign(values.drift(1 / y, _BITS)) == 1:
            return f"+{digits}"
    return None
