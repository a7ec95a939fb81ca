"""Pictures of single answers: an exponent, a probability, exponents of batches, a start followed."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from catalysis.choices.batch_sizes import BatchComparison, BatchLine
from catalysis.exact.balls import log_size
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import decimal
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import CramerExponent, Regime
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.plots import plain_name
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, PALETTE, STABLE, panels, styled
from catalysis.nonlinear.phase import Phase
from catalysis.simulation import Start, StepLaw, trajectories
from catalysis.spikes.lundberg import LundbergBounds
from catalysis.spikes.probability import HittingProbability

_LOG10 = math.log(10)
_MOST_STEPS, _AFTER = 400, 25
_LEAST_STEPS = 30


def exponent(result: CramerExponent, size: Size) -> Drawn:
    """The moment whose second zero theta is. Raises InputError where theta is 0, infinite or not decided."""
    found = result.enclosure
    if found is None:
        raise InputError(
            f"plot: a {result.regime.value} curvature has no exponent to draw (it is 0 or infinite)"
        )
    walk, theta = result.walk, float(found)
    rates = np.abs(1 - float(result.curvature) * walk.float_rates)
    with styled():
        figure, (axes,) = panels(1, 2.8, size)
        powers = np.linspace(0, 1.35 * theta, 400)[1:]
        logs = (
            powers[:, None] * np.log(np.maximum(rates, 1e-300))[None, :] + np.log(walk.float_weights)[None, :]
        )
        axes.plot(powers, np.logaddexp.reduce(logs, axis=1), color="black", lw=1.1)
        axes.axhline(0, color="0.5", lw=0.7)
        axes.axvspan(float(found.lower), float(found.upper), color=DEFLATIONARY, lw=1.5)
        axes.annotate(f"θ = {decimal(found.midpoint)}", (theta, 0), xytext=(-6, 6), textcoords="offset points",
                      ha="right", color=DEFLATIONARY)  # fmt: skip
        axes.set(xlim=(0, powers[-1]), xlabel="power s", ylabel="log E |1 − ηλx|ˢ")
        axes.set_title(f"{plain_name(walk, size)}, λ = {decimal(result.curvature)}", loc="left")
    caption = (
        "The moment E|1 - eta lambda x|^s over the power s (curve from doubles), and the exponent theta, its one "
        f"power above 0 with the moment 1: proved to lie in [{', '.join(found.decimals(12))}] (E2)."
    )
    return Drawn(figure, caption, "proved")


def spike(result: HittingProbability | LundbergBounds, size: Size) -> Drawn:
    """Lundberg's bounds over the factor, and what is proved at the one asked. Raises InputError out of their "
    "regime."""
    walk, curvature = result.walk, result.curvature
    theta = result.exponent.enclosure
    if walk is None or curvature is None or theta is None:
        raise InputError(
            "plot: expected a deflationary curvature of a data set; elsewhere a spike is sure or impossible"
        )
    factor = result.factor if isinstance(result, HittingProbability) else result.level
    power = (
        log_size(factor) / _LOG10 / (2 if isinstance(result, HittingProbability) and result.squared else 1)
    )
    largest = math.log10(max(float(curvature * walk.largest_rate) - 1, 1.0))
    with styled():
        figure, (axes,) = panels(1, 2.8, size)
        heights = np.linspace(0, 1.4 * power, 60)
        low, high = -float(theta.upper) * (heights + largest), -float(theta.lower) * heights
        axes.fill_between(heights, low, high, color=DEFLATIONARY, alpha=0.3, lw=0, label="Lundberg's bounds")
        bounds = result.enclosure
        if bounds is not None and bounds.upper > 0:
            ends = [log_size(end) / _LOG10 for end in (bounds.lower, bounds.upper) if end > 0]
            axes.plot(
                [power] * len(ends),
                ends,
                color=INFLATIONARY,
                marker="_",
                ms=9,
                lw=2,
                label="proved at this factor",
            )
        axes.set(xlim=(0, heights[-1]), xlabel="log₁₀ of the factor K", ylabel="log₁₀ P(K)", ylim=(None, 0))
        axes.set_title(f"{plain_name(walk, size)}, λ = {decimal(curvature)}", loc="left")
        axes.legend(loc="lower left")
    return Drawn(figure, f"P(sup |mu_t| >= K |mu_0|), linear regime. Shaded: {_strip(theta)}", "proved")


