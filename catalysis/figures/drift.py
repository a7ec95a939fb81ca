"""Figure 2 of the talk: G for its two data sets, with the certified sign regions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes

from catalysis.data.law import Step
from catalysis.data.talk import first_example, second_example
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import SignRegions, Zero, sign_regions
from catalysis.drift.thresholds import catapult_window
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.plots import drift_curve, near_poles
from catalysis.figures.style import (
    DEFLATIONARY,
    INFLATIONARY,
    WINDOW,
    key,
    label_left,
    legend_below,
    panels,
    span,
    styled,
)

FAR = 2.6


def draw(size: Size) -> Drawn:
    """Both panels at learning rate 1; one certified zero each."""
    with styled():
        figure, axes = panels(2, 2.9 if size == "page" else 2.4, size, sharey=True)
        titles = ("{(1, 0.5), (1.3, 0.5)}", "{(1, 0.83), (sqrt 2, 0.17)}")
        zeros = []
        for panel, dataset, title in zip(axes, (first_example(), second_example()), titles, strict=True):
            regions = sign_regions(LinearWalk(dataset))
            assert regions.complete
            _panel(panel, regions, title)
            zeros += [f"{float(zero.enclosure().midpoint):.9f}" for zero in regions.zeros]
        label_left(axes, size, "log-drift")
        areas = key(DEFLATIONARY, "G < 0"), key(INFLATIONARY, "G > 0 (inflationary)")
        legend_below(figure, axes[0], size, *areas)
        caption = (
            "The drift G (curve from doubles) of the talk's two data sets at eta = 1. Shaded: the complete list of "
            "sign regions, certified [D1, D2]; hatched G > 0 (inflationary), plain G < 0. As printed each has exactly "
            f"one sign change on (0, inf), at lambda = {zeros[0]}... and {zeros[1]}..."
        )
        return Drawn(figure, caption, "proved")


def _panel(axes: Axes, regions: SignRegions, title: str) -> None:
    walk = regions.walk
    full = LinearWalk(walk.dataset, Step.full_batch())
    places = np.unique(
        np.concatenate([np.linspace(0.002, FAR, 2500), near_poles(walk, FAR), near_poles(full, FAR)])
    )
    for region in regions.regions:
        colour = INFLATIONARY if region.sign > 0 else DEFLATIONARY
        span(axes, _place(region.start), _place(region.end), colour)
    axes.axhline(0, color="black", lw=0.8)
    axes.plot(places, drift_curve(walk, places), color="black", lw=1.1, label="G(λ)")
    axes.plot(
        places,
        drift_curve(full, places),
        color="0.4",
        lw=0.8,
        ls="--",
        label="G of full batch",
    )
    limits = catapult_window(walk)
    axes.axvspan(
        float(limits.lambda_crit),
        float(limits.lambda_max),
        ymin=0.965,
        color=WINDOW,
        lw=0,
        label="catapult window of SGD",
    )
    for zero in regions.zeros:
        at = _place(zero)
        axes.plot([at], [0], "o", color=INFLATIONARY, ms=4)
        axes.annotate(f"{at:.6f}", (at, 0), xytext=(5, -10), textcoords="offset points", fontsize=7)
    axes.set(xlim=(0, FAR), ylim=(-1.7, 1.25), xlabel="curvature λ")
    axes.set_title(title, loc="left")


def _place(end: Fraction | Zero | None) -> float:
    if isinstance(end, Zero):
        return float(end.enclosure().midpoint)
    return FAR if end is None else min(float(end), FAR)
