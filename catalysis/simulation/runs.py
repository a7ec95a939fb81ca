"""A whole simulation: split into blocks, run anywhere, resumable, summed up as one estimate."""

from __future__ import annotations

import hashlib
import math
import os
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, cast

import numpy as np

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, positive, ratio_text, shown
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.simulation.blocks import (
    PlainNetwork,
    PlainReducedMap,
    PlainWalk,
    RareReducedMap,
    RareWalk,
    Simulation,
    Task,
)
from catalysis.simulation.cluster import Notice
from catalysis.simulation.counted import SPEED, CountedReducedMap, CountedWalk
from catalysis.simulation.cuda import cuda_kernels, load_cupy
from catalysis.simulation.estimates import Estimate, Tally
from catalysis.simulation.executors import completed, open_executor, process_count
from catalysis.simulation.fast import load_numba, numba_is_there
from catalysis.simulation.kernels import numpy_kernels
from catalysis.simulation.laws import StepLaw, WalkLaw, as_double, cramer_tilt
from catalysis.simulation.memory import MemoryNeeded
from catalysis.simulation.network import Batches, Network
from catalysis.simulation.reduced_map import Engine, Start
from catalysis.simulation.resume import ResumeFile
from catalysis.simulation.spike import MAPS, Map, Spike
from catalysis.simulation.streams import Seed, root_of
from catalysis.simulation.walk import count_of

Device = Literal["cpu", "cuda"]
Way = Literal["numpy", "numba", "philox", "cuda"]

_COUNTED = {"philox": numpy_kernels, "cuda": cuda_kernels}  # from counter-based streams

_WORTH_COMPILING = 1e9  # replica-steps
_YEAR = 365.25 * 86400
_LONGEST = 0.1 * _YEAR
_PLAIN_HITS = 1000.0  # where plain sampling expects as many hits, a tilt gains little


