"""The rule that finds spikes: a baseline, a threshold above the noise, a start and a return."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalysis.diagnosis.log import Floats, LossLog, plain
from catalysis.diagnosis.noise import Noise, quantile

FALSE_ALARMS = 0.05
"""The chance that normal noise about a level gives any spike at all, at most about this."""

SMOOTHING = 25
"""Rows whose median smooths a noisy log under its baseline."""

RETURN = 0.1
"""A spike has returned within this part of log(factor) of its baseline, or within two deviations of the noise."""

_MEDIAN_ERROR = math.sqrt(math.pi / 2)  # of a median over the deviation, times the root of the rows
_BLOCK = 100_000


@dataclass(frozen=True)
class Rule:
    """Thresholds in log-loss above the baseline; `window` and `smoothing` count rows."""

    factor: float
    window: int
    noise: Noise
    smoothing: int
    threshold: float
    back: float

    @classmethod
    def of(cls, log_loss: Floats, factor: float, window: int) -> Rule:
        """The threshold is log(factor), or what normal noise of this size passes in one of twenty logs."""
        noise = Noise.of(log_loss)
        sigma = noise.deviation
        smoothing = SMOOTHING if sigma > 0 else 1
        reach = quantile(1 - FALSE_ALARMS / log_loss.size) * (1 + _MEDIAN_ERROR / math.sqrt(smoothing))
        log_factor = math.log(factor)
        return cls(
            factor,
            window,
            noise,
            smoothing,
            max(log_factor, reach * sigma),
            max(RETURN * log_factor, 2 * sigma),
        )

    def baseline(self, log_loss: Floats) -> Floats:
        """The least of the last `window` rows, after the median of the last `smoothing`."""
        return trailing_minimum(trailing_median(log_loss, self.smoothing), self.window)

    def to_json(self) -> dict[str, Any]:
        return {
            "factor": self.factor,
            "window": self.window,
            "smoothing": self.smoothing,
            "threshold": number_or_text(self.threshold),
            "return": number_or_text(self.back),
            "noise": self.noise.to_json(),
        }


@dataclass(frozen=True)
class Spike:
    """One spike: steps, and logarithms of the loss. `fall` and `length` end with the return, if there is one."""

    start: float
    peak: float
    end: float
    rows: tuple[int, int, int]
    """The rows of start, peak and end."""
    log_height: float
    """log of the loss at the peak over the baseline."""
    rise: float
    """log-loss per step from start to peak."""
    fall: float | None
    returned: bool
    following: float | None
    """Steps from this start to that of the next spike."""
    rate: float | None

    @property
    def length(self) -> float:
        return self.end - self.start

    def to_json(self) -> dict[str, Any]:
        return {
            "from": plain(self.start),
            "peak": plain(self.peak),
            "to": plain(self.end),
            "height": number_or_text(self.log_height),
            "log_height": self.log_height,
            "rise": self.rise,
            "fall": self.fall,
            "length": plain(self.length),
            "returned": self.returned,
            "next": None if self.following is None else plain(self.following),
            "eta": self.rate,
        }


def number_or_text(log_value: float) -> float | str:
    """A number given by its logarithm; text where no double holds it."""
    return math.exp(log_value) if log_value < 709 else f"exp({log_value!r})"


def find_spikes(log: LossLog, rule: Rule) -> tuple[Spike, ...]:
    """All spikes, in order.

    Each is a longest run of rows from the last that is at the baseline (within the return level) before the excess
    reaches the threshold, to the first that is there again. A log that begins above its baseline has no spike there:
    its rise was not seen.
    """
    base = rule.baseline(log.log_loss)
    excess = log.log_loss - base
    rows, last = np.arange(log.rows), log.rows - 1
    low = excess <= rule.back
    before = np.maximum.accumulate(np.where(low, rows, -1))
    high = np.flatnonzero((excess >= rule.threshold) & (before >= 0))
    if not high.size:
        return ()
    after = np.minimum.accumulate(np.where(low, rows, last + 1)[::-1])[::-1]
    starts, index = np.unique(before[high], return_index=True)
    ends = after[high[index]]
    following = [*np.diff(log.steps[starts]).tolist(), None]
    return tuple(
        _spike(log, int(a), min(int(b), last), b <= last, float(base[a]), gap)
        for a, b, gap in zip(starts, ends, following, strict=True)
    )


def _spike(log: LossLog, start: int, end: int, returned: bool, base: float, following: float | None) -> Spike:
    peak = start + int(np.argmax(log.log_loss[start : end + 1]))
    steps, height = log.steps, float(log.log_loss[peak]) - base
    fell = float(log.log_loss[peak] - log.log_loss[end])
    return Spike(
        start=float(steps[start]),
        peak=float(steps[peak]),
        end=float(steps[end]),
        rows=(start, peak, end),
        log_height=height,
        rise=height / float(steps[peak] - steps[start]),
        fall=fell / float(steps[end] - steps[peak]) if returned and end > peak else None,
        returned=bool(returned),
        following=following,
        rate=None if log.rates is None or not np.isfinite(log.rates[start]) else float(log.rates[start]),
    )


def trailing_minimum(values: Floats, window: int) -> Floats:
    """The least of the last `window` values at each place (of all before it, at first), in linear time.

    Blocks of `window`: a stretch that ends in one block is the end of the block before and the start of this one
    (van Herk 1992; Gil and Werman 1993).
    """
    n = values.size
    if window >= n:
        return np.minimum.accumulate(values)
    blocks = -(-n // window)
    padded = np.full(blocks * window, np.inf)
    padded[:n] = values
    table = padded.reshape(blocks, window)
    forward = np.minimum.accumulate(table, axis=1).ravel()
    backward = np.minimum.accumulate(table[:, ::-1], axis=1)[:, ::-1].ravel()
    found = forward[:n].copy()
    found[window - 1 :] = np.minimum(found[window - 1 :], backward[: n - window + 1])
    return found


def trailing_median(values: Floats, width: int) -> Floats:
    """The median of the last `width` values at each place; of the first `width` at the first places.

    An odd width, so that it never falls while the values stay above it: a baseline does not fall during a spike.
    """
    if width == 1:
        return values
    width = min(width, (values.size - 1) // 2 * 2 + 1)
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    medians = [np.median(windows[first : first + _BLOCK], axis=1) for first in range(0, len(windows), _BLOCK)]
    return np.concatenate([np.full(width - 1, medians[0][0]), *medians])
