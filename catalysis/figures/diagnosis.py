"""A loss log with its spikes, and the tail of their heights with the fitted power. Measured."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from catalysis.diagnosis.diagnosis import Diagnosis
from catalysis.diagnosis.log import Floats
from catalysis.diagnosis.spikes import Spike
from catalysis.diagnosis.tail import TailIndex
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, panels, power_of_ten, styled, tint

_LOG10 = math.log(10)
_BINS = 2000
_NAMED = 12
_DIGITS_UP_TO = math.log(1e6)


def draw_diagnosis(result: Diagnosis, size: Size = "page") -> Drawn:
    """The loss in powers of ten with its baseline; where there are spikes, each above it, and how many are how high."""
    with styled():
        figure, axes = panels(3 if result.spikes else 1, 2.8, size)
        _curve(axes[0], result)
        if result.spikes:
            _heights(axes[1], result)
            _tail(axes[2], result)
        name, end = result.log.name.replace("$", r"\$"), " " if size == "page" else "\n"
        figure.suptitle(f"{name}:{end}{result.phase.value}", fontsize=8.5)
        return Drawn(figure, _caption(result), "measured")


def _curve(axes: Axes, result: Diagnosis) -> None:
    log = result.log
    steps, low, high = _envelope(log.steps, log.log_loss / _LOG10)
    if log.rows > _BINS:
        axes.fill_between(steps, low, high, color="0.35", lw=0.4, label="loss")
    else:
        axes.plot(steps, high, color="0.35", lw=0.8, label="loss")
    base_steps, base, _ = _envelope(log.steps, result.rule.baseline(log.log_loss) / _LOG10)
    axes.plot(base_steps, base, color=DEFLATIONARY, lw=1.0, label="baseline")
    if log.diverged is not None:
        axes.axvline(log.diverged, color=INFLATIONARY, ls="--", lw=1, label="not finite from here")
    axes.set(xlabel="step", ylabel="log₁₀ loss")
    axes.legend(loc="best")


def _heights(axes: Axes, result: Diagnosis) -> None:
    """The loss over its baseline: every spike with its height, the highest with the factor in digits."""
    log, rule = result.log, result.rule
    steps, _, above = _envelope(log.steps, (log.log_loss - rule.baseline(log.log_loss)) / _LOG10)
    axes.plot(steps, above, color="0.6", lw=0.6)
    peaks = [one.peak for one in result.spikes]
    heights = [one.log_height / _LOG10 for one in result.spikes]
    axes.vlines(peaks, 0, heights, color=tint(INFLATIONARY), lw=0.8)
    count = f"{len(peaks)} spike{'s' if len(peaks) != 1 else ''}"
    axes.plot(peaks, heights, "v", color=INFLATIONARY, ms=3, label=count)
    axes.axhline(rule.threshold / _LOG10, color="0.3", lw=0.7, ls="--", label="a spike from here")
    for one in _named(result):
        place = (one.peak, one.log_height / _LOG10)
        axes.annotate(
            _factor(one), place, xytext=(0, 3), textcoords="offset points", ha="center", fontsize=6.5
        )
    axes.set(xlabel="step", ylabel="log₁₀ of loss / baseline", ylim=(0, 1.45 * max(heights)))
    axes.legend(loc="upper left")


def _named(result: Diagnosis) -> list[Spike]:
    """The highest ones, as far as their names do not meet."""
    room, found = (result.log.steps[-1] - result.log.steps[0]) / 6, list[Spike]()
    for one in sorted(result.spikes, key=lambda spike: -spike.log_height)[:_NAMED]:
        if all(abs(one.peak - other.peak) > room for other in found):
            found.append(one)
    return found


def _factor(one: Spike) -> str:
    if one.log_height > _DIGITS_UP_TO:
        return f"×{power_of_ten(round(one.log_height / _LOG10))}"
    return f"×{float(f'{math.exp(one.log_height):.3g}'):,.9g}"


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
    axes.set(xlabel="log₁₀ height h", ylabel="log₁₀ number of spikes ≥ h")
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
    label = f"Hill: h to the −{tail.value:.2f}\n(θ ≈ {2 * tail.value:.2f})"
    axes.plot(places, start - tail.value * (places - level), color=DEFLATIONARY, lw=1.3, label=label)


def _caption(result: Diagnosis) -> str:
    tail = "" if result.tail is None else " The exponent of |e| is twice the index of the loss."
    return (
        f"Measured, nothing is proved: {len(result.spikes)} stretches in which the loss is at least "
        f"{math.exp(min(result.rule.threshold, 700)):.3g} times its baseline, the least of {result.rule.window} rows; "
        f"looks like: {result.phase.value}, since {result.why}.{tail}"
    )
