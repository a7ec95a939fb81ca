"""A table that is linear between the points of a grid, and the one pass that proves that it bounds the probability.

Lemmas SG6 to SG8 of docs/spikes_grid.md. The search may do what it likes; `Pieces.holds` is the proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

import numpy as np
from flint import arb

from catalysis.exact.balls import ball, enclose, precision
from catalysis.spikes.cells import Floats, OnTheEdge, directed, level_to_minus
from catalysis.spikes.steps_back import StepsBack, powers

_BITS = 192


@dataclass(frozen=True)
class Kernel:
    """The steps on the points: R = sum `weights[j - first]` v_(k - j), E = sum `bends[j - first]` kink_(k - j).

    `away` is the weight of the steps that lead beyond the table from everywhere.
    """

    first: int
    weights: Floats
    bends: Floats
    away: float
    total: float
    """sum beta_i, rounded the other way."""

    @property
    def longest(self) -> int:
        return self.first + len(self.weights) - 1


def kernel_of(back: StepsBack, size: int) -> Kernel:
    """The steps split between the two points around their end; shifts below -size lead away."""
    ruler, per_step, side = back.ruler, back.layout.per_step, back.side
    first = -size
    weights, bends = np.zeros(per_step - first + 2), np.zeros(per_step - first + 2)
    away = total = 0.0
    with precision(_BITS):
        for r, q in zip(ruler.steps.factors, ruler.steps.moving_weights, strict=True):
            place = ruler.place(r, per_step)
            j = floor(place.lower)
            if place.upper > j + 1:
                raise OnTheEdge("a step ends too close to a point of the grid")
            beta = (ball(back.tilt) * ball(r).log()).exp() * ball(q * back.slack)
            total += directed(beta / ball(back.slack) ** 2, -side)
            if j <= first:
                away += directed(beta, side)
                continue
            low, high = place.lower - j, place.upper - j
            far, near = (high, 1 - low) if side > 0 else (low, 1 - high)
            weights[j - first] += directed(beta * ball(near), side)
            weights[j + 1 - first] += directed(beta * ball(far), side)
            bends[j - first] += directed(beta * ball(high * (1 - low) * (1 + abs(back.slack - 1) * 2)), 1)
    used = np.flatnonzero(weights)
    start = int(used[0]) if len(used) else 0
    return Kernel(first + start, weights[start:-1], bends[start:-1], away, total)


@dataclass
class Pieces:
    """For v_1 .. v_(n - 1), the value beyond, and a mass X_0 at the level, from which v_0 follows.

    Laid out with the values beyond the level on the left: `line[pad + k]` is v_k.
    """

    back: StepsBack
    size: int
    kernel: Kernel = field(init=False)
    pad: int = field(init=False)
    beyond: Floats = field(init=False)
    source: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.kernel = kernel_of(self.back, self.size + 2 * self.back.layout.per_step)
        self.pad = self.back.layout.per_step + 2
        self.beyond = self._beyond()
        source = np.zeros(self.nodes)
        found = self.back.source
        source[: len(found)] = found
        self.source = source

    @property
    def nodes(self) -> int:
        """Points whose inequality is checked: 0 .. n + N."""
        return self.size + self.back.layout.per_step + 1

    def _beyond(self) -> Floats:
        """e^(t k h) at the points -pad .. 0, its share that SG7 allows; for V_0 = 1."""
        back, side = self.back, self.back.side
        with precision(_BITS):
            unit = ball(back.tilt) * ball(back.steps.largest).log() / back.layout.per_step
        found = powers(unit, self.pad + 1, side)[::-1]
        if side > 0:
            return found
        with precision(_BITS):
            return found * directed(1 - unit**2 * unit.exp() / 8, -1) * (1 - 2.0**-50)

    def start(self, mass: float) -> float:
        """V_0 = 1 - sum X_c, rounded up (down)."""
        side = self.back.side
        value = Fraction(1) - Fraction(mass) * Fraction(self.back.mass(-side))
        return float(np.nextafter(float(value), side * np.inf))

    def line(self, values: Floats, far: float, mass: float) -> Floats:
        """All points from -pad on, with `far` on the right as long as the kernel reaches."""
        left = max(0.0, self.start(mass)) * self.beyond
        if self.back.side > 0:
            left = left * (1 + 2.0**-50)
        right = np.full(self.nodes - self.size - min(self.kernel.first, 0) + 2, far)
        return np.concatenate((left, values, right))

    def kinks(self, line: Floats) -> Floats:
        """How far the line bends to the wrong side at each point; exact but for the points beyond the level."""
        bend = np.zeros_like(line)
        bend[1:-1] = self.back.side * (2 * line[1:-1] - line[:-2] - line[2:])
        return np.maximum(bend, 0) * (1 + 2.0**-50) + 2.0**-50 * self._rough(line)

    def _rough(self, line: Floats) -> Floats:
        """Where the values are no multiples of a unit, differences are rounded."""
        rough = np.zeros_like(line)
        rough[: self.pad + 2] = line[: self.pad + 2]
        return rough

    def sums(self, line: Floats) -> tuple[Floats, Floats]:
        """R_k for the points and E_k for the cells 0 .. n + N, term by term."""
        kernel, count = self.kernel, self.nodes
        kinks, raised = self.kinks(line), line + line[-1]  # no negative terms
        values, bends, part = np.zeros(count), np.zeros(count), np.empty(count)
        for at in np.flatnonzero(kernel.weights + kernel.bends).tolist():
            start = self.pad - (kernel.first + at)
            np.multiply(raised[start : start + count], kernel.weights[at], out=part)
            values += part
            if kernel.bends[at]:
                np.multiply(kinks[start : start + count], kernel.bends[at], out=part)
                bends += part
        return values + (2 * kernel.away - kernel.total) * line[-1], bends

    def holds(self, values: Floats, far: float, mass: float) -> bool:
        """SG7 and SG8 in doubles whose weights carry the roundings; values in multiples of a unit. The proof."""
        side = self.back.side
        line = self.line(values, far, mass)
        if not (np.isfinite(line).all() and line.min() >= -far and far > 0 and mass > 0):
            return False
        if side < 0 and self.start(mass) < 0:
            return False
        found, bends = self.sums(line)
        most = np.maximum(bends, np.append(0, bends[:-1])) * (1 + 2.0**-48)
        wanted = found + side * most + mass * self.source
        wanted = wanted + side * 2.0**-48 * (np.abs(found) + 2 * far + most + mass * np.abs(self.source))
        have = line[self.pad : self.pad + self.nodes]
        return bool((side * (have - wanted) >= 0).all())

    def bound(self, values: Floats, far: float, mass: float) -> Fraction:
        """The bound of the probability at the level, by SG6."""
        back, side, layout = self.back, self.back.side, self.back.layout
        line = self.line(values, far, mass)
        place = back.ruler.place(back.ruler.level, layout.per_step)
        ends = [self._at(line, end) for end in (place.lower, place.upper)]
        first, last = floor(place.lower), floor(place.upper)
        if first != last:
            between = line[self.pad + first : self.pad + last + 2] if last < self.size else [far]
            ends += [Fraction(float(value)) for value in between]
        value = max(ends) if side > 0 else min(ends)
        with precision(_BITS):
            total = level_to_minus(back.ruler.level, back.tilt) * ball(Fraction(value))
            total += ball(Fraction(mass)) * self._explicit()
            found = enclose(arb(total))
        return found.upper if side > 0 else max(found.lower, Fraction(0))

    def _at(self, line: Floats, place: Fraction) -> Fraction:
        """The line at a place, exactly."""
        k = floor(place)
        if k >= self.size:
            return Fraction(float(line[-1]))
        share = place - k
        return (
            Fraction(float(line[self.pad + k])) * (1 - share)
            + Fraction(float(line[self.pad + k + 1])) * share
        )

    def _explicit(self) -> arb:
        """The masses at log K or farther, for X_0 = 1."""
        back, layout = self.back, self.back.layout
        place = back.ruler.place(back.ruler.level, layout.fine_per_step)
        end = place.lower if back.side > 0 else place.upper
        first = -floor(-end)
        rounding = Fraction(1) + back.side * Fraction(back.rounding)
        found = ball(Fraction(back.single(end)) * rounding)
        if first < len(back.explicit):
            unit = ball(back.tilt) * ball(back.steps.largest).log() / layout.fine_per_step
            found += ball(Fraction(float(back.explicit[first])) * rounding) * (-unit * first).exp()
        return found
