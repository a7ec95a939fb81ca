"""The network on inputs in R^D, linear activation: one sample a step, exactly through its Gram matrix.

With `v_r = (a_r, w_r)` and `M = n^-1 sum v_r v_r^T` a step on the sample s is `M' = (I - c B) M (I - c B)`,
`B = [[0, s^T], [s, 0]]`, `c = eta M_(0,1:) . s`: no width is too large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.laws import Floats
from catalysis.simulation.memory import check_memory
from catalysis.simulation.products import ProductLaw, Tilt, choice, norm_of
from catalysis.simulation.streams import Seed, root_of, stream_of
from catalysis.simulation.walk import check_counts

_DIVERGED = 1e12  # times the curvature of the start: the trace of M, which is at least K_ii/|s_i|^2
_LANES = 4096


@dataclass(frozen=True, eq=False)
class VectorNetworkEnds:
    """What became of each replica, arrays of shape (replicas,). The loss is `sum p_i F(s_i)^2 / 2`, labels 0.

    `largest_first`, `largest_last`: max K_ii of the tangent kernel at the start and at the end (inf after divergence).
    `hit`: log(plain/tilted) of the path up to the level, -inf where it was not reached.
    """

    loss_first: Floats
    loss_peak: Floats
    loss_last: Floats
    largest_first: Floats
    largest_last: Floats
    hit: Floats

    @classmethod
    def joined(cls, parts: Sequence[VectorNetworkEnds]) -> VectorNetworkEnds:
        return cls(*(np.concatenate([getattr(one, f.name) for one in parts]) for f in fields(cls)))


@dataclass(frozen=True)
class Level:
    """What counts as a spike: |mu_t| reaches `factor` |mu_0|, or eta |mu_t| / n^(1/2) reaches `kappa`.

    mu = n^(1/2) M_(0,1:), so F(s) = mu . s; in the linear regime mu is the walk's state.
    """

    factor: float | None = None
    kappa: float | None = None

    def of(self, network: VectorNetwork, gram: Floats) -> Floats:
        """The level of |M_(0,1:)| for each replica."""
        if self.kappa is not None:
            return np.full(len(gram), self.kappa / network.learning_rate)
        found: Floats = norm_of(gram[:, 0, 1:], maximum=False) * (self.factor or math.inf)
        return found


@dataclass(frozen=True, eq=False)
class VectorNetwork:
    """Networks of one width with Gaussian weights of variance lambda/2: `K_ij = lambda s_i . s_j` at the start, about.

    `inputs` (m, D) with probabilities `p`.
    """

    inputs: Floats
    p: Floats
    learning_rate: float
    width: int
    curvature: float = 1.0

    def __post_init__(self) -> None:
        check_counts(width=self.width)
        if self.inputs.ndim != 2 or self.p.shape != self.inputs.shape[:1]:
            raise InputError("inputs: expected shape (m, D), and as many probabilities")
        if self.width <= self.inputs.shape[1]:
            raise InputError("width: expected more neurons than inputs have entries")

    def start(self, lanes: int, stream: np.random.Generator) -> Floats:
        """Gram matrices (lanes, D + 1, D + 1) of random weights, by Bartlett's triangle."""
        size = self.inputs.shape[1] + 1
        triangle = np.tril(stream.standard_normal((lanes, size, size)), -1)
        places = np.arange(size)
        triangle[:, places, places] = np.sqrt(stream.chisquare(self.width - places, (lanes, size)))
        found: Floats = triangle @ np.swapaxes(triangle, 1, 2) * (self.curvature / (2 * self.width))
        return found

    def step(self, gram: Floats, samples: Floats) -> Floats:
        """One step of each replica on its own sample, (lanes, D)."""
        u = np.pad(samples, ((0, 0), (1, 0)))
        output, moved = gram[:, 0], np.einsum("lij,lj->li", gram, u)  # M e_0, M u
        crossed = np.einsum("li,li->l", output, u)
        c = self.learning_rate * crossed
        a = c[:, None] * moved - (c * c * crossed)[:, None] * u
        a[:, 0] -= c * c * np.einsum("li,li->l", u, moved) / 2
        b = c[:, None] * output - (c * c * gram[:, 0, 0] / 2)[:, None] * u
        change = u[:, :, None] * b[:, None, :]
        change[:, 0] += a
        found: Floats = gram - change - np.swapaxes(change, 1, 2)
        return found

    def loss(self, gram: Floats) -> Floats:
        """F(s) = n^(1/2) M_(0,1:) . s."""
        outputs = gram[:, 0, 1:] @ self.inputs.T
        found: Floats = self.width * (outputs * outputs) @ self.p / 2
        return found

    def largest(self, gram: Floats) -> Floats:
        """max K_ii, K_ii = s^T M_ww s + M_aa |s|^2."""
        s = self.inputs
        values = ((s @ gram[:, 1:, 1:]) * s).sum(axis=2) + gram[:, 0, 0, None] * (s * s).sum(axis=1)
        found: Floats = values.max(axis=1)
        return found

    @property
    def law(self) -> ProductLaw:
        """The linear regime at the curvature of the start: what a tilt is made of."""
        return ProductLaw.of_features(self.inputs, self.p, self.learning_rate * self.curvature)


