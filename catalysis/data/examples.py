"""The data sets that come with the package: where they lie, what each one shows, and a copy of them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from catalysis.exact.errors import InputError

LIST = "README.md"
"""The table in it says what each file shows; there is no second list."""

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "examples", _PACKAGE.parent / "examples")
"""In an installed package; in a clone, and so in an editable install."""
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*-certified")
_ROW = re.compile(r"\| `([^`]+)` \| (.*?) \| (.*?) \|")


@dataclass(frozen=True)
class Example:
    """One file, what its samples are, and what it shows."""

    file: str
    samples: str
    shows: str


def folder() -> Path:
    """Where the examples lie. Raises InputError if the installation has none."""
    for place in _PLACES:
        if (place / LIST).is_file():
            return place
    raise InputError("examples: expected them with the package, found none (install it again)")


def example(name: str) -> str:
    """The path of one of the data sets that come with the package; `catalysis examples` lists them.

    Parameters
    ----------
    name : str
        The name of the file.

    Returns
    -------
    str
        Where it lies, for `load_dataset` and every function that takes data.

    Raises
    ------
    InputError
        For the name of no example.

    Examples
    --------
    >>> from catalysis import example, load_dataset
    >>> load_dataset(example("michelson.csv")).total_count
    100
    """
    known = [one.file for one in examples()]
    if name not in known:
        raise InputError(f"example: expected one of {', '.join(known)}, found {name[:60]!r}")
    return str(folder() / name)


def examples() -> tuple[Example, ...]:
    """All of them, as the table of their README has them."""
    rows = _ROW.finditer((folder() / LIST).read_text(encoding="utf-8"))
    return tuple(Example(*(cell.replace("`", "") for cell in row.groups())) for row in rows)


def copy_examples(target: Path) -> list[Path]:
    """Copy them into `target`, a folder that is new or empty; returns the files. Raises InputError, OSError."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target}: expected a new or empty folder, found something there")
    shutil.copytree(folder(), target, ignore=_LEFT_OUT, dirs_exist_ok=True)
    return sorted(path for path in target.rglob("*") if path.is_file())
