"""Checks (a) and (b): where |mu| begins to grow, where lambda begins to grow, where full batch diverges."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.agreement import draws_to_see
from catalysis.crosscheck.table import CheckLine, Outcome
from catalysis.simulation.laws import Floats, StepLaw
from catalysis.simulation.reduced_map import Lanes, ReducedMap, Start, reduced_ends
from catalysis.simulation.streams import child_of, root_of, stream_of

RESOLUTION = 1e-7
"""Simulated thresholds are bracketed this closely, and certified ones must lie this close to the bracket."""

_MOST_DRAWS = 2_000_000
_FAINT, _STRONG = 1e-30, 0.05  # |x* kappa| at the start: the linear regime, and far from it
_STEPS = 4000


def bisect(grows: Callable[[float], bool], guess: float) -> tuple[float, float]:
    """The place where `grows` turns from false to true, bracketed to RESOLUTION."""
    low = high = guess
    while grows(low):
        low /= 2
    while not grows(high):
        high *= 2
    while high - low > RESOLUTION * low:
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    return low, high


def against(name: str, certified: Fraction, bracket: tuple[float, float]) -> CheckLine:
    """A certified threshold beside a simulated bracket."""
    low, high = bracket
    value, slack = float(certified), RESOLUTION * high
    agree = low - slack <= value <= high + slack
    return CheckLine(name, value, (low + high) / 2, (high - low) / 2, agree)


def too_rare(name: str, certified: Fraction) -> CheckLine:
    return CheckLine(name, float(certified), None, None, None, "too few samples: the largest one is too rare")


@dataclass(frozen=True)
class OneStepGrowth:
    """A threshold of one step: beyond it, and only there, some step enlarges |mu| (or lambda).

    `quantity` is "mu", looked at in the linear regime, or "lambda".
    """

    name: str
    certified: Fraction
    quantity: str
    law: StepLaw
    learning_rate: float
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        draws = draws_to_see(float(self.law.p[np.argmax(self.law.x)]))
        if draws > _MOST_DRAWS:
            return Outcome((too_rare(self.name, self.certified),))
        reduced, largest = ReducedMap(self.law), float(self.law.x.max())

        def grows(curvature: float) -> bool:
            L = self.learning_rate * curvature
            kappa = (_FAINT if self.quantity == "mu" else min(_STRONG, largest * L / 4)) / largest
            lanes = Lanes.begin(Start(kappa, L), draws)
            reduced.run(lanes, 1, stream_of(root_of(self.seed), 0))
            if self.quantity == "mu":
                return bool(np.any(np.abs(lanes.kappa) > kappa * (1 + 1e-12)))
            return bool(np.any(lanes.L > L))

        guess = 1 / (self.learning_rate * float(self.law.p @ self.law.x))
        return Outcome((against(self.name, self.certified, bisect(grows, guess)),))


@dataclass(frozen=True)
class FullBatchDivergence:
    """lambda_max for full batch at one width: convergence below, divergence above, by the map at this width."""

    certified: Fraction
    mean: float
    learning_rate: float
    width: int

    def run(self) -> Outcome:
        name = f"lambda_max, full batch: divergence, n = {self.width:,}"
        reduced = ReducedMap(StepLaw(np.array([self.mean]), np.ones(1)))
        kappa = 0.1 / self.mean / math.sqrt(self.width)

        def diverges(curvatures: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
            lanes = Lanes(np.full(curvatures.size, kappa), self.learning_rate * curvatures)
            reduced.run(lanes, _STEPS, stream_of(root_of(0)))
            return np.isinf(lanes.L)

        low, high = 0.5 / (self.learning_rate * self.mean), 64 / (self.learning_rate * self.mean)
        while high - low > RESOLUTION * low:
            grid = np.geomspace(low, high, 64)
            first = int(np.argmax(diverges(grid)))
            if first == 0:
                return Outcome(
                    (CheckLine(name, float(self.certified), None, None, False, "no sharp threshold"),)
                )
            low, high = float(grid[first - 1]), float(grid[first])
        return Outcome((against(name, self.certified, (low, high)),))


@dataclass(frozen=True)
class NoDivergence:
    """Below lambda_max no path of single samples diverges, at no width."""

    certified: Fraction
    law: StepLaw
    learning_rate: float
    widths: tuple[int, ...]
    replicas: int
    steps: int
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        L = self.learning_rate * float(self.certified) * (1 - 1e-6)
        diverged = 0
        for index, width in enumerate(self.widths):
            start = Start(0.1 / float(self.law.x.max()) / math.sqrt(width), L)
            seed = child_of(self.seed, index)
            ends = reduced_ends(self.law, start, steps=self.steps, replicas=self.replicas, seed=seed)
            diverged += int(np.count_nonzero(ends.diverged))
        name = f"paths that diverge just below lambda_max, single samples, {len(self.widths)} widths"
        share = diverged / (self.replicas * len(self.widths))
        return Outcome((CheckLine(name, 0.0, share, 0.0, diverged == 0),))
