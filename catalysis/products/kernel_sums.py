"""The few sums of a kernel that closed forms need (V20): K_ii, tau_i, and the top eigenvalue from both sides.

All are exact, in O(m^2) products of integers; doubles only suggest the vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from catalysis.exact.numbers import decimal_above
from catalysis.products.kernel import VectorData
from catalysis.products.large_kernel import LargeKernel

Kernel = VectorData | LargeKernel
Floats = npt.NDArray[np.float64]

_VECTOR_BITS = 18
_ITERATIONS = 60
_DIGITS = 10
_HALF = 21
_WEIGHTS_BELOW = 1 << 20


@dataclass(frozen=True)
class Entries:
    """K = unit times integers, p = weights/total; exact products with vectors."""

    rows: Sequence[Sequence[int]] | npt.NDArray[np.int64]
    unit: Fraction
    weights: tuple[int, ...]
    total: int

    @classmethod
    def of(cls, kernel: Kernel) -> Entries:
        if isinstance(kernel, LargeKernel):
            return cls(kernel.units, kernel.unit, *_common(kernel.p))
        top, den = kernel.gram
        return cls([[int(v) for v in row] for row in top.tolist()], Fraction(1, den), *_common(kernel.p))

    @cached_property
    def doubles(self) -> Floats:
        """K in doubles, nearly, over its largest entry."""
        if isinstance(self.rows, np.ndarray):
            return self.rows / float(np.abs(self.rows).max())
        largest = max(max(map(abs, row)) for row in self.rows)
        return np.array([[v / largest for v in row] for row in self.rows])

    def times(self, v: Sequence[int], *, absolute: bool = False) -> list[int]:
        """The integers K v / unit, or |K| v / unit."""
        if not isinstance(self.rows, np.ndarray):
            sign = abs if absolute else int
            return [sum(sign(k) * x for k, x in zip(row, v, strict=True)) for row in self.rows]
        rows = np.abs(self.rows) if absolute else self.rows
        if sum(map(abs, v)) >> (62 - _HALF):
            return [sum(k * x for k, x in zip(row.tolist(), v, strict=True)) for row in rows]
        high, low = rows >> _HALF, rows & ((1 << _HALF) - 1)
        w = np.array(v, np.int64)
        return [
            (int(a) << _HALF) + int(b) for a, b in zip((high @ w).tolist(), (low @ w).tolist(), strict=True)
        ]


def _common(p: Sequence[Fraction]) -> tuple[tuple[int, ...], int]:
    den = math.lcm(*(v.denominator for v in p))
    return tuple(v.numerator * (den // v.denominator) for v in p), den


@dataclass(frozen=True)
class TopEigenvalue:
    """Of Sigma = sum p_i g_i g_i^T: at most `upper` by the positive `vector` (None: the mean K_ii); at least `lower`.

    `lower` is a Rayleigh quotient at `direction`, coefficients of the features. V20.
    """

    upper: Fraction
    vector: tuple[int, ...] | None
    lower: Fraction
    direction: tuple[int, ...]


@dataclass(frozen=True)
class KernelSums:
    """K_ii, tau_i = sum_j p_j K_ij^2, and the top eigenvalue of Sigma. Exact."""

    diagonal: tuple[Fraction, ...]
    seconds: tuple[Fraction, ...]
    top: TopEigenvalue

    @cached_property
    def floats(self) -> tuple[Floats, Floats]:
        """K_ii and tau_i of the samples that do not vanish, over sigma and its square."""
        sigma = self.top.upper
        pairs = [(float(k / sigma), float(t / sigma**2)) for k, t in self.pairs]
        return np.array([k for k, _ in pairs]), np.array([t for _, t in pairs])

    @cached_property
    def pairs(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """(K_ii, tau_i) of the samples that do not vanish."""
        return tuple((k, t) for k, t in zip(self.diagonal, self.seconds, strict=True) if k)


def kernel_sums(kernel: Kernel) -> KernelSums:
    """What V20 needs of a kernel."""
    entries = Entries.of(kernel)
    seconds = _seconds(kernel, entries)
    return KernelSums(kernel.diagonal, seconds, _top(kernel, entries, seconds))


def _seconds(kernel: Kernel, entries: Entries) -> tuple[Fraction, ...]:
    if isinstance(kernel, LargeKernel):
        return kernel.second_moments
    scale = entries.unit**2 / entries.total
    sums = (sum(w * k * k for w, k in zip(entries.weights, row, strict=True)) for row in entries.rows)
    return tuple(int(s) * scale for s in sums)


def _top(kernel: Kernel, entries: Entries, seconds: Sequence[Fraction]) -> TopEigenvalue:
    upper, vector = mean_curvature(kernel), None
    found = _row_bound(entries, _positive_vector(entries))
    if found is not None and found[0] < upper:
        upper, vector = found
    lower, direction = _quotient(kernel, entries, seconds)
    return TopEigenvalue(Fraction(decimal_above(upper, _DIGITS)), vector, lower, direction)


def mean_curvature(kernel: Kernel) -> Fraction:
    """The trace of Sigma, sum p_i K_ii."""
    return sum((p * k for p, k in zip(kernel.p, kernel.diagonal, strict=True)), Fraction(0))


def _row_bound(entries: Entries, w: tuple[int, ...]) -> tuple[Fraction, tuple[int, ...]] | None:
    """max_i sum_j |K_ij| p_j w_j / w_i."""
    sums = entries.times([n * x for n, x in zip(entries.weights, w, strict=True)], absolute=True)
    worst = max(Fraction(s, x) for s, x in zip(sums, w, strict=True))
    return worst * entries.unit / entries.total, w


def _positive_vector(entries: Entries) -> tuple[int, ...]:
    """Near the Perron vector of |K| diag(p)."""
    matrix = np.abs(entries.doubles)
    p = np.array(entries.weights, float) / float(entries.total)
    w = np.ones(len(p))
    for _ in range(_ITERATIONS):
        w = matrix @ (p * w)
        w /= w.max()
    return tuple(max(1, round(x)) for x in (w * 2.0**_VECTOR_BITS).tolist())


def _quotient(
    kernel: Kernel, entries: Entries, seconds: Sequence[Fraction]
) -> tuple[Fraction, tuple[int, ...]]:
    """sum p_i (K y)_i^2 / (y^T K y), for y near p times the top eigenvector of K diag(p), or a sample."""
    loads = [t / k if k else Fraction(0) for k, t in zip(kernel.diagonal, seconds, strict=True)]
    best = max(range(len(loads)), key=loads.__getitem__)
    p = np.array(entries.weights, float) / float(entries.total)
    v = entries.doubles[best]  # the image of a sample: never 0
    for _ in range(_ITERATIONS):
        v = entries.doubles @ (p * v)
        v /= np.abs(v).max()
    w = p * v
    y = tuple(round(x) for x in (w / np.abs(w).max() * 2.0**_VECTOR_BITS).tolist())
    image = entries.times(y)
    over = sum(n * u * u for n, u in zip(entries.weights, image, strict=True))
    under = sum(x * u for x, u in zip(y, image, strict=True))
    found = over * entries.unit / (entries.total * under) if under > 0 else Fraction(0)
    return (
        (found, y) if found > loads[best] else (loads[best], tuple(int(i == best) for i in range(len(loads))))
    )
