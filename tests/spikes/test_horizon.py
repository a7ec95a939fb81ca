"""A spike within finitely many steps, its length, the first passage: against every word, simulation and the limit."""

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import EXAMPLES
from kit.spike_oracle import Pairs
from kit.steps_oracle import passage, reaching, staying

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.dataset import Dataset
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.result import Result
from catalysis.exponent.factors import StepFactors
from catalysis.spikes import rows, ways
from catalysis.spikes.course import Course
from catalysis.spikes.exact_row import Effort
from catalysis.spikes.horizon import SpikeWithin, spike_length, spike_within
from catalysis.spikes.passage import FirstPassage, first_passage
from catalysis.spikes.probability import hitting_probability
from catalysis.spikes.ways import follow
from proofs_check.certificate import check_certificate

F = Fraction
TALK = LinearWalk(load_dataset(EXAMPLES / "talk-1.toml"))


def data(*xs: str, counts: Any = None) -> LinearWalk:
    return LinearWalk(Dataset.from_arrays(x=list(xs), counts=counts))


FIVE = data("0.3", "0.9", "1.1", "2.3", "2.5")
LATTICE, IDLE, DEAD = data("1/2", "3", "5"), data("0", "1/2", "3"), data("1", "1/2", "3")
DEPENDENT = data("1/2", "3", "4")  # factors 1/2, 2, 3 at lambda = 1: ties, and no lattice


def pairs_of(walk: LinearWalk, at: str) -> Pairs:
    steps = StepFactors.of(walk, F(at))
    extra = [(F(1), steps.idle), (F(0), steps.dead)]
    return [*zip(steps.factors, steps.weights, strict=True), *((r, p) for r, p in extra if p)]


def proved(result: SpikeWithin | FirstPassage) -> str:
    document = certificate_of(result.walk.dataset, [claim(result)])
    (verdict,) = check_certificate(json.dumps(document).encode())
    assert verdict.proved, verdict.statement
    return verdict.statement


CASES = {
    "two": (TALK, "1.42", "3"),
    "two, growing": (TALK, "1.7", "3"),
    "beyond lambda_max": (TALK, "3", "20"),
    "five": (FIVE, "1.1", "5"),
    "lattice": (LATTICE, "1", "8"),
    "a level between": (LATTICE, "1", "9"),
    "idle": (IDLE, "1", "4"),
    "dead": (DEAD, "1", "4"),
    "ties": (DEPENDENT, "1", "6"),
    "one": (data("3"), "1", "5"),
    "never": (TALK, "1", "2"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_against_every_word(name: str, steps: int) -> None:
    walk, at, level = CASES[name]
    found = spike_within(walk, at, level, steps)
    truth = reaching(pairs_of(walk, at), F(level), steps)
    assert truth is not None and found.enclosure.lower <= truth <= found.enclosure.upper
    assert found.enclosure.width <= F(3, 10**7) * truth and found.shortfall is None
    proved(found)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("steps", [0, 1, 6])
@pytest.mark.parametrize("floor", ["1", "1/2", "1/7"])
def test_how_long_a_spike_lasts_against_every_word(name: str, steps: int, floor: str) -> None:
    walk, at, _ = CASES[name]
    found = spike_length(walk, at, floor, steps)
    truth = staying(pairs_of(walk, at), F(floor), steps)
    assert truth is not None and found.enclosure.lower <= truth <= found.enclosure.upper
    assert found.enclosure.width <= F(3, 10**7) * truth or (
        truth == 0 and found.enclosure.upper < F(1, 10**240)
    )
    proved(found)


@pytest.mark.parametrize("needed", [False, True])
@pytest.mark.parametrize("name", ["two", "two, growing", "five", "idle", "dead", "ties"])
def test_cells_hold_the_truth(name: str, needed: bool) -> None:
    walk, at, level = CASES[name]
    steps, pairs = StepFactors.of(walk, F(at)), pairs_of(walk, at)
    course = Course.below(steps, F(1, 3), 9) if needed else Course.to_level(steps, F(level), 9)
    truth = staying(pairs, F(1, 3), 9) if needed else reaching(pairs, F(level), 9)
    for work, most in ((10**6, F(1, 2)), (3000, F(1))):
        found = ways._by_cells(course, Effort(6, work)).enclosure
        assert truth is not None and found.lower <= truth <= found.upper <= found.lower + most


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.fractions(F(1, 8), 3, max_denominator=8), min_size=1, max_size=3, unique=True),
    st.fractions(F(1, 8), 3, max_denominator=8),
    st.fractions(F(5, 4), 9, max_denominator=4),
    st.integers(0, 6),
)
def test_random_walks(xs: list[Fraction], at: Fraction, level: Fraction, steps: int) -> None:
    walk = data(*map(str, xs))
    pairs = pairs_of(walk, str(at))
    for found, truth in (
        (spike_within(walk, at, level, steps), reaching(pairs, level, steps)),
        (spike_length(walk, at, 1 / level, steps), staying(pairs, 1 / level, steps)),
    ):
        assert truth is not None and found.enclosure.lower <= truth <= found.enclosure.upper
        proved(found)


