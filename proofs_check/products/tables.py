"""Matrices as tables of integers over one denominator: reading, products, sums. All work is booked first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from operator import mul
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.data import MOST_SCALE_BITS, common_scale
from proofs_check.core.reading import items, number
from proofs_check.core.refusal import Refused

Rows = Sequence[Sequence[int]]

MOST_ROWS = 20_000


@dataclass(frozen=True)
class Numbers:
    """The rationals top[i]/den."""

    top: tuple[int, ...]
    den: int

    def __getitem__(self, i: int) -> Fraction:
        return Fraction(self.top[i], self.den)

    @cached_property
    def bits(self) -> int:
        return max(self.den, *map(abs, self.top)).bit_length()

    @property
    def total(self) -> Fraction:
        return Fraction(sum(self.top), self.den)

    def times(self, other: "Numbers", work: Work) -> "Numbers":
        """The products, entry by entry."""
        work.spend(len(self.top), max(self.bits, other.bits))
        return Numbers(tuple(map(mul, self.top, other.top)), self.den * other.den)


@dataclass(frozen=True)
class Table:
    """The matrix rows[i][j]/den."""

    rows: Rows
    den: int = 1

    @cached_property
    def bits(self) -> int:
        """The size of the longest integer in it."""
        largest = max((max(max(row), -min(row)) for row in self.rows), default=0)
        return max(largest, self.den).bit_length()

    @cached_property
    def columns(self) -> "Table":
        """The transposed matrix."""
        return Table([list(column) for column in zip(*self.rows, strict=True)], self.den)

    def is_symmetric(self) -> bool:
        columns = zip(*self.rows, strict=True)
        return all(tuple(row) == column for row, column in zip(self.rows, columns, strict=True))


def unit(size: int) -> Table:
    """I."""
    return Table([[int(i == j) for j in range(size)] for i in range(size)])


def as_numbers(values: list[Fraction], work: Work, what: str) -> Numbers:
    """A list that is not empty over a common denominator."""
    return Numbers(*common_scale(values, work, what))


def read_numbers(value: Any, where: str, count: int, work: Work) -> Numbers:
    """A list of `count` exact numbers."""
    listed = items(value, where)
    if len(listed) != count:
        raise Refused(f"{where} does not have {count} entries")
    return as_numbers([number(v, where) for v in listed], work, where)


def read_pairs(value: Any, where: str, count: int, work: Work) -> tuple[Numbers, Numbers]:
    """A list of `count` pairs of exact numbers: the first ones, the second ones."""
    pairs = items(value, where)
    if len(pairs) != count or any(len(items(pair, where)) != 2 for pair in pairs):
        raise Refused(f"{where} does not have {count} pairs")
    first, second = ([pair[k] for pair in pairs] for k in (0, 1))
    return read_numbers(first, where, count, work), read_numbers(second, where, count, work)


def read_table(value: Any, where: str, work: Work) -> Table:
    """A list of rows of exact numbers, all of one length that is not 0."""
    rows = items(value, where)
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Refused(f"{where} does not have 1 to {MOST_ROWS} rows")
    width = len(items(rows[0], where))
    if width == 0 or any(len(items(row, where)) != width for row in rows):
        raise Refused(f"{where} has rows of different lengths or none")
    work.spend(2 * width * len(rows))
    top, den = common_scale([number(v, where) for row in rows for v in row], work, where)
    return Table([list(top[k : k + width]) for k in range(0, len(top), width)], den)


def read_symmetric(value: Any, where: str, size: int, work: Work) -> Table:
    """A symmetric table of `size` rows."""
    table = read_table(value, where, work)
    if len(table.rows) != size or len(table.rows[0]) != size:
        raise Refused(f"{where} is not a table of {size} by {size}")
    if not table.is_symmetric():
        raise Refused(f"{where} is not symmetric")
    return table


def product(a: Table, b: Table, work: Work) -> Table:
    """a b^T: the scalar products of the rows of a with the rows of b."""
    work.spend_on_rows(len(a.rows) * len(b.rows) * len(a.rows[0]), max(a.bits, b.bits))
    return Table([[sum(map(mul, x, y)) for y in b.rows] for x in a.rows], a.den * b.den)


def diagonal(a: Table, b: Table, work: Work) -> Numbers:
    """The diagonal of a b^T: a_i . b_i for the rows of a and b."""
    work.spend_on_rows(len(a.rows) * len(a.rows[0]), max(a.bits, b.bits))
    top = tuple(sum(map(mul, x, y)) for x, y in zip(a.rows, b.rows, strict=True))
    return Numbers(top, a.den * b.den)


def forms(q: Table, a: Table, work: Work) -> Numbers:
    """a_i^T Q a_i for every row a_i of a; Q symmetric."""
    return diagonal(product(a, q, work), a, work)


def weighted(v: Numbers, a: Table, b: Table, work: Work) -> Table:
    """sum v_i a_i b_i^T over the rows of a and b."""
    work.spend_on_rows(len(a.rows) * len(a.rows[0]), max(v.bits, a.bits))
    scaled = Table([list(map(mul, v.top, column)) for column in a.columns.rows], v.den * a.den)
    return product(scaled, b.columns, work)


def combination(terms: Iterable[tuple[Fraction, Table]], work: Work) -> Table:
    """sum f M over the pairs (f, M), over the least denominator that serves, without a common divisor."""
    listed = list(terms)
    den = 1
    for f, m in listed:
        work.spend_on_divisions(1, den.bit_length() + m.den.bit_length() + f.denominator.bit_length())
        den = lcm(den, f.denominator * m.den)
    if den.bit_length() > MOST_SCALE_BITS:
        raise Refused("a matrix has a common denominator that is too large")
    factors = [f.numerator * (den // (f.denominator * m.den)) for f, m in listed]
    size = len(listed[0][1].rows) * len(listed[0][1].rows[0])
    work.spend_on_rows(2 * len(listed) * size, max(map(int.bit_length, factors)))
    rows = [
        [sum(map(mul, factors, entries)) for entries in zip(*lines, strict=True)]
        for lines in zip(*(m.rows for _, m in listed), strict=True)
    ]
    return Table(rows, den)


def reduced(table: Table, work: Work) -> Table:
    """The same matrix without a common divisor of its integers."""
    work.spend_on_divisions(len(table.rows) * len(table.rows[0]), table.bits)
    common = gcd(table.den, *(v for row in table.rows for v in row))
    return Table([[v // common for v in row] for row in table.rows], table.den // common)
