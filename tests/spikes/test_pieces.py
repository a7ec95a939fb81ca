"""Steps back from the level and tables of straight pieces: bounds that hold the truth, as close as asked."""

from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.spike_oracle import hitting, real

import catalysis.spikes.steps_back as steps_back
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.carried import carried_by_pieces
from catalysis.spikes.cells import OnTheEdge, Ruler
from catalysis.spikes.counts import count_walk_bounds
from catalysis.spikes.grid import grid_bounds
from catalysis.spikes.pieces import kernel_of
from catalysis.spikes.pieces_bounds import Fineness, pieces_bounds
from catalysis.spikes.probability import hitting_bounds
from catalysis.spikes.steps_back import Layout, StepsBack

F = Fraction
THREE = StepFactors.from_pairs([(F(8, 5), F(1, 3)), (F(4, 5), F(1, 3)), (F(1, 5), F(1, 3))])
FIVE = StepFactors.from_pairs(
    [(F(7, 5), F(1, 5)), (F(4, 3), F(1, 5)), (F(3, 4), F(1, 5)), (F(1, 2), F(1, 5)), (F(1, 9), F(1, 5))]
)
COARSE = (Fineness(24, 240, 3, 3, "1/20"),)


def share(enclosure: Enclosure) -> Fraction:
    return enclosure.width / enclosure.lower


def test_three_factors_agree_with_the_walk_over_counts() -> None:
    counted = count_walk_bounds(THREE, F(100), digits=7).enclosure
    assert counted is not None
    found = pieces_bounds(THREE, F(100), relative_width=F(1, 10**4))
    assert found.limited_by is None and found.width is not None and found.width <= F(1, 10**4)
    assert found.lower <= counted.lower and counted.upper <= found.upper


@pytest.mark.slow
def test_five_factors_come_to_tables_of_pieces() -> None:
    found = hitting_bounds(FIVE, F(1000), digits=3, max_work=10**8)
    assert found.method == "pieces" and found.limited_by is None and found.enclosure is not None
    assert share(found.enclosure) <= F(1, 10**3)
    rough = grid_bounds(FIVE, F(1000), relative_width=F(1, 20))
    assert rough.lower <= found.enclosure.upper and found.enclosure.lower <= rough.upper


def test_many_factors_agree_with_cells() -> None:
    factors = [(abs(1 - F(n * n, 2000)), F(1, 60)) for n in range(10, 70)]
    steps = StepFactors.from_pairs(factors)
    one = grid_bounds(steps, F(10**4), relative_width=F(1, 20))
    other = pieces_bounds(steps, F(10**4), relative_width=F(1, 20))
    assert other.limited_by is None
    assert max(one.lower, other.lower) <= min(one.upper, other.upper)


def test_small_exponents_settle() -> None:
    """theta = 0.0167: a climb of some ten thousand steps."""
    walk = StepFactors.from_pairs([(F(16871, 10000), F(1, 2)), (F(59, 100), F(1, 2))])
    found = pieces_bounds(walk, F(1000), relative_width=F(1, 500))
    assert found.limited_by is None


def truth(steps: StepFactors, level: Fraction) -> tuple[Any, Any]:
    pairs = [(r * r, p) for r, p in zip(steps.factors, steps.weights, strict=True)]
    return hitting([*pairs, (F(0), steps.dead), (F(1), steps.idle)], level * level, 24)


