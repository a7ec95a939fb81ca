"""A kernel too large for exact linear algebra: exact short entries, for closed forms that need sums of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.data.dataset import check_name
from catalysis.exact.numbers import DataError, exact_text
from catalysis.products.kernel_origin import KernelOrigin

MAX_LARGE = 5000
_ENTRY_BITS = 41
_HALF = 21


@dataclass(frozen=True, eq=False)
class LargeKernel:
    """The Gram matrix of up to 5000 samples: `units` (integers) times `unit`, exact and symmetric.

    That it is positive semidefinite is not proved but known as `origin.definite` says. Raises DataError.
    """

    name: str
    units: npt.NDArray[np.int64]
    unit: Fraction
    p: tuple[Fraction, ...]
    counts: tuple[int, ...] | None
    origin: KernelOrigin

    def __post_init__(self) -> None:
        check_name(self.name)
        size = len(self.units)
        if self.units.dtype != np.int64 or self.units.shape != (size, size) or not 1 <= size <= MAX_LARGE:
            shape = " x ".join(map(str, self.units.shape))
            raise DataError(f"gram: expected a square matrix of at most {MAX_LARGE} samples, found {shape}")
        if not np.array_equal(self.units, self.units.T) or int(np.abs(self.units).max()) >> _ENTRY_BITS:
            raise DataError(f"gram: expected a symmetric matrix of integers below 2^{_ENTRY_BITS}")
        if len(self.p) != size or min(self.p) <= 0 or sum(self.p) != 1:
            raise DataError(f"p: expected positive weights of {size} samples that sum to 1")
        self.units.setflags(write=False)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    def __repr__(self) -> str:
        return f"LargeKernel({self.name!r}, {len(self.units)} samples)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LargeKernel) and self.fingerprint() == other.fingerprint()

    def __hash__(self) -> int:
        return hash(self.fingerprint())

    @cached_property
    def diagonal(self) -> tuple[Fraction, ...]:
        """The K_ii, exactly."""
        return tuple(int(k) * self.unit for k in self.units.diagonal())

    @cached_property
    def second_moments(self) -> tuple[Fraction, ...]:
        """The sum_j p_j K_ij^2, exactly."""
        den = np.lcm.reduce([p.denominator for p in self.p], dtype=object)
        weights = [p.numerator * (den // p.denominator) for p in self.p]
        sums = _fast_sums(self.units, weights) if den < 1 << 20 else _sums(self.units, weights)
        return tuple(Fraction(total, den) * self.unit**2 for total in sums)

    @cached_property
    def top(self) -> float:
        """The top eigenvalue of K, measured (in doubles)."""
        from scipy.sparse.linalg import eigsh

        start = np.ones(len(self.units))
        found = eigsh(self.doubles(), k=1, which="LA", v0=start, return_eigenvectors=False)
        return float(found[0])

    def doubles(self) -> npt.NDArray[np.float64]:
        """K in doubles, nearly."""
        return self.units.astype(np.float64) * float(self.unit)

    def fingerprint(self) -> str:
        """The SHA-256 of entries and weights, all exact."""
        weights = self.p if self.counts is None else self.counts
        head = f"large {len(self.units)} {self.unit} {' '.join(map(str, weights))}\n"
        return sha256(head.encode() + self.units.astype("<i8").tobytes()).hexdigest()

    def heading(self) -> dict[str, Any]:
        """How the envelope of a result names this data."""
        return {
            "data": {"name": self.name, "sha256": self.fingerprint(), "unit": exact_text(self.unit)},
            "kernel": self.origin.fields(),
        }


def _sums(units: npt.NDArray[np.int64], weights: list[int]) -> list[int]:
    return [sum(w * k * k for w, k in zip(weights, row.tolist(), strict=True)) for row in units]


def _fast_sums(units: npt.NDArray[np.int64], weights: list[int]) -> list[int]:
    """In 64 bits: K = 2^21 h + l with |h|, l < 2^21, and weights whose sum is below 2^20."""
    w = np.array(weights, np.int64)
    high, low = units >> _HALF, units & ((1 << _HALF) - 1)
    parts = [(high * high) @ w, (high * low) @ w, (low * low) @ w]
    return [(int(a) << 2 * _HALF) + (int(b) << _HALF + 1) + int(c) for a, b, c in zip(*parts, strict=True)]
