"""Reading data sets from TOML, JSON, CSV and from text; docs/data.md describes the formats."""

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from catalysis.data.dataset import MAX_NAME, SAMPLE_KEYS, Dataset, Sample, check_name, known_fields
from catalysis.data.table import PLAIN, TableFormat, from_table
from catalysis.exact.memory import uncollected
from catalysis.exact.numbers import DataError, Number, at, parse_rational, shown, too_long

__all__ = [
    "DataError",
    "Dataset",
    "Sample",
    "TableFormat",
    "as_dataset",
    "load_dataset",
    "parse_dataset",
    "parse_rational",
    "parse_samples",
]

AnyData: TypeAlias = Dataset | str | os.PathLike[str] | Iterable[object]
"""What `as_dataset` takes."""

MAX_FILE_BYTES, MAX_TABLE_BYTES = 5_000_000, 50_000_000
"""The largest file that is read: TOML and JSON, and a table."""

_FORMATS = ("toml", "json", "csv", "tsv")
_FILE_KEYS = ("name", "eta", "samples")
_MAX_KEY_DOTS = 100


def load_dataset(path: str | os.PathLike[str], table: TableFormat = PLAIN) -> Dataset:
    """The data set in a file; its name is the one in the file, else the file's own without the ending.

    Parameters
    ----------
    path : file name
        A .toml, .json, .csv or .tsv file.
    table : TableFormat
        How a table is written: columns, separator, decimal sign, missing values.

    Returns
    -------
    Dataset
        Every number at its exact value as written.

    Raises
    ------
    DataError
        It names the file, the field and what was expected there.

    Examples
    --------
    >>> from catalysis import load_dataset
    >>> data = load_dataset("examples/talk-1.toml")
    >>> data.name, str(data.learning_rate), [str(sample.s) for sample in data.samples]
    ('talk-1', '1', ['1', '13/10'])
    """
    if not isinstance(path, str | os.PathLike):
        raise DataError(f"path: expected the name of a file, found {shown(path)}")
    path = Path(path)
    with at(str(path)):
        ending = path.suffix.lower().lstrip(".")
        content = _read(path, ending)
        if ending not in _FORMATS:
            raise DataError(f"expected a file that ends in {', '.join(f'.{one}' for one in _FORMATS)}")
        with uncollected():
            return _parsed(_decoded(content), ending, _name_from(path), table)


def parse_dataset(content: bytes, *, name: str = "stdin", table: TableFormat = PLAIN) -> Dataset:
    """The data set in bytes that are no file: JSON, TOML or a table, as they look. Raises DataError."""
    if not isinstance(content, bytes):
        raise DataError(f"content: expected bytes, found {shown(content)}")
    with at(check_name(name)):
        text = _decoded(_short_enough(content, MAX_TABLE_BYTES))
        ending = _looks_like(text)
        _short_enough(content, _most_bytes(ending))
        return _parsed(text, ending, name, table)


def _looks_like(text: str) -> str:
    if text.lstrip().startswith("{"):
        return "json"
    return "toml" if re.search(r"^\s*samples\s*=", text, re.MULTILINE) else "csv"


def _parsed(text: str, ending: str, name: str, table: TableFormat) -> Dataset:
    if ending in ("csv", "tsv"):
        return from_table(text, name, table, "\t" if ending == "tsv" else ",")
    if not table.plain or table.drop_missing:
        raise DataError(
            "expected a table (.csv, .tsv) where columns, characters or missing values are spoken of"
        )
    return (_from_toml if ending == "toml" else _from_json)(text, name, table.normalise)


