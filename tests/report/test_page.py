"""The page of a certified data set: complete, self-contained, every lemma with its proof, every bound true."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from kit import EXAMPLES, ROOT

import catalysis
from catalysis.certificate.certify import Certified, certify
from catalysis.exponent.band import BandCell
from catalysis.report import cite, lemmas
from catalysis.report.cells import LEVELS, cells_frame, place_cells, slider_json, spike_over
from catalysis.report.page import Picture, page
from catalysis.report.summary import summary_lines

F = Fraction
SHA = "ab" * 32
DAY = datetime.date(2026, 1, 2)
SVG = (
    '<?xml version="1.0"?><svg id="a"><metadata>m</metadata><path id="b" d="url(#b)"/><use href="#b"/></svg>'
)


@pytest.fixture(scope="module")
def result() -> Certified:
    return certify(catalysis.as_walk(str(EXAMPLES / "three-changes.toml")))


@pytest.fixture(scope="module")
def text(result: Certified) -> str:
    pictures = {
        name: Picture(*(SVG.replace("m<", f"{name} {kind}<") for kind in "ab"), f"{name} <in words>")
        for name in ("drift", "exponent")
    }
    return page(result, SHA, pictures, DAY)


class Reader(HTMLParser):
    """Headings, links, names and tags of a page; complains of what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.links: list[str] = []
        self.names: list[str] = []
        self.sources: list[str] = []
        self.heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.heading = tag == "h2"
        self.links += [str(found["href"])] if tag == "a" else []
        self.names += [str(found["id"])] if "id" in found else []
        self.sources += [str(found[key]) for key in ("src", "action", "data", "srcset") if key in found]

    def handle_data(self, data: str) -> None:
        self.headings += [data] if self.heading else []
        self.heading = False


def test_five_lines_first_and_the_data_last(result: Certified, text: str) -> None:
    read = Reader(text)
    assert read.headings[0] == "Around one curvature" and read.headings[-1] == "Data"
    assert read.headings[-3:-1] == ["Cite this", "Lemmas and proofs"]
    lines = summary_lines(result, SHA)
    assert len(lines) == 5 and text.index("<ul class=summary>") < text.index("<h2>")
    assert "2/3 (0.666666...) and 4/3 (1.33333...)" in lines[0] and "exactly 3 zeros" in lines[1]
    assert f"All {len(result.parts)} results are proved" in lines[4] and SHA in lines[4]


def test_nothing_is_fetched_and_only_the_own_script_runs(text: str) -> None:
    read = Reader(text)
    assert not read.sources and all(link.startswith("#") for link in read.links)
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert (
        len(policy) == 1 and policy[0].startswith("default-src 'none'; ") and "unsafe-eval" not in policy[0]
    )
    assert "http" not in text.replace("http-equiv", "") and "@import" not in text
    assert "prefers-color-scheme: dark" in text and "width=device-width" in text


def test_every_link_has_its_place_and_every_lemma_its_link(text: str) -> None:
    read = Reader(text)
    names = {name for name in read.names if re.fullmatch(r"[A-Z]+\d+", name)}
    assert (
        {link[1:] for link in read.links} == names >= {"T1", "D1", "D2", "D3", "E1", "E4", "S3", "N12", "R7"}
    )
    assert len(read.names) == len(set(read.names))
    shown = re.sub(r"<script.*?</script>|<style.*?</style>|<a .*?</a>|<[^>]*>", "", text, flags=re.DOTALL)
    assert not [code for code in re.findall(r"\b(?:SG|[TDESNR])\d+\b", shown) if lemmas.lemma(code)]


def test_figures_keep_their_own_names_and_words(text: str) -> None:
    own = re.findall(r'id="((?:wide|narrow)\w{6}-)b" d="url\(#(.*?)b\)"/><use href="#(.*?)b"', text)
    assert len(own) == 4 and all(a == b == c for a, b, c in own)
    assert "<metadata>" not in text and "drift &lt;in words&gt;" in text


def test_the_lemmas_shipped_are_those_of_the_documents() -> None:
    shipped = (Path(lemmas.__file__).with_name(lemmas.FILE)).read_text(encoding="utf-8")
    assert shipped == lemmas.extracted(ROOT / "docs"), "python -m catalysis.report.lemmas docs"
    for name in lemmas.PAGES:
        stated = set(
            re.findall(r"^\*\*(?:Lemma|Theorem) (\w+)", (ROOT / "docs" / name).read_text(), re.MULTILINE)
        )
        kept = {
            code for code in stated if (one := lemmas.lemma(code)) and one.page == name and "∎" in one.text
        }
        assert kept == stated and stated


def test_the_wheel_carries_what_the_page_reads() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["catalysis"]
    held = {path for pattern in patterns for path in (ROOT / "catalysis").glob(pattern)}
    assert {
        path for path in (ROOT / "catalysis/report").iterdir() if path.suffix in (".css", ".js", ".json")
    } <= held
    assert len(held) >= 4


def test_lemmas_are_found_in_ranges_and_through_their_proofs() -> None:
    assert lemmas.cited("proved (D1-D3), then N1 to N4; Z9") == ["D1", "D3", "N1", "N4", "D2", "N2", "N3"]
    needed = [one.code for one in lemmas.needed("S3")]
    assert needed == sorted(needed) and {"S3", "E1"} <= set(needed)
    assert lemmas.lemma("Z9") is None and lemmas.setting("audit.md") is None


def test_markdown_is_escaped_and_told_apart() -> None:
    shown = lemmas.markdown(
        "**Lemma X.** `a < b` and *so* [on](x.md).\n\n    x <= y\n    z\n\n* one\n* two\n  more"
    )
    assert shown == (
        "<p><strong>Lemma X.</strong> <code>a &lt; b</code> and <em>so</em> on.</p><pre>x &lt;= y\nz</pre>"
        "<ul><li>one</li><li>two\n  more</li></ul>"
    )


