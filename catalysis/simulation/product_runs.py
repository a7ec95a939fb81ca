"""A random product or its network, simulated for people: one result each, in blocks that any process can do."""

from __future__ import annotations

import hashlib
import math
import os
import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, positive, shown
from catalysis.exact.result import Progress, Result, Source, Verdict
from catalysis.simulation.blocks import Task
from catalysis.simulation.cluster import Notice
from catalysis.simulation.estimates import Estimate, Tally
from catalysis.simulation.executors import completed, open_executor, process_count
from catalysis.simulation.laws import Floats, as_double
from catalysis.simulation.products import Measured, ProductLaw, ProductSpike, Tilt, exponent, lyapunov, moment
from catalysis.simulation.resume import ResumeFile
from catalysis.simulation.runs import check_effort, run_blocks, seed_text
from catalysis.simulation.streams import Seed, child_of, root_of
from catalysis.simulation.vector_network import Level, NetworkRun, VectorNetwork, VectorNetworkEnds
from catalysis.simulation.walk import count_of

ProductMap = Literal["walk", "network"]

MOST_ENTRIES = 200_000
"""m d^2, the entries of all matrices, up to which a product is simulated."""

_REPLICAS, _STEPS = 2000, 400  # of lambda_1, k(2) and theta
_PLAIN_HITS = 1000.0  # where plain sampling expects as many hits, a tilt gains little
_PILOT, _PILOT_STEPS = 256, 500
_LARGEST_TILT = 16.0
_ENTRIES_PER_SECOND = 1e7  # of the Gram matrices of networks


@runtime_checkable
class RandomProduct(Source, Protocol):
    """What is simulated here: a MatrixWalk."""

    def in_doubles(self) -> tuple[Floats, Floats]: ...

    def inputs_in_doubles(self) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, repr=False)
class ProductSimulation(Result):
    """P(a spike) of a random product from starts in all directions alike, with lambda_1, k(2) and theta. All measured.

    `exponent` is None where k(s) shows no change of sign; `tilt` is the power of the importance sampling, None for
    plain sampling.

    Attributes
    ----------
    estimate : Estimate
        Of the probability.
    lambda1, second_moment, exponent : Measured
        lambda_1, k(2), theta.
    """

    walk: RandomProduct
    event: str
    steps: int | None
    seed: str
    estimate: Estimate
    tilt: float | None
    lambda1: Measured
    second_moment: Measured
    exponent: Measured | None
    seconds: float
    replica_steps_per_second: float
    blocks: int
    resumed_blocks: int

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def number(self) -> float | None:
        return self.estimate.number

    @property
    def formula(self) -> str | None:
        return self.estimate.formula

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "map": "walk",
            "event": self.event,
            "steps": self.steps,
            "seed": self.seed,
            **self.estimate.fields(),
            "tilt": self.tilt,
            "lambda1": self.lambda1.fields(),
            "second_moment": self.second_moment.fields(),
            "exponent": None if self.exponent is None else self.exponent.fields(),
            "seconds": self.seconds,
            "replica_steps_per_second": self.replica_steps_per_second,
            "blocks": self.blocks,
            "resumed_blocks": self.resumed_blocks,
        }


@dataclass(frozen=True)
class Mean:
    """A mean over replicas (of some kind), and its standard error."""

    value: float
    standard_error: float

    @classmethod
    def of(cls, values: Floats, weights: Floats) -> Mean | None:
        """None without two replicas that have a finite value and a weight."""
        kept = np.isfinite(values) & (weights > 0)
        if np.count_nonzero(kept) < 2:
            return None
        x, w = values[kept], weights[kept] / weights[kept].sum()
        mean = float(w @ x)
        return cls(mean, math.sqrt(float((w * w) @ ((x - mean) ** 2))))

    def to_json(self) -> dict[str, float]:
        return {"mean": self.value, "standard_error": self.standard_error}