@dataclass(frozen=True, repr=False)
class SimulationResult(Result):
    """P(a spike within `steps` steps), measured; `event` says what counts as a spike. Nothing here is certified.

    `final` is the mean last value (of log|mu/mu_0| for the walk, of lambda for the maps) over the replicas
    that ended with a finite one, and its standard error; None after importance sampling. `diverged` replicas
    had a lambda beyond all bounds. `tilt` is the one used, None for plain sampling.

    Attributes
    ----------
    estimate : Estimate
        With `relative_error`, `hits` and `samples`.
    final : tuple or None
        The mean last value, and its standard error.
    diverged : int
        Replicas without a bound.
    """

    walk: LinearWalk
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

    @property
    def verdict(self) -> Verdict:
        return self.estimate.verdict

    @property
    def number(self) -> float | None:
        """The estimate, if there is one: measured."""
        return self.estimate.number

    @property
    def formula(self) -> str | None:
        return self.estimate.formula

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "map": self.map,
            "lambda": ratio_text(self.curvature),
            "event": self.event,
            "steps": self.steps,
            "seed": self.seed,
            **self.estimate.fields(),
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
    walk: LinearWalk | Dataset | str | os.PathLike[str],
    curvature: Number,
    *,
    steps: Number | None,
    replicas: Number,
    seed: Seed = 0,
    map: Map = "walk",
    factor: Number | None = None,
    width: Number | None = None,
    mu0: Number = 1,
    kappa: Number | None = None,
    tilt: Number | bool | None = None,
    engine: Engine | Literal["philox"] | None = None,
    device: Device = "cpu",
    workers: Number | None = None,
    dask: str | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> SimulationResult:
    """Estimate the probability of a spike within some steps, from independent replicas: measured, never proved.

    The spike is |mu_t| >= factor |mu_0|, or |kappa_t| >= kappa with kappa = eta mu/sqrt(width). Numbers are
    taken exactly and rounded once; counts may be written "1e5".

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The data set, its learning rate and its kind of step.
    curvature : Number > 0
        lambda_0.
    steps : int >= 1
        The horizon; None for a tilted walk without one.
    replicas : int >= 1
        Independent runs.
    seed : int, SeedSequence or Generator
        Of the random numbers.
    map : str
        "walk" (linear regime), "reduced" (the map at finite `width`) or "network" (all its neurons).
    factor : Number > 1
        K, default 2.
    width : int >= 1
        n; the maps need it, and a spike given by `kappa` does.
    mu0 : Number, not 0
        mu at the start.
    kappa : Number > 0
        The level of a spike in kappa.
    tilt : bool or Number
        True for importance sampling at theta, a number for another tilt, False for plain sampling, None to
        choose.
    engine : str
        How the reduced map is run; "numba" (extra `fast`) and "numpy" give the same bits. "philox" runs walk or
        reduced map in numpy with the draws of device "cuda", slowly: the same hits.
    device : str
        "cpu", or "cuda" for plain sampling on a GPU (extra `gpu`), from streams of its own.
    workers : int
        Processes (None: this one; 0: one for each core); the numbers do not depend on them, nor on `dask`.
    dask : str
        The address of a Dask scheduler (extra `distributed`).
    resume : file name
        Keeps the finished blocks; a run with the same arguments goes on from it.
    progress : callable
        Called as `progress(done, total)` after each block.
    notice : callable
        Called with a line of text while the Dask cluster has no workers.

    Returns
    -------
    SimulationResult
        `estimate` with its standard error.

    Raises
    ------
    InputError
        For bad arguments; MemoryNeeded and ResumeError are among them.

    Examples
    --------
    >>> from catalysis import simulate
    >>> found = simulate("examples/talk-1.toml", "1.42", steps=100, replicas=4000, factor=10)
    >>> abs(float(found) - 0.0158) < 0.002, found.verdict.value
    (True, 'measured')
    """
    started = time.perf_counter()
    walk = as_walk(walk)
    curvature = positive(curvature, "curvature")
    replicas = count_of(replicas, "replicas")
    steps = None if steps is None else count_of(steps, "steps")
    processes = process_count(workers)
    if not isinstance(map, str) or map not in MAPS:
        raise InputError(f"map: expected one of {', '.join(MAPS)}, found {shown(map)}")
    if resume is not None and not isinstance(resume, str | os.PathLike):
        raise InputError(f"resume: expected a file name, found {shown(resume)}")
    spike = Spike.of(walk, map, factor=factor, width=width, mu0=mu0, kappa=kappa)
    law = WalkLaw.at(walk.law, curvature, walk.dataset.learning_rate)
    asked = _asked(map, engine, device)
    chosen = _tilt(law, map, spike, tilt, replicas, asked in _COUNTED)
    if steps is None and (map != "walk" or chosen is None):
        raise InputError("steps: expected a number; only a tilted walk can do without")
    way = _way(map, chosen, asked, replicas * (steps or 0))
    simulation = _simulation(walk, curvature, law, map, spike, steps, chosen, way)
    task = Task(simulation, replicas, root_of(seed))
    check_effort(
        task.seconds * (SPEED if way == "philox" else 1), "a device" if way == "cuda" else "one core"
    )
    if isinstance(simulation, PlainNetwork):
        simulation.network.check_memory(processes)
    seed_name = seed_text(task.root)
    file = None
    if resume is not None:
        description = _description(walk, curvature, map, spike, steps, chosen, task, seed_name)
        if way in _COUNTED and map != "network":
            description["stream"] = "philox4x32-10"
        file = ResumeFile.open(resume, description)
    with open_executor(workers, dask, notice) as executor:
        try:
            done, fresh = run_blocks(task, file, executor, progress)
        except MemoryError:
            if way != "cuda":
                raise
            raise MemoryNeeded("device: expected one with more free memory, found too little") from None
    total = Tally.total(done)
    seconds = time.perf_counter() - started
    return SimulationResult(
        walk=walk,
        map=map,
        curvature=curvature,
        steps=steps,
        event=spike.event,
        seed=seed_name,
        estimate=Estimate.of(
            total, simulation.log_unit, weighted=chosen is not None, log_largest=simulation.log_largest
        ),
        tilt=chosen,
        engine=way,
        final=_mean_final(total, 1.0 if map == "walk" else 1 / float(walk.dataset.learning_rate)),
        diverged=int(total.diverged),
        seconds=seconds,
        replica_steps_per_second=math.fsum(t.steps for t in fresh) / seconds,
        blocks=task.blocks,
        resumed_blocks=task.blocks - len(fresh),
    )


def check_effort(seconds: float, of: str = "one core") -> None:
    """Raises InputError for a run of many years, and for one with too many blocks to remember."""
    if seconds > _LONGEST:
        raise InputError(
            f"replicas, steps: this would take about {seconds / _YEAR:.2g} years of {of}, at most "
            f"{_LONGEST / _YEAR:.2g} are accepted: ask for fewer"
        )


