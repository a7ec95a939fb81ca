"""How the figures look: one style, panels, and the caption below them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catalysis.figures.drawn import Basis, Drawn

INFLATIONARY, DEFLATIONARY, WINDOW = "#d1495b", "#2e86ab", "#edae49"
OPEN = "white"
PALETTE = ("#2e86ab", "#5b8c5a", "#edae49", "#d1495b", "#6a4c93", "#3d405b")

_STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "catalysis",
    "legend.frameon": False,
    "axes.titlesize": 11,
    "legend.fontsize": 8.5,
}


def styled(changes: Mapping[str, Any] | None = None) -> Any:
    """Context manager: draw and save in the style of the house, whatever configuration matplotlib has read."""
    return style.context(["default", {**_STYLE, **(changes or {})}])


def panels(columns: int, width: float, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels in a row; call within `styled()`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False, **options)
    return figure, list(axes[0])


def finished(figure: Figure, caption: str, verdict: Basis) -> Drawn:
    """The figure with its caption written below the panels."""
    width = int(figure.get_figwidth() * 15.5)
    figure.supxlabel(textwrap.fill(caption, width), fontsize=8.5, color="0.25", x=0.01, ha="left")
    return Drawn(figure, caption, verdict)
