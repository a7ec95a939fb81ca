"""Results as DataFrames: every row, bounds rounded outwards, and one line where pandas is missing."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import EXAMPLES

import catalysis
from catalysis.exact.errors import InputError
from catalysis.report.data_frames import rounded

pandas = pytest.importorskip("pandas")
CHANGES = catalysis.as_walk(str(EXAMPLES / "three-changes.toml"))


def test_rows_are_those_of_a_list_and_the_rest_is_kept() -> None:
    found = catalysis.sign_regions(CHANGES)
    zeros, regions = found.to_frame(), found.to_frame("regions")
    assert len(zeros) == 3 and len(regions) == len(found.regions) == 4
    assert regions["from_lower"][1] == zeros["lower"][0] and math.isinf(regions["to_upper"][3])
    for row, zero in zip(zeros.itertuples(), found.zeros, strict=True):
        inside = zero.enclosure()
        assert Fraction(row.lower) <= inside.lower + Fraction(1, 10**15) and inside.upper <= Fraction(
            row.upper
        )
    assert zeros.attrs["data"]["name"] == "three-changes" and zeros.attrs["verdict"] == "proved"
    assert "zeros" not in zeros.attrs and "zeros" in regions.attrs
    with pytest.raises(InputError, match=r"part: expected one of .*zeros.*found 'cells'"):
        found.to_frame("cells")


def test_one_answer_is_one_row() -> None:
    frame = catalysis.cramer_exponent(CHANGES, "0.69").to_frame()
    assert (
        len(frame) == 1
        and frame["exponent_lower"][0] < frame["exponent_upper"][0]
        and frame["lambda"][0] == 0.69
    )
    band = catalysis.exponent_band(CHANGES, "0.6", "0.8", tolerance=1).to_frame()
    assert {"from", "to", "exponent_lower", "exponent_upper"} == set(band.columns)
    assert math.isinf(band["exponent_upper"][0])  # infinite up to lambda_crit, with both sides as all others


def test_without_pandas_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r"catalysis\[frames\]"):
        catalysis.catapult_window(CHANGES).to_frame()


@given(st.fractions() | st.integers(-(10**400), 10**400).map(Fraction))
def test_doubles_on_the_asked_side(number: Fraction) -> None:
    low, nearest, high = (rounded(number, direction) for direction in (-1, 0, 1))
    assert math.isinf(low) or Fraction(low) <= number
    assert math.isinf(high) or number <= Fraction(high)
    assert low <= nearest <= high and not (low == math.inf or high == -math.inf)
    if not math.isinf(nearest) and Fraction(nearest) == number:
        assert low == high
