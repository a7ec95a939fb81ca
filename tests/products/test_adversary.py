"""What an adversarial reading found: each of these was reported as proved, or could have been."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpz_mat

from catalysis.products.answer import product_answer
from catalysis.products.definite import is_definite, is_semidefinite, scaled_float
from catalysis.products.exponent import product_exponent
from catalysis.products.proofs import Inverse, QuadraticProof
from catalysis.products.spikes import spike_bounds
from catalysis.products.walk import MatrixWalk

QUARTERS = ("1/4", "3/4")


def test_no_bound_in_a_norm_that_was_not_compared() -> None:
    """One step A_2 takes (0, 1) to a vector of norm 10^7, so the probability is at least 3/4 for that start."""
    walk = MatrixWalk.from_matrices([[["3/2", 0], [0, "3/2"]], [["1/4", 10**7], [0, "1/4"]]], QUARTERS)
    assert spike_bounds(walk, 10).bounds("state").upper >= Fraction(3, 4)


def test_no_bound_in_a_norm_that_was_not_compared_in_three_dimensions() -> None:
    d = (10**7, 1, 1)
    plain = [
        [["3/2", 0, 0], [0, "3/2", 0], [0, "1/8", "1/2"]],
        [["1/4", 1, "1/8"], [0, "1/4", 0], ["1/8", 0, "1/4"]],
    ]
    moved = [[[Fraction(m[i][j]) * d[i] / d[j] for j in range(3)] for i in range(3)] for m in plain]
    found = product_answer(MatrixWalk.from_matrices(moved, QUARTERS), 10).probability
    assert found is not None and found.upper >= Fraction(3, 4)


def test_a_bound_of_a_named_norm_needs_its_range() -> None:
    walk = MatrixWalk.from_features(
        [(1, 0), (1, "1e-8"), ("1/2", 0)], p=("1/4", "1/4", "1/2"), eta="2.2", weight_decay="0.01"
    )
    found = spike_bounds(walk, 10)
    for proof in (found.above, found.below):
        if proof is not None:
            named = {r.name for r in proof.ranges}
            for norm in {"parameters", "residuals"} - named:
                assert proof.bound(Fraction(10), norm) == (1 if proof.moment.side == "upper" else 0)
    assert found.bounds("residuals").upper >= Fraction(76, 1000)


@pytest.mark.parametrize("eta", ["0.8", "0.9"])
def test_batches_without_replacement_are_stable_where_single_samples_are(eta: str) -> None:
    walk = MatrixWalk.from_gram(
        [[2, 1, 0], [1, 2, 1], [0, 1, 2]], counts=(1, 1, 1), eta=eta, batch=2, replacement=False
    )
    assert product_exponent(walk).fields()["regime"] == "stable"


@pytest.mark.slow
def test_a_walk_that_may_be_stable_is_not_called_deflationary() -> None:
    """Stable in the maximum norm, with no quadratic norm that shows it."""
    nine = Fraction(9, 10)
    walk = MatrixWalk.from_matrices([[[nine, 0], [nine, 0]], [[0, nine], [0, -nine]]], ("1/2", "1/2"))
    assert product_exponent(walk).fields()["regime"] in ("stable", "deflationary or stable", None)
    assert product_answer(walk).fields()["regime"] in ("stable", "deflationary or stable", None)


def test_matrices_that_are_not_symmetric_prove_nothing() -> None:
    crooked = fmpz_mat([[1, -1], [-5, 3]])
    assert not is_definite(crooked)
    assert not is_semidefinite(crooked)
    walk = MatrixWalk.from_matrices([[[3, -1], [3, -1]]], (1,))
    assert not QuadraticProof(Fraction(2), "upper", Fraction(1), ((1, -1), (-5, 3))).holds(walk)
    assert not Inverse(((1, 0), (0, 1)), -1).exceeds(fmpz_mat([[1, 0], [0, 1]]))


def test_numbers_beyond_doubles_end_without_an_error() -> None:
    assert scaled_float(2**1200, 0) == np.inf
    size = 13
    rows = [[int(i == j) for j in range(size)] for i in range(size)]
    rows[0][1] = rows[1][0] = 2**1200
    assert not is_definite(fmpz_mat(rows))


def test_a_search_without_convergence_is_no_error() -> None:
    walk = MatrixWalk.from_matrices(
        [[["1/4", "1/2"], ["-3/8", "-1/4"]], [["1/4", 0], ["-3/2", "-1/2"]], [[1, "-1/2"], ["1/2", 0]]],
        ("1/3", "1/3", "1/3"),
    )
    assert product_exponent(walk).verdict is not None
