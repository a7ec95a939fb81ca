"""The checker's logarithm, exponential and powers against Arb: never outside, never wide."""

import random
from collections.abc import Callable, Iterator
from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.core import arithmetic
from proofs_check.core.arithmetic import (
    FAR,
    Undecided,
    enclose,
    exp_interval,
    log_between,
    log_precision,
    log_ratio,
    log_two,
    power,
    times,
)
from proofs_check.linear.moment import product, quotient

rationals = st.fractions(min_value=-1000, max_value=1000)


def arb(q: Fraction) -> flint.arb:
    """The ball of a rational, at the precision in force."""
    return flint.arb(flint.fmpq(q.numerator, q.denominator))


def assert_encloses(bounds: tuple[int, int | None], truth: flint.arb, prec: int, most_units: int) -> None:
    """lo <= truth <= hi as proved by Arb, and the enclosure no wider than so many units."""
    lo, hi = bounds
    scaled = truth * flint.arb(2) ** prec
    assert scaled >= lo, "the lower bound is too high"
    if hi is not None:
        assert scaled <= hi, "the upper bound is too low"
        assert hi - lo <= most_units, "the enclosure is wide"


def random_rational(rng: random.Random) -> Fraction:
    """A positive rational: of common size, near 1, near a power of two, tiny or huge."""
    bits = rng.choice((3, 10, 40, 90, 300))
    n, d = rng.getrandbits(bits) + 1, rng.getrandbits(bits) + 1
    match rng.randrange(6):
        case 0:
            return Fraction(n, d)
        case 1:
            return Fraction(n, n + rng.choice((-1, 1)) * rng.randrange(1, n)) if n > 1 else Fraction(2)
        case 2:
            return 1 + Fraction(rng.choice((-1, 1)), 2 ** rng.randrange(1, 400) + 1)
        case 3:
            return Fraction(n << rng.randrange(3000), d)
        case 4:
            return Fraction(n, d << rng.randrange(3000))
        case _:
            return Fraction(2) ** rng.randrange(-80, 80) * Fraction(n + d, n)


def check_log(rng: random.Random, prec: int) -> None:
    q = random_rational(rng)
    exponent = rng.choice((0, 0, rng.randrange(-5000, 5000)))
    with flint.ctx.workprec(prec + 1000):
        truth = arb(q * Fraction(2) ** exponent).log()
        assert_encloses(log_ratio(q.numerator, q.denominator, prec, exponent), truth, prec, 3)


