"""Bounds of k(s), lambda_1, theta: one dimension gives the talk's numbers; enumeration and eigenvalues else."""

from __future__ import annotations

import copy
import json
import math
import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.products_data import feature_walks, momentum_walks, product_moment, radius, steps_of

from catalysis.data.walk import LinearWalk
from catalysis.drift.value import log_drift
from catalysis.exact.errors import InputError
from catalysis.exact.result import Result, Verdict
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.products.bounds import (
    lyapunov_lower,
    lyapunov_upper,
    mean_square,
    moment_lower,
    moment_upper,
)
from catalysis.products.exponent import product_exponent, proves_growth
from catalysis.products.operators import general_ranges
from catalysis.products.proofs import (
    ChordProof,
    LyapunovProof,
    QuadraticProof,
    SampleProof,
    VolumeLyapunovProof,
    VolumeProof,
    _covers,
    flint_matrix,
    ranges_hold,
)
from catalysis.products.quadratic import approximate_inverse
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop

RELAXED = settings(max_examples=25, deadline=None, derandomize=True)
WIDE = [[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1]]
powers = st.fractions(Fraction(1, 4), 6, max_denominator=4)
any_walk = st.one_of(feature_walks(), feature_walks(weight_decay="1/8"), momentum_walks())


def wide(eta: object = "0.9") -> MatrixWalk:
    return MatrixWalk.from_features(WIDE, eta=eta)


@RELAXED
@given(any_walk, powers)
def test_bounds_around_the_truth(walk: MatrixWalk, s: Fraction) -> None:
    """k(s) <= (1/n) log E|product|^s, and the upper bound is above the lower one; the proofs hold when asked again."""
    upper, lower = moment_upper(walk, s), moment_lower(walk, s)
    n = 4 if walk.size <= 4 else 3
    truth = product_moment(walk, float(s), n) ** (1 / n)
    if lower.rho is not None:
        assert lower.proof is not None and lower.proof.holds(walk)
        assert float(lower.rho) <= truth * (1 + 1e-9)
    if upper.rho is not None:
        assert upper.proof is not None and upper.proof.holds(walk)
        assert lower.rho is None or lower.rho <= upper.rho


@RELAXED
@given(any_walk, powers, st.integers(0, 10**6))
def test_the_inequality_itself(walk: MatrixWalk, s: Fraction, seed: int) -> None:
    """E V(A e) <= rho V(e), or >=, at random states, from the proof's own matrix."""
    matrices, p = steps_of(walk)
    states = np.random.default_rng(seed).normal(size=(50, walk.dimension))
    for found in (moment_upper(walk, s), moment_lower(walk, s)):
        proof = found.proof
        if not isinstance(proof, QuadraticProof | ChordProof):
            continue
        q = np.array([[float(v) for v in row] for row in proof.q])

        def value(e: Any, q: Any = q) -> Any:
            return np.maximum(np.einsum("...a,ab,...b->...", e, q / np.abs(q).max(), e), 0) ** (float(s) / 2)

        ahead = np.einsum("i,ni->n", p, value(np.einsum("iab,nb->nia", matrices, states)))
        now, rho = value(states), float(proof.rho)
        noise = 1e-9 * (ahead + now)
        assert (ahead <= rho * now + noise if found.side == "upper" else ahead >= rho * now - noise).all()


@RELAXED
@given(any_walk)
def test_the_mean_square_is_an_eigenvalue(walk: MatrixWalk) -> None:
    found, truth = mean_square(walk), radius(walk)
    if found.above is not None:
        assert float(found.above.rho) >= truth * (1 - 1e-7)
        assert float(found.above.rho) <= truth * (1 + 0.011) + 1e-9
    if found.below is not None:
        assert float(found.below.rho) <= truth * (1 + 1e-7)


@RELAXED
@given(feature_walks(dimensions=(1,)), powers)
def test_one_dimension_is_the_talk(walk: MatrixWalk, s: Fraction) -> None:
    assert walk.data is not None
    scalar = LinearWalk(walk.data.scalar().with_learning_rate(walk.eta))
    sizes = [abs(1 - walk.eta * k) for k in walk.data.diagonal]
    truth = sum(float(p) * float(r) ** float(s) for p, r in zip(walk.data.p, sizes, strict=True))
    for bound in (moment_upper(walk, s), moment_lower(walk, s)):
        if bound.rho is not None and truth > 1e-6:
            assert float(bound.rho) == pytest.approx(truth, rel=1e-4)
    known, found = cramer_exponent(scalar, Fraction(1)), product_exponent(walk)
    if found.regime is not Regime.UNDECIDED:
        assert found.regime == known.regime
    if known.enclosure is not None:
        assert found.lower <= known.enclosure.upper
        assert found.upper is not None and known.enclosure.lower <= found.upper
        if found.lower > 0 and known.enclosure.upper < 50:
            assert float(found.upper - found.lower) < 1e-2 * float(found.upper)


