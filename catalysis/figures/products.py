"""The learning-rate axis of vector data: regimes, the mean-square threshold, and where theta falls."""

from __future__ import annotations

from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.exact.numbers import exact_text
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, panels, styled
from catalysis.products.axis import LearningRateAxis, RateBracket, RegimePiece

_STABLE = "#5b8c5a"
_LOOKS = {
    "stable": (_STABLE, ""),
    "deflationary": (DEFLATIONARY, "\\\\\\"),
    "inflationary": (INFLATIONARY, "..."),
    "undecided": ("white", "////"),
}
_BEYOND, _LEVEL = 1.6, 0.24


def plot_learning_rates(axis: LearningRateAxis) -> Figure:
    """One axis of eta: each regime in its colour and hatching; above it the brackets of eta at some values of theta."""
    with styled():
        figure, (axes,) = panels(1, 9.0, 3.2)
        right = _right_end(axis)
        for piece in axis.regimes:
            _span(axes, piece, right)
        for i, line in enumerate(axis.levels):
            _bracket(axes, line, 1 + _LEVEL * (len(axis.levels) - i), right)
        top = 1 + _LEVEL * (len(axis.levels) + 0.8)
        axes.set(xlim=(0, right), ylim=(0, top), xlabel=r"learning rate $\eta$", yticks=[])
        axes.spines["left"].set_visible(False)
        present = [name for name in _LOOKS if any(p.regime == name for p in axis.regimes)]
        handles = [_patch(name) for name in present]
        axes.legend(handles=handles, ncols=len(handles), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def _right_end(axis: LearningRateAxis) -> float:
    """Beyond the first learning rate that is proved inflationary, and beyond all that are proved deflationary."""
    first = next((piece.start for piece in axis.regimes if piece.regime == "inflationary"), Fraction(0))
    falling = [piece.end for piece in axis.deflationary if piece.end is not None]
    ends = [first, *falling, *(line.lower for line in axis.levels)]
    return _BEYOND * float(max(ends))


def _span(axes: Axes, piece: RegimePiece, right: float) -> None:
    colour, hatch = _LOOKS[piece.regime]
    end = right if piece.end is None else min(float(piece.end), right)
    start = float(piece.start)
    face = {"facecolor": colour, "alpha": 0.35} if colour != "white" else {"facecolor": "white"}
    axes.fill_between([start, end], 0, 1, hatch=hatch, edgecolor="0.35", lw=0, **face)


def _bracket(axes: Axes, line: RateBracket, height: float, right: float) -> None:
    """From the largest eta with theta >= s proved to the least with theta <= s; its ends drawn down to the band."""
    start = float(line.lower)
    end = right if line.upper is None else min(float(line.upper), right)
    axes.plot([start, end], [height, height], color="black", lw=2.5, solid_capstyle="butt")
    for place in (start, end):
        axes.plot([place, place], [0, height], color="black", lw=0.6)
    name = rf"$\theta={exact_text(line.s)}$"
    if line.s == 2:
        name += r", mean square: $\eta_{\mathrm{ms}}$"
    axes.annotate(name, (end, height), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9)


def _patch(name: str) -> Patch:
    colour, hatch = _LOOKS[name]
    word = name if name == "undecided" else f"{name} (proved)"
    alpha = 1.0 if colour == "white" else 0.35
    return Patch(facecolor=colour, edgecolor="0.35", hatch=hatch, alpha=alpha, label=word)
