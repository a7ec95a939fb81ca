"""The two-sided scheme: tables above and below the probability that |kappa| reaches c (lemmas W5 to W8, W11).

A table holds one number for each row and column; the bound is linear in L between rows and (kappa/c)^theta
times a constant within a column, and where columns overlap the better one counts. The iteration only finds it:
what counts is the last pass, in which every cell satisfies its inequality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.exact.numbers import decimal_below
from catalysis.exact.result import Progress
from catalysis.exponent.factors import StepFactors
from catalysis.nonlinear.problem import WidthProblem, short_above
from catalysis.nonlinear.scheme_grid import Grid, Side
from catalysis.nonlinear.scheme_images import PAD_ABOVE, PAD_BELOW, ImageMaker, Images
from catalysis.nonlinear.scheme_power import Floats
from catalysis.nonlinear.slabs import slabs

SCALE = 10**9
"""Table entries are integers in units of 1/SCALE."""

MOST_GROWTH = 1000.0
"""The largest R^theta for which a table is made: beyond, its units would be too coarse."""

_SLACK = 1e-9  # relative; far above the rounding of a sum of some hundred products (W8)
_PUSH = 3e-6  # while iterating, this much more is asked, so that what is left to repair is little
_STEEP = 16  # a bound that falls below 0 by more than 1/16 of its upper end is replaced by a constant
_MOST_SWEEPS = 600
_MOST_REPAIRS = 100

Table = np.ndarray[tuple[int, int], np.dtype[np.int64]]


@dataclass(frozen=True, eq=False, repr=False)
class SchemeTable:
    """A proved table: entries in units of 1/SCALE, shape (rows + 1, columns); `sweeps` made.

    `beneath`, of upper tables: the exponent that bounds what lies below the bottom row; `slabs`: where the exponent is
    below 1, the ends of the intervals of L in which the moments of the largest factors are at most 1 (W13).
    """

    grid: Grid
    side: Side
    exponent: Fraction
    entries: Table
    sweeps: int
    beneath: Fraction | None = None
    slabs: tuple[Fraction, ...] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SchemeTable):
            return NotImplemented
        same = (self.grid, self.side, self.exponent) == (other.grid, other.side, other.exponent)
        return same and np.array_equal(self.entries, other.entries)

    def __hash__(self) -> int:
        return hash((self.side, self.exponent, self.grid.deep, self.grid.rows))

    def __repr__(self) -> str:
        return f"SchemeTable({self.side}, {self.grid.rows} x {self.grid.columns} cells)"

    def below_grid(self) -> Fraction:
        """The upper table's factor for every kappa below the grid and L <= L_0 (W11)."""
        return Fraction(int(self.entries[:, : self.grid.near_bottom].max()), SCALE)


def solve(
    grid: Grid,
    side: Side,
    exponent: Fraction,
    *,
    accuracy: float = 1e-4,
    progress: Progress | None = None,
) -> SchemeTable | None:
    """Iterate until the two top rows move by less than `accuracy` in a sweep, then repair until all is proved.

    `exponent >= 1`, for "upper" with M(exponent; L_0) <= 1, or below 1 there. The result satisfies W6, W7 or W13 in
    every cell; None if the repairs did not end, if an upper table does not reach far enough down (W11), or if W13 does
    not apply. Raises GridTooCoarse.
    """
    if side == "upper" and not grid.is_deep:
        return None
    beneath, thin = None, None
    if side == "upper" and exponent < 1:
        found = _slabs(grid, exponent)
        if found is None:
            return None
        beneath, thin = found
    elif side == "upper":
        beneath = _beneath(grid, exponent)
    sweep = _Sweep(grid, side, exponent, beneath)
    entries = sweep.start()
    done, reached = 0, side == "upper"
    while done < _MOST_SWEEPS:
        new = sweep(entries, _PUSH)
        done += 1
        moved = float(np.max(np.abs(new[-2:] - entries[-2:]))) / SCALE
        entries = new
        reached = reached or entries[-1, 0] > 0
        if progress is not None:
            progress(done, _MOST_SWEEPS)
        if moved < accuracy and (reached or moved == 0.0):
            break
    for _ in range(_MOST_REPAIRS):
        done += 1
        if progress is not None:
            progress(_MOST_SWEEPS, _MOST_SWEEPS)
        asked = sweep(entries, 0.0)
        repaired = np.maximum(entries, asked) if side == "upper" else np.minimum(entries, asked)
        if np.array_equal(repaired, entries):
            return SchemeTable(grid, side, exponent, np.asarray(entries, dtype=np.int64), done, beneath, thin)
        entries = repaired
    return None


