"""Exact numbers: how one is read, how long it may be, and how it is shown to people.

A number written "1.3" is 13/10, never the nearest double; a float is taken at its exact binary value.
"""

import numbers
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Context, Decimal
from fractions import Fraction
from typing import TypeAlias

from catalysis.exact.errors import InputError

Number: TypeAlias = int | str | float | Fraction | Decimal
"""What `exact` takes, numpy's scalars besides: text and floats at their exact value."""

MAX_ASKED_DIGITS = 3500
"""The most digits of an answer that can be asked for."""

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
        raise type(error)(f"{place}: {error}") from None


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
    raise DataError(f"{what}: expected an integer, a decimal or a ratio, found {shown(text)}{_cause(text)}")


def _cause(text: str) -> str:
    """A guess why text is no number."""
    if "\u2212" in text:
        return " (U+2212 minus? write -)"
    if text.endswith("%"):
        return " (a percentage? write it over 100)"
    if _DECIMAL.fullmatch(text.replace(",", ".", 1)):
        return " (a decimal comma? --decimal , reads them in a table)"
    return ""


def _is_short(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # only NaN and inf have letters here
    return max(len(digits) + exponent, 1 - exponent) <= MAX_DIGITS


def is_numeric(text: str) -> bool:
    """Whether the text has the form of a number; it may still be too long, or divide by 0."""
    return bool(_RATIO.fullmatch(text) or _DECIMAL.fullmatch(text))


def exact(value: object, what: str) -> Fraction:
    """The exact value of text, an integer, a Fraction, a Decimal, a float, or a numpy scalar. Raises DataError.

    The one door for numbers: "1.3" is 13/10, a float is taken at its exact binary value.
    """
    if type(value) is Fraction:
        return check_length(value, what)
    if getattr(value, "shape", None) == ():  # numpy's scalars and arrays without dimensions
        value = value.item()  # type: ignore[attr-defined]
    if isinstance(value, str):
        return parse_rational(value, what=what)
    if isinstance(value, numbers.Rational) and not isinstance(value, bool):
        return check_length(Fraction(int(value.numerator), int(value.denominator)), what)
    if isinstance(value, Decimal) and value.is_finite():
        return parse_rational(str(value), what=what)
    if is_float(value):
        return _exact_float(value, what)
    raise DataError(f"{what}: expected a number, found {shown(value)}")


def positive(value: object, what: str) -> Fraction:
    """The exact value of a number > 0. Raises DataError."""
    number = exact(value, what)
    if number <= 0:
        raise DataError(f"{what}: expected a number > 0, found {brief(number)}")
    return number


def whole(value: object, what: str, *, least: int = 0, most: int | None = None) -> int:
    """An integer in `least..most`, of any type that holds one exactly. Raises DataError."""
    if type(value) is int and least <= value and (most is None or value <= most):
        return value
    number = exact(value, what)
    if number.denominator != 1 or number < least or (most is not None and number > most):
        range_ = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise DataError(f"{what}: expected an integer {range_}, found {brief(number)}")
    return number.numerator


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


def lowest(numerator: int, denominator: int) -> Fraction:
    """numerator/denominator, which are in lowest terms with denominator > 0: a Fraction without the gcd."""
    made = object.__new__(Fraction)
    made._numerator, made._denominator = numerator, denominator  # type: ignore[attr-defined]
    return made


def nearest_double(value: Fraction) -> float:
    """The nearest double, inf beyond their range: for finding numbers, never for proving."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def nearest_doubles(values: Sequence[Fraction]) -> list[float]:
    """The same of many."""
    try:
        return [value.numerator / value.denominator for value in values]
    except OverflowError:
        return [nearest_double(value) for value in values]


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


def _decimal(value: Fraction, digits: int, up: bool) -> str:
    """`value` rounded to `digits` significant digits, towards +inf if `up`, else towards -inf."""
    if value == 0:
        return "0"
    magnitude = _floor_log10(abs(value))
    places = digits - 1 - magnitude
    scaled = value * Fraction(10) ** places
    units = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    return plain_decimal(units, places)


def decimal_below(value: Fraction, digits: int) -> str:
    """The largest decimal of `digits` significant digits that is at most `value`."""
    return _decimal(value, digits, up=False)


def decimal_above(value: Fraction, digits: int) -> str:
    """The smallest decimal of `digits` significant digits that is at least `value`."""
    return _decimal(value, digits, up=True)


def plain_decimal(units: int, places: int) -> str:
    """`units * 10^-places` written out, trailing zeros dropped, with an exponent where that is shorter."""
    if units == 0:
        return "0"
    text = integer_text(abs(units))
    stripped = text.rstrip("0")
    places -= len(text) - len(stripped)
    text, negative = stripped, "-" if units < 0 else ""
    point = len(text) - places  # digits before the decimal point
    if places <= 0:
        if -places <= 25:
            return negative + text + "0" * -places
    elif point > 0:
        return negative + text[:point] + "." + text[point:]
    elif -point <= 6:
        return negative + "0." + "0" * -point + text
    head = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{negative}{head}e{point - 1}"


def _floor_log10(value: Fraction) -> int:
    """The integer k with 10^k <= value < 10^(k+1), for value > 0."""
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    guess = int(bits * 0.30102999566398120) - 1
    while value >= Fraction(10) ** (guess + 1):
        guess += 1
    while value < Fraction(10) ** guess:
        guess -= 1
    return guess


def integer_text(value: int) -> str:
    """Decimal digits; Python's own conversion refuses more than 4300 of them, or fewer as the environment says."""
    return f"{Decimal(value):f}"


def exact_text(value: Fraction, places_allowed: int = 40) -> str:
    """An exact rational as a decimal if few enough places do, otherwise as a ratio."""
    denominator, twos, fives = value.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    places = max(twos, fives)
    if denominator == 1 and places <= places_allowed:
        units = value.numerator * 10**places // value.denominator
        text = integer_text(abs(units)).rjust(places + 1, "0")
        whole, part = (text[:-places], text[-places:]) if places else (text, "")
        return ("-" if units < 0 else "") + whole + ("." + part if part else "")
    return ratio_text(value)


def ratio_text(value: Fraction) -> str:
    """An exact rational as an integer or a ratio."""
    head = integer_text(value.numerator)
    return head if value.denominator == 1 else f"{head}/{integer_text(value.denominator)}"


def short_between(lower: Fraction, upper: Fraction) -> Fraction:
    """A short decimal near the middle, at least a quarter of the width from both ends; lower < upper."""
    unit, width = Fraction(1), (upper - lower) / 2
    while unit > width:
        unit /= 10
    while unit * 10 <= width:
        unit *= 10
    return Fraction(round((lower + upper) / (2 * unit))) * unit