# --- the cells of the slider ---------------------------------------------------------------------------


def test_cells_run_from_0_over_the_window_without_a_gap(result: Certified) -> None:
    cells = place_cells(result)
    assert cells[0].start == 0 and cells[0].end == result.limits.lambda_crit
    assert all(before.end == after.start for before, after in pairwise(cells))
    assert cells[-1].end == result.limits.lambda_max
    data = slider_json(cells, result.walk.dataset.learning_rate)
    ends = [cell["until"] for cell in data["cells"]]
    assert ends == sorted(ends) and ends[-1] == 1.0 and data["last"] == float(F(4, 3))
    assert len(cells_frame(cells).rows) == len(cells)
    half = slider_json(cells, F(1, 2))["cells"]
    assert half[0]["product"] == "[0, 1/3]" and data["cells"][0]["product"] == "[0, 2/3]"


@pytest.mark.parametrize("name", ["talk-1", "three-changes"])
def test_what_a_cell_says_is_true_inside_it(name: str) -> None:
    """Against the probability and the regime at places inside, which are found another way."""
    result = certify(catalysis.as_walk(str(EXAMPLES / f"{name}.toml")))
    cells, words = place_cells(result), set()
    for cell in [*cells[:2], *cells[2::9], cells[-1]]:
        for share in (F(1, 7), F(6, 7)):
            at = cell.start + share * (cell.end - cell.start)
            told = catalysis.cramer_exponent(result.walk, at)
            words.add(cell.regime.split(":")[0])
            if not cell.regime.startswith("not decided"):
                assert cell.regime.startswith(told.regime.value), (at, cell)
            for level, bounds in zip(LEVELS, cell.spikes, strict=True):
                true = catalysis.lundberg_bounds(result.walk, at, level).enclosure
                assert true is not None
                assert bounds.lower <= true.upper and true.lower <= bounds.upper
                assert bounds.lower <= true.lower + F(1, 10**12) and true.upper <= bounds.upper + F(1, 10**12)
    assert words >= {"stable", "deflationary", "inflationary"}


def test_bounds_of_a_spike_over_a_cell() -> None:
    largest, K = F(2), F(10)
    stable = BandCell(F(1, 2), F(1), None, None)
    certain = BandCell(F(3, 2), F(2), F(0), F(0))
    open_above = BandCell(F(1), F(5, 4), F(2), None)
    between = BandCell(F(5, 4), F(3, 2), F(1), F(2))
    unknown = BandCell(F(5, 4), F(3, 2), F(0), F(1))
    assert spike_over(stable, largest, K).upper == 0 and spike_over(certain, largest, K).lower == 1
    found = spike_over(open_above, largest, K)
    assert found.lower == 0 and abs(found.upper - F(1, 100)) < F(1, 10**20) and found.upper >= F(1, 100)
    found = spike_over(between, largest, K)  # R = 2 * 3/2 - 1 = 2: (10 * 2)^-2 <= P <= 10^-1
    assert F(1, 400) - F(1, 10**20) < found.lower <= F(1, 400) and F(1, 10) <= found.upper < F(1, 10) + F(
        1, 10**20
    )
    found = spike_over(unknown, largest, K)
    assert F(1, 20) - F(1, 10**20) < found.lower <= F(1, 20) and found.upper == 1


def test_no_slider_without_a_band() -> None:
    result = certify(catalysis.as_walk(str(EXAMPLES / "talk-1.toml")), max_work=1)
    assert place_cells(result) == []
    shown = page(result, None, {}, DAY)
    assert "<script" not in shown and "script-src 'none'" in shown and "Around one curvature" not in shown
    assert "No certificate was written" in shown and "Cite this" not in shown
    lines = summary_lines(result, None)
    assert "undecided (not begun" in lines[1] and "No certificate" in lines[4]


def test_curvatures_beyond_doubles_have_their_slider(result: Certified) -> None:
    tiny = certify(catalysis.LinearWalk(result.walk.dataset.with_learning_rate("1e400")))
    data = slider_json(place_cells(tiny), F("1e400"))
    assert data["last"] is None and data["rate"] is None and 0 < data["cells"][0]["until"] < 1
    assert "not one" not in json.dumps(data) and "none of the curvatures" not in summary_lines(tiny, None)[2]


def test_one_sample_has_no_deflationary_curvature() -> None:
    lines = summary_lines(certify(catalysis.as_walk(catalysis.parse_samples("x=1"))), SHA)
    assert "none of the curvatures looked at is deflationary" in lines[2] and "no probability" in lines[3]
    assert "exactly 1 zero;" in lines[1]


# --- citing --------------------------------------------------------------------------------------------


def test_what_to_cite(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"catalysis {catalysis.__version__}, 2026-01-02, certificate with SHA-256 {SHA}" in text
    assert "@misc{catalysis-three-changes-abababab," in text and "eprint = {2603.10079}" in text
    assert "2603.10079" in (ROOT / "CITATION.cff").read_text()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert cite.today() == datetime.date(1970, 1, 2)
    for odd in ("", "soon", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", odd)
        assert cite.today() >= datetime.date(2026, 1, 1)


@pytest.mark.parametrize("name", ["", "{}", r"\input{x}", 'a}, author="b', "größe_1 $x$ %", "x" * 500])
def test_hostile_names_leave_bibtex_whole(name: str) -> None:
    entry: Any = cite.bibtex(name, SHA, DAY)
    assert entry.count("{") == entry.count("}") and entry.startswith("@misc{catalysis-") and "\\" not in entry
    assert not set("%$_#") & set(entry) and entry.count("  author = ") == 1
