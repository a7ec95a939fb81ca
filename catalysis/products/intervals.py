"""Arrays of intervals whose ends are doubles, every operation rounded outwards: for many cells at a time.

A double operation is rounded correctly (IEEE 754), so one step of `nextafter` outwards holds the exact result.
Logarithms and powers are those of `exact.vectors` (H3). Where a number is lost an end is infinite or no number: every
comparison with it fails, so nothing is proved there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import Ball, precision
from catalysis.exact.vectors import enclose_log, enclose_power

Array = npt.NDArray[np.float64]

_BITS = 64


def down(x: Array) -> Array:
    return np.nextafter(x, -np.inf)


def up(x: Array) -> Array:
    return np.nextafter(x, np.inf)


@dataclass(frozen=True, eq=False)
class Interval:
    """Numbers between `low` and `high`, arrays of one shape."""

    low: Array
    high: Array

    @classmethod
    def exactly(cls, x: Array) -> Interval:
        return cls(x, x)

    @classmethod
    def of(cls, balls: Sequence[Ball]) -> Interval:
        """Balls as intervals of doubles."""
        with precision(_BITS):
            low = np.array([float(b.lower()) for b in balls])
            high = np.array([float(b.upper()) for b in balls])
        return cls(down(low), up(high))

    @classmethod
    def around(cls, values: Sequence[Fraction]) -> Interval:
        """Exact numbers as narrow intervals; doubles stay exact."""
        near = np.array([float(v) for v in values])
        ratios = (v.as_integer_ratio() for v in values)
        exact = np.array(
            [x.as_integer_ratio() == v for x, v in zip(near.tolist(), ratios, strict=True)], dtype=bool
        )
        return cls(np.where(exact, near, down(near)), np.where(exact, near, up(near)))

    def __getitem__(self, index: Any) -> Interval:
        return Interval(self.low[index], self.high[index])

    def __add__(self, other: Interval) -> Interval:
        return Interval(down(self.low + other.low), up(self.high + other.high))

    def __sub__(self, other: Interval) -> Interval:
        return Interval(down(self.low - other.high), up(self.high - other.low))

    def __mul__(self, other: Interval) -> Interval:
        ends = (
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        )
        low = np.minimum(np.minimum(ends[0], ends[1]), np.minimum(ends[2], ends[3]))
        high = np.maximum(np.maximum(ends[0], ends[1]), np.maximum(ends[2], ends[3]))
        return Interval(down(low), up(high))

    def __truediv__(self, other: Interval) -> Interval:
        """The quotient; infinite where the divisor may be 0."""
        lost = (other.low <= 0) & (other.high >= 0)
        turned = Interval(down(1 / other.high), up(1 / other.low))
        found = self * turned
        return Interval(np.where(lost, -np.inf, found.low), np.where(lost, np.inf, found.high))

    def spread(self, half: Array) -> Interval:
        """The product with [-half, half], half >= 0."""
        size = up(self.largest * half)
        return Interval(-size, size)

    @property
    def largest(self) -> Array:
        """The largest size."""
        found: Array = np.maximum(np.abs(self.low), np.abs(self.high))
        return found

    @property
    def least(self) -> Array:
        """The least size."""
        found: Array = np.maximum(np.maximum(self.low, -self.high), 0.0)
        return found

    def __abs__(self) -> Interval:
        return Interval(self.least, self.largest)

    def union(self, other: Interval) -> Interval:
        return Interval(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def where(self, kept: npt.NDArray[np.bool_], other: Interval) -> Interval:
        """Self where kept, other elsewhere."""
        return Interval(np.where(kept, self.low, other.low), np.where(kept, self.high, other.high))

    def sum(self) -> Interval:
        """The sum over the first axis."""
        total = self[0]
        for i in range(1, len(self.low)):
            total = total + self[i]
        return total


def logarithm(x: Interval) -> Interval:
    """log; no number where x may be 0 or less."""
    return _told(enclose_log(x.low)[0], enclose_log(x.high)[1])


def power(x: Interval, s: Fraction) -> Interval:
    """x^s for x > 0; no number where x may be 0 or less, and for s beyond 2^20."""
    near = float(s)
    if not abs(near) < 2.0**20:
        return _told(np.full_like(x.low, np.nan), np.full_like(x.high, np.nan))
    beside = (near,) if Fraction(near) == s else (nextafter(near, -inf), nextafter(near, inf))
    least, most = (x.low, x.high) if s >= 0 else (x.high, x.low)
    low = [enclose_power(least, one)[0] for one in beside]
    high = [enclose_power(most, one)[1] for one in beside]
    return _told(np.minimum(low[0], low[-1]), np.maximum(high[0], high[-1]))


def _told(low: Array, high: Array) -> Interval:
    """No number where one of the ends is none."""
    lost = np.isnan(low) | np.isnan(high)
    return Interval(np.where(lost, np.nan, low), np.where(lost, np.nan, high))
