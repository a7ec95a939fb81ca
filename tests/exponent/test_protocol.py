"""The results of the exponent and the arguments of its functions keep the common protocol."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from kit import EXAMPLES
from kit.core_data import walk_of
from kit.protocol import NO_NUMBERS, NUMBERS, WHOLE, keeps_the_protocol, refuses

from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift.value import log_drift
from catalysis.exact.result import Verdict
from catalysis.exponent.band import exponent_band
from catalysis.exponent.exponent import Regime, cramer_exponent, exponent_rate

TALK = walk_of((1, 1), ("1.69", 1))
TOUCH = walk_of((1, 1), (4, 2))
FILE = str(EXAMPLES / "talk-1.toml")

RESULTS: dict[str, Callable[[], Any]] = {
    "deflationary": lambda: cramer_exponent(TALK, "1.42"),
    "stable": lambda: cramer_exponent(TALK, 1),
    "inflationary": lambda: cramer_exponent(TALK, 3),
    "critical": lambda: cramer_exponent(TOUCH, "3/4"),
    "undecided": lambda: cramer_exponent(TOUCH, Fraction(3, 4) + Fraction(1, 10**200), max_bits=64),
    "rate": lambda: exponent_rate(TALK, "1.42"),
    "band": lambda: exponent_band(TALK, "1.2", "1.4"),
    "wide band": lambda: exponent_band(TALK, "1.25", "1.3", tolerance="1e-9", max_cells=4),
    "empty band": lambda: exponent_band(TALK, "0.1", 30, max_cells=1),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_keep_the_protocol(name: str) -> None:
    keeps_the_protocol(RESULTS[name]())


def test_the_number_is_theta() -> None:
    assert 1.69 < float(RESULTS["deflationary"]()) < 1.71
    assert float(RESULTS["stable"]()) == float("inf")
    assert float(RESULTS["inflationary"]()) == float(RESULTS["critical"]()) == 0
    assert RESULTS["undecided"]().number is None and "64 bits" in RESULTS["undecided"]().fields()["reason"]
    assert r"\theta(1.42) \in [1.699" in str(RESULTS["deflationary"]()._repr_latex_())


def test_a_wide_band_is_proved_and_an_empty_one_is_not() -> None:
    wide, empty = RESULTS["wide band"](), RESULTS["empty band"]()
    assert wide.verdict is Verdict.PROVED and "max_cells" in wide.fields()["shortfall"]
    assert empty.verdict is Verdict.UNDECIDED and "max_cells" in empty.fields()["reason"]


def test_many_digits_of_a_rate_are_kept() -> None:
    found = exponent_rate(TALK, "1.42", digits=60)
    assert found is not None and found.rate.width < abs(found.rate.upper) / 10**60
    shown = found.fields()["rate"]
    assert Fraction(shown["upper"]) - Fraction(shown["lower"]) < abs(found.rate.upper) / 10**59


ASK: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "theta": ("curvature", lambda v: cramer_exponent(TALK, v)),
    "rate": ("curvature", lambda v: exponent_rate(TALK, v)),
    "band from": ("start", lambda v: exponent_band(TALK, v, 2, tolerance=1)),
    "band to": ("end", lambda v: exponent_band(TALK, "1.3", v, tolerance=1)),
    "tolerance": ("tolerance", lambda v: exponent_band(TALK, "1.3", "1.4", tolerance=v)),
    "ceiling": ("ceiling", lambda v: exponent_band(TALK, "1.3", "1.4", ceiling=v)),
    "cuts": ("cuts", lambda v: exponent_band(TALK, "1.3", "1.6", tolerance=1, cuts=[v])),
}
ASK_WHOLE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "digits": ("digits", lambda v: cramer_exponent(TALK, "1.42", digits=v)),
    "bits": ("max_bits", lambda v: cramer_exponent(TALK, "1.42", max_bits=v)),
    "rate digits": ("digits", lambda v: exponent_rate(TALK, "1.42", digits=v)),
    "rate bits": ("max_bits", lambda v: exponent_rate(TALK, "1.42", max_bits=v)),
    "cells": ("max_cells", lambda v: exponent_band(TALK, "1.3", "1.4", max_cells=v)),
}


@pytest.mark.parametrize("name", ASK)
def test_a_number_may_be_given_in_any_form(name: str) -> None:
    what, ask = ASK[name]
    assert len({repr(ask(value)) for value in NUMBERS}) == 1
    refuses(ask, what)
    if what != "cuts":
        refuses(ask, what, (-1, 0))


@pytest.mark.parametrize("name", ASK_WHOLE)
def test_an_integer_may_be_given_in_any_form(name: str) -> None:
    what, ask = ASK_WHOLE[name]
    assert len({repr(ask(value)) for value in WHOLE}) == 1
    refuses(ask, what, (*NO_NUMBERS, -1, 0, 1.5))
    if what == "digits":
        refuses(ask, what, (3501, 10**5))


@pytest.mark.parametrize(
    "ask",
    [
        lambda walk: cramer_exponent(walk, "1.42"),
        lambda walk: exponent_rate(walk, "1.42"),
        lambda walk: exponent_band(walk, "1.3", "1.4"),
    ],
)
def test_a_walk_may_be_given_as_data(ask: Callable[[Any], Any]) -> None:
    dataset = load_dataset(FILE)
    assert ask(LinearWalk(dataset)) == ask(dataset) == ask(FILE)
    refuses(ask, "walk", (None, 1, [], [None], object()))


def test_cuts_are_a_sequence_of_numbers() -> None:
    refuses(lambda v: exponent_band(TALK, "1.3", "1.4", cuts=v), "cuts", (None, 1, "1.35", [None], ["x"]))


def test_the_regime_is_undecided_only_by_name() -> None:
    assert RESULTS["undecided"]().regime is Regime.UNDECIDED
    assert RESULTS["critical"]().regime is Regime.CRITICAL


def test_formulas_stay_short_for_floats() -> None:
    """The exact fraction behind a float is long: LaTeX says that it is rounded."""
    assert cramer_exponent(TALK, 1.42).formula == r"\theta({\approx} 1.42000000000)"
    assert cramer_exponent(TALK, "1.42").formula == r"\theta(1.42)"
    assert str(log_drift(TALK, 1)._repr_latex_()) == r"$G(1) = -\infty$"
