"""Sums over far poles by expansions (D7): against all factors at high precision, and the lists that rest on them."""

import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from catalysis.certificate import linear
from catalysis.certificate.document import certificate_of, claim
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift import field as fields
from catalysis.drift import regions
from catalysis.drift.field import Field
from catalysis.drift.interval import sign_on_interval
from catalysis.drift.place import NearPole
from catalysis.drift.regions import sign_regions
from catalysis.drift.value import drift_and_slope, drift_ball
from catalysis.drift.witnesses import witnesses
from catalysis.exact.result import Verdict
from proofs_check.certificate import check_document
from proofs_check.core.budget import Work

F = Fraction


def normal(seed: int, size: int = 100) -> LinearWalk:
    rng = random.Random(seed)
    return LinearWalk(Dataset.from_arrays([f"{rng.gauss(0, 1):.6f}" for _ in range(size)]))


def clustered(seed: int, size: int = 60, steepest: int = 12) -> LinearWalk:
    """Rates in clusters, down to 10^-steepest apart, with weights of many sizes."""
    rng = random.Random(seed)
    xs = {
        F(rng.randrange(1, 6)) + F(rng.randrange(1, 10**6), 10 ** rng.randrange(6, steepest))
        for _ in range(size)
    }
    return LinearWalk(Dataset.from_arrays(x=xs, counts=[rng.randrange(1, 10**5) for _ in xs]))


def powers_of_two(size: int = 100) -> LinearWalk:
    return LinearWalk(Dataset.from_arrays(x=[F(1, 2**k) for k in range(size)]))


WALKS = [normal(1), clustered(2), clustered(3, 40, steepest=60), powers_of_two()]


@pytest.fixture
def small_leaves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fields for small walks, of many leaves, with moments from those of the halves."""
    monkeypatch.setattr(fields, "_LEAF", 4)
    monkeypatch.setattr(fields, "_AT_ONCE", 8)
    monkeypatch.setattr(regions, "_FEWEST_GAPS", 1)
    monkeypatch.setattr(regions, "_FEWEST_RATES", 3)
    yield


def places(walk: LinearWalk, count: int, seed: int = 5) -> Iterator[Fraction | NearPole]:
    rng = random.Random(seed)
    for _ in range(count):
        gap = rng.randrange(1, walk.size)
        left, right = walk.gap_ends(gap)
        assert right is not None
        yield left + (right - left) * F(rng.randrange(1, 1000), 1000)
        index, side = (gap - 1, 1) if rng.random() < 0.5 else (gap, -1)
        yield NearPole(index, walk.poles[index], side, F(rng.randrange(250, 9000)))


@pytest.mark.parametrize("walk", WALKS, ids=["normal", "clusters", "close clusters", "powers of 2"])
def test_balls_hold_g_and_its_slope(walk: LinearWalk, small_leaves: None) -> None:
    field = Field.build(walk, range(1, walk.size))
    assert field is not None
    for place in places(walk, 12):
        value = field.drift(place, 64)
        assert value.contains(drift_ball(walk, place, 1024).mid())
        assert value.rad() < 1e-11
        if isinstance(place, Fraction):
            g, slope = field.drift_and_slope(place, 64)
            assert g.contains(value.mid())
            assert slope.contains(drift_and_slope(walk, place, 1024)[1].mid())
        else:
            lower = NearPole(place.index, place.pole, place.side, place.t + 1)
            for end, ball in zip((place, lower), field.drift_at_ends(place, lower, 64), strict=True):
                assert ball.contains(drift_ball(walk, end, 1024).mid())


def test_without_the_remainder_balls_miss_g(small_leaves: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expansions of low degree are as good as their remainder says, and no better."""
    monkeypatch.setattr(fields, "_TERMS", 4)
    monkeypatch.setattr(fields, "_MIXED", fields._mixed())
    monkeypatch.setattr(fields, "_FACTORIALS", fields._FACTORIALS[:5])
    walk = normal(1)
    field = Field.build(walk, range(1, walk.size))
    assert field is not None
    found = [(place, field.drift(place, 64)) for place in places(walk, 20)]
    assert all(ball.contains(drift_ball(walk, place, 256).mid()) for place, ball in found)
    field.remainder = field.remainder * 0
    assert any(not field.drift(place, 64).contains(drift_ball(walk, place, 256).mid()) for place, _ in found)


def test_a_place_beyond_its_leaf_is_left_open(small_leaves: None) -> None:
    walk = normal(1)
    field = Field.build(walk, range(1, walk.size))
    assert field is not None
    for t in ("-50", "0", "1/100"):
        assert not field.drift(NearPole(50, walk.poles[50], 1, F(t)), 64).is_finite()
        assert not field.drift(NearPole(50, walk.poles[50], -1, F(t)), 64).is_finite()


