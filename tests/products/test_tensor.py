"""Symmetric powers (V15) against Kronecker powers in floats, against cells in the plane, and against their own lies."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.products_data import entries, feature_walks, momentum_walks, product_moment, steps_of

from catalysis.exact.errors import InputError
from catalysis.products.answer import plane_matrices
from catalysis.products.bounds import lemma_of, moment_lower, moment_upper
from catalysis.products.exponent import lower_side, product_exponent, upper_side
from catalysis.products.operators import float_walk
from catalysis.products.plane import plane_exponents
from catalysis.products.proofs import TensorProof
from catalysis.products.spikes import spike_bounds
from catalysis.products.tensor import MAX_POWER, monomials, power_dimension, symmetric_power, within_reach
from catalysis.products.tensor_floats import power_floats
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop

F = Fraction
SPACE = [
    ["0.5", "1.2", "-0.3"],
    ["1.1", "0.2", "0.7"],
    ["-0.4", "0.9", "1.3"],
    ["0.3", "-0.6", "0.8"],
    ["-0.7", "0.8", "0.1"],
    ["0.9", "0.3", "-0.8"],
]


def space(eta: str = "0.83") -> MatrixWalk:
    """Six samples in three dimensions; theta is about 7 at 0.83."""
    return MatrixWalk.from_features(SPACE, eta=eta)


def even_moment(walk: MatrixWalk, s: int) -> float:
    """exp k(s), s even: the spectral radius of E A (x) ... (x) A, s factors."""
    matrices, p = steps_of(walk)
    total = sum(w * reduce(np.kron, [a] * s) for w, a in zip(p, matrices, strict=True))
    return float(np.abs(np.linalg.eigvals(total)).max())


def power_radius(walk: MatrixWalk, s: int) -> float:
    """The spectral radius of sum p_i S_s(A_i)."""
    matrices, p = steps_of(symmetric_power(walk, s))
    return float(np.abs(np.linalg.eigvals(np.tensordot(p, matrices, axes=1))).max())


def monomials_at(e: list[Fraction], order: int) -> list[Fraction]:
    return [math.prod(word, start=F(1)) for word in combinations_with_replacement(e, order)]


def rows_of(walk: MatrixWalk, i: int) -> list[list[Fraction]]:
    step = walk.steps[i]
    return [[F(int(v), step.den) for v in row] for row in step.top.tolist()]


def image(rows: list[list[Fraction]], e: list[Fraction]) -> list[Fraction]:
    return [sum((a * x for a, x in zip(row, e, strict=True)), F(0)) for row in rows]


@given(walk=feature_walks(), order=st.integers(1, 4), e=st.lists(entries, min_size=3, max_size=3))
@settings(max_examples=40, deadline=None)
def test_a_power_maps_the_monomials(walk: MatrixWalk, order: int, e: list[Fraction]) -> None:
    """v(A e) = S(A) v(e), exactly."""
    power, start = symmetric_power(walk, order), e[: walk.dimension]
    assert power.dimension == power_dimension(walk.dimension, order) == len(monomials(walk.dimension, order))
    assert power.weights == walk.weights
    for i in range(walk.size):
        moved = monomials_at(image(rows_of(walk, i), start), order)
        assert image(rows_of(power, i), monomials_at(start, order)) == moved


@pytest.mark.parametrize("order", [2, 3])
def test_doubles_keep_the_norm_and_the_symmetry(order: int) -> None:
    """In its own coordinates a power of single samples is symmetric, and |v(e)| = |e|^k."""
    walk = space()
    fine = power_floats(float_walk(walk), order, symmetric=True)
    turned = np.array(
        [fine.back @ a @ np.linalg.inv(fine.back) for a in steps_of(symmetric_power(walk, order))[0]]
    )
    assert np.allclose(turned, fine.matrices(), atol=1e-12)
    e = [F(1), F(-2), F(1, 2)]
    length = np.linalg.norm(fine.back @ np.array(monomials_at(e, order), dtype=float))
    assert np.isclose(length, float(sum(x * x for x in e)) ** (order / 2))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_one_dimension_gives_the_scalar_moments(order: int) -> None:
    walk = MatrixWalk.from_features([[1], ["1.3"]], eta="1.42")
    scalar = sum(abs(1 - F("1.42") * x) ** (2 * order) for x in (F(1), F("1.69"))) / 2
    for side, sign in (("upper", 1), ("lower", -1)):
        proof = Workshop(walk).prove_power(order, F(2), side)  # type: ignore[arg-type]
        assert proof is not None and proof.holds(walk)
        assert 0 <= sign * (proof.rho - scalar) <= scalar * F(1, 10**9)


@given(walk=feature_walks(dimensions=(2, 3)))
@settings(max_examples=20, deadline=None)
def test_even_moments_are_exact(walk: MatrixWalk) -> None:
    truth = even_moment(walk, 4)
    for bound, sign in ((moment_upper(walk, 4), 1), (moment_lower(walk, 4), -1)):
        if bound.proof is None or not Workshop(walk).orders:
            continue
        assert bound.proof.holds(walk)
        assert -1e-9 <= sign * (float(bound.rho or 0) / truth - 1) <= 1e-3


def test_even_moments_to_many_digits() -> None:
    for s in (4, 6):
        truth = even_moment(space(), s)
        for bound, sign in ((moment_upper(space(), s), 1), (moment_lower(space(), s), -1)):
            assert lemma_of(bound.proof) == "V15"  # type: ignore[arg-type]
            assert -1e-12 <= sign * (float(bound.rho or 0) / truth - 1) <= 1e-9


def test_the_largest_power_of_the_moment_is_that_of_the_power() -> None:
    """V15c: the radius of sum p S_4(A) is that of the form's map on order 2."""
    for s in (4, 6):
        assert np.isclose(power_radius(space(), s), even_moment(space(), s), rtol=1e-10)


