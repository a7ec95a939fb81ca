"""Answers along one axis, curvature or learning rate: a stripe of proved sets, each in its colour and hatching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from catalysis.choices.learning_rates import Advice
from catalysis.choices.rates_over import AdviceOverInterval
from catalysis.drift.thresholds import Thresholds
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.plots import axis_unit, plain_name
from catalysis.figures.products import plot_kernel, plot_learning_rates
from catalysis.figures.style import (
    DEFLATIONARY,
    INFLATIONARY,
    OPEN,
    STABLE,
    WINDOW,
    panels,
    power_of_ten,
    styled,
    tint,
)
from catalysis.products.axis import LearningRateAxis
from catalysis.products.kernel_axis import KernelAdvice

_LOOKS = {
    "stable": (STABLE, ""),
    "no step enlarges |μ|": (STABLE, ""),
    "catapult window": (WINDOW, ""),
    "beyond: λ can grow": (OPEN, "xx"),
    "rare": (DEFLATIONARY, ""),
    "likely": (WINDOW, "..."),
    "inflationary": (INFLATIONARY, "///"),
    "depends on λ₀": ("#cc79a7", "\\\\\\"),
    "outside window": (OPEN, "xx"),
    "undecided": (OPEN, "////"),
}
_MIXED = "smallest curvature"
_BEYOND = Fraction(6, 5)


@dataclass(frozen=True)
class _Piece:
    name: str
    start: Fraction
    end: Fraction | None


def _stripe(title: str, label: str, pieces: Sequence[_Piece], caption: str, size: Size) -> Drawn:
    """One stripe up to a little beyond the last end; each kind of piece once in the legend."""
    right = float(_BEYOND * max(end for piece in pieces if (end := piece.end) is not None))
    with styled():
        figure, (axes,) = panels(1, 1.7, size)
        for piece in pieces:
            _fill(axes, piece, right)
        axes.set(xlim=(0, right), ylim=(0, 1), xlabel=label, yticks=[])
        axes.spines["left"].set_visible(False)
        axes.set_title(title, loc="left")
        present = dict.fromkeys(piece.name for piece in pieces)
        handles = [_key(name) for name in _LOOKS if name in present]
        figure.legend(handles=handles, ncols=4 if size == "page" else 2, loc="outside lower center")
    return Drawn(figure, caption, "proved")


def _fill(axes: Axes, piece: _Piece, right: float) -> None:
    colour, hatch = _LOOKS[piece.name]
    end = right if piece.end is None else float(piece.end)
    face = OPEN if colour == OPEN else tint(colour)
    edge = "0.5" if colour == OPEN else colour
    axes.axvspan(float(piece.start), end, facecolor=face, edgecolor=edge, hatch=hatch, lw=0)


def _key(name: str) -> Patch:
    colour, hatch = _LOOKS[name]
    face, edge = (OPEN, "0.5") if colour == OPEN else (tint(colour), colour)
    return Patch(facecolor=face, edgecolor=edge, hatch=hatch, lw=0.4, label=name)


def thresholds(result: Thresholds, size: Size) -> Drawn:
    unit = axis_unit(result.walk)
    crit, largest = result.lambda_crit / unit, result.lambda_max / unit
    pieces = (
        _Piece("no step enlarges |μ|", Fraction(0), crit),
        _Piece("catapult window", crit, largest),
        _Piece("beyond: λ can grow", largest, None),
    )
    power = "" if unit == 1 else f" in {power_of_ten(len(str(unit.numerator)) - len(str(unit.denominator)))}"
    caption = (
        "Up to lambda_crit no step enlarges |mu| in the linear regime; up to lambda_max no step at any width "
        "enlarges the curvature; beyond it one does (T1, exact)."
    )
    return _stripe(plain_name(result.walk, size), f"curvature λ{power}", pieces, caption, size)


def advice(result: Advice, size: Size) -> Drawn:
    pieces = [_Piece(one.outlook.value, one.start, one.end) for one in result.sets]
    p = float(result.question.probability)
    caption = (
        f"Which learning rates keep a spike ({result.event}) rarer than {p:g}: rare, at most that; likely, more; "
        "inflationary, a spike is sure. Proved in the linear regime of this data set (A1 to A12)."
    )
    return _stripe(plain_name(result.question.walk, size), "learning rate η", pieces, caption, size)


def advice_over(result: AdviceOverInterval, size: Size) -> Drawn:
    pieces = [
        _Piece("depends on λ₀" if _MIXED in one.outlook.value else one.outlook.value, one.start, one.end)
        for one in result.sets
    ]
    low, high = (float(end) for end in result.ends)
    caption = (
        f"What holds for every curvature lambda_0 from {low:g} to {high:g} (A20); where it depends, the probability "
        "is on different sides of the accepted one at the two ends."
    )
    return _stripe(plain_name(result.question.walk, size), "learning rate η", pieces, caption, size)


def kernel(result: KernelAdvice, size: Size) -> Drawn:
    caption = (
        f"What is proved along the learning rate of {result.dataset.name}: no step enlarges the error (V2), the mean "
        "square falls and the error dies out (V5, V20), or it grows almost surely (V1); above it, between which "
        "learning rates theta passes 2 and 1. Undecided: no regime is proved."
    )
    return Drawn(plot_kernel(result, size), caption, "proved")


def axis(result: LearningRateAxis, size: Size) -> Drawn:
    caption = (
        "What is proved along the learning rate, each regime in its colour; above it, between which learning rates "
        "theta passes some values. Hatched without a colour: undecided."
    )
    return Drawn(plot_learning_rates(result, size), caption, "proved")
