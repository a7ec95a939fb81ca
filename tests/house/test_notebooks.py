"""Every notebook runs from its own folder, imports public names alone, and is stored with the outputs of its run."""

import ast
import base64
import importlib
import re
from itertools import pairwise
from pathlib import Path

import nbclient
import nbformat
import pytest
from kit import ROOT
from kit.notebook_checks import CHECKS

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COMPARED = ("02", "06", "08")
"""Of these every number is certified or counted: what is stored has to be what comes out, but for the last digits of
bounds, which depend on where a search began."""
MOST_PICTURE, MOST_NOTEBOOK = 60_000, 200_000
CHECKER = {"proofs_check.certificate": {"check_certificate"}}


def _code(path: Path) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _plain(source: str) -> str:
    return re.sub(r"^%.*$", "", source, flags=re.MULTILINE)


def _texts(cell: nbformat.NotebookNode) -> str:
    """What a cell prints, and its last value in one line."""
    parts, printing = [""], False
    for one in cell.outputs:
        prints = one.output_type == "stream"
        text = one.text if prints else one.data.get("text/plain", "")
        # the kernel sends what is printed in as many pieces as it likes
        parts[-1:] = [parts[-1] + text] if prints and printing else [parts[-1], text]
        printing = prints
    text = "".join(part.rstrip("\n") + "\n" for part in parts[1:])
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda found: f"{float(found[0]):.4g}", text)


def test_each_has_its_checks() -> None:
    assert NOTEBOOKS and [path.stem[:2] for path in NOTEBOOKS] == sorted(CHECKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_with_outputs_and_without_noise(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))
    assert path.stat().st_size < MOST_NOTEBOOK
    cells = _code(path)
    for cell in cells:
        assert cell.outputs or all(
            isinstance(part, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Try | ast.Assign)
            for part in ast.parse(_plain(cell.source)).body
        ), cell.source
        assert cell.execution_count is None and not cell.metadata
        for one in cell.outputs:
            assert (
                one.output_type in ("stream", "display_data", "execute_result")
                and one.get("name") != "stderr"
            )
            picture = one.get("data", {}).get("image/png", "")
            assert len(base64.b64decode(picture)) < MOST_PICTURE
        streams = [one.output_type == "stream" for one in cell.outputs]
        assert not any(first and second for first, second in pairwise(streams))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_assertions_and_public_names_alone(path: Path) -> None:
    for cell in _code(path):
        tree = ast.parse(_plain(cell.source))
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree)), cell.source
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(
                ("catalysis", "proofs_check")
            ):
                names = {alias.name for alias in node.names}
                public = CHECKER.get(str(node.module))
                if node.module == "catalysis.torch":  # needs PyTorch
                    continue
                assert names <= (public or set(importlib.import_module(str(node.module)).__all__)), names
            assert not (isinstance(node, ast.Import) and any("catalysis" in one.name for one in node.names))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_in_its_own_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    stored = [_texts(cell) for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells.append(nbformat.v4.new_code_cell(CHECKS[path.stem[:2]]))
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    found = [_texts(cell) for cell in notebook.cells[:-1] if cell.cell_type == "code"]
    if path.stem[:2] in COMPARED:
        assert found == stored
