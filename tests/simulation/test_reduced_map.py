"""The reduced map against the derived formula, against exact rationals, and against itself under scaling."""

import math
from fractions import Fraction

import numpy as np
import pytest

from catalysis.derivation import ShallowNetwork, derive
from catalysis.simulation import Start, StepLaw, reduced_ends, trajectories
from catalysis.simulation.fast import _advance, load_numba
from catalysis.simulation.memory import MemoryNeeded
from catalysis.simulation.reduced_map import Lanes, ReducedMap, advance
from catalysis.simulation.streams import root_of, stream_of

TALK = StepLaw(np.array([1.0, 1.69]), np.array([0.5, 0.5]))
MANY = StepLaw(np.linspace(0.0, 2.0, 41), np.full(41, 1 / 41))
ONE = StepLaw(np.array([1.345]), np.array([1.0]))


def test_one_step_is_the_derived_formula() -> None:
    """`advance` against the canonical form that sympy derives from the network."""
    rng = np.random.default_rng(0)
    L, x = rng.uniform(0.1, 4.0, 500), rng.uniform(0.0, 2.0, 500)
    kappa = rng.uniform(-0.5, 0.5, 500) * L
    step = derive(ShallowNetwork()).to_numpy("canonical")
    named = {"kappa": kappa, "L": L, "Lambda": L, "x": x}
    expected = dict(zip(step.results, step(*(named[name] for name in step.arguments)), strict=True))
    lanes = Lanes(kappa.copy(), L.copy())
    advance(np.arange(500)[None], x, lanes.kappa, lanes.L, lanes.top)
    moved_kappa, moved_L = (expected[name] for name in step.results)
    assert np.allclose(lanes.kappa, moved_kappa, rtol=1e-13, atol=1e-15)
    assert np.allclose(lanes.L, moved_L, rtol=1e-13, atol=1e-15)
    assert np.allclose(lanes.top, np.maximum(kappa**2, moved_kappa**2))


def exact_path(kappa: Fraction, L: Fraction, xs: list[Fraction]) -> list[tuple[Fraction, Fraction]]:
    path = [(kappa, L)]
    for x in xs:
        kappa, L = path[-1]
        path.append(((1 - x * L + x * x * kappa * kappa) * kappa, L - kappa * kappa * x * (4 - x * L)))
    return path


def test_a_path_is_the_exact_one() -> None:
    """The recorded path, replayed in rationals from its own samples, step by step."""
    law, start = TALK, Start(0.3, 1.9)
    paths = trajectories(law, start, steps=60, replicas=20, seed=5)
    for lane in range(20):
        for t in range(60):
            kappa, L = Fraction(math.exp(paths.log_kappa[t, lane])), Fraction(paths.L[t, lane])
            options = [exact_path(kappa, L, [Fraction(x)])[1] for x in law.x]
            gaps = [
                max(
                    abs(float(option[1]) - paths.L[t + 1, lane]),
                    abs(abs(float(option[0])) - math.exp(paths.log_kappa[t + 1, lane])),
                )
                for option in options
            ]
            assert min(gaps) < 1e-13


def test_tiny_kappa_stays_known() -> None:
    """2000 steps of linear decay: log|kappa| far below the smallest double, to rounding."""
    law = StepLaw(np.array([1.0, 1.5]), np.array([0.5, 0.5]))
    reduced, lanes = ReducedMap(law), Lanes.begin(Start(1e-6, 0.99), 500)
    stream = stream_of(root_of(2))
    reduced.run(lanes, 2000, stream)
    logs = lanes.log_kappa()
    steps = np.log(np.abs(1 - law.x * 0.99))
    # every end is a number of draws of each sample
    counts = (logs - math.log(1e-6) - 2000 * steps[1]) / (steps[0] - steps[1])
    assert np.abs(counts - np.round(counts)).max() < 1e-6
    assert abs(np.round(counts).mean() - 1000) < 20
    assert logs.max() < -4000
    assert np.isfinite(logs).all()


def test_kappa_returns_from_below_the_doubles() -> None:
    """A path that falls to 1e-400 and climbs back is the path that it would be in exact arithmetic."""
    lanes = Lanes.begin(Start(1e-8, 0.9), 3)
    down = ReducedMap(StepLaw(np.array([1.0]), np.ones(1)))
    up = ReducedMap(StepLaw(np.array([3.9]), np.ones(1)))
    down.run(lanes, 900, stream_of(root_of(0)))
    low = math.log(1e-8) + 900 * math.log(1 - 0.9)
    assert low < -2000
    assert lanes.log_kappa() == pytest.approx(low, abs=1e-9)
    climb = math.log(3.9 * float(lanes.L[0]) - 1)
    steps = int((-low - 30) / climb)
    up.run(lanes, steps, stream_of(root_of(0)))
    assert float(lanes.log_kappa()[0]) == pytest.approx(low + steps * climb, abs=1e-6)
    assert (lanes.offset == 0).all()


