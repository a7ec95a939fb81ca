"""The quick way through a plain table: whole columns at once, to the same samples as row by row.

It takes what is plainly written, and only that: whatever else a table holds (quotes, ratios, missing values, a wrong
number of cells) is left to the reading of rows, which says what is wrong and where.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from catalysis.data.dataset import MAX_COUNT, Sample, trusted_sample
from catalysis.exact.numbers import lowest

# Longer cells, or ones with larger exponents, are read one by one.
_INTEGERS = re.compile(r"(?:[0-9]{1,17}\n)*")
_NUMBERS = re.compile(r"(?:[+-]?[0-9]{1,100}(?:\.[0-9]{0,100})?(?:[eE][+-]?[0-9]{1,3})?\n)*")
_LONGEST_LINE = 100_000

Ratio = tuple[int, int]
"""A numerator and a denominator > 0 in lowest terms."""


def quick_samples(
    picked: Sequence[tuple[str, int]], width: int, lines: Iterable[str], separator: str
) -> tuple[Sample, ...] | None:
    """The samples of the lines of a table, equal ones merged; None for what has to be read row by row."""
    columns = _columns(picked, width, list(lines), separator)
    if columns is None:
        return None
    ((key, cells),) = [(k, c) for k, c in columns.items() if k in ("s", "x")]
    if key == "x" and any("-" in cell for cell in cells):
        return None
    kind = next((k for k in ("p", "count") if k in columns), None)
    if kind is None:
        counts: dict[Ratio, int] = {}
        for cell, count in Counter(cells).items():
            value = _ratio(cell)
            counts[value] = counts.get(value, 0) + count
        return _counted(key, counts)
    if kind == "count":
        return _with_counts(key, cells, columns["count"])
    return _with_weights(key, cells, columns["p"])


def _columns(
    picked: Sequence[tuple[str, int]], width: int, lines: list[str], separator: str
) -> dict[str, list[str]] | None:
    """The cells of each column that is used, as far as they look like numbers."""
    keys = {key for key, _ in picked}
    if not lines or len(keys & {"s", "x"}) != 1 or {"p", "count"} <= keys:
        return None
    text = "\n".join(lines)
    if '"' in text or "\0" in text or max(map(len, lines)) > _LONGEST_LINE:
        return None
    if width == 1:
        found = {picked[0][0]: [line.strip(" \t") for line in lines]} if separator not in text else None
    else:
        rows = [line.split(separator) for line in lines]
        if any(len(row) != width for row in rows):
            return None
        found = {key: [row[i].strip(" \t") for row in rows] for key, i in picked}
    if found is None or not all(_plain(key, cells) for key, cells in found.items()):
        return None
    return found


def _plain(key: str, cells: list[str]) -> bool:
    pattern = _INTEGERS if key == "count" else _NUMBERS
    return pattern.fullmatch("\n".join(cells) + "\n") is not None


def _ratio(cell: str) -> Ratio:
    """The exact value of an integer or a decimal."""
    if "e" in cell or "E" in cell:
        mantissa, _, exponent = cell.lower().partition("e")
        power = int(exponent)
    else:
        mantissa, power = cell, 0
    head, point, tail = mantissa.partition(".")
    digits = int(head + tail) if point else int(head)
    places = len(tail) - power
    if places <= 0:
        return digits * 10**-places, 1
    scale: int = 10**places
    common = math.gcd(digits, scale)
    return digits // common, scale // common


def _with_counts(key: str, cells: list[str], counts: list[str]) -> tuple[Sample, ...] | None:
    found: dict[Ratio, int] = {}
    for cell, text in zip(cells, counts, strict=True):
        value, count = _ratio(cell), int(text)
        if count == 0:
            return None
        found[value] = found.get(value, 0) + count
    return _counted(key, found) if sum(found.values()) < MAX_COUNT else None


def _counted(key: str, counts: dict[Ratio, int]) -> tuple[Sample, ...]:
    total = sum(counts.values())
    weights = {count: Fraction(count, total) for count in set(counts.values())}
    return tuple(_sample(key, value, weights[count], count) for value, count in counts.items())


def _with_weights(key: str, cells: list[str], weights: list[str]) -> tuple[Sample, ...] | None:
    read = {text: Fraction(*_ratio(text)) for text in set(weights)}
    if any(p <= 0 for p in read.values()):
        return None
    found: dict[Ratio, Fraction] = {}
    for cell, text in zip(cells, weights, strict=True):
        value = _ratio(cell)
        found[value] = found[value] + read[text] if value in found else read[text]
    return tuple(_sample(key, value, p, None) for value, p in found.items())


def _sample(key: str, value: Ratio, p: Fraction, count: int | None) -> Sample:
    n, d = value
    if key == "x":
        return trusted_sample(None, lowest(n, d), p, count)
    return trusted_sample(lowest(n, d), lowest(n * n, d * d), p, count)
