"""Check (d): the certified exponent against simulated spike probabilities of the linear walk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.agreement import empirical_bernstein, within_play
from catalysis.crosscheck.table import CheckLine, Outcome
from catalysis.simulation.estimates import Tally
from catalysis.simulation.laws import WalkLaw, cramer_tilt
from catalysis.simulation.rare_events import TiltedWalk
from catalysis.simulation.streams import root_of, stream_of

_REPLICAS, _FEWEST, _WORK = 40_000, 2000, 2e8  # fewer replicas where their way is long
_MOST_WORK = 2e10
_LARGEST_TOLERANCE = 0.5  # of log P
_LOW, _HIGH = 5.0, 105.0  # log K, in units of the largest step of the walk


@dataclass(frozen=True)
class LogProbability:
    """log P(sup |mu_t| >= K |mu_0|), estimated: its standard error, and the tolerance of a comparison."""

    log_factor: float
    value: float
    error: float
    tolerance: float


@dataclass(frozen=True)
class LinearExponent:
    """theta in [lower, upper] at one deflationary curvature."""

    curvature: Fraction
    lower: float
    upper: float
    law: WalkLaw
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        tilt = cramer_tilt(self.law)
        at, step = f"lambda = {float(self.curvature):.6g}", self.law.largest
        if tilt is None:
            note = "the doubles of the simulation see no exponent here"
            return Outcome((CheckLine(f"theta at {at}", self.lower, None, None, None, note),))
        if self.effort(tilt) > _MOST_WORK:
            note = "too few samples: the walk would take too long to show its exponent"
            return Outcome((CheckLine(f"theta at {at}", self.lower, None, None, None, note),))
        low, high = (
            log_probability(self.law, units * step, tilt, stream_of(root_of(self.seed), index))
            for index, units in enumerate((_LOW, _HIGH))
        )
        return Outcome((self.inside_lundberg(at, low), self.slope(at, low, high)))

    def effort(self, tilt: float) -> float:
        """Steps of all replicas on their way to the higher level."""
        drift = self.law.without_idle().tilted(tilt).drift
        return _FEWEST * _HIGH * self.law.largest / drift if drift > 0 else math.inf

    def inside_lundberg(self, at: str, found: LogProbability) -> CheckLine:
        """P lies between (K R)^-theta and K^-theta, R the largest factor."""
        low = -self.upper * (found.log_factor + self.law.largest)
        high = -self.lower * found.log_factor
        agree: bool | None = low - found.tolerance <= found.value <= high + found.tolerance
        if agree and found.tolerance > _LARGEST_TOLERANCE:
            agree = None
        certified = f"[{math.exp(low):.4g}, {math.exp(high):.4g}]"
        value = math.exp(found.value)
        name = f"P(sup|mu| >= {math.exp(found.log_factor):.4g}|mu_0|) at {at}"
        note = "too few samples" if agree is None else ""
        return CheckLine(name, certified, value, value * found.error, agree, note)

    def slope(self, at: str, low: LogProbability, high: LogProbability) -> CheckLine:
        """-d log P / d log K is theta, within the play that the Lundberg bounds leave between two levels."""
        apart = high.log_factor - low.log_factor
        slope = (low.value - high.value) / apart
        error = math.hypot(low.error, high.error) / apart
        play = self.upper * self.law.largest / apart + (low.tolerance + high.tolerance) / apart
        agree = within_play(slope, self.lower, self.upper, play)
        theta = (self.lower + self.upper) / 2
        return CheckLine(f"theta at {at}: slope of log P", theta, slope, error, agree, f"play {play:.2g}")


def log_probability(
    law: WalkLaw, log_factor: float, tilt: float, stream: np.random.Generator
) -> LogProbability:
    """By importance sampling; every tilt gives the same answer, up to its error."""
    way = log_factor / law.without_idle().tilted(tilt).drift
    replicas = int(max(_FEWEST, min(_REPLICAS, _WORK / way)))
    hits = TiltedWalk.of(law, log_factor, tilt).hits(replicas, stream)
    if hits.unresolved:
        raise AssertionError(f"{hits.unresolved} tilted walks did not reach their level")
    unit = -tilt * log_factor
    tally = Tally.of_weights(hits.log_weight, unit)
    return LogProbability(log_factor, *log_mean(tally, unit, 1.0))


def log_mean(tally: Tally, log_unit: float, largest: float) -> tuple[float, float, float]:
    """The log of a mean weight, its standard error and its tolerance; no weight exceeds `largest` units."""
    n, mean = int(tally.samples), tally.weight / tally.samples
    variance = max(0.0, tally.weight_squared / n - mean * mean) * n / (n - 1)
    relative = empirical_bernstein(variance, largest, n) / mean
    tolerance = math.inf if relative >= 1 else -math.log1p(-relative)
    return math.log(mean) + log_unit, math.sqrt(variance / n) / mean, tolerance
