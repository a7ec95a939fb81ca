"""Rows of cells on which a walk for finitely many steps is exact: powers of one number, or two factors (Lemma S10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.exact.balls import DEFAULT_MAX_BITS, ball, ladder, precision
from catalysis.exact.effort import WATCHED_SECONDS, TooLong
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Progress
from catalysis.spikes.course import Course, log_float
from catalysis.spikes.lattice import Relations, points_to
from catalysis.spikes.rows import Masses, Ruler, Stop, walk_row

_UPDATES_A_SECOND, _SECONDS_A_STEP = 3e8, 3e-5
_BITS = 192


@dataclass(frozen=True)
class Effort:
    """The digits wanted, the updates of cells allowed, and who is told of progress."""

    digits: int
    max_work: int
    progress: Progress | None = None


@dataclass(frozen=True)
class ExactRow:
    """A row for a course: after t steps cell n stands for `small^(t - n) large^n`, or, on a lattice, for `large^n`.

    `method` is "lattice" (`small` is 1, `large` the span) or "pair".
    """

    method: str
    shifts: tuple[int, ...]
    small: Fraction
    large: Fraction

    @property
    def span(self) -> Fraction | None:
        return self.large if self.method == "lattice" else None

    @property
    def height(self) -> float:
        return log_float(self.large / self.small)

    def cells(self, course: Course) -> float:
        """How many are in use on the average. A guess."""
        return course.window[0] / self.height + len(set(self.shifts))

    def walked(self, course: Course, effort: Effort, *, recorded: bool = False) -> Masses:
        """The walk on the row. Raises TooLong, unbegun."""
        check_work(course, self.cells(course), effort)
        barriers = self._barriers(course)
        return walk_row(
            self.shifts,
            course.weights,
            barriers,
            needed=course.needed,
            recorded=recorded,
            progress=effort.progress,
        )

    def _barriers(self, course: Course) -> list[int]:
        if self.method == "lattice":
            return [_cell_of_level(course, self.large)] * course.steps
        relations = Relations([self.large, self.small], course.level)
        for bits in ladder(DEFAULT_MAX_BITS, _BITS):
            ruler = self._ruler(course, bits)
            found = [_tied(course, relations, t, *ruler.places(t)) for t in range(1, course.steps + 1)]
            if None not in found:
                return [b for b in found if b is not None]
        raise _no_place(course)

    def _ruler(self, course: Course, bits: int) -> Ruler:
        with precision(bits + 64):
            low, high = ball(self.small).log(), ball(self.large).log()
            return Ruler(high - low, low, ball(course.level).log(), bits)

    def overshoot(self, course: Course, stops: Sequence[Stop]) -> Fraction:
        """The mean of log(value/level) of what stopped, as far as the doubles `stops` go: no bound."""
        ruler, barriers, total = self._ruler(course, _BITS), self._barriers(course), Fraction(0)
        height, drift, level = (ends[0] for ends in (ruler.height, ruler.drift, ruler.level))
        for stop in stops:
            at = barriers[stop.step - 1] * height + stop.step * drift - level
            total += at * Fraction(stop.mass) + height * Fraction(stop.beyond)
        return max(Fraction(0), total / (1 << _BITS))


def exact_row(course: Course) -> ExactRow | None:
    """A row on which the course is exact, None if there is none."""
    if course.lattice is not None:
        powers = iter(course.lattice.powers)
        shifts = tuple(0 if r == 1 else next(powers) for r in course.factors)
        return ExactRow("lattice", shifts, Fraction(1), course.lattice.span())
    if len(course.factors) == 2:
        small, large = sorted(course.factors)
        return ExactRow("pair", tuple(int(r == large) for r in course.factors), small, large)
    return None


def check_work(course: Course, cells: float, effort: Effort) -> None:
    """Raises TooLong for a walk on so many cells that would take too long or more than the work allowed."""
    updates = course.steps * cells * len(course.factors)
    seconds = course.steps * _SECONDS_A_STEP + updates / _UPDATES_A_SECOND
    work = int(course.steps * max(cells, _SECONDS_A_STEP * _UPDATES_A_SECOND)) + 1
    if updates > effort.max_work or seconds > WATCHED_SECONDS:
        raise TooLong(
            f"steps: following {course.steps} of them", seconds, "fewer", max(work, int(updates) + 1)
        )


def _cell_of_level(course: Course, span: Fraction) -> int:
    """The first power of the span at which the course stops."""
    if course.level == 1:
        return 1 if course.needed else 0
    lattice = course.lattice
    assert lattice is not None
    place = points_to(lattice, course.level)
    if place is None:
        raise _no_place(course)
    return place + 1 if course.needed and span**place == course.level else place


def _no_place(course: Course) -> TooLong:
    return TooLong(f"factor: telling {exact_text(course.level)[:40]} from a power", 10**6, "another one")


def _tied(course: Course, relations: Relations, t: int, low: int, high: int) -> int | None:
    """The count of the larger factor at which the course stops after t steps; None if more bits are needed."""
    if low == high or low > t or high <= 0:
        return high
    if high == low + 1 and 0 <= low <= t and relations.ties(np.array([[low, t - low]]))[0]:
        return high if course.needed else low
    return None
