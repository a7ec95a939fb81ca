"""A walk for finitely many steps: which way of following it suits it, and what that proves (Lemmas S9 to S11).

Powers of one number, or two factors: a row of cells, exactly. Few steps: the counts, exactly. Otherwise cells of a
finite width, where the rounding is left to chance and bounded by Hoeffding's inequality.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, as_float, ball, enclose, ladder, precision
from catalysis.exact.effort import WATCHED_SECONDS, TooLong
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure, Progress
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.lattice import Lattice, Relations, lattice_of, points_to
from catalysis.spikes.rows import Ruler, walk_row

Floats = npt.NDArray[np.float64]

CHECKER_UNITS = 5_000_000
"""What a replay may cost the checker, about a microsecond each."""

MOST_STATES = 30_000
"""Counts that are followed one by one, all steps together."""

_COUNT_BITS = 128
_CHANCE = Fraction(1, 10**5)  # the part of the answer that may be left to chance
_UPDATES_A_SECOND, _SECONDS_A_STEP = 3e8, 3e-5
_WIDTHS_TRIED = 400
_SURE = 25.0  # of size e^-this is what may be left over, in proportion
_TILTS = np.concatenate([-np.geomspace(1e-4, 60, 200), np.geomspace(1e-4, 60, 200)])
_FEWEST_CELLS, _MOST_CELLS = 64.0, 1e5


@dataclass(frozen=True)
class Course:
    """A walk from 1, for `steps` steps, that stops when it reaches `level` (`strict`: exceeds it).

    `factors[i]` > 0 has probability `weights[i]`; 1 may be among them. What is missing to 1 is the factor 0.
    `needed`: the probability asked for is that it neither stops nor dies.
    """

    factors: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    level: Fraction
    steps: int
    needed: bool = False

    @classmethod
    def to_level(cls, steps: StepFactors, level: Fraction, count: int) -> Course:
        """The walk of |mu|, until it is at least `level` times its start."""
        return cls(*_with_idle(steps), level, count)

    @classmethod
    def below(cls, steps: StepFactors, floor: Fraction, count: int) -> Course:
        """The walk of 1/|mu|, until |mu| is below `floor` times its start; asked is that it never is."""
        factors, weights = _with_idle(steps)
        return cls(tuple(1 / r for r in factors), weights, 1 / floor, count, True)

    @cached_property
    def lattice(self) -> Lattice | None:
        """All factors but 1 as powers of one number."""
        moving = [r for r in self.factors if r != 1]
        return lattice_of(moving) if moving else None

    @property
    def size(self) -> int:
        return len(self.factors)

    def stops_at(self, value: Fraction) -> bool:
        return value > self.level if self.needed else value >= self.level

    @cached_property
    def float_logs(self) -> Floats:
        with precision(64):
            return np.array([as_float(ball(r).log()) for r in self.factors])

    @cached_property
    def shorter(self) -> tuple[int, float]:
        """A number of steps after which next to nothing happens to the course, and the tilt that shows it. A guess.

        The tilt is positive if the walk falls: what is left reaches the level with probability at most
        level^-tilt M(tilt)^steps (S12). Negative if it rises: the level is passed by then.
        """
        logs, weights = self.float_logs, np.array([float(p) for p in self.weights])
        with np.errstate(over="ignore"):
            tilts = _TILTS / np.abs(logs).max()
            moments = np.log(np.exp(np.multiply.outer(tilts, logs)) @ weights)
        best = int(np.nanargmin(moments))
        tilt, rate = float(tilts[best]), float(moments[best])
        if rate > -1e-12:
            return self.steps, 0.0
        theta = float(tilts[moments <= 0].max())  # less than the exponent
        size = max(theta, 0.0) * (math.log(self.level) + float(logs.max()))
        needed = size + _SURE - tilt * math.log(self.level)
        return max(1, min(self.steps, math.ceil(max(needed, 1.0) / -rate))), tilt

    @cached_property
    def window(self) -> tuple[float, float]:
        """How wide the bulk of the walk is below its level: on the average over the steps, and at most. A guess."""
        logs, weights = self.float_logs, np.array([float(p) for p in self.weights])
        total, level = weights.sum(), math.log(self.level)
        mean = float(logs @ weights / total)
        deviation = 8 * math.sqrt(max(0.0, float((logs**2) @ weights / total) - mean**2))
        times = np.linspace(1, self.steps, 64)
        high = np.minimum(level, np.minimum(mean * times + deviation * np.sqrt(times), times * logs.max()))
        low = np.maximum(mean * times - deviation * np.sqrt(times), times * logs.min())
        if not self.needed:
            low = np.maximum(low, level - (self.steps - times) * logs.max())
        wide = np.maximum(0.0, high - low)
        return float(wide.mean()), float(wide.max())


def _with_idle(steps: StepFactors) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    pairs = list(zip(steps.factors, steps.weights, strict=True))
    pairs += [(Fraction(1), steps.idle)] if steps.idle else []
    return tuple(r for r, _ in pairs), tuple(p for _, p in pairs)


@dataclass(frozen=True)
class Followed:
    """What was proved of a course: `enclosure` of the probability asked for, and how.

    `method` is "lattice" (`span`), "pair", "counts" or "cells" (`width` of a cell, `reach`: what rounding may
    add up to), for `steps` steps. `units` is about what a replay costs the checker at `bits` bits.
    """

    method: str
    enclosure: Enclosure
    steps: int
    bits: int
    units: int
    span: Fraction | None = None
    width: Fraction | None = None
    reach: Fraction | None = None


@dataclass(frozen=True)
class Limits:
    """The digits wanted, the updates of cells allowed, and who is told of progress."""

    digits: int
    max_work: int
    progress: Progress | None = field(default=None, compare=False)


def follow(course: Course, limits: Limits) -> Followed:
    """The probability asked for, by the way that suits the course. Raises TooLong, unbegun."""
    if course.lattice is not None:
        return _by_lattice(course, course.lattice, limits)
    if course.size == 2:
        return _by_pair(course, limits)
    if math.comb(course.steps + course.size, course.size) * course.size <= MOST_STATES:
        return _by_counts(course, limits)
    return _by_cells(course, limits)


# --- exactly, on a row ---------------------------------------------------------------------------------------


def _by_lattice(course: Course, lattice: Lattice, limits: Limits) -> Followed:
    """S10: the factors are powers of `span`, so the level is a cell."""
    powers = iter(lattice.powers)
    shifts = [0 if r == 1 else next(powers) for r in course.factors]
    place = _cell_of_level(course, lattice)
    found, cells = _row(course, shifts, [place] * course.steps, limits, _log(lattice.span()))
    return _priced("lattice", course, found, cells, limits, span=lattice.span())


def _cell_of_level(course: Course, lattice: Lattice) -> int:
    """The first power of the span at which the course stops."""
    if course.level == 1:
        return 1 if course.needed else 0
    place = points_to(lattice, course.level)
    if place is None:
        raise TooLong("the place of the level among the powers of one number", 1e9, "another level")
    return place + 1 if course.needed and lattice.span() ** place == course.level else place


def _by_pair(course: Course, limits: Limits) -> Followed:
    """S10: with two factors and t steps the count of the larger says where the walk is."""
    small, large = sorted(course.factors)
    shifts = [1 if r == large else 0 for r in course.factors]
    relations = Relations([large, small], course.level)
    for bits in ladder(DEFAULT_MAX_BITS, 192):
        with precision(bits + 64):
            low, high = ball(small).log(), ball(large).log()
            ruler = Ruler(high - low, low, ball(course.level).log(), bits)
        barriers = [_tied(course, relations, t, *ruler.places(t)) for t in range(1, course.steps + 1)]
        if None not in barriers:
            break
    known = [b for b in barriers if b is not None]
    if len(known) < course.steps:
        raise TooLong("the place of the level among the counts", 1e9, "another level")
    found, cells = _row(course, shifts, known, limits, _log(large / small))
    return _priced("pair", course, found, cells, limits)


def _tied(course: Course, relations: Relations, t: int, low: int, high: int) -> int | None:
    """The count of the larger factor at which the course stops after t steps; None if more bits are needed."""
    if low == high or low > t or high <= 0:
        return high
    if high == low + 1 and 0 <= low <= t and relations.ties(np.array([[low, t - low]]))[0]:
        return high if course.needed else low
    return None


def _log(value: Fraction) -> float:
    with precision(64):
        return as_float(ball(value).log())


def _row(
    course: Course, shifts: list[int], barriers: list[int], limits: Limits, height: float
) -> tuple[Enclosure, int]:
    """The probability asked for, and the cells of the row on the average."""
    cells = course.window[0] / height + len(set(shifts))
    seconds = course.steps * (_SECONDS_A_STEP + cells * course.size / _UPDATES_A_SECOND)
    work = int(course.steps * cells * course.size) + 1
    if work > limits.max_work or seconds > WATCHED_SECONDS:
        raise TooLong(f"{course.steps} steps", seconds, "fewer steps", work)
    masses = walk_row(shifts, course.weights, barriers, needed=course.needed, progress=limits.progress)
    return (masses.alive if course.needed else masses.reached), round(cells)


def _priced(
    method: str, course: Course, found: Enclosure, cells: int, limits: Limits, span: Fraction | None = None
) -> Followed:
    bits = replay_bits(found, course, cells, limits.digits)
    units = replay_units(cells, course.size, course.steps, bits)
    return Followed(method, found, course.steps, bits, units, span)


def replay_bits(found: Enclosure, course: Course, cells: int, digits: int) -> int:
    """So many bits that what a replay rounds away does not show in the digits."""
    size = max(found.upper, Fraction(1, 10**280))
    small = max(0, -(size.numerator.bit_length() - size.denominator.bit_length())) + 1
    loss = ((cells + course.size + 2) * course.steps).bit_length()
    bits = 8 * math.ceil((small + loss + 3.33 * (min(digits, 12) + 2) + 8) / 8)
    return max(40, bits)


def replay_units(cells: float, kinds: int, steps: int, bits: int) -> int:
    """About what a replay costs the checker."""
    slot = (2 * bits + 8) / 30
    return int(steps * (8 + cells * slot * (kinds * (bits // 30 + 2) + 10) / 700)) + 1


# --- exactly, by counts --------------------------------------------------------------------------------------


def _by_counts(course: Course, limits: Limits) -> Followed:
    """S9: the counts themselves; integers rounded down, and what that loses."""
    unit = 1 << _COUNT_BITS
    weights = [int(p * unit) for p in course.weights]
    stops = _stopping(course)
    layer, reached, lost, states = {(0,) * course.size: unit}, 0, 0, 0
    for _ in range(course.steps):
        sums: dict[tuple[int, ...], int] = {}
        for counts, mass in layer.items():
            for i, weight in enumerate(weights):
                key = (*counts[:i], counts[i] + 1, *counts[i + 1 :])
                sums[key] = sums.get(key, 0) + weight * mass
        layer, states, lost = {}, states + len(sums), lost + len(sums) + course.size
        for key, total in sums.items():
            if stops(key):
                reached += total >> _COUNT_BITS
            else:
                layer[key] = total >> _COUNT_BITS
    asked = sum(layer.values()) if course.needed else reached
    found = Enclosure(Fraction(asked, unit), min(Fraction(1), Fraction(asked + lost, unit)))
    bits = max(64, replay_bits(found, course, states // course.steps + 1, limits.digits))
    return Followed("counts", found, course.steps, bits, 2 * states * course.size)


def _stopping(course: Course) -> Callable[[tuple[int, ...]], bool]:
    """Whether counts are at the level: by doubles where these are sure, otherwise exactly."""
    logs, level = course.float_logs.tolist(), _log(course.level)

    def stops(counts: tuple[int, ...]) -> bool:
        at = sum(c * log for c, log in zip(counts, logs, strict=True)) - level
        sure = 1e-9 * (1 + level + sum(c * abs(log) for c, log in zip(counts, logs, strict=True)))
        if abs(at) > sure:
            return at > 0
        return course.stops_at(
            math.prod((r**c for r, c in zip(course.factors, counts, strict=True)), start=Fraction(1))
        )

    return stops


# --- on cells ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cells:
    """Factors as e^(drift + shift h + rest): what is left over has mean zero and an extent."""

    height: Fraction
    shifts: tuple[int, ...]
    drift: Ball
    extent: Fraction


def _by_cells(course: Course, limits: Limits) -> Followed:
    """S11: two walks on cells, towards a level that is nearer or farther by what rounding may add up to."""
    wide, _ = course.window
    height = _height(course, _cells_allowed(course, limits, wide), wide)
    cells = _on_cells(course, height)
    level = _barriers(course, cells, Fraction(0), up=False)
    guess, count = _row(course, _plain(cells), level, limits, float(height))
    chance = max(guess.upper, Fraction(1, 10**280)) * _CHANCE
    reach = _reach(course, cells, chance)
    left = _left_to_chance(course, cells, reach)
    near, _ = _row(course, _plain(cells), _barriers(course, cells, -reach, up=False), limits, float(height))
    far, _ = _row(course, _plain(cells), _barriers(course, cells, reach, up=True), limits, float(height))
    low, high = (near, far) if course.needed else (far, near)
    found = Enclosure(
        max(Fraction(0), min(low.lower, high.upper) - left), min(Fraction(1), high.upper + left)
    )
    bits = replay_bits(found, course, count, 4)
    units = 2 * replay_units(count, len(set(cells.shifts)), course.steps, bits)
    return Followed("cells", found, course.steps, bits, units, width=height, reach=reach)


def _plain(cells: _Cells) -> list[int]:
    return list(cells.shifts)


def _cells_allowed(course: Course, limits: Limits, wide: float) -> float:
    """As many cells as the checker can follow, or the work allows."""
    extent = float(np.ptp(course.float_logs))
    cells = _MOST_CELLS
    while cells > _FEWEST_CELLS:
        kinds = min(course.size, extent * cells / max(wide, 1e-300) + 1)
        units = 2 * replay_units(cells, int(kinds), course.steps, 56 + course.steps.bit_length())
        work = 3 * cells * course.size * course.steps
        if units <= CHECKER_UNITS and work <= limits.max_work:
            break
        cells /= 1.1
    return cells


def _height(course: Course, cells: float, wide: float) -> Fraction:
    """A height of cells that leaves little over, as a short decimal."""
    logs = course.float_logs - course.float_logs.min()
    tried = np.linspace(1, 1.2, _WIDTHS_TRIED) * max(wide, float(np.ptp(logs)) * 1e-3) / cells
    rest = logs[:, None] / tried - np.rint(logs[:, None] / tried)
    best = int(np.argmin(np.ptp(rest, axis=0) * tried))
    return Fraction(decimal_above(Fraction(float(tried[best])), 10))


def _on_cells(course: Course, height: Fraction) -> _Cells:
    with precision(256):
        h, logs = ball(height), [ball(r).log() for r in course.factors]
        first = logs[0]
        shifts = tuple(round(as_float((log - first) / h)) for log in logs)
        rests = [log - n * h for log, n in zip(logs, shifts, strict=True)]
        total = sum(course.weights, Fraction(0))
        drift = sum((ball(p / total) * rest for p, rest in zip(course.weights, rests, strict=True)), ball(Fraction(0)))
        ends = [enclose(rest) for rest in rests]
    extent = max(end.upper for end in ends) - min(end.lower for end in ends)
    return _Cells(height, shifts, drift, extent)


def _reach(course: Course, cells: _Cells, chance: Fraction) -> Fraction:
    """What rounding may add up to but for that chance: the smaller of S11's two bounds, a little more."""
    steps, extent = course.steps, float(cells.extent)
    log = math.log(chance.denominator) - math.log(chance.numerator)
    by_chance = extent * math.sqrt(steps * log / 2)
    return Fraction(decimal_above(Fraction(min(by_chance, steps * extent) * (1 + 1e-9) + 1e-60), 10))


