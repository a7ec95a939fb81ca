"""Check (g): the reduced map against all neurons of the network, step by step with the same samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from catalysis.crosscheck.table import CheckLine, Outcome
from catalysis.simulation import network_step as full_network
from catalysis.simulation.laws import Floats
from catalysis.simulation.network import starting_weights
from catalysis.simulation.reduced_map import Lanes, advance
from catalysis.simulation.streams import root_of, stream_of

Activation = Literal["linear", "relu"]

_WIDTH, _REPLICAS, _STEPS = 64, 16, 200

_ROUNDING = 1e-12
"""More than rounding can make of one step, against lambda: sums of 64 products and x lambda eta below 2.4."""


@dataclass(frozen=True)
class NetworkAgainstMap:
    """Networks of 64 neurons beside the map at the same width, fed with the same samples.

    s: the inputs, shape (m,), with probabilities p. `x` is what the map is told the curvatures s^2 are. Each step
    of the map starts from the sums that the network has then, so that no path can magnify what rounding does.
    """

    activation: Activation
    full_batch: bool
    s: Floats
    x: Floats
    p: Floats
    curvature: float
    learning_rate: float
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        stream = stream_of(root_of(self.seed), 0)
        largest, eta, root = float((self.s**2).max()), self.learning_rate, math.sqrt(_WIDTH)
        mu = min(0.01 * root / (eta * largest), self.curvature * root / 4)
        a, w = starting_weights(self.curvature, mu, _WIDTH, _REPLICAS, stream)
        worst, compared = 0.0, 0
        for _ in range(_STEPS):
            chosen = np.searchsorted(np.cumsum(self.p)[:-1], stream.random(_REPLICAS), "right")
            scale = eta * full_network.sums(a, w).curvature
            maps = [self.map_of(a, w, side) for side in self.sides]
            a, w, flipped = self.network_step(a, w, chosen)
            kept = ~flipped.any(axis=-1)
            compared += int(np.count_nonzero(kept))
            for side, lanes in zip(self.sides, maps, strict=True):
                self.map_step(lanes, chosen, side)
                difference = _apart(self.map_of(a, w, side), lanes) / scale
                worst = max(worst, float(difference[kept].max(initial=0.0)))
        kind = "full batch" if self.full_batch else "single samples"
        name = f"network of {_WIDTH} neurons against the map, {self.activation}, {kind}: a step apart"
        note = f"{compared} steps, within {_ROUNDING:g}"
        return Outcome((CheckLine(name, 0.0, worst, None, worst <= _ROUNDING if compared else None, note),))

    @property
    def sides(self) -> tuple[int, ...]:
        """The sign classes; 0 is all neurons."""
        return (0,) if self.activation == "linear" else (1, -1)

    @property
    def slope(self) -> float:
        return 1.0 if self.activation == "linear" else 0.0

    def map_of(self, a: Floats, w: Floats, side: int) -> Lanes:
        """kappa and L of one class of neurons."""
        sums = full_network.sums(a, w) if side == 0 else full_network.class_sums(a, w)[0 if side > 0 else 1]
        return Lanes(self.learning_rate / math.sqrt(_WIDTH) * sums.mu, self.learning_rate * sums.curvature)

    def map_step(self, lanes: Lanes, chosen: np.ndarray[tuple[int], np.dtype[np.int64]], side: int) -> None:
        seen = np.ones(self.s.size) if side == 0 else (np.sign(self.s) == side).astype(np.float64)
        x = self.x * seen
        table = np.full(1, float(self.p @ x)) if self.full_batch else x
        codes = np.zeros_like(chosen) if self.full_batch else chosen
        advance(codes[None], table, lanes.kappa, lanes.L, lanes.top)

    def network_step(
        self, a: Floats, w: Floats, chosen: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> full_network.NetworkStep:
        if self.full_batch:
            samples, weights = self.s[:, None], self.p
        else:
            samples, weights = self.s[chosen][:, None, None], np.ones(1)
        return full_network.step(a, w, samples, learning_rate=self.learning_rate, slope=self.slope, p=weights)


def _apart(one: Lanes, other: Lanes) -> Floats:
    """The larger difference of kappa and of L, lane by lane."""
    difference: Floats = np.maximum(np.abs(one.kappa - other.kappa), np.abs(one.L - other.L))
    return difference
