"""Check (e): the final curvature of simulated SGD lies in the certified set {G <= 0}."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalysis.crosscheck.table import CheckLine, Outcome, Series
from catalysis.simulation.laws import Floats, StepLaw
from catalysis.simulation.reduced_map import Lanes, ReducedMap, Start
from catalysis.simulation.streams import root_of, stream_of

Zone = tuple[tuple[float, float], ...]

_START = 1e-3  # |x* kappa|
_ROUND = 4000  # steps after which the landed are counted
_ENOUGH = 0.9  # share of replicas that must have landed for a verdict
_GONE = math.log(1e-30)
"""A replica inside the zone whose |x* kappa| is below this has landed."""


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
        """Those not landed must be frozen (kappa = 0) or so near a zero of G that they had no time to tell."""
        frozen = left.kappa == 0
        strays = left.L[~frozen] / self.learning_rate
        contradicting = int(np.count_nonzero(self.had_time(strays)))
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
                _note(contradicting, strays.size - contradicting, int(np.count_nonzero(frozen))),
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

    def had_time(self, curvature: Floats) -> npt.NDArray[np.bool_]:
        """Would a walk of |kappa| at this curvature have shown its drift, up or down, in the time given?

        In T steps the drift g moves it by g T, chance by sqrt(variance T): the chance that it hides the
        drift is below exp(-g^2 T / (2 variance)).
        """
        with np.errstate(divide="ignore"):
            logs = np.log(np.abs(1 - self.learning_rate * curvature[:, None] * self.law.x))
        logs = np.maximum(logs, -1e3)
        drift = logs @ self.law.p
        variance = (logs - drift[:, None]) ** 2 @ self.law.p
        time = _ROUND * self.rounds
        shown: npt.NDArray[np.bool_] = np.abs(drift) > np.maximum(2000 / time, np.sqrt(100 * variance / time))
        return shown


def _note(contradicting: int, slow: int, frozen: int) -> str:
    parts = []
    if contradicting:
        parts.append(f"{contradicting} elsewhere")
    if slow:
        parts.append(f"{slow} next to a zero of G, undecided")
    if frozen:
        parts.append(f"{frozen} frozen at kappa = 0")
    return ", ".join(parts)
