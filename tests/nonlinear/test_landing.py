"""Landing zones against zeros found with many digits, and against simulated SGD at many widths."""

import json
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from catalysis.certificate.document import claim
from catalysis.cli import main
from catalysis.data.law import Step
from catalysis.data.reading import parse_samples
from catalysis.data.sign_classes import CLASSES, class_walk
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.nonlinear.landing import Landing, class_landing, landing
from catalysis.simulation import Batches, Network, Start, StepLaw, network_ends, reduced_ends
from proofs_check.certificate import check_certificate

F = Fraction


def walk_of(text: str, step: Step | None = None) -> LinearWalk:
    return LinearWalk(parse_samples(text), step or Step())


def drift(walk: LinearWalk, at: Any) -> Any:
    return mp.fsum(
        mp.mpf(p.numerator) / p.denominator * mp.log(abs(1 - at * mp.mpf(xi.numerator) / xi.denominator))
        for xi, p in zip(walk.rates, walk.weights, strict=True)
    )


THREE = "1:1/10, x=3:9/10"


def test_zone_of_three_sign_changes_ends_at_the_zeros() -> None:
    walk = walk_of(THREE)
    found = landing(walk, F(1))
    assert found.verdict is Verdict.PROVED and found.zone is not None and len(found.zone) == 2
    with mp.workdps(40):
        zeros = [mp.findroot(lambda z: drift(walk, z), start) for start in (0.7168, 0.99799)]
        (zero, first), (second, last) = found.outward
        assert zero == 0 and last == 1
        for bound, root, side in ((first, zeros[0], 1), (second, zeros[1], -1)):
            gap = (mp.mpf(bound.numerator) / bound.denominator - root) * side
            assert 0 <= gap < mp.mpf(10) ** -10


def test_a_start_in_an_inflationary_island_ends_below_it() -> None:
    found = landing(walk_of(THREE), F(9, 10))
    assert found.starts_inflationary and found.zone is not None and len(found.zone) == 1
    assert F(71683, 10**5) < found.outward[0][1] < F(71684, 10**5)


def test_a_tangency_joins_its_neighbours() -> None:
    found = landing(walk_of("1:1/3, 2:2/3"), F(9, 10))  # touches zero at 3/4
    assert found.zone is not None and len(found.regions.regions) == 2
    assert found.outward == ((F(0), F(9, 10)),)


@pytest.mark.parametrize("start", [F(2), F(5, 2), F(3)])
def test_full_batch_and_idle_steps(start: F) -> None:
    """x = 1 with or without idle steps: {G <= 0} is lambda <= 2."""
    for text, step in (("1:1", Step()), ("0:1/2, 1:1/2", Step()), ("1:1/2, x=1:1/2", Step.full_batch())):
        assert landing(walk_of(text, step), start).outward == ((F(0), F(2)),)


def test_a_start_at_a_zero() -> None:
    found = landing(walk_of("1:1"), F(2))
    assert found.outward == ((F(0), F(2)),) and not found.starts_inflationary


def test_every_point_of_a_zone_has_negative_drift_and_the_rest_positive() -> None:
    for text in (THREE, "1:1/2, 1.3:1/2", "x=1:1/5, x=2:1/5, x=5:3/5", "x=1:1/20, x=3:19/20"):
        walk = walk_of(text)
        start = 4 / walk.rates[0] - F(1, 50)
        pieces = landing(walk, start).outward
        with mp.workdps(30):
            for i in range(1, 400):
                at = start * F(i, 400)
                if at in walk.pole_set:
                    continue
                value = drift(walk, mp.mpf(at.numerator) / at.denominator)
                assert any(low <= at <= high for low, high in pieces) == (value <= 0)


@pytest.mark.parametrize("start", [F(0), F(-1), F(4, 3), F(2)])
def test_starts_beyond_the_window_are_refused(start: F) -> None:
    with pytest.raises(InputError, match="4/\\(eta x\\*\\) = 4/3"):
        landing(walk_of(THREE), start)


def test_an_incomplete_list_of_regions_is_undecided() -> None:
    found = landing(walk_of("x=1:1/1000, x=2:998/1000, x=3:1/1000"), F(13, 10), max_bits=8)
    assert found.verdict is Verdict.UNDECIDED and found.reason and found.to_json()["zone"] is None
    with pytest.raises(ValueError, match="max-bits"):
        claim(found)


# ReLU: two sign classes


def test_sign_classes_see_the_samples_of_their_sign() -> None:
    walk = walk_of("1:1/2, -1.3:1/4, 0:1/4")
    plus, minus = (class_walk(walk, name) for name in CLASSES)
    assert plus is not None and minus is not None
    assert plus.rates == (1,) and plus.idle == F(1, 2)
    assert minus.rates == (F(169, 100),) and minus.idle == F(3, 4)


def test_batches_of_a_sign_class_average_its_own_samples() -> None:
    walk = walk_of("1:1/2, -2:1/2", Step.full_batch())
    plus, minus = (class_walk(walk, name) for name in CLASSES)
    assert plus is not None and plus.rates == (F(1, 2),)
    assert minus is not None and minus.rates == (2,)


