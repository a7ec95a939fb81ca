"""In doubles: the map T_v(Q) = sum v_i A_i^T Q A_i, its leading eigenvector, and solutions of (level - T) Q = I.

For finding witnesses, never for proving: what comes out is rounded and then verified exactly (docs/products.md).
Walks on vector data are looked at in orthonormal coordinates that diagonalise `Sigma = E g g^T`: there T is
self-adjoint, and kernels whose eigenvalues lie far apart are tame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import nearest_double
from catalysis.products.definite import scaled_float
from catalysis.products.walk import MatrixWalk, Ratio

Floats = npt.NDArray[np.float64]

_DENSE_ENTRIES = 8_000_000
_DENSE_UNKNOWNS = 210
_KEPT = 12
_TIES = 1e-9
_CONVERGED = 1e-11


def as_floats(ratio: Ratio) -> Floats:
    """The nearest doubles, nearly."""
    bits = ratio.den.bit_length()
    den = scaled_float(ratio.den, -bits)
    return np.array([[scaled_float(int(v), -bits) / den for v in row] for row in ratio.top.tolist()])


@dataclass(frozen=True)
class Leading:
    """The leading eigenvalue of a positive map, its eigenvector `q` (trace 1) and that of the adjoint map, `z`."""

    value: float
    q: Floats
    z: Floats


class PositiveMap(Protocol):
    """A linear map on symmetric matrices that keeps positive semidefinite ones so."""

    def image(self, q: Floats) -> Floats: ...

    def leading(self, start: Leading | None = None) -> Leading: ...

    def resolvent(self, level: float, top: Leading) -> Floats:
        """Q with level Q - T(Q) = I for a level above the leading eigenvalue, = -I for one just below it."""


class FloatWalk(Protocol):
    """A walk in doubles. `back` turns a matrix Q of these coordinates into one of the walk's own: back^T Q back."""

    @property
    def p(self) -> Floats: ...

    @property
    def back(self) -> Floats: ...

    @property
    def size(self) -> int: ...

    def weighted(self, v: Floats, shift: float = 0.0) -> PositiveMap:
        """Q -> T_v(Q) + shift Q."""

    def whole_step(self) -> PositiveMap:
        """The second moment of a whole step (V5b)."""

    def energies(self, z: Floats, q: Floats) -> Floats:
        """The numbers <Z, A_i^T Q A_i>."""

    def matrices(self) -> Floats:
        """The single steps, shape (m, d, d)."""

    def ranges(self, q: Floats) -> tuple[Floats, Floats]:
        """The least and the largest ratio of A_i^T Q A_i to Q > 0."""

    def combination(self, v: Floats, q: Floats) -> Floats:
        """T_v(Q)."""

    def growing(self) -> Leading:
        """The eigenvector of the step with the largest eigenvalue, as a start for searches at large s."""


def float_walk(walk: MatrixWalk) -> FloatWalk:
    """The walk in the coordinates that suit it."""
    p = np.array([nearest_double(v) for v in walk.weights])
    r = walk.rank_one
    if r is None:
        steps = np.array([as_floats(step) for step in walk.steps])
        return GeneralWalk(p, np.eye(walk.dimension), steps)
    if r.metric is None:
        g: Floats = as_floats(r.left)
        back: Floats = np.eye(walk.dimension)
    else:
        factor = _square_root(as_floats(r.metric))
        g, back = as_floats(r.right) @ factor, np.linalg.inv(factor).astype(np.float64)
    sigma, axes = np.linalg.eigh((g.T * p) @ g)
    sigma = np.maximum(sigma, 0.0)
    eta, keep = nearest_double(walk.eta), nearest_double(walk.keep)
    return SampleWalk(p, axes.T @ back, g @ axes, sigma, eta, keep, nearest_double(walk.sharing))


def _square_root(metric: Floats) -> Floats:
    """L with L L^T = K, from eigenvalues: it never fails."""
    values, vectors = np.linalg.eigh(metric)
    root: Floats = vectors * np.sqrt(np.maximum(values, values[-1] * 1e-17))
    return root


def symmetric_basis(size: int) -> Floats:
    """An orthonormal basis of the symmetric matrices, shape (size (size + 1)/2, size, size); not to be written to."""
    return _known_basis(size) if size <= _KEPT else _basis(size)


@cache
def _known_basis(size: int) -> Floats:
    return _basis(size)


def _basis(size: int) -> Floats:
    rows, columns = np.triu_indices(size)
    basis = np.zeros((len(rows), size, size))
    k = np.arange(len(rows))
    scale = np.where(rows == columns, 1.0, np.sqrt(0.5))
    basis[k, rows, columns] = scale
    basis[k, columns, rows] = scale
    basis.flags.writeable = False
    return basis


