"""Coq accepts the files that are written for it, and refuses each of them with one number changed."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checker.export.test_export import claims_of, document, exported
from kit import ROOT

from proofs_check.export.folder import LIBRARY

Json = Any
pytestmark = [pytest.mark.coq, pytest.mark.skipif(shutil.which("coqc") is None, reason="needs Coq")]

CHANGED: dict[str, tuple[str, str]] = {
    "linear, thresholds": ("(200 / 169)", "(201 / 169)"),
    "linear, thresholds, full batch": ("(400 / 269)", "(401 / 269)"),
    "linear, drift": ("(33 / 100)", "(34 / 100)"),
    "linear, drift near a pole": ("exp (- 40)", "exp (- 41)"),
    "linear, sign, positive": ("(99 / 100)", "(101 / 100)"),
    "linear, sign, negative": ("(3 / 2)", "(8 / 5)"),
    "linear, three zeros": (r"\(down, Between \((\d+)", r"(down, Between (1\1"),
    "linear, three zeros, from inside": (r"\(touch|\(down", "(up"),
    "linear, rational tangency": ("(touch, At (3 / 4))", "(touch, At (3 / 5))"),
    "linear, regions, idle steps": ("(1 / 4)", "(1 / 5)"),
    "linear, regions, pairs": (r"Between \((\d+)", r"Between (9\1"),
    "linear, stable": ("(200 / 169)", "(201 / 169)"),
    "linear, deflationary": (r"< t < \((\d+)", r"< t < (-\1"),
    "linear, inflationary": ("(9 / 10)", "(6 / 10)"),
    "linear, critical": ("(3 / 4)", "(3 / 5)"),
    "linear, band above 1": ("(9 / 5)", "(19 / 5)"),
    "linear, band below 1": ("(14 / 25)", "(4 / 25)"),
    "linear, band across": ("(4 / 25)", "(1 / 2500)"),
    "linear, rate": ("<= d <= ", "<= d <= -100 + "),
    "family, 0": ("drift (two s p) 3", "drift (two s p) (1 / 3)"),
    "family, 2": ("(share_point 3 s)", "(share_point (1 / 3) s)"),
    "family, 3": ("<= p <= (1 / 20)", "<= p <= (19 / 20)"),
    "family, pole of the second": ("drift (two s p) 4", "drift (two s p) 40"),
    "horizon, counts": ("(83 / 1000)", "(84 / 1000)"),
    "horizon, pair that stays": ("(687 / 1000)", "(689 / 1000)"),
    "horizon, wald": ("(5 / 2)", "(1 / 2)"),
    "horizon, falling": ("Rabs mu) mu = p_infty", "Rabs mu) mu = 7"),
    "horizon, at a pole": ("(3 * Rabs mu) mu = p_infty", "(1 / 3 * Rabs mu) mu = p_infty"),
    "horizon, never": ("(3 * Rabs mu) mu = p_infty", "(1 / 3 * Rabs mu) mu = p_infty"),
    "horizon, critical": ("(3 * Rabs mu) mu = p_infty", "(1 / 3 * Rabs mu) mu = p_infty"),
    "spike, stable": ("<= 0", "<= -1"),
    "spike, inflationary": ("1 <= ever", "2 <= ever"),
    "spike, lundberg": (r"\) <= ever", "+ 1) <= ever"),
    "spike, counts": (r"\) <= ever", "+ 1) <= ever"),
    "spike, lattice": (r"\) <= ever", "+ 1) <= ever"),
    "spike, lattice with a pole": ("(3 / 10)", "(1 / 1000)"),
    "landing, talk": (r"0 <= lam <= ", "0 <= lam <= 1 / 10 * "),
    "landing, scaled": (r"0 <= lam <= ", "0 <= lam <= 1 / 10 * "),
    "width, closed forms": ("(71 / 50)", "(81 / 50)"),
    "map": ("(-4)", "(-5)"),
    "map, labels": ("(-4)", "(-5)"),
    "product, half up": (r"<= \((\d+) / (\d+)\) \^ T", r"<= (\1 / (2 * \2)) ^ T"),
    "product, square": ("rows [[", "rows [[1 + "),
    "product, half down": ("Q_moment : matrix := (rows [[", "Q_moment : matrix := (rows [[-9 + "),
    "product, power mean up": ("Q_moment : matrix := (rows [[", "Q_moment : matrix := (rows [[-9 + "),
    "product, moment drift": ("Q_moment : matrix := (rows [[", "Q_moment : matrix := (rows [[-9 + "),
    "product, radius": (r"<= \((\d+) / (\d+)\) \^ T", r"<= (\1 / (2 * \2)) ^ T"),
    "product, spike in time": (r"T e <= \((\d+)", r"T e <= (-\1"),
    "product, no spike": ("N 3 T e = 0", "N (1 / 3) T e = 0"),
    "product, mean square": ("step_matrix 1 (", "step_matrix 1 (2 * "),
    "product, spike": (r"T e <= \((\d+)", r"T e <= (-\1"),
    "product, stable": ("(4 / 5)", "4"),
    "product, stable momentum": ("rows [[", "rows [[2 + "),
}
"""A change of each certificate that makes the statement false or its proof wrong: a text or a pattern."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Compiled here, or already (by .ci/coq) in the folder that the environment names."""
    if "COQ_LIBRARY" in os.environ:
        yield Path(os.environ["COQ_LIBRARY"])
        return
    folder = tmp_path_factory.mktemp("coq") / "library"
    hidden = shutil.ignore_patterns("*.vo*", "*.glob", "Makefile.coq*", "Assumptions*", "Example*")
    shutil.copytree(ROOT / "proofs_check" / "coq", folder, ignore=hidden)
    answer = subprocess.run(["make", "-C", folder], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    yield folder


def accepted(text: str, library: Path, folder: Path) -> bool:
    """What Coq says of the file."""
    path = folder / "Claim.v"
    path.write_text(text)
    command = ["coqc", "-w", "none", "-Q", library, "Catalysis", path]
    return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode == 0


def changed(text: str, old: str, new: str) -> str:
    """The text with every occurrence of a literal, or else of a pattern, replaced."""
    found = text.replace(old, new) if old in text else re.sub(old, new, text)
    assert found != text, f"{old} does not occur"
    return found


@pytest.mark.parametrize("name", CHANGED)
def test_coq_accepts_a_claim_and_refuses_a_changed_one(name: str, library: Path, tmp_path: Path) -> None:
    (text,) = claims_of(exported(document(name)))
    assert accepted(text, library, tmp_path)
    assert not accepted(changed(text, *CHANGED[name]), library, tmp_path)


def test_make_compiles_a_folder_and_prints_the_axioms(tmp_path: Path) -> None:
    made: Json = json.loads(document("linear, deflationary"))
    for name, text in exported(made).files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    answer = subprocess.run(["make", "-C", tmp_path], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert (tmp_path / LIBRARY / "Drift.vo").exists()
    used = set(re.findall(r"^([A-Z]\w*)\.\w+", answer.stdout, re.MULTILINE))
    allowed = {
        "ClassicalDedekindReals",
        "FunctionalExtensionality",
        "Classical_Prop",
        "PrimInt63",
        "Uint63",
    }
    assert {"ClassicalDedekindReals", "Uint63"} <= used <= allowed
