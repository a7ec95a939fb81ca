"""A walk of finitely many steps on a row of cells, in doubles: what reaches a barrier within the horizon, and what not.

Lemmas S9 to S11 of docs/spikes.md. After t steps the walk stands at `a t + n h`, n an integer; it stops as soon
as n is at least the barrier of that step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import Ball, enclose
from catalysis.exact.result import Enclosure, Progress

Floats = npt.NDArray[np.float64]

ROUND = Fraction(1, 1 << 52)
_FAINT = 1e-280  # smaller masses are dropped at both ends of a row, so that products in it stay normal
_DENORMAL = Fraction(1, 10**300)  # more than a product of doubles can lose by being denormal
_TRIM = 8
_DENSE = 4  # a convolution, if at most so many places come to a weight


@dataclass(frozen=True)
class Stop:
    """The mass that stopped at a step, and the sum of mass times the cells by which it is beyond the barrier."""

    step: int
    mass: float
    beyond: float


@dataclass(frozen=True)
class Masses:
    """What has reached the barrier within the horizon, and what has not (and is not dead)."""

    reached: Enclosure
    alive: Enclosure
    cells: int
    """The most cells that the row had."""
    stops: tuple[Stop, ...] = ()


def walk_row(
    shifts: Sequence[int],
    weights: Sequence[Fraction],
    barriers: Sequence[int],
    *,
    needed: bool = False,
    recorded: bool = False,
    progress: Progress | None = None,
) -> Masses:
    """Start in cell 0; step t moves by `shifts[i]` with probability `weights[i]`, and stops at `barriers[t - 1]` on.

    Certified (S9): both enclosures. Cells from which the barrier is out of reach are left out, unless what stays
    below is `needed`; then `alive` is not enclosed but for [0, 1].
    """
    kernel = _Kernel.of(shifts, weights)
    least, row, start = min(shifts), np.ones(1), 0
    hopeless = None if needed else _out_of_reach(barriers, max(shifts))
    stopped: list[float] = []
    stops: list[Stop] = []
    lost, widest = Fraction(0), 1
    for done, barrier in enumerate(barriers, 1):
        new = kernel.moved(row)
        start += least
        lost += len(new) * kernel.sums * _DENORMAL
        place = max(0, barrier - start)
        if place < len(new):
            stopped.append(math.fsum(new[place:].tolist()))
            stops += [_recorded(done, stopped[-1], new[place:], max(0, start - barrier))] if recorded else []
            new = new[:place]
        if done % _TRIM == 0 or len(new) < _TRIM:
            new, start, dropped = _trimmed(new, start, None if hopeless is None else hopeless[done - 1])
            lost += dropped
            if progress is not None and done % 1024 == 0:
                progress(done, len(barriers))
        row, widest = new, max(widest, len(new))
        if not len(row):
            break
    return _masses(stopped, row, lost, (kernel.sums + 1) * len(barriers) + 2, widest, needed, tuple(stops))


@dataclass(frozen=True)
class _Kernel:
    """One step: the weights of the shifts, from the least one on; `sums` products and sums make a new cell."""

    moves: tuple[tuple[int, float], ...]
    span: int
    dense: Floats | None
    sums: int

    @classmethod
    def of(cls, shifts: Sequence[int], weights: Sequence[Fraction]) -> _Kernel:
        merged: dict[int, Fraction] = {}
        for shift, weight in zip(shifts, weights, strict=True):
            merged[shift - min(shifts)] = merged.get(shift - min(shifts), Fraction(0)) + weight
        moves, span = tuple((shift, float(p)) for shift, p in merged.items()), max(merged)
        if span >= _DENSE * len(moves):
            return cls(moves, span, None, len(moves))
        dense = np.zeros(span + 1)
        for shift, value in moves:
            dense[shift] = value
        return cls(moves, span, dense, span + 1)

    def moved(self, row: Floats) -> Floats:
        if self.dense is not None:
            return np.convolve(row, self.dense)
        new = np.zeros(len(row) + self.span)
        for shift, weight in self.moves:
            new[shift : shift + len(row)] += weight * row
        return new


def _recorded(done: int, mass: float, cells: Floats, first: int) -> Stop:
    return Stop(done, mass, math.fsum(((np.arange(len(cells)) + first) * cells).tolist()))


def _masses(
    stopped: list[float],
    row: Floats,
    lost: Fraction,
    roundings: int,
    cells: int,
    needed: bool,
    stops: tuple[Stop, ...],
) -> Masses:
    spread = 1 + 2 * roundings * ROUND  # at least (1 + ROUND)^roundings, as roundings * ROUND < 1
    reached, alive = Fraction(math.fsum(stopped)), Fraction(math.fsum(row.tolist()))
    most = Enclosure(reached / spread, min(Fraction(1), (reached + lost) * spread))
    rest = Enclosure(alive / spread, min(Fraction(1), (alive + lost) * spread)) if needed else _ANY
    return Masses(most, rest, cells, stops)


_ANY = Enclosure(Fraction(0), Fraction(1))


def _out_of_reach(barriers: Sequence[int], most: int) -> list[int]:
    """For each step the first cell from which some later barrier can be reached at all."""
    ahead = [barrier - (t + 1) * most for t, barrier in enumerate(barriers)]
    found, least = [0] * len(ahead), None
    for t in range(len(ahead) - 1, -1, -1):
        found[t] = (barriers[t] if least is None else least) + (0 if least is None else (t + 1) * most)
        least = ahead[t] if least is None else min(least, ahead[t])
    return found


def _trimmed(row: Floats, start: int, first: int | None) -> tuple[Floats, int, Fraction]:
    """Without the cells below `first`, which count for nothing, and without faint ends, which are lost."""
    if first is not None and first > start:
        cut = min(first - start, len(row))
        row, start = row[cut:], start + cut
    kept = np.flatnonzero(row > _FAINT)
    if not len(kept):
        return row[:0], start, Fraction(math.fsum(row.tolist()))
    low, high = int(kept[0]), int(kept[-1]) + 1
    dropped = Fraction(math.fsum(row[:low].tolist())) + Fraction(math.fsum(row[high:].tolist()))
    return row[low:high], start + low, dropped


class Ruler:
    """Where a barrier lies on the cells: the least n with n h + a t >= L, as far as `bits` bits tell.

    The three balls become integers in units of 2^-bits, rounded outwards.
    """

    def __init__(self, height: Ball, drift: Ball, level: Ball, bits: int) -> None:
        self.height, self.drift, self.level = (_ends(ball, bits) for ball in (height, drift, level))

    def places(self, t: int) -> tuple[int, int]:
        """The least and the largest possible n."""
        low = self.level[0] - t * self.drift[1]
        high = self.level[1] - t * self.drift[0]
        return _ceil(low, self.height[low >= 0]), _ceil(high, self.height[high < 0])


def _ends(value: Ball, bits: int) -> tuple[int, int]:
    found, unit = enclose(value), 1 << bits
    return math.floor(found.lower * unit), math.ceil(found.upper * unit)


def _ceil(a: int, b: int) -> int:
    return -(-a // b)
