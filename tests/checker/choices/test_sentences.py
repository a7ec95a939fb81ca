"""What the checker says, read back from the printed sentence alone and held against the truth.

The other tests judge the fields of a claim. Here only the words count: numbers, samples, the step and the assertion
are parsed from the statement, and each assertion is compared with a computation that shares nothing with the checker.
"""

import json
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import pytest
from kit.sentences import JUDGES, SENTENCES, WALK_SAYS_ONE

from proofs_check.certificate import check_certificate

F = Fraction
Json = Any


def said(document: Json) -> str:
    (verdict,) = check_certificate(json.dumps(document).encode())
    assert verdict.proved, verdict.statement
    return verdict.statement


@cache
def sentence(name: str) -> tuple[str, str]:
    document = SENTENCES[name]()
    return document["claims"][0]["kind"], said(document)


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_said_is_true(name: str) -> None:
    kind, text = sentence(name)
    with mp.workdps(100 if kind == "phase" else 40):
        JUDGES[kind](text)


def test_every_kind_of_claim_is_said() -> None:
    elsewhere = {"spike_within", "first_passage"}  # checker/spikes/test_horizon.py
    assert {sentence(name)[0] for name in SENTENCES} | elsewhere == set(JUDGES)


def test_a_walk_of_a_likely_cell_proves_no_more_than_the_probability_asked_for() -> None:
    text = said(json.loads(WALK_SAYS_ONE.read_text()))
    assert "it is more than 0.05 for eta in [0.73762, 0.738]" in text
    assert "it is 1" not in text


FALSE_WORDS = [
    ("choices: advice by walks", "more than", "at most"),
    ("choices: advice by walks", "at most", "more than"),
    ("choices: advice by walks", r"it is more than 0.05", "it is 1"),
    ("choices: advice", "the probability is 0 for eta", "it is 1 for eta"),
    ("choices: batch bound", "theta >= 1.", "theta >= 7."),
    (
        "choices: order bound",
        "multiplies |mu| by exp(y) with y in [",
        "multiplies |mu| by exp(y) with y in [9",
    ),
    ("choices: order", "larger", "smaller"),
    ("phase: catapult", "rises in step 1", "rises in step 30"),
    ("phase: hit", "kappa_1 =", "kappa_2 ="),
    ("phase: lazy", "lazy", "catapult"),
    ("width: table", "reaches 0.1", "reaches 0.04"),
    ("loss: two samples", "at most", "at least"),
]


@pytest.mark.parametrize(("name", "old", "new"), FALSE_WORDS)
def test_the_judges_notice_false_words(name: str, old: str, new: str) -> None:
    """The judges themselves, tried on sentences that were never proved."""
    kind, text = sentence(name)
    assert old in text
    with mp.workdps(100 if kind == "phase" else 40), pytest.raises((AssertionError, IndexError)):
        JUDGES[kind](text.replace(old, new))
