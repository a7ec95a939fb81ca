"""The learning-rate axis of vector data: regimes, the mean-square threshold, and where theta falls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.exact.numbers import exact_text
from catalysis.figures.drawn import Size
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, OPEN, STABLE, panels, styled, tint
from catalysis.products.axis import LearningRateAxis, RegimePiece
from catalysis.products.kernel_axis import KernelAdvice

_LOOKS = {
    "stable": (STABLE, ""),
    "deflationary": (DEFLATIONARY, "\\\\\\"),
    "deflationary or stable": (DEFLATIONARY, "\\\\\\"),
    "inflationary": (INFLATIONARY, "..."),
    "undecided": (OPEN, "////"),
}
_BEYOND, _LEVEL, _MARGIN = 1.6, 0.24, 1.25


@dataclass(frozen=True)
class Bracket:
    """theta >= s up to `lower`, theta <= s beyond `upper` (None: not proved)."""

    s: Fraction
    lower: Fraction
    upper: Fraction | None


def plot_learning_rates(axis: LearningRateAxis, size: Size = "page") -> Figure:
    """All of the axis, to a little beyond the first learning rate that is proved inflationary."""
    levels = [Bracket(line.s, line.lower, line.upper) for line in axis.levels]
    return _plot(axis.regimes, levels, _right_end(axis), size)


def plot_kernel(advice: KernelAdvice, size: Size = "page") -> Figure:
    """What closed forms say: where theta passes 2 and 1; up to where the mean square falls theta is at least 2."""
    (low, high), last = advice.mean_square, advice.mean_grows.eta
    levels = [Bracket(Fraction(2), low, high), Bracket(Fraction(1), low, last)]
    return _plot(advice.regimes, levels, _MARGIN * float(max(last, high)), size)


def _plot(regimes: Iterable[RegimePiece], levels: Sequence[Bracket], right: float, size: Size) -> Figure:
    """One axis of eta: each regime in its colour and hatching; above it the brackets of eta at some values of theta."""
    with styled():
        figure, (axes,) = panels(1, 1.4 + 0.25 * len(levels), size)
        shown = [piece for piece in regimes if piece.start < right]
        for piece in shown:
            _span(axes, piece, right)
        for i, line in enumerate(levels):
            _bracket(axes, line, 1 + _LEVEL * (len(levels) - i), right)
        top = 1 + _LEVEL * (len(levels) + 0.8)
        axes.set(xlim=(0, right), ylim=(0, top), xlabel="learning rate η", yticks=[])
        axes.spines["left"].set_visible(False)
        present = [name for name in _LOOKS if any(p.regime == name for p in shown)]
        handles = [_patch(name) for name in present]
        figure.legend(handles=handles, ncols=4 if size == "page" else 2, loc="outside lower center")
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
    axes.fill_between([start, end], 0, 1, hatch=hatch, edgecolor="0.35", lw=0, facecolor=_face(colour))


def _bracket(axes: Axes, line: Bracket, height: float, right: float) -> None:
    """From the largest eta with theta >= s proved to the least with theta <= s; its ends drawn down to the band."""
    start = float(line.lower)
    end = right if line.upper is None else min(float(line.upper), right)
    axes.plot([start, end], [height, height], color="black", lw=2.5, solid_capstyle="butt")
    for place in (start, end):
        axes.plot([place, place], [0, height], color="black", lw=0.6)
    name = f"θ = {exact_text(line.s)}"
    if line.s == 2:
        name += ", mean square"
    axes.annotate(name, (end, height), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7)


def _patch(name: str) -> Patch:
    colour, hatch = _LOOKS[name]
    word = name if name == "undecided" else f"{name} (proved)"
    return Patch(facecolor=_face(colour), edgecolor="0.35", hatch=hatch, lw=0.4, label=word)


def _face(colour: str) -> Any:
    return OPEN if colour == OPEN else tint(colour)
