"""How the figures look: one style, colours for every eye, panels of the width of a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.figures.drawn import WIDTHS, Size

INFLATIONARY, DEFLATIONARY, WINDOW, STABLE, OPEN = "#d55e00", "#0072b2", "#f0b400", "#2fa58e", "white"
"""Apart for protanopes and deuteranopes too (tests/figures): vermilion, blue, amber, teal."""

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#3d405b")
MARKERS = ("o", "s", "^", "D", "v")
"""One for each colour of the palette: no line is told by its colour alone."""

HATCHES = {INFLATIONARY: "///", DEFLATIONARY: "", WINDOW: "", STABLE: ""}
_TINT = 0.3

_STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "hatch.linewidth": 0.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "catalysis",
    # text stays text: it can be searched, read aloud and set in another font
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "legend.frameon": False,
}


def styled(changes: Mapping[str, Any] | None = None) -> Any:
    """Context manager: draw and save in the style of the house, whatever configuration matplotlib has read."""
    return style.context(["default", {**_STYLE, **(changes or {})}])


def panels(count: int, height: float, size: Size, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels of this height, side by side on a page, one below another in a column.

    Call within `styled()`.
    """
    rows, columns = (1, count) if size == "page" else (count, 1)
    figure = Figure(figsize=(WIDTHS[size], height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, list(axes.flat)


def power_of_ten(exponent: int) -> str:
    """In letters: a formula would be set sign by sign, which nobody can search for."""
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def label_left(axes: list[Axes], size: Size, text: str) -> None:
    """The label of a shared y-axis: once for panels side by side, at each of those below one another."""
    for panel in axes[:1] if size == "page" else axes:
        panel.set_ylabel(text)


def tint(colour: str) -> tuple[float, float, float]:
    """A colour for areas, opaque: neighbours do not add up at their borders."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 1 - _TINT * (1 - red), 1 - _TINT * (1 - green), 1 - _TINT * (1 - blue)


def look(colour: str) -> dict[str, Any]:
    """How an area of this kind is filled: its tint, and its hatching where it has one."""
    return {"facecolor": tint(colour), "edgecolor": colour, "hatch": HATCHES[colour], "lw": 0}


def span(axes: Axes, start: float, end: float, colour: str, **options: Any) -> None:
    """An interval of the x-axis of this kind."""
    axes.axvspan(start, end, **look(colour), zorder=0, **options)


def key(colour: str, label: str) -> Patch:
    """The entry of a legend for areas of this kind."""
    return Patch(**look(colour), label=label)


def legend_below(figure: Figure, axes: Axes, size: Size, *more: Patch) -> None:
    """The legend of these axes and of areas, below the panels; nothing that is not drawn."""
    handles, labels = axes.get_legend_handles_labels()
    entries = [*handles, *more]
    names = [*labels, *(str(patch.get_label()) for patch in more)]
    figure.legend(entries, names, loc="outside lower center", ncols=4 if size == "page" else 2)
