"""Pictures of the nonlinear map: the certified phase map, and the landing zone of SGD."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.figures.plots import drift_curve
from catalysis.figures.style import panels, styled
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.landing import Landing
from catalysis.nonlinear.phase_map import PhaseBox, PhaseMap

COLOURS = {
    Found.LAZY: ("#2e86ab", "lazy"),
    Found.CATAPULT: ("#edae49", "catapult"),
    Found.DIVERGENT: ("#d1495b", "divergent"),
}
_ZONE = "#3a7d44"


def plot_phase_map(result: PhaseMap) -> Figure:
    """Each proved box in the colour of its phase; undecided ones white with hatching."""
    with styled():
        figure, (axes,) = panels(1, 8.0, 6.0)
        handles = []
        for found, (colour, name) in COLOURS.items():
            boxes = [_corners(cell) for cell in result.cells if cell.found is found]
            # edges in the colour of the face: neighbours leave no gap
            axes.add_collection(PolyCollection(boxes, facecolors=colour, edgecolors=colour, lw=0.2))
            handles.append(Patch(color=colour, label=f"{name} (proved)"))
        left = [_corners(cell) for cell in result.cells if cell.found is Found.UNDECIDED]
        axes.add_collection(PolyCollection(left, facecolors="white", edgecolors="0.5", hatch="////", lw=0))
        area = float(result.undecided_area)
        handles.append(
            Patch(facecolor="white", edgecolor="0.5", hatch="////", label=f"undecided (area {area:.3g})")
        )
        height = float(result.L[1])
        for side in (-1, 1):
            axes.fill([0, side * height / 2, side * height], [0, height, 0], color="0.92", lw=0)
        handles.append(Patch(color="0.92", label=r"no network: $|\kappa_0|>L_0/2$"))
        _frame(axes, result)
        axes.legend(handles=handles, loc="lower left", fontsize=8, frameon=True, framealpha=0.9)
    return figure


def _frame(axes: Axes, result: PhaseMap) -> None:
    (left, right), (bottom, top) = ((float(a), float(b)) for a, b in (result.kappa, result.L))
    for threshold, name in ((2 / result.x, "2/x"), (4 / result.x, "4/x")):
        if result.L[0] < threshold < result.L[1]:
            axes.axhline(float(threshold), color="black", lw=0.8, ls="--")
            axes.annotate(
                name, (right, float(threshold)), xytext=(4, -3), textcoords="offset points", fontsize=9
            )
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_xlabel(r"$\kappa_0=\eta\mu_0/\sqrt{n}$")
    axes.set_ylabel(r"$L_0=\eta\lambda_0$")
    axes.set_title(f"Certified phases, full batch, x = {result.x}, depth {result.depth}", fontsize=11)


def _corners(cell: PhaseBox) -> list[tuple[float, float]]:
    (a, b), (c, d) = ((float(low), float(high)) for low, high in (cell.kappa, cell.L))
    return [(a, c), (b, c), (b, d), (a, d)]


def plot_landing(result: Landing) -> Figure:
    """G below the start, with the certified zone where the curvature ends."""
    walk, far = result.walk, float(result.lambda0)
    with styled():
        figure, (axes,) = panels(1, 8.0, 4.2)
        places = np.linspace(far / 2000, far, 2000)
        values = drift_curve(walk, places)
        top = max(float(values.max()), 0.0)
        bottom = float(np.quantile(values, 0.05)) - 0.2
        for i, (low, high) in enumerate(result.outward):
            label: Any = "landing zone (proved)" if i == 0 else None
            axes.axvspan(float(low), float(high), color=_ZONE, alpha=0.2, lw=0, label=label)
        axes.plot(places, values, color="black", lw=1.3, label=r"$G(\lambda)$")
        axes.axhline(0, color="black", lw=0.8)
        axes.axvline(far, color="0.4", ls="--", lw=1, label=r"start $\lambda_0$")
        axes.set(
            xlim=(0, 1.03 * far), ylim=(bottom, top + 0.1), xlabel=r"curvature $\lambda$", ylabel="log-drift"
        )
        axes.set_title(f"{walk.dataset.name}: where the curvature can end", fontsize=11)
        axes.legend(loc="lower left", fontsize=8)
    return figure
