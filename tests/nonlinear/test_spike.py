"""Bounds for spikes at finite width against exact enumeration of paths, simulation, and the linear regime."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis import LinearWalk, parse_samples
from catalysis.exact.errors import InputError
from catalysis.nonlinear.bounds import closed_form_lower, closed_form_upper, theorem, upper_value
from catalysis.nonlinear.problem import WidthProblem, root_bracket
from catalysis.nonlinear.scheme import SCALE, fits, solve
from catalysis.nonlinear.scheme_grid import grid_of, narrowed
from catalysis.nonlinear.scheme_images import GridTooCoarse
from catalysis.nonlinear.scheme_power import ConcavePower, ConvexPower, Logarithm
from catalysis.nonlinear.spike import WidthSpike, width_spike
from catalysis.simulation import Start, StepLaw, TiltedReducedMap

F = Fraction
TALK = "x=1:1/2, x=1.69:1/2"


def walk_of(samples: str = TALK) -> LinearWalk:
    return LinearWalk(parse_samples(samples))


def problem_of(samples: str, curvature: str, k0: str, c: str) -> WidthProblem:
    """A start with |kappa_0| = k0 exactly: width 1."""
    return WidthProblem.of(walk_of(samples), F(curvature), F(1), F(k0), F(c))


def enumerate_paths(
    x: list[float], p: list[float], k: float, L: float, c: float, theta: float, negligible: float
) -> tuple[float, float]:
    """Bounds of P(reach c) by the tree of all paths; a branch is cut where even the theorem allows too little."""
    lower = upper = 0.0
    waiting = [(k, L, 1.0)]
    while waiting:
        k, L, weight = waiting.pop()
        if k >= c:
            lower, upper = lower + weight, upper + weight
            continue
        most = weight * min(1.0, (k / c) ** theta)
        if max(x) * L <= 2:
            continue
        if most < negligible:
            upper += most
            continue
        for xi, pi in zip(x, p, strict=True):
            waiting.append((abs(1 - xi * L + xi**2 * k * k) * k, L - k * k * xi * (4 - xi * L), weight * pi))
    return lower, upper


@pytest.mark.parametrize("k0", ["0.07", "0.03", "0.012"])
def test_bounds_hold_the_probability_enumerated_over_all_paths(k0: str) -> None:
    found = width_spike(walk_of(), F("1.42"), F(1), F(k0), F("0.1"), tolerance=F(2))
    low, high = enumerate_paths([1.0, 1.69], [0.5, 0.5], float(k0), 1.42, 0.1, 1.69945, 2e-6)
    assert found.lower.value <= high * (1 + 1e-9)
    assert found.upper.value >= low * (1 - 1e-9)
    assert found.ratio is not None and found.ratio < 1.15


def test_every_entry_of_both_tables_bounds_the_enumerated_probability() -> None:
    problem = problem_of(TALK, "1.42", "0.001", "0.1")
    upper = solve(grid_of(problem, F("0.02"), 8, 12), "upper", F("1.6994"))
    lower = solve(grid_of(problem, F("0.004"), 8, 12), "lower", F("1.7"))
    assert upper is not None and lower is not None
    for table, step in ((upper, 5), (lower, 11)):
        g = table.grid
        for j in range(2, g.rows + 1, 2):
            for n in range(0, g.columns, step):
                for k in (g.deep_kappa[j, n] * (1 + 1e-9), g.shallow_kappa[j, n] * (1 - 1e-9)):
                    low, high = enumerate_paths([1.0, 1.69], [0.5, 0.5], k, g.L[j], 0.1, 1.69945, 3e-4)
                    bound = int(table.entries[j, n]) / SCALE * (k / 0.1) ** float(table.exponent)
                    if table.side == "upper":
                        assert bound >= low
                    else:
                        assert bound <= high


@pytest.fixture
def no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made, as for many samples."""
    monkeypatch.setattr("catalysis.nonlinear.spike.trees", lambda *_: ())


@pytest.mark.usefixtures("no_words")
@pytest.mark.parametrize("k0", ["0.02", "0.007"])
def test_below_exponent_one_tables_hold_the_enumerated_probability(k0: str) -> None:
    found = width_spike(walk_of(), F("1.5"), F(1), F(k0), F("0.1"), tolerance=F(2))
    low, high = enumerate_paths([1.0, 1.69], [0.5, 0.5], float(k0), 1.5, 0.1, 0.6, 1e-3)
    assert (found.lower.method, found.upper.method) == ("table", "table")
    assert found.upper.table is not None and found.upper.table.slabs is not None
    assert found.lower.value <= high * (1 + 1e-9)
    assert found.upper.value >= low * (1 - 1e-9)
    assert found.ratio is not None and found.ratio < 1.9


