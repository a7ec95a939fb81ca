"""Plain sampling of the walk and of the reduced map from counter-based streams, on a device or in numpy.

The bits are the same. A group of replicas is one launch. Only sums come back from the device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalysis.simulation.blocks import RunLanes
from catalysis.simulation.estimates import Tally
from catalysis.simulation.guide import Guide
from catalysis.simulation.kernels import Kernels
from catalysis.simulation.laws import StepLaw, WalkLaw
from catalysis.simulation.philox import Key
from catalysis.simulation.reduced_map import Start
from catalysis.simulation.sampling import Sampler
from catalysis.simulation.walk import just_below
from catalysis.simulation.words import ClassPlan

SPEED = 2.0**13
"""A device is taken to be so many times as fast as a core: this decides how many replicas make a block."""

# Replicas of one launch: enough to fill a device, and, where steps are few, to be worth the launch.
_FEWEST, _MOST, _LAUNCH = 2**18, 2**22, 2**36


@dataclass(frozen=True, eq=False)
class Counted:
    """What both have: how many replicas make a launch, and what they cost."""

    steps: int
    kernels: Callable[[], Kernels]
    log_unit: float = 0.0
    log_largest: float = 0.0

    @property
    def lanes(self) -> int:
        return max(_FEWEST, min(_MOST, _LAUNCH // self.steps))

    @property
    def work(self) -> float:
        return self.steps / SPEED


@dataclass(frozen=True, eq=False, kw_only=True)
class CountedWalk(Counted):
    """As `PlainWalk`."""

    law: WalkLaw
    level: float

    def prepare(self) -> RunLanes:
        plan, level, kernels = ClassPlan.of(self.law, self.steps), just_below(self.level), self.kernels()
        phases = [(plan.full, self.steps // plan.full.length), *([(plan.rest, 1)] if plan.rest else [])]
        tables = [
            (Guide.of(draws.sampler, draws.total, draws.peak).on(kernels.xp), count)
            for draws, count in phases
        ]

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            key, xp, number = Key.of(stream), kernels.xp, 0
            now, top = xp.zeros(lanes), xp.zeros(lanes)
            for guide, count in tables:
                kernels.run("walk", (now, top), key, guide, number, count)
                number += guide.blocks(count)
            return _tally(xp, top >= level, now, self.steps)

        return run


@dataclass(frozen=True, eq=False, kw_only=True)
class CountedReducedMap(Counted):
    """As `PlainReducedMap`."""

    law: StepLaw
    start: Start
    level: float

    def prepare(self) -> RunLanes:
        kernels, sampler = self.kernels(), Sampler.of(self.law.p)
        guide = Guide.of(sampler, sampler.by_code(self.law.x)).on(kernels.xp)
        kappa, L = self.start.kappa, self.start.L

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            xp = kernels.xp
            state = (xp.full(lanes, kappa), xp.full(lanes, L), xp.full(lanes, kappa * kappa))
            kernels.run("reduced", (*state, xp.zeros(lanes, xp.int64)), Key.of(stream), guide, 0, self.steps)
            _, ends, top = state
            return _tally(xp, xp.sqrt(top) >= self.level * (1 - 1e-12), ends, self.steps)

        return run


def _tally(xp: Any, hit: Any, final: Any, steps: int) -> Tally:
    """Summed up where the arrays are, and fetched at once."""
    finite = xp.isfinite(final)
    kept = xp.where(finite, final, 0.0)
    parts = (hit, finite, kept, kept * kept, final == xp.inf)
    hits, finals, total, squared, diverged = xp.stack(
        [xp.sum(part, dtype=xp.float64) for part in parts]
    ).tolist()
    return Tally(
        samples=hit.size,
        hits=hits,
        weight=hits,
        weight_squared=hits,
        steps=float(hit.size) * steps,
        finals=finals,
        final=total,
        final_squared=squared,
        diverged=diverged,
    )
