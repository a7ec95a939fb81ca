"""Learning rates for a curvature known up to an interval (A20), against probabilities inside it."""

from __future__ import annotations

import copy
import json
import pickle
from fractions import Fraction
from pathlib import Path

import pytest
from kit import EXAMPLES

from catalysis.choices.question import Outlook
from catalysis.choices.rates_over import AdviceOverInterval, OutlookOver, SetOver, advise_over
from catalysis.cli.main import main
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.spikes.limits import width_law
from proofs_check.certificate import check_certificate

F = Fraction
TALK, CHANGES = str(EXAMPLES / "talk-1.toml"), str(EXAMPLES / "three-changes.toml")


@pytest.fixture(scope="module")
def talk() -> AdviceOverInterval:
    return advise_over(TALK, 2, "2.1", "1e4", 1, "1e-2", tolerance="1/200")


@pytest.fixture(scope="module")
def changes() -> AdviceOverInterval:
    return advise_over(CHANGES, 2, "2.02", "1e4", 1, "1e-2")


def probability(found: AdviceOverInterval, eta: Fraction, curvature: Fraction) -> tuple[Fraction, Fraction]:
    """Of the event itself, by the walk at this learning rate and curvature."""
    question = found.question
    walk = LinearWalk(found.low.dataset.with_learning_rate(eta), question.walk.step)
    law = width_law(walk, curvature, question.width, question.mu0, scale=question.scale, max_work=0)
    if law.probability is None:
        return F(1), F(1)
    inside = law.probability.enclosure or law.probability.lundberg
    assert inside is not None
    return inside.lower, inside.upper


def holds(one: OutlookOver, low: bool, high: bool, bounds: tuple[Fraction, Fraction], p: Fraction) -> bool:
    """Whether what the set says of this curvature, the smallest, the largest or neither, can be true."""
    rare, likely = bounds[0] <= p, bounds[1] > p
    if one is OutlookOver.STABLE:
        return bounds[0] == 0
    if one is OutlookOver.INFLATIONARY:
        return bounds[1] == 1
    if one in (OutlookOver.SAFER_BELOW, OutlookOver.SAFER_ABOVE):
        safe, bad = (low, high) if one is OutlookOver.SAFER_BELOW else (high, low)
        return (rare or not safe) and (likely or not bad)
    return {OutlookOver.RARE: rare, OutlookOver.LIKELY: likely}.get(one, True)


@pytest.mark.parametrize("which", ["talk", pytest.param("changes", marks=pytest.mark.slow)])
def test_each_set_is_true_of_curvatures_inside(which: str, request: pytest.FixtureRequest) -> None:
    found: AdviceOverInterval = request.getfixturevalue(which)
    a, b = found.ends
    p = found.question.probability
    for one in found.sets:
        if one.end is None:
            continue
        for share in (F(1, 1000), F(999, 1000)):
            eta = one.start + share * (one.end - one.start)
            for curvature in (a, (a + b) / 2, b):
                bounds = probability(found, eta, curvature)
                at = (float(eta), float(curvature), one)
                assert holds(one.outlook, curvature == a, curvature == b, bounds, p), at


def test_the_sets_cover_the_axis_and_are_no_sharper_than_both_ends(
    talk: AdviceOverInterval, changes: AdviceOverInterval
) -> None:
    for found in (talk, changes):
        assert found.verdict is Verdict.PROVED and found.sets[0].start == 0 and found.sets[-1].end is None
        for before, after in zip(found.sets, found.sets[1:], strict=False):
            assert before.end == after.start
        for one in found.sets:
            if one.outlook is OutlookOver.RARE:
                middle = (one.start + F(one.end or 0)) / 2
                assert {found.low.at(middle), found.high.at(middle)} <= {Outlook.STABLE, Outlook.RARE}
    names = [one.outlook for one in talk.sets]
    assert names.count(OutlookOver.SAFER_BELOW) == 1 and OutlookOver.INFLATIONARY in names
    assert F("0.7") < F(talk.safe_below or 0) < F(talk.sets[-1].start)


def test_an_interval_too_wide_decides_nothing_inside() -> None:
    """One curvature: stable at the smallest, inflationary at the largest, and nothing for all."""
    found = advise_over(parse_samples("1:1"), 1, 3, "1e6", 1, "1e-3")
    assert found.verdict is Verdict.UNDECIDED and "narrower" in str(found.reason)
    assert {one.outlook for one in found.sets} <= {
        OutlookOver.STABLE,
        OutlookOver.UNDECIDED,
        OutlookOver.SAFER_BELOW,
        OutlookOver.OUTSIDE,
    }


def test_the_protocol(talk: AdviceOverInterval) -> None:
    assert pickle.loads(pickle.dumps(talk)) == talk == copy.deepcopy(talk)
    document = talk.to_json()
    assert "\n" not in repr(talk) and json.dumps(document) and document["lambda0_to"] == "2.1"
    assert SetOver(OutlookOver.RARE, F(1), None, False).to_json()["in_certificate"] is False
    good = {"smallest": 2, "largest": 3, "width": 100, "mu0": 1, "probability": "0.1"}
    for bad, word in (({"smallest": 3}, "largest"), ({"smallest": 0}, "smallest"), ({"width": 0}, "width")):
        with pytest.raises(InputError, match=word):
            advise_over(TALK, **{**good, **bad})  # type: ignore[arg-type]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--width", "1e4", "--mu0", "1", "--probability", "1e-2", "--tolerance", "1/200")
    out = str(tmp_path / "out")
    assert main(["advise", TALK, "--lambda0", "2..2.1", *asked, "-o", out]) == 0
    text = capsys.readouterr().out
    assert "proved (A20)" in text and "for every lambda_0 in [2, 2.1]" in text and "Every eta below" in text
    verdicts = check_certificate((tmp_path / "out" / "certificate.json").read_bytes())
    assert len(verdicts) == 2 and all(verdict.proved for verdict in verdicts)
    for wrong, word in (("2..1", "A < B"), ("2..", "A..B"), ("0..1", "A < B")):
        assert main(["advise", TALK, "--lambda0", wrong, *asked]) == 2
        assert word in capsys.readouterr().err
    assert main(["advise", TALK, "--lambda0", "1..2", *asked, "--steps", "9"]) == 2
    assert "without" in capsys.readouterr().err
