"""The network on inputs in R^D, linear activation: one sample a step, exactly through its Gram matrix.

With `v_r = (a_r, w_r)` and `M = n^-1 sum v_r v_r^T` a step on the sample s is `M' = (I - c B) M (I - c B)`,
`B = [[0, s^T], [s, 0]]`, `c = eta M_(0,1:) . s`: no width is too large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.laws import Floats
from catalysis.simulation.memory import check_memory
from catalysis.simulation.streams import Seed, root_of, stream_of
from catalysis.simulation.walk import check_counts

_DIVERGED = 1e12


@dataclass(frozen=True, eq=False)
class VectorNetworkEnds:
    """What became of each replica, arrays of shape (replicas,). The loss is `sum p_i F(s_i)^2 / 2`, labels 0.

    `largest_first`, `largest_last`: max K_ii of the tangent kernel at the start and at the end (inf after divergence).
    """

    loss_first: Floats
    loss_peak: Floats
    loss_last: Floats
    largest_first: Floats
    largest_last: Floats


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
        values = np.einsum("mi,lij,mj->lm", s, gram[:, 1:, 1:], s) + gram[:, 0, 0, None] * (s * s).sum(axis=1)
        found: Floats = values.max(axis=1)
        return found


def vector_network_ends(
    network: VectorNetwork, *, steps: int, replicas: int, seed: Seed
) -> VectorNetworkEnds:
    """Run `replicas` replicas over `steps` steps, one sample a step. Raises InputError, MemoryNeeded."""
    check_counts(steps=steps, replicas=replicas)
    check_memory(replicas * 64 * (network.inputs.shape[1] + 1) ** 2, "all replicas", "ask for fewer replicas")
    stream = stream_of(root_of(seed), 0)
    gram = network.start(replicas, stream)
    first, largest, lost = network.loss(gram), network.largest(gram), np.zeros(replicas, np.bool_)
    peak = first.copy()
    for _ in range(steps):
        chosen = np.searchsorted(np.cumsum(network.p)[:-1], stream.random(replicas), "right")
        with np.errstate(all="ignore"):
            gram = network.step(gram, network.inputs[chosen])
            lost |= ~(network.learning_rate * network.largest(gram) < _DIVERGED)
        gram[lost] = 0.0
        peak = np.maximum(peak, network.loss(gram))
    end = network.loss(gram)
    return VectorNetworkEnds(
        first,
        np.where(lost, math.inf, peak),
        np.where(lost, math.inf, end),
        largest,
        np.where(lost, math.inf, network.largest(gram)),
    )
