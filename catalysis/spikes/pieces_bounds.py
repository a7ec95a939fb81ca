"""The probability of a spike between two tables of straight pieces, refined until the asked width is reached.

Lemmas SG6 to SG9 of docs/spikes_grid.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from catalysis.exact.balls import log_size
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Progress
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.cells import Floats, OnTheEdge, Ruler, tilts
from catalysis.spikes.grid_solve import Slow
from catalysis.spikes.pieces import Pieces
from catalysis.spikes.pieces_search import Found, settle
from catalysis.spikes.steps_back import Layout, StepsBack, TooManyPaths

FEW = 24
"""So many factors are few: their grid is chosen so that steps end near its points, and many steps back cost little."""

MOST_FACTORS = 4000
_SOME, _ROUGH = 200, 3

_EXPONENT_DIGITS = 20
_ROOM = Fraction(1, 10**9)
_SLACK = 20  # the part of the wanted width that slack in the inequalities may cost
_MOST_POINTS = 1 << 17

MOST_WORK = 10**10
"""Products of doubles, about ten seconds."""

CHECKER_COST = 4_700_000
"""Units of the checker that a table may cost: two of them about ten seconds."""


class Fineness(NamedTuple):
    """About how fine tables are: points and fine cells to the largest step, generations, reach (0: beyond the start),
    least single mass."""

    points: int
    fine: int
    generations: int
    reach: int
    drop: str


_FEW_STAGES = (
    Fineness(128, 4096, 6, 10, "1e-3"),
    Fineness(256, 8192, 10, 16, "1e-4"),
    Fineness(512, 4096, 10, 0, "1e-4"),
    Fineness(512, 8192, 10, 20, "1e-5"),
    Fineness(1024, 16384, 8, 16, "1e-5"),
    Fineness(768, 12288, 12, 20, "1e-5"),
    Fineness(1024, 8192, 6, 28, "5e-6"),
)
_SOME_STAGES = (
    Fineness(128, 4096, 3, 8, "1e-3"),
    Fineness(256, 8192, 3, 10, "3e-4"),
    Fineness(512, 8192, 3, 12, "1e-4"),
    Fineness(512, 4096, 3, 0, "1e-4"),
    Fineness(512, 8192, 2, 16, "3e-5"),
)
_MANY_STAGES = (
    Fineness(128, 4096, 1, 4, "1e-2"),
    Fineness(256, 8192, 2, 6, "1e-3"),
    Fineness(256, 16384, 2, 5, "1e-3"),
    Fineness(512, 16384, 2, 6, "1e-3"),
    Fineness(384, 9216, 3, 6, "1e-3"),
)


@dataclass(frozen=True)
class PieceTable:
    """A proved table: `numbers` are v_k + c for k = 1 .. n - 1 and then c, in units of 2^-bits."""

    tilt: Fraction
    bits: int
    layout: Layout
    mass: Fraction
    numbers: Floats = field(repr=False, compare=False)
    cost: float = 0.0
    fine_rise: float = 0.0

    @property
    def fits(self) -> bool:
        """Whether the numbers can be written as a certificate does; others bound nothing."""
        return bool(self.numbers.max() < 2 and self.numbers.min() > 0)

    def integers(self) -> list[int]:
        return [int(value) for value in np.ldexp(self.numbers, self.bits)]


@dataclass(frozen=True)
class PieceBounds:
    """`lower <= P(sup |mu_t| >= level |mu_0|) <= upper`, proved by two tables (SG6 to SG9).

    `limited_by` says why the asked `relative_width` was not reached, None if it was. Without tables the bounds are
    0 and 1.
    """

    steps: StepFactors = field(repr=False)
    level: Fraction
    relative_width: Fraction
    lower: Fraction
    upper: Fraction
    limited_by: str | None = None
    above: PieceTable | None = None
    below: PieceTable | None = None
    room: Fraction = _ROOM
    """The part by which the checker, who rounds otherwise, may find other bounds."""

    @property
    def enclosure(self) -> Enclosure:
        return Enclosure(self.lower, self.upper)

    @property
    def width(self) -> Fraction | None:
        """The relative width reached, None while the lower bound is 0."""
        return (self.upper - self.lower) / self.lower if self.lower > 0 else None


@dataclass(frozen=True)
class _Stage:
    """About how finely a table is to be made; the length is in largest steps."""

    points: int
    fine: int
    generations: int
    reach: int
    length: int
    drop: Fraction


def pieces_bounds(
    steps: StepFactors,
    level: Fraction,
    *,
    relative_width: Fraction = Fraction(1, 1000),
    finenesses: Sequence[Fineness] = (),
    max_work: int = MOST_WORK,
    progress: Progress | None = None,
) -> PieceBounds:
    """Bound P(sup |mu_t| >= level |mu_0|) to a relative width, for a deflationary walk.

    `finenesses` are tried one after the other; without any, those that suit the number of factors. Ends with
    what is proved by then, or with `max_work` products of doubles, and says what limited it. Raises InputError
    unless level > 1,
    relative_width > 0 and the walk is deflationary with an exponent to 20 digits.
    """
    as_level(level)
    if relative_width <= 0:
        raise InputError(f"relative_width: expected a number > 0, found {relative_width}")
    exponent = steps.exponent(digits=_EXPONENT_DIGITS)
    if exponent.regime is not Regime.DEFLATIONARY or exponent.enclosure is None:
        raise InputError(f"factors: expected a deflationary walk, found one that is {exponent.regime.value}")
    search = _Search(steps, level, relative_width, exponent.enclosure, max_work)
    return search.run(finenesses or _stages_for(steps.size), progress)


def _stages_for(size: int) -> tuple[Fineness, ...]:
    return _FEW_STAGES if size <= FEW else _SOME_STAGES if size <= _SOME else _MANY_STAGES


class _Search:
    def __init__(
        self, steps: StepFactors, level: Fraction, width: Fraction, exponent: Enclosure, max_work: int
    ) -> None:
        self.steps, self.level, self.width, self.exponent = steps, level, width, exponent
        self.left = max_work
        self.ruler = Ruler(steps, level)
        self.theta = float(exponent.midpoint)
        self.logs = np.array([log_size(r) for r in steps.factors])
        with np.errstate(under="ignore"):
            self.tilted = np.exp(np.log([float(q) for q in steps.moving_weights]) + self.theta * self.logs)
        self.drift = float(self.tilted @ self.logs)
        self.way = log_size(level)
        self.best = PieceBounds(steps, level, width, Fraction(0), Fraction(1))

    def run(self, finenesses: Sequence[Fineness], progress: Progress | None) -> PieceBounds:
        reason = "the finest tables that the checker can prove in about ten seconds are not fine enough"
        last, stale = Fraction(10), 0
        for done, stage in enumerate(self._stages(finenesses)):
            if progress is not None:
                progress(done, len(finenesses))
            try:
                if not self._keep(stage):
                    continue
            except (OnTheEdge, Slow, TooManyPaths) as error:
                reason = str(error) or "the tables settle too slowly"
                if self.left < 0 or len(self.logs) <= _ROUGH:  # of few factors finer ones settle no sooner
                    break
                continue
            width = self.best.width
            if width is not None and width <= self.width:
                return self.best
            stale = stale + 1 if width is not None and 10 * width > 9 * last else 0
            if stale == 2:
                reason = "finer tables that the checker can prove in about ten seconds gain too little"
                break
            last = width or last
        return replace(self.best, limited_by=reason)

    def _stages(self, finenesses: Sequence[Fineness]) -> Iterator[_Stage]:
        way = self.way / float(self.logs[0])
        for one in finenesses:
            reach = one.reach or math.ceil(1.3 * way) + 2
            length = max(reach + 4, math.ceil(min(2 * way, way + 24)) + 2)
            if one.points * length <= _MOST_POINTS:
                yield _Stage(one.points, one.fine, one.generations, reach, length, Fraction(one.drop))

    def _keep(self, stage: _Stage) -> bool:
        """Whether the checker can afford tables as fine as that; then they are kept if they are better."""
        tables, bounds = [], []
        for side in (1, -1):
            layout = self._layout(stage, side)
            table, bound = self._solved(layout, stage.length, side)
            if table.cost > CHECKER_COST or not table.fits:
                return False
            tables.append(table)
            bounds.append(bound)
        upper, lower = min(bounds[0], Fraction(1)), bounds[1]
        if self.best.above is None or upper - lower < self.best.upper - self.best.lower:
            above, below = tables
            room = _ROOM + Fraction(max(above.fine_rise, below.fine_rise) ** 4)
            self.best = replace(self.best, lower=lower, upper=upper, above=above, below=below, room=room)
        return True

    def _solved(self, layout: Layout, length: int, side: int) -> tuple[PieceTable, Fraction]:
        slack = min(float(self.width), 1e-3) / _SLACK * min(1.0, self.drift / self.way)
        tilt = tilts(self.exponent, side) - side * Fraction(slack / self.drift).limit_denominator(10**15)
        back = StepsBack(self.ruler, side, Fraction(tilt), layout)
        pieces = Pieces(back, length * layout.per_step)
        found = settle(pieces, slack, self._book)
        bound = pieces.bound(found.values, found.far, found.mass)
        return _table(pieces, found), bound

    def _book(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise Slow("more products than the work allows would be needed")

    def _layout(self, stage: _Stage, side: int) -> Layout:
        """Of all layouts about as fine the one that rounds the steps the least, for few factors."""
        if len(self.logs) > FEW:
            return Layout(
                stage.points, max(1, stage.fine // stage.points), stage.generations, stage.reach, stage.drop
            )
        best = (math.inf, 1, 1)
        for points in range(max(1, stage.points * 3 // 4), stage.points * 5 // 4 + 1):
            fine = np.arange(max(1, stage.fine // (6 * points)), max(1, stage.fine // points) + 1)
            places = np.multiply.outer(self.logs[1:] / self.logs[0], points * fine)
            rest = np.ceil(places - 1e-9) - places if side > 0 else places - np.floor(places + 1e-9)
            cost = (self.tilted[1:] @ np.maximum(rest, 0) + 1e-3) / (points * fine)
            at = int(cost.argmin())
            best = min(best, (float(cost[at]), points, int(fine[at])))
        return Layout(best[1], best[2], stage.generations, stage.reach, stage.drop)


def _table(pieces: Pieces, found: Found) -> PieceTable:
    back = pieces.back
    numbers = np.append(found.values + found.far, found.far)
    return PieceTable(
        back.tilt, found.bits, back.layout, Fraction(found.mass), numbers, _cost(pieces), back.fine_rise
    )


def _cost(pieces: Pieces) -> float:
    """About what the checker books for a table."""
    back, kernel = pieces.back, pieces.kernel
    layout, count = back.layout, back.steps.size
    slots = layout.slots + layout.fine_per_step
    share = 170 if count > 65 else count + 8
    generations = layout.generations * (slots * share / 16 + 3 * layout.reach + 8)
    keys = np.count_nonzero(kernel.weights) + np.count_nonzero(kernel.bends)
    points = 2.0 * (pieces.size + layout.per_step) * (12 + int(keys) / 32)
    return (2.0 * len(back.paths[0]) + 800) * count + generations + 6.0 * slots + points
