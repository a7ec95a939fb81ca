"""The checker's panels (P13) against closed forms and mpmath, always from both sides."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.core.arithmetic import Undecided, enclose
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.populations.densities import (
    LogNormal,
    Powers,
    Samples,
    Stretch,
    Student,
    _far,
    _near_zero,
    _root,
    integral,
    moment,
)
from proofs_check.populations.moments import AtomLaw
from proofs_check.populations.quadrature import (
    Curve,
    Flat,
    LogBell,
    Quadratic,
    Root,
    _exponential_series,
    divide,
    working,
)

F = Fraction
PREC = 64
WP = working(PREC)
WORK = Work(10**12)
WHOLE = (Stretch(1, F(0), None),)


def real(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def at(q: Fraction) -> tuple[int, int]:
    return enclose(q, WP)


def holds(found: tuple[int, int], value: Any, prec: int, units: int = 1 << 12) -> None:
    rounding = mp.mpf(2) ** -20
    assert mp.mpf(found[0]) - rounding <= value * mp.mpf(2) ** prec <= mp.mpf(found[1]) + rounding
    assert found[1] - found[0] <= units


powers = st.fractions(F(-9, 10), 6, max_denominator=20)
places = st.fractions(F(-3), 3, max_denominator=30)


@settings(max_examples=25, deadline=None)
@given(powers, powers, places, st.fractions(F(1, 10), 3, max_denominator=10), st.booleans())
def test_powers_from_one_root_to_the_next(
    a: Fraction, b: Fraction, low: Fraction, gap: Fraction, ends: bool
) -> None:
    """int |t - low|^a |t - high|^b = gap^(a+b+1) B(a + 1, b + 1); a piece of it is an incomplete beta function."""
    high = low + gap
    first, last = Root(at(low), a), Root(at(high), b)
    curve = Curve((first, last), Flat(), PREC)
    with mp.workdps(60):
        scale = real(gap) ** real(a + b + 1)
        if ends:
            found = curve.integral(at(low), at(high), first, last, WORK)
            value = scale * mp.beta(real(a + 1), real(b + 1))
        else:
            found = curve.integral(at(low + gap / 3), at(high), None, last, WORK)
            value = scale * mp.betainc(real(b + 1), real(a + 1), 0, mp.mpf(2) / 3)
        holds(found, value, WP, 1 << (WP - 40))


@settings(max_examples=12, deadline=None)
@given(st.fractions(F(1, 2), 30, max_denominator=9), st.fractions(-9, 9, max_denominator=9), places)
def test_bells(square: Fraction, line: Fraction, constant: Fraction) -> None:
    """int exp(-a t^2 + b t + c) over [-1, 2], a difference of error functions."""
    curve = Curve((), Quadratic(square, at(line), constant), PREC)
    with mp.workdps(120):
        root, shift = mp.sqrt(real(square)), real(line / square / 2)
        spread = mp.erf(root * (2 - shift)) - mp.erf(root * (-1 - shift))
        value = mp.exp(real(constant) + shift**2 * real(square)) * mp.sqrt(mp.pi) / 2 / root * spread
        found = curve.integral(at(F(-1)), at(F(2)), None, None, WORK)
        holds(found, value, WP, int(value * 2 ** (WP - 30)) + (1 << (WP - 40)))


@pytest.mark.parametrize(("mean", "rate"), [(F(0), F(1, 2)), (F(-1, 3), F(2)), (F(1), F(20))])
def test_bells_of_a_logarithm(mean: Fraction, rate: Fraction) -> None:
    """int t^-1 exp(-rate (log t - mean)^2) is a difference of error functions."""
    curve = Curve((Root((0, 0), F(-1)),), LogBell(at(mean), rate, F(1, 3)), PREC)
    with mp.workdps(60):
        root = mp.sqrt(real(rate))
        ends = (mp.erf(root * (mp.log(v) - real(mean))) for v in (mp.mpf(3), mp.mpf(1) / 8))
        high, low = ends
        value = mp.exp(mp.mpf(1) / 3) * mp.sqrt(mp.pi) / 2 / root * (high - low)
        holds(curve.integral(at(F(1, 8)), at(F(3)), None, None, WORK), value, WP, 1 << (WP - 45))


def test_the_error_of_a_coefficient_is_bounded() -> None:
    """Slopes off by `error` units move no coefficient by more than its bound."""
    exact = [F(3, 7), F(-5, 9), F(2, 11), *[F((-1) ** k, 3**k) for k in range(3, 30)]]
    c = [F(1)]
    for n in range(29):
        c.append(sum((exact[k] * c[n - k] for k in range(n + 1)), F(0)) / (n + 1))
    for sign in (1, -1):
        slopes = [(q.numerator << 80) // q.denominator + sign * 1000 for q in exact]
        found, errors = _exponential_series(slopes, 1001, 30, 80)
        for value, near, error in zip(c, found, errors, strict=True):
            assert abs(value * 2**80 - near) <= error <= 1 << 20
    assert max(abs(value * 2**80 - near) for value, near in zip(c, found, strict=True)) > 100


def test_second_moments_are_polynomials() -> None:
    """M(2) = 1 - 2 z E X + z^2 E X^2."""
    z = F(3, 4)
    student = Student(WHOLE, F(9), z * 9)
    normal = Samples((*WHOLE, Stretch(-1, F(0), None)), z, F(2), F(1), F(-1, 8))  # mean 1/4, variance 1/4
    mean, fourth = F(1, 16) + F(1, 4), F(1, 256) + 6 * F(1, 16) * F(1, 4) + 3 * F(1, 16)
    line = Samples(WHOLE, z, F(0), F(-2), F(0))  # exponential of mean 1/2
    cases: list[tuple[Any, Fraction]] = [
        (student, 1 - 2 * z * F(9, 7) + z**2 * 3 * F(81, 35)),
        (normal, 1 - 2 * z * mean + z**2 * fourth),
        (line, 1 - 2 * z * F(1, 2) + z**2 * F(24, 16)),
        (Powers((Stretch(1, F(0), 4 * z),), F(-1, 2)), 1 - 2 * z * F(4, 3) + z**2 * F(16, 5)),
    ]
    for density, value in cases:
        for prec in (64, 128):
            lo, hi = moment(density, F(2), prec, WORK)
            assert lo <= value * 2**prec <= hi and hi - lo < 1 << 16


@pytest.mark.parametrize("s", [F(1, 2), F(-1, 2), F(5)])
def test_moments_of_a_lognormal_law(s: Fraction) -> None:
    density = LogNormal(WHOLE, F(1, 2), F(0), F(1, 2), F(0))
    with mp.workdps(30):
        value = mp.quad(
            lambda u: mp.npdf(u) * abs(1 - mp.exp(u) / 2) ** real(s), [-15, -3, 0, mp.log(2), 3, 6, 12, 20]
        )
        lo, hi = moment(density, s, PREC, WORK)
        assert abs(mp.mpf(lo) / 2**PREC - value) < 1e-10 * value and hi - lo < value * 2**24


def test_what_no_precision_in_use_tells() -> None:
    root = Root(at(F(0)), F(1))
    with pytest.raises(Undecided):
        Curve((root,), Flat(), PREC).integral((0, 0), (15, 15), root, None, WORK)
    with pytest.raises(Undecided):
        divide((1, 1), (-1, 1), WP)
    flat = Samples(WHOLE, F(1), F(0), F(-1, 10**200), F(0))
    with pytest.raises(Undecided):
        _far(flat, Curve((), flat.bend(1, WP), PREC), F(1), WORK)
    wide = LogBell((0, 0), F(1, 10**6), F(0))
    with pytest.raises(Undecided):
        _near_zero(Curve((Root((0, 0), F(-1)),), wide, PREC), at(F(1)), WORK)
    with pytest.raises(Undecided):
        moment(Student((Stretch(1, F(10**40), F(10**40 + 1)),), F(9), F(1)), F(1), PREC, WORK)
    with pytest.raises(Undecided):
        moment(Powers((Stretch(1, F(0), F(3)),), F(0), F(-1), F(-1000)), F(1), PREC, WORK)
    with pytest.raises(Undecided):
        AtomLaw(F(0), F(10) ** 600).moment(F(350), PREC, WORK)


def only_tails(monkeypatch: pytest.MonkeyPatch, density: Any, s: Fraction) -> tuple[int, Any, Any]:
    """What `integral` gives where nothing lies between the cuts, and the first and the last cut."""
    cuts: list[Any] = []

    def nothing(self: Any, low: Any, high: Any, *rest: Any) -> tuple[int, int]:
        cuts.extend((mp.mpf(low[0]) / 2**WP, mp.mpf(high[1]) / 2**WP))
        return 0, 0

    monkeypatch.setattr(Curve, "integral", nothing)
    lo, hi = integral(density, s, PREC, WORK)
    assert lo == 0 and hi <= 1 << (WP - PREC + 2)
    return hi, cuts[0], cuts[-1]


def test_what_lies_beyond_a_cut_is_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Samples(WHOLE, F(1), F(0), F(-1, 3), F(0))
    with mp.workdps(30):
        hi, _, last = only_tails(monkeypatch, slow, F(2))
        tail = mp.quad(lambda t: (1 - t * t) ** 2 * mp.exp(-t / 3), [last, last + 30, last + 300])
        assert tail * 2**WP <= hi


@pytest.mark.parametrize("s", [F(0), F(-1, 2)])
def test_both_tails_of_a_lognormal_law(monkeypatch: pytest.MonkeyPatch, s: Fraction) -> None:
    wide, power = LogNormal(WHOLE, F(1), F(0), F(1, 2), F(0)), real(s)
    with mp.workdps(30):
        hi, first, last = only_tails(monkeypatch, wide, s)
        below = mp.quad(lambda u: mp.exp(-u * u / 2) * (1 - mp.exp(u)) ** power, [-40, mp.log(first)])
        above = mp.quad(lambda u: mp.exp(-u * u / 2) * (mp.exp(u) - 1) ** power, [mp.log(last), 40])
        assert (below + above) * 2**WP <= hi


def test_small_panels_are_not_left_out() -> None:
    """exp(-50 t) over [1, 2] is below the goal of 64 bits, but not 0."""
    curve = Curve((), Quadratic(F(0), at(F(-50)), F(0)), PREC)
    with mp.workdps(60):
        holds(curve.integral(at(F(1)), at(F(2)), None, None, WORK), mp.exp(-50) / 50, WP, 1 << (WP - PREC))


def test_a_root_of_a_rational_number() -> None:
    lo, hi = _root(F(2), 60)
    assert lo**2 <= 2 << 120 <= hi**2 and hi - lo == 1
    assert _root(F(9, 4), 60) == (3 << 59, 3 << 59)


def test_panels_are_booked() -> None:
    with pytest.raises(Refused, match="budget"):
        moment(Student(WHOLE, F(5), F(5)), F(1), PREC, Work(500))
