"""Lemma V7: polytope norms N, for a walk of single steps and s >= 1.

Hypotheses, upper (N the gauge of the hull of +-v_j): for each j and i, A_i v_j is a combination of the vertices of a
basis, r_ij the sum of the absolute values of its coefficients; sum_i p_i r_ij^s <= rho for each j.
Lower (N(e) = max |f_j . e|): for each j, G_i = sum_l c_il f_l, w_i = sum_l |c_il|; sum p_i A_i^T G_i = x_j f_j +
sum x_k f_k over a basis that begins with f_j, and x_j - sum |x_k| >= rho + (s - 1) sum p_i (w_i/s)^(s/(s-1)) (s = 1:
all w_i <= 1 and the last sum is 0).
Conclusion: E N(A e)^s <= rho N(e)^s (>=) for every e; N is a norm, since every basis spans.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, index, items, number
from proofs_check.linear.moment import moment
from proofs_check.products.definite import require_semidefinite
from proofs_check.products.listing import step_matrix
from proofs_check.products.powers import PRECISIONS
from proofs_check.products.tables import Numbers, Table, combination, forms, product, read_table, weighted
from proofs_check.products.walk import Walk

MOST_DIMENSION = 8

Vector = Sequence[int]


@dataclass(frozen=True)
class Polytope:
    """The vertices (upper) or the functionals (lower) of a norm, and the walk it is used for."""

    walk: Walk
    vectors: Table
    upper: bool

    @property
    def size(self) -> int:
        return self.walk.size

    @cached_property
    def steps(self) -> tuple[Table, ...]:
        return tuple(step_matrix(self.walk, i) for i in range(self.walk.count))

    def images(self, i: int) -> Table:
        """A_i v_j for all vertices, or A_i^T f_j for all functionals: what a step makes of the vectors."""
        return product(self.vectors, self.steps[i] if self.upper else self.steps[i].columns, self.walk.work)

    def gauges(self, i: int, bases: Any, where: str) -> list[Fraction]:
        """For each vector the size of its image in the basis named: at least N(A_i v_j) (the dual norm)."""
        found, listed = self.images(i), items(bases, where)
        if len(listed) != len(self.vectors.rows):
            raise Refused(f"{where} does not have a basis for each vector")
        return [
            self.gauge(found.rows[j], found.den, self.basis(listed[j], f"{where}[{j}]"), f"{where}[{j}]")
            for j in range(len(listed))
        ]

    def basis(self, value: Any, where: str, first: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The indices of d vectors."""
        listed = items(value, where)
        if len(listed) != self.size - len(first):
            raise Refused(f"{where} does not name a basis")
        return (*first, *(self.one(k, where) for k in listed))

    def one(self, value: Any, where: str) -> int:
        k = index(value, where)
        if k >= len(self.vectors.rows):
            raise Refused(f"{where}: {k} is not the index of a vector")
        return k

    def gauge(self, target: Vector, den: int, basis: tuple[int, ...], where: str) -> Fraction:
        return sum(map(abs, self.shares(target, den, basis, where)), Fraction(0))

    def shares(self, target: Vector, den: int, basis: tuple[int, ...], where: str) -> list[Fraction]:
        """x with sum x_k v_k = target/den over a basis; refused if it is none."""
        rows = [self.vectors.rows[k] for k in basis]
        found = solution(rows, target, self.walk.work)
        if found is None:
            raise Refused(f"{where}: the vectors named do not span")
        tops, below = found
        bits = max(map(abs, (*tops, below))).bit_length() + self.vectors.den.bit_length() + den.bit_length()
        self.walk.work.spend_on_divisions(3 * self.size, bits)
        return [Fraction(x * self.vectors.den, below * den) for x in tops]


