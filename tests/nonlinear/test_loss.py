"""How the curvature falls: boxes, bounds, simulation, and the claim `curvature_loss`."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis import LinearWalk, parse_samples
from catalysis.certificate.document import certificate_of, claim
from catalysis.cli.main import main
from catalysis.exact.errors import InputError
from catalysis.nonlinear.bounds import table_lower
from catalysis.nonlinear.loss import (
    BITS,
    CurvatureReduction,
    QuietRoute,
    SpikeRoute,
    curvature_reduction,
    image,
    least_chance,
    quiet_value,
)
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme import solve
from catalysis.nonlinear.scheme_grid import grid_of
from catalysis.simulation import Start, StepLaw, reduced_ends, trajectories
from proofs_check.certificate import check_certificate

F = Fraction
WALK = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))
LAW = StepLaw(np.array([1.0, 1.69]), np.array([0.5, 0.5]))


@cache
def found() -> CurvatureReduction:
    """As `curvature_reduction` makes them, but with so coarse a table that the checker is quick."""
    problem = WidthProblem.of(WALK, F("1.42"), F(10**12), F(1), F("0.05"))
    grid = grid_of(problem, problem.level / 300, 6, 8)
    table = solve(grid, "lower", F("1.7"))
    assert table is not None
    reach, L1 = table_lower(problem, table), F("1.41")
    chance = least_chance(problem, problem.level, L1, 3, (16, 4))
    assert 0 < chance < 1
    quiet = QuietRoute(F("0.002"), quiet_value(problem, L1, F("0.002"), F(1)) or F(1), F(1))
    spike = SpikeRoute(problem.level, reach.value * chance, reach, chance, 3, (16, 4))
    start = (WALK, F("1.42"), F(10**12), F(1), L1, F("1.42"), L1)
    return CurvatureReduction(*start, spike, quiet)


@given(
    st.fractions(0, F(1, 2), max_denominator=1000), st.fractions(1, F(3, 2), max_denominator=1000), st.data()
)
@settings(max_examples=60, deadline=None)
def test_images_of_points_lie_in_the_images_of_their_boxes(k: Fraction, L: Fraction, data: Any) -> None:
    x = data.draw(st.fractions(F(1, 10), 2, max_denominator=50))
    grow = [data.draw(st.fractions(0, F(1, 20), max_denominator=100)) for _ in range(4)]
    one = 1 << BITS
    box = (max(k - grow[0], F(0)), k + grow[1], L - grow[2], L + grow[3])
    if x * box[3] > 4:
        return
    rate = (int(x * one), -int(-x * one // 1), 0)
    low, high, bottom, top = image(
        (int(box[0] * one), int(box[1] * one) + 1, int(box[2] * one), int(box[3] * one) + 1), rate
    )
    k2 = abs(1 - x * L + x * x * k * k) * k
    L2 = L - k * k * x * (4 - x * L)
    assert low <= k2 * one <= high
    assert bottom <= L2 * one <= top


def test_the_chance_from_the_level_is_no_larger_than_that_of_any_state() -> None:
    problem = WidthProblem.of(WALK, F("1.42"), F(10**6), F(1), F("0.1"))
    L1, steps = F("1.38"), 3
    least = least_chance(problem, F("0.1"), L1, steps, (16, 4))
    assert least > 0

    def chance(k: float, L: float, left: int) -> float:
        if float(L1) > L:
            return 1.0
        if left == 0:
            return 0.0
        return sum(
            chance(abs(1 - x * L + x * x * k * k) * k, L - k * k * x * (4 - x * L), left - 1) / 2
            for x in (1.0, 1.69)
        )

    rng = np.random.default_rng(3)
    states = zip(
        rng.uniform(0.1, 0.1 * float(problem.growth), 300), rng.uniform(1.38, 1.42, 300), strict=True
    )
    assert min(chance(k, L, steps) for k, L in states) >= least


def test_the_quiet_bound_is_what_its_lemma_says() -> None:
    problem = WidthProblem.of(WALK, F("1.42"), F(10**6), F(1), F("0.71"))
    value = quiet_value(problem, F("1.35"), F("0.02"), F(1))
    assert value is not None
    with mp.workdps(40):
        eps, L0, L1 = mp.mpf("0.02"), mp.mpf("1.42"), mp.mpf("1.35")
        most = [
            max(abs(1 - x * L + x**2 * q) for L in (L0, L1) for q in (0, eps**2)) for x in (1, mp.mpf("1.69"))
        ]
        m = sum(most) / 2
        D = (L0 - L1) / max(x * (4 - x * L1) for x in (1, mp.mpf("1.69")))
        bound = (1 + mp.mpf("0.001") / eps) * mp.exp(-(1 - m) / (2 * (1 + m)) * D / eps**2)
        assert 0 <= mp.mpf(value.numerator) / value.denominator / bound - 1 < mp.mpf(10) ** -9


@given(st.floats(0, 0.999), st.floats(0, 1))
def test_the_inequality_behind_the_quiet_bound(m: float, y: float) -> None:
    s = (1 - m) / (2 * (1 + m))
    assert (1 + m * y) * np.exp(s * y) <= (1 + y) * (1 + 1e-14)


@pytest.mark.slow
def test_simulation_contradicts_neither_way() -> None:
    result = curvature_reduction(WALK, F("1.42"), F(10000), F(1), F("1.41"))
    assert result.spike.value > 0
    replicas = 4000
    paths = trajectories(LAW, Start(0.01, 1.42), steps=60, replicas=replicas, seed=5)
    below = paths.L - float(result.L1) < 0
    first = np.where(below.any(axis=0), below.argmax(axis=0), 10**6)
    top = np.maximum.accumulate(np.exp(paths.log_kappa), axis=0)
    quiet = sum(t < 10**6 and top[t, i] <= float(result.quiet.level) for i, t in enumerate(first))
    assert quiet / replicas <= float(result.quiet.value) + 5 * (float(result.quiet.value) / replicas) ** 0.5
    hit = (np.exp(paths.log_kappa) >= float(result.spike.level)).argmax(axis=0)
    reached = (np.exp(paths.log_kappa) >= float(result.spike.level)).any(axis=0)
    spiked = float(np.mean(reached & (first <= hit + result.spike.steps)))
    assert spiked + 5 * (spiked / replicas) ** 0.5 >= float(result.spike.value)
    assert reduced_ends(LAW, Start(0.01, 1.42), steps=60, replicas=100, seed=1).L.max() <= 1.42


@pytest.mark.slow
def test_the_search_finds_both_ways() -> None:
    result = curvature_reduction(WALK, F("1.42"), F(10**8), F(1), F("1.38"))
    assert result.verdict.value == "proved"
    assert verdict(certificate_of(WALK.dataset, [claim(result)]))[0]


@pytest.mark.slow
def test_two_numbers_show_that_spikes_are_the_dominant_way() -> None:
    result = found()
    assert result.verdict.value == "proved"
    assert result.spike.value > result.quiet.value > 0
    document = result.to_json()
    assert F(document["spike"]["lower"]) <= result.spike.value and "at least" in result.conclusion


@pytest.mark.parametrize(
    ("to", "eps", "words"), [("1.5", None, "to"), ("0", None, "to"), ("1.4", "0.001", "epsilon")]
)
def test_bad_input(to: str, eps: str | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        curvature_reduction(WALK, F("1.42"), F(100), F(1), F(to), epsilon=None if eps is None else F(eps))


@pytest.mark.slow
def test_the_command_writes_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    samples = ["--samples", "x=1:1/2, x=1.69:1/2", "--lambda", "1.42", "--width", "10000", "--mu0", "1"]
    assert main(["reduction", *samples, "--to", "1.41", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] in ("proved", "undecided")
    assert main(["reduction", *samples, "--to", "2"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# --- the claim ---------------------------------------------------------------------------------------


@cache
def _good() -> str:
    return json.dumps(certificate_of(WALK.dataset, [claim(found())]))


def verdict(document: Any) -> tuple[bool, str]:
    (one,) = check_certificate(json.dumps(document).encode())
    return one.proved, one.statement


def test_the_claim_is_proved() -> None:
    proved, statement = verdict(json.loads(_good()))
    assert proved, statement
    assert "not later than" in statement and "without |kappa| exceeding" in statement


def edited(path: str, value: Any) -> Any:
    document = json.loads(_good())
    place = document["claims"][0]
    *where, last = path.split(".")
    for key in where:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value(place[last]) if callable(value) else value
    return document


def times(factor: str) -> Any:
    return lambda text: str(F(text) * F(factor))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spike.lower", times("1.001")),
        ("spike.lower", "2"),
        ("spike.reached", times("1.001")),
        ("spike.kappa", times("1.01")),
        ("spike.kappa", "0.9"),
        ("spike.steps", 0),
        ("spike.steps", 1000),
        ("spike.parts", [1]),
        ("spike.parts", [0, 4]),
        ("spike.parts", [100000, 4]),
        ("spike.reach_proof", {"method": "trivial"}),
        ("quiet.upper", times("0.999")),
        ("quiet.upper", "0"),
        ("quiet.upper", "-1"),
        ("quiet.kappa", times("1.01")),
        ("quiet.kappa", "0.0000009"),
        ("quiet.exponent", "2.1"),
        ("quiet.exponent", "1.9"),
        ("quiet.exponent", ...),
        ("to", "1.412"),
        ("to", "1.39"),
        ("to", "1.5"),
        ("width", "990000000000"),
        ("width", "1200000000000"),
        ("mu0", "0.5"),
        ("lambda", "1.43"),
        ("step", {"kind": "full_batch"}),
        ("more", 1),
    ],
)
def test_changed_claims_are_refused(path: str, value: Any) -> None:
    proved, statement = verdict(edited(path, value))
    assert not proved, statement
