"""The extremal index of ARCH(1), between two bounds by monotone cells (Lemma P10).

1 - index = P(E + S_n > 0 for some n >= 1): S_n sums log(lambda z^2), E is exponential with rate kappa, independent.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.populations.arch import arch_exponent

Row = npt.NDArray[np.float64]
Side = Literal["lower", "upper"]
_MARGIN, _ROUNDS, _DEPTH, _BENT = 1e-10, 4000, 14.0, 3e-6
"""What every inequality is left beyond the errors of double sums (below 1e-11 for so many terms)."""


@dataclass(frozen=True, repr=False)
class ExtremalIndex(Result):
    """Certified (P10): kappa of v^2 lies in `exponent`, the extremal index of v^2 and of |v| in `index`."""

    size: Fraction
    exponent: Enclosure
    index: Enclosure

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    @property
    def number(self) -> Enclosure:
        return self.index

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.size),
            "exponent": self.exponent.to_json(),
            "extremal_index": self.index.to_json(8),
        }


def arch_extremal_index(size: Number, *, cells: int = 8192) -> ExtremalIndex:
    """Certify tail exponent and extremal index of ARCH(1), v_t = sqrt(1 + lambda v_(t-1)^2) z_t, z normal.

    Certified: see ExtremalIndex. Raises InputError unless 0 < lambda <= 1.8 and 16 <= cells <= 65536.
    """
    at = positive(size, "size")
    count = whole(cells, "cells", least=16, most=65536)
    if at > Fraction(9, 5):
        raise InputError(f"size: expected a number in (0, 1.8], found {exact_text(at)}")
    kappa = arch_exponent(at, 15)
    assert kappa is not None
    low = _chance(at, kappa, count, "lower")
    high = _chance(at, kappa, count, "upper")
    return ExtremalIndex(at, kappa, Enclosure(1 - high, 1 - low))


def _chance(size: Fraction, kappa: Enclosure, cells: int, side: Side) -> Fraction:
    """A bound of the chance that the level 0 is passed again, from a start that is exponential above it.

    The cell i holds (-(i+1) delta, -i delta]; its value bounds the chance q there: from the right end for the upper
    side, from the left end for the lower one, as q does not fall.
    """
    rate = float(kappa.lower)
    delta = Fraction(round(_DEPTH / rate * 2**20), 2**20 * cells)
    table = _Table(size, delta, cells, side, rate / 2)
    below = (
        0.0 if side == "lower" else float(np.nextafter(np.exp(-rate * float(delta) * cells), 1)) * (1 + 1e-9)
    )
    values = table.solved(below)
    return table.started(values, below, kappa)


class _Table:
    """P(xi in ((m-1) delta, m delta]) and P(xi > m delta) for xi = log(lambda z^2), rounded to one side."""

    def __init__(self, size: Fraction, delta: Fraction, cells: int, side: Side, bend: float) -> None:
        self.cells, self.delta, self.bend = cells, delta, bend
        self.up = side == "upper"
        self.shift = 0 if self.up else 1
        least, most = -2 * cells, cells + 1  # of m
        with precision(64):
            tails = [_above(size, delta * m) for m in range(least - 1, most + 1)]
            steps = [a - b for a, b in itertools.pairwise(tails)]
            self.steps = np.array([self._rounded(w) for w in steps])  # m = least .. most
            self.tails = np.array([self._rounded(t) for t in tails[1:]])
        self.least = least

    def _rounded(self, value: arb) -> float:
        ends = value.abs_upper() if self.up else value.abs_lower()
        return float(np.nextafter(float(ends), 2 if self.up else -1)) if ends != 0 else 0.0

    def image(self, values: Row, below: float, first: int, last: int) -> Row:
        """For the starts -i delta, i = first .. last - 1 (or one cell lower): the chance after one step, by `values`.

        P(xi > i delta) + sum_j P(xi in ((i-j-1) delta, (i-j) delta]) values_j + what falls below the cells.
        """
        first, last = first + self.shift, last + self.shift
        n = self.cells
        start = first - (n - 1) - self.least
        window: Row = self.steps[start : last - self.least]
        found = np.convolve(window, values, mode="valid")
        tails = self.tails[first - self.least : last - self.least]
        if not below:
            return np.asarray(tails + found)
        deep = 1.0 - self.tails[first - n - self.least : last - n - self.least] + 1e-15
        return np.asarray(tails + found + np.maximum(deep, 0.0) * below)

    def solved(self, below: float) -> Row:
        """Cell values with image <= values (upper), or values <= image (lower), proved with a margin.

        What bends a fixed point that way is a multiple of exp(kappa x/2), of which a step keeps less.
        """
        values = self._guess(below)
        bowl = _BENT * np.exp(-self.bend * float(self.delta) * np.arange(self.cells))
        values = np.clip(values + (bowl if self.up else -bowl), 0.0, 1.0)
        image = self.image(values, below, 0, self.cells)
        if self.up:
            fine = (image + _MARGIN <= values) | (values >= 1.0)
        else:
            fine = (values <= image - _MARGIN) | (values <= 0.0)
        if not fine.all():
            raise ArithmeticError("the cells do not prove their inequality")
        return np.asarray(values)

    def _guess(self, below: float) -> Row:
        """A fixed point in doubles, by fast convolution; what it is good for is checked afterwards."""
        n = self.cells
        window = self.steps[self.shift - (n - 1) - self.least : n + self.shift - self.least]
        size = 1 << (len(window) + n).bit_length()
        spectrum = np.fft.rfft(window, size)
        base = self.image(np.zeros(n), below, 0, n)
        values = base
        for _ in range(_ROUNDS):
            moved = base + np.fft.irfft(spectrum * np.fft.rfft(values, size), size)[n - 1 : 2 * n - 1]
            if np.abs(moved - values).max() < 1e-12:
                break
            values = moved
        return np.clip(values, 0.0, 1.0)

    def started(self, values: Row, below: float, kappa: Enclosure) -> Fraction:
        """The mean of q over an exponential start, cell by cell: q at the far end (upper) or the near one (lower)."""
        n = self.cells
        reached = np.clip(self._positive(values, below), 0.0, 1.0)  # q(k delta), k = 0 .. n - 1
        with precision(64):
            rate = ball(kappa.lower).union(ball(kappa.upper)) * ball(self.delta)
            left = [(-rate * k).exp() for k in range(n)]
            total = arb(0)
            for k in range(n - 1):
                at = float(reached[k + 1 if self.up else k]) + (_MARGIN if self.up else -_MARGIN)
                total += (left[k] - left[k + 1]) * at
            if self.up:
                total += left[n - 1]
            found = enclose(total)
        return min(found.upper, Fraction(1)) if self.up else max(found.lower, Fraction(0))

    def _positive(self, values: Row, below: float) -> Row:
        """q(k delta) for k = 0 .. n - 1: the starts i = -k, without the shift of the lower side."""
        n = self.cells
        shift, self.shift = self.shift, 0
        try:
            return self.image(values, below, -(n - 1), 1)[::-1]
        finally:
            self.shift = shift


def _above(size: Fraction, t: Fraction) -> arb:
    """P(lambda z^2 > e^t)."""
    return (ball(t).exp() / ball(2 * size)).sqrt().erfc()
