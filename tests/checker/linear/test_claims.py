"""The checker's verdicts on claims: good ones proved, and most of all bad ones refused."""

import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.good_certificates import (
    COUNTS,
    IDLE,
    IRRATIONAL,
    RARE,
    SINGLE,
    TALK,
    THREE,
    TOUCH,
    Model,
    around,
    certificate,
    data_set,
    exponent_claim,
    is_true,
    mutations,
    rate_claim,
    regions_claim,
)
from kit.share import some_then_all

from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core import wording
from proofs_check.core.budget import Work
from proofs_check.core.data import read_data

Json = Any

PAIRS = {"kind": "minibatch", "size": 2, "replacement": True}
FOURS = {"kind": "minibatch", "size": 4, "replacement": False}
FULL = {"kind": "full_batch"}

RATIONAL_TOUCH = {
    "kind": "tangency",
    "lower": "1/2",
    "upper": "9/10",
    "polynomial": ["-3", "4"],
    "base": ["2"],
}
SURDS = [
    {"kind": "tangency", "lower": low, "upper": high, "polynomial": ["45", "-16", "1"]}
    for low, high in (("3", "4"), ("12", "13"))
]


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def check(document: Json) -> list[Verdict]:
    return check_certificate(json.dumps(document).encode())


def accepted(document: Json) -> bool:
    return all(verdict.proved for verdict in check(document))


def refusal(document: Json) -> str:
    """The statement of the only verdict, which must be a refusal."""
    (verdict,) = check(document)
    assert not verdict.proved
    return verdict.statement


def sole_refusal_of(document: Json) -> str | None:
    """The first refusal, None if every claim is proved."""
    return next((verdict.statement for verdict in check(document) if not verdict.proved), None)


# --- good certificates -------------------------------------------------------------------------------


def thresholds(step: Json, crit: str, largest: str) -> Json:
    return {"kind": "thresholds", "step": step, "lambda_crit": crit, "lambda_max": largest}


def drift(at: Json, lower: str, upper: str, step: Json = SINGLE) -> Json:
    return {"kind": "drift", "step": step, "lambda": at, "lower": lower, "upper": upper}


def sign(word: str, start: str, end: str, *witnesses: str, step: Json = SINGLE) -> Json:
    places = {"from": start, "to": end, "witnesses": list(witnesses)}
    return {"kind": "sign", "step": step, "sign": word, **places}


def cell(start: str, end: str, lower: str, upper: str, **at: str) -> Json:
    return {"from": start, "to": end, "lower": lower, "upper": upper, **at}


def band(*cells: Json) -> Json:
    return {"kind": "exponent_band", "step": SINGLE, "cells": list(cells)}


def critical(at: str, *base: str) -> Json:
    claim = {"kind": "exponent", "step": SINGLE, "lambda": at, "regime": "critical", "exponent": "0"}
    return claim | {"base": list(base)}


def surds_with_exact_end() -> Json:
    """The claim about IRRATIONAL, whose last zero is 16 exactly: 15^2 (5/3) (3/5) (1/15)^2 = 1."""
    claim = regions_claim(IRRATIONAL, tangencies=SURDS)
    claim["zeros"][-1] |= {"lower": "15.5", "upper": "17", "exact": "16", "base": ["3", "5"]}
    return claim


def near(pole: str, side: str, t: str) -> Json:
    return {"pole": pole, "side": side, "t": t}


