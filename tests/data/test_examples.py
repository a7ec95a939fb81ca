"""The examples that come with the package: the list is that of the folder, and a copy can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit import EXAMPLES

import catalysis
from catalysis.cli.main import main
from catalysis.data import examples as shipped
from catalysis.data.reading import load_dataset
from catalysis.exact.errors import InputError


def test_the_list_is_that_of_the_folder() -> None:
    listed = {one.file for one in shipped.examples()}
    files = {path.name for path in EXAMPLES.iterdir() if path.is_file()} - {shipped.LIST}
    assert listed == files and all(one.samples and one.shows for one in shipped.examples())
    assert shipped.folder() == EXAMPLES  # in a clone there is one place for them


def test_a_copy_and_where_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples"]) == 0
    assert "talk-1.toml" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        assert main(["examples", str(tmp_path / name)]) == 0
        assert load_dataset(tmp_path / name / "talk-1.toml") == load_dataset(EXAMPLES / "talk-1.toml")
        assert (tmp_path / name / "networks" / "run.py").is_file()
    (tmp_path / "file").write_text("")
    for name in ("new", "file", "file/below"):
        assert main(["examples", str(tmp_path / name)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and "expected a" in error


def test_one_by_its_name() -> None:
    assert load_dataset(catalysis.example("rare.toml")) == load_dataset(EXAMPLES / "rare.toml")
    with pytest.raises(InputError, match=r"example: expected one of talk-1\.toml, .*found '\.\./x'"):
        catalysis.example("../x")


def test_an_example_that_is_not_here_is_known(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for program, name in (("thresholds", "talk-1.toml"), ("kernel", "examples/plane.csv")):
        assert main([program, name]) == 2
        assert "it comes with the package: catalysis examples FOLDER" in capsys.readouterr().err
    assert main(["thresholds", "other.toml"]) == 2
    assert "package" not in capsys.readouterr().err


def test_an_installation_without_them_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "_PLACES", (tmp_path,))
    assert main(["thresholds", str(tmp_path / "talk-1.toml")]) == 2
    with pytest.raises(InputError, match="found none"):
        shipped.folder()
