"""The tail index of the heights of spikes, by Hill's estimator, with its error and a check of the power law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from catalysis.diagnosis.log import Floats
from catalysis.diagnosis.noise import quantile

LEAST_SPIKES = 20
"""Below so many heights no tail index is given."""

MOST_USED = 500
"""More heights are not used unless asked for: the law is a power only far up."""

LEAST_ABOVE = 10
"""So many heights have to lie above the level, as they are counted."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class TailIndex:
    """alpha of P(height > h) ~ h^-alpha, from the largest heights.

    Hill's estimator (1975), one over the mean of log(height/level), with each log height spread evenly over
    `spread`, the rise of one row: a walk of few factors has heights on a lattice, and a level next to one of its points
    would count them all or none. `used` heights are above the level, parts counted as parts; standard error
    alpha/sqrt(used); the interval is that of a sum of exponential variables. `variation` is the squared coefficient
    of variation of log(height/level), 1 for a power law; `p_value` how often chance alone takes it as far from 1.
    """

    value: float
    standard_error: float
    lower: float
    upper: float
    used: float
    log_level: float
    spread: float
    variation: float
    p_value: float

    def scaled(self, times: float) -> dict[str, float]:
        return {
            "estimate": times * self.value,
            "standard_error": times * self.standard_error,
            "lower": times * self.lower,
            "upper": times * self.upper,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            **self.scaled(1),
            "confidence": CONFIDENCE,
            "used": self.used,
            "log_level": self.log_level,
            "spread": self.spread,
            "variation": self.variation,
            "p_value": self.p_value,
        }

    @property
    def exponent(self) -> dict[str, float]:
        """theta of |e|: the loss is its square, so twice the index of the loss."""
        return self.scaled(2)


def tail_index(
    log_heights: Floats, threshold: float, spread: float, used: int | None
) -> tuple[TailIndex | None, str | None]:
    """The index, or None with the reason. `threshold`: the log height from which on spikes are found.

    The level lies half way below the k-th largest of n heights, k = `used`, or 2 sqrt(n) but 20 to 500 without it;
    at least half a `spread` above the threshold, where all heights are seen.
    """
    n = log_heights.size
    if n < LEAST_SPIKES:
        found = f"expected at least {LEAST_SPIKES} spikes that returned, found {n}"
        return None, f"tail index: {found}; a longer log would give more"
    k = min(MOST_USED, max(LEAST_SPIKES, round(2 * math.sqrt(n)))) if used is None else used
    ordered = np.sort(log_heights)[::-1]
    level = float(ordered[k - 1] + ordered[k]) / 2 if k < n else threshold
    level = max(level, threshold + spread / 2)
    above, first, second = _moments(log_heights - level, spread)
    if above < LEAST_ABOVE:
        return None, f"tail index: expected {LEAST_ABOVE} heights above the level, found {above:.3g}"
    value, tail = above / first, (1 - CONFIDENCE) / 2
    variation = above * second / first**2 - 1
    return TailIndex(
        value=value,
        standard_error=value / math.sqrt(above),
        lower=chi_square(tail, 2 * above) / (2 * first),
        upper=chi_square(1 - tail, 2 * above) / (2 * first),
        used=above,
        log_level=level,
        spread=spread,
        variation=variation,
        p_value=_p_value(variation, above),
    ), None


def _moments(x: Floats, d: float) -> tuple[float, float, float]:
    """Sums of 1, of x and of x^2 over what lies above 0, each x spread evenly over a width d > 0."""
    whole = x[x >= d / 2]
    top = x[np.abs(x) < d / 2] + d / 2  # the part above 0 of those that straddle it
    return (
        whole.size + float(top.sum()) / d,
        float(whole.sum()) + float((top**2).sum()) / (2 * d),
        float((whole**2).sum()) + whole.size * d * d / 12 + float((top**3).sum()) / (3 * d),
    )


def _p_value(variation: float, k: float) -> float:
    """Of the squared coefficient of variation of k exponential variables, to either side.

    Its moments are those of Greenwood's statistic; its logarithm is held against the normal law.
    """
    mean = (k - 1) / (k + 1)
    variance = 4 * k**2 * (k - 1) / ((k + 1) ** 2 * (k + 2) * (k + 3))
    spread = math.log1p(variance / mean**2)
    score = (math.log(max(variation, 1e-300) / mean) + spread / 2) / math.sqrt(spread)
    return 2 * NormalDist().cdf(-abs(score))


def chi_square(probability: float, freedom: float) -> float:
    """A quantile of the chi-square law, by Wilson and Hilferty (1931): three digits from 20 degrees on."""
    c = 2 / (9 * freedom)
    return freedom * (1 - c + quantile(probability) * math.sqrt(c)) ** 3
