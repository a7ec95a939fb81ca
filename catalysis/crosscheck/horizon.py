"""Check: a spike within T steps, certified, against the share of simulated walks that have one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.agreement import bernstein
from catalysis.crosscheck.table import CheckLine, Outcome
from catalysis.exact.result import Enclosure
from catalysis.simulation.laws import WalkLaw
from catalysis.simulation.streams import stream_of

_REPLICAS, _AT_ONCE = 40_000, 1000


@dataclass(frozen=True)
class WithinSteps:
    """P(max |mu_t| >= factor |mu_0| over t <= steps) in `certified`, at one curvature."""

    curvature: Fraction
    factor: Fraction
    steps: int
    certified: Enclosure
    law: WalkLaw
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        stream, level = stream_of(self.seed), np.log(float(self.factor))
        hits = 0
        for _ in range(_REPLICAS // _AT_ONCE):
            draws = stream.choice(self.law.log_factors, p=self.law.p, size=(_AT_ONCE, self.steps))
            hits += int((np.cumsum(draws, axis=1).max(axis=1) >= level - 1e-9).sum())
        share = hits / _REPLICAS
        low, high = float(self.certified.lower), float(self.certified.upper)
        play = max(
            bernstein(max(p * (1 - p), 0.0), 1, _REPLICAS) for p in (low, high, min(max(0.5, low), high))
        )
        name = (
            f"P(|mu| >= {float(self.factor):.4g}|mu_0| within {self.steps} steps) at lambda = "
            f"{float(self.curvature):.6g}"
        )
        error = float(np.sqrt(share * (1 - share) / _REPLICAS))
        agree = low - play <= share <= high + play
        return Outcome((CheckLine(name, f"[{low:.6g}, {high:.6g}]", share, error, agree),))
