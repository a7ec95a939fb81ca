"""Refusals and guards at the edges of the spike rules, and what a level below one step does."""

from fractions import Fraction
from typing import Any

import pytest
from checker.spikes import test_grid, test_spike
from kit.good_certificates import TALK

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.spikes import cells
from proofs_check.spikes.cells import Ladder
from proofs_check.spikes.grid import MOST_TABLE_CHARACTERS, _read_table
from proofs_check.spikes.walk import Walk, _Replay, count_walk

F = Fraction
ONE = F(1)
FAIR = Walk((F(2), F(1, 2)), (F(1, 4), F(3, 4)), F(8), 1)


def replay(walk: Walk = FAIR, theta: Fraction = ONE) -> _Replay:
    return _Replay(walk, (theta, theta + 1), 96, Work())


def test_bounds_that_reach_one_or_zero() -> None:
    assert test_spike.accepted(test_spike.changed("lundberg", upper="1"))
    assert "do not lie inside" in test_spike.refusal(test_spike.changed("lundberg", lower="0", upper="0"))


def test_a_level_that_the_first_step_reaches() -> None:
    """TALK at 1.42: the larger factor 1.4 is above the level 1.2, with probability 1/2."""
    document = test_grid.trivial(TALK, "1.42", "1.2")
    assert test_grid.accepted(document)
    document["claims"][0] |= {"lower": "1/2", "upper": "1"}
    assert test_grid.accepted(document)
    document["claims"][0] |= {"lower": "1/4", "upper": "1/2"}
    assert "does not prove upper" in test_grid.refusal(document)


def test_walks_of_very_many_factors_are_refused() -> None:
    count = (1 << 15) + 1
    walk = Walk(tuple([F(2)] * count), tuple([F(1, count)] * count), F(8), 1)
    with pytest.raises(Refused, match="too many factors"):
        Ladder(walk, 1, Work(), 1024)


def test_a_step_that_may_end_in_two_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ladder, "floor", lambda *_: (3, 4))
    with pytest.raises(Refused, match="too close to a point of the grid"):
        assert Ladder(FAIR, 6, Work(), 1024).shifts


def test_a_table_of_too_many_characters_is_refused() -> None:
    table = {"tilt": "1", "bits": 20, "values": ["0" * (MOST_TABLE_CHARACTERS + 1)]}
    with pytest.raises(Refused, match="values is too long"):
        _read_table(table, "above", 1, 4, Work())


def test_packing_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells.sys, "byteorder", "big")
    numbers = [0, 1, (1 << 128) - 1, 12345]
    assert cells.unpacked(cells.packed(numbers, 2), 4, 2) == numbers


def test_a_tilt_far_beyond_the_exponent_is_refused() -> None:
    with pytest.raises(Refused, match="tilted weight is too large"):
        count_walk(FAIR, (F(10**6), F(10**7)), 3, F(0), 96, Work())


def test_rows_that_do_not_touch_are_joined() -> None:
    rows: dict[Any, Any] = {(): (0, [1, 2])}
    replay()._add(rows, (), (4, [5]))
    assert rows == {(): (0, [1, 2, 0, 0, 5])}


def test_counts_without_mass_cross_without_a_trace() -> None:
    walk = replay()
    walk._keep(
        4, (), 3, [0, 0], 0
    )  # three and four factors of two in four steps: 2^2 is alive, 2^4 has crossed
    assert walk.crossed_hi == 0
    walk._keep(4, (), 3, [0, 7], 0)
    assert walk.crossed_hi > 0


def test_powers_that_are_too_long_are_refused() -> None:
    with pytest.raises(Refused, match="too large powers"):
        replay()._reaches([10**6, 0])


def test_crossings_that_weigh_too_much_are_refused() -> None:
    walk = replay(Walk(FAIR.factors, FAIR.weights, F(2) ** 100_000, 1))
    with pytest.raises(Refused, match="weighs too much"):
        walk._cross([0, 0], 1)
