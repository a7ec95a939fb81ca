"""Pictures of certified objects: a function takes results and returns a matplotlib Figure.

No pyplot and no display. Curves between certified places are drawn from doubles and say nothing by
themselves; what is certified is drawn as a band, a bracket or a shaded region.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import SignRegions, Zero
from catalysis.drift.thresholds import catapult_window
from catalysis.exact.balls import log_size, nearest_double
from catalysis.exponent.band import ExponentBand, float_bounds
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, WINDOW, panels, styled

_MAX_MARKS = 60


def axis_unit(walk: LinearWalk) -> Fraction:
    """1, or the power of ten in which the curvatures are drawn where doubles could not hold them."""
    magnitude = int(log_size(walk.rates[0]) / 2.302585)
    return Fraction(1) if abs(magnitude) < 250 else Fraction(10) ** -magnitude


def _axis_label(unit: Fraction) -> str:
    power = "" if unit == 1 else rf" in $10^{{{round(log_size(unit) / 2.302585)}}}$"
    return rf"curvature $\lambda${power}"


def _position(value: Fraction | Zero | None, far: float, unit: Fraction) -> float:
    if isinstance(value, Zero):
        return nearest_double(value.enclosure().midpoint / unit)
    return far if value is None else min(nearest_double(value / unit), far)


def drift_curve(walk: LinearWalk, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """G at many curvatures in doubles, shape of `places`; for pictures only."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(1.0 - places[:, None] * walk.float_rates[None, :]))
    return np.maximum(logs @ walk.float_weights, -1e3)  # a pole is drawn as a line that leaves the picture


def plot_drift(regions: SignRegions, full_batch: LinearWalk | None = None) -> Figure:
    """G with its certified sign regions shaded, zeros and poles marked, the catapult window framed."""
    unit = axis_unit(regions.walk)
    walk = _in_units(regions.walk, unit)
    with styled():
        figure, (axes,) = panels(1, 8.0, 4.2)
        limits = catapult_window(walk)
        crit, largest = float(limits.lambda_crit), float(limits.lambda_max)
        zeros = [_position(zero, np.inf, unit) for zero in regions.zeros]
        far = max([1.12 * largest, *(1.12 * z for z in zeros if z < 3 * largest)])
        places = _curve_places(walk, far)
        values = drift_curve(walk, places)
        bottom, top = _vertical_range(values)
        for region in regions.regions:
            left, right = _position(region.start, far, unit), _position(region.end, far, unit)
            colour = INFLATIONARY if region.sign > 0 else DEFLATIONARY
            axes.axvspan(left, right, color=colour, alpha=0.13, lw=0)
        axes.axhline(0, color="black", lw=0.8)
        axes.plot(places, values, color="black", lw=1.3, label=r"$G(\lambda)$")
        if full_batch is not None:
            curve = drift_curve(_in_units(full_batch, unit), places)
            axes.plot(places, curve, color="0.45", lw=1, ls="--", label=r"full batch")
        _mark_poles(axes, walk, far)
        shown = [z for z in zeros if z <= far]
        axes.plot(
            shown,
            [0.0] * len(shown),
            "|",
            color=INFLATIONARY,
            ms=13,
            mew=2,
            ls="",
            label=f"certified zeros ({len(zeros)})",
        )
        axes.axvspan(crit, largest, ymin=0.965, ymax=1.0, color=WINDOW, lw=0, label="catapult window")
        axes.set(xlim=(0, far), ylim=(bottom, top), xlabel=_axis_label(unit), ylabel="log-drift")
        state = "complete" if regions.complete else "incomplete: some gaps undecided"
        axes.set_title(f"{_plain(walk)}: sign regions of the drift ({state})", fontsize=11)
        handles, labels = axes.get_legend_handles_labels()
        if regions.complete:
            handles += [Patch(color=INFLATIONARY, alpha=0.13), Patch(color=DEFLATIONARY, alpha=0.13)]
            labels += ["G > 0 (inflationary)", "G < 0"]
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _in_units(walk: LinearWalk, unit: Fraction) -> LinearWalk:
    """The walk with its curvatures counted in `unit`."""
    if unit == 1:
        return walk
    eta = walk.dataset.learning_rate
    return LinearWalk(walk.dataset.with_learning_rate(eta * unit), walk.step)


