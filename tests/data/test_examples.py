"""The examples that come with the package: the list is that of the folder, and a copy can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit import EXAMPLES

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


def test_an_installation_without_them_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "_PLACES", (tmp_path,))
    with pytest.raises(InputError, match="found none"):
        shipped.folder()
