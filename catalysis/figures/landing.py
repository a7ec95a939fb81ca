"""Where SGD's curvature ends: a simulated histogram over the certified sign regions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes

from catalysis.data.talk import three_changes
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import SignRegions, Zero, sign_regions
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import (
    DEFLATIONARY,
    INFLATIONARY,
    key,
    label_left,
    legend_below,
    panels,
    span,
    styled,
)
from catalysis.simulation import Start, StepLaw, reduced_ends
from catalysis.simulation.laws import Floats

STARTS = (1.3, 1.004)
KAPPA0, STEPS, REPLICAS, SEED = 1e-3, 40_000, 4096, 5
LANDED = -150.0  # log|kappa| below which a replica counts as landed


def draw(size: Size) -> Drawn:
    """The three-changes data set, started in its highest inflationary region, far from and near its lower end."""
    walk = LinearWalk(three_changes())
    regions = sign_regions(walk)
    assert regions.complete
    with styled():
        figure, axes = panels(2, 2.6 if size == "page" else 2.2, size, sharey=True)
        words = []
        for panel, start in zip(axes, STARTS, strict=True):
            landed = _landed(walk, start)
            _panel(panel, regions, landed, start)
            words.append(_words(regions, landed, start))
        label_left(axes, size, "replicas (log scale)")
        areas = key(DEFLATIONARY, "G < 0 (proved)"), key(INFLATIONARY, "G > 0 (proved)")
        legend_below(figure, axes[0], size, *areas)
        caption = (
            "Data set {(1, 1/10), (sqrt 3, 9/10)}, eta = 1: simulated final curvature of the reduced "
            f"map ({REPLICAS} replicas from kappa = {KAPPA0:g}, {STEPS} steps, seed {SEED}; landed: log|kappa| < "
            f"{LANDED:g}), over the certified sign regions [D1, D2], plain G < 0, hatched G > 0. {' '.join(words)}"
        )
        return Drawn(figure, caption, "measured")


def _landed(walk: LinearWalk, start: float) -> Floats:
    ends = reduced_ends(StepLaw.of(walk.law), Start(KAPPA0, start), steps=STEPS, replicas=REPLICAS, seed=SEED)
    landed: Floats = ends.L[ends.log_kappa < LANDED]
    return landed


def _panel(axes: Axes, regions: SignRegions, landed: Floats, start: float) -> None:
    for region in regions.regions:
        colour = INFLATIONARY if region.sign > 0 else DEFLATIONARY
        span(axes, _place(region.start), _place(region.end), colour)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.hist(landed, bins=350, range=(0, 1.4), color="0.25")
    axes.axvline(start, color="black", lw=1, ls="--")
    axes.set(xlim=(0, 1.4), ylim=(0.7, None), xlabel="final curvature λ")
    axes.set_title(f"start at λ₀ = {start:g} (dashed)", loc="left")


def _words(regions: SignRegions, landed: Floats, start: float) -> str:
    """How many replicas landed, and how many of them in each certified region that holds any."""
    counts = []
    for region in regions.regions:
        low, high = _place(region.start), _place(region.end)
        count = int(np.count_nonzero((low < landed) & (landed < high)))
        if count or region.sign < 0:
            counts.append(f"{count} in ({low:.5f}, {high:.5f}), G {'>' if region.sign > 0 else '<'} 0")
    return f"From {start:g}: {landed.size} landed, {'; '.join(counts)}."


def _place(end: Fraction | Zero | None) -> float:
    if isinstance(end, Zero):
        return float(end.enclosure().midpoint)
    return 9.0 if end is None else float(end)
