"""theta for arrays of curvatures: the same as point by point, wherever it is asked, and never a false bracket."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.core_data import verdicts, walk_of, walks
from kit.protocol import keeps_the_protocol, refuses

from catalysis.certificate.document import claims_of
from catalysis.data.dataset import Dataset
from catalysis.data.step import Step
from catalysis.data.walk import LinearWalk
from catalysis.drift import many
from catalysis.drift.many import LogFactors, drift_signs
from catalysis.drift.value import drift_sign
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.exponent import columns as module
from catalysis.exponent.curve import ExponentCurve, ExponentCurves, exponent_curve
from catalysis.exponent.doubles import Sums, fits
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.exponent.factors import WalkAt

TALK = walk_of((1, 1), ("1.69", 1))
TOUCH = walk_of((1, 1), (4, 2))
BORDERS = [Fraction(2) / Fraction("1.69"), Fraction(269, 169), Fraction(1), 1 / Fraction("1.69")]


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def unhurried(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


def agrees(found: ExponentCurve, digits: int = 30) -> None:
    """Each point against balls of many digits: the same regime, and theta inside, as narrow as asked."""
    for i, point in enumerate(found):
        finer = cramer_exponent(found.walk, point.curvature, digits=digits)
        assert point.regime is finer.regime and point == found[i]
        if finer.enclosure is None:
            assert found.lower[i] == found.upper[i] == float(finer)
            continue
        assert point.enclosure is not None
        assert point.enclosure.lower < finer.enclosure.upper and finer.enclosure.lower < point.enclosure.upper
        assert point.enclosure.width * 10**found.digits < point.enclosure.lower
        assert found.lower[i] <= point.enclosure.lower and point.enclosure.upper <= found.upper[i]


@unhurried(40)
@given(
    walks(largest=12),
    st.lists(st.fractions(0, 3, max_denominator=50), min_size=1, max_size=12),
    st.sampled_from([9, 1, 6, 12, 15]),
)
def test_a_curve_is_its_points(walk: LinearWalk, shares: list[Fraction], digits: int) -> None:
    """From lambda_crit/100 to 4 lambda_crit, poles and zeros of G among them, learning rates of any size."""
    places = [2 / walk.rates[0] * (share + Fraction(1, 100)) for share in shares]
    places += [walk.poles[0], 2 / walk.rates[0], 2 * walk.poles[-1]]
    agrees(exponent_curve(walk, places, digits=digits))


@unhurried(25)
@given(walks(largest=40, extreme=False), st.integers(1, 11))
def test_doubles_settle_most_points(walk: LinearWalk, digits: int) -> None:
    """Not merely the fallback is tested: on a usual walk balls are asked at few places."""
    places = np.linspace(0.9, 2.2, 60) * float(2 / walk.rates[0])
    found = exponent_curve(walk, places, digits=digits)
    assert len(found.by_balls) <= 12
    agrees(exponent_curve(walk, places[::12], digits=digits))


def test_the_borders() -> None:
    """lambda_crit, a zero of G, poles: exactly there, and next to them."""
    places = [
        b + shift
        for b in BORDERS
        for shift in (0, Fraction(1, 10**40), -Fraction(1, 10**40), Fraction(1, 10**9), -Fraction(1, 10**9))
    ]
    agrees(exponent_curve(TALK, places), 14)
    assert exponent_curve(TALK, BORDERS).regimes == (
        Regime.STABLE,
        Regime.CRITICAL,
        Regime.STABLE,
        Regime.STABLE,
    )
    assert exponent_curve(TOUCH, ["3/4", 1])[0].base


@pytest.mark.parametrize("places", [20, 28, 32, 45, 52])
def test_next_to_a_pole(places: int) -> None:
    """Doubles see factors down to 2^-29.9, the hypothesis of H4; below, balls are asked."""
    at = np.array([1 + 2.0**-places, 1 - 2.0**-places])
    walk = walk_of((1, 1), ("2.5", 1))
    assert LogFactors.of(walk, at).seen.tolist() == [places < 29] * 2
    found = exponent_curve(walk, at)
    assert len(found.by_balls) == (0 if places < 29 else 2)
    agrees(found)


def test_a_double_stands_for_its_exact_value() -> None:
    """1.42 as a double is not 142/100; theta, to 12 digits, tells nothing, but the point says which it was."""
    by_double, by_text = exponent_curve(TALK, np.array([1.42])), exponent_curve(TALK, ["1.42"])
    assert by_double[0].curvature == Fraction(1.42) != by_text[0].curvature == Fraction(71, 50)
    assert by_double.curvatures == (1.42,) and exponent_curve(TALK, [1.42]) == by_double


def test_curves_far_from_one() -> None:
    """Near lambda_crit theta is huge, near a zero of G tiny: past what doubles see, balls take over."""
    crit, zero = BORDERS[0], BORDERS[1]
    places = [crit + Fraction(1, 10**k) for k in range(1, 14)] + [
        zero - Fraction(1, 10**k) for k in range(1, 14)
    ]
    found = exponent_curve(TALK, places)
    agrees(found, 14)
    assert 0 < len(found.by_balls) < 20


@pytest.mark.parametrize("eta", ["1e400", "1e-400"])
def test_learning_rates_outside_the_range_of_doubles(eta: str) -> None:
    walk = walk_of((1, 1), ("1.69", 1), eta=eta)
    found = exponent_curve(walk, [Fraction("1.42") / Fraction(eta)])
    assert len(found.by_balls) == 1
    agrees(found)


def test_no_bracket_rests_on_the_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Newton finds, and whatever the expansion makes of it, two signs are proved."""
    places, guess, root = np.linspace(1.25, 1.55, 7), module._guess, Sums.root
    for factor in (0.5, 1 - 1e-3, 1 - 1e-9, 1 + 1e-9, 1.01, 2.0, np.nan):
        with monkeypatch.context() as patch:
            patch.setattr(module, "_guess", lambda *args, f=factor: guess(*args) * f)
            agrees(exponent_curve(TALK, places), 14)
        with monkeypatch.context() as patch:
            patch.setattr(Sums, "root", lambda self, f=factor: root(self) * f)
            found = exponent_curve(TALK, places)
            agrees(found, 14)
            assert len(found.by_balls) == 7