@given(st.fractions(F(1, 20), F(19, 20), max_denominator=50), st.floats(0, 2.9), st.floats(0, 2.9))
@settings(max_examples=20, deadline=None)
def test_tangents_of_concave_powers_and_of_logarithms_lie_above(theta: Fraction, a: float, b: float) -> None:
    power = ConcavePower(theta, 3.0)
    knot, value, slope = (float(part[0]) for part in power.tangent_above(np.array([a])))
    assert value + slope * (b - knot) >= b ** float(theta) * (1 - 1e-12)
    log = _logarithm()
    size = np.array([b])
    true = math.log(b) if b > 0 else -math.inf
    assert log.above(size)[0] >= true - 1e-14 and log.below(size)[0] <= true + 1e-14


@cache
def _logarithm() -> Logarithm:
    return Logarithm(3.0)


def test_narrowed_columns_still_touch() -> None:
    grid = grid_of(problem_of(TALK, "1.42", "0.001", "0.1"), F("0.001"), 6, 8)
    found = narrowed(grid)
    assert found.shallow[-1] == 0 and found.columns == grid.columns
    assert all(a <= b for a, b in zip(found.shallow[:-1], found.deep[1:], strict=True))
    assert all(a < b for a, b in zip(found.shallow, found.deep, strict=True))
    assert sum(found.deep) - sum(found.shallow) < sum(grid.deep) - sum(grid.shallow)


def tilted_estimate(law: StepLaw, start: Start, level: float, tilt: float, lanes: int) -> tuple[float, float]:
    hits = TiltedReducedMap(law, start, level, tilt).hits(lanes, np.random.default_rng(7), steps=4000)
    weights = np.exp(hits.log_weight)
    return float(weights.mean()), float(weights.std() / math.sqrt(lanes))


@pytest.mark.slow
@pytest.mark.parametrize("exponent", [3, 4, 8, 12, 14])
def test_simulation_over_the_widths_never_contradicts_a_bound(exponent: int) -> None:
    found = width_spike(walk_of(), F("1.42"), F(10) ** exponent, F(1), F("0.1"), tolerance=F(4))
    law = StepLaw(np.array([1.0, 1.69]), np.array([0.5, 0.5]))
    mean, error = tilted_estimate(law, Start(10 ** (-exponent / 2), 1.42), 0.1, 1.7, 4000)
    for low, high in ((found.lower, found.upper), (found.finer_lower, found.finer_upper)):
        assert float(low.value) <= mean + 5 * error
        assert float(high.value) >= mean - 5 * error
    assert 0 < found.finer_lower.value < found.finer_upper.value


@pytest.mark.parametrize(
    ("tolerance", "least", "most"),
    [("3", "0.8e-9", "2.9e-9"), pytest.param("2", "0.9e-9", "2.6e-9", marks=pytest.mark.slow)],
)
@pytest.mark.usefixtures("no_words")
def test_the_talk_within_a_factor_of_three_by_tables(tolerance: str, least: str, most: str) -> None:
    found = width_spike(walk_of(), "1.42", F(10) ** 12, 1, "0.1", tolerance=tolerance)
    assert F(least) < found.lower.value < F("1.7742e-9") < found.upper.value < F(most)
    assert found.verdict.value == "proved" and (found.lower.method, found.upper.method) == ("table", "table")
    assert found.linear is not None
    assert found.linear.lower > found.enclosure.lower


def test_closed_forms_tighten_towards_the_linear_answer() -> None:
    ratios = []
    for c in ("1e-2", "1e-3", "1e-4"):
        problem = problem_of(TALK, "1.42", "1e-6", c)
        b = problem.factors.exponent(digits=14).enclosure
        assert b is not None
        low, high = closed_form_lower(problem), theorem(problem, F("1.69945"))
        assert low.method == "closed form"
        ratios.append(float(high.value / low.value))
    assert ratios[0] > ratios[1] > ratios[2]
    assert ratios[1] < 2.1  # R^theta = 1.77 is what is left in the limit
    assert ratios[2] > 1.77