@dataclass(frozen=True, eq=False)
class NetworkRun:
    """Replicas of a network over `steps` steps, tilted until the level is reached, plain from there.

    With `first_passage` a replica ends at the level, and its last values are those of the start.
    """

    network: VectorNetwork
    steps: int
    level: Level = Level()
    tilt: Tilt | None = None
    first_passage: bool = False

    def run(self, lanes: int, stream: np.random.Generator) -> VectorNetworkEnds:
        net, law = self.network, self.network.law
        gram = net.start(lanes, stream)
        first, largest = net.loss(gram), net.largest(gram)
        level, weight, hit = self.level.of(net, gram), np.zeros(lanes), np.full(lanes, -math.inf)
        ends = np.stack([first, first, largest])  # peak, last loss, last max K_ii
        who = np.arange(lanes)  # what still moves: `gram` and `peak` are theirs
        peak = first.copy()
        for _ in range(self.steps):
            chosen = law.draw(who.size, stream)
            if self.tilt is not None:
                open_ = np.flatnonzero(hit[who] == -math.inf)
                chosen[open_], change = choice(law, gram[open_, 0, 1:], self.tilt, stream)
                weight[who[open_]] += change
            with np.errstate(all="ignore"):
                gram = net.step(gram, net.inputs[chosen])
                lost = ~(np.trace(gram, axis1=1, axis2=2) < _DIVERGED * net.curvature)
                over = (norm_of(gram[:, 0, 1:], maximum=False) >= level[who]) | lost
            reached = who[over & (hit[who] == -math.inf)]
            hit[reached] = weight[reached]
            peak = np.maximum(peak, np.where(lost, math.inf, net.loss(gram)))
            leave = lost | (over & self.first_passage)
            if np.any(leave):
                ends[:, who[lost]] = math.inf
                who, gram, peak = who[~leave], gram[~leave], peak[~leave]
            if not who.size:
                break
        ends[:, who] = peak, net.loss(gram), net.largest(gram)
        return VectorNetworkEnds(first, ends[0], ends[1], largest, ends[2], hit)

    def block(self, job: tuple[int, int, np.random.SeedSequence]) -> VectorNetworkEnds:
        """Replicas by number and stream: any process can do it."""
        lanes, index, root = job
        return self.run(lanes, stream_of(root, index))

    def jobs(self, replicas: int, seed: Seed) -> list[tuple[int, int, np.random.SeedSequence]]:
        root = root_of(seed)
        check_memory(replicas * 64, "all replicas", "ask for fewer replicas")
        check_memory(
            _LANES * 64 * (self.network.inputs.shape[1] + 1) ** 2, "one block", "ask for fewer features"
        )
        return [
            (min(_LANES, replicas - first), first // _LANES, root) for first in range(0, replicas, _LANES)
        ]


def vector_network_ends(
    network: VectorNetwork,
    *,
    steps: int,
    replicas: int,
    seed: Seed,
    level: Level | None = None,
    tilt: Tilt | None = None,
) -> VectorNetworkEnds:
    """Run `replicas` replicas over `steps` steps, one sample a step. Raises InputError, MemoryNeeded."""
    check_counts(steps=steps, replicas=replicas)
    run = NetworkRun(network, steps, level or Level(), tilt)
    return VectorNetworkEnds.joined([run.block(job) for job in run.jobs(replicas, seed)])