def check_exp(rng: random.Random, prec: int) -> None:
    size = rng.choice((0, 0, 3, 10, -prec // 2))
    y = (
        rng.randrange(-1 << prec, 1 << prec) << size
        if size >= 0
        else rng.randrange(-1 << prec, 1 << prec) >> -size
    )
    with flint.ctx.workprec(2 * prec + 4000):
        truth = (flint.arb(y) / flint.arb(2) ** prec).exp()
        most = 3 + (int((y >> prec) / 0.69) > 0) * (1 << max(0, int((y >> prec) / 0.69) + 2))
        assert_encloses(exp_interval((y, y), prec), truth, prec, most)


def check_power(rng: random.Random, prec: int) -> None:
    r, exponent = random_rational(rng), random_rational(rng) * rng.choice((1, -1))
    if abs(exponent) > 10**6:
        exponent = 1 / exponent
    log_prec = log_precision(exponent, prec)
    bounds = power(log_ratio(r.numerator, r.denominator, log_prec), log_prec, exponent, prec)
    with flint.ctx.workprec(2 * prec + 4000):
        log = arb(exponent) * arb(r).log()
        if log > FAR - 1:
            assert bounds[0] > 1 << 30000 or log < FAR + 1
            return
        scaled_size = max(0, int(float(log) / 0.69) + 1)
        assert_encloses(bounds, log.exp(), prec, 8 << scaled_size)


Check = Callable[[random.Random, int], None]
CHECKS: tuple[Check, ...] = (check_log, check_exp, check_power)


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_no_violation_on_35000_points_at_low_precision(check: Check) -> None:
    rng = random.Random(20260101)
    for _ in range(35_000):
        check(rng, rng.randrange(8, 129))


@pytest.mark.parametrize("check", CHECKS)
def test_no_violation_at_high_precision(check: Check) -> None:
    rng = random.Random(7)
    for _ in range(150):
        check(rng, int(2 ** rng.uniform(7, 12)))


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No guard bits: then every unit lost in a series counts, and only the proved error terms protect."""
    monkeypatch.setattr(arithmetic, "GUARD", 0)
    log_two.cache_clear()
    yield
    log_two.cache_clear()


@pytest.mark.usefixtures("unguarded")
def test_the_error_terms_hold_without_guard_bits() -> None:
    rng = random.Random(3)
    for _ in range(8_000):
        prec = rng.randrange(8, 300)
        q, y = random_rational(rng), rng.randrange(-2 << prec, 2 << prec)
        with flint.ctx.workprec(prec + 1000):
            assert_encloses(log_ratio(q.numerator, q.denominator, prec), arb(q).log(), prec, 8 * prec + 100)
            truth = (flint.arb(y) / flint.arb(2) ** prec).exp()
            assert_encloses(exp_interval((y, y), prec), truth, prec, 1 << prec)
    for prec in range(8, 300):
        with flint.ctx.workprec(prec + 100):
            assert_encloses(log_two(prec), flint.arb(2).log(), prec, 200 * prec)


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_no_violation_on_many_points(check: Check) -> None:
    rng = random.Random(99)
    for _ in range(100_000):  # a million found nothing either
        check(rng, rng.randrange(8, 400))


def test_log_two_rests_on_an_identity_and_agrees_with_arb() -> None:
    assert Fraction(27, 25) ** 9 * Fraction(4800, 4802) * Fraction(8750, 8748) ** 4 == 2
    for prec in (8, 64, 1000, 1 << 15):
        with flint.ctx.workprec(prec + 100):
            assert_encloses(log_two(prec), flint.arb(2).log(), prec, 3)


@given(rationals, rationals, rationals, st.integers(8, 100))
def test_rational_operations_enclose(a: Fraction, b: Fraction, q: Fraction, prec: int) -> None:
    x, y = enclose(a, prec), enclose(b, prec)
    one = 1 << prec
    assert x[0] <= a * one <= x[1] <= x[0] + 1
    lo, hi = times(q, x)
    assert lo <= q * a * one <= hi
    lo, hi = product(x, y, prec)
    assert lo <= a * b * one <= hi
    if y[0] > 0:
        lo, hi = quotient(x, y, prec)
        assert lo <= a / b * one <= hi
    else:
        with pytest.raises(Undecided):
            quotient(x, y, prec)


@given(st.integers(1, 10**30), st.integers(0, 10**20), st.integers(1, 10**30), st.integers(8, 200))
@settings(deadline=None)
def test_log_of_an_interval_holds_the_logs_of_its_ends(n: int, width: int, d: int, prec: int) -> None:
    lo, hi = log_between(n, n + width, d, prec)
    with flint.ctx.workprec(prec + 100):
        for end in (n, n + width):
            truth = arb(Fraction(end, d)).log() * flint.arb(2) ** prec
            assert truth >= lo
            assert truth <= hi


def test_log_of_an_interval_that_reaches_zero_is_undecided() -> None:
    for low in (0, -5):
        with pytest.raises(Undecided):
            log_between(low, 7, 1, 64)


def test_exact_cases_are_exact() -> None:
    assert log_ratio(12345, 12345, 64) == (0, 0)
    assert exp_interval((0, 0), 64) == (1 << 64, 1 << 64)


@given(st.integers(8, 80), st.integers(-(10**6), 10**6), st.integers(0, 10**6))
@settings(deadline=None)
def test_exp_of_an_interval_holds_both_ends(prec: int, low: int, width: int) -> None:
    y = (low << prec - 8) // 1000, ((low + width) << prec - 8) // 1000
    lo, hi = exp_interval(y, prec)
    with flint.ctx.workprec(9000):
        for end in y:
            truth = (flint.arb(end) / flint.arb(2) ** prec).exp() * flint.arb(2) ** prec
            assert truth >= lo
            assert hi is None or truth <= hi


@pytest.mark.parametrize("size", [FAR + 1, 10**30, 10**4000])
def test_exp_far_out_costs_nothing_and_stays_true(size: int) -> None:
    prec = 64
    lo, hi = exp_interval((size << prec, size << prec), prec)
    assert (lo, hi) == (1 << FAR + prec, None)  # e^FAR > 2^FAR
    assert exp_interval((-size << prec, -size << prec), prec) == (0, 1)


@pytest.mark.parametrize("prec", [8, 64, 500])
def test_exp_just_above_the_smallest_unit(prec: int) -> None:
    for y in range(-(prec + 3) << prec, -(prec - 8) << prec, 1 << prec - 3):
        with flint.ctx.workprec(2 * prec + 100):
            truth = (flint.arb(y) / flint.arb(2) ** prec).exp()
            assert_encloses(exp_interval((y, y), prec), truth, prec, 3)
