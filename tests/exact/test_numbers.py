"""The one door for numbers, and how exact numbers are written."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import (
    decimal_above,
    decimal_below,
    exact,
    exact_text,
    integer_text,
    positive,
    short_between,
    whole,
)

numbers = st.fractions(max_denominator=10**12)


@pytest.mark.parametrize(
    "value",
    [
        3,
        "3",
        "3.0",
        "3e0",
        "6/2",
        Fraction(3),
        Decimal(3),
        3.0,
        np.float64(3),
        np.float32(3),
        np.int8(3),
        np.array(3),
    ],
)
def test_one_number_through_the_door(value: Any) -> None:
    assert exact(value, "x") == positive(value, "x") == whole(value, "x") == 3


def test_a_float_is_its_binary_value_and_text_its_decimal_one() -> None:
    assert exact("0.1", "x") == Fraction(1, 10) != exact(0.1, "x") == Fraction(0.1)


@pytest.mark.parametrize(
    "value", [None, "x", "", [], {}, object(), True, np.bool_(True), float("nan"), float("inf"), 1j]
)
@pytest.mark.parametrize("door", [exact, positive, whole])
def test_anything_else_is_refused_by_name(door: Any, value: Any) -> None:
    with pytest.raises(InputError, match=r"^size: expected"):
        door(value, "size")


@pytest.mark.parametrize("value", ["1/2", 0, -3, 11])
def test_whole_keeps_its_range(value: Any) -> None:
    with pytest.raises(InputError, match="size: expected an integer from 1 to 10"):
        whole(value, "size", least=1, most=10)


@given(numbers, st.integers(1, 40))
def test_decimals_enclose_and_differ_by_one_unit(value: Fraction, digits: int) -> None:
    low, high = Fraction(decimal_below(value, digits)), Fraction(decimal_above(value, digits))
    assert low <= value <= high
    if value:
        assert high - low <= abs(value) * Fraction(10) ** (1 - digits) * 10


@given(numbers)
def test_exact_text_is_read_back(value: Fraction) -> None:
    assert exact(exact_text(value), "x") == value


@given(st.integers(min_value=-(10**60), max_value=10**60))
def test_integers_are_written_out(value: int) -> None:
    assert integer_text(value) == str(value)


def test_an_integer_beyond_pythons_own_limit_is_written_out() -> None:
    assert integer_text(10**5000) == "1" + "0" * 5000


@given(numbers, numbers)
def test_a_short_number_between_two(a: Fraction, b: Fraction) -> None:
    low, high = min(a, b), max(a, b)
    if low == high:
        return
    found, width = short_between(low, high), high - low
    assert low + width / 4 <= found <= high - width / 4
