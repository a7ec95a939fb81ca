"""Pictures of certified objects: a function takes results and returns a matplotlib Figure.

No pyplot and no display. Curves between certified places are drawn from doubles and say nothing by
themselves; what is certified is drawn as a band, a bracket or a shaded region.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import SignRegions, Zero
from catalysis.drift.thresholds import catapult_window
from catalysis.exact.balls import log_size, nearest_double
from catalysis.exponent.band import ExponentBand, float_bounds
from catalysis.figures.drawn import Size
from catalysis.figures.style import (
    DEFLATIONARY,
    INFLATIONARY,
    WINDOW,
    key,
    legend_below,
    panels,
    power_of_ten,
    span,
    styled,
)

_MAX_MARKS, _MOST_SAMPLED = 60, 400
_MOST_CHARACTERS: dict[Size, int] = {"page": 90, "column": 34}
_AT_A_POLE = 1e-15
_HEIGHTS: dict[Size, float] = {"page": 3.4, "column": 2.9}


def axis_unit(walk: LinearWalk) -> Fraction:
    """1, or the power of ten in which the curvatures are drawn where doubles could not hold them."""
    magnitude = int(log_size(walk.rates[0]) / 2.302585)
    return Fraction(1) if abs(magnitude) < 250 else Fraction(10) ** -magnitude


def _axis_label(unit: Fraction) -> str:
    power = "" if unit == 1 else f" in {power_of_ten(round(log_size(unit) / 2.302585))}"
    return f"curvature λ{power}"


def _position(value: Fraction | Zero | None, far: float, unit: Fraction) -> float:
    if isinstance(value, Zero):
        return nearest_double(value.enclosure().midpoint / unit)
    return far if value is None else min(nearest_double(value / unit), far)


def drift_curve(walk: LinearWalk, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """G at many curvatures in doubles, shape of `places`; for pictures only."""
    factors = np.abs(1.0 - places[:, None] * walk.float_rates[None, :])
    factors[factors < _AT_A_POLE] = 0.0  # the double nearest to a pole stands for it
    with np.errstate(divide="ignore"):
        logs = np.log(factors)
    return np.maximum(logs @ walk.float_weights, -1e3)  # a pole is drawn as a line that leaves the picture


def plot_drift(regions: SignRegions, full_batch: LinearWalk | None = None, size: Size = "page") -> Figure:
    """G with its certified sign regions shaded, zeros and poles marked, the catapult window framed."""
    unit = axis_unit(regions.walk)
    walk = _in_units(regions.walk, unit)
    with styled():
        figure, (axes,) = panels(1, _HEIGHTS[size], size)
        limits = catapult_window(walk)
        crit, largest = float(limits.lambda_crit), float(limits.lambda_max)
        zeros = [_position(zero, np.inf, unit) for zero in regions.zeros]
        far = max([1.12 * largest, *(1.12 * z for z in zeros if z < 3 * largest)])
        whole = None if full_batch is None else _in_units(full_batch, unit)
        places = _curve_places(far, walk, *([] if whole is None else [whole]))
        values = drift_curve(walk, places)
        bottom, top = _vertical_range(values)
        for region in regions.regions:
            left, right = _position(region.start, far, unit), _position(region.end, far, unit)
            colour = INFLATIONARY if region.sign > 0 else DEFLATIONARY
            span(axes, left, right, colour)
        axes.axhline(0, color="black", lw=0.6)
        axes.plot(places, values, color="black", lw=1.1, label="G(λ)")
        if whole is not None:
            axes.plot(places, drift_curve(whole, places), color="0.4", lw=0.8, ls="--", label="full batch")
        poles = [at for pole in walk.poles if (at := nearest_double(pole)) < far]
        _mark_poles(axes, poles, f"poles ({_share(len(poles), walk.size)})")
        shown = [z for z in zeros if z <= far]
        if shown:
            marks = f"certified zeros ({_share(len(shown), len(zeros))})"
            axes.plot(shown, [0.0] * len(shown), "|", color=INFLATIONARY, ms=9, mew=1.5, ls="", label=marks)
        axes.axvspan(crit, largest, ymin=0.965, ymax=1.0, color=WINDOW, lw=0, label="catapult window")
        axes.set(xlim=(0, far), ylim=(bottom, top), xlabel=_axis_label(unit), ylabel="log-drift")
        state = "" if regions.complete else ": some gaps undecided"
        axes.set_title(plain_name(walk, size) + state, loc="left")
        signs = {r.sign for r in regions.regions if _position(r.start, far, unit) < far}
        areas = [key(INFLATIONARY, "G > 0 (inflationary)")] if 1 in signs else []
        areas += [key(DEFLATIONARY, "G < 0")] if -1 in signs else []
        legend_below(figure, axes, size, *areas)
    return figure


def drift_caption(regions: SignRegions) -> str:
    """What `plot_drift` shows, in words: for those who read it beside the figure or instead of it."""
    words = "The log-drift G over the curvature lambda (curve from doubles)"
    if not regions.complete:
        return f"{words}; {len(regions.undecided)} gaps between poles are undecided."
    signs = ", ".join("positive" if region.sign > 0 else "negative" for region in regions.regions[:9])
    more = ", ..." if len(regions.regions) > 9 else ""
    return f"{words}; shaded: its complete list of sign regions, from the left {signs}{more} (D1 to D3)."


def exponent_caption(band: ExponentBand) -> str:
    """What `plot_exponent` shows, in words."""
    zero = any(cell.upper == 0 for cell in band.cells)
    hatched = "; hatched: theta = 0 is proved, a spike is certain in the linear regime" if zero else ""
    return (
        f"The Cramér exponent theta over the curvature lambda: {len(band.cells)} boxes that its graph cannot leave "
        f"(E3, E4){hatched}."
    )


def _in_units(walk: LinearWalk, unit: Fraction) -> LinearWalk:
    """The walk with its curvatures counted in `unit`."""
    if unit == 1:
        return walk
    eta = walk.dataset.learning_rate
    return LinearWalk(walk.dataset.with_learning_rate(eta * unit), walk.step)


def plain_name(walk: LinearWalk, size: Size) -> str:
    """The name of the data set, not read as mathematics, no longer than fits above a panel."""
    name, most = walk.dataset.name, _MOST_CHARACTERS[size]
    return (name if len(name) <= most else name[: most - 3] + "...").replace("$", r"\$")


def _share(shown: int, found: int) -> str:
    return str(found) if shown == found else f"{shown} of {found}"


def near_poles(walk: LinearWalk, far: float) -> npt.NDArray[np.float64]:
    """Places at the poles below `far` and ever closer to them: a curve through these shows its cusps.

    Of very many poles a few hundred, as dense as a line of the picture.
    """
    poles = [at for pole in walk.poles if (at := nearest_double(pole)) < far]
    poles = poles[:: 1 + len(poles) // _MOST_SAMPLED]
    distance = np.geomspace(1e-7, 0.05, 40 if len(poles) <= _MAX_MARKS else 8) * far
    offsets = np.concatenate([-distance, [0.0], distance])
    places: npt.NDArray[np.float64] = np.add.outer(np.array(poles, dtype=float), offsets).ravel()
    kept: npt.NDArray[np.float64] = places[(places > 0) & (places < far)]
    return kept


def _curve_places(far: float, *walks: LinearWalk) -> npt.NDArray[np.float64]:
    """An even grid, refined towards the poles."""
    grid = np.linspace(far / 4000, far, 2000)
    return np.unique(np.concatenate([grid, *(near_poles(walk, far) for walk in walks)]))


def _vertical_range(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    finite = values[values > -100]
    top = float(finite.max())
    bottom = float(np.quantile(finite, 0.12))
    reach = max(top, -bottom, 1e-3)
    return max(bottom, -2.5 * reach) - 0.25 * reach, top + 0.18 * reach


def _mark_poles(axes: Axes, poles: Sequence[float], label: str) -> None:
    if poles:
        width, frame = 0.7 if len(poles) <= _MAX_MARKS else 0.3, axes.get_xaxis_transform()
        axes.vlines(list(poles), 0, 1, transform=frame, colors="0.45", lw=width, ls=":", label=label)


def plot_exponent(band: ExponentBand, ceiling: float = 8.0, size: Size = "page") -> Figure:
    """The certified band around theta: each cell is a box that theta cannot leave."""
    with styled():
        figure, (axes,) = panels(1, _HEIGHTS[size], size)
        unit = axis_unit(band.walk)
        start, end = (nearest_double(x / unit) for x in (band.cells[0].start, band.cells[-1].end))
        boxes = []
        for cell in band.cells:
            left, right = nearest_double(cell.start / unit), nearest_double(cell.end / unit)
            low, high = float_bounds(cell)
            if cell.upper == 0:
                span(axes, left, right, INFLATIONARY)
            if low < ceiling:
                high = min(high, 2 * ceiling)
                boxes.append([(left, low), (right, low), (right, high), (left, high)])
        # edges in the colour of the face: a box is seen however thin it is
        axes.add_collection(PolyCollection(boxes, facecolors=DEFLATIONARY, edgecolors=DEFLATIONARY, lw=0.8))
        finite = [float_bounds(c)[1] for c in band.cells if c.upper is not None]
        top = min(ceiling, 1.1 * max([value for value in finite if value > 0] or [1.0]))
        crit = nearest_double(catapult_window(band.walk).lambda_crit / unit)
        if start <= crit <= end:
            label = "λ_crit: θ = ∞ up to here"
            axes.axvline(crit, color=WINDOW, lw=2, label=label)
        poles = [pole for p in band.walk.poles if start < (pole := nearest_double(p / unit)) < end]
        _mark_poles(axes, poles, f"poles ({len(poles)})")
        if top > 1:
            axes.axhline(1, color="0.5", lw=0.6, ls="--", label="θ = 1")
        axes.set(
            xlim=(start - (end - start) / 200, end),  # a line at the start is drawn whole
            ylim=(-0.02 * top, top),
            xlabel=_axis_label(unit),
            ylabel="Cramér exponent θ(λ)",
        )
        axes.set_title(plain_name(band.walk, size), loc="left")
        areas = [Patch(color=DEFLATIONARY, label="certified band")]
        if any(cell.upper == 0 for cell in band.cells):
            areas.append(key(INFLATIONARY, "θ = 0 (inflationary)"))
        legend_below(figure, axes, size, *areas)
    return figure
