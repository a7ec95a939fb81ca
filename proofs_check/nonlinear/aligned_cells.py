"""The conditions of W6 and W7 on cells of (alpha, L) (W11), in integers at 2^-PREC rounded outwards.

W11: the conditions of W6 with the columns and levels of this page, Y_(j,n) in [0, 1], Y_(0,n) >= (k/c)^(b' - b) on
column n at the bottom, M(b'; bottom) <= 1, b' >= b, and deep_0 > G  =>  U of W5.
W11: those of W7, Y_(0,.) <= 0, the last column at most 1, and W1(d)  =>  V of W5.
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction

from proofs_check.core.arithmetic import Interval, exp_interval, log_ratio
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused
from proofs_check.nonlinear.aligned_table import PARTS, AlignedTable
from proofs_check.nonlinear.width_cells import (
    KNOTS,
    MOST_REACH,
    NEAREST,
    ONE,
    PREC,
    Cells,
    Ends,
    ends,
)
from proofs_check.nonlinear.width_start import Start, bits
from proofs_check.nonlinear.width_table import SCALE

UNITS_PER_CELL = 26
WIDE = PREC + 16
FAR = 1 << 200
"""Stands for infinity among places."""


def check_aligned(start: Start, table: AlignedTable, upper: bool) -> None:
    """Every cell satisfies W6 (upper) or W7 on these columns. Refused otherwise."""
    if not upper and len(start.x) == 1 and start.x[0] * start.L0 == 4:
        raise Refused("one sample with x L_0 = 4: kappa need not tend to 0")
    if upper and any(
        entry < 0 or (entry > SCALE and table.exponent >= 1) for row in table.rows for entry in row
    ):
        raise Refused("an entry of the upper table is negative or exceeds 1")
    if upper and table.deep[0] <= table.stride(start) * PARTS:
        raise Refused("a step from below the grid may reach the level")
    if not upper and (max(table.rows[0]) > 0 or any(row[-1] > SCALE for row in table.rows)):
        raise Refused("row 0 of the lower table is positive, or an entry of the last column exceeds 1")
    start.case.work.spend(table.intervals * table.columns * len(start.x) * UNITS_PER_CELL)
    cells = (AlignedCells if table.exponent >= 1 else ConcaveCells)(start, table, upper)
    for j in range(table.intervals):
        cells.check_row(j)


def check_bottom(start: Start, table: AlignedTable, above: Fraction) -> None:
    """Y_(0,n) (c/k)^above >= 1 on every column at the bottom, above = b' - b >= 0."""
    q = table.pivot * table.bottom - 1
    unit = log_ratio(q.numerator, q.denominator, PREC)
    start.case.work.spend_on_logs(table.columns + 1, PREC, bits(above))
    for n, end in enumerate(table.shallow):
        low = above.numerator * end * unit[0] // (above.denominator * PARTS)
        if table.rows[0][n] * exp_interval((low, low), PREC)[0] < SCALE << PREC:
            raise Refused(f"the entry at row 0, column {n} lies below the theorem at the bottom")


