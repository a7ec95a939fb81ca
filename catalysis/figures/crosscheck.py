"""The cross-check as a picture: the list of lines with their verdicts, and what was measured on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catalysis.crosscheck.table import CheckLine, CrossCheck, Series, shown
from catalysis.figures.saving import SUFFIXES, save_file
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, span, styled

_RIGHT, _WRONG, _OPEN = DEFLATIONARY, INFLATIONARY, "0.45"
_SMALLER = {"font.size": 9, "legend.fontsize": "medium"}


def draw(table: CrossCheck) -> Figure:
    """All lines on the left; on the right the law of widths, the landing zone and the spikes by batch size."""
    with styled(_SMALLER):
        height = max(7.0, 1.2 + 0.21 * len(table.lines))
        figure = Figure(figsize=(15, height), layout="constrained")
        panels: Any = figure.subfigures(1, 2, width_ratios=(1.6, 1.0))
        left, right = panels
        _lines(left.subplots(), table)
        kinds = [series for series in (_first(table, kind) for kind in _PANELS) if series is not None]
        if not kinds:
            return figure
        for axes, series in zip(np.atleast_1d(right.subplots(len(kinds))), kinds, strict=True):
            _PANELS[series.kind](axes, series)
    return figure


def save(table: CrossCheck, path: str | Path) -> None:
    """Write the picture; the suffix (.png, .svg, .pdf) chooses the format. Raises InputError, OSError."""
    save_file(draw(table), Path(path), _SMALLER)


def save_all(table: CrossCheck, folder: Path) -> list[Path]:
    """The picture as crosscheck.svg, .pdf and .png. Raises OSError."""
    paths = [folder / f"crosscheck{suffix}" for suffix in SUFFIXES]
    for path in paths:
        save(table, path)
    return paths


def _first(table: CrossCheck, kind: str) -> Series | None:
    """Of its kind the one with the most points."""
    found = [series for series in table.series if series.kind == kind]
    return max(found, key=lambda series: len({point[0] for point in series.points}), default=None)


def _lines(axes: Axes, table: CrossCheck) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(table.lines) + 0.5, -1.5))
    state = "all agree" if not table.disagreements else f"{len(table.disagreements)} disagree"
    axes.set_title(f"{table.data}: certified against simulated, {state}", loc="left", fontsize=11)
    for column, heading in ((0.03, "check"), (0.66, "certified"), (0.86, "simulated")):
        axes.text(column, -0.8, heading, color="0.4", va="center")
    for row, line in enumerate(table.lines):
        colour = {True: _RIGHT, False: _WRONG, None: _OPEN}[line.agree]
        marker = {True: "o", False: "X", None: "_"}[line.agree]
        axes.plot(0.01, row, marker, color=colour, ms=6, clip_on=False)
        axes.text(0.03, row, _cut(line.name, 84), va="center", fontsize=7.5)
        axes.text(0.66, row, _cut(shown(line.certified), 30), va="center", fontsize=7.5)
        axes.text(0.86, row, _measured(line), va="center", fontsize=7.5, color=colour)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _measured(line: CheckLine) -> str:
    if line.standard_error is None or not isinstance(line.simulated, float):
        return shown(line.simulated)
    return f"{line.simulated:.6g} ({line.standard_error:.1g})"


def _widths(axes: Axes, series: Series) -> None:
    x, y, error = np.array(series.points).T
    theta = series.numbers["theta"]
    axes.errorbar(x, y, 3 * error, fmt="o", color="black", ms=4, label="importance sampling")
    axes.plot(
        x,
        y[-1] - theta / 2 * (x - x[-1]),
        color=_RIGHT,
        label=f"certified slope −θ/2 = {-theta / 2:.4f}",
    )
    axes.set(xlabel="log₁₀ n", ylabel="log₁₀ P(|κ| ≥ c)")
    axes.set_title(f"spikes over widths, λ₀ = {series.numbers['lambda']:.5g}", fontsize=9, loc="left")
    axes.legend()


def _landing(axes: Axes, series: Series) -> None:
    values = np.array([point[0] for point in series.points])
    start = series.numbers["lambda"]
    if values.size:
        axes.hist(values, bins=80, range=(0, start), color="0.35")
    for low, high in series.numbers["zone"]:
        span(axes, low, min(high, start), DEFLATIONARY)
    axes.axvline(start, color=_WRONG, lw=1, ls="--")
    axes.set(xlabel="final curvature λ", ylabel="replicas", xlim=(0, start * 1.02))
    axes.set_title(
        f"landing of SGD from λ₀ = {start:.5g}; shaded: certified G ≤ 0",
        fontsize=9,
        loc="left",
    )


def _catapults(axes: Axes, series: Series) -> None:
    x, y, error = np.array(series.points).T
    axes.bar(x, y, yerr=3 * error, color="0.6", ecolor="0.2", capsize=3)
    axes.set_xticks(x, series.numbers["labels"], rotation=20)
    axes.set(ylabel="spikes a path")
    axes.set_title("spikes over batch sizes (measured)", fontsize=9, loc="left")


_PANELS = {"widths": _widths, "landing": _landing, "catapults": _catapults}
