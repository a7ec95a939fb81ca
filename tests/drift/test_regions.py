"""Zeros and sign regions: nothing lost, every label true, at any precision, and all of it re-proved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath as mp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kit import EXAMPLES
from kit.core_data import refused, walk_of, walks
from kit.drift_oracle import Place, Root, Scan, real

from catalysis.certificate.document import NotCertifiable, claim
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole, compare
from catalysis.drift.regions import SignRegions, Zero, sign_regions
from catalysis.drift.search_few import Proposal
from catalysis.drift.search_floats import propose
from catalysis.drift.tangency import coprime_base, exact_zero_base, find_tangency
from catalysis.drift.writing import written
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Verdict


def unhurried(max_examples: int) -> settings:
    """So many examples, each as long as it takes; the same ones every time."""
    return settings(
        max_examples=max_examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


TOUCH = walk_of((1, 1), (4, 2))
SURDS = walk_of((2, 2), (3, 1), (5, 1), (30, 2), eta="1/30")  # double zeros at 8 +- sqrt(19)
RARE = walk_of((1, 1), (4, 499), (9, 500))


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(50):
        yield


def scan_of(walk: LinearWalk) -> Scan:
    return Scan(list(zip(walk.rates, walk.weights, strict=True)))


def holds(zero: Zero, root: Root) -> bool:
    """Does the bracket hold the root of the oracle? Compared where no digits are lost."""
    place = root.place
    if isinstance(zero.lower, NearPole) and isinstance(zero.upper, NearPole):
        low, high = sorted((zero.lower.t, zero.upper.t))
        same = (place.index, place.side) == (zero.lower.index, zero.lower.side)
        return bool(same and real(low) < place.t < real(high))
    assert isinstance(zero.lower, Fraction) and isinstance(zero.upper, Fraction)
    pole = zero.walk.poles[place.index]
    low, high = sorted((place.side * (zero.lower - pole), place.side * (zero.upper - pole)))
    return bool(real(low) < mp.exp(-place.t) < real(high))


def agree(found: SignRegions) -> None:
    """Claim 1: no zero lost in a decided gap. Claim 2: every label true."""
    walk, scan = found.walk, scan_of(found.walk)
    open_gaps = {u.gap for u in found.undecided}
    for gap in range(1, walk.size + 1):
        zeros = [zero for zero in found.zeros if zero.gap == gap]
        if gap in open_gaps:
            assert not zeros
            continue
        roots = scan.gap(gap)
        assert [zero.direction for zero in zeros] == [root.direction for root in roots], gap
        assert all(holds(zero, root) for zero, root in zip(zeros, roots, strict=True)), gap
        for zero, root in zip(zeros, roots, strict=True):
            assert zero.nearest_pole() == (root.place.index, root.place.side)
            distance = zero.log_distance()
            assert real(distance.lower) <= -root.place.t <= real(distance.upper)


@unhurried(6)
@given(walks(largest=12), st.sampled_from([12, 12, 1, 2, 5, 20, 40]))
@example(walk_of((1, 1), ("1.000000000001", 1), ("1.000000000003", 5)), 1)
def test_no_zero_is_lost_and_every_label_is_true(walk: LinearWalk, digits: int) -> None:
    found = sign_regions(walk, digits=digits)
    assert found.complete
    agree(found)
    assert not refused(found)


@pytest.mark.slow
@unhurried(80)
@given(walks(), st.sampled_from([12, 12, 1, 2, 5, 20, 40]))
def test_no_zero_is_lost_in_many_large_data_sets(walk: LinearWalk, digits: int) -> None:
    found = sign_regions(walk, digits=digits)
    assert found.complete
    agree(found)
    assert not refused(found)


@pytest.mark.slow
@unhurried(25)
@given(walks(largest=8), st.integers(2, 200), st.sampled_from([1, 5, 12, 30]))
@example(walk_of((1, 1), (2, 3), ("2.001", 1)), 2, 12)
@example(walk_of((1, 1), (4, 2)), 8, 1)
def test_few_bits_never_make_a_false_claim(walk: LinearWalk, max_bits: int, digits: int) -> None:
    found = sign_regions(walk, max_bits=max_bits, digits=digits)
    agree(found)
    if found.complete:
        assert not refused(found)
    else:
        assert found.verdict is Verdict.UNDECIDED
        assert found.regions == ()
        assert all(str(max_bits) in u.reason and "--max-bits" in u.reason for u in found.undecided)
        with pytest.raises(NotCertifiable, match="max-bits"):
            claim(found)


@unhurried(25)
@given(walks(largest=6), st.data())
def test_the_regions_of_an_interval_have_the_signs_they_claim(walk: LinearWalk, data: st.DataObject) -> None:
    """Ends anywhere: between, at poles, at exact zeros, between a zero and its pole."""
    whole = sign_regions(walk)
    places = [Fraction(0), *walk.poles, *(p / 2 for p in walk.poles), 3 * walk.poles[-1]]
    places += [z.exact for z in whole.zeros if z.exact is not None]
    places += [end for z in whole.zeros for end in (z.lower, z.upper) if isinstance(end, Fraction)]
    places += [z.enclosure().midpoint for z in whole.zeros]
    start = data.draw(st.sampled_from(places))
    above = [place for place in places if place > start]
    end = data.draw(st.sampled_from([None, *above])) if above else None
    found = sign_regions(walk, start, end)
    assert found.complete
    agree_on_interval(found)
    assert not refused(found)


def agree_on_interval(found: SignRegions) -> None:
    """Order, adjacency and the sign at places inside each region, in 50 digits."""
    scan = scan_of(found.walk)
    regions = found.regions
    assert (regions[0].start, regions[-1].end) == (found.start, found.end)
    assert all(left.end is right.start for left, right in pairwise(regions))
    assert [r.end for r in regions[:-1]] == list(found.inside)
    for region in regions:
        low, high = upper_end(region.start), lower_end(region.end)
        if high is None:
            high = 2 * max(low, found.walk.poles[-1])
        for share in (Fraction(1, 1000), Fraction(1, 3), Fraction(999, 1000)):
            at = low + share * (high - low)
            if low < at < high and at not in found.walk.pole_set:
                assert mp.sign(scan.drift(at)) == region.sign


def upper_end(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else value.enclosure(60).upper


def lower_end(value: Any) -> Fraction | None:
    return value if value is None or isinstance(value, Fraction) else value.enclosure(60).lower


# --- tangencies ----------------------------------------------------------------------------------------


def test_a_rational_tangency_is_exact() -> None:
    found = sign_regions(TOUCH)
    assert [(z.kind, z.exact) for z in found.zeros] == [("tangency", Fraction(3, 4)), ("crossing", None)]
    assert [r.sign for r in found.regions] == [-1, -1, 1]
    assert found.to_json()["zeros"][0]["exact"] == "0.75"
    agree(found)
    assert not refused(found)


def test_irrational_tangencies_are_decided_by_algebra() -> None:
    found = sign_regions(SURDS)
    assert [z.kind for z in found.zeros] == ["tangency", "tangency", "crossing"]
    for zero, root in zip(found.zeros, (8 - mp.sqrt(19), 8 + mp.sqrt(19)), strict=False):
        assert zero.polynomial == (45, -16, 1)
        bounds = zero.enclosure()
        assert real(bounds.lower) < root < real(bounds.upper)
        assert bounds.width < Fraction(1, 10**9)
    assert "exact" not in found.to_json()["zeros"][0]
    assert not refused(found)


def test_an_algebra_beyond_the_limit_stays_undecided_and_says_so() -> None:
    found = sign_regions(SURDS, max_degree=2, max_bits=512)
    assert not found.complete and len(found.undecided) == 2
    assert "degree 3, the limit is 2" in found.undecided[0].reason
    assert "--max-degree" in found.undecided[0].reason
    document = found.to_json()
    assert document["verdict"] == "undecided"
    assert document["complete"] is False and document["regions"] is None
    assert [(u["from"], u["to"]) for u in document["undecided"]] == [("1", "6"), ("10", "15")]


@pytest.mark.parametrize("change", ["1e-30", "-1e-30", "1e-60", "-1e-60"])
def test_a_near_tangency_is_two_crossings_or_none(change: str) -> None:
    """p moved by 1e-30: the maximum is about 1e-30 away from zero, on one side or the other."""
    p = Fraction(1, 3) + Fraction(change)
    walk = walk_of((1, p), (4, 1 - p))
    with mp.workdps(150):
        found = sign_regions(walk)
        assert found.complete
        agree(found)
    assert len(found.zeros) == (3 if p < Fraction(1, 3) else 1)
    assert not refused(found)


def test_a_near_tangency_is_not_decided_by_too_few_bits() -> None:
    p = Fraction(1, 3) + Fraction("1e-60")
    found = sign_regions(walk_of((1, p), (4, 1 - p)), max_bits=100)
    assert not found.complete
    assert "it is not a tangency" in found.undecided[0].reason


@pytest.mark.parametrize("end", ["from", "to"])
def test_an_interval_that_ends_at_a_tangency(end: str) -> None:
    at = Fraction(3, 4)
    found = sign_regions(TOUCH, at, None) if end == "from" else sign_regions(TOUCH, Fraction(0), at)
    assert found.zeros[0].exact == at and at not in [z.exact for z in found.inside]
    assert found.regions[0].sign == -1
    assert not refused(found)


def test_an_end_beside_an_irrational_tangency() -> None:
    root = 8 - mp.sqrt(19)
    end = Fraction(int(mp.floor(root * 10**30)), 10**30)
    found = sign_regions(SURDS, Fraction(2), end)
    assert found.complete and found.inside == ()
    beyond = sign_regions(SURDS, Fraction(2), end + Fraction(1, 10**30))
    assert [z.kind for z in beyond.inside] == ["tangency"]
    assert not refused(found) and not refused(beyond)


@given(st.lists(st.integers(1, 10**12), max_size=8))
def test_a_coprime_base_is_coprime_and_generates(numbers: list[int]) -> None:
    base = coprime_base(numbers)
    assert all(mp.libmp.gcd(a, b) == 1 for i, a in enumerate(base) for b in base[i + 1 :])
    for number in numbers:
        for b in base:
            while number % b == 0:
                number //= b
        assert number == 1


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 40))
def test_an_exact_zero_is_recognised_exactly(k1: int, k2: int, a: int, b: int) -> None:
    """Against the power written out: prod |1 - lambda xi|^k = 1."""
    walk, at = walk_of((1, k1), (4, k2)), Fraction(a, b)
    product = abs(1 - at) ** walk.integer_weights[1] * abs(1 - 4 * at) ** walk.integer_weights[0]
    assert (exact_zero_base(walk, at) is not None) == (product == 1)


def test_only_the_touching_gap_is_called_a_tangency() -> None:
    assert find_tangency(walk_of((1, 1), (4, 3)), 1) is None
    assert [find_tangency(SURDS, gap) is None for gap in (1, 2, 3)] == [False, True, False]


# --- hard places ---------------------------------------------------------------------------------------


def test_zeros_1e_690_from_a_pole() -> None:
    """The two zeros around lambda = 1 solve d = 3^-499 8^-500 up to a relative 1e-689."""
    found = sign_regions(LinearWalk(load_dataset(EXAMPLES / "rare.toml")))
    log_distance = -(499 * mp.log(3) + 500 * mp.log(8))
    beside = [z for z in found.zeros if isinstance(z.lower, NearPole)]
    assert [(z.lower.side, z.direction) for z in beside if isinstance(z.lower, NearPole)] == [
        (-1, -1),
        (1, 1),
    ]
    for zero in beside:
        bounds = zero.log_distance()
        assert real(bounds.lower) < log_distance < real(bounds.upper)
        assert bounds.width < Fraction(1, 10**7)
        (entry,) = (one.entry() for one in written((zero,), 12))
        low, high = Fraction(entry["lower"]), Fraction(entry["upper"])
        assert (low < 1 and high < 1) if entry["side"] == "below" else (low > 1 and high > 1)
    agree(found)
    assert not refused(found)


@pytest.mark.parametrize("digits", [12, 40, 300])
@pytest.mark.parametrize("name", ["rare", "far", "twins", "touching"])
def test_regions_are_written_apart(name: str, digits: int) -> None:
    """Digits as asked, and no two neighbours share a bracket: 1e-690 and exp(-16000) from a pole, 1e-50 apart."""
    small = Fraction(1, 10**100)
    walk = {
        "rare": RARE,
        "far": walk_of((1, 1), (4, 4999), (9, 5000)),
        "twins": walk_of((1, Fraction(1, 3) - small), (4, Fraction(2, 3) + small)),
        "touching": TOUCH,
    }[name]
    found = sign_regions(walk, digits=digits)
    document = found.fields()
    assert document["digits"] == digits and found.complete
    ends = [end for region in document["regions"] for end in (region["from"], region["to"])]
    assert ends[1:-1:2] == ends[2::2] and len({json.dumps(end) for end in ends}) == len(ends) // 2 + 1
    cuts = [end for end in ends[1:-1:2] if isinstance(end, dict) and "upper" in end]
    assert all(Fraction(a["upper"]) < Fraction(b["lower"]) for a, b in pairwise(cuts))
    for zero, entry in zip(found.inside, document["zeros"], strict=True):
        shown, bounds = Enclosure(Fraction(entry["lower"]), Fraction(entry["upper"])), zero.enclosure(digits)
        assert shown.lower <= bounds.lower and bounds.upper <= shown.upper
        if zero.exact is None and not isinstance(zero.lower, NearPole):
            assert shown.width < shown.upper / 10 ** (digits - 4)
        log = entry["log_distance"]
        finer = zero.log_distance(digits + 200)
        assert Fraction(log["lower"]) <= finer.lower and finer.upper <= Fraction(log["upper"])
        if isinstance(zero.lower, NearPole):
            assert Fraction(log["upper"]) - Fraction(log["lower"]) < abs(Fraction(log["upper"])) / 10 ** (
                digits - 4
            )


@pytest.mark.parametrize("t", [100, 10**6])
@pytest.mark.parametrize("side", [-1, 1])
def test_two_zeros_beside_one_pole_have_log_distances_apart(side: int, t: int) -> None:
    """1e-40 apart in t: as decimals off the pole where they can, and apart by the log-distance always."""

    def place(k: int) -> NearPole:
        return NearPole(1, Fraction(1), side, t - side * Fraction(k, 10**40))

    first, second = (Zero(TOUCH, 1 if side < 0 else 2, 1, place(k), place(k + 1)) for k in (0, 2))
    one, other = written((first, second), 12)
    assert one.placed == other.placed == (t == 100)
    assert one.end() != other.end()
    logs = sorted(((one.log, other.log)), key=lambda shown: Fraction(shown.lower))
    assert Fraction(logs[0].upper) < Fraction(logs[1].lower)
    assert Fraction(one.log.lower) <= first.log_distance().lower <= Fraction(one.log.upper)


def test_an_end_between_a_zero_and_its_pole_is_on_the_right_side() -> None:
    """The zero is 1e-690 above the pole; the end 1e-700 or 1e-680 above it."""
    near, far = 1 + Fraction(1, 10**700), 1 + Fraction(1, 10**680)
    assert len(sign_regions(RARE, Fraction(1), near).inside) == 0
    assert len(sign_regions(RARE, Fraction(1), far).inside) == 1
    assert [r.sign for r in sign_regions(RARE, near, far).regions] == [-1, 1]
    assert not refused(sign_regions(RARE, near, far))


def test_an_end_between_a_pole_and_a_zero_that_no_decimal_can_reach() -> None:
    """Weight 1e-4: the zero is exp(-15878) away; ends at 10^-3000 beyond it, and the midpoint says nothing."""
    walk = walk_of((1, 1), (4, 4999), (9, 5000))
    end = 1 + Fraction(1, 2**6000)
    found = sign_regions(walk, Fraction(1), end)
    assert len(found.inside) == 1 and [r.sign for r in found.regions] == [-1, 1]
    assert not refused(found)


def test_a_huge_distance_ratio_is_written_by_its_logarithm() -> None:
    """A weight of 1e-6 puts zeros exp(-1.6e6) from a pole: no digits, but a proved log-distance."""
    found = sign_regions(walk_of((1, 1), (4, 499_999), (9, 500_000)))
    beside = [z for z in found.zeros if isinstance(z.lower, NearPole)]
    assert len(beside) == 2
    goal = -(499_999 * mp.log(3) + 500_000 * mp.log(8))
    for zero in beside:
        assert real(zero.log_distance().lower) < goal < real(zero.log_distance().upper)
        (shown,) = written((zero,), 12)
        assert not shown.placed and json.loads(json.dumps(shown.end())) == shown.end()
    assert not refused(found)


@pytest.mark.parametrize("eta", ["1e400", "1e-400", "1e3000", "1e-3000"])
def test_learning_rates_outside_the_range_of_doubles(eta: str) -> None:
    found = sign_regions(walk_of((1, 1), (3, 9), eta=eta))
    usual = sign_regions(walk_of((1, 1), (3, 9)))
    assert found.complete and len(found.zeros) == len(usual.zeros) == 3
    for zero, other in zip(found.zeros, usual.zeros, strict=True):
        scaled, bounds = zero.enclosure(), other.enclosure()
        assert scaled.lower * Fraction(eta) < bounds.upper
        assert bounds.lower < scaled.upper * Fraction(eta)
    assert not refused(found)


@pytest.mark.slow
def test_weights_outside_the_range_of_doubles() -> None:
    p = Fraction(1, 10**400)
    found = sign_regions(walk_of((1, p), (3, 1 - p)))
    assert found.complete
    scan = scan_of(found.walk)
    assert [z.direction for z in found.zeros] == [1, -1, 1]
    with mp.workdps(500):
        for zero in found.zeros[1:]:  # both beside the pole of the rare sample
            for end, sign in ((zero.lower, -zero.direction), (zero.upper, zero.direction)):
                assert isinstance(end, NearPole)
                assert mp.sign(scan.near(Place(end.index, end.side, real(end.t)))) == sign
    assert not refused(found)


@pytest.mark.slow
def test_poles_that_doubles_cannot_tell_apart() -> None:
    x = Fraction(1) + Fraction(1, 10**200)
    found = sign_regions(walk_of((1, 1), (x, 1), (5, 3)))
    assert found.complete
    with mp.workdps(300):
        agree(found)
    assert not refused(found)


def test_one_sample_has_one_zero() -> None:
    found = sign_regions(walk_of(("1.69", 1)))
    assert [z.exact for z in found.zeros] == [Fraction(2) / Fraction("1.69")]
    assert [r.sign for r in found.regions] == [-1, 1]
    assert not refused(found)


def test_one_moving_sample_with_idle_steps() -> None:
    found = sign_regions(walk_of((0, 3), (2, 1)))
    assert [z.exact for z in found.zeros] == [Fraction(1)]
    assert not refused(found)


@pytest.mark.slow
def test_a_thousand_equal_weights() -> None:
    walk = walk_of(*((Fraction(k * k + 1000, 10**6), 1) for k in range(1, 1001)))
    done: list[tuple[int, int]] = []
    found = sign_regions(walk, progress=lambda a, b: done.append((a, b)))
    assert found.complete and done[-1] == (1000, 1000)
    scan = scan_of(walk)
    with mp.workdps(20):
        for gap in (500, 999, 1000):
            assert [z.direction for z in found.zeros if z.gap == gap] == [r.direction for r in scan.gap(gap)]


@pytest.mark.parametrize("name", ["talk-1.toml", "talk-2.toml", "three-changes.toml", "michelson.csv"])
def test_every_example_is_complete(name: str) -> None:
    found = sign_regions(LinearWalk(load_dataset(EXAMPLES / name)))
    assert found.complete
    agree(found)
    assert not refused(found)


# --- the interval, the bracket, the input --------------------------------------------------------------


def test_an_interval_below_the_first_pole_is_negative() -> None:
    found = sign_regions(TOUCH, Fraction(1, 100), Fraction(1, 5))
    assert found.complete and found.zeros == () and [r.sign for r in found.regions] == [-1]
    assert not refused(found)


@pytest.mark.parametrize(("start", "end"), [("1/4", "1"), ("1", "2"), ("1/4", "1/2"), ("1/10", "1/4")])
def test_intervals_that_end_at_poles(start: str, end: str) -> None:
    found = sign_regions(TOUCH, Fraction(start), Fraction(end))
    assert found.complete
    agree_on_interval(found)
    assert not refused(found)


def test_an_end_far_closer_to_a_zero_than_its_bracket() -> None:
    walk = walk_of((1, 1), (3, 9))
    (root,) = [r for r in scan_of(walk).zeros() if r.gap == 2]
    with mp.workdps(120):
        (root,) = scan_of(walk).gap(2)
        end = Fraction(int(mp.floor(scan_of(walk).where(root.place) * mp.mpf(10) ** 80)), 10**80)
    assert sign_regions(walk, Fraction(1), end).inside == ()
    assert len(sign_regions(walk, Fraction(1), end + Fraction(1, 10**80)).inside) == 1
    assert not refused(sign_regions(walk, Fraction(1), end))


def test_an_end_too_close_to_a_zero_for_the_bits_allowed() -> None:
    walk = walk_of((1, 1), (3, 9))
    with mp.workdps(120):
        (root,) = scan_of(walk).gap(2)
        end = Fraction(int(mp.floor(scan_of(walk).where(root.place) * mp.mpf(10) ** 80)), 10**80)
    found = sign_regions(walk, Fraction(1), end, max_bits=128)
    assert not found.complete
    assert "128 bits do not tell a zero from the end" in found.undecided[0].reason


@pytest.mark.parametrize("digits", [1, 3, 12, 50, 300])
def test_brackets_are_as_narrow_as_asked(digits: int) -> None:
    for zero in sign_regions(walk_of((1, 1), (3, 9)), digits=digits).zeros:
        bounds = zero.enclosure(digits + 20)
        assert bounds.width <= bounds.upper * Fraction(4, 10 ** (digits - 1))


@pytest.mark.parametrize(("start", "end"), [(-1, None), (1, 1), (2, 1)])
def test_bad_intervals_are_refused(start: int, end: int | None) -> None:
    with pytest.raises(InputError, match="interval"):
        sign_regions(TOUCH, Fraction(start), None if end is None else Fraction(end))


def test_positions_are_compared_however_close_the_pole() -> None:
    place = NearPole(0, Fraction(1), 1, Fraction(5000))
    assert compare(place, 1 + Fraction(1, 2**7300), 64) == 1
    assert compare(place, 1 + Fraction(1, 2**7000), 64) == -1
    assert compare(place, Fraction(1), 64) == 1
    below = replace(place, side=-1)
    assert compare(below, 1 - Fraction(1, 2**7300), 64) == -1
    assert compare(below, 1 - Fraction(1, 2**7000), 64) == 1
    assert compare(below, Fraction(2), 64) == -1
    assert compare(NearPole(0, Fraction(1), 1, Fraction(0)), Fraction(2), 64) == 0
    assert compare(place, 1 + Fraction(1, 2**7213), 2) is None


def test_the_oracle_itself() -> None:
    """Its zeros against mpmath's root finder, where that works."""
    scan = Scan([(Fraction(1), Fraction(1, 10)), (Fraction(3), Fraction(9, 10))])
    for root in scan.zeros():
        at = scan.where(root.place)
        goal = mp.findroot(lambda z: mp.log(abs(1 - z)) / 10 + 9 * mp.log(abs(1 - 3 * z)) / 10, at)
        assert abs(goal - at) < mp.mpf(10) ** -45
    at = 1 / real(Fraction(3)) + mp.exp(-3)
    direct = mp.log(1 - at) / 10 + 9 * mp.log(3 * at - 1) / 10
    assert abs(scan.near(Place(0, 1, mp.mpf(3))) - direct) < mp.mpf(10) ** -45


