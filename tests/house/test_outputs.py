"""The outputs printed in README and docs/ are what the commands above them print."""

import importlib.util
import re
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


@pytest.mark.slow
def test_the_python_of_the_howto_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    found = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/howto.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(found) >= 2
    for code in found:
        exec(code, {})


def test_a_changed_output_would_be_seen() -> None:
    assert outputs.fits("one\n...\nfour\n", "one\ntwo\nthree\nfour\n")
    assert outputs.fits("one\n...\n", "one\n")
    assert not outputs.fits("one\n...\nfour\n", "one\ntwo\nfive\n")
    assert not outputs.fits("one\n", "one\ntwo\n") and not outputs.fits("one\ntwo\n", "one\n")
    assert outputs.fits("...\ntwo\n...\n", "one\ntwo\nthree\n")
    assert not outputs.fits("two\n...\n", "one\ntwo\n") and not outputs.fits("...\none\n", "one\ntwo\n")
    assert outputs.fits("in [1.6994522938547,  2]", "in [1.699452293855, 2]")
    assert not outputs.fits("[1.69945229385, 2]", "[1.69947229385, 2]") and not outputs.fits("1.42", "1.43")
    assert list(outputs.parts("$ a b\nout\n$ c\n")) == [("a b", "out\n"), ("c", "")]
    assert {"README", "howto"} <= {page.stem for page in SHOWN}
