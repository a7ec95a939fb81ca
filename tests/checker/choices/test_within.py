"""Advice within T steps (A7): each hypothesis broken alone is refused, with its reason."""

import json
from fractions import Fraction
from typing import Any

import pytest
from kit.good_certificates import certificate, data_set
from kit.good_choices import TALK, a_good

from proofs_check.certificate import Verdict, check_certificate

Json = Any
F = Fraction


def check(document: Json) -> Verdict:
    return check_certificate(json.dumps(document).encode())[0]


def one(*cells: Json, steps: int = 5, p: str = "1/50", data: Json = None, **more: Json) -> Json:
    """The talk's data from lambda_0 = 2 at width 60 with these cells."""
    entry = {"kind": "advice_within", "step": {"kind": "single"}, "lambda0": "2", "width": "60", "mu0": "1"}
    entry |= {"scale": "1", "probability": p, "steps": steps, "cells": list(cells), **more}
    return certificate(TALK.to_json() if data is None else data, entry)


def cell(regime: str, low: str, high: str, **proof: Json) -> Json:
    return {"regime": regime, "from": low, "to": high, "proof": proof}


PAIR = {"method": "pair", "steps": 5, "bits": 64}
RARE, LIKELY = cell("rare", "0.6", "0.7", **PAIR), cell("likely", "1", "1.1", **PAIR)
REFUSED: dict[str, tuple[Json, str]] = {
    "no cells at all": (one(), "cells is empty"),
    "an unknown outlook": (one(cell("stable", "0.6", "0.7", **PAIR)), "unknown regime"),
    "an empty cell": (one(cell("rare", "0.7", "0.7", **PAIR)), "empty"),
    "a cell from 0": (one(cell("rare", "0", "0.7", **PAIR)), "empty"),
    "cells that overlap": (one(RARE, cell("rare", "0.69", "0.71", **PAIR)), "before the end"),
    "more steps than asked": (one(RARE, steps=4), "above steps"),
    "no walk of a cell": (one(cell("rare", "0.6", "0.7", method="short")), "not one for cells"),
    "rare where it is likely": (
        one(cell("rare", "0.9", "1", **PAIR)),
        "does not prove that the event is rare",
    ),
    "likely where it is rare": (
        one(cell("likely", "0.6", "0.61", **PAIR)),
        "does not prove that the event is likely",
    ),
    "the start at the level": (one(RARE, mu0="10"), "at the level"),
    "likely by no walk": (one(cell("likely", "0.6", "0.7", method="never")), "by no walk"),
    "out of reach, but not for long": (one(cell("rare", "0.9", "1", method="never")), "may happen"),
    "a rare event by less than all steps": (
        one(cell("rare", "0.6", "0.7", method="pair", steps=1, bits=64), p="1/1000"),
        "does not prove",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_within(name: str) -> None:
    document, word = REFUSED[name]
    verdict = check(document)
    assert not verdict.proved and word in verdict.statement, verdict.statement


def test_what_is_proved_within() -> None:
    tilted = cell("rare", "0.6", "0.61", method="pair", steps=3, bits=64, tilt="1")
    verdict = check(one(tilted, RARE | {"from": "0.61"}, LIKELY))
    assert verdict.proved, verdict.statement
    assert "at most 0.02 for eta in [0.6, 0.7]; above 0.02 for eta in [1, 1.1]" in verdict.statement
    assert "S12" in verdict.statement


def test_the_level_is_taken_at_the_end_that_is_worse() -> None:
    """One step of x = 3 (1/2) from lambda_0 = 1: at eta it reaches K^2 = A/eta if (3 eta - 1)^2 >= A/eta.

    At eta = 1.2 it does for A = 8 (6.76 >= 6.66...), though 6.76 < 8/1: not rare. At eta = 1 it does not for A = 4.5
    (4 < 4.5), though 4 >= 4.5/1.2: not likely.
    """
    data, ask = data_set(("1", "1/2"), ("3", "1/2")), {"lambda0": "1", "steps": 1, "p": "1/10"}
    counts = {"method": "counts", "steps": 1, "bits": 40}
    rare = {"never": {"method": "never"}, "counts": counts}
    for name, proof in rare.items():
        assert not check(one(cell("rare", "1", "1.2", **proof), data=data, width="8", **ask)).proved, name
        assert check(one(cell("rare", "1", "1.1", **proof), data=data, width="8", **ask)).proved, name
    assert not check(one(cell("likely", "1", "1.2", **counts), data=data, width="4.5", **ask)).proved
    assert check(one(cell("likely", "1.1", "1.2", **counts), data=data, width="4.5", **ask)).proved


def test_levels_out_of_reach() -> None:
    """No factor above 1 (by the smallest rates), no step at all, or too few for the largest factor."""
    never = {"method": "never"}
    for document in (
        one(cell("rare", "0.1", "0.3", **never)),
        one(cell("rare", "0.6", "0.7", **never), steps=0),
        one(cell("rare", "0.6", "0.7", **never), steps=4),
        one(cell("rare", "1/4", "1/3", **never), data=data_set(("1", "1/2"), ("2", "1/2"))),
    ):
        verdict = check(document)
        assert verdict.proved, verdict.statement
    full = one(cell("rare", "0.2", "0.3", **never), step={"kind": "full_batch"})
    assert check(full).proved
    asleep = one(cell("likely", "0.6", "0.7", **PAIR), data=data_set(("0", "1/2"), ("1", "1/2")))
    assert not check(asleep).proved


def test_the_sentence_of_a_good_claim() -> None:
    verdict = check(a_good("advice within"))
    assert verdict.proved and "for some t <= 5 is at most 0.05" in verdict.statement
