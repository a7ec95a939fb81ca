"""A whole simulation: split into blocks, run anywhere, resumable, summed up as one estimate."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.result import Progress
from catalysis.simulation.blocks import (
    PlainNetwork,
    PlainReducedMap,
    PlainWalk,
    RareReducedMap,
    RareWalk,
    Simulation,
    Task,
)
from catalysis.simulation.estimates import Estimate, Tally
from catalysis.simulation.executors import completed, open_executor, process_count
from catalysis.simulation.fast import load_numba, numba_is_there
from catalysis.simulation.laws import StepLaw, WalkLaw, as_double, check_curvature, cramer_tilt
from catalysis.simulation.network import Batches, Network
from catalysis.simulation.reduced_map import Engine, Start
from catalysis.simulation.resume import ResumeFile
from catalysis.simulation.spike import MAPS, Map, Spike
from catalysis.simulation.streams import Seed, root_of
from catalysis.simulation.walk import check_counts

if TYPE_CHECKING:
    from catalysis.data.walk import LinearWalk

_WORTH_COMPILING = 1e9  # replica-steps
_YEAR = 365.25 * 86400
_LONGEST = 0.1 * _YEAR
_PLAIN_HITS = 1000.0  # where plain sampling expects as many hits, a tilt gains little


@dataclass(frozen=True)
class SimulationResult:
    """P(a spike within `steps` steps), simulated; `event` says what counts as a spike.

    `final` is the mean last value (of log|mu/mu_0| for the walk, of lambda for the maps) over the replicas
    that ended with a finite one, and its standard error; None after importance sampling. `diverged` replicas
    had a lambda beyond all bounds. `tilt` is the one used, None for plain sampling.
    """

    map: str
    curvature: Fraction
    steps: int | None
    event: str
    seed: str
    estimate: Estimate
    tilt: float | None
    engine: str
    final: tuple[float, float] | None
    diverged: int
    seconds: float
    replica_steps_per_second: float
    blocks: int
    resumed_blocks: int

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": "measured",
            "map": self.map,
            "lambda": str(self.curvature),
            "event": self.event,
            "steps": self.steps,
            "seed": self.seed,
            **self.estimate.to_json(),
            "tilt": self.tilt,
            "mean_final": None if self.final is None else self.final[0],
            "mean_final_standard_error": None if self.final is None else self.final[1],
            "diverged": self.diverged,
            "engine": self.engine,
            "seconds": self.seconds,
            "replica_steps_per_second": self.replica_steps_per_second,
            "blocks": self.blocks,
            "resumed_blocks": self.resumed_blocks,
        }


def simulate(
    walk: LinearWalk,
    curvature: Fraction,
    *,
    steps: int | None,
    replicas: int,
    seed: Seed = 0,
    map: Map = "walk",
    factor: Fraction | float | None = None,
    width: int | None = None,
    mu0: float = 1.0,
    kappa: float | None = None,
    tilt: float | bool | None = None,
    engine: Engine | None = None,
    workers: int | None = None,
    dask: str | None = None,
    resume: str | Path | None = None,
    progress: Progress | None = None,
) -> SimulationResult:
    """Estimate the probability of a spike within `steps` steps, from `replicas` independent replicas.

    walk: the data set, its learning rate and its kind of step. curvature: lambda_0 in (0, inf).
    map: "walk" (linear regime), "reduced" (the map at finite `width`) or "network" (all its neurons).
    The spike is `|mu_t| >= factor |mu_0|` (factor > 1, default 2), or `|kappa_t| >= kappa` with
    `kappa = eta mu / sqrt(width)`. `mu0` is mu at the start, not 0; the maps need a width, and a spike given
    by kappa does too.
    tilt: True for importance sampling at the Cramer exponent, a number for another tilt, False for plain
    sampling, None to choose. A tilted walk may go without horizon, `steps=None`.
    engine: how the reduced map is run; "numba" (optional extra `fast`) and "numpy" give the same bits.
    workers, dask: see `open_executor`; the numbers do not depend on them.
    resume: a file that keeps the finished blocks; a run with the same arguments goes on from it.
    progress(done, total) is called after each block.
    Raises InputError for bad arguments; MemoryNeeded and ResumeError are among them.
    """
    started = time.perf_counter()
    check_curvature(curvature)
    check_counts(replicas=replicas, **({} if steps is None else {"steps": steps}))
    if map not in MAPS:
        raise InputError(f"map: expected one of {', '.join(MAPS)}, found {map!r}")
    spike = Spike.of(walk, map, factor=factor, width=width, mu0=mu0, kappa=kappa)
    law = WalkLaw.at(walk.law, curvature, walk.dataset.learning_rate)
    chosen = _tilt(law, map, spike, tilt, replicas)
    if steps is None and (map != "walk" or chosen is None):
        raise InputError("steps: expected a number; only a tilted walk can do without")
    engine = _engine(map, chosen, engine, replicas * (steps or 0))
    simulation = _simulation(walk, curvature, law, map, spike, steps, chosen, engine)
    task = Task(simulation, replicas, root_of(seed))
    _check_effort(task)
    if isinstance(simulation, PlainNetwork):
        simulation.network.check_memory(process_count(workers))
    seed_text = _seed_text(task.root)
    file = None
    if resume is not None:
        description = _description(walk, curvature, map, spike, steps, chosen, task, seed_text)
        file = ResumeFile.open(resume, description)
    with open_executor(workers, dask) as executor:
        done, fresh = _run(task, file, executor, progress)
    total = Tally.total(done)
    seconds = time.perf_counter() - started
    return SimulationResult(
        map=map,
        curvature=curvature,
        steps=steps,
        event=spike.event,
        seed=seed_text,
        estimate=Estimate.of(total, simulation.log_unit, weighted=chosen is not None),
        tilt=chosen,
        engine=engine,
        final=_mean_final(total, 1.0 if map == "walk" else 1 / float(walk.dataset.learning_rate)),
        diverged=int(total.diverged),
        seconds=seconds,
        replica_steps_per_second=math.fsum(t.steps for t in fresh) / seconds,
        blocks=task.blocks,
        resumed_blocks=task.blocks - len(fresh),
    )


def _check_effort(task: Task) -> None:
    """Raises InputError for a run of many years, and for one with too many blocks to remember."""
    if task.seconds > _LONGEST:
        raise InputError(
            f"replicas, steps: this would take about {task.seconds / _YEAR:.2g} years of one core, at most "
            f"{_LONGEST / _YEAR:.2g} are accepted: ask for fewer"
        )


def _run(
    task: Task, file: ResumeFile | None, executor: Any, progress: Progress | None
) -> tuple[list[Tally], list[Tally]]:
    """All tallies in the order of their blocks, and those that were not in the file."""
    known = {} if file is None else file.blocks
    done = {index: known[index] for index in range(task.blocks) if index in known}
    missing = [index for index in range(task.blocks) if index not in done]
    fresh = []
    try:
        for place, tally in completed(task.block, missing, executor):
            done[missing[place]] = tally
            fresh.append(tally)
            if file is not None:
                file.add(missing[place], tally)
            if progress is not None:
                progress(len(done), task.blocks)
    finally:
        if file is not None:
            file.write()
    return [done[index] for index in range(task.blocks)], fresh


def _tilt(law: WalkLaw, map: Map, spike: Spike, tilt: float | bool | None, replicas: int) -> float | None:
    if tilt is False or (tilt is None and map == "network"):
        return None
    if map == "network":
        raise InputError("tilt: importance sampling is for the maps walk and reduced")
    if tilt is None or tilt is True:
        root = cramer_tilt(law)
        if tilt is True and root is None:
            raise InputError("tilt: there is no positive exponent at this lambda; sample without a tilt")
        if tilt is None and root is not None and math.log(replicas / _PLAIN_HITS) > root * spike.log_factor:
            return None
        return root
    if not 0 < tilt < math.inf:
        raise InputError(f"tilt: expected a number in (0, inf), found {tilt}")
    return float(tilt)


def _engine(map: Map, tilt: float | None, engine: Engine | None, work: float) -> Engine:
    if engine not in (None, "numpy", "numba"):
        raise InputError(f"engine: expected numpy or numba, found {engine!r}")
    if map != "reduced" or tilt is not None:
        return "numpy"
    if engine is None:
        return "numba" if work > _WORTH_COMPILING and numba_is_there() else "numpy"
    if engine == "numba":
        load_numba()
    return engine


def _simulation(
    walk: LinearWalk,
    curvature: Fraction,
    law: WalkLaw,
    map: Map,
    spike: Spike,
    steps: int | None,
    tilt: float | None,
    engine: Engine,
) -> Simulation:
    if map == "walk":
        if tilt is not None:
            return RareWalk(law, spike.log_factor, steps, tilt)
        assert steps is not None
        return PlainWalk(law, spike.log_factor, steps)
    assert spike.width is not None and spike.kappa is not None and steps is not None
    eta, where = as_double(walk.dataset.learning_rate, "eta"), as_double(curvature, "lambda")
    start = Start.of(curvature=where, learning_rate=eta, mu=spike.mu0, width=spike.width)
    if map == "reduced":
        step_law = StepLaw.of(walk.law)
        if tilt is not None:
            return RareReducedMap(step_law, start, spike.kappa, steps, tilt)
        return PlainReducedMap(step_law, start, spike.kappa, steps, engine)
    step = walk.step
    batches = Batches.of(walk.dataset.merged(), step.kind, step.size, step.replacement)
    return PlainNetwork(Network(batches, eta, spike.width, where, spike.mu0), spike.kappa, steps)


def _mean_final(total: Tally, unit: float) -> tuple[float, float] | None:
    n = total.finals
    if n < 2:
        return None
    mean = total.final / n
    variance = max(0.0, total.final_squared / n - mean * mean) * n / (n - 1)
    return mean * unit, math.sqrt(variance / n) * unit


def _seed_text(root: np.random.SeedSequence) -> str:
    key = "".join(f".{part}" for part in root.spawn_key)
    return f"{root.entropy}{key}"


def _description(
    walk: LinearWalk,
    curvature: Fraction,
    map: Map,
    spike: Spike,
    steps: int | None,
    tilt: float | None,
    task: Task,
    seed: str,
) -> dict[str, Any]:
    """What makes a run this run and no other, for its resume file."""
    data = "\n".join(f"{x} {p}" for x, p in zip(walk.law.x, walk.law.p, strict=True))
    return {
        "data": hashlib.sha256(data.encode()).hexdigest(),
        "step": walk.step.to_json(),
        "learning_rate": str(walk.dataset.learning_rate),
        "lambda": str(curvature),
        "map": map,
        "event": spike.event,
        "width": spike.width,
        "mu0": spike.mu0,
        "steps": steps,
        "tilt": tilt,
        "replicas": task.replicas,
        "block": task.replicas_per_block,
        "seed": seed,
    }