@settings(deadline=None, max_examples=4)
@given(
    st.lists(st.fractions(F(1, 10), F(19, 10), max_denominator=10), min_size=2, max_size=3, unique=True),
    st.fractions(F(7, 6), 20, max_denominator=6),
)
def test_random_walks(rs: list[Fraction], level: Fraction) -> None:
    factors = [r for r in rs if r != 1]
    pairs = [(r, F(1, 2 * len(rs))) for r in rs] + [(F(1, 3), F(1, 4)), (F(0), F(1, 4))]
    steps = StepFactors.from_pairs(pairs)
    if not factors or max(factors) <= 1:
        return
    exponent = steps.exponent().enclosure
    if exponent is None or exponent.lower < F(1, 5):
        return
    with mp.workdps(40):
        low, high = truth(steps, level)
        found = pieces_bounds(steps, level, finenesses=COARSE)
        assert real(found.lower) <= high and low <= real(found.upper)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(InputError, match="relative_width"):
        pieces_bounds(THREE, F(5), relative_width=F(0))
    with pytest.raises(InputError, match="deflationary"):
        pieces_bounds(StepFactors.from_pairs([(F(3), F(1, 2)), (F(1, 2), F(1, 2))]), F(5))


def test_what_limits_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pieces_bounds(THREE, F(5), relative_width=F(1, 10**6), finenesses=COARSE)
    assert found.limited_by is not None and "not fine enough" in found.limited_by and found.lower > 0
    twice = pieces_bounds(THREE, F(5), relative_width=F(1, 10**6), finenesses=COARSE * 3)
    assert twice.limited_by is not None and "gain too little" in twice.limited_by
    monkeypatch.setattr(steps_back, "MOST_PATHS", 3)
    nothing = pieces_bounds(THREE, F(5), finenesses=(Fineness(24, 240, 3, 3, "1/1000"),))
    assert nothing.width is None and nothing.limited_by == "too many single paths lead back from the level"


def test_a_step_near_a_point_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    back = StepsBack(Ruler(THREE, F(5)), 1, F(1), Layout(4, 4, 1, 1, F(1)))
    monkeypatch.setattr(Ruler, "place", lambda *_: Enclosure(F(99, 100), F(101, 100)))
    with pytest.raises(OnTheEdge):
        kernel_of(back, 10)


@pytest.mark.parametrize("side", [1, -1])
def test_a_source_is_bounded_at_every_fine_place(side: int) -> None:
    """SG9 by brute force: the linear majorant (minorant) against the sum of steps, between the fine points as well."""
    tilt, layout = F(1, 2), Layout(5, 6, 2, 2, F(1, 4))
    back = StepsBack(Ruler(FIVE, F(5)), side, tilt, layout)
    eta = float(np.log(1.4)) / layout.fine_per_step
    masses = back._followed[1]
    line = np.append(back.source, [0.0])
    for y in np.linspace(1e-9, (layout.source_cells + 0.5) * layout.fine, 4001):
        ahead = np.arange(len(masses)) >= y
        exact = float((masses * np.exp(-0.5 * eta * (np.arange(len(masses)) - y)))[ahead].sum())
        k, part = divmod(y / layout.fine, 1)
        bound = line[int(k)] * (1 - part) + line[min(int(k) + 1, len(line) - 1)] * part
        assert side * (bound - exact) >= -1e-12


def test_the_work_is_limited() -> None:
    found = pieces_bounds(THREE, F(100), relative_width=F(1, 10**4), max_work=10**6)
    assert found.above is None and found.limited_by == "more products than the work allows would be needed"


def test_an_exponent_too_large_for_the_points_is_no_error() -> None:
    e = F(1, 10**80)
    pairs = [(F(2), e), (F(3, 2), 3 * e), (F(4, 5), F(1, 3)), (F(3, 5), F(1, 3)), (F(1, 7), F(1, 3) - 4 * e)]
    found = pieces_bounds(StepFactors.from_pairs(pairs), F(10), finenesses=COARSE)
    assert found.above is None and found.limited_by is not None and "too far apart" in found.limited_by


def test_what_is_carried_leaves_room_on_both_sides() -> None:
    """The checker rounds otherwise: by up to 4e-8 on coarse points."""
    found = pieces_bounds(THREE, F(100), finenesses=COARSE)
    carried = carried_by_pieces(found)
    assert carried is not None and found.room >= F(1, 10**9)
    assert carried.enclosure.lower <= found.lower * (1 - found.room)
    assert carried.enclosure.upper >= min(F(1), found.upper * (1 + found.room))