def test_where_the_processor_does_not_round_to_nearest_balls_do_it_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(many, "rounds_to_nearest", lambda: False)
    found = exponent_curve(TALK, [1, "1.42", 2])
    assert [i for i, _ in found.by_balls] == [0, 1, 2]
    agrees(found)
    assert drift_signs(TALK, [1, "1.42", 2]).signs == (-1, -1, 1)


@unhurried(30)
@given(walks(largest=8, extreme=False), st.fractions(Fraction(21, 20), 2, max_denominator=40))
def test_the_sums_hold(walk: LinearWalk, share: Fraction) -> None:
    """H4 itself: the three sums and their errors at some theta, against 60 digits."""
    at = float(2 / walk.rates[0] * share)
    found = LogFactors.of(walk, np.array([at]))
    if not found.seen[0]:
        return
    for theta in (0.01, 0.7, 1.0, 3.3, 40.0):
        if not fits(theta, found.top, found.largest, found.near)[0]:
            continue
        a, b, c = module.sums_of(walk.float_weights[:, None], found.logs, np.array([theta]))
        q = a * found.near if theta < 1 else np.maximum(1.0, a)
        sums = Sums.of(
            walk.size, theta, (a, b, c), walk.float_idle, found.largest, found.near, np.sqrt(a * c), q
        )
        true = [mp.mpf(0)] * 3
        for rate, p in zip(walk.rates, walk.weights, strict=True):
            r = abs(1 - Fraction(at) * rate)
            log = mp.log(mp.mpf(r.numerator) / r.denominator, 2)
            term = mp.mpf(p.numerator) / p.denominator * mp.mpf(2) ** (theta * log)
            true = [t + term * log**k for k, t in enumerate(true)]
        computed = (sums.mass[0] - walk.float_idle, sums.first[0], sums.second[0])
        for value, exact, error in zip(computed, true, sums.errors, strict=True):
            assert abs(mp.mpf(value) - exact) <= error[0] + 2.0**-52 * walk.float_idle
            assert error[0] < 1e-10 * (1 + abs(value)) * (1 + theta * found.near[0])
        for near in (1.0, 1 + 1e-12, 1 - 1e-4, 1 + 1e-3, 1 - 0.02):
            place = theta * near
            if sums.usable(np.array([place]))[0]:
                value, slack = sums.at(np.array([place]))
                assert abs(mp.mpf(value[0]) - excess(walk, Fraction(at), place)) <= slack[0]


def excess(walk: LinearWalk, at: Fraction, theta: float) -> mp.mpf:
    """M - 1, to 60 digits."""
    total = mp.mpf(0)
    for rate, p in zip(walk.rates, walk.weights, strict=True):
        r = abs(1 - at * rate)
        total += (
            mp.mpf(p.numerator)
            / p.denominator
            * mp.expm1(theta * mp.log(mp.mpf(r.numerator) / r.denominator))
        )
    return total


