"""Cells of (alpha, L) for the two-sided scheme (W11 of docs/width.md).

`alpha = log(c/kappa)/log(y L - 1)` counts the steps of the curvature `y`, the pivot, that lead up to the level: the
curves on which the probability jumps are nearly lines of constant alpha. A column is an interval of alpha; columns
may overlap, so that the image of one lies in another. Rows are values of L, equally spaced from `bottom` to L_0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np

from catalysis.exact.balls import Ball, ball, enclose, log_size, precision
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme_power import Floats

PARTS = 10**5
"""Ends of columns are integers in units of 1/PARTS."""

MOST_COLUMNS = 10_000
HEIGHT = Fraction(3, 5)
"""The share of L_0 - 2/y that the rows cover."""

Side = Literal["upper", "lower"]

_NEAR = 2.0  # up to there columns are half as wide, as L falls fast
_WIDEN, _WIDEN_DEEP, _DEEP = (
    1.5,
    0.2,
    34.0,
)  # columns overlap by so many widths at the level and from there on


@dataclass(frozen=True)
class Grid:
    """Columns `[shallow_n, deep_n]` of alpha in units of 1/PARTS, both decreasing, the last `shallow` 0; `rows`
    intervals of L above `bottom > 2/pivot`.
    """

    problem: WidthProblem
    pivot: Fraction
    bottom: Fraction
    deep: tuple[int, ...]
    shallow: tuple[int, ...]
    rows: int

    @property
    def columns(self) -> int:
        return len(self.deep)

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @cached_property
    def step(self) -> Fraction:
        return (self.problem.L0 - self.bottom) / self.rows

    def row(self, j: int) -> Fraction:
        return self.bottom + j * self.step

    def unit(self, L: Fraction) -> Ball:
        """log(y L - 1), a unit of alpha in log kappa; at working precision."""
        return ball(self.pivot * L - 1).log()

    @cached_property
    def L(self) -> Floats:  # noqa: N802  the letter of the map
        """The rows as doubles."""
        return np.array([float(self.row(j)) for j in range(self.rows + 1)])

    @cached_property
    def units(self) -> Floats:
        """The units of alpha at the rows."""
        with precision(80):
            return np.array([float(self.unit(self.row(j)).mid()) for j in range(self.rows + 1)])

    def powers(self, exponent: Fraction, ends: tuple[int, ...]) -> Floats:
        """(c/kappa)^exponent at every row and end, built up from two short ladders (W8)."""
        place = np.array(ends)
        block = 1 << (int(place.max()).bit_length() + 1) // 2
        high, low = place // block, place % block
        found = np.empty((self.rows + 1, len(ends)))
        with precision(80):
            for j in range(self.rows + 1):
                unit = self.unit(self.row(j)) * ball(exponent / PARTS)
                fine, coarse = (
                    np.cumprod([1.0] + [float(base.exp().mid())] * int(count.max()))
                    for base, count in ((unit, low), (unit * block, high))
                )
                found[j] = fine[low] * coarse[high]
        return found

    @cached_property
    def deep_kappa(self) -> Floats:
        return float(self.problem.level) / self.powers(Fraction(1), self.deep)

    @cached_property
    def shallow_kappa(self) -> Floats:
        return float(self.problem.level) / self.powers(Fraction(1), self.shallow)

    @cached_property
    def stride(self) -> Fraction:
        """No step from above the bottom lowers alpha by more (W11)."""
        with precision(80):
            found = enclose(ball(self.problem.top * self.bottom - 1).log() / self.unit(self.bottom))
        return found.upper

    @cached_property
    def near_bottom(self) -> int:
        """So many of the first columns can be reached in a step from below the grid."""
        least = self.deep[0] - self.stride * PARTS
        return sum(d >= least for d in self.deep)

    @property
    def is_deep(self) -> bool:
        """Whether no step from below the grid reaches the level, which upper tables ask (W11)."""
        return self.deep[0] > self.stride * PARTS

    def depth_of(self, low: Fraction, high: Fraction, L: Fraction) -> tuple[Fraction, Fraction]:
        """Bounds of alpha in units of 1/PARTS for kappa in [low, high]."""
        with precision(192):
            unit = self.unit(L)
            ends = [enclose(ball(self.problem.level / k).log() / unit * PARTS) for k in (high, low)]
        return ends[0].lower, ends[1].upper

    def columns_at(self, shallow: Fraction, deep: Fraction) -> list[list[int]]:
        """Sets of columns that cover [shallow, deep] each: single ones if there are; none below the grid."""
        single = [n for n in range(self.columns) if self.shallow[n] <= shallow and deep <= self.deep[n]]
        if single:
            return [[n] for n in single]
        if deep > self.deep[0]:
            return []
        return [[n for n in range(self.columns) if self.deep[n] >= shallow and deep >= self.shallow[n]]]


def grid_of(
    problem: WidthProblem,
    lowest: Fraction,
    parts: int,
    rows: int,
    *,
    height: Fraction = HEIGHT,
) -> Grid:
    """A grid down to about `lowest` at L_0 of `parts` columns in a unit of alpha."""
    y = problem.top  # others with fewer steps between the jumps were no closer
    bottom = problem.L0 - short(float((problem.L0 - 2 / y) * height))
    unit = math.log1p(float(y * problem.L0 - 2))
    depth = max(1.0, (log_size(problem.level) - log_size(lowest)) / unit)
    ends = _ends(problem, float(y), parts, depth)
    overlaps = [_overlap(end / PARTS, parts) for end in ends]
    deep = [end + more for end, more in zip(ends[:-1], overlaps[:-1], strict=True)]
    shallow = [max(0, end - more) for end, more in zip(ends[1:], overlaps[1:], strict=True)]
    return Grid(problem, y, bottom, tuple(deep), tuple(shallow), rows)


def short(value: float) -> Fraction:
    return Fraction(f"{value:.6g}")


def _overlap(alpha: float, parts: int) -> int:
    """How far a column reaches over: more from step to step, by what images lose of their place."""
    if alpha <= 0:
        return 0
    widths = _WIDEN * math.exp2(-alpha) + _WIDEN_DEEP * max(0.0, 1 - alpha / _DEEP)
    return round(PARTS / max(parts, 4) * widths)


def _ends(problem: WidthProblem, y: float, parts: int, depth: float) -> list[int]:
    """Ends of columns that the pivot's steps carry to each other, from deep to 0, along starts at L_0."""
    L0, c = float(problem.L0), float(problem.level)
    unit, found = math.log1p(y * L0 - 2), {0}
    for part in range(2 * parts):
        alpha, L = math.ceil(depth) + 3 + part / (2 * parts), L0
        k, steps = c * math.exp(-alpha * unit), 0
        while k < c and y * L > 2 and steps < 2 * depth + 20:
            alpha = math.log(c / k) / math.log1p(y * L - 2)
            if alpha <= depth + 0.5 and (part % 2 == 0 or alpha <= _NEAR):
                found.add(round(alpha * PARTS))
            k, L, steps = abs(1 - y * L + y * y * k * k) * k, L - k * k * y * (4 - y * L), steps + 1
        if k < c:  # the pivot alone does not reach the level: equal columns will do
            found = {0} | {round(n * PARTS / parts) for n in range(math.ceil(depth * parts) + 1)}
            break
    return sorted(found, reverse=True)


def narrowed(grid: Grid) -> Grid:
    """The same columns with overlaps a quarter as wide."""
    middles = [(a + b) // 2 for a, b in zip(grid.shallow[:-1], grid.deep[1:], strict=True)]
    shallow = [m - (m - a) // 4 for a, m in zip(grid.shallow[:-1], middles, strict=True)]
    deep = [m + (b - m) // 4 for b, m in zip(grid.deep[1:], middles, strict=True)]
    return replace(grid, deep=(grid.deep[0], *deep), shallow=(*shallow, 0))


def is_too_flat(problem: WidthProblem, lowest: Fraction, columns: float) -> bool:
    """Whether R is so near 1 that `columns` in a factor R, down to `lowest`, are too many (without end for R = 1)."""
    steep = math.log1p(float(problem.growth - 1))
    return columns * (log_size(problem.level) - log_size(lowest)) >= steep * MOST_COLUMNS
