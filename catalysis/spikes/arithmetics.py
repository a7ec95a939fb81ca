"""The two arithmetics in which the walk over counts is run; both lose only what their bounds say.

A state's mass is given to a vector of floats or of Python integers in units of 2^-bits, and a crossing
state with counts c is worth `mass * prod (q_i/a_i)^c_i`, here in units of K^-lo (Lemma S4).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import Ball, ball, dyadic, precision

Counts = npt.NDArray[np.int64]

UNIT = 2.0**-52  # twice the rounding unit: x rounded lies in [x / (1 + UNIT), x (1 + UNIT)]
SMALL = 1e-100  # smaller masses are dropped, so that no product of doubles is ever denormal
_SUMS = Fraction(1, 10**6)  # more than what rounding can do to a sum of 10^9 masses
_BLOCK = 1024


class Doubles:
    """Doubles. Every mass is known up to a factor (1 + UNIT)^roundings."""

    dtype: Any = np.float64
    per_layer_states = 0

    def __init__(self, tilted: list[Ball], weights: list[Ball], bits: int) -> None:
        self.weights = [_above(value) for value in tilted]
        self.rates = [
            w / ball(Fraction(a)) if a else arb(0) for w, a in zip(weights, self.weights, strict=True)
        ]
        self.bits = bits
        self.size = len(tilted)
        self.tables = [PowerTable(rate, bits) for rate in self.rates]
        self.crossed: list[float] = []

    def amount(self, value: Fraction) -> float:
        return float(value)

    def exact_weight(self, index: int) -> Fraction:
        return Fraction(self.weights[index])

    def finish(self, new: Any) -> tuple[Any, float]:
        """The masses of a layer after its sums; and what was lost on the way."""
        return new, 0.0

    def clean(self, layer: Any) -> float:
        """Drop masses that are too small for doubles; how much that was at most."""
        tiny = layer < SMALL
        count = int(np.count_nonzero(tiny & (layer > 0)))
        if count:
            layer[tiny] = 0.0
        return count * SMALL

    def cross(self, counts: Counts, masses: Any, scale: Ball) -> None:
        """Add what crossed, `scale` = K^lo."""
        if not len(masses):
            return
        mantissa, power = _mantissa(scale)
        mantissas = masses * mantissa
        exponents = np.full(len(masses), power, dtype=np.int64)
        for index, table in enumerate(self.tables):
            m, e = table.at(counts[:, index])
            mantissas, exponents = mantissas * m, exponents + e
        mantissas, more = np.frexp(mantissas)
        exponents = exponents + more
        low = exponents < -900  # worth next to nothing: a lower bound of 0, an upper bound of 2^-900
        self.crossed.append(math.fsum(np.ldexp(mantissas[~low], exponents[~low]).tolist()))
        self.faint += float(np.count_nonzero(low)) * 2.0**-900

    faint: float = 0.0

    def total(self, roundings: int) -> tuple[Ball, Ball]:
        """Lower and upper bound of what crossed, in units of K^-lo."""
        value = ball(Fraction(math.fsum(self.crossed)))
        spread = self.spread(roundings + 6 * self.size + 10)
        return value / spread, (value + ball(Fraction(self.faint))) * spread

    def sums(self, value: float, roundings: int) -> tuple[Ball, Ball]:
        """Lower and upper bound of a sum of masses."""
        spread = self.spread(roundings) * (1 + ball(_SUMS))
        return ball(Fraction(value)) / spread, ball(Fraction(value)) * spread

    @staticmethod
    def spread(roundings: int) -> Ball:
        return (1 + ball(Fraction(UNIT))) ** roundings


class Fixed:
    """Python integers in units of 2^-bits, always rounded down; what that loses is counted."""

    dtype: Any = object

    def __init__(self, tilted: list[Ball], weights: list[Ball], bits: int) -> None:
        self.bits = bits
        self.unit = Fraction(1, 1 << bits)
        self.weights = [_ceiling(value, bits) for value in tilted]
        self.rates = [
            w / ball(a * self.unit) if a else arb(0) for w, a in zip(weights, self.weights, strict=True)
        ]
        self.logs = [rate.log() if not rate.is_zero() else arb(0) for rate in self.rates]
        self.crossed = arb(0)

    def amount(self, value: Fraction) -> int:
        return int(value * (1 << self.bits))

    def exact_weight(self, index: int) -> Fraction:
        return self.weights[index] * self.unit

    def finish(self, new: Any) -> tuple[Any, int]:
        return new >> self.bits, int(new.size)

    def clean(self, layer: Any) -> int:
        return 0

    def cross(self, counts: Counts, masses: Any, scale: Ball) -> None:
        log_scale = scale.log()
        for row, mass in zip(counts.tolist(), masses, strict=True):
            if mass:
                worth = sum((c * log for c, log in zip(row, self.logs, strict=True)), log_scale)
                self.crossed += mass * worth.exp()

    def total(self, roundings: int) -> tuple[Ball, Ball]:
        value = self.crossed * ball(self.unit)
        return value, value

    def sums(self, value: int, roundings: int) -> tuple[Ball, Ball]:
        exact = ball(value * self.unit)
        return exact, exact


Arithmetic = Doubles | Fixed


class PowerTable:
    """rate^k for k >= 0 as mantissa and exponent, each power within (1 + UNIT)^3."""

    def __init__(self, rate: Ball, bits: int) -> None:
        self.rate, self.bits = rate, bits
        self.near = self._powers(rate, _BLOCK)
        self.step = rate**_BLOCK
        self.far = self._powers(self.step, 2)

    def at(self, counts: Counts) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        high, low = counts // _BLOCK, counts % _BLOCK
        if len(high) and int(high.max()) >= len(self.far[0]):
            self.far = self._powers(self.step, 2 * int(high.max()) + 1)
        return self.near[0][low] * self.far[0][high], self.near[1][low] + self.far[1][high]

    def _powers(self, rate: Ball, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        with precision(self.bits):
            value, found = arb(1), []
            for _ in range(count):
                found.append(_mantissa(value))
                value = value * rate
        return np.array([m for m, _ in found]), np.array([e for _, e in found], dtype=np.int64)


def _mantissa(value: Ball) -> tuple[float, int]:
    """m 2^e in [1/2, 1] 2^e for a positive ball of at least 100 good bits, within (1 + UNIT)."""
    mantissa, exponent = value.mid().man_exp()
    whole, power = int(mantissa), int(exponent)
    if whole == 0:
        return 0.0, 0
    length = whole.bit_length()
    return float(Fraction(whole, 1 << length)), power + length


def _above(value: Ball) -> float:
    """A double at or above a non-negative ball."""
    return float(np.nextafter(float(dyadic(value.upper())), math.inf))


def _ceiling(value: Ball, bits: int) -> int:
    """An integer number of 2^-bits at or above a non-negative ball."""
    high = dyadic(value.upper()) * (1 << bits)
    return -(-high.numerator // high.denominator)
