"""What one block of replicas does, for each kind of simulation, summed up as a Tally."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from catalysis.simulation.cuda import load_cupy
from catalysis.simulation.estimates import Tally
from catalysis.simulation.laws import Floats, StepLaw, WalkLaw
from catalysis.simulation.network import Network
from catalysis.simulation.rare_events import TiltedReducedMap, TiltedWalk
from catalysis.simulation.reduced_map import Engine, ReducedMap, Start, ends_of_lanes
from catalysis.simulation.streams import stream_of
from catalysis.simulation.walk import LANES, just_below, walk_lanes
from catalysis.simulation.words import ClassPlan

RunLanes = Callable[[int, np.random.Generator], Tally]

# About as many elementary steps make a block: tenths of a second of work, at most so many groups of lanes.
_BLOCK_WORK = 2.0**26
_MOST_GROUPS = 256

# For estimates of the time: numpy's calls cost as much as this many lanes do, and a group has a stream to make.
_WORK_PER_SECOND, _NARROW, _GROUP_SECONDS = 2.0**28, 1024, 2e-5
_NEURON, _NEURON_ON_DEVICE = (
    16.0,
    2.0**-4,
)  # the work of a neuron's step; on a device a guess: its memory is the limit


class Simulation(Protocol):
    """What can be simulated: replicas advance `lanes` at a time, each of them `work` elementary steps."""

    @property
    def lanes(self) -> int: ...

    @property
    def work(self) -> float: ...

    @property
    def log_unit(self) -> float:
        """Weights are summed in units of its exponential."""

    @property
    def log_largest(self) -> float:
        """No log-weight is above this, up to rounding; inf where no bound is known."""

    def prepare(self) -> RunLanes:
        """The tables that all groups share are made here."""


@dataclass(frozen=True, eq=False)
class Task:
    """`replicas` replicas in blocks, each of which any process can do alone."""

    simulation: Simulation
    replicas: int
    root: np.random.SeedSequence

    @property
    def replicas_per_block(self) -> int:
        """It depends on the simulation alone, so that nothing else decides which stream a replica has."""
        lanes = self.simulation.lanes
        groups = int(_BLOCK_WORK / (lanes * self.simulation.work))
        return lanes * max(1, min(_MOST_GROUPS, groups))

    @property
    def blocks(self) -> int:
        return -(-self.replicas // self.replicas_per_block)

    @property
    def seconds(self) -> float:
        """What the run takes on one core, about: from the work of all groups, each at least some lanes wide."""
        lanes = self.simulation.lanes
        groups = -(-self.replicas // lanes)
        width = max(min(lanes, self.replicas), min(lanes, _NARROW))
        return groups * (width * self.simulation.work / _WORK_PER_SECOND + _GROUP_SECONDS)

    def block(self, index: int) -> Tally:
        """The tally of one block; each group of lanes has a stream of its own."""
        lanes, run = self.simulation.lanes, self.simulation.prepare()
        count = min(self.replicas_per_block, self.replicas - index * self.replicas_per_block)
        return Tally.total(
            run(min(lanes, count - first), stream_of(self.root, index, first // lanes))
            for first in range(0, count, lanes)
        )


@dataclass(frozen=True, eq=False)
class PlainWalk:
    """Does log|mu/mu_0| reach `level` within `steps` steps? `final` is its last value."""

    law: WalkLaw
    level: float
    steps: int
    lanes: int = LANES
    log_unit: float = 0.0
    log_largest: float = 0.0

    @property
    def work(self) -> float:
        return self.steps / 4

    def prepare(self) -> RunLanes:
        plan, level = ClassPlan.of(self.law, self.steps), just_below(self.level)

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            paths = walk_lanes(plan, lanes, stream)
            return _of_hits(paths.peak >= level, paths.final, self.steps)

        return run


@dataclass(frozen=True, eq=False)
class RareWalk:
    """The same by importance sampling; `steps` None for ever."""

    law: WalkLaw
    level: float
    steps: int | None
    tilt: float
    lanes: int = LANES

    @property
    def log_unit(self) -> float:
        return -self.tilt * self.level

    @property
    def log_largest(self) -> float:
        """A path that reaches the level after t steps weighs at most exp(log_unit + t log M)."""
        log_moment = self.law.log_moment(self.tilt)
        if log_moment <= 1e-12:  # M = 1 at the exponent, up to rounding
            return self.log_unit
        return math.inf if self.steps is None else self.log_unit + self.steps * log_moment

    @property
    def work(self) -> float:
        return 8 * min(self.steps or math.inf, self.level / max(self.law.tilted(self.tilt).drift, 1e-9) + 1)

    def prepare(self) -> RunLanes:
        tilted = TiltedWalk.of(self.law, self.level, self.tilt, steps=self.steps)

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            hits = tilted.hits(lanes, stream)
            steps, unresolved = float(hits.steps.sum()), float(hits.unresolved)
            return Tally.of_weights(hits.log_weight, self.log_unit, steps=steps, unresolved=unresolved)

        return run


@dataclass(frozen=True, eq=False)
class PlainReducedMap:
    """Does |kappa| reach `level` within `steps` steps of the reduced map? `final` is the last L."""

    law: StepLaw
    start: Start
    level: float
    steps: int
    engine: Engine = "numpy"
    lanes: int = LANES
    log_unit: float = 0.0
    log_largest: float = 0.0

    @property
    def work(self) -> float:
        return float(self.steps)

    def prepare(self) -> RunLanes:
        reduced = ReducedMap(self.law, self.engine)

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            ends = ends_of_lanes(reduced, self.start, self.steps, lanes, stream)
            return _of_hits(ends.peak >= self.level * (1 - 1e-12), ends.L, self.steps)

        return run


@dataclass(frozen=True, eq=False)
class RareReducedMap:
    """The same by importance sampling."""

    law: StepLaw
    start: Start
    level: float
    steps: int
    tilt: float
    lanes: int = LANES

    @property
    def log_unit(self) -> float:
        return self.tilt * math.log(abs(self.start.kappa) / self.level)

    @property
    def log_largest(self) -> float:
        return math.inf

    @property
    def work(self) -> float:
        return 4.0 * min(self.steps, 200)

    def prepare(self) -> RunLanes:
        tilted = TiltedReducedMap(self.law, self.start, self.level, self.tilt)

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            hits = tilted.hits(lanes, stream, steps=self.steps)
            return Tally.of_weights(hits.log_weight, self.log_unit, steps=float(hits.steps.sum()))

        return run


@dataclass(frozen=True, eq=False)
class PlainNetwork:
    """Does |kappa| reach `level` within `steps` steps of the whole network? `final` is the last L."""

    network: Network
    level: float
    steps: int
    on_device: bool = False
    log_unit: float = 0.0
    log_largest: float = 0.0

    @property
    def lanes(self) -> int:
        return self.network.lanes_on_device if self.on_device else self.network.lanes

    @property
    def work(self) -> float:
        return (_NEURON_ON_DEVICE if self.on_device else _NEURON) * self.steps * self.network.width

    def prepare(self) -> RunLanes:
        xp = load_cupy() if self.on_device else np

        def run(lanes: int, stream: np.random.Generator) -> Tally:
            ends = self.network.run(self.steps, lanes, stream, xp)
            return _of_hits(ends.peak >= self.level * (1 - 1e-12), ends.L, self.steps)

        return run


def _of_hits(hit: np.ndarray[tuple[int], np.dtype[np.bool_]], final: Floats, steps: int) -> Tally:
    kept = final[np.isfinite(final)]
    hits = float(np.count_nonzero(hit))
    return Tally(
        samples=hit.size,
        hits=hits,
        weight=hits,
        weight_squared=hits,
        steps=float(hit.size * steps),
        finals=kept.size,
        final=float(kept.sum()),
        final_squared=float(kept @ kept),
        diverged=float(np.count_nonzero(final == np.inf)),
    )
