"""Proofs that a symmetric integer matrix is positive (semi)definite. Lemma V12 of docs/products.md.

`True` is always a proof. Small matrices are decided by exact elimination; larger ones are brought near the identity by
a congruence that doubles suggest, and Gershgorin's discs do the rest.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from flint import fmpz, fmpz_mat

_EXACT_UP_TO = 12
_FALLBACK_UP_TO = 48
_ROUNDS = 4
_ROW_BITS = 60
_FLOAT_BITS = 900

Floats = npt.NDArray[np.float64]


def is_semidefinite(matrix: fmpz_mat) -> bool:
    """Whether `matrix` is symmetric and `>= 0` is proved: decided (V12a) for up to 48 rows, beyond only if `> 0`."""
    size = matrix.nrows()
    if matrix != matrix.transpose():
        return False
    if size <= _EXACT_UP_TO:
        return first_bad_pivot(matrix) is None
    if is_definite(matrix):
        return True
    return size <= _FALLBACK_UP_TO and first_bad_pivot(matrix) is None


def is_definite(matrix: fmpz_mat) -> bool:
    """Whether `matrix` is symmetric and `> 0` is proved (V12a for small ones, V12b)."""
    if matrix != matrix.transpose():
        return False
    if matrix.nrows() <= _EXACT_UP_TO:
        return first_bad_pivot(matrix, strict=True) is None
    return _by_discs(matrix)


def first_bad_pivot(matrix: fmpz_mat, *, strict: bool = False) -> int | None:
    """The first pivot of exact elimination that disproves `matrix >= 0` (`> 0` if strict); None if none does (V12a).

    The leading minor that ends there (or, at a pivot 0, one beside it) is negative.
    """
    rows = [[fmpz(entry) for entry in row] for row in matrix.tolist()]
    size, previous = len(rows), fmpz(1)
    for k in range(size):
        pivot, row = rows[k][k], rows[k]
        if pivot < 0 or (pivot == 0 and (strict or any(row[j] for j in range(k + 1, size)))):
            return k
        if pivot == 0:
            continue
        for i in range(k + 1, size):
            factor, below = row[i], rows[i]
            for j in range(i, size):
                below[j] = (below[j] * pivot - factor * row[j]) // previous  # exact: Bareiss
        previous = pivot
    return None


def _by_discs(matrix: fmpz_mat) -> bool:
    """V12b, the congruence built in rounds: each makes the exact image rounder, so the next is sharper."""
    for _ in range(_ROUNDS):
        if dominates(matrix):
            return True
        step = _whitening(matrix)
        if step is None:
            return False
        matrix = step * matrix * step.transpose()
    return dominates(matrix)


def dominates(matrix: fmpz_mat) -> bool:
    """Whether every diagonal entry exceeds the sum of the sizes of the others in its row."""
    return all(
        2 * row[i] > sum(map(abs, row), fmpz(0)) if row[i] > 0 else False
        for i, row in enumerate(matrix.tolist())
    )


def _whitening(matrix: fmpz_mat) -> fmpz_mat | None:
    """A lower triangular invertible integer matrix W for which W M W^T should be near a multiple of I."""
    diagonal = [int(matrix[i, i]) for i in range(matrix.nrows())]
    if min(diagonal) <= 0:
        return None
    halves = [n.bit_length() // 2 for n in diagonal]
    scaled = _jacobi_scaled(matrix, halves)
    with np.errstate(all="ignore"):
        for shift in (0.0, 1e-15, 1e-13):
            try:
                factor = np.linalg.cholesky(scaled + shift * len(diagonal) * np.eye(len(diagonal)))
            except np.linalg.LinAlgError:
                continue
            inverse = np.tril(np.linalg.inv(factor))
            if np.isfinite(inverse).all():
                return _rounded(inverse, halves)
    return None


def _jacobi_scaled(matrix: fmpz_mat, halves: list[int]) -> Floats:
    """M_ij 2^-(h_i + h_j) as doubles: its diagonal lies in [1/2, 4)."""
    size = len(halves)
    out = np.empty((size, size))
    for i, row in enumerate(matrix.tolist()):
        for j in range(i + 1):
            out[i, j] = out[j, i] = scaled_float(int(row[j]), -(halves[i] + halves[j]))
    return out


def scaled_float(value: int, exponent: int) -> float:
    """value 2^exponent as a double, nearly; huge integers are cut first."""
    spare = value.bit_length() - _FLOAT_BITS
    if spare > 0:
        value, exponent = value >> spare, exponent + spare
    try:
        return math.ldexp(float(value), exponent)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _rounded(inverse: Floats, halves: list[int]) -> fmpz_mat | None:
    """inverse diag(2^-h), each row multiplied by the power of 2 that gives its entries enough bits."""
    top, size = max(halves), len(halves)
    rows: list[int] = []
    for i in range(size):
        scale = _ROW_BITS - math.frexp(float(np.abs(inverse[i]).max()))[1]
        for j in range(size):
            mantissa, exponent = math.frexp(float(inverse[i, j]))
            rows.append(_shifted(int(mantissa * (1 << 53)), exponent - 53 + scale + top - halves[j]))
        if rows[i * size + i] == 0:
            return None
    return fmpz_mat(size, size, rows)


def _shifted(value: int, places: int) -> int:
    return value << places if places >= 0 else value >> -places
