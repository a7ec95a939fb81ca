"""Lemma V19: the sign of lambda_1 for all points (f, beta) of a box, by one table that moves with the point.

Hypotheses: psi_0, psi_1, psi_2 are continuous and linear between the nodes on the circle of directions of V8,
psi = psi_0 + (f - f_0) psi_1 + (beta - beta_0) psi_2 with (f_0, beta_0) the middle of the box; for all directions u and
all points of the box, sum p_i (log|A_i u| + psi(A_i u)) - psi(u) <= r (or >= r), |.| the maximum norm.
Conclusion: lambda_1 <= r (or >= r) at every point of the box, for every start.

Checked on regions, pieces of a cell times pieces of the box, that cover all cells times the box: the value at the
middle, plus the derivatives by tau, f and beta over the region times the half widths. With y = A u = (a u_0 + b u_1,
u_0): where |y_0| = |y|, tau(y) = y_1/y_0 + 1, else tau(y) = 3 - y_0/y_1; dtau(y)/dtau = -b/|y|^2, and y_1 does not
depend on the point.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from proofs_check.core.arithmetic import Interval
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.products.cells import Table
from proofs_check.products.fixed import (
    BITS,
    ONE,
    add,
    fixed,
    hull,
    largest,
    least,
    less,
    logarithm,
    minus,
    over,
    spread,
    times,
)
from proofs_check.products.images import PREC
from proofs_check.products.momentum_rows import UNIT, Optimizer, Pair, Row

MOST_CUTS = 24
"""A region is cut in two so many times at most."""

REGION_COST, ARC_COST = 160, 1
"""Units for one sample on one region, and for each cell that its image meets."""

THREE = 3 * ONE, 3 * ONE
TINY = 1 << (BITS // 2 + 1)
"""Over 2^BITS: the square of what is larger is not rounded to 0."""

Slopes = tuple[Interval, Interval, Interval]


@dataclass(frozen=True)
class Side:
    """An interval of f or beta: its middle and half its length."""

    middle: Interval
    half: Interval

    @classmethod
    def of(cls, low: Fraction, high: Fraction) -> "Side":
        return cls(fixed((low + high) / 2), fixed((high - low) / 2))


@dataclass(frozen=True)
class Region:
    """Part of the cell k times parts of the box, which is [-1, 1]^2 here: ends as integers over 2^BITS."""

    cell: int
    sides: tuple[Interval, Interval, Interval]
    cuts: int = 0

    @property
    def middle(self) -> tuple[int, int, int]:
        (a, b), (c, d), (e, f) = self.sides
        return (a + b) // 2, (c + d) // 2, (e + f) // 2

    def halves(self, k: int) -> tuple["Region", "Region"]:
        """Cut across the side k."""
        m, (low, high) = self.middle[k], self.sides[k]
        return self._with(k, (low, m)), self._with(k, (m, high))

    def _with(self, k: int, part: Interval) -> "Region":
        a, b, c = (part if j == k else side for j, side in enumerate(self.sides))
        return Region(self.cell, (a, b, c), self.cuts + 1)


@dataclass(frozen=True)
class MovingTable:
    """The three tables on nodes that are integers over 2^BITS, over a box."""

    tables: tuple[Table, Table, Table]
    f: Side
    beta: Side

    @cached_property
    def nodes(self) -> list[int]:
        """With 4 behind the last one."""
        return [(t.numerator << BITS) // t.denominator for t in self.tables[0].nodes] + [4 * ONE]

    @cached_property
    def values(self) -> list[list[Interval]]:
        """Of each table, the first one again behind the last one."""
        return [[fixed(v) for v in (*t.values, t.values[0])] for t in self.tables]

    @cached_property
    def slopes(self) -> list[list[Interval]]:
        surplus = PREC - BITS
        return [[(low >> surplus, -(-high >> surplus)) for low, high in t.slopes] for t in self.tables]

    def check(self) -> None:
        for table in self.tables:
            table.check(positive=False)
        if any(ONE % t.denominator for t in self.tables[0].nodes):
            raise Refused(f"a node is no integer over 2^{BITS}")

    def cells(self, tau: Interval) -> tuple[int, int]:
        """The first and the last cell that [a, b] in [0, 4] meets in more than a point, or one."""
        first = max(bisect_right(self.nodes, tau[0]) - 1, 0)
        last = max(bisect_left(self.nodes, tau[1]) - 1, 0)
        first = min(first, len(self.nodes) - 2)
        return first, max(first, last)

    def at(self, j: int, tau: int, cell: int) -> Interval:
        return add(self.values[j][cell], times(self.slopes[j][cell], (tau - self.nodes[cell],) * 2))

    def value(self, j: int, tau: Interval) -> Interval:
        """What holds table j on an interval."""
        first, last = self.cells(tau)
        ends = self.at(j, tau[0], first), self.at(j, tau[1], last)
        return hull((*ends, *self.values[j][first + 1 : last + 1]))

    def slope(self, tau: Interval, moved: Pair) -> Interval:
        """What holds the slope of psi on an interval, at all points moved by so much from the middle."""
        first, last = self.cells(tau)
        return _moving([hull(s[first : last + 1]) for s in self.slopes], moved)


def _moving(parts: list[Interval], moved: Pair) -> Interval:
    return add(parts[0], times(parts[1], moved[0]), times(parts[2], moved[1]))


@dataclass(frozen=True)
class MovingInequality:
    """The inequality of V19 with the bound r; `side` "upper" (<=) or "lower" (>=)."""

    optimizer: Optimizer
    table: MovingTable
    bound: Fraction
    side: str

    def check(self, work: Work) -> None:
        """Refuse unless it is proved on all cells times the box."""
        self.table.check()
        nodes, full = self.table.nodes, (-ONE, ONE)
        waiting = [Region(k, ((nodes[k], nodes[k + 1]), full, full)) for k in range(len(nodes) - 1)]
        while waiting:
            region = waiting.pop()
            work.spend(REGION_COST * len(self.optimizer.weights))
            side = self._worst_side(region, work)
            if side is not None and region.cuts == MOST_CUTS:
                raise Refused(f"the inequality of the cell {region.cell} is not proved")
            waiting += () if side is None else region.halves(side)

    def _worst_side(self, region: Region, work: Work) -> int | None:
        """None where the inequality is proved on the region, else the side along which the excess moves most."""
        slopes = self._slopes(region, work)
        if slopes is None:
            return 0
        halves = [(b - a + 1) // 2 for a, b in region.sides]
        halves[1:] = [-(-h * s.half[1] >> BITS) for h, s in zip(halves[1:], self._sides, strict=True)]
        reaches = [spread(s, h) for s, h in zip(slopes, halves, strict=True)]
        low, high = add(self._at_middle(region), *reaches)
        proved = high <= 0 if self.side == "upper" else low >= 0
        return None if proved else max(range(3), key=lambda k: reaches[k][1])

    @property
    def _sides(self) -> tuple[Side, Side]:
        return self.table.f, self.table.beta

    def _moved(self, x: Interval, y: Interval) -> Pair:
        """How far f and beta are from the middle."""
        return times(self.table.f.half, x), times(self.table.beta.half, y)

    def _rows(self, moved: Pair) -> list[Row]:
        f, beta = (add(side.middle, move) for side, move in zip(self._sides, moved, strict=True))
        return self.optimizer.rows(f, beta)

    def _at_middle(self, region: Region) -> Interval:
        """Left side minus right side; no y is 0 there, as none is on the region."""
        tau, x, y = region.middle
        moved = self._moved((x, x), (y, y))
        u = _direction((tau, tau), first=region.sides[0][1] <= 2 * ONE)
        terms = [self._term(_Image(row, u), moved) for row in self._rows(moved)]
        own = _moving([self.table.at(j, tau, region.cell) for j in range(3)], moved)
        return less(less(self.optimizer.mean(terms), own), fixed(self.bound))

    def _term(self, image: "_Image", moved: Pair) -> Interval:
        """log|y| + psi(y)."""
        psi = [_moving([self.table.value(j, tau) for j in range(3)], moved) for tau in image.places]
        return add(logarithm((image.least, max(map(largest, image.y)))), hull(psi))

    def _slopes(self, region: Region, work: Work) -> Slopes | None:
        """The derivatives by tau, f and beta over the region; None where some y may be 0."""
        tau, first = region.sides[0], region.sides[0][1] <= 2 * ONE
        moved, u = self._moved(*region.sides[1:]), _direction(tau, first=first)
        found: list[list[Interval]] = [[], [], []]
        for row in self._rows(moved):
            image = _Image(row, u)
            if image.least == 0:
                return None
            for j, part in enumerate(image.slopes(self.table, moved, first, work)):
                found[j].append(part)
        own = [
            _moving([s[region.cell] for s in self.table.slopes], moved),
            *(hull(self.table.at(j, t, region.cell) for t in tau) for j in (1, 2)),
        ]
        left = [less(self.optimizer.mean(parts), mine) for parts, mine in zip(found, own, strict=True)]
        return left[0], left[1], left[2]


def _direction(tau: Interval, *, first: bool) -> Pair:
    return (UNIT, less(tau, UNIT)) if first else (less(THREE, tau), UNIT)


@dataclass(frozen=True)
class _Image:
    """y = (a u_0 + b u_1, u_0) over a region, for one sample."""

    row: Row
    u: Pair

    def _times(self, pair: Pair) -> Interval:
        return add(times(pair[0], self.u[0]), times(pair[1], self.u[1]))

    @cached_property
    def y(self) -> Pair:
        return self._times(self.row.entries), self.u[0]

    @cached_property
    def least(self) -> int:
        """Of |y|; 0 where it may be tiny."""
        size = max(map(least, self.y))
        return size if size > TINY else 0

    @cached_property
    def toward(self) -> Pair:
        """A multiple of y: (a + b u_1/u_0, 1) where u_0 is nowhere 0, else y."""
        if least(self.u[0]) == 0:
            return self.y
        a, b = self.row.entries
        return add(a, times(b, over(self.u[1], self.u[0]))), UNIT

    @property
    def may(self) -> tuple[bool, bool]:
        """Whether |y_0| >= |y_1| somewhere, and |y_1| >= |y_0|."""
        y0, y1 = self.toward
        return largest(y0) >= least(y1), largest(y1) >= least(y0)

    @cached_property
    def ratios(self) -> tuple[Interval | None, Interval | None]:
        """y_1/y_0 where |y_0| is the larger one, y_0/y_1 where |y_1| is; in [-1, 1]. None: nowhere."""
        y0, y1 = self.toward
        return (
            _ratio(y1, y0) if self.may[0] else None,
            _ratio(y0, y1) if self.may[1] else None,
        )

    @property
    def places(self) -> list[Interval]:
        """The directions of y, in either chart."""
        first, second = self.ratios
        found = [] if first is None else [add(UNIT, first)]
        return found if second is None else [*found, less(THREE, second)]

    def slopes(self, table: MovingTable, moved: Pair, first: bool, work: Work) -> list[Interval]:
        """The derivatives of log|y| + psi(y)."""
        charts = []
        for k, ratio in enumerate(self.ratios):
            if ratio is not None:
                tau = add(UNIT, ratio) if k == 0 else less(THREE, ratio)
                low, high = table.cells(tau)
                work.spend(ARC_COST * (high - low + 1))
                slope = table.slope(tau, moved)
                charts.append(self._in_chart(k, ratio, slope, [table.value(j, tau) for j in (1, 2)], first))
        return [hull(parts) for parts in zip(*charts, strict=True)]

    def _in_chart(
        self, k: int, ratio: Interval, slope: Interval, psi: list[Interval], first: bool
    ) -> list[Interval]:
        """|y| = |y_k|: its growth, and what psi gains as the direction turns."""
        a, b = self.row.entries
        size = self.least, max(self.least, largest(self.y[k]))
        turned = over(minus(b), times(size, size))
        by_tau = (b, (0, 0)) if first else (minus(a), (-ONE, -ONE))
        found = [add(self._quotient(by_tau[k], k), times(slope, turned))]
        for pair, own in zip((self.row.by_f, self.row.by_beta), psi, strict=True):
            move = self._quotient(self._times(pair), k)
            gain = less(UNIT, times(ratio, slope)) if k == 0 else minus(slope)
            found.append(add(times(move, gain), own))
        return found

    def _quotient(self, x: Interval, k: int) -> Interval:
        """x/y_k where |y_k| = |y|."""
        if least(self.y[k]) > 0:
            return over(x, self.y[k])
        size = over((0, largest(x)), (self.least, self.least))[1]
        return -size, size


def _ratio(x: Interval, y: Interval) -> Interval:
    """x/y where |x| <= |y|."""
    if least(y) == 0:
        return -ONE, ONE
    low, high = over(x, y)
    return max(low, -ONE), min(high, ONE)
