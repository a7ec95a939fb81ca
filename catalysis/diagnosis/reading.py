"""Reading a logged loss curve from CSV; docs/diagnose.md says which columns are looked for."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from catalysis.diagnosis.log import MAX_ROWS, LossLog, clean_log
from catalysis.exact.numbers import DataError, at, shown

MAX_FILE_BYTES = 1_000_000_000

STEP_NAMES = ("step", "iteration", "iter", "global_step", "batch", "epoch")
LOSS_NAMES = ("loss", "train_loss", "train/loss", "training_loss", "value")
RATE_NAMES = ("lr", "learning_rate", "eta")
_NO_LOSS = ("wall_time", "time", "timestamp", "")


@dataclass(frozen=True)
class Columns:
    """Which columns to take; None: the one whose name is known."""

    loss: str | None = None
    step: str | None = None
    rate: str | None = None

    def __post_init__(self) -> None:
        for what, name in (("column", self.loss), ("step_column", self.step), ("lr_column", self.rate)):
            if not (name is None or isinstance(name, str)):
                raise DataError(f"{what}: expected the name of a column, found {shown(name)}")


def load_log(path: str | os.PathLike[str], columns: Columns, *, logarithmic: bool = False) -> LossLog:
    """The log in a CSV file. Raises DataError, which names the file, the line and what was expected."""
    path = Path(path)
    with at(str(path)):
        try:
            _check_file(path)
            with path.open(encoding="utf-8-sig", newline="") as file:
                return read_log(file, path.stem, columns, logarithmic=logarithmic)
        except OSError as error:
            raise DataError(f"expected a readable file: {error.strerror}") from None


def _check_file(path: Path) -> None:
    if not path.exists():
        raise DataError("expected a file, found nothing of this name")
    if not path.is_file():  # a pipe or a device may never end
        raise DataError("expected a regular file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(f"expected a file of at most {MAX_FILE_BYTES} bytes, found a larger one")


def read_log(file: TextIO, name: str, columns: Columns, *, logarithmic: bool = False) -> LossLog:
    """The log in an open file or a stream. Raises DataError."""
    try:
        return _read(file, name, columns, logarithmic)
    except UnicodeDecodeError:
        raise DataError("expected UTF-8 text") from None
    except csv.Error as error:
        raise DataError(f"expected CSV: {error}") from None


def _read(file: TextIO, name: str, columns: Columns, logarithmic: bool) -> LossLog:
    lines = _lines(file)
    place, first = next(lines, (0, ""))
    if not first:
        raise DataError("expected a header with the columns step and loss, found no lines")
    separator = next((mark for mark in (",", "\t", ";") if mark in first), ",")
    header = _cells(first, separator)
    if all(map(_is_number, header)):
        raise DataError(f"line {place}: expected a header that names the columns, found numbers")
    loss, step, rate = _chosen(header, columns)
    rows, numbers, notes = _table(
        lines, separator, len(header), [i for i in (loss, step, rate) if i is not None]
    )
    if not rows:
        raise DataError("expected at least 2 finite losses > 0, found none")
    picked = iter(np.ascontiguousarray(np.array(rows, np.float64).T))
    losses = next(picked)
    steps = None if step is None else next(picked)
    rates = None if rate is None else next(picked)
    return clean_log(name, losses, steps, rates, logarithmic=logarithmic, lines=numbers, notes=notes)


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """Lines that are not empty and no comment, with their numbers."""
    for number, line in enumerate(file, 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, strict=True))]


def _chosen(header: list[str], columns: Columns) -> tuple[int, int | None, int | None]:
    """The places of loss, step and learning rate."""
    known = [name.lower().replace(" ", "_") for name in header]
    step = _place("step_column", columns.step, header, known, STEP_NAMES)
    rate = _place("lr_column", columns.rate, header, known, RATE_NAMES)
    loss = _place("column", columns.loss, header, known, LOSS_NAMES)
    if loss is None:
        left = [i for i, name in enumerate(known) if i not in (step, rate) and name not in _NO_LOSS]
        if len(left) != 1:
            raise DataError(f"column: expected the name of the column of losses, one of {_listed(header)}")
        loss = left[0]
    if loss in (step, rate):
        raise DataError(f"column: expected different columns, found {header[loss]!r} twice")
    return loss, step, rate


def _place(
    what: str, asked: str | None, header: list[str], known: list[str], names: tuple[str, ...]
) -> int | None:
    if asked is None:
        return next((known.index(name) for name in names if name in known), None)
    if header.count(asked) != 1:
        raise DataError(f"{what}: expected one of {_listed(header)}, found {shown(asked)}")
    return header.index(asked)


def _listed(header: list[str]) -> str:
    shown_names = ", ".join(repr(name[:40]) for name in header[:12])
    return shown_names + (", ..." if len(header) > 12 else "")


def _table(
    lines: Iterator[tuple[int, str]], separator: str, width: int, wanted: list[int]
) -> tuple[list[list[float]], list[int], list[str]]:
    """The wanted columns as numbers, the line of each row, and what to note; rows without a loss are passed over."""
    rows: list[list[float]] = []
    numbers: list[int] = []
    empty: list[int] = []
    for number, line in lines:
        cells = line.rstrip("\r\n").split(separator) if '"' not in line else _cells(line, separator)
        if len(cells) != width:
            raise DataError(f"line {number}: expected {width} columns, found {len(cells)}")
        if not cells[wanted[0]].strip():
            empty.append(number)
            continue
        try:
            rows.append([float(cells[i]) for i in wanted])
        except ValueError:
            bad = next(cells[i] for i in wanted if not _is_number(cells[i]))
            raise DataError(f"line {number}: expected a number, found {shown(bad.strip())}") from None
        numbers.append(number)
        if len(rows) > MAX_ROWS:
            raise DataError(f"expected at most {MAX_ROWS} rows, found more")
    return rows, numbers, _of_empty(empty, numbers)


def _of_empty(empty: list[int], numbers: list[int]) -> list[str]:
    """What to say of rows without a loss: some writers leave nan empty."""
    if not empty:
        return []
    last = sum(number > numbers[-1] for number in empty) if numbers else 0
    end = f", the last {last} of them at the end: if that was nan, the run diverged" if last else ""
    return [f"{len(empty)} rows without a loss passed over{end}"]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
