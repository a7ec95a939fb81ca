"""The first steps back from the level on a fine grid, and the source that they leave for a table of straight pieces.

Lemmas SG6 and SG9 of docs/spikes_grid.md, in doubles whose weights carry all roundings (SG4). Masses are
tilted, in units of the mass X_0 at the level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

import numpy as np

from catalysis.exact.balls import Ball, ball, precision
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.cells import Floats, Integers, Ruler, directed

_BITS = 192
_ULP = Fraction(1, 1 << 52)

SUB = 1 << 36
"""Where a single path is, in parts of a fine cell."""

MOST_PATHS = 1 << 18


class TooManyPaths(ValueError):
    """More single paths than a certificate takes."""


@dataclass(frozen=True)
class Layout:
    """`per_step` cells to the largest step, each of `fine` fine cells.

    Masses of at least `drop` are followed back from the level one by one, the others on the fine cells for so many
    `generations`. What comes farther than `reach` largest steps from the level is left to the source at once.
    """

    per_step: int
    fine: int
    generations: int
    reach: int
    drop: Fraction

    @property
    def fine_per_step(self) -> int:
        return self.per_step * self.fine

    @property
    def slots(self) -> int:
        """Fine cells up to which masses are followed."""
        return self.reach * self.fine_per_step

    @property
    def source_cells(self) -> int:
        """Cells that the source may reach."""
        return (self.reach + 1) * self.per_step


def powers(unit: Ball, count: int, side: int) -> Floats:
    """exp(-k unit) for k = 0 .. count - 1, rounded up (`side` 1) or down; unit >= 0."""
    width = int(np.sqrt(count)) + 1
    with precision(_BITS):
        fine = np.array([directed((-unit * k).exp(), side) for k in range(width)])
        coarse = np.array([directed((-unit * (width * k)).exp(), side) for k in range(count // width + 1)])
    values = np.multiply.outer(coarse, fine).ravel()[:count]
    return np.asarray(np.nextafter(values, np.inf if side > 0 else 0.0))


@dataclass(frozen=True)
class StepsBack:
    """The steps back of an upper (`side` 1) or lower bound at a tilt."""

    ruler: Ruler = field(repr=False)
    side: int
    tilt: Fraction
    layout: Layout

    @property
    def steps(self) -> StepFactors:
        return self.ruler.steps

    @cached_property
    def slack(self) -> Fraction:
        """More than a sum of products of these weights can lose or win by rounding (SG4)."""
        return 1 + self.side * (4 * self.steps.size + 64) * _ULP

    @cached_property
    def moves(self) -> tuple[Integers, Floats]:
        """For every factor the fine cells that it moves, rounded up or down, and its tilted weight."""
        cells = self.ruler.cells(self.layout.fine_per_step)
        moved = cells.shift + (0 if self.side < 0 else ~cells.whole)
        weights = []
        with precision(_BITS):
            unit = self._fine_unit()
            for q, e in zip(self.steps.moving_weights, moved.tolist(), strict=True):
                weights.append(directed((unit * e).exp() * ball(q * self.slack), self.side))
        return moved, np.array(weights)

    def _fine_unit(self) -> Ball:
        """t eta."""
        return ball(self.tilt) * ball(self.steps.largest).log() / self.layout.fine_per_step

    @cached_property
    def paths(self) -> tuple[Integers, Floats]:
        """The places (SUB to a fine cell) and sizes of single masses of at least `drop`; the first is at the level."""
        return self._tree[:2]

    @cached_property
    def _tree(self) -> tuple[Integers, Floats, Integers, Floats]:
        """`paths`, and the fine cells and masses of their light children."""
        moved, weights = self._exact_moves
        drop, most = float(self.layout.drop), self.layout.slots * SUB
        at: Integers = np.zeros(1, dtype=np.int64)
        mass: Floats = np.ones(1)
        kept, light = [(at, mass)], []
        while len(at):
            places = np.add.outer(at, moved).ravel()
            masses = np.multiply.outer(mass, weights).ravel()
            ahead = places > 0
            places, back = np.unique(places[ahead], return_inverse=True)
            masses = np.bincount(back, masses[ahead], len(places)).astype(np.float64)
            heavy = (masses >= drop) & (places <= most)
            light.append((places[~heavy], masses[~heavy]))
            at, mass = places[heavy], masses[heavy]
            kept.append((at, mass))
            if sum(len(one) for one, _ in kept) > MOST_PATHS:
                raise TooManyPaths("too many single paths lead back from the level")
        places, masses = (np.concatenate([pair[k] for pair in light]) for k in (0, 1))
        cells = -(-places // SUB) if self.side > 0 else places // SUB
        masses = masses * self._shifted(places - cells * SUB)
        return (
            np.concatenate([one for one, _ in kept]),
            np.concatenate([one for _, one in kept]),
            cells,
            masses,
        )

    def _shifted(self, over: Integers) -> Floats:
        """e^(-t over) for a part of a fine cell, in units of SUB to a cell; rounding left to `rounding`."""
        return np.asarray(np.exp(-over * (self.fine_rise / SUB)))

    @cached_property
    def fine_rise(self) -> float:
        """t eta, nearly."""
        with precision(_BITS):
            return float(self._fine_unit().mid())

    @cached_property
    def _exact_moves(self) -> tuple[Integers, Floats]:
        """What every factor moves, SUB to a fine cell, rounded up or down, and its tilted weight."""
        cells, moved, weights = self.layout.fine_per_step, [], []
        with precision(_BITS):
            unit = self._fine_unit() / SUB
            for r, q in zip(self.steps.factors, self.steps.moving_weights, strict=True):
                place = self.ruler.place(r, cells)
                moved.append(ceil(place.upper * SUB) if self.side > 0 else floor(place.lower * SUB))
                weights.append(directed((unit * moved[-1]).exp() * ball(q * self.slack), self.side))
        return np.array(moved, dtype=np.int64), np.array(weights)

    @cached_property
    def _followed(self) -> tuple[Floats, Floats]:
        """x_1 .. x_C on the fine cells, and s_1 .. s_(C + F)."""
        layout = self.layout
        step, most = layout.fine_per_step, layout.slots
        moved, weights = self.moves
        _, _, cells, masses = self._tree
        start = np.bincount(cells, masses, most + step + 1)
        start[0] = 0  # rounded down to the level itself
        total: Floats = np.zeros(most + 1)
        source: Floats = np.zeros(most + step + 1)
        source[most + 1 :] = start[most + 1 :]
        now: Floats = start[: most + 1].astype(np.float64)
        for _ in range(layout.generations):
            self._chain(now, source, weights[0])
            total += now
            first, last = _support(now)
            new: Floats = np.zeros(most + step + 1)
            for e, weight in zip(moved[1:].tolist(), weights[1:].tolist(), strict=True):
                low, high = max(first, 1 - e), last
                if low <= high:
                    new[low + e : high + e + 1] += weight * now[low : high + 1]
            source[most + 1 :] += new[most + 1 :]
            now = new[: most + 1]
        source[: most + 1] += now
        return total, source

    def _chain(self, now: Floats, source: Floats, weight: float) -> None:
        """Any number of steps of the largest factor."""
        step, most = self.layout.fine_per_step, self.layout.slots
        for start in range(step, most + 1, step):
            end = min(start + step, most + 1)
            now[start:end] += weight * now[start - step : end - step]
        source[most + 1 :] += weight * now[most + 1 - step :]

    @cached_property
    def rounding(self) -> float:
        """More than the relative error of everything made here of the masses."""
        layout = self.layout
        generations = layout.generations * (layout.reach + 8) + 8 * self._longest
        return 16.0 * (generations + layout.source_cells + layout.fine + 64) * 2.0**-52

    @cached_property
    def _longest(self) -> float:
        """More than the steps of a single path, and t times the farthest place: an exponential turns it into error."""
        smallest = float(self._exact_moves[1].max())
        steps = math.log(float(self.layout.drop)) / math.log(smallest) if smallest < 1 else 0.0
        return 2 + steps + self.fine_rise * self.layout.slots

    def _decays(self, side: int) -> tuple[Floats, float]:
        """e^(-t eta i), i = 0 .. r, rounded to a side; the last one is that of a cell."""
        with precision(_BITS):
            unit = self._fine_unit()
        found = powers(unit, self.layout.fine + 1, side)
        return found, float(found[-1])

    def _tails(self, masses: Floats, side: int) -> Floats:
        """l_c = sum_(b >= c) s_b e^(-t (b - c) eta) for c = 0 .. cells r, where masses has that many plus one."""
        fine = self.layout.fine
        cells = (len(masses) - 1) // fine
        decay, cell = self._decays(side)
        ends = masses[: cells * fine].reshape(cells, fine)
        inner = np.cumsum((ends * decay[:fine])[:, ::-1], axis=1)[:, ::-1] / decay[:fine]
        at = np.empty(cells + 1)
        at[cells] = masses[-1]
        for k in range(cells - 1, -1, -1):
            at[k] = inner[k, 0] + cell * at[k + 1]
        found = np.empty(cells * fine + 1)
        found[:-1] = (inner + np.multiply.outer(at[1:], decay[:0:-1])).ravel()
        found[-1] = at[cells]
        return found

    @cached_property
    def explicit(self) -> Floats:
        """sum_(b >= c) x_b e^(-t (b - c) eta) on the fine cells, nearly."""
        return self._tails(self._followed[0], self.side)

    def mass(self, side: int) -> float:
        """The whole mass, in units of X_0, rounded to a side."""
        return self._mass * (1 + side * self.rounding)

    @cached_property
    def _mass(self) -> float:
        return float(self.explicit[0]) + self.single(Fraction(0))

    def single(self, place: Fraction) -> float:
        """The masses of the single paths at or beyond a place, in fine cells."""
        places, masses = self.paths
        there = places >= ceil(place * SUB)
        return math.fsum((masses[there] * self._shifted(places[there])).tolist())

    @cached_property
    def source(self) -> Floats:
        """SG9: the values m_k, k = 0 .. (reach + 1) N, of a linear majorant (minorant) of the source."""
        fine, side = self.layout.fine, self.side
        tails = self._tails(self._followed[1], side)
        right = np.append(tails[1:] * self._decays(side)[0][1], 0.0)
        line = tails.copy() if side > 0 else right
        if side > 0:
            line[0] = right[0]
        nodes = line[::fine]
        share = np.arange(fine + 1) / fine
        chords = np.multiply.outer(nodes[:-1], 1 - share) + np.multiply.outer(nodes[1:], share)
        inside = np.lib.stride_tricks.sliding_window_view(line, fine + 1)[::fine]
        excess = np.maximum(side * (inside - chords), 0).max(axis=1)
        if side < 0:
            unit = float(self._decays(1)[0][1])
            curved = (1 / unit - 1) ** 2 / 8  # at least (t eta)^2/8
            excess = excess + curved * np.lib.stride_tricks.sliding_window_view(tails, fine + 1)[::fine].max(
                axis=1
            )
        both = np.maximum(np.append(excess, 0), np.append(0, excess))
        rounding = self.rounding
        found: Floats = nodes * (1 + side * rounding) + side * (both * (1 + rounding) + nodes * rounding)
        return found


def _support(values: Floats) -> tuple[int, int]:
    places = np.flatnonzero(values)
    return (int(places[0]), int(places[-1])) if len(places) else (0, -1)