def test_the_talks_numbers() -> None:
    walk = MatrixWalk.from_features([[1], ["1.3"]], eta="1.42")
    scalar = LinearWalk(walk.data.scalar().with_learning_rate("1.42"))  # type: ignore[union-attr]
    theta = cramer_exponent(scalar, Fraction(1)).enclosure
    found = product_exponent(walk)
    assert theta is not None and found.upper is not None and found.regime is Regime.DEFLATIONARY
    assert found.lower < theta.lower < theta.upper < found.upper
    assert found.upper - found.lower < Fraction(1, 10**6)
    drift = log_drift(scalar, Fraction(1)).enclosure
    above, below = lyapunov_upper(walk).bound, lyapunov_lower(walk).bound
    assert drift is not None and above is not None and below is not None
    assert below <= drift.upper and drift.lower <= above
    assert above - below < Fraction(1, 10**8)


def test_regimes() -> None:
    assert product_exponent(MatrixWalk.from_gram([[2, 0], [0, 2]], eta=1)).regime is Regime.STABLE
    assert product_exponent(wide("0.5")).regime is Regime.STABLE
    assert product_exponent(wide("8")).regime is Regime.INFLATIONARY
    falling = product_exponent(wide("0.9"))
    assert falling.regime is Regime.DEFLATIONARY and falling.upper is not None
    assert 0 < falling.lower <= falling.upper < math.inf


def test_vanishing_products() -> None:
    """H_2 H_1 = 0: lambda_1 = -inf, and still theta is finite for the third sample."""
    walk = MatrixWalk.from_features([[1, 0], [0, 1], [1, 2]], eta=1)
    assert lyapunov_lower(walk).verdict is Verdict.UNDECIDED
    found = product_exponent(walk)
    assert found.upper is not None
    assert found.regime in (Regime.UNDECIDED, Regime.DEFLATIONARY)


def test_reducible_kernels() -> None:
    """One block inflates, one contracts: V4 needs a singular Q, V1 the component alone."""
    walk = MatrixWalk.from_gram([["1/2", 0, 0], [0, 4, 1], [0, 1, 4]], eta=1)
    below = mean_square(walk).below
    assert below is not None and below.rho > 1 and below.q[0] == (0, 0, 0)
    assert product_exponent(walk).regime is Regime.INFLATIONARY
    volume = lyapunov_lower(walk).proof
    assert isinstance(volume, VolumeLyapunovProof) and volume.samples == (1, 2)


@pytest.mark.parametrize("condition", [1e3, 1e6])
@pytest.mark.slow
def test_kernels_with_eigenvalues_far_apart(condition: float) -> None:
    rng = np.random.default_rng(5)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    features = (rng.normal(size=(24, 8)) * np.logspace(0, -np.log10(condition) / 2, 8)) @ turn
    walk = MatrixWalk.from_features(features, eta=2.6 / float((features**2).sum(1).max()))
    found, truth = mean_square(walk), radius(walk)
    assert found.radius is not None and float(found.radius.width) < 1e-4
    assert float(found.radius.lower) <= truth * (1 + 1e-12) and truth <= float(found.radius.upper) * (
        1 + 1e-12
    )
    assert product_exponent(walk).lower > 0


def test_gram_matrices_of_many_samples() -> None:
    rng = np.random.default_rng(6)
    half = rng.normal(size=(60, 80)) * np.logspace(0, -1.5, 80)
    gram = half @ half.T
    gram = (gram + gram.T) / 2
    walk = MatrixWalk.from_gram(gram, eta=1.9 / float(np.diag(gram).max()))
    found = mean_square(walk)
    assert walk.dimension == 60 and found.above is not None and found.above.rho < 1
    assert product_exponent(walk).regime is Regime.STABLE


def test_a_batch_too_large_to_enumerate() -> None:
    rows = np.random.default_rng(1).integers(-3, 4, size=(30, 2)).tolist()
    walk = MatrixWalk.from_features(rows, eta="0.12", batch=8)
    found = mean_square(walk)
    assert found.radius is not None and float(found.radius.width) < 1e-6
    rho = moment_upper(walk, 1).rho
    assert rho is not None and float(rho) == pytest.approx(float(found.radius.upper) ** 0.5)
    exponent = product_exponent(walk)
    assert exponent.lower >= 2 and exponent.regime is Regime.DEFLATIONARY