@pytest.mark.parametrize("at", [1.2, 1.42, 1.55])
def test_what_is_within_the_error_is_not_proved(at: float) -> None:
    """The two doubles beside theta: M - 1 there is less than its error, so neither bounds theta."""
    theta = cramer_exponent(TALK, at, digits=30).enclosure
    assert theta is not None
    close = float(theta.midpoint)
    under, over = (float(np.nextafter(close, side)) for side in (0.0, np.inf))
    step = WalkAt(TALK, Fraction(at))
    sums = step.float_sums(close)
    assert sums is not None and sums.proves(close * (1 - 1e-9), close * (1 + 1e-9))
    for place in (under, close, over):
        assert sums.sign_at(place) is None
        assert not sums.proves(place, close * (1 + 1e-9)) and not sums.proves(close * (1 - 1e-9), place)


@unhurried(20)
@given(walks(largest=12), st.lists(st.fractions(0, 3, max_denominator=50), min_size=1, max_size=12))
def test_signs_of_the_drift(walk: LinearWalk, shares: list[Fraction]) -> None:
    places = [2 / walk.rates[0] * (share + Fraction(1, 100)) for share in shares] + [walk.poles[-1]]
    found = drift_signs(walk, places)
    assert found.verdict is Verdict.PROVED and len(found) == len(places)
    assert list(found.signs) == [drift_sign(walk, place).sign for place in places]
    assert found[0] == found.signs[0]


def test_signs_of_many_rates() -> None:
    """Rates together in memory, sums of runs: as balls say, at places, poles and beside them."""
    walk = LinearWalk(Dataset.from_arrays(x=[Fraction(k * k + 3, 400) for k in range(1, 601)]))
    places = [walk.poles[k] * (1 + Fraction(j, 10**6)) for k in (0, 100, 400, 590) for j in (-3, 0, 1, 10**5)]
    signs = [drift_sign(walk, place).sign for place in places]
    assert list(drift_signs(walk, places).signs) == signs and {-1, 1} <= set(signs)
    quick = [many.quick_sign(walk, place) for place in places]
    assert all(one in (0, sign) for one, sign in zip(quick, signs, strict=True)) and quick.count(0) == 4
    assert many.quick_sign(TALK, Fraction("1.42")) == 0  # of few rates balls are asked


def test_signs_at_exact_zeros_and_open_ones() -> None:
    assert drift_signs(TALK, BORDERS).signs == (-1, 0, -1, -1)
    close = Fraction(269, 169) + Fraction(1, 10**100)
    found = drift_signs(TALK, [1, close], max_bits=64)
    assert found.signs == (-1, None) and found.verdict is Verdict.UNDECIDED and "1 signs" in str(found.reason)


def test_an_open_point_is_said() -> None:
    close = Fraction(269, 169) + Fraction(1, 10**100)
    found = exponent_curve(TALK, ["1.42", close], max_bits=64)
    assert found.verdict is Verdict.UNDECIDED and "1 points" in str(found.reason)
    assert (found.lower[1], found.upper[1]) == (0.0, float("inf"))
    assert found.fields()["points"][1]["regime"] is None


@unhurried(12)
@given(
    st.lists(walks(largest=12), min_size=1, max_size=9),
    st.lists(st.fractions(0, 3, max_denominator=50), min_size=1, max_size=4),
    st.sampled_from([9, 12, 15]),
)
def test_curves_of_many_walks_are_those_of_each(
    several: list[LinearWalk], shares: list[Fraction], digits: int
) -> None:
    """Walks of all sizes and learning rates together, each as by itself: shorter laws are filled up by nothing."""
    first = several[0]
    places = [2 / first.rates[0] * (share + Fraction(1, 100)) for share in shares] + [first.poles[0]]
    found = exponent_curve(several, places, digits=digits)
    assert len(found) == len(several) and found.verdict is Verdict.PROVED
    for k, (curve, walk) in enumerate(zip(found, several, strict=True)):
        assert curve == found[k] and curve.walk is walk
        assert found.lower[k] == curve.lower and found.upper[k] == curve.upper
        alone = exponent_curve(walk, places, digits=digits)
        assert curve.regimes == alone.regimes
        agrees(curve, 30)


def test_a_long_curve_begins_near_the_truth() -> None:
    """Starts from places in between, for rates together in memory too, and with a start that leads nowhere."""
    walk = LinearWalk(
        Dataset.from_arrays(
            x=[Fraction(k * k + 3, 400) for k in range(1, 601)], counts=[1 + k % 3 for k in range(1, 601)]
        )
    )
    places = np.geomspace(1e-4, 1.2, 180)[::-1] * float(2 / walk.rates[0]) + float(2 / walk.rates[0])
    found = exponent_curve(walk, places)
    assert len(found.by_balls) <= 3
    some = exponent_curve(walk, places[::12])
    assert some.lower == pytest.approx(found.lower[::12], rel=1e-8)
    agrees(some)


