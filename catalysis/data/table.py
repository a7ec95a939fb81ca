"""Tables as they come: which column holds what, how numbers are written, what is left out; docs/data.md, "CSV".

Nothing is guessed in silence: what was done beyond the plain format is said in the notes of the data set, and where
a guess could be wrong the error names the option that says it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from catalysis.data.columns import quick_samples
from catalysis.data.dataset import SAMPLE_KEYS, Dataset, Row
from catalysis.exact.numbers import DataError, at, is_numeric, shown

Line = tuple[int, str]
"""The number of a line, and its text."""

_MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "?", "."))
_OTHERS = {";": "';'", "\t": "tab", "|": "'|'"}


@dataclass(frozen=True)
class TableFormat:
    """How a table of samples is written. Raises DataError for what fits no table.

    `column` names the column of inputs s ("x=NAME": of their squares), and the others are then left out;
    `count_column` that of the counts. `separator` and `decimal` are one character each. `drop_missing` leaves out rows
    without a value, `normalise` divides weights that sum to 1 or 100 up to rounding by their sum.
    """

    column: str | None = None
    count_column: str | None = None
    separator: str | None = None
    decimal: str = "."
    drop_missing: bool = False
    normalise: bool = False

    def __post_init__(self) -> None:
        if self.separator is not None and (
            len(self.separator) != 1 or self.separator in '"\r\n.' or self.separator.isalnum()
        ):
            raise DataError(f"sep: expected one character, as ';' or tab, found {shown(self.separator)}")
        if self.decimal not in (".", ","):
            raise DataError(f"decimal: expected '.' or ',', found {shown(self.decimal)}")
        if self.column is not None and self.column == self.count_column:
            raise DataError("count-column: expected another column than --column")
        if self.decimal == self.separator:
            raise DataError("sep, decimal: expected two different characters")

    @property
    def plain(self) -> bool:
        """Whether nothing is said about columns and characters."""
        return (self.column, self.count_column, self.separator, self.decimal) == (None, None, None, ".")


PLAIN = TableFormat()


def from_table(text: str, name: str, how: TableFormat, separator: str = ",") -> Dataset:
    """The data set in the text of a table."""
    separator = how.separator or separator
    if how.decimal == separator:
        raise DataError("decimal ',': expected another separator beside it (--sep ';')")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    comments = "#" in text
    lines = [
        (number, line)
        for number, line in enumerate(text.split("\n"), 1)
        if line and not line.isspace() and not (comments and line.lstrip().startswith("#"))
    ]
    if not lines:
        raise DataError("expected a header with a column s or x, found no lines")
    notes: list[str] = []
    place, first = f"line {lines[0][0]}", lines[0][1]
    header = _cells(place, first, separator)
    bare = len(header) == 1 and how.column is None and is_numeric(_dotted(header[0], how.decimal))
    if bare:
        _check_unquoted(place, first, header[0])
        notes.append(f"no header: {len(lines)} values read as s, the first is {header[0]}")
        picked = [("s", 0)]
    else:
        lines = lines[1:]
        with at(place):
            indexed = header[0] == "" and len(header) > 1 and _is_index(lines, separator)
            if indexed:
                notes.append("the first column, an index without a name, is left out")
            picked = _picked(header, how, indexed, separator, notes)
    origin = "without a header" if bare else _origin(header, picked)
    if how.decimal == ".":
        quick = quick_samples(picked, len(header), (line for _, line in lines), separator)
        if quick is not None:
            return Dataset.from_samples(
                name, Fraction(1), quick, notes=notes, origin=origin, normalise=how.normalise
            )
    rows = _labelled(picked, len(header), lines, separator, how, notes)
    return Dataset.from_rows(name, "1", rows, notes=notes, origin=origin, normalise=how.normalise)


def _check_unquoted(place: str, line: str, value: str) -> None:
    if line.lstrip().startswith('"'):
        raise DataError(
            f"{place}: expected a header, found the quoted number {value}: a header "
            f"(--column {value}), or a value (then without quotes)?"
        )


def _origin(header: Sequence[str], picked: Sequence[tuple[str, int]]) -> str:
    return next(
        f"from column {header[i]}" + (" (x = s^2)" if key == "x" else "")
        for key, i in picked
        if key in ("s", "x")
    )


def _picked(
    header: Sequence[str], how: TableFormat, indexed: bool, separator: str, notes: list[str]
) -> list[tuple[str, int]]:
    """The columns that are used, under the names of SAMPLE_KEYS."""
    names = list(header)
    if len(set(names)) < len(names):
        raise DataError("expected each column once")
    if how.column is not None:
        return _asked(names, how, separator, notes)
    if indexed:
        names[0] = "\0"
    if how.count_column is not None and how.count_column in names:
        names[names.index(how.count_column)] = "count"
    elif how.count_column is not None:
        raise _no_column("count-column", how.count_column, header, separator)
    if "" in names:
        raise DataError(
            f"expected a name for each column, found none for column {names.index('') + 1} (an index column? "
            f"then 0, 1, 2, ... or 1, 2, 3, ... in the first column, or --column NAME)"
        )
    used = [(key, i) for i, key in enumerate(names) if key != "\0"]
    for key, _ in used:
        if key not in SAMPLE_KEYS:
            raise _foreign(key, header, separator)
    if not {"s", "x"} & set(names):
        raise DataError(f"expected a column s or x, found neither{_separated(header, separator)}")
    if "x" in names:
        notes.append("column x holds squares: x = s^2 (inputs called x: --column x)")
    return used


def _asked(names: list[str], how: TableFormat, separator: str, notes: list[str]) -> list[tuple[str, int]]:
    """The columns that are named by options."""
    assert how.column is not None
    key, equals, column = how.column.partition("=")
    if how.column in names or not equals or key not in ("s", "x"):
        key, column = "s", how.column
    chosen = [(key, "column", column)]
    if how.count_column is not None:
        chosen.append(("count", "count-column", how.count_column))
    for _, option, name in chosen:
        if name not in names:
            raise _no_column(option, name, names, separator)
    used = [(key, names.index(name)) for key, _, name in chosen]
    left = [n or "(no name)" for i, n in enumerate(names) if i not in {i for _, i in used}]
    if left:
        notes.append(f"column{'s' if len(left) > 1 else ''} not used: {_listed(left)}")
    return used


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(n if len(n) <= 40 else shown(n) for n in names[:5]) + more


def _no_column(option: str, name: str, header: Sequence[str], separator: str) -> DataError:
    known = _listed([n or "(no name)" for n in header])
    return DataError(f"{option}: expected one of {known}, found {shown(name)}{_separated(header, separator)}")


def _foreign(name: str, header: Sequence[str], separator: str) -> DataError:
    hint = _separated(header, separator)
    if not hint and len(header) == 1:
        hint = f" (--column {name} reads it as s)" if len(name) <= 40 else ""
    elif not hint:
        hint = f" (columns are {_listed([n or '(no name)' for n in header])}: --column NAME reads one of them as s)"
    return DataError(f"expected the keys {', '.join(SAMPLE_KEYS)}, found {shown(name)}{hint}")


def _separated(header: Sequence[str], separator: str) -> str:
    """A guess why a header of one cell is not understood."""
    if len(header) == 1:
        for other, name in _OTHERS.items():
            if other != separator and other in header[0]:
                return f" (separated by {name}? --sep {name})"
        if separator != "," and "," in header[0]:
            return " (separated by ','?)"
    return ""


def _is_index(lines: Sequence[Line], separator: str) -> bool:
    """Whether the first cells are 0, 1, 2, ... or 1, 2, 3, ..."""
    for start in (0, 1):
        for i, (number, line) in enumerate(lines, start):
            if not line.lstrip(' \t"').startswith(str(i)):  # most columns are told apart by their first cell
                break
            if _cells(f"line {number}", line, separator)[0] != str(i):
                break
        else:
            return True
    return False


def _labelled(
    picked: Sequence[tuple[str, int]],
    width: int,
    lines: Sequence[Line],
    separator: str,
    how: TableFormat,
    notes: list[str],
) -> Iterator[Row]:
    """Each line as a mapping; what was left out is noted once the lines are read."""
    dropped = 0
    for number, line in lines:
        place = f"line {number}"
        cells = _cells(place, line, separator)
        if len(cells) != width:
            raise DataError(f"{place}: expected {width} columns, found {len(cells)}{_too_many(cells, width)}")
        row = {key: cells[i] for key, i in picked}
        missing = next((key for key, cell in row.items() if cell.lower() in _MISSING), None)
        if missing is None:
            with at(place):
                yield place, {key: _dotted(cell, how.decimal) for key, cell in row.items()}
        elif how.drop_missing:
            dropped += 1
        else:
            raise DataError(
                f"{place}: {missing}: expected an integer, a decimal or a ratio, found {shown(row[missing])} "
                "(a missing value? --drop-missing leaves such rows out)"
            )
    if dropped:
        notes.append(f"{dropped} row{'s' if dropped > 1 else ''} without a value left out")


def _too_many(cells: Sequence[str], width: int) -> str:
    if len(cells) == 2 * width and all(cell.strip("+-").isdigit() for cell in cells if cell):
        return " (decimal commas? --sep ';' --decimal ',')"
    return ""


def _dotted(cell: str, decimal: str) -> str:
    """A cell with the decimal point that exact numbers have."""
    if decimal == ".":
        return cell
    if "." in cell:
        raise DataError(f"expected a decimal comma, found {shown(cell)}")
    return cell.replace(",", ".")


def _cells(place: str, line: str, separator: str) -> list[str]:
    try:
        read = csv.reader([line], strict=True, skipinitialspace=True, delimiter=separator)
        return [cell.strip(" \t") for cell in next(read)]
    except csv.Error as error:
        raise DataError(f"{place}: expected CSV: {error}") from None
