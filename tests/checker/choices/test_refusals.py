"""Each hypothesis of the rules of this room broken alone: refused, with its reason."""

import copy
import json
from fractions import Fraction
from typing import Any

import pytest
from kit.good_certificates import TOUCH, certificate, data_set
from kit.good_choices import TALK, a_good, hand_made

from proofs_check import certificate as certificates
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work

F = Fraction
Json = Any
FULL, SINGLE = {"kind": "full_batch"}, {"kind": "single"}


def check(document: Json) -> Verdict:
    return check_certificate(json.dumps(document).encode())[0]


def edited(name: str, **edits: Json) -> Json:
    """A good document with fields of its claim replaced."""
    document = copy.deepcopy(a_good(name))
    document["claims"][0] |= edits
    return document


def cell(regime: str, low: str, high: str, **proof: Json) -> Json:
    return hand_made("1/2", {"regime": regime, "from": low, "to": high, **proof})


WALK = {"exponent": {"lower": "1.1", "upper": "1.2"}, "steps": 5, "drop": "0", "bits": 100}

REFUSED: dict[str, tuple[Json, str]] = {
    "no cells": (edited("advice", cells=[]), "fewer than two entries"),
    "no data": ({k: v for k, v in a_good("advice").items() if k != "data"}, "needs data"),
    "cells out of order": (cell("inflationary", "0.3", "0.78"), "does not continue"),
    "two gaps": (
        certificate(
            data_set(("1", "1/2"), ("1.2", "1/2")),
            hand_made("1/2", {"regime": "undecided", "from": "0.6", "to": "0.61"})["claims"][0]
            | {
                "lambda0": "1",
                "cells": [
                    {"regime": "stable", "from": "0", "to": "5/3"},
                    {"regime": "inflationary", "from": "5/3", "to": "10/3"},
                    {"regime": "outside window", "from": "10/3", "to": "inf"},
                ],
            },
        ),
        "more than one rate",
    ),
    "rare beyond the exponent": (cell("rare", "0.7", "0.8", exponent="1"), "M(lower; to) is above 1"),
    "a bracket the wrong way": (
        cell("rare", "0.73", "0.74", walk=WALK | {"exponent": {"lower": "2", "upper": "1"}}),
        "is above",
    ),
    "a bracket of one number": (
        cell("rare", "0.73", "0.74", walk=WALK | {"exponent": {"lower": "1", "upper": "1"}}),
        "no bracket",
    ),
    "a bracket beside the exponent": (
        cell("rare", "0.73", "0.74", walk=WALK | {"exponent": {"lower": "8", "upper": "9"}}),
        "does not bracket",
    ),
    "a full batch": (edited("batch bound", step=FULL), "full batch"),
    "an exponent below one": (edited("batch bound", exponent="0.99"), "below 1"),
    "a moment above one": (edited("batch bound", exponent="9"), "above 1"),
    "lower is not lower": (edited("batch order", between="1/1000"), "below 1 for the step"),
    "higher is not higher": (edited("batch order", between="99"), "above 1 for the step"),
    "orders of a batch": (edited("order bound", step=FULL), "not a single sample"),
    "a product of zero": (edited("order bound", log_product="-inf"), "not both"),
    "a product at a pole": (
        edited("order bound at a pole", log_product={"lower": "0", "upper": "1"}),
        "not both",
    ),
    "a base at a pole": (edited("order bound at a pole", base=["2"]), "superfluous"),
    "a wrong product": (
        edited("order bound", log_product={"lower": "8", "upper": "9"}),
        "log_product is wrong",
    ),
    "a wrong largest": (
        edited("order bound", log_largest={"lower": "8", "upper": "9"}),
        "log_largest is wrong",
    ),
    "no level": (edited("easy phase", factor="1"), "at most 1"),
    "no growth": (edited("easy phase", **{"lambda": "1"}), "does not exceed 2"),
    "no order": (edited("easy phase", lower="1", upper="0.5"), "above upper"),
    "too high": (edited("easy phase", lower="0.9", upper="0.95"), "lower exceeds"),
    "too low": (edited("easy phase", lower="0", upper="0.0000001"), "upper is below"),
    "never": (edited("easy phase", lower="0", upper="0"), "upper is below"),
    "no start": (edited("order", kappa="0"), "kappa is 0"),
    "a start outside": (edited("order", L="0.19"), "below 2 |kappa|"),
    "not ascending": (edited("order", first=["3", "2"]), "not ascending"),
    "other draws": (edited("order", second=["3", "1"]), "another order"),
    "a negative draw": (edited("order", first=["-2", "3"], second=["3", "-2"]), "negative"),
    "one draw": (edited("order", first=["2"], second=["2"]), "2 to 6 entries"),
    "another difference": (edited("order", differ_in="median"), "neither"),
    "the same maximum": (edited("order", first=["0", "2"], second=["2", "0"]), "not the larger"),
    "the same end": (edited("order", first=["0", "2"], second=["2", "0"], differ_in="final"), "is the same"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_broken_hypotheses_are_refused(name: str) -> None:
    document, reason = REFUSED[name]
    verdict = check(document)
    assert not verdict.proved
    assert reason in verdict.statement


def small_level(cells: list[tuple[Json, ...]], p: str = "1/2") -> Json:
    """A = 1, from lambda_0 = 2 with the talk's data: the start is the event from eta = 1 on."""
    document = hand_made(p, {"regime": "undecided", "from": "0.6", "to": "0.61"})
    listed = [{"regime": r, "from": a, "to": b, **(proof[0] if proof else {})} for r, a, b, *proof in cells]
    document["claims"][0] |= {"width": "4", "mu0": "2", "cells": listed}
    return document


@pytest.mark.parametrize(
    ("regime", "proof", "reason"),
    [
        ("rare", {"exponent": "1"}, "reaches up to A"),
        ("rare", {"walk": WALK}, "reaches up to A"),
        ("likely", {"exponent": "1"}, "starts at A"),
        ("likely", {"walk": WALK}, "starts at A"),
        ("likely", {}, "does not start where the start is the event"),
        ("undecided", {}, None),
    ],
)
def test_beyond_the_start_rate_no_bound_is_needed_or_proved(
    regime: str, proof: Json, reason: str | None
) -> None:
    """A = 1 lies in the window (100/169, 200/169)."""
    cells = [
        ("stable", "0", "100/169"),
        ("undecided", "100/169", "1.1"),
        (regime, "1.1", "1.15", proof),
        ("undecided", "1.15", "200/169"),
        ("outside window", "200/169", "inf"),
    ]
    verdict = check(small_level(cells))
    assert verdict.proved is (reason is None)
    assert reason is None or reason in verdict.statement


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [("0.9", "1.1", "in one gap"), ("0.7", "0.72", "not positive at both ends")],
)
def test_inflationary_cells_need_one_gap_and_growth(low: str, high: str, reason: str) -> None:
    document = certificate(data_set(("1", "1/2"), ("3", "1/2")), cell("inflationary", low, high)["claims"][0])
    stable, window = "2/3", "4/3"
    document["claims"][0]["lambda0"] = "1"
    for entry in document["claims"][0]["cells"]:
        entry["from"] = {"100/169": stable, "200/169": window}.get(entry["from"], entry["from"])
        entry["to"] = {"100/169": stable, "200/169": window}.get(entry["to"], entry["to"])
    verdict = check(document)
    assert not verdict.proved
    assert reason in verdict.statement


def test_batches_of_weighted_samples_are_not_compared_with_draws_without_replacement() -> None:
    entry = {"kind": "batch_bound", "step": SINGLE, "lambda": "1.3", "exponent": "1"}
    verdict = check(certificate(TALK.to_json(), entry))
    assert verdict.proved
    assert "without replacement" not in verdict.statement
    assert "B3" not in verdict.statement


def test_an_easy_phase_at_a_pole_ends_where_mu_is_dead() -> None:
    """x = 1 kills mu at lambda = 1: after one easy draw nothing is left."""
    entry = {"kind": "easy_phase", "step": SINGLE, "lambda": "1", "factor": "2", "steps": 3}
    entry |= {"exponent": {"lower": "1/2", "upper": "1"}, "lower": "0", "upper": "1"}
    data = data_set(("1", "2/5"), ("3", "3/5"))
    document = certificate(data, entry | {"exponent": {"lower": "1/10", "upper": "1"}})
    assert check(document).proved
    assert not check(certificate(TOUCH, entry)).proved


def test_the_cost_of_counterexamples_is_booked_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file full of long draws: the first are proved, the rest refused for the budget."""
    monkeypatch.setattr(certificates, "Work", lambda: Work(600_000))
    digits = "123456789" * 10
    draws = [f"1.{digits}{i}" for i in range(6)]
    entry = {"kind": "order_counterexample", "kappa": f"0.{digits}", "L": f"2.{digits}", "differ_in": "final"}
    document = certificate(None, *[entry | {"first": draws, "second": draws[::-1]}] * 60)
    verdicts = check_certificate(json.dumps(document).encode())
    assert not verdicts[-1].proved
    assert "budget" in verdicts[-1].statement
    assert 0 < sum(verdict.proved for verdict in verdicts) < 10
