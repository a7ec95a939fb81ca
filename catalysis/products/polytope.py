"""Polytopes as witnesses for k(s), s >= 1, and their exact verification. Lemma V7.

Upper: vertices v_j and, for each image A_i v_j, a basis of vertices whose combination it is. Lower: functionals f_j,
multiples of them for every step, and a basis that begins with f_j. Everything else is worked out from the walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Literal

from flint import arb, fmpq, fmpq_mat, fmpz_mat

from catalysis.exact.balls import ball, precision
from catalysis.products.walk import MatrixWalk, Ratio

IntegerMatrix = tuple[tuple[int, ...], ...]
Basis = tuple[int, ...]
Multiple = tuple[int, Fraction]

_BITS = 96


@dataclass(frozen=True)
class HullProof:
    """k(s) <= log rho by the hull of +-v_j; `bases[i][j]`: indices of vertices of which A_i v_j is a combination."""

    s: Fraction
    rho: Fraction
    vectors: IntegerMatrix
    bases: tuple[tuple[Basis, ...], ...]
    side: Literal["upper", "lower"] = "upper"
    form: str = "polytope"

    def holds(self, walk: MatrixWalk) -> bool:
        if self.s < 1 or self.rho <= 0 or not walk.single or not _fits(self.vectors, walk):
            return False
        if len(self.bases) != walk.size or any(len(row) != len(self.vectors) for row in self.bases):
            return False
        if not are_bases(chain.from_iterable(self.bases), len(self.vectors), walk.dimension):
            return False
        gauges = [self._gauges(step, row) for step, row in zip(walk.steps, self.bases, strict=True)]
        if any(column is None for column in gauges):
            return False
        rows = zip(*(column for column in gauges if column is not None), strict=True)
        with precision(_BITS):
            return all(_mean(walk.weights, row, self.s) <= ball(self.rho) for row in rows)

    def _gauges(self, step: Ratio, bases: Sequence[Basis]) -> list[Fraction] | None:
        """At least N(A_i v_j), for each j."""
        images = (fmpz_mat([list(v) for v in self.vectors]) * step.top.transpose()).tolist()
        found = []
        for image, basis in zip(images, bases, strict=True):
            shares = coefficients([self.vectors[k] for k in basis], image)
            if shares is None:
                return None
            found.append(sum(map(abs, shares), Fraction(0)) / step.den)
        return found


@dataclass(frozen=True)
class FunctionalProof:
    """k(s) >= log rho by N(e) = max |f_j . e|.

    For each j: `multiples[i][j]` are c_l with G_i = sum c_l f_l, and `bases[j]` are the indices that complete j to a
    basis, in which sum p_i A_i^T G_i is written.
    """

    s: Fraction
    rho: Fraction
    vectors: IntegerMatrix
    bases: tuple[Basis, ...]
    multiples: tuple[tuple[tuple[Multiple, ...], ...], ...]
    side: Literal["upper", "lower"] = "lower"
    form: str = "polytope"

    def holds(self, walk: MatrixWalk) -> bool:
        n = len(self.vectors)
        if self.s < 1 or self.rho <= 0 or not walk.single or not _fits(self.vectors, walk):
            return False
        if (
            len(self.bases) != n
            or len(self.multiples) != walk.size
            or any(len(row) != n for row in self.multiples)
        ):
            return False
        whole = ((j, *basis) for j, basis in enumerate(self.bases))
        listed = (k for row in self.multiples for entry in row for k, _ in entry)
        if not are_bases(whole, n, walk.dimension) or not all(0 <= k < n for k in listed):
            return False
        with precision(_BITS):
            return all(self._row_holds(walk, j) for j in range(n))

    def _row_holds(self, walk: MatrixWalk, j: int) -> bool:
        pulled, sizes = fmpq_mat(1, walk.dimension), []
        for p, step, row in zip(walk.weights, walk.steps, self.multiples, strict=True):
            sizes.append(sum((abs(c) for _, c in row[j]), Fraction(0)))
            own = [
                sum((c * self.vectors[k][r] for k, c in row[j]), Fraction(0)) for r in range(walk.dimension)
            ]
            scale = fmpq(p.numerator, p.denominator * step.den)
            pulled += scale * (_row(own) * fmpq_mat(step.top))
        basis = [self.vectors[k] for k in (j, *self.bases[j])]
        shares = coefficients(basis, pulled.entries())
        if shares is None:
            return False
        margin = shares[0] - sum(map(abs, shares[1:]), Fraction(0)) - self.rho
        return spent_at_most(walk.weights, sizes, self.s, margin)


PolytopeProof = HullProof | FunctionalProof


def _fits(vectors: IntegerMatrix, walk: MatrixWalk) -> bool:
    return bool(vectors) and all(len(v) == walk.dimension for v in vectors)


def are_bases(bases: Iterator[Basis], count: int, dimension: int) -> bool:
    return all(len(basis) == dimension and all(0 <= k < count for k in basis) for basis in bases)


def _row(values: Sequence[Fraction]) -> fmpq_mat:
    return fmpq_mat([[fmpq(v.numerator, v.denominator) for v in values]])


def coefficients(basis: Sequence[Sequence[int]], target: Sequence[Any]) -> list[Fraction] | None:
    """x with sum x_k basis_k = target; None if the basis is none."""
    matrix = fmpq_mat(fmpz_mat([list(v) for v in basis]).transpose())
    try:
        found = matrix.solve(fmpq_mat([[fmpq(v)] for v in target])).entries()
    except ZeroDivisionError:
        return None
    return [Fraction(int(x.p), int(x.q)) for x in found]


def _power(base: Fraction, s: Fraction) -> arb:
    if s.denominator == 1:
        return ball(base) ** s.numerator
    return arb(0) if base == 0 else (ball(base).log() * ball(s)).exp()


def _mean(p: Sequence[Fraction], sizes: Sequence[Fraction], s: Fraction) -> arb:
    """sum p_i size_i^s."""
    return sum((ball(w) * _power(x, s) for w, x in zip(p, sizes, strict=True)), arb(0))


def spent_at_most(p: Sequence[Fraction], slopes: Sequence[Fraction], s: Fraction, bound: Fraction) -> bool:
    """(s - 1) sum p_i (w_i/s)^(s/(s-1)) <= bound; for s = 1: all w_i <= 1, and bound >= 0."""
    if s == 1:
        return bound >= 0 and max(slopes) <= 1
    return bool(ball(s - 1) * _mean(p, [w / s for w in slopes], s / (s - 1)) <= ball(bound))
