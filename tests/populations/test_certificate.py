"""Claims of populations as the package makes them, re-proved by the checker; what it cannot carry is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flint import arb

from catalysis.certificate.document import NotCertifiable, certificate_of, claim
from catalysis.certificate.populations import BY_ARB, drift_claim, law_claims
from catalysis.cli.main import main
from catalysis.exact.balls import precision
from catalysis.populations.answer import law_answer
from catalysis.populations.panels import on_panel, points_needed
from catalysis.populations.tails import tail_answer
from catalysis.populations.threshold import law_thresholds
from proofs_check.certificate import check_document
from proofs_check.core.budget import Work

CARRIED: dict[str, dict[str, Any]] = {
    "normal(0, 3/10)": {"eta": 2},
    "normal(0, 2/5)": {"eta": 30},
    "x ~ uniform(0, 1)": {"eta": 3},
    "x ~ uniform(1/3, 1)": {"eta": 1},
    "x ~ exponential(1)": {"eta": "1/2"},
    "x ~ chi-square(3)": {"eta": "1/5", "batch_size": 4},
    "x ~ gamma(5/3, 1/7)": {"eta": "5", "curvature": "1/2"},
    "normal(0, 1)": {"eta": "0.037368", "dimension": 100},
    "normal(0, 1/2)": {"eta": "0.2", "dimension": 100, "batch_size": 5},
    "normal(0, 3)": {"eta": "1/1200", "dimension": 50, "batch_size": 2},
}


@pytest.mark.parametrize("text", CARRIED)
def test_what_is_carried_is_proved_again(text: str) -> None:
    found = law_answer(text, **CARRIED[text], digits=6)
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
    ("text", "eta"),
    [
        ("student(5)", "1/3"),
        ("uniform(0, 1)", 4),
        ("lognormal(0, 1/2)", "1/2"),
        ("1/2*atom(1)+1/2*normal(0,1)", 1),
    ],
)
def test_other_laws_are_proved_by_arb_alone(text: str, eta: Any) -> None:
    found = law_answer(text, eta, digits=4)
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
    assert main(["law", "student(5)", "--eta", "1/3"]) == 0
    assert capsys.readouterr().out.count(BY_ARB) == 3
    assert main(["law", "normal(0, 1)", "--dim", "10", "--eta", "1/50", "--digits", "3"]) == 0
    assert capsys.readouterr().out.count(BY_ARB) == 2
    assert main(["law", "normal(0, 1)"]) == 0
    assert BY_ARB in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("law",),
        ("law", "cauchy(0)"),
        ("law", "normal(0, 1)", "--dim", "0"),
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