def _left_to_chance(course: Course, cells: _Cells, reach: Fraction) -> Fraction:
    """S11: an upper bound of the chance that rounding adds up to `reach` on one side."""
    if reach >= course.steps * cells.extent:
        return Fraction(0)
    with precision(128):
        power = -2 * ball(reach) ** 2 / (course.steps * ball(cells.extent) ** 2)
        return enclose(power.exp()).upper * (1 + Fraction(1, 10**9))


def _barriers(course: Course, cells: _Cells, further: Fraction, *, up: bool) -> list[int]:
    """The first cell at or beyond the level, moved by `further`; `up`: surely, otherwise possibly."""
    with precision(256):
        level = ball(course.level).log() + ball(further)
        ruler = Ruler(ball(cells.height), cells.drift, level, 192)
    return [ruler.places(t)[up] for t in range(1, course.steps + 1)]


def outwards(found: Enclosure, digits: int) -> Enclosure:
    """Short decimals around an enclosure, with room for what a replay rounds away."""
    room = found.upper / 10 ** (min(digits, 12) + 1)
    low = max(Fraction(0), found.lower - room)
    lower = Fraction(decimal_below(low, digits + 3)) if low else low
    return Enclosure(lower, min(Fraction(1), Fraction(decimal_above(found.upper + room, digits + 3))))
