"""Check (g): the reduced map against all neurons of the network, step by step along the same samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from catalysis import full_network
from catalysis.crosscheck.table import CheckLine, Outcome
from catalysis.simulation.laws import Floats
from catalysis.simulation.network import starting_weights
from catalysis.simulation.reduced_map import Lanes, advance
from catalysis.simulation.streams import root_of, stream_of

Activation = Literal["linear", "relu"]

_WIDTH, _REPLICAS, _STEPS = 64, 16, 200
_NUDGE = 1e-9
_ROUNDING = 1e-15  # of one step of the network, against L
_PLAY = 20.0


@dataclass(frozen=True)
class NetworkAgainstMap:
    """Networks of 64 neurons beside the map at the same width, fed with the same samples.

    s: the inputs, shape (m,), with probabilities p. `x` is what the map is told the curvatures s^2 are.
    Two copies of the map, started 1e-9 L apart, measure how much a path magnifies an error.
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
        mu = 0.01 * root / (eta * largest)
        mu = min(mu, self.curvature * root / 4)
        a, w = starting_weights(self.curvature, mu, _WIDTH, _REPLICAS, stream)
        maps = [self.map_of(a, w, side) for side in self.sides]
        nudged = [self.map_of(a, w, side, _NUDGE) for side in self.sides]
        magnified = [np.ones(_REPLICAS) for _ in self.sides]
        valid = np.ones(_REPLICAS, np.bool_)
        worst = allowed = 0.0
        agree = True
        for _ in range(_STEPS):
            chosen = np.searchsorted(np.cumsum(self.p)[:-1], stream.random(_REPLICAS), "right")
            a, w, flipped = self.network_step(a, w, chosen)
            valid &= ~flipped.any(axis=-1)
            for side, lanes, moved, most in zip(self.sides, maps, nudged, magnified, strict=True):
                for state in (lanes, moved):
                    self.map_step(state, chosen, side)
                there = self.map_of(a, w, side)
                np.maximum(most, _apart(moved, lanes) / _NUDGE, out=most)
                difference = _apart(there, lanes)[valid]
                play = _PLAY * _ROUNDING * _STEPS * most[valid]
                agree = agree and bool(np.all(difference <= play))
                worst = max(worst, float(difference.max(initial=0.0)))
                allowed = max(allowed, float(play.max(initial=0.0)))
        kind = "full batch" if self.full_batch else "single samples"
        name = f"network of {_WIDTH} neurons against the map, {self.activation}, {kind}: difference"
        kept = int(np.count_nonzero(valid))
        note = f"within {allowed:.1g}" if kept == _REPLICAS else f"{kept} of {_REPLICAS} paths without a flip"
        return Outcome((CheckLine(name, 0.0, worst, None, agree if kept else None, note),))

    @property
    def sides(self) -> tuple[int, ...]:
        """The sign classes; 0 is all neurons."""
        return (0,) if self.activation == "linear" else (1, -1)

    @property
    def slope(self) -> float:
        return 1.0 if self.activation == "linear" else 0.0

    def map_of(self, a: Floats, w: Floats, side: int, nudge: float = 0.0) -> Lanes:
        """kappa and L of one class of neurons."""
        sums = full_network.sums(a, w) if side == 0 else full_network.class_sums(a, w)[0 if side > 0 else 1]
        scale = self.learning_rate / math.sqrt(_WIDTH)
        L = self.learning_rate * sums.curvature
        return Lanes(scale * sums.mu + nudge * L, L * (1 + nudge))

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
    """The larger difference of kappa and L against L, lane by lane."""
    difference: Floats = np.maximum(np.abs(one.kappa - other.kappa), np.abs(one.L - other.L)) / other.L
    return difference