GOOD: dict[str, Callable[[], Json]] = {
    "thresholds": lambda: certificate(TALK, thresholds(SINGLE, "200/169", "400/169")),
    "thresholds, full batch": lambda: certificate(TALK, thresholds(FULL, "400/269", "800/269")),
    "thresholds, pairs": lambda: certificate(COUNTS, thresholds(PAIRS, "0.5", "1")),
    "thresholds, fours": lambda: certificate(COUNTS, thresholds(FOURS, "8/11", "16/11")),
    "drift": lambda: certificate(IDLE, drift("3", "0.33", "0.34")),
    "drift near a pole": lambda: certificate(TALK, drift(near("1", "above", "40"), "-20.19", "-20.18")),
    "drift beside a far pole": lambda: certificate(
        TALK, drift(near("100/169", "below", "3.5"), "-1.9", "-1.89")
    ),
    "sign, negative": lambda: certificate(TALK, sign("negative", "0.1", "1.5", "0.8", "1.5")),
    "sign, negative between poles": lambda: certificate(TALK, sign("negative", "100/169", "1", "0.8")),
    "sign, negative in gap 0": lambda: certificate(THREE, sign("negative", "0.1", "1/3")),
    "sign, negative at a point": lambda: certificate(TALK, sign("negative", "0.8", "0.8", "0.8")),
    "sign, negative at a pole": lambda: certificate(TALK, sign("negative", "1", "1")),
    "sign, positive": lambda: certificate(THREE, sign("positive", "0.72", "0.99")),
    "one region": lambda: certificate(TALK, regions_claim(TALK)),
    "three zeros": lambda: certificate(THREE, regions_claim(THREE)),
    "three zeros, from inside": lambda: certificate(THREE, regions_claim(THREE, start="0.8", end="1.001")),
    "three zeros, gap 0 only": lambda: certificate(THREE, regions_claim(THREE, start="0", end="0.2")),
    "rational tangency": lambda: certificate(TOUCH, regions_claim(TOUCH, tangencies=[RATIONAL_TOUCH])),
    "irrational tangencies": lambda: certificate(IRRATIONAL, surds_with_exact_end()),
    "zeros exponentially near a pole": lambda: certificate(RARE, regions_claim(RARE)),
    "regions, idle steps": lambda: certificate(IDLE, regions_claim(IDLE)),
    "regions, pairs": lambda: certificate(COUNTS, regions_claim(COUNTS, PAIRS)),
    "regions, fours": lambda: certificate(COUNTS, regions_claim(COUNTS, FOURS)),
    "regions, full batch": lambda: certificate(TALK, regions_claim(TALK, FULL)),
    "stable": lambda: certificate(TALK, exponent_claim(TALK, "200/169")),
    "deflationary": lambda: certificate(TALK, exponent_claim(TALK, "1.42")),
    "deflationary at a pole": lambda: certificate(THREE, exponent_claim(THREE, "1")),
    "deflationary, fours": lambda: certificate(COUNTS, exponent_claim(COUNTS, "0.8", step=FOURS)),
    "inflationary": lambda: certificate(THREE, exponent_claim(THREE, "0.9")),
    "critical": lambda: certificate(TOUCH, critical("3/4", "2")),
    "rate": lambda: certificate(TALK, rate_claim(TALK, "1.42")),
    "band above 1": lambda: certificate(
        TALK,
        band(
            cell("1", "200/169", "inf", "inf"),
            cell("200/169", "1.4", "1.8", "inf"),
            cell("1.4", "1.45", "1", "2"),
        ),
    ),
    "band below 1": lambda: certificate(
        THREE, band(cell("0.7", "0.705", "0.3", "0.56", at="0.7025"), cell("0.705", "0.72", "0", "0.4"))
    ),
    "band across": lambda: certificate(
        THREE,
        band(cell("0.72", "0.99", "0", "0"), cell("0.99", "1", "0", "0.16"), cell("1", "1.001", "0", "0.2")),
    ),
}


@cache
def good_document(name: str) -> str:
    with mp.workdps(100):
        return json.dumps(GOOD[name]())


def a_good(name: str) -> Json:
    return json.loads(good_document(name))


@pytest.mark.parametrize("name", GOOD)
def test_good_certificates_are_proved_and_true(name: str) -> None:
    document = a_good(name)
    for verdict in check(document):
        assert verdict.proved, verdict.statement
    with mp.workdps(100):
        assert is_true(document)


# --- one field at a time, everywhere -----------------------------------------------------------------

FREE_TEXT = {("producer",), ("data", "name")}
STILL_FINE = {"base", "cells", "claims", "samples", "size", "replacement", "count"}
"""Where a change other than of a number's value can leave a true and well witnessed claim: a base with a
superfluous element, fewer cells at an end of a band, a claim twice, other data or steps."""


@some_then_all
@pytest.mark.parametrize("name", GOOD)
def test_one_changed_field_is_refused_unless_the_claim_stays_true(name: str, every: int) -> None:
    document = a_good(name)
    refused = 0
    with mp.workdps(100 if "exponentially" in name else 50):
        for path, changed in mutations(document, every):
            if not accepted(changed):
                refused += 1
                continue
            before, after = at_path(document, path), at_path(changed, path)
            if path in FREE_TEXT:
                assert isinstance(after, str)
                continue
            assert path[-1] in STILL_FINE or (isinstance(before, str) and isinstance(after, str)), path
            assert is_true(changed), (path, before, after)
    assert refused > 200 // every