def _strip(theta: Enclosure) -> str:
    lower, upper = theta.decimals(6)
    return (
        f"between (K R)^-theta and K^-theta, R the largest factor of a step, theta in [{lower}, {upper}] (S3; drawn "
        "from doubles). The mark: the bounds proved at the factor asked."
    )


def batches(result: BatchComparison, size: Size) -> Drawn:
    """theta of each kind of step; an arrow where it is infinite. Raises InputError where none is decided."""
    lines = [line for line in result.lines if line.regime is not None]
    if not lines:
        raise InputError("plot: expected an exponent that is decided, found none")
    finite = [float(line.exponent.enclosure) for line in lines if line.exponent.enclosure is not None]
    top = 1.25 * max([*finite, 1.0])
    with styled():
        figure, (axes,) = panels(1, 2.8, size)
        for place, line in enumerate(lines):
            _bar(axes, place, line, top)
        axes.set_xticks(range(len(lines)), [_size(line) for line in lines])
        axes.set(
            ylim=(0, top), xlim=(-0.6, len(lines) - 0.4), xlabel="samples a step", ylabel="Cramér exponent θ"
        )
        axes.set_title(f"λ = {decimal(result.curvature)}", loc="left")
    caption = (
        "The Cramér exponent of each kind of step, proved to more digits than can be drawn (E1, E2); 0: "
        "inflationary; "
        "to the top and marked: infinite, no step enlarges |mu|."
    )
    return Drawn(figure, caption, "proved")


def _size(line: BatchLine) -> str:
    return "all" if line.step.kind == "full_batch" else str(line.step.size)


def _bar(axes: Axes, place: int, line: BatchLine, top: float) -> None:
    found = line.exponent.enclosure
    if found is not None:
        axes.bar(place, float(found), width=0.6, color=DEFLATIONARY)
    elif line.exponent.regime is Regime.STABLE:
        axes.bar(place, top, width=0.6, color=STABLE, hatch="..")
        plate = {"boxstyle": "round", "facecolor": "white", "edgecolor": "none"}
        axes.annotate("∞", (place, top), xytext=(0, -12), textcoords="offset points", ha="center", bbox=plate)
    else:
        axes.plot(place, 0.01 * top, marker="v", color=INFLATIONARY, ms=7)


def phase(result: Phase, size: Size) -> Drawn:
    """The start followed in doubles; what is proved is its phase, in the caption."""
    x, L, kappa = float(result.x), float(result.L0), float(result.kappa0)
    if not kappa:
        raise InputError("plot: expected kappa0 other than 0: such a start stays where it is")
    law, start = StepLaw(np.array([x]), np.array([1.0])), Start(kappa, L)
    steps = max(_LEAST_STEPS, min(result.steps + _AFTER, _MOST_STEPS))
    path = trajectories(law, start, steps=steps, replicas=1, seed=0)
    with styled():
        figure, (size_axes, curvature) = panels(2, 2.5, size)
        size_axes.plot(path.log_kappa[:, 0] / _LOG10, color=PALETTE[0], lw=1, marker="o", ms=2)
        size_axes.set(xlabel="step", ylabel="log₁₀ |κ|")
        curvature.plot(path.L[:, 0], color=PALETTE[1], lw=1, marker="s", ms=2)
        for place, word in ((2 / x, "2/x"), (4 / x, "4/x")):
            curvature.axhline(place, color="0.5", lw=0.8, ls="--")
            curvature.annotate(word, (0, place), xytext=(2, 2), textcoords="offset points", fontsize=7)
        curvature.set(xlabel="step", ylabel="L = ηλ", ylim=(0, 1.1 * max(4 / x, L)))
        known = "undecided" if result.phase is None else f"{result.phase.value} (proved)"
        size_axes.set_title(known, loc="left")
    lemmas = f" ({', '.join(result.lemmas)})" if result.lemmas else ""
    words = (
        f"The start is proved to be {result.phase.value}{lemmas}"
        if result.phase
        else "The phase is undecided"
    )
    return Drawn(figure, f"{words}. The path is the map iterated in doubles: an illustration.", "computed")
