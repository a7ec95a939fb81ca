"""A table that is linear between the points k h, after some steps back from the level (SG6 to SG9), on integers.

The values v_k are integers in units of 2^-bits. The sums of all points are made at once, as in `cells`.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from proofs_check.core.arithmetic import (
    Interval,
    exp_interval,
    log_of,
    log_precision,
    power,
    times,
)
from proofs_check.core.budget import Work, decide
from proofs_check.core.reading import Refused
from proofs_check.spikes.back import MASS_BITS, RISE_BITS, Layout, StepsBack
from proofs_check.spikes.cells import PLACE_BITS, WORD, Ladder, packed, unpacked
from proofs_check.spikes.walk import Walk

WEIGHT_BITS = 60
_PREC = PLACE_BITS


@dataclass(frozen=True)
class Pieces:
    """v_1 .. v_(n - 1) and the value beyond, of the upper (side 1) or lower bound (-1), for a mass X_0 at the level."""

    side: int
    tilt: Fraction
    bits: int
    layout: Layout
    mass: Fraction
    values: list[int]
    far: int
    where: str

    @property
    def size(self) -> int:
        return len(self.values) + 1

    @property
    def nodes(self) -> int:
        """Points whose inequality is checked: 0 .. n + N."""
        return self.size + self.layout.per_step + 1


class Prover:
    """SG6 to SG9 for one table."""

    def __init__(self, walk: Walk, table: Pieces, work: Work, most_bits: int) -> None:
        self.walk, self.table, self.work, self.most_bits = walk, table, work, most_bits
        layout = table.layout
        fine = Ladder(walk, layout.fine_per_step, work, most_bits)
        self.fine, self.coarse = fine, Ladder(walk, layout.per_step, work, most_bits)
        self.back = StepsBack(fine, layout, table.side, table.tilt, work)

    def prove(self) -> None:
        """Refused unless the inequality of SG7 holds at the points 0 .. n + N (SG8)."""
        table, side = self.table, self.table.side
        sums, bends = self._sums()
        source = self._source()
        unit = WEIGHT_BITS
        line = self.line
        start = table.layout.per_step + 1
        before = 0
        for k, (found, bend, new) in enumerate(zip(sums, bends, source, strict=True)):
            wanted = found + new + side * max(before, bend)
            if side * ((line[start + k] << unit) - wanted) < 0:
                raise Refused(f"the table {table.where} does not satisfy the inequality of every point")
            before = bend

    @cached_property
    def start(self) -> int:
        """V_0 = 1 - sum X_c, rounded up (down)."""
        table, side = self.table, self.table.side
        value = (1 - table.mass * self.back.tail(0, -side)) * (1 << table.bits)
        found = -(-value.numerator // value.denominator) if side > 0 else value.numerator // value.denominator
        if found < 0:
            raise Refused(f"the table {table.where} has too much mass at the level")
        return found

    @cached_property
    def line(self) -> list[int]:
        """v_k from the point -(N + 1) on, as far as the inequalities reach."""
        table = self.table
        right = [table.far] * (table.nodes + 1)
        return [*self._beyond(), *table.values, *right]

    def _beyond(self) -> list[int]:
        """V_0 e^(t k h) at the points -(N + 1) .. 0, times the share of SG7 for a lower bound."""
        side, layout = self.table.side, self.table.layout
        rise = times(layout.fine, self.back.rise)
        prec = RISE_BITS
        self.work.spend(2 * layout.per_step + 2)
        low, high = exp_interval((-rise[1], -rise[0]), prec)
        assert high is not None  # the exponent is negative
        now = self.start << _PREC
        if side < 0:
            now = max(0, now - self._share(rise, prec))
        found = []
        for _ in range(layout.per_step + 2):
            found.append(-(-now >> _PREC) if side > 0 else now >> _PREC)
            now = -(-now * high >> prec) if side > 0 else now * low >> prec
        return found[::-1]

    def _share(self, rise: Interval, prec: int) -> int:
        """z^2 e^z/8 of V_0, z = t h, rounded up."""
        growth = exp_interval(rise, prec)[1]
        if growth is None or growth >= 8 << prec:
            raise Refused(f"the cells of the table {self.table.where} are too long")
        square = -(-rise[1] * rise[1] >> prec)
        return -(-(self.start << _PREC) * square * growth >> 2 * prec + 3) + 1

    def _split(self, i: int, shift: int, whole: bool) -> tuple[Interval, Interval]:
        """beta_i at WEIGHT_BITS + _PREC, and f_i at _PREC."""
        r, q = self.walk.factors[i], self.walk.weights[i]
        prec = WEIGHT_BITS + _PREC
        log_prec = log_precision(self.table.tilt, prec)
        size = max(r.numerator, r.denominator, q.denominator, self.table.tilt.denominator).bit_length()
        self.work.spend_on_logs(4, log_prec, size)
        low, high = power(log_of(r, log_prec), log_prec, self.table.tilt, prec)
        assert high is not None and high * q < 8 << prec  # the steps back have refused far larger weights
        beta = low * q.numerator // q.denominator, -(-high * q.numerator // q.denominator)
        if whole:
            return beta, (0, 0)
        place = self.coarse.place(r, 1)
        one = 1 << _PREC
        return beta, (max(0, place[0] - shift * one), min(one, place[1] - shift * one))

    def _weights(self) -> tuple[dict[int, int], dict[int, int], int]:
        """Weights of the points by their shifts, those of the kinks, and the sum of all beta, rounded the other way."""
        weights: dict[int, int] = {}
        bends: dict[int, int] = {}
        up = self.table.side > 0
        total = 0
        for i, (shift, whole) in enumerate(self.coarse.shifts):
            (low, high), (f, g) = self._split(i, shift, whole)
            total += low if up else high
            one = 1 << _PREC
            near, far = (high * (one - f), high * g) if up else (low * (one - g), low * f)
            drop = 2 * _PREC
            for at, value in ((shift, near), (shift + 1, far)):
                weights[at] = weights.get(at, 0) + (-(-value >> drop) if up else value >> drop)
            if not whole:
                bends[shift] = bends.get(shift, 0) - (-high * g * (one - f) >> 3 * _PREC)
        return weights, bends, (total >> _PREC if up else -(-total >> _PREC))

    def _sums(self) -> tuple[list[int], list[int]]:
        """R_k and E_k for k = 0 .. n + N, in units of 2^-(bits + WEIGHT_BITS)."""
        table = self.table
        count, far = table.nodes, table.far
        words = -(-(table.bits + WEIGHT_BITS + 24) // WORD)
        weights, bends, total = self._weights()
        line, side = self.line, table.side
        self.work.spend(12 * len(line) + (len(weights) + len(bends)) * len(line) * words // 64)
        raised = [value + far for value in line]
        if min(raised) < 0:
            raise Refused(f"the table {table.where} falls too low")
        kinks = [max(0, side * (2 * b - a - c)) for a, b, c in zip(line, line[1:], line[2:], strict=False)]
        found = self._convolved(weights, raised, words, 2 * far)
        bent = self._convolved(bends, [0, *kinks, 0], words, 0)
        return [value - total * far for value in found[:count]], bent[:count]

    def _convolved(self, weights: dict[int, int], line: list[int], words: int, far: int) -> list[int]:
        """sum over j of weights[j] line_(k - j) for k = 0 .. n + N; `far` is what the line ends with."""
        count, start = self.table.nodes, self.table.layout.per_step + 1
        row, total, beyond = packed(line, words), 0, 0
        for shift, weight in weights.items():
            if -shift > self.table.size:
                beyond += weight
            elif weight:
                total += (row >> WORD * words * (start - shift)) * weight
        total += packed([beyond * far] * count, words)
        return unpacked(total, count, words)

    def _source(self) -> list[int]:
        """X_0 m_k for k = 0 .. n + N, in units of 2^-(bits + WEIGHT_BITS)."""
        table, side = self.table, self.table.side
        lift = table.bits + WEIGHT_BITS - MASS_BITS
        top, bottom = table.mass.numerator << lift, table.mass.denominator
        found = [
            -(-value * top // bottom) if side > 0 else value * top // bottom for value in self.back.line()
        ]
        self.work.spend(2 * len(found))
        return [*found, *[0] * (table.nodes - len(found))]

    def bound_holds(self, bound: Fraction) -> bool:
        """Whether v(log K) K^-t + sum over c eta >= log K of X_c is at most (at least) the bound."""
        table, side = self.table, self.table.side
        self.prove()
        room = bound - self._explicit()
        worth = Fraction(self._at_the_start(), 1 << _PREC + table.bits)
        if side > 0:
            return room > 0 and (worth <= 0 or self._compare(worth, room))
        return room <= 0 <= worth or (worth > 0 and not self._compare(worth, room))

    def _explicit(self) -> Fraction:
        """The masses at log K or farther, rounded up (down); a tie is seen."""
        walk, side = self.walk, self.table.side
        low, high = self.fine.place(walk.level, walk.root)
        near = high >> PLACE_BITS
        if low <= near << PLACE_BITS and self.fine.is_whole(walk.level, walk.root, near):
            low = high = near << PLACE_BITS
        return self.table.mass * self.back.tail(low if side > 0 else high, side)

    def _at_the_start(self) -> int:
        """v at log K, in units of 2^-(bits + _PREC), at its largest (smallest)."""
        table, side = self.table, self.table.side
        low, high = self.coarse.place(self.walk.level, self.walk.root)
        start = table.layout.per_step + 1
        one, last = 1 << _PREC, len(self.line) - 2 - start
        ends = [min(low >> _PREC, last), min(high >> _PREC, last)]
        values = [self.line[start + k] << _PREC for k in range(ends[0] + 1, ends[1] + 1)]
        for k, place in zip(ends, (low, high), strict=True):
            share = min(place - k * one, one)
            a, b = self.line[start + k], self.line[start + k + 1]
            values.append(a * (one - share) + b * share)
        return max(values) if side > 0 else min(values)

    def _compare(self, worth: Fraction, room: Fraction) -> bool:
        """Whether worth K^-t <= room, for positive numbers; equality is not decided."""
        walk, tilt = self.walk, self.table.tilt
        longest = max(worth.numerator, worth.denominator, room.numerator, room.denominator)
        length = max(longest, walk.level.numerator).bit_length()

        def at_most(prec: int) -> bool | None:
            self.work.spend_on_logs(3, prec, length)
            level = times(-tilt, walk.log_level(prec))
            size, limit = log_of(worth, prec), log_of(room, prec)
            if level[1] + size[1] <= limit[0]:
                return True
            return False if level[0] + size[0] > limit[1] else None

        return decide(at_most, self.most_bits, "a bound against its table")
