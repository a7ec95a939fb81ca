"""A network followed through training: the loss, eta max K_ii, and the regime that is proved of each snapshot."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from catalysis.crosscheck.followed import FollowedRun
from catalysis.figures.drawn import WIDTHS, Size
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, OPEN, STABLE, styled, tint

_LOOKS = {
    "stable": (STABLE, ""),
    "deflationary": (DEFLATIONARY, "\\\\\\"),
    "inflationary": (INFLATIONARY, "..."),
    "nothing": (OPEN, "////"),
}
_WORDS = {"deflationary or stable": "deflationary", None: "nothing"}


def plot_followed(run: FollowedRun, size: Size = "page") -> Figure:
    """Three panels over the steps: loss (measured), eta max K_ii (measured), regimes (proved, snapshot by snapshot)."""
    with styled():
        figure = Figure(figsize=(WIDTHS[size], 4.6), layout="constrained")
        loss, load, band = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 0.5))
        _loss(loss, run)
        _load(load, run)
        _regimes(band, run)
        first, last = run.snapshots[0].step, max(run.steps, 1)
        band.set(xlim=(first, last), xlabel="step")
    return figure


def _loss(axes: Axes, run: FollowedRun) -> None:
    points = sorted({*run.losses, *((s.step, s.loss) for s in run.snapshots)})
    positive = [(step, value) for step, value in points if 0 < value < math.inf]
    axes.semilogy(*zip(*positive, strict=True), color="black", lw=0.9) if positive else None
    axes.set_ylabel("loss (measured)")
    if run.diverged_at is not None:
        axes.axvline(run.diverged_at, color=INFLATIONARY, lw=1.2)
        axes.annotate(
            "diverged ", (run.diverged_at, 0.97), xycoords=("data", "axes fraction"), ha="right", va="top"
        )


def _load(axes: Axes, run: FollowedRun) -> None:
    eta = float(run.training.eta)
    steps = [s.step for s in run.snapshots]
    axes.plot(steps, [eta * s.largest for s in run.snapshots], color="black", marker="o", ms=3, lw=1)
    axes.set(ylabel=r"$\eta \, \max \, K_{ii}$ (measured)", ylim=(0, None))
    if not run.training.momentum:
        axes.axhline(2, color=STABLE, lw=1, ls="--")
        axes.annotate("2: stable up to here (V2)", (1, 2), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                      fontsize="small", color=STABLE)  # fmt: skip


def _regimes(axes: Axes, run: FollowedRun) -> None:
    """A snapshot's regime is drawn half way to its neighbours; nothing is proved in between."""
    steps = [s.step for s in run.snapshots]
    middles = [(a + b) / 2 for a, b in pairwise(steps)]
    names = [_WORDS.get(s.regime.word, s.regime.word) or "nothing" for s in run.snapshots]
    ends = [steps[0], *middles, max(run.steps, steps[-1] + 1)]
    for (start, end), name in zip(pairwise(ends), names, strict=True):
        axes.fill_between([start, end], 0, 1, lw=0, **_look(name))
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines["left"].set_visible(False)
    handles = [_patch(name) for name in _LOOKS if name in names]
    title = "proved of each snapshot:"
    axes.legend(handles=handles, ncols=len(handles), loc="lower left", bbox_to_anchor=(0, 1.05), title=title,
                alignment="left", title_fontsize="small")  # fmt: skip


def _look(name: str) -> dict[str, Any]:
    colour, hatch = _LOOKS[name]
    face = OPEN if colour == OPEN else tint(colour)
    return {"facecolor": face, "edgecolor": "0.35", "hatch": hatch}


def _patch(name: str) -> Patch:
    return Patch(lw=0.4, label=name, **_look(name))
