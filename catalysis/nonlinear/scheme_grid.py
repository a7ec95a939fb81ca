"""Cells of (kappa, L) for the two-sided scheme, and where their images lie.

Columns are `[k_n, k_{n+1})` with `k_n = c e_n / UNIT` for integers e_n, the last edge being c. Rows are the
values `L_j`, equally spaced from `bottom <= 2/x*` to L_0; a cell is a column between two rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import ball, enclose, log_size, precision
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme_power import ConvexPower, Floats

UNIT = 10**15
"""Edges are integers in units of c / UNIT."""

MOST_COLUMNS = 10_000

Side = Literal["upper", "lower"]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Far above the rounding of the few operations behind each number (W8).
_LITTLE = 1e-11
PAD_BELOW, PAD_ABOVE = 3, 1


@dataclass(frozen=True)
class Grid:
    """`edges` increasing integers, the last is UNIT; `rows` intervals of L above `bottom`."""

    problem: WidthProblem
    edges: tuple[int, ...]
    rows: int

    @property
    def columns(self) -> int:
        return len(self.edges) - 1

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @cached_property
    def bottom(self) -> Fraction:
        """2/x*: at or below it |kappa| cannot grow."""
        return 2 / self.problem.top

    @cached_property
    def step(self) -> Fraction:
        return (self.problem.L0 - self.bottom) / self.rows

    @cached_property
    def k(self) -> Floats:
        """The edges as doubles."""
        return np.array([float(self.problem.level * e / UNIT) for e in self.edges])

    @cached_property
    def L(self) -> Floats:  # noqa: N802  the letter of the map
        """The rows as doubles."""
        return np.array([float(self.bottom + j * self.step) for j in range(self.rows + 1)])

    @cached_property
    def near_bottom(self) -> int:
        """So many of the first columns cover [d, d R], d the lowest edge."""
        reach = self.problem.growth * self.edges[0]
        return max(1, sum(e < reach for e in self.edges[:-1]))

    @cached_property
    def spans_level(self) -> bool:
        """Whether k_0 R > c: images of states below the grid may reach c (W5)."""
        return self.problem.growth * self.edges[0] > UNIT

    def column_of(self, kappa: Fraction) -> int:
        """The column that holds kappa < c; -1 below the grid."""
        place = kappa * UNIT / self.problem.level
        return int(np.searchsorted(np.array(self.edges), math.floor(place), side="right")) - 1

    def column_powers(self, exponent: Fraction) -> tuple[Floats, Floats]:
        """Lower and upper bounds of (c/k_n)^exponent at every edge."""
        with precision(80):
            found = [enclose((ball(Fraction(UNIT, e))) ** ball(exponent)) for e in self.edges]
        lower = np.nextafter(np.array([float(f.lower) for f in found]), 0.0)
        return lower, np.nextafter(np.array([float(f.upper) for f in found]), np.inf)


def edges_down_to(
    problem: WidthProblem, lowest: Fraction, fineness: int, zones: dict[int, int]
) -> tuple[int, ...]:
    """Edges from c downwards, about R^(1/fineness) apart, such that R maps edges to edges or just below.

    From period z (a factor R each) on, `fineness` is divided by `zones[z]`. The edge below `lowest` ends
    the grid.
    """
    growth = float(problem.growth)
    period = [math.floor(UNIT * growth ** (-n / fineness)) for n in range(fineness)]
    period[0] = UNIT
    edges: list[int] = []
    shrink = Fraction(1) / problem.growth * (1 - Fraction(1, 10**9))
    target = int(lowest / problem.level * UNIT)
    z, divisor = 0, 1
    while True:
        for e in period:
            edges.append(e)
            if e <= target:
                return tuple(reversed(edges))
        z += 1
        new = zones.get(z, divisor)
        kept = period[:: new // divisor] if new > divisor else period
        divisor = max(divisor, new)
        period = [math.floor(e * shrink) for e in kept]


def is_too_flat(problem: WidthProblem, lowest: Fraction, fineness: int) -> bool:
    """Whether R is so near 1 that edges down to `lowest` are too many (without end for R = 1)."""
    steep = math.log1p(float(problem.growth - 1))
    return fineness * (log_size(problem.level) - log_size(lowest)) >= steep * MOST_COLUMNS


@dataclass(frozen=True, eq=False)
class Images:
    """Where the cells go under one sample, arrays of shape (rows, columns) unless said otherwise.

    `first`, `second` index the windows of columns (flat, for the row R1 of W6); `t1`, `t2` are the
    ends of the row shift; `kink1`, `kink2` its largest t(1 - t) beside each knot; `rho0`, `rho1` the
    linear bound of p r^theta at the lower and upper row; `constant` what cells that may cross add.
    """

    first: Index
    second: Index
    t1: Floats
    t2: Floats
    kink1: Floats
    kink2: Floats
    beyond: Mask
    rho0: Floats
    rho1: Floats
    constant: Floats


class GridTooCoarse(ValueError):
    """A cell's images differ by more than one row: finer columns or coarser rows are needed."""


