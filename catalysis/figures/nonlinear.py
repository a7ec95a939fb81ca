"""Pictures of the nonlinear map: the certified phase map, and the landing zone of SGD."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.figures.drawn import Size
from catalysis.figures.plots import drift_curve, near_poles, plain_name
from catalysis.figures.style import (
    DEFLATIONARY,
    INFLATIONARY,
    WINDOW,
    legend_below,
    panels,
    span,
    styled,
    tint,
)
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.landing import Landing
from catalysis.nonlinear.phase_map import PhaseBox, PhaseMap

COLOURS = {
    Found.LAZY: (DEFLATIONARY, "lazy", ""),
    Found.CATAPULT: (WINDOW, "catapult", "..."),
    Found.DIVERGENT: (INFLATIONARY, "divergent", "xx"),
}


def plot_phase_map(result: PhaseMap, size: Size = "page") -> Figure:
    """Each proved box in the colour of its phase; undecided ones white with hatching."""
    with styled():
        figure, (axes,) = panels(1, 4.6 if size == "page" else 3.6, size)
        handles = []
        for found, (colour, name, hatch) in COLOURS.items():
            boxes = [_corners(cell) for cell in result.cells if cell.found is found]
            if not boxes:
                continue
            # edges in the colour of the face: neighbours leave no gap
            face = tint(colour)
            axes.add_collection(PolyCollection(boxes, facecolors=face, edgecolors=face, lw=0.2))
            if hatch:
                over = PolyCollection(boxes, facecolors="none", edgecolors=colour, hatch=hatch, lw=0)
                axes.add_collection(over)
            handles.append(Patch(fc=face, ec=colour, hatch=hatch, lw=0, label=f"{name} (proved)"))
        if left := [_corners(cell) for cell in result.cells if cell.found is Found.UNDECIDED]:
            axes.add_collection(
                PolyCollection(left, facecolors="white", edgecolors="0.5", hatch="////", lw=0)
            )
            words = f"undecided (area {float(result.undecided_area):.3g})"
            handles.append(Patch(facecolor="white", edgecolor="0.5", hatch="////", label=words))
        height = float(result.L[1])
        for side in (-1, 1):
            axes.fill([0, side * height / 2, side * height], [0, height, 0], color="0.85", lw=0)
        handles.append(Patch(color="0.85", label="no network: |κ₀| > L₀/2"))
        _frame(axes, result)
        figure.legend(handles=handles, loc="outside lower center", ncols=3 if size == "page" else 2)
    return figure


def _frame(axes: Axes, result: PhaseMap) -> None:
    (left, right), (bottom, top) = ((float(a), float(b)) for a, b in (result.kappa, result.L))
    for threshold, name in ((2 / result.x, "2/x"), (4 / result.x, "4/x")):
        if result.L[0] < threshold < result.L[1]:
            axes.axhline(float(threshold), color="black", lw=0.8, ls="--")
            axes.annotate(
                name, (right, float(threshold)), xytext=(4, -3), textcoords="offset points", fontsize=7
            )
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_xlabel("κ₀ = ημ₀/√n")
    axes.set_ylabel("L₀ = ηλ₀")
    axes.set_title(f"Certified phases, full batch, x = {result.x}, depth {result.depth}")


def _corners(cell: PhaseBox) -> list[tuple[float, float]]:
    (a, b), (c, d) = ((float(low), float(high)) for low, high in (cell.kappa, cell.L))
    return [(a, c), (b, c), (b, d), (a, d)]


def plot_landing(result: Landing, size: Size = "page") -> Figure:
    """G below the start, with the certified zone where the curvature ends."""
    walk, far = result.walk, float(result.lambda0)
    with styled():
        figure, (axes,) = panels(1, 3.2 if size == "page" else 2.6, size)
        places = np.unique(np.concatenate([np.linspace(far / 2000, far, 2000), near_poles(walk, far)]))
        values = drift_curve(walk, places)
        top = max(float(values.max()), 0.0)
        bottom = float(np.quantile(values, 0.05)) - 0.2
        for i, (low, high) in enumerate(result.outward):
            label: Any = "landing zone (proved)" if i == 0 else None
            span(axes, float(low), float(high), DEFLATIONARY, label=label)
        axes.plot(places, values, color="black", lw=1.1, label="G(λ)")
        axes.axhline(0, color="black", lw=0.8)
        axes.axvline(far, color="0.4", ls="--", lw=1, label="start λ₀")
        axes.set(xlim=(0, 1.03 * far), ylim=(bottom, top + 0.1), xlabel="curvature λ", ylabel="log-drift")
        axes.set_title(plain_name(walk, size), loc="left")
        legend_below(figure, axes, size)
    return figure
