"""Claims of populations as the package makes them, re-proved by the checker; what it cannot carry is said."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flint import arb

from catalysis.certificate.document import NotCertifiable, certificate_of, claim
from catalysis.certificate.populations import BY_ARB, drift_claim, law_claims, threshold_claims
from catalysis.cli.main import main
from catalysis.data.population import parse_law
from catalysis.exact.balls import precision
from catalysis.exact.result import Enclosure
from catalysis.populations.answer import law_answer
from catalysis.populations.extremal import ExtremalIndex, arch_extremal_index
from catalysis.populations.laws import Population
from catalysis.populations.panels import on_panel, points_needed
from catalysis.populations.tails import tail_answer
from catalysis.populations.threshold import LawThresholds, law_thresholds
from proofs_check.certificate import check_document
from proofs_check.core.budget import Work

F = Fraction
CARRIED: dict[str, dict[str, Any]] = {
    "normal(0, 3/10)": {"eta": 2},
    "normal(0, 2/5)": {"eta": 30},
    "x ~ uniform(0, 1)": {"eta": 3},
    "x ~ uniform(1/3, 1)": {"eta": 1},
    "x ~ exponential(1)": {"eta": "1/2"},
    "x ~ chi-square(3)": {"eta": "1/5", "batch_size": 4},
    "x ~ gamma(5/3, 1/7)": {"eta": "5", "curvature": "1/2"},
    "student(5)": {"eta": "1/3"},
    "uniform(0, 1)": {"eta": 4},
    "uniform(-1, 1/2)": {"eta": 2},
    "normal(1, 1/2)": {"eta": 9},
    "exponential(1)": {"eta": "1/10"},
    "lognormal(0, 1/2)": {"eta": "1/2"},
    "truncated(normal(0, 3/10), -1, 1)": {"eta": 4},
    "truncated(student(3), -1, 2)": {"eta": 1},
    "truncated(lognormal(0, 1), 1/2, 2)": {"eta": 1},
    "truncated(exponential(1), 0, 3)": {"eta": "1/3"},
    "x ~ truncated(gamma(5/2, 1/3), 1, 3)": {"eta": "4/5"},
    "x ~ truncated(exponential(1), 0, 3)": {"eta": 1},
    "x ~ lognormal(0, 1/2)": {"eta": 1},
    "1/2*atom(1/2) + 1/4*normal(0, 1) + 1/4*student(4)": {"eta": 1},
    "x ~ 1/2*atom(3) + 1/2*truncated(chi-square(3), 1, 2)": {"eta": 1},
    "normal(0, 1)": {"eta": "0.037368", "dimension": 100},
    "normal(0, 1/2)": {"eta": "0.2", "dimension": 100, "batch_size": 5},
    "normal(0, 3)": {"eta": "1/1200", "dimension": 50, "batch_size": 2},
}


@pytest.mark.parametrize("text", CARRIED)
def test_what_is_carried_is_proved_again(text: str) -> None:
    found = law_answer(text, **CARRIED[text], digits=4)
    claims = law_claims(found)
    assert len(claims) == (1 if found.population.dimension > 1 else 2)
    for verdict in check_document(certificate_of(None, claims), Work()):
        assert verdict.proved, verdict.statement
        assert (
            found.regime.value in verdict.statement
            or "stable" in verdict.statement
            or "< E log R <" in verdict.statement
        )


@pytest.mark.parametrize(
    ("text", "eta", "digits"),
    [
        ("student(5)", "1/3", 21),
        ("1/5*uniform(0, 1) + 1/5*student(3) + 1/5*student(4) + 2/5*student(5)", "1/3", 17),
        (" + ".join(f"1/13*student({n})" for n in range(3, 16)), "1/3", 2),
    ],
)
def test_what_is_beyond_the_budget_is_proved_by_arb_alone(text: str, eta: Any, digits: int) -> None:
    found = law_answer(text, eta, digits=digits)
    for make in (claim, drift_claim):
        with pytest.raises(NotCertifiable, match=BY_ARB):
            make(found)
    assert law_claims(found) == []


def test_what_has_no_claim_of_its_own() -> None:
    tiny = law_answer("normal(0, 1/1000)", 1, digits=3)
    between = law_answer("normal(0, 1)", "0.0196200", dimension=100, digits=6)
    undecided = law_answer("normal(0, 1)", "2.4212495210", digits=2)
    results = (
        tiny,
        between,
        undecided,
        law_thresholds("normal(0, 1)", digits=3),
        tail_answer("normal(0, 1)", 1),
    )
    for result in results:
        with pytest.raises(NotCertifiable):
            claim(result)


def test_the_command_writes_a_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["law", "normal(0, 3/10)", "--eta", "2", "-o", str(tmp_path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["carried"] == ["law_drift", "law_exponent"]
    verdicts = check_document(json.loads((tmp_path / "certificate.json").read_text()), Work())
    assert len(verdicts) == 2 and all(verdict.proved for verdict in verdicts)


def test_the_command_says_what_is_proved_by_arb_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["law", "student(5)", "--eta", "1/3", "--digits", "21"]) == 0
    assert capsys.readouterr().out.count(BY_ARB) == 3
    assert main(["law", "normal(0, 1)", "--dim", "10", "--eta", "1/50", "--digits", "3"]) == 0
    assert capsys.readouterr().out.count(BY_ARB) == 2
    assert main(["law", "student(5)", "--digits", "21"]) == 0
    assert BY_ARB in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "normal(0, 1)",
        pytest.param("truncated(normal(0, 3/10), -1, 1)", marks=pytest.mark.slow),
        "x ~ uniform(0, 1)",
    ],
)
def test_a_threshold_is_carried_by_its_two_sides(text: str) -> None:
    found = law_thresholds(text, digits=3)
    assert found.zero is not None
    claims = threshold_claims(found)
    assert len(claims) == (3 if found.stable_up_to else 2)
    verdicts = check_document(certificate_of(None, claims), Work())
    assert all(verdict.proved for verdict in verdicts)
    ends = [verdict.statement for verdict in verdicts[-2:]]
    assert re.search("-[0-9e.-]+ < E log R < -", ends[0]) and re.search(
        ": [0-9e.-]+ < E log R < [0-9]", ends[1]
    )


def test_what_a_threshold_cannot_carry() -> None:
    vector = Population(parse_law("normal(0, 1)"), 10)
    assert threshold_claims(LawThresholds(vector, F(1), 2, F(0), None, None, True)) == []
    assert threshold_claims(law_thresholds("student(5)", digits=21)) == []


def test_kappa_of_arch_is_carried() -> None:
    (verdict,) = check_document(certificate_of(None, [claim(arch_extremal_index("1/2", cells=256))]), Work())
    assert verdict.proved and "(2.36514966" in verdict.statement and "tail index of v^2" in verdict.statement
    far = ExtremalIndex(F(1, 1000), Enclosure(F(1358), F(1359)), Enclosure(F(0), F(1)))
    with pytest.raises(NotCertifiable, match=BY_ARB):
        claim(far)


@pytest.mark.parametrize(
    "arguments",
    [
        ("law",),
        ("law", "cauchy(0)"),
        ("law", "normal(0, 1)", "--dim", "0"),
        ("law", "truncated(atom(1), 0, 1)"),
        ("law", "truncated(normal(0, 1), 1, 0)"),
        ("law", "truncated(uniform(0, 1), 1, 0)"),
        ("law", "truncated(uniform(0, 1), 2, 3)"),
        ("law", "truncated(exponential(1), -1, 1)"),
        ("law", "truncated(normal(0, 1))"),
        ("law", "truncated(normal(0, 1), -1, 1)", "--batch-size", "2"),
        ("law", "truncated(normal(0, 1), -1, 1)", "--dim", "2"),
        ("tail", "normal(0, 1)"),
        ("tail", "examples/talk-1.toml", "--dim", "2"),
        ("tail", "normal(0, 1)", "--eta", "1", "--full-batch"),
        ("tail", "normal(0, 1)", "--eta", "1", "--noise", "cauchy(1)"),
        ("tail", "examples/plane.csv", "--eta", "1", "--lambda", "2"),
        ("tail", "examples/plane.csv", "--eta", "1", "--full-batch"),
    ],
)
def test_bad_questions_are_refused_in_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(arguments)) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("points", [2, 3, 5, 9])
def test_the_remainder_of_a_panel_holds_the_integral(points: int) -> None:
    """1/(3/2 - v) over [-1, 1] is log 5, and at most 1/(3/2 - 1.3) in the ellipse with half-axis 1.3."""
    with precision(80):
        radius = 1.3 + (1.3**2 - 1) ** 0.5
        found = on_panel(lambda v: 1 / (arb(3) / 2 - v), arb(-1), arb(1), radius, arb(6), points, 80)
        assert found.contains(arb(5).log().mid()) and found.rad() < 70 * radius ** (-2 * points)
        assert points_needed(arb(1), arb(6), radius, arb(2) ** -60) > 20
