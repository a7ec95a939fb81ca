"""Minibatches that are listed and such that are not, and words of several steps (V17, V18)."""

from __future__ import annotations

import itertools
import json
import pickle
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_products import drift, growth
from kit.products_data import steps_of

from catalysis.certificate.document import certificate_of, claim
from catalysis.certificate.products import answer_claims, answer_parts
from catalysis.exponent.exponent import Regime
from catalysis.products import walk as walks
from catalysis.products import workshop
from catalysis.products.answer import product_answer
from catalysis.products.bounds import lyapunov_upper, mean_square, moment_lower, moment_upper
from catalysis.products.exponent import StableProof, product_exponent
from catalysis.products.proofs import (
    LyapunovProof,
    MeanProof,
    MomentLyapunovProof,
    PowerMeanProof,
    SampleProof,
    SmallerBatchProof,
    WordsLyapunovProof,
    WordsProof,
)
from catalysis.products.spikes import spike_bounds
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop
from proofs_check.certificate import check_certificate

ROWS = [[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1]]
SPACE = [[1, 0, "1/2"], ["1/2", 1, 0], ["-3/2", "1/3", 1], [0, 1, 1]]
F = Fraction


def proved(*claims: Any) -> bool:
    document = json.dumps(certificate_of(None, list(claims))).encode()
    return all(verdict.proved for verdict in check_certificate(document))


def crowd(eta: str, *, batch: int = 32, replacement: bool = True, size: int = 120) -> MatrixWalk:
    """Batches that nobody lists."""
    rows = np.random.default_rng(4).integers(-9, 10, size=(size, 3)).tolist()
    return MatrixWalk.from_features(rows, eta=eta, batch=batch, replacement=replacement)


@pytest.fixture
def nothing_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "MAX_LISTED", 0)
    monkeypatch.setattr(workshop, "MAX_LISTED", 0)


@pytest.mark.usefixtures("nothing_listed")
@pytest.mark.parametrize("eta", ["0.7", "1.4", "2.5"])
@pytest.mark.parametrize("replacement", [True, False])
def test_what_is_proved_without_a_list_is_true(eta: str, replacement: bool) -> None:
    """Small batches, which the search is kept from listing, against the transfer operator."""
    walk = MatrixWalk.from_features(ROWS, eta=eta, counts=[1, 2, 1, 3], batch=3, replacement=replacement)
    assert Workshop(walk).single is None
    steps = steps_of(walk)
    for s in ("1/2", "1", "3/2", "3"):
        truth = growth(steps, float(F(s)))
        for found, sign in ((moment_upper(walk, s), 1), (moment_lower(walk, s), -1)):
            assert found.proof is None or sign * (float(found.proof.rho) - truth) > -2e-3
            assert found.proof is None or found.proof.holds(walk)
    bound = lyapunov_upper(walk)
    assert isinstance(bound.proof, MomentLyapunovProof) and bound.proof.holds(walk)
    assert float(bound.proof.bound) >= drift(steps) - 2e-3
    exponent = product_exponent(walk)
    if exponent.regime is not Regime.STABLE:
        assert growth(steps, float(exponent.lower)) <= 1 + 2e-3 or exponent.lower == 0
        assert (
            exponent.upper is None or exponent.upper > 40 or growth(steps, float(exponent.upper)) >= 1 - 2e-3
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 30))
def test_items_leave_room_for_every_batch(seed: int, batch: int, rate: int) -> None:
    rng = np.random.default_rng(seed)
    rows, counts = rng.integers(-3, 4, size=(4, 2)), rng.integers(1, 4, size=4)
    if np.linalg.matrix_rank(rows) < 2 or counts.sum() < batch:
        return
    walk = MatrixWalk.from_features(
        rows.tolist(), eta=F(rate, 20), counts=counts.tolist(), batch=batch, replacement=False
    )
    proof = StableProof(form="items")
    if proof.holds(walk):
        assert max(np.linalg.norm(a, 2) for a in steps_of(walk)[0]) <= 1 + 1e-9
    assert not proof.holds(replace(walk, replacement=True))


def test_a_crowd_is_answered() -> None:
    """Each part that is claimed is proved by the checker, whatever the regime."""
    for eta, regime in (("0.012", Regime.STABLE), ("0.03", Regime.DEFLATIONARY), ("0.12", Regime.UNDECIDED)):
        answer = product_answer(crowd(eta, replacement=eta != "0.012"), 10)
        parts = answer_parts(answer)
        assert answer.regime is regime
        assert ("different batches" in str(answer.fields().get("reason"))) == (regime is Regime.UNDECIDED)
        assert {"theta", "lambda1 upper", "second_moment"} <= set(parts)
        assert ("probability" in parts) == (regime is not Regime.UNDECIDED)
        assert proved(*answer_claims(answer))
        assert pickle.loads(pickle.dumps(answer)) == answer


@pytest.mark.slow
def test_a_crowd_has_the_powers_of_single_samples() -> None:
    walk = crowd("0.0125", size=30)
    found = product_exponent(walk)
    assert found.regime is Regime.DEFLATIONARY and found.lower > 3
    assert isinstance(found.from_below, SmallerBatchProof) and isinstance(found.from_above, SampleProof)
    single = product_exponent(walk.with_batch(1, replacement=True))
    assert found.lower == single.lower
    bounds = spike_bounds(walk, 10)
    assert (
        bounds.above is not None
        and bounds.above.holds(walk)
        and float(bounds.bounds("parameters").upper) < 1e-2
    )
    assert proved(claim(found), claim(bounds))


