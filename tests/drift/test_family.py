"""Two-sample families: every settled box against mpmath at many of its points, areas against counting."""

import json
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.dataset import Dataset
from catalysis.data.talk import second_example
from catalysis.drift.family import MAX_DEPTH, FamilyMap, TwoSampleFamily, family_map, sign_box
from catalysis.drift.thresholds import inflationary_share
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from proofs_check.certificate import check_certificate

ONE = Fraction(1)
UNIT = (Fraction(0), ONE)


def drift(family: TwoSampleFamily, s: Fraction, p: Fraction) -> Any:
    """G by its definition, to 50 digits; -inf at poles."""
    with mp.workdps(50):
        share = family.share
        z = family.fixed if family.fixed is not None else (2 + 2 * share) / max(ONE, s * s)  # type: ignore[operator]
        total = mp.mpf(0)
        for weight, x in ((1 - p, ONE), (p, s * s)):
            if weight:
                size = abs(1 - z * x)
                log = mp.log(mp.mpf(size.numerator) / size.denominator) if size else -mp.inf
                total += mp.mpf(weight.numerator) / weight.denominator * log
        return total


FAMILIES = [
    TwoSampleFamily(fixed=Fraction(3)),
    TwoSampleFamily(fixed=Fraction(1)),
    TwoSampleFamily(fixed=Fraction(2)),
    TwoSampleFamily(share=Fraction(1, 2)),
    TwoSampleFamily(share=Fraction(1, 100)),
]


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_a_box_has_its_sign_inside_and_at_its_border(family: TwoSampleFamily) -> None:
    found = family_map(family, (Fraction(0), Fraction(2)), UNIT, depth=5)
    assert found.boxes
    for box in found.boxes:
        for i in range(5):
            s = box.s[0] + (box.s[1] - box.s[0]) * i / 4
            for j in range(5):
                p = box.p[0] + (box.p[1] - box.p[0]) * j / 4
                assert drift(family, s, p) * box.sign > 0


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_boxes_do_not_overlap_and_areas_add_up(family: TwoSampleFamily) -> None:
    found = family_map(family, (Fraction(0), Fraction(2)), UNIT, depth=5)
    for i, one in enumerate(found.boxes):
        for other in found.boxes[:i]:
            apart_s = one.s[1] <= other.s[0] or other.s[1] <= one.s[0]
            assert apart_s or one.p[1] <= other.p[0] or other.p[1] <= one.p[0]
    assert found.area(1) + found.area(-1) + found.open_area == 2 == found.total_area


def test_the_map_is_the_finest_grid_cell_by_cell() -> None:
    family, depth = FAMILIES[0], 4
    found = family_map(family, UNIT, UNIT, depth=depth)
    areas = {1: Fraction(0), -1: Fraction(0), 0: Fraction(0)}
    n = 1 << depth
    for i in range(n):
        for j in range(n):
            s, p = (Fraction(i, n), Fraction(i + 1, n)), (Fraction(j, n), Fraction(j + 1, n))
            cell = sign_box(family, s, p)
            areas[cell.sign if cell else 0] += Fraction(1, n * n)
    assert (found.area(1), found.area(-1), found.open_area) == (areas[1], areas[-1], areas[0])


def test_the_open_area_shrinks_and_the_settled_one_grows() -> None:
    for family in FAMILIES:
        maps = [family_map(family, (Fraction(0), Fraction(3)), UNIT, depth=d) for d in (3, 5, 7)]
        for coarse, fine in pairwise(maps):
            assert fine.open_area < coarse.open_area
            assert all(fine.area(sign) >= coarse.area(sign) for sign in (1, -1))
        assert maps[-1].open_area < maps[-1].total_area / 20


def test_known_boxes() -> None:
    # at z = 3 both factors exceed 1 for s^2 > 2/3; at s^2 = 1/3 the second is 0
    family = TwoSampleFamily(fixed=Fraction(3))
    box = sign_box(family, (Fraction(1), Fraction(2)), UNIT)
    assert box is not None and box.sign == 1 and box.area == 1
    assert sign_box(family, (Fraction(1, 2), Fraction(3, 5)), (Fraction(1, 100), Fraction(1, 50))) is None
    low = sign_box(family, (Fraction(1, 2), Fraction(3, 5)), (Fraction(9, 10), ONE))
    assert low is not None and low.sign == -1
    # half the window up, both samples equal: log 2 > 0
    share = TwoSampleFamily(share=Fraction(1, 2))
    middle = sign_box(share, (Fraction(9, 10), Fraction(11, 10)), UNIT)
    assert middle is not None and middle.sign == 1


@pytest.mark.parametrize(("s", "pole"), [("1/2", 1), ("2", -1)])
def test_a_pole_inside_is_seen_where_the_corners_are_positive(s: str, pole: int) -> None:
    # tau = 1 is the limit; c = 2 + 2 tau = 16/5 has poles at s^2 = 5/16 and 16/5
    family = TwoSampleFamily(share=Fraction(3, 5))
    wide = (Fraction(1, 10), Fraction(1)) if pole > 0 else (Fraction(1), Fraction(4))
    p = (Fraction(1, 1000), Fraction(1, 500)) if pole > 0 else (Fraction(998, 1000), Fraction(999, 1000))
    assert all(drift(family, a, q) > 0 for a in wide for q in p)
    assert sign_box(family, wide, p) is None


