"""Bounds on the probability of a spike over an interval of curvatures (S20), against the probability inside it."""

from __future__ import annotations

import copy
import json
import pickle
from fractions import Fraction
from pathlib import Path

import pytest
from flint import arb
from kit import EXAMPLES

from catalysis.cli.main import main
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import precision
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.spikes.interval import _power, spike_over
from catalysis.spikes.probability import hitting_probability
from proofs_check.certificate import check_certificate

F = Fraction
TALK = str(EXAMPLES / "talk-1.toml")
WALK = LinearWalk(load_dataset(TALK))


@pytest.mark.parametrize("ends", [("1.40", "1.44"), ("1.2", "1.3"), ("1.55", "1.62")])
def test_the_probability_inside_lies_within(ends: tuple[str, str]) -> None:
    found = spike_over(WALK, *ends, 50)
    assert found.verdict is Verdict.PROVED and 0 <= found.enclosure.lower < found.enclosure.upper <= 1
    low, high = map(F, ends)
    for place in (low, (low + high) / 2, high):
        inside = hitting_probability(WALK, place, 50, digits=3).enclosure
        assert inside is not None
        assert found.enclosure.lower <= inside.upper and inside.lower <= found.enclosure.upper


def test_exact_ends_and_nothing_known() -> None:
    stable = spike_over(WALK, "1", "1.1", 10)
    assert (stable.enclosure.lower, stable.enclosure.upper) == (0, 0) and stable.exponent == (None, None)
    certain = spike_over(WALK, "1.6", "2", 10)
    assert (certain.enclosure.lower, certain.enclosure.upper) == (1, 1) and float(certain) == 1
    both = spike_over(WALK, "1", "2", 10)
    assert both.verdict is Verdict.UNDECIDED and "narrow it" in str(both.reason)
    assert both.fields()["probability"] is None


def test_a_power_beside_the_smallest_that_is_written_out() -> None:
    """exp(-50000) stands for smaller ones alone: a ball that reaches 50000 from below is no smaller one."""
    with precision(80_000):
        near = (arb(50_000) - arb(10) ** -36).exp()
        base = F(int(near.floor().unique_fmpz()))
        exact = (-arb(base.numerator).log()).exp()
        found = _power(base, F(1))
        assert not arb(found.upper.numerator) / found.upper.denominator < exact


def test_a_narrow_interval_is_nearly_the_point() -> None:
    found = spike_over(WALK, "1.42", "1.4201", 1000, tolerance="1/1000")
    point = hitting_probability(WALK, "1.42", 1000, digits=3)
    assert point.lundberg is not None
    assert abs(float(found.enclosure.upper) / float(point.lundberg.upper) - 1) < 0.02
    assert abs(float(found.enclosure.lower) / float(point.lundberg.lower) - 1) < 0.02


def test_the_protocol_of_results() -> None:
    found = spike_over(WALK, "1.40", "1.41", 50)
    assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    assert "\n" not in repr(found) and json.dumps(found.to_json())
    for bad in ({"start": 0}, {"end": "1.3"}, {"factor": 1}, {"factor": None}, {"start": "x"}):
        with pytest.raises(InputError):
            spike_over(WALK, **{"start": "1.4", "end": "1.41", "factor": 50, **bad})  # type: ignore[arg-type]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert main(["spike", TALK, "--lambda", "1.40..1.44", "--factor", "1e3", "-o", out]) == 0
    text = capsys.readouterr().out
    assert "for every lambda in [1.4, 1.44]" in text and "proved (S20), not in the certificate" in text
    assert all(v.proved for v in check_certificate((tmp_path / "out" / "certificate.json").read_bytes()))
    assert main(["exponent", TALK, "--lambda", "1.40..1.44"]) == 0
    assert "For every lambda in [1.4, 1.44]: 1.477 <= theta <= 1.94." in capsys.readouterr().out
    for wrong, word in (
        (("spike", "--lambda", "1.4..1.3", "--factor", "9"), "A < B"),
        (("spike", "--lambda", "1.4..1.5", "--width", "9", "--mu0", "1"), "one number with --width"),
        (("spike", "--lambda", "1.4..1.5", "--factor", "9", "--digits", "3"), "--digits"),
        (("exponent", "--lambda", "1.4..", "--digits", "3"), "range A..B"),
        (("exponent", "--lambda", "1.4..1.5", "--from", "1"), "without --from"),
    ):
        assert main([wrong[0], TALK, *wrong[1:]]) == 2
        err = capsys.readouterr().err
        assert word in err and err.count("\n") == 1, err