def as_dataset(data: object, what: str = "data") -> Dataset:
    """The one door for data.

    Parameters
    ----------
    data : Dataset, file name, or array or sequence of inputs s
        Text is always a file name; for samples written as text see `parse_samples`.
    what : str
        The name of the argument in error messages.

    Returns
    -------
    Dataset
        The data set itself, the one in the file, or that of the inputs, each counting 1 and with eta = 1.

    Raises
    ------
    DataError
        For anything else; it names `what`.

    Examples
    --------
    >>> from catalysis import as_dataset
    >>> data = as_dataset([1.0, 1.5, -1.5])
    >>> [(str(sample.x), str(sample.p)) for sample in data.merged()]
    [('1', '1/3'), ('9/4', '2/3')]
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | os.PathLike):
        return load_dataset(os.fspath(data))
    if isinstance(data, Iterable):
        return Dataset.from_arrays(data, name=what)
    raise DataError(f"{what}: expected a data set, a file name or an array, found {shown(data)}")


def parse_samples(
    text: str, *, name: str = "samples", learning_rate: Number = "1", normalise: bool = False
) -> Dataset:
    """The data set of a text like "1:1/2, x=2:1/2".

    Parameters
    ----------
    text : str
        Items with commas between: an input s, or x = s^2, and behind a colon its weight p. Without any
        weights each item counts 1.
    name : str
        The name of the data set.
    learning_rate : Number > 0
        eta.
    normalise : bool
        Divide weights that sum to 1 (or 100) up to 1 % by their sum.

    Returns
    -------
    Dataset
        Equal samples are merged.

    Raises
    ------
    DataError
        It names the item and what was expected there.

    Examples
    --------
    >>> from catalysis import parse_samples
    >>> data = parse_samples("1:1/2, x=2:1/2", learning_rate="0.1")
    >>> [str(sample.x) for sample in data.samples], str(data.learning_rate)
    (['1', '2'], '1/10')
    """
    if not isinstance(text, str):
        raise DataError(f"text: expected samples such as '1:1/2, x=2:1/2', found {shown(text)}")
    items = text.split(",") if text.strip() else []
    with at(name):
        rows = ((f"item {i}", _item(t)) for i, t in enumerate(items, 1))
        return Dataset.from_rows(name, learning_rate, rows, normalise=normalise)


def _item(text: str) -> Mapping[str, str]:
    value, colon, weight = text.partition(":")
    key, equals, number = value.partition("=")
    return ({key.strip(" \t"): number} if equals else {"s": value}) | ({"p": weight} if colon else {})


def _read(path: Path, ending: str) -> bytes:
    most = _most_bytes(ending)
    try:
        if path.is_dir():
            raise DataError("expected a file, found a directory")
        if not path.exists():
            raise DataError("expected a file, found nothing of this name")
        if not path.is_file():  # a pipe or a device may never end
            raise DataError("expected a regular file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise DataError(f"expected a readable file: {error.strerror}") from None
    return _short_enough(content, most)


def _most_bytes(ending: str) -> int:
    return MAX_TABLE_BYTES if ending in ("csv", "tsv") else MAX_FILE_BYTES


def _short_enough(content: bytes, most: int) -> bytes:
    if len(content) > most:
        raise DataError(f"expected a file of at most {most} bytes, found a larger one")
    return content


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
        raise DataError("expected UTF-8 text, found other bytes (UTF-16? save it as UTF-8)")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"expected UTF-8 text, found something else at byte {error.start}") from None


def _name_from(path: Path) -> str:
    return "".join(c if c.isprintable() else "_" for c in path.stem)[:MAX_NAME]


def _from_toml(text: str, name: str, normalise: bool) -> Dataset:
    _check_dots(text)
    try:
        # TOML lets digits be grouped by underscores
        content = tomllib.loads(text, parse_float=lambda number: number.replace("_", ""))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"expected TOML: {_shortened(error)}") from None
    except RecursionError:
        raise DataError("expected TOML: nested too deeply") from None
    except ValueError:  # from int(), which refuses thousands of digits
        raise too_long("an integer") from None
    return _from_fields(content, name, normalise)


def _check_dots(text: str) -> None:
    """tomllib takes time quadratic in the dots of a key; whatever lies between two `=` holds one key."""
    for number, line in enumerate(text.split("\n"), 1):
        between = [] if line.lstrip().startswith("#") else line.split("=")
        if any(part.count(".") > _MAX_KEY_DOTS for part in between):
            raise DataError(f"line {number}: expected keys with at most {_MAX_KEY_DOTS} dots")


def _from_json(text: str, name: str, normalise: bool) -> Dataset:
    try:
        content = json.loads(
            text,
            parse_float=str,
            parse_int=lambda digits: parse_rational(digits, what="an integer").numerator,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise DataError(f"expected JSON: {_shortened(error)}") from None
    except RecursionError:
        raise DataError("expected JSON: nested too deeply") from None
    return _from_fields(content, name, normalise)


def _refuse_constant(text: str) -> None:
    raise DataError(f"expected finite numbers, found {text}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key, value in pairs:
        if key in fields:
            raise DataError(f"expected each key once, found {shown(key)} twice")
        fields[key] = value
    return fields


def _shortened(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 120 else f"{text[:60]} ... {text[-50:]}"


def _from_fields(content: object, name: str, normalise: bool) -> Dataset:
    """From a TOML or JSON file, parsed."""
    fields = known_fields(content, _FILE_KEYS)
    samples = fields.get("samples")
    if not isinstance(samples, list):
        raise DataError(f"samples: expected a list, each with keys among {', '.join(SAMPLE_KEYS)}")
    rows = ((f"sample {i}", sample) for i, sample in enumerate(samples, 1))
    return Dataset.from_rows(
        check_name(fields.get("name", name)), fields.get("eta", "1"), rows, normalise=normalise
    )