def run_blocks(
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


def _tilt(
    law: WalkLaw, map: Map, spike: Spike, tilt: Number | bool | None, replicas: int, counted: bool
) -> float | None:
    """The tilt to use, None for plain sampling."""
    if isinstance(tilt, np.bool_):
        tilt = bool(tilt)
    if tilt is False or (tilt is None and (map == "network" or counted)):
        return None
    number = None if tilt is None or tilt is True else as_double(positive(tilt, "tilt"), "tilt")
    if number == 0:
        raise InputError("tilt: expected a number that a double holds, found a smaller one")
    if map == "network":
        raise InputError("tilt: importance sampling is for the maps walk and reduced")
    if counted:
        raise InputError("tilt: expected plain sampling with device cuda or engine philox")
    if number is not None:
        return number
    root = cramer_tilt(law)
    if tilt is True and root is None:
        raise InputError("tilt: there is no positive exponent at this lambda; sample without a tilt")
    if tilt is None and root is not None and math.log(replicas / _PLAIN_HITS) > root * spike.log_factor:
        return None
    return root


def _asked(map: Map, engine: str | None, device: str) -> Way | None:
    """How it is to be run, None to choose. Raises InputError, also where the device is missing."""
    if not (isinstance(device, str) and device in ("cpu", "cuda")):
        raise InputError(f"device: expected 'cpu' or 'cuda', found {shown(device)}")
    if engine is not None and not (isinstance(engine, str) and engine in ("numpy", "numba", "philox")):
        raise InputError(f"engine: expected numpy, numba or philox, found {shown(engine)}")
    if map == "network" and engine == "philox":
        raise InputError("map: expected walk or reduced with engine philox, found network")
    if device == "cpu":
        return cast("Way | None", engine)
    if engine is not None:
        raise InputError(f"engine: expected none with device cuda, found {engine}")
    load_cupy()
    return "cuda"


def _way(map: Map, tilt: float | None, asked: Way | None, work: float) -> Way:
    if asked in _COUNTED:
        return asked
    if map != "reduced" or tilt is not None:
        return "numpy"
    if asked is None:
        return "numba" if work > _WORTH_COMPILING and numba_is_there() else "numpy"
    if asked == "numba":
        load_numba()
    return asked


def _simulation(
    walk: LinearWalk,
    curvature: Fraction,
    law: WalkLaw,
    map: Map,
    spike: Spike,
    steps: int | None,
    tilt: float | None,
    way: Way,
) -> Simulation:
    if map == "walk":
        if tilt is not None:
            return RareWalk(law, spike.log_factor, steps, tilt)
        assert steps is not None
        if way in _COUNTED:
            return CountedWalk(steps, _COUNTED[way], law=law, level=spike.log_factor)
        return PlainWalk(law, spike.log_factor, steps)
    assert spike.width is not None and spike.kappa is not None and steps is not None
    eta, where = as_double(walk.dataset.learning_rate, "eta"), as_double(curvature, "curvature (lambda)")
    start = Start.of(curvature=where, learning_rate=eta, mu=spike.mu0, width=spike.width)
    if map == "reduced":
        step_law = StepLaw.of(walk.law)
        if tilt is not None:
            return RareReducedMap(step_law, start, spike.kappa, steps, tilt)
        if way in _COUNTED:
            return CountedReducedMap(steps, _COUNTED[way], law=step_law, start=start, level=spike.kappa)
        return PlainReducedMap(step_law, start, spike.kappa, steps, "numba" if way == "numba" else "numpy")
    step = walk.step
    batches = Batches.of(walk.dataset.merged(), step.kind, step.size, step.replacement)
    network = Network(batches, eta, spike.width, where, spike.mu0)
    return PlainNetwork(network, spike.kappa, steps, on_device=way == "cuda")


def _mean_final(total: Tally, unit: float) -> tuple[float, float] | None:
    n = total.finals
    if n < 2:
        return None
    mean = total.final / n
    variance = max(0.0, total.final_squared / n - mean * mean) * n / (n - 1)
    return mean * unit, math.sqrt(variance / n) * unit


def seed_text(root: np.random.SeedSequence) -> str:
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
    data = "\n".join(f"{ratio_text(x)} {ratio_text(p)}" for x, p in zip(walk.law.x, walk.law.p, strict=True))
    return {
        "data": hashlib.sha256(data.encode()).hexdigest(),
        "step": walk.step.to_json(),
        "learning_rate": ratio_text(walk.dataset.learning_rate),
        "lambda": ratio_text(curvature),
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
