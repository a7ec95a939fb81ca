"""The report page in a real browser: quiet, alone, moved by its slider, readable at every width, in light and dark."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import EXAMPLES

from browser.driver import Browser, browser
from catalysis.cli.main import main

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromedriver") is None, reason="needs chromium and chromedriver"),
]

LOOKS = [(width, dark) for width in (390, 1280) for dark in (False, True)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    assert main(["certify", str(EXAMPLES / "talk-1.toml"), "-o", str(folder)]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as found:
        yield found


def text(chrome: Browser, name: str) -> str:
    return str(chrome.run(f"return document.getElementById('at-{name}').textContent"))


def move(chrome: Browser, value: int, name: str = "lambda") -> None:
    chrome.run(
        f"const s = document.getElementById('{name}');"
        f"s.value = {value}; s.dispatchEvent(new Event('input', {{bubbles: true}}));"
    )


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_quiet_alone_and_no_wider_than_the_screen(
    chrome: Browser, report: Path, width: int, dark: bool, tmp_path: Path
) -> None:
    chrome.look(report, width, dark=dark)
    assert chrome.run("return document.documentElement.scrollWidth <= innerWidth")
    assert chrome.run("return document.getElementById('explore').hidden") is False
    ground = chrome.run("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    shown = chrome.run(
        "return [...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().width > 0)"
    )
    assert shown == ([False, True] if width == 390 else [True, False]) * 2
    size = chrome.run(
        "return [...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)"
    )
    assert min(height for height in size if height > 0) >= 8  # no smaller than footnotes
    chrome.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000
    assert chrome.complaints() == [] and chrome.requests() == []


def test_the_slider_moves_and_the_text_follows(chrome: Browser, report: Path) -> None:
    chrome.look(report, 1280, dark=False)
    cells: Any = json.loads(chrome.run("return document.getElementById('cells').textContent"))
    ends = [0.0, *(cell["until"] for cell in cells["cells"])]
    told = set()
    for value in range(0, 2001, 50):
        move(chrome, value)
        here = text(chrome, "cell")
        k = [f"[{c['from']}, {c['to']}]" for c in cells["cells"]].index(here)
        assert ends[k] - 1e-9 <= value / 2000 <= ends[k + 1] + 1e-9
        cell = cells["cells"][k]
        assert (text(chrome, "regime"), text(chrome, "theta")) == (cell["regime"], cell["theta"])
        assert text(chrome, "spike") == cell["spikes"][0]
        told.add(cell["regime"].split(":")[0])
    assert told >= {"stable", "deflationary", "inflationary"}
    move(chrome, 1200)
    before = text(chrome, "spike")
    chrome.run(
        "const l = document.getElementById('level'); l.value = 2; l.dispatchEvent(new Event('change'))"
    )
    assert text(chrome, "spike") != before
    assert chrome.complaints() == []


def test_another_learning_rate_is_another_place_among_the_cells(chrome: Browser, report: Path) -> None:
    """At eta' and lambda the page says what it says at eta and lambda eta'/eta."""
    chrome.look(report, 1280, dark=False)
    names = ("product", "regime", "theta", "spike")
    told = {}
    for place in (400, 800, 1200, 1600, 2000):
        move(chrome, place)
        told[place] = [text(chrome, name) for name in names]
    for rate, value, same in ((500, 1600, 800), (2000, 600, 1200), (1600, 500, 800), (2000, 1000, 2000)):
        move(chrome, rate, "rate")
        move(chrome, value)
        assert [text(chrome, name) for name in names] == told[same], (rate, value)
        assert "divided" in text(chrome, "cell") and text(chrome, "rate").startswith(f"{rate / 1000:.3f} η ≈")
    move(chrome, 1001)
    assert (
        "beyond the catapult window" in text(chrome, "regime")
        and text(chrome, "theta") == "not certified here"
    )
    chrome.run("document.getElementById('own').click()")
    assert chrome.run("return document.getElementById('own').hidden") and text(chrome, "cell").startswith("[")
    assert text(chrome, "rate") == "η, that of the data"
    assert chrome.complaints() == []


def test_every_lemma_leads_to_its_proof(chrome: Browser, report: Path) -> None:
    chrome.look(report, 390, dark=False)
    dead = chrome.run(
        "return [...document.querySelectorAll('a')].filter(a => !document.querySelector(a.getAttribute('href')))"
        ".map(a => a.textContent)"
    )
    assert dead == []
    chrome.run("document.querySelector('a[href=\"#E4\"]').click()")
    assert abs(chrome.run("return document.getElementById('E4').getBoundingClientRect().top")) < 60
    assert "concave" in chrome.run("return document.getElementById('E4').textContent")


def test_the_figures_can_be_searched_and_are_described(chrome: Browser, report: Path) -> None:
    chrome.look(report, 1280, dark=False)
    words = chrome.run("return [...document.querySelectorAll('svg text')].map(t => t.textContent).join(' ')")
    assert "certified zeros (1)" in words and "curvature" in words
    told = chrome.run(
        "return [...document.querySelectorAll('svg')].map(s => s.querySelector(':scope > desc').textContent)"
    )
    assert len(told) == 4 and all("curvature" in line for line in told)
    names = chrome.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(names) == len(set(names))


def test_complete_without_scripts(chrome: Browser, report: Path) -> None:
    """The slider is not there; all that it says is, in the table of cells."""
    chrome.look_without_scripts(report, 390)
    assert chrome.run("return document.getElementById('explore').hidden") is True
    assert text(chrome, "regime") == ""
    cells: Any = json.loads(chrome.run("return document.getElementById('cells').textContent"))
    rows = chrome.run(
        "return [...document.querySelectorAll('details tr')].slice(1)"
        ".map(r => [...r.children].map(c => c.textContent))"
    )
    told = [
        [c["from"], c["to"], c["regime"].partition(":")[0], c["theta"], *c["spikes"]] for c in cells["cells"]
    ]
    assert rows == told
    assert chrome.complaints() == []
