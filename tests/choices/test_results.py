"""What the public functions about choices take, return and say: doors, the protocol of results, words, all sizes."""

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import EXAMPLES

from catalysis.certificate.choices import claims_of
from catalysis.certificate.document import certificate_of
from catalysis.choices import rate_search
from catalysis.choices.batch_sizes import compare_batches
from catalysis.choices.finite_width import finite_width_orders
from catalysis.choices.learning_rates import Advice, advise
from catalysis.choices.orders import easy_phase, epoch_orders
from catalysis.choices.question import Outlook, Question
from catalysis.data.dataset import Dataset
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.drift import regions
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.result import Result, Verdict
from catalysis.report.learning_rates import _row
from catalysis.spikes.probability import hitting_probability
from proofs_check.certificate import check_certificate

F = Fraction
TALK = load_dataset(EXAMPLES / "talk-1.toml")
WALK = LinearWalk(TALK)

RESULTS: dict[str, Callable[[], Result]] = {
    "advice": lambda: advise(TALK, 2, 10**4, 1, "1/100", max_work=0),
    "batches": lambda: compare_batches(TALK, "1.42", sizes=(1, 2), factor=100),
    "epoch": lambda: epoch_orders(WALK, "1.42"),
    "easy": lambda: easy_phase(WALK, "1.42", 100, 3),
    "finite": lambda: finite_width_orders([2, 3], "1/10", "5/4"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_protocol_of_results(name: str) -> None:
    result = RESULTS[name]()
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
    document = json.loads(json.dumps(result.to_json()))
    assert {"program", "format", "result", "verdict"} <= set(document)
    assert (name == "finite") == ("data" not in document)
    assert document["verdict"] == result.verdict.value == "proved"
    assert "\n" not in repr(result) and str(result) and result._repr_html_().startswith("<table>")
    if name == "easy":
        assert isinstance(float(result), float) and str(result._repr_latex_()).startswith("$")
    else:
        with pytest.raises(TypeError):
            float(result)


def test_advice_names_its_data_but_not_their_learning_rate() -> None:
    document = RESULTS["advice"]().to_json()
    assert document["data"]["sha256"] == TALK.fingerprint() and "eta" not in document
    assert Question(WALK, 10, 1, "1/2").lambda0 == TALK.learning_rate  # lambda_0 stands in its place


GOOD = ["1.42", F("1.42"), Decimal("1.42"), 1.42, np.float64(1.42), 2, np.int64(2)]
BAD = [None, "x", "", [], float("nan"), float("inf"), True, object()]
ADVISE: dict[str, Any] = {"lambda0": 2, "width": 10**6, "mu0": 1, "probability": "1/100", "scale": 1}
ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    **{
        name: lambda v, name=name: advise(TALK, **{**ADVISE, name: v}, max_work=0)
        for name in ("lambda0", "width", "mu0", "scale")
    },
    "curvature of batches": lambda v: compare_batches(TALK, v, sizes=(1,)),
    "factor of batches": lambda v: compare_batches(TALK, "1.3", sizes=(1,), factor=v),
    "curvature of epochs": lambda v: epoch_orders(WALK, v),
    "curvature of phases": lambda v: easy_phase(WALK, v, 10, 1),
    "factor of phases": lambda v: easy_phase(WALK, "1.3", v, 1),
    "kappa": lambda v: finite_width_orders([1, 2], v, 5),
    "L": lambda v: finite_width_orders([1, 2], "1/10", v),
    "draws": lambda v: finite_width_orders([v, 1], "1/10", 1),
    "width of the question": lambda v: Question(WALK, v, 1, "1/2"),
    "scale of the question": lambda v: Question(WALK, 10, 1, "1/2", v),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_numbers_come_through_one_door(name: str) -> None:
    for value in GOOD:
        assert ARGUMENTS[name](value) is not None
    for value in BAD:
        if value is not None or name != "factor of batches":
            with pytest.raises(InputError, match=f"^{name.split()[0]}: expected"):
                ARGUMENTS[name](value)


WHOLE: dict[str, Callable[[Any], Any]] = {
    "steps": lambda v: easy_phase(WALK, "1.42", 10, v),
    "sizes": lambda v: compare_batches(TALK, "1.42", sizes=(v,)),
    "digits": lambda v: compare_batches(TALK, "1.42", sizes=(1,), digits=v),
    "max_bits": lambda v: epoch_orders(WALK, "1.42", max_bits=v),
    "max_cells": lambda v: advise(TALK, 1, 10, 1, "1/2", max_cells=v, max_work=0),
    "max_work": lambda v: advise(TALK, 1, "1/1", 10, "1/2", max_work=v),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_come_through_one_door(name: str) -> None:
    for value in (64, np.int64(64), "64", 64.0):
        assert WHOLE[name](64 if name != "sizes" else value) is not None
    for value in [None, "x", [], float("nan"), True, -1, F(1, 2), object()]:
        with pytest.raises(InputError, match=f"^{name}: expected"):
            WHOLE[name](value)


def test_other_arguments_that_are_refused() -> None:
    for value in (None, "x", True, float("nan"), 0, 1, -1):
        with pytest.raises(InputError, match=r"^probability: expected"):
            advise(TALK, **{**ADVISE, "probability": value})
    with pytest.raises(InputError, match=r"^tolerance: expected"):
        advise(TALK, **ADVISE, tolerance="x")
    for sizes in ("12", 3, None, (), (1, 1)):
        with pytest.raises(InputError, match=r"^sizes: expected"):
            compare_batches(TALK, 1, sizes=sizes)  # type: ignore[arg-type]
    for draws in ("12", 3, None, (1,)):
        with pytest.raises(InputError, match=r"^draws: expected"):
            finite_width_orders(draws, "1/10", 1)  # type: ignore[arg-type]
    for data in (None, 3):
        with pytest.raises(InputError, match=r"^dataset: expected"):
            advise(data, **ADVISE)  # type: ignore[arg-type]
        with pytest.raises(InputError, match=r"^walk: expected"):
            epoch_orders(data, 1)  # type: ignore[arg-type]


# --- what is said is what was proved ---------------------------------------------------------------------------


def rows(advice: Advice) -> list[str]:
    """The lines of the table as people read them."""
    return ["  ".join(_row(advice, line)) for line in advice.sets]


def check_words(advice: Advice) -> None:
    """Every regime of the table, and its words, against the probability at places inside, ends included."""
    question = advice.question
    for line, found in zip(rows(advice), advice.sets, strict=True):
        if found.outlook in (Outlook.UNDECIDED, Outlook.OUTSIDE):
            assert "probability" not in line and " proved" not in line
            continue
        assert found.end is not None and " proved" in line
        for share in (F(1, 50), F(1, 2), F(49, 50)):
            rate = found.start + (found.end - found.start) * share
            level = question.start_rate / rate
            said = line.split("probability", 1)[1]
            if level <= 1:
                assert "probability 1" in line and found.at_once
                continue
            p = hitting_probability(question.walk, rate, level, squared=True, max_work=10**5).enclosure
            assert p is not None
            if said.startswith(" at most"):
                assert p.lower <= question.probability, (rate, line)
            elif said.startswith(" above"):
                assert p.upper > question.probability, (rate, line)
            else:
                value = {" 0": 0, " 1": 1}[said[:2]]
                assert p.lower == p.upper == value, (rate, line)


@pytest.mark.slow
def test_a_likely_cell_is_never_called_certain() -> None:
    """The probability on [0.73762, 0.738] is about 0.055: above 0.05 was proved, not 1."""
    advice = advise(parse_samples("1:1/2, x=1.69:1/2"), 2, 100, 1, "1/20")
    check_words(advice)
    near = [s for s in advice.sets if s.outlook is Outlook.LIKELY]
    assert near and not near[0].at_once and near[0].start <= F("0.7379") <= near[0].end  # type: ignore[operator]
    assert advice.at("0.7379") is Outlook.LIKELY


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.fractions(F(1, 10), F(4), max_denominator=12), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(1, 9), min_size=3, max_size=3),
    st.fractions(F(1, 5), F(5), max_denominator=9),
    st.integers(1, 10**4),
    st.fractions(F(1, 8), F(20), max_denominator=8),
    st.fractions(F(1, 1000), F(9, 10), max_denominator=1000),
)
def test_words_of_random_advice(
    xs: list[Fraction], counts: list[int], lambda0: Fraction, width: int, mu0: Fraction, p: Fraction
) -> None:
    dataset = Dataset.from_arrays(x=xs, counts=counts[: len(xs)])
    check_words(advise(dataset, lambda0, width, mu0, p, tolerance="1/20", max_work=10**4, max_cells=50))


@pytest.mark.slow
def test_sets_that_no_certificate_carries_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    import catalysis.choices.learning_rates as rates

    asked: dict[str, Any] = {
        "lambda0": 2,
        "width": 10**4,
        "mu0": 1,
        "probability": "1/100",
        "tolerance": "1/500",
    }
    full = advise(TALK, **asked)
    assert all(s.certified for s in full.sets)
    monkeypatch.setattr(rates, "CHECKER_UPDATES", 1)
    marked = advise(TALK, **asked)
    assert [s for s in marked.sets if not s.certified]
    assert any(s.to_json().get("in_certificate") is False for s in marked.sets)
    assert any("not in the certificate" in line for line in rows(marked))
    for advice in (full, marked):
        (claim,) = claims_of(advice)
        (verdict,) = check_certificate(json.dumps(certificate_of(TALK, [claim])).encode())
        assert verdict.proved, verdict.statement
        stated = [c for c in claim["cells"] if c["regime"] != "undecided"]
        assert len(stated) == sum(c.certified and c.outlook is not Outlook.UNDECIDED for c in advice.cells)


def test_no_batch_is_larger_than_full_batch() -> None:
    stable = compare_batches(TALK, "1.42", sizes=(1,)).fields()["lines"]
    assert [line["every_larger_batch_at_least"] for line in stable][1] == "inf"
    assert F(stable[0]["every_larger_batch_at_least"]) > 1
    grown = compare_batches(TALK, "1.6", sizes=(1,)).fields()["lines"]
    assert [line["every_larger_batch_at_least"] for line in grown] == [None, "0"]
    calm = compare_batches(TALK, 1, sizes=(1, 2)).fields()["lines"]
    assert [line["every_larger_batch_at_least"] for line in calm] == ["inf"] * 3


# --- all sizes -------------------------------------------------------------------------------------------------


def ladder(size: int) -> Dataset:
    return Dataset.from_arrays(x=[F(size + 7919 * i % size, size) for i in range(size)])


def check_size(size: int) -> None:
    dataset = ladder(size)
    asked: dict[str, Callable[[], Result]] = {
        "advise": lambda: advise(dataset, 2, 10**6, 1, "1/1000", max_work=10**5),
        "batches": lambda: compare_batches(dataset, "1.2", sizes=(1, 2)),
        "batches and spikes": lambda: compare_batches(dataset, "1.2", sizes=(1,), factor=1000),
        "epochs": lambda: epoch_orders(dataset, "1.2"),  # type: ignore[arg-type]
        "phases": lambda: easy_phase(dataset, "1.05", 1000, 100),  # type: ignore[arg-type]
    }
    for name, ask in asked.items():
        try:
            result = ask()
        except InputError as refusal:
            assert "\n" not in str(refusal) and name in ("advise", "batches") and size > 1000
            continue
        assert result.verdict is Verdict.PROVED or getattr(result, "reason", None), name


@pytest.mark.parametrize("size", [2, 100])
def test_every_size_has_an_answer(size: int) -> None:
    check_size(size)


@pytest.mark.slow
@pytest.mark.parametrize("size", [10_000, 100_000])
def test_large_sizes_have_an_answer_or_one_line(size: int) -> None:
    check_size(size)


def test_a_search_that_would_take_minutes_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the zeros of G that it needs, or by its cells."""
    with monkeypatch.context() as limits:
        limits.setattr(regions, "SILENT_WORK", 1)
        with pytest.raises(TooLong, match=r"gaps .* about \d+ seconds: expected fewer samples"):
            advise(TALK, 2, 1000, 1, "1/100")
    monkeypatch.setattr(rate_search, "_WORK_PER_SECOND", 1)
    with pytest.raises(TooLong, match=r"^dataset: \d+ cells .* about \d+ seconds: expected fewer samples"):
        advise(TALK, 2, 10**8, 1, "1/100", tolerance="1/1000")
