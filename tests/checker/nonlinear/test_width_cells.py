"""The conditions of W6 and W7 in single cells of arbitrary tables, for many laws, against the functions themselves.

Whatever the entries: at every state of a cell the numbers of the checker lie above (below) what one step gives.
"""

from fractions import Fraction
from itertools import product
from math import inf
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.core.budget import Work
from proofs_check.core.law import Case, Law
from proofs_check.core.reading import Refused
from proofs_check.nonlinear.width_cells import KNOTS, ONE, PREC, PlainCells, Powers
from proofs_check.nonlinear.width_start import Start, root
from proofs_check.nonlinear.width_table import SCALE, UNIT, Table

F = Fraction


def start_of(x: list[Fraction], weights: list[int], L0: Fraction) -> Start:
    law = Law((1,), 1, (1,), 0, 1)
    return Start(Case(law, Work(10**9), 4096), tuple(sorted(x)), tuple(weights), L0, F(1, 100), F(1, 100))


@st.composite
def settings_of_cells(draw: Any) -> tuple[Start, Table, bool]:
    """A start with x* L_0 in (2, 4], a coarse table with arbitrary entries, and the side."""
    count, upper = draw(st.integers(1, 4)), draw(st.booleans())
    x = draw(
        st.lists(st.fractions(F(1, 10), 2, max_denominator=30), min_size=count, max_size=count, unique=True)
    )
    L0 = draw(st.fractions(F(21, 10), F(39, 10), max_denominator=40)) / max(x)
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    edges = sorted(draw(st.sets(st.integers(UNIT // 50, UNIT - 1), min_size=columns, max_size=columns)))
    entry = st.integers(0 if upper else -SCALE // 3, SCALE)
    if draw(st.booleans()):  # narrow columns and rows of one value each leave the bounds hardly any room
        edges = sorted({*edges, *(min(e + e // 1000, UNIT - 1) for e in edges)})
        table = [(draw(entry),) * len(edges) for _ in range(rows + 1)]
    else:
        table = [tuple(draw(entry) for _ in edges) for _ in range(rows + 1)]
    if not upper:
        table[0] = tuple(min(e, 0) for e in table[0])
    level = draw(st.fractions(F(1, 20), F(1, 2), max_denominator=20)) * L0
    exponent = draw(st.sampled_from([F(1), F(3, 2), F(2), F(7, 3), F(6)]))
    weights = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    return start_of(x, weights, L0), Table((*edges, UNIT), tuple(table), level, exponent), upper


def entry_at(start: Start, table: Table, k: float, L: float, upper: bool) -> float:
    """Y of W5 between the rows, the column below the grid included; 0 below the lowest row."""
    place = k / float(table.level) * UNIT
    n = sum(place >= e for e in table.edges) - 1
    bottom = float(2 / start.x[-1])
    height = (L - bottom) / (float(start.L0) - bottom) * table.intervals
    j = min(int(height // 1), table.intervals - 1)

    def row(r: int) -> float:
        if r < 0:
            return 0.0
        if n >= 0:
            return table.rows[r][n] / SCALE
        if not upper:
            return 0.0
        near = sum(e < float(start.growth) * table.edges[0] for e in table.edges[:-1])
        over = start.growth * table.edges[0] > UNIT
        return 1.0 if over else max(max(line[: max(1, near)]) for line in table.rows[: r + 1]) / SCALE

    if height < -1:
        return 0.0
    share = height - j
    return (1 - share) * row(j) + share * row(j + 1)


def value(start: Start, table: Table, k: float, L: float, upper: bool) -> float:
    """U or V of W5. Rows below B count 0."""
    if k >= float(table.level):
        return 1.0
    y = entry_at(start, table, k, L, upper)
    if not upper:
        y = max(0.0, y) if float(2 / start.x[-1]) < L else 0.0
    return y * (k / float(table.level)) ** float(table.exponent)


@settings(max_examples=60, deadline=None)
@given(settings_of_cells())
def test_a_step_gives_no_more_and_no_less_than_the_numbers_of_its_cell(
    given_cells: tuple[Start, Table, bool],
) -> None:
    start, table, upper = given_cells
    for j, n in product(range(table.intervals), range(table.columns)):
        try:
            cells = PlainCells(start, table, upper)
            term = cells._above if upper else cells._below
            terms = [term(i, j, n) for i in range(len(start.x))]
        except Refused:
            continue
        ends = [sum(w * t[e] for w, t in zip(start.weights, terms, strict=True)) for e in (0, 1)]
        for sigma, across in product((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.0, 0.35, 0.7, 0.999)):
            said = ((1 - sigma) * ends[0] + sigma * ends[1]) / start.total / SCALE / 2**PREC
            found = one_step(start, table, upper, (j + sigma) / table.intervals, (n, across))
            slack = 1e-9 * (1 + abs(said))
            assert found is None or (found <= said + slack if upper else found >= said - slack)


def one_step(
    start: Start, table: Table, upper: bool, height: float, column: tuple[int, float]
) -> float | None:
    """The mean of U (or V) after a step from a state of a cell, in units of (k/c)^theta; None where 2 k > L."""
    low, high = (float(table.edge(column[0] + m)) for m in (0, 1))
    k, bottom = low + column[1] * (high - low), float(2 / start.x[-1])
    L, found = bottom + (float(start.L0) - bottom) * height, 0.0
    if 2 * k > L:
        return None
    for x, w in zip(map(float, start.x), start.weights, strict=True):
        k2, L2 = abs(1 - x * L + (x * k) ** 2) * k, L - k * k * x * (4 - x * L)
        found += w / start.total * value(start, table, k2, L2, upper)
    return found / (k / float(table.level)) ** float(table.exponent)


@pytest.mark.parametrize("exponent", [F(1), F(5, 3), F(6), F(40)])
def test_chords_and_tangents_lie_on_either_side_of_a_power(exponent: Fraction) -> None:
    powers = Powers(Case(Law((1,), 1, (1,), 0, 1), Work(10**9), 4096), exponent)
    with mp.workdps(40):
        for size in (0, 1, ONE // KNOTS // 3, ONE // 7, ONE - 1, ONE, 2 * ONE + 12345, 3 * ONE):
            truth = (mp.mpf(size) / ONE) ** (mp.mpf(exponent.numerator) / exponent.denominator) * ONE
            assert powers.below(size) <= truth + 1e-20
            assert powers.above(size) >= truth - 1e-20
            assert powers.above(size) - powers.below(size) < ONE * truth / ONE / 100 + ONE / 500


@given(st.fractions(F(1, 10**30), F(10**30)))
def test_roots_are_bracketed(square: Fraction) -> None:
    low, high = root(square)
    assert low**2 <= square <= high**2
    assert (low == high) == (low**2 == square)
    assert high - low <= low / 2**95
    assert root(square**2) == (square, square)


def test_a_root_of_many_orders_of_magnitude_is_short() -> None:
    for square in (F(1, 10**600), F(10**600), F(2, 3 * 10**500)):
        low, high = root(square)
        assert low**2 <= square <= high**2 < inf
        assert (high - low).denominator.bit_length() < 1200