@given(walk=st.one_of(feature_walks(dimensions=(2, 3)), momentum_walks()))
@settings(max_examples=20, deadline=None)
@pytest.mark.slow
def test_bounds_hold_between_the_even_moments(walk: MatrixWalk) -> None:
    """k is convex: k(3) lies between (3 k(4) - k(6))/2 and (k(2) + k(4))/2; and k(s) <= (1/n) log E|Pi_n|^s."""
    two, four, six = (math.log(max(even_moment(walk, s), 1e-300)) for s in (2, 4, 6))
    upper, lower = moment_upper(walk, 3).rho, moment_lower(walk, 3).rho
    if upper is not None:
        assert math.log(upper) >= (3 * four - six) / 2 - 1e-6
    if lower is not None and lower > F(1, 10**9):
        assert math.log(lower) <= (two + four) / 2 + 1e-6
        assert 3 * math.log(lower) <= math.log(product_moment(walk, 3, 3)) + 1e-9
        assert upper is None or lower <= upper


def test_theta_is_sharper_and_right() -> None:
    walk = space()
    shop, found = Workshop(walk), product_exponent(walk)
    low, high = lower_side(shop), upper_side(shop, falling=True)
    assert low is not None and high is not None and found.upper is not None
    assert low.s + 1 < found.lower < found.upper < high.s
    assert isinstance(found.from_below, TensorProof) and found.from_below.holds(walk)
    assert isinstance(found.from_above, TensorProof) and found.from_above.holds(walk)
    assert 6 < found.lower < found.upper < 8
    assert power_radius(walk, 6) < 1 < power_radius(walk, 8)
    assert found.fields()["lemmas"] == ["V15", "V15"]


@pytest.mark.parametrize("eta", ["0.9", "1.1"])
def test_theta_meets_the_cells(eta: str) -> None:
    """In the plane V8 is sharp: both brackets hold theta."""
    walk = MatrixWalk.from_features([[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1]], eta=eta)
    found = product_exponent(walk)
    cells = plane_exponents(plane_matrices(walk), walk.weights, width=F(1, 100), tolerance=F(1, 50)).theta
    assert found.upper is not None and None not in cells
    assert found.lower <= cells[1] and cells[0] <= found.upper  # type: ignore[operator]


def test_spikes_by_powers() -> None:
    """V11e: the power that bounds theta bounds the spikes, too."""
    walk = space()
    bounds = spike_bounds(walk, 10)
    assert isinstance(bounds.exponent.from_below, TensorProof)
    assert bounds.above is not None and bounds.below is not None
    assert isinstance(bounds.above.moment, TensorProof)
    for proof in (bounds.above, bounds.below):
        assert proof.holds(walk) and proof.ranges
        assert not replace(proof, ranges=(replace(proof.ranges[0], name="residuals"),)).holds(walk)


def test_batches_are_enumerated() -> None:
    walk = MatrixWalk.from_features(SPACE, eta="1.4", batch=2)
    proof = moment_upper(walk, 4).proof
    assert isinstance(proof, TensorProof) and proof.holds(walk)
    assert -1e-12 <= float(proof.rho) / even_moment(walk, 4) - 1 <= 1e-9


def proofs() -> list[TensorProof]:
    shop = Workshop(space())
    asked: list[tuple[int, str, Any]] = [
        (2, "2", "upper"),
        (2, "2", "lower"),
        (2, "1.5", "upper"),
        (2, "3", "lower"),
        (2, "2.5", "upper"),
        (3, "1.5", "lower"),
    ]
    found = [shop.prove_power(order, F(t), side) for order, t, side in asked]
    return [proof for proof in found if isinstance(proof, TensorProof)]


def test_refusals() -> None:
    """A changed number no longer proves anything."""
    walk, listed = space(), proofs()
    assert len(listed) == 6 and {p.s for p in listed} >= {F(4), F(3), F(6), F(5), F(9, 2)}
    for proof in listed:
        inner = proof.proof
        assert proof.holds(walk)
        for order in (1, 3 if proof.order == 2 else 2, 4):
            assert not replace(proof, order=order).holds(walk)
        factor = F(99, 100) if proof.side == "upper" else F(100, 99)
        moved = ((inner.q[0][0] * 3, *inner.q[0][1:]), *inner.q[1:])
        lies = (
            replace(inner, rho=inner.rho * factor),
            replace(inner, q=moved),
            replace(inner, q=inner.q[:-1]),
            replace(inner, side="lower" if proof.side == "upper" else "upper"),
        )
        assert not any(replace(proof, proof=lie).holds(walk) for lie in lies)
        if inner.s != 2:
            assert not replace(proof, proof=replace(inner, s=F(2))).holds(walk)
        assert not proof.holds(space("1.2" if proof.side == "upper" else "0.4"))


@pytest.mark.parametrize("order", [0, -1, "x", None, 1.5, True])
def test_bad_orders(order: object) -> None:
    with pytest.raises(InputError, match="order"):
        symmetric_power(space(), order)


def test_limits() -> None:
    large = MatrixWalk.from_features(np.eye(20)[::-1] + np.ones((20, 20)) / 7, eta="0.1")
    assert power_dimension(20, 2) > MAX_POWER and not within_reach(large, 2)
    with pytest.raises(InputError, match="at most 100 monomials, found 210"):
        symmetric_power(large, 2)
    assert Workshop(large).orders == () and Workshop(space()).orders[0] == 2
    assert not within_reach(MatrixWalk.from_features([[1], [2]], eta="0.4"), 2)
