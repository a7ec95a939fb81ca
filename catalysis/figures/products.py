"""The learning-rate axis of vector data: regimes, the mean-square threshold, and where theta falls."""

from __future__ import annotations

from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.exact.numbers import exact_text
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, panels, styled
from catalysis.products.axis import LearningRateAxis, RegimePiece

_STABLE = "#5b8c5a"
_LOOKS = {
    "stable": (_STABLE, ""),
    "deflationary": (DEFLATIONARY, "\\\\\\"),
    "inflationary": (INFLATIONARY, "..."),
    "undecided": ("white", "////"),
}
_BEYOND = 1.25


def plot_learning_rates(axis: LearningRateAxis) -> Figure:
    """One axis of eta: each regime in its colour and hatching, marks for eta_ms and the values of theta."""
    with styled():
        figure, (axes,) = panels(1, 9.0, 2.6)
        right = _right_end(axis)
        for piece in axis.regimes:
            _span(axes, piece, right)
        _marks(axes, axis)
        axes.set(xlim=(0, right), ylim=(0, 1.6), xlabel=r"learning rate $\eta$", yticks=[])
        axes.spines["left"].set_visible(False)
        present = [name for name in _LOOKS if any(p.regime == name for p in axis.regimes)]
        handles = [_patch(name) for name in present]
        axes.legend(handles=handles, ncols=len(handles), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def _right_end(axis: LearningRateAxis) -> float:
    ends = [axis.stable_up_to, axis.deflationary_up_to]
    ends += [piece.start for piece in axis.regimes]
    ends += [line.lower for line in axis.levels if line.upper is not None]
    return _BEYOND * float(max(ends))


def _span(axes: Axes, piece: RegimePiece, right: float) -> None:
    colour, hatch = _LOOKS[piece.regime]
    end = right if piece.end is None else min(float(piece.end), right)
    start = float(piece.start)
    face = {"facecolor": colour, "alpha": 0.35} if colour != "white" else {"facecolor": "white"}
    axes.fill_between([start, end], 0, 1, hatch=hatch, edgecolor="0.35", lw=0, **face)


def _marks(axes: Axes, axis: LearningRateAxis) -> None:
    """A tick above the band for each; labels that would meet stand on two heights."""
    marks = [
        (rf"$\theta={exact_text(line.s)}$", _middle(line.lower, line.upper))
        for line in axis.levels
        if line.s != 2
    ]
    marks.append(
        (r"$\eta_{\mathrm{ms}}$ ($\theta=2$)", _middle(axis.mean_square.lower, axis.mean_square.upper))
    )
    for i, (label, place) in enumerate(sorted(marks, key=lambda mark: mark[1])):
        height = 1.08 + 0.24 * (i % 2)
        axes.plot([place, place], [0, height], color="black", lw=1)
        axes.annotate(label, (place, height), ha="center", va="bottom", fontsize=9)


def _middle(lower: Fraction, upper: Fraction | None) -> float:
    return float(lower if upper is None else (lower + upper) / 2)


def _patch(name: str) -> Patch:
    colour, hatch = _LOOKS[name]
    word = name if name == "undecided" else f"{name} (proved)"
    alpha = 1.0 if colour == "white" else 0.35
    return Patch(facecolor=colour, edgecolor="0.35", hatch=hatch, alpha=alpha, label=word)
