"""The package as a whole: public names, what importing costs, what the folders of the wheel are, what documents say."""

import re
import subprocess
import sys
import types

import pytest
from kit import ROOT

import catalysis


@pytest.mark.parametrize("name", catalysis._PUBLIC)
def test_a_public_name_is_what_it_says_however_it_is_reached(name: str) -> None:
    """No module of the package hides a function of the same name, whatever was imported before."""
    namespace: dict[str, object] = {}
    exec(f"from catalysis import {name}", namespace)
    found = namespace[name]
    assert not isinstance(found, types.ModuleType)
    assert found is getattr(catalysis, name)
    assert getattr(found, "__name__", name) == name
    assert getattr(found, "__doc__", None)


def test_importing_the_package_loads_nothing_else() -> None:
    code = (
        "import sys, catalysis; print(sorted({'numpy', 'flint', 'sympy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_folder_is_a_package_and_so_in_the_wheel() -> None:
    for top in ("catalysis", "proofs_check"):
        for path in (ROOT / top).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), path


def test_lemmas_cited_in_the_code_are_stated_in_the_documents() -> None:
    stated: set[str] = set()
    for page in (ROOT / "docs").glob("*.md"):
        stated |= set(re.findall(r"\*\*(?:Lemma |Theorem )?((?:SG|[TDESABOWNRF])\d+)\b", page.read_text()))
    cited: set[str] = set()
    for path in (ROOT / "proofs_check").rglob("*.py"):
        cited |= set(re.findall(r'"((?:SG|[TDESABOWNRF])\d+)[a-c]?"', path.read_text()))
    assert cited
    assert cited <= stated


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(code, {})


def test_the_readme_has_two_commands_and_ends_their_lines() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[0].endswith("catalysis certify examples/talk-1.toml")
    assert commands[1].endswith("-m pytest")
