"""Intervals of doubles hold the exact results of exact operations on any of their numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from catalysis.exact.balls import ball, precision
from catalysis.products.cells import ratio_power
from catalysis.products.intervals import Interval, logarithm, power

doubles = st.floats(-1e6, 1e6, allow_subnormal=False)
pairs = st.tuples(doubles, doubles).map(sorted)


def made(pair: list[float]) -> Interval:
    return Interval(np.array([pair[0]]), np.array([pair[1]]))


def holds(found: Interval, value: Fraction) -> bool:
    low, high = float(found.low[0]), float(found.high[0])
    return (low == -np.inf or Fraction(low) <= value) and (high == np.inf or value <= Fraction(high))


@given(pairs, pairs, st.fractions(0, 1), st.fractions(0, 1))
def test_operations_hold_every_result(a: list[float], b: list[float], s: Fraction, t: Fraction) -> None:
    x, y = (Fraction(lo) + (Fraction(hi) - Fraction(lo)) * share for (lo, hi), share in ((a, s), (b, t)))
    with np.errstate(all="ignore"):
        one, two = made(a), made(b)
        assert holds(one + two, x + y) and holds(one - two, x - y) and holds(one * two, x * y)
        assert holds(abs(one), abs(x)) and holds(one.union(two), x) and holds(one.union(two), y)
        if y:
            assert holds(one / two, x / y)
        half = abs(b[0])
        assert holds(one.spread(np.array([half])), x * Fraction(half) * (2 * t - 1))


@given(
    st.floats(0.01, 100),
    st.floats(0, 0.3),
    st.fractions(0, 1),
    st.fractions(0, 1),
    st.sampled_from(["1/3", "1", "5/2", "12"]),
)
def test_powers_and_their_ratios(base: float, wide: float, a: Fraction, b: Fraction, exponent: str) -> None:
    s, low, high = Fraction(exponent), base, base * (1 + wide)
    x, y = (Fraction(low) + (Fraction(high) - Fraction(low)) * share for share in (a, b))
    box = made([low, high])
    with precision(200), np.errstate(all="ignore"):
        for found, value in (
            (logarithm(box), ball(x).log()),
            (power(box, s), (ball(s) * ball(x).log()).exp()),
            (ratio_power(made([low, high]), box, Interval.around((s,))), (ball(s) * ball(y / x).log()).exp()),
        ):
            assert arb(float(found.low[0])) <= value
            assert found.high[0] == np.inf or value <= arb(float(found.high[0]))


def test_what_is_lost_proves_nothing() -> None:
    with np.errstate(all="ignore"):
        for lost in (
            logarithm(made([-1.0, 2.0])),
            logarithm(made([0.0, 0.0])),
            power(made([0.0, 1.0]), Fraction(1)),
        ):
            assert not (lost.high[0] <= 0) and not (lost.low[0] >= 0)
        found = made([1.0, 2.0]) / made([-1.0, 1.0])
    assert found.low[0] == -np.inf and found.high[0] == np.inf


def test_exact_numbers_stay_narrow() -> None:
    found = Interval.around((Fraction(1, 2), Fraction(1, 3)))
    assert found.low[0] == found.high[0] == 0.5
    assert Fraction(float(found.low[1])) < Fraction(1, 3) < Fraction(float(found.high[1]))
    assert found.high[1] - found.low[1] == pytest.approx(0, abs=2e-16)
