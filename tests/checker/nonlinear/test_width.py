"""The checker on finite-width claims: good ones proved, changed ones refused."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest
from kit.good_certificates import certificate, data_set
from kit.good_width import NAMES, changed, good, made, verdict

F = Fraction
Json = Any


@pytest.mark.parametrize("name", NAMES)
def test_good_claims_are_proved(name: str) -> None:
    proved, statement = verdict(good(name))
    assert proved, statement
    assert "ever reaches" in statement and "kappa_0 = eta mu_0/sqrt(width)" in statement


def scaled(name: str, key: str, factor: str) -> str:
    return str(F(good(name)["claims"][0][key]) * F(factor))


REFUSED: list[tuple[str, list[tuple[str, Any]], str]] = [
    ("closed forms", [("lower", "0.0000043")], "lower"),
    ("closed forms", [("upper", "0.0000079")], "upper is below"),
    ("closed forms", [("upper", "0")], "not 0 <= lower"),
    ("closed forms", [("lower", "0"), ("upper", "0")], "upper is 0"),
    ("closed forms", [("lower", "-1")], "not 0 <="),
    ("closed forms", [("kappa", "0.0011")], "lower"),
    ("closed forms", [("kappa", "0.0009")], "upper"),
    ("closed forms", [("mu0", "0.99")], "lower"),
    ("closed forms", [("mu0", "1.01")], "upper"),
    ("closed forms", [("mu0", "0")], "mu0 is 0"),
    ("closed forms", [("width", "1010000000000")], "lower"),
    ("closed forms", [("width", "990000000000")], "upper"),
    ("closed forms", [("width", "0.5")], "width is below 1"),
    ("closed forms", [("lambda", "1.41")], "not below L_0"),
    ("closed forms", [("lambda", "1.43")], "above 1"),
    ("closed forms", [("lambda", "2.4")], "exceeds 4"),
    ("closed forms", [("lower_proof.exponent", "1.6")], "lower"),
    ("closed forms", [("lower_proof.exponent", "1.8")], "lower"),
    ("closed forms", [("lower_proof.L1", "1.42")], "not below L_0"),
    ("closed forms", [("lower_proof.L1", "1.41999")], "lower"),
    ("closed forms", [("lower_proof.L1", "1.3")], "lower"),
    ("closed forms", [("upper_proof.exponent", "1.7")], "above 1"),
    ("closed forms", [("upper_proof.exponent", "0.9")], "below 1"),
    ("closed forms", [("upper_proof.exponent", ...)], "lacks"),
    ("closed forms", [("upper_proof.method", "stable"), ("upper_proof.exponent", ...)], "exceeds 2"),
    ("closed forms", [("upper_proof.method", "magic")], "unknown method"),
    ("closed forms", [("lower_proof.method", "magic")], "unknown method"),
    ("closed forms", [("lower_proof", {"method": "reached"})], "not proved to be at"),
    ("closed forms", [("lower_proof", {"method": "trivial"})], "without a proof"),
    ("closed forms", [("upper_proof", {"method": "trivial"})], "without a proof"),
    ("closed forms", [("upper_proof.note", "1")], "unknown key"),
    ("below one", [("upper_proof.exponent", "0.9")], "upper"),
    ("below one", [("upper_proof.tail", "0.9")], "upper"),
    ("below one", [("upper_proof.L1", "1.55")], "not below L_0"),
    ("below one", [("upper_proof.L1", "1.549999999")], "upper"),
    (
        "below one",
        [("upper_proof.method", "theorem"), ("upper_proof.tail", ...), ("upper_proof.L1", ...)],
        "below 1",
    ),
    ("stable", [("lambda", "1.2")], "exceeds 2"),
    ("reached", [("width", "5")], "not proved to be at"),
    ("reached", [("mu0", "0.9")], "not proved to be at"),
    ("table", [("lambda", "1.43")], ""),
    ("table", [("lambda", "1.41")], ""),
    ("table", [("kappa", "0.09")], ""),
    ("table", [("upper_proof.exponent", "1.71")], "above 1"),
    ("table", [("lower_proof.exponent", "0.9")], "between 1 and"),
    ("table", [("lower_proof.exponent", "1.6")], "fails"),
    ("carried", [("lower_proof.start", ...)], "start is needed"),
    ("carried", [("lower_proof.start.exponent", "1.6")], "lower"),
    ("carried", [("lower_proof.start.L1", "1.3")], "uppermost"),
    ("carried", [("lower_proof.start.edge", 100000)], "no column"),
    ("carried", [("width", "1010000000000")], "lower"),
]


@pytest.mark.parametrize(("name", "edits", "reason"), REFUSED)
def test_changed_claims_are_refused(name: str, edits: list[tuple[str, Any]], reason: str) -> None:
    proved, statement = verdict(changed(name, *edits))
    assert not proved
    assert reason in statement


@pytest.mark.parametrize("name", ["table", "carried", "closed forms", "below one"])
def test_tighter_ends_are_refused(name: str) -> None:
    for key, factor in (("lower", "1.0000001"), ("upper", "0.9999999")):
        assert not verdict(changed(name, (key, scaled(name, key, factor))))[0]


@pytest.mark.parametrize("name", ["table", "carried"])
def test_wider_ends_are_proved(name: str) -> None:
    assert verdict(
        changed(name, ("lower", scaled(name, "lower", "0.9")), ("upper", scaled(name, "upper", "1.1")))
    )[0]


def entries(document: Json, side: str) -> list[list[int]]:
    return [[int(e) for e in line.split()] for line in document["claims"][0][side]["table"]]


def with_entries(document: Json, side: str, rows: list[list[int]]) -> Json:
    document = copy.deepcopy(document)
    document["claims"][0][side]["table"] = [" ".join(map(str, row)) for row in rows]
    return document


@pytest.mark.parametrize("side", ["upper_proof", "lower_proof"])
def test_a_cell_better_than_its_images_allow_is_refused(side: str) -> None:
    document = good("table")
    rows = entries(document, side)
    step = -1 if side == "upper_proof" else 1
    tried = 0
    for j in range(len(rows) - 1, 3, -3):
        for n in range(2, len(rows[0]), 5):
            if 0 < rows[j][n] < 10**9:
                new = [list(row) for row in rows]
                new[j][n] += step * (rows[j][n] // 50 + 1000)
                proved, statement = verdict(with_entries(document, side, new))
                assert not proved and "fails in the cell" in statement
                tried += 1
    assert tried > 5


@pytest.mark.parametrize(
    ("side", "key", "value", "reason"),
    [
        ("upper_proof", "edges", "1", "do not increase"),
        ("upper_proof", "edges", "5 4 1000000000000000", "do not increase"),
        ("upper_proof", "edges", "5 7 999999999999999", "do not increase"),
        ("upper_proof", "edges", "5  1000000000000000", "something else"),
        ("upper_proof", "edges", 7, "not a string"),
        ("upper_proof", "table", ["1"], "less than two rows"),
        ("upper_proof", "table", ["1", "2"], "wrong number"),
        ("lower_proof", "table", [], "less than two rows"),
        ("lower_proof", "edges", "-5 1000000000000000", "do not increase"),
        ("lower_proof", "edges", "1e5 1000000000000000", "something else"),
    ],
)
def test_malformed_tables(side: str, key: str, value: Json, reason: str) -> None:
    proved, statement = verdict(changed("table", (f"{side}.{key}", value)))
    assert not proved
    assert reason in statement


def test_entries_out_of_range() -> None:
    document = good("table")
    for side, j, n, value in (
        ("upper_proof", 3, 3, 10**9 + 1),
        ("upper_proof", 3, 3, -1),
        ("lower_proof", 0, 3, 1),
        ("lower_proof", 10, -1, 10**9 + 1),
    ):
        rows = entries(document, side)
        rows[j][n] = value
        assert not verdict(with_entries(document, side, rows))[0]


def test_a_table_for_too_much_work_is_refused_unread() -> None:
    huge = " ".join(["1"] * 20_000)
    edges = " ".join(map(str, [*range(1, 20_001), 10**15]))
    document = changed("table", ("upper_proof.edges", edges), ("upper_proof.table", [huge] * 11))
    proved, statement = verdict(document)
    assert not proved and "entries times samples" in statement


def test_numbers_too_long_for_a_closed_form() -> None:
    long = "0.00100" + "1" * 3900
    assert not verdict(changed("table", ("kappa", long)))[0]


def test_data_are_needed() -> None:
    document = good("stable")
    del document["data"]
    assert not verdict(document)[0]


def test_other_data_are_refused() -> None:
    for name in ("table", "closed forms"):
        document = good(name)
        document["data"]["samples"][1]["x"] = "1.7"
        assert not verdict(document)[0]
        document = good(name)
        document["data"]["learning_rate"] = "1.01"
        assert not verdict(document)[0]


@pytest.mark.slow
def test_what_is_made_by_default_is_proved() -> None:
    assert verdict(made("1.42", "1000000000000", "0.1", "2"))[0]
    assert verdict(made("1.3", "100000000", "0.05", "4"))[0]


def slopes_of(name: str) -> list[int]:
    return [int(g) for g in good(name)["claims"][0]["upper_proof"]["slopes"].split()]


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([("upper_proof.bottom", "1.2")], "bottom exceeds"),
        ([("upper_proof.pieces", 0)], "between 1 and 64"),
        ([("upper_proof.pieces", 65)], "between 1 and 64"),
        ([("upper_proof.pieces", 1)], "may increase"),
        ([("upper_proof.slopes", "-1 5")], "decrease or are negative"),
        ([("upper_proof.slopes", "5 4")], "decrease or are negative"),
        ([("upper_proof.slopes", "0 0")], "may increase"),
        ([("kappa", "0.2")], "not below the square"),
        ([("lambda", "1.5")], ""),
        ([("mu0", "290")], "not below the square"),
        ([("kappa", "0.00099")], "not below the level"),
        ([("upper_proof.bottom", "1.18")], "may increase"),
    ],
)
def test_barriers_with_a_gap_are_refused(edits: list[tuple[str, Any]], reason: str) -> None:
    proved, statement = verdict(changed("barrier", *edits))
    assert not proved and reason in statement


def test_a_barrier_above_the_start_proves_nothing() -> None:
    """With L_0 below the bottom the intervals have a negative length, and k_0 may lie above the level."""
    claim = {
        "kind": "width_spike",
        "step": {"kind": "single"},
        "lambda": "1",
        "width": "1",
        "lower": "0",
        "upper": "0",
    }
    claim |= {"kappa": "0.3", "lower_proof": {"method": "trivial"}}
    claim |= {"upper_proof": {"method": "barrier", "bottom": "2", "slopes": "160000", "pieces": 1}}
    data = data_set(("1/2", "1/2"), ("1", "1/2"))
    for mu, reason in (("0.4", "not below the level"), ("0.2", "not below L_0")):
        proved, statement = verdict(certificate(data, claim | {"mu0": mu}))
        assert not proved and reason in statement


def test_a_barrier_may_begin_below_zero() -> None:
    """W12 asks B < L_0 and B <= 2/x* alone; the conditions are those of any other bottom."""
    found = made("1.3", "4", "0.6175", "2")
    proof = found["claims"][0]["upper_proof"]
    assert proof["method"] == "barrier" and F(proof["bottom"]) < 0
    assert verdict(found)[0]
    proof["slopes"] = " ".join(str(int(g) * 99 // 100) for g in proof["slopes"].split())
    proved, statement = verdict(found)
    assert not proved and "may increase" in statement


def test_each_slope_of_a_barrier_counts() -> None:
    slopes = slopes_of("barrier")
    for n in range(len(slopes) // 2, len(slopes)):
        lowered = [min(g, slopes[n] * 9 // 10) if m <= n else g for m, g in enumerate(slopes)]
        text = " ".join(map(str, lowered))
        assert not verdict(changed("barrier", ("upper_proof.slopes", text)))[0]
