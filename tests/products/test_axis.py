"""The learning-rate axis: one dimension, known formulas, agreement with single learning rates, changed pieces."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.products_data import radius

from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.drift.zeros import Zero
from catalysis.exact.errors import InputError
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.products.answer import product_answer
from catalysis.products.axis import (
    LearningRateAxis,
    RateProof,
    grows,
    learning_rate_axis,
    mean_square_threshold,
)
from catalysis.products.bounds import mean_square
from catalysis.products.cells import CellBound
from catalysis.products.exponent import product_exponent
from catalysis.products.kernel import VectorData
from catalysis.products.proofs import MomentProof, TensorProof
from catalysis.products.walk import MatrixWalk

WIDE = [[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1], ["1/4", "-5/4"]]


@pytest.fixture(scope="module")
def axis() -> LearningRateAxis:
    return learning_rate_axis(WIDE, width="1/20")


def test_one_dimension_is_the_talk() -> None:
    found = learning_rate_axis([["1"], ["1.3"]], digits=10)
    scalar = LinearWalk(found.dataset.scalar())
    assert found.stable_up_to == scalar.stable_up_to
    exact = 2 * Fraction("2.69") / (1 + Fraction("1.69") ** 2)
    assert found.mean_square.upper is not None
    assert found.mean_square.lower < exact < found.mean_square.upper
    assert found.mean_square.upper - found.mean_square.lower < exact / 10**10
    for bracket in found.levels:
        assert bracket.upper is not None
        low, high = (cramer_exponent(scalar, eta).enclosure for eta in (bracket.lower, bracket.upper))
        assert low is not None and high is not None
        assert high.lower <= bracket.s <= low.upper
    zero = sign_regions(scalar).inside[-1]
    assert isinstance(zero, Zero)
    edge = zero.enclosure()
    assert found.deflationary_up_to < edge.lower and found.inflationary_from is not None
    assert (
        edge.upper < found.inflationary_from
        and float(found.inflationary_from - found.deflationary_up_to) < 1e-2
    )


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(1, 4), st.booleans())
def test_scalar_minibatches_as_published(xs: list[int], batch: int, replacement: bool) -> None:
    """eta_ms = 2 h/(h^2 + p Var) with p = (n - B)/(B (n - 1)) without replacement, 1/B with; h = E x."""
    n = len(xs)
    batch = min(batch, n)
    p = Fraction(1, batch) if replacement else Fraction(n - batch, batch * (n - 1))
    h = Fraction(sum(x * x for x in xs), n)
    var = Fraction(sum(x**4 for x in xs), n) - h**2
    threshold = 2 * h / (h**2 + p * var)
    for share, stable in ((Fraction(999, 1000), True), (Fraction(1001, 1000), False)):
        eta = threshold * share
        walk = MatrixWalk.from_features([[x] for x in xs], eta=eta, batch=batch, replacement=replacement)
        assert mean_square(walk).stable is stable


@pytest.mark.parametrize("batch", [2, 5])
def test_thresholds_of_minibatches(batch: int) -> None:
    """The spectral radius passes 1 inside the bracket, by enumeration of the batches."""
    walk = MatrixWalk.from_features(WIDE, eta=1, batch=batch)
    found = mean_square_threshold(walk)
    assert found.number is not None and found.number.width < found.number.upper / 10**8
    assert radius(walk.with_eta(found.number.lower)) < 1 < radius(walk.with_eta(found.number.upper))
    assert pickle.loads(pickle.dumps(found)) == found and "\n" not in repr(found)


def test_no_threshold() -> None:
    whole_set = MatrixWalk.from_features(WIDE, eta=1, batch=5, replacement=False)
    decay = MatrixWalk.from_features(WIDE, eta=1, weight_decay="0.1")
    for walk in (whole_set, decay, MatrixWalk.heavy_ball([1, 2], 1, "0.5"), None):
        with pytest.raises(InputError, match=r"^walk: "):
            mean_square_threshold(walk)


@pytest.mark.slow
def test_agrees_with_single_learning_rates(axis: LearningRateAxis) -> None:
    assert axis.inflationary_from is not None and axis.mean_square.upper is not None
    assert axis.stable_up_to < axis.mean_square.lower < axis.deflationary_up_to < axis.inflationary_from

    def walk(eta: Fraction) -> MatrixWalk:
        return MatrixWalk.from_data(axis.dataset, eta=eta)

    assert radius(walk(axis.mean_square.lower)) < 1 < radius(walk(axis.mean_square.upper))
    assert product_exponent(walk(axis.stable_up_to)).regime is Regime.STABLE
    assert product_answer(walk(axis.inflationary_from)).regime is Regime.INFLATIONARY  # by cells
    for bracket in axis.levels:
        assert bracket.upper is not None
        assert product_exponent(walk(bracket.lower)).lower <= bracket.s * Fraction(1001, 1000)
        high = product_answer(walk(bracket.upper), tolerance="1/4000").theta[1]
        assert high is not None and high <= bracket.s * Fraction(1001, 1000)


def with_rho(moment: MomentProof | CellBound, rho: Fraction) -> MomentProof | CellBound:
    if isinstance(moment, CellBound):
        return replace(moment, bound=rho)
    if isinstance(moment, TensorProof):
        return replace(moment, proof=replace(moment.proof, rho=rho))
    return replace(moment, rho=rho)


def test_the_pieces_hold_and_follow_each_other(axis: LearningRateAxis) -> None:
    data = axis.dataset
    assert axis.pieces and axis.start is not None
    assert isinstance(axis.start, RateProof) and axis.start.holds(data)
    at = max(axis.start.eta, axis.stable_up_to)
    for piece in axis.pieces:
        assert piece.start == at and piece.holds(data)
        at = piece.end
    piece = axis.pieces[0]
    assert not replace(piece, end=piece.end * 3).holds(data)
    assert not replace(piece, bound=piece.bound * 2).holds(data)
    assert not replace(piece, c=tuple(c / 2 for c in piece.c)).holds(data)
    for growing in axis.inflationary:
        assert grows(data, growing)
    last = axis.inflationary[-1]
    assert not grows(data, replace(last, start=axis.stable_up_to))
    for bracket in axis.levels:
        for proof in (bracket.below, bracket.above):
            if isinstance(proof, RateProof):
                assert proof.holds(data)
                side = (
                    Fraction(3, 2) if proof.side == "lower" else Fraction(1, 2)
                )  # proved, but not what is claimed
                assert not replace(proof, moment=with_rho(proof.moment, side)).holds(data)
                assert not replace(
                    proof, eta=proof.eta * (2 if proof.side == "lower" else Fraction(1, 2))
                ).holds(data)


def test_components() -> None:
    """The block of the third sample decides: inflationary at once above 2/3."""
    found = learning_rate_axis(VectorData.from_gram([[2, 1, 0], [1, 2, 0], [0, 0, 3]]))
    assert found.stable_up_to == Fraction(2, 3) and found.inflationary_from is not None
    assert found.inflationary_from - found.stable_up_to < Fraction(1, 10**6)
    assert found.inflationary[0].samples == (2,)
    assert not grows(found.dataset, replace(found.inflationary[0], samples=(1,)))


def test_protocol(axis: LearningRateAxis) -> None:
    assert pickle.loads(pickle.dumps(axis)) == axis and copy.deepcopy(axis) == axis
    assert "\n" not in repr(axis) and "eta_{" in (axis._repr_latex_() or "")
    assert json.loads(json.dumps(axis.to_json())) == axis.to_json()
    assert np.isclose(float(axis), float(axis.mean_square.lower))


@pytest.mark.parametrize("digits", [None, "x", 0, 13, 1.5, True])
def test_bad_digits(digits: Any) -> None:
    with pytest.raises(InputError, match=r"^digits: "):
        learning_rate_axis(WIDE, digits=digits)


@pytest.mark.parametrize("data", [None, 5, [[0]], [], "nothing.csv"])
def test_bad_data(data: Any) -> None:
    with pytest.raises(InputError):
        learning_rate_axis(data)


def test_the_axis_tells_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    learning_rate_axis([[1], ["1.5"]], progress=lambda *step: told.append(step))
    stages = {stage for stage, _, _ in told}
    assert stages == {"values of theta", "percent of the deflationary interval"}
    for stage in stages:
        done = [part for name, part, _ in told if name == stage]
        assert done == sorted(done) and {total for name, _, total in told if name == stage} == {max(done)}
