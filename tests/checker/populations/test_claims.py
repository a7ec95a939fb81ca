"""Claims about populations: good ones are proved, each hypothesis broken once is refused, the words are judged."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from kit.good_populations import GOOD, TAKEN, UNIFORM, certificate, judge

from proofs_check.certificate import check_document
from proofs_check.core.budget import Work

Json = Any


def verdict(document: Json, work: Work | None = None) -> tuple[bool, str]:
    (found,) = check_document(document, work or Work())
    return found.proved, found.statement


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved_and_true(name: str) -> None:
    proved, statement = verdict(certificate(GOOD[name]))
    assert proved, statement
    judge(certificate(GOOD[name]), statement)


def changed(name: str, **fields: Any) -> Json:
    claim = copy.deepcopy(GOOD[name])
    for key, value in fields.items():
        if value is None:
            del claim[key]
        else:
            claim[key] = value
    return claim


GAMMA = {"kind": "gamma", "shape": "1/2", "scale": "9/50"}


def law(value: Json) -> Json:
    return changed("stable", law=value)


def cut(of: Json, low: str, high: str) -> Json:
    return {"kind": "truncated", "of": of, "low": low, "high": high}


REFUSED: dict[str, Callable[[], tuple[Json, str]]] = {
    "stable beyond the threshold": lambda: (changed("stable", rate="201/100"), "enlarge"),
    "an unbounded law as stable": lambda: (changed("stable", law=GAMMA), "enlarge"),
    "an exponent too large": lambda: (
        changed("deflationary", exponent={"lower": "9.31", "upper": "9.32"}),
        "not below",
    ),
    "an exponent too small": lambda: (
        changed("deflationary", exponent={"lower": "9.29", "upper": "9.3"}),
        "not above",
    ),
    "deflationary where it grows": lambda: (changed("deflationary", rate="30"), "not below"),
    "inflationary where it falls": lambda: (changed("inflationary", rate="20"), "not below"),
    "a power out of range": lambda: (changed("inflationary", power="1/2"), "range"),
    "an exponent of another regime": lambda: (changed("inflationary", exponent="inf"), "belong"),
    "an unknown regime": lambda: (changed("stable", regime="critical"), "unknown regime"),
    "an unknown law": lambda: (changed("stable", law={"kind": "cauchy"}), "unknown law"),
    "a kind of density that is not known": lambda: (
        law({"kind": "square", "of": {"kind": "cauchy"}}),
        "unknown law",
    ),
    "a square of nothing": lambda: (law({"kind": "square", "of": "normal"}), "unknown law"),
    "a truncated law of nothing": lambda: (law(cut("normal", "0", "1")), "unknown law"),
    "a truncated uniform law": lambda: (law(cut(UNIFORM, "0", "1")), "unknown law"),
    "a truncated uniform sample": lambda: (
        law(cut({"kind": "square", "of": {"kind": "uniform", "low": "0", "high": "1"}}, "0", "1")),
        "unknown law",
    ),
    "a truncation upside down": lambda: (law(cut(TAKEN, "1", "1")), "low < high"),
    "uniform samples upside down": lambda: (
        law({"kind": "square", "of": {"kind": "uniform", "low": "1", "high": "1"}}),
        "low < high",
    ),
    "a curvature cut below 0": lambda: (law(cut(GAMMA, "-1", "1")), "below 0"),
    "a positive sample cut below 0": lambda: (
        law(cut({"kind": "square", "of": {"kind": "exponential", "mean": "1"}}, "-1", "1")),
        "below 0",
    ),
    "a truncated law as stable": lambda: (changed("truncated and stable", rate="201/100"), "enlarge"),
    "a part that is not stable": lambda: (changed("mixture that is stable", rate="101/100"), "enlarge"),
    "a law of both signs as stable": lambda: (
        law({"kind": "square", "of": {"kind": "student", "freedom": "5", "scale": "1"}}),
        "enlarge",
    ),
    "a value below 0": lambda: (law({"kind": "atom", "value": "-1"}), "negative"),
    "weights of another sum": lambda: (
        law({"kind": "mixture", "parts": [{"weight": "1/2", "law": UNIFORM}]}),
        "sum to 1",
    ),
    "a mixture of mixtures": lambda: (
        law({"kind": "mixture", "parts": [{"weight": "1", "law": GOOD["mixture"]["law"]}]}),
        "unknown law",
    ),
    "too many parts": lambda: (
        law({"kind": "mixture", "parts": [{"weight": "1/51", "law": UNIFORM}] * 51}),
        "more than 50",
    ),
    "a Student t whose moment is infinite": lambda: (
        changed("student", exponent={"lower": "1.34", "upper": "5/2"}),
        "above the moments",
    ),
    "a drift by an infinite moment": lambda: (
        changed(
            "drift",
            law={"kind": "square", "of": {"kind": "student", "freedom": "1/9", "scale": "1"}},
            step="1/18",
        ),
        "above the moments",
    ),
    "an exponent of a density too small": lambda: (
        changed("student", exponent={"lower": "1.33", "upper": "1.34"}),
        "not above",
    ),
    "an exponent of a density too large": lambda: (
        changed("student", exponent={"lower": "1.342", "upper": "1.35"}),
        "not below",
    ),
    "growth by an atom at the pole": lambda: (
        changed("inflationary", law=GOOD["mixture"]["law"], rate="1", power="1/10"),
        "below the range",
    ),
    "a power too large for panels": lambda: (
        changed("exponential samples", exponent={"lower": "2.942", "upper": "401"}),
        "too large",
    ),
    "a power too large for an atom": lambda: (
        changed("uniform", law={"kind": "atom", "value": "1"}, exponent={"lower": "401", "upper": "402"}),
        "too large",
    ),
    "a kappa too large": lambda: (changed("arch", exponent={"lower": "2.37", "upper": "2.4"}), "not below"),
    "a kappa too small": lambda: (changed("arch", exponent={"lower": "2.3", "upper": "2.36"}), "not above"),
    "a kappa beyond the series": lambda: (
        changed("arch", exponent={"lower": "2", "upper": "401"}),
        "too large",
    ),
    "no law": lambda: (changed("stable", law="normal"), "unknown law"),
    "a law upside down": lambda: (
        changed("stable", law={"kind": "uniform", "low": "1", "high": "1"}),
        "0 <= low < high",
    ),
    "a scale of 0": lambda: (changed("deflationary", law=dict(GAMMA, scale="0")), "positive"),
    "a power where the series cancel": lambda: (
        changed("deflationary", exponent={"lower": "9.3", "upper": "9.5"}),
        "integer",
    ),
    "a rate too small": lambda: (changed("deflationary", rate="1/99"), "too large"),
    "a power too large": lambda: (
        changed("uniform", exponent={"lower": "1", "upper": "401"}),
        "too large",
    ),
    "a drift too high": lambda: (changed("drift", lower="-0.25315"), "chords"),
    "a drift too low": lambda: (changed("drift", upper="-0.25316"), "chords"),
    "a step out of range": lambda: (changed("drift", step="1/2"), "range"),
    "one dimension": lambda: (changed("isotropic up", dimension=1), "dimension"),
    "isotropic in a regime that is not known": lambda: (changed("isotropic up", regime="stable"), "regime"),
    "isotropic growth that is none": lambda: (changed("isotropic up", eta="0.015"), "not below"),
    "a power below 2": lambda: (changed("isotropic two", power="1"), "below 2"),
    "a second moment that grows": lambda: (changed("isotropic two", eta="1/50"), "second moment"),
    "a higher moment that grows": lambda: (changed("isotropic down", eta="0.09"), "not below"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    claim, word = REFUSED[name]()
    proved, statement = verdict(certificate(claim))
    assert not proved and word in statement, statement


@pytest.mark.parametrize("name", GOOD)
def test_every_field_is_needed(name: str) -> None:
    for key in GOOD[name]:
        if key != "kind":
            assert not verdict(certificate(changed(name, **{key: None})))[0], key


def test_a_power_where_the_sine_nearly_vanishes_needs_more_bits() -> None:
    """s + k next to an integer: the two series nearly cancel."""
    near = changed("deflationary", exponent={"lower": "9.3", "upper": f"9.5{'0' * 25}1"})
    proved, statement = verdict(certificate(near))
    assert proved, statement


def test_a_power_that_no_precision_tells_from_an_integer() -> None:
    near = changed("deflationary", exponent={"lower": "9.3", "upper": f"9.5{'0' * 900}1"})
    proved, statement = verdict(certificate(near))
    assert not proved and ("bits" in statement or "budget" in statement)


def test_laws_that_are_met_at_one_point() -> None:
    """A truncated law that ends at the pole; an atom there, whose power is 0; one too large to write out."""
    ends = changed("truncated normal", rate="1", exponent={"lower": "20", "upper": "21"})
    assert "not above" in verdict(certificate(ends))[1]
    drift = changed("mixture", law={"kind": "atom", "value": "1"}, exponent={"lower": "1", "upper": "2"})
    assert "not above" in verdict(certificate(drift))[1]
    huge = changed(
        "mixture", law={"kind": "atom", "value": f"1{'0' * 600}"}, exponent={"lower": "350", "upper": "351"}
    )
    assert "bits" in verdict(certificate(huge))[1]


def test_the_work_is_booked() -> None:
    proved, statement = verdict(certificate(GOOD["drift"]), Work(2000))
    assert not proved and "budget" in statement
