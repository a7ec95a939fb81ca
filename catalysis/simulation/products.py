"""Products of random matrices in doubles, many replicas at a time: growth, moments, theta, spikes. All measured.

Plain arrays go in: matrices of shape (m, d, d) with probabilities, or features of shape (m, d). The mean of `|e_t|^s`
is carried by few replicas, so k(s) comes from a population that is redrawn with weights `|A u|^s` in every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.result import Result, Verdict
from catalysis.simulation.estimates import Estimate, Tally
from catalysis.simulation.laws import Floats
from catalysis.simulation.memory import check_memory
from catalysis.simulation.streams import Seed, child_of, root_of, stream_of
from catalysis.simulation.walk import check_counts

_BATCHES = 32
_FIRST_SHARE = 0.1  # of the steps, until the directions have settled
_CLOSE = 1.05  # the ratio of two s between which k is taken as a line
_TURNS, _LEAST = 300, 1e-9  # of the power iteration for a tilt
_PATIENCE = 20_000  # steps of a tilted replica on its way to the level
_TYPICAL = 500  # steps after which most replicas are done
_LARGEST_LOG = 600.0


@dataclass(frozen=True, repr=False)
class Measured(Result):
    """A number with its standard error, from `steps` steps of `replicas` replicas; nothing is proved of it."""

    name: str
    value: float
    standard_error: float
    replicas: int
    steps: int

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def number(self) -> float:
        return self.value

    @property
    def formula(self) -> str:
        return r"\widehat{" + self.name + "}"

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "name": self.name,
            "estimate": self.value,
            "standard_error": self.standard_error,
            "replicas": self.replicas,
            "steps": self.steps,
        }


@dataclass(frozen=True, eq=False)
class ProductLaw:
    """One step multiplies by `matrices[i]` with probability `p[i]`; shapes (m, d, d) and (m,)."""

    matrices: Floats
    p: Floats

    def __post_init__(self) -> None:
        shape = self.matrices.shape
        if len(shape) != 3 or shape[1] != shape[2] or self.p.shape != shape[:1] or not shape[0]:
            raise InputError("matrices: expected shape (m, d, d), and as many probabilities")
        if not (np.all(self.p > 0) and abs(float(self.p.sum()) - 1) < 1e-9):
            raise InputError("p: expected positive weights that sum to 1")
        if not np.all(np.isfinite(self.matrices)):
            raise InputError("matrices: expected finite numbers")

    @classmethod
    def of_features(cls, features: Floats, p: Floats, learning_rate: float) -> Self:
        """`I - eta g g^T` for the rows g of `features`."""
        outer = features[:, :, None] * features[:, None, :]
        return cls(np.eye(features.shape[1]) - learning_rate * outer, p)

    @property
    def dimension(self) -> int:
        return int(self.matrices.shape[1])

    def draw(self, lanes: int, stream: np.random.Generator) -> np.ndarray[Any, np.dtype[np.intp]]:
        return np.searchsorted(np.cumsum(self.p)[:-1], stream.random(lanes), "right")

    def step(self, state: Floats, chosen: Any) -> Floats:
        """Each replica's state (lanes, d) times the matrix chosen for it."""
        found: Floats = np.einsum("lij,lj->li", self.matrices[chosen], state)
        return found


def _directions(lanes: int, dimension: int, stream: np.random.Generator) -> Floats:
    u = stream.standard_normal((lanes, dimension))
    found: Floats = u / np.linalg.norm(u, axis=1, keepdims=True)
    return found


