"""Check (h): how often the reduced map spikes, over batch sizes. Measured; nothing is certified."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catalysis.crosscheck.table import CheckLine, Outcome, Series
from catalysis.crosscheck.widths import reachable_level
from catalysis.simulation.laws import StepLaw
from catalysis.simulation.reduced_map import Start, trajectories
from catalysis.simulation.streams import child_of

_REPLICAS = 2048
_STEPS = 500
_START, _END = 0.2, 0.5  # of the level at which a spike begins: where paths begin, and where a spike ends


@dataclass(frozen=True)
class Catapults:
    """The number of spikes on the way from the same start, for the laws of several batch sizes."""

    curvature: float
    laws: tuple[tuple[str, StepLaw], ...]
    largest: float
    learning_rate: float
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        lines, points = [], []
        for index, (batch, law) in enumerate(self.laws):
            seed = child_of(self.seed, index)
            mean, error = self.spikes(law, seed)
            name = f"spikes in {_STEPS} steps from lambda_0 = {self.curvature:.6g}, {batch}"
            lines.append(CheckLine(name, None, mean, error, None))
            points.append((float(index), mean, error))
        labels = [batch for batch, _ in self.laws]
        return Outcome(tuple(lines), (Series("catapults", tuple(points), {"labels": labels}),))

    def spikes(self, law: StepLaw, seed: np.random.SeedSequence) -> tuple[float, float]:
        """The mean number of spikes of a path, and its standard error."""
        L = self.learning_rate * self.curvature
        level = reachable_level(self.largest, L)
        start = Start(_START * level, L)
        paths = trajectories(law, start, steps=_STEPS, replicas=_REPLICAS, seed=seed)
        count, up = np.zeros(_REPLICAS), np.zeros(_REPLICAS, np.bool_)
        for row in paths.log_kappa - math.log(level):
            begun = ~up & (row >= 0)
            count += begun
            up = (up | begun) & ~(row <= math.log(_END))
        return float(count.mean()), float(count.std(ddof=1)) / math.sqrt(_REPLICAS)
