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

MOST_SPIKES = 500
"""More heights are not used unless asked for: lower levels, where the law is no power yet, would outweigh chance."""

_EQUAL = 1e-5  # heights in logs that differ by less are one: walks of few factors repeat them, logs round

CONFIDENCE = 0.95


@dataclass(frozen=True)
class TailIndex:
    """alpha of P(height > h) ~ h^-alpha, from the `used` largest heights.

    Hill's estimator (1975): one over the mean of log(height/level), standard error alpha/sqrt(used); the interval is that
    of a sum of exponential variables. `variation` is the squared coefficient of variation of log(height/level), 1 for a
    power law; `p_value` how often chance alone takes it as far from 1, to either side.
    """

    value: float
    standard_error: float
    lower: float
    upper: float
    used: int
    log_level: float
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
            "variation": self.variation,
            "p_value": self.p_value,
        }

    @property
    def exponent(self) -> dict[str, float]:
        """theta of |e|: the loss is its square, so twice the index of the loss."""
        return self.scaled(2)


def tail_index(log_heights: Floats, threshold: float, used: int | None) -> tuple[TailIndex | None, str | None]:
    """The index, or None with the reason. `threshold`: the log height from which on spikes are found.

    Without `used` the largest max(20, 2 n^(2/3)) of n heights are taken, at most 500; those equal to the least of them
    belong to them too. The level is half way to the next height below, or the threshold where all are used.
    """
    n = log_heights.size
    if n < LEAST_SPIKES:
        return None, f"tail index: expected at least {LEAST_SPIKES} spikes that returned, found {n}; a longer log"
    k = min(MOST_SPIKES, max(LEAST_SPIKES, round(2 * n ** (2 / 3)))) if used is None else used
    ordered = np.sort(log_heights)[::-1]
    k = int(np.count_nonzero(ordered >= ordered[min(k, n) - 1] - _EQUAL))
    level = float(ordered[k - 1] + ordered[k]) / 2 if k < n else threshold
    excess = ordered[:k] - level
    total = float(excess.sum())
    if ordered[0] - ordered[k - 1] <= _EQUAL:
        return None, "tail index: the largest heights are all equal"
    return _index(excess, total, level), None


def _index(excess: Floats, total: float, level: float) -> TailIndex:
    k = excess.size
    value, tail = k / total, (1 - CONFIDENCE) / 2
    variation = float(np.var(excess)) * (k / total) ** 2
    return TailIndex(
        value=value,
        standard_error=value / math.sqrt(k),
        lower=chi_square(tail, 2 * k) / (2 * total),
        upper=chi_square(1 - tail, 2 * k) / (2 * total),
        used=k,
        log_level=level,
        variation=variation,
        p_value=_p_value(variation, k),
    )


def _p_value(variation: float, k: int) -> float:
    """Of the squared coefficient of variation of k exponential variables: mean (k-1)/(k+1), variance about 4/k.

    The moments are those of Greenwood's statistic; its logarithm is held against the normal law.
    """
    mean = (k - 1) / (k + 1)
    variance = 4 * k**2 * (k - 1) / ((k + 1) ** 2 * (k + 2) * (k + 3))
    spread = math.log1p(variance / mean**2)
    score = (math.log(max(variation, 1e-300) / mean) + spread / 2) / math.sqrt(spread)
    return 2 * NormalDist().cdf(-abs(score))


def chi_square(probability: float, freedom: int) -> float:
    """A quantile of the chi-square law, as Wilson and Hilferty (1931) approximate it: four digits from 40 degrees on."""
    c = 2 / (9 * freedom)
    return freedom * (1 - c + quantile(probability) * math.sqrt(c)) ** 3
