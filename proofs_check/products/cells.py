"""Lemma V8: a function of the direction whose mean after one step is compared with itself, cell by cell.

Hypotheses: A_1, ..., A_m are rational 2 x 2 matrices, p_i > 0 sum to 1, v is continuous and piecewise linear on the
circle of directions, tau in [0, 4): u = (1, tau - 1) up to 2, u = (3 - tau, 1) beyond; n is the maximum norm.
With s > 0 and v > 0: for every tau, sum p_i n(A_i u)^s v(tau(A_i u)) <= rho v(tau) (or >=).
Conclusion: k(s) <= log rho (or >= log rho), for every start. With log n(A_i u) + v in place of the power, and
"mean - v <= r" (or >=): lambda_1 <= r (or >= r), for every start.

Checked on each cell of v, or on parts [a, b] of it, by the mean value theorem: the value at the middle, and the
derivative over the part.
All directions are exact: y = A_i u is affine in tau, its norm is largest at an end, its direction turns one way, from
that of y(a) to that of y(b), at the speed det A_i / n^2.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from proofs_check.core.arithmetic import Interval, log_precision, log_ratio, power
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.linear.moment import product

Matrix = tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
Vector = tuple[Fraction, Fraction]

PREC = 96
MOST_CELLS = 40_000
CUTS = 3
"""A cell on which the slope varies too much is cut in two, so many times at most."""

CELL_COST, ARC_COST = 200, 6
"""Units for one matrix on one cell, and for each cell that its image meets."""


@dataclass(frozen=True)
class Table:
    """v: `values` at the `nodes` 0 = tau_0 < tau_1 < ... < 4, with 2 among them, linear between, of period 4."""

    nodes: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def check(self, *, positive: bool) -> None:
        """Refuse what is no such table."""
        nodes = self.nodes
        if not 2 <= len(nodes) <= MOST_CELLS or len(nodes) != len(self.values):
            raise Refused(f"a table has not 2 to {MOST_CELLS} nodes with a value each")
        if nodes[0] != 0 or nodes[-1] >= 4 or any(a >= b for a, b in pairwise(nodes)):
            raise Refused("the nodes of a table do not increase from 0 to below 4")
        if 2 not in nodes:
            raise Refused("2 is not among the nodes of a table")
        if positive and min(self.values) <= 0:
            raise Refused("a table of a power has a value that is not positive")

    def cell(self, tau: Fraction) -> int:
        """The cell k with nodes[k] <= tau < nodes[k + 1], 0 <= tau < 4."""
        return bisect_right(self.nodes, tau) - 1

    def end(self, k: int) -> Fraction:
        """The right end of the cell k."""
        return self.nodes[k + 1] if k + 1 < len(self.nodes) else Fraction(4)

    @cached_property
    def slopes(self) -> tuple[Fraction, ...]:
        """dv/dtau on every cell."""
        after = (*self.values[1:], self.values[0])
        return tuple((after[k] - v) / (self.end(k) - self.nodes[k]) for k, v in enumerate(self.values))

    def at(self, tau: Fraction) -> Fraction:
        """v(tau), 0 <= tau < 4."""
        k = self.cell(tau)
        return self.values[k] + self.slopes[k] * (tau - self.nodes[k])

    def arc(self, start: Fraction, end: Fraction) -> list[int]:
        """The cells met on the way up from start to end, around the circle if end < start."""
        first, last = self.cell(start), self.cell(end)
        if start <= end:
            return list(range(first, last + 1))
        return [*range(first, len(self.nodes)), *range(last + 1)]


def direction(y: Vector) -> Fraction:
    """tau of a vector that is not 0."""
    tau = y[1] / y[0] + 1 if abs(y[1]) <= abs(y[0]) else 3 - y[0] / y[1]
    return tau % 4


def unit(tau: Fraction) -> Vector:
    """The vector of norm 1 at tau, 0 <= tau <= 4."""
    return (Fraction(1), tau - 1) if tau <= 2 else (3 - tau, Fraction(1))


def apply(a: Matrix, u: Vector) -> Vector:
    """a u."""
    return a[0][0] * u[0] + a[0][1] * u[1], a[1][0] * u[0] + a[1][1] * u[1]


@dataclass(frozen=True)
class Inequality:
    """What is to hold on every cell: `exponent` s, or None for the logarithm; `side` "upper" (<=) or "lower" (>=)."""

    matrices: tuple[Matrix, ...]
    weights: tuple[Fraction, ...]
    exponent: Fraction | None
    bound: Fraction
    side: str

    def check(self, table: Table, work: Work) -> None:
        """V8: refuse unless the inequality holds on every cell of the table."""
        table.check(positive=self.exponent is not None)
        bits = PREC + max(_bits(q) for q in (*table.nodes, *table.values)) + self._bits()
        for k in range(len(table.nodes)):
            if not self._holds(table, k, (table.nodes[k], table.end(k)), CUTS, bits, work):
                raise Refused(f"the inequality of the cell {k} is not proved")

    def _holds(
        self, table: Table, k: int, piece: tuple[Fraction, Fraction], cuts: int, bits: int, work: Work
    ) -> bool:
        """Whether it is proved on a piece of the cell k, cut in two up to `cuts` times where that is needed."""
        work.spend(CELL_COST * len(self.matrices), bits)
        work.spend_on_logs(6 * len(self.matrices), PREC + self._power_bits())
        low, high = self._excess(table, k, piece, work)
        if (high <= 0) if self.side == "upper" else (low >= 0):
            return True
        middle = (piece[0] + piece[1]) / 2
        halves = (piece[0], middle), (middle, piece[1])
        return cuts > 0 and all(self._holds(table, k, half, cuts - 1, bits, work) for half in halves)

    def _bits(self) -> int:
        return max(_bits(q) for a in self.matrices for row in a for q in row)

    def _power_bits(self) -> int:
        return 0 if self.exponent is None else log_precision(self.exponent, 0)

    def _excess(self, table: Table, k: int, piece: tuple[Fraction, Fraction], work: Work) -> Interval:
        """The left side minus the right side on a piece: value at the middle, plus slope times [-half, half]."""
        a, b = piece
        middle, half = (a + b) / 2, (b - a) / 2
        factor = Fraction(1) if self.exponent is None else self.bound
        value = _exact(-factor * table.at(middle) - (self.bound if self.exponent is None else 0))
        slope = _exact(-factor * table.slopes[k])
        for matrix, weight in zip(self.matrices, self.weights, strict=True):
            ends = apply(matrix, unit(a)), apply(matrix, unit(b))
            y = apply(matrix, unit(middle))
            value = _add(value, _scaled(weight, self._value(table, y)))
            slope = _add(slope, _scaled(weight, self._slope(table, matrix, ends, b - a, work)))
        reach = max(abs(slope[0]), abs(slope[1]))
        spread = -(-reach * half.numerator // half.denominator)
        return value[0] - spread, value[1] + spread

    def _value(self, table: Table, y: Vector) -> Interval:
        """n(y)^s v, or log n(y) + v."""
        n = max(abs(y[0]), abs(y[1]))
        if n == 0:
            raise Refused("a direction is sent to 0")
        v = _exact(table.at(direction(y)))
        if self.exponent is None:
            return _add(log_ratio(n.numerator, n.denominator, PREC), v)
        return product(self._grown(n, n), v, PREC)

    def _slope(
        self, table: Table, matrix: Matrix, ends: tuple[Vector, Vector], width: Fraction, work: Work
    ) -> Interval:
        """The derivative along the cell: n^s (s n'/n v + v' det/n^2), or n'/n + v' det/n^2."""
        determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0]
        start, end = ends if determinant >= 0 else ends[::-1]
        smallest = max(_least(ends[0][j], ends[1][j]) for j in (0, 1))
        largest = max(abs(entry) for y in ends for entry in y)
        if smallest == 0:
            raise Refused("a cell may be sent to 0")
        cells = table.arc(direction(start), direction(end))
        work.spend(ARC_COST * len(cells))
        steep = [table.slopes[c] * determinant for c in cells]
        turned = _hull(s / n**2 for s in (min(steep), max(steep)) for n in (smallest, largest))
        growth = _hull(
            g
            for j in (0, 1)
            if not _never_largest(ends, j)
            for g in _growths((ends[0][j], ends[1][j]), width, smallest)
        )
        if self.exponent is None:
            return _outward(growth[0] + turned[0], growth[1] + turned[1])
        size = len(table.values)
        v = _hull(
            [
                table.at(direction(start)),
                table.at(direction(end)),
                *(table.values[c % size] for c in cells[1:]),
            ]
        )
        g = self.exponent * growth[0], self.exponent * growth[1]
        inner = _hull(x * w for x in g for w in v)
        return product(
            self._grown(smallest, largest), _outward(inner[0] + turned[0], inner[1] + turned[1]), PREC
        )

    def _grown(self, low: Fraction, high: Fraction) -> Interval:
        """n^s for low <= n <= high."""
        assert self.exponent is not None
        prec = log_precision(self.exponent, PREC)
        lower = power(log_ratio(low.numerator, low.denominator, prec), prec, self.exponent, PREC)
        upper = (
            lower
            if low == high
            else power(log_ratio(high.numerator, high.denominator, prec), prec, self.exponent, PREC)
        )
        if upper[1] is None:
            raise Refused("a power of a matrix is too large")
        return lower[0], upper[1]


def _least(a: Fraction, b: Fraction) -> Fraction:
    """The least |x| on the way from a to b."""
    return Fraction(0) if a * b <= 0 else min(abs(a), abs(b))


def _growths(
    ends: tuple[Fraction, Fraction], width: Fraction, smallest: Fraction
) -> tuple[Fraction, Fraction]:
    """Bounds of y'/y for an affine y, where |y| >= smallest: at the ends if y has one sign, as it is monotone then."""
    speed = (ends[1] - ends[0]) / width
    if ends[0] * ends[1] > 0:
        return speed / ends[0], speed / ends[1]
    return -abs(speed) / smallest, abs(speed) / smallest


def _never_largest(ends: tuple[Vector, Vector], j: int) -> bool:
    """Whether |y_j| <= |y_other| all along: |y_j| is convex, |y_other| is affine where it has one sign."""
    other = 1 - j
    if ends[0][other] * ends[1][other] <= 0:
        return False
    return all(abs(y[j]) <= abs(y[other]) for y in ends)


def _hull(values: Iterable[Fraction]) -> tuple[Fraction, Fraction]:
    listed = list(values)
    return min(listed), max(listed)


def _bits(q: Fraction) -> int:
    return q.numerator.bit_length() + q.denominator.bit_length()


def _exact(q: Fraction) -> Interval:
    return _outward(q, q)


def _outward(low: Fraction, high: Fraction) -> Interval:
    return (low.numerator << PREC) // low.denominator, -((-high.numerator << PREC) // high.denominator)


def _add(x: Interval, y: Interval) -> Interval:
    return x[0] + y[0], x[1] + y[1]


def _scaled(q: Fraction, x: Interval) -> Interval:
    """q x for q > 0."""
    return q.numerator * x[0] // q.denominator, -(-q.numerator * x[1] // q.denominator)