class ImageMaker:
    """Images of all cells of a grid for one side and exponent."""

    def __init__(self, grid: Grid, side: Side, exponent: Fraction) -> None:
        self.grid, self.side, self.exponent = grid, side, exponent
        self.power = ConvexPower(exponent, float(max(problem_reach(grid), Fraction(2))))
        self.lower, self.upper = grid.column_powers(exponent)
        self.levels = 0

    def __call__(self, x: Fraction, p: Fraction) -> Images:
        grid, xf, pf = self.grid, float(x), float(p)
        k, L = grid.k, grid.L[:, None]
        low_q, high_q = k[:-1] ** 2, k[1:] ** 2
        a_low = 1 - xf * L + xf * xf * low_q  # (rows + 1, columns), smaller q
        a_high = 1 - xf * L + xf * xf * high_q
        least, most = a_low[1:] - _LITTLE, a_high[:-1] + _LITTLE
        size_low, size_high = np.abs(least), np.abs(most)
        r_high = np.maximum(size_low, size_high)
        r_low = np.where((least <= 0) & (most >= 0), 0.0, np.minimum(size_low, size_high))
        first_col = np.searchsorted(k, r_low * k[:-1] * (1 - _LITTLE), side="right") - 1
        last_col = np.searchsorted(k, r_high * k[1:] * (1 + _LITTLE), side="right") - 1
        rows = self._shift(xf, low_q, high_q)
        constant = np.zeros_like(r_high)
        crosses = last_col >= grid.columns
        if self.side == "upper":
            rho0 = self.power.above(np.maximum(np.abs(a_low[:-1]), np.abs(a_high[:-1])) + _LITTLE)
            rho1 = self.power.above(np.maximum(np.abs(a_low[1:]), np.abs(a_high[1:])) + _LITTLE)
            constant[crosses] = np.broadcast_to(self.upper[:-1], crosses.shape)[crosses]
        else:
            rho0, rho1 = self._supports(xf, L, low_q, high_q)
            surely = first_col >= grid.columns
            constant[surely] = np.broadcast_to(self.lower[1:], surely.shape)[surely]
            perhaps = crosses & ~surely
            flat = self.power.below(r_low) * (self.lower[1:] / self.upper[:-1])
            rho0, rho1 = np.where(perhaps, flat, rho0), np.where(perhaps, flat, rho1)
            crosses = surely
        rho0, rho1 = (np.where(crosses, 0.0, pf * rho) for rho in (rho0, rho1))
        a = np.clip(first_col + 1, 0, grid.columns)
        b = np.clip(last_col + 1, 0, grid.columns)
        level = (np.frexp(b - a + 1)[1] - 1).astype(np.int64)  # the power of 2 that fits into the window
        self.levels = max(self.levels, int(level.max()))
        stride = grid.columns + 1
        start = (level * (grid.rows + 1 + PAD_BELOW + PAD_ABOVE) + rows[0] + PAD_BELOW) * stride
        return Images(
            start + a, start + b - (1 << level) + 1, *rows[1:], rho0=rho0, rho1=rho1, constant=pf * constant
        )

    def _shift(
        self, x: float, low_q: Floats, high_q: Floats
    ) -> tuple[Index, Floats, Floats, Floats, Floats, Mask]:
        """The row R1 and the range [t1, t2] of W6: images of row j lie at R0 + t, R0 = R1 - 1."""
        grid, step = self.grid, float(self.grid.step)
        L = grid.L[:, None]
        far = high_q * x * (4 - x * L[:-1]) / step + 10 * _LITTLE
        near = np.maximum(low_q * x * (4 - x * L[1:]) / step - 10 * _LITTLE, 0.0)
        n = np.floor(far)
        t1 = 1 - (far - n)
        t2 = t1 + (far - near)
        t2 = np.where(n == 0, np.minimum(t2, 1.0), t2)
        if not (t2 < 2).all():
            raise GridTooCoarse
        beyond = t2 > 1
        inside = np.minimum(t2, 1.0)
        kink1 = np.where(
            (t1 <= 0.5) & (inside >= 0.5), 0.25, np.maximum(t1 * (1 - t1), inside * (1 - inside))
        )
        kink1 = np.maximum(kink1, 0.0) * (1 + 1e-9)
        over = np.where(beyond, t2 - 1, 0.0)
        kink2 = np.where(over >= 0.5, 0.25, over * (1 - over)) * (1 + 1e-9)
        row = np.arange(grid.rows)[:, None] - n.astype(np.int64)
        return np.maximum(row, -1), t1, t2, kink1, kink2, beyond

    def _supports(self, x: float, L: Floats, low_q: Floats, high_q: Floats) -> tuple[Floats, Floats]:
        """A tangent of |a|^theta at the middle of each cell, as a linear function of L below it for every q."""
        middle = 1 - x * (L[1:] + L[:-1]) / 2
        at = middle + x * x * np.where(middle > 0, low_q, high_q)
        knot, value, slope = self.power.tangent(at)
        q = np.where(slope > 0, low_q, high_q)
        little = np.abs(slope) * _LITTLE
        ends = (value + slope * (1 - x * row + x * x * q - knot) - little for row in (L[:-1], L[1:]))
        low, high = ends
        bad = (low < 0) | (high < 0)  # a negative end bounds nothing useful
        return np.where(bad, 0.0, low), np.where(bad, 0.0, high)


def problem_reach(grid: Grid) -> Fraction:
    """The largest |1 - x L + x^2 q| over all cells, also those outside 2|kappa| <= L."""
    problem = grid.problem
    return max(problem.range_of(x, grid.bottom, problem.level)[1] for x in problem.x)