def at_path(document: Json, path: tuple[Any, ...]) -> Json:
    for key in path:
        document = document[key]
    return document


# --- one field at a time, on purpose -----------------------------------------------------------------


def changed(name: str, edits: dict[tuple[Any, ...], Json]) -> Json:
    """A good document with some places of its first claim replaced; a path that starts with "data" counts
    from the top, an Ellipsis as value removes the place."""
    document = a_good(name)
    for path, value in edits.items():
        holder = document if path[0] == "data" else document["claims"][0]
        for key in path[:-1]:
            holder = holder[key]
        if value is ...:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
    return document


def bracket(low: str, high: str, direction: str = "up") -> Json:
    return {"kind": "crossing", "direction": direction, "lower": low, "upper": high}


def region(word: str, start: Json, end: Json) -> Json:
    cuts = [{"zero": cut} if isinstance(cut, int) else cut for cut in (start, end)]
    return {"sign": word, "from": cuts[0], "to": cuts[1]}


ONE_ZERO = [region("negative", "0", 0), region("positive", 0, "inf")]

REFUSALS: list[tuple[str, str, dict[tuple[Any, ...], Json], str]] = [
    # thresholds
    ("a threshold of another step", "thresholds", {("step",): FULL}, "lambda_crit is not 2"),
    ("a threshold off by little", "thresholds", {("lambda_max",): "2.3668639"}, "lambda_max is not 4"),
    ("pairs read as fours", "thresholds, pairs", {("step",): FOURS}, "lambda_crit is not 2"),
    ("more items than there are", "thresholds, fours", {("step", "size"): 6}, "larger than the number"),
    (
        "without replacement, without counts",
        "thresholds",
        {("step",): {"kind": "minibatch", "size": 2, "replacement": False}},
        "needs counts",
    ),
    # drift
    ("G at a pole", "drift", {("lambda",): "2"}, "is a pole"),
    ("G at zero", "drift", {("lambda",): "0"}, "not positive"),
    ("an empty bracket", "drift", {("lower",): "0.34", ("upper",): "0.33"}, "outside its bracket"),
    ("the wrong side", "drift beside a far pole", {("lambda", "side"): "above"}, "outside its bracket"),
    ("no pole", "drift near a pole", {("lambda", "pole"): "1.0000000001"}, "none of the poles"),
    ("a pole that is zero", "drift near a pole", {("lambda", "pole"): "0"}, "none of the poles"),
    ("a point beyond its gap", "drift beside a far pole", {("lambda", "t"): "0.5"}, "beyond the gap"),
    # sign
    ("a witness left out", "sign, negative", {("witnesses",): ["0.8"]}, "2 witnesses are needed"),
    ("a witness too many", "sign, negative in gap 0", {("witnesses",): ["0.2"]}, "0 witnesses are needed"),
    ("witnesses out of order", "sign, negative", {("witnesses",): ["1.5", "0.8"]}, "does not lie in gap 1"),
    ("a witness on a pole", "sign, negative", {("witnesses", 0): "1"}, "does not lie in gap 1"),
    ("a witness outside", "sign, negative", {("from",): "0.85"}, "does not lie in gap 1"),
    ("no end as last witness", "sign, negative", {("witnesses", 1): "1.4"}, "not the end"),
    ("a positive end", "sign, negative", {("to",): "1.6", ("witnesses", 1): "1.6"}, "is positive"),
    ("a tangent that is not negative", "sign, negative", {("witnesses", 0): "0.999"}, "not negative"),
    ("an interval from zero", "sign, negative", {("from",): "0"}, "not positive"),
    ("an interval upside down", "sign, positive", {("from",): "0.99", ("to",): "0.72"}, "below from"),
    ("positive at the wrong place", "sign, positive", {("from",): "0.7"}, "G is negative at from"),
    ("positive over a pole", "sign, positive", {("to",): "1.1"}, "one gap"),
    ("positive with a witness", "sign, positive", {("witnesses",): ["0.8"]}, "takes no witnesses"),
    (
        "negative where it is positive",
        "sign, positive",
        {("sign",): "negative", ("witnesses",): ["0.8"]},
        "not negative",
    ),
    (
        "negative at a positive point",
        "sign, positive",
        {("sign",): "negative", ("to",): "0.72", ("witnesses",): ["0.72"]},
        "positive there",
    ),
    ("a word that is no sign", "sign, positive", {("sign",): "nonnegative"}, "unknown sign"),
    # sign_regions
    (
        "a bracket off its zero",
        "one region",
        {("zeros", 0): bracket("1.5917159763313609467455622", "1.6")},
        "wrong sign",
    ),
    ("a bracket upside down", "one region", {("zeros", 0): bracket("1.6", "1.5")}, "no bracket"),
    ("a bracket over a pole", "one region", {("zeros", 0): bracket("0.9", "1.6")}, "no bracket"),
    ("a bracket on a pole", "one region", {("zeros", 0, "lower"): "1"}, "is a pole"),
    ("a swapped direction", "one region", {("zeros", 0, "direction"): "down"}, "wrong sign"),
    ("a swapped region", "one region", {("regions", 0, "sign"): "positive"}, "wrong sign"),
    ("a gap passed over", "one region", {("negative_gaps",): []}, "nothing is said about gap 1"),
    ("a witness in the wrong gap", "one region", {("negative_gaps", 0, "at"): "1.1"}, "does not lie in it"),
    ("a witness for the wrong gap", "one region", {("negative_gaps", 0, "gap"): 2}, "nothing is said"),
    ("a gap that is not there", "one region", {("negative_gaps", 0, "gap"): 3}, "nothing is said"),
    (
        "a witness for gap 0",
        "one region",
        {("negative_gaps",): [{"gap": 0, "at": "0.1"}, {"gap": 1, "at": "0.8"}]},
        "superfluous",
    ),
    (
        "a witness for the last gap",
        "one region",
        {("negative_gaps",): [{"gap": 1, "at": "0.8"}, {"gap": 2, "at": "1.1"}]},
        "superfluous",
    ),
    ("a witness twice", "one region", {("negative_gaps",): [{"gap": 1, "at": "0.8"}] * 2}, "not above"),
    ("no zero in the last gap", "one region", {("zeros",): [], ("regions",): []}, "one up crossing"),
    ("a zero twice", "one region", {("zeros",): [bracket("1.5", "1.6")] * 2}, "one up crossing"),
    (
        "a zero left out",
        "three zeros",
        {
            ("zeros",): [bracket("1.0019", "1.002")],
            ("negative_gaps",): [{"gap": 1, "at": "0.9"}],
            ("regions",): ONE_ZERO,
        },
        "not negative",
    ),
    ("one of two zeros left out", "three zeros", {("zeros", 1): ...}, "neither up and down"),
    (
        "zeros out of order",
        "three zeros",
        {("zeros",): [bracket("1.0019", "1.002"), bracket("0.7", "0.8")]},
        "gap 1",
    ),
    ("a witness beside zeros", "three zeros", {("negative_gaps",): [{"gap": 1, "at": "0.9"}]}, "superfluous"),
    (
        "brackets that overlap",
        "three zeros",
        {("zeros", 0): bracket("0.5", "0.95"), ("zeros", 1): bracket("0.75", "0.999", "down")},
        "overlap",
    ),
    (
        "an end inside a bracket",
        "three zeros",
        {("from",): "0.71", ("zeros", 0): bracket("0.7", "0.72")},
        "inside",
    ),
    (
        "an end over a zero",
        "three zeros",
        {("from",): "0.8", ("regions", 0, "from"): "0.8"},
        "3 regions, 4 are",
    ),
    ("another end in the regions", "three zeros", {("regions", 3, "to"): "2"}, "not where"),
    ("a wrong zero in the regions", "three zeros", {("regions", 1, "to"): {"zero": 0}}, "not where"),
    ("from below zero", "three zeros", {("from",): "-1"}, "negative or not below"),
    ("an empty interval", "three zeros", {("from",): "1", ("to",): "1"}, "negative or not below"),
    (
        "a zero outside the gaps met",
        "three zeros, gap 0 only",
        {("zeros",): [bracket("0.7", "0.8")]},
        "outside the interval",
    ),
    (
        "a bracket between two sides",
        "zeros exponentially near a pole",
        {("zeros", 1, "upper", "side"): "above"},
        "no bracket",
    ),
    (
        "a bracket between two poles",
        "zeros exponentially near a pole",
        {("zeros", 2, "lower"): near("1/3", "above", "0.5"), ("zeros", 2, "upper"): near("1", "below", "2")},
        "",
    ),
    (
        "a bracket of both kinds",
        "zeros exponentially near a pole",
        {("zeros", 2, "upper"): "2"},
        "no bracket",
    ),
    # tangencies
    (
        "a tangency denied",
        "rational tangency",
        {("zeros", 0): ..., ("negative_gaps",): [{"gap": 1, "at": "3/4"}]},
        "tangent",
    ),
    (
        "a tangency as two crossings",
        "rational tangency",
        {("zeros",): [bracket("0.6", "0.75"), bracket("0.75", "0.9", "down"), bracket("1.05", "1.1")]},
        "not decided",
    ),
    ("a base too small", "irrational tangencies", {("zeros", 2, "base"): ["3"]}, "does not factor"),
    ("a base of fractions", "rational tangency", {("zeros", 0, "base"): ["4/2", "1/2"]}, "integers >= 2"),
    ("a base with 1", "rational tangency", {("zeros", 0, "base"): ["2", "1"]}, "integers >= 2"),
    ("another polynomial", "irrational tangencies", {("zeros", 0, "polynomial", 0): "46"}, "does not divide"),
    ("another root", "irrational tangencies", {("zeros", 0, "lower"): "3.7"}, "no sign change"),
    (
        "another gap",
        "irrational tangencies",
        {("zeros", 0, "lower"): "11", ("zeros", 0, "upper"): "13"},
        "gap 1",
    ),
    ("another weight", "irrational tangencies", {("data", "samples", 3, "count"): 3}, "does not divide"),
    (
        "another learning rate",
        "irrational tangencies",
        {("data", "learning_rate"): "1/31"},
        "does not divide",
    ),
    (
        "a leading zero",
        "irrational tangencies",
        {("zeros", 0, "polynomial"): ["45", "-16", "1", "0"]},
        "leading",
    ),
    ("a constant", "irrational tangencies", {("zeros", 0, "polynomial"): ["45"]}, "constant"),
    ("no polynomial", "irrational tangencies", {("zeros", 0, "polynomial"): []}, "constant"),
    ("a fraction", "irrational tangencies", {("zeros", 0, "polynomial", 2): "1/2"}, "no integer"),
    ("too high a degree", "irrational tangencies", {("zeros", 0, "polynomial"): ["1"] * 9}, "larger degree"),
    ("a base for a square", "irrational tangencies", {("zeros", 0, "base"): ["2"]}, "unknown key"),
    ("a wrong exact zero", "irrational tangencies", {("zeros", 2, "exact"): "16.5"}, "does not factor"),
    ("an exact zero outside", "irrational tangencies", {("zeros", 2, "lower"): "16"}, "not decided"),
    ("an exact zero without base", "irrational tangencies", {("zeros", 2, "base"): ...}, "lacks"),
    # exponents
    ("stable beyond the threshold", "stable", {("lambda",): "1.2"}, "exceeds 2"),
    ("deflationary below it", "deflationary", {("lambda",): "1.1"}, "does not exceed 2"),
    ("inflationary where G < 0", "inflationary", {("lambda",): "0.7"}, "G is negative"),
    ("inflationary at a pole", "inflationary", {("lambda",): "1"}, "is a pole"),
    ("critical where G < 0", "critical", {("lambda",): "7/10"}, "does not factor"),
    ("critical at a pole", "critical", {("lambda",): "1"}, "is a pole"),
    ("critical without proof", "critical", {("base",): []}, "does not factor"),
    ("an exponent as text", "critical", {("exponent",): "0.0"}, "does not belong"),
    (
        "an empty bracket of theta",
        "deflationary",
        {("exponent", "lower"): "1.7", ("exponent", "upper"): "1.7"},
        "not below",
    ),
    (
        "theta below its bracket",
        "deflationary",
        {("exponent", "lower"): "1.69946", ("exponent", "upper"): "2"},
        "above 1",
    ),
    (
        "theta above its bracket",
        "deflationary",
        {("exponent", "upper"): "1.69945", ("exponent", "lower"): "1"},
        "below 1",
    ),
    ("theta from zero", "deflationary", {("exponent", "lower"): "0"}, "not positive"),
    ("a rate off", "rate", {("rate", "lower"): "-11.4", ("rate", "upper"): "-11"}, "not decided"),
    ("a rate upside down", "rate", {("rate", "lower"): "-11", ("rate", "upper"): "-12"}, "is above"),
    # bands
    ("cells apart", "band above 1", {("cells", 1, "from"): "1.19"}, "does not continue"),
    ("no cells", "band above 1", {("cells",): []}, "is empty"),
    ("a cell of no width", "band above 1", {("cells", 0, "to"): "1"}, "is empty"),
    ("bounds upside down", "band above 1", {("cells", 2, "lower"): "3"}, "is above"),
    ("infinite from below only", "band above 1", {("cells", 0, "upper"): "5"}, "is above"),
    ("infinite beyond the threshold", "band above 1", {("cells", 1, "lower"): "inf"}, "not proved infinite"),
    ("a lower bound too large", "band above 1", {("cells", 1, "lower"): "1.94"}, "above 1"),
    ("an upper bound too small", "band above 1", {("cells", 2, "upper"): "1.93"}, "below 1"),
    ("a needless witness", "band above 1", {("cells", 1, "at"): "1.3"}, "superfluous"),
    ("a missing witness", "band below 1", {("cells", 0, "at"): ...}, "missing"),
    ("a witness at the end", "band below 1", {("cells", 0, "at"): "0.7"}, "not inside"),
    ("a tangent above 1", "band below 1", {("cells", 0, "lower"): "0.35"}, "tangent"),
    ("an upper bound too small below 1", "band below 1", {("cells", 1, "upper"): "0.34"}, "below 1"),
    (
        "zero over a pole",
        "band across",
        {("cells", 0, "to"): "1.002", ("cells", 2): ..., ("cells", 1): ...},
        "one gap",
    ),
    ("zero up to a pole", "band across", {("cells", 0, "to"): "1", ("cells", 1): ...}, "is a pole"),
    (
        "a bound over a pole",
        "band across",
        {("cells", 1, "to"): "1.001", ("cells", 2): ...},
        "a pole lies inside",
    ),
    # the data
    ("other data", "three zeros", {("data",): TALK}, ""),
    ("another probability", "one region", {("data", "samples", 0, "p"): "0.49"}, "do not sum to 1"),
    (
        "another weight of both",
        "one region",
        {("data", "samples", 0, "p"): "0.49", ("data", "samples", 1, "p"): "0.51"},
        "wrong sign",
    ),
    ("samples out of order", "one region", {("data", "samples"): TALK["samples"][::-1]}, "not above"),
    ("a sample twice", "one region", {("data", "samples", 1, "x"): "1"}, "not above"),
    ("a negative sample", "one region", {("data", "samples", 0, "x"): "-1"}, "negative"),
    ("a negative learning rate", "one region", {("data", "learning_rate"): "-1"}, "not positive"),
    ("no samples", "one region", {("data", "samples"): []}, "does not have 1 to"),
    (
        "only idle steps",
        "one region",
        {("data", "samples"): [{"x": "0", "p": "1"}]},
        "every sample has x = 0",
    ),
    ("counts and probabilities", "one region", {("data", "samples", 1): {"x": "1.69", "count": 1}}, "lacks"),
    ("a count of zero", "regions, fours", {("data", "samples", 0, "count"): 0}, "no positive weight"),
    ("a probability of zero", "one region", {("data", "samples", 0, "p"): "0"}, "no positive weight"),
]


