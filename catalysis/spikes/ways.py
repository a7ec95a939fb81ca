"""How a walk for finitely many steps is followed, and what that proves: on an exact row, by counts, or on cells.

Lemmas S9 to S11 of docs/spikes.md. On cells of a finite width the rounding is left to chance, and bounded by
Hoeffding's inequality.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.exact.balls import Ball, as_float, ball, enclose, precision
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.spikes.course import Course, log_float
from catalysis.spikes.exact_row import Effort, ExactRow, check_work, exact_row
from catalysis.spikes.rows import Ruler, walk_row

CHECKER_UNITS, MOST_UNITS = 3_000_000, 5_000_000
"""What a replay on cells is planned to cost the checker, about a microsecond each, and what any may cost."""

MOST_STATES = 30_000
"""Counts that are followed one by one, all steps together."""

LEAST = Fraction(1, 10**250)
"""Smaller probabilities are not written out: they are known to lie in [0, LEAST]."""

_COUNT_BITS = 128
_CHANCE = Fraction(1, 10**5)  # the part of the answer that may be left to chance
_WIDTHS_TRIED = 400
_FEWEST_CELLS, _MOST_CELLS = 64.0, 1e5


@dataclass(frozen=True)
class Followed:
    """What was proved of a course: `enclosure` of the probability asked for, and how.

    `method` is "lattice" (`span`), "pair", "counts" or "cells" (`width` of a cell, `reach`: what rounding may
    add up to, by a moment at `slope`), for `steps` steps. `units` is about what a replay costs the checker at `bits`
    bits.
    """

    method: str
    enclosure: Enclosure
    steps: int
    bits: int
    units: int
    span: Fraction | None = None
    width: Fraction | None = None
    reach: Fraction | None = None
    slope: Fraction | None = None


def follow(course: Course, effort: Effort) -> Followed:
    """The probability asked for, by the way that suits the course. Raises TooLong, unbegun."""
    row = exact_row(course)
    if row is not None:
        return _by_row(course, row, effort)
    kinds = len(course.factors)
    if math.comb(course.steps + kinds, kinds) * kinds <= MOST_STATES:
        return _by_counts(course, effort)
    return _by_cells(course, effort)


def _by_row(course: Course, row: ExactRow, effort: Effort) -> Followed:
    """S10."""
    masses, cells = row.walked(course, effort), round(row.cells(course))
    found = masses.alive if course.needed else masses.reached
    bits = replay_bits(found, course, cells, effort.digits)
    units = replay_units(cells, len(course.factors), course.steps, bits)
    return Followed(row.method, found, course.steps, bits, units, row.span)


def replay_bits(found: Enclosure, course: Course, cells: int, digits: int) -> int:
    """So many bits that what a replay rounds away does not show in the digits."""
    size = max(found.upper, LEAST)
    small = max(0, -(size.numerator.bit_length() - size.denominator.bit_length())) + 1
    loss = ((cells + len(course.factors) + 2) * course.steps).bit_length()
    bits = 8 * math.ceil((small + loss + 3.33 * (min(digits, 12) + 2) + 8) / 8)
    return max(40, bits)


def replay_units(cells: float, kinds: int, steps: int, bits: int) -> int:
    """About what a replay costs the checker."""
    slot = (2 * bits + 8) / 30
    return int(steps * (8 + cells * slot * (kinds * (bits // 30 + 2) + 10) / 700)) + 1


# --- exactly, by counts --------------------------------------------------------------------------------------


def _by_counts(course: Course, effort: Effort) -> Followed:
    """S9: the counts themselves; integers rounded down, and what that loses."""
    unit = 1 << _COUNT_BITS
    weights = [int(p * unit) for p in course.weights]
    stops = _stopping(course)
    layer, reached, lost, states = {(0,) * len(course.factors): unit}, 0, 0, 0
    for _ in range(course.steps):
        sums: dict[tuple[int, ...], int] = {}
        for counts, mass in layer.items():
            for i, weight in enumerate(weights):
                key = (*counts[:i], counts[i] + 1, *counts[i + 1 :])
                sums[key] = sums.get(key, 0) + weight * mass
        layer, states, lost = {}, states + len(sums), lost + len(sums) + len(course.factors)
        for key, total in sums.items():
            if stops(key):
                reached += total >> _COUNT_BITS
            else:
                layer[key] = total >> _COUNT_BITS
    asked = sum(layer.values()) if course.needed else reached
    found = Enclosure(Fraction(asked, unit), min(Fraction(1), Fraction(asked + lost, unit)))
    bits = max(64, replay_bits(found, course, states // course.steps + 1, effort.digits))
    return Followed("counts", found, course.steps, bits, 2 * states * len(course.factors))


def _stopping(course: Course) -> Callable[[tuple[int, ...]], bool]:
    """Whether counts are at the level: by doubles where these are sure, otherwise exactly."""
    logs, level = course.float_logs.tolist(), log_float(course.level)

    def stops(counts: tuple[int, ...]) -> bool:
        at = sum(c * log for c, log in zip(counts, logs, strict=True)) - level
        sure = 1e-9 * (1 + level + sum(c * abs(log) for c, log in zip(counts, logs, strict=True)))
        if abs(at) > sure:
            return bool(at > 0)
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
    rests: tuple[Ball, ...]
    """Less their mean."""


def _by_cells(course: Course, effort: Effort) -> Followed:
    """S11: two walks on cells, towards a level that is nearer or farther by what rounding may add up to."""
    wide, _ = course.window
    height = _height(course, _cells_allowed(course, effort, wide), wide)
    cells = _on_cells(course, height)
    count = round(wide / float(height)) + len(set(cells.shifts))
    check_work(course, count, effort)
    guess = _on_row(course, cells, Fraction(0), effort, up=False)
    chance = max(guess.upper, LEAST) * _CHANCE
    reach, slope = _reach(course, cells, chance)
    left = _left_to_chance(course, cells, reach, slope)
    near = _on_row(course, cells, -reach, effort, up=False)
    far = _on_row(course, cells, reach, effort, up=True)
    low, high = (near, far) if course.needed else (far, near)
    found = Enclosure(max(Fraction(0), low.lower - left), min(Fraction(1), high.upper + left))
    bits = replay_bits(found, course, count, 4)
    units = 2 * replay_units(count, len(set(cells.shifts)), course.steps, bits)
    return Followed("cells", found, course.steps, bits, units, width=height, reach=reach, slope=slope)


def _on_row(course: Course, cells: _Cells, further: Fraction, effort: Effort, *, up: bool) -> Enclosure:
    """The probability asked for, of the walk on cells, with the level moved by `further`."""
    barriers = _barriers(course, cells, further, up=up)
    masses = walk_row(cells.shifts, course.weights, barriers, needed=course.needed, progress=effort.progress)
    return masses.alive if course.needed else masses.reached


def _cells_allowed(course: Course, effort: Effort, wide: float) -> float:
    """As many cells as the checker can follow, or the work allows."""
    extent = float(np.ptp(course.float_logs))
    cells = _MOST_CELLS
    while cells > _FEWEST_CELLS:
        kinds = min(len(course.factors), extent * cells / max(wide, 1e-300) + 1)
        units = 2 * replay_units(cells, int(kinds), course.steps, 56 + course.steps.bit_length())
        work = 3 * cells * len(course.factors) * course.steps
        if units <= CHECKER_UNITS and work <= effort.max_work:
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
        drift = sum(
            (ball(p / total) * rest for p, rest in zip(course.weights, rests, strict=True)), ball(Fraction(0))
        )
        ends = [enclose(rest) for rest in rests]
    extent = max(end.upper for end in ends) - min(end.lower for end in ends)
    return _Cells(height, shifts, drift, extent, tuple(rest - drift for rest in rests))


def _reach(course: Course, cells: _Cells, chance: Fraction) -> tuple[Fraction, Fraction | None]:
    """What rounding may add up to but for that chance, a little more, and the slope that shows it (S11); None: all."""
    certain = course.steps * float(cells.extent)
    log = math.log(chance.denominator) - math.log(chance.numerator)
    rests = np.array([as_float(rest) for rest in cells.rests])
    weights = np.array([float(p) for p in course.weights])
    slopes = math.sqrt(log / course.steps) / max(float(cells.extent), 1e-300) * np.geomspace(0.5, 20, 60)
    with np.errstate(over="ignore"):
        means = [
            np.exp(np.multiply.outer(sign * slopes, rests)) @ weights / weights.sum() for sign in (1, -1)
        ]
    needed = (course.steps * np.log(np.maximum(*means)) + log) / slopes
    best = int(np.nanargmin(needed))
    if not needed[best] < certain:
        return Fraction(decimal_above(Fraction(certain * (1 + 1e-9) + 1e-60), 10)), None
    slope = Fraction(decimal_below(Fraction(float(slopes[best])), 4))
    return Fraction(decimal_above(Fraction(float(needed[best]) * (1 + 1e-6)), 10)), slope


def _left_to_chance(course: Course, cells: _Cells, reach: Fraction, slope: Fraction | None) -> Fraction:
    """S11: an upper bound of the chance that rounding adds up to `reach` on one side."""
    if slope is None:
        assert reach >= course.steps * cells.extent
        return Fraction(0)
    with precision(128):
        found = [
            course.steps * _mean_of_exp(course, cells, sign * ball(slope)).log() - ball(slope * reach)
            for sign in (1, -1)
        ]
        return max(enclose(power.exp()).upper for power in found) * (1 + Fraction(1, 10**9))


def _mean_of_exp(course: Course, cells: _Cells, slope: Ball) -> Ball:
    total = sum(course.weights, Fraction(0))
    terms = (
        ball(p / total) * (slope * rest).exp() for p, rest in zip(course.weights, cells.rests, strict=True)
    )
    return sum(terms, ball(Fraction(0)))


def _barriers(course: Course, cells: _Cells, further: Fraction, *, up: bool) -> list[int]:
    """The first cell at or beyond the level, moved by `further`; `up`: surely, otherwise possibly."""
    with precision(256):
        level = ball(course.level).log() + ball(further)
        ruler = Ruler(ball(cells.height), cells.drift, level, 192)
    return [ruler.places(t)[up] for t in range(1, course.steps + 1)]


def outwards(found: Enclosure, digits: int) -> Enclosure:
    """Short decimals around an enclosure, with room for what a replay rounds away."""
    room = max(found.upper, LEAST) / 10 ** (min(digits, 12) + 1)
    low = max(Fraction(0), found.lower - room)
    lower = Fraction(decimal_below(low, digits + 3)) if low else low
    return Enclosure(
        lower, min(Fraction(1), Fraction(decimal_above(max(found.upper, LEAST) + room, digits + 3)))
    )
