"""SGD with momentum on scalar data over boxes of the curvature and the momentum: the matrices and their derivatives.

The first coordinate is the share f of the curvature at which the largest sample x* alone becomes unstable: with
c = 1 - eta w, `eta lambda x* = f (1 + c)(1 + beta)` for the heavy ball and `f (c + 1/(1 + 2 beta))` for Nesterov. The
matrices are [[a, b], [1, 0]]; only their first row depends on (f, beta).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from catalysis.data.walk import LinearWalk
from catalysis.exact.numbers import exact_text
from catalysis.products.intervals import Interval

Method = Literal["heavy_ball", "nesterov"]
Array = npt.NDArray[np.float64]
Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Box:
    """All `fractions[0] <= f <= fractions[1]`, `betas[0] <= beta <= betas[1]`."""

    fractions: Range
    betas: Range

    @property
    def middle(self) -> tuple[Fraction, Fraction]:
        (a, b), (c, d) = self.fractions, self.betas
        return (a + b) / 2, (c + d) / 2

    @property
    def halves(self) -> tuple[Fraction, Fraction]:
        """Half the length of each side."""
        (a, b), (c, d) = self.fractions, self.betas
        return (b - a) / 2, (d - c) / 2

    def cut(self, side: int) -> tuple[Box, Box]:
        """In two across the fractions (0) or the momenta (1)."""
        f, beta = self.middle
        (a, b), (c, d) = self.fractions, self.betas
        if side == 0:
            return Box((a, f), self.betas), Box((f, b), self.betas)
        return Box(self.fractions, (c, beta)), Box(self.fractions, (beta, d))

    def flat(self, side: int) -> Box:
        """The middle line across one side."""
        f, beta = self.middle
        return Box((f, f), self.betas) if side == 0 else Box(self.fractions, (beta, beta))

    def points(self) -> tuple[Array, Array]:
        """f and beta at the nine corners, edges and the middle, in doubles; beta runs first."""
        (f, beta), (df, db) = self.middle, self.halves
        x, y = np.repeat([-1.0, 0.0, 1.0], 3), np.tile([-1.0, 0.0, 1.0], 3)
        return float(f) + x * float(df), float(beta) + y * float(db)

    def area(self, whole_box: Box) -> Fraction:
        """As a share of the whole map; a side of length 0 is left out."""
        share = Fraction(1)
        for mine, all_of_it in zip(self.halves, whole_box.halves, strict=True):
            share *= mine / all_of_it if all_of_it else 1
        return share

    def to_json(self) -> dict[str, list[str]]:
        return {
            "fractions": [exact_text(x) for x in self.fractions],
            "betas": [exact_text(x) for x in self.betas],
        }


@dataclass(frozen=True, eq=False)
class Row:
    """First entries and second entries of first rows, for every sample and box: intervals of shape (m, boxes)."""

    first: Interval
    second: Interval

    def times(self, u: tuple[Interval, Interval]) -> Interval:
        return self.first * u[0] + self.second * u[1]


@dataclass(frozen=True, eq=False)
class Rows:
    """The first rows of the matrices over boxes, and their derivatives by f and by beta."""

    entries: Row
    by_fraction: Row
    by_beta: Row


@dataclass(frozen=True)
class Momentum:
    """The matrices of one optimizer on one data set, over boxes of (f, beta)."""

    method: Method
    keep: Fraction
    x: tuple[Fraction, ...]
    p: tuple[Fraction, ...]

    @classmethod
    def of(cls, walk: LinearWalk, method: Method, weight_decay: Fraction) -> Momentum:
        law = walk.law
        return cls(method, 1 - walk.dataset.learning_rate * weight_decay, tuple(law.x), tuple(law.p))

    def floats(self, f: Array, beta: Array) -> Array:
        """The matrices at points, in doubles: shape (points, m, 2, 2)."""
        x, c = np.array([float(v / max(self.x)) for v in self.x]), float(self.keep)
        heavy = self.method == "heavy_ball"
        rate = (f * ((1 + c) * (1 + beta) if heavy else c + 1 / (1 + 2 * beta)))[:, None] * x
        step, beta = c - rate, beta[:, None]
        first, second = (step + beta, -beta * c + 0 * step) if heavy else ((1 + beta) * step, -beta * step)
        found = np.zeros((*step.shape, 2, 2))
        found[..., 0, 0], found[..., 0, 1], found[..., 1, 0] = first, second, 1.0
        return found

    def rows(self, f: Interval, beta: Interval) -> Rows:
        """Over boxes whose sides are arrays of intervals."""
        shares = Interval.around([x / max(self.x) for x in self.x])
        make = self._heavy_ball if self.method == "heavy_ball" else self._nesterov
        return make(shares[:, None], f[None, :], beta[None, :])

    def _heavy_ball(self, share: Interval, f: Interval, beta: Interval) -> Rows:
        """a = c - 1 + (1 + beta)(1 - f share (1 + c)), b = -beta c."""
        c, one = self._like(self.keep, share * f), self._like(1, share * f)
        rate = share * (one + c)
        left, above = one - rate * f, one + beta
        return Rows(
            Row(c - one + above * left, minus(c * beta)),
            Row(minus(rate * above), self._like(0, rate)),
            Row(left, minus(c)),
        )

    def _nesterov(self, share: Interval, f: Interval, beta: Interval) -> Rows:
        """a = (1 + beta) z, b = -beta z, z = c - f share (c + 1/(1 + 2 beta))."""
        c, one = self._like(self.keep, share * f), self._like(1, share * f)
        turned, above = one / (one + beta + beta), one + beta
        steep = share * (c + turned)
        z, bend = c - f * steep, share * (f + f) * (turned * turned)  # bend = dz/dbeta
        return Rows(
            Row(above * z, minus(beta * z)),
            Row(minus(above * steep), beta * steep),
            Row(z + above * bend, minus(z + beta * bend)),
        )

    @staticmethod
    def _like(value: Fraction | int, shape: Interval) -> Interval:
        one = Interval.around((Fraction(value),))
        return Interval(np.full_like(shape.low, one.low[0]), np.full_like(shape.low, one.high[0]))


def minus(x: Interval) -> Interval:
    return Interval(-x.high, -x.low)
