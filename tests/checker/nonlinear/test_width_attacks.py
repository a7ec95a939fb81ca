"""False finite-width claims, each of which a checker with one hypothesis too few would accept."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from catalysis import LinearWalk, parse_samples
from catalysis.nonlinear.bounds import table_upper
from catalysis.nonlinear.loss import _reach, least_chance
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme import solve
from catalysis.nonlinear.scheme_grid import Grid, grid_of
from catalysis.nonlinear.spike import width_spike
from proofs_check.certificate import check_certificate
from proofs_check.nonlinear.width_boxes import BITS, image
from proofs_check.nonlinear.width_table import Table

F = Fraction
Json = Any
UNIT = 10**15
TWO = [{"x": "0.25", "p": "0.95"}, {"x": "1", "p": "0.05"}]


def verdict(samples: Json, claim: Json) -> tuple[bool, str]:
    document = {
        "format": "catalysis-certificate",
        "version": 1,
        "producer": "test",
        "data": {"name": "a", "learning_rate": "1", "samples": samples},
        "claims": [{"step": {"kind": "single"}, "width": "1", **claim}],
    }
    (one,) = check_certificate(json.dumps(document).encode())
    return one.proved, one.statement


def spike(**changes: Json) -> Json:
    start = {
        "kind": "width_spike",
        "lambda": "3.9",
        "mu0": "0.12",
        "kappa": "0.3",
        "lower": "0",
        "upper": "1",
    }
    trivial = {"lower_proof": {"method": "trivial"}, "upper_proof": {"method": "trivial"}}
    return {**start, **trivial, **changes}


def loss(samples: Json, lower: str, **changes: Json) -> tuple[bool, str]:
    table = {"kappa": "1", "lower": lower, "reached": "1", "reach_proof": {"method": "reached"}}
    found = {"kind": "curvature_loss", "lambda": "3", "mu0": "1", "to": "2.5", **changes}
    found["spike"] = {**table, "steps": 1, "parts": [4, 4], **changes.get("spike", {})}
    found["quiet"] = {"kappa": "1", "upper": "1"}
    return verdict(samples, found)


@pytest.mark.parametrize("entry", [420_000_000, 460_000_000, 480_000_000])
def test_one_step_from_below_the_grid_to_the_level_counts(entry: int) -> None:
    """The sample 1 multiplies kappa_0 = 0.12 by 2.8856, beyond 0.3: P(A) >= 0.05."""
    upper = float(entry) / 1e9 * 0.4**2.5 * 1.0001
    assert upper < 0.05
    edges = f"{int(0.14 / 0.3 * UNIT)} {UNIT}"
    proof: Json = {"method": "table", "exponent": "2.5", "edges": edges, "table": [str(entry)] * 2}
    assert not verdict(TWO, spike(upper=f"{upper:.6f}", upper_proof=proof))[0]
    table = Table((14, UNIT // 2, UNIT), ((0, 5), (0, 5)), F(1), F(2))
    assert table.below_grid(F(2)) == 0 and table.below_grid(F(UNIT, 13)) == 10**9
    if entry == 420_000_000:  # the cells whose images lie below the grid count 1 there
        proved, statement = verdict(TWO, spike(upper="0.2", upper_proof=proof))
        assert not proved and "fails in the cell" in statement
    proof["table"] = [str(10**9)] * 2
    assert verdict(TWO, spike(upper="0.1012", upper_proof=proof))[0]  # (2/5)^2.5, as W2 gives it


def test_the_scheme_makes_no_upper_table_that_a_step_from_below_leaps_over() -> None:
    walk = LinearWalk(parse_samples("x=0.25:0.95, x=1:0.05"))
    problem = WidthProblem.of(walk, F("3.9"), F(1), F("0.12"), F("0.3"))
    grid = grid_of(problem, F("0.14"), 1, 4)
    assert solve(replace(grid, deep=grid.deep[1:], shallow=grid.shallow[1:]), "upper", F("2.5")) is None
    table = solve(grid_of(problem, F("0.02"), 2, 4), "upper", F("2.5"))
    assert table is None or table_upper(problem, table).value >= F(1, 20)


def test_negative_entries_prove_nothing_and_end_at_once() -> None:
    proof: Json = {"method": "table", "exponent": "2", "table": ["-5"] * 3, "edges": f"{UNIT // 2} {UNIT}"}
    proved, statement = verdict(TWO, spike(mu0="0.2", lower="0.001", lower_proof=proof))
    assert not proved and "not positive" in statement
    proof = {**proof, "edges": f"{UNIT // 10} {UNIT // 3} {UNIT}", "table": ["-5 -5"] * 3}
    proof["start"] = {"edge": 0, "exponent": "8", "L1": "3.8999"}
    proved, statement = verdict(TWO, spike(mu0="0.001", lower="0.0000000001", lower_proof=proof))
    assert not proved and "not positive" in statement


def test_idle_steps_are_not_counted_and_the_statement_says_so() -> None:
    proved, statement = loss([{"x": "0", "p": "0.99"}, {"x": "1", "p": "0.01"}], "1")
    assert proved and "(steps with x = 0 are not counted)" in statement
    assert "not counted" not in loss([{"x": "1", "p": "1"}], "1")[1]


def test_the_boxes_hold_a_start_beyond_what_a_step_reaches() -> None:
    """x = 1, L_0 = 3.99: from k_0 = 1.7292 > c R kappa nearly vanishes at once, and L never falls below 3.96 soon."""
    k, L = F("1.7292"), F("3.99")
    for _ in range(3):
        k, L = abs(1 - L + k * k) * k, L - k * k * (4 - L)
    assert F("3.96") < L
    far = {"lambda": "3.99", "mu0": "1.7292", "to": "3.96"}
    table = {"kappa": "0.5", "steps": 3, "parts": [100, 1]}
    assert not loss([{"x": "1", "p": "1"}], "1", **far, spike=table)[0]
    problem = WidthProblem.of(LinearWalk(parse_samples("x=1:1")), F("3.99"), F(1), F("1.7292"), F("0.5"))
    assert least_chance(problem, F("0.5"), F("3.96"), 3, (100, 1)) == 0
    near = WidthProblem.of(problem.walk, F("3.99"), F(10**6), F(1), F("0.5"))
    assert least_chance(near, F("0.5"), F("3.96"), 3, (100, 1)) == 1


@pytest.mark.parametrize("move", [(0, 0), (1, 1)])
def test_both_ends_of_the_curvature_enter_the_image(move: tuple[int, int]) -> None:
    """Single corners: L_lo and k_hi give the lowest L' (`down`), L_hi and k_lo the highest."""
    one = 1 << BITS
    box = (one // 4, one // 2, one, 3 * one)
    k, L = ((F(1, 2), F(1)), (F(1, 4), F(3)))[move[0]]
    value = L - k * k * (4 - L)
    found = image(box, F(1))[2 + move[1]]
    assert abs(found - value * one) <= 4
    assert found <= value * one if move[1] == 0 else found >= value * one


@pytest.mark.parametrize("L_lo", [F(1), F(3, 2), F(5, 2)])
def test_the_lowest_image_is_attained_and_enclosed(L_lo: Fraction) -> None:
    """A mutant of `down` that loses k_hi, x or the lower end of L leaves this point outside."""
    one, x, k = 1 << BITS, F(4, 3), F(2, 5)
    low = image((one // 5, int(k * one) + 1, int(L_lo * one), 3 * one), x)[2]
    exact = L_lo - k * k * x * (4 - x * L_lo)
    assert exact * one - 16 <= low <= exact * one


def test_no_lower_table_where_kappa_need_not_tend_to_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """W1(d) fails for one sample with x L_0 = 4: u' = u^3 - 3u for ever."""
    walk = LinearWalk(parse_samples("x=1:1"))
    problem = WidthProblem.of(walk, F(4), F(10000), F(1), F(1))
    assert not problem.settles
    assert WidthProblem.of(walk, F("3.99"), F(10000), F(1), F(1)).settles

    def never(grid: Grid, side: str, *_: object, **__: object) -> None:
        assert side == "upper", "a lower table was asked for"

    monkeypatch.setattr("catalysis.nonlinear.spike.solve", never)
    monkeypatch.setattr("catalysis.nonlinear.loss.solve", never)
    found = width_spike(walk, F(4), F(10000), F(1), F(1))
    assert found.lower.method != "table" and found.finer_lower.method != "table"
    assert _reach(problem).method != "table"
    mixed = LinearWalk(parse_samples("x=1:1/2, x=0.5:1/2"))
    assert WidthProblem.of(mixed, F(4), F(10000), F(1), F(1)).settles
