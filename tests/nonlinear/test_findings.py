"""Questions that once came late, wrong or not at all: each with the right answer."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from catalysis import LinearWalk, parse_samples
from catalysis.certificate.document import NotCertifiable, certificate_of, claim
from catalysis.cli.main import main
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.nonlinear.loss import curvature_reduction
from catalysis.nonlinear.phase import phase
from catalysis.nonlinear.spike import NOT_CARRIED, _gain, width_spike
from proofs_check.certificate import check_certificate

F = Fraction
TALK = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))
SLOW = LinearWalk(parse_samples("x=0.33:13/20, x=2.05:7/20"))
FAIR = LinearWalk(parse_samples("x=3:1/3, x=1/2:2/3"))  # theta = 1 at lambda = 1


def test_steps_are_counted_from_one_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["phase", "--x", "1", "--kappa0", "1/10", "--L0", "5/2"]
    main([*options, "--json"])
    assert json.loads(capsys.readouterr().out)["first_rise"] == 1
    main(options)
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "first step" in line)
    assert " 1 " in row
    result = phase(1, "1/10", "5/2")
    assert claim(result)["rise"] == 0  # format version 1 names the state from which the step leads
    (verdict,) = check_certificate(json.dumps(certificate_of(None, [claim(result)])).encode())
    assert verdict.proved and "rises in step 1" in verdict.statement


@pytest.mark.parametrize(
    ("kappa", "L", "rise"), [("7/4", "3.9", 2), ("1/1000", "2.1", 1), ("1/2", 5, 1), ("3/2", "13/4", None)]
)
def test_the_first_rise_is_that_of_plain_iteration(kappa: str, L: Any, rise: int | None) -> None:
    k, first, level = F(kappa), None, F(L)
    for step in range(1, 5):
        after, level = (1 - level + k * k) * k, level - k * k * (4 - level)
        if abs(after) > abs(k) and first is None:
            first = step
        k = after
    assert phase(1, kappa, L).first_rise == rise == first


def test_as_many_digits_as_asked_are_shown() -> None:
    result = phase(1, "1/10", "5/2", digits=60)
    ends = result.fields()["final_L"]
    assert len(ends["lower"]) > 60 and F(ends["upper"]) - F(ends["lower"]) < F(3, 10**60)


def test_errors_name_the_option_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    samples = ["--samples", "x=1:1/2, x=1.69:1/2", "--lambda", "1.42", "--width", "100", "--mu0", "1"]
    assert main(["reduction", *samples, "--to", "1.4", "--eps", "0.001"]) == 2
    assert "--eps" in capsys.readouterr().err
    with pytest.raises(InputError, match="--eps"):
        curvature_reduction(TALK, "1.42", 100, 1, "1.4", epsilon=-1)


@pytest.fixture
def no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made, as for many samples."""
    monkeypatch.setattr("catalysis.nonlinear.spike.trees", lambda *_: ())


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch, no_words: None) -> None:
    """Coarse tables, so that all goes quickly."""
    monkeypatch.setattr("catalysis.nonlinear.spike._LEVELS", ((8, 5), (10, 6), (12, 8), (14, 10), (40, 20)))
    monkeypatch.setattr("catalysis.nonlinear.spike._linear", lambda _: None)


