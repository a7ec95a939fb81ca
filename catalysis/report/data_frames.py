"""A result as a pandas DataFrame, for those who compute on with doubles; the exact numbers stay in `fields()`."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, exact
from catalysis.exact.result import Result

_DIRECTIONS = {"lower": -1, "upper": 1}


def to_frame(result: Result, part: str | None = None) -> Any:
    """The fields of a result as a DataFrame: numbers as doubles, its other fields in `attrs`; as `Result.to_frame`."""
    try:
        import pandas
    except ImportError:
        raise InputError(
            "to_frame: expected pandas to be installed, found none (pip install 'catalysis[frames]')"
        ) from None
    document = result.to_json()
    name, rows = _rows(result.fields(), part)
    between = {key for row in rows for key, value in row.items() if _is_enclosure(value)}
    frame = pandas.DataFrame([dict(_columns(_sided(row, between))) for row in rows])
    frame.attrs.update({key: value for key, value in document.items() if name is None or key != name})
    return frame


def _rows(fields: Mapping[str, Any], part: str | None) -> tuple[str | None, list[Mapping[str, Any]]]:
    lists = {key: value for key, value in fields.items() if _is_table(value)}
    if part is not None and part not in lists:
        found = ", ".join(lists) or "none"
        raise InputError(f"part: expected one of the lists of entries ({found}), found {part[:60]!r}")
    name = next(iter(lists), None) if part is None else part
    return (None, [fields]) if name is None else (name, lists[name])


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _is_enclosure(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == _DIRECTIONS.keys()


def _sided(row: Mapping[str, Any], between: set[str]) -> dict[str, Any]:
    """Where other rows have two bounds an exact number has both, so that all share their columns."""
    return {
        key: {"lower": value, "upper": value} if key in between and not _is_enclosure(value) else value
        for key, value in row.items()
    }


def _columns(entry: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The cells of one row; what is nested is named by its path."""
    for key, value in entry.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _columns(value, f"{name}_")
        else:
            yield name, _cell(key, value)


def _cell(key: str, value: Any) -> Any:
    """Exact text as a double: bounds outwards, other numbers, ends of sets too, to the nearest; all else as it is."""
    if not isinstance(value, str):
        return value
    if value in ("inf", "-inf"):
        return float(value)
    try:
        number = exact(value, key)
    except DataError:
        return value
    return rounded(number, _DIRECTIONS.get(key, 0))


def rounded(number: Fraction, direction: int) -> float:
    """The nearest double, or the nearest one not above (-1) or not below (1) the number."""
    try:
        found = float(number)
    except OverflowError:
        found = math.inf if number > 0 else -math.inf
    if math.isinf(found):
        return math.copysign(sys.float_info.max, found) if found * direction < 0 else found
    if direction * (Fraction(found) - number) < 0:
        return math.nextafter(found, math.copysign(math.inf, direction))
    return found
