"""The first steps back from the level on a fine grid, and the source that they leave (SG6, SG9), on integers.

Tilted masses are integers in units of 2^-MASS_BITS, rounded up for an upper bound and down for a lower one. A row
of them is packed into one long integer, a slot for each, so that a step is a shift and a product by its weight.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from proofs_check.core.arithmetic import exp_interval, log_of, log_precision, times
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.spikes.cells import PLACE_BITS, Ladder, packed, unpacked
from proofs_check.spikes.convolution import Row

MASS_BITS = 60
SLOT = 128
"""Bits of a slot: masses below 2^62, times weights that sum up to less than 2^63."""

SUB_BITS = 36
SUB = 1 << SUB_BITS
"""Where a single path is, in parts of a fine cell."""

MOST_PATHS = 1 << 18
_SLOT_WORDS = SLOT // 64
_DIGITS = 38
"""Of a slot below 2^125."""

_FEW_MOVES = 64
_LONG_COST = 170  # of a slot where there are more moves than that
_TOO_HEAVY = "the masses of the steps back are far above 1"
_PREC = 96
RISE_BITS = 2 * _PREC
"""The precision of t eta."""


@dataclass(frozen=True)
class Layout:
    """`per_step` cells to the largest step, each of `fine` fine cells; masses of at least `drop` are followed back one
    by one, the others for so many generations, up to `reach` largest steps from the level."""

    per_step: int
    fine: int
    generations: int
    reach: int
    drop: Fraction

    @property
    def fine_per_step(self) -> int:
        return self.per_step * self.fine

    @property
    def slots(self) -> int:
        return self.reach * self.fine_per_step


class StepsBack:
    """x_0 .. x_C and s_0 .. s_(C + F), tilted, for X_0 = 1, of an upper (side 1) or lower bound (-1)."""

    def __init__(self, ladder: Ladder, layout: Layout, side: int, tilt: Fraction, work: Work) -> None:
        self.layout, self.side, self.work = layout, side, work
        self.patterns: dict[tuple[int, int], int] = {}
        largest = ladder.walk.factors[0]
        log_prec = log_precision(tilt, 2 * _PREC)
        work.spend_on_logs(8, log_prec, largest.numerator.bit_length())
        log, drop = log_of(largest, log_prec), log_prec - 2 * _PREC
        self.rise = times(tilt / layout.fine_per_step, (log[0] >> drop, -(-log[1] >> drop)))
        self.fine_rise = -(-self.rise[1] >> _PREC)
        if self.fine_rise >= 1 << _PREC:
            raise Refused("the fine cells are too long")
        self.moves = self._moves(ladder)
        self.paths, light = self._single(ladder)
        self.masses, self.source = self._followed(light)

    def decay(self, cells: int) -> tuple[int, int]:
        """e^(-t eta cells) at _PREC."""
        self.work.spend_on_logs(1, 2 * _PREC)
        low, high = exp_interval(times(-cells, self.rise), 2 * _PREC)
        assert high is not None  # the exponent is not positive
        return low >> _PREC, -(-high >> _PREC)

    def _moves(self, ladder: Ladder) -> dict[int, int]:
        """The weights of the steps by the fine cells that they move, rounded up (down), but for the largest one."""
        found: dict[int, int] = {}
        total = 0
        for i, ((shift, whole), q) in enumerate(zip(ladder.shifts, ladder.walk.weights, strict=True)):
            cells = shift + (self.side > 0 and not whole)
            self.work.spend_on_logs(1, 2 * _PREC, q.denominator.bit_length())
            low, high = exp_interval(times(cells, self.rise), 2 * _PREC)
            if high is None or high * q >= 4 << 2 * _PREC:
                raise Refused("a weight of a step back is far above 1")
            weight = _scaled(high if self.side > 0 else low, q, 2 * _PREC, self.side)
            total += weight
            if i == 0:
                self.largest = weight
            else:
                found[cells] = found.get(cells, 0) + weight
        if total >= 1 << 63:
            raise Refused("the weights of the steps back are far above 1")
        return found

    def _single(self, ladder: Ladder) -> tuple[list[tuple[int, int]], list[int]]:
        """Masses of at least `drop` followed one by one, with their places, SUB to a fine cell; and the light ones
        that they lead to, on the fine cells 0 .. C + F."""
        layout, side = self.layout, self.side
        most, drop = layout.slots * SUB, -(-layout.drop.numerator << MASS_BITS) // layout.drop.denominator
        moves = self._exact_moves(ladder)
        light = [0] * (layout.slots + layout.fine_per_step + 1)
        layer = {0: 1 << MASS_BITS}
        paths = [*layer.items()]
        while layer:
            self.work.spend(2 * len(layer) * len(moves))
            new: dict[int, int] = {}
            for at, mass in layer.items():
                for move, weight in moves:
                    if at + move > 0:
                        new[at + move] = new.get(at + move, 0) + mass * weight
            layer = {}
            for at, product in new.items():
                mass = -(-product >> MASS_BITS) if side > 0 else product >> MASS_BITS
                if mass >> MASS_BITS + 2:
                    raise Refused(_TOO_HEAVY)
                if mass >= drop and at <= most:
                    layer[at] = mass
                else:
                    cell = -(-at // SUB) if side > 0 else at // SUB
                    light[cell] += self._moved_to(mass, abs(at - cell * SUB))
            paths += layer.items()
            if len(paths) > MOST_PATHS:
                raise Refused(f"more than {MOST_PATHS} single paths lead back from the level")
        light[0] = 0  # rounded down to the level itself
        return paths, light

    def _moved_to(self, mass: int, over: int) -> int:
        """A mass that is moved by a part of a fine cell away from the level (to it); z < 1: what follows z^3/6 in the
        series of e^z is below z^4/16."""
        if self.side < 0:
            return max(0, self._moved_back(mass, over, -1))
        z = -(-self.fine_rise * over // SUB)
        square = z * z >> _PREC
        more = z + square // 2 + (square * z >> _PREC) // 6 + (square * square >> _PREC + 4) + 6
        return mass - (-mass * more >> _PREC)

    def _exact_moves(self, ladder: Ladder) -> list[tuple[int, int]]:
        """What every factor moves, SUB to a fine cell, rounded up (down), and its weight."""
        found = []
        for (shift, whole), r, q in zip(ladder.shifts, ladder.walk.factors, ladder.walk.weights, strict=True):
            low, high = ladder.place(r, 1)
            drop = PLACE_BITS - SUB_BITS
            moved = shift * SUB if whole else -(-high >> drop) if self.side > 0 else low >> drop
            self.work.spend_on_logs(1, RISE_BITS, q.denominator.bit_length())
            ends = exp_interval(times(Fraction(moved, SUB), self.rise), RISE_BITS)
            end = ends[self.side > 0]
            assert end is not None  # `_moves` has seen more
            found.append((moved, _scaled(end, q, RISE_BITS, self.side)))
        return found

    def _followed(self, light: list[int]) -> tuple[list[int], list[int]]:
        layout = self.layout
        step, most = layout.fine_per_step, layout.slots
        slots = most + step + 1
        share = _LONG_COST if len(self.moves) > _FEW_MOVES else len(self.moves) + 8
        self.work.spend(slots + layout.generations * (share * slots // 16 + 3 * layout.reach + 8))
        start = packed(light, _SLOT_WORDS)
        self._check(start, slots, SLOT)
        source = start >> SLOT * (most + 1) << SLOT * (most + 1)
        total, now = 0, start - source
        for _ in range(layout.generations):
            now, over = self._chain(now)
            total += now
            new = (
                self._rounded(self._spread(now, slots), slots) >> SLOT << SLOT
            )  # nothing at the level itself
            high = new >> SLOT * (most + 1) << SLOT * (most + 1)
            now = new - high
            source += high + over
        return self._list(total, most + 1), self._list(source + now, slots)

    def _spread(self, now: int, slots: int) -> int:
        """One step of another than the largest factor, for all masses at once."""
        if len(self.moves) > _FEW_MOVES:
            found = self._kernel.times(Row(unpacked(now, self.layout.slots + 1, _SLOT_WORDS), _DIGITS))
            return packed(found[self.layout.slots :][:slots], _SLOT_WORDS)
        new = 0
        for cells, weight in self.moves.items():
            if cells >= 0:
                new += now * weight << SLOT * cells
            else:
                new += (now >> -SLOT * cells) * weight
        return new

    @cached_property
    def _kernel(self) -> Row:
        """The weights of the moves from -C to F."""
        most, step = self.layout.slots, self.layout.fine_per_step
        return Row([self.moves.get(cells, 0) for cells in range(-most, step + 1)], _DIGITS)

    def _chain(self, now: int) -> tuple[int, int]:
        """Any number of steps of the largest factor; what comes out of reach."""
        layout = self.layout
        step, most = layout.fine_per_step, layout.slots
        size = step * SLOT // 8
        data = now.to_bytes((layout.reach + 1) * size, "little")
        block, blocks = 0, []
        for at in range(0, len(data), size):
            block = int.from_bytes(data[at : at + size], "little") + self._moved(block, step)
            blocks.append(block.to_bytes(size, "little"))
        here = int.from_bytes(b"".join(blocks), "little") & (1 << SLOT * (most + 1)) - 1
        self._check(here, most + 1, SLOT)
        return here, self._moved(here >> SLOT * (most + 1 - step), step) << SLOT * (most + 1)

    def _moved(self, row: int, count: int) -> int:
        return self._rounded(row * self.largest, count) if row else 0

    def _rounded(self, row: int, count: int) -> int:
        """A row of products in units of masses again."""
        self._check(row >> MASS_BITS, count, SLOT - MASS_BITS)
        if self.side > 0:
            row += self._repeated((1 << MASS_BITS) - 1, count)
        return row >> MASS_BITS & self._repeated((1 << SLOT - MASS_BITS) - 1, count)

    def _check(self, row: int, count: int, bits: int) -> None:
        """That no slot, of which the lowest `bits` bits count, holds 4 or more."""
        if row & self._repeated((1 << bits) - (1 << MASS_BITS + 2), count):
            raise Refused(_TOO_HEAVY)

    def _repeated(self, pattern: int, count: int) -> int:
        """The pattern in so many slots."""
        if (pattern, count) not in self.patterns:
            self.patterns[pattern, count] = int.from_bytes(
                pattern.to_bytes(SLOT // 8, "little") * count, "little"
            )
        return self.patterns[pattern, count]

    def _list(self, row: int, count: int) -> list[int]:
        self.work.spend(count)
        return unpacked(row, count, _SLOT_WORDS)

    def tail(self, place: int, side: int) -> Fraction:
        """The masses, not tilted, at or beyond a place, in fine cells at PLACE_BITS, rounded up (down)."""
        end, first = -(-place >> PLACE_BITS - SUB_BITS), -(-place >> PLACE_BITS)
        low = end // SUB
        self.work.spend(len(self.masses) // 2 + len(self.paths))
        if low > self.layout.slots:
            return Fraction(0)
        at = [0] * (first - low) + self.masses[first:]
        for where, mass in self.paths:
            if where >= end:
                at[where // SUB - low] += self._moved_back(mass, where % SUB, side)
        decay, found = self.decay(1)[side > 0], 0
        for mass in reversed(at):
            found = mass + (-(-found * decay >> _PREC) if side > 0 else found * decay >> _PREC)
        return Fraction(found, 1 << MASS_BITS) * self._far_decay(low, side)

    def _far_decay(self, cells: int, side: int) -> Fraction:
        """e^(-t eta cells), rounded up (down), with good digits however small it is."""
        more = min(2 * (cells * self.rise[1] >> RISE_BITS) + 64, 1 << 13)
        prec = RISE_BITS + more
        self.work.spend_on_logs(1, prec)
        low, high = exp_interval(times(-cells, (self.rise[0] << more, self.rise[1] << more)), prec)
        assert high is not None  # the exponent is not positive
        return Fraction(high if side > 0 else low, 1 << prec)

    def _moved_back(self, mass: int, over: int, side: int) -> int:
        """mass e^-z for a part of a fine cell, rounded up (down), by the series to z^4 (z^3)."""
        z = (self.rise[0] >> _PREC) * over // SUB if side > 0 else -(-self.fine_rise * over // SUB)
        square = z * z >> _PREC
        cube = square * z >> _PREC
        if side > 0:
            return mass - (
                mass * (z - square // 2 + cube // 6 - square * square // (24 << _PREC) - 4) >> _PREC
            )
        return mass + (-mass * (z - square // 2 + cube // 6 + 4) >> _PREC)

    def line(self) -> list[int]:
        """SG9: the values m_k, k = 0 .. (reach + 1) N, of a linear majorant (minorant) of the source, in mass units."""
        fine, side = self.layout.fine, self.side
        self.work.spend(2 * len(self.source))
        decay = self.decay(1)
        heights, right, now = [], [], 0
        for mass in reversed(self.source):
            after = -(-now * decay[1] >> _PREC) if side > 0 else now * decay[0] >> _PREC
            right.append(after)
            now = mass + after
            heights.append(now)
        heights.reverse()
        right.reverse()
        heights[0] = right[0]  # nothing is asked at the level itself
        at = heights if side > 0 else right
        nodes = at[::fine]
        gaps = [_gap(at[k : k + fine + 1], side) for k in range(0, len(at) - 1, fine)]
        if side < 0:
            gaps = [
                gap + self._bend(max(heights[k * fine : (k + 1) * fine + 1])) for k, gap in enumerate(gaps)
            ]
        return [node + side * max(a, b) for node, a, b in zip(nodes, [*gaps, 0], [0, *gaps], strict=True)]

    def _bend(self, most: int) -> int:
        """(t eta)^2/8 of a height, rounded up."""
        rise = -(-self.rise[1] >> _PREC)
        return -(-most * rise * rise >> 2 * _PREC + 3) + 1


def _gap(heights: list[int], side: int) -> int:
    """How far the heights are above (below) their chord, at most, rounded up."""
    count = len(heights) - 1
    first, last = heights[0], heights[-1]
    worst = max(side * (count * height - (count - i) * first - i * last) for i, height in enumerate(heights))
    return -(-worst // count)


def _scaled(value: int, q: Fraction, prec: int, side: int) -> int:
    """value q in units of 2^-MASS_BITS, from 2^-prec, rounded up (down)."""
    denominator = q.denominator << prec - MASS_BITS
    return -(-value * q.numerator // denominator) if side > 0 else value * q.numerator // denominator
