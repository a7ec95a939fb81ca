"""Moments of a step against mpmath's quadrature, against polynomials in the moments, and against each other."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath as mp
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.data.population import parse_law
from catalysis.exact.balls import ball, enclose, precision
from catalysis.populations import integrals
from catalysis.populations.factors import AtomFactor, GammaFactor
from catalysis.populations.integrals import NormalSample
from catalysis.populations.isotropic import IsotropicFactor
from catalysis.populations.laws import Population
from catalysis.populations.panels import gauss
from catalysis.populations.threshold import _moments

F = Fraction
BITS = 64
LAWS = {
    "normal(0, 3/10)": F(20),
    "normal(-1/2, 3/10)": F(7),
    "uniform(-1, 2)": F(3, 2),
    "uniform(1/2, 3/4)": F(1),
    "x ~ uniform(1/2, 3)": F(1),
    "student(9)": F(1, 2),
    "student(7/2, 2)": F(1, 7),
    "exponential(1/2)": F(3),
    "x ~ exponential(1)": F(2),
    "lognormal(0, 1/2)": F(2),
    "x ~ lognormal(1/3, 1/2)": F(1, 2),
    "x ~ gamma(3, 1/2)": F(1),
    "x ~ chi-square(5)": F(1, 4),
    "truncated(normal(-1/2, 3/10), -1, 1/4)": F(7),
    "truncated(normal(0, 1), -2, 2)": F(1),
    "truncated(normal(-1/3, 1), -1/3, 1)": F(71, 60),
    "truncated(student(3, 1/2), -1, 2)": F(2),
    "truncated(exponential(1), 1, 3)": F(1),
    "truncated(exponential(1), 1/2, 1)": F(1),
    "truncated(lognormal(0, 1), 0, 2)": F(1),
    "x ~ truncated(lognormal(0, 1), 1/2, 2)": F(1, 4),
    "x ~ truncated(gamma(1/2, 1), 0, 3)": F(1),
    "x ~ truncated(chi-square(3), 0, 1)": F(1),
    "x ~ truncated(gamma(5/2, 1), 1, 3)": F(2),
    "x ~ truncated(exponential(2), 0, 1/2)": F(1),
}
DENSITIES: dict[str, Any] = {
    "normal": lambda v, a, b: mp.npdf(v, a, b),
    "uniform": lambda v, a, b: 1 / (b - a),
    "exponential": lambda v, a: mp.exp(-v / a) / a,
    "lognormal": lambda v, a, b: mp.npdf(mp.log(v), a, b) / v,
    "gamma": lambda v, a, b: v ** (a - 1) * mp.exp(-v / b) / mp.gamma(a) / b**a,
    "chi-square": lambda v, a: v ** (a / 2 - 1) * mp.exp(-v / 2) / mp.gamma(a / 2) / 2 ** (a / 2),
    "student": lambda v, a, b: (
        mp.gamma((a + 1) / 2)
        / (mp.sqrt(a * mp.pi) * mp.gamma(a / 2) * b)
        * (1 + (v / b) ** 2 / a) ** (-(a + 1) / 2)
    ),
}
ENDS = {"uniform": None, "normal": (-mp.inf, mp.inf), "student": (-mp.inf, mp.inf)}


def real(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def oracle(text: str, z: Fraction, s: Fraction) -> Any:
    """The integral of |1 - z x|^s, by quadrature between the poles."""
    (part,) = parse_law(text).parts
    numbers = [real(q) for q in part.parameters]
    whole = ENDS.get(part.kind, (mp.mpf(0), mp.inf)) or numbers
    low, high = whole if part.between is None else map(real, part.between)
    pole = 1 / real(z) if part.variable == "x" else mp.sqrt(1 / real(z))
    inner = sorted({v for v in (pole, -pole, 0, 1, -1, 3, -3, 9, -9) if low < v < high})
    power = 1 if part.variable == "x" else 2

    def density(v: Any) -> Any:
        return DENSITIES[part.kind](v, *numbers) if v or part.kind != "lognormal" else mp.mpf(0)

    places = [low, *inner, high]
    mass = mp.quad(density, places) if part.between else 1
    return mp.quad(lambda v: density(v) * abs(1 - real(z) * v**power) ** real(s), places) / mass


@pytest.mark.parametrize("text", LAWS)
@pytest.mark.parametrize("s", [F(1, 3), F(-1, 5), F(3, 2)])
def test_moments_agree_with_quadrature(text: str, s: Fraction) -> None:
    found = enclose(Population(parse_law(text)).factor(LAWS[text]).moment(s, BITS))
    value = F(str(mp.nstr(oracle(text, LAWS[text], s), 15)))
    assert abs(found.midpoint - value) < F(1, 10**8) * max(1, abs(value))
    assert found.width < F(1, 2**50) * max(1, abs(value))


@pytest.mark.parametrize("text", LAWS)
def test_the_second_moment_is_a_polynomial(text: str) -> None:
    population = Population(parse_law(text))
    (part,) = population.law.parts
    moments = _moments(part)
    if moments is None:
        assert part.between or part.kind in ("lognormal", "student")
        return
    for z in (LAWS[text], F(3, 7)):
        exact = 1 - 2 * z * moments[0] + z**2 * moments[1]
        assert exact in enclose(population.factor(z).moment(F(2), BITS))


@settings(max_examples=8, deadline=None)
@given(
    st.fractions(F(1, 20), 3, max_denominator=20),
    st.fractions(F(1, 10), 9, max_denominator=10),
    st.fractions(F(-6, 7), 4, max_denominator=7),
)
def test_closed_form_and_integral_of_a_normal_law_agree(sigma: Fraction, z: Fraction, s: Fraction) -> None:
    closed = GammaFactor(F(1, 2), 2 * z * sigma**2).moment(s, BITS)
    assert closed.overlaps(NormalSample(z, F(0), sigma).moment(s, BITS))


def test_what_is_left_at_the_pole_is_enclosed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut where it is seen, the rest of P4 still makes the enclosure hold the closed form."""
    monkeypatch.setattr(integrals, "_SPARE", -50)
    for s in (F(-1, 2), F(1, 2), F(3, 2)):
        rough = enclose(NormalSample(F(2), F(0), F(1)).moment(s, BITS))
        closed = enclose(GammaFactor(F(1, 2), F(4)).moment(s, BITS))
        assert rough.lower < closed.lower and closed.upper < rough.upper and rough.width > F(1, 10**14)