def _plain(walk: LinearWalk) -> str:
    """The name of the data set, not read as mathematics."""
    return walk.dataset.name.replace("$", r"\$")


def _curve_places(walk: LinearWalk, far: float) -> npt.NDArray[np.float64]:
    """An even grid, refined towards the poles so that the cusps are seen."""
    grid = [np.linspace(far / 4000, far, 2000)]
    for pole in walk.poles[:_MAX_MARKS]:
        distance = np.geomspace(1e-7, 0.05, 40) * far
        at = nearest_double(pole)
        grid += [at - distance, np.array([at]), at + distance]
    places = np.unique(np.concatenate(grid))
    return places[(places > 0) & (places < far)]


def _vertical_range(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    finite = values[values > -100]
    top = float(finite.max())
    bottom = float(np.quantile(finite, 0.12))
    reach = max(top, -bottom, 1e-3)
    return max(bottom, -2.5 * reach) - 0.25 * reach, top + 0.18 * reach


def _mark_poles(axes: Axes, walk: LinearWalk, far: float) -> None:
    poles = [at for pole in walk.poles if (at := nearest_double(pole)) < far]
    for i, pole in enumerate(poles):
        axes.axvline(
            pole,
            color="0.55",
            lw=0.7 if len(poles) <= _MAX_MARKS else 0.3,
            ls=":",
            label=f"poles ({walk.size})" if i == 0 else None,
        )


def plot_exponent(band: ExponentBand, ceiling: float = 8.0) -> Figure:
    """The certified band around theta: each cell is a box that theta cannot leave."""
    with styled():
        figure, (axes,) = panels(1, 8.0, 4.2)
        unit = axis_unit(band.walk)
        start, end = (nearest_double(x / unit) for x in (band.cells[0].start, band.cells[-1].end))
        for cell in band.cells:
            left, right = nearest_double(cell.start / unit), nearest_double(cell.end / unit)
            low, high = float_bounds(cell)
            if cell.upper == 0:
                axes.axvspan(left, right, color=INFLATIONARY, alpha=0.13, lw=0)
            if low < ceiling:
                axes.fill_between(
                    [left, right], low, min(high, 2 * ceiling), color=DEFLATIONARY, alpha=0.75, lw=0.8
                )
        finite = [float_bounds(c)[1] for c in band.cells if c.upper is not None]
        top = min(ceiling, 1.1 * max([value for value in finite if value > 0] or [1.0]))
        crit = nearest_double(catapult_window(band.walk).lambda_crit / unit)
        if start <= crit <= end:
            label = r"$\lambda_{crit}$: $\vartheta=\infty$ up to here"
            axes.axvline(crit, color=WINDOW, lw=3, label=label)
        poles = [pole for p in band.walk.poles if start < (pole := nearest_double(p / unit)) < end]
        for i, pole in enumerate(poles[:_MAX_MARKS]):
            axes.axvline(pole, color="0.55", lw=0.7, ls=":", label="poles" if i == 0 else None)
        axes.axhline(1, color="0.5", lw=0.6, ls="--")
        axes.set(
            xlim=(start, end),
            ylim=(-0.02 * top, top),
            xlabel=_axis_label(unit),
            ylabel=r"Cramér exponent $\vartheta(\lambda)$",
        )
        axes.set_title(f"{_plain(band.walk)}: certified band around the exponent", fontsize=11)
        handles, labels = axes.get_legend_handles_labels()
        handles += [Patch(color=DEFLATIONARY, alpha=0.75), Patch(color=INFLATIONARY, alpha=0.13)]
        labels += ["certified band", r"$\vartheta=0$ (inflationary)"]
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure
