"""The finest grid of a phase map: cells by their indices, what is proved of each, and neighbours joined."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.nonlinear.boxes import Boxes, Codes, Decisions, Floats, Found, Interval, follow_below_four

_MAX_STEPS = 40

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Cell:
    """Index ranges [left, right) x [bottom, top) of the finest grid, with what is proved of it."""

    left: int
    right: int
    bottom: int
    top: int
    found: Found = Found.UNDECIDED
    steps: int = 0
    except_hits: bool = False

    def quarters(self) -> list[Cell]:
        mid_x, mid_y = (self.left + self.right) // 2, (self.bottom + self.top) // 2
        return [
            Cell(a, b, c, d)
            for c, d in ((self.bottom, mid_y), (mid_y, self.top))
            for a, b in ((self.left, mid_x), (mid_x, self.right))
        ]


@dataclass(frozen=True)
class Axis:
    """The ends of the finest cells of one side: pieces between cuts, each divided evenly into 2^depth."""

    pieces: tuple[Range, ...]
    ends: tuple[Fraction, ...]

    @classmethod
    def cut(cls, side: Range, cuts: Sequence[Fraction], depth: int) -> Axis:
        marks = [side[0], *(c for c in cuts if side[0] < c < side[1]), side[1]]
        pieces = tuple(itertools.pairwise(marks))
        count = 1 << depth
        ends = [a + (b - a) * Fraction(i, count) for a, b in pieces for i in range(count)]
        return cls(pieces, (*ends, side[1]))


class Grid:
    """The finest grid: its cells in the letters l, v, in doubles rounded outwards, and the proofs."""

    def __init__(self, x: Fraction, columns: Axis, rows: Axis) -> None:
        self.x, self.columns, self.rows = x, columns, rows
        self.size = (len(rows.ends) - 1) // len(rows.pieces)
        self.l_down, self.l_up = _outward([x * end for end in rows.ends])
        self.u_down, self.u_up = _outward([x * end for end in columns.ends])
        self.v_down, self.v_up = _outward([(x * end) ** 2 for end in columns.ends])
        self.zero = next((i for i, end in enumerate(columns.ends) if end == 0), None)
        self.is_negative = np.array([end < 0 for end in columns.ends])

    def decide(self, cells: list[Cell]) -> list[Cell]:
        """What can be proved of each cell as a whole."""
        if not cells:
            return []
        index = np.array([(c.left, c.right, c.bottom, c.top) for c in cells]).T
        decisions = self.prove(*index)
        return [
            Cell(c.left, c.right, c.bottom, c.top, Found(int(f)), int(s), bool(e))
            for c, f, s, e in zip(cells, decisions.found, decisions.steps, decisions.except_hits, strict=True)
        ]

    def prove(self, left: Codes, right: Codes, bottom: Codes, top: Codes) -> Decisions:
        """kappa does not change sign within a cell, nor does x L - 4."""
        mirrored = self.is_negative[left]
        near, far = np.where(mirrored, right, left), np.where(mirrored, left, right)
        l_lo, l_hi = self.l_down[bottom], self.l_up[top]
        u_near = np.minimum(np.abs(self.u_down[near]), np.abs(self.u_up[near]))
        outside = 2 * u_near >= l_hi  # a factor 2 is exact
        boxes = Boxes(
            Interval(np.maximum(l_lo, 2 * u_near), l_hi), Interval(self.v_down[near], self.v_up[far])
        )
        above = self.l_down[bottom] >= 4
        below = ~above & ~outside
        found = np.where(outside, Found.OUTSIDE, np.where(above, Found.DIVERGENT, Found.UNDECIDED))
        steps, excepted = np.zeros(left.size, np.int64), above & ~outside
        part = follow_below_four(boxes.take(below), _MAX_STEPS)
        found[below], steps[below], excepted[below] = part.found, part.steps, part.except_hits
        return Decisions(found, steps, excepted)

    def joined(self, cells: list[Cell]) -> list[Cell]:
        """Neighbours of one phase joined, as far as the joined box is proved as a whole."""
        for _ in range(3):
            before = len(cells)
            cells = self._join(cells, horizontal=True)
            cells = self._join(cells, horizontal=False)
            if len(cells) == before:
                break
        return sorted(cells, key=lambda c: (c.bottom, c.left))

    def _join(self, cells: list[Cell], *, horizontal: bool) -> list[Cell]:
        runs = _runs(cells, horizontal, self.zero)
        done = [run[0] for run in runs if len(run) == 1]
        waiting = [run for run in runs if len(run) > 1]
        while waiting:
            wholes = self.decide([_hull(run) for run in waiting])
            again: list[list[Cell]] = []
            for run, whole in zip(waiting, wholes, strict=True):
                excepted = any(cell.except_hits for cell in run)
                if whole.found is run[0].found and whole.except_hits == excepted:
                    done.append(whole)
                    continue
                for half in (run[: len(run) // 2], run[len(run) // 2 :]):
                    if len(half) == 1:
                        done.append(half[0])
                    else:
                        again.append(half)
            waiting = again
        return done

    def sides(self, cell: Cell) -> tuple[Range, Range]:
        """The ranges of kappa and of L, exactly."""
        columns, rows = self.columns.ends, self.rows.ends
        return (columns[cell.left], columns[cell.right]), (rows[cell.bottom], rows[cell.top])


def _runs(cells: list[Cell], horizontal: bool, zero: int | None) -> list[list[Cell]]:
    """Cells of one phase side by side between the same lines, in one row or column; none across kappa = 0."""

    def sides(c: Cell) -> tuple[int, int, int, int]:
        along, across = (c.left, c.right), (c.bottom, c.top)
        return (*across, *along) if horizontal else (*along, *across)

    def follows(last: Cell, cell: Cell) -> bool:
        if horizontal and last.right == zero:
            return False
        (*lines, _, end), (*own, start, _) = sides(last), sides(cell)
        return lines == own and end == start and last.found is cell.found

    runs: list[list[Cell]] = []
    for cell in sorted(cells, key=sides):
        if runs and follows(runs[-1][-1], cell):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return runs


def _hull(run: list[Cell]) -> Cell:
    return Cell(run[0].left, run[-1].right, run[0].bottom, run[-1].top)


def _outward(values: Sequence[Fraction]) -> tuple[Floats, Floats]:
    """The nearest doubles at or below, and at or above."""
    lows, highs = [], []
    for value in values:
        near = float(value)
        exact = Fraction(near)
        lows.append(near if exact <= value else float(np.nextafter(near, -np.inf)))
        highs.append(near if exact >= value else float(np.nextafter(near, np.inf)))
    return np.array(lows), np.array(highs)