@given(
    st.booleans(),
    st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=50),
    st.tuples(st.integers(0, 60), st.integers(1, 30)),
    st.tuples(st.integers(0, 39), st.integers(1, 20)),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_random_boxes_never_lie(
    fixed: bool, t: Fraction, s: tuple[int, int], p: tuple[int, int], inside: list[tuple[int, int]]
) -> None:
    family = TwoSampleFamily(fixed=4 * t) if fixed else TwoSampleFamily(share=t)
    low, high = Fraction(s[0], 20), Fraction(s[0] + s[1], 20)
    start, end = Fraction(p[0], 40), Fraction(min(40, p[0] + p[1]), 40)
    box = sign_box(family, (low, high), (start, end))
    if box is None:
        return
    for i, j in inside:
        a, q = low + (high - low) * i / 12, start + (end - start) * j / 12
        assert drift(family, a, q) * box.sign > 0
    document = certificate_of(None, [claim(box)])
    assert all(v.proved for v in check_certificate(json.dumps(document).encode()))


def test_every_box_of_a_map_passes_the_checker() -> None:
    for family in FAMILIES:
        found = family_map(family, (Fraction(0), Fraction(5, 2)), UNIT, depth=5)
        document = certificate_of(None, [claim(box) for box in found.boxes])
        verdicts = check_certificate(json.dumps(document).encode())
        assert len(verdicts) == len(found.boxes) and all(v.proved for v in verdicts)


def test_nothing_settled_is_undecided_and_says_so() -> None:
    found = family_map(TwoSampleFamily(fixed=Fraction(2)), (Fraction(9, 10), Fraction(11, 10)), UNIT, depth=0)
    assert found.verdict is Verdict.UNDECIDED
    assert "--depth" in found.to_json()["reason"]
    assert isinstance(found, FamilyMap) and "open 0.2" in repr(found)
    whole = family_map(TwoSampleFamily(fixed=Fraction(3)), (Fraction(1), Fraction(2)), UNIT, depth=0)
    assert whole.verdict is Verdict.PROVED and len(whole.boxes) == 1 and "reason" not in whole.to_json()


def test_progress_reaches_the_end() -> None:
    calls: list[tuple[int, int]] = []
    family_map(FAMILIES[0], UNIT, UNIT, depth=4, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (256, 256) and calls == sorted(calls)


def test_bad_input_is_one_clear_line() -> None:
    half = Fraction(1, 2)
    for make in (
        lambda: TwoSampleFamily(),
        lambda: TwoSampleFamily(ONE, half),
        lambda: TwoSampleFamily(fixed=Fraction(0)),
        lambda: TwoSampleFamily(share=ONE),
        lambda: family_map(FAMILIES[0], (ONE, ONE), UNIT),
        lambda: family_map(FAMILIES[0], (-ONE, ONE), UNIT),
        lambda: family_map(FAMILIES[0], UNIT, (half, 2 * ONE)),
        lambda: family_map(FAMILIES[0], UNIT, UNIT, depth=MAX_DEPTH + 1),
    ):
        with pytest.raises(InputError) as caught:
            make()
        assert "\n" not in str(caught.value) and ("expected" in str(caught.value))


# --- the inflationary part of the window -------------------------------------------------------------


def two(s: str, p: str) -> Dataset:
    rows = [("a", {"s": "1", "p": 1 - Fraction(p)}), ("b", {"s": s, "p": p})]
    return Dataset.from_rows("two", "1", rows)


def test_the_window_share_of_the_talks_examples() -> None:
    # one zero each, inside the window, positive above it; that of the first is (1 + 1.69)/1.69 = 269/169
    exact = inflationary_share(two("13/10", "1/2")).share
    assert exact is not None and exact.lower == exact.upper == (400 - 269) / Fraction(200)
    found = inflationary_share(second_example()).share
    assert found is not None
    with mp.workdps(40):
        p = mp.mpf("0.17")
        zero = mp.findroot(lambda z: (1 - p) * mp.log(abs(1 - z)) + p * mp.log(abs(1 - 2 * z)), 1.82)
        low, high = (mp.mpf(v.numerator) / v.denominator for v in (found.lower, found.upper))
        assert low < (2 - zero) / 1 < high and high - low < 1e-10


def test_one_sample_twice_has_the_whole_window() -> None:
    found = inflationary_share(two("1", "1/2")).share
    assert found is not None and found.lower == found.upper == 1


@given(st.integers(1, 30), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_the_window_share_against_a_count(s: int, p: int) -> None:
    family = inflationary_share(two(str(Fraction(s, 10)), str(Fraction(p, 10)))).share
    assert family is not None
    x = max(1.0, (s / 10) ** 2)
    grid = [2 / x + 2 / x * (k + 0.5) / 2000 for k in range(2000)]
    values = [drift(TwoSampleFamily(fixed=Fraction(z)), Fraction(s, 10), Fraction(p, 10)) for z in grid[::10]]
    counted = sum(value > 0 for value in values) / len(values)
    assert abs(counted - float(family.midpoint)) < 4 / len(values) + 1e-9
