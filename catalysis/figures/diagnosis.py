"""A loss log with its spikes, and the tail of their heights with the fitted power. Measured."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from catalysis.diagnosis.diagnosis import Diagnosis
from catalysis.diagnosis.log import Floats
from catalysis.diagnosis.tail import TailIndex
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, WINDOW, panels, styled, tint

_LOG10 = math.log(10)
_BINS = 2000
_SHADED = 200


def draw_diagnosis(result: Diagnosis, size: Size = "page") -> Drawn:
    """The loss in powers of ten with baseline and spikes; where there are spikes, how many are how high."""
    with styled():
        figure, axes = panels(2 if result.spikes else 1, 2.8, size)
        _curve(axes[0], result)
        if result.spikes:
            _tail(axes[1], result)
        figure.suptitle(f"{result.log.name.replace('$', chr(92) + '$')}: {result.phase.value}", fontsize=8.5)
        return Drawn(figure, _caption(result), "measured")


def _curve(axes: Axes, result: Diagnosis) -> None:
    log = result.log
    steps, low, high = _envelope(log.steps, log.log_loss / _LOG10)
    if log.rows > _BINS:
        axes.fill_between(steps, low, high, color="0.35", lw=0.4)
    else:
        axes.plot(steps, high, color="0.35", lw=0.8)
    base_steps, base, _ = _envelope(log.steps, result.rule.baseline(log.log_loss) / _LOG10)
    axes.plot(base_steps, base, color=DEFLATIONARY, lw=1.0, label="baseline")
    for one in sorted(result.spikes, key=lambda spike: -spike.log_height)[:_SHADED]:
        axes.axvspan(one.start, one.end, color=tint(WINDOW), lw=0)
    rows = [one.rows[1] for one in result.spikes]
    count = f"peaks of {len(rows)} spike{'s' if len(rows) != 1 else ''}"
    axes.plot(log.steps[rows], log.log_loss[rows] / _LOG10, ".", color=INFLATIONARY, ms=4, label=count)
    if log.diverged is not None:
        axes.axvline(log.diverged, color=INFLATIONARY, ls="--", lw=1, label="not finite from here")
    axes.set(xlabel="step", ylabel="log₁₀ loss")
    axes.legend(loc="best")


def _envelope(steps: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Least and largest of each of so many stretches; the rows themselves where they are few."""
    if values.size <= _BINS:
        return steps, values, values
    starts = np.linspace(0, values.size, _BINS, endpoint=False).astype(int)
    return steps[starts], np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


def _tail(axes: Axes, result: Diagnosis) -> None:
    heights = np.sort([one.log_height for one in result.spikes if one.returned])[::-1] / _LOG10
    counts = np.arange(1, heights.size + 1)
    axes.plot(
        heights, np.log10(counts), drawstyle="steps-pre", marker=".", ms=4, color="0.35", label="spikes"
    )
    if result.tail is not None:
        _fit(axes, result.tail, heights)
    axes.set(xlabel="log₁₀ height h (factor of the loss)", ylabel="log₁₀ number of spikes ≥ h")
    axes.legend(loc="best")


def _fit(axes: Axes, tail: TailIndex, heights: Floats) -> None:
    level = tail.log_level / _LOG10
    places = np.linspace(level, max(float(heights[0]), level + 0.1), 50)
    start = math.log10(tail.used)
    axes.fill_between(
        places,
        start - tail.upper * (places - level),
        start - tail.lower * (places - level),
        color=tint(DEFLATIONARY),
        lw=0,
        label="95 % interval",
    )
    label = f"Hill: h to the −{tail.value:.2f}, ϑ ≈ {2 * tail.value:.2f}"
    axes.plot(places, start - tail.value * (places - level), color=DEFLATIONARY, lw=1.3, label=label)


def _caption(result: Diagnosis) -> str:
    tail = "" if result.tail is None else " The exponent of |e| is twice the index of the loss."
    return (
        f"Measured, nothing is proved: {len(result.spikes)} stretches in which the loss is at least "
        f"{math.exp(min(result.rule.threshold, 700)):.3g} times its baseline, the least of {result.rule.window} rows; "
        f"looks like: {result.phase.value}, since {result.why}.{tail}"
    )
