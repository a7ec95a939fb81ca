"""Which part of the catapult window is inflationary, over (s, p) for two samples."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from catalysis.data.dataset import Dataset
from catalysis.drift.thresholds import inflationary_share
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import panels, styled

COLUMNS, ROWS = 60, 24
FAR = 3


def draw(size: Size) -> Drawn:
    """Certified at the centre of each cell; the colour fills the cell."""
    shares = np.empty((ROWS, COLUMNS))
    widest = Fraction(0)
    for i in range(COLUMNS):
        s = Fraction(FAR * (2 * i + 1), 2 * COLUMNS)
        for j in range(ROWS):
            p = Fraction(2 * j + 1, 2 * ROWS)
            rows = [("first", {"s": "1", "p": 1 - p}), ("second", {"s": s, "p": p})]
            found = inflationary_share(Dataset.from_rows("two samples", "1", rows)).share
            if found is None:
                shares[j, i] = np.nan
            else:
                shares[j, i], widest = float(found.midpoint), max(widest, found.width)
    with styled():
        figure, (axes,) = panels(1, 3.8 if size == "page" else 2.6, size)
        image = axes.imshow(
            shares, origin="lower", extent=(0, FAR, 0, 1), aspect="auto", cmap="cividis", vmin=0, vmax=1
        )
        axes.contour(
            (np.arange(COLUMNS) + 0.5) * FAR / COLUMNS,
            (np.arange(ROWS) + 0.5) / ROWS,
            shares,
            levels=[0.5],
            colors="white",
            linewidths=0.8,
        )
        bar = figure.colorbar(image, ax=axes)
        bar.set_label("inflationary share of the window")
        axes.set(xlabel="s, the second input", ylabel="p, probability of s")
        missing = int(np.count_nonzero(np.isnan(shares)))
        caption = (
            "Data sets {(1, 1 - p), (s, p)}: the share of (2/x*, 4/x*) where G > 0, from the complete sign regions of "
            f"each of {COLUMNS * ROWS} data sets, the cells' centres [D1, D2, F4], known to {_power(widest)} "
            f"({missing} undecided). Between the centres nothing is certified; the line marks one half."
        )
        return Drawn(figure, caption, "proved")


def _power(width: Fraction) -> str:
    return "exactly" if width == 0 else f"better than {float(width) * 1.1:.0e}"
