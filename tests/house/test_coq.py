"""The lemmas in Coq: nothing assumed in the files, every theorem that docs/coq.md names exists, Coq accepts them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "proofs_check" / "coq"
FILES = sorted(LIBRARY.glob("*.v"))
AXIOMS = {
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
}
needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="needs Coq")


def without_comments(text: str) -> str:
    return re.sub(r"\(\*.*?\*\)", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_assumed(file):
    code = without_comments(file.read_text())
    assumed = (
        r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjecture|bypass_check|Unset\s+\w+\s+Checking)\b"
    )
    assert not re.search(assumed, code)


def test_every_theorem_of_the_page_exists():
    code = "".join(without_comments(file.read_text()) for file in FILES)
    proved = set(re.findall(r"\b(?:Theorem|Lemma|Corollary) (\w+)", code))
    rows = [
        row.split("|") for row in (ROOT / "docs" / "coq.md").read_text().splitlines() if row.count("|") == 5
    ]
    named = {name for row in rows[2:] for name in re.findall(r"`(\w+)`", row[3])}
    assert len(named) > 50
    assert named <= proved


def compile_all(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(["make", "-C", folder], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library") / "coq"
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("*.vo*", "*.glob", "Makefile.coq*"))
    return folder, compile_all(folder)


@needs_coq
@pytest.mark.coq
def test_coq_accepts_every_file(compiled):
    _, answer = compiled
    assert answer.returncode == 0, answer.stderr


@needs_coq
@pytest.mark.coq
@pytest.mark.parametrize("name", ["Assumptions.v", "AssumptionsMaps.v"])
def test_the_lemmas_rest_on_four_axioms(compiled, name):
    folder, _ = compiled
    command = ["coqc", "-Q", folder, "Catalysis", folder / name]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^([A-Z]\w*\.\w+)", answer.stdout, re.MULTILINE)) == AXIOMS


@needs_coq
@pytest.mark.coq
def test_coq_refuses_a_changed_digit(compiled):
    folder, _ = compiled
    example = folder / "Example.v"
    moved = example.read_text().replace("15917159", "15917158").replace("15917160", "15917159")
    example.write_text(moved)
    answer = compile_all(folder)
    assert answer.returncode != 0
    assert "Numerical evaluation failed" in answer.stderr