@RELAXED
@given(feature_walks(dimensions=(2, 3), weight_decay="1/8"), st.integers(0, 10**6))
def test_ranges_of_all_samples_at_once(walk: MatrixWalk, seed: int) -> None:
    """V14 gives what single matrix inequalities give, and nothing that is false."""
    if walk.dimension < 2:
        return
    half = np.random.default_rng(seed).integers(-9, 10, size=(walk.dimension, walk.dimension))
    q = flint_matrix(
        tuple(tuple(int(v) for v in row) for row in half @ half.T + np.eye(walk.dimension, dtype=int))
    )
    floats = np.array([[float(int(v)) for v in row] for row in q.tolist()])
    low, high = general_ranges(steps_of(walk)[0], floats)
    inverse = approximate_inverse(q, 1e-9)
    assert inverse.exceeds(q) and not replace(inverse, den=2 * inverse.den).exceeds(q)

    def spans(slack: float) -> list[tuple[Fraction, Fraction]]:
        ends = zip(low, high, strict=True)
        return [(max(Fraction(0), Fraction(a - slack)), Fraction(max(a, b) + slack)) for a, b in ends]

    square = walk.keep**2
    wide = [
        (min(a, square), max(b, square)) for a, b in spans(1e-5)
    ]  # in the plane c^2 itself need not be met
    for known in (None, inverse):
        assert ranges_hold(walk, q, wide, known)
        for i, (a, b) in enumerate(wide):
            tight = [*wide[:i], (a, Fraction(high[i]) * Fraction(999, 1000)), *wide[i + 1 :]]
            if tight[i][1] >= a and high[i] > 1e-3 and b > 0:
                assert not ranges_hold(walk, q, tight, known)


def test_an_upper_bound_needs_a_definite_matrix() -> None:
    """The block of the first sample alone says nothing of the second, which grows."""
    walk = MatrixWalk.from_gram([[1, 0], [0, 4]], eta=1)
    blind = ((1, 0), (0, 0))
    assert not QuadraticProof(Fraction(2), "upper", Fraction(1), blind).holds(walk)
    assert not LyapunovProof(Fraction(1), blind, (Fraction(2), Fraction(2))).holds(walk)
    lines = ((Fraction(0), Fraction(1)),) * 2
    spans = ((Fraction(0), Fraction(1)),) * 2
    assert not ChordProof(Fraction(2), "upper", Fraction(1), blind, spans, lines).holds(walk)


def test_rho_one_alone_is_no_growth() -> None:
    """K = diag(2, 2), eta = 1: T(I) = I, and theta = inf."""
    walk = MatrixWalk.from_gram([[2, 0], [0, 2]], eta=1)
    proof = QuadraticProof(Fraction(2), "lower", Fraction(1), ((1, 0), (0, 1)))
    assert proof.holds(walk)
    assert not proves_growth(proof, falling=False) and proves_growth(proof, falling=True)


def test_the_larger_root_is_meant() -> None:
    """z^2 - z has the roots 0 and 1: 0 covers nothing."""
    assert not _covers(Fraction(1), Fraction(0), Fraction(0))
    assert _covers(Fraction(1), Fraction(0), Fraction(1)) and _covers(Fraction(-1), Fraction(0), Fraction(0))
    whole_decay = MatrixWalk.from_features(
        [[1, 0], [1, 1]], eta=1, weight_decay=1
    )  # c = 0: A^T Q A >= 0 only
    q = flint_matrix(((1, 0), (0, 1)))
    spans = [(Fraction(0), Fraction(1, 2)), (Fraction(0), Fraction(4))]
    assert not ranges_hold(whole_decay, q, spans, approximate_inverse(q, 1e-6))


def test_chords_in_many_dimensions() -> None:
    rng = np.random.default_rng(8)
    features = rng.normal(size=(60, 16))
    walk = MatrixWalk.from_features(features, eta=2.5 / float((features**2).sum(1).max()))
    shop = Workshop(walk)
    for proof, found in (
        (shop.prove(Fraction(3), "upper"), moment_upper(walk, 3)),
        (shop.prove(Fraction(1), "lower"), moment_lower(walk, 1)),
    ):
        assert isinstance(proof, ChordProof) and proof.inverse is not None and found.rho is not None
        assert found.rho <= proof.rho if found.side == "upper" else found.rho >= proof.rho
        assert found.proof.holds(walk)
        assert not replace(proof, inverse=None, ranges=tuple((a, b / 2) for a, b in proof.ranges)).holds(walk)
        thin = replace(proof.inverse, den=proof.inverse.den * 2)
        assert not replace(proof, inverse=thin).holds(walk)


