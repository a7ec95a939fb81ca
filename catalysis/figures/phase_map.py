"""The certified phase map of two-sample families over (s, p)."""

from __future__ import annotations

from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from catalysis.drift.family import FamilyMap, TwoSampleFamily, family_map
from catalysis.figures.drawn import Drawn
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, OPEN, finished, panels, styled

DEPTH = 9
SHARES = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10))


def draw() -> Drawn:
    """Three places in each data set's catapult window."""
    box = (Fraction(0), Fraction(3)), (Fraction(0), Fraction(1))
    maps = [family_map(TwoSampleFamily(share=share), *box, depth=DEPTH) for share in SHARES]
    return draw_maps(maps)


def draw_maps(maps: list[FamilyMap]) -> Drawn:
    """Any maps side by side."""
    with styled():
        figure, axes = panels(len(maps), 1.2 + 4.6 * len(maps), 5.2 if len(maps) > 1 else 5.8, sharey=True)
        for panel, one in zip(axes, maps, strict=True):
            _panel(panel, one)
        axes[0].set_ylabel("p, probability of s")
        depth = maps[0].depth
        if maps[0].family.share is not None:
            where = (
                "at eta lambda = (2 + 2 tau)/max(1, s^2), the share tau of each data set's catapult window"
            )
        else:
            where = "at the eta lambda given"
        caption = (
            f"Data sets {{(1, 1 - p), (s, p)}} {where}. Red: proved inflationary, G > 0 on the whole box; blue: proved "
            f"deflationary; white: left open by {depth} halvings of each side [F1, F2, F3]. The open area is exact."
        )
        return finished(figure, caption, "proved" if any(one.boxes for one in maps) else "computed")


def _panel(axes: Axes, found: FamilyMap) -> None:
    axes.set_facecolor(OPEN)
    for sign, colour in ((1, INFLATIONARY), (-1, DEFLATIONARY)):
        patches = [
            Rectangle((float(b.s[0]), float(b.p[0])), float(b.s[1] - b.s[0]), float(b.p[1] - b.p[0]))
            for b in found.boxes
            if b.sign == sign
        ]
        axes.add_collection(PatchCollection(patches, facecolor=_light(colour), edgecolor="none", lw=0))
    family = found.family
    place = rf"$\tau={family.share}$" if family.share is not None else rf"$\eta\lambda={family.fixed}$"
    axes.set_title(f"{place}: {float(found.open_area / found.total_area):.2%} open", loc="left")
    axes.set(
        xlim=(float(found.s[0]), float(found.s[1])),
        ylim=(float(found.p[0]), float(found.p[1])),
        xlabel="s, the second input",
    )


def _light(colour: str) -> tuple[float, float, float]:
    """Opaque, so that neighbouring boxes do not add up at their borders."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return tuple(0.35 + 0.65 * c for c in (red, green, blue))  # type: ignore[return-value]
