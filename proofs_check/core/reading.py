"""Reading strictly: JSON without surprises, objects with exactly the named keys, exact numbers."""

import json
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NoReturn

MOST_BYTES = 8 << 20
MOST_CHARACTERS = 4000
INTEGERS_BELOW = 10**18

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+|/[0-9]+)?")


class Refused(Exception):
    """A certificate or a claim that is not proved; the text says why, in one line."""


def quoted(text: object, most: int = 60) -> str:
    """Foreign text made harmless for a message: ASCII, escaped, at most `most` characters."""
    cut = text[:most] if isinstance(text, str) else f"<{type(text).__name__}>"
    return json.dumps(cut) + ("..." if isinstance(text, str) and len(text) > most else "")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("an object has a key twice")
    return found


def _no_float(text: str) -> NoReturn:
    raise Refused(f"{quoted(text)} is not an exact number; write it as a string")


def _integer(text: str) -> int:
    if len(text) > 20:
        raise Refused(f"the integer {quoted(text, 20)} is too long; write it as a string")
    return int(text)


def parse(raw: bytes) -> Any:
    """The JSON document in `raw`. Raises `Refused` for anything the format does not allow."""
    if len(raw) > MOST_BYTES:
        raise Refused(f"the file has more than {MOST_BYTES} bytes")
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError:
        raise Refused("the file is not UTF-8") from None
    except RecursionError:
        raise Refused("the file is nested too deeply") from None
    except ValueError as error:  # the reason is json's own text, with positions only
        raise Refused(f"the file is not JSON: {quoted(str(error))}") from None


def fields(value: Any, where: str, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
    """`value` as an object with all the required keys and none but these and the optional ones."""
    if not isinstance(value, dict):
        raise Refused(f"{where} is not an object")
    for key in sorted(set(required) - value.keys()):
        raise Refused(f"{where} lacks {quoted(key)}")
    for key in sorted(value.keys() - {*required, *optional}):
        raise Refused(f"{where} has the unknown key {quoted(key)}")
    return value


def items(value: Any, where: str) -> list[Any]:
    """`value` as a list."""
    if not isinstance(value, list):
        raise Refused(f"{where} is not a list")
    return value


def number(value: Any, where: str) -> Fraction:
    """An exact number: "-3", "1.25" or "13/10", at most 4000 characters."""
    if not isinstance(value, str):
        raise Refused(f"{where} is not a number written as a string")
    if len(value) > MOST_CHARACTERS or not _NUMBER.fullmatch(value):
        raise Refused(f"{where} is {quoted(value)}, not an exact number")
    try:
        return Fraction(value)
    except (ZeroDivisionError, ValueError):
        raise Refused(f"{where} is {quoted(value)}, which has no value") from None


def positive(value: Any, where: str) -> Fraction:
    """An exact number > 0."""
    q = number(value, where)
    if q <= 0:
        raise Refused(f"{where} is not positive")
    return q


def index(value: Any, where: str) -> int:
    """A JSON integer from 0 to 10^18 - 1."""
    if type(value) is not int or not 0 <= value < INTEGERS_BELOW:
        raise Refused(f"{where} is not an integer from 0 to 10^18 - 1")
    return value


def extent(value: Any) -> tuple[int, int]:
    """How many values a JSON value holds, and the length in characters of its longest string."""
    count, most, waiting = 0, 0, [value]
    while waiting:
        item = waiting.pop()
        count += 1
        if isinstance(item, str):
            most = max(most, len(item))
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return count, most
