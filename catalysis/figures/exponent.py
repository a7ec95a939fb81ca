"""Figure 3 of the talk: the Cramer exponent and the probability scale n^(-theta/2) at n = 10^12, as bands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from catalysis.certificate.certify import ends_of_zeros
from catalysis.data.dataset import Dataset
from catalysis.data.talk import first_example, three_changes
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.drift.thresholds import catapult_window
from catalysis.exponent.band import ExponentBand, exponent_band, float_bounds
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import (
    DEFLATIONARY,
    INFLATIONARY,
    PALETTE,
    WINDOW,
    key,
    legend_below,
    panels,
    span,
    styled,
)

LOG10_WIDTH = 12
_SCALE = PALETTE[-1]


@dataclass(frozen=True)
class _View:
    """One panel: a data set over a range of lambda (None: its whole window), up to a theta."""

    dataset: Dataset
    title: str
    ends: tuple[str, str] | None
    ceiling: Fraction
    tolerance: Fraction


def draw(size: Size) -> Drawn:
    """The talk's first example over its window; a second data set over its window, and closer."""
    second = "{(1, 1/10), (sqrt 3, 9/10)}"
    views = (
        _View(first_example(), "{(1, 0.5), (1.3, 0.5)}", None, Fraction(6), Fraction(1, 30)),
        _View(three_changes(), second, None, Fraction(6), Fraction(1, 30)),
        _View(
            three_changes(), "the same near its pole 1", ("0.996", "1.004"), Fraction(1, 5), Fraction(1, 500)
        ),
    )
    with styled():
        figure, axes = panels(3, 2.8, size)
        for panel, view in zip(axes, views, strict=True):
            _panel(panel, view)
        zero = key(INFLATIONARY, "θ = 0 (proved, inflationary)")
        legend_below(figure, axes[0], size, zero)
        caption = (
            "Blue: the certified band around theta over the catapult window at eta = 1 [E1, E3, E4]; dark, right axis: "
            "the band that it gives for n^(-theta/2) at n = 10^12; hatched: proved theta = 0, the scale is 1 "
            "(inflationary). The talk's figure 3 uses its data set (1.26), which it does not print: its first "
            "example stands in for it (left). The second data set, not from the talk, has an exponent that falls "
            "to 0, rises and falls again."
        )
        return Drawn(figure, caption, "proved")


def _panel(axes: Axes, view: _View) -> None:
    walk = LinearWalk(view.dataset)
    limits = catapult_window(walk)
    window = limits.lambda_crit, limits.lambda_max
    start, end = window if view.ends is None else (Fraction(view.ends[0]), Fraction(view.ends[1]))
    roof = max(view.ceiling, Fraction(1))
    cuts = ends_of_zeros(sign_regions(walk))
    band = exponent_band(walk, start, end, tolerance=view.tolerance, ceiling=roof, cuts=cuts)
    ceiling = float(view.ceiling)
    scale = axes.twinx()
    scale.spines["right"].set_visible(True)
    for cell in band.cells:
        if cell.upper == 0:
            span(axes, float(cell.start), float(cell.end), INFLATIONARY)
    places, low, high = _steps(band, 2 * ceiling)
    axes.fill_between(places, low, high, color=DEFLATIONARY, lw=1)
    factor = -LOG10_WIDTH / 2
    scale.fill_between(places, factor * high, factor * low, color=_SCALE, lw=1)
    if ceiling > 1:
        axes.axhline(1, color="0.5", lw=0.6, ls="--")
        axes.axvline(float(start), color=WINDOW, lw=2, label="λ_crit")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.set(xlim=(float(start), float(end)), ylim=(-0.025 * ceiling, ceiling), xlabel="curvature λ")
    axes.set_ylabel("Cramér exponent θ(λ)", color=DEFLATIONARY)
    scale.set_ylabel("log₁₀ of n to the −θ(λ)/2, n = 10¹²", color=_SCALE)
    scale.set_ylim(factor * ceiling, -factor * 0.025 * ceiling)
    axes.set_title(view.title, loc="left")


def _steps(band: ExponentBand, roof: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The band as a staircase: each cell's ends with its two bounds, cut off at `roof`."""
    places, low, high = [], [], []
    for cell in band.cells:
        bounds = float_bounds(cell)
        places += [float(cell.start), float(cell.end)]
        low += [min(bounds[0], roof)] * 2
        high += [min(bounds[1], roof)] * 2
    return np.array(places), np.array(low), np.array(high)
