"""The certified phase map: a rectangle of starts (kappa_0, L_0), cut into boxes whose phase is proved.

The rectangle is cut at kappa = 0 and at the two thresholds x L = 2, 4, and from there undecided boxes are cut
in four. Decided neighbours are joined, and a joined box counts only if it is proved again as a whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact, exact_text, positive, shown, whole
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.nonlinear.boxes import Boxes, Codes, Decisions, Floats, Found, Interval, follow_below_four

DEFAULT_DEPTH = 7
MOST_DEPTH = 12
_MOST_BOXES = 1 << 21
_LARGEST = 10**100
_MAX_STEPS = 40

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class PhaseBox:
    """The starts strictly inside `kappa` x `L` (with 2 |kappa| <= L): all have the phase.

    `steps`: the witness. `except_hits`: starts with an exact hit (a null set, N9) are left out.
    """

    x: Fraction
    kappa: Range
    L: Range
    found: Found
    steps: int = 0
    except_hits: bool = False

    @property
    def area(self) -> Fraction:
        """The area of the starts in the box, those with 2 |kappa| <= L, exactly. kappa does not change sign in it."""
        near, far = sorted(abs(end) for end in self.kappa)
        bottom, top = self.L
        slanted = max(bottom, 2 * near), min(top, 2 * far)
        straight = max(bottom, 2 * far), top
        area = Fraction(0)
        if slanted[0] < slanted[1]:  # there the box ends at |kappa| = L/2
            area += (slanted[1] - slanted[0]) * ((slanted[0] + slanted[1]) / 4 - near)
        if straight[0] < straight[1]:
            area += (straight[1] - straight[0]) * (far - near)
        return area

    def to_json(self) -> dict[str, Any]:
        name = None if self.found is Found.UNDECIDED else self.found.name.lower()
        return {
            "kappa": [exact_text(end) for end in self.kappa],
            "L": [exact_text(end) for end in self.L],
            "phase": name,
            "steps": self.steps,
            "except_hits": self.except_hits,
        }

    def __repr__(self) -> str:
        sides = " x ".join(f"[{exact_text(a)}, {exact_text(b)}]" for a, b in (self.kappa, self.L))
        return f"PhaseBox({self.found.name.lower()} on {sides})"


@dataclass(frozen=True, repr=False)
class PhaseMap(Result):
    """A rectangle of starts, covered by boxes that meet in sides only.

    Attributes
    ----------
    cells : tuple of PhaseBox
        With what was `found` for each.
    undecided_area : Fraction
        Exactly.
    """

    x: Fraction
    kappa: Range
    L: Range
    depth: int
    cells: tuple[PhaseBox, ...]

    @property
    def verdict(self) -> Verdict:
        """Proved if every box that holds a start is decided, up to their sides."""
        return Verdict.UNDECIDED if self.undecided_area else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """Why something is undecided."""
        if not self.undecided_area:
            return None
        return f"boxes at the borders of the phases are undecided at depth {self.depth}; a larger depth leaves less"

    def area_of(self, found: Found) -> Fraction:
        """The area of the starts in the boxes of one phase, exactly; `OUTSIDE` is where no network starts (N1)."""
        if found is not Found.OUTSIDE:
            return sum((cell.area for cell in self.cells if cell.found is found), Fraction(0))
        rectangle = (self.kappa[1] - self.kappa[0]) * (self.L[1] - self.L[0])
        return rectangle - sum((cell.area for cell in self.cells), Fraction(0))

    @property
    def undecided_area(self) -> Fraction:
        return self.area_of(Found.UNDECIDED)

    @property
    def proved(self) -> tuple[PhaseBox, ...]:
        """The boxes that make a claim."""
        return tuple(c for c in self.cells if c.found in (Found.LAZY, Found.CATAPULT, Found.DIVERGENT))

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "x": exact_text(self.x),
            "kappa": [exact_text(end) for end in self.kappa],
            "L": [exact_text(end) for end in self.L],
            "depth": self.depth,
            "cells": [cell.to_json() for cell in self.cells],
            "undecided_area": exact_text(self.undecided_area),
            "areas": {f.name.lower(): exact_text(self.area_of(f)) for f in Found},
            "lemmas": ["N2", "N3", "N6", "N9", "N11"],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def phase_map(
    x: Number,
    kappa: tuple[Number, Number],
    L: tuple[Number, Number],
    *,
    depth: int = DEFAULT_DEPTH,
    progress: Progress | None = None,
) -> PhaseMap:
    """Certify the phases of all starts in a rectangle, for full batches.

    Certified box by box: N3, N6, N9, N11.

    Parameters
    ----------
    x : Number > 0
        The mean curvature E s^2 of the data.
    kappa, L : pair of Number
        (from, to) with from < to, L from >= 0.
    depth : int, 0 to 12
        How often an undecided box is cut in four.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    PhaseMap
        Boxes with their phases; `undecided_area` is what stays open.

    Raises
    ------
    InputError
        It names the argument, also when the work gets absurd.

    Examples
    --------
    >>> from catalysis import phase_map
    >>> found = phase_map(1, ("0.1", "0.2"), (3, "3.5"), depth=2)
    >>> {cell.found.name for cell in found.cells}, str(found.undecided_area)
    ({'CATAPULT'}, '0')
    """
    x, kappa, L = positive(x, "x"), _range(kappa, "kappa0"), _range(L, "L0")
    depth = whole(depth, "depth", most=MOST_DEPTH)
    _check(x, kappa, L)
    columns = Axis.cut(kappa, [Fraction(0)], depth)
    rows = Axis.cut(L, [2 / x, 4 / x], depth)
    grid = Grid(x, columns, rows)
    found: list[Cell] = []
    open_cells = [
        Cell(a * grid.size, (a + 1) * grid.size, b * grid.size, (b + 1) * grid.size)
        for b in range(len(rows.pieces))
        for a in range(len(columns.pieces))
    ]
    for level in range(depth + 1):
        decided = grid.decide(open_cells)
        left = [cell for cell in decided if cell.found is Found.UNDECIDED]
        found += [cell for cell in decided if cell.found is not Found.UNDECIDED]
        if level == depth:
            found += left
        else:
            open_cells = [quarter for cell in left for quarter in cell.quarters()]
        if progress is not None:
            progress(level + 1, depth + 1)
        if len(open_cells) > _MOST_BOXES:
            raise InputError(
                f"depth: {depth} asks for more than {_MOST_BOXES} boxes at once; expected a smaller one"
            )
    joined = grid.joined(found)
    return PhaseMap(x, kappa, L, depth, tuple(_box(grid, cell) for cell in joined))


def _box(grid: Grid, cell: Cell) -> PhaseBox:
    kappa, L = grid.sides(cell)
    if 2 * min(abs(end) for end in kappa) >= L[1]:  # now exactly: it may touch the starts in a corner
        return PhaseBox(grid.x, kappa, L, Found.OUTSIDE)
    return PhaseBox(grid.x, kappa, L, cell.found, cell.steps, cell.except_hits)


def _range(sides: tuple[Number, Number], what: str) -> Range:
    """Two numbers, the first below the second. Raises InputError."""
    if not isinstance(sides, Iterable) or isinstance(sides, str) or len(ends := tuple(sides)) != 2:
        raise InputError(f"{what}: expected a range (from, to), found {shown(sides)}")
    low, high = (exact(end, what) for end in ends)
    if not low < high:
        raise InputError(f"{what}: expected a range A..B with A < B")
    return low, high


def _check(x: Fraction, kappa: Range, L: Range) -> None:
    if L[0] < 0:
        raise InputError("L0: expected a range A..B with 0 <= A < B")
    if x * max(L[1], -kappa[0], kappa[1]) > _LARGEST:
        raise InputError("kappa0, L0: expected ranges with x |kappa0| and x L0 below 10^100")
    nearest = min(abs(kappa[0]), abs(kappa[1])) if kappa[0] * kappa[1] > 0 else Fraction(0)
    if 2 * nearest >= L[1]:
        raise InputError("kappa0: expected a range with |kappa0| <= L0/2, as for every network")


# The finest grid: cells by their indices, what is proved of each, and neighbours joined


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
            for run, hull in zip(waiting, wholes, strict=True):
                excepted = any(cell.except_hits for cell in run)
                if hull.found is run[0].found and hull.except_hits == excepted:
                    done.append(hull)
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
