"""Where the cells of a grid go under one sample (W6, W7, W11 of docs/width.md)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.nonlinear.scheme_grid import PARTS, Grid, Side
from catalysis.nonlinear.scheme_power import ConcavePower, ConvexPower, Floats, Logarithm

Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Far above the rounding of the few operations behind each number (W8).
_LITTLE = 1e-11
PAD_BELOW, PAD_ABOVE = 3, 1


@dataclass(frozen=True, eq=False)
class Images:
    """Where the cells go under one sample, arrays of shape (rows, columns).

    `first`, `second` index the windows of columns (flat, for the row R1 of W6); `t1`, `t2` are the
    ends of the row shift; `kink1`, `kink2` its largest t(1 - t) beside each knot; `rho0`, `rho1` the
    linear bound of p r^theta at the lower and upper row; `level0`, `level1` what cells that may cross add.
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
    level0: Floats
    level1: Floats


@dataclass(frozen=True)
class _Ranges:
    """Over each cell: signed 1 - x L + x^2 q at the lower and upper row with the least and the largest q, the least
    and the largest size, and the range of the fall of L."""

    ends: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
    low: Floats
    high: Floats
    near: Floats
    far: Floats


class GridTooCoarse(ValueError):
    """A cell's images differ by more than one row: finer columns or coarser rows are needed."""


