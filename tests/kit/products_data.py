"""Random rational vector data and momentum walks, and oracles in floats for random products of matrices."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from catalysis.products.walk import MatrixWalk

entries = st.fractions(min_value=-2, max_value=2, max_denominator=8)
_rates = st.fractions(min_value=Fraction(1, 2), max_value=6, max_denominator=20)
_betas = st.fractions(min_value=0, max_value=Fraction(9, 10), max_denominator=10)
_levels = st.fractions(min_value=Fraction(1, 5), max_value=3, max_denominator=10)
_curvatures = st.fractions(min_value=Fraction(1, 2), max_value=2, max_denominator=6)
_rows = {d: st.lists(st.tuples(*[entries] * d), min_size=1, max_size=4) for d in (1, 2, 3)}
_counts = {m: st.lists(st.integers(1, 5), min_size=m, max_size=m) for m in (1, 2, 3, 4)}


@st.composite
def feature_walks(draw: Any, *, dimensions: Any = (1, 2, 3), eta: Any = None, **options: Any) -> MatrixWalk:
    """Single samples with random features that do not all vanish; eta max K_ii between 1/2 and 6."""
    rows = [list(row) for row in draw(_rows[draw(st.sampled_from(list(dimensions)))])]
    if not any(any(row) for row in rows):
        rows[0][0] = Fraction(1)
    top = max(sum(x * x for x in row) for row in rows)
    rate = draw(_rates) / top
    counts = draw(_counts[len(rows)])
    return MatrixWalk.from_features(rows, eta=rate if eta is None else eta, counts=counts, **options)


@st.composite
def momentum_walks(draw: Any) -> MatrixWalk:
    beta, level = draw(_betas), draw(_levels)
    make = draw(st.sampled_from([MatrixWalk.heavy_ball, MatrixWalk.nesterov]))
    return make([1, draw(_curvatures)], level, beta)


def steps_of(walk: MatrixWalk) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The matrices and their probabilities, in doubles, read off the exact ones."""
    whole = walk.expanded()
    matrices = [[[int(v) / step.den for v in row] for row in step.top.tolist()] for step in whole.steps]
    return np.array(matrices), np.array([float(p) for p in whole.weights])


def radius(walk: MatrixWalk) -> float:
    """The spectral radius of E A (x) A."""
    matrices, p = steps_of(walk)
    operator = sum(w * np.kron(a, a) for w, a in zip(p, matrices, strict=True))
    return float(np.abs(np.linalg.eigvals(operator)).max())


def product_moment(walk: MatrixWalk, s: float, n: int) -> float:
    """E|A_n ... A_1|^s by enumeration: at least exp(n k(s))."""
    matrices, p = steps_of(walk)
    total = 0.0
    for word in itertools.product(range(len(p)), repeat=n):
        product = np.eye(matrices.shape[1])
        for i in word:
            product = matrices[i] @ product
        total += float(np.prod(p[list(word)])) * float(np.linalg.norm(product, 2)) ** s
    return total
