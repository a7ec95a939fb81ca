"""Learning rates of minibatches by moments alone (A10 to A12), against the law of the batch where it is small."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.certificate.document import NotCertifiable, claim
from catalysis.choices.batch_rates import BatchMoments, is_likely, is_rare
from catalysis.choices.learning_rates import advise
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell
from catalysis.cli.main import main
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step, curvature_law, largest_curvature
from catalysis.data.walk import LinearWalk
from catalysis.exact.result import Verdict
from catalysis.exponent.exponent import cramer_exponent

F = Fraction
SELDOM = F(1, 50)
values = st.fractions(min_value=0, max_value=4, max_denominator=8)
few = st.lists(values, min_size=2, max_size=4).filter(any)
rates = st.fractions(min_value=F(1, 20), max_value=5, max_denominator=20)


def asked(xs: list[Fraction], step: Step, probability: Fraction = SELDOM) -> Question:
    dataset = Dataset.from_arrays(x=xs)
    return Question(LinearWalk(dataset, step), F(400), F(1), probability)


def factors(xs: list[Fraction], b: int, replacement: bool, a: Fraction) -> list[Fraction]:
    batches = product(xs, repeat=b) if replacement else combinations(xs, b)
    return [1 - a * sum(batch) / b for batch in batches]


@given(few, st.integers(1, 3), rates, st.sampled_from([2, 4, 6]))
@settings(max_examples=40, deadline=None)
def test_even_moments_are_those_of_all_batches(xs: list[Fraction], b: int, a: Fraction, order: int) -> None:
    moments = BatchMoments(asked(xs, Step.minibatch(b)))
    every = factors(xs, b, True, a)
    assert moments.with_replacement(order, a) == sum(f**order for f in every) / len(every)
    assert moments.mean_square(a) == moments.with_replacement(2, a)


@given(few, st.integers(1, 4), rates)
@settings(max_examples=40, deadline=None)
def test_without_replacement_the_mean_square_is_exact_and_hoeffding_bounds_the_rest(
    xs: list[Fraction], b: int, a: Fraction
) -> None:
    b = min(b, len(xs))
    moments = BatchMoments(asked(xs, Step.minibatch(b, replacement=False)))
    every = factors(xs, b, False, a)
    assert moments.mean_square(a) == sum(f**2 for f in every) / len(every)
    assert moments.above(6, a) >= sum(f**6 for f in every) / len(every)
    assert moments.below(4, a) is None


@given(few, st.integers(1, 3), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_largest_curvature_needs_no_law(xs: list[Fraction], b: int, replacement: bool) -> None:
    b = min(b, len(xs))
    step = Step.minibatch(b, replacement=replacement)
    dataset = Dataset.from_arrays(x=xs)
    assert largest_curvature(dataset, step) == curvature_law(dataset, step).largest
    assert LinearWalk(dataset, step).largest_rate == LinearWalk(dataset, step).rates[0]


@given(few, st.integers(1, 3), rates, st.booleans(), st.sampled_from([F(1, 2), F(1, 50), F(1, 10**6)]))
@settings(max_examples=60, deadline=None)
def test_what_moments_decide_agrees_with_the_exponent_of_the_law(
    xs: list[Fraction], b: int, rate: Fraction, replacement: bool, p: Fraction
) -> None:
    """Rare: K^-theta <= p for the exact exponent; likely: (K R)^-theta > p, at both ends of the cell."""
    question = asked(xs, Step.minibatch(min(b, len(xs)), replacement=replacement), probability=p)
    moments, walk = BatchMoments(question), question.walk
    other = rate * F(11, 10)
    if is_rare(moments, rate):
        found = cramer_exponent(walk, rate, digits=12)
        assert found.regime.value in ("stable", "deflationary")
        if found.enclosure is not None:
            level = float(question.start_rate / rate) ** 0.5
            assert level ** -float(found.enclosure.upper) <= float(p) * (1 + 1e-9)
    if is_likely(moments, rate, other):
        for place in (rate, other):
            found = cramer_exponent(walk, place, digits=12)
            assert found.regime.value != "stable"
            if found.enclosure is not None and place < question.start_rate:
                top = float(question.start_rate / place) ** 0.5 * float(question.largest_factor(place))
                assert top ** -float(found.enclosure.lower) > float(p) * (1 - 1e-9)


@pytest.fixture(scope="module")
def many() -> Dataset:
    """150 different samples: batches of 32 have no law that could be written down."""
    return Dataset.from_arrays([F(700 + (37 * i * i) % 1009, 1000) for i in range(150)])


@pytest.mark.parametrize("replacement", [True, False])
def test_many_samples_get_bounds_in_place_of_a_refusal(many: Dataset, replacement: bool) -> None:
    step = Step.minibatch(32, replacement=replacement)
    found = advise(many, 1, 1000, 1, "1/100", step=step)
    outlooks = [s.outlook for s in found.sets]
    assert outlooks[:2] == [Outlook.STABLE, Outlook.RARE] and outlooks[-1] is Outlook.OUTSIDE
    assert found.verdict is Verdict.PROVED
    assert all(a.end == b.start for a, b in zip(found.sets, found.sets[1:], strict=False))
    assert not any(s.certified for s in found.sets if s.outlook in (Outlook.RARE, Outlook.LIKELY))
    assert {s["in_certificate"] for s in found.fields()["sets"] if s["regime"] == "rare"} == {False}
    with pytest.raises(NotCertifiable, match="too many atoms"):
        claim(found)


def test_where_nothing_is_decided_the_reason_names_the_law(many: Dataset) -> None:
    found = advise(many, 1, 2, 1, "1/10", step=Step.minibatch(32))
    open_ = AdviceCell(found.cells[0].end, found.cells[-1].start, Outlook.UNDECIDED)
    undecided = type(found)(found.question, found.tolerance, (found.cells[0], open_, found.cells[-1]), many)
    assert undecided.verdict is Verdict.UNDECIDED
    assert "too many atoms" in str(undecided.reason)


def test_the_command_says_what_a_certificate_cannot_carry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "many.csv"
    file.write_text("s\n" + "".join(f"{0.7 + (37 * i * i) % 1009 / 1000:.3f}\n" for i in range(150)))
    options = [
        "--lambda0",
        "1",
        "--width",
        "1e3",
        "--mu0",
        "1",
        "--probability",
        "1/100",
        "--batch-size",
        "32",
    ]
    assert main(["advise", str(file), *options, "-o", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "proved by this program, not in the certificate (A11)" in text
    assert "no certificate: the law of a batch has too many atoms" in text
    assert main(["thresholds", str(file), "--batch-size", "32", "--json"]) == 0
    exact = json.loads(capsys.readouterr().out)
    assert Fraction(exact["lambda_max"]) == 2 * Fraction(exact["lambda_crit"])
    assert main(["batches", str(file), "--lambda", "1", "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert [line["step"].get("size", 1) for line in compared["lines"]] == [1, 2, 1]
    assert [one["step"]["size"] for one in compared["left_out"]] == [4, 8]
    assert compared["verdict"] == "undecided" and "left out" in compared["reason"]
    assert main(["batches", str(file), "--lambda", "1", "--sizes", "16"]) == 2
    assert "atoms" in capsys.readouterr().err


@pytest.mark.parametrize("p", [F(1, 20), F(1, 1000), F(1, 10**8)])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_likely_begins_where_the_exponent_allows_it(size: int, p: Fraction) -> None:
    """The first likely rates on a fine grid, where the bound is nearly sharp, against the exponent of the law."""
    question = asked([F(1, 2), F(3), F(3)], Step.minibatch(size), probability=p)
    moments, walk = BatchMoments(question), question.walk
    start, end = question.stable_up_to, question.window_up_to
    grid = [start + (end - start) * i / 200 for i in range(1, 200)]
    hits = [rate for rate in grid if is_likely(moments, rate, rate * F(1001, 1000))]
    assert hits
    for rate in hits[:6]:
        found = cramer_exponent(walk, rate, digits=12)
        if found.enclosure is not None:
            most = float(question.start_rate / rate) ** 0.5 * float(question.largest_factor(rate))
            assert most ** -float(found.enclosure.upper) > float(p) * (1 - 1e-9)
    rare = [rate for rate in grid if is_rare(moments, rate)]
    assert not rare or max(rare) < min(hits)
