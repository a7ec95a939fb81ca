"""The checker on claims `spike_grid` with tables of straight pieces: good ones proved, bad ones refused."""

import json
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import pytest
from checker.spikes.test_grid import accepted, dataset, entry_of, is_true, refusal, spoil
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import mutations
from kit.share import part, some_then_all

from catalysis.certificate.document import NotCertifiable, certificate_of
from catalysis.certificate.spikes import pieces_claim
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.pieces_bounds import Fineness, pieces_bounds
from proofs_check.certificate import check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.spikes import back as back_module
from proofs_check.spikes.back import Layout, StepsBack
from proofs_check.spikes.cells import Ladder
from proofs_check.spikes.convolution import Row
from proofs_check.spikes.pieces import Pieces, Prover
from proofs_check.spikes.walk import Walk

F = Fraction
ONE = F(1)
Json = Any
COARSE = Fineness(24, 240, 3, 3, "1/20")
HALF = Walk((F(2), F(1, 2)), (F(1, 4), F(3, 4)), F(8), 1)


def made(data: Dataset, at: str, level: str, *, squared: bool = False, fine: Fineness = COARSE) -> Json:
    """A document of the package, with tables as coarse as said."""
    walk = LinearWalk(data)
    steps = StepFactors.of(walk, F(at))
    found = pieces_bounds(steps.squared() if squared else steps, F(level), finenesses=(fine,))
    entry = pieces_claim(walk, F(at), F(level), found, squared=squared)
    return json.loads(json.dumps(certificate_of(data, [entry])))


MANY = [str(F(n * n, 3000)) for n in range(20, 90)]
GOOD: dict[str, Callable[[], Json]] = {
    "three": lambda: made(dataset("0.4", "1.2", "2.5"), "1.1", "5"),
    "idle": lambda: made(dataset("0", "0.5", "3", counts=[1, 2, 1]), "1", "8"),
    "squared": lambda: made(dataset("0.4", "1.2", "2.5"), "1.1", "10", squared=True),
    "near the level": lambda: made(dataset("0.3", "0.9", "2.5"), "1.0", "1.3"),
    "far": lambda: made(dataset("0.3", "0.9", "2.5"), "1.0", "100000"),
    "powers of two": lambda: made(dataset("3", "0.5", "1.75", counts=[1, 4, 1]), "1", "4"),
    "a step far away": lambda: made(dataset("1.000000000001", "0.5", "2.5", counts=[1, 2, 1]), "1", "5"),
    "no generation to speak of": lambda: made(
        dataset("0.4", "1.2", "2.5"), "1.1", "5", fine=Fineness(16, 16, 1, 1, "1")
    ),
}


@cache
def good_document(name: str) -> str:
    with mp.workdps(60):
        return json.dumps(GOOD[name]())


def a_good(name: str) -> Json:
    return json.loads(good_document(name))


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved_and_true(name: str) -> None:
    document = a_good(name)
    (verdict,) = check_certificate(json.dumps(document).encode())
    assert verdict.proved, verdict.statement
    with mp.workdps(40):
        assert is_true(document)
    assert verdict.statement.endswith("[E1, E2, SG1, SG6, SG7, SG8, SG9]")


def test_many_samples_go_through_long_products() -> None:
    document = made(dataset(*MANY), "0.9", "100", fine=Fineness(16, 64, 2, 2, "1/10"))
    assert accepted(document)
    entry_of(document)["upper"] = entry_of(document)["lower"]
    assert "does not prove upper" in refusal(document)


def test_a_tie_of_the_level_counts() -> None:
    """Factors 2, 1/2, 3/4 and the level 4: the path 2, 2 reaches it exactly."""
    document = a_good("powers of two")
    entry = entry_of(document)
    wider = float(F(entry["upper"]) / F(entry["lower"]))
    assert wider < 1.5 and accepted(document)


