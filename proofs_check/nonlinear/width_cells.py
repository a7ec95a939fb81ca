"""The conditions of W6 and W7, cell by cell, in integers at 2^-PREC rounded outwards.

W6: in every cell sum_i T_(i,0) <= Y_(j,n), sum_i T_(i,1) <= Y_(j+1,n), or both entries 1, and Y <= 1  =>  U of W5.
W7: in every cell sum_i T_(i,0) >= Y_(j,n), sum_i T_(i,1) >= Y_(j+1,n), or both entries <= 0, Y_(0,.) <= 0,
Y_(.,N-1) <= 1, and W1(d)  =>  V of W5.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from proofs_check.core.arithmetic import log_precision, log_ratio, power
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused
from proofs_check.nonlinear.width_start import Start, bits
from proofs_check.nonlinear.width_table import SCALE, UNIT, Table

KNOTS = 1024
NEAREST = Fraction("0.4142135623730951")
PREC = 80
ONE = 1 << PREC
SHORT = 32
STEEP = 16
MOST_REACH = 64
UNITS_PER_CELL = 13
COLUMNS_PER_UNIT = 16
"""So many columns of four rows are looked through in the time of a unit."""


def check_table(start: Start, table: Table, upper: bool) -> None:
    """Every cell satisfies W6 (upper) or W7. Refused otherwise."""
    if start.x[-1] * start.L0 <= 2:
        raise Refused("a table needs eta lambda max x > 2")
    if not upper and len(start.x) == 1 and start.x[0] * start.L0 == 4:
        raise Refused("one sample with x L_0 = 4: kappa need not tend to 0")
    if upper and any(not 0 <= entry <= SCALE for row in table.rows for entry in row):
        raise Refused("an entry of the upper table is negative or exceeds 1")
    if not upper and (max(table.rows[0]) > 0 or any(row[-1] > SCALE for row in table.rows)):
        raise Refused("row 0 of the lower table is positive, or an entry of the last column exceeds 1")
    start.case.work.spend(table.intervals * table.columns * len(start.x) * UNITS_PER_CELL)
    cells = PlainCells(start, table, upper)
    for j in range(table.intervals):
        cells.check_row(j)


Ends = tuple[int, int, int, int, int, int]


class Powers:
    """|a|^theta between bounds, from its knots."""

    def __init__(self, case: Case, exponent: Fraction) -> None:
        self.case, self.exponent = case, exponent
        self.log_prec = log_precision(exponent, PREC)
        self.known: dict[int, tuple[int, int]] = {}

    def knot(self, n: int) -> tuple[int, int]:
        if n not in self.known:
            self.case.work.spend_on_logs(7, self.log_prec)
            self.known[n] = (0, 0) if n == 0 else _power(n, KNOTS, self.exponent, self.log_prec)
        return self.known[n]

    def above(self, size: int) -> int:
        """The chord, for size >= 0."""
        n = size * KNOTS >> PREC
        left, right = self.knot(n)[1], self.knot(n + 1)[1]
        return left - (-(right - left) * (size * KNOTS - (n << PREC)) >> PREC)

    def tangent(self, at: int) -> tuple[int, int, int, int]:
        """(knot, value, slope from below, slope from above) of a tangent of |a|^theta, signed as `at`."""
        size = abs(at)
        n = (size * KNOTS * NEAREST.denominator + (NEAREST.numerator << PREC)) // (
            NEAREST.denominator << PREC
        )
        lo, hi = self.knot(n)
        knot = (n << PREC) // KNOTS
        if n == 0:
            return 0, 0, 0, 0
        top, bottom = self.exponent.numerator * KNOTS, self.exponent.denominator * n
        slopes = lo * top // bottom, -(-hi * top // bottom)
        return (knot, lo, *slopes) if at >= 0 else (-knot, lo, -slopes[1], -slopes[0])

    def below(self, size: int) -> int:
        """At most size^theta, size >= 0."""
        knot, value, *slopes = self.tangent(size)
        return max(0, value + _least(slopes, size - knot))


def _power(n: int, d: int, exponent: Fraction, log_prec: int) -> tuple[int, int]:
    """(n/d)^exponent: at most UNIT^MOST_EXPONENT, far below exp(FAR)."""
    low, high = power(log_ratio(n, d, log_prec), log_prec, exponent, PREC)
    assert high is not None
    return low, high


def _least(slopes: Sequence[int], distance: int) -> int:
    """The least slope times distance, rounded down. Knots are exact: 2^PREC is a multiple of KNOTS."""
    return min(slope * distance for slope in slopes) >> PREC


class Cells(ABC):
    """The numbers that cells share, and the conditions. `rows` are entries with what lies below the grid before them,
    from three rows below the table to one above.
    """

    passes_idle_cells = False
    rates: list[list[tuple[int, int]]]
    rows: list[tuple[int, ...]]

    def __init__(
        self, start: Start, entries: Sequence[Sequence[int]], exponent: Fraction, upper: bool
    ) -> None:
        self.start, self.entries, self.upper = start, entries, upper
        self.J, self.N = len(entries) - 1, len(entries[0])
        self.powers = Powers(start.case, exponent)

    @abstractmethod
    def _squares(self, i: int, j: int, n: int) -> tuple[int, int]:
        """x^2 q over the cell."""

    @abstractmethod
    def _fall(self, i: int, j: int, n: int) -> tuple[int, int]:
        """The least and the largest fall of L in rows."""

    @abstractmethod
    def _columns(self, i: int, j: int, n: int, factors: Ends) -> tuple[int, int]:
        """First and last column of the images, shifted by one: 0 is below the grid, N + 1 is from c on."""

    @abstractmethod
    def _level_above(self, j: int, n: int) -> tuple[int, int]:
        """At least (c/k)^theta on the cell, at both rows, linear between them."""

    @abstractmethod
    def _level_below(self, j: int, n: int) -> tuple[int, int]:
        """At most (c/k)^theta, likewise."""

    @abstractmethod
    def _spread(self, j: int, n: int) -> tuple[int, int]:
        """At most (c/k)^theta for the largest k of the cell, at least for the smallest."""

    def check_row(self, j: int) -> None:
        """The cells between the rows j and j + 1."""
        low_row, high_row = self.entries[j], self.entries[j + 1]
        total, term = self.start.total, self._above if self.upper else self._below
        for n in range(self.N):
            if (idle := self._is_idle(j, n)) and self.passes_idle_cells:
                continue
            low = high = 0
            for i, weight in enumerate(self.start.weights):
                a, b = term(i, j, n)
                low, high = low + weight * a, high + weight * b
            left, right = low_row[n] * total << PREC, high_row[n] * total << PREC
            if not (idle or (low <= left and high <= right if self.upper else low >= left and high >= right)):
                raise Refused(f"the table fails in the cell at row {j}, column {n}")

    def _is_idle(self, j: int, n: int) -> bool:
        """Whether nothing has to be proved in the cell."""
        low, high = self.entries[j][n], self.entries[j + 1][n]
        return low == high == SCALE if self.upper else low <= 0 and high <= 0

    def _powers_above(self, factors: Ends) -> tuple[int, int]:
        """At least F^theta at both rows, linear between them, for every q of the cell."""
        _, _, least0, most0, least1, most1 = factors
        return self.powers.above(max(abs(least0), abs(most0))), self.powers.above(
            max(abs(least1), abs(most1))
        )

    def _factors(self, i: int, j: int, n: int) -> Ends:
        """r_lo, r_hi over the cell, and the signed ends at the two rows: least and most at j, then at j + 1."""
        xL = self.rates[i]
        low_q, high_q = self._squares(i, j, n)
        least0, most0 = ONE - xL[j][1] + low_q, ONE - xL[j][0] + high_q
        least1, most1 = ONE - xL[j + 1][1] + low_q, ONE - xL[j + 1][0] + high_q
        one, two = abs(least1), abs(most0)
        r_lo = 0 if least1 <= 0 <= most0 else min(one, two)
        return r_lo, max(one, two), least0, most0, least1, most1

    def _rows_of(self, i: int, j: int, n: int, first: int, last: int) -> tuple[int, int, int, int]:
        """G_0, G_1, w of W6 or W7 and the least value of W7, at PREC in units of entries."""
        near, far = self._fall(i, j, n)
        a = far >> PREC
        t1 = ONE - (far - (a << PREC))
        t2 = t1 + far - near
        if a == 0:
            t2 = min(t2, ONE)
        if t2 >= 2 * ONE:
            raise Refused(f"the images of the cell at row {j}, column {n} are more than a row apart")
        middle = max(j - a, -1) + 3
        pick = max if self.upper else min
        stop = min(last, self.N) + 1
        begin = min(first, self.N)
        self.start.case.work.spend((stop - begin) // COLUMNS_PER_UNIT)
        r0, r1, r2, r3 = (pick(self.rows[r][begin:stop]) for r in range(middle - 1, middle + 3))
        bend1, bend2 = r0 - 2 * r1 + r2, r1 - 2 * r2 + r3
        if self.upper:
            bend1, bend2 = -bend1, -bend2
        w = 0
        if bend1 > 0:
            w = bend1 * _peak(t1, min(t2, ONE))
        if t2 > ONE:
            g0 = pick(r0 * (ONE - t1) + r1 * t1, r1 << PREC, r1 * (2 * ONE - t2) + r2 * (t2 - ONE))
            g1 = pick(r1 * (ONE - t1) + r2 * t1, r2 << PREC, r2 * (2 * ONE - t2) + r3 * (t2 - ONE))
            if bend2 > 0:
                w = max(w, bend2 * _peak(0, t2 - ONE))
        else:
            g0 = pick(r0 * (ONE - t1) + r1 * t1, r0 * (ONE - t2) + r1 * t2)
            g1 = pick(r1 * (ONE - t1) + r2 * t1, r1 * (ONE - t2) + r2 * t2)
        flat = min(g0, g1, r1 << PREC, (r2 if t2 > ONE else r1) << PREC)
        return g0, g1, w, flat

    def _above(self, i: int, j: int, n: int) -> tuple[int, int]:
        """T_(i,0) and T_(i,1) of W6 without the weight, rounded up."""
        factors = self._factors(i, j, n)
        first, last = self._columns(i, j, n, factors)
        if last > self.N:
            low, high = self._level_above(j, n)
            return SCALE * low, SCALE * high
        g0, g1, w, _ = self._rows_of(i, j, n, first, last)
        rho0, rho1 = self._powers_above(factors)
        g0, g1 = g0 + w, g1 + w
        extra = max(0, (rho1 - rho0) * (g0 - g1))
        return -(-(4 * rho0 * g0 + extra) >> PREC + 2), -(-(4 * rho1 * g1 + extra) >> PREC + 2)

    def _below(self, i: int, j: int, n: int) -> tuple[int, int]:
        """T_(i,0) and T_(i,1) of W7 without the weight, rounded down."""
        factors = self._factors(i, j, n)
        first, last = self._columns(i, j, n, factors)
        if first > self.N:
            low, high = self._level_below(j, n)
            return SCALE * low, SCALE * high
        g0, g1, w, flat = self._rows_of(i, j, n, first, last)
        g0, g1, flat = g0 - w, g1 - w, max(flat, 0)
        if 2 * flat > g0 + g1 or g0 * STEEP < -g1:
            g0 = g1 = flat
        if last > self.N:
            most, least = self._spread(j, n)
            rho0 = rho1 = min(self.powers.below(factors[0]) * most // least, most)
        else:
            rho0, rho1 = self._supports(i, j, n)
            if rho0 < 0 or rho1 < 0:
                return 0, 0
        low, high = rho0 * g0 >> PREC, rho1 * g1 >> PREC
        bend = (rho1 - rho0) * (g1 - g0) >> PREC
        if bend < 0:
            return low, high
        left, right = isqrt(max(low, 0)), isqrt(max(high, 0))
        touch = (left << SHORT) // (left + right) if left + right else 1 << SHORT - 1
        rest = (1 << SHORT) - touch
        return low - (touch * touch * (bend + 1) >> 2 * SHORT) - 1, high - (
            rest * rest * (bend + 1) >> 2 * SHORT
        ) - 1

    def _supports(self, i: int, j: int, n: int) -> tuple[int, int]:
        """The linear function below |1 - x L + x^2 q|^theta for all q of the column, at the two rows."""
        xL = self.rates[i]
        low_q, high_q = self._squares(i, j, n)
        middle = ONE - (xL[j][0] + xL[j + 1][0]) // 2
        at = middle + (low_q if middle > 0 else high_q)
        knot, value, *slopes = self.powers.tangent(at)
        if at > 0:
            first, second = (ONE - xL[r][1] + low_q - knot for r in (j, j + 1))
        else:
            first, second = (ONE - xL[r][0] + high_q - knot for r in (j, j + 1))
        return value + _least(slopes, first), value + _least(slopes, second)


class PlainCells(Cells):
    """Columns of kappa."""

    def __init__(self, start: Start, table: Table, upper: bool) -> None:
        super().__init__(start, table.rows, table.exponent, upper)
        self.table = table
        bottom = 2 / start.x[-1]
        step = (start.L0 - bottom) / self.J
        if start.reach(bottom, table.level) > MOST_REACH * table.level:
            raise Refused("the factors are too large for a table")
        start.case.work.spend_on_logs(3 * (table.columns + 1), PREC + 16)
        self.scaled_edges = [e << PREC for e in table.edges]
        self.column_power = [_power(UNIT, e, table.exponent, self.powers.log_prec) for e in table.edges]
        size = 3 * max(bits(q) for q in (*start.x, start.L0, table.level))
        start.case.work.spend_on_divisions(12 * (self.N + self.J) * len(start.x), size)
        self.rates = [[ends(x * (bottom + j * step)) for j in range(self.J + 1)] for x in start.x]
        squares = [table.edge(n) ** 2 for n in range(self.N + 1)]
        self.xq = [[ends(x * x * q) for q in squares] for x in start.x]
        self.drop = [[ends(x * q / step) for q in squares] for x in start.x]
        zeros = (0,) * (self.N + 1)
        self.rows = [zeros, zeros, zeros]
        peak = 0
        near = table.near_bottom(start.growth)
        if upper and table.spans_level(start.growth):
            peak = SCALE
        for row in table.rows:
            peak = max(peak, *row[:near]) if upper else 0
            self.rows.append((peak, *row))
        self.rows.append(self.rows[-1])

    def _squares(self, i: int, j: int, n: int) -> tuple[int, int]:
        """x^2 q over the cell."""
        xq = self.xq[i]
        return xq[n][0], xq[n + 1][1]

    def _fall(self, i: int, j: int, n: int) -> tuple[int, int]:
        """The least and the largest fall of L in rows."""
        drop, xL = self.drop[i], self.rates[i]
        far = -(-drop[n + 1][1] * (4 * ONE - xL[j][0]) >> PREC)
        return max(0, drop[n][0] * (4 * ONE - xL[j + 1][1]) >> PREC), far

    def _columns(self, i: int, j: int, n: int, factors: Ends) -> tuple[int, int]:
        """First and last column of the images, shifted by one: 0 is below the grid, N + 1 is from c on."""
        edges, table = self.scaled_edges, self.table
        first = bisect_right(edges, factors[0] * table.edges[n])
        return first, bisect_right(edges, factors[1] * table.edges[n + 1])

    def _level_above(self, j: int, n: int) -> tuple[int, int]:
        """At least (c/k)^theta on the cell, at both rows."""
        return self.column_power[n][1], self.column_power[n][1]

    def _level_below(self, j: int, n: int) -> tuple[int, int]:
        """At most (c/k)^theta."""
        return self.column_power[n + 1][0], self.column_power[n + 1][0]

    def _spread(self, j: int, n: int) -> tuple[int, int]:
        """At most c^theta over the largest k^theta of the cell, at least over the least."""
        return self.column_power[n + 1][0], self.column_power[n][1]


def _peak(start: int, end: int) -> int:
    """The largest t (1 - t) over [start, end] inside [0, 1], rounded up, at PREC."""
    half = ONE >> 1
    best = half if start <= half <= end else (start if start > half else end)
    return -(-best * (ONE - best) >> PREC)


def ends(q: Fraction) -> tuple[int, int]:
    """q >= 0 at PREC, rounded down and up."""
    scaled = q.numerator << PREC
    return scaled // q.denominator, -(-scaled // q.denominator)
