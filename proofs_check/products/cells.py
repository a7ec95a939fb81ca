"""Lemmas V8 and V16: a function of the direction whose mean after one step is compared with itself, cell by cell.

Hypotheses: A_1, ..., A_m are rational 2 x 2 matrices, p_i > 0 sum to 1, v is continuous and piecewise linear on the
circle of directions, tau in [0, 4): u = (1, tau - 1) up to 2, u = (3 - tau, 1) beyond; n is the maximum norm.
With s > 0 and v > 0: for every tau, sum p_i n(A_i u)^s v(tau(A_i u)) <= rho v(tau) (or >=).
Conclusion: k(s) <= log rho (or >= log rho), for every start. With log n(A_i u) + v in place of the power, and
"mean - v <= r" (or >=): lambda_1 <= r (or >= r), for every start. With `spreads` (V16) all of this for every choice of
t_1, ..., t_K in [-1, 1] and the matrices A_i + sum t_k B_ik, the same t for all i; B_ik = 0 is left out.

Checked on each cell of v, or on parts [a, b] of it, by the mean value theorem: the value at the middle, t = 0, and the
derivatives by tau and by each t_k over the part and all t. A term whose y may vanish there is bounded as a whole.
All directions are exact: y = (A_i + sum t_k B_ik) u is affine in tau and in each t_k. So its entries are largest and
smallest at corners (tau at an end of the part, all t_k = 1 or -1), its directions lie between those of corners, and it
turns at the speed det/n^2 as tau moves, (y x B_ik u)/n^2 as t_k does.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from itertools import product as choices

from proofs_check.core.arithmetic import Interval, log_precision, log_ratio, power
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.linear.moment import product

Matrix = tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
Vector = tuple[Fraction, Fraction]
Range = tuple[Fraction, Fraction]

ZERO: Matrix = ((Fraction(0), Fraction(0)), (Fraction(0), Fraction(0)))

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


def cross(x: Vector, y: Vector) -> Fraction:
    """x_0 y_1 - x_1 y_0."""
    return x[0] * y[1] - x[1] * y[0]


@dataclass(frozen=True)
class Family:
    """All matrices center + sum t_k spread_k, |t_k| <= 1; `spread` holds (k, spread_k)."""

    center: Matrix
    spread: tuple[tuple[int, Matrix], ...] = ()

    @cached_property
    def corners(self) -> tuple[Matrix, ...]:
        """Those with all t_k = 1 or -1."""
        signs = choices((-1, 1), repeat=len(self.spread))
        return tuple(self._corner(chosen) for chosen in signs)

    def _corner(self, signs: tuple[int, ...]) -> Matrix:
        (a, b), (c, d) = self.center
        for sign, (_, ((e, f), (g, h))) in zip(signs, self.spread, strict=True):
            a, b, c, d = a + sign * e, b + sign * f, c + sign * g, d + sign * h
        return (a, b), (c, d)

    @cached_property
    def determinants(self) -> Range:
        """det is affine in each t_k but for t_k^2 det spread_k."""
        low, high = _hull(cross(*m) for m in self.corners)
        extra = sum((abs(cross(*m)) for _, m in self.spread), Fraction(0))
        return low - extra, high + extra

    @property
    def effort(self) -> int:
        """In units of one matrix without a spread."""
        return (1 + len(self.spread)) << len(self.spread)


@dataclass(frozen=True)
class Images:
    """What a family makes of a piece [a, b] of the circle: the corners of all y, and as many speeds for each move.

    `speeds[0]` are the derivatives by tau, the others those by the t_k; `turns` hold y x y' of each.
    """

    at: tuple[Vector, ...]
    speeds: tuple[tuple[Vector, ...], ...]
    turns: tuple[Range, ...]

    @classmethod
    def of(cls, family: Family, a: Fraction, b: Fraction) -> "Images":
        ends = unit(a), unit(b)
        at = tuple(apply(m, u) for m in family.corners for u in ends)
        ahead = (Fraction(0), Fraction(1)) if b <= 2 else (Fraction(-1), Fraction(0))
        columns = [apply(m, ahead) for m in family.corners]
        speeds, turns = [tuple(v for v in columns for _ in ends)], [family.determinants]
        for _, m in family.spread:
            moved = tuple(apply(m, u) for u in ends) * len(family.corners)
            bend = max(abs(cross(v, apply(m, ahead))) for v in columns) * ((b - a) / 2) ** 2
            low, high = _hull(map(cross, at, moved))
            speeds.append(moved)
            turns.append((low - bend, high + bend))  # of degree 2 in tau: at most `bend` outside its ends
        return cls(at, tuple(speeds), tuple(turns))

    def least(self, j: int) -> Fraction:
        """The least |y_j|."""
        low, high = _hull(y[j] for y in self.at)
        return max(low, -high, Fraction(0))

    @cached_property
    def sizes(self) -> Range:
        """The least and the largest norm."""
        return max(self.least(0), self.least(1)), max(abs(entry) for y in self.at for entry in y)

    def never_largest(self, j: int) -> bool:
        """Whether |y_j| <= |y_other| throughout: y_other has one sign, so both are affine in every move."""
        return self.least(1 - j) > 0 and all(abs(y[j]) <= abs(y[1 - j]) for y in self.at)

    @cached_property
    def places(self) -> tuple[Fraction, Fraction]:
        """The directions lie on the way up from the first to the second; the norm is nowhere 0."""
        j = 0 if self.least(0) > 0 else 1
        first, *others = (y if y[j] > 0 else (-y[0], -y[1]) for y in self.at)
        start = end = first
        for y in others:
            start = y if cross(start, y) < 0 else start
            end = y if cross(end, y) > 0 else end
        return direction(start), direction(end)

    def growth(self, move: int) -> Range:
        """The derivative of log n: y_j'/y_j where y_j is the largest (either, if |y_0| = |y_1| throughout)."""
        largest = [j for j in (0, 1) if not self.never_largest(j)] or [0]
        return _hull(g for j in largest for g in self._growths(j, self.speeds[move]))

    def _growths(self, j: int, speeds: tuple[Vector, ...]) -> Iterable[Fraction]:
        """Monotone in every move if y_j has one sign, so extreme at corners; else |y_j| is the norm."""
        if self.least(j) > 0:
            return [v[j] / y[j] for y, v in zip(self.at, speeds, strict=True)]
        steepest = max(abs(v[j]) for v in speeds) / self.sizes[0]
        return [-steepest, steepest]

    def turned(self, move: int, steep: Range) -> Range:
        """v' times the speed of the direction, y x y'/n^2."""
        turns = {s * t for s in steep for t in self.turns[move]}
        return _hull(x / n**2 for x in (min(turns), max(turns)) for n in self.sizes)


