"""Proofs of definiteness: against all principal minors, at zero pivots, and for matrices near their limit."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.products.definite import dominates, first_bad_pivot, is_definite, is_semidefinite

RELAXED = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def symmetric(draw: st.DrawFn) -> fmpz_mat:
    size = draw(st.integers(1, 4))
    table = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            table[i][j] = table[j][i] = draw(st.integers(-3, 3)) + (2 if i == j else 0)
    return fmpz_mat(table)


def minors(matrix: fmpz_mat) -> list[int]:
    """All principal minors."""
    table, size = matrix.tolist(), matrix.nrows()
    chosen = [c for k in range(1, size + 1) for c in combinations(range(size), k)]
    return [int(fmpz_mat([[table[i][j] for j in c] for i in c]).det()) for c in chosen]


@RELAXED
@given(symmetric())
def test_small_matrices_are_decided(matrix: fmpz_mat) -> None:
    found = minors(matrix)
    assert is_semidefinite(matrix) == (min(found) >= 0)
    leading = [
        int(fmpz_mat([row[:k] for row in matrix.tolist()[:k]]).det()) for k in range(1, matrix.nrows() + 1)
    ]
    assert is_definite(matrix) == (min(leading) > 0)


@RELAXED
@given(symmetric())
def test_dominance_implies_definite(matrix: fmpz_mat) -> None:
    if dominates(matrix):
        assert first_bad_pivot(matrix, strict=True) is None


def stretched(size: int, condition: float) -> fmpz_mat:
    """B B^T with singular values of B spread over the root of the condition number."""
    turn = np.linalg.qr(np.random.default_rng(size).normal(size=(size, size)))[0]
    spread = turn * np.logspace(0, -np.log10(condition) / 2, size)
    b = fmpz_mat(size, size, [int(v * 2**70) for v in spread.ravel()])
    return b * b.transpose()


@pytest.mark.parametrize(("size", "condition"), [(13, 1e3), (30, 1e9), (40, 1e14), (30, 1e20)])
def test_large_matrices(size: int, condition: float) -> None:
    matrix = stretched(size, condition)
    assert is_definite(matrix)
    least = int(float(int(matrix[0, 0]) + int(matrix[1, 1])) * size)
    shifted = matrix - fmpz_mat(size, size, [least * (i == j) for i in range(size) for j in range(size)])
    assert not is_definite(shifted) and not is_semidefinite(shifted)


def test_a_singular_matrix_is_semidefinite_only() -> None:
    b = fmpz_mat(20, 3, [(7 * i) % 11 - 5 for i in range(60)])
    matrix = b * b.transpose()
    assert is_semidefinite(matrix) and not is_definite(matrix)
    assert not is_semidefinite(-1 * matrix)
    assert first_bad_pivot(fmpz_mat([[0, 1], [1, 5]])) == 0


def test_one_entry_moved() -> None:
    table = [[int(i == j) * 10 for j in range(16)] for i in range(16)]
    table[3][9] = table[9][3] = 10
    assert not is_definite(fmpz_mat(table))
    assert is_semidefinite(fmpz_mat(table))
    table[3][9] = table[9][3] = 11
    assert not is_semidefinite(fmpz_mat(table))
