"""The printed sentences, read back and held against the truth: words are tested like numbers.

A sentence is parsed into what it asserts, with nothing taken from the claim it came from; data and step are those
of the certificate. The truth is that of `kit.good_certificates` and `kit.spike_oracle` (mpmath).
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from checker.linear import test_claims, test_family
from checker.spikes import test_grid, test_spike
from kit.good_certificates import CLOSE, Model, is_true, real

from proofs_check.certificate import check_certificate

Json = Any

OPENING = re.compile(
    r'For data "[^"]*" \(.*?sha256 [0-9a-f]{64}\) and (?P<step>[^:]*): (?P<body>.*) \[[^\[]*\]'
)
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?(?:/[0-9]+)?"
POINT = rf"(?:{NUMBER} [+-] exp\(-t\) with t = {NUMBER}|{NUMBER})"


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(100):
        yield


def plain(words: str) -> str:
    """Without what marks a rounded end; the digits before it are cut towards the true side."""
    words = re.sub(r" \[rounded outwards[^\]]*\]", "", words)
    return re.sub(r"\.\.\. \(the rational number with fingerprint [0-9a-f]{16}\)", "", words)


def step_words(step: Json) -> str:
    if step["kind"] == "minibatch":
        return f"minibatches of {step['size']} {'with' if step['replacement'] else 'without'} replacement"
    return {"single": "one sample a step", "full_batch": "full batch"}[step["kind"]]


def matched(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    assert found, (pattern, text)
    return found.groups()


def range_of(low: str, high: str) -> Json:
    return {"lower": low, "upper": high}


def thresholds(body: str) -> Json:
    low, high = matched(rf"lambda_crit = ({NUMBER}) and lambda_max = ({NUMBER})", body)
    return {"kind": "thresholds", "lambda_crit": low, "lambda_max": high}


def point_of(text: str) -> Json:
    if "exp" not in text:
        return text
    pole, side, t = matched(rf"({NUMBER}) ([+-]) exp\(-t\) with t = ({NUMBER})", text)
    return {"pole": pole, "side": "above" if side == "+" else "below", "t": t}


def drift(body: str) -> Json:
    low, high, at = matched(rf"({NUMBER}) < G < ({NUMBER}) at lambda = ({POINT})", body)
    return {"kind": "drift", "lambda": point_of(at), **range_of(low, high)}


def sign(body: str) -> Json:
    word, start, end = matched(rf"G ([<>]) 0 on \[({NUMBER}), ({NUMBER})\]", body)
    return {"kind": "sign", "sign": "positive" if word == ">" else "negative", "from": start, "to": end}


def exponent(body: str) -> Json:
    at, regime, value = matched(rf"at lambda = ({NUMBER}) the regime is (\w+) and theta (.*)", body)
    if value.startswith("= "):
        given: Json = value[2:]
    else:
        given = range_of(*matched(rf"lies in \(({NUMBER}), ({NUMBER})\)", value))
    return {"kind": "exponent", "lambda": at, "regime": regime, "exponent": given}


def rate(body: str) -> Json:
    at, *ends = matched(
        rf"at lambda = ({NUMBER}) the regime is deflationary, theta lies in \(({NUMBER}), ({NUMBER})\) "
        rf"and its derivative by lambda in \[({NUMBER}), ({NUMBER})\]",
        body,
    )
    return {
        "kind": "exponent_rate",
        "lambda": at,
        "exponent": range_of(*ends[:2]),
        "rate": range_of(*ends[2:]),
    }


def band(body: str) -> Json:
    cells = []
    for part in body.removeprefix("theta is bounded, long bounds rounded outwards, ").split("; "):
        start, end, value = matched(rf"on \[({NUMBER}), ({NUMBER})\] (.*)", part)
        if value == "theta = inf":
            ends = "inf", "inf"
        elif value.startswith("theta >= "):
            ends = value[9:], "inf"
        else:
            ends = matched(rf"({NUMBER}) <= theta <= ({NUMBER})", value)  # type: ignore[assignment]
        cells.append({"from": start, "to": end, **range_of(*ends)})
    return {"kind": "exponent_band", "cells": cells}


READERS: dict[str, Callable[[str], Json]] = {
    "thresholds": thresholds,
    "drift": drift,
    "sign": sign,
    "exponent": exponent,
    "exponent_rate": rate,
    "exponent_band": band,
}


def opened(document: Json) -> str:
    """The body of the sole proved sentence, whose step is the one of the claim."""
    (verdict,) = check_certificate(json.dumps(document).encode())
    assert verdict.proved, verdict.statement
    found = OPENING.fullmatch(plain(verdict.statement))
    assert found, verdict.statement
    assert found["step"] == step_words(document["claims"][0]["step"])
    return found["body"]


def says_the_truth(document: Json, body: str) -> bool:
    claim = document["claims"][0]
    if claim["kind"] == "sign_regions":
        return regions_are_true(Model(document["data"], claim["step"]), body)
    return is_true(document | {"claims": [READERS[claim["kind"]](body) | {"step": claim["step"]}]})


@pytest.mark.parametrize("name", test_claims.GOOD)
def test_what_is_said_of_drift_and_exponent_is_true(name: str) -> None:
    document = test_claims.a_good(name)
    body = opened(document)
    assert says_the_truth(document, body)
    for lie in lies(body):
        assert not says_the_truth(document, lie), lie


def lies(body: str) -> Iterator[str]:
    """The sentence with one essential word turned round."""
    for true, false in (
        ("G > 0 on", "G < 0 on"),
        ("G < 0 on", "G > 0 on"),
        ("goes up", "goes down"),
        ("touches zero from below", "goes up through zero"),
        ("exactly 1 zero;", "exactly 2 zeros;"),
        ("lambda_crit = ", "lambda_crit = 1"),
        ("] theta = inf", "] 0 <= theta <= 1000"),
        ("and theta = inf", "and theta = 0"),
        ("inflationary", "critical"),
        ("critical", "inflationary"),
    ):
        if true in body:
            yield body.replace(true, false, 1)


def regions_are_true(model: Model, body: str) -> bool:
    """The zeros in order, each of its kind and in its place, none missing; the signs between them."""
    place, count, rest = matched(
        rf"on (\({NUMBER}, (?:{NUMBER}|inf)\)) the drift G has exactly (\d+) zeros?; (.*)", body
    )
    start, end = place[1:-1].split(", ")
    low, high = real(Fraction(start)), mp.inf if end == "inf" else real(Fraction(end))
    last = None if end == "inf" else Fraction(end)
    zeros = [zero for gap in model.gaps(Fraction(start), last) for zero in model.zeros(gap)]
    inside = [zero for zero in zeros if low + CLOSE < zero[1] < high - CLOSE]
    *said, signs = rest.removesuffix(" (-inf at poles)").split("; ")
    if int(count) != len(inside) or len(said) != len(inside):
        return False
    for n, (words, (kind, at)) in enumerate(zip(said, inside, strict=True), start=1):
        where, how = matched(rf"z{n} (.*), where G (.*)", words)
        phrase = "touches zero from below" if kind == "tangency" else f"goes {kind} through zero"
        if how != phrase or not lies_there(at, where):
            return False
    names = [start, *(f"z{n}" for n in range(1, len(inside) + 1)), end]
    cuts = [low, *(at for _, at in inside), high]
    pieces = re.findall(r"G ([<>]) 0 on \(([^,]*), ([^)]*)\)", signs)
    if [(a, b) for _, a, b in pieces] != list(itertools.pairwise(names)):
        return False
    return all(
        (model.drift((a + min(b, a + 1 + a)) / 2) > 0) == (word == ">")
        for (word, _, _), (a, b) in zip(pieces, itertools.pairwise(cuts), strict=True)
    )


def lies_there(at: Any, where: str) -> bool:
    if where.startswith("= "):
        (value,) = matched(rf"= ({NUMBER}) exactly", where)
        return bool(abs(at - real(Fraction(value))) < CLOSE)
    if where.startswith("in "):
        low, high = (real(Fraction(value)) for value in matched(rf"in \(({NUMBER}), ({NUMBER})\)", where))
        return bool(low - CLOSE < at < high + CLOSE)
    pole, side, *ends = matched(
        rf"at ({NUMBER}) ([+-]) exp\(-t\) with t in \(({NUMBER}), ({NUMBER})\)", where
    )
    distance = (at - real(Fraction(pole))) * (1 if side == "+" else -1)
    return bool(distance > 0 and real(Fraction(ends[0])) < -mp.log(distance) < real(Fraction(ends[1])))


FAMILY = (
    r"For every data set with the two samples 1 \(probability 1 - p\) and s \(probability p\), at eta lambda = "
    rf"({NUMBER})(/max\(1, s\^2\))?: G ([<>]) 0 for all s in \[({NUMBER}), ({NUMBER})\] "
    rf"and p in \[({NUMBER}), ({NUMBER})\] \[F[12]\]"
)


def family_claim(words: str) -> Json:
    place, moving, word, *ends = matched(FAMILY, words)
    share = str((Fraction(place) - 2) / 2)
    return {
        "curvature": {"share": share} if moving else {"fixed": place},
        "sign": "positive" if word == ">" else "negative",
        "s": {"from": ends[0], "to": ends[1]},
        "p": {"from": ends[2], "to": ends[3]},
    }


@pytest.mark.parametrize("claim", test_family.GOOD)
def test_what_is_said_of_a_family_is_true(claim: Json) -> None:
    words = test_family.verdict(claim).statement
    assert test_family.is_true(family_claim(words))
    turned = words.replace("G > 0", "G ! 0").replace("G < 0", "G > 0").replace("G ! 0", "G < 0")
    assert not test_family.is_true(family_claim(turned))


SPIKE = (
    rf"at lambda = ({NUMBER}) the regime is (\w+) and P\(sup \|mu_t\| >= K \|mu_0\|\), "
    rf"K = (sqrt\({NUMBER}\)|{NUMBER}), in the linear regime lies in \[({NUMBER}), ({NUMBER})\]"
)


def regime_of(model: Model, at: Fraction) -> str:
    if at * model.largest <= 2:
        return "stable"
    theta = model.exponent(at)
    if theta > 0:
        return "deflationary"
    return "critical" if abs(model.drift(at)) < CLOSE else "inflationary"


@pytest.mark.parametrize("name", test_spike.GOOD)
def test_what_is_said_of_a_spike_is_true(name: str) -> None:
    judge_spike(test_spike.a_good(name))


@pytest.mark.parametrize("name", ["two", "three", "at a pole", "idle", "squared", "trivial"])
def test_what_is_said_of_a_spike_by_tables_is_true(name: str) -> None:
    judge_spike(test_grid.a_good(name))


def judge_spike(document: Json) -> None:
    data, step = document["data"], document["claims"][0]["step"]
    at, regime, level, lower, upper = matched(SPIKE, opened(document))
    model = Model(data, step)
    assert regime == regime_of(model, Fraction(at))
    square = Fraction(level[5:-1]) if level.startswith("sqrt") else Fraction(level) ** 2
    with mp.workdps(40):
        truth = test_spike.truth(json.dumps(data), json.dumps(step), Fraction(at), square)
    slack = mp.mpf(10) ** -30
    assert real(Fraction(lower)) <= truth[1] + slack and truth[0] - slack <= real(Fraction(upper))