def test_classes_need_signs_and_may_be_still() -> None:
    with pytest.raises(InputError, match="signs"):
        class_walk(walk_of("x=1:1"), "plus")
    assert class_walk(walk_of("1:1"), "minus") is None
    found = class_landing(landing(walk_of("1:1/2, 0:1/2"), F(3)), "plus")
    assert found.condition is not None and "no neuron changes sign" in found.condition


# Against simulation


def strays(found: Landing, L: Any, log_kappa: Any, patience: float = 0.02) -> int:
    """Replicas with a tiny kappa whose curvature is clearly outside the zone."""
    out = np.ones(L.shape, bool)
    for low, high in found.outward:
        out &= (float(low) - patience > L) | (float(high) + patience < L)
    return int(np.count_nonzero(out & (log_kappa < -60) & np.isfinite(log_kappa)))


@pytest.mark.parametrize(
    ("text", "start"),
    [("1:1/2, x=1.69:1/2", 2.2), *(pytest.param(THREE, L, marks=pytest.mark.slow) for L in (1.0, 0.9))],
)
def test_simulated_curvatures_land_in_the_zone(text: str, start: float) -> None:
    walk = walk_of(text)
    found = landing(walk, F(start))
    law = StepLaw(np.array([float(x) for x in walk.law.x]), np.array([float(p) for p in walk.law.p]))
    landed = 0
    for seed, width in enumerate((1e2, 1e4, 1e6, 1e8, 1e10, 1e12, 1e14)):
        ends = reduced_ends(law, Start(1 / width**0.5, start), steps=6000, replicas=64, seed=seed)
        assert np.all(start * (1 + 1e-12) >= ends.L)
        assert strays(found, ends.L, ends.log_kappa) == 0
        landed += int(np.count_nonzero(ends.log_kappa < -60))
    assert landed > 100


def test_simulated_neurons_land_in_the_zone() -> None:
    """The network itself, 60 neurons, one sample a step, from the inflationary island."""
    walk = walk_of(THREE)
    found = landing(walk, F(9, 10))
    batches = Batches(np.array([1.0, 3.0**0.5]), np.array([0.1, 0.9]))
    ends = network_ends(Network(batches, 1.0, 60, 0.9, 1.0), steps=3000, replicas=40, seed=3)
    # neurons in doubles cancel to about e^-42 and no further
    assert np.count_nonzero(ends.log_kappa < -30) > 20
    assert strays(found, ends.L, 2 * ends.log_kappa) == 0


def test_an_exact_hit_freezes_outside_the_zone() -> None:
    """The exception of N12 is real: x = 1 drawn first makes kappa 0 where G > 0."""
    walk = walk_of("1:1/1000, x=3:999/1000")
    kappa, L = F(1, 50), F(2501, 2500)
    assert 1 - L + kappa**2 == 0
    after = L - kappa**2 * (4 - L)
    pieces = landing(walk, L).outward
    assert not any(low <= after <= high for low, high in pieces)


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    return status, *capsys.readouterr()


@pytest.mark.slow
def test_command(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    where = tmp_path / "zone"
    status, out, _ = run(capsys, "landing", "--samples", THREE, "--lambda0", "1", "--json", "-o", str(where))
    document = json.loads(out)
    assert status == 0 and document["verdict"] == "proved" and len(document["zone"]) == 2
    assert document["zone"][0]["from"] == "0" and set(document["zone"][0]["to"]) == {"lower", "upper"}
    assert all(v.proved for v in check_certificate((where / "certificate.json").read_bytes()))
    assert (where / "landing.png").exists()
    status, out, _ = run(capsys, "landing", "--samples", THREE, "--lambda0", "0.9")
    assert status == 0 and "inflationary" in out and "N12" in out


@pytest.mark.slow
def test_command_for_relu(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    options = ["--samples", "1:1/2, -1.3:1/2", "--lambda0", "2", "--activation", "relu"]
    status, out, _ = run(capsys, "landing", *options, "--lambda0-minus", "1", "--json", "-o", str(tmp_path))
    document = json.loads(out)
    assert status == 0 and document["verdict"] == "proved"
    assert document["classes"]["plus"]["lambda0"] == "2" and document["classes"]["minus"]["lambda0"] == "1"
    for name in CLASSES:
        assert check_certificate((tmp_path / name / "certificate.json").read_bytes())[0].proved
    status, out, _ = run(capsys, "landing", *options)
    assert status == 0 and out.count("no neuron changes sign") == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--samples", "1:1", "--lambda0", "4"],
        ["--samples", "1:1"],
        ["--samples", "x=1:1", "--lambda0", "1", "--activation", "relu"],
        ["--samples", "1:1", "--lambda0", "1", "--lambda0-minus", "1"],
        ["--samples", "1:1", "--lambda0", "1", "--activation", "leaky"],
    ],
)
def test_bad_options_are_one_line(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    status, out, err = run(capsys, "landing", *options)
    assert status == 2 and not out and err.count("\n") == 1 and "Traceback" not in err
