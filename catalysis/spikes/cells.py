"""The walk seen on a grid of cells: where each step leads, with which tilted weight, rounded the right way.

Lemmas SG2 and SG4 of docs/spikes_grid.md. A position is y = log(K |mu_0| / |mu_t|), the way left to the
level; cell k is (k h, (k + 1) h] with h = log R / N, so that the largest step moves whole cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import Ball, as_float, ball, dyadic, enclose, precision
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.factors import StepFactors

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_BITS = (192, 2048)
_FAINT = -600.0  # weights below exp(-600) are rounded up to that, or down to 0: no product is denormal
_LONGEST_POWER = 1 << 16


class OnTheEdge(ValueError):
    """A step too close to a grid point to say on which side it ends; the text says so in one line."""


@dataclass(frozen=True)
class Cells:
    """`N` cells to the largest step. Certified: `shift[i] h <= log r_i <= (shift[i] + 1) h`, with
    equality on the left where `whole[i]`."""

    per_step: int
    shift: Integers
    whole: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tilted:
    """The moving steps at a tilt t, for the upper (`side` 1) or the lower bound (-1).

    `weights[i]` is at least (at most) `q_i r_i^t (1 +- eta)`, where eta covers every rounding of a sum of
    products of these weights and non-negative doubles (SG4).
    """

    steps: StepFactors
    side: int
    tilt: Fraction

    @cached_property
    def weights(self) -> Floats:
        slack = 1 + self.side * Fraction(self.steps.size + 16, 1 << 52)
        found = []
        with precision(_BITS[0]):
            for r, q in zip(self.steps.factors, self.steps.moving_weights, strict=True):
                log = ball(self.tilt) * ball(r).log() + ball(q * slack).log()
                if as_float(log) < _FAINT:
                    found.append(math.exp(_FAINT + 1) if self.side > 0 else 0.0)
                else:
                    found.append(directed(log.exp(), self.side))
        return np.array(found)

    @cached_property
    def drift(self) -> float:
        """The drift of the tilted walk towards the level, for planning."""
        return float(self.weights @ self._float_logs)

    @cached_property
    def _float_logs(self) -> Floats:
        return np.array([as_float(log) for log in self.steps.log_factors(64)])

    @cached_property
    def log_largest(self) -> float:
        """log R, for planning."""
        return float(self._float_logs[0])

    def at_the_level(self, per_step: int, count: int) -> Floats:
        """e^(t y) for the cells -count .. -1, beyond the level: its largest (smallest) value in the cell."""
        last = 0 if self.side > 0 else 1  # cell -1 is (-h, 0]
        with precision(_BITS[0]):
            unit = -ball(self.tilt) * ball(self.steps.largest).log() / per_step
            width = math.isqrt(count) + 1
            fine = [directed((unit * (last + k)).exp(), self.side) for k in range(width)]
            coarse = [directed((unit * (width * k)).exp(), self.side) for k in range(count // width + 1)]
        values = np.multiply.outer(np.array(coarse), np.array(fine)).ravel()[:count]
        outwards: Floats = np.nextafter(values, math.inf if self.side > 0 else 0.0)
        return outwards[::-1].copy()


def directed(value: Ball, side: int) -> float:
    """A double at or above (`side` 1) or at or below (-1) a non-negative ball, within the normal range."""
    end = dyadic(value.upper() if side > 0 else value.lower())
    return math.nextafter(float(end), math.inf if side > 0 else -math.inf) if end > 0 else 0.0


class Ruler:
    """Positions in units of log R, enclosed once, and asked for at every grid."""

    def __init__(self, steps: StepFactors, level: Fraction) -> None:
        self.steps, self.level = steps, level
        self._moves: dict[tuple[Fraction, int], Enclosure] = {}

    def cells(self, per_step: int) -> Cells:
        """Where each step leads. Raises OnTheEdge."""
        shifts, wholes = [], []
        for r in self.steps.factors:
            low, high = self._between(r, per_step)
            if low != high:
                raise OnTheEdge("a step ends too close to a point of the grid")
            shifts.append(low)
            wholes.append(self._is_whole(r, per_step, low))
        return Cells(per_step, np.array(shifts, dtype=np.int64), np.array(wholes))

    def first_cells(self, per_step: int) -> list[tuple[int, int]]:
        """For each factor r < K: the first and last cell that may hold log K - log r (mostly the same,
        at most neighbours). Raises OnTheEdge."""
        found = []
        for r in self.steps.factors:
            if r < self.level:
                low, high = self._between(self.level / r, per_step)
                if high > low + 1:
                    raise OnTheEdge("the way to the level is not known to a cell")
                whole = low == high and self._is_whole(self.level / r, per_step, low)
                found.append((low - 1, low - 1) if whole else (max(low, 0), high))
        return found

    def place(self, factor: Fraction, per_step: int) -> Enclosure:
        """log factor / h, exactly where it is seen to be whole."""
        found = self._place(factor, _BITS[0])
        low, high = found.lower * per_step, found.upper * per_step
        near = math.floor(high)
        if low <= near and self._is_whole(factor, per_step, near):
            return Enclosure(Fraction(near), Fraction(near))
        return Enclosure(low, high)

    def _between(self, factor: Fraction, per_step: int) -> tuple[int, int]:
        """The floor of log factor / h: the least and largest value it may have."""
        low = high = 0
        for bits in _BITS:
            place = self._place(factor, bits)
            low, high = math.floor(place.lower * per_step), math.floor(place.upper * per_step)
            if low == high:
                break
            if self._is_whole(factor, per_step, high):
                return high, high
        return low, high

    def _place(self, factor: Fraction, bits: int) -> Enclosure:
        """log factor / log R."""
        key = factor, bits
        if key not in self._moves:
            with precision(bits):
                value = ball(factor).log() / ball(self.steps.largest).log()
                exact = factor == self.steps.largest
                self._moves[key] = Enclosure(Fraction(1), Fraction(1)) if exact else enclose(value)
        return self._moves[key]

    def _is_whole(self, factor: Fraction, per_step: int, number: int) -> bool:
        """Whether log factor = number h exactly, that is factor^N = R^number."""
        place = self._place(factor, _BITS[0])
        if not place.lower * per_step <= number <= place.upper * per_step:
            return False
        common = gcd(per_step, number)
        own, other = per_step // common, number // common
        largest = self.steps.largest
        size = max(own * _bits(factor), abs(other) * _bits(largest))
        return bool(size <= _LONGEST_POWER and factor**own == largest**other)


def _bits(value: Fraction) -> int:
    return max(value.numerator, value.denominator).bit_length()


def tilts(exponent: Enclosure, side: int) -> Fraction:
    """A short rational tilt: M <= 1 there for the upper bound, M >= 1 for the lower one (E2)."""
    return Fraction(decimal_below(exponent.lower, 22) if side > 0 else decimal_above(exponent.upper, 22))


def level_to_minus(level: Fraction, tilt: Fraction) -> Ball:
    """K^-t at the working precision."""
    return (-ball(tilt) * ball(level).log()).exp()
