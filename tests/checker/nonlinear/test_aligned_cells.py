"""Single cells of arbitrary tables with columns of alpha (W11), against the functions themselves; and refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.good_certificates import certificate, data_set
from kit.good_width import changed, good, verdict

from proofs_check.core.budget import Work
from proofs_check.core.law import Case, Law
from proofs_check.core.reading import Refused
from proofs_check.nonlinear.aligned_cells import AlignedCells, ConcaveCells, Ladder, Logarithm, check_aligned
from proofs_check.nonlinear.aligned_table import PARTS, AlignedTable
from proofs_check.nonlinear.width_cells import ONE, PREC
from proofs_check.nonlinear.width_start import Start
from proofs_check.nonlinear.width_table import SCALE

F = Fraction
Json = Any


def start_of(x: list[Fraction], weights: list[int], L0: Fraction) -> Start:
    law = Law((1,), 1, (1,), 0, 1)
    return Start(Case(law, Work(10**9), 4096), tuple(sorted(x)), tuple(weights), L0, F(1, 100), F(1, 100))


@st.composite
def cells_of_alpha(draw: Any) -> tuple[Start, AlignedTable, bool]:
    """A start with x* L_0 in (2, 4], a table with overlapping columns and arbitrary entries, and the side."""
    count, upper = draw(st.integers(1, 4)), draw(st.booleans())
    x = draw(
        st.lists(st.fractions(F(1, 10), 2, max_denominator=30), min_size=count, max_size=count, unique=True)
    )
    L0 = draw(st.fractions(F(22, 10), F(39, 10), max_denominator=40)) / max(x)
    pivot = max(x) * draw(st.sampled_from([F(1), F(19, 20), F(3, 4)]))
    assume(pivot * L0 > 2)
    bottom = 2 / pivot + (L0 - 2 / pivot) * draw(st.fractions(F(1, 20), F(9, 10), max_denominator=20))
    deepest = draw(st.sampled_from([PARTS // 4, PARTS, 3 * PARTS]))
    ends = sorted(draw(st.sets(st.integers(1, deepest), min_size=1, max_size=5)), reverse=True)
    over = draw(st.sampled_from([0, PARTS // 100, PARTS // 3]))
    if narrow := draw(st.booleans()):
        ends = sorted({*ends, *(end + 200 for end in ends)}, reverse=True)
    deep, shallow = [end + over for end in ends], [max(0, end - over) for end in [*ends[1:], 0]]
    rows, entry = draw(st.integers(1, 4)), st.integers(0 if upper else -SCALE // 3, SCALE)
    table = [
        (draw(entry),) * len(ends) if narrow else tuple(draw(entry) for _ in ends) for _ in range(rows + 1)
    ]
    if not upper:
        table[0] = tuple(min(e, 0) for e in table[0])
    level = draw(st.fractions(F(1, 40), F(1, 2), max_denominator=40)) * L0
    exponent = draw(
        st.sampled_from(
            [F(1), F(3, 2), F(2), F(7, 3), F(6), F(60), *([F(1, 3), F(4, 5)] if upper else [F(200)])]
        )
    )
    weights = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    found = AlignedTable(pivot, bottom, tuple(deep), tuple(shallow), tuple(table), level, exponent)
    return start_of(x, weights, L0), found, upper


def value(start: Start, table: AlignedTable, k: float, L: float, upper: bool) -> float:
    """U or V of W11 in units of (k/c)^theta; below the bottom an upper table counts as its lowest row."""
    c = float(table.level)
    if k >= c:
        return (k / c) ** -float(table.exponent)
    bottom, y = float(table.bottom), float(table.pivot)
    alpha = math.log(c / k) / math.log(y * max(L, bottom) - 1) * PARTS if k > 0 else math.inf
    height = (L - bottom) / (float(start.L0) - bottom) * table.intervals
    j = min(math.floor(height), table.intervals - 1)
    near = table.near_bottom(start)

    def between(entries: list[float]) -> float:
        """From row 0 on; below it the lowest, or 0."""
        if height < 0:
            return entries[0] if upper else 0.0
        return (1 - height + j) * entries[j] + (height - j) * entries[j + 1]

    columns = [n for n in range(table.columns) if table.shallow[n] <= alpha <= table.deep[n]]
    found = [between([row[n] / SCALE for row in table.rows]) for n in columns]
    if not upper:
        return max([0.0, *found])
    peaks = [max(max(row[:near]) for row in table.rows[: r + 1]) / SCALE for r in range(len(table.rows))]
    return min(found, default=between(peaks))


@settings(max_examples=50, deadline=None)
@given(cells_of_alpha())
def test_a_step_gives_no_more_and_no_less_than_the_numbers_of_its_cell(
    given_cells: tuple[Start, AlignedTable, bool],
) -> None:
    hold_at_states(*given_cells)


@pytest.mark.slow
@settings(max_examples=700, deadline=None)
@given(cells_of_alpha())
def test_more_steps(given_cells: tuple[Start, AlignedTable, bool]) -> None:
    hold_at_states(*given_cells)


def hold_at_states(start: Start, table: AlignedTable, upper: bool) -> None:
    try:
        cells = (AlignedCells if table.exponent >= 1 else ConcaveCells)(start, table, upper)
    except Refused:
        return
    for j, n in product(range(table.intervals), range(table.columns)):
        try:
            terms = [(cells._above if upper else cells._below)(i, j, n) for i in range(len(start.x))]
        except Refused:
            continue
        ends = [sum(w * t[e] for w, t in zip(start.weights, terms, strict=True)) for e in (0, 1)]
        for sigma, across in product((0.0, 0.2, 0.5, 0.8, 1.0), (0.0, 0.35, 0.7, 1.0)):
            said = ((1 - sigma) * ends[0] + sigma * ends[1]) / start.total / SCALE / 2**PREC
            found = one_step(start, table, upper, (j + sigma) / table.intervals, (n, across))
            slack = 1e-9 * (1 + abs(said))
            assert found is None or (found <= said + slack if upper else found >= said - slack)


def one_step(
    start: Start, table: AlignedTable, upper: bool, height: float, column: tuple[int, float]
) -> float | None:
    """The mean of U (or V) after a step from a state of a cell, in units of (k/c)^theta; None where 2 k > L."""
    n, across = column
    alpha = (table.shallow[n] + across * (table.deep[n] - table.shallow[n])) / PARTS
    bottom, c, found = float(table.bottom), float(table.level), 0.0
    L = bottom + (float(start.L0) - bottom) * height
    k = c * (float(table.pivot) * L - 1) ** -alpha
    if 2 * k > L or k >= c:
        return None
    for x, w in zip(map(float, start.x), start.weights, strict=True):
        r = abs(1 - x * L + (x * k) ** 2)
        k2, L2 = r * k, L - k * k * x * (4 - x * L)
        there = r ** float(table.exponent) if r else 0.0
        # half a unit in the last place decides on which side of an edge an image lies: either may count
        sides = [value(start, table, k2 * (1 + e), L2, upper) for e in (-1e-12, 1e-12)]
        found += w / start.total * there * (min(sides) if upper else max(sides))
    return found


def test_logarithms_and_ladders_enclose() -> None:
    log = Logarithm(Case(Law((1,), 1, (1,), 0, 1), Work(10**9), 4096))
    for size in (ONE // 3000, ONE // 100, ONE // 7, ONE - 1, ONE, 2 * ONE + 12345, 3 * ONE):
        truth = math.log(size / ONE) * ONE
        assert log.below(size) <= truth + ONE * 1e-14 and log.above(size) >= truth - ONE * 1e-14
        if size > ONE // 10:
            assert log.above(size) - log.below(size) < ONE / 10**4
    ladder = Ladder((1 << 95, (1 << 95) + 5), 3 * PARTS + 17)
    for depth in (0, 1, 1023, 1024, PARTS, 3 * PARTS + 17):
        truth = math.exp(-depth / PARTS) * 2**96
        assert ladder.below(depth) <= truth * (1 + 1e-12) and ladder.above(depth) >= truth * (1 - 1e-12)
        assert ladder.above(depth) - ladder.below(depth) < 2**96 / 10**20


# Refusals


REFUSED: list[tuple[str, list[tuple[str, Any]], str]] = [
    ("aligned", [("lambda", "1.43")], ""),
    ("aligned", [("kappa", "0.099")], ""),
    ("aligned", [("upper_proof.exponent", "1.71")], "above 1"),
    ("aligned", [("upper_proof.beneath", "1.6")], "beneath"),
    ("aligned", [("upper_proof.beneath", "9")], "beneath"),
    ("aligned", [("upper_proof.beneath", "1.7")], "below the theorem at the bottom"),
    ("aligned", [("upper_proof.pivot", "1.7")], "pivot"),
    ("aligned", [("upper_proof.bottom", "1.18")], "pivot"),
    ("aligned", [("upper_proof.bottom", "1.42")], "pivot"),
    ("aligned", [("upper_proof.pivot", "1.68")], ""),
    ("aligned", [("upper_proof.deep", "5 4 0")], "do not end at 0"),
    ("aligned", [("upper_proof.table", ["1"])], "less than two rows"),
    ("aligned", [("upper_proof.table", ["1", "2"])], "wrong number"),
    ("aligned", [("lower_proof.exponent", "0.9")], "between 1 and"),
    ("aligned", [("lower_proof.exponent", "1.6")], "fails"),
    ("aligned", [("upper_proof.exponent", "0.9")], "below 1 or"),
    ("slabs", [("upper_proof.slabs", ...)], "below 1 or"),
    ("slabs", [("upper_proof.exponent", "1")], "not below 1"),
    ("slabs", [("upper_proof.beneath", "0.8")], "beneath is smaller"),
    ("slabs", [("upper_proof.slabs", ["200/169", "1.5"])], "leave out the bottom"),
    ("slabs", [("upper_proof.slabs", ["200/169", "1.310059", "1.310059", "1.5"])], "do not increase"),
    ("slabs", [("upper_proof.slabs", ["1.2", "1.310059", "1.5"])], "do not reach"),
    ("slabs", [("upper_proof.slabs", ["200/169", "1.310059", "1.499"])], "do not reach"),
    ("slabs", [("upper_proof.slabs", ["0.1", "1.310059", "1.5"])], "exceeds 1 in a slab"),
    ("slabs", [("upper_proof.slabs", ["200/169", "1.310059", "1.7"])], "exceeds 1 in a slab"),
    ("slabs", [("upper_proof.beneath", "30")], "exceeds 1 in a slab"),
    ("slabs", [("kappa", "0.029")], ""),
    ("slabs", [("upper", "0.3")], "upper is below"),
    ("aligned, carried", [("lower_proof.start", ...)], "start is missing"),
    ("aligned, carried", [("lower_proof.start.exponent", "1.6")], "lower"),
    ("aligned, carried", [("lower_proof.start.L1", "1.3")], "uppermost"),
    ("aligned, carried", [("lower_proof.start.kappa", "0.049")], "too high"),
    ("aligned, carried", [("lower_proof.start.kappa", "0.0000001")], "too high"),
    ("aligned, carried", [("lower_proof.start.kappa", "0.00001")], "below the grid"),
    ("aligned, carried", [("width", "1010000000000")], "lower"),
]


@pytest.mark.parametrize(("name", "edits", "reason"), REFUSED)
def test_changed_claims_are_refused(name: str, edits: list[tuple[str, Any]], reason: str) -> None:
    proved, statement = verdict(changed(name, *edits))
    assert not proved and reason in statement


LEVEL_PASSED = {
    "method": "aligned table",
    "exponent": "60",
    "pivot": "0.75",
    "bottom": "2.7",
    "deep": "220000 50000",
    "shallow": "0 0",
    "table": ["0 0", *["0 99999998"] * 5, "4000000000 99999998"],
}


def test_an_image_beyond_the_level_counts_no_more_than_the_level() -> None:
    """Bounds of alpha see a part of the image below the level, though the least kappa of the image passes it.

    The truth is about 0.1; the table said 1.
    """
    document = certificate(
        data_set(("1/3", "9/10"), ("1", "1/10")),
        {
            "kind": "width_spike",
            "step": {"kind": "single"},
            "lambda": "3",
            "width": "1",
            "mu0": "0.2999",
            "kappa": "0.3",
            "lower": "1",
            "upper": "1",
            "lower_proof": LEVEL_PASSED,
            "upper_proof": {"method": "trivial"},
        },
    )
    proved, statement = verdict(document)
    assert not proved and "the table fails in the cell at row 5, column 0" in statement


def test_a_bottom_beside_its_pole_is_refused() -> None:
    for side in ("lower_proof", "upper_proof"):
        pivot = F(good("aligned")["claims"][0][side]["pivot"])
        near = 2 / pivot + F(1, 2**400)
        proved, statement = verdict(changed("aligned", (f"{side}.bottom", str(near))))
        assert not proved and "too near to 2/pivot" in statement


@pytest.mark.parametrize(
    ("deep", "shallow", "reason"),
    [
        ("9", "1", "do not end at 0"),
        (f"{1 << 30}", "0", "too deep"),
        ("9 8", "5", "do not end at 0"),
        ("9 9", "5 0", "do not decrease"),
        ("9 8", "-1 0", "do not decrease"),
        ("9 8", "9 0", "empty"),
        ("9 3", "4 0", "gap"),
    ],
)
def test_columns_that_leave_a_gap_are_refused(deep: str, shallow: str, reason: str) -> None:
    edits = ("lower_proof.deep", deep), ("lower_proof.shallow", shallow)
    proved, statement = verdict(changed("aligned", *edits))
    assert not proved and reason in statement


def test_a_cell_of_a_flat_table_better_than_its_images_allow_is_refused() -> None:
    rows = [[int(e) for e in line.split()] for line in good("slabs")["claims"][0]["upper_proof"]["table"]]
    for n in range(3, len(rows[0]), 9):
        new = [list(row) for row in rows]
        new[-1][n] -= new[-1][n] // 20
        text = [" ".join(map(str, row)) for row in new]
        proved, statement = verdict(changed("slabs", ("upper_proof.table", text)))
        assert not proved and "fails in the cell" in statement


@pytest.mark.parametrize("side", ["upper_proof", "lower_proof"])
def test_a_cell_better_than_its_images_allow_is_refused(side: str) -> None:
    rows = [[int(e) for e in line.split()] for line in good("aligned")["claims"][0][side]["table"]]
    step, tried = -1 if side == "upper_proof" else 1, 0
    for j in range(len(rows) - 1, 2, -3):
        for n in range(2, len(rows[0]), 4):
            if 0 < rows[j][n] < SCALE:
                new = [list(row) for row in rows]
                new[j][n] += step * (rows[j][n] // 50 + 1000)
                text = [" ".join(map(str, row)) for row in new]
                proved, statement = verdict(changed("aligned", (f"{side}.table", text)))
                assert not proved and "fails in the cell" in statement
                tried += 1
    assert tried > 5


def table_of(
    rows: list[tuple[int, ...]], deep: tuple[int, ...] = (9 * PARTS,), **changes: Any
) -> AlignedTable:
    shallow = (*deep[1:], 0)
    parts = {"pivot": F(1), "bottom": F(5, 2), "level": F(1, 10), "exponent": F(2), **changes}
    return AlignedTable(deep=deep, shallow=shallow, rows=tuple(rows), **parts)


@pytest.mark.parametrize("exponent", [F(1, 3), F(4, 5)])
def test_powers_below_one_lie_above(exponent: Fraction) -> None:
    start = start_of([F(1)], [1], F(3))
    cells = ConcaveCells(start, table_of([(1,), (1,)], exponent=exponent), True)
    for a, b in ((1, 2), (2, 1), (5, 6)):
        rho = cells._powers_above(
            (a * ONE // 7, b * ONE // 7, a * ONE // 7, a * ONE // 7, b * ONE // 7, b * ONE // 7)
        )
        for size, bound in zip((a, b), rho, strict=True):
            assert (
                (size / 7) ** float(exponent) * (1 - 1e-12)
                <= bound / ONE
                <= (size / 7) ** float(exponent) * 1.2
            )
    changing = cells._powers_above((0, ONE // 2, -ONE // 4, ONE // 2, -ONE // 2, 0))
    assert min(changing) / ONE >= 0.5 ** float(exponent)


def test_columns_that_hold_a_start() -> None:
    table = table_of([(0, 0), (1, 1)], (3 * PARTS, PARTS))
    assert table.covers(F(PARTS, 2), F(PARTS)) == [[1]] and table.covers(F(PARTS), F(2 * PARTS)) == [[0]]
    assert table.covers(F(PARTS - 1), F(PARTS + 1)) == [[0, 1]]
    assert table.covers(F(PARTS), F(4 * PARTS)) == []


@pytest.mark.parametrize(
    ("x", "L0", "rows", "upper", "changes", "reason"),
    [
        ([F(1)], F(4), [(0,), (0,)], False, {}, "need not tend to 0"),
        ([F(1)], F(3), [(0,), (SCALE + 1,)], True, {}, "exceeds 1"),
        ([F(1)], F(3), [(-1,), (0,)], True, {}, "is negative"),
        ([F(1)], F(3), [(1,), (1,)], False, {}, "row 0 of the lower"),
        ([F(1)], F(3), [(0,), (SCALE + 1,)], False, {}, "last column exceeds 1"),
        ([F(1)], F(3), [(1,), (1,)], True, {"deep": (PARTS,)}, "may reach the level"),
        ([F(1)], F(3), [(0,), (1,)], False, {"level": F(20)}, "factors are too large"),
        ([F(1)], F(3), [(0,), (1,)], False, {"exponent": F(1000), "deep": (100 * PARTS,)}, "powers"),
    ],
)
def test_hypotheses_of_the_lemma(
    x: list[Fraction], L0: Fraction, rows: list[tuple[int, ...]], upper: bool, changes: Any, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        check_aligned(start_of(x, [1], L0), table_of(rows, **changes), upper)
