"""The outputs printed in README and docs/ are what the commands above them print."""

import importlib.util
from pathlib import Path

import pytest
from kit import ROOT

spec = importlib.util.spec_from_file_location("outputs", ROOT / "docs/site/outputs.py")
assert spec is not None and spec.loader is not None
outputs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(outputs)

PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if page.is_file()]
SHOWN = [page for page in PAGES if outputs.BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.slow
@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
def test_outputs_of(page: Path) -> None:
    found = outputs.differences(page)
    assert not found, f"python docs/site/outputs.py --write {page.name}\n" + "\n".join(found)


def test_a_changed_output_would_be_seen() -> None:
    assert outputs.fits("one\n...\nfour\n", "one\ntwo\nthree\nfour\n")
    assert outputs.fits("one\n...\n", "one\n")
    assert not outputs.fits("one\n...\nfour\n", "one\ntwo\nfive\n")
    assert not outputs.fits("one\n", "one\ntwo\n")
    assert list(outputs.parts("$ a b\nout\n$ c\n")) == [("a b", "out\n"), ("c", "")]
    assert {"README", "howto"} <= {page.stem for page in SHOWN}
