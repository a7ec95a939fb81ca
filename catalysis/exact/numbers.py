"""Exact numbers: how one is read, how long it may be, and how it is shown to people.

A number written "1.3" is 13/10, never the nearest double; a float is taken at its exact binary value.
"""

import numbers
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal
from fractions import Fraction

from catalysis.exact.errors import InputError

MAX_DIGITS = 4000
"""The longest number that is read, in decimal digits and in characters."""

# A ratio of b bits in all takes at most 0.30103 b + 4 characters: this many fit into MAX_DIGITS.
MAX_RATIO_BITS = 13_270

_RATIO = re.compile(r"([+-]?[0-9]+)/([0-9]+)")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")


class DataError(InputError):
    """Data that cannot be used. The text is one line: the file, the field, what was expected."""

    def __init__(self, message: str) -> None:
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in message))


@contextmanager
def at(place: str) -> Iterator[None]:
    """Inside, a DataError is told where it happened."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{place}: {error}") from None


def parse_rational(text: str, *, what: str = "number") -> Fraction:
    """The exact value of an integer, a decimal ("1.3", "-2.5E+4") or a ratio ("13/10").

    At most MAX_DIGITS characters, and at most MAX_DIGITS digits when written out. Raises DataError,
    which names `what`, for anything else; no number beyond the limit is ever built.
    """
    text = text.strip(" \t")
    if len(text) > MAX_DIGITS:
        raise DataError(f"{what}: expected at most {MAX_DIGITS} characters, found {len(text)}")
    if match := _RATIO.fullmatch(text):
        # Decimal reads any number of digits; int(text) has a limit that the environment can lower.
        numerator, denominator = (int(Decimal(digits)) for digits in match.groups())
        if denominator == 0:
            raise DataError(f"{what}: expected a denominator that is not 0, found {shown(text)}")
        return Fraction(numerator, denominator)
    if match := _DECIMAL.fullmatch(text):
        exponent = (match[1] or "").lstrip("+-0")
        if len(exponent) > len(str(MAX_DIGITS)) or not _is_short(Decimal(text)):
            raise too_long(what)
        return Fraction(Decimal(text))
    raise DataError(f"{what}: expected an integer, a decimal or a ratio, found {shown(text)}")


def _is_short(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # only NaN and inf have letters here
    return max(len(digits) + exponent, 1 - exponent) <= MAX_DIGITS


def is_numeric(text: str) -> bool:
    """Whether the text has the form of a number; it may still be too long, or divide by 0."""
    return bool(_RATIO.fullmatch(text) or _DECIMAL.fullmatch(text))


def exact(value: object, what: str) -> Fraction:
    """The exact value of text, an integer, a Fraction, a Decimal or a float. Raises DataError."""
    if isinstance(value, str):
        return parse_rational(value, what=what)
    if isinstance(value, numbers.Rational) and not isinstance(value, bool):
        # numpy's integers are Rational too, but would overflow inside a Fraction
        return check_length(Fraction(int(value.numerator), int(value.denominator)), what)
    if isinstance(value, Decimal) and value.is_finite():
        return parse_rational(str(value), what=what)
    if is_float(value):
        return _exact_float(value, what)
    raise DataError(f"{what}: expected a number, found {shown(value)}")


def is_float(value: object) -> bool:
    """Whether the value is a binary floating-point number, of Python or of numpy."""
    return not isinstance(value, numbers.Rational | Decimal) and hasattr(value, "as_integer_ratio")


def _exact_float(value: object, what: str) -> Fraction:
    try:
        numerator, denominator = value.as_integer_ratio()  # type: ignore[attr-defined]
    except (ValueError, OverflowError):
        raise DataError(f"{what}: expected a finite number, found {value}") from None
    return check_length(Fraction(int(numerator), int(denominator)), what)


def check_length(value: Fraction, what: str) -> Fraction:
    """The value itself, if as a ratio it takes at most MAX_DIGITS characters. Raises DataError."""
    if not isinstance(value, Fraction):
        raise DataError(f"{what}: expected a Fraction, found {shown(value)}")
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_RATIO_BITS:
        raise too_long(what)
    return value


def too_long(what: str) -> DataError:
    return DataError(f"{what}: expected a number of at most {MAX_DIGITS} digits, found a longer one")


def brief(value: Fraction) -> str:
    """A number for people: exact where short, else `~` and twelve digits."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= 80:
        return str(value)
    return f"~{decimal(value)}"


def decimal(value: Fraction) -> str:
    """Twelve significant digits, to be read by people only."""
    return str(Context(prec=12).divide(Decimal(value.numerator), Decimal(value.denominator)))


def shown(value: object) -> str:
    """Foreign input as it may appear inside an error message: short."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else f"{value[:30]!r}... ({len(value)} characters)"
    if value is None or isinstance(value, bool | float):
        return repr(value)
    return f"something of type {type(value).__name__}"