class ImageMaker:
    """Images of all cells of a grid for one side and exponent."""

    def __init__(self, grid: Grid, side: Side, exponent: Fraction) -> None:
        self.grid, self.side, self.exponent = grid, side, float(exponent)
        reach = float(max(problem_reach(grid), Fraction(3)))
        self.power = ConvexPower(exponent, reach) if exponent >= 1 else ConcavePower(exponent, reach)
        self.log = Logarithm(reach)
        self.low_q, self.high_q = grid.deep_kappa[1:] ** 2, grid.shallow_kappa[:-1] ** 2
        self.deep_powers = grid.powers(exponent, grid.deep)
        self.shallow_powers = grid.powers(exponent, grid.shallow)
        self.deep, self.shallow = np.array(grid.deep) / PARTS, np.array(grid.shallow) / PARTS
        self.v = float(grid.pivot) * grid.L[:, None] - 1
        self.bend = (float(grid.pivot) * float(grid.step) / self.v[:-1]) ** 2 / 8
        self.levels = 0

    def __call__(self, x: Fraction, p: Fraction) -> Images:
        grid, xf, pf = self.grid, float(x), float(p)
        found = self._ranges(xf)
        first, last, crosses = self._columns(xf, found)
        if self.side == "upper":
            rhos = self._powers_above(found)
            level = self._level_above()
        else:
            rhos = self._supports(xf)
            surely = first >= grid.columns
            most = self.shallow_powers[:-1] * (1 - _LITTLE)
            flat = np.minimum(self.power.below(found.low) * most / self.deep_powers[1:], most)
            rhos = tuple(np.where(crosses & ~surely, flat, rho) for rho in rhos)
            level, crosses = self._level_below(), surely
        rho0, rho1 = (np.where(crosses, 0.0, pf * rho) for rho in rhos)
        level0, level1 = (np.where(crosses, pf * end, 0.0) for end in level)
        row, t1, t2, kink1, kink2, beyond = self._shift(found)
        a, b = (np.clip(column + 1, 0, grid.columns) for column in (first, last))
        window = (np.frexp(b - a + 1)[1] - 1).astype(np.int64)  # the power of 2 that fits into the columns
        self.levels = max(self.levels, int(window.max()))
        stride = grid.columns + 1
        start = (window * (grid.rows + 1 + PAD_BELOW + PAD_ABOVE) + row + PAD_BELOW) * stride
        windows = start + a, start + b - (1 << window) + 1
        return Images(*windows, t1, t2, kink1, kink2, beyond, rho0, rho1, level0, level1)

    def _powers_above(self, found: _Ranges) -> tuple[Floats, ...]:
        """Above F^theta at both rows, linear between them, for every q of the cell."""
        sizes = [np.maximum(np.abs(a), np.abs(b)) + _LITTLE for a, b in found.ends]
        if not isinstance(self.power, ConcavePower):
            return tuple(self.power.above(size) for size in sizes)
        # a tangent where the sign does not change: the sizes are linear in L for every q
        knot, value, slope = self.power.tangent_above((sizes[0] + sizes[1]) / 2)
        most = self.power.above(found.high)
        return tuple(np.where(found.low > 0, value + slope * (size - knot), most) for size in sizes)

    def _ranges(self, x: float) -> _Ranges:
        L, low_q, high_q = self.grid.L[:, None], self.low_q, self.high_q
        lower, upper = (
            (1 - x * row + x * x * low_q, 1 - x * row + x * x * high_q) for row in (L[:-1], L[1:])
        )
        least, most = upper[0] - _LITTLE, lower[1] + _LITTLE
        sizes = np.abs(least), np.abs(most)
        low = np.where((least <= 0) & (most >= 0), 0.0, np.minimum(*sizes))
        far = high_q * x * (4 - x * L[:-1]) + _LITTLE
        near = np.maximum(low_q * x * (4 - x * L[1:]) - _LITTLE, 0.0)
        return _Ranges((lower, upper), low, np.maximum(*sizes), near, far)

    def _columns(self, x: float, found: _Ranges) -> tuple[Index, Index, Mask]:
        """First and last of the columns that cover the images (-1: below the grid), and where they may cross."""
        columns = self.grid.columns
        shallow, deep = self._depths(x, found)
        first = np.searchsorted(-self.deep, -deep, side="right") - 1
        last = np.minimum(np.searchsorted(-self.shallow, -shallow, side="left"), columns - 1)
        last = np.maximum(first, last)  # where one column covers all
        crosses = shallow <= 0
        return np.where(deep <= 0, columns, first), np.where(crosses, columns, last), crosses

    def _depths(self, x: float, found: _Ranges) -> tuple[Floats, Floats]:
        """The range of alpha over the image of each cell, for L' not below the bottom (W11)."""
        y, units, v = float(self.grid.pivot), self.grid.units[:, None], self.v
        floor, least_unit = v[0], units[0] - _LITTLE
        clamped = v[:-1] - y * found.far < floor

        def unit(row: Floats, fall: Floats) -> tuple[Floats, Floats]:
            at = np.maximum(row - y * fall, floor)
            return np.maximum(self.log.below(at), least_unit), self.log.above(at) + _LITTLE

        fars, nears = ([unit(row, fall) for row in (v[:-1], v[1:])] for fall in (found.far, found.near))
        least = np.where(v[:-1] - y * found.near < floor, 1.0, np.maximum(1.0, units[1:] / nears[1][1]))
        most = np.where(clamped, units[1:] / least_unit, units[:-1] / fars[0][0])
        most_gain, least_gain = self._gains(found.high, found.low, fars[0][0], nears[1][1])
        gains = []
        for (a, b), (low, _), (_, high) in zip(found.ends, fars, nears, strict=True):
            sizes = np.maximum(np.abs(a), np.abs(b)) + _LITTLE, np.minimum(np.abs(a), np.abs(b)) - _LITTLE
            gains.append(self._gains(*sizes, low, high))
        extra = self._extra(x, found, fars[0][0], np.maximum(v[:-1] - y * found.far, floor))
        extra = np.where(clamped | (found.low <= 0), np.inf, extra)
        most_gain = np.minimum(most_gain, np.maximum(gains[0][0], gains[1][0]) + extra)
        least_gain = np.maximum(least_gain, np.minimum(gains[0][1], gains[1][1]) - extra)
        shallow, deep = self.shallow * least - most_gain, self.deep * most - least_gain
        margin = 1e-10 + 1e-10 * np.abs(np.where(np.isfinite(deep), deep, 0.0))
        return shallow - margin, deep + margin

    def _gains(self, large: Floats, small: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """The most and the least of log r / log(y L' - 1), r in [small, large], the unit in [low, high]."""
        most, least = self.log.above(large), self.log.below(np.maximum(small, 0.0))
        return np.where(most >= 0, most / low, most / high), np.where(least >= 0, least / high, least / low)

    def _extra(self, x: float, found: _Ranges, unit: Floats, v: Floats) -> Floats:
        """s^2/8 times the largest second derivative of log F/log(y L' - 1) in L."""
        step = float(self.grid.step)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            steep, turn = x / found.low, float(self.grid.pivot) / v
            size = np.maximum(np.abs(self.log.above(found.high)), np.abs(self.log.below(found.low)))
            bend = steep**2 / unit + (2 * steep * turn + size * turn**2 * (1 + 2 / unit)) / unit**2
            return np.nan_to_num(step**2 / 8 * bend * (1 + 1e-9), nan=np.inf)

    def _level_above(self) -> tuple[Floats, Floats]:
        """Above (c/kappa)^theta on each cell, at the lower and the upper row, linear between."""
        low, high = self.deep_powers[:-1], self.deep_powers[1:]
        gamma = self.exponent * self.deep
        extra = np.maximum(gamma * (1 - gamma), 0.0) * self.bend * high
        return (low + extra) * (1 + 1e-10), (high + extra) * (1 + 1e-10)

    def _level_below(self) -> tuple[Floats, Floats]:
        """Below (c/kappa)^theta on each cell, likewise."""
        low, high = self.shallow_powers[:-1], self.shallow_powers[1:]
        gamma = self.exponent * self.shallow
        extra = np.maximum(gamma * (gamma - 1), 0.0) * self.bend * high
        return np.maximum(low - extra, 0.0) * (1 - 1e-10), np.maximum(high - extra, 0.0) * (1 - 1e-10)

    def _shift(self, found: _Ranges) -> tuple[Index, Floats, Floats, Floats, Floats, Mask]:
        """The row R1 and the range [t1, t2] of W6: images of row j lie at R0 + t, R0 = R1 - 1."""
        step = float(self.grid.step)
        far = found.far / step + 10 * _LITTLE
        near = np.maximum(found.near / step - 10 * _LITTLE, 0.0)
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
        row = np.arange(self.grid.rows)[:, None] - n.astype(np.int64)
        return np.maximum(row, -1), t1, t2, kink1, kink2, beyond

    def _supports(self, x: float) -> tuple[Floats, Floats]:
        """A tangent of |a|^theta at the middle of each cell, as a linear function of L below it for every q."""
        L, low_q, high_q = self.grid.L[:, None], self.low_q, self.high_q
        middle = 1 - x * (L[1:] + L[:-1]) / 2
        at = middle + x * x * np.where(middle > 0, low_q, high_q)
        knot, value, slope = self.power.tangent(at)
        q = np.where(slope > 0, low_q, high_q)
        little = np.abs(slope) * _LITTLE
        low, high = (value + slope * (1 - x * row + x * x * q - knot) - little for row in (L[:-1], L[1:]))
        bad = (low < 0) | (high < 0)  # a negative end bounds nothing useful
        return np.where(bad, 0.0, low), np.where(bad, 0.0, high)


def problem_reach(grid: Grid) -> Fraction:
    """The largest |1 - x L + x^2 q| over all cells, also those outside 2|kappa| <= L."""
    problem = grid.problem
    return max(problem.range_of(x, grid.bottom, problem.level)[1] for x in problem.x)
