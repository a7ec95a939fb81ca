"""The certified map of SGD with momentum: curvature against momentum, each box proved or left white."""

from __future__ import annotations

from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Patch, Rectangle

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import DEFLATIONARY, INFLATIONARY, OPEN, STABLE, panels, styled, tint
from catalysis.products.momentum_map import MomentumMap, Regime, momentum_map

_LOOK: tuple[tuple[Regime, str, str, str], ...] = (
    ("mean_square_stable", STABLE, "", "stable in mean square, k(2) < 0"),
    ("deflationary", DEFLATIONARY, "\\\\\\\\", "deflationary, λ₁ < 0"),
    ("inflationary", INFLATIONARY, "////", "inflationary, λ₁ > 0"),
)


def draw(size: Size) -> Drawn:
    """Two equally likely samples, x = 1 and 1.69."""
    rows = [
        (f"sample {i}", {"x": x, "p": Fraction(1, 2)})
        for i, x in enumerate((Fraction(1), Fraction(169, 100)))
    ]
    walk = LinearWalk(Dataset.from_rows("x = 1, 1.69", "1", rows))
    return draw_map(momentum_map(walk), size)


def draw_map(found: MomentumMap, size: Size = "page") -> Drawn:
    """The boxes of a map, each in the look of its regime. Raises InputError for a map without an area."""
    if found.flat:
        raise InputError("plot: expected ranges of lambda and momentum, not one number")
    with styled():
        figure, (axes,) = panels(1, 4.6 if size == "page" else 3.4, size)
        axes.set_facecolor(OPEN)
        legend = [
            _boxes(axes, found, *look) for look in _LOOK if any(one.regime == look[0] for one in found.boxes)
        ]
        axes.axvline(1.0, color="0.1", lw=1, ls="--")
        threshold = {"heavy_ball": "(1 + c)(1 + β)", "nesterov": "c + 1/(1 + 2β)"}[found.method]
        note = f" ηλ max x = {threshold}"
        axes.text(1.0, 0.01, note, rotation=90, transform=axes.get_xaxis_transform(), ha="right", va="bottom")
        name = {"heavy_ball": "heavy ball", "nesterov": "Nesterov"}[found.method]
        axes.set(
            xlim=tuple(map(float, found.whole.fractions)),
            ylim=tuple(map(float, found.whole.betas)),
            xlabel="λ as a share of the largest sample's own threshold",
            ylabel="momentum β",
        )
        data = found.walk.dataset.name
        axes.set_title(f"{data}: {name}, {float(found.areas['open']):.1%} open", loc="left")
        if found.areas["open"]:
            legend.append(Patch(fc=OPEN, ec="0.5", lw=0.6, label="open"))
        figure.legend(handles=legend, loc="outside lower center", ncols=4 if size == "page" else 2)
        caption = (
            f"SGD with momentum ({name}), one sample a step. Each coloured box is proved for all its points: the "
            "sign of the top Lyapunov exponent by moving tables [V19], the mean square by matrices [V5]; white is "
            "left open by "
            f"{found.depth} halvings of each side. Deflationary boxes may be stable in mean square too. "
            "Right of the dashed line the largest sample alone is unstable."
        )
        return Drawn(figure, caption, "proved" if found.verdict is Verdict.PROVED else "computed")


def _boxes(axes: Axes, found: MomentumMap, regime: Regime, colour: str, hatch: str, label: str) -> Patch:
    patches = []
    for one in found.boxes:
        if one.regime == regime:
            (a, b), (c, d) = (tuple(map(float, side)) for side in (one.box.fractions, one.box.betas))
            patches.append(Rectangle((a, c), b - a, d - c))
    axes.add_collection(PatchCollection(patches, facecolor=tint(colour), edgecolor=tint(colour), lw=0.3))
    if hatch:
        axes.add_collection(PatchCollection(patches, facecolor="none", edgecolor=colour, hatch=hatch, lw=0))
    return Patch(facecolor=tint(colour), edgecolor=colour, hatch=hatch, label=label, lw=0)
