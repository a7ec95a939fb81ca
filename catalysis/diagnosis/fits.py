"""Whether spikes rise and fall as products do: log-loss straight in time, against a power of time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalysis.diagnosis.log import Floats, LossLog
from catalysis.diagnosis.spikes import Spike

LEAST_ROWS = 4
"""Shorter flanks say nothing about their form."""

MOST_SPIKES = 1000
"""The highest ones are looked at, no more than these."""


@dataclass(frozen=True)
class Flank:
    """Rises, or falls: their mean rate, and which of two lines with as many parameters lies closer.

    `exponential` of `spikes` flanks are closer to log-loss = a + b t than to a + b log(1 + t), with t counted in rows;
    `p_value` is that of a fair coin, two-sided. `r_squared` and `power_r_squared` are medians.
    """

    rate: float | None
    spikes: int
    exponential: int
    p_value: float | None
    r_squared: float | None
    power_r_squared: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "spikes": self.spikes,
            "exponential": self.exponential,
            "p_value": self.p_value,
            "r_squared": self.r_squared,
            "power_r_squared": self.power_r_squared,
        }


def rises(log: LossLog, spikes: Sequence[Spike]) -> Flank:
    """From start to peak."""
    chosen = _highest(spikes)
    rows = [(one.rows[0], one.rows[1]) for one in chosen]
    total = sum(one.peak - one.start for one in spikes)
    return _flank(log, rows, sum(one.log_height for one in spikes), total)


def falls(log: LossLog, spikes: Sequence[Spike]) -> Flank:
    """From peak to return; spikes that did not return are left out."""
    back = [one for one in spikes if one.fall is not None]
    rows = [(one.rows[1], one.rows[2]) for one in _highest(back)]
    fallen = sum(one.fall * (one.end - one.peak) for one in back if one.fall is not None)
    return _flank(log, rows, fallen, sum(one.end - one.peak for one in back))


def _highest(spikes: Sequence[Spike]) -> list[Spike]:
    return sorted(spikes, key=lambda one: -one.log_height)[:MOST_SPIKES]


def _flank(log: LossLog, rows: Iterable[tuple[int, int]], change: float, steps: float) -> Flank:
    fits = [fit for a, b in rows if b - a + 1 >= LEAST_ROWS and (fit := _two_fits(log.log_loss[a : b + 1]))]
    rate = change / steps if steps > 0 else None
    if not fits:
        return Flank(rate, 0, 0, None, None, None)
    closer = sum(straight > power for straight, power in fits)
    medians = np.median(np.array(fits), axis=0)
    return Flank(rate, len(fits), closer, fair_coin(closer, len(fits)), float(medians[0]), float(medians[1]))


def _two_fits(values: Floats) -> tuple[float, float] | None:
    """R^2 of a line in time, and in the logarithm of time; None for a flank without any change."""
    t = np.arange(values.size, dtype=np.float64)
    if np.ptp(values) == 0:
        return None
    return _r_squared(t, values), _r_squared(np.log1p(t), values)


def _r_squared(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    shared, own, other = float(x @ y), float(x @ x), float(y @ y)
    return shared * shared / (own * other)


def fair_coin(heads: int, throws: int) -> float:
    """How often a fair coin falls at least as unevenly."""
    low = min(heads, throws - heads)
    below = sum(math.comb(throws, i) for i in range(low + 1))
    return min(1.0, 2 * below / (1 << throws))