def solution(rows: Sequence[Vector], target: Vector, work: Work) -> tuple[list[int], int] | None:
    """Integers x and d != 0 with sum x_k rows_k = d target (elimination without fractions); None if there are none."""
    size = len(rows)
    bits = max(max(abs(v) for v in row) for row in (*rows, target)).bit_length()
    work.spend(size**3 + size**2 + 8, size * (bits + size))
    m = [[row[k] for row in rows] + [target[k]] for k in range(size)]
    last = 1
    for k in range(size):
        pivot = next((i for i in range(k, size) if m[i][k]), None)
        if pivot is None:
            return None
        m[k], m[pivot] = m[pivot], m[k]
        for i in range(size):
            if i != k:
                m[i] = [(m[k][k] * a - m[i][k] * b) // last for a, b in zip(m[i], m[k], strict=True)]
        last = m[k][k]
    return [row[size] for row in m], last


def read_polytope(walk: Walk, value: Any, where: str, *, upper: bool) -> Polytope:
    if walk.size > MOST_DIMENSION:
        raise Refused(f"{where}: the form polytope is for at most {MOST_DIMENSION} dimensions")
    vectors = read_table(value, f"{where}.vectors", walk.work)
    if len(vectors.rows[0]) != walk.size:
        raise Refused(f"{where}.vectors are not of dimension {walk.size}")
    return Polytope(walk, vectors, upper)


def require_vertices(polytope: Polytope, s: Fraction, rho: Fraction, bases: Any, where: str) -> None:
    """The upper side of V7."""
    walk = polytope.walk
    listed = items(bases, f"{where}.bases")
    if len(listed) != walk.count:
        raise Refused(f"{where}.bases does not have an entry for each step")
    rows = [polytope.gauges(i, listed[i], f"{where}.bases[{i}]") for i in range(walk.count)]
    for j, column in enumerate(zip(*rows, strict=True)):
        if not mean_at_most(column, walk.p, s, rho, walk.work):
            raise Refused(f"{where}: vertex {j} grows by more than rho")


def require_functionals(
    polytope: Polytope, s: Fraction, rho: Fraction, bases: Any, multiples: Any, where: str
) -> None:
    """The lower side of V7."""
    walk, count = polytope.walk, len(polytope.vectors.rows)
    first, second = items(bases, f"{where}.bases"), items(multiples, f"{where}.multiples")
    if len(first) != count or len(second) != walk.count:
        raise Refused(f"{where} has not a basis for each functional and multiples for each step")
    table = [items(row, f"{where}.multiples") for row in second]
    if any(len(row) != count for row in table):
        raise Refused(f"{where}.multiples does not have an entry for each functional")
    for j in range(count):
        here = f"{where}, functional {j}"
        sums = [_combined(polytope, row[j], here) for row in table]
        shares = _pulled(polytope, [total for total, _ in sums], polytope.basis(first[j], here, (j,)), here)
        margin = shares[0] - sum(map(abs, shares[1:]), Fraction(0)) - rho
        if not spent_at_most([size for _, size in sums], walk.p, s, margin, walk.work):
            raise Refused(f"{here} does not grow by rho")


def _combined(polytope: Polytope, value: Any, where: str) -> tuple[list[Fraction], Fraction]:
    """G = sum c_l f_l (times the denominator of the functionals) and sum |c_l|."""
    total, size = [Fraction(0)] * polytope.size, Fraction(0)
    for entry in items(value, where):
        pair = items(entry, where)
        if len(pair) != 2:
            raise Refused(f"{where}: a multiple is not a pair")
        k, c = polytope.one(pair[0], where), number(pair[1], where)
        bits = polytope.vectors.bits + 2 * max(c.numerator.bit_length(), c.denominator.bit_length())
        polytope.walk.work.spend_on_divisions(2 * polytope.size + 2, bits + _bits(total))
        total = [t + c * v for t, v in zip(total, polytope.vectors.rows[k], strict=True)]
        size += abs(c)
    return total, size


def _bits(values: Sequence[Fraction]) -> int:
    return max(v.denominator.bit_length() + abs(v.numerator).bit_length() for v in values)


def _pulled(
    polytope: Polytope, sums: list[list[Fraction]], basis: tuple[int, ...], where: str
) -> list[Fraction]:
    """The coefficients of sum p_i A_i^T G_i in a basis of functionals."""
    walk, size = polytope.walk, polytope.size
    total = [Fraction(0)] * size
    for i, (own, step) in enumerate(zip(sums, polytope.steps, strict=True)):
        walk.work.spend_on_divisions(2 * size * size, _bits(own) + _bits(total) + step.bits + walk.p.bits)
        scale = walk.p[i] / step.den
        total = [
            t + scale * sum((own[r] * step.rows[r][c] for r in range(size)), Fraction(0))
            for c, t in enumerate(total)
        ]
    den = lcm(*(v.denominator for v in total))
    tops = [int(v * den) for v in total]
    return [x / polytope.vectors.den for x in polytope.shares(tops, den, basis, where)]


def mean_at_most(bases: Sequence[Fraction], weights: Numbers, s: Fraction, rho: Fraction, work: Work) -> bool:
    """Whether sum w_i base_i^s <= rho is proved, for bases >= 0 and s > 0."""
    pairs = [(q.numerator, q.denominator) for q in bases]
    for prec in PRECISIONS:
        low, high = moment(pairs, weights.top, weights.den, s, prec, work)
        if high is not None and high <= rho * (1 << prec):
            return True
        if low > rho * (1 << prec):
            return False
    return False


def spent_at_most(
    slopes: Sequence[Fraction], weights: Numbers, s: Fraction, margin: Fraction, work: Work
) -> bool:
    """(s - 1) sum p_i (w_i/s)^(s/(s-1)) <= margin; s = 1: w_i <= 1 and the margin is not negative."""
    if s == 1:
        return margin >= 0 and max(slopes) <= 1
    return mean_at_most([w / s for w in slopes], weights, s / (s - 1), margin / (s - 1), work)


def inverse(m: Table, work: Work, where: str) -> Table:
    """The inverse of a symmetric matrix."""
    size = len(m.rows)
    columns = []
    for k in range(size):
        found = solution(m.rows, [int(i == k) * m.den for i in range(size)], work)
        if found is None:
            raise Refused(f"{where}: the norm is not definite")
        columns.append([Fraction(x, found[1]) for x in found[0]])
    den = lcm(*(v.denominator for column in columns for v in column))
    return Table([[int(v * den) for v in column] for column in columns], den)


def require_range(
    polytope: Polytope, n: Table, back: Table, alpha: Fraction, beta: Fraction, where: str
) -> None:
    """alpha |e|_N^2 <= N(e)^2 <= beta |e|_N^2, `back` the inverse of the matrix n of the Euclidean norm.

    Vertices: all in the ball of radius alpha^(-1/2); the support function max |v_j . x| is at least the square root of
    the mean of (v_j . x)^2. Functionals: likewise, with both sides exchanged.
    """
    work, count = polytope.walk.work, len(polytope.vectors.rows)
    middle, inner, outer = (n, back, 1 / alpha) if polytope.upper else (back, n, beta)
    sizes = forms(middle, polytope.vectors, work)
    if Fraction(max(sizes.top), sizes.den) > outer:
        raise Refused(f"{where}: a vector is too long")
    mean = weighted(Numbers((1,) * count, count), polytope.vectors, polytope.vectors, work)
    least = 1 / beta if polytope.upper else alpha
    gap = combination([(Fraction(1), mean), (-least, inner)], work)
    require_semidefinite(gap, work, f"{where}: the mean of the vectors")


def require_steps(polytope: Polytope, reach: Fraction, bases: Any, where: str) -> None:
    """N(A_i e) <= R N(e) for all i: A_i v_j (A_i^T f_j) is a combination of size at most R."""
    listed = items(bases, where)
    if len(listed) != polytope.walk.count:
        raise Refused(f"{where} does not have an entry for each step")
    for i in range(polytope.walk.count):
        if max(polytope.gauges(i, listed[i], f"{where}[{i}]")) > reach:
            raise Refused(f"{where}: step {i} is larger than largest_step")