@dataclass(frozen=True)
class Inequality:
    """What is to hold on every cell: `exponent` s, or None for the logarithm; `side` "upper" (<=) or "lower" (>=).

    `spreads` (V16): for each matrix its B_i1, ..., B_iK.
    """

    matrices: tuple[Matrix, ...]
    weights: tuple[Fraction, ...]
    exponent: Fraction | None
    bound: Fraction
    side: str
    spreads: tuple[tuple[Matrix, ...], ...] = ()

    @cached_property
    def families(self) -> tuple[Family, ...]:
        spreads = self.spreads or ((),) * len(self.matrices)
        return tuple(
            Family(a, tuple((k, b) for k, b in enumerate(moved, 1) if b != ZERO))
            for a, moved in zip(self.matrices, spreads, strict=True)
        )

    def check(self, table: Table, work: Work) -> None:
        """V8, V16: refuse unless the inequality holds on every cell of the table."""
        table.check(positive=self.exponent is not None)
        bits = PREC + max(_bits(q) for q in (*table.nodes, *table.values)) + self._bits()
        for k in range(len(table.nodes)):
            if not self._holds(table, k, (table.nodes[k], table.end(k)), CUTS, bits, work):
                raise Refused(f"the inequality of the cell {k} is not proved")

    def _holds(
        self, table: Table, k: int, piece: tuple[Fraction, Fraction], cuts: int, bits: int, work: Work
    ) -> bool:
        """Whether it is proved on a piece of the cell k, cut in two up to `cuts` times where that is needed."""
        work.spend(CELL_COST * sum(family.effort for family in self.families), bits)
        work.spend_on_logs(6 * len(self.matrices), PREC + self._power_bits())
        low, high = self._excess(table, k, piece, work)
        if (high <= 0) if self.side == "upper" else (low >= 0):
            return True
        middle = (piece[0] + piece[1]) / 2
        halves = (piece[0], middle), (middle, piece[1])
        return cuts > 0 and all(self._holds(table, k, half, cuts - 1, bits, work) for half in halves)

    def _bits(self) -> int:
        moved = (b for moved in self.spreads for b in moved)
        return max(_bits(q) for a in (*self.matrices, *moved) for row in a for q in row)

    def _power_bits(self) -> int:
        return 0 if self.exponent is None else log_precision(self.exponent, 0)

    def _excess(self, table: Table, k: int, piece: tuple[Fraction, Fraction], work: Work) -> Interval:
        """Left side minus right side on a piece: the value at the middle, and each slope times its [-half, half]."""
        a, b = piece
        middle = (a + b) / 2
        factor = Fraction(1) if self.exponent is None else self.bound
        value = _exact(-factor * table.at(middle) - (self.bound if self.exponent is None else 0))
        slopes = [_exact(-factor * table.slopes[k])] + [(0, 0)] * len(self.spreads[0] if self.spreads else ())
        for family, weight in zip(self.families, self.weights, strict=True):
            images = Images.of(family, a, b)
            if images.sizes[0] == 0:
                value = _add(value, _scaled(weight, self._whole(table, images)))
                continue
            value = _add(value, _scaled(weight, self._value(table, apply(family.center, unit(middle)))))
            moves = (0, *(move for move, _ in family.spread))
            for move, slope in zip(moves, self._slopes(table, images, work), strict=True):
                slopes[move] = _add(slopes[move], _scaled(weight, slope))
        half, *reaches = (max(abs(low), abs(high)) for low, high in slopes)
        width = (b - a) / 2
        spread = -(-half * width.numerator // width.denominator) + sum(reaches)
        return value[0] - spread, value[1] + spread

    def _value(self, table: Table, y: Vector) -> Interval:
        """n(y)^s v, or log n(y) + v."""
        n, v = max(abs(y[0]), abs(y[1])), _exact(table.at(direction(y)))
        if self.exponent is None:
            return _add(log_ratio(n.numerator, n.denominator, PREC), v)
        return product(self._grown(n, n), v, PREC)

    def _whole(self, table: Table, images: Images) -> Interval:
        """The same over a piece on which y may vanish; of a logarithm only the upper end counts."""
        n, v = images.sizes[1], max(table.values)
        if n == 0 or (self.exponent is None and self.side == "lower"):
            raise Refused("a cell may be sent to 0")
        if self.exponent is None:
            return _add(log_ratio(n.numerator, n.denominator, PREC), _exact(v))
        return 0, product(self._grown(n, n), _exact(v), PREC)[1]

    def _slopes(self, table: Table, images: Images, work: Work) -> Iterable[Interval]:
        """The derivative by each move: n^s (s n'/n v + v' tau'), or n'/n + v' tau'."""
        start, end = images.places
        cells = table.arc(start, end)
        work.spend(ARC_COST * len(cells))
        steep = _hull(table.slopes[c] for c in cells)
        moves = range(len(images.speeds))
        parts = [(images.growth(move), images.turned(move, steep)) for move in moves]
        if self.exponent is None:
            return [_outward(g[0] + t[0], g[1] + t[1]) for g, t in parts]
        v = _hull([table.at(start), table.at(end), *(table.values[c] for c in cells[1:])])
        grown = self._grown(*images.sizes)
        inner = ((_hull(self.exponent * x * w for x in g for w in v), t) for g, t in parts)
        return [product(grown, _outward(x[0] + t[0], x[1] + t[1]), PREC) for x, t in inner]

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


def _hull(values: Iterable[Fraction]) -> Range:
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
