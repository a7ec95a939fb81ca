"""The figures: drawn, saved, captioned honestly; the two commands; the command `family`."""

import json
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit import ROOT
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import FillBetweenPolyCollection, PatchCollection
from matplotlib.figure import Figure

from catalysis import figures
from catalysis.cli import main
from catalysis.data import talk
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.exact.errors import InputError
from catalysis.exponent.exponent import cramer_exponent
from catalysis.figures import landing, phase_map, window
from catalysis.figures.products import plot_learning_rates
from catalysis.figures.saving import save_figure
from catalysis.products.axis import learning_rate_axis
from proofs_check.__main__ import main as check


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarser versions of the slow figures."""
    monkeypatch.setattr(landing, "STEPS", 3000)
    monkeypatch.setattr(landing, "REPLICAS", 300)
    monkeypatch.setattr(phase_map, "DEPTH", 4)
    monkeypatch.setattr(window, "COLUMNS", 6)
    monkeypatch.setattr(window, "ROWS", 4)


def readable(path: Path) -> str:
    """The text that a search finds in an SVG file."""
    texts = (one for one in ET.parse(path).iter() if one.tag.endswith("}text"))
    return "\n".join("".join(one.itertext()) for one in texts)


def alt_text(path: Path) -> str:
    found = [child.text for child in ET.parse(path).getroot() if child.tag.endswith("}desc")]
    assert len(found) == 1
    return str(found[0])


def labels(axes: Axes) -> list[str]:
    """The words beside the axes, line by line."""
    return [
        line
        for text in (axes.get_xlabel(), axes.get_ylabel(), axes.get_title("left"))
        for line in text.split("\n")
    ]


def overflow(figure: Figure) -> list[str]:
    """Texts beyond the edge of the paper."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    whole = figure.bbox
    texts = [
        t for axes in figure.axes for t in (axes.xaxis.label, axes.yaxis.label, axes.title, axes._left_title)
    ]
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts if t.get_text()]
    boxes += [("legend", legend.get_window_extent()) for legend in figure.legends]
    return [
        word
        for word, box in boxes
        if box.x0 < -1 or box.x1 > whole.x1 + 1 or box.y0 < -1 or box.y1 > whole.y1 + 1
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", figures.NAMES)
def test_each_figure_is_drawn_and_saved(name: str, tmp_path: Path) -> None:
    drawn = figures.draw(name)
    assert drawn.verdict in ("proved", "computed", "measured")
    assert len(drawn.caption) > 80 and "  " not in drawn.caption
    save_figure(drawn.figure, tmp_path / name, drawn.caption)
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    words = readable(tmp_path / f"{name}.svg")
    assert all(text in words for axes in drawn.figure.axes for text in labels(axes))
    assert drawn.caption not in words and drawn.caption in alt_text(tmp_path / f"{name}.svg")
    narrow = figures.draw(name, "column").figure
    assert (drawn.figure.get_figwidth(), narrow.get_figwidth()) == (7.0, 3.4)
    save_figure(narrow, tmp_path / "narrow")
    assert overflow(narrow) == []
    assert all(axes.get_xlabel() or len(drawn.figure.axes) > 1 for axes in drawn.figure.axes)


def test_what_is_simulated_says_so() -> None:
    for name in ("spikes", "landing"):
        drawn = figures.draw(name)
        assert drawn.verdict == "measured" and "seed" in drawn.caption and "simulated" in drawn.caption


def test_the_stand_in_for_the_unprinted_data_set_is_named() -> None:
    assert "(1.26), which it does not print" in figures.draw("exponent").caption


def test_the_exponent_band_that_is_drawn_holds_the_exponent() -> None:
    axes = figures.draw("exponent").figure.axes[0]
    (band,) = [one for one in axes.collections if isinstance(one, FillBetweenPolyCollection)]
    outline = band.get_paths()[0].vertices
    walk = LinearWalk(talk.first_example())
    for curvature in (Fraction(13, 10), Fraction(7, 5), Fraction(3, 2)):
        theta = float(cramer_exponent(walk, curvature))
        # the cell's box around the place: nearest corners to its left and right
        x, y = outline[:, 0], outline[:, 1]
        left, right = x[x <= curvature].max(), x[x >= curvature].min()
        near = y[(x == left) | (x == right)]
        assert near.min() - 1e-12 <= theta <= near.max() + 1e-12
        assert near.max() - near.min() < 0.15


def test_the_zeros_on_the_drift_figure() -> None:
    drawn = figures.draw("drift")
    assert "1.591715976" in drawn.caption and "1.819721218" in drawn.caption
    for axes, zero in zip(drawn.figure.axes, (1.5917159763313609, 1.8197212184534401), strict=True):
        dots = [line.get_xdata() for line in axes.lines if line.get_marker() == "o"]
        assert np.allclose(np.concatenate(dots), [zero], rtol=1e-9)


def test_no_landed_replica_is_drawn_in_an_inflationary_region() -> None:
    assert "G > 0" not in figures.draw("landing").caption.split("hatched G > 0.")[1]


def test_landed_replicas_are_counted_in_the_region_that_holds_them() -> None:
    regions = sign_regions(LinearWalk(talk.three_changes()))
    words = landing._words(regions, np.array([0.1, 0.2, 0.8, 1.0]), 1.2)
    assert words.startswith(
        "From 1.2: 4 landed, 2 in (0.00000, 0.71683), G < 0; 1 in (0.71683, 0.99799), G > 0"
    )
    assert "1 in (0.99799, 1.00190), G < 0" in words


def test_the_phase_map_draws_every_box() -> None:
    drawn = figures.draw("phase-map")
    for axes in drawn.figure.axes:
        patches = [one for one in axes.collections if isinstance(one, PatchCollection)]
        assert len(patches) == 2 and all(len(one.get_paths()) > 0 for one in patches)


def test_the_talks_data_sets_are_the_examples() -> None:
    folder = ROOT / "examples"
    for name, made in (
        ("talk-1", talk.first_example()),
        ("talk-2", talk.second_example()),
        ("three-changes", talk.three_changes()),
    ):
        assert load_dataset(str(folder / f"{name}.toml")).to_json() == made.to_json()
    assert talk.idle_half().merged()[0].x == 0 and talk.one_sample().merged()[0].x == 1


# --- commands ----------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_figure_writes_three_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "figure", "catapult", "-o", str(tmp_path / "new"), "--json")
    assert status == 0
    document: Any = json.loads(out)
    assert document["verdict"] == "computed"
    (entry,) = document["figures"]
    assert entry["name"] == "catapult" and all(Path(file).exists() for file in entry["files"])
    assert {Path(file).suffix for file in entry["files"]} == {".svg", ".pdf", ".png"}
    assert alt_text(tmp_path / "new" / "catapult.svg") == entry["caption"]


@pytest.mark.slow
def test_a_figure_for_one_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for size, points in (("column", 244.8), ("page", 504)):
        assert run(capsys, "figure", "catapult", "-o", str(tmp_path / size), "--size", size)[0] == 0
        width = ET.parse(tmp_path / size / "catapult.svg").getroot().get("width")
        assert width == f"{points:g}pt"
    status, out, err = run(capsys, "figure", "catapult", "-o", str(tmp_path / "x"), "--size", "poster")
    assert status == 2 and not out and "column, page" in err and err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_an_unknown_figure_or_a_file_as_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "figure", "nonsense")
    assert status == 2 and not out and "catapult-map" in err and err.count("\n") == 1
    (tmp_path / "file").write_text("")
    status, out, err = run(capsys, "figure", "catapult", "-o", str(tmp_path / "file"))
    assert status == 2 and not out and "expected a folder" in err
    with pytest.raises(InputError):
        figures.draw("nonsense")