@pytest.mark.parametrize("change", ["none", "moved", "swapped", "missing"])
@pytest.mark.parametrize("walk", [walk_of((1, 1), (3, 9)), RARE, TOUCH])
def test_wrong_proposals_never_make_a_false_claim(
    walk: LinearWalk, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search is not believed: no proposal, zeros moved or in the wrong order, zeros left out."""

    def spoilt(walk: LinearWalk, gaps: range, field: None) -> Iterator[Proposal | None]:
        for proposal in propose(walk, gaps, field):
            if proposal is None or change == "none":
                yield None
            elif change == "moved":
                zeros = tuple(replace(z, t=z.t + Fraction(1, 10)) for z in proposal.zeros)
                yield replace(proposal, zeros=zeros)
            elif change == "swapped":
                yield replace(proposal, zeros=proposal.zeros[::-1])
            else:
                yield replace(proposal, zeros=()) if proposal.top is not None else None

    monkeypatch.setattr("catalysis.drift.regions.propose", spoilt)
    found = sign_regions(walk)
    assert found.complete
    agree(found)
    assert not refused(found)


@unhurried(40)
@given(walks(largest=12))
def test_both_searches_see_the_same(walk: LinearWalk) -> None:
    """With arrays and without: the same zeros beside the same poles, to the digits that doubles give."""
    gaps = range(1, walk.size + 1)
    with pytest.MonkeyPatch.context() as patch:
        few = list(propose(walk, gaps))
        patch.setattr("catalysis.drift.search_floats._FEW", 0)
        many = list(propose(walk, gaps))
    for one, other in zip(few, many, strict=True):
        if one is None or other is None:
            continue
        assert [(z.index, z.side) for z in one.zeros] == [(z.index, z.side) for z in other.zeros]
        assert all(
            abs(a.t - b.t) < Fraction(1, 10**7) * (1 + abs(a.t))
            for a, b in zip(one.zeros, other.zeros, strict=True)
        )
    assert sum(p is None for p in few) <= sum(p is None for p in many) + 1