def lyapunov(law: ProductLaw, *, steps: int, replicas: int, seed: Seed) -> Measured:
    """lambda_1: the mean growth of log|e| of renormalised replicas, its error from the spread between them.

    A tenth of the steps goes before. The replicas, at least 2, are independent batches.
    """
    check_counts(steps=steps, replicas=replicas)
    if replicas < 2:
        raise InputError("replicas: expected at least 2, for an error")
    check_memory(replicas * 16 * law.dimension**2, "the states of all replicas", "ask for fewer replicas")
    stream = stream_of(root_of(seed), 0)
    u, grown = _directions(replicas, law.dimension, stream), np.zeros(replicas)
    first = int(_FIRST_SHARE * steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        for t in range(first + steps):
            u = law.step(u, law.draw(replicas, stream))
            size = np.linalg.norm(u, axis=1)
            u /= size[:, None]
            if t >= first:
                grown += np.log(size)
    rates = grown / steps
    error = float(rates.std(ddof=1)) / math.sqrt(replicas)
    return Measured(r"\lambda_1", float(rates.mean()), error, replicas, steps)


def moment(law: ProductLaw, s: float, *, steps: int, replicas: int, seed: Seed) -> Measured:
    """k(s), s > 0, from a population: the mean over time of log of the mean of |A u|^s; its error by batch means.

    The population's size leaves a bias of the order 1/replicas.
    """
    check_counts(steps=steps, replicas=replicas)
    if not 0 < s < math.inf:
        raise InputError(f"s: expected a number in (0, inf), found {s}")
    if steps < _BATCHES:
        raise InputError(f"steps: expected at least {_BATCHES}")
    check_memory(replicas * 16 * law.dimension**2, "the states of all replicas", "ask for fewer replicas")
    stream = stream_of(root_of(seed), 0)
    u, logs = _directions(replicas, law.dimension, stream), np.zeros(steps)
    first = int(_FIRST_SHARE * steps) + 1
    for t in range(-first, steps):
        u = law.step(u, law.draw(replicas, stream))
        size = np.linalg.norm(u, axis=1)
        weights = size**s
        total = float(weights.sum())
        if not 0 < total < math.inf:
            raise InputError("matrices: a population vanished or overflowed at this s")
        if t >= 0:
            logs[t] = math.log(total / replicas)
        u = u[_redrawn(weights, total, stream)]
        u /= np.linalg.norm(u, axis=1, keepdims=True)
    batches = np.array([part.mean() for part in np.array_split(logs, _BATCHES)])
    error = float(batches.std(ddof=1)) / math.sqrt(_BATCHES)
    return Measured(f"k({s:.6g})", float(logs.mean()), error, replicas, steps)


def _redrawn(weights: Floats, total: float, stream: np.random.Generator) -> Any:
    """As many replicas as before, in proportion to the weights, by one draw for all (systematic)."""
    lanes = weights.size
    places = (np.arange(lanes) + stream.random()) * (total / lanes)
    return np.minimum(np.searchsorted(np.cumsum(weights), places), lanes - 1)


def exponent(
    law: ProductLaw, *, steps: int, replicas: int, seed: Seed, near: tuple[float, float] = (0.05, 16.0)
) -> Measured | None:
    """theta, the s > 0 with k(s) = 0, between `near`: by halving with common random numbers.

    None without a change of sign.
    """
    root = child_of(root_of(seed), 1)

    def k(s: float) -> Measured:
        return moment(law, s, steps=steps, replicas=replicas, seed=root)

    low, high = near
    if k(low).value >= 0 or k(high).value <= 0:
        return None
    while high > _CLOSE * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if k(middle).value <= 0 else (low, middle)
    ends = k(low), k(high)
    slope = (ends[1].value - ends[0].value) / (high - low)
    if not slope > 0:
        return None
    s = low - ends[0].value / slope
    error = max(end.standard_error for end in ends) / slope
    return Measured(r"\theta", s, error, replicas, steps)


@dataclass(frozen=True, eq=False)
class Tilt:
    """The law by which a rare spike is drawn: p_i V(A_i e), normalised in every step; V is homogeneous of degree s.

    V(e) = |e|^s, or |root^T e|^s, or in the plane |e|_inf^s v, v a function of the direction with `values`
    at `nodes` in [0, 4) (linear between, see `place`). Every tilt gives the same probability; the eigenfunction of
    k(s) = 0 gives the least error.
    """

    s: float
    nodes: Floats | None = None
    values: Floats | None = None
    root: Floats | None = None

    @classmethod
    def by_matrix(cls, law: ProductLaw, s: float) -> Self:
        """With root root^T the matrix that grows fastest under Q -> sum p_i A_i^T Q A_i: the eigenfunction at s = 2."""
        q = np.eye(law.dimension)
        for _ in range(_TURNS):
            q = np.einsum("m,mki,kl,mlj->ij", law.p, law.matrices, q, law.matrices, optimize=True)
            size = float(np.trace(q))
            if not 0 < size < math.inf:
                return cls(s)
            q = (q + q.T) / (2 * size) + _LEAST * np.eye(law.dimension)
        return cls(s, root=np.asarray(np.linalg.cholesky(q), np.float64))

    def log_of(self, y: Floats) -> Floats:
        """log V of vectors along the last axis."""
        with np.errstate(divide="ignore"):
            if self.root is not None:
                return self.s * np.log(norm_of(y @ self.root, maximum=False))
            if self.nodes is None or self.values is None:
                return self.s * np.log(norm_of(y, maximum=False))
            around = np.append(self.nodes, 4.0), np.append(self.values, self.values[0])
            weighed: Floats = np.log(np.interp(place(y), *around))
            return weighed + self.s * np.log(norm_of(y, maximum=True))


def place(y: Floats) -> Floats:
    """The direction of vectors of the plane as a number in [0, 4]: (1, tau - 1) up to 2, (3 - tau, 1) beyond."""
    with np.errstate(all="ignore"):
        first = np.abs(y[..., 1]) <= np.abs(y[..., 0])
        tau = np.where(first, y[..., 1] / y[..., 0] + 1, 3 - y[..., 0] / y[..., 1])
    return np.where(np.isfinite(tau), tau, 0.0)


def norm_of(y: Floats, maximum: bool) -> Floats:
    """The maximum norm, or the Euclidean one, along the last axis."""
    found: Floats = np.abs(y).max(axis=-1) if maximum else np.sqrt(np.einsum("...i,...i->...", y, y))
    return found


@dataclass(frozen=True, eq=False)
class ProductSpike:
    """Does |e_t| reach `factor` |e_0| within `steps` steps (None: ever, by a tilt alone)?

    From `start`, or from a direction drawn anew for each replica, all alike. The norm is Euclidean or the maximum.
    """

    law: ProductLaw
    factor: float
    steps: int | None
    tilt: Tilt | None = None
    start: Floats | None = None
    maximum: bool = False
    lanes: int = 2048
    log_largest: float = math.inf

    def __post_init__(self) -> None:
        if not 1 < self.factor < math.inf:
            raise InputError(f"factor: expected a number above 1, found {self.factor}")
        if self.steps is None and self.tilt is None:
            raise InputError("steps: expected a number; only a tilted walk can do without")
        if self.start is not None and (self.start.shape != (self.law.dimension,) or not np.any(self.start)):
            raise InputError(f"start: expected {self.law.dimension} numbers, not all 0")
        check_memory(
            self.lanes * 32 * self.law.dimension**2 * self.law.p.size,
            "all lanes",
            "ask for a smaller data set",
        )

    @property
    def work(self) -> float:
        each = self.law.dimension**2 * (1 if self.tilt is None else 4 * self.law.p.size)
        return 8.0 * each * min(self.steps or _PATIENCE, _TYPICAL)

    @property
    def log_unit(self) -> float:
        return 0.0 if self.tilt is None else -self.tilt.s * math.log(self.factor)

    def prepare(self) -> Callable[[int, np.random.Generator], Tally]:
        return self.run

    def run(self, lanes: int, stream: np.random.Generator) -> Tally:
        """The tally of so many replicas."""
        state = self._begin(lanes, stream)
        log_weight, hit = np.zeros(lanes), np.full(lanes, -math.inf)
        who, done, all_steps = np.arange(lanes), 0, 0
        while who.size and done < (self.steps or _PATIENCE):
            chosen, change = choice(self.law, state, self.tilt, stream)
            state, log_weight = self.law.step(state, chosen), log_weight + change
            done, all_steps = done + 1, all_steps + who.size
            size = norm_of(state, self.maximum)
            over = size >= self.factor * (1 - 1e-12)
            hit[who[over]] = log_weight[over]
            left = ~over & (size > 0)
            who, state, log_weight = who[left], state[left], log_weight[left]
        unresolved = float(who.size) if self.steps is None else 0.0
        return Tally.of_weights(hit, self.log_unit, steps=float(all_steps), unresolved=unresolved)

    def _begin(self, lanes: int, stream: np.random.Generator) -> Floats:
        if self.start is None:
            begin = _directions(lanes, self.law.dimension, stream)
        else:
            begin = np.repeat(np.asarray(self.start, np.float64)[None], lanes, axis=0)
        found: Floats = begin / norm_of(begin, self.maximum)[:, None]
        return found


def spike_probability(
    law: ProductLaw,
    start: Floats | None,
    factor: float,
    *,
    replicas: int,
    seed: Seed,
    steps: int | None,
    tilt: Tilt | None = None,
    maximum: bool = False,
) -> Estimate:
    """P(|e_t| >= factor |e_0| for some t <= steps), plainly or by a tilt; see `ProductSpike`."""
    check_counts(replicas=replicas, **({} if steps is None else {"steps": steps}))
    spike = ProductSpike(law, factor, steps, tilt, start, maximum)
    root = root_of(seed)
    tally = Tally.total(
        spike.run(min(spike.lanes, replicas - first), stream_of(root, first // spike.lanes))
        for first in range(0, replicas, spike.lanes)
    )
    return Estimate.of(tally, spike.log_unit, weighted=tilt is not None)


def choice(
    law: ProductLaw, state: Floats, tilt: Tilt | None, stream: np.random.Generator
) -> tuple[Any, Floats]:
    """The matrix drawn for each state, and log(plain/tilted) of what was drawn."""
    lanes = len(state)
    if tilt is None:
        return law.draw(lanes, stream), np.zeros(lanes)
    rows = law.matrices.reshape(-1, law.dimension)
    images = (state @ rows.T).reshape(lanes, law.p.size, law.dimension)
    logs = tilt.log_of(images) - tilt.log_of(state)[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        shares = law.p * np.exp(np.minimum(logs, _LARGEST_LOG))
    reached = np.cumsum(shares, axis=1)
    total = reached[:, -1]
    chosen = (stream.random(lanes)[:, None] * total[:, None] > reached).sum(axis=1)
    chosen = np.minimum(chosen, law.p.size - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(law.p[chosen] * total / shares[np.arange(lanes), chosen])
    return chosen, change
