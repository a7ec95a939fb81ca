"""What is proved of a network's snapshots, and the result of a run; no torch is needed for either."""

import copy
import json
import math
import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from catalysis import EmpiricalKernel, KernelMeta, Verdict
from catalysis.crosscheck.followed import FollowedRun, Snapshot, SnapshotRegime, Training
from catalysis.figures.followed import plot_followed
from catalysis.figures.saving import save_file

FEATURES = np.random.default_rng(5).normal(size=(5, 6))
KERNEL = EmpiricalKernel(FEATURES @ FEATURES.T / np.sum(FEATURES**2, axis=1).max())
ONE = Training(Fraction(3))


def snapshot(step: int, loss: float, *diagonal: float, training: Training = ONE) -> Snapshot:
    return Snapshot(step, loss, diagonal, None, SnapshotRegime.of_diagonal(diagonal, training))


def run_of(*snapshots: Snapshot, **changes: object) -> FollowedRun:
    found = FollowedRun("network", ONE, snapshots[-1].step, 2, 2, snapshots)
    return replace(found, **changes)  # type: ignore[arg-type]


SPIKED = run_of(snapshot(0, 1e-12, 1, 0.9), snapshot(50, 2.0, 0.8, 0.7), snapshot(100, 1e-6, 0.6, 0.5))


def test_by_the_diagonal() -> None:
    """V2 up to 2, V1 where G > 0, neither with momentum, and V1 for single samples alone."""
    by = SnapshotRegime.of_diagonal
    assert (by([0.6, 0.5], ONE).word, by([0.6, 0.5], ONE).lemma) == ("stable", "V2")
    assert (by([1.0, 0.9], ONE).word, by([1.0, 0.9], ONE).lemma) == ("inflationary", "V1")
    between = by([0.7, 0.3], ONE)
    assert between.word is None and between.drift == -1
    assert by([1.0, 0.9], Training(Fraction(3), 2)) == SnapshotRegime()
    assert by([0.6, 0.5], Training(Fraction(3), 2)).word == "stable"
    assert by([0.1, 0.1], Training(Fraction(3), 1, Fraction(1, 2))) == SnapshotRegime()


@pytest.mark.parametrize(
    ("diagonal", "drift"), [([2.0, 2.0], 0), ([2.0, 1.0], -1), ([2.0, 0.0], 0), ([2.0], 0)]
)
def test_exactly_at_the_edge(diagonal: list[float], drift: int) -> None:
    found = SnapshotRegime.of_diagonal(diagonal, Training(Fraction(1)))
    assert found.word == "stable" and found.drift == drift


@pytest.mark.parametrize(
    ("load", "word", "lemma"),
    [(1.9, "stable", "V2"), (2.01, "deflationary", "V5"), (2.6, None, None), (9.0, "inflationary", "V1")],
)
def test_by_the_kernel(load: float, word: str | None, lemma: str | None) -> None:
    """The mean square decides what the diagonal leaves open."""
    found = SnapshotRegime.of_kernel(KERNEL, Training(Fraction(load)))
    assert (found.word, found.lemma) == (word, lemma)
    assert found.theta == {
        "stable": ("inf", "inf"),
        "inflationary": ("0", "0"),
        "deflationary": ("2", None),
    }.get(word or "", (None, None))


def test_by_the_kernel_with_momentum() -> None:
    """V20: the mean square falls, or theta <= 1."""
    slow = SnapshotRegime.of_kernel(KERNEL, Training(Fraction(1, 20), 2, Fraction(1, 2)))
    assert slow.word == "deflationary or stable" and slow.theta == ("2", None)
    fast = SnapshotRegime.of_kernel(KERNEL, Training(Fraction(40), 2, Fraction(1, 2)))
    assert fast.word is None and fast.lemma == "V20c" and fast.theta == (None, "1")


@pytest.mark.parametrize("load", [0.95, 1.005, 1.5, 4.5])
def test_the_loss_scales_the_kernel(load: float) -> None:
    """The mean of u^2 is twice the curvature: the same regime at half the learning rate."""
    doubled = EmpiricalKernel(KERNEL.table, KernelMeta(loss="mean"))
    found = SnapshotRegime.of_kernel(doubled, Training(Fraction(load)))
    assert found == SnapshotRegime.of_kernel(KERNEL, Training(Fraction(2 * load)))


def test_batches_without_replacement() -> None:
    training = Training(Fraction("2.1"), 2, replacement=False)
    assert SnapshotRegime.of_kernel(KERNEL, training).word == "deflationary or stable"
    assert SnapshotRegime.of_diagonal([0.9, 0.5], training).word == "stable"


def test_a_spike_that_lowers_the_curvature() -> None:
    (line,) = SPIKED.checks
    assert line.agree is True and line.simulated == pytest.approx(1.8)
    assert SPIKED.peak == 2.0


@pytest.mark.parametrize(
    ("last", "agree", "note"),
    [
        (snapshot(100, 1e-6, 1.0, 0.95), False, "is positive"),
        (snapshot(100, 1e-6, 1.1, 0.34), False, "is negative"),
        (snapshot(100, 1e-6, 0.7, 0.3), True, "is negative"),
    ],
)
def test_a_spike_that_does_not(last: Snapshot, agree: bool, note: str) -> None:
    (line,) = run_of(*SPIKED.snapshots[:2], last).checks
    assert line.agree is agree and note in line.note


def test_what_cannot_be_told() -> None:
    start = SPIKED.snapshots[0]
    (quiet,) = run_of(start, snapshot(50, 3e-12, 1, 0.9)).checks
    (lost,) = run_of(start, diverged_at=7).checks
    (open_,) = run_of(snapshot(0, 1.0, 0.7, 0.3)).checks
    (rising,) = run_of(snapshot(0, 1.0, 0.6), snapshot(9, 2.0, 0.6)).checks
    (falling,) = run_of(snapshot(0, 1.0, 0.6), snapshot(9, 0.5, 0.6)).checks
    assert [line.agree for line in (quiet, lost, open_, rising, falling)] == [None, None, None, None, True]
    assert "no spike" in quiet.note and "diverged at step 7" in lost.note


def test_contract(tmp_path: Path) -> None:
    run = replace(SPIKED, losses=((10, 1e-9), (60, 1e-2)), seed="0")
    assert run.verdict is Verdict.MEASURED and "\n" not in repr(run) and "checks" in str(run)
    assert pickle.loads(pickle.dumps(run)) == run and copy.deepcopy(run) == run
    document = json.loads(json.dumps(run.to_json(), allow_nan=False))
    assert document["result"] == "FollowedRun" and document["format"] == 1
    assert [one["regime"] for one in document["snapshots"]] == ["inflationary", "inflationary", "stable"]
    assert document["snapshots"][0]["eta_max_kernel"] == 3.0
    lost = replace(run, diverged_at=120, losses=((10, math.inf),))
    json.dumps(lost.to_json(), allow_nan=False)
    save_file(plot_followed(lost), tmp_path / "run.svg")
    text = (tmp_path / "run.svg").read_text()
    assert text.startswith("<?xml") and len(text) > 10_000
