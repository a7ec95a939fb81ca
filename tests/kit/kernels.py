"""Kernels like those of tanh networks on images, and the exact mean square by numpy, for comparison alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.products.kernel import VectorData

Floats = npt.NDArray[np.float64]


def tanh_like(samples: int, seed: int = 0) -> Floats:
    """Positive entries, K_ii from 0.7 to 0.93, one large eigenvalue."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, size=(samples, 30))
    x /= np.linalg.norm(x, axis=1)[:, None]
    c = x @ x.T
    found = 0.02 + 0.25 * c**4 + 0.2 * c**8 + 0.3 * c**30 + 0.02 * np.eye(samples)
    scale = np.sqrt(rng.uniform(0.7, 0.93, samples) / np.diag(found))
    return found * np.outer(scale, scale)


def rounded_kernel(matrix: Floats, bits: int = 40, **options: object) -> VectorData:
    """Exact data: entries rounded to multiples of 2^-bits."""
    upper = np.triu(np.rint(np.ldexp(matrix, bits)).astype(np.int64))
    units = upper + np.triu(upper, 1).T
    return VectorData.from_gram([[Fraction(int(v), 2**bits) for v in row] for row in units], **options)


def spectral_radius(
    matrix: Floats, p: Floats, kappa: float, beta: float, eta: float, rounds: int = 40
) -> float:
    """That of the m x m matrix of the fluctuations: at most 1 iff k(2) <= 0; inf where the mean step is unstable.

    A form Q in the eigenbasis of Sigma; the blocks beside P are solved for each pair of eigenvalues.
    """
    root = np.sqrt(p)
    sigma, vectors = np.linalg.eigh(root[:, None] * matrix * root)
    kept = sigma > 1e-13 * sigma[-1]
    sigma = sigma[kept]
    g = vectors[:, kept] / root[:, None] * np.sqrt(sigma)  # the features in the eigenbasis
    if eta * sigma[-1] >= 2 * (1 + beta):
        return np.inf
    m = 1 + beta - eta * sigma
    both, squares = np.outer(m, m), m[:, None] ** 2 + m**2
    rest = 1 - beta**2 - both + (beta * squares - 2 * beta**2 * both) / (1 - beta**2)
    rest += kappa * eta**2 * np.outer(sigma, sigma)
    phi, value = np.ones(len(p)), 0.0
    for _ in range(rounds):
        inner = kappa * eta**2 * (g.T * (p * phi)) @ g / rest
        image = np.einsum("ia,ia->i", g @ inner, g)
        value = float((p * image).sum() / (p * phi).sum())
        phi = image / image.max()
    return value


def mean_square_edge(matrix: Floats, p: Floats, kappa: float, beta: float, low: float, high: float) -> float:
    """Where the spectral radius passes 1, between `low` and `high`."""
    for _ in range(18):
        middle = (low + high) / 2
        if spectral_radius(matrix, p, kappa, beta, middle) > 1:
            high = middle
        else:
            low = middle
    return (low + high) / 2
