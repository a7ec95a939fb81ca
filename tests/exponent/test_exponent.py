"""theta at a point: against mpmath, to a thousand digits, at its borders, and its rate of change."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.core_data import refused, verdicts, walk_of, walks
from kit.drift_oracle import real

from catalysis.certificate.document import NotCertifiable, claim
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.exponent import CramerExponent, Regime, cramer_exponent, exponent_rate
from catalysis.exponent.factors import StepFactors, WalkAt

TALK = walk_of((1, 1), ("1.69", 1))
TOUCH = walk_of((1, 1), (4, 2))
LONE = walk_of((1, 1))


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def unhurried(max_examples: int) -> settings:
    """So many examples, each as long as it takes; the same ones every time."""
    return settings(
        max_examples=max_examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


def moment(walk: LinearWalk, theta: Any, curvature: Fraction) -> Any:
    """M(theta) - 1 without cancellation."""
    total = mp.mpf(0)
    for rate, p in zip(walk.rates, walk.weights, strict=True):
        r = abs(1 - curvature * rate)
        total += real(p) * (mp.expm1(theta * mp.log(real(r))) if r else -1)
    return total


def drift(walk: LinearWalk, curvature: Fraction) -> Any:
    return mp.fsum(
        real(p) * mp.log(real(abs(1 - curvature * rate)))
        for rate, p in zip(walk.rates, walk.weights, strict=True)
    )


def holds(found: CramerExponent) -> bool:
    """Is the regime true, and do the bounds hold theta? M is below 1 before it and above 1 after it."""
    walk, at = found.walk, found.curvature
    largest = max(abs(1 - at * rate) for rate in walk.rates)
    if found.regime is Regime.STABLE:
        return largest <= 1
    pole = at in walk.poles
    if found.regime is Regime.DEFLATIONARY:
        assert found.enclosure is not None
        low, high = real(found.enclosure.lower), real(found.enclosure.upper)
        negative = pole or drift(walk, at) < 0
        return bool(
            largest > 1 and negative and low > 0 and moment(walk, low, at) < 0 < moment(walk, high, at)
        )
    if found.regime is Regime.INFLATIONARY:
        return bool(largest > 1 and not pole and drift(walk, at) > 0)
    return bool(largest > 1 and not pole and abs(drift(walk, at)) < mp.mpf(10) ** (10 - mp.mp.dps))


def bounds(found: CramerExponent) -> Enclosure:
    assert found.regime is Regime.DEFLATIONARY and found.enclosure is not None
    return found.enclosure


@unhurried(60)
@given(walks(largest=12), st.fractions(0, 3, max_denominator=50), st.sampled_from([12, 1, 5, 30]))
def test_theta_holds_wherever_it_is_asked(walk: LinearWalk, share: Fraction, digits: int) -> None:
    """From lambda_crit/100 to 4 lambda_crit."""
    at = 2 / walk.rates[0] * (share + Fraction(1, 100))
    found = cramer_exponent(walk, at, digits=digits)
    assert found.verdict is Verdict.PROVED and holds(found)
    if found.enclosure is not None:
        assert found.enclosure.width * 10**digits < found.enclosure.lower
    assert not refused(found)


@unhurried(40)
@given(walks(largest=6), st.data(), st.integers(2, 100))
def test_few_bits_never_make_a_false_claim(walk: LinearWalk, data: st.DataObject, max_bits: int) -> None:
    places = [*walk.poles, *(2 * p for p in walk.poles), *(p * Fraction(201, 100) for p in walk.poles)]
    found = cramer_exponent(walk, data.draw(st.sampled_from(places)), max_bits=max_bits)
    if found.regime is Regime.UNDECIDED:
        assert found.reason is not None and "--max-bits" in found.reason
    else:
        assert holds(found)
        assert not refused(found)


def test_a_closed_form() -> None:
    """x = 1 with 4/5 and x = 3 with 1/5 at lambda = 1/2 + ...: r = 1/2, 2 gives (4/5) h + (1/5)/h = 1, theta = 2."""
    walk = walk_of(("0.5", 4), (3, 1))
    found = cramer_exponent(walk, Fraction(1), digits=20)
    assert Fraction(2) in bounds(found)


@pytest.mark.parametrize("digits", [50, 300, 1000])
def test_many_digits(digits: int) -> None:
    found = cramer_exponent(TALK, Fraction("1.42"), digits=digits)
    with mp.workdps(digits + 60):
        assert holds(found)
        theta = mp.findroot(
            lambda t: moment(TALK, t, Fraction("1.42")), (mp.mpf("1.6"), mp.mpf("1.8")), verify=False
        )
        low, high = found.enclosure.decimals(digits + 2) if found.enclosure else ("", "")
        assert mp.mpf(low) < theta < mp.mpf(high)
        assert mp.mpf(high) - mp.mpf(low) < mp.mpf(10) ** (1 - digits)
    assert not refused(found)


# --- borders -------------------------------------------------------------------------------------------


def test_theta_is_infinite_up_to_the_threshold_included() -> None:
    crit = 2 / TALK.rates[0]
    for at in (crit / 1000, crit - Fraction(1, 10**50), crit):
        found = cramer_exponent(TALK, at)
        assert found.regime is Regime.STABLE
        fields = found.fields()
        assert (fields["verdict"], fields["regime"], fields["exponent"]) == ("proved", "stable", "inf")
        assert float(found) == float("inf")
        assert not refused(found)


@pytest.mark.parametrize("beyond", ["1e-6", "1e-30", "1e-100"])
def test_theta_near_infinity(beyond: str) -> None:
    """Just beyond lambda_crit: theta is about log 2/(2 xi* beyond/2), of any size."""
    at = 2 / TALK.rates[0] + Fraction(beyond)
    found = cramer_exponent(TALK, at)
    with mp.workdps(250):
        assert holds(found)
    assert bounds(found).lower > Fraction(1, 10) / Fraction(beyond)
    assert not refused(found)


@pytest.mark.parametrize("below", ["1e-6", "1e-30", "1e-100"])
def test_theta_near_zero(below: str) -> None:
    """Just below the zero 269/169 of G: theta ~ -2 G/E log^2 r, proportional to the distance."""
    at = Fraction(269, 169) - Fraction(below)
    found = cramer_exponent(TALK, at)
    with mp.workdps(250):
        assert holds(found)
    assert 0 < bounds(found).upper < 100 * Fraction(below)
    assert not refused(found)


def test_just_above_a_zero_of_the_drift_theta_is_zero() -> None:
    found = cramer_exponent(TALK, Fraction(269, 169) + Fraction(1, 10**60))
    assert (found.regime, found.to_json()["exponent"]) == (Regime.INFLATIONARY, "0")
    assert not refused(found)


@pytest.mark.parametrize(("walk", "at"), [(TALK, Fraction(269, 169)), (TOUCH, Fraction(3, 4))])
def test_critical_points_are_recognised_exactly(walk: LinearWalk, at: Fraction) -> None:
    found = cramer_exponent(walk, at)
    assert found.regime is Regime.CRITICAL and found.base
    assert (found.to_json()["regime"], found.to_json()["exponent"]) == ("critical", "0")
    assert not refused(found)


def test_a_border_that_the_bits_allowed_do_not_resolve() -> None:
    at = Fraction(269, 169) + Fraction(1, 10**100)
    found = cramer_exponent(TALK, at, max_bits=128)
    assert found.verdict is Verdict.UNDECIDED
    document = found.to_json()
    assert document["verdict"] == "undecided"
    assert document["regime"] is None and document["exponent"] is None
    assert "128 bits" in document["reason"] and "--max-bits" in document["reason"]
    with pytest.raises(NotCertifiable):
        claim(found)


def test_at_a_pole_the_dead_atom_drops_out() -> None:
    """At lambda = 1 of x = 1, 4: M = (2/3) 3^theta = 1."""
    found = cramer_exponent(TOUCH, Fraction(1), digits=30)
    theta = mp.log(mp.mpf(3) / 2) / mp.log(3)
    assert real(bounds(found).lower) < theta < real(bounds(found).upper)
    assert not refused(found)


def test_one_sample_has_no_deflationary_point() -> None:
    assert cramer_exponent(LONE, Fraction(2)).regime is Regime.STABLE
    assert cramer_exponent(LONE, 2 + Fraction(1, 10**40)).regime is Regime.INFLATIONARY


def test_idle_steps_change_nothing_but_the_speed() -> None:
    idle = walk_of((0, 7), (1, 1), ("1.69", 1))
    a, b = (bounds(cramer_exponent(w, Fraction("1.42"), digits=25)) for w in (TALK, idle))
    assert a.lower < b.upper and b.lower < a.upper


@pytest.mark.parametrize("eta", ["1e400", "1e-400", "1e3000"])
def test_learning_rates_outside_the_range_of_doubles(eta: str) -> None:
    walk = walk_of((1, 1), ("1.69", 1), eta=eta)
    found = bounds(cramer_exponent(walk, Fraction("1.42") / Fraction(eta)))
    usual = bounds(cramer_exponent(TALK, Fraction("1.42")))
    assert found.lower < usual.upper and usual.lower < found.upper


def test_weights_outside_the_range_of_doubles() -> None:
    """A sample of weight 1e-400 that grows by 2 alone: theta = log(1e400)/log 2 up to 1e-400 or so."""
    p = Fraction(1, 10**400)
    found = cramer_exponent(walk_of((3, p), ("0.5", 1 - p)), Fraction(1))
    with mp.workdps(900):
        assert holds(found)
    assert not refused(found)


@pytest.mark.parametrize(("at", "digits"), [(0, 5), (-1, 5), (1, 0)])
def test_bad_arguments_are_refused(at: int, digits: int) -> None:
    with pytest.raises(InputError):
        cramer_exponent(TALK, Fraction(at), digits=digits)


def test_a_moved_bracket_is_refused() -> None:
    found = cramer_exponent(TALK, Fraction("1.42"))
    shift = Fraction(1, 10**9)
    for sense in (-1, 1):
        wrong = Enclosure(bounds(found).lower + sense * shift, bounds(found).upper + sense * shift)
        moved = CramerExponent(TALK, found.curvature, Regime.DEFLATIONARY, wrong)
        assert refused(moved)


# --- the rate of change --------------------------------------------------------------------------------


@unhurried(25)
@given(walks(largest=6, extreme=False), st.fractions(Fraction(1, 50), 1, max_denominator=60))
def test_the_rate_is_the_derivative(walk: LinearWalk, share: Fraction) -> None:
    """Against a numerical derivative of a root found with 60 digits."""
    at = 2 / walk.rates[0] * (1 + share)
    exponent, rate = cramer_exponent(walk, at), exponent_rate(walk, at)
    if exponent.regime is not Regime.DEFLATIONARY:
        assert rate is None
        return
    if rate is None:
        assert at in walk.pole_set and bounds(exponent).lower <= 1
        return
    start = real(bounds(exponent).midpoint)
    step = min(abs(at - p) for p in (*walk.poles, *(2 / r for r in walk.rates)) if p != at) / 10**15

    def theta(curvature: Fraction) -> Any:
        return mp.findroot(lambda t: moment(walk, t, curvature), start)

    slope = (theta(at + step) - theta(at - step)) / (2 * real(step))
    low, high = real(rate.rate.lower), real(rate.rate.upper)
    assert low - abs(low) / 10**8 < slope < high + abs(high) / 10**8
    assert rate.rate.width <= abs(rate.rate.lower) / 10**9
    assert not refused(rate)


def test_there_is_no_rate_where_theta_is_not_smooth() -> None:
    assert exponent_rate(TALK, Fraction(1)) is None
    assert exponent_rate(TALK, Fraction(2)) is None
    assert exponent_rate(TOUCH, Fraction(1)) is None  # a pole with theta < 1


def test_the_rate_at_a_pole_where_theta_exceeds_one() -> None:
    """x = 1 (3 of 4) and 2.2 at the pole lambda = 1: 1.2^theta = 4, and the dead atom does not count."""
    walk = walk_of((1, 3), ("2.2", 1))
    rate = exponent_rate(walk, Fraction(1))
    assert rate is not None
    r = mp.mpf("1.2")
    theta = mp.log(4) / mp.log(r)
    slope = -theta * mp.mpf("2.2") / r / mp.log(r)
    assert real(rate.rate.lower) <= slope <= real(rate.rate.upper)
    assert all(v.proved for v in verdicts(rate))


@pytest.mark.parametrize("factor", [0.5, 1 - 1e-9, 1 + 1e-9, 2.0])
def test_a_wrong_guess_never_makes_a_false_bracket(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the search finds in doubles is not believed."""
    monkeypatch.setattr("catalysis.exponent.factors.float_root", lambda *_: 1.699452293854868 * factor)
    found = cramer_exponent(TALK, Fraction("1.42"))
    assert found.verdict is Verdict.PROVED and holds(found)