def test_the_limit_is_the_probability_over_all_time() -> None:
    for walk, at, level in ((TALK, "1.42", 10), (DEAD, "1", 8), (FIVE, "1.1", 5)):
        always = hitting_probability(walk, at, level).enclosure
        found = spike_within(walk, at, level, 10**9).enclosure
        assert always is not None and found.lower <= always.upper and always.lower <= found.upper
        assert found.width < F(1, 1000) * found.upper
    assert spike_within(LATTICE, "1", 8, 10**9).enclosure.lower > F(999, 1000)


def test_more_steps_are_no_less_likely() -> None:
    chances = [spike_within(TALK, "1.6", 10, steps).enclosure for steps in (3, 10, 30, 100, 300)]
    assert all(a.upper < b.lower for a, b in pairwise(chances))


def test_against_simulation() -> None:
    rng = np.random.default_rng(5)
    for walk, at, level, steps in ((FIVE, "1.6", 5, 60), (TALK, "1.6", 10, 200)):
        pairs = pairs_of(walk, at)
        logs = np.log([float(r) for r, _ in pairs])
        draws = rng.choice(logs, p=[float(p) for _, p in pairs], size=(4000, steps))
        share = (np.cumsum(draws, axis=1).max(axis=1) >= np.log(level) - 1e-9).mean()
        found = spike_within(walk, at, level, steps).enclosure
        error = 5 * np.sqrt(share * (1 - share) / 4000)
        assert float(found.lower) - error < share < float(found.upper) + error


def test_rare_events_and_long_horizons() -> None:
    rare = spike_within(TALK, "1.42", 10**30, 500)
    assert rare.enclosure.lower > 0 and rare.enclosure.upper < F(1, 10**30)
    nothing = spike_within(TALK, "1.42", 10**200, 1400)
    assert nothing.enclosure.lower == 0 and nothing.enclosure.upper < F(2, 10**250) and nothing.shortfall
    proved(rare)
    proved(nothing)
    with pytest.raises(TooLong, match="fewer"):
        spike_within(IDLE, "1", 8, 10**9)  # critical: nothing ends the walk


@pytest.mark.parametrize("case", [("1.8", 10), ("1.7", 3), ("2", 2)])
def test_the_first_passage(case: tuple[str, int]) -> None:
    at, level = case
    found = first_passage(TALK, at, level)
    least, most = passage(pairs_of(TALK, at), F(level), 40)
    assert found.enclosure is not None and found.shortfall is None
    assert float(found.enclosure.lower) <= most and least <= float(found.enclosure.upper)
    assert found.enclosure.width < F(1, 10**6) * found.enclosure.upper
    proved(found)


def test_the_first_passage_of_other_walks() -> None:
    for walk, at, level in ((LATTICE, "1", 8), (LATTICE, "1", 9), (FIVE, "1.9", 5)):
        found = first_passage(walk, at, level)
        least, most = passage(pairs_of(walk, at), F(level), 12)
        assert found.enclosure is not None
        assert float(found.enclosure.lower) <= most and least <= float(found.enclosure.upper)
        assert "lies in" in proved(found)
    assert "log R" in str(first_passage(FIVE, "1.9", 5).shortfall)
    for walk, at in ((TALK, "1.42"), (TALK, "1"), (DEAD, "1"), (IDLE, "1")):
        found = first_passage(walk, at, 5)
        assert found.infinite and float(found) == float("inf") and "is infinite" in proved(found)


