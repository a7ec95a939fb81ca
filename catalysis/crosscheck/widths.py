"""Check (f): the (n/eta)^(-theta/2) law, in the reduced map over widths 10^2 to 10^12."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.agreement import within_play
from catalysis.crosscheck.exponent import log_mean
from catalysis.crosscheck.table import CheckLine, Outcome, Series
from catalysis.simulation.estimates import Tally
from catalysis.simulation.laws import StepLaw, WalkLaw, cramer_tilt
from catalysis.simulation.rare_events import TiltedReducedMap
from catalysis.simulation.reduced_map import Start
from catalysis.simulation.streams import root_of, stream_of

WIDTHS = tuple(10**power for power in range(2, 13, 2))
_FIT_FROM = 10**4
_REPLICAS, _FEWEST, _WORK = 20_000, 1000, 4e7  # fewer replicas where their way is long
_HIGHEST = 0.1  # of x* kappa
_LARGEST_WEIGHT = 4.0  # in units of (kappa_0/c)^theta; the weights of the walk do not exceed 1
_LOSS = 0.05  # a path that reaches the level has lost about this share of L_0 - 2/x* on its way


def reachable_level(x: float, L: float) -> float:
    """A kappa on the way to which L keeps most of its distance from 2/x; x is the largest curvature.

    Climbing by factors r = x L - 1 costs L a geometric sum of terms kappa^2 x (4 - x L).
    """
    if not 2 < x * L < 4:
        return _HIGHEST / x
    way = 1 - (x * L - 1) ** -2
    return min(_HIGHEST / x, math.sqrt(_LOSS * (L - 2 / x) * way / (x * (4 - x * L))))


@dataclass(frozen=True)
class WidthLaw:
    """theta in [lower, upper] at a deflationary curvature inside the window.

    A spike is |kappa| >= c, from mu_0 = c/eta, that is kappa_0 = c/sqrt(n): P is n^(-theta/2) up to a factor
    that tends to a constant as the width grows, or goes round in a factor R^theta if all log r are multiples
    of one number.
    """

    curvature: Fraction
    lower: float
    upper: float
    walk: WalkLaw
    law: StepLaw
    learning_rate: float
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        name = f"theta/2 at lambda = {float(self.curvature):.6g}: slope of log P over widths 10^4 to 10^12"
        theta, tilt = (self.lower + self.upper) / 2, cramer_tilt(self.walk)
        if tilt is None:
            return Outcome((CheckLine(name, theta / 2, None, None, None, "no exponent in doubles"),))
        found = [self.at_width(width, tilt, index) for index, width in enumerate(WIDTHS)]
        if any(point is None for point in found):
            note = "too few samples: replicas were still under way, or their weights too uneven"
            return Outcome((CheckLine(name, theta / 2, None, None, None, note),))
        points = [point for point in found if point is not None]
        first, last = points[WIDTHS.index(_FIT_FROM)], points[-1]
        apart = math.log(WIDTHS[-1] / _FIT_FROM)
        slope = (first[0] - last[0]) / apart
        error = math.hypot(first[1], last[1]) / apart
        play = (self.upper * self.walk.largest + first[2] + last[2]) / apart
        agree = within_play(slope, self.lower / 2, self.upper / 2, play)
        line = CheckLine(name, theta / 2, slope, error, agree, f"play {play:.2g}")
        drawn = tuple(
            (math.log10(width), point[0] / math.log(10), point[1] / math.log(10))
            for width, point in zip(WIDTHS, points, strict=True)
        )
        return Outcome((line,), (Series("widths", drawn, {"theta": theta, "lambda": float(self.curvature)}),))

    @property
    def level(self) -> float:
        """c, small enough that the way up to it hardly lowers L."""
        return reachable_level(float(self.law.x.max()), self.learning_rate * float(self.curvature))

    def at_width(self, width: int, tilt: float, index: int) -> tuple[float, float, float] | None:
        """log P, its standard error and its tolerance."""
        kappa, level = self.level / math.sqrt(width), self.level
        start = Start(kappa, self.learning_rate * float(self.curvature))
        drift = self.walk.tilted(tilt).drift
        way = math.log(level / kappa) / drift + 100
        replicas = int(max(_FEWEST, min(_REPLICAS, _WORK / way)))
        tilted = TiltedReducedMap(self.law, start, level, tilt)
        hits = tilted.hits(replicas, stream_of(root_of(self.seed), index), steps=int(40 * way))
        unit = tilt * math.log(kappa / level)
        tally = Tally.of_weights(hits.log_weight, unit)
        if hits.unresolved or not tally.hits:
            return None
        if float(np.exp(hits.log_weight.max() - unit)) > _LARGEST_WEIGHT:
            return None
        return log_mean(tally, unit, _LARGEST_WEIGHT)
