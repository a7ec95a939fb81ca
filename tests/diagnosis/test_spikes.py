"""The rule on logs whose spikes are known: catapults, noise, windows, the phases, and what changes nothing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis import diagnose
from catalysis.diagnosis.noise import Noise
from catalysis.diagnosis.phase import Phase
from catalysis.diagnosis.spikes import Rule, trailing_median, trailing_minimum

Floats = npt.NDArray[np.float64]


def catapult(
    rows: int, start: int, up: int, down: int, rise: float, fall: float, drift: float = 0.0
) -> Floats:
    """A log-loss that changes by `drift` a row, but for one spike."""
    changes = np.full(rows - 1, drift)
    changes[start : start + up] = rise
    changes[start + up : start + up + down] = -fall
    return np.concatenate([[0.0], np.cumsum(changes)])


def test_a_single_catapult_is_found_as_it_was_made() -> None:
    y = catapult(400, 100, 10, 25, 0.7, 0.3)
    found = diagnose(np.exp(y))
    (one,) = found.spikes
    assert (one.start, one.peak) == (100, 110) and one.returned
    assert one.log_height == pytest.approx(7.0) and one.rise == pytest.approx(0.7)
    assert one.fall == pytest.approx(0.3) and one.end == 110 + math.ceil((7 - 0.1 * math.log(2)) / 0.3)
    assert found.phase is Phase.RARE and found.tail is None and found.reason and "20 spikes" in found.reason
    assert (
        (found.rise.spikes, found.rise.exponential) == (found.fall.spikes, found.fall.exponential) == (1, 1)
    )


def test_a_catapult_at_the_start_lands() -> None:
    found = diagnose(catapult(400, 0, 20, 60, 0.5, 0.2, drift=-0.01), log_loss=True)
    assert found.phase is Phase.LANDING and "the start of the log" in found.why
    assert found.spikes[0].log_height == pytest.approx(10)
    twice = np.concatenate([catapult(400, 0, 20, 60, 0.5, 0.2), catapult(400, 50, 20, 60, 0.4, 0.2)])
    assert diagnose(twice, log_loss=True).phase is Phase.RARE


def test_a_catapult_after_the_learning_rate_rose() -> None:
    y = catapult(1000, 500, 20, 60, 0.5, 0.2, drift=-0.001)
    rates = np.where(np.arange(1000) < 500, 0.1, 0.4)
    found = diagnose(y, log_loss=True, learning_rates=rates)
    (one,) = found.spikes
    assert one.rate == 0.4 and found.phase is Phase.LANDING and "rise of the learning rate" in found.why
    assert found.rates is not None
    assert [(r.rate, r.rows, r.spikes) for r in found.rates] == [(0.1, 500, 0), (0.4, 500, 1)]
    for other in (None, rates[::-1], np.full(1000, 0.1)):
        assert diagnose(y, log_loss=True, learning_rates=other).phase is Phase.RARE


def test_divergence_is_said() -> None:
    y = np.concatenate([np.zeros(100), np.cumsum(np.full(60, 1.0))])
    cut = diagnose(np.concatenate([np.exp(y), [np.inf, np.nan, np.nan]]))
    assert cut.phase is Phase.DIVERGENT and cut.log.diverged == 160 and cut.log.rows == 160
    assert any("step 160 to the end" in note for note in cut.notes)
    assert diagnose(np.exp(y)).phase is Phase.DIVERGENT  # the log ends at the top
    half = diagnose(np.exp(np.concatenate([y[:108], np.full(5, 7.0)])))
    for rise in (1.2, 20.0):  # at its top, but not a millionfold; a millionfold, but past its top
        open_end = np.concatenate([np.zeros(100), np.cumsum([rise] * 5), [5 * rise - 1] * (rise > 2)])
        assert diagnose(open_end, log_loss=True).phase is Phase.RISING
    assert half.phase is Phase.RISING and not half.spikes[0].returned and half.spikes[0].fall is None


def test_rows_without_a_logarithm_are_left_out_and_counted() -> None:
    losses = np.exp(catapult(100, 50, 5, 10, 1, 0.5))
    losses[[10, 20, 30]] = [np.nan, 0.0, np.inf]
    found = diagnose(losses)
    assert found.log.rows == 97 and found.log.diverged is None and len(found.spikes) == 1
    assert any(note.startswith("3 rows left out") for note in found.notes)


def test_a_log_of_every_tenth_step_says_so() -> None:
    y = catapult(400, 100, 10, 25, 0.7, 0.3)
    found = diagnose(y, log_loss=True, steps=10 * np.arange(400))
    (one,) = found.spikes
    assert (one.start, one.peak, one.rise) == (1000, 1100, pytest.approx(0.07))
    assert found.log.spacing == 10 and any("every 10 steps" in note for note in found.notes)
    uneven = diagnose(y, log_loss=True, steps=np.cumsum(1 + np.arange(400) % 3))
    assert any("not evenly spaced" in note for note in uneven.notes)


def test_a_plateau_above_the_old_one_ends_with_the_window() -> None:
    y = np.concatenate([np.zeros(50), np.full(300, 2.0)])
    y[250:] = catapult(100, 20, 5, 10, 1.0, 0.5) + 2
    assert [one.start for one in diagnose(y, log_loss=True, window=100).spikes] == [49, 270]
    (whole,) = diagnose(y, log_loss=True).spikes
    assert not whole.returned and whole.log_height == pytest.approx(7)


# --- noise ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deviation", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("rows", [20, 100, 1000])
def test_noise_alone_gives_few_false_alarms(rows: int, deviation: float) -> None:
    """Meant: no more than one log in twenty has any spike; allowed: what chance makes of that in 100 logs."""
    chance = np.random.default_rng(rows)
    logs = [deviation * chance.standard_normal(rows) for _ in range(100)]
    assert sum(bool(diagnose(log, log_loss=True).spikes) for log in logs) <= 12


def test_noise_of_other_laws_and_under_a_trend() -> None:
    chance = np.random.default_rng(7)
    squares = np.log(chance.chisquare(1, 5000))  # the loss of one sample at a time
    assert not diagnose(squares, log_loss=True).spikes
    falling = -0.002 * np.arange(5000) + 0.2 * chance.standard_normal(5000)
    assert not diagnose(falling, log_loss=True).spikes


def test_a_steep_start_of_training_is_no_spike() -> None:
    noise = 0.2 * np.random.default_rng(1).standard_normal(2000)
    y = 6 * np.exp(-np.arange(2000) / 6) + noise
    found = diagnose(y, log_loss=True)
    assert found.rule.smoothing > 1 and not found.spikes and found.phase is Phase.STABLE


def test_spikes_are_found_in_noise() -> None:
    chance = np.random.default_rng(3)
    y = np.tile(catapult(500, 200, 20, 40, 0.25, 0.125), 10) + 0.15 * chance.standard_normal(5000)
    found = diagnose(y, log_loss=True)
    assert found.rule.noise.deviation == pytest.approx(0.15, rel=0.1) and found.rule.smoothing > 1
    assert len(found.spikes) == 10 and found.rule.threshold < 5
    for i, one in enumerate(found.spikes):
        assert abs(one.peak - (500 * i + 220)) <= 4 and abs(one.start - (500 * i + 200)) <= 12
        assert abs(one.log_height - 5) < 0.7


def test_the_noise_of_a_walk_is_none_and_that_of_noise_is_its_deviation() -> None:
    chance = np.random.default_rng(5)
    walk = Noise.of(np.cumsum(chance.standard_normal(10_000)))
    assert walk.deviation == 0 and abs(walk.autocorrelation) < 0.04
    white = Noise.of(0.3 * chance.standard_normal(10_000))
    assert white.deviation == pytest.approx(0.3, rel=0.05)
    assert white.autocorrelation == pytest.approx(-0.5, abs=0.05)
    assert white.increment == pytest.approx(0.3 * math.sqrt(2), rel=0.05)
    two = Noise.of(np.cumsum(chance.choice([-1.7, 0.7], 10_000)))
    assert two.increment == pytest.approx(
        1.4826 * 1.2, rel=0.01
    )  # not 0, though half of the increments are equal
    assert Noise.of(np.zeros(60)).deviation == 0
    struck = 0.1 * chance.standard_normal(2000)
    struck[chance.integers(0, 2000, 20)] += 8
    assert Noise.of(struck).deviation < 0.15
    steep = np.tile(catapult(200, 50, 5, 5, 2, 2), 10) + 0.1 * chance.standard_normal(2000)
    assert Noise.of(steep).deviation == pytest.approx(0.1, rel=0.2)


# --- what changes nothing -----------------------------------------------------------------------------------


logs = st.lists(st.floats(-20, 20), min_size=2, max_size=120).map(np.array)


@settings(deadline=None, max_examples=60)
@given(logs, st.integers(-30, 30))
def test_another_unit_of_the_loss_changes_nothing(y: Floats, power: int) -> None:
    losses = np.exp(y)
    one, other = diagnose(losses), diagnose(losses * 2.0**power)
    assert [s.rows for s in one.spikes] == [s.rows for s in other.spikes]
    assert one.phase == other.phase
    for a, b in zip(one.spikes, other.spikes, strict=True):
        assert a.log_height == pytest.approx(b.log_height, abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(logs, st.integers(10, 60), st.sampled_from([1.5, 2, 10]))
def test_a_spike_keeps_the_rule(y: Floats, window: int, factor: float) -> None:
    """By the words of the rule, row by row."""
    found = diagnose(y, log_loss=True, factor=factor, window=window)
    base, rule = found.rule.baseline(y), found.rule
    excess = y - base
    inside = np.zeros(y.size, bool)
    for one in found.spikes:
        start, peak, end = one.rows
        assert start < peak <= end and one.log_height >= rule.threshold - 1e-12
        assert y[peak] == y[start : end + 1].max()
        assert (excess[start + 1 : end] > rule.back).all() and one.returned == (excess[end] <= rule.back)
        assert excess[start] <= rule.back
        inside[start : end + 1] = True
    inside[: int(np.argmax(excess <= rule.back))] = True  # a descent whose rise was not seen
    assert (excess[~inside] < rule.threshold).all()
    assert all(a.end <= b.start for a, b in zip(found.spikes, found.spikes[1:], strict=False))
    assert [one.following for one in found.spikes[:-1]] == list(np.diff([one.start for one in found.spikes]))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-9, 9), min_size=1, max_size=80).map(np.array), st.integers(0, 44))
def test_the_trailing_minimum_and_median(values: Floats, half: int) -> None:
    width = 2 * half + 1
    least = [values[max(0, i - width + 1) : i + 1].min() for i in range(values.size)]
    assert trailing_minimum(values, width).tolist() == least
    part = min(width, values.size - 1 + values.size % 2)
    for i, found in enumerate(trailing_median(values, width)):
        end = max(i + 1, part)
        assert width == 1 or found == np.median(values[end - part : end])


def test_the_threshold_rises_with_the_noise_and_the_rows() -> None:
    chance = np.random.default_rng(0)
    small, large = (Rule.of(chance.standard_normal(n), 2.0, 1000) for n in (100, 10_000))
    assert math.log(2) < small.threshold < large.threshold and small.back < small.threshold
    assert large.back == 2 * large.noise.deviation
    quiet = Rule.of(0.01 * chance.standard_normal(1000), 2.0, 1000)
    assert quiet.threshold == math.log(2) and quiet.back == pytest.approx(0.1 * math.log(2))