STARTS = [Start(1e-3, 1.42), Start(0.7, 2.3), Start(0.01, 5.0)]


@pytest.mark.parametrize("law", [TALK, MANY, ONE], ids=["talk", "many", "full batch"])
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_the_kernel_agrees_with_numpy_to_the_last_bit(law: StepLaw, start: Start) -> None:
    """Not compiled: what numba is given, run by Python."""
    reduced = ReducedMap(law)
    one, two = Lanes.begin(start, 260), Lanes.begin(start, 260)
    codes = reduced.sampler.draw(stream_of(root_of(1)), 20 * 260).reshape(20, -1)
    with np.errstate(all="ignore"):
        advance(codes, reduced.x_by_code, one.kappa, one.L, one.top)
        _advance(codes, reduced.x_by_code, two.kappa, two.L, two.top)
    one.normalise()
    two.normalise()
    for name in ("kappa", "L", "top"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)


@pytest.mark.slow
@pytest.mark.parametrize("law", [TALK, MANY, ONE], ids=["talk", "many", "full batch"])
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_numba_and_numpy_agree_to_the_last_bit(law: StepLaw, start: Start) -> None:
    one = reduced_ends(law, start, steps=150, replicas=300, seed=8, engine="numpy")
    two = reduced_ends(law, start, steps=150, replicas=300, seed=8, engine="numba")
    for name in ("peak", "log_kappa", "L"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)


@pytest.mark.slow
def test_numba_is_loaded_once() -> None:
    assert load_numba() is load_numba()


def test_full_batch_converges_below_and_diverges_above() -> None:
    for L, diverges in ((3.9 / 1.345, False), (4.1 / 1.345, True)):
        ends = reduced_ends(ONE, Start(1e-6, L), steps=2000, replicas=3, seed=0)
        assert (ends.diverged == diverges).all()
        if diverges:
            assert np.isinf(ends.peak).all()
        else:
            assert (ends.L <= 2 / 1.345 * (1 + 1e-12)).all()


def test_divergence_raises_no_warning_and_marks_the_path() -> None:
    """Warnings are errors in this suite."""
    paths = trajectories(TALK, Start(0.1, 6.0), steps=200, replicas=50, seed=0)
    assert np.isinf(paths.L[-1]).all()
    assert np.isnan(paths.log_kappa[-1]).all()
    first = np.argmax(np.isinf(paths.L), axis=0)
    assert (first > 1).all()
    assert np.isfinite(paths.L[0]).all()


def test_curvature_never_rises_below_the_window() -> None:
    paths = trajectories(TALK, Start(0.5, 2.3), steps=400, replicas=200, seed=1)
    assert (np.diff(paths.L, axis=0) <= 0).all()
    assert (2 * np.exp(paths.log_kappa) <= paths.L * (1 + 1e-9)).all()


def test_loss_is_that_of_the_network() -> None:
    paths = trajectories(TALK, Start(0.5, 2.3), steps=3, replicas=2, seed=1)
    mean = 0.5 * (1 + 1.69)
    assert np.allclose(np.exp(paths.log_loss(TALK)), mean * np.exp(2 * paths.log_kappa) / 2)


def test_replicas_do_not_depend_on_how_many_are_asked_for() -> None:
    few = reduced_ends(TALK, Start(1e-3, 1.42), steps=50, replicas=8192, seed=9)
    many = reduced_ends(TALK, Start(1e-3, 1.42), steps=50, replicas=9000, seed=9)
    assert (many.L[:8192] == few.L).all()


@pytest.mark.parametrize(
    ("kappa", "L", "message"),
    [
        (0.1, 0.0, r"L: expected a number in \(0, inf\)"),
        (0.1, math.inf, r"L: expected a number in \(0, inf\)"),
        (0.1, math.nan, r"L: expected a number in \(0, inf\)"),
        (0.0, 1.0, "expected .kappa. of at least"),
        (0.6, 1.0, "no network has this start"),
        (math.nan, 1.0, "expected .kappa. of at least"),
    ],
)
def test_bad_starts(kappa: float, L: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Start(kappa, L)


def test_bad_widths_and_mu() -> None:
    for width in (0, -5, 0.5, math.inf, math.nan):
        with pytest.raises(ValueError, match="width: expected"):
            Start.of(curvature=1, learning_rate=1, mu=1, width=width)
    for mu in (0.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="mu0: expected"):
            Start.of(curvature=1, learning_rate=1, mu=mu, width=100)
    start = Start.of(curvature=1.5, learning_rate=0.5, mu=3, width=10**4)
    assert start.kappa == pytest.approx(0.015)
    assert start.L == 0.75


def test_a_record_that_does_not_fit_is_refused() -> None:
    with pytest.raises(MemoryNeeded, match="the record of all steps would take"):
        trajectories(TALK, Start(0.1, 1.0), steps=10**7, replicas=10**6, seed=0)
