"""Lemma V15: the walk of symmetric tensors, A_i acting on the monomials of degree k in the state.

Hypotheses: S is the matrix with (A x)^a = sum S_ab x^b for all monomials x^a, x^b of degree k, in the order of their
index lists i_1 <= ... <= i_k. The walk with the matrices S of A_1, ..., A_m has a moment bound at t.
Conclusion: the same bound holds for k(s), s = k t, of the walk itself.
"""

from dataclasses import replace
from itertools import combinations_with_replacement
from math import comb, factorial, prod

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.products.listing import step_matrix
from proofs_check.products.tables import Rows, Table
from proofs_check.products.walk import Walk

MOST_MONOMIALS = 120
MOST_ORDER = 32

Polynomial = dict[tuple[int, ...], int]


def power_walk(walk: Walk, order: int) -> Walk:
    """The walk of the powers of a walk with single steps; refused where it is too large."""
    walk.require_single()
    if not 1 <= order <= MOST_ORDER or comb(walk.size + order - 1, order) > MOST_MONOMIALS:
        raise Refused(f"a power of order {order} is too large or none")
    matrices = tuple(symmetric_power(step_matrix(walk, i), order, walk.work) for i in range(walk.count))
    frame = replace(
        walk.frame, kind="state", size=len(matrices[0].rows), a=None, b=None, pivots=(), inner=None
    )
    return replace(walk, frame=frame, matrices=matrices)


def norm_power(n: Table, order: int, work: Work) -> Table:
    """M with v(x)^T M v(x) = (x^T N x)^k: W S(N), W diagonal with the k!/a!; N symmetric."""
    if order == 1:
        return n
    power, scales = symmetric_power(n, order, work), multiplicities(len(n.rows), order)
    work.spend(len(scales) ** 2, power.bits)
    return Table([[f * v for v in row] for f, row in zip(scales, power.rows, strict=True)], power.den)


def inverse_power(n: Table, order: int, work: Work) -> Table:
    """The inverse of `norm_power` of N^-1: S(N) W^-1."""
    if order == 1:
        return n
    power, scales = symmetric_power(n, order, work), multiplicities(len(n.rows), order)
    whole = factorial(order)
    work.spend(len(scales) ** 2, power.bits)
    rows = [[whole // f * v for f, v in zip(scales, row, strict=True)] for row in power.rows]
    return Table(rows, power.den * whole)


def multiplicities(size: int, order: int) -> list[int]:
    """k!/a! for all monomials: in how many orders the factors of each can stand."""
    words = combinations_with_replacement(range(size), order)
    return [factorial(order) // prod(factorial(word.count(i)) for i in set(word)) for word in words]


def symmetric_power(m: Table, order: int, work: Work) -> Table:
    """The rows (A x)^a as polynomials of degree `order`, one linear form after the other."""
    size = len(m.rows)
    words = list(combinations_with_replacement(range(size), order))
    for degree in range(
        1, order + 1
    ):  # all products of so many forms, by all monomials so far and one variable
        count = comb(size + degree - 1, degree) * comb(size + max(degree - 2, 0), degree - 1) * size
        work.spend(3 * count, degree * m.bits)
    products: dict[tuple[int, ...], Polynomial] = {(): {(): 1}}
    for degree in range(1, order + 1):
        products = {
            word: _times_form(products[word[:-1]], m.rows, word[-1])
            for word in combinations_with_replacement(range(size), degree)
        }
    return Table([[products[row].get(word, 0) for word in words] for row in words], m.den**order)


def _times_form(known: Polynomial, rows: Rows, j: int) -> Polynomial:
    """A polynomial times the linear form (A x)_j."""
    found: Polynomial = {}
    for word, value in known.items():
        for variable, entry in enumerate(rows[j]):
            if entry:
                place = tuple(sorted((*word, variable)))
                found[place] = found.get(place, 0) + value * entry
    return found
