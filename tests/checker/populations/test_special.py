"""pi, sine, Gamma and Kummer's series of the checker against mpmath, always from both sides."""

from __future__ import annotations

import itertools
from contextlib import suppress
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.core.arithmetic import Undecided
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.populations.laws import read_law
from proofs_check.populations.moments import GammaLaw, UniformLaw
from proofs_check.populations.special import (
    bernoulli,
    exponential,
    kummer,
    log_gamma,
    multiply,
    pi,
    sine_of_pi,
)

F = Fraction
WORK = Work(10**12)


def real(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def holds(found: tuple[int, int], value: Any, prec: int, units: int = 1 << 20) -> None:
    """The interval holds the value, and is not wider than so many units."""
    rounding = mp.mpf(2) ** -20  # of mpmath's value, where the interval is exact
    assert mp.mpf(found[0]) - rounding <= value * mp.mpf(2) ** prec <= mp.mpf(found[1]) + rounding
    assert found[1] - found[0] <= units


@pytest.mark.parametrize("prec", [10, 64, 300])
def test_pi(prec: int) -> None:
    with mp.workdps(120):
        holds(pi(prec), mp.pi, prec, 2)


@settings(max_examples=80, deadline=None)
@given(st.fractions(-20, 20, max_denominator=60))
def test_sine(q: Fraction) -> None:
    with mp.workdps(60):
        holds(sine_of_pi(q, 90), mp.sinpi(real(q)) if q.denominator > 1 else mp.mpf(0), 90, 8)


def test_bernoulli_numbers() -> None:
    assert bernoulli(6) == (F(1, 6), F(-1, 30), F(1, 42), F(-1, 30), F(5, 66), F(-691, 2730))
    assert bernoulli(1) == (F(1, 6),)
    assert F(int(mp.bernfrac(600)[0]), int(mp.bernfrac(600)[1])) == bernoulli(300)[-1]


@settings(max_examples=60, deadline=None)
@given(st.fractions(F(1, 50), 60, max_denominator=50), st.sampled_from([32, 90, 200]))
def test_log_gamma(q: Fraction, prec: int) -> None:
    with mp.workdps(90):
        holds(log_gamma(q, prec, WORK), mp.loggamma(real(q)), prec, 64)


@settings(max_examples=60, deadline=None)
@given(
    st.fractions(-4, 6, max_denominator=7),
    st.fractions(-5, 9, max_denominator=11).filter(lambda q: q.denominator > 1),
    st.fractions(F(1, 20), 20, max_denominator=20),
)
def test_kummer(alpha: Fraction, beta: Fraction, a: Fraction) -> None:
    with mp.workdps(80):
        holds(kummer(alpha, beta, a, 120, WORK), mp.hyp1f1(real(alpha), real(beta), -real(a)), 120, 1 << 60)


def test_products_of_intervals_with_both_signs() -> None:
    assert multiply((-3 << 8, 2 << 8), (-1 << 8, 4 << 8), 8) == (-12 << 8, 8 << 8)


def test_an_exponential_too_large_is_not_written_out() -> None:
    with pytest.raises(Undecided):
        exponential((1 << 40, 1 << 40), 8)


def test_a_moment_too_large_is_not_written_out() -> None:
    with pytest.raises(Undecided):
        UniformLaw(F(0), F(10**200), F(1)).moment(F(399), 64, WORK)


@settings(max_examples=40, deadline=None)
@given(
    st.fractions(F(1, 6), 9, max_denominator=6),
    st.fractions(F(1, 5), 6, max_denominator=5),
    st.fractions(F(-1, 9), 9, max_denominator=101).filter(lambda q: q.denominator > 6),
)
def test_moments_of_gamma_laws(k: Fraction, scale: Fraction, s: Fraction) -> None:
    """By Euler's integrals, not by the two series."""
    with mp.workdps(60):
        a, k_, s_ = 1 / real(scale), real(k), real(s)
        below = mp.beta(k_, s_ + 1) * mp.hyp1f1(k_, k_ + s_ + 1, -a)
        above = mp.exp(-a) * mp.gamma(s_ + 1) * mp.hyperu(s_ + 1, s_ + 1 + k_, a)
        value = a**k_ / mp.gamma(k_) * (below + above)
        holds(GammaLaw(k, scale, F(1)).moment(s, 80, WORK), value, 80, 1 << 60)


@settings(max_examples=40, deadline=None)
@given(
    st.fractions(0, 3, max_denominator=5),
    st.fractions(F(1, 5), 3, max_denominator=5),
    st.fractions(F(-4, 5), 9, max_denominator=9),
)
def test_moments_of_uniform_laws(low: Fraction, width: Fraction, s: Fraction) -> None:
    with mp.workdps(40):
        ends = sorted({low, low + width} | ({F(1)} if low < 1 < low + width else set()))
        total = mp.mpf(0)
        for a, b in itertools.pairwise(ends):
            grown = [abs(real(y) - 1) ** (real(s) + 1) / (real(s) + 1) for y in (a, b)]
            total += abs(grown[1] - grown[0])
        found = UniformLaw(low, low + width, F(1)).moment(s, 80, WORK)
        holds(found, total / real(width), 80, 1 << 50)


def test_long_numbers_are_booked() -> None:
    def cost(q: Fraction) -> int:
        work = Work()
        log_gamma(q, 64, work)
        kummer(q, q + F(1, 3), F(2), 64, work)
        return 10_000_000 - work.left

    assert cost(F(10**3000 + 1, 10**3000)) > 50 * cost(F(11, 10))


def test_long_numbers_of_densities_are_booked() -> None:
    """A long deviation costs more units, and so do ends that are far away: a file of 8 kB took minutes."""

    def cost(deviation: str, high: str) -> int:
        work = Work()
        of = {"kind": "square", "of": {"kind": "normal", "mean": "1/3", "deviation": deviation}}
        law = read_law({"kind": "truncated", "of": of["of"], "low": "-1", "high": high} | {"of": of}, F(1))
        with suppress(Refused):
            law.moment(F(1, 3), 32, work)
        return 10_000_000 - work.left

    short = cost("2", "3")
    assert cost(f"{2 * 10**1500 + 1}/{10**1500}", "3") > 3 * short
    assert cost("2", f"{10**1500}") > 20 * short
