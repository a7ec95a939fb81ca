"""A kernel from floats, repaired: symmetric, short exact entries, and a shift that makes up for rounding.

A Gram matrix in doubles is positive semidefinite up to rounding alone. What is repaired is said
(`kernel_origin.KernelOrigin`), and what rounding cannot explain is refused. docs/kernels.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.exact.numbers import DataError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ENTRY_BITS = 40
LARGEST_SHIFT = 1e-6
"""The largest repair, as a part of the largest diagonal entry."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """A table as integers times `unit`, a power of two; of a Gram matrix how far it was from symmetric."""

    integers: Integers
    unit: Fraction
    asymmetry: float = 0.0

    def shifted(self, shift: int) -> Integers:
        return self.integers + shift * np.eye(len(self.integers), dtype=np.int64)

    @property
    def most(self) -> int:
        """The largest shift allowed, in units; 0 if none is."""
        return int(int(self.integers.diagonal().max()) * LARGEST_SHIFT)


def rounded(table: Floats, what: str) -> Rounded:
    """Entries rounded to multiples of a power of two, of which the largest is some 2^40 (Raises DataError)."""
    bad = np.argwhere(~np.isfinite(table))
    if bad.size:
        place = ", ".join(str(int(i) + 1) for i in bad[0])
        raise DataError(f"{what}: expected finite numbers, found {table[tuple(bad[0])]} at ({place})")
    largest = float(np.abs(table).max())
    if not 1e-100 < largest < 1e100:
        raise DataError(f"{what}: expected a largest entry from 1e-100 to 1e100, found {largest:g}")
    places = ENTRY_BITS - math.frexp(largest)[1]
    return Rounded(np.rint(np.ldexp(table, places)).astype(np.int64), Fraction(2) ** -places)


def rounded_gram(gram: Floats) -> Rounded:
    """As `rounded`, made symmetric. Raises DataError where more than rounding is amiss."""
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or not gram.size:
        raise DataError(f"gram: expected a square matrix, found {' x '.join(map(str, gram.shape))}")
    found = rounded(gram, "gram")
    top = float(gram.diagonal().max())
    if top <= 0:
        raise DataError("gram: expected some diagonal entry > 0")
    gap = float(np.abs(gram - gram.T).max()) / top
    if gap > LARGEST_SHIFT:
        raise DataError(f"gram: expected a symmetric matrix, entries differ by {gap:.2g} of the largest K_ii")
    table = found.integers
    upper = np.triu((table + table.T) >> 1)
    return Rounded(upper + np.triu(upper, 1).T, found.unit, gap)


def shifts(gram: Rounded, exact_up_to: int) -> Iterator[int]:
    """Shifts to be tried, in units: powers of two from the least that doubles suggest; 0 where it may do."""
    least = least_eigenvalue(gram.integers)
    size = len(gram.integers)
    if least > 1 or (size <= exact_up_to and least > -size):
        yield 0
    shift = 1
    while shift <= gram.most:
        if least + shift > 1:
            yield shift
        shift *= 2


def least_eigenvalue(table: Integers) -> float:
    """In doubles."""
    return float(np.linalg.eigvalsh(table.astype(np.float64))[0])


def beyond_rounding(gram: Rounded) -> DataError:
    """The refusal of a matrix that no allowed shift makes semidefinite."""
    values = np.linalg.eigvalsh(gram.integers.astype(np.float64))
    top = float(gram.integers.diagonal().max())
    return DataError(
        "gram: expected a positive semidefinite matrix up to rounding: its least eigenvalue is about"
        f" {values[0] / top:.3g} of its largest entry on the diagonal, where {LARGEST_SHIFT:g} can be repaired"
    )


def shift_by_factor(gram: Rounded) -> tuple[int, float] | None:
    """For a matrix too large for proofs: a shift with which doubles find a Cholesky factor, and the least eigenvalue.

    Both measured; the eigenvalue is of the shifted matrix, in units. None if no allowed shift has one.
    """
    shift = 0
    while shift <= gram.most:
        found = _least_by_factor(gram.shifted(shift).astype(np.float64))
        if found is not None:
            return shift, found
        shift = 4 * shift or 1 << (len(gram.integers).bit_length() + 1) // 2  # rounding moves it by sqrt(m)
    return None


def _least_by_factor(matrix: Floats) -> float | None:
    from scipy.linalg import cho_factor, cho_solve

    try:
        factor = cho_factor(matrix, lower=True)
    except np.linalg.LinAlgError:
        return None
    v = np.random.Generator(np.random.SFC64(0)).normal(size=len(matrix))
    for _ in range(30):
        v = cho_solve(factor, v / np.linalg.norm(v))
    v /= np.linalg.norm(v)
    return float(v @ (matrix @ v))
