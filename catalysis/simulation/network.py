"""The network itself: every weight of all n neurons, many replicas at a time.

The gradient step is `full_network.step`; here are the starts, the batches and the bookkeeping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol, Self

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation import network_step as full_network
from catalysis.simulation.laws import Floats, as_double, check_curvature
from catalysis.simulation.memory import check_memory
from catalysis.simulation.reduced_map import DIVERGED
from catalysis.simulation.streams import Seed, root_of, stream_of
from catalysis.simulation.walk import check_counts
from catalysis.simulation.words import Integers

BYTES_PER_WEIGHT = 100
"""What one step takes for each neuron of each replica, about."""

_CACHED = 2**18  # neurons that advance together
_ON_DEVICE = 2**23


class ExactSample(Protocol):
    """What a simulation reads from a sample."""

    @property
    def s(self) -> Fraction | None: ...

    @property
    def x(self) -> Fraction: ...

    @property
    def p(self) -> Fraction: ...

    @property
    def count(self) -> int | None: ...


@dataclass(frozen=True, eq=False)
class Batches:
    """Which samples one step takes: the inputs `s` of shape (m,), their probabilities `p`, and how many.

    `kind` "single", "minibatch" (of `size`, drawn without replacement from `counts` if given) or
    "full_batch".
    """

    s: Floats
    p: Floats
    kind: Literal["single", "minibatch", "full_batch"] = "single"
    size: int = 1
    counts: Integers | None = None

    @classmethod
    def of(
        cls,
        samples: tuple[ExactSample, ...],
        kind: Literal["single", "minibatch", "full_batch"] = "single",
        size: int = 1,
        replacement: bool = True,
        *,
        signed: bool = False,
    ) -> Self:
        """From a data set's samples, rounded to doubles. `signed`: the sign of s matters.

        Raises InputError where a sign or a count is needed and unknown.
        """
        if signed and any(sample.s is None for sample in samples):
            raise InputError("s: expected inputs with their signs, found only squares x")
        values = [math.sqrt(as_double(v.x, "x")) if v.s is None else as_double(v.s, "s") for v in samples]
        counts = None
        if kind == "minibatch" and not replacement:
            if any(sample.count is None for sample in samples):
                raise InputError("count: expected counts for a minibatch without replacement")
            counts = np.array([sample.count for sample in samples], np.int64)
        return cls(np.array(values), np.array([float(v.p) for v in samples]), kind, size, counts)

    def draw(self, lanes: int, stream: np.random.Generator) -> tuple[Floats, Floats]:
        """For each lane the inputs of one step, shape (lanes, b, 1) or (m, 1), and their weights."""
        if self.kind == "single":
            chosen = np.searchsorted(np.cumsum(self.p)[:-1], stream.random(lanes), "right")
            return self.s[chosen][:, None, None], np.ones(1)
        if self.kind == "full_batch":
            return self.s[:, None], self.p
        if self.counts is None:
            drawn = stream.multinomial(self.size, self.p / self.p.sum(), lanes)
        else:
            drawn = stream.multivariate_hypergeometric(self.counts, self.size, lanes)
        return self.s[:, None], drawn / self.size


@dataclass(frozen=True, eq=False)
class NetworkEnds:
    """What became of each replica, arrays of shape (replicas,).

    `peak`: sup |kappa| over t = 0..steps with kappa = eta mu / sqrt(n), inf after divergence; `log_kappa` and
    `L = eta lambda` at the end; `flips`: how many neurons left their sign class at some step (counted again
    at each), 0 for the linear activation. Reduced maps say nothing about replicas with flips.
    """

    peak: Floats
    log_kappa: Floats
    L: Floats
    flips: Integers


def starting_weights(
    curvature: float, mu: float, width: int, lanes: int, stream: np.random.Generator
) -> tuple[Floats, Floats]:
    """Random networks with exactly these sums: a of shape (lanes, n) and w of shape (lanes, n, 1).

    The directions of a + w and a - w are uniform, their lengths are what mu and lambda ask for. Raises
    ValueError if no network has such sums, that is unless `2 |mu| <= lambda sqrt(n)`.
    """
    sums = width * curvature / 2 + np.array([1.0, -1.0]) * math.sqrt(width) * mu
    if np.any(sums < -1e-12 * width * curvature):
        raise InputError("no network has this start: expected |mu0| <= lambda sqrt(width) / 2")
    plus, minus = stream.standard_normal((2, lanes, width))
    plus *= np.sqrt(max(sums[0], 0.0) / np.sum(plus * plus, axis=-1, keepdims=True))
    minus *= np.sqrt(max(sums[1], 0.0) / np.sum(minus * minus, axis=-1, keepdims=True))
    return (plus + minus) / math.sqrt(2), ((plus - minus) / math.sqrt(2))[..., None]


@dataclass(frozen=True, eq=False)
class Network:
    """Networks of one width with their batches, started at given sums."""

    batches: Batches
    learning_rate: float
    width: int
    curvature: float
    mu: float
    slope: float = 1.0

    def __post_init__(self) -> None:
        check_counts(width=self.width)
        check_curvature(self.curvature)
        if not (self.mu != 0 and math.isfinite(self.mu)):
            raise InputError(f"mu0: expected a number that is not 0, found {self.mu}")
        if 2 * abs(self.mu) > self.curvature * math.sqrt(self.width) * (1 + 1e-12):
            raise InputError("no network has this start: expected |mu0| <= lambda sqrt(width) / 2")
        self.check_memory()

    def check_memory(self, processes: int = 1) -> None:
        """Raises MemoryNeeded if so many processes, each with its replicas, would not fit."""
        what = "one replica" if processes == 1 else f"one replica in each of {processes} processes"
        offer = "take a smaller width, or the reduced map" + (", or fewer workers" if processes > 1 else "")
        check_memory(processes * self.width * BYTES_PER_WEIGHT, what, offer)

    @property
    def lanes(self) -> int:
        """Replicas that advance together."""
        return max(1, min(1024, _CACHED // self.width))

    @property
    def lanes_on_device(self) -> int:
        """So many that a device is busy, within a gigabyte of its memory."""
        return max(1, min(1024, _ON_DEVICE // self.width))

    def run(self, steps: int, lanes: int, stream: np.random.Generator, xp: Any = np) -> NetworkEnds:
        """Run `lanes` replicas from random starts over `steps` steps, from one stream.

        Starts and batches are drawn by numpy; the weights move as arrays of the namespace `xp`, on its device.
        """
        a, w = map(xp.asarray, starting_weights(self.curvature, self.mu, self.width, lanes, stream))
        scale = self.learning_rate / math.sqrt(self.width)
        peak, flips = xp.full(lanes, abs(scale * self.mu)), xp.zeros(lanes, dtype=xp.int64)
        diverged = xp.zeros(lanes) != 0
        for _ in range(steps):
            s, p = map(xp.asarray, self.batches.draw(lanes, stream))
            with np.errstate(all="ignore"):
                moved = full_network.step(
                    a, w, s, learning_rate=self.learning_rate, slope=self.slope, p=p, xp=xp
                )
                a, w = moved.a, moved.w
                now = full_network.sums(a, w, xp)
                lost = ~(self.learning_rate * now.curvature < DIVERGED)
            if xp.any(lost):
                diverged |= lost
                a[lost], w[lost] = 0.0, 0.0
            peak = xp.maximum(peak, xp.where(lost, 0.0, xp.abs(scale * now.mu)))
            flips += xp.where(diverged, 0, xp.count_nonzero(moved.flipped, axis=-1))
        ends = full_network.sums(a, w, xp)
        with np.errstate(divide="ignore"):
            log_kappa = xp.log(xp.abs(scale * ends.mu))
        return NetworkEnds(
            to_numpy(xp.where(diverged, xp.inf, peak)),
            to_numpy(log_kappa),
            to_numpy(xp.where(diverged, xp.inf, self.learning_rate * ends.curvature)),
            to_numpy(flips),
        )


def to_numpy(array: Any) -> Any:
    """An array of any namespace as one of numpy; CuPy's come from the device by `get`."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def network_ends(network: Network, *, steps: int, replicas: int, seed: Seed) -> NetworkEnds:
    """Run `replicas` replicas over `steps` steps (both at least 1).

    Raises InputError for bad arguments, MemoryNeeded.
    """
    check_counts(steps=steps, replicas=replicas)
    check_memory(replicas * 40, "the arrays of all replicas", "ask for fewer replicas at a time")
    root, lanes = root_of(seed), network.lanes
    parts = [
        network.run(steps, min(lanes, replicas - first), stream_of(root, first // lanes))
        for first in range(0, replicas, lanes)
    ]
    names = ("peak", "log_kappa", "L", "flips")
    return NetworkEnds(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))