def _beneath(grid: Grid, exponent: Fraction) -> Fraction:
    """A short b' >= the exponent with M(b'; bottom) <= 1."""
    found = StepFactors.from_pairs(
        (abs(1 - x * grid.bottom), p) for x, p in zip(grid.problem.x, grid.problem.p, strict=True)
    ).exponent(digits=8)
    lower = exponent if found.enclosure is None else Fraction(decimal_below(found.enclosure.lower, 6))
    return min(max(exponent, lower), 4 * exponent)


def _slabs(grid: Grid, exponent: Fraction) -> tuple[Fraction, tuple[Fraction, ...]] | None:
    """The exponent below the bottom row and the slabs of W13."""
    problem, deepest = (
        grid.problem,
        short_above(Fraction(float(grid.deep_kappa[0, 0])) * (1 + Fraction(1, 10**9)), 9),
    )
    over = slabs(problem, grid.bottom, problem.L0, deepest, exponent)
    for factor in (4, 2, Fraction(3, 2), Fraction(5, 4), 1) if over else ():
        b = min(exponent * factor, max(exponent, Fraction(1)))
        under = slabs(problem, 2 / problem.top, grid.bottom, problem.level, b)
        if over and under:
            return b, (*under[:-1], *over)
    return None


class _Sweep:
    """One pass over all cells. Entries are doubles that hold integers."""

    def __init__(self, grid: Grid, side: Side, exponent: Fraction, beneath: Fraction | None) -> None:
        self.grid, self.upper = grid, side == "upper"
        make = ImageMaker(grid, side, exponent)
        problem = grid.problem
        self.images = [make(x, p) for x, p in zip(problem.x, problem.p, strict=True)]
        self.rim = np.full(grid.columns, float(SCALE))  # row 0 and what lies beneath it (W11)
        if beneath is not None:
            powers = grid.powers(beneath - exponent, grid.shallow)[0]
            self.rim = np.minimum(np.ceil(SCALE / powers * (1 + _SLACK)) + 1, float(SCALE))
        self.full = np.full(
            (grid.rows, grid.columns), float(SCALE)
        )  # where nothing better is known (W6, W13)
        if exponent < 1:
            self.full = np.ceil(make.deep_powers[1:] * (1 + 1e-9) * SCALE) + 1
        self.cap = np.floor(make.shallow_powers[0] * (1 - 1e-10) * SCALE) - 1  # (c/kappa)^theta bounds tables
        self.levels = make.levels
        self.stride = grid.columns + 1
        rows = grid.rows + 1 + PAD_BELOW + PAD_ABOVE
        self.windows = np.zeros((self.levels + 1, rows, self.stride))

    def start(self) -> Floats:
        shape = self.grid.rows + 1, self.grid.columns
        if not self.upper:
            return np.zeros(shape)
        return np.vstack([self.full[:1], self.full])

    def __call__(self, entries: Floats, push: float) -> Floats:
        """What the cells ask of a table, given one: rounded to its side, by `push` of itself more than needed."""
        self._fill(entries)
        low, high = self._upper_sums() if self.upper else self._lower_sums()
        new = np.empty_like(entries)
        if self.upper:
            low, high = (np.ceil(part * (1 + _SLACK + push)) + 1 for part in (low, high))
            full = (low > self.full) | (high > self.full)
            low[full] = high[full] = self.full[full]
            new[0], new[-1] = np.maximum(low[0], self.rim), high[-1]
            np.maximum(low[1:], high[:-1], out=new[1:-1])
            return new
        low, high = (np.floor(part - push * np.abs(part)) - 1 for part in (low, high))
        new[0], new[-1] = np.minimum(low[0], 0.0), high[-1]
        np.minimum(low[1:], high[:-1], out=new[1:-1])
        # between rows that are not positive either, 0 will do (W7)
        idle = new <= 0
        idle[:-1] &= new[1:] <= 0
        idle[1:] &= new[:-1] <= 0
        new[idle] = 0.0
        capped: Floats = np.minimum(new, self.cap)
        return capped

    def _fill(self, entries: Floats) -> None:
        """Windows of 1, 2, 4, ... columns; column 0 stands for everything below the grid."""
        first = self.windows[0]
        body: Floats = first[PAD_BELOW:-PAD_ABOVE]
        body[:, 1:] = entries
        if self.upper:
            near = self.grid.near_bottom
            body[:, 0] = np.maximum.accumulate(entries[:, :near].max(axis=1))
            first[:PAD_BELOW] = body[0]
        first[-1] = first[-2]
        pick = np.maximum if self.upper else np.minimum
        for level in range(self.levels):
            half = 1 << level
            old, new = self.windows[level], self.windows[level + 1]
            new[...] = old
            pick(old[:, :-half], old[:, half:], out=new[:, :-half])

    def _rows(self, image: Images) -> list[Floats]:
        """The entries of the rows R0, R1, R2, R3 over each image's columns."""
        flat = self.windows.ravel()
        pick = np.maximum if self.upper else np.minimum
        found = []
        for offset in (-1, 0, 1, 2):
            shift = offset * self.stride
            one = flat.take(image.first + shift, mode="clip")
            found.append(pick(one, flat.take(image.second + shift, mode="clip")))
        return found

    def _between(self, image: Images, rows: list[Floats]) -> tuple[Floats, Floats, Floats]:
        """(G_0, G_1, kink) of W6."""
        pick = np.maximum if self.upper else np.minimum
        t1, t2, beyond = image.t1, image.t2, image.beyond
        ends = []
        for r0, r1, r2 in (rows[:3], rows[1:]):
            far = np.where(beyond, (2 - t2) * r1 + (t2 - 1) * r2, (1 - t2) * r0 + t2 * r1)
            end = pick((1 - t1) * r0 + t1 * r1, far)
            ends.append(np.where(beyond, pick(end, r1), end))
        bend1, bend2 = rows[2] - 2 * rows[1] + rows[0], rows[3] - 2 * rows[2] + rows[1]
        if self.upper:
            bend1, bend2 = -bend1, -bend2
        kink = np.maximum(np.maximum(image.kink1 * bend1, image.kink2 * bend2), 0.0)
        return ends[0], ends[1], kink

    def _upper_sums(self) -> tuple[Floats, Floats]:
        shape = self.grid.rows, self.grid.columns
        total0, total1 = np.zeros(shape), np.zeros(shape)
        for image in self.images:
            g0, g1, kink = self._between(image, self._rows(image))
            g0, g1 = g0 + kink, g1 + kink
            extra = np.maximum((image.rho1 - image.rho0) * (g0 - g1), 0.0) / 4
            total0 += image.rho0 * g0 + extra + image.level0 * SCALE
            total1 += image.rho1 * g1 + extra + image.level1 * SCALE
        return total0, total1

    def _lower_sums(self) -> tuple[Floats, Floats]:
        shape = self.grid.rows, self.grid.columns
        total0, total1 = np.zeros(shape), np.zeros(shape)
        keep, lose = 1 - _SLACK, 1 + _SLACK
        for image in self.images:
            rows = self._rows(image)
            g0, g1, kink = self._between(image, rows)
            kink *= lose
            flat = np.minimum(
                np.minimum(g0, g1), np.where(image.beyond, np.minimum(rows[1], rows[2]), rows[1])
            )
            flat = np.maximum(flat, 0.0)
            g0, g1 = g0 - kink, g1 - kink
            level = (2 * flat > g0 + g1) | (g0 * _STEEP < -g1)
            g0, g1 = np.where(level, flat, g0), np.where(level, flat, g1)
            g0, g1 = g0 - np.abs(g0) * _SLACK, g1 - np.abs(g1) * _SLACK
            part0, part1 = image.rho0 * g0, image.rho1 * g1
            bend = np.maximum((image.rho1 - image.rho0) * (g1 - g0), 0.0)
            left, right = np.sqrt(np.maximum(part0, 0.0)), np.sqrt(np.maximum(part1, 0.0))
            touch = np.divide(left, left + right, out=np.full(shape, 0.5), where=left + right > 0)
            part0 -= touch**2 * bend * lose + np.abs(part0) * _SLACK
            part1 -= (1 - touch) ** 2 * bend * lose + np.abs(part1) * _SLACK
            total0 += part0 + image.level0 * (SCALE * keep)
            total1 += part1 + image.level1 * (SCALE * keep)
        return total0, total1


def fits(problem: WidthProblem, exponent: Fraction) -> bool:
    """Whether R^exponent is small enough for the units of a table."""
    return math.log(float(problem.growth)) * float(exponent) < math.log(MOST_GROWTH)