def proofs() -> list[Any]:
    shop = Workshop(wide())
    return [
        shop.prove(Fraction(s), side)
        for s, side in (("1.5", "upper"), ("3", "lower"), ("3", "upper"), ("2", "upper"))
    ]


def test_refusals() -> None:
    """A changed number no longer proves anything."""
    walk = wide()
    smaller = Fraction(99, 100)
    upper, lower, chord, square = proofs()
    for proof in (upper, lower, chord, square):
        assert proof.holds(walk)
        assert not proof.holds(wide("1.3")) or proof.side == "lower"
        better = proof.rho * smaller if proof.side == "upper" else proof.rho / smaller
        assert not replace(proof, rho=better).holds(walk)
        other = "lower" if proof.side == "upper" else "upper"
        assert not replace(proof, side=other).holds(walk)
        broken = (tuple(-v for v in proof.q[0]), *proof.q[1:])
        assert not replace(proof, q=broken).holds(walk)
        moved = ((proof.q[0][0] * 3, *proof.q[0][1:]), *proof.q[1:])
        assert not replace(proof, q=moved).holds(walk)
    assert not replace(upper, offsets=tuple(d * smaller for d in upper.offsets)).holds(walk)
    assert not replace(upper, slopes=tuple(w * smaller for w in upper.slopes)).holds(walk)
    assert not replace(chord, ranges=tuple((a, b * smaller) for a, b in chord.ranges)).holds(walk)
    assert not replace(chord, chords=tuple((a * smaller, b * smaller) for a, b in chord.chords)).holds(walk)
    falling = lyapunov_upper(walk).proof
    assert isinstance(falling, LyapunovProof) and falling.holds(walk) and not falling.holds(wide("1.3"))
    assert not replace(falling, c=tuple(c * smaller for c in falling.c)).holds(walk)
    assert not replace(falling, bound=falling.bound - Fraction(1, 1000)).holds(walk)
    assert not VolumeProof(Fraction(1), Fraction(2)).holds(walk)
    assert not VolumeProof(Fraction(1), Fraction(1, 10), (0, 1)).holds(walk)
    assert not SampleProof(Fraction(1), Fraction(2), 0).holds(walk)


@cache
def results() -> list[Result]:
    walk = wide()
    return [
        mean_square(walk),
        moment_upper(walk, 1),
        moment_lower(walk, 3),
        lyapunov_upper(walk),
        lyapunov_lower(walk),
        product_exponent(walk),
        product_exponent(wide("0.2")),
        mean_square(MatrixWalk.heavy_ball([1, 2], "0.3", "0.5")),
    ]


@pytest.mark.parametrize("number", range(8))
def test_the_protocol_of_results(number: int) -> None:
    result = results()[number]
    assert pickle.loads(pickle.dumps(result)) == result and copy.deepcopy(result) == result
    assert "\n" not in repr(result) and "verdict" in str(result) and "<table>" in result._repr_html_()
    document = result.to_json()
    assert json.loads(json.dumps(document)) == document
    assert {"program", "format", "result", "data", "eta", "verdict"} <= document.keys()
    if result.number is not None:
        assert isinstance(float(result), float) and result._repr_latex_()


@pytest.mark.parametrize("s", [1.5, "1.5", Fraction(3, 2), Decimal("1.5"), np.float64(1.5), np.int64(1), 1])
def test_numbers_of_every_kind(s: Any) -> None:
    assert moment_upper(wide(), s).verdict is Verdict.PROVED


@pytest.mark.parametrize("s", [None, "x", [], float("nan"), float("inf"), True, object(), 0, -1])
def test_bad_powers(s: Any) -> None:
    for bound in (moment_upper, moment_lower):
        with pytest.raises(InputError, match=r"^s: "):
            bound(wide(), s)


@pytest.mark.parametrize("ask", [mean_square, lyapunov_upper, lyapunov_lower, product_exponent])
@pytest.mark.parametrize("walk", [None, "x", 5, [[1]]])
def test_no_walk(ask: Any, walk: Any) -> None:
    with pytest.raises(InputError, match=r"^walk: "):
        ask(walk)
