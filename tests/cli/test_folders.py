"""Files of one run: a new folder appears whole, an old one never holds two runs, and what is replaced is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalysis.cli.main import main
from catalysis.cli.output import Folder
from catalysis.exact.errors import InputError

TWO = ("--samples", "1:1/2, x=1.69:1/2")
ORDER = ("order", *TWO, "--lambda", "1.42", "-o", "out")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_appears_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Folder(Path("deep/out"))
    folder.write_text("report.html", "a page")
    assert not Path("deep/out").exists()
    folder.settle()
    assert names(tmp_path) == {"deep/out/report.html"} and folder.notes == []
    assert folder.fields()["files"] == ["deep/out/report.html"]


def test_what_is_not_settled_leaves_nothing(tmp_path: Path) -> None:
    folder = Folder(Path("out"))
    folder.write_text("report.html", "a page")
    assert names(tmp_path) != set()
    del folder
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_says_what_it_replaces_and_removes_what_the_first_one_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ORDER]) == 0
    assert "replaced" not in capsys.readouterr().out
    out = tmp_path / "out"
    first = (out / "certificate.json").read_bytes()
    (out / "report.html").write_text("of the earlier run")
    (out / "notes.txt").write_text("the user's own")
    assert main([*ORDER, "--easy-steps", "2", "--factor", "100"]) == 0
    text = capsys.readouterr().out
    assert "replaced: certificate.json" in text
    assert "removed, as of an earlier run: report.html" in text
    assert names(out) == {"certificate.json", "notes.txt"}
    assert (out / "certificate.json").read_bytes() != first


def test_what_lies_beside_a_foreign_certificate_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "certificate.json").write_text('{"of": "something else"}')
    (out / "report.html").write_text("not ours")
    assert main([*ORDER]) == 0
    assert names(out) == {"certificate.json", "report.html"}
    assert json.loads((out / "certificate.json").read_text())["claims"]


def test_an_answer_that_fails_leaves_the_old_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ORDER]) == 0
    before = (tmp_path / "out" / "certificate.json").read_bytes()

    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main([*ORDER]) == 2
    assert capsys.readouterr().err == (
        "catalysis: out: expected a folder that can be written (No space left on device)\n"
    )
    assert names(tmp_path) == {"out/certificate.json"}
    assert (tmp_path / "out" / "certificate.json").read_bytes() == before


def test_parts_are_settled_together(tmp_path: Path) -> None:
    for _ in range(2):
        whole = Folder(Path("out"))
        part = whole.part("plus")
        part.write_text("report.html", "a page")
        whole.settle()
        assert part.fields()["files"] == ["out/plus/report.html"]
        assert names(tmp_path) == {"out/plus/report.html"}


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match=r"^out: expected a folder"):
        Folder(Path("out"))