def test_moments_of_a_normal_number() -> None:
    """At large z the factor is nearly z s^2: E|Z|^(2s) = 2^s Gamma(s + 1/2)/sqrt(pi)."""
    s, z = F(5, 4), F(10**12)
    with precision(96):
        grown = GammaFactor(F(1, 2), 2 * z).moment(s, 96) / (ball(s) * ball(z).log()).exp()
        wanted = (ball(s) * arb(2).log()).exp() * ball(s + F(1, 2)).gamma() / arb.pi().sqrt()
        assert abs(grown - wanted) < 1e-9


def test_a_law_of_tiny_variance_is_an_atom() -> None:
    atom = AtomFactor(F(1, 2)).moment(F(3, 2), BITS)
    thin = NormalSample(F(3, 2), F(1), F(1, 10**5)).moment(F(3, 2), BITS)
    assert abs(thin - atom) < 1e-8


# Isotropic features.


def test_isotropic_moments_agree_with_quadrature() -> None:
    """d = 2, b = 1: the mean over the angle of (1 + (y - 1) cos^2)^(1/2) is an elliptic integral."""

    def integrand(w: Any) -> Any:
        return mp.exp(-w / 2) / 2 * mp.ellipe(1 - (1 - c * w) ** 2) * 2 / mp.pi

    c = mp.mpf(3) / 5
    found = enclose(IsotropicFactor(F(3, 5), 2, 1).moment(F(1), BITS))
    value = mp.quad(integrand, [0, 1 / c, 2 / c, 8 / c, 40, 80])
    assert abs(found.midpoint - F(mp.nstr(value, 14))) < F(1, 10**9)
    assert found.width < F(1, 2**50)


@pytest.mark.parametrize(("d", "b"), [(2, 1), (10, 4), (100, 1)])
def test_even_isotropic_moments_are_polynomials(d: int, b: int) -> None:
    """k(4) by the moments of two chi-square variables; k(2) nearby, as its own value is exact by the formula."""

    def chi(n: int, k: int) -> Fraction:
        value = F(1)
        for j in range(k):
            value *= n + 2 * j
        return value

    for c in (F(1, 3 * d), F(2, d)):
        factor = IsotropicFactor(c, d, b)
        x1, x2, x3, x4 = (chi(b, k) for k in (1, 2, 3, 4))
        y1, y2 = chi(d - 1, 1), chi(d - 1, 2)
        square = 1 - 2 * c * x1 + c**2 * x2 + c**2 * x1 * y1
        fourth = (
            (1 - 4 * c * x1 + 6 * c**2 * x2 - 4 * c**3 * x3 + c**4 * x4)
            + 2 * c**2 * y1 * (x1 - 2 * c * x2 + c**2 * x3)
            + c**4 * x2 * y2
        )
        assert factor.second() == square
        assert fourth in enclose(factor.moment(F(4), BITS))
        beside = [enclose(factor.moment(s, BITS)) for s in (2 - F(1, 2**30), 2 + F(1, 2**30))]
        low, high = sorted(beside, key=lambda e: e.midpoint)
        assert low.upper < square < high.lower
        assert high.upper - low.lower < F(1, 2**20) * square


def test_gauss_sums_are_exact_for_polynomials() -> None:
    with precision(100):
        total = sum(w * x**8 for x, w in gauss(5, 100))
        assert abs(total - arb(2) / 9) < 1e-25


def test_moments_are_convex() -> None:
    factor = IsotropicFactor(F(1, 60), 100, 1)
    logs = [float(factor.moment(F(n, 4), BITS).log().mid()) for n in range(-1, 8)]
    steps = [b - a for a, b in pairwise(logs)]
    assert all(b > a for a, b in pairwise(steps))


@pytest.mark.parametrize(("shape", "rate"), [(150, 150), (1000, 1000), (4000, 3000)])
def test_many_degrees_of_freedom(shape: int, rate: int) -> None:
    """Where the series of 1F1 at -a cancels: E |1 - X|^s by quadrature."""
    factor = GammaFactor(Fraction(shape), Fraction(1, rate))
    with mp.workdps(40):
        k, a = mp.mpf(shape), mp.mpf(rate)
        middle, spread = k / a, mp.sqrt(k) / a

        def weighted(x: mp.mpf) -> mp.mpf:
            return abs(1 - x) ** mp.mpf("1.5") * mp.exp(
                k * mp.log(a) + (k - 1) * mp.log(x) - a * x - mp.loggamma(k)
            )

        places = sorted(
            {mp.mpf(1), *(middle + j * spread for j in range(-20, 21, 4) if middle + j * spread > 0)}
        )
        truth = mp.quad(weighted, places)
        found = factor.moment(Fraction(3, 2), 100)
        assert found.is_finite()
        assert abs(mp.mpf(found.mid().str(30, radius=False)) - truth) < truth * mp.mpf("1e-15")
