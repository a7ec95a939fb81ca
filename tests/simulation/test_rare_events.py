"""Importance sampling against exact enumeration, closed forms, certified numbers and plain sampling."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from catalysis.crosscheck.agreement import bernstein, empirical_bernstein
from catalysis.simulation import Estimate, Start, StepLaw, TiltedReducedMap, TiltedWalk, WalkLaw, reduced_ends
from catalysis.simulation.estimates import Tally
from catalysis.simulation.laws import cramer_tilt
from catalysis.simulation.rare_events import Hits
from catalysis.simulation.streams import root_of, stream_of

TALK = WalkLaw(np.log([0.42, 1.42 * 1.69 - 1]), np.array([0.5, 0.5]))
THREE = WalkLaw(np.log([0.3, 1.0, 1.6]), np.array([0.5, 0.2, 0.3]))  # with an idle step
KILLED = WalkLaw(np.array([-math.inf, math.log(1.5)]), np.array([0.4, 0.6]))


def estimate(hits: Hits, tilt: float, level: float) -> Estimate:
    tally = Tally.of_weights(hits.log_weight, -tilt * level, unresolved=float(hits.unresolved))
    return Estimate.of(tally, -tilt * level, weighted=True)


def exact_within(law: WalkLaw, level: float, steps: int) -> float:
    """P(the level is reached within the steps), by all words."""
    total = 0.0
    for word in itertools.product(range(law.p.size), repeat=steps):
        sums = np.cumsum(law.log_factors[list(word)])
        if sums.max() >= level - 1e-9:
            total += float(np.prod(law.p[list(word)]))
    return total


@pytest.mark.parametrize("law", [TALK, THREE, KILLED], ids=["talk", "idle", "killed"])
@pytest.mark.parametrize("tilt", [0.5, 1.0, 2.0, 5.0])
def test_every_tilt_gives_the_exact_probability(law: WalkLaw, tilt: float) -> None:
    """Within a horizon, against all words: a wrong weight would show at once."""
    level, steps, n = 0.9, 8, 100_000
    hits = TiltedWalk.of(law, level, tilt, steps=steps).hits(n, stream_of(root_of(4)))
    weights = np.exp(hits.log_weight)
    error = empirical_bernstein(float(weights.var(ddof=1)), float(weights.max()), n)
    assert abs(float(weights.mean()) - exact_within(law, level, steps)) <= error
    assert hits.unresolved == 0
    assert hits.steps.max() <= steps


@pytest.mark.parametrize("power", [1, 4, 10, 300, 2000])
def test_gamblers_ruin(power: int) -> None:
    """Factors 1/2 and 2 with p = 2/3, 1/3: P(sup >= 2^k) = 2^-k, and every weight is that."""
    law = WalkLaw(np.log([0.5, 2.0]), np.array([2 / 3, 1 / 3]))
    level = power * math.log(2)
    tilt = cramer_tilt(law)
    assert tilt == pytest.approx(1)
    found = estimate(TiltedWalk.of(law, level, tilt).hits(2000, stream_of(root_of(0))), tilt, level)
    assert found.log_value == pytest.approx(-level, rel=1e-9)
    assert found.relative_error is None and "weights are the same" in found.note
    assert found.effective_sample_size == pytest.approx(2000)


def test_one_percent_at_1e_minus_12() -> None:
    theta = cramer_tilt(TALK)
    level = 12 * math.log(10) / theta
    found = estimate(TiltedWalk.of(TALK, level, theta).hits(4000, stream_of(root_of(1))), theta, level)
    assert found.relative_error < 0.005
    assert 1e-13 < found.value < 1e-12


def test_the_talks_number() -> None:
    """P(sup |mu| >= 10^6 |mu_0|) = 4.9398e-11 at lambda = 1.42, known to nine digits from elsewhere."""
    theta, level = cramer_tilt(TALK), math.log(1e6)
    found = estimate(TiltedWalk.of(TALK, level, theta).hits(200_000, stream_of(root_of(2))), theta, level)
    assert abs(found.value - 4.9398e-11) < 5 * found.standard_error + 1e-15


def test_lundberg_bounds_hold_for_every_weight() -> None:
    theta, level = cramer_tilt(THREE), 20.0
    hits = TiltedWalk.of(THREE, level, theta).hits(5000, stream_of(root_of(3)))
    assert hits.log_weight.max() <= -theta * level + 1e-6
    assert hits.log_weight.min() >= -theta * (level + THREE.largest) - 1e-6


def test_a_tilt_that_leads_away_is_refused_without_horizon() -> None:
    with pytest.raises(ValueError, match="does not drift upwards"):
        TiltedWalk.of(TALK, 1.0, 0.01)
    for tilt in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="tilt: expected a number in"):
            TiltedWalk.of(TALK, 1.0, tilt)
    with pytest.raises(ValueError, match="factor: expected"):
        TiltedWalk.of(TALK, 0.0, 1.0)


LAW = StepLaw(np.array([1.0, 1.69]), np.array([0.5, 0.5]))


@pytest.mark.parametrize("tilt", [1.7, *(pytest.param(tilt, marks=pytest.mark.slow) for tilt in (0.8, 2.5))])
@pytest.mark.parametrize("steps", [30, 400])
def test_reduced_map_against_plain_sampling(tilt: float, steps: int) -> None:
    """A level at which the map is far from linear; every tilt, and both horizons."""
    start, level, n = Start(0.02, 1.42), 0.12, 200_000
    plain = float((reduced_ends(LAW, start, steps=steps, replicas=n, seed=6).peak >= level).mean())
    hits = TiltedReducedMap(LAW, start, level, tilt).hits(20_000, stream_of(root_of(7)), steps=steps)
    weights = np.exp(hits.log_weight)
    error = empirical_bernstein(float(weights.var(ddof=1)), float(weights.max()), weights.size)
    assert abs(float(weights.mean()) - plain) <= error + bernstein(plain * (1 - plain), 1.0, n)
    linear = (0.02 / 0.12) ** 1.69945
    assert plain < linear  # and the supermartingale bound holds


def test_reduced_map_at_a_pole_keeps_its_samples() -> None:
    """At L = 1 the sample x = 1 has the factor 0, later x^2 kappa^2: the tilt must not forget it."""
    law = StepLaw(np.array([1.0, 2.6]), np.array([0.1, 0.9]))
    start, level, n = Start(0.05, 1.0), 0.15, 400_000
    plain = float((reduced_ends(law, start, steps=60, replicas=n, seed=6).peak >= level).mean())
    hits = TiltedReducedMap(law, start, level, 1.5).hits(50_000, stream_of(root_of(7)), steps=60)
    weights = np.exp(hits.log_weight)
    error = empirical_bernstein(float(weights.var(ddof=1)), float(weights.max()), weights.size)
    assert plain > 0.9**3 + 0.05  # three steps lead straight up; others come back from the pole
    assert abs(float(weights.mean()) - plain) <= error + bernstein(plain * (1 - plain), 1.0, n)


def test_after_the_level_the_plain_law_rules() -> None:
    """The joint law of a spike and the curvature long after it, against plain sampling."""
    start, level, n = Start(0.02, 1.42), 0.12, 200_000
    hits = TiltedReducedMap(LAW, start, level, 1.7).hits(20_000, stream_of(root_of(1)), steps=300, after=300)
    ends = reduced_ends(LAW, start, steps=600, replicas=n, seed=2)
    reached = hits.log_weight > -math.inf
    assert (np.isnan(hits.L) == ~reached).all()
    for bound in (1.2, 1.3, 1.38):
        weights = np.where(reached & (bound > hits.L), np.exp(hits.log_weight), 0.0)
        plain = float(((ends.peak >= level) & (bound > ends.L)).mean())
        error = empirical_bernstein(float(weights.var(ddof=1)), float(weights.max()), weights.size)
        slack = bernstein(plain * (1 - plain), 1.0, n)
        assert plain > 0
        assert abs(float(weights.mean()) - plain) <= error + slack


def test_width_law_of_the_first_example() -> None:
    """kappa_0 = 1e-6, c = 0.1, L_0 = 1.42: 1.7742e-9 by an independent run of importance sampling."""
    tilt = 1.699452293854955
    hits = TiltedReducedMap(LAW, Start(1e-6, 1.42), 0.1, tilt).hits(50_000, stream_of(root_of(0)), steps=4000)
    assert hits.unresolved == 0
    unit = tilt * math.log(1e-5)
    found = Estimate.of(Tally.of_weights(hits.log_weight, unit), unit, weighted=True)
    assert abs(found.value - 1.7742e-9) < 5 * found.standard_error


def test_bad_levels_of_the_reduced_map() -> None:
    with pytest.raises(ValueError, match="kappa: expected a level"):
        TiltedReducedMap(LAW, Start(0.1, 1.42), 0.0, 1.0)
    with pytest.raises(ValueError, match="tilt: expected"):
        TiltedReducedMap(LAW, Start(0.1, 1.42), 0.2, math.nan)


def test_estimates() -> None:
    plain = Estimate.of(Tally(samples=1000, hits=100, weight=100, weight_squared=100))
    assert plain.value == pytest.approx(0.1)
    assert plain.standard_error == pytest.approx(math.sqrt(0.1 * 0.9 / 999))
    assert plain.effective_sample_size == 100
    low, high = plain.interval
    assert low < 0.1 < high
    assert high - low == pytest.approx(4 * plain.standard_error, rel=0.05)
    sure = Estimate.of(Tally(samples=1000, hits=1000, weight=1000, weight_squared=1000))
    assert sure.value == 1
    assert sure.standard_error is None and "no standard error" in sure.note
    assert sure.fields()["standard_error"] is None and sure.fields()["note"] == sure.note
    assert sure.interval[0] < 1


def test_constant_weights_leave_an_interval() -> None:
    """In 95 % of all runs: had more than q of all weights another value, some replica would have shown it."""
    n, w = 1000, 0.01
    weights = np.full(n, math.log(w))
    found = Estimate.of(Tally.of_weights(weights, 0.0), weighted=True, log_largest=math.log(0.03))
    q = 1 - 0.05 ** (1 / n)
    assert (1 - q) ** n == pytest.approx(0.05)
    assert found.interval == (pytest.approx((1 - q) * w), pytest.approx((1 - q) * w + q * 0.03))
    assert found.standard_error is None and found.value == pytest.approx(w)
    unknown = Estimate.of(Tally.of_weights(weights, 0.0), weighted=True)
    assert unknown.interval[1] == 1
    weights[0] = math.log(0.0101)
    spread = Estimate.of(Tally.of_weights(weights, 0.0), weighted=True)
    assert spread.standard_error > 0 and spread.note is None


@pytest.mark.parametrize("hits", [0, 1, 9])
def test_too_few_samples_instead_of_a_confident_zero(hits: int) -> None:
    few = Estimate.of(Tally(samples=10**6, hits=hits, weight=hits, weight_squared=hits))
    assert few.value is None
    assert few.standard_error is None
    assert few.to_json()["estimate"] is None
    assert "too few samples" in few.reason
    assert few.interval[1] > hits * 1e-6
    assert few.to_json()["interval"][1] > 0


def test_one_huge_weight_is_too_few_samples() -> None:
    weights = np.full(1000, -50.0)
    weights[0] = 0.0
    few = Estimate.of(Tally.of_weights(weights, 0.0), weighted=True)
    assert few.value is None
    assert few.effective_sample_size == pytest.approx(1)


def test_numbers_below_the_doubles_are_strings() -> None:
    weights = np.full(100, -2000.0)
    found = Estimate.of(Tally.of_weights(weights, -2000.0), -2000.0, weighted=True)
    text = found.to_json()["estimate"]
    assert isinstance(text, str)
    assert text.endswith("E-869")
    assert float(Fraction(text).numerator) > 0


def test_walks_under_way_leave_no_estimate() -> None:
    tally = Tally(samples=100, hits=90, weight=90, weight_squared=90, unresolved=10)
    found = Estimate.of(tally, weighted=True)
    assert found.value is None
    assert "still under way" in found.reason
    assert found.interval == (
        pytest.approx(0.9 * math.exp(-1.959964 * math.sqrt((100 / 90 - 1) / 99))),
        1.0,
    )  # the missing ones may all arrive


def test_where_nothing_grows_there_is_no_tilt() -> None:
    """Stable walks and maps, down to the single sample at its pole."""
    for factors in ([0.5, 0.9], [0.5, 1.0], [0.0]):
        with np.errstate(divide="ignore"):
            law = WalkLaw(np.log(factors), np.full(len(factors), 1 / len(factors)))
        with pytest.raises(ValueError, match="no factor exceeds 1"):
            TiltedWalk.of(law, 1.0, 1.0, steps=10)
    for L in (1.0, 2.0):
        with pytest.raises(ValueError, match="no factor exceeds 1"):
            TiltedReducedMap(StepLaw(np.ones(1), np.ones(1)), Start(0.1, L), 0.2, 1.0)


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_replicas_are_given_up_only_where_nothing_is_lost(share: float) -> None:
    """Near criticality paths come back from far below; against the walk, whose paths are never given up."""
    walk = WalkLaw(np.log(np.abs(1 - 1.55 * LAW.x)), LAW.p)
    theta = cramer_tilt(walk)
    right = np.exp(TiltedWalk.of(walk, math.log(10), theta).hits(400_000, stream_of(root_of(1))).log_weight)
    tilted = TiltedReducedMap(LAW, Start(1e-12, 1.55), 1e-11, share * theta)
    found = np.exp(tilted.hits(150_000, stream_of(root_of(7)), steps=4000).log_weight)
    error = math.hypot(right.std() / math.sqrt(right.size), found.std() / math.sqrt(found.size))
    assert error < 6e-4
    assert abs(float(right.mean() - found.mean())) < 5 * error


def test_a_tilt_far_too_steep_loses_nothing() -> None:
    """Replicas are given up by the exponent's bound, not by the tilt's: against the walk's probability."""
    start, level, tilt = Start(1e-7, 1.42), 1e-4, 2.4
    hits = TiltedReducedMap(LAW, start, level, tilt).hits(200_000, stream_of(root_of(11)), steps=2000)
    theta = cramer_tilt(TALK)
    right = TiltedWalk.of(TALK, math.log(1e3), theta).hits(50_000, stream_of(root_of(12)))
    weights, exact = np.exp(hits.log_weight), float(np.exp(right.log_weight).mean())
    assert abs(float(weights.mean()) - exact) < 5 * float(weights.std()) / math.sqrt(weights.size)
    assert float(weights.std()) / math.sqrt(weights.size) < 0.1 * exact