def test_starts_that_lead_nowhere_cost_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = walk_of(*((Fraction(k * k + 3, 400), 1) for k in range(1, 41)))
    places = np.linspace(1.05, 1.9, 7) * float(2 / walk.rates[0])
    for start in (1e-3, 1.0, 1e3, np.nan):
        monkeypatch.setattr(module, "_starts", lambda columns, s=start: np.full(len(columns), s))
        found = exponent_curve(walk, places)
        assert not found.by_balls
        agrees(found, 14)


def test_several_walks_are_told_from_one(tmp_path: Path) -> None:
    """Numbers and text are the inputs of one data set; walks, data sets, arrays and paths are several."""
    file = tmp_path / "mine.csv"
    file.write_text("s\n1\n1.3\n")
    several = ([TALK, TOUCH], (TALK.dataset,), [[1.0, 1.5], (1, 2)], np.array([[1.0, 1.5]]), [file])
    assert [type(exponent_curve(one, [1.0])) for one in several] == [ExponentCurves] * 5  # type: ignore[arg-type]
    one_walk = (TALK, TALK.dataset, [1.0, 1.5], ["1", "1.5"], np.array([1.0, 1.5]), file, str(file))
    assert [type(exponent_curve(one, [1.0])) for one in one_walk] == [ExponentCurve] * 7
    with pytest.raises(InputError, match=r"walk\[1\]"):
        exponent_curve([TALK, None], [1.0])  # type: ignore[list-item]
    with pytest.raises(InputError, match=r"walk\[1\]"):
        exponent_curve([TALK, [1.0, "x"]], [1.0])
    large = LinearWalk(Dataset.from_arrays(list(range(1, 60))), Step.minibatch(30))
    with pytest.raises(InputError, match=r"walk\[2\]"):
        exponent_curve([TALK, TOUCH, large], [1.0])
    with pytest.raises(InputError, match="walk"):
        exponent_curve([], [1.0])


def test_a_curve_as_claims() -> None:
    found = exponent_curve(TALK, [*np.linspace(1.1, 1.7, 9).tolist(), "269/169"])
    claims = claims_of(found)
    assert Counter(entry["kind"] for entry in claims) == {"exponent": 10}
    assert all(verdict.proved for verdict in verdicts(*found))


@pytest.mark.parametrize(
    "result",
    [
        exponent_curve(TALK, np.linspace(1.1, 1.7, 9)),
        exponent_curve(TALK, ["269/169", 1.42]),
        exponent_curve(TALK, [Fraction(269, 169) + Fraction(1, 10**100)], max_bits=64),
        exponent_curve(TALK, []),
        exponent_curve([TALK, TOUCH], ["1.42", "3/4"]),
        exponent_curve([TOUCH, TALK], [Fraction(269, 169) + Fraction(1, 10**100)], max_bits=64),
        drift_signs(TALK, np.linspace(1.1, 1.7, 9)),
        drift_signs(TALK, [Fraction(269, 169) + Fraction(1, 10**100)], max_bits=64),
    ],
)
def test_results_keep_the_protocol(result: ExponentCurve) -> None:
    keeps_the_protocol(result)
    assert pickle.loads(pickle.dumps(result)) == copy.copy(result)


@pytest.mark.parametrize("ask", [exponent_curve, drift_signs])
def test_arguments(ask: object) -> None:
    same = [
        ask(TALK, given).fields()
        for given in ([1.5], (1.5,), np.array([1.5]), np.array([1.5], np.float32), ["3/2"], [Fraction(3, 2)])
    ]  # type: ignore[operator]
    assert all(one == same[0] for one in same)
    refuses(
        lambda bad: ask(TALK, bad),
        "curvatures",
        (
            None,
            "1.5",
            1.5,
            object(),
            [None],
            ["x"],
            [0],
            [-1.0],
            np.array([1.0, -1.0]),
            np.array([np.nan]),
            np.array([np.inf]),
            np.ones((2, 2)),
            np.array(1.5),
            [[1.5]],
            b"1",
            [True],
        ),
    )  # type: ignore[operator]
    refuses(lambda bad: ask(TALK, [1.5], max_bits=bad), "max_bits", (None, "x", 0, 1.5))  # type: ignore[operator]
    with pytest.raises(InputError, match="walk"):
        ask(None, [1.5])  # type: ignore[operator]


def test_long_work_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_FACTORS_PER_SECOND", 1)
    for ask in (exponent_curve, drift_signs):
        with pytest.raises(TooLong, match="curvatures: 100 of them"):
            ask(TALK, np.ones(100))
    monkeypatch.setattr(many, "_BALLS_PER_SECOND", 1)
    with pytest.raises(TooLong, match="curvatures: 50 of them"):
        exponent_curve(TALK, np.ones(50), digits=50)


def test_progress_is_told_of_what_balls_do() -> None:
    told: list[tuple[int, int]] = []
    exponent_curve(TALK, ["1.42", "269/169", "1"], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]