def test_larger_batches_grow_less() -> None:
    """V17c, on the exact even moment and a concave one."""
    for s in (1, 2, 4):
        sizes = [
            growth(steps_of(MatrixWalk.from_features(ROWS, eta="1.2", batch=b)), s) for b in (1, 2, 3, 4)
        ]
        assert sizes == sorted(sizes, reverse=True)


def test_refusals() -> None:
    walk = MatrixWalk.from_features(ROWS, eta="1.4", counts=[1, 1, 1, 1], batch=3, replacement=False)
    shop = Workshop(walk)
    second = shop.mean_square("upper")
    assert second is not None
    mean = PowerMeanProof(F(1), F(2), second)
    assert mean.holds(walk) and proved_moment(walk, mean)
    assert not replace(mean, s=F(3)).holds(walk) and not replace(mean, rho=F(1, 2)).holds(walk)
    smaller = shop.from_smaller(shop.smaller.prove(F(3, 2), "upper"))
    assert smaller is not None and smaller.holds(walk) and smaller.batch == 2
    assert not smaller.holds(walk.with_batch(3, replacement=True))  # drawn otherwise, which is larger
    assert not replace(smaller, batch=4).holds(walk)
    assert shop.from_smaller(shop.smaller.prove(F(1, 2), "upper")) is None
    y = shop.by_mean(F(1))
    assert y is not None and y.holds(walk)
    for wrong in (replace(y, rho=y.rho * 2), replace(y, s=F(1, 2)), replace(y, vector=(0, 0))):
        assert not wrong.holds(walk)
    assert not MeanProof(F(1), F(1), (1, 0)).holds(MatrixWalk.heavy_ball([1, 2], 1, "1/2"))


def test_a_mean_square_that_is_as_slow_as_the_mean_step() -> None:
    """Features 1000 apart: doubles find no form from below, one direction does (V17d)."""
    rng = np.random.default_rng(0)
    rows = [
        [repr(float(f"{v:.6g}")) for v in row] for row in rng.normal(size=(60, 20)) * np.logspace(0, -3, 20)
    ]
    walk = MatrixWalk.from_features(rows, eta="0.05", batch=1)
    found = mean_square(walk)
    assert isinstance(found.below, MeanProof) and found.below.holds(walk)
    assert found.radius is not None and float(found.radius.width) < 1e-9
    assert proved(claim(found))


def proved_moment(walk: MatrixWalk, proof: Any) -> bool:
    found = moment_upper(walk, proof.s)
    return proved(claim(replace(found, proof=proof)))


def test_words_sharpen_the_drift() -> None:
    walk = MatrixWalk.from_features(SPACE, eta="0.9")
    shop = Workshop(walk)
    found = shop.lyapunov_above
    assert (
        isinstance(found, WordsLyapunovProof) and found.holds(walk) and found.length == shop.word_length == 4
    )
    one = shop._by_energies
    assert isinstance(one, LyapunovProof) and found.bound < one.bound
    assert not replace(found, bound=found.bound - F(1, 1000)).holds(walk)
    matrices, p = steps_of(walk)
    rng = np.random.default_rng(1)
    e, total = np.tile([1.0, 0.3, -0.2], (4000, 1)), 0.0
    for n in range(220):
        e = np.einsum("nab,nb->na", matrices[rng.choice(len(p), 4000, p=p)], e)
        size = np.linalg.norm(e, axis=1)
        total += float(np.log(size).mean()) if n >= 20 else 0.0
        e /= size[:, None]
    assert total / 200 <= float(found.bound) + 3e-3
    assert proved(claim(lyapunov_upper(walk)))


def test_words_of_moments() -> None:
    walk = MatrixWalk.from_features(SPACE, eta="1.3")
    for s, bound in (("1/2", moment_upper), ("1/2", moment_lower), ("5/2", moment_lower)):
        found = bound(walk, s)
        assert found.proof is not None and found.proof.holds(walk)
        plain = Workshop(walk).prove(F(s), found.side)
        assert plain is not None and (found.proof.rho - plain.rho) * (1 if found.side == "upper" else -1) <= 0
        assert proved(claim(found))
    proof = moment_upper(walk, "1/2").proof
    assert isinstance(proof, WordsProof)
    assert not replace(proof, rho=proof.rho * F(9, 10)).holds(walk)
    assert not replace(proof, length=3).holds(walk)


def test_words_are_the_products() -> None:
    walk = MatrixWalk.from_features(ROWS, eta="1.2", counts=[1, 2, 1, 3])
    (a, p), (b, q) = steps_of(walk), steps_of(walk.words(2))
    for (i, j), product, chance in zip(itertools.product(range(4), repeat=2), b, q, strict=True):
        assert np.allclose(product, a[j] @ a[i]) and chance == pytest.approx(p[i] * p[j])


@pytest.mark.slow
def test_a_kernel_of_500_samples_at_one_rate() -> None:
    g = np.random.default_rng(3).integers(-9, 10, size=(500, 50))
    answer = product_answer(MatrixWalk.from_gram((g @ g.T).tolist(), eta="0.0002"), 10)
    assert answer.regime is Regime.STABLE and answer.walk.dimension == 50
    assert answer.second.radius is not None and float(answer.second.radius.width) < 1e-6