def test_the_closed_form_from_below_is_what_its_lemma_says() -> None:
    """Every ingredient of W3 once more with mpmath."""
    problem = problem_of(TALK, "1.42", "1e-6", "1e-3")
    found = closed_form_lower(problem)
    assert found.L1 is not None and found.exponent is not None
    with mp.workdps(40):
        c, L0, L1, h = mp.mpf("1e-3"), mp.mpf("1.42"), real(found.L1), real(found.exponent)
        factors, most, fall = [], mp.mpf(0), mp.mpf(0)
        for x in (mp.mpf(1), mp.mpf("1.69")):
            corners = [abs(1 - x * L + x**2 * q) for L in (L0, L1) for q in (0, c**2)]
            factors.append(min(corners))
            most, fall = max(most, *corners), max(fall, x * (4 - x * L1))
        moments = [sum(r**t for r in factors) / 2 for t in (h, h + 2)]
        assert moments[0] > 1
        e = (c * most) ** 2 / ((L0 - L1) / fall * (moments[1] / moments[0] - 1))
        value = (mp.mpf("1e-6") / (c * most)) ** h * (1 - e)
        assert 0 <= value / real(found.value) - 1 < mp.mpf(10) ** -10


def real(q: Fraction) -> Any:
    return mp.mpf(q.numerator) / q.denominator


@pytest.mark.parametrize("tail", ["0.5", "0.8"])
def test_the_closed_form_from_above_is_what_its_lemma_says(tail: str) -> None:
    problem = problem_of("x=1:1/2, x=1.69:1/2", "1.55", "1e-8", "1e-2")
    found = closed_form_upper(problem)
    assert found.method == "closed form" and found.value < 1
    assert found.L1 is not None and found.exponent is not None
    t = F(tail) * found.exponent
    value = upper_value(problem, found.L1, found.exponent, t)
    assert value is not None
    with mp.workdps(40):
        c, L0, L1 = mp.mpf("1e-2"), mp.mpf("1.55"), real(found.L1)
        most = [
            max(abs(1 - x * L + x**2 * q) for L in (L0, L1) for q in (0, c**2)) for x in (1, mp.mpf("1.69"))
        ]
        fall = max(x * (4 - x * L1) for x in (1, mp.mpf("1.69")))
        m = sum(r ** real(t) for r in most) / 2
        k0 = mp.mpf("1e-8")
        T = c ** (2 - real(t)) * k0 ** real(t) / ((L0 - L1) / fall * (1 - m))
        assert abs(((k0 / c) ** real(found.exponent) + T) / real(value) - 1) < mp.mpf(10) ** -9


@pytest.mark.slow
def test_below_exponent_one_both_sides_are_closed_forms_or_tables() -> None:
    found = width_spike(walk_of(), F("1.55"), F(10) ** 16, F(1), F("0.01"), tolerance=F(100))
    assert found.exponent.enclosure is not None and found.exponent.enclosure.upper < 1
    assert found.upper.method == "closed form"
    assert 0 < found.lower.value < found.upper.value < 1
    law = StepLaw(np.array([1.0, 1.69]), np.array([0.5, 0.5]))
    mean, error = tilted_estimate(law, Start(1e-8, 1.55), 0.01, 0.3, 8000)
    assert float(found.lower.value) <= mean + 5 * error
    assert float(found.upper.value) >= mean - 5 * error


