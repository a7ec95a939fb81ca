"""Colours that every eye tells apart, in light of two models of colour blindness; legends only of what is drawn."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit import ROOT
from matplotlib.figure import Figure

from catalysis.certificate.certify import certify, ends_of_zeros
from catalysis.data.dataset import Dataset
from catalysis.data.talk import first_example
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.exact.errors import InputError
from catalysis.exponent.band import exponent_band
from catalysis.figures.drawn import as_size
from catalysis.figures.plots import (
    drift_caption,
    drift_curve,
    exponent_caption,
    near_poles,
    plot_drift,
    plot_exponent,
)
from catalysis.figures.saving import described, save_figure
from catalysis.figures.style import (
    DEFLATIONARY,
    HATCHES,
    INFLATIONARY,
    MARKERS,
    PALETTE,
    STABLE,
    WINDOW,
    power_of_ten,
    tint,
)

REGIONS = {"inflationary": INFLATIONARY, "deflationary": DEFLATIONARY, "window": WINDOW, "stable": STABLE}

# Machado, Oliveira, Fernandes (2009), full severity, on linear RGB
SEEN: dict[str, Any] = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


def lab(colour: tuple[float, ...], eye: str) -> np.ndarray:
    """CIELAB of an sRGB colour as this eye sees it."""
    v = np.array(colour)
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    xyz = _XYZ @ np.clip(np.array(SEEN[eye]) @ linear, 0, 1) / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(first: tuple[float, ...], second: tuple[float, ...], eye: str) -> float:
    """CIE76."""
    return float(np.linalg.norm(lab(first, eye) - lab(second, eye)))


def test_the_measure_knows_black_white_and_what_was_wrong() -> None:
    assert difference((0, 0, 0), (1, 1, 1), "normal") == pytest.approx(100, abs=0.01)
    assert difference(rgb("#d1495b"), rgb("#5b8c5a"), "deuteranopia") < 6  # red and green of before


@pytest.mark.parametrize("eye", SEEN)
def test_regions_are_told_apart(eye: str) -> None:
    for first, second in combinations(REGIONS.values(), 2):
        assert difference(rgb(first), rgb(second), eye) > 20
    tints = [*map(tint, REGIONS.values()), (1.0, 1.0, 1.0)]
    for one, other in combinations(tints, 2):
        assert difference(one, other, eye) > 10
    assert HATCHES[INFLATIONARY] != HATCHES[DEFLATIONARY]  # in black and white too


@pytest.mark.parametrize("eye", SEEN)
def test_lines_are_told_apart_by_colour_and_by_marker(eye: str) -> None:
    assert len(set(MARKERS)) == len(PALETTE) == len(MARKERS)
    for first, second in combinations(PALETTE, 2):
        assert difference(rgb(first), rgb(second), eye) > 15


def legend(figure: Figure) -> set[str]:
    return {text.get_text().split(" (")[0] for one in figure.legends for text in one.get_texts()}


def test_legends_name_what_is_drawn_and_nothing_else() -> None:
    result: Any = certify(LinearWalk(first_example()))
    assert legend(plot_exponent(result.band)) == {
        "λ_crit: θ = ∞ up to here",
        "certified band",
        "θ = 0",
        "θ = 1",
    }
    below = exponent_band(LinearWalk(first_example()), "1.3", "1.4")
    assert legend(plot_exponent(below)) == {"certified band", "θ = 1"}
    least = exponent_band(LinearWalk(first_example()), "1.5", "1.55")
    assert legend(plot_exponent(least)) == {"certified band"}
    everything = {"G", "poles", "certified zeros", "catapult window", "G > 0", "G < 0"}
    assert {word.removesuffix("(λ)") for word in legend(plot_drift(result.regions))} == everything
    assert "hatched" in exponent_caption(result.band) and "hatched" not in exponent_caption(below)
    assert "negative, positive (D1 to D3)" in drift_caption(result.regions)


def test_theta_is_0_where_it_is_proved_to_be() -> None:
    """Also where the cell would begin at an exact zero of G."""
    walk = LinearWalk(first_example())
    regions = sign_regions(walk)
    assert regions.zeros[0].exact == Fraction(269, 169)
    band = exponent_band(walk, "1.5", "2.3", cuts=ends_of_zeros(regions))
    last = band.cells[-1]
    assert (last.lower, last.upper) == (0, 0) and last.start - Fraction(269, 169) < Fraction(1, 10**9)


def test_poles_are_places_of_the_curve() -> None:
    walk = LinearWalk(first_example())
    places = near_poles(walk, 2.0)
    assert {float(pole) for pole in walk.poles} <= set(places)
    assert near_poles(walk, 0.1).size == 0
    many = LinearWalk(Dataset.from_arrays(range(1, 151)))  # each of them, not the first sixty
    assert {float(pole) for pole in many.poles if pole < 2} <= set(near_poles(many, 2.0))
    poles = np.array([float(pole) for pole in many.poles])
    assert (drift_curve(many, poles) == -1e3).all()  # out of the picture, however small the weight
    assert near_poles(LinearWalk(Dataset.from_arrays(range(1, 3001))), 2.0).size < 10_000


def test_what_stands_beside_a_figure_is_escaped() -> None:
    told = described('<?xml?>\n<svg width="1">\n</svg>', "a <b>", 'c & "d"')
    assert '<svg width="1" role="img">' in told and "<title>a &lt;b&gt;</title>" in told
    assert "<desc>c &amp; &quot;d&quot;</desc>" in told
    assert "<desc>" not in described("<svg >\n</svg>", "t", "")


@pytest.mark.slow
def test_files_hold_text_no_date_and_the_same_bytes(tmp_path: Path) -> None:
    name = "$x_1$ <evil> & co"
    samples = Dataset.from_arrays([1, 2])
    band = exponent_band(LinearWalk(type(samples)(name, Fraction(1), samples.samples)), "0.6", "0.8")
    files = [save_figure(plot_exponent(band), tmp_path / run) for run in ("a", "b")]
    for first, second in zip(*files, strict=True):
        own, other = first.read_bytes(), second.read_bytes().replace(b">b<", b">a<")
        assert own == other and b"CreationDate" not in own and b"dc:date" not in own
    svg = files[0][0].read_text()
    assert "curvature λ</text>" in svg and "$x_1$ &lt;evil&gt; &amp; co" in svg
    assert b"/CIDFontType2" in files[0][1].read_bytes() or b"/TrueType" in files[0][1].read_bytes()


def test_sizes_and_powers() -> None:
    assert as_size("column") == "column"
    with pytest.raises(InputError, match="size: expected one of column, page"):
        as_size("poster")
    assert (power_of_ten(12), power_of_ten(-350)) == ("10¹²", "10⁻³⁵⁰")


def test_theta_is_one_letter() -> None:
    """θ in text, `\\theta` in formulas, also in what is read beside the figures."""
    pages = [*(ROOT / "catalysis").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    other = ("\N{GREEK THETA SYMBOL}", "\\var" + "theta")
    assert not [page for page in pages if any(letter in page.read_text(encoding="utf-8") for letter in other)]
