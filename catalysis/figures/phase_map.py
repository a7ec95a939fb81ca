"""The certified phase map of two-sample families over (s, p)."""

from __future__ import annotations

from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Patch, Rectangle

from catalysis.drift.family import FamilyMap, TwoSampleFamily, family_map
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import (
    DEFLATIONARY,
    HATCHES,
    INFLATIONARY,
    OPEN,
    key,
    label_left,
    panels,
    styled,
    tint,
)

DEPTH = 9
SHARES = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10))


def draw(size: Size) -> Drawn:
    """Three places in each data set's catapult window."""
    box = (Fraction(0), Fraction(3)), (Fraction(0), Fraction(1))
    maps = [family_map(TwoSampleFamily(share=share), *box, depth=DEPTH) for share in SHARES]
    return draw_maps(maps, size)


def draw_maps(maps: list[FamilyMap], size: Size = "page") -> Drawn:
    """Any maps side by side."""
    with styled():
        height = 4.6 if size == "page" and len(maps) == 1 else 2.7
        figure, axes = panels(len(maps), height, size, sharey=True)
        for panel, one in zip(axes, maps, strict=True):
            _panel(panel, one)
        label_left(axes, size, "p, probability of s")
        depth = maps[0].depth
        figure.legend(handles=_keys(maps), loc="outside lower center", ncols=3)
        if maps[0].family.share is not None:
            where = (
                "at eta lambda = (2 + 2 tau)/max(1, s^2), the share tau of each data set's catapult window"
            )
        else:
            where = "at the eta lambda given"
        caption = (
            f"Data sets {{(1, 1 - p), (s, p)}} {where}. Hatched: proved inflationary, G > 0 on the whole box; plain: "
            f"proved deflationary; white: left open by {depth} halvings of each side [F1, F2, F3]. "
            "The open area is exact."
        )
        return Drawn(figure, caption, "proved" if any(one.boxes for one in maps) else "computed")


def _panel(axes: Axes, found: FamilyMap) -> None:
    axes.set_facecolor(OPEN)
    for sign, colour in ((1, INFLATIONARY), (-1, DEFLATIONARY)):
        patches = [
            Rectangle((float(b.s[0]), float(b.p[0])), float(b.s[1] - b.s[0]), float(b.p[1] - b.p[0]))
            for b in found.boxes
            if b.sign == sign
        ]
        boxes = PatchCollection(
            patches, facecolor=tint(colour), edgecolor=colour, hatch=HATCHES[colour], lw=0
        )
        axes.add_collection(boxes)
    family = found.family
    place = f"τ = {family.share}" if family.share is not None else f"ηλ = {family.fixed}"
    axes.set_title(f"{place}: {float(found.open_area / found.total_area):.2%} open", loc="left")
    axes.set(
        xlim=(float(found.s[0]), float(found.s[1])),
        ylim=(float(found.p[0]), float(found.p[1])),
        xlabel="s, the second input",
    )


def _keys(maps: list[FamilyMap]) -> list[Patch]:
    """The legend of what is drawn."""
    signs = {box.sign for one in maps for box in one.boxes}
    found = [key(INFLATIONARY, "G > 0 (proved)")] if 1 in signs else []
    found += [key(DEFLATIONARY, "G < 0 (proved)")] if -1 in signs else []
    white = Patch(facecolor=OPEN, edgecolor="0.5", lw=0.6, label="open")
    return [*found, *([white] if any(one.open_area for one in maps) else [])]