def test_borders() -> None:
    stable = width_spike(walk_of(), F("1.1"), F(100), F(1), F("0.2"))
    assert (stable.enclosure.lower, stable.enclosure.upper) == (0, 0) and stable.upper.method == "stable"
    reached = width_spike(walk_of(), F("1.42"), F(4), F(1), F("0.5"))
    assert reached.enclosure.lower == 1 == reached.enclosure.upper
    idle = width_spike(walk_of("x=0:1/3, x=1:1/3, x=1.69:1/3"), F("1.42"), F(10) ** 12, F(1), F("0.001"))
    moving = width_spike(walk_of(), F("1.42"), F(10) ** 12, F(1), F("0.001"))
    assert idle.enclosure == moving.enclosure
    assert set(stable.to_json()) >= {"verdict", "probability", "lower_method", "upper_method"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("3", "100", "1", "0.1"), "eta lambda max x <= 4"),
        (("1.42", "1", "1", "0.1"), "eta lambda/2"),
        (("1.42", "100", "1", "0.72"), "L/2"),
        (("1.42", "0.5", "1", "0.1"), "width"),
        (("1.42", "100", "0", "0.1"), "mu0"),
        (("1.42", "100", "1", "0"), "kappa"),
        (("-1", "100", "1", "0.1"), "lambda"),
    ],
)
def test_bad_input_names_the_condition(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        width_spike(walk_of(), *map(F, arguments))
    assert "\n" not in str(error.value)


def test_tolerance_must_be_positive() -> None:
    with pytest.raises(InputError, match="tolerance"):
        width_spike(walk_of(), F("1.42"), F(100), F(1), F("0.1"), tolerance=F(0))


@given(st.fractions(min_value=F(1, 10**9), max_value=10**9, max_denominator=10**9))
def test_brackets_of_roots(square: Fraction) -> None:
    low, high = root_bracket(square)
    assert low**2 <= square <= high**2
    assert high - low <= low / 2**60


@given(
    st.fractions(min_value=1, max_value=30, max_denominator=50), st.floats(-2.9, 2.9), st.floats(-2.9, 2.9)
)
@settings(max_examples=20, deadline=None)
def test_chords_lie_above_and_tangents_below(theta: Fraction, a: float, b: float) -> None:
    power = _power(theta)
    with mp.workdps(30):
        true = abs(mp.mpf(a)) ** real(theta)
        other = abs(mp.mpf(b)) ** real(theta)
    size = np.array([abs(a)])
    assert power.above(size)[0] * (1 + 1e-12) + 1e-300 >= true
    assert power.below(size)[0] <= true * (1 + 1e-12)
    knot, value, slope = (float(part[0]) for part in power.tangent(np.array([a])))
    assert value + slope * (b - knot) <= float(other) * (1 + 1e-12) + 1e-12 * abs(slope)


_POWERS: dict[Fraction, ConvexPower] = {}


def _power(theta: Fraction) -> ConvexPower:
    if theta not in _POWERS:
        _POWERS[theta] = ConvexPower(theta, 3.0)
    return _POWERS[theta]


@given(
    st.integers(1, 40), st.integers(20, 39), st.integers(1, 9), st.floats(0.001, 0.45), st.floats(0.1, 0.9)
)
@settings(max_examples=60)
def test_no_step_exceeds_what_the_lemmas_allow(a: int, b: int, w: int, share: float, depth: float) -> None:
    """W1 and W2 at random states: L falls, factors stay below R, M(b; L, q) <= 1."""
    xs, ps = [a / 40, b / 10], [w / 10, 1 - w / 10]
    L0 = 2 / xs[1] * (1 + 0.9 * depth)
    R = max(1.0, xs[1] * L0 - 1)
    theta = 1.0
    moment = lambda L, q: sum(p * abs(1 - x * L + x * x * q) ** theta for x, p in zip(xs, ps, strict=True))  # noqa: E731
    if moment(L0, 0.0) > 1:
        return
    L = L0 * (0.2 + 0.8 * depth)
    k = share * L
    assert moment(L, k * k) <= 1 + 1e-12
    for x in xs:
        assert abs(1 - x * L + x * x * k * k) <= R + 1e-12
        assert k * k * x * (4 - x * L) >= 0


def test_a_grid_with_columns_too_wide_for_its_rows_is_refused() -> None:
    problem = problem_of(TALK, "1.42", "0.01", "0.7")
    with pytest.raises(GridTooCoarse):
        solve(grid_of(problem, F("0.1"), 4, 400), "upper", F("1.6994"))


def test_exponents_too_large_for_the_units_of_a_table() -> None:
    problem = problem_of(TALK, "1.42", "0.01", "0.1")
    assert fits(problem, F(10)) and not fits(problem, F(30))


@pytest.mark.slow
@pytest.mark.usefixtures("no_words")
def test_finer_tables_are_closer() -> None:
    found: list[WidthSpike] = [
        width_spike(walk_of(), F("1.42"), F(10) ** 12, F(1), F("0.1"), tolerance=t) for t in (F(2), F(1))
    ]
    ratios = [r.finer_upper.value / r.finer_lower.value for r in found]
    assert ratios[1] < ratios[0]
    assert found[1].lower.value < F("1.7742e-9") < found[1].upper.value