def test_a_level_within_reach_of_the_steps_back_and_very_far() -> None:
    """What has come as far as K = 10^30 is a tiny mass, which has to be known as closely as others."""
    document = made(dataset("0.4", "1.2", "2.5"), "1.1", str(10**30), fine=Fineness(24, 240, 3, 150, "1/20"))
    assert accepted(document)
    entry = entry_of(document)
    assert F(entry["upper"]) < F(6, 5) * F(entry["lower"])


@settings(deadline=None, max_examples=8)
@given(
    st.lists(st.fractions(F(1, 10), 3, max_denominator=10), min_size=2, max_size=3, unique=True),
    st.fractions(F(1, 10), F(9, 10), max_denominator=10),
    st.fractions(F(7, 6), 20, max_denominator=6),
)
def test_random_claims_are_proved_and_true(xs: list[Fraction], share: Fraction, level: Fraction) -> None:
    at = 2 / max(xs) * (1 + share)
    walk = LinearWalk(dataset(*map(str, xs)))
    exponent = StepFactors.of(walk, at).exponent().enclosure
    if exponent is None or exponent.lower < F(1, 5):
        return
    try:
        document = made(walk.dataset, str(at), str(level))
    except NotCertifiable:  # too coarse
        return
    with mp.workdps(40):
        assert accepted(document) and is_true(document)


# --- one field at a time -------------------------------------------------------------------------------------

STILL_FINE = {"bits", "claims", "replacement", "size", "samples", "count", "values"}


@some_then_all
def test_one_changed_field_is_refused_unless_the_claim_stays_true(every: int) -> None:
    document = a_good("no generation to speak of")
    refused = 0
    for path, changed in part(mutations(document), every):
        if not accepted(changed):
            refused += 1
        elif path not in {("producer",), ("data", "name")}:
            with mp.workdps(40):
                assert is_true(changed), path
    assert refused > 100 // every