@dataclass(frozen=True)
class SampleWalk:
    """Single samples and batches of vector data: A_i = keep - eta g_i g_i^T, with Sigma = diag(sigma)."""

    p: Floats
    back: Floats
    g: Floats
    sigma: Floats
    eta: float
    keep: float
    sharing: float

    @property
    def size(self) -> int:
        return len(self.sigma)

    @property
    def _dense(self) -> bool:
        n = self.size * (self.size + 1) // 2
        return n <= 78 and len(self.p) * n * n <= _DENSE_ENTRIES

    @cached_property
    def _lifted(self) -> Floats:
        return lifted(self.matrices())

    def matrices(self) -> Floats:
        outer = self.g[:, :, None] * self.g[:, None, :]
        found: Floats = self.keep * np.eye(self.size) - self.eta * outer
        return found

    def weighted(self, v: Floats, shift: float = 0.0) -> PositiveMap:
        if self._dense:
            operator = np.tensordot(v, self._lifted, axes=1)
            return DenseMap(operator + shift * np.eye(len(operator)), self.size, symmetric=True)
        return self._sparse(v, shift, 1.0)

    def whole_step(self) -> PositiveMap:
        if self.sharing == 1.0:
            return self.weighted(self.p)
        if self._dense:
            mean = np.diag(self.keep - self.eta * self.sigma)
            operator = self.sharing * np.tensordot(self.p, self._lifted, axes=1)
            operator += (1 - self.sharing) * lifted(mean[None])[0]
            return DenseMap(operator, self.size, symmetric=True)
        return self._sparse(self.p, 0.0, self.sharing)

    def _sparse(self, v: Floats, shift: float, sharing: float) -> PositiveMap:
        total = float(v.sum())
        slope = (self.g.T * v) @ self.g
        mean = self.keep - self.eta * self.sigma
        both = np.outer(mean, mean)

        def apply(q: Floats) -> Floats:
            q = (q + q.T) / 2  # rounding must not grow an antisymmetric part
            image = slope @ q
            loads = v * np.einsum("ij,ij->i", self.g @ q, self.g)
            single = (self.keep**2 * total + shift) * q - self.eta * self.keep * (image + image.T)
            single += self.eta**2 * (self.g.T * loads) @ self.g
            found: Floats = single if sharing == 1.0 else sharing * single + (1 - sharing) * both * q
            return found

        decay = self.eta * self.keep * total * (self.sigma[:, None] + self.sigma[None, :])
        return SelfAdjointMap(apply, self.keep**2 * total + shift - decay)

    def energies(self, z: Floats, q: Floats) -> Floats:
        gz, gq = self.g @ z, self.g @ q
        across = np.einsum("ij,ij->i", gz, gq)
        own = np.einsum("ij,ij->i", gz, self.g) * np.einsum("ij,ij->i", gq, self.g)
        found: Floats = self.keep**2 * np.sum(z * q) - 2 * self.eta * self.keep * across + self.eta**2 * own
        return found

    def ranges(self, q: Floats) -> tuple[Floats, Floats]:
        if self.size == 1:
            return general_ranges(self.matrices(), q)
        load = np.einsum("ij,ij->i", self.g @ q, self.g)
        span = np.einsum("ij,ij->i", self.g @ np.linalg.inv(q), self.g)
        own = np.einsum("ij,ij->i", self.g, self.g)
        tau = self.eta**2 * load * span - 2 * self.eta * self.keep * own
        delta = np.minimum((self.eta * self.keep) ** 2 * (own**2 - span * load), 0.0)
        root = np.sqrt(np.maximum(tau**2 / 4 - delta, 0.0))
        return np.maximum(self.keep**2 + tau / 2 - root, 0.0), self.keep**2 + tau / 2 + root

    def combination(self, v: Floats, q: Floats) -> Floats:
        image = ((self.g.T * v) @ self.g) @ q
        loads = v * np.einsum("ij,ij->i", self.g @ q, self.g)
        found: Floats = self.keep**2 * v.sum() * q - self.eta * self.keep * (image + image.T)
        found += self.eta**2 * (self.g.T * loads) @ self.g
        return found

    def growing(self) -> Leading:
        squares = np.einsum("ij,ij->i", self.g, self.g)
        sizes = np.abs(self.keep - self.eta * squares)
        k = int(np.argmax(np.where(squares > 0, sizes, -1.0)))
        q = np.outer(self.g[k], self.g[k])
        q = q / max(float(np.trace(q)), 1e-300)
        return Leading(float(sizes[k] ** 2), q, q)


