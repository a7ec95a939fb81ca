"""Refusals at the edges of the rules and of their sizes, one hypothesis broken at a time."""

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from checker.linear.test_claims import band, cell, certificate, changed, refusal, sole_refusal_of
from kit.good_certificates import SINGLE, TALK, data_set

from proofs_check.core.budget import Work
from proofs_check.core.data import Step, read_data
from proofs_check.core.law import Case, law_of
from proofs_check.core.minibatch import sums_of_draws
from proofs_check.core.reading import Refused
from proofs_check.core.rule import Setting
from proofs_check.linear.drift import check_negative_piece

Json = Any

EDGES: list[tuple[str, str, dict[tuple[Any, ...], Json], str]] = [
    ("an unknown step", "drift", {("step",): {"kind": "both"}}, "unknown kind"),
    ("a batch of none", "thresholds, pairs", {("step", "size"): 0}, "step.size is 0"),
    ("replacement as text", "thresholds, pairs", {("step", "replacement"): "true"}, "not true or false"),
    ("an index as text", "one region", {("negative_gaps", 0, "gap"): "1"}, "not an integer from 0"),
    ("a name that is a number", "drift", {("data", "name"): 1}, "not a string"),
    ("a side that is none", "drift near a pole", {("lambda", "side"): "left"}, "neither"),
    ("a point out of sight", "drift beside a far pole", {("lambda", "t"): "-1000000"}, "beyond the gap"),
    ("an unknown regime", "stable", {("regime",): "calm"}, "unknown regime"),
    ("a rate below the threshold", "rate", {("lambda",): "1.1"}, "does not exceed 2"),
    ("a rate with a bracket too wide", "rate", {("exponent", "upper"): "1000000"}, "not decided"),
    ("a negative bound", "band above 1", {("cells", 1, "lower"): "-1"}, "is negative"),
    ("zero where G is negative", "band across", {("cells", 0, "from"): "0.7"}, "not positive at both ends"),
    ("an unknown zero", "one region", {("zeros", 0, "kind"): "pole"}, "unknown kind"),
    ("an unknown direction", "one region", {("zeros", 0, "direction"): "left"}, "unknown direction"),
    ("an exact zero beyond", "irrational tangencies", {("zeros", 2, "exact"): "18"}, "does not lie between"),
    ("a tangency upside down", "rational tangency", {("zeros", 0, "upper"): "0.4"}, "no bracket"),
    ("a tangency over a pole", "rational tangency", {("zeros", 0, "upper"): "2"}, "no bracket"),
    ("a base that does not cancel", "critical", {("base",): ["4", "2"]}, "do not cancel"),
    (
        "the index of a zero for a number",
        "three zeros",
        {("from",): "1/2", ("regions", 0, "from"): {"zero": 0}},
        "not where",
    ),
]


@pytest.mark.parametrize(("name", "edits", "reason"), [e[1:] for e in EDGES], ids=[e[0] for e in EDGES])
def test_refused_at_an_edge(name: str, edits: dict[tuple[Any, ...], Json], reason: str) -> None:
    assert reason in refusal(changed(name, edits))


NINES = "9" * 3990


def many(count: int) -> Json:
    return data_set(*((str(7 * i * i + i), 1) for i in range(1, count + 1)), learning_rate="1/1000000")


def tangency(**fields: Json) -> Json:
    zero = {"kind": "tangency", "lower": "1/2", "upper": "9/10"} | fields
    claim = {"kind": "sign_regions", "step": SINGLE, "from": "0", "to": "inf", "negative_gaps": []}
    return claim | {"zeros": [zero], "regions": []}


def test_large_polynomials_are_refused_unbegun() -> None:
    long_lead = tangency(polynomial=["1"] * 60 + [NINES])
    assert "polynomial is too large" in refusal(certificate(many(100), long_lead))
    long_end = tangency(polynomial=["1"] * 200, lower="0." + "1" * 3990)
    assert "at an end of the bracket is too large" in refusal(certificate(many(300), long_end))


def test_large_powers_modulo_a_polynomial_are_refused_unbegun() -> None:
    claim = tangency(polynomial=["-1", NINES, "1"], lower=f"1/{10**3994}")
    assert "algebra of the tangency" in refusal(certificate(many(300), claim))


def test_a_negative_leading_coefficient_is_as_good() -> None:
    edits = {("zeros", 0, "polynomial"): ["-45", "16", "-1"]}
    assert sole_refusal_of(changed("irrational tangencies", edits)) is None


def test_a_witness_outside_its_piece_is_refused() -> None:
    case = Case(law_of(read_data(TALK, Work()), Step("single"), Work()), Work(), 1024)
    with pytest.raises(Refused, match="outside its piece"):
        check_negative_piece(case, Fraction(1, 2), Fraction(7, 10), Fraction(8, 10), "the witness")


def test_data_that_are_too_long_are_refused() -> None:
    step = 10**1990
    rows = [(f"{step}/{step + i}", 1) for i in (27, 21, 19, 13, 9, 7, 3, 1)]
    rows = [(f"{step}/{step + 31}", 1), *rows]
    whole = [(str(i), 1) for i in range(2, 2200)]
    with pytest.raises(Refused, match="too many and too long"):
        read_data(data_set(*rows, *whole), Work(10**12))
    few = read_data(data_set(*rows, *whole[:1900], learning_rate="1/" + NINES), Work(10**12))
    with pytest.raises(Refused, match="rates are too many"):
        law_of(few, Step("single"), Work(10**12))
    one = read_data(data_set(*rows), Work(10**12))
    with pytest.raises(Refused, match="denominator of the rates"):
        Setting(one, Work(10**12)).case_only({"step": SINGLE}, 1 / Fraction(NINES))


@pytest.mark.parametrize("replacement", [True, False])
def test_long_sums_on_a_lattice_agree_with_convolution(replacement: bool) -> None:
    """So many compositions that the ways are packed into one integer."""
    weights = {5 + 3 * i: 1 + i % 3 for i in range(12)}
    draws = 10
    ways: Counter[tuple[int, int]] = Counter({(0, 0): 1})
    for u, k in weights.items():
        after: Counter[tuple[int, int]] = Counter()
        for (done, total), n in ways.items():
            for j in range(draws - done + 1 if replacement else min(k, draws - done) + 1):
                more = k**j * binomial(draws - done, j) if replacement else binomial(k, j)
                after[done + j, total + j * u] += n * more
        ways = after
    expected = {total: n for (done, total), n in ways.items() if done == draws}
    assert sums_of_draws(weights, draws, replacement, Work()) == expected


def binomial(n: int, k: int) -> int:
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return result


def test_too_many_intermediate_sums_are_refused() -> None:
    with pytest.raises(Refused, match="intermediate sums"):
        sums_of_draws({i: 100 for i in range(21)}, 120, False, Work())


def test_more_laws_than_are_kept_are_worked_out_again() -> None:
    claims = [
        {"kind": "exponent", "lambda": "1/1000", "regime": "stable", "exponent": "inf"}
        | {"step": {"kind": "minibatch", "size": size, "replacement": True}}
        for size in (1, 2, 3, 4, 5, 6, 1)
    ]
    assert sole_refusal_of(certificate(TALK, *claims)) is None


def test_cells_are_said_in_order() -> None:
    assert "does not continue" in refusal(
        certificate(TALK, band(cell("1", "1.1", "inf", "inf"), cell("1.2", "1.3", "0", "inf")))
    )
