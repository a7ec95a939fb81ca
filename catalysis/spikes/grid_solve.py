"""Searching a table that satisfies the cell inequalities, and the one pass that proves that it does.

Lemmas SG1 to SG4 of docs/spikes_grid.md. The search may do what it likes; `Table.holds` is the proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from catalysis.spikes.cells import Cells, Floats, Tilted

_BLOCK = 16_384
_MOST_BITS = 120
_LEAST = 2.0**-120  # times the least weight this is still a normal double
_COARSE = 96  # so small that the linear algebra starts no threads
_SLOWLY = 0.7
Booking = Callable[[int], None]


class Slow(Exception):
    """The sweeps did not settle."""


@dataclass
class Table:
    """`u[k]` stands for e^(t y) times the probability of a spike from y in cell k; `far` beyond the last.

    Laid out with the known values beyond the level on the left and `far` on the right.
    """

    tilted: Tilted
    cells: Cells
    size: int
    far: float
    line: Floats = field(init=False)
    pairs: Floats = field(init=False)
    block: int = field(init=False)
    pad: int = field(init=False)

    def __post_init__(self) -> None:
        self.block = max(256, min(_BLOCK, self.size // 12))
        self.pad = self.cells.per_step + 2
        self.line = np.full(self.pad + self.size + self.block + 1, self.far)
        self.line[: self.pad] = self.tilted.at_the_level(self.cells.per_step, self.pad)
        self.pairs = self.line.copy()
        self._pair(0, len(self.line))

    @property
    def values(self) -> Floats:
        """u_0 .. u_(n-1); a view."""
        return self.line[self.pad : self.pad + self.size]

    def put(self, values: Floats, far: float) -> None:
        """Another table in the same place."""
        self.values[:] = values
        self._put_far(far)
        self._pair(0, len(self.line))

    def _put_far(self, far: float) -> None:
        self.far = far
        start = self.pad + self.size
        self.line[start:] = far
        self._pair(start, len(self.line))

    def _pair(self, start: int, end: int) -> None:
        """The larger (smaller) value of each cell and the one before it, for the cells of the line."""
        extreme = np.maximum if self.tilted.side > 0 else np.minimum
        start = max(start, 1)
        extreme(self.line[start:end], self.line[start - 1 : end - 1], out=self.pairs[start:end])

    def _sums(self, first: int, last: int, weights: Floats, out: Floats) -> Floats:
        """sum_i weights[i] w_(k - shift[i]) for the cells first .. last - 1."""
        shifts = self.cells.shift
        away = first - shifts > self.size
        out[:] = weights[away].sum() * self.far
        part = np.empty(last - first)
        for i in np.flatnonzero(~away).tolist():
            start = self.pad + first - int(shifts[i])
            source = self.line if self.cells.whole[i] else self.pairs
            np.multiply(source[start : start + last - first], weights[i], out=part)
            out += part
        return out

    def sweep(self, scale: float) -> float:
        """Replace each value by its sum, block after block away from the level; the largest relative change."""
        weights = self.tilted.weights * scale
        worst = 0.0
        new = np.empty(self.block)
        for first in range(0, self.size, self.block):
            last = min(first + self.block, self.size)
            old = self.line[self.pad + first : self.pad + last]
            found = self._sums(first, last, weights, new[: last - first])
            worst = max(worst, float(np.abs(found / old - 1).max()))
            old[:] = found
            self._pair(self.pad + first, self.pad + last + 1)
        far = self.worst_at_the_end()
        worst = max(worst, abs(far / self.far - 1))
        self._put_far(far)
        return worst

    def residual(self, scale: float) -> Floats:
        """Sums minus values."""
        found = np.empty(self.size)
        for first in range(0, self.size, self.block):
            last = min(first + self.block, self.size)
            self._sums(first, last, self.tilted.weights * scale, found[first:last])
        return found - self.values

    def worst_at_the_end(self) -> float:
        """The largest (smallest) value of the last N cells."""
        window = self.values[self.size - self.cells.per_step :]
        return float(window.max() if self.tilted.side > 0 else window.min())

    def spread_at_the_end(self) -> float:
        """The relative spread of the last N cells: what the constant beyond them costs, roughly."""
        window = self.values[self.size - self.cells.per_step :]
        return float(window.max() / window.min()) - 1

    def holds(self) -> bool:
        """SG2 and SG3: every cell inequality and the one at the end, in doubles as SG4 says. The proof."""
        side, worst = self.tilted.side, self.worst_at_the_end()
        self._pair(0, len(self.line))
        if not (
            np.isfinite(self.line).all() and self.line.min() >= _LEAST and side * (self.far - worst) >= 0
        ):
            return False
        sums = np.empty(self.block)
        for first in range(0, self.size, self.block):
            last = min(first + self.block, self.size)
            found = self._sums(first, last, self.tilted.weights, sums[: last - first])
            if not (side * (self.values[first:last] - found) >= 0).all():
                return False
        return True

    def work(self) -> int:
        """Products in one sweep."""
        return self.size * self.tilted.steps.size


@dataclass(frozen=True)
class Coarse:
    """The same equations averaged over groups of cells, small enough to be solved at once: for the slow part."""

    group: int
    matrix: Floats

    @classmethod
    def of(cls, table: Table) -> Coarse:
        cells = table.cells
        group = -(-table.size // min(_COARSE, table.size))
        count = -(-table.size // group)
        matrix = np.zeros((count, count + 1))
        rows = np.arange(count)
        for weight, shift in zip(table.tilted.weights.tolist(), cells.shift.tolist(), strict=True):
            whole, part = divmod(shift + 0.5, group)
            for offset, share in ((int(whole), 1 - part / group), (int(whole) + 1, part / group)):
                columns = np.minimum(rows - offset, count)
                inside = columns >= 0
                np.add.at(matrix, (rows[inside], columns[inside]), weight * share)
        return cls(group, matrix)

    def correct(self, table: Table, scale: float) -> None:
        """Add what the averaged equations say is missing."""
        count = len(self.matrix)
        window = table.values[table.size - table.cells.per_step :]
        worst = int(window.argmax() if table.tilted.side > 0 else window.argmin())
        at = (table.size - table.cells.per_step + worst) // self.group
        matrix = np.eye(count) - self.matrix[:, :count] * scale
        matrix[:, at] -= self.matrix[:, count] * scale
        starts = np.arange(0, table.size, self.group)
        sizes = np.diff(np.append(starts, table.size))
        missing = np.linalg.solve(matrix, np.add.reduceat(table.residual(scale), starts) / sizes)
        new = table.values + np.repeat(missing, sizes)
        if (new > 0).all():
            table.put(new, table.far)
            table._put_far(table.worst_at_the_end())


def settle(table: Table, tolerance: float, book: Booking, most_sweeps: int = 3000) -> tuple[Table, int]:
    """Sweep until a table of short numbers near this one is proved to hold; that table, and its bits.

    `tolerance` is the slack given to every inequality. Raises Slow, or what `book` raises.
    """
    side, goal = table.tilted.side, tolerance / 2
    scale = 1 + side * 2 * tolerance
    coarse = Coarse.of(table)
    before = corrected = math.inf  # a correction that did not halve the change is the last one
    for _ in range(most_sweeps):
        book(table.work())
        change = table.sweep(scale)
        if change > goal:
            if change > _SLOWLY * before and change < corrected / 2:
                corrected = change
                book(table.work())
                coarse.correct(table, scale)
                before = math.inf
            else:
                before = change
            continue
        book(2 * table.work())
        short, bits = _shortened(table, tolerance / 4)
        if short.holds():
            return short, bits
        goal /= 4
    raise Slow


def _shortened(table: Table, tolerance: float) -> tuple[Table, int]:
    """The table in multiples of 2^-bits, rounded to the safe side by at most the relative tolerance."""
    least = float(table.values.min())
    bits = min(_MOST_BITS, max(8, math.ceil(-math.log2(max(least * tolerance, 1e-300)))))
    unit = 2.0**bits
    rounding = np.ceil if table.tilted.side > 0 else np.floor
    short = Table(table.tilted, table.cells, table.size, 1.0)
    values = np.minimum(rounding(table.values * unit) / unit, 2 - 2 / unit)
    short.put(values, 1.0)
    short._put_far(short.worst_at_the_end())
    return short, bits


def finer(values: Floats, coarser: Floats | None, size: int) -> Floats:
    """A guess for `size` cells over the same length; with a third, coarser table by extrapolation.

    The error falls like the cell.
    """
    guess = _spread(values, size)
    if coarser is None or len(coarser) >= len(values):
        return guess
    share = (1 - len(values) / size) / (len(values) / len(coarser) - 1)
    return np.clip(guess + (guess - _spread(coarser, size)) * share, 0.5 * guess, 2 * guess)


def _spread(values: Floats, size: int) -> Floats:
    return values[np.arange(size) * len(values) // size]
