"""Levels that no path reaches (W12), against a search through all draws."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis import LinearWalk, parse_samples
from catalysis.nonlinear.barrier import barrier
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.spike import width_spike

F = Fraction


def highest(xs: list[float], k: float, L: float, width: int = 60) -> float:
    """The largest kappa that a beam of the most promising draws finds."""
    most, beam = k, [(k, L)]
    for _ in range(50):
        found = {
            (round(abs(1 - x * L + (x * k) ** 2) * k, 12), round(L - k * k * x * (4 - x * L), 12))
            for k, L in beam
            for x in xs
        }
        # some by kappa and some by what is left of L
        beam = sorted(found, reverse=True)[:width] + sorted(found, key=lambda s: (-s[1], -s[0]))[:width]
        most = max(most, *(k for k, _ in beam))
    return most


@given(
    st.lists(st.integers(10, 40), min_size=1, max_size=3, unique=True),
    st.fractions(F(21, 10), F(36, 10), max_denominator=20),
    st.fractions(F(1, 10), F(1), max_denominator=20),
    st.fractions(F(1, 1000), F(1, 5), max_denominator=1000),
)
@settings(max_examples=12, deadline=None)
def test_no_search_finds_a_way_over_a_barrier(
    xs: list[int], most: Fraction, share: Fraction, start: Fraction
) -> None:
    samples = ", ".join(f"x={x}/20:1/{len(xs)}" for x in xs)
    L0 = most / F(max(xs), 20)
    level = share * L0 / 2
    problem = WidthProblem.of(LinearWalk(parse_samples(samples)), L0, 1, level * start, level)
    if barrier(problem) is not None:
        assert highest([x / 20 for x in xs], float(level * start), float(L0)) < float(level)


@pytest.mark.parametrize(
    ("samples", "curvature", "width", "kappa"),
    [
        ("x=1.3:3/42, x=2.33:22/42, x=2.44:17/42", "1071/1220", "1e10", "1071/12200"),
        ("x=1:1/2, x=1.69:1/2", "1.42", "1e300", "0.25"),
    ],
)
def test_levels_out_of_reach(samples: str, curvature: str, width: str, kappa: str) -> None:
    problem = WidthProblem.of(LinearWalk(parse_samples(samples)), curvature, width, 1, kappa)
    found = barrier(problem)
    assert found is not None and found.bottom * problem.top <= 2
    assert list(found.slopes) == sorted(found.slopes)


def test_what_cannot_be_reached_has_probability_zero() -> None:
    walk = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))
    found = width_spike(walk, "1.42", "1e6", 1, "0.25")
    assert found.upper.method == "barrier" and found.enclosure.upper == 0 and found.verdict.value == "proved"
    assert found.shortfall is None


def test_what_is_reached_has_no_barrier() -> None:
    """Seven draws of the larger sample lead from 0.02 beyond 0.12."""
    problem = WidthProblem.of(LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2")), "1.42", 1, "0.02", "0.12")
    assert highest([1.0, 1.69], 0.02, 1.42, 20) > 0.12
    assert barrier(problem) is None


def test_slopes_that_the_checker_does_not_read_make_no_barrier() -> None:
    """Slopes have the units of L: of at most 18 digits."""
    for unit, made in ((1, True), (10**9, True), (10**15, False)):
        u = F(unit)
        walk = LinearWalk(parse_samples(f"x={1 / u}:1/2, x={F('1.69') / u}:1/2"))
        problem = WidthProblem.of(walk, F("1.42") * u, 10**6, u, F("0.3") * u)
        assert (barrier(problem) is not None) is made