@dataclass(frozen=True)
class GeneralWalk:
    """General matrices, kept as they are."""

    p: Floats
    back: Floats
    steps: Floats

    @property
    def size(self) -> int:
        return int(self.steps.shape[1])

    @cached_property
    def _lifted(self) -> Floats:
        return lifted(self.steps)

    def matrices(self) -> Floats:
        return self.steps

    def weighted(self, v: Floats, shift: float = 0.0) -> PositiveMap:
        n = self.size * (self.size + 1) // 2
        if n <= _DENSE_UNKNOWNS and len(self.p) * n * n <= 4 * _DENSE_ENTRIES:
            operator = np.tensordot(v, self._lifted, axes=1)
        else:
            operator = sum(w * lifted(a[None])[0] for w, a in zip(v, self.steps, strict=True))
        return DenseMap(operator + shift * np.eye(n), self.size, symmetric=False)

    def whole_step(self) -> PositiveMap:
        return self.weighted(self.p)

    def energies(self, z: Floats, q: Floats) -> Floats:
        images = np.swapaxes(self.steps, 1, 2) @ q @ self.steps
        found: Floats = np.einsum("iab,ab->i", images, z)
        return found

    def ranges(self, q: Floats) -> tuple[Floats, Floats]:
        return general_ranges(self.steps, q)

    def combination(self, v: Floats, q: Floats) -> Floats:
        found: Floats = np.einsum("i,iab->ab", v, np.swapaxes(self.steps, 1, 2) @ q @ self.steps)
        return found

    def growing(self) -> Leading:
        spectra = [np.linalg.eig(a.T) for a in self.steps]
        k = int(np.argmax([np.abs(values).max() for values, _ in spectra]))
        values, vectors = spectra[k]
        w = np.real(vectors[:, int(np.argmax(np.abs(values)))])
        q = np.outer(w, w) / max(float(w @ w), 1e-300)
        return Leading(float(np.abs(values).max() ** 2), q, q)


def general_ranges(steps: Floats, q: Floats) -> tuple[Floats, Floats]:
    """By singular values: the ratios are those of R^T A R^-T with Q = R R^T."""
    root = np.linalg.cholesky(q)
    squares = np.linalg.svd(root.T @ steps @ np.linalg.inv(root).T, compute_uv=False) ** 2
    return squares[:, -1].astype(np.float64), squares[:, 0].astype(np.float64)


def lifted(steps: Floats) -> Floats:
    """The maps Q -> A^T Q A in the basis of symmetric matrices, shape (m, n, n)."""
    size = steps.shape[1]
    basis = symmetric_basis(size)
    flat = basis.reshape(len(basis), -1)
    out = np.empty((len(steps), len(basis), len(basis)))
    for i, a in enumerate(steps):
        out[i] = flat @ (a.T @ basis @ a).reshape(len(basis), -1).T
    return out


@dataclass(frozen=True)
class DenseMap:
    """A map on symmetric matrices as its matrix in their orthonormal basis."""

    operator: Floats
    size: int
    symmetric: bool

    @cached_property
    def _basis(self) -> Floats:
        return symmetric_basis(self.size).reshape(len(self.operator), -1)

    @cached_property
    def _spectrum(self) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh((self.operator + self.operator.T) / 2)
        return values, vectors

    def image(self, q: Floats) -> Floats:
        return self._matrix(self.operator @ (self._basis @ q.ravel()))

    def _matrix(self, coordinates: Floats) -> Floats:
        return (coordinates @ self._basis).reshape(self.size, self.size)

    @cached_property
    def _identity(self) -> Floats:
        found: Floats = self._basis @ np.eye(self.size).ravel()
        return found

    def leading(self, start: Leading | None = None) -> Leading:
        if not self.symmetric:
            return self._general_leading()
        values, vectors = self._spectrum
        near = vectors[:, values > values[-1] - _TIES * max(1.0, abs(values[-1]))]
        q = self._matrix(near @ (near.T @ self._identity))
        q = q / np.trace(q)
        return Leading(float(values[-1]), q, q)

    def _general_leading(self) -> Leading:
        values, right = np.linalg.eig(self.operator)
        k = int(np.argmax(values.real))
        others, left = np.linalg.eig(self.operator.T)
        j = int(np.argmin(abs(others - values[k])))
        found = [self._matrix(np.real(v)) for v in (right[:, k], left[:, j])]
        q, z = (m / (np.trace(m) or 1.0) for m in found)
        return Leading(float(values[k].real), q, z)

    def resolvent(self, level: float, top: Leading) -> Floats:
        n = len(self.operator)
        found: Floats = np.linalg.solve(level * np.eye(n) - self.operator, self._identity).astype(np.float64)
        return self._matrix(found if level > top.value else -found)


