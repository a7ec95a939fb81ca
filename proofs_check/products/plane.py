"""Lemmas V8 and V16 for a product of 2 x 2 matrices: the inequality on the cells of a table, and its constants."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.arithmetic import log_precision, log_ratio, power
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, items
from proofs_check.products.cells import MOST_CELLS, Inequality
from proofs_check.products.cells import Table as Cells
from proofs_check.products.images import Matrix
from proofs_check.products.tables import read_numbers
from proofs_check.products.walk import Walk

ONE = Fraction(1)
PREC = 96


@dataclass(frozen=True)
class Plane:
    """A walk of dimension 2 and a function v of the direction."""

    walk: Walk
    table: Cells

    @cached_property
    def matrices(self) -> tuple[Matrix, ...]:
        """The A_i, general or c I - eta a_i b_i^T."""
        if self.walk.size != 2 or not self.walk.single:
            raise Refused("the form cells needs single steps of dimension 2")
        return tuple(_matrix(self.walk, i) for i in range(self.walk.count))

    def require(self, s: Fraction | None, bound: Fraction, side: str) -> None:
        """V8a (V8b if s is None)."""
        p = tuple(self.walk.p[i] for i in range(self.walk.count))
        Inequality(self.matrices, p, s, bound, side).check(self.table, self.walk.work)

    def require_until(self, eta: Fraction, bound: Fraction, side: str) -> None:
        """V16: V8b for all learning rates from that of the walk up to eta; A_i is affine in them."""
        last = Plane(self.walk.at(eta), self.table).matrices
        pairs = list(zip(self.matrices, last, strict=True))
        middles, spreads = ([_mean(a, b, sign) for a, b in pairs] for sign in (1, -1))
        p = tuple(self.walk.p[i] for i in range(self.walk.count))
        asked = Inequality(tuple(middles), p, None, bound, side, tuple((b,) for b in spreads))
        asked.check(self.table, self.walk.work)

    def require_each(self, s: Fraction, bound: Fraction) -> None:
        """V(A_i e) <= bound V(e) for every i, V = n^s v."""
        for matrix in self.matrices:
            Inequality((matrix,), (ONE,), s, bound, "upper").check(self.table, self.walk.work)

    @property
    def row_sum(self) -> Fraction:
        """The largest sum of the absolute values of a row: n(A_i e) is at most this times n(e)."""
        return max(sum(map(abs, row), Fraction(0)) for matrix in self.matrices for row in matrix)

    @property
    def spread(self) -> Fraction:
        """max v/min v."""
        return max(self.table.values) / min(self.table.values)


def _mean(a: Matrix, b: Matrix, sign: int) -> Matrix:
    """(b + a)/2, or (b - a)/2."""
    (p, q), (r, s) = (
        ((y + sign * x) / 2 for x, y in zip(*rows, strict=True)) for rows in zip(a, b, strict=True)
    )
    return (p, q), (r, s)


def _matrix(walk: Walk, i: int) -> Matrix:
    if walk.matrices:
        m = walk.matrices[i]
        (p, q), (r, s) = m.rows
        return (Fraction(p, m.den), Fraction(q, m.den)), (Fraction(r, m.den), Fraction(s, m.den))
    a, b = walk.ab
    u, v = ([Fraction(x, t.den) for x in t.rows[i]] for t in (a, b))
    c, eta = walk.c, walk.eta
    return (
        (c - eta * u[0] * v[0], -eta * u[0] * v[1]),
        (-eta * u[1] * v[0], c - eta * u[1] * v[1]),
    )


def read_table_of_cells(table: dict[str, Any], where: str, work: Work) -> Cells:
    """`nodes` and `values`."""
    count = len(items(table["nodes"], f"{where}.nodes"))
    if not 2 <= count <= MOST_CELLS:
        raise Refused(f"{where}.nodes does not have 2 to {MOST_CELLS} entries")
    nodes, values = (read_numbers(table[key], f"{where}.{key}", count, work) for key in ("nodes", "values"))
    work.spend_on_divisions(2 * count, max(nodes.bits, values.bits))
    return Cells(tuple(nodes[i] for i in range(count)), tuple(values[i] for i in range(count)))


def power_below(base: Fraction, exponent: Fraction, work: Work) -> Fraction:
    """A dyadic number at most base^exponent, for base >= 1."""
    return Fraction(_power(base, exponent, work)[0], 1 << PREC)


def power_above(base: Fraction, exponent: Fraction, work: Work) -> Fraction:
    """A dyadic number at least base^exponent, for base >= 1."""
    high = _power(base, exponent, work)[1]
    if high is None:
        raise Refused("a power is too large")
    return Fraction(high, 1 << PREC)


def _power(base: Fraction, exponent: Fraction, work: Work) -> tuple[int, int | None]:
    wide = log_precision(exponent, PREC)
    work.spend_on_logs(2, wide, max(base.numerator, base.denominator).bit_length())
    return power(log_ratio(base.numerator, base.denominator, wide), wide, exponent, PREC)
