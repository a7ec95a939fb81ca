"""The main job: every claim re-proved, undecided results left out, the certificate written whole, the page safe."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from kit import EXAMPLES
from kit.core_data import walk_of, walks

from catalysis.certificate import certify as certifying
from catalysis.certificate.certify import NotDone, certify
from catalysis.certificate.document import Claim, NotCertifiable, certificate_of, claim, write_certificate
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.result import Result, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.figures.plots import plot_drift, plot_exponent
from catalysis.figures.saving import save_figure
from catalysis.report.page import page
from proofs_check.certificate import check_certificate

NAMES = ["talk-1.toml", "talk-2.toml", "three-changes.toml", "tangency.toml", "rare.toml"]
LONG = ["talk-2.toml", "rare.toml", "tangency.toml"]


def proved(document: object) -> list[bool]:
    return [verdict.proved for verdict in check_certificate(json.dumps(document).encode())]


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in LONG)) for n in NAMES])
def test_every_example_is_certified_and_checked(name: str) -> None:
    result = certify(LinearWalk(load_dataset(EXAMPLES / name)))
    linear = [result.limits, result.regions, result.full_batch_regions, *result.exponents, result.band]
    assert {part.to_json()["verdict"] for part in linear} == {"proved"}
    kinds = [c["kind"] for c in result.claims()]
    assert kinds.count("thresholds") == kinds.count("sign_regions") == 2  # of the step and of full batch
    assert {"exponent", "exponent_band", "landing"} <= set(kinds)
    spikes = [e for e in result.exponents if e.regime is Regime.DEFLATIONARY]
    assert len(result.spikes) == len(spikes) == sum(kind in ("spike", "spike_grid") for kind in kinds)
    smooth = [e for e in result.exponents if e.enclosure is not None and e.curvature not in e.walk.poles]
    assert kinds.count("exponent_rate") >= len(smooth)
    assert all(proved(result.document()))


@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(walks(largest=4, extreme=False))
def test_whatever_is_certified_is_checked(walk: LinearWalk) -> None:
    assert all(proved(certify(walk).document()))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(walks(largest=5, extreme=False))
def test_whatever_is_certified_is_checked_of_many(walk: LinearWalk) -> None:
    assert all(proved(certify(walk).document()))


@pytest.mark.parametrize("step", [Step.minibatch(2), Step.minibatch(3), Step.full_batch()])
def test_other_steps_are_certified_and_checked(step: Step) -> None:
    walk = LinearWalk(walk_of((1, 1), ("1.69", 1)).dataset, step)
    result = certify(walk)
    assert all(proved(result.document()))
    assert {c["step"]["kind"] for c in result.claims()} == {step.kind, "full_batch"}


@pytest.mark.slow
def test_undecided_results_are_named_but_not_claimed() -> None:
    """At 2 bits the tangency is left open: no sign_regions claim, verdict undecided, the rest proved."""
    surds = walk_of((2, 2), (3, 1), (5, 1), (30, 2), eta="1/30")
    result = certify(surds, max_bits=2)
    assert not result.regions.complete and result.to_json()["verdict"] == "undecided"
    assert result.to_json()["regions"]["regions"] is None
    steps = [c["step"]["kind"] for c in result.claims() if c["kind"] == "sign_regions"]
    assert "single" not in steps
    assert all(proved(result.document()))


def test_the_verdict_counts_every_part() -> None:
    """One undecided spike or landing zone, and the whole is not proved; the count is in the document and in words."""
    result = certify(walk_of((1, 1), ("1.69", 1)))
    assert result.verdict is Verdict.PROVED and len(result.spikes) == 2
    assert result.to_json()["proved"] == {"count": 15, "of": 15}
    assert result.summary == f"All 15 results are proved, in {len(proved(result.document()))} claims."

    class Undecided:
        verdict = Verdict.UNDECIDED

        def fields(self) -> dict[str, object]:
            return {"verdict": "undecided"}

        to_json = fields

    @claim.register(Undecided)
    def _(result: Undecided) -> Claim:
        raise NotCertifiable

    for changes in ({"spikes": (Undecided(), result.spikes[1])}, {"zone": Undecided()}):
        open_one = replace(result, **changes)
        assert open_one.verdict is Verdict.UNDECIDED
        assert open_one.fields()["proved"] == {"count": 14, "of": 15}
        assert open_one.summary == "14 of 15 results are proved, in 16 claims; the others are undecided."


def test_what_would_take_too_long_is_named_and_the_rest_is_certified() -> None:
    """No sign regions, no band: undecided, with how long they would take and what allows them."""
    walk = walk_of((1, 1), (3, 9))
    result = certify(walk, max_work=1)
    assert isinstance(result.regions, NotDone) and isinstance(result.band, NotDone)
    assert result.verdict is Verdict.UNDECIDED
    fields = result.fields()
    assert fields["proved"]["count"] == fields["proved"]["of"] - 2
    assert (
        fields["regions"]["verdict"] == "undecided" and fields["regions"]["zeros"] is fields["band"] is None
    )
    for reason in (fields["regions"]["reason"], fields["band_reason"]):
        assert re.search(
            r"^not begun: walk: .* would take about \d+ seconds; max_work=\d+ allows it$", reason
        )
    kinds = {(c["kind"], c["step"]["kind"]) for c in result.claims()}
    assert ("exponent", "single") in kinds and ("sign_regions", "full_batch") in kinds
    assert not kinds & {("sign_regions", "single"), ("exponent_band", "single")}
    assert all(proved(result.document()))
    text = page(result, "0" * 64, {})
    assert text.count("undecided, not begun: walk: ") == 2
    assert pickle.loads(pickle.dumps(result)) == result


def test_a_band_that_the_checker_could_not_re_prove_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certifying, "_LARGEST_BAND", 1)
    result = certify(walk_of((1, 1), ("1.69", 1)))
    assert isinstance(result.band, NotDone) and result.verdict is Verdict.UNDECIDED
    assert "exponent_band" not in {c["kind"] for c in result.claims()}


def test_another_data_set_under_the_same_claims_is_refused() -> None:
    document = certify(walk_of((1, 1), ("1.69", 1))).document()
    other = copy.deepcopy(document)
    other["data"]["samples"][0]["p"], other["data"]["samples"][1]["p"] = "1/3", "2/3"
    verdicts = proved(other)
    assert proved(document) == [True] * len(verdicts)
    for claimed, ok in zip(document["claims"], verdicts, strict=True):
        if claimed["kind"] in ("exponent_band", "exponent_rate", "sign_regions"):
            assert not ok


def test_what_is_certified_is_a_result_like_others() -> None:
    result = certify(walk_of((1, 1), ("1.69", 1)))
    assert isinstance(result, Result)
    document = json.loads(json.dumps(result.to_json()))
    assert {"program", "format", "result", "data", "eta", "step", "verdict"} <= document.keys()
    assert (
        document["result"] == "Certified" and document["data"]["sha256"] == result.walk.dataset.fingerprint()
    )
    assert "\n" not in repr(result) and "thresholds" in str(result) and "<table>" in result._repr_html_()
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)


def test_progress_goes_through_the_stages() -> None:
    stages: list[str] = []
    certify(walk_of((1, 1), (3, 9)), progress=lambda name, done, total: stages.append(name))
    assert list(dict.fromkeys(stages)) == ["sign regions", "band of the exponent"]


# --- the document --------------------------------------------------------------------------------------


def test_a_certificate_needs_a_claim_and_a_claim_a_known_result() -> None:
    with pytest.raises(ValueError, match="at least one claim"):
        certificate_of(None, [])
    with pytest.raises(TypeError, match="no claim is defined for str"):
        claim("theta is 2")
    assert issubclass(NotCertifiable, ValueError)


def test_a_certificate_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "certificate.json"
    write_certificate(path, {"claims": [1]})
    before = path.read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_certificate(path, {"claims": [2]})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["certificate.json"]


def test_all_numbers_of_a_certificate_are_exact() -> None:
    def floats(value: object) -> bool:
        if isinstance(value, dict):
            return any(floats(v) for v in value.values())
        return any(floats(v) for v in value) if isinstance(value, list) else isinstance(value, float)

    assert not floats(certify(walk_of((1, 1), (3, 9))).document())


# --- pictures and page ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["three-changes.toml", "rare.toml"])
def test_figures_are_drawn_and_the_same_each_time(name: str, tmp_path: Path) -> None:
    result = certify(LinearWalk(load_dataset(EXAMPLES / name)))
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        save_figure(plot_drift(result.regions, result.full_batch), tmp_path / run / "drift")
        save_figure(plot_exponent(result.band), tmp_path / run / "exponent")
    for kind in ("drift", "exponent"):
        for suffix in ("svg", "pdf", "png"):
            first, second = (tmp_path / run / f"{kind}.{suffix}" for run in ("a", "b"))
            assert first.read_bytes() == second.read_bytes()
        assert (tmp_path / "a" / f"{kind}.png").read_bytes()[:4] == b"\x89PNG"


def test_the_drift_is_drawn_with_its_regions_poles_zeros_and_window() -> None:
    walk = LinearWalk(load_dataset(EXAMPLES / "three-changes.toml"))
    result = certify(walk)
    (axes,) = plot_drift(result.regions, result.full_batch).axes
    labels = " ".join(axes.get_legend_handles_labels()[1])
    assert len(axes.figure.legends) == 1  # outside, over no curve
    for word in ("poles (2)", "certified zeros (3)", "catapult window"):
        assert word in labels
    spans = [patch.get_x() for patch in axes.patches if hasattr(patch, "get_x")]
    assert sum(abs(x - 0.7168) < 1e-3 for x in spans) == 1  # the first inflationary region starts there


@pytest.mark.parametrize("eta", ["1e-400", pytest.param("1e400", marks=pytest.mark.slow)])
def test_figures_outside_the_range_of_doubles_do_not_fail(eta: str, tmp_path: Path) -> None:
    result = certify(walk_of((1, 1), ("1.69", 1), eta=eta))
    save_figure(plot_drift(result.regions, result.full_batch), tmp_path / "drift")
    save_figure(plot_exponent(result.band), tmp_path / "exponent")


def test_the_page_escapes_what_it_shows() -> None:
    walk = walk_of((1, 1), ("1.69", 1))
    samples = walk.dataset.samples
    evil = type(walk.dataset)("<b>&\"'$x_", Fraction(1), samples, ("<i>note</i>",))
    text = page(certify(LinearWalk(evil)), "0" * 64, {})
    assert "<b>" not in text and "<i>" not in text
    assert "&lt;b&gt;&amp;" in text and "&lt;i&gt;note" in text
    assert text.count("<script") == 2 and "http" not in text.replace("http-equiv", "")


@pytest.mark.slow
def test_no_certificate_of_more_samples_than_the_checker_takes() -> None:
    dataset = Dataset.from_arrays(range(1, 200_003))
    with pytest.raises(NotCertifiable, match="at most 200000 different curvatures"):
        certificate_of(dataset, [{"kind": "thresholds"}])
