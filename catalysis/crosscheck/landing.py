"""Check (e): the final curvature of simulated SGD lies in the certified set {G <= 0}."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalysis.crosscheck.agreement import COMPARISON_ALARM
from catalysis.crosscheck.table import CheckLine, Outcome, Series
from catalysis.simulation.laws import Floats, StepLaw, WalkLaw, cramer_tilt
from catalysis.simulation.reduced_map import Lanes, ReducedMap, Start
from catalysis.simulation.streams import root_of, stream_of

Zone = tuple[tuple[float, float], ...]

_START = 1e-3  # |x* kappa|
_ROUND = 4000  # steps after which the landed are counted
_ENOUGH = 0.9  # share of replicas that must have landed for a verdict
_GONE = math.log(1e-30)
"""A replica inside the zone whose |x* kappa| is below this has landed."""

_CALM = 40.0  # squares of kappa below exp(-40) / x* change no double L
_LEVEL = 1e-9  # a drift smaller than this is too small for its sign


@dataclass(frozen=True)
class Landing:
    """SGD started at `curvature`: where does its curvature end? `zone` is the certified set, open intervals."""

    curvature: float
    zone: Zone
    law: StepLaw
    learning_rate: float
    seed: np.random.SeedSequence
    replicas: int = 4096
    rounds: int = 40

    def run(self) -> Outcome:
        largest, eta = float(self.law.x.max()), self.learning_rate
        reduced, stream = ReducedMap(self.law), stream_of(root_of(self.seed), 0)
        lanes = Lanes.begin(Start(_START / largest, eta * self.curvature), self.replicas)
        landed: list[Floats] = []
        for _ in range(self.rounds):
            reduced.run(lanes, _ROUND, stream)
            settled = self.inside(lanes.L / eta) & (lanes.log_kappa() + math.log(largest) < _GONE)
            landed.append(lanes.L[settled] / eta)
            lanes.keep(~settled)
            if not lanes.L.size:
                break
        return self.outcome(np.concatenate(landed), lanes)

    def inside(self, curvature: Floats) -> npt.NDArray[np.bool_]:
        """Is the curvature in the zone?"""
        hit = np.zeros(curvature.shape, np.bool_)
        for low, high in self.zone:
            hit |= (low <= curvature) & (curvature <= high)
        return hit

    def outcome(self, landed: Floats, left: Lanes) -> Outcome:
        """Those not landed may be under way or frozen (kappa = 0), but not deep down outside the zone."""
        frozen = left.kappa == 0
        strays = ~frozen
        depth = -(left.log_kappa()[strays] + math.log(float(self.law.x.max())))
        contradicting = int(
            np.count_nonzero(depth > self.unlikely_depth(left.L[strays] / self.learning_rate))
        )
        share = landed.size / self.replicas
        lines = [
            CheckLine(
                f"final lambda in {{G <= 0}}, from lambda_0 = {self.curvature:.6g}",
                " or ".join(f"({low:.6g}, {high:.6g})" for low, high in self.zone),
                share,
                math.sqrt(share * (1 - share) / self.replicas),
                False
                if contradicting
                else True
                if share + np.count_nonzero(frozen) / self.replicas > _ENOUGH
                else None,
                _note(
                    contradicting,
                    int(np.count_nonzero(strays)) - contradicting,
                    int(np.count_nonzero(frozen)),
                ),
            )
        ]
        if len(self.zone) > 1:
            for low, high in self.zone:
                piece = float(np.count_nonzero((low <= landed) & (landed <= high))) / self.replicas
                error = math.sqrt(piece * (1 - piece) / self.replicas)
                name = f"... share that ends in ({low:.6g}, {high:.6g})"
                lines.append(CheckLine(name, None, piece, error, None))
        points = tuple((float(value), 0.0, 0.0) for value in landed)
        numbers = {"zone": self.zone, "lambda": self.curvature}
        return Outcome(tuple(lines), (Series("landing", points, numbers),))

    def unlikely_depth(self, curvature: Floats) -> Floats:
        """How far below |x* kappa| = 1 no replica gets at these curvatures, if G > 0 there; inf inside the zone.

        Below exp(-_CALM) the curvature stands still, and log|kappa| is a walk that drifts upwards. It falls by D
        with a chance of at most exp(-s D), where s > 0 and sum p_i r_i^-s = 1. All replicas may try that at
        every step.
        """
        depth = np.full(curvature.shape, math.inf)
        tries = self.replicas * self.rounds * _ROUND
        for index in np.flatnonzero(~self.inside(curvature)):
            with np.errstate(divide="ignore"):
                falls = -np.log(np.abs(1 - self.learning_rate * float(curvature[index]) * self.law.x))
            drop = float(self.law.p @ falls)
            if drop > _LEVEL:  # doubles see G < 0: nothing leads back up
                depth[index] = _CALM
            elif drop < -_LEVEL and float(falls.max()) < math.inf:
                rate = cramer_tilt(WalkLaw(falls, self.law.p / self.law.p.sum()))
                if rate is not None:
                    depth[index] = _CALM + math.log(tries / COMPARISON_ALARM) / rate
        return depth


def _note(contradicting: int, under_way: int, frozen: int) -> str:
    parts = []
    if contradicting:
        parts.append(f"{contradicting} came to rest elsewhere")
    if under_way:
        parts.append(f"{under_way} still under way")
    if frozen:
        parts.append(f"{frozen} frozen at kappa = 0")
    return ", ".join(parts)
