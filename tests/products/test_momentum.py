"""Momentum: thresholds of single samples, of the mean square, and vector data; batches in one dimension."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.products_data import steps_of

from catalysis.data.dataset import Dataset
from catalysis.data.step import Step
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.products.answer import product_answer
from catalysis.products.axis import mean_square_threshold
from catalysis.products.bounds import mean_square
from catalysis.products.momentum import largest_fraction, momentum_fields, own_threshold
from catalysis.products.plane import plane_exponents
from catalysis.products.walk import MatrixWalk

betas = st.fractions(min_value=0, max_value=Fraction(19, 20), max_denominator=20)
curvatures = st.lists(
    st.fractions(min_value=Fraction(1, 4), max_value=4, max_denominator=8),
    min_size=2,
    max_size=4,
    unique=True,
)


@settings(max_examples=40, deadline=None)
@given(
    betas, curvatures, st.fractions(min_value=0, max_value=Fraction(1, 2), max_denominator=10), st.booleans()
)
def test_a_sample_by_itself_turns_unstable_at_its_threshold(
    beta: Fraction, xs: list[Fraction], decay: Fraction, nesterov: bool
) -> None:
    """The oracle: the largest eigenvalue of one matrix, in doubles."""
    make, data = MatrixWalk.nesterov if nesterov else MatrixWalk.heavy_ball, Dataset.from_arrays(x=xs)
    for share, unstable in ((Fraction(99, 100), False), (Fraction(101, 100), True)):
        level = own_threshold(make(data, 1, beta, weight_decay=decay)) * share / max(xs)
        walk = make(data, level, beta, weight_decay=decay)
        assert largest_fraction(walk) == share
        radii = [max(abs(np.linalg.eigvals(matrix))) for matrix in steps_of(walk)[0]]
        assert (max(radii) > 1) == unstable
        assert momentum_fields(walk)["each_sample_stable"] is not unstable


def test_thresholds_are_for_momentum_alone() -> None:
    with pytest.raises(InputError, match="walk"):
        own_threshold(MatrixWalk.from_features([[1]], eta=1))
    with pytest.raises(InputError, match="weight_decay"):
        own_threshold(MatrixWalk.heavy_ball([1], 1, "1/2", weight_decay=2))


@settings(max_examples=30, deadline=None)
@given(betas, curvatures)
def test_the_mean_square_of_the_heavy_ball_is_known_in_closed_form(
    beta: Fraction, xs: list[Fraction]
) -> None:
    """eta_ms lambda = 2 (1 - beta) E x/(Var x + (1 - beta)/(1 + beta) (E x)^2)."""
    data = Dataset.from_arrays(x=xs)
    mean = sum(xs) / len(xs)
    variance = sum(x * x for x in xs) / len(xs) - mean**2
    level = 2 * (1 - beta) * mean / (variance + (1 - beta) / (1 + beta) * mean**2)
    for share, side in ((1 - Fraction(1, 10**6), -1), (1 + Fraction(1, 10**6), 1)):
        found = mean_square(MatrixWalk.heavy_ball(data, level * share, beta)).number
        assert isinstance(found, Enclosure)
        assert found.upper < 0 if side < 0 else found.lower > 0


ROOTS = [Fraction(2), Fraction(3, 2), Fraction(1), Fraction(1, 2), Fraction(1)]


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_batches_without_replacement_in_one_dimension(batch: int) -> None:
    """2 h/(h^2 + p Var), p = (n - B)/(B (n - 1)): theta of the scalar walk is 2 there, eta_ms of vectors is it."""
    xs = [s * s for s in ROOTS]
    n, h = len(xs), sum(xs) / len(xs)
    variance = sum(x * x for x in xs) / n - h**2
    rate = 2 * h / (h**2 + Fraction(n - batch, batch * (n - 1)) * variance)
    scalar = LinearWalk(Dataset.from_arrays(x=xs, counts=[1] * n), Step.minibatch(batch, False))
    theta = cramer_exponent(scalar, rate, digits=14).enclosure
    assert theta is not None
    assert max(abs(theta.lower - 2), abs(theta.upper - 2)) < Fraction(1, 10**12)
    walk = MatrixWalk.from_features(
        [[s] for s in ROOTS], eta=1, batch=batch, replacement=False, counts=[1] * n
    )
    found = mean_square_threshold(walk, digits=12).number
    assert found is not None and found.lower <= rate <= found.upper
    assert found.width < rate / 10**11


def test_half_the_rate_of_a_well_known_rule_is_not_safe() -> None:
    """2 (1 + beta)/lambda_max, x = 1, 3, beta = 0.9: at half of it SGD grows, and no sample alone is unstable."""
    beta = Fraction(9, 10)
    walk = MatrixWalk.heavy_ball(Dataset.from_arrays(x=[1, 3]), (1 + beta) / 3, beta)
    found = product_answer(walk)
    assert largest_fraction(walk) == Fraction(1, 2)
    assert found.regime is Regime.INFLATIONARY and found.starts == "every start"
    low, high = found.lambda1
    assert low is not None and high is not None and Fraction(12, 1000) <= low < high <= Fraction(14, 1000)


@pytest.mark.parametrize("batch", [1, 2])
def test_momentum_on_vectors_in_one_dimension_is_momentum_on_scalars(batch: int) -> None:
    beta, eta = Fraction(1, 2), Fraction(3, 10)
    vectors = MatrixWalk.from_features([[1], [2]], eta=eta, counts=[2, 1], batch=batch).with_momentum(beta)
    step = Step.minibatch(batch) if batch > 1 else Step()
    scalar = LinearWalk(Dataset.from_arrays(x=[1, 4], counts=[2, 1]).with_learning_rate(eta), step)
    other = MatrixWalk.heavy_ball(scalar, 1, beta)
    assert sorted(zip(vectors.matrices, vectors.p, strict=True)) == sorted(
        zip(other.matrices, other.p, strict=True)
    )


def test_momentum_on_vectors_moves_as_sgd_does() -> None:
    """e' = e - eta g (g . e) + beta (e - e_before), in floats."""
    rows, eta, beta = np.array([[1.0, 0.0], [0.5, -1.0]]), 0.25, 0.5
    walk = MatrixWalk.from_features(rows, eta=eta).with_momentum(beta)
    assert walk.dimension == 4 and walk.heading()["momentum"] == {"kind": "heavy_ball", "beta": "0.5"}
    e, before = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    for matrix, row in zip(steps_of(walk)[0], rows, strict=True):
        moved = e - eta * row * (row @ e) + beta * (e - before)
        assert np.allclose(matrix @ np.concatenate([e, before]), np.concatenate([moved, e]))


def test_what_momentum_on_vectors_refuses() -> None:
    walk = MatrixWalk.from_features(np.eye(13), eta=1)
    with pytest.raises(InputError, match="rank at most 12"):
        walk.with_momentum("1/2")
    with pytest.raises(InputError, match="beta"):
        MatrixWalk.from_features([[1]], eta=1).with_momentum(1)
    with pytest.raises(InputError, match="vector data"):
        MatrixWalk.heavy_ball([1], 1, "1/2").with_momentum("1/2")


@pytest.mark.slow
def test_theta_of_the_heavy_ball_between_two_proved_bounds() -> None:
    """x = 1, 1.69 equally likely, beta = 0.5, eta lambda = 1.8."""
    walk = MatrixWalk.heavy_ball([1, "1.3"], "1.8", "0.5")
    matrices = [[list(row) for row in matrix] for matrix in walk.matrices]
    low, high = plane_exponents(matrices, walk.p).theta
    assert low is not None and high is not None
    assert Fraction("4.495") <= low < high <= Fraction("4.541")