@unhurried(60)
@given(walks(), st.fractions(min_value="1/1000", max_value=4, max_denominator=10**6), st.integers(1, 25))
def test_the_walk_and_its_factors_give_one_answer(walk: LinearWalk, share: Fraction, digits: int) -> None:
    """Whoever asks, the linear chapter or the spikes, reads the same digits."""
    at = share * 2 / walk.rates[0]
    found, other = cramer_exponent(walk, at, digits=digits), StepFactors.of(walk, at).exponent(digits=digits)
    assert (found.regime, found.enclosure, found.base) == (other.regime, other.enclosure, other.base)


@unhurried(60)
@given(walks(), st.fractions(min_value="1001/1000", max_value=2, max_denominator=10**6))
def test_exact_factors_agree_with_balls(walk: LinearWalk, share: Fraction) -> None:
    """Without its origin the walk is nothing but its factors: another enclosure of the same number."""
    at = share * 2 / walk.rates[0]
    own = StepFactors.of(walk, at)
    bare = StepFactors(own.factors, own.weights, own.idle, own.dead)
    assert bare == own and bare.origin is None
    found, other = own.exponent(digits=15), bare.exponent(digits=15)
    assert found.regime is other.regime
    if found.enclosure is not None and other.enclosure is not None:
        assert found.enclosure.lower < other.enclosure.upper and other.enclosure.lower < found.enclosure.upper


