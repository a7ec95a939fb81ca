"""The rooms of the house and the arrows between them: a room imports only from rooms before it, lazily too."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import ROOT

import catalysis

FLOORS = (
    ("exact",),
    ("data",),
    ("derivation", "drift"),
    ("exponent",),
    ("spikes", "products"),
    ("populations",),
    ("nonlinear", "choices"),
    ("simulation",),
    ("crosscheck", "diagnosis"),
    ("torch",),
    ("certificate",),
    ("figures",),
    ("audit",),
    ("report",),
    ("cli",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FOR_PEOPLE = {"rich": {"report", "cli"}, "typer": {"cli"}, "matplotlib": {"figures"}, "pandas": {"report"}}
SOURCES = sorted((ROOT / "catalysis").rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _room(path: Path) -> str | None:
    parts = path.relative_to(ROOT / "catalysis").parts
    return parts[0] if len(parts) > 1 else None


def _allowed(room: str, other: str) -> bool:
    if room == "simulation":
        return other in ("simulation", "exact", "data")
    return other == room or FLOOR[other] < FLOOR[room]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_from_rooms_before_it(path: Path) -> None:
    room = _room(path)
    for name in _imports(path):
        head, _, rest = name.partition(".")
        assert head != "proofs_check" or room == "audit", "only the audit asks the checker"
        if room is None:
            continue
        if head == "catalysis" and rest and rest.split(".")[0] in FLOOR:
            assert _allowed(room, rest.split(".")[0]), name
        assert room in FOR_PEOPLE.get(head, {room}), name


def test_every_room_stands_on_a_floor() -> None:
    assert {room for path in SOURCES if (room := _room(path))} <= set(FLOOR)
    beside = {path.name for path in (ROOT / "catalysis").glob("*.py")}
    assert beside <= {"__init__.py", "__main__.py"}


def test_torch_is_imported_by_its_own_room_alone() -> None:
    for path in SOURCES:
        names = list(_imports(path))
        heads = {name.partition(".")[0] for name in names}
        own = [name for name in names if name.startswith("catalysis.torch")]
        assert _room(path) == "torch" or ("torch" not in heads and not own), path


def test_nothing_else_loads_torch() -> None:
    """Of every module but those of that room, whether torch is installed or not."""
    files = [path.relative_to(ROOT).with_suffix("") for path in SOURCES if _room(path) not in (None, "torch")]
    names = [".".join(file.parts) for file in files if not file.name.startswith("__")]
    code = f"import sys; [__import__(n) for n in {names}]; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


def test_the_checker_imports_itself_and_the_standard_library_alone() -> None:
    for path in (ROOT / "proofs_check").rglob("*.py"):
        heads = {name.partition(".")[0] for name in _imports(path)}
        assert heads <= sys.stdlib_module_names | {"proofs_check"}, path


def test_type_checkers_see_the_public_names() -> None:
    """The block that they read and the table that is used agree."""
    text = (ROOT / "catalysis" / "__init__.py").read_text(encoding="utf-8")
    block = text[text.index("if TYPE_CHECKING:") : text.index("else:\n")]
    listed = re.findall(r"from catalysis\.([a-z_.]+) import (\w+) as \2", block)
    assert {name: module for module, name in listed} == catalysis._PUBLIC
