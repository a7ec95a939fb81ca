"""A walk for finitely many steps, until it reaches a level: what Lemmas S9 to S12 of docs/spikes.md are about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import as_float, ball, precision
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.lattice import Lattice, lattice_of

Floats = npt.NDArray[np.float64]

_SURE = 25.0  # of size e^-this is what may be left over, in proportion
_TILTS = np.concatenate([-np.geomspace(1e-4, 60, 200), np.geomspace(1e-4, 60, 200)])


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
        if weights.sum() < 1 - 1e-12:  # a walk that may die: what has not reached the level need not do so
            tilts, moments = tilts[tilts > 0], moments[tilts > 0]
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
        low = np.maximum(low - 4 * np.ptp(logs), times * logs.min())  # rows are trimmed now and then
        wide = np.maximum(0.0, high - low)
        return float(wide.mean()), float(wide.max())


def _with_idle(steps: StepFactors) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    pairs = list(zip(steps.factors, steps.weights, strict=True))
    pairs += [(Fraction(1), steps.idle)] if steps.idle else []
    return tuple(r for r, _ in pairs), tuple(p for _, p in pairs)


def log_float(value: Fraction) -> float:
    """log of a number > 0, for planning."""
    with precision(64):
        return as_float(ball(value).log())
