"""The certified map of SGD with momentum: curvature against momentum, each box proved or left white."""

from __future__ import annotations

from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Patch, Rectangle

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.result import Verdict
from catalysis.figures.drawn import Drawn
from catalysis.figures.style import OPEN, finished, panels, styled
from catalysis.products.momentum_map import MomentumMap, Regime, momentum_map

_LOOK: tuple[tuple[Regime, str, str, str], ...] = (
    ("mean_square_stable", "#c6e2f0", "", r"stable in mean square, $k(2)<0$"),
    ("deflationary", "#4a90b8", "////", r"deflationary, $\lambda_1<0$"),
    ("inflationary", "#edae49", "xxxx", r"inflationary, $\lambda_1>0$"),
)


def draw() -> Drawn:
    """Two equally likely samples, x = 1 and 1.69."""
    rows = [
        (f"sample {i}", {"x": x, "p": Fraction(1, 2)})
        for i, x in enumerate((Fraction(1), Fraction(169, 100)))
    ]
    walk = LinearWalk(Dataset.from_rows("x = 1, 1.69", "1", rows))
    return draw_map(momentum_map(walk))


def draw_map(found: MomentumMap) -> Drawn:
    with styled({"hatch.linewidth": 0.5}):
        figure, (axes,) = panels(1, 8.0, 6.0)
        axes.set_facecolor(OPEN)
        legend = [_boxes(axes, found, *look) for look in _LOOK]
        axes.axvline(1.0, color="0.1", lw=1.4, ls="--")
        threshold = {"heavy_ball": r"$(1+c)(1+\beta)$", "nesterov": r"$c+1/(1+2\beta)$"}[found.method]
        note = rf" $\eta\lambda x^*=$ {threshold}"
        axes.text(1.0, 0.01, note, rotation=90, transform=axes.get_xaxis_transform(), ha="right", va="bottom")
        name = {"heavy_ball": "heavy ball", "nesterov": "Nesterov"}[found.method]
        axes.set(
            xlim=tuple(map(float, found.whole.fractions)),
            ylim=tuple(map(float, found.whole.betas)),
            xlabel=r"$\lambda$ as a share of the largest sample's own threshold",
            ylabel=r"momentum $\beta$",
        )
        data = found.walk.dataset.name
        axes.set_title(f"{data}: {name}, {float(found.areas['open']):.1%} open", loc="left")
        legend.append(Patch(fc=OPEN, ec="0.5", label="open"))
        axes.legend(handles=legend, loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=4)
        caption = (
            f"SGD with momentum ({name}), one sample a step. Each coloured box is proved for all its points: the "
            "sign of the top Lyapunov exponent by moving tables [V19], the mean square by matrices [V5]; white is "
            "left open by "
            f"{found.depth} halvings of each side. Hatched blue may be stable in mean square too. "
            "Right of the dashed line the largest sample alone is unstable."
        )
        return finished(figure, caption, "proved" if found.verdict is Verdict.PROVED else "computed")


def _boxes(axes: Axes, found: MomentumMap, regime: Regime, colour: str, hatch: str, label: str) -> Patch:
    patches = []
    for one in found.boxes:
        if one.regime == regime:
            (a, b), (c, d) = (tuple(map(float, side)) for side in (one.box.fractions, one.box.betas))
            patches.append(Rectangle((a, c), b - a, d - c))
    axes.add_collection(PatchCollection(patches, facecolor=colour, edgecolor=colour, lw=0.3))
    if hatch:
        axes.add_collection(PatchCollection(patches, facecolor="none", edgecolor="0.35", hatch=hatch, lw=0))
    return Patch(facecolor=colour, edgecolor="0.35", hatch=hatch, label=label, lw=0)
