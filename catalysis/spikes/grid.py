"""The probability of a spike for walks of many distinct steps, between two proved bounds.

Lemmas SG1 to SG5 of docs/spikes_grid.md. In the tilted measure the probability is nearly constant far from
the level, so a table over cells of the distance holds it; a table that satisfies one inequality a cell is a
bound, whoever found it. Cells are refined until the asked width is reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from catalysis.exact.balls import ball, enclose, log_size, precision
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Progress
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.cells import Floats, OnTheEdge, Ruler, Tilted, level_to_minus, tilts
from catalysis.spikes.grid_solve import Slow, Table, finer, settle

DEFAULT_MAX_WORK = 40_000_000_000
"""Products of doubles, about half a nanosecond each."""

MAX_CELLS = 1 << 23

CLAIM_CELLS = 1 << 17
"""Cells of a table in a certificate: about two megabytes for a claim."""

CLAIM_PRODUCTS = 60_000_000
"""Cells times factors: about ten seconds of the checker for a claim."""

_FIRST_CELLS = 32
_FIRST_LENGTH = 16
FIRST_TABLE = _FIRST_CELLS * _FIRST_LENGTH
"""Cells of the first table."""

_LONGEST_JUMP = 8
_SLOPE, _MARGIN = 1.1, 0.06  # of log cells against log width, as seen
_PASSES = 60  # over the tables of both sides, until they are settled and proved
_BITS = 128
_EXPONENT_DIGITS = 20


@dataclass(frozen=True)
class Witness:
    """A proved table: its tilt, the values in units of 2^-bits, the one beyond the last cell at the end."""

    tilt: Fraction
    bits: int
    values: Floats = field(repr=False, compare=False)

    def integers(self) -> list[int]:
        """The values as whole numbers of units."""
        return [int(value) for value in np.ldexp(self.values, self.bits)]


@dataclass(frozen=True)
class GridBounds:
    """`lower <= P(sup |mu_t| >= level |mu_0|) <= upper`, proved by two tables (SG1 to SG5).

    The tables have `cells` cells of length `log R / cells_per_step`. `limited_by` says why the asked
    `relative_width` was not reached, None if it was. Without tables the bounds are 0 and 1. The tables are
    the witness; `smaller` holds the best ones that fit into a certificate, where these do not.
    """

    steps: StepFactors = field(repr=False)
    level: Fraction
    relative_width: Fraction
    lower: Fraction
    upper: Fraction
    cells_per_step: int
    cells: int
    work: int
    limited_by: str | None = None
    above: Witness | None = None
    below: Witness | None = None
    smaller: GridBounds | None = None

    @property
    def carried(self) -> GridBounds | None:
        """The bounds that a certificate can carry: these, or wider ones with smaller tables; None without any."""
        found = self if self.cells <= claim_cells(self.steps) else self.smaller
        return None if found is None or found.above is None else found

    @property
    def enclosure(self) -> Enclosure:
        return Enclosure(self.lower, self.upper)

    @property
    def width(self) -> Fraction | None:
        """The relative width reached, None while the lower bound is 0."""
        return (self.upper - self.lower) / self.lower if self.lower > 0 else None

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": "undecided" if self.above is None else "proved",
            "probability": self.enclosure.to_json(),
            "cells_per_step": self.cells_per_step,
            "cells": self.cells,
            "limited_by": self.limited_by,
        }


def claim_cells(steps: StepFactors) -> int:
    """The longest table for these factors that a certificate takes."""
    return min(CLAIM_CELLS, CLAIM_PRODUCTS // max(1, steps.size))


class _Stopped(Exception):
    """The work that was allowed is used up."""


class _Meter:
    def __init__(self, most: int, progress: Progress | None) -> None:
        self.most, self.done, self.progress = most, 0, progress

    def book(self, work: int) -> None:
        if self.done + work > self.most:
            raise _Stopped
        self.done += work
        if self.progress is not None:
            self.progress(self.done, self.most)


def grid_bounds(
    steps: StepFactors,
    level: Fraction,
    *,
    relative_width: Fraction = Fraction(1, 100),
    max_work: int = DEFAULT_MAX_WORK,
    max_cells: int = MAX_CELLS,
    progress: Progress | None = None,
) -> GridBounds:
    """Bound P(sup |mu_t| >= level |mu_0|) to a relative width, for a deflationary walk.

    `max_work` counts products of doubles, `max_cells` the cells of a table. Ends with what is proved by
    then, and says what limited it. Raises InputError unless level > 1, relative_width > 0 and the walk is
    deflationary with an exponent to 20 digits.
    """
    as_level(level)
    if relative_width <= 0:
        raise InputError(f"relative_width: expected a number > 0, found {relative_width}")
    exponent = steps.exponent(digits=_EXPONENT_DIGITS)
    if exponent.regime is not Regime.DEFLATIONARY or exponent.enclosure is None:
        raise InputError(f"factors: expected a deflationary walk, found one that is {exponent.regime.value}")
    search = _Search(steps, level, relative_width, exponent.enclosure, max_cells)
    return search.run(_Meter(max_work, progress))


class _Search:
    """Lengthens and refines the tables until the bounds are close enough."""

    def __init__(
        self, steps: StepFactors, level: Fraction, width: Fraction, exponent: Enclosure, max_cells: int
    ) -> None:
        self.steps, self.level, self.width, self.max_cells = steps, level, width, max_cells
        self.ruler = Ruler(steps, level)
        self.sides = tuple(Tilted(steps, side, tilts(exponent, side)) for side in (1, -1))
        self.target = float(width)
        self.best = GridBounds(steps, level, width, Fraction(0), Fraction(1), 0, 0, 0)

    def run(self, meter: _Meter) -> GridBounds:
        try:
            self._refine(meter)
        except _Stopped:
            return self._ended(meter, f"more than {meter.most} products would be needed")
        except OnTheEdge as edge:
            return self._ended(meter, str(edge))
        except Slow:
            return self._ended(meter, "the tables settle too slowly")
        reached = self.best.width is not None and self.best.width <= self.width
        return self._ended(meter, None if reached else f"more than {self.max_cells} cells would be needed")

    def _ended(self, meter: _Meter, reason: str | None) -> GridBounds:
        return replace(self.best, work=meter.done, limited_by=reason)

    def _refine(self, meter: _Meter) -> None:
        per_step, length, gap = _FIRST_CELLS, _FIRST_LENGTH, 1.0
        past: list[Table | None] = [None, None]
        older: list[Floats | None] = [None, None]
        while per_step * length <= self.max_cells:
            goal = self.target if per_step == _FIRST_CELLS else max(self.target, gap / 4)
            tables = self._solve(per_step, length, goal, past, older, meter)
            reached = self.best.width
            if reached is not None and reached <= self.width:
                return
            spread = max(table.spread_at_the_end() for table in tables)
            gap = self._gap()
            older, past = [None if table is None else table.values for table in past], [*tables]
            if spread > self.target / 5 and self._worth_lengthening(length):
                older = [None, None]
                length += length // 4
                continue
            per_step = self._finer(gap, per_step, length, meter)

    def _gap(self) -> float:
        width = self.best.width
        return 10.0 if width is None else min(float(width), 10.0)

    def _worth_lengthening(self, length: int) -> bool:
        """Beyond twice the way to the level the end of the table is hardly felt at the start."""
        whole_way = log_size(self.level) / self.sides[0].log_largest
        return length < 2 * whole_way + _FIRST_LENGTH

    def _finer(self, gap: float, per_step: int, length: int, meter: _Meter) -> int:
        """The next number of cells: as wanted, but no more than the work that is left allows."""
        if gap > 0.2:
            return 2 * per_step
        needed = math.log(gap / self.target) * _SLOPE + _MARGIN
        jumps = max(1, math.ceil(needed / math.log(_LONGEST_JUMP)))
        wanted = self._stop_over(
            per_step, length, math.ceil(per_step * math.exp(max(needed, _MARGIN) / jumps))
        )
        affordable = (meter.most - meter.done) // (_PASSES * length * self.steps.size)
        most = min(affordable, self.max_cells // length)
        if affordable < min(wanted, 1.3 * per_step):
            raise _Stopped
        return wanted if wanted <= most or most < 1.3 * per_step else most

    def _stop_over(self, per_step: int, length: int, wanted: int) -> int:
        """On the way to long tables the longest ones that fit into a certificate are made as well."""
        fitting = claim_cells(self.steps) // length
        return fitting if 1.2 * per_step < fitting < wanted else wanted

    def _solve(
        self,
        per_step: int,
        length: int,
        goal: float,
        past: list[Table | None],
        older: list[Floats | None],
        meter: _Meter,
    ) -> list[Table]:
        cells, size = self.ruler.cells(per_step), per_step * length
        found, witnesses = [], []
        for tilted, old, oldest in zip(self.sides, past, older, strict=True):
            steps_to_go = length * tilted.log_largest / max(tilted.drift, 1e-12) + 5
            start = 1.0 if tilted.side > 0 else float(tilted.at_the_level(1, 1)[0]) * (1 - 1e-12)
            table = Table(tilted, cells, size, start)
            if old is not None:
                guess = finer(old.values, oldest, len(old.values) // old.cells.per_step * per_step)
                table.put(np.append(guess, np.full(size - len(guess), old.far)), old.far)
            short, bits = settle(table, goal / (24 * steps_to_go), meter.book)
            found.append(short)
            witnesses.append(Witness(tilted.tilt, bits, np.append(short.values, short.far)))
        upper, lower = (self._bound(table, per_step) for table in found)
        self._keep(lower, upper, per_step, size, witnesses)
        return found

    def _keep(
        self, lower: Fraction, upper: Fraction, per_step: int, size: int, witnesses: list[Witness]
    ) -> None:
        best = self.best
        if best.above is None or upper - lower < best.upper - best.lower:
            above, below = witnesses
            self.best = replace(
                best,
                lower=lower,
                upper=min(upper, Fraction(1)),
                cells_per_step=per_step,
                cells=size,
                above=above,
                below=below,
                smaller=best.carried if size > claim_cells(self.steps) else None,
            )

    def _bound(self, table: Table, per_step: int) -> Fraction:
        """SG5: one exact step from the start, then the table."""
        side = table.tilted.side
        places = self.ruler.first_cells(per_step)
        skipped = self.steps.size - len(places)
        sure = sum(self.steps.moving_weights[:skipped], Fraction(0))
        line = np.append(table.values, table.far)
        choose = max if side > 0 else min
        worth = np.array(
            [choose(line[min(low, table.size)], line[min(high, table.size)]) for low, high in places]
        )
        # m products and a sum of non-negative doubles: covered by the slack in the weights (SG4)
        total = Fraction(float(np.sum(table.tilted.weights[skipped:] * worth)))
        with precision(_BITS):
            value = ball(sure) + level_to_minus(self.level, table.tilted.tilt) * ball(total)
            ends = enclose(arb(value))
        return ends.upper if side > 0 else max(ends.lower, Fraction(0))