class Logarithm:
    """log u between bounds, from its knots: tangents above, chords below."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.known: dict[int, Interval] = {}

    def knot(self, n: int) -> Interval:
        if n not in self.known:
            self.case.work.spend_on_logs(1, PREC)
            self.known[n] = log_ratio(n, KNOTS, PREC)
        return self.known[n]

    def above(self, size: int) -> int:
        """At least log size, size >= 0."""
        n = (size * KNOTS * NEAREST.denominator + (NEAREST.numerator << PREC)) // (
            NEAREST.denominator << PREC
        )
        n = max(n, 1)
        return self.knot(n)[1] - (-(size * KNOTS - (n << PREC)) // n)

    def below(self, size: int) -> int:
        """At most log size; -FAR below the first knot."""
        n = size * KNOTS >> PREC
        if n < 1:
            return -FAR
        left, right = self.knot(n)[0], self.knot(n + 1)[0]
        return left + ((right - left) * (size * KNOTS - (n << PREC)) >> PREC)


class AlignedCells(Cells):
    """Columns of alpha."""

    passes_idle_cells = True

    def __init__(self, start: Start, table: AlignedTable, upper: bool) -> None:
        unit = start.unit
        start, table = start.in_units(unit), table.in_units(unit)
        super().__init__(start, table.rows, table.exponent, upper)
        self.table = table
        step = (start.L0 - table.bottom) / self.J
        if start.reach(table.bottom, table.level) > MOST_REACH * table.level:
            raise Refused("the factors are too large for a table")
        size = 3 * max(bits(q) for q in (*start.x, start.L0, table.level, table.pivot, table.bottom))
        start.case.work.spend_on_divisions(12 * (self.N + self.J) * len(start.x), size)
        levels = [table.bottom + j * step for j in range(self.J + 1)]
        self.step, self.per_row = ends(step), ends(1 / step)
        self.pivot, self.x = ends(table.pivot), [ends(x) for x in start.x]
        self.squared = [ends(x * x) for x in start.x]
        self.rates = [[ends(x * L) for L in levels] for x in start.x]
        self.v = [ends(table.pivot * L - 1) for L in levels]
        self.log, self.known = Logarithm(start.case), dict[tuple[int, int, bool], int]()
        self._places(levels)
        self.bend = [self._bend(j) for j in range(self.J)]
        first = table.rows[0] if upper else (0,) * self.N
        near, peak = table.near_bottom(start), 0
        self.rows = [(max(first[:near]), *first)] * 3 if upper else [(0, *first)] * 3
        for row in table.rows:
            peak = max(peak, *row[:near]) if upper else 0
            self.rows.append((peak, *row))
        self.rows.append(self.rows[-1])

    def _places(self, levels: list[Fraction]) -> None:
        """Units and q at the ends of columns, row by row; depths as integers."""
        table, work = self.table, self.start.case.work
        work.spend_on_logs((self.J + 1) * 4, WIDE, bits(levels[1]))
        work.spend((self.J + 1) * (4 * self.N + 2 * (1 << (table.deep[0].bit_length() + 1) // 2)))
        wide = [log_ratio((q := table.pivot * L - 1).numerator, q.denominator, WIDE) for L in levels]
        self.units = [(lo >> WIDE - PREC, -(-hi >> WIDE - PREC)) for lo, hi in wide]
        q, least, most = table.level**2, [], []
        top = ends(q)
        for unit in wide:
            ladder = Ladder(unit, table.deep[0])
            least.append([top[0] * ladder.below(d) >> WIDE for d in table.deep])
            most.append([-(-top[1] * ladder.above(d) >> WIDE) for d in table.shallow])
        self.least_q, self.most_q = least[1:], most[:-1]
        self.deep = [(d << PREC) // PARTS + 1 for d in table.deep]
        self.shallow = [(d << PREC) // PARTS for d in table.shallow]
        self.down_deep = [-(d << PREC) for d in table.deep]
        self.down_shallow = [-(d << PREC) for d in table.shallow]

    def _bend(self, j: int) -> int:
        """(y s/(y L_j - 1))^2/8 from above."""
        turn = -(-self.pivot[1] * self.step[1] // self.v[j][0])
        return (turn * turn >> PREC + 3) + 1

    def _squares(self, i: int, j: int, n: int) -> tuple[int, int]:
        low, high = self.squared[i]
        return low * self.least_q[j][n] >> PREC, -(-high * self.most_q[j][n] >> PREC)

    def _curvature_fall(self, i: int, j: int, n: int) -> tuple[int, int]:
        """The least and the largest q x (4 - x L) over the cell."""
        (low, high), xL = self.x[i], self.rates[i]
        near = low * self.least_q[j][n] * max(0, 4 * ONE - xL[j + 1][1]) >> 2 * PREC
        return near, -(-high * self.most_q[j][n] * (4 * ONE - xL[j][0]) >> 2 * PREC)

    def _fall(self, i: int, j: int, n: int) -> tuple[int, int]:
        near, far = self._curvature_fall(i, j, n)
        return near * self.per_row[0] >> PREC, -(-far * self.per_row[1] >> PREC)

    def _columns(self, i: int, j: int, n: int, factors: Ends) -> tuple[int, int]:
        shallow, deep = self._depths(i, j, n, factors)
        if deep <= 0:
            return self.N + 1, self.N + 1
        first = bisect_right(self.down_deep, -deep * PARTS)
        if shallow <= 0:
            return first, self.N + 1
        last = min(bisect_left(self.down_shallow, -shallow * PARTS), self.N - 1) + 1
        return first, max(first, last)

    def _depths(self, i: int, j: int, n: int, factors: Ends) -> tuple[int, int]:
        """The range of alpha over the image of the cell, for L' not below the bottom."""
        r_lo, r_hi, least0, most0, least1, most1 = factors
        near, far = self._curvature_fall(i, j, n)
        floor, bottom = self.v[0], self.units[0]
        fall_most, fall_least = -(-self.pivot[1] * far >> PREC), self.pivot[0] * near >> PREC
        clamped = self.v[j][0] - fall_most < floor[1]
        lows, highs = [], []
        for row in (j, j + 1):
            lows.append(max(self.log.below(max(self.v[row][0] - fall_most, floor[0])), bottom[0]))
            highs.append(self.log.above(max(self.v[row][1] - fall_least, floor[1])))
        least = most = ONE
        if self.v[j][0] - (-(-self.pivot[1] * near >> PREC)) >= floor[1]:
            least = max(ONE, self.units[j + 1][0] * ONE // highs[1])
        if clamped:
            most = -(-self.units[j + 1][1] * ONE // bottom[0])
        else:
            most = -(-self.units[j][1] * ONE // lows[0])
        gain_most, gain_least = self._gains(r_hi, r_lo, lows[0], highs[1])
        if not clamped and r_lo > 0:
            a = self._gains(*_sizes(least0, most0), lows[0], highs[0])
            b = self._gains(*_sizes(least1, most1), lows[1], highs[1])
            extra = self._extra(i, r_lo, r_hi, lows[0], max(self.v[j][0] - fall_most, floor[0]))
            gain_most = min(gain_most, max(a[0], b[0]) + extra)
            gain_least = max(gain_least, min(a[1], b[1]) - extra)
        shallow, deep = self.shallow[n], self.deep[n]
        return (shallow * least >> PREC) - gain_most, -(-deep * most >> PREC) - gain_least

    def _gains(self, large: int, small: int, low: int, high: int) -> tuple[int, int]:
        """The most and the least of log r/log(y L' - 1), r in [small, large], the unit in [low, high]."""
        most, least = self.log.above(large), self.log.below(small)
        return -(-most * ONE // (low if most >= 0 else high)), least * ONE // (high if least >= 0 else low)

    def _extra(self, i: int, r_lo: int, r_hi: int, unit: int, v: int) -> int:
        """s^2/8 times a bound of the second derivative of log F/log(y L' - 1) in L."""
        size = max(abs(self.log.above(r_hi)), abs(self.log.below(r_lo)))
        part = ONE * ONE // unit + 1
        steep, turn = self.x[i][1] * ONE // r_lo + 1, self.pivot[1] * ONE // v + 1
        inner = 2 * steep * turn + (size * turn * turn * (ONE + 2 * part) >> 2 * PREC) + 1
        bend = steep * steep * part + (inner * part * part >> PREC) + 1  # at 3 PREC
        return (bend * self.step[1] * self.step[1] >> 4 * PREC + 3) + 1

    def _level(self, j: int, end: int, top: bool) -> int:
        """(c/k)^theta at row j and the depth `end` from one side."""
        if (found := self.known.get((j, end, top))) is None:
            found = self.known[j, end, top] = self._find_level(j, end, top)
        return found

    def _find_level(self, j: int, end: int, top: bool) -> int:
        exponent = self.table.exponent * end / PARTS
        self.start.case.work.spend_on_logs(1, PREC, bits(exponent))
        y = exponent.numerator * self.units[j][top]
        y = -(-y // exponent.denominator) if top else y // exponent.denominator
        found = exp_interval((y, y), PREC)[top]
        if found is None:
            raise Refused("the powers of the level are too large")
        return found

    def _curved(self, j: int, end: int, high: int, convex: bool) -> int:
        """By how much (c/k)^theta = (y L - 1)^g leaves its chord, g = theta alpha: where it is convex or concave."""
        g = self.table.exponent * end / PARTS
        part = g * (g - 1) if convex else g * (1 - g)
        if part <= 0:
            return 0
        return -(-part.numerator * self.bend[j] * high // (part.denominator << PREC))

    def _level_above(self, j: int, n: int) -> tuple[int, int]:
        low, high = (self._level(row, self.table.deep[n], True) for row in (j, j + 1))
        extra = self._curved(j, self.table.deep[n], high, False)
        return low + extra, high + extra

    def _level_below(self, j: int, n: int) -> tuple[int, int]:
        low, high = (self._level(row, self.table.shallow[n], False) for row in (j, j + 1))
        extra = self._curved(j, self.table.shallow[n], self._level(j + 1, self.table.shallow[n], True), True)
        return max(low - extra, 0), max(high - extra, 0)

    def _spread(self, j: int, n: int) -> tuple[int, int]:
        table = self.table
        return self._level(j, table.shallow[n], False), self._level(j + 1, table.deep[n], True)


class ConcaveCells(AlignedCells):
    """Upper tables of an exponent below 1 (W13)."""

    def _is_idle(self, j: int, n: int) -> bool:
        """U = 1 on the cell: Y (k/c)^b >= 1 at its least k."""
        least = min(self.entries[j][n], self.entries[j + 1][n])
        return least << PREC >= SCALE * self._level(j + 1, self.table.deep[n], True)

    def _powers_above(self, factors: Ends) -> tuple[int, int]:
        """A tangent of the concave power where the sign does not change, otherwise a constant."""
        r_lo, r_hi, least0, most0, least1, most1 = factors
        if r_lo <= 0:
            return (self._tangent(r_hi, r_hi),) * 2
        sizes = max(abs(least0), abs(most0)), max(abs(least1), abs(most1))
        middle = sum(sizes) // 2
        return self._tangent(middle, sizes[0]), self._tangent(middle, sizes[1])

    def _tangent(self, at: int, size: int) -> int:
        """The tangent of u^b at the knot next to `at`, taken at `size`."""
        n = (at * KNOTS * NEAREST.denominator + (NEAREST.numerator << PREC)) // (NEAREST.denominator << PREC)
        n = max(n, 1)
        value, b = self.powers.knot(n)[1], self.table.exponent
        return value - (-value * b.numerator * (size * KNOTS - (n << PREC)) // (b.denominator * n << PREC))


class Ladder:
    """exp(-2 d u/PARTS), u in `unit` at WIDE, 0 <= d <= deepest: q at the depth d over q at the level."""

    def __init__(self, unit: Interval, deepest: int) -> None:
        self.bits = (deepest.bit_length() + 1) // 2
        count = 1 << self.bits
        self.low = (
            self._powers(unit[1], 1, count, 0),
            self._powers(unit[1], count, (deepest >> self.bits) + 1, 0),
        )
        self.high = (
            self._powers(unit[0], 1, count, 1),
            self._powers(unit[0], count, (deepest >> self.bits) + 1, 1),
        )

    @staticmethod
    def _powers(unit: int, factor: int, count: int, top: int) -> list[int]:
        """The powers of exp(-2 factor u/PARTS) from one side."""
        y = -2 * factor * unit
        y = -(-y // PARTS) if top else y // PARTS
        base = exp_interval((y, y), WIDE)[top]
        assert base is not None
        found = [1 << WIDE]
        for _ in range(count):
            found.append(-(-found[-1] * base >> WIDE) if top else found[-1] * base >> WIDE)
        return found

    def below(self, depth: int) -> int:
        fine, coarse = self.low
        return fine[depth & (1 << self.bits) - 1] * coarse[depth >> self.bits] >> WIDE

    def above(self, depth: int) -> int:
        fine, coarse = self.high
        return -(-fine[depth & (1 << self.bits) - 1] * coarse[depth >> self.bits] >> WIDE)


def _sizes(least: int, most: int) -> tuple[int, int]:
    """The largest and the smallest size of numbers between two of one sign."""
    one, two = abs(least), abs(most)
    return max(one, two), min(one, two)
