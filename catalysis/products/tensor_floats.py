"""Powers of a walk in doubles, for finding witnesses: in a basis in which |e^(tensor k)| = |e|^k.

Single samples are symmetric in their own coordinates, and so are their powers: large ones are then searched without
the matrix of the map Q -> E A^T Q A.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from catalysis.products.operators import (
    DenseMap,
    Floats,
    FloatWalk,
    GeneralWalk,
    Leading,
    PositiveMap,
    SelfAdjointMap,
)
from catalysis.products.tensor import lifted_power, monomials

_DENSE_SIZE = 12
_DENSE_ENTRIES = 32_000_000


def power_floats(fine: FloatWalk, order: int, *, symmetric: bool) -> FloatWalk:
    """The power of a walk in doubles; `symmetric` if its matrices are."""
    scale = _scale(fine.size, order)
    steps = lifted_power(fine.matrices(), order) * scale[:, None] / scale
    back = scale[:, None] * lifted_power(fine.back[None], order)[0]
    if not symmetric:
        return GeneralWalk(fine.p, back, steps)
    return SymmetricWalk(fine.p, back, (steps + np.swapaxes(steps, 1, 2)) / 2)


def _scale(size: int, order: int) -> Floats:
    """(k!/alpha!)^(1/2) for every monomial."""
    ways = [
        math.factorial(order) // math.prod(map(math.factorial, Counter(word).values()))
        for word in monomials(size, order)
    ]
    return np.sqrt(np.array(ways, dtype=np.float64))


class SymmetricWalk(GeneralWalk):
    """Symmetric matrices: the map Q -> E A Q A is self-adjoint."""

    def weighted(self, v: Floats, shift: float = 0.0) -> PositiveMap:
        n = self.size * (self.size + 1) // 2
        if self.size <= _DENSE_SIZE and len(self.p) * n * n <= _DENSE_ENTRIES:
            operator = np.tensordot(v, self._lifted, axes=1)
            return DenseMap(operator + shift * np.eye(n), self.size, symmetric=True)
        scaled = v[:, None, None] * self.steps

        def apply(q: Floats) -> Floats:
            q = (q + q.T) / 2
            image: Floats = np.tensordot(scaled, q @ self.steps, axes=([0, 2], [0, 1]))
            return (image + image.T) / 2 + shift * q

        corners = np.diagonal(self.steps, axis1=1, axis2=2)
        return SelfAdjointMap(apply, (corners.T * v) @ corners + shift)

    def growing(self) -> Leading:
        spectra = [np.linalg.eigh(a) for a in self.steps]
        values, vectors = max(spectra, key=lambda pair: float(np.abs(pair[0]).max()))
        w = vectors[:, int(np.argmax(np.abs(values)))]
        q = np.outer(w, w)
        return Leading(float(np.abs(values).max() ** 2), q, q)