Pair = tuple[Floats, Floats]
"""A symmetric matrix and its image."""


def _best(pairs: list[Pair]) -> list[Pair]:
    """Rayleigh and Ritz: the combination with the largest quotient, and the step that led to it."""
    norms = [float(np.linalg.norm(v)) for v, _ in pairs]
    vectors = np.array([v.ravel() / n for (v, _), n in zip(pairs, norms, strict=True)])
    images = np.array([w.ravel() / n for (_, w), n in zip(pairs, norms, strict=True)])
    overlap = vectors @ vectors.T
    scale, turn = np.linalg.eigh(overlap)
    good = scale > 1e-13 * scale[-1]
    white = turn[:, good] / np.sqrt(scale[good])
    inner = white.T @ (vectors @ images.T) @ white
    weights = white @ np.linalg.eigh((inner + inner.T) / 2)[1][:, -1]
    away = weights.copy()
    away[0] = 0.0
    shape = pairs[0][0].shape
    found = [((c @ vectors).reshape(shape), (c @ images).reshape(shape)) for c in (weights, away)]
    return [(v, w) for v, w in found if np.linalg.norm(v) > 0]


@dataclass(frozen=True)
class SelfAdjointMap:
    """A self-adjoint positive map given by its action, nearly diagonal: `diagonal` is used to precondition."""

    apply: Callable[[Floats], Floats]
    diagonal: Floats

    def image(self, q: Floats) -> Floats:
        return self.apply(q)

    def _preconditioner(self, level: float) -> Floats:
        """1/(level - diagonal), bounded where the diagonal itself comes near the level."""
        gap = np.abs(level - self.diagonal)
        third = float(np.partition(gap.ravel(), min(3, gap.size - 1))[min(3, gap.size - 1)])
        found: Floats = 1 / np.maximum(gap, max(third / 4, 1e-300))
        return found

    def leading(self, start: Leading | None = None) -> Leading:
        """LOBPCG with one vector: the best combination of iterate, preconditioned residual and last step."""
        q = self._first() if start is None else start.q
        q = q / np.linalg.norm(q)
        pairs = [(q, self.apply(q))]
        value = 0.0
        for _ in range(300 if start is None else 40):
            q, image = pairs[0]
            value = float(np.sum(q * image))
            residual = image - value * q
            if np.linalg.norm(residual) <= _CONVERGED * max(1.0, abs(value)):
                break
            ahead = residual * self._preconditioner(value)
            ahead = ahead / np.linalg.norm(ahead)
            pairs = _best([pairs[0], (ahead, self.apply(ahead)), *pairs[1:]])
        q = pairs[0][0]
        trace = float(np.trace(q))
        q = (q + q.T) / (2 * trace) if trace else q
        return Leading(value, q, q)

    def _first(self) -> Floats:
        gap = np.abs(np.diag(self.diagonal) - float(self.diagonal.max()))
        return np.diag(1 / (gap + max(float(np.partition(gap, 1)[1] if len(gap) > 1 else 1.0), 1e-300)))

    def resolvent(self, level: float, top: Leading) -> Floats:
        """The part along the leading eigenvector exactly, the rest by conjugate gradients."""
        unit = top.q / np.linalg.norm(top.q)
        share = float(np.trace(unit))
        rest = np.eye(len(unit)) - share * unit
        part = self._solve(level, unit, rest)
        along = share / abs(level - top.value) * unit
        return along + part if level > top.value else along - part

    def _solve(self, level: float, unit: Floats, right: Floats) -> Floats:
        """x orthogonal to unit with (level - T) x = right there."""

        def project(m: Floats) -> Floats:
            found: Floats = m - np.sum(m * unit) * unit
            return found

        scale = self._preconditioner(level)
        x, r = np.zeros_like(right), right
        z = project(scale * r)
        direction, rz = z, float(np.sum(r * z))
        for _ in range(400):
            image = project(level * direction - self.apply(direction))
            curvature = float(np.sum(direction * image))
            if curvature <= 0 or rz == 0:
                break
            x = x + rz / curvature * direction
            r = r - rz / curvature * image
            if np.linalg.norm(r) < 0.02:
                break
            z = project(scale * r)
            rz, old = float(np.sum(r * z)), rz
            direction = z + rz / old * direction
        return (x + x.T) / 2