def test_a_drift_near_zero_leaves_the_bounds_of_wald() -> None:
    found = first_passage(TALK, F("1.592"), 5)
    assert found.enclosure is not None and "passes later" in str(found.shortfall)
    proved(found)


RESULTS: dict[str, Callable[[], Result]] = {
    "within": lambda: spike_within(TALK, "1.42", 5, 20),
    "cells": lambda: spike_within(FIVE, "1.1", 5, 40, max_work=10**5),
    "stable": lambda: spike_within(TALK, "1", 5, 20),
    "length": lambda: spike_length(TALK, "1.42", "1/2", 20),
    "passage": lambda: first_passage(TALK, "2", 5),
    "infinite": lambda: first_passage(TALK, "1.42", 5),
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_protocol_of_results(name: str) -> None:
    result = RESULTS[name]()
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
    document = json.loads(json.dumps(result.to_json()))
    assert {"program", "format", "result", "verdict", "data", "eta", "step"} <= set(document)
    assert document["verdict"] == "proved" and "\n" not in repr(result) and isinstance(float(result), float)
    assert str(result._repr_latex_()).startswith("$")


def test_an_undecided_drift_has_a_reason() -> None:
    near = F("1.5917159763313609467455621301775147928994")
    open_ = first_passage(TALK, near, 10, max_bits=64)
    if open_.sign is None:
        assert open_.reason and open_.enclosure is None and not open_.infinite


GOOD = ["1.42", F("1.42"), Decimal("1.42"), 1.42, np.float64(1.42)]
BAD = [None, "x", "", [], float("nan"), float("inf"), True, object()]
ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "curvature": lambda v: spike_within(TALK, v, 10, 5),
    "factor": lambda v: spike_within(TALK, "1.42", v, 5),
    "curvature of length": lambda v: spike_length(TALK, v, "1/2", 5),
    "curvature of passage": lambda v: first_passage(TALK, v, 10),
    "factor of passage": lambda v: first_passage(TALK, "1.7", v),
}
WHOLES: dict[str, Callable[[Any], Any]] = {
    "steps": lambda v: spike_within(TALK, "1.42", 10, v),
    "digits": lambda v: spike_within(TALK, "1.42", 10, 5, digits=v),
    "max_work": lambda v: spike_within(TALK, "1.42", 1000, 5, max_work=v),
    "steps of length": lambda v: spike_length(TALK, "1.42", "1/2", v),
    "digits of passage": lambda v: first_passage(TALK, "1.42", 2, digits=v),
    "max_bits of passage": lambda v: first_passage(TALK, "1.42", 2, max_bits=v),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_door_takes_numbers_of_any_type(name: str) -> None:
    for value in GOOD:
        ARGUMENTS[name](value)


@pytest.mark.parametrize("name", WHOLES)
def test_every_door_takes_whole_numbers_of_any_type(name: str) -> None:
    for value in (3, "3", F(3), Decimal(3), 3.0, np.int64(3)):
        WHOLES[name](value)


@pytest.mark.parametrize("name", [*ARGUMENTS, *WHOLES])
def test_every_door_names_its_argument(name: str) -> None:
    for value in [*BAD, "-1"]:
        with pytest.raises(InputError, match=f"^{name.split()[0]}"):
            (ARGUMENTS | WHOLES)[name](value)
    with pytest.raises(InputError, match="floor"):
        spike_length(TALK, "1.42", 2, 5)


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(rows, "_TRIM", 1)
    spike_within(TALK, F("1.5917159763"), 10, 2048, progress=lambda done, of: told.append((done, of)))
    assert told[0] == (1024, 2048)


def test_every_way_agrees() -> None:
    """One course by each way that takes it."""
    course = Course.to_level(StepFactors.of(TALK, F("1.6")), F(3), 12)
    effort = Effort(6, 10**7)
    exact = follow(course, effort).enclosure
    for found in (ways._by_counts(course, effort).enclosure, ways._by_cells(course, effort).enclosure):
        assert max(found.lower, exact.lower) <= min(found.upper, exact.upper)