@pytest.mark.slow
def test_figures_draws_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "NAMES", ("catapult", "drift"))
    status, out, _ = run(capsys, "figures", "-o", str(tmp_path), "--json")
    assert status == 0 and json.loads(out)["verdict"] == "drawn"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{name}.{suffix}" for name in ("catapult", "drift") for suffix in ("pdf", "png", "svg")
    ]


def test_family_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "family",
        "--s",
        "0..3",
        "--p",
        "0..1",
        "--share",
        "1/2",
        "--depth",
        "4",
        "-o",
        str(tmp_path),
    )
    status, out, _ = run(capsys, *arguments, "--json")
    document: Any = json.loads(out)
    areas = [Fraction(document[f"{name}_area"]) for name in ("positive", "negative", "open", "total")]
    assert status == 0 and document["verdict"] == "undecided" and sum(areas[:3]) == areas[3] == 3
    assert check([str(tmp_path / "certificate.json")]) == 0
    assert len(json.loads((tmp_path / "certificate.json").read_text())["claims"]) == len(document["boxes"])
    capsys.readouterr()
    status, out, _ = run(capsys, *arguments)
    assert status == 0 and "proved" in out and "F2, F3" in out and "undecided" in out


def test_family_with_enormous_and_tiny_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    for place in (("--lambda", "1e-390"), ("--lambda", "1e390"), ("--share", "1e-300")):
        arguments = ("family", "--s", "0..1e200", "--p", "1e-300..1", *place, "--depth", "3")
        for as_json in ((), ("--json",)):
            status, out, err = run(capsys, *arguments, *as_json)
            assert status == 0 and out and not err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--s", "0..3", "--p", "0..1"),
        ("--s", "0..3", "--p", "0..1", "--share", "1/2", "--lambda", "3"),
        ("--s", "0-3", "--p", "0..1", "--share", "1/2"),
        ("--s", "0..x", "--p", "0..1", "--share", "1/2"),
        ("--s", "0..3", "--p", "0..2", "--share", "1/2"),
        ("--s", "0..3", "--p", "0..1", "--share", "2"),
        ("--s", "0..3", "--p", "0..1", "--lambda", "-1"),
        ("--s", "0..3", "--p", "0..1", "--lambda", "1", "--depth", "40"),
        ("--s", "0..1e400", "--p", "0..1", "--lambda", "1", "-o", "nowhere"),
    ],
)
def test_bad_family_input_is_one_line(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "family", *arguments)
    assert status == 2 and not out and err.count("\n") == 1 and "expected" in err


@pytest.mark.slow
def test_the_learning_rate_axis_is_drawn_as_it_is_proved(tmp_path: Path) -> None:
    axis = learning_rate_axis([[1, 0], [1, 1]], width="1/20")
    figure = plot_learning_rates(axis)
    (axes,) = figure.axes
    spans = [c for c in axes.collections if isinstance(c, FillBetweenPolyCollection)]
    shown = [piece for piece in axis.regimes if piece.start < axes.get_xlim()[1]]
    assert len(spans) == len(shown) >= 4 and all(span.get_hatch() != "" for span in spans[1:])
    starts = [float(span.get_paths()[0].vertices[:, 0].min()) for span in spans]
    assert starts == [float(piece.start) for piece in shown]
    names = {text.get_text() for text in figure.legends[0].get_texts()}
    assert names == {p.regime if p.regime == "undecided" else f"{p.regime} (proved)" for p in shown}
    save_figure(figure, tmp_path / "axis")
    assert "caption" not in (tmp_path / "axis.svg").read_text()