def test_a_proved_bracket_wider_than_asked_is_no_undecided_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proved, with what stands in the way."""
    monkeypatch.setattr("catalysis.nonlinear.words.LOSSES", (1e-3,))
    found = width_spike(SLOW, F(1478, 1025), 10**8, 1, F(739, 20500), tolerance=F(1, 10))
    assert found.verdict is Verdict.PROVED and found.lower.value > 0 and found.upper.value < 1
    assert found.shortfall is not None and found.reason is None
    assert "tolerance" in found.shortfall
    # tables, which would not come closer, are not waited for
    assert (found.lower, found.upper) == (found.finer_lower, found.finer_upper)
    assert found.fields()["shortfall"] == found.shortfall and "reason" not in found.fields()


@pytest.mark.slow
@pytest.mark.usefixtures("coarse")
def test_nothing_proved_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    for proof in ("barrier", "solve"):  # W12 and W13 prove something here
        monkeypatch.setattr(f"catalysis.nonlinear.spike.{proof}", lambda *_, **__: None)
    walk = LinearWalk(parse_samples("x=1.3:1/14, x=2.33:11/21, x=2.44:17/42"))
    found = width_spike(walk, F(1071, 1220), 10**10, 1, F(1071, 12200))
    assert (found.lower.value, found.upper.value) == (0, 1)
    assert found.verdict is Verdict.UNDECIDED and found.reason is not None and found.shortfall is None
    assert found.number is None


@pytest.mark.usefixtures("no_words")
def test_the_headline_is_what_the_certificate_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalysis.nonlinear.spike.CHECKED_UPDATES", 9_000)
    found = width_spike(TALK, "1.42", 1, "0.05", "0.1", tolerance=F(1, 2))
    entry, fields = claim(found), found.fields()
    assert (F(entry["lower"]), F(entry["upper"])) == (found.lower.value, found.upper.value)
    assert fields["probability"] == fields["certified"] == found.enclosure.to_json(12)
    assert found.finer is not None and fields["finer"]["note"] == NOT_CARRIED
    assert found.lower.value <= found.finer.lower <= found.finer.upper <= found.upper.value
    assert check_certificate(json.dumps(certificate_of(TALK.dataset, [entry])).encode())[0].proved


@pytest.mark.slow
def test_a_start_too_small_for_doubles() -> None:
    """theta = 1 exactly, so the theorem gives 1e-3002; tables reach the start through logarithms alone."""
    calls: list[tuple[int, int]] = []
    found = width_spike(FAIR, 1, 10**6, "1e-3000", "1/10", tolerance=30, progress=lambda *c: calls.append(c))
    assert found.upper.value * 10**3002 - 1 < F(1, 10**10) and found.upper.exponent == 1
    assert found.finer_lower.value * 31 > found.finer_upper.value
    assert found.lower.value == 0 and "too much for a certificate" in str(found.shortfall)
    assert check_certificate(json.dumps(certificate_of(FAIR.dataset, [claim(found)])).encode())[0].proved
    assert len({whole for _, whole in calls}) == 1
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


@pytest.mark.usefixtures("no_words")
def test_progress_is_told_within_every_table() -> None:
    calls: list[tuple[int, int]] = []
    width_spike(TALK, "1.42", 1, "0.05", "0.1", tolerance=4, progress=lambda *c: calls.append(c))
    assert len(calls) > 20
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


@pytest.mark.parametrize(
    "over", ["0", *(pytest.param(o, marks=pytest.mark.slow) for o in ("-1e-3", "1e-12", "1e-6"))]
)
def test_factors_next_to_one_need_no_endless_table(over: str) -> None:
    """Down from the level by factors R near 1 there was no end of columns."""
    at = 2 / F("1.69") + F(over)
    assert curvature_reduction(TALK, at, 10**12, 1, "1.1", epsilon="0.01").spike.value == 0
    found = width_spike(TALK, at, 10**12, 1, "0.1")
    assert found.upper.value < F(1, 10**6) and found.verdict is Verdict.PROVED
    assert check_certificate(json.dumps(certificate_of(TALK.dataset, [claim(found)])).encode())[0].proved


def test_a_fall_from_numbers_too_long_for_the_checker_is_not_certified() -> None:
    found = curvature_reduction(TALK, "1.1", 10**12, "1e-400", 1, epsilon="0.01")
    with pytest.raises(NotCertifiable, match="too long"):
        claim(found)


def test_gains() -> None:
    assert _gain((F(1), F(6)), (F(2), F(4))) == 3
    assert _gain((F(0), F(1)), (F(0), F(1, 2))) == 2
    assert _gain((F(0), F(1)), (F(1, 9), F(1))) > 1000


def test_a_map_says_how_large_the_part_without_networks_is() -> None:
    from catalysis.nonlinear.boxes import Found
    from catalysis.nonlinear.phase_map import phase_map

    found = phase_map(1, (0, 1), (0, 2), depth=3)
    assert found.area_of(Found.OUTSIDE) == 1 and sum(found.area_of(f) for f in Found) == 2


@pytest.mark.slow
def test_both_tables_of_a_certificate_fit_into_the_budget_of_a_reader() -> None:
    """An upper table below exponent 1 and a lower one, each as large as a certificate may carry."""
    found = width_spike(TALK, "1.55", 10**12, 1, "0.2")
    document = json.dumps(certificate_of(TALK.dataset, [claim(found)]))
    (verdict,) = check_certificate(document.encode())
    assert verdict.proved, verdict.statement
