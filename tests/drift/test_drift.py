"""The drift at a place, the sign on an interval, the thresholds: against mpmath and the checker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.core_data import refused, walk_of, walks
from kit.drift_oracle import Scan, real

from catalysis.certificate.document import NotCertifiable, claim
from catalysis.data.law import Step
from catalysis.data.walk import LinearWalk
from catalysis.drift.interval import sign_on_interval
from catalysis.drift.place import NearPole
from catalysis.drift.thresholds import catapult_window
from catalysis.drift.value import drift_ball, drift_sign, factors, log_drift
from catalysis.exact.balls import precision
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict

TOUCH = walk_of((1, 1), (4, 2))
THREE = walk_of((1, 1), (3, 9))
SURDS = walk_of((2, 2), (3, 1), (5, 1), (30, 2), eta="1/30")


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def unhurried(max_examples: int) -> settings:
    """So many examples, each as long as it takes; the same ones every time."""
    return settings(
        max_examples=max_examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


def scan_of(walk: LinearWalk) -> Scan:
    return Scan(list(zip(walk.rates, walk.weights, strict=True)))


# --- G at a place --------------------------------------------------------------------------------------


@unhurried(60)
@given(walks(largest=12), st.data(), st.sampled_from([1, 15, 60]))
def test_the_enclosure_holds_the_drift(walk: LinearWalk, data: st.DataObject, digits: int) -> None:
    at = data.draw(st.sampled_from(walk.poles)) * data.draw(
        st.fractions(Fraction(1, 100), 3, max_denominator=100)
    )
    value = log_drift(walk, at, digits=digits)
    if at in walk.pole_set:
        assert value.enclosure is None and value.to_json()["drift"] == "-inf"
        return
    assert value.enclosure is not None and value.verdict is Verdict.PROVED
    with mp.workdps(120):
        truth = scan_of(walk).drift(at)
        assert real(value.enclosure.lower) < truth < real(value.enclosure.upper)
    assert value.enclosure.width <= Fraction(1, 10**digits)
    assert not refused(value)


@unhurried(60)
@given(walks(largest=12), st.data(), st.sampled_from([8, 53, 64, 200]))
def test_balls_hold_the_factors_and_the_drift(walk: LinearWalk, data: st.DataObject, bits: int) -> None:
    """Also exp(-t) away from a pole, where only the offset is representable."""
    index = data.draw(st.integers(0, walk.size - 1))
    side = data.draw(st.sampled_from([-1, 1]))
    start = -mp.log(real(walk.poles[index]))
    t = Fraction(int(start) + data.draw(st.integers(2, 3000)))
    place = NearPole(index, walk.poles[index], side, t)
    own = walk.rates[index]
    for rate, found in zip(walk.rates, factors(walk, place, bits), strict=True):
        truth = real(1 - rate / own) - side * real(rate) * mp.exp(-real(t))
        with precision(300):
            low, high = (mp.mpf(str(end.str(60, radius=False))) for end in (found.lower(), found.upper()))
        slack = mp.mpf(10) ** -50 * (abs(low) + abs(high))
        assert low - slack <= truth <= high + slack
    value = drift_ball(walk, place, bits)
    if value.is_finite():
        rest = mp.mpf(0)
        for rate, p in zip(walk.rates, walk.weights, strict=True):
            if rate == own:
                rest += real(p) * (mp.log(real(rate)) - real(t))
            else:
                rest += real(p) * mp.log(abs(real(1 - rate / own) - side * real(rate) * mp.exp(-real(t))))
        with precision(300):
            low, high = (mp.mpf(str(end.str(60, radius=False))) for end in (value.lower(), value.upper()))
        slack = mp.mpf(10) ** -40 * (1 + abs(low) + abs(high))
        assert low - slack <= rest <= high + slack


def test_a_drift_that_the_bits_do_not_resolve_is_undecided() -> None:
    close = walk_of((1, 1), ("1." + 30 * "0" + "1", 1), (3, 1))
    at = 1 + Fraction(1, 10**40)
    value = log_drift(close, at, max_bits=2)
    assert value.enclosure is not None or "2 bits" in str(value.reason)
    assert log_drift(close, at).verdict is Verdict.PROVED


@pytest.mark.parametrize(("at", "digits"), [(0, 5), (-2, 5), (1, 0)])
def test_bad_places_are_refused(at: int, digits: int) -> None:
    with pytest.raises(InputError):
        log_drift(THREE, Fraction(at), digits=digits)


def test_a_moved_bracket_of_the_drift_is_refused() -> None:
    value = log_drift(THREE, Fraction(2))
    assert value.enclosure is not None
    for sense in (-1, 1):
        shift = sense * 2 * value.enclosure.width
        moved = replace(
            value.enclosure, lower=value.enclosure.lower + shift, upper=value.enclosure.upper + shift
        )
        assert refused(replace(value, enclosure=moved))


@unhurried(40)
@given(walks(largest=6), st.data(), st.integers(2, 200))
def test_the_sign_at_a_place_is_never_wrong(walk: LinearWalk, data: st.DataObject, max_bits: int) -> None:
    at = data.draw(st.sampled_from(walk.poles)) * data.draw(
        st.fractions(Fraction(1, 9), 3, max_denominator=20)
    )
    found = drift_sign(walk, at, max_bits=max_bits)
    if at in walk.pole_set:
        assert found.sign == -1
    elif found.sign is not None:
        truth = scan_of(walk).drift(at)
        assert found.sign == (0 if abs(truth) < mp.mpf(10) ** -45 else mp.sign(truth))


def test_exact_zeros_have_sign_zero() -> None:
    assert drift_sign(TOUCH, Fraction(3, 4)).sign == 0
    assert drift_sign(TOUCH, Fraction(3, 4), max_bits=2).sign == 0
    assert drift_sign(TOUCH, Fraction(3, 4) + Fraction(1, 10**50)).sign == -1


# --- the sign on an interval ---------------------------------------------------------------------------


@unhurried(10)
@given(walks(largest=6), st.data(), st.sampled_from([8192, 8192, 64, 2]))
def test_the_sign_on_an_interval_is_true(walk: LinearWalk, data: st.DataObject, max_bits: int) -> None:
    sign_on_an_interval(walk, data, max_bits)


@pytest.mark.slow
@unhurried(200)
@given(walks(largest=6), st.data(), st.sampled_from([8192, 8192, 64, 2]))
def test_the_sign_on_many_intervals_is_true(walk: LinearWalk, data: st.DataObject, max_bits: int) -> None:
    sign_on_an_interval(walk, data, max_bits)


def sign_on_an_interval(walk: LinearWalk, data: st.DataObject, max_bits: int) -> None:
    scan = scan_of(walk)
    ratio = st.fractions(Fraction(1, 9), 3, max_denominator=30)
    places = sorted(data.draw(st.sampled_from(walk.poles)) * data.draw(ratio) for _ in range(2))
    start, end = places
    found = sign_on_interval(walk, start, end, max_bits=max_bits)
    if found.sign is None:
        assert max_bits < 8192 and found.reason and found.to_json()["sign"] is None
        return
    inside = [root for root in scan.zeros() if real(start) <= scan.where(root.place) <= real(end)]
    if found.sign == 0:
        assert inside
    else:
        assert not inside
        assert not refused(found)
        for share in range(5):
            at = start + (end - start) * Fraction(share, 4)
            if at not in walk.pole_set:
                assert mp.sign(scan.drift(at)) == found.sign


@pytest.mark.parametrize(
    ("walk", "start", "end", "sign"),
    [
        (TOUCH, "1/100", "1/2", -1),  # over a pole
        (TOUCH, "1/2", "7/10", -1),
        (TOUCH, "1/2", "9/10", 0),  # over the tangency
        (TOUCH, "3/4", "9/10", 0),  # from the tangency
        (TOUCH, "76/100", "1", -1),  # to a pole
        (TOUCH, "1", "1", -1),
        (TOUCH, "1/4", "1", 0),
        (TOUCH, "2", "5", 1),
        (THREE, "3/4", "9/10", 1),
        (THREE, "3/4", "2", 0),  # positive, negative around the pole, positive
        (THREE, "1/100", "1/100", -1),
        (SURDS, "1", "6", 0),  # over an irrational tangency
        (SURDS, "6", "10", -1),
        (SURDS, "37/10", "5", -1),  # beside it
    ],
)
def test_signs_on_chosen_intervals(walk: LinearWalk, start: str, end: str, sign: int) -> None:
    found = sign_on_interval(walk, Fraction(start), Fraction(end))
    assert found.sign == sign
    assert found.verdict is Verdict.PROVED
    if sign:
        assert not refused(found)
        assert refused(replace(found, sign=-sign))
    else:
        with pytest.raises(NotCertifiable):
            claim(found)


def test_the_json_of_a_sign() -> None:
    assert sign_on_interval(TOUCH, Fraction(2), Fraction(5)).fields() == {
        "verdict": "proved",
        "from": "2",
        "to": "5",
        "sign": "positive",
    }


@pytest.mark.parametrize(("start", "end"), [(0, 1), (2, 1), (-1, 1)])
def test_bad_intervals_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError):
        sign_on_interval(TOUCH, Fraction(start), Fraction(end))


# --- thresholds ----------------------------------------------------------------------------------------


@unhurried(40)
@given(walks(largest=6))
def test_thresholds_by_their_definition(walk: LinearWalk) -> None:
    found = catapult_window(walk)
    at = found.lambda_crit
    beyond = at * (1 + Fraction(1, 10**20))
    assert (
        max(abs(1 - at * rate) for rate in walk.rates)
        <= 1
        < max(abs(1 - beyond * rate) for rate in walk.rates)
    )
    assert found.lambda_max == 2 * at
    assert not refused(found)
    assert refused(replace(found, lambda_crit=at + Fraction(1, 10**30)))


@pytest.mark.parametrize(
    ("step", "crit"),
    [
        (Step(), Fraction(1, 2)),
        (Step.full_batch(), Fraction(2, 3)),  # E x = 3
        (Step.minibatch(3), Fraction(1, 2)),  # with replacement the largest mean is x* = 4
    ],
)
def test_thresholds_of_each_kind_of_step(step: Step, crit: Fraction) -> None:
    found = catapult_window(LinearWalk(TOUCH.dataset, step))
    assert found.lambda_crit == crit
    assert not refused(found)


def test_full_batch_can_be_unstable_where_the_drift_is_negative() -> None:
    """x = 1, 1.69 with p = 1/2: at lambda = 1.55 the mean 1.345 gives |1 - lambda E x| > 1, yet G < 0."""
    walk = walk_of((1, 1), ("1.69", 1))
    full = LinearWalk(walk.dataset, Step.full_batch())
    at = Fraction("1.55")
    assert (drift_sign(walk, at).sign, drift_sign(full, at).sign) == (-1, 1)
