"""The tail index: known laws, walks whose exponent is certified, refusals; the forms of rises and falls."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from kit import EXAMPLES

from catalysis import Diagnosis, cramer_exponent, diagnose
from catalysis.data.law import curvature_law
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.diagnosis import fits
from catalysis.diagnosis.fits import fair_coin
from catalysis.diagnosis.phase import Phase
from catalysis.diagnosis.tail import chi_square, tail_index
from catalysis.simulation import Start, StepLaw, trajectories

Floats = npt.NDArray[np.float64]
TALK = EXAMPLES / "talk-1.toml"
THETA = 1.69945229385


def simulated(steps: int, seed: int) -> Floats:
    """log-loss of the reduced map at lambda = 1.42, width 10^6."""
    law = StepLaw.of(curvature_law(load_dataset(TALK)))
    start = Start.of(curvature=1.42, learning_rate=1.0, mu=1.0, width=1e6)
    return trajectories(law, start, steps=steps, replicas=1, seed=seed).log_loss(law)[:, 0]


def holds(found: Diagnosis, theta: float) -> bool:
    assert found.tail is not None
    return found.tail.exponent["lower"] <= theta <= found.tail.exponent["upper"]


def test_a_simulated_log_has_the_certified_exponent() -> None:
    """The shipped log, and the interval holds theta(1.42)."""
    found = diagnose(EXAMPLES / "loss-log.csv")
    y = simulated(1200, 0)
    assert np.allclose(found.log.log_loss, y + math.log(1e6), atol=1e-6)
    assert float(cramer_exponent(LinearWalk(TALK), Fraction(142, 100))) == pytest.approx(THETA)
    assert found.phase is Phase.RARE and len(found.spikes) == 127 and holds(found, THETA)
    assert found.drift[0] == pytest.approx(math.log(0.42) + math.log(1.3998), abs=4 * found.drift[1])
    assert found.rise.p_value is not None and found.rise.p_value < 1e-6
    assert found.rise.exponential > found.rise.spikes / 2


@pytest.mark.slow
def test_the_interval_holds_theta_as_often_as_it_says() -> None:
    """95 in 100 are meant; at 4000 steps the law is not yet a power at the level: allowed 43 of 50."""
    logs = [simulated(4000, seed) for seed in range(50)]
    assert sum(holds(diagnose(log, log_loss=True), THETA) for log in logs) >= 43


@pytest.mark.slow
def test_a_long_walk_of_normal_steps() -> None:
    """Increments normal with mean -m and variance v: alpha = 2 m / v of the loss."""
    chance = np.random.default_rng(2)
    found = [diagnose(np.cumsum(chance.normal(-0.1, 0.5, 100_000)), log_loss=True) for _ in range(20)]
    assert sum(holds(one, 1.6) for one in found) >= 16
    assert np.mean([one.tail.exponent["estimate"] for one in found if one.tail]) == pytest.approx(
        1.6, rel=0.05
    )


def test_powers_are_recognised_and_others_are_not() -> None:
    chance = np.random.default_rng(1)
    inside, alarms = 0, 0
    for _ in range(300):
        tail, reason = tail_index(chance.exponential(1 / 1.5, 60), 0.0, 1e-9, 60)
        assert tail is not None and reason is None and tail.used == pytest.approx(60, abs=1e-6)
        inside += tail.lower <= 1.5 <= tail.upper
        alarms += tail.p_value < 0.05
    assert 270 <= inside <= 298 and alarms <= 27
    bounded, _ = tail_index(chance.uniform(0, 1, 300), 0.0, 1e-9, 300)
    heavy, _ = tail_index(chance.exponential(1, 300) ** 2, 0.0, 1e-9, 300)
    assert bounded is not None and bounded.p_value < 1e-6 and bounded.variation < 1
    assert heavy is not None and heavy.p_value < 1e-6 and heavy.variation > 1


def test_a_lattice_of_heights_is_not_mistaken() -> None:
    """Heights j with P ~ e^(-j/2), and a level next to a point of the lattice or between two."""
    points = np.arange(1, 25)
    heights = np.repeat(points.astype(float), np.round(1e5 * np.exp(-points / 2)).astype(int))
    for used in range(300, 100_000, 900):
        tail, _ = tail_index(heights, 0.5, 1.0, used)
        assert tail is not None and tail.value == pytest.approx(0.5, rel=0.03)


def test_spreading_is_what_it_says() -> None:
    """Against many copies of each height, moved evenly over the width."""
    heights = np.round(np.random.default_rng(6).exponential(1, 200), 1) + 1
    for width in (0.3, 1.0):
        tail, _ = tail_index(heights, 0.4, width, 40)
        assert tail is not None
        moved = heights[:, None] - tail.log_level + width * ((np.arange(4000) + 0.5) / 4000 - 0.5)
        above = moved[moved > 0]
        assert tail.used == pytest.approx(above.size / 4000, rel=1e-3)
        assert tail.value == pytest.approx(1 / above.mean(), rel=1e-3)
        assert tail.variation == pytest.approx(above.var() / above.mean() ** 2, rel=1e-3)


def test_a_spike_that_has_not_returned_is_no_height() -> None:
    y = simulated(1200, 0)
    y = y[: int(np.argmin(y)) + 1]
    whole, cut = (diagnose(log, log_loss=True) for log in (y, np.append(y, y[-1] + np.arange(1, 30))))
    assert not cut.spikes[-1].returned and len(cut.spikes) == len(whole.spikes) + 1
    assert cut.tail == whole.tail and any("left out of the tail" in note for note in cut.notes)


def test_the_highest_flanks_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    low, high = 2 * np.log1p(np.arange(9)) / math.log(9), 0.5 * np.arange(9)
    y = np.concatenate([np.zeros(40), low, np.zeros(40), high, np.zeros(40)])
    both = diagnose(y, log_loss=True).rise
    monkeypatch.setattr(fits, "MOST_SPIKES", 1)
    one = diagnose(y, log_loss=True).rise
    assert (both.spikes, both.exponential, one.spikes, one.exponential) == (2, 1, 1, 1)


def test_too_few_heights_are_refused_with_the_reason() -> None:
    none, reason = tail_index(np.ones(19), 0.5, 0.1, None)
    assert none is None and reason is not None and "found 19" in reason
    none, reason = tail_index(np.full(30, 0.6), 0.5, 1.0, None)
    assert none is None and reason is not None and "above the level" in reason


def test_the_number_used_can_be_asked_for() -> None:
    y = simulated(1200, 0)
    sizes = []
    for used in (20, 60, 10**6):
        tail = diagnose(y, log_loss=True, tail=used).tail
        assert tail is not None
        sizes.append(tail.used)
    assert sizes == sorted(sizes) and len(set(sizes)) == 3


def test_a_bounded_tail_and_mixed_rates_are_noted() -> None:
    """A hundred catapults of heights even between 1 and 2: no power law."""
    heights = np.random.default_rng(0).uniform(1, 2, 400)
    y = np.concatenate([[0, h / 2, h, h / 2] for h in heights])
    found = diagnose(y, log_loss=True, tail=400, learning_rates=np.linspace(1, 2, y.size))
    assert any("lighter than a power" in note for note in found.notes)
    assert any("several learning rates" in note for note in found.notes) and found.rates is None


def test_flanks_that_are_powers_of_time_are_told_from_products() -> None:
    rise = 3 * np.log1p(np.arange(20)) / math.log(20)
    y = np.tile(np.concatenate([np.zeros(20), rise, 3 - rise]), 12)
    found = diagnose(y, log_loss=True)
    assert len(found.spikes) == 12 and found.rise.exponential == 0 and found.rise.p_value == fair_coin(0, 12)
    assert found.rise.power_r_squared == pytest.approx(1)


def test_the_coin_and_the_chi_square_law() -> None:
    from scipy.stats import binomtest, chi2

    for heads, throws in ((0, 5), (3, 9), (5, 10), (70, 100)):
        assert fair_coin(heads, throws) == pytest.approx(binomtest(heads, throws).pvalue)
    for freedom in (20, 40, 1000):
        for p in (0.025, 0.975):
            assert chi_square(p, freedom) == pytest.approx(chi2.ppf(p, freedom), rel=2e-3)