@dataclass(frozen=True, repr=False)
class NetworkSimulation(Result):
    """P(a spike) of the network (linear activation, random weights) and what a spike does to its kernel. All measured.

    `before`, `after`: eta max K_ii at the start and at the end, over the replicas that saw a spike (and did not
    diverge); `quiet_before`, `quiet_after` over the others. None where there were too few.

    Attributes
    ----------
    estimate : Estimate
        Of the probability.
    before, after, quiet_before, quiet_after : Mean or None
        eta max K_ii, as above.
    """

    walk: RandomProduct
    width: int
    event: str
    steps: int
    seed: str
    estimate: Estimate
    tilt: float | None
    before: Mean | None
    after: Mean | None
    quiet_before: Mean | None
    quiet_after: Mean | None
    diverged: int
    seconds: float
    replica_steps_per_second: float
    blocks: int

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def number(self) -> float | None:
        return self.estimate.number

    @property
    def formula(self) -> str | None:
        return self.estimate.formula

    def fields(self) -> dict[str, Any]:
        def shown_mean(mean: Mean | None) -> dict[str, float] | None:
            return None if mean is None else mean.to_json()

        return {
            "verdict": self.verdict.value,
            "map": "network",
            "width": self.width,
            "event": self.event,
            "steps": self.steps,
            "seed": self.seed,
            **self.estimate.fields(),
            "tilt": self.tilt,
            "eta_max_kernel": {
                "before_spike": shown_mean(self.before),
                "after_spike": shown_mean(self.after),
                "quiet_before": shown_mean(self.quiet_before),
                "quiet_after": shown_mean(self.quiet_after),
            },
            "diverged": self.diverged,
            "seconds": self.seconds,
            "replica_steps_per_second": self.replica_steps_per_second,
            "blocks": self.blocks,
        }


def simulate_product(
    walk: RandomProduct,
    *,
    replicas: Number,
    steps: Number | None = None,
    factor: Number = 10,
    seed: Seed = 0,
    tilt: Number | bool | None = None,
    workers: Number | None = None,
    dask: str | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> ProductSimulation:
    """Estimate P(|e_t| >= factor |e_0| within some steps) of a random product, and its lambda_1, k(2) and theta.

    The norm is that of the parameters (of momentum: of the state), all directions of e_0 are alike.

    Parameters
    ----------
    walk : MatrixWalk
        The random product.
    replicas : int >= 1
        Independent runs.
    steps : int >= 1
        The horizon; tilted, None asks for a spike at any time.
    factor : Number > 1
        K.
    seed : int, SeedSequence or Generator
        Of the random numbers; the numbers do not depend on `workers`.
    tilt : bool or Number
        True for importance sampling at the measured theta, a number for another power, False for plain, None
        to choose.
    workers, dask, resume, progress, notice
        As for `simulate`.

    Returns
    -------
    ProductSimulation
        `estimate` with its standard error, `lambda1`, `second_moment`, `exponent`; nothing is proved.

    Raises
    ------
    InputError
        For bad arguments; MemoryNeeded and ResumeError are among them.

    Examples
    --------
    >>> from catalysis import MatrixWalk, simulate_product
    >>> walk = MatrixWalk.from_features([[1], ["1.3"]], eta="1.42")
    >>> found = simulate_product(walk, replicas=200, steps=20, factor=3, tilt=False)
    >>> found.verdict.value, found.estimate.samples
    ('measured', 200)
    """
    started, root = time.perf_counter(), root_of(seed)
    law = law_in_doubles(walk)
    replicas, level = count_of(replicas, "replicas"), as_double(positive(factor, "factor"), "factor")
    horizon = None if steps is None else count_of(steps, "steps")
    process_count(workers)
    _check_resume(resume)
    drift = lyapunov(law, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 1))
    second = moment(law, 2.0, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 2))
    theta = exponent(law, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 3))
    chosen = _tilt(law, tilt, theta, level, replicas, horizon, child_of(root, 4))
    spike = ProductSpike(law, level, horizon, chosen)
    task = Task(spike, replicas, child_of(root, 0))
    check_effort(task.seconds)
    event, name = f"|e| >= {shown_factor(level)} |e_0|", seed_text(root)
    file = None
    if resume is not None:
        digest = hashlib.sha256(law.matrices.tobytes() + law.p.tobytes()).hexdigest()
        power = None if chosen is None else chosen.s
        about = {"data": digest, "map": "product", "event": event, "steps": horizon, "tilt": power}
        about |= {"replicas": replicas, "block": task.replicas_per_block, "seed": name}
        file = ResumeFile.open(resume, about)
    with open_executor(workers, dask, notice) as executor:
        done, fresh = run_blocks(task, file, executor, progress)
    seconds = time.perf_counter() - started
    return ProductSimulation(
        walk,
        event,
        horizon,
        name,
        Estimate.of(Tally.total(done), spike.log_unit, weighted=chosen is not None),
        None if chosen is None else chosen.s,
        drift,
        second,
        theta,
        seconds,
        math.fsum(t.steps for t in fresh) / seconds,
        task.blocks,
        task.blocks - len(fresh),
    )


