"""How much of a log-loss is noise that comes and goes within a row, and how much moves on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from catalysis.diagnosis.log import Floats

_TO_DEVIATION = 1.4826  # the median absolute deviation of a normal law times this is its deviation
_FAR = 4.0  # scales beyond which an increment belongs to a spike
_SURE = 3.0  # standard errors below 0 from which the autocorrelation counts
_FEW = 50


@dataclass(frozen=True)
class Noise:
    """Of the increments of the log-loss from row to row.

    `increment` is their scale by the median absolute deviation; `autocorrelation` that of neighbours, 0 for a walk and
    -1/2 for noise about a level; `deviation` the noise of one row: the square root of minus their covariance (as Roll,
    1984, measures the spread in prices), 0 where the autocorrelation is not below 0 by three standard errors.
    """

    increment: float
    autocorrelation: float
    deviation: float

    @classmethod
    def of(cls, log_loss: Floats) -> Noise:
        """Increments beyond four scales are left out with their neighbours, so that spikes do not count as noise."""
        d = np.diff(log_loss)
        middle, scale = _middle_and_scale(d)
        kept = np.abs(d - middle) <= _FAR * scale
        pairs = np.flatnonzero(kept[1:] & kept[:-1])
        if pairs.size < 2 or scale == 0:
            return cls(scale, 0.0, 0.0)
        c = d - d[kept].mean()
        covariance, variance = float(np.mean(c[pairs] * c[pairs + 1])), float(np.mean(c[kept] ** 2))
        correlation = covariance / variance if variance > 0 else 0.0
        if d.size < _FEW:  # too few rows to tell a walk from noise: all counts as noise
            return cls(scale, correlation, scale / math.sqrt(2))
        noisy = correlation < -_SURE / math.sqrt(pairs.size)
        deviation = min(math.sqrt(-covariance), scale / math.sqrt(2)) if noisy else 0.0
        return cls(scale, correlation, deviation)

    def to_json(self) -> dict[str, Any]:
        return {
            "increment": self.increment,
            "autocorrelation": self.autocorrelation,
            "deviation": self.deviation,
        }


def _middle_and_scale(d: Floats) -> tuple[float, float]:
    """The median, and the deviation by the median distance from it.

    Half the distance of the quartiles takes its place where it is larger, as for a walk of two factors, and the mean
    distance where half of the increments are equal.
    """
    low, middle, high = (float(q) for q in np.quantile(d, (0.25, 0.5, 0.75)))
    distances = np.abs(d - middle)
    mean = float(np.mean(distances))
    scale = _TO_DEVIATION * max(float(np.median(distances)), (high - low) / 2)
    return middle, scale if scale > 1e-6 * mean else math.sqrt(math.pi / 2) * mean


def quantile(probability: float) -> float:
    """Of the standard normal law."""
    return NormalDist().inv_cdf(probability)