@pytest.mark.parametrize(
    ("name", "edits", "reason"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_refused(name: str, edits: dict[tuple[Any, ...], Json], reason: str) -> None:
    assert reason in refusal(changed(name, edits))


def test_data_are_needed_where_claims_speak_of_them() -> None:
    assert "needs data" in refusal(certificate(None, GOOD["one region"]()["claims"][0]))


# --- at the edges ------------------------------------------------------------------------------------


def test_ends_of_the_interval_may_touch_brackets_and_exact_zeros() -> None:
    last = regions_claim(IRRATIONAL, tangencies=SURDS)["zeros"][-1]
    exact = last | {"lower": "15.5", "upper": "17", "exact": "16", "base": ["3", "5"]}
    claim = {"kind": "sign_regions", "step": SINGLE, "from": "16", "to": "inf", "negative_gaps": []}
    whole = [region("positive", "16", "inf")]
    assert accepted(certificate(IRRATIONAL, claim | {"zeros": [exact], "regions": whole}))
    assert not accepted(certificate(IRRATIONAL, claim | {"zeros": [last], "regions": whole}))
    negative = [region("negative", "16", "inf")]
    assert not accepted(certificate(IRRATIONAL, claim | {"zeros": [exact], "regions": negative}))
    for start in ("15.5", last["lower"]):  # the zero is strictly above the lower end of its bracket
        zero = last | {"lower": start}
        touching = claim | {
            "from": start,
            "zeros": [zero],
            "regions": [region("negative", start, 0), whole[0]],
        }
        touching["regions"][1] = region("positive", 0, "inf")
        assert accepted(certificate(IRRATIONAL, touching))
    upto = claim | {"from": "15", "to": "16", "zeros": [exact], "regions": [region("negative", "15", "16")]}
    assert accepted(certificate(IRRATIONAL, upto))
    assert not accepted(certificate(IRRATIONAL, upto | {"regions": [region("positive", "15", "16")]}))


def test_a_tangency_at_an_end_leaves_one_negative_region() -> None:
    claim = regions_claim(TOUCH, start="1/4", end="3/4", tangencies=[RATIONAL_TOUCH])
    assert claim["regions"] == [region("negative", "1/4", "3/4")]
    assert accepted(certificate(TOUCH, claim))


def test_full_batch_at_its_threshold_is_stable_not_critical() -> None:
    """G = 0 at lambda = 2/xi when there is one rate; no factor exceeds 1 there."""
    claim = critical("400/269") | {"step": FULL}
    assert "does not exceed 2" in refusal(certificate(TALK, claim))
    assert accepted(certificate(TALK, exponent_claim(TALK, "400/269", step=FULL)))


def test_an_empty_base_proves_a_zero_where_all_factors_are_one() -> None:
    claim = regions_claim(TALK, FULL)
    claim["zeros"][0] |= {"exact": "400/269", "base": []}
    assert accepted(certificate(TALK, claim))


def test_lower_bounds_with_equality() -> None:
    """M(1; 400/269) = 1 for the talk's data, so theta = 1 there exactly."""
    exact = band(cell("1.3", "400/269", "1", "inf"))
    assert accepted(certificate(TALK, exact))
    above = band(cell("1.3", "400/269", str(1 + Fraction(1, 10**40)), "inf"))
    assert "above 1" in refusal(certificate(TALK, above))
    stable = band(cell("0.1", "200/169", "1000000", "inf"))
    assert accepted(certificate(TALK, stable))
    assert "not decided" in refusal(certificate(TALK, band(cell("400/269", "1.5", "0", "1"))))


def test_rates_at_a_pole_need_an_exponent_above_one() -> None:
    steep = data_set(("1", "9/10"), ("3", "1/10"))
    claim = rate_claim(steep, "1")
    assert accepted(certificate(steep, claim))
    assert is_true(certificate(steep, claim))
    flat = exponent_claim(THREE, "1")
    flat_rate = {"kind": "exponent_rate", "step": SINGLE, "lambda": "1", "exponent": flat["exponent"]}
    wide = flat_rate | {"rate": {"lower": "-1000", "upper": "1000"}}
    assert "is a pole" in refusal(certificate(THREE, wide))


def test_exponents_of_a_thousand_digits() -> None:
    claim = exponent_claim(TALK, "1.42")
    model, q = Model(TALK, SINGLE), Fraction("1.42")
    with mp.workdps(1020):
        theta = mp.findroot(lambda theta: model.moment(theta, q) - 1, Fraction(claim["exponent"]["lower"]))
        claim["exponent"] = dict(zip(("lower", "upper"), around(theta, 1000), strict=True))
    assert accepted(certificate(TALK, claim))
    step = Fraction(3, 10**1000)
    for shift in (step, -step):
        moved = {end: str(Fraction(q) + shift) for end, q in claim["exponent"].items()}
        assert not accepted(certificate(TALK, claim | {"exponent": moved}))
    (verdict,) = check(certificate(TALK, claim))
    assert "rounded outwards from a width of at most 3e-1000" in verdict.statement


def test_zeros_below_ten_to_minus_300() -> None:
    rare = data_set(("1", "1/1000"), ("3", "999/1000"))
    with mp.workdps(450):
        document = certificate(rare, regions_claim(rare))
    zeros = document["claims"][0]["zeros"]
    assert Fraction(zeros[1]["lower"]["t"]) > 690
    assert accepted(document)
    zeros[1]["upper"]["t"] = zeros[1]["lower"]["t"]
    assert not accepted(document)


@pytest.mark.parametrize("t", ["1" + "0" * 16, "9" * 3999, "7" * 1990 + "/" + "3" * 2000])
def test_points_as_near_a_pole_as_one_likes(t: str) -> None:
    centre = -Fraction(t) / 2  # G = -t/2 + log(0.69)/2 + less than exp(-t)
    log = Fraction("-0.18553")
    ends = (centre + log - Fraction(1, 1000), centre + log + Fraction(1, 1000))
    lower, upper = ends if len(t) < 100 else (-Fraction(t), Fraction(0))
    claim = drift(near("1", "above", t), str(lower), str(upper))
    if max(len(claim["lower"]), len(claim["upper"])) > 4000:
        claim |= {"lower": "-" + "9" * 3999, "upper": "0"}
    if Fraction(t) < 100:  # then the point lies in the last gap, but not near the pole
        claim |= {"lower": "-100", "upper": "100"}
    assert accepted(certificate(TALK, claim))


@pytest.mark.parametrize("equal", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_random_data_are_accepted_and_true(equal: bool) -> None:
    rng = random.Random(11)
    for _ in range(25):
        m = rng.randrange(1, 6)
        xs = sorted({Fraction(rng.randrange(1, 4000), 1000) for _ in range(m)})
        data = data_set(*((str(x), 1 if equal else rng.randrange(1, 9)) for x in xs), learning_rate="7/5")
        assert accepted(certificate(data, regions_claim(data)))


def test_close_poles() -> None:
    """Poles 10^-12 apart: the gap between them is negative."""
    data = data_set(("1", "1/3"), ("1.000000000001", "1/3"), ("2.5", "1/3"))
    claim = regions_claim(data, places=40)
    assert accepted(certificate(data, claim))
    claim["negative_gaps"][-1]["at"] = str(Fraction(claim["negative_gaps"][-1]["at"]) + Fraction(1, 10**12))
    assert not accepted(certificate(data, claim))


# --- what the checker says ---------------------------------------------------------------------------


def test_statements_name_data_step_numbers_and_lemmas() -> None:
    (verdict,) = check(a_good("three zeros"))
    for piece in (
        "sample data",
        "2 samples",
        "x = 3, p = 0.9",
        "sha256",
        "exactly 3 zeros",
        "0.7168308",
        "[D1, D2]",
    ):
        assert piece in verdict.statement
    (verdict,) = check(a_good("rational tangency"))
    assert "z1 = 0.75 exactly, where G touches zero" in verdict.statement
    (verdict,) = check(a_good("regions, fours"))
    assert "minibatches of 4 without replacement" in verdict.statement


def test_foreign_text_is_quoted_escaped_and_cut() -> None:
    document = a_good("one region")
    document["data"]["name"] = "\x1b[31m\n\u202e" + "n" * 100
    (verdict,) = check(document)
    assert verdict.proved
    assert verdict.statement.isascii()
    assert verdict.statement.isprintable()
    assert "n" * 60 not in verdict.statement
    document["claims"][0]["\x1b[2J"] = 1
    assert refusal(document).isprintable()


def test_different_data_have_different_fingerprints() -> None:
    seen = set()
    for data in (
        TALK,
        THREE,
        TOUCH,
        COUNTS,
        IDLE,
        TALK | {"learning_rate": "2"},
        data_set(("1", 1), ("1.69", 1)),
    ):
        seen.add(read_data(data, Work()).fingerprint())
    assert len(seen) == 7
    same = TALK | {
        "name": "another name",
        "samples": [{"x": "1.0", "p": "0.5"}, {"x": "169/100", "p": "2/4"}],
    }
    assert read_data(same, Work()).fingerprint() in seen


@given(st.fractions(), st.integers(1, 50))
def test_rounding_goes_the_stated_way(q: Fraction, digits: int) -> None:
    down, up = (Fraction(wording.rounded(q, digits, way)) for way in (False, True))
    assert down <= q <= up
    assert up - down <= abs(q) * Fraction(10) ** (1 - digits) * 10


@given(st.fractions(), st.fractions(min_value=0), st.integers(0, 300))
def test_a_shortened_bracket_contains_the_true_one(low: Fraction, width: Fraction, places: int) -> None:
    high = low + width / 10**places
    shown = [Fraction(text) for text in wording.ends(low, high)]
    assert shown[0] <= low <= high <= shown[1]


@given(st.fractions(), st.integers(0, 60))
def test_short_numbers_are_shown_exactly(q: Fraction, places: int) -> None:
    q /= 10**places
    text = wording.exact(q)
    assert "..." in text or Fraction(text) == q
