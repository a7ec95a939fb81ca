"""The results of the drift and the arguments of its functions keep the common protocol."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from kit import EXAMPLES
from kit.core_data import walk_of
from kit.protocol import NO_NUMBERS, NUMBERS, WHOLE, keeps_the_protocol, refuses

from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift.family import TwoSampleFamily, family_map
from catalysis.drift.interval import sign_on_interval
from catalysis.drift.regions import sign_regions
from catalysis.drift.thresholds import catapult_window, inflationary_share
from catalysis.drift.value import DriftValue, drift_sign, log_drift
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict

TALK = walk_of((1, 1), ("1.69", 1))
TOUCH = walk_of((1, 1), (4, 2))
SHARE = TwoSampleFamily(share=Fraction(1, 2))
FILE = str(EXAMPLES / "talk-1.toml")
SIDE = ("1/2", "3/2")

RESULTS: dict[str, Callable[[], Any]] = {
    "thresholds": lambda: catapult_window(TALK),
    "drift": lambda: log_drift(TALK, "1.42"),
    "many digits": lambda: log_drift(TALK, "1.42", digits=200),
    "drift at a pole": lambda: log_drift(TALK, 1),
    "drift unresolved": lambda: DriftValue(TALK, Fraction(1), None, "9 bits do not resolve G here"),
    "drift too wide": lambda: log_drift(TALK, "1.42", digits=40, max_bits=64),
    "sign": lambda: drift_sign(TALK, "1.42"),
    "sign 0": lambda: drift_sign(TOUCH, "3/4"),
    "sign open": lambda: drift_sign(TOUCH, Fraction(3, 4) + Fraction(1, 10**100), max_bits=64),
    "regions": lambda: sign_regions(TALK),
    "regions open": lambda: sign_regions(TOUCH, max_bits=64, max_degree=0),
    "interval": lambda: sign_on_interval(TALK, 1, 2),
    "negative interval": lambda: sign_on_interval(TALK, "0.1", "0.5"),
    "share": lambda: inflationary_share(TALK.dataset),
    "map": lambda: family_map(SHARE, (0, 2), (0, 1), depth=3),
    "box": lambda: family_map(SHARE, (0, 2), (0, 1), depth=3).boxes[0],
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_keep_the_protocol(name: str) -> None:
    keeps_the_protocol(RESULTS[name]())


def test_undecided_and_less_sharp_than_asked_are_told_apart() -> None:
    wide, unresolved = RESULTS["drift too wide"](), RESULTS["drift unresolved"]()
    assert wide.verdict is Verdict.PROVED and "64 bits" in wide.fields()["shortfall"]
    assert unresolved.verdict is Verdict.UNDECIDED and "9 bits" in unresolved.fields()["reason"]
    for name in ("sign open", "regions open", "map"):
        result = RESULTS[name]()
        assert result.verdict is Verdict.UNDECIDED and "allow more" in result.fields()["reason"]


def test_the_digits_of_the_drift_are_shown() -> None:
    shown = RESULTS["many digits"]().fields()["drift"]
    assert Fraction(shown["upper"]) - Fraction(shown["lower"]) < Fraction(1, 10**200)


ASK: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "log_drift": ("curvature", lambda v: log_drift(TALK, v)),
    "drift_sign": ("position", lambda v: drift_sign(TALK, v)),
    "regions from": ("start", lambda v: sign_regions(TALK, v)),
    "regions to": ("end", lambda v: sign_regions(TALK, 0, v)),
    "interval from": ("start", lambda v: sign_on_interval(TALK, v, 2)),
    "interval to": ("end", lambda v: sign_on_interval(TALK, 1, v)),
    "family fixed": ("fixed", lambda v: family_map(TwoSampleFamily(fixed=v), SIDE, (0, 1), depth=1)),
    "family s": ("s", lambda v: family_map(SHARE, (0, v), (0, 1), depth=1)),
}

ASK_WHOLE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "drift digits": ("digits", lambda v: log_drift(TALK, 2, digits=v)),
    "drift bits": ("max_bits", lambda v: log_drift(TALK, 2, max_bits=v)),
    "sign bits": ("max_bits", lambda v: drift_sign(TALK, 2, max_bits=v)),
    "regions digits": ("digits", lambda v: sign_regions(TALK, digits=v)),
    "regions bits": ("max_bits", lambda v: sign_regions(TALK, max_bits=v)),
    "regions degree": ("max_degree", lambda v: sign_regions(TALK, max_degree=v)),
    "regions work": ("max_work", lambda v: sign_regions(TALK, max_work=v)),
    "interval bits": ("max_bits", lambda v: sign_on_interval(TALK, 1, 2, max_bits=v)),
    "interval work": ("max_work", lambda v: sign_on_interval(TALK, 1, 2, max_work=v)),
    "share digits": ("digits", lambda v: inflationary_share(TALK.dataset, digits=v)),
}


@pytest.mark.parametrize("name", ASK)
def test_a_number_may_be_given_in_any_form(name: str) -> None:
    what, ask = ASK[name]
    assert len({repr(ask(value)) for value in NUMBERS}) == 1
    none_is_infinity = name == "regions to"
    refuses(ask, what, NO_NUMBERS[none_is_infinity:])
    refuses(ask, what, (-1,))


@pytest.mark.parametrize("name", ASK_WHOLE)
def test_an_integer_may_be_given_in_any_form(name: str) -> None:
    what, ask = ASK_WHOLE[name]
    assert len({repr(ask(value)) for value in WHOLE}) == 1
    none_is_default = name == "regions work"
    refuses(ask, what, (*NO_NUMBERS[none_is_default:], -1, 1.5, "1/2"))
    if what == "digits":
        refuses(ask, what, (0, 3501, 10**5, 10**30))


@pytest.mark.parametrize(
    "ask",
    [
        catapult_window,
        lambda walk: log_drift(walk, 2),
        lambda walk: drift_sign(walk, 2),
        sign_regions,
        lambda walk: sign_on_interval(walk, 1, 2),
    ],
)
def test_a_walk_may_be_given_as_data(ask: Callable[[Any], Any]) -> None:
    dataset = load_dataset(FILE)
    assert ask(LinearWalk(dataset)) == ask(dataset) == ask(FILE)
    assert ask([1, "1.3"]).verdict == ask(np.array([1.0, 1.3])).verdict
    refuses(ask, "walk", (None, 1, [], [None], True, object(), 1.5, np.array(["x"])))


def test_bad_data_and_bad_families_are_named() -> None:
    refuses(inflationary_share, "dataset", (None, 1, [], object()))
    refuses(lambda v: family_map(v, (0, 1), (0, 1)), "family", (None, 1, "x"))
    refuses(lambda v: family_map(SHARE, v, (0, 1)), "s", (None, 1, "ab", (1,), (1, 2, 3), (None, 1), (2, 1)))
    refuses(lambda v: family_map(SHARE, (0, 1), v), "p", (None, (0, 2), ("x", 1)))
    refuses(lambda v: family_map(SHARE, (0, 1), (0, 1), depth=v), "depth", (None, -1, 12, 1.5, "x"))
    refuses(lambda v: TwoSampleFamily(share=v), "share", (0, 1, "x", -1, True))


def test_work_that_would_take_minutes_is_refused_beforehand() -> None:
    """One line that says how long, and what would allow it."""
    walk = LinearWalk([Fraction(1000 + i, 1000) for i in range(5000)])
    for ask in (
        sign_regions,
        lambda walk, **limits: sign_on_interval(walk, walk.poles[0], walk.poles[-1], **limits),
    ):
        with pytest.raises(InputError, match=r"^walk: \d+ gaps .* about \d+ seconds: .* max_work=\d+$"):
            ask(walk, max_work=1_000_000)
    assert sign_regions(walk, walk.poles[0], walk.poles[2], max_work=10_000).digits == 12