@pytest.mark.parametrize("cell", [0, 1, 17, 40, -2, -1])
def test_a_value_that_claims_more_is_refused(cell: int) -> None:
    below = spoil(a_good("three"), "below", cell, lambda old: old + old // 20)
    assert "table below" in refusal(below)
    above = spoil(a_good("three"), "above", cell, lambda old: old - old // 20)
    assert "table above" in refusal(above)


def changed(side: str, **fields: Any) -> Json:
    document = a_good("three")
    entry_of(document)[side] |= fields
    return document


REFUSED = {
    "a mass above 1": (lambda: changed("above", mass="3/2"), "mass is above 1"),
    "a mass larger than one": (lambda: changed("above", mass="999/1000"), "too much mass at the level"),
    "more mass below": (lambda: changed("below", mass="3/4"), "table below"),
    "no cells": (lambda: changed("above", per_step=0), "layout that is out of range"),
    "very many generations": (lambda: changed("above", generations=1 << 11), "layout that is out of range"),
    "very fine cells": (lambda: changed("above", per_step=4000, fine=4000), "too many fine cells"),
    "too short a table": (lambda: changed("above", reach=30), "longer than"),
    "no drop": (lambda: changed("above", drop="0"), "drop"),
    "a tilt beyond the exponent": (lambda: changed("above", tilt="40"), "M(above.tilt; lambda) is above 1"),
    "a tilt before the exponent": (
        lambda: changed("below", tilt="1/100"),
        "M(below.tilt; lambda) is below 1",
    ),
    "a steep tilt": (lambda: changed("below", tilt="1000"), "fine cells are too long"),
    "one kind of table": (lambda: changed("above", mass=None), "mass"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    document, words = REFUSED[name]
    assert words in refusal(document())


def test_bounds_that_are_too_narrow_are_refused() -> None:
    for key, other in (("upper", "lower"), ("lower", "upper")):
        for name in ("three", "near the level"):
            document = a_good(name)
            entry = entry_of(document)
            entry[key] = entry[other]
            assert f"does not prove {key}" in refusal(document)
    document = a_good("near the level")
    entry_of(document) | {"lower": "0", "upper": "1/1000"}
    entry_of(document)["lower"], entry_of(document)["upper"] = "0", "1/1000"
    assert "does not prove upper" in refusal(document)


def test_wide_bounds_are_proved() -> None:
    document = a_good("far")
    entry_of(document)["lower"], entry_of(document)["upper"] = "0", "1"
    assert accepted(document)


# --- the parts -----------------------------------------------------------------------------------------------


def steps_back(layout: Layout, side: int, walk: Walk = HALF, tilt: Fraction = ONE) -> StepsBack:
    work = Work()
    return StepsBack(Ladder(walk, layout.fine_per_step, work, 4096), layout, side, tilt, work)


def by_hand(layout: Layout, moves: dict[int, Fraction]) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """Masses of 0 < c <= C and the source, exactly, where all steps are whole fine cells; nothing is heavy."""
    step, most = layout.fine_per_step, layout.slots
    source: dict[int, Fraction] = {}
    total: dict[int, Fraction] = {}

    def spread(masses: dict[int, Fraction], some: dict[int, Fraction]) -> dict[int, Fraction]:
        found: dict[int, Fraction] = {}
        for at, mass in masses.items():
            for move, weight in some.items():
                if at + move > 0:
                    into = found if at + move <= most else source
                    into[at + move] = into.get(at + move, F(0)) + mass * weight
        return found

    now = spread({0: F(1)}, moves)
    others = {move: weight for move, weight in moves.items() if move != step}
    for _ in range(layout.generations):
        moving = now
        while moving:
            moving = spread(moving, {step: moves[step]})
            now = {c: now.get(c, F(0)) + moving.get(c, F(0)) for c in now.keys() | moving.keys()}
        total = {c: total.get(c, F(0)) + now.get(c, F(0)) for c in total.keys() | now.keys()}
        now = spread(now, others)
    return total, {c: source.get(c, F(0)) + now.get(c, F(0)) for c in source.keys() | now.keys()}


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("generations", [1, 2, 3])
def test_steps_back_of_whole_cells(side: int, generations: int) -> None:
    """Factors 2, 1/2 and 4 with q = 1/8, 3/4, 1/8, tilted at 1: weights 1/4, 3/8, 1/2 and moves 4, -4, 8 fine cells."""
    layout = Layout(2, 4, generations, 3, F(1))
    walk = Walk((F(4), F(2), F(1, 2)), (F(1, 8), F(1, 8), F(3, 4)), F(8), 1)
    found = steps_back(layout, side, walk)
    masses, source = by_hand(layout, {8: F(1, 2), 4: F(1, 4), -4: F(3, 8)})
    assert found.paths == [(0, 1 << 60)]
    for row, exact in ((found.masses, masses), (found.source, source)):
        for c, mass in enumerate(row):
            error = F(mass, 1 << 60) - exact.get(c, F(0))
            assert 0 <= side * error < F(1, 1 << 50), (c, error)
    whole = 1 + sum(mass / 2 ** F(c // 4) for c, mass in masses.items())
    assert 0 <= side * (found.tail(0, side) - whole) < F(1, 1 << 45)
    assert found.tail(0, -1) <= found.tail(0, 1) and found.tail(25 << 128, side) == 0


def test_masses_far_above_one_are_refused() -> None:
    heavy = Walk((F(4), F(2), F(1, 2)), (F(9, 10), F(1, 20), F(1, 20)), F(8), 1)
    with pytest.raises(Refused, match="masses of the steps back are far above 1"):
        steps_back(Layout(1, 4, 3, 8, F(1, 100)), 1, heavy, F(1))
    with pytest.raises(Refused, match="masses of the steps back are far above 1"):
        steps_back(Layout(1, 4, 8, 8, F(100)), 1, heavy, F(1))
    with pytest.raises(Refused, match="a weight of a step back is far above 1"):
        steps_back(Layout(1, 64, 3, 8, F(1)), 1, heavy, F(3))
    many = Walk(tuple(F(n, 10) for n in range(40, 20, -1)), tuple([F(1, 20)] * 20), F(8), 1)
    with pytest.raises(Refused, match="weights of the steps back are far above 1"):
        steps_back(Layout(1, 64, 3, 8, F(1)), 1, many, F(2))


def test_long_fine_cells_are_refused() -> None:
    with pytest.raises(Refused, match="fine cells are too long"):
        steps_back(Layout(1, 1, 1, 1, F(1)), 1, HALF, F(2))


def test_very_many_single_masses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_module, "MOST_PATHS", 10)
    with pytest.raises(Refused, match="more than 10 single paths"):
        steps_back(Layout(1, 4, 1, 8, F(1, 10**6)), 1)


def test_rows_are_multiplied_exactly() -> None:
    one, other = [3, 0, 10**15, 7], [0, 5, 10**15 - 1]
    expected = [
        sum(one[i] * other[k - i] for i in range(len(one)) if 0 <= k - i < len(other)) for k in range(6)
    ]
    assert Row(one, 32).times(Row(other, 32)) == expected
    assert Row([0, 0], 5).times(Row([0], 5)) == [0, 0]


@pytest.mark.parametrize("side", [1, -1])
def test_long_products_and_shifts_give_the_same(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk((F(9, 5), F(7, 5), F(1, 2), F(3, 10)), (F(1, 5), F(1, 5), F(1, 5), F(2, 5)), F(8), 1)
    layout = Layout(3, 7, 3, 3, F(1, 10))
    one = steps_back(layout, side, walk, F(1, 2))
    monkeypatch.setattr(back_module, "_FEW_MOVES", 0)
    other = steps_back(layout, side, walk, F(1, 2))
    assert one.masses == other.masses and one.source == other.source


def prover(table: Pieces, walk: Walk = HALF) -> Prover:
    return Prover(walk, table, Work(), 4096)


def table_of(side: int, tilt: Fraction, values: list[int], far: int, layout: Layout) -> Pieces:
    return Pieces(side, tilt, 20, layout, F(1, 4), values, far, "here")


def test_values_that_fall_too_low_are_refused() -> None:
    layout = Layout(2, 4, 1, 1, F(1))
    with pytest.raises(Refused, match="falls too low"):
        prover(table_of(-1, F(2), [-9000] * 5, 5000, layout)).prove()


def test_cells_too_long_for_a_lower_bound_are_refused() -> None:
    rare = Walk((F(2), F(1, 2)), (F(1, 100), F(99, 100)), F(8), 1)
    with pytest.raises(Refused, match="cells of the table here are too long"):
        prover(table_of(-1, F(4), [5000] * 5, 5000, Layout(1, 8, 1, 1, F(1))), rare).prove()


def test_a_worth_of_nothing_proves_little() -> None:
    """Where the line is not positive at the level the steps back alone have to do."""
    layout = Layout(2, 4, 1, 1, F(1))
    low = table_of(-1, F(2), [0] * 5, 1, layout)
    checked = prover(low, Walk(HALF.factors, HALF.weights, F(64), 1))
    checked.prove = lambda: None  # type: ignore[method-assign]
    assert checked.bound_holds(F(0)) and not checked.bound_holds(F(1, 10))
    high = prover(table_of(1, F(1), [-1] * 5, 1, layout), Walk(HALF.factors, HALF.weights, F(2), 1))
    high.prove = lambda: None  # type: ignore[method-assign]
    high.__dict__["line"] = [-1] * 40
    assert high.bound_holds(F(1))


def test_long_chains_of_few_cells_are_booked() -> None:
    """A thousand generations of a thousand blocks of one fine cell: each block takes its time."""
    work, walk = Work(), Walk((F(3, 2), F(1, 2)), (F(1, 4), F(3, 4)), F(5), 1)
    layout = Layout(per_step=1, fine=1, generations=1024, reach=1023, drop=F(1, 1000))
    with suppress(Refused):
        StepsBack(Ladder(walk, 1, work, 4096), layout, 1, F(1, 2), work)
    assert Work().left - work.left > 3 * 1024 * 1023
