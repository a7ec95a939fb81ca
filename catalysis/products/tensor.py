"""The walk of symmetric tensors: A_i acts on the monomials of degree k in the state. Lemma V15.

A bound of its moment function at t is one of k(k t), so one quadratic form of tensors is exact at the moment 2k.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import fmpz_mat

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import whole
from catalysis.products.walk import MatrixWalk, Ratio

MAX_ORDER = 8
"""The largest order that is searched."""
MAX_POWER = 100
"""The largest dimension of a power of vector data, one sample a step."""
MAX_GENERAL_POWER = 21
"""The largest dimension of a power of other matrices, whose powers no basis makes symmetric."""
MAX_WORK = 3_000_000
"""The largest cost of one proof, in units of a certificate's reader."""
_WITNESS_BITS = 100


def power_dimension(dimension: int, order: int) -> int:
    """How many monomials of degree `order` there are in so many variables."""
    return math.comb(dimension + order - 1, order)


def monomials(dimension: int, order: int) -> list[tuple[int, ...]]:
    """x_(i_1) ... x_(i_k) with i_1 <= ... <= i_k, in the order of these lists."""
    return list(combinations_with_replacement(range(dimension), order))


def lifted_power(steps: npt.NDArray[Any], order: int) -> npt.NDArray[Any]:
    """S^k of the matrices `steps` (m, d, d) on monomials: row `word` holds the product of the forms A_(i_j) x."""
    size = steps.shape[-1]
    rows = steps
    for k in range(2, order + 1):
        words, shorter = monomials(size, k), monomials(size, k - 1)
        place = {word: r for r, word in enumerate(words)}
        row_of = {word: r for r, word in enumerate(shorter)}
        raised = [[place[tuple(sorted((*word, j)))] for word in shorter] for j in range(size)]
        out = np.zeros((len(steps), len(words), len(words)), dtype=steps.dtype)
        for r, (first, *rest) in enumerate(words):
            known = rows[:, row_of[tuple(rest)], :]
            for j in range(size):
                out[:, r, raised[j]] += steps[:, first, j, None] * known
        rows = out
    return rows


def symmetric_power(walk: MatrixWalk, order: object) -> MatrixWalk:
    """The walk S^k(A_i) on monomials of degree k = `order`, exactly; minibatches are enumerated.

    Raises InputError beyond MAX_POWER monomials.
    """
    k = whole(order, "order", least=1, most=MAX_POWER)
    size = power_dimension(walk.dimension, k)
    if size > MAX_POWER:
        raise InputError(f"order: expected at most {MAX_POWER} monomials, found {size}")
    single = walk.expanded()
    tops = np.array([step.top.tolist() for step in single.steps], dtype=object)
    tops = np.vectorize(int, otypes=[object])(tops)
    raised = lifted_power(tops, k).tolist()
    matrices = tuple(
        tuple(tuple(Fraction(v, den) for v in row) for row in rows)
        for rows, den in zip(raised, (step.den**k for step in single.steps), strict=True)
    )
    return MatrixWalk(walk.name, "matrices", matrices=matrices, p=single.weights)


def norm_power(n: Ratio, order: int, *, inverse: bool = False) -> Ratio:
    """M with v(x)^T M v(x) = (x^T N x)^k, W S(N) with W_aa = k!/a!; if `inverse`, the inverse of that of N^-1."""
    if order == 1:
        return n
    raised = lifted_power(np.array([[[int(v) for v in row] for row in n.top.tolist()]], dtype=object), order)[
        0
    ]
    scales = [_orders_of(word) for word in monomials(n.top.nrows(), order)]
    den, whole = n.den**order, math.factorial(order)
    if inverse:
        rows = [[whole // f * v for f, v in zip(scales, row, strict=True)] for row in raised.tolist()]
        return Ratio(fmpz_mat(rows), den * whole)
    return Ratio(
        fmpz_mat([[f * v for v in row] for f, row in zip(scales, raised.tolist(), strict=True)]), den
    )


def _orders_of(word: tuple[int, ...]) -> int:
    """k!/a!: in how many orders the factors of a monomial can stand."""
    return math.factorial(len(word)) // math.prod(math.factorial(word.count(i)) for i in set(word))


def within_reach(walk: MatrixWalk, order: int) -> bool:
    """Whether proofs by this power are searched for: beyond the limits above neither they nor their check are quick.

    `walk` has single steps. In one dimension V3 is exact, powers are idle.
    """
    if walk.dimension < 2:
        return False
    size = power_dimension(walk.dimension, order)
    if size > (MAX_GENERAL_POWER if walk.rank_one is None else MAX_POWER):
        return False
    return 2 * walk.size * size**3 * _unit_cost(_bits(walk) * order + _WITNESS_BITS) <= MAX_WORK


def _bits(walk: MatrixWalk) -> int:
    return max(max(step.den, *(abs(int(v)) for v in step.top.entries())).bit_length() for step in walk.steps)


def _unit_cost(bits: int) -> float:
    """What one product of integers of this length costs a reader."""
    return 0.25 + (bits * math.isqrt(bits) >> 13)


def orders(walk: MatrixWalk) -> Iterator[int]:
    """The orders from 2 on that are within reach."""
    for order in range(2, MAX_ORDER + 1):
        if not within_reach(walk, order):
            return
        yield order
