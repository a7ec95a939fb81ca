"""Pictures of results: each kind that is listed is drawn, with a caption that claims no more than the result."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from kit import EXAMPLES
from matplotlib.backends.backend_agg import FigureCanvasAgg

import catalysis
from catalysis import figures
from catalysis.crosscheck.table import CrossCheck
from catalysis.drift.family import TwoSampleFamily, family_map
from catalysis.exact.errors import InputError
from catalysis.exact.result import Result
from catalysis.figures.pictures import _PICTURES

F = Fraction
TALK = catalysis.as_walk(str(EXAMPLES / "talk-1.toml"))
PLANE = str(EXAMPLES / "plane.csv")
ASKED = {"width": "1e4", "mu0": 1, "probability": "1e-2", "tolerance": "1/50"}

MADE: dict[str, Callable[[], Any]] = {
    "Advice": lambda: catalysis.advise(TALK.dataset, 2, **ASKED),
    "AdviceOverInterval": lambda: catalysis.advise_over(TALK.dataset, 2, "2.1", **ASKED),
    "BatchComparison": lambda: catalysis.compare_batches(TALK.dataset, "1.42", sizes=[1, 2]),
    "CramerExponent": lambda: catalysis.cramer_exponent(TALK, "1.42"),
    "Diagnosis": lambda: catalysis.diagnose(str(EXAMPLES / "loss-log.csv")),
    "ExponentBand": lambda: catalysis.exponent_band(TALK, "1.3", "1.7", tolerance="1/2"),
    "FamilyMap": lambda: family_map(TwoSampleFamily(share=F(1, 2)), (F(0), F(3)), (F(0), F(1)), depth=2),
    "HittingProbability": lambda: catalysis.hitting_probability(TALK, "1.42", 100, digits=3),
    "KernelAdvice": lambda: catalysis.advise_kernel(catalysis.load_vectors(PLANE), momentum="1/2"),
    "Landing": lambda: catalysis.landing(TALK, 2),
    "LearningRateAxis": lambda: catalysis.learning_rate_axis(PLANE),
    "LundbergBounds": lambda: catalysis.lundberg_bounds(TALK, "1.42", 100),
    "MomentumMap": lambda: catalysis.momentum_map(TALK, depth=0),
    "Phase": lambda: catalysis.phase(1, "1/10", "5/2"),
    "PhaseMap": lambda: catalysis.phase_map(1, (0, 1), (1, 3), depth=1),
    "SignRegions": lambda: catalysis.sign_regions(TALK),
    "SpikeOverInterval": lambda: catalysis.spike_over(TALK, "1.4", "1.44", 50),
    "Thresholds": lambda: catalysis.catapult_window(TALK),
    "WindowShare": lambda: catalysis.inflationary_share(TALK.dataset),
    "CrossCheck": lambda: CrossCheck("none", "0" * 64, ()),
}


def test_every_kind_with_a_picture_is_drawn_here() -> None:
    """But a network followed, which needs PyTorch: tests/crosscheck draws it."""
    assert MADE.keys() | {"FollowedRun"} == _PICTURES.keys()


QUICK = ("Thresholds", "CramerExponent", "HittingProbability", "KernelAdvice")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])
        for name in MADE
        if name != "CrossCheck"
    ],
)
def test_a_picture_of_each(name: str) -> None:
    result = MADE[name]()
    assert type(result).__name__ == name and isinstance(result, Result)
    for size, inches in (("page", 7.0), ("column", 3.4)):
        drawn = result.plot(size)
        assert drawn.figure.get_size_inches()[0] == inches and len(drawn.caption) > 40
        FigureCanvasAgg(drawn.figure).draw()
        shown = [
            t.get_window_extent() for axes in drawn.figure.axes for t in (axes.xaxis.label, axes.yaxis.label)
        ]
        assert all(box.x0 >= -1 and box.x1 <= drawn.figure.bbox.x1 + 1 for box in shown if box.width)
    assert drawn.verdict in ("proved", "computed", "measured")
    for code in re.findall(r"\b[A-Z]{1,2}\d+\b", drawn.caption):
        assert re.search(rf"\*\*(?:Lemma |Theorem )?{code}\b", STATED), code


STATED = "".join(page.read_text() for page in (Path(__file__).parents[2] / "docs").glob("*.md"))


def test_pictures_show_themselves_and_are_saved(tmp_path: Path) -> None:
    drawn = figures.plot(catalysis.catapult_window(TALK), "column")
    png = drawn._repr_png_()
    assert png.startswith(b"\x89PNG") and len(png) < 60_000
    drawn.save(str(tmp_path / "window.svg"))
    assert "<desc>" in (tmp_path / "window.svg").read_text()
    with pytest.raises(InputError, match=r"\.pdf"):
        drawn.save("window.jpg")
    assert mpl.rcParams["svg.fonttype"] == "path"  # nobody's settings are touched


def test_where_there_is_no_picture_one_line_says_so() -> None:
    stable, certain = catalysis.cramer_exponent(TALK, 1), catalysis.lundberg_bounds(TALK, 2, 10)
    for result, word in (
        (catalysis.drift_sign(TALK, 1), "no picture is made of a DriftSign"),
        (stable, "stable"),
        (certain, "deflationary"),
        (catalysis.phase(1, 0, 3), "kappa0"),
    ):
        with pytest.raises(InputError, match=word):
            result.plot()
    with pytest.raises(InputError, match="size"):
        stable.plot("poster")


def test_what_is_infinite_or_zero_is_drawn_as_such() -> None:
    infinite, zero = (catalysis.compare_batches(TALK.dataset, at, sizes=[1]).plot() for at in ("1.42", "1.6"))
    (axes,) = infinite.figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "all"]
    assert [text.get_text() for text in axes.texts] == ["∞"] and len(axes.patches) == 2
    assert len(zero.figure.axes[0].lines) == 2 and not zero.figure.axes[0].patches  # marks, no bars


def test_the_highest_spikes_are_marked_with_their_heights() -> None:
    found = catalysis.diagnose(str(EXAMPLES / "loss-log.csv"))
    loss, heights, tail = found.plot().figure.axes
    named = {text.get_text(): text.xy for text in heights.texts}  # type: ignore[attr-defined]
    (highest,) = (one for one in found.spikes if one.log_height == max(o.log_height for o in found.spikes))
    assert named["×565"] == (highest.peak, pytest.approx(highest.log_height / math.log(10)))
    assert len(named) >= 3 and not loss.texts and not tail.texts
    marked = next(line for line in heights.lines if line.get_label() == "127 spikes")
    assert len(marked.get_xdata()) == 127
