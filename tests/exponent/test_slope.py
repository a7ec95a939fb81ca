"""theta' by doubles: the enclosures hold wherever they are given, and are given where many rates are asked."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.core_data import verdicts, walk_of, walks

from catalysis.data.walk import LinearWalk
from catalysis.exact.result import Enclosure
from catalysis.exponent import exponent as module
from catalysis.exponent import slope
from catalysis.exponent.exponent import cramer_exponent, exponent_rate
from catalysis.exponent.factors import WalkAt

TALK = walk_of((1, 1), ("1.69", 1))
MANY = walk_of(*((Fraction(k * k + 3, 400), 1 + k % 3) for k in range(1, 61)))


@pytest.fixture(autouse=True)
def few_rates_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slope, "FEW", 0)


def unhurried(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


def by_balls(walk: LinearWalk, at: Fraction, theta: Enclosure) -> Enclosure:
    found = module._rate(walk, at, theta, 400, 60)
    assert found is not None
    return found


@unhurried(30)
@given(
    walks(largest=12),
    st.fractions(Fraction(101, 100), 3, max_denominator=200),
    st.sampled_from([0, 1e-15, 1e-13, 1e-9, 1e-6]),
)
def test_the_slope_holds(walk: LinearWalk, share: Fraction, width: float) -> None:
    """At one theta, and over brackets: the ratio of E5 by balls lies inside. Learning rates of any size."""
    at = 2 / walk.rates[0] * share
    step = WalkAt(walk, at)
    for theta in (0.03, 0.7, 1.0, 3.3, 40.0):
        held = Enclosure(Fraction(theta), Fraction(theta * (1 + width)))
        found = slope._slope(step, held) if step._in_sight else None
        if found is None:
            continue
        for end in (held.lower, held.upper, held.midpoint):
            exact = by_balls(walk, at, Enclosure(end, end))
            assert found.lower < exact.lower and exact.upper < found.upper


@unhurried(15)
@given(walks(largest=30, extreme=False), st.fractions(Fraction(21, 20), 2, max_denominator=40))
def test_rates_are_those_of_balls(walk: LinearWalk, share: Fraction) -> None:
    at = 2 / walk.rates[0] * share
    quick = slope.slope_and_theta(WalkAt(walk, at), 10)
    finer = cramer_exponent(walk, at, digits=40).enclosure
    if quick is None or finer is None:
        assert quick is None or finer is not None
        return
    rate, theta = quick
    assert theta.lower < finer.lower and finer.upper < theta.upper
    exact = by_balls(walk, at, finer)
    assert rate.lower < exact.lower and exact.upper < rate.upper


@pytest.mark.parametrize("places", [12, 20, 28, 29, 32, 52])
def test_next_to_a_pole(places: int) -> None:
    """A factor of 2^-29 is seen, with its own error; smaller ones are left to balls."""
    walk = walk_of((1, 3), ("2.5", 1), ("1.1", 1))
    at = 1 + Fraction(1, 2**places)
    found = slope.slope_and_theta(WalkAt(walk, at), 6)
    assert (found is None) == (places > 29)
    if found is not None:
        finer = cramer_exponent(walk, at, digits=30).enclosure
        assert finer is not None
        exact = by_balls(walk, at, finer)
        assert found[0].lower < exact.lower and exact.upper < found[0].upper


@pytest.mark.parametrize("eta", ["1e85", "1e-85", "1e100", "1e-100"])
def test_learning_rates_at_the_ends_of_the_range(eta: str) -> None:
    walk = walk_of((1, 1), ("1.69", 1), eta=eta)
    at = Fraction("1.42") / Fraction(eta)
    found = slope.slope_and_theta(WalkAt(walk, at), 10)
    assert (found is None) == ("100" in eta)
    rate = exponent_rate(walk, at)
    assert rate is not None and f"{float(rate.rate.midpoint) / float(Fraction(eta)):.6f}" == "-11.485217"


def test_many_rates_ask_no_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten digits and a claim that the checker proves; from 12 digits on balls are asked."""
    monkeypatch.setattr(module, "_rate", None)
    places = np.linspace(1.02, 1.9, 5) * float(2 / MANY.rates[0])
    found = [exponent_rate(MANY, place) for place in places]
    assert all(rate is not None and rate.rate.width * 10**10 < abs(rate.rate.upper) for rate in found)
    assert all(verdict.proved for verdict in verdicts(*found))
    assert slope.slope_and_theta(WalkAt(MANY, Fraction(places[0])), 13) is None
    monkeypatch.undo()
    assert slope.slope_and_theta(WalkAt(TALK, Fraction("1.42")), 10) is None  # few rates, as they are


def test_no_slope_where_theta_is_not_positive_and_finite() -> None:
    for at in ("0.2", "1", "1.5", "1.7"):
        found = slope.slope_and_theta(WalkAt(TALK, Fraction(at)), 10)
        assert (found is not None) == (at == "1.5")


@pytest.mark.parametrize("theta", [0.5, 0.9, 2.0, 30.0])
def test_the_error_of_a_small_factor_is_counted(theta: float) -> None:
    """lambda is no double: its rounding moves a factor of 2^-28 by 2^-26 of itself, and that one rules the slope."""
    walk = walk_of((1, 1), ("2.5", 99))
    for odd in (1, 3, 5, 7):
        at = 1 + Fraction(1, 2**28) + Fraction(odd, 2**56)
        held = Enclosure(Fraction(theta), Fraction(theta))
        found = slope._slope(WalkAt(walk, at), held)
        exact = by_balls(walk, at, held)
        assert found is not None
        assert found.lower < exact.lower and exact.upper < found.upper