def test_rates_too_close_for_a_field_have_none() -> None:
    close = [F(1), F(1) + F(1, 10**400), F(2)]
    assert Field.build(LinearWalk(Dataset.from_arrays(x=close)), range(1, 3)) is None


@pytest.mark.parametrize(
    "walk",
    [WALKS[1], *(pytest.param(walk, marks=pytest.mark.slow) for walk in (WALKS[0], WALKS[2]))],
    ids=["clusters", "normal", "close clusters"],
)
def test_lists_are_those_of_all_factors(walk: LinearWalk, request: pytest.FixtureRequest) -> None:
    one_by_one = sign_regions(walk)
    request.getfixturevalue("small_leaves")
    by_field = sign_regions(walk)
    assert by_field.complete == one_by_one.complete
    assert [(z.gap, z.direction) for z in by_field.zeros] == [(z.gap, z.direction) for z in one_by_one.zeros]
    assert [n.gap for n in by_field.negative_gaps] == [n.gap for n in one_by_one.negative_gaps]
    for zero, other in zip(by_field.zeros, one_by_one.zeros, strict=True):
        mine, theirs = zero.log_distance(), other.log_distance()
        assert mine.lower <= theirs.upper
        assert theirs.lower <= mine.upper


def test_the_sign_over_many_gaps(small_leaves: None) -> None:
    walk = normal(1, 60)
    first = next(z for z in sign_regions(walk).zeros)
    inside = walk.poles[first.gap - 1]
    assert sign_on_interval(walk, walk.poles[0], inside).sign == -1
    assert sign_on_interval(walk, walk.poles[0], walk.poles[first.gap]).sign == 0


def in_two_processes(function: Any, jobs: list[Any]) -> list[Any]:
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(function, jobs))


def test_pieces_are_settled_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers give the list of one process."""
    monkeypatch.setattr(regions, "_GAPS_A_JOB", 60)
    walk = normal(1)
    start, end = walk.poles[20] + F(1, 10**9), walk.poles[-4]
    shared = sign_regions(walk, start, end, run=in_two_processes)
    assert shared == sign_regions(walk, start, end)
    assert all(zero.walk is walk for zero in shared.zeros)


@pytest.mark.parametrize("walk", [normal(4, 60), clustered(2, 60)], ids=["normal", "clusters"])
def test_a_long_list_is_certified_by_a_witness_a_gap(
    walk: LinearWalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "_MOST_FACTORS", 0)
    monkeypatch.setattr(linear, "_MOST_UNITS", 0)
    middle = walk.poles[30] + (walk.poles[31] - walk.poles[30]) / 3
    for start, end in ((F(0), None), (walk.poles[10], middle), (middle, None)):
        found = sign_regions(walk, start, end)
        entry = claim(found)
        assert entry["kind"] == "zero_count"
        assert entry["zeros"] == len(found.inside)
        assert sum(map(len, entry["witnesses"])) <= 8 * walk.size
        (verdict,) = check_document(certificate_of(walk.dataset, [entry]), Work(10**8))
        assert verdict.proved, verdict.statement
        assert f"exactly {len(found.inside)} zero" in verdict.statement


def test_a_list_of_many_zeros_is_certified_with_every_bracket(monkeypatch: pytest.MonkeyPatch) -> None:
    """More factors than the checker could look at one by one: by expansions they fit into its budget."""
    found = sign_regions(normal(5, 300), max_work=10**9)
    monkeypatch.setattr(linear, "_MOST_FACTORS", 0)
    entry = claim(found)
    assert entry["kind"] == "sign_regions" and len(entry["zeros"]) == len(found.zeros) > 200
    (verdict,) = check_document(certificate_of(found.walk.dataset, [entry]), Work(10**6))
    assert verdict.proved, verdict.statement
    assert linear.carries_brackets(found)
    assert not linear.carries_brackets(replace(found, digits=13))  # more digits need all rates at each end
    monkeypatch.setattr(linear, "_FEW_WEIGHTS", 0)
    monkeypatch.setattr(linear, "_MOST_UNITS", 1000 * (len(found.zeros) + len(found.negative_gaps)))
    assert not linear.carries_brackets(found)


def test_lists_with_a_tangency_have_no_witnesses() -> None:
    touch = LinearWalk(Dataset.from_arrays(x=["1", "4"], p=["1/3", "2/3"]))
    assert sign_regions(touch).verdict is Verdict.PROVED
    assert witnesses(sign_regions(touch)) is None
