"""Spikes by polytope norms (V7, V11): the constants against named norms, and the largest step in the norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from catalysis.products.definite import is_semidefinite
from catalysis.products.operators import as_floats
from catalysis.products.polytope import Basis, IntegerMatrix, PolytopeProof, are_bases, coefficients
from catalysis.products.polytope_search import Hull
from catalysis.products.proofs import shortened
from catalysis.products.walk import MatrixWalk, Ratio

_SLACK = Fraction(1, 10**9)


def euclidean_range(matrix: Ratio, inverse: bool, proof: PolytopeProof) -> tuple[Fraction, Fraction]:
    """alpha and beta with alpha |e|_N^2 <= P(e)^2 <= beta |e|_N^2, N = matrix (or its inverse), P the polytope norm."""
    own = fmpq_mat(matrix.top) / fmpq(matrix.den)
    n, back = (own.inv(), own) if inverse else (own, own.inv())
    upper, vectors = proof.side == "upper", fmpq_mat(fmpz_mat([list(v) for v in proof.vectors]))
    longest = _longest(vectors, n if upper else back)
    mean, other = vectors.transpose() * vectors / fmpq(len(proof.vectors)), back if upper else n
    least = _least(mean, other)
    if upper:
        return shortened(1 / longest, up=False), shortened(1 / least, up=True)
    return shortened(least, up=False), shortened(longest, up=True)


def _longest(vectors: fmpq_mat, form: fmpq_mat) -> Fraction:
    images = (vectors * form).tolist()
    sizes = (
        sum((x * y for x, y in zip(u, v, strict=True)), fmpq(0))
        for u, v in zip(images, vectors.tolist(), strict=True)
    )
    return max(Fraction(int(x.p), int(x.q)) for x in sizes)


def _least(mean: fmpq_mat, other: fmpq_mat) -> Fraction:
    """A number x, nearly the largest, with mean >= x other."""
    a, b = (np.array([[float(v.p) / float(v.q) for v in row] for row in m.tolist()]) for m in (mean, other))
    root = np.linalg.inv(np.linalg.cholesky(b))
    x = Fraction(float(np.linalg.eigvalsh(root @ a @ root.T)[0]))
    for slack in (_SLACK, 1000 * _SLACK, Fraction(1, 1000)):
        found = shortened(x * (1 - slack), up=False)
        gap, _ = (mean - other * fmpq(found.numerator, found.denominator)).numer_denom()
        if found > 0 and is_semidefinite(gap):
            return found
    raise ArithmeticError("the mean of the vectors is not compared with a norm")


@dataclass(frozen=True)
class Reach:
    """R >= 1 with P(A_i e) <= R P(e), by a basis for each step and functional."""

    largest: Fraction
    bases: tuple[tuple[Basis, ...], ...]

    def holds(self, walk: MatrixWalk, vectors: IntegerMatrix) -> bool:
        if self.largest < 1 or len(self.bases) != walk.size:
            return False
        if not all(
            len(row) == len(vectors) and are_bases(iter(row), len(vectors), walk.dimension)
            for row in self.bases
        ):
            return False
        sizes = [_size(step, vectors, row) for step, row in zip(walk.steps, self.bases, strict=True)]
        return all(size is not None and size <= self.largest for size in sizes)


def _size(step: Ratio, vectors: IntegerMatrix, bases: Sequence[Basis]) -> Fraction | None:
    """The largest sum of coefficients of an A^T f_j."""
    images = (fmpz_mat([list(v) for v in vectors]) * step.top).tolist()
    largest = Fraction(0)
    for image, basis in zip(images, bases, strict=True):
        shares = coefficients([vectors[k] for k in basis], image)
        if shares is None:
            return None
        largest = max(largest, sum(map(abs, shares), Fraction(0)) / step.den)
    return largest


def reach(walk: MatrixWalk, vectors: IntegerMatrix) -> Reach | None:
    """The largest step in the norm of functionals."""
    hull = Hull(np.array(vectors, dtype=np.float64))
    matrices = np.array([as_floats(step) for step in walk.steps])
    images = np.einsum("nk,mkc->mnc", hull.points, matrices)
    place = hull.facets(images.reshape(-1, walk.dimension))[1]
    bases = tuple(
        tuple(tuple(b) for b in row)
        for row in hull.simplices[place].reshape(walk.size, -1, walk.dimension).tolist()
    )
    sizes = [_size(step, vectors, row) for step, row in zip(walk.steps, bases, strict=True)]
    if any(size is None for size in sizes):
        return None
    return Reach(shortened(max(Fraction(1), *(s for s in sizes if s is not None)), up=True, bits=40), bases)
