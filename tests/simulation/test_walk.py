"""The linear walk against exact enumeration of all paths, in rationals."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from catalysis.crosscheck.agreement import bernstein
from catalysis.data.dataset import Dataset
from catalysis.simulation import WalkLaw, simulate, walk_paths
from catalysis.simulation.laws import cramer_tilt
from catalysis.simulation.memory import MemoryNeeded
from catalysis.simulation.streams import root_of, stream_of
from catalysis.simulation.walk import walk_lanes, walk_to_level
from catalysis.simulation.words import (
    _MAX_CLASSES,
    ClassPlan,
    WalkPlan,
    Words,
    _Classes,
    classes_of,
    word_length,
)


class Law:
    def __init__(self, *atoms: tuple[str, str]) -> None:
        self.x = tuple(Fraction(x) for x, _ in atoms)
        self.p = tuple(Fraction(p) for _, p in atoms)


TALK = Law(("1", "1/2"), ("1.69", "1/2"))
SKEW = Law(("1", "0.83"), ("2", "0.17"))
THREE = Law(("0", "1/5"), ("1", "3/10"), ("2.5", "1/2"))
DOUBLING = Law(("1/2", "2/3"), ("3", "1/3"))  # at lambda = 1 the factors are 1/2 and 2


def enumerate_paths(law: Law, curvature: Fraction, steps: int) -> list[tuple[Fraction, list[Fraction]]]:
    """(probability, |mu_t/mu_0| for t = 0..steps) of each path."""
    factors = [(p, abs(1 - curvature * x)) for x, p in zip(law.x, law.p, strict=True)]
    paths = [(Fraction(1), [Fraction(1)])]
    for _ in range(steps):
        paths = [(w * p, [*values, values[-1] * factor]) for w, values in paths for p, factor in factors]
    return paths


def distribution(pairs: Iterable[tuple[Fraction, Any]]) -> dict[Any, Fraction]:
    """The probability of each value."""
    found: dict[Any, Fraction] = defaultdict(Fraction)
    for weight, value in pairs:
        found[value] += weight
    return found


def close(share: float, exact: Fraction, n: int) -> bool:
    """Is the share of n independent trials compatible with the exact probability?"""
    return abs(share - float(exact)) <= bernstein(float(exact * (1 - exact)), 1.0, n)


@pytest.mark.parametrize(
    ("law", "curvature", "steps"),
    [(TALK, "1.42", 9), (SKEW, "1.9", 11), (THREE, "1.1", 6), (DOUBLING, "1", 10), (THREE, "1", 5)],
)
def test_law_of_maximum_passage_and_end(law: Law, curvature: str, steps: int) -> None:
    """Against all paths; at lambda = 1 the sample x = 1 of THREE has the factor 0."""
    z, replicas = Fraction(curvature), 300_000
    level = Fraction(2) if law is DOUBLING else Fraction(3, 2)
    walk = WalkLaw.at(law, z)
    paths = walk_paths(walk, steps=steps, replicas=replicas, seed=3, level=math.log(level))
    exact = enumerate_paths(law, z, steps)
    firsts = distribution(
        (w, next((s for s, value in enumerate(v) if value >= level), None)) for w, v in exact
    )
    for t in range(steps + 1):
        assert close(float((paths.passage == t).mean()), firsts[t], replicas)
    tops = distribution((w, max(v)) for w, v in exact)
    values = sorted(tops, reverse=True)
    at_least = dict(zip(values, itertools.accumulate(tops[value] for value in values), strict=True))
    for threshold in values[::-1][::9]:
        above = at_least[threshold]
        seen = (paths.peak >= math.log(threshold) - 1e-9).mean()
        assert close(float(seen), above, replicas)
    dead = sum((w for w, v in exact if v[-1] == 0), Fraction(0))
    assert close(float(np.isneginf(paths.final).mean()), dead, replicas)
    hit = paths.passage >= 0
    assert (np.isnan(paths.at_passage) == ~hit).all()
    assert (paths.at_passage[hit] >= math.log(level) - 1e-9).all()
    assert (hit == (paths.peak >= math.log(level) - 1e-9)).all()


def test_a_level_met_exactly_counts() -> None:
    """r = 1/2, 2 and K = 16: doubles alone would miss many ties."""
    z, level, steps = Fraction(1), Fraction(16), 12
    exact = sum((w for w, v in enumerate_paths(DOUBLING, z, steps) if max(v) >= level), Fraction(0))
    paths = walk_paths(WalkLaw.at(DOUBLING, z), steps=steps, replicas=400_000, seed=1, level=math.log(16))
    assert close(float((paths.passage >= 0).mean()), exact, 400_000)


def test_words_are_the_steps_one_by_one() -> None:
    """The tables against plain sums of the letters of each word."""
    law = WalkLaw.at(THREE, Fraction("1.3"))
    words = Words.of(law, 4)
    for number in range(3**4):
        letters = [number // 3**j % 3 for j in range(4)]
        sums = np.cumsum(law.log_factors[letters])
        assert np.allclose(words.partial[:, number], sums, atol=1e-14)
        code = words.sampler.code_of_outcome[number]
        assert words.total[code] == words.partial[-1, number]
        assert words.peak[code] == words.partial[:, number].max()


def test_word_lengths() -> None:
    assert [word_length(m) for m in (1, 2, 3, 10, 64, 65, 5000)] == [16, 12, 7, 3, 2, 1, 1]


def test_replicas_do_not_depend_on_how_many_are_asked_for() -> None:
    law = WalkLaw.at(TALK, Fraction("1.42"))
    few = walk_paths(law, steps=37, replicas=8192, seed=9)
    many = walk_paths(law, steps=37, replicas=20_000, seed=9)
    assert (few.peak == many.peak[:8192]).all()
    assert (few.final == many.final[:8192]).all()
    fewer, more = (walk_paths(law, steps=37, replicas=n, seed=9, level=1.0) for n in (8192, 9000))
    assert (fewer.passage == more.passage[:8192]).all()
    assert (fewer.peak == more.peak[:8192]).all()
    other = walk_paths(law, steps=37, replicas=8192, seed=10)
    assert (few.peak != other.peak).any()


def test_full_batch_is_one_path() -> None:
    law = WalkLaw.at(Law(("1.345", "1")), Fraction("1.6"))
    paths = walk_paths(law, steps=50, replicas=10, seed=0)
    assert np.allclose(paths.final, 50 * math.log(1.6 * 1.345 - 1), rtol=1e-13)


def test_factors_are_taken_exactly() -> None:
    """Next to a pole and next to 2/x a double lambda would lose every digit of log r."""
    near = Law(("1", "1/2"), ("3", "1/2"))
    at_pole = WalkLaw.at(near, 1 + Fraction(1, 10**200))
    assert at_pole.log_factors[0] == pytest.approx(-200 * math.log(10), rel=1e-14)
    near_two = WalkLaw.at(near, 2 + Fraction(1, 10**12))
    assert near_two.log_factors[0] == pytest.approx(1e-12, rel=1e-12)
    assert WalkLaw.at(near, Fraction(1)).log_factors[0] == -math.inf
    assert WalkLaw.at(near, Fraction(1, 2), learning_rate=2).log_factors[0] == -math.inf


def test_tilt() -> None:
    law = WalkLaw.at(TALK, Fraction("1.42"))
    theta = cramer_tilt(law)
    assert theta == pytest.approx(1.69945229385, abs=1e-10)  # certified elsewhere
    tilted = law.tilted(theta)
    assert np.allclose(tilted.p, law.p * np.exp(theta * law.log_factors))
    assert tilted.drift > 0 > law.drift
    assert cramer_tilt(WalkLaw.at(TALK, Fraction("1.1"))) is None  # stable
    assert cramer_tilt(WalkLaw.at(TALK, Fraction("1.8"))) is None  # inflationary
    killed = WalkLaw.at(Law(("1", "1/2"), ("2.5", "1/2")), Fraction(1))
    assert cramer_tilt(killed) == pytest.approx(math.log(2) / math.log(1.5))
    assert killed.tilted(1.0).p.size == 1


def test_idle_steps_are_dropped_only_on_request() -> None:
    law = WalkLaw.at(THREE, Fraction("1.3"))
    assert 0.0 in law.log_factors
    moving = law.without_idle()
    assert moving.p == pytest.approx([3 / 8, 5 / 8])


@pytest.mark.parametrize(
    "bad", [{"steps": 0}, {"steps": -3}, {"replicas": 0}, {"replicas": 2.5}, {"steps": True}, {"seed": -1}]
)
def test_bad_counts(bad: dict) -> None:
    arguments = {"steps": 5, "replicas": 5, "seed": 0} | bad
    with pytest.raises(ValueError, match="expected an integer") as caught:
        walk_paths(WalkLaw.at(TALK, Fraction(1)), **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("curvature", [0, -1, math.inf, math.nan])
def test_bad_curvature(curvature: float) -> None:
    with pytest.raises(ValueError, match=r"lambda: expected a number in \(0, inf\)"):
        WalkLaw.at(TALK, curvature)


def test_what_does_not_fit_is_refused_with_its_size() -> None:
    with pytest.raises(MemoryNeeded, match=r"would take \d+ (GB|TB).*ask for fewer replicas at a time"):
        walk_paths(WalkLaw.at(TALK, Fraction(1)), steps=1, replicas=10**13, seed=0)


def test_one_plan_one_stream() -> None:
    law = WalkLaw.at(SKEW, Fraction("1.9"))
    plan, classes = WalkPlan.of(law, 23), ClassPlan.of(law, 123)
    assert sum(words.length for words in plan.words()) == 23
    assert sum(draws.length for draws in classes.draws()) == 123
    for run in (
        lambda stream: walk_lanes(classes, 100, stream),
        lambda stream: walk_to_level(plan, 100, stream, 1.0),
    ):
        first, again = (run(stream_of(root_of(4), 0)) for _ in range(2))
        assert (first.final == again.final).all()


@pytest.mark.parametrize(
    ("law", "curvature", "length"),
    [(TALK, "1.42", 11), (SKEW, "1.9", 10), (THREE, "1.3", 6), (THREE, "1", 6), (DOUBLING, "1", 9)],
)
def test_classes_have_the_joint_law_of_end_and_maximum(law: Law, curvature: str, length: int) -> None:
    """All words in rationals, their first step included in the maximum; at lambda = 1 THREE has the factor 0."""
    z = Fraction(curvature)
    draws = classes_of(WalkLaw.at(law, z), length)[-1]
    assert draws.length == length
    exact: dict[tuple[float, float], float] = {}
    for weight, values in enumerate_paths(law, z, length):
        ends = (float(values[-1]), float(max(values[1:])))
        exact[ends] = exact.get(ends, 0.0) + float(weight)
    sampler = draws.sampler
    places = sampler.code_of_outcome
    law_of_classes = np.diff(sampler.cumulative, prepend=0.0)
    found = np.exp(np.stack([draws.total[places], draws.peak[places]], axis=1))
    left = dict(exact)
    for (end, peak), weight in zip(found, law_of_classes, strict=True):
        key = min(exact, key=lambda k: abs(k[0] - end) + abs(k[1] - peak))
        assert key == pytest.approx((end, peak), rel=1e-12, abs=1e-300)
        left[key] -= weight
    assert max(map(abs, left.values())) < 1e-14


def test_lengths_of_classes() -> None:
    def longest(m: int, most: int = 10**6) -> int:
        law = WalkLaw(np.log(np.linspace(0.3, 1.6, m)), np.full(m, 1 / m))
        return len(classes_of(law, most))

    assert [longest(m) for m in (1, 2, 3, 10, 100, 5000)] == [64, 34, 12, 3, 1, 1]
    assert longest(2, 5) == 5


def test_with_and_without_a_level_the_law_is_the_same() -> None:
    law, n = WalkLaw.at(TALK, Fraction("1.42")), 300_000
    plain = walk_paths(law, steps=90, replicas=n, seed=1)
    other = walk_paths(law, steps=90, replicas=n, seed=2, level=1.0)
    for level in (0.3, 1.0, 2.0):
        one, two = float((plain.peak >= level).mean()), float((other.peak >= level).mean())
        assert abs(one - two) <= 2 * bernstein(one * (1 - one), 1.0, n)
    scale = math.sqrt(90 * law.variance / n)
    assert abs(float(plain.final.mean() - other.final.mean())) < 8 * scale
    assert abs(float(plain.final.mean()) - 90 * law.drift) < 6 * scale


def test_a_law_of_many_steps_takes_them_one_by_one_with_the_same_bits() -> None:
    """Where two steps already have too many ends, classes of one step are the steps themselves."""
    assert math.comb(64 + 1, 2) > _MAX_CLASSES >= math.comb(63 + 1, 2)
    p = np.random.default_rng(1).random(64)
    law = WalkLaw(np.concatenate([[-np.inf], np.linspace(-1, 1, 63)]), p / p.sum())
    letters = _Classes.of_letters(law)
    assert letters.longer() is None
    (now,), before = classes_of(law, 50), letters.draws(1)
    assert now.total.tobytes() == before.total.tobytes() and now.peak.tobytes() == before.peak.tobytes()
    draws = [one.sampler.draw(np.random.default_rng(2), 10_000) for one in (now, before)]
    assert np.array_equal(*draws)


LADDER = [2, 100, *(pytest.param(size, marks=pytest.mark.slow) for size in (10_000, 100_000))]


@pytest.mark.parametrize("map", ["walk", "plain", "reduced", "network"])
@pytest.mark.parametrize("size", LADDER)
def test_data_sets_of_every_size(size: int, map: str) -> None:
    """Inputs spread evenly over [1/2, 3/2): the laws are all near the uniform one."""
    data = Dataset.from_arrays([Fraction(size + k, 2 * size) for k in range(size)])
    options = {"tilt": False} if map == "plain" else {"map": map, "width": 50}
    found = simulate(data, 3, steps=50, replicas=500, factor=2, **options)
    if size >= 100:
        assert 0.05 < found.estimate.value < 0.25
