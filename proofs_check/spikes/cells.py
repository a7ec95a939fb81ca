"""Tables over cells of the way to the level, and the one pass that proves them (SG2, SG3), on integers.

A table holds integers in units of 2^-bits. The sums of all cells are made at once: a row of numbers is packed
into one long integer, a slot of some words for each, so that a step is a shift and a product by its weight.
"""

import sys
from array import array
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd

from proofs_check.core.arithmetic import (
    exp_interval,
    log_of,
    log_precision,
    power,
    shift_down,
    shift_up,
    times,
)
from proofs_check.core.budget import Work, decide
from proofs_check.core.reading import Refused
from proofs_check.linear.moment import quotient
from proofs_check.spikes.walk import Walk

MOST_CELLS = 1 << 18
WEIGHT_BITS = 48
"""Tilted weights are integers in units of 2^-WEIGHT_BITS, below 2^(WEIGHT_BITS + 4)."""

WORD = 64
MOST_POWER_BITS = 1 << 16
_EDGE_BITS = 128
PLACE_BITS = 128

Range = tuple[int, int]


@dataclass(frozen=True)
class Table:
    """u_0 .. u_(n-1) and the value beyond, of the upper (side 1) or lower bound (-1), at a tilt."""

    side: int
    tilt: Fraction
    bits: int
    values: list[int]
    far: int
    where: str

    @property
    def words(self) -> int:
        """Words of a slot: a sum of 2^15 products of a weight and a value fits."""
        return -(-(self.bits + WEIGHT_BITS + 20) // WORD)

    def worst(self, first: int, last: int) -> int:
        """The larger (smaller) value of two cells."""
        ends = [self.values[k] if k < len(self.values) else self.far for k in (first, last)]
        return max(ends) if self.side > 0 else min(ends)


class Ladder:
    """The walk on cells (k h, (k + 1) h], h = log R / per_step."""

    def __init__(self, walk: Walk, per_step: int, work: Work, most_bits: int) -> None:
        self.walk, self.per_step, self.work, self.most_bits = walk, per_step, work, most_bits
        if len(walk.factors) > 1 << 15:
            raise Refused("the walk has too many factors")

    @cached_property
    def shifts(self) -> list[tuple[int, bool]]:
        """j and whether log r = j h exactly; else j h < log r < (j + 1) h."""
        found = []
        for r in self.walk.factors:
            low, high = self.floor(r, 1)
            if low != high:
                raise Refused("a step ends too close to a point of the grid")
            found.append((low, self.is_whole(r, 1, low)))
        return found

    def first_cells(self, r: Fraction) -> Range:
        """The first and the last cell that may hold log K - log r > 0; mostly the same, at most neighbours."""
        root = self.walk.root
        self.work.spend_on_divisions(
            4, root * max(self.walk.level.numerator, r.numerator, r.denominator).bit_length()
        )
        factor = self.walk.level / r**root
        low, high = self.floor(factor, root)
        if high > low + 1:
            raise Refused("the way to the level is not known to a cell")
        if low == high and self.is_whole(factor, root, low):
            return low - 1, low - 1
        return max(low, 0), high

    def floor(self, factor: Fraction, root: int) -> Range:
        """The floor of log(factor) / (root h): its least and its largest possible value."""
        largest = self.walk.factors[0]
        size = max(factor.numerator, factor.denominator, largest.numerator).bit_length()
        found: list[Range] = []

        def known(prec: int) -> bool | None:
            self.work.spend_on_logs(3, prec, size)
            ratio = quotient(log_of(factor, prec), log_of(largest, prec), prec)
            ends = [end * self.per_step // root >> prec for end in ratio]
            found[:] = [(ends[0], ends[1])]
            return True if ends[0] == ends[1] or prec >= _EDGE_BITS else None

        decide(known, self.most_bits, "the place of a step")
        low, high = found[0]
        if low != high and self.is_whole(factor, root, high):
            return high, high
        return low, high

    def place(self, factor: Fraction, root: int) -> Range:
        """log(factor) / (root h), at PLACE_BITS."""
        prec, largest = 2 * PLACE_BITS, self.walk.factors[0]
        size = max(factor.numerator, factor.denominator, largest.numerator).bit_length()
        self.work.spend_on_logs(3, prec, size)
        ratio = quotient(log_of(factor, prec), log_of(largest, prec), prec)
        upper = -(-ratio[1] * self.per_step // root)
        return ratio[0] * self.per_step // root >> PLACE_BITS, -(-upper >> PLACE_BITS)

    def is_whole(self, factor: Fraction, root: int, number: int) -> bool:
        """Whether log(factor) = number root h, that is factor^N = R^(number root); False if too long to see."""
        largest = self.walk.factors[0]
        common = gcd(self.per_step, number * root)
        own, other = self.per_step // common, number * root // common
        sizes = [
            exponent * max(q.numerator, q.denominator).bit_length()
            for exponent, q in ((own, factor), (abs(other), largest))
        ]
        if max(sizes) > MOST_POWER_BITS:
            return False
        self.work.spend(4, max(sizes))
        return bool(factor**own == largest**other)

    def prove(self, table: Table) -> list[int]:
        """SG2 and SG3 for the table: refused if an inequality fails. The tilted weights that were used."""
        weights = [self._weight(i, table) for i in range(len(self.walk.factors))]
        values, side = table.values, table.side
        window = values[len(values) - self.per_step :]
        if (max(window) > table.far) if side > 0 else (min(window) < table.far):
            raise Refused(f"the value beyond the table {table.where} is on the wrong side of the last cells")
        line = [*self._beyond(table), *values, *[table.far] * (len(values) + 1)]
        sums = self._sums(line, table, weights)
        scaled = [value << WEIGHT_BITS for value in values]
        good = all(map(int.__le__, sums, scaled) if side > 0 else map(int.__ge__, sums, scaled))
        if not good:
            raise Refused(f"the table {table.where} does not satisfy the inequality of every cell")
        return weights

    def _weight(self, i: int, table: Table) -> int:
        """q_i r_i^tilt, rounded up or down."""
        r, q = self.walk.factors[i], self.walk.weights[i]
        prec = 2 * WEIGHT_BITS
        log_prec = log_precision(table.tilt, prec)
        size = max(r.numerator, r.denominator, q.denominator, table.tilt.denominator).bit_length()
        self.work.spend_on_logs(4, log_prec, size)
        low, high = power(log_of(r, log_prec), log_prec, table.tilt, prec)
        if high is None or high * q >= 1 << prec + 4:
            raise Refused(f"a weight of the table {table.where} is far above 1")
        drop = 1 << prec - WEIGHT_BITS
        if table.side > 0:
            return -(-high * q.numerator // (q.denominator * drop))
        return low * q.numerator // (q.denominator * drop)

    def _beyond(self, table: Table) -> list[int]:
        """The values e^(tilt y) in the cells -(N + 1) .. -1, largest (smallest) in the cell, in table units."""
        prec = 2 * WEIGHT_BITS
        largest = self.walk.factors[0]
        log_prec = log_precision(table.tilt, prec)
        self.work.spend_on_logs(3, log_prec, largest.numerator.bit_length())
        log, drop = log_of(largest, log_prec), log_prec - prec
        exponent = times(-table.tilt / self.per_step, (log[0] >> drop, -(-log[1] >> drop)))
        self.work.spend(2 * self.per_step + 2)
        low, high = exp_interval(exponent, prec)
        assert high is not None  # the exponent is negative
        now, found = 1 << prec, []
        for _ in range(self.per_step + 1):
            if table.side > 0:
                found.append(shift_up(now, prec - table.bits))
                now = -(-now * high >> prec)
            else:
                now = now * low >> prec
                found.append(shift_down(now, prec - table.bits))
        return found[::-1]

    def _sums(self, line: list[int], table: Table, weights: list[int]) -> list[int]:
        """For each cell the sum of weight times the worst value of the one or two cells a step leads to."""
        count, per_step = len(table.values), self.per_step
        words = table.words
        self.work.spend(8 * len(line) + len(weights) * len(line) * words // 64)
        choose = max if table.side > 0 else min
        pairs = packed(list(map(choose, line[1:], line[:-1])), words)
        single = packed(line[1:], words)
        total = beyond = 0
        for weight, (shift, whole) in zip(weights, self.shifts, strict=True):
            if -shift > count:
                beyond += weight
            else:
                total += ((single if whole else pairs) >> WORD * words * (per_step - shift)) * weight
        total += packed([beyond * table.far] * count, words) if beyond else 0
        return unpacked(total, count, words)

    def first_step(self, table: Table, weights: list[int]) -> tuple[Fraction, Fraction]:
        """SG5: the probability s of reaching the level in the first step, and the worth w of the others, so
        that s + w K^-tilt is a bound."""
        sure, worth = Fraction(0), 0
        level, root = self.walk.level, self.walk.root
        for r, q, weight in zip(self.walk.factors, self.walk.weights, weights, strict=True):
            sizes = (level.numerator, root * r.numerator, q.denominator)
            self.work.spend_on_divisions(6, max(sizes).bit_length() + root * r.denominator.bit_length())
            if r**self.walk.root >= self.walk.level:
                sure += q
            else:
                worth += weight * table.worst(*self.first_cells(r))
        return sure, Fraction(worth, 1 << WEIGHT_BITS + table.bits)


def packed(numbers: list[int], words: int) -> int:
    """The numbers, each below 2^(WORD words), one slot of so many words after the other."""
    slots = array("Q", bytes(8 * words * len(numbers)))
    low = (1 << WORD) - 1
    for j in range(words):
        slots[j::words] = array("Q", [number >> WORD * j & low for number in numbers])
    if sys.byteorder == "big":
        slots.byteswap()
    return int.from_bytes(slots.tobytes(), "little")


def unpacked(packed: int, count: int, words: int) -> list[int]:
    """The first `count` numbers."""
    size = 8 * words * count
    slots = array("Q", (packed & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
    if sys.byteorder == "big":
        slots.byteswap()
    found = slots[0::words].tolist()
    for j in range(1, words):
        found = [low | high << WORD * j for low, high in zip(found, slots[j::words], strict=True)]
    return found