@unhurried(15)
@given(walks(largest=12), st.fractions(Fraction(1, 50), 3, max_denominator=50))
def test_factors_of_a_walk_are_those_of_its_pairs(walk: LinearWalk, share: Fraction) -> None:
    """In decreasing order, equal ones as one, 0 and 1 apart: as if checked one by one."""
    for at in (
        2 / walk.rates[0] * share,
        walk.poles[0],
        2 * walk.poles[-1],
        2 / (walk.rates[0] + walk.rates[-1]),
    ):
        pairs = [(abs(1 - at * r), p) for r, p in zip(walk.rates, walk.weights, strict=True)]
        slow = StepFactors.from_pairs([*pairs, (Fraction(1), walk.idle)] if walk.idle else pairs)
        assert StepFactors.of(walk, at) == slow


def test_factors_that_are_one_double_are_told_apart() -> None:
    tiny = Fraction(1, 10**30)
    walk = walk_of((1, 1), (1 + tiny, 1), (2 - tiny, 1), (2, 1))
    found = StepFactors.of(walk, Fraction(2, 3))
    assert found.factors == (Fraction(1, 3), Fraction(1, 3) - 2 * tiny / 3)
    assert found.weights == (Fraction(1, 2), Fraction(1, 2))


def test_many_rates_ask_no_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of few roundings: twelve digits of 3000 rates by doubles."""
    walk = LinearWalk(Dataset.from_arrays(x=[Fraction(k * k + 3, 4 * 10**6) for k in range(1, 3001)]))
    at = Fraction(22, 10) / walk.rates[0]
    finer = cramer_exponent(walk, at, digits=20).enclosure
    monkeypatch.setattr(WalkAt, "moments", None)
    found = cramer_exponent(walk, at).enclosure
    assert found is not None and finer is not None
    assert found.lower < finer.lower and finer.upper < found.upper and found.width * 10**12 < found.lower
