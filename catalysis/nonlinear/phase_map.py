"""The certified phase map: a rectangle of starts (kappa_0, L_0), cut into boxes whose phase is proved.

The rectangle is cut at kappa = 0 and at the two thresholds x L = 2, 4, and from there undecided boxes are cut
in four. Decided neighbours are joined, and a joined box counts only if it is proved again as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Progress, Verdict
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.phase_grid import Axis, Cell, Grid, Range

DEFAULT_DEPTH = 7
MOST_DEPTH = 12
_MOST_BOXES = 1 << 21
_LARGEST = 10**100


@dataclass(frozen=True)
class PhaseBox:
    """The starts strictly inside ``kappa`` x ``L`` (with 2 |kappa| <= L): all have the phase.

    ``steps``: the witness. ``except_hits``: starts with an exact hit (a null set, N9) are left out.
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


@dataclass(frozen=True)
class PhaseMap:
    """A rectangle of starts, covered by boxes that meet in sides only."""

    x: Fraction
    kappa: Range
    L: Range
    depth: int
    cells: tuple[PhaseBox, ...] = field(repr=False)

    @property
    def verdict(self) -> Verdict:
        """Proved if every box that holds a start is decided, up to their sides."""
        return Verdict.UNDECIDED if self.undecided_area else Verdict.PROVED

    def area_of(self, found: Found) -> Fraction:
        """The area of the starts in the boxes of one phase, exactly."""
        return sum((cell.area for cell in self.cells if cell.found is found), Fraction(0))

    @property
    def undecided_area(self) -> Fraction:
        return self.area_of(Found.UNDECIDED)

    @property
    def proved(self) -> tuple[PhaseBox, ...]:
        """The boxes that make a claim."""
        return tuple(c for c in self.cells if c.found in (Found.LAZY, Found.CATAPULT, Found.DIVERGENT))

    def to_json(self) -> dict[str, Any]:
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
        }


def phase_map(
    x: Fraction,
    kappa: Range,
    L: Range,
    *,
    depth: int = DEFAULT_DEPTH,
    progress: Progress | None = None,
) -> PhaseMap:
    """Certify the phases of all starts in a rectangle, for full batches of mean curvature x > 0.

    ``kappa`` and ``L`` are (from, to) with from < to and L from >= 0; ``depth`` (0 to MOST_DEPTH): how often an
    undecided box is cut in four. What stays undecided is reported, with its area. Raises InputError, also when
    the work gets absurd. Certified box by box: N3, N6, N9, N11.
    """
    _check(x, kappa, L, depth)
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


def _check(x: Fraction, kappa: Range, L: Range, depth: int) -> None:
    if x <= 0:
        raise InputError(f"x: expected a mean curvature > 0, found {exact_text(x)}")
    if not kappa[0] < kappa[1]:
        raise InputError("kappa0: expected a range A..B with A < B")
    if not 0 <= L[0] < L[1]:
        raise InputError("L0: expected a range A..B with 0 <= A < B")
    if not 0 <= depth <= MOST_DEPTH:
        raise InputError(f"depth: expected 0 to {MOST_DEPTH}, found {depth}")
    if x * max(L[1], -kappa[0], kappa[1]) > _LARGEST:
        raise InputError("kappa0, L0: expected ranges with x |kappa0| and x L0 below 10^100")
    nearest = min(abs(kappa[0]), abs(kappa[1])) if kappa[0] * kappa[1] > 0 else Fraction(0)
    if 2 * nearest >= L[1]:
        raise InputError("kappa0: expected a range with |kappa0| <= L0/2, as for every network")