def simulate_network(
    walk: RandomProduct,
    *,
    width: Number,
    replicas: Number,
    steps: Number,
    factor: Number | None = None,
    kappa: Number | None = None,
    curvature: Number = 1,
    seed: Seed = 0,
    tilt: Number | bool | None = None,
    workers: Number | None = None,
    dask: str | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> NetworkSimulation:
    """Simulate the network F(s) = n^(-1/2) sum a_r w_r . s on vector data: spikes and curvature, measured.

    Single samples, without momentum or decay; labels 0. The weights are Gaussian with K_ij = curvature s_i .
    s_j in the mean. F(s) = mu . s: a spike is |mu_t| >= factor |mu_0|, or eta |mu_t| / n^(1/2) >= kappa.

    Parameters
    ----------
    walk : MatrixWalk on vector data
        The samples and the learning rate.
    width : int >= 1
        n.
    replicas, steps : int >= 1
        Independent runs, and their length.
    factor : Number > 1
        K, default 10.
    kappa : Number > 0
        A spike in kappa instead.
    curvature : Number > 0
        The scale of the kernel at the start.
    seed : int, SeedSequence or Generator
        Of the random numbers; the numbers do not depend on `workers`.
    tilt : bool or Number
        True or a power for importance sampling up to the level, by the linear regime; else plain sampling.
    workers, dask, progress, notice
        As for `simulate`.

    Returns
    -------
    NetworkSimulation
        `estimate` with its standard error; nothing is proved.

    Raises
    ------
    InputError
        For bad arguments; MemoryNeeded is one.

    Examples
    --------
    >>> from catalysis import MatrixWalk, simulate_network
    >>> walk = MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1")
    >>> found = simulate_network(walk, width=1000, replicas=500, steps=50, factor=3)
    >>> found.verdict.value, found.estimate.samples
    ('measured', 500)
    """
    started, root = time.perf_counter(), root_of(seed)
    inputs, p = _network_inputs(walk)
    count, horizon, n = count_of(replicas, "replicas"), count_of(steps, "steps"), count_of(width, "width")
    if factor is not None and kappa is not None:
        raise InputError("factor, kappa: expected at most one of them")
    at = None if kappa is None else as_double(positive(kappa, "kappa"), "kappa")
    by = as_double(positive(10 if factor is None else factor, "factor"), "factor")
    if not by > 1:
        raise InputError(f"factor: expected a number above 1, found {by}")
    process_count(workers)
    rate = as_double(positive(getattr(walk, "eta", None), "walk"), "walk")
    network = VectorNetwork(inputs, p, rate, n, as_double(positive(curvature, "curvature"), "curvature"))
    level = Level(None, at) if at is not None else Level(by)
    power = _network_tilt(network, tilt, root)
    check_effort(count * horizon * inputs.shape[1] ** 2 / _ENTRIES_PER_SECOND)
    run = NetworkRun(network, horizon, level, power)
    jobs = run.jobs(count, child_of(root, 0))
    parts: dict[int, VectorNetworkEnds] = {}
    with open_executor(workers, dask, notice) as executor:
        for index, part in completed(run.block, jobs, executor):
            parts[index] = part
            if progress is not None:
                progress(len(parts), len(jobs))
    ends = VectorNetworkEnds.joined([parts[i] for i in range(len(jobs))])
    weights = np.exp(ends.hit)
    quiet = (ends.hit == -math.inf).astype(np.float64)
    first, last = rate * ends.largest_first, rate * ends.largest_last
    lost = ~np.isfinite(ends.largest_last)
    weights[lost] = 0.0
    seconds = time.perf_counter() - started
    return NetworkSimulation(
        walk,
        n,
        f"|mu| >= {shown_factor(by)} |mu_0|" if at is None else f"eta |mu| / sqrt(n) >= {at:g}",
        horizon,
        seed_text(root),
        Estimate.of(Tally.of_weights(ends.hit, 0.0), weighted=power is not None),
        None if power is None else power.s,
        Mean.of(first, weights),
        Mean.of(last, weights),
        Mean.of(first, quiet) if power is None else None,
        Mean.of(last, quiet) if power is None else None,
        int(np.count_nonzero(lost)),
        seconds,
        count * horizon / seconds,
        len(jobs),
    )


def law_in_doubles(walk: object) -> ProductLaw:
    """The law of one step of a MatrixWalk. Raises InputError, also where it is too large."""
    if not isinstance(walk, RandomProduct):
        raise InputError(f"walk: expected a MatrixWalk, found {shown(walk)}")
    dimension, size = getattr(walk, "dimension", 1), getattr(walk, "size", 1)
    law = None if size * dimension**2 > MOST_ENTRIES else ProductLaw(*walk.in_doubles())
    if law is None or law.matrices.size > MOST_ENTRIES:
        raise InputError(f"walk: expected m d^2 of at most {MOST_ENTRIES} for a simulation")
    return law


def shown_factor(value: float) -> str:
    return f"{value:.6g}"


def _network_inputs(walk: object) -> tuple[Floats, Floats]:
    if not isinstance(walk, RandomProduct):
        raise InputError(f"walk: expected a MatrixWalk, found {shown(walk)}")
    if getattr(walk, "batch", 1) != 1 or getattr(walk, "weight_decay", 0):
        raise InputError("walk: expected single samples without weight decay for the network")
    return walk.inputs_in_doubles()


def _check_resume(resume: object) -> None:
    if resume is not None and not isinstance(resume, str | os.PathLike):
        raise InputError(f"resume: expected a file name, found {shown(resume)}")


def _tilt(
    law: ProductLaw,
    tilt: Number | bool | None,
    theta: Measured | None,
    factor: float,
    replicas: int,
    steps: int | None,
    seed: np.random.SeedSequence,
) -> Tilt | None:
    """The tilt to use, None for plain sampling."""
    if tilt is False:
        return None
    if tilt is not None and tilt is not True:
        return _best(law, as_double(positive(tilt, "tilt"), "tilt"), factor, seed)
    if theta is None:
        if tilt:
            raise InputError("tilt: no positive exponent was seen; sample without a tilt")
        return None
    few = math.log(replicas / _PLAIN_HITS) <= theta.value * math.log(factor)
    return _best(law, min(theta.value, _LARGEST_TILT), factor, seed) if tilt or few or steps is None else None


def _best(law: ProductLaw, s: float, factor: float, seed: np.random.SeedSequence) -> Tilt:
    """Of two tilts by the same power the one whose short run is worth more samples."""

    def worth(tilt: Tilt) -> float:
        spike = ProductSpike(law, factor, _PILOT_STEPS, tilt)
        found = spike.run(_PILOT, np.random.Generator(np.random.SFC64(seed)))
        return found.weight**2 / found.weight_squared if found.weight_squared > 0 else 0.0

    return max(Tilt.by_matrix(law, s), Tilt(s), key=worth)


def _network_tilt(
    network: VectorNetwork, tilt: Number | bool | None, root: np.random.SeedSequence
) -> Tilt | None:
    if tilt is None or tilt is False:
        return None
    law = network.law
    if tilt is not True:
        return _best(law, as_double(positive(tilt, "tilt"), "tilt"), 10.0, child_of(root, 2))
    theta = exponent(law, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 3))
    if theta is None:
        raise InputError("tilt: no positive exponent was seen; sample without a tilt")
    return _best(law, min(theta.value, _LARGEST_TILT), 10.0, child_of(root, 2))
