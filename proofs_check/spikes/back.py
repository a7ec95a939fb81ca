"""The first steps back from the level on a fine grid, and the source that they leave (SG6, SG9), on integers.

Tilted masses are integers in units of 2^-MASS_BITS, rounded up for an upper bound and down for a lower one. A row
of them is packed into one long integer, a slot for each, so that a step is a shift and a product by its weight.
"""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.arithmetic import exp_interval, log_of, log_precision, times
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.spikes.cells import Ladder, unpacked

MASS_BITS = 60
SLOT = 128
"""Bits of a slot: masses below 2^62, times weights that sum up to less than 2^63."""

_SLOT_WORDS = SLOT // 64
_PREC = 96
RISE_BITS = 2 * _PREC
"""The precision of t eta."""


@dataclass(frozen=True)
class Layout:
    """`per_step` cells to the largest step, each of `fine` fine cells; so many generations of steps back, followed up
    to `reach` largest steps from the level."""

    per_step: int
    fine: int
    generations: int
    reach: int

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
        largest = ladder.walk.factors[0]
        log_prec = log_precision(tilt, 2 * _PREC)
        work.spend_on_logs(8, log_prec, largest.numerator.bit_length())
        log, drop = log_of(largest, log_prec), log_prec - 2 * _PREC
        self.rise = times(tilt / layout.fine_per_step, (log[0] >> drop, -(-log[1] >> drop)))
        self.moves = self._moves(ladder)
        self.masses, self.source = self._followed()

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

    def _followed(self) -> tuple[list[int], list[int]]:
        layout = self.layout
        step, most = layout.fine_per_step, layout.slots
        self.work.spend(
            (layout.generations * (2 * len(self.moves) + 3 * layout.reach + 20)) * (most + step) * SLOT // 2048
        )
        total, source, now = 0, 0, 1 << MASS_BITS
        for done in range(layout.generations):
            now, over = self._chain(now)
            total += now
            new = 0
            for cells, weight in self.moves.items():
                if cells >= 0:
                    new += now * weight << SLOT * cells
                else:
                    new += (now >> -SLOT * cells) * weight
            new = self._rounded(new, most + step + 1) & ~((1 << SLOT) - 1)  # nothing at the level itself
            high = new >> SLOT * (most + 1) << SLOT * (most + 1)
            now = new - high
            source += high + over
            if done == layout.generations - 1:
                source += now
        return self._list(total, most + 1), self._list(source, most + step + 1)

    def _chain(self, now: int) -> tuple[int, int]:
        """Any number of steps of the largest factor; what comes out of reach."""
        layout = self.layout
        step, most = layout.fine_per_step, layout.slots
        here, moving, over = now, now, 0
        for _ in range(layout.reach + 1):
            moving = self._rounded(moving * self.largest, most + 1) << SLOT * step
            beyond = moving >> SLOT * (most + 1) << SLOT * (most + 1)
            over += beyond
            moving -= beyond
            here += moving
        self._check(here, most + 1, SLOT)
        return here, over

    def _rounded(self, row: int, count: int) -> int:
        """A row of products in units of masses again."""
        self._check(row >> MASS_BITS, count, SLOT - MASS_BITS)
        if self.side > 0:
            row += _repeated((1 << MASS_BITS) - 1, count)
        return row >> MASS_BITS & _repeated((1 << SLOT - MASS_BITS) - 1, count)

    def _check(self, row: int, count: int, bits: int) -> None:
        """That no slot, of which the lowest `bits` bits count, holds 4 or more."""
        if row & _repeated((1 << bits) - (1 << MASS_BITS + 2), count):
            raise Refused("the masses of the steps back are far above 1")

    def _list(self, row: int, count: int) -> list[int]:
        self.work.spend(count)
        return unpacked(row, count, _SLOT_WORDS)

    def tail(self, first: int, side: int) -> Fraction:
        """sum over c >= first of x_c e^(-t (c - first) eta), rounded up (down)."""
        self.work.spend(len(self.masses) // 2)
        decay = self.decay(1)[side > 0]
        found = 0
        for mass in reversed(self.masses[first:]):
            found = mass + (-(-found * decay >> _PREC) if side > 0 else found * decay >> _PREC)
        return Fraction(found, 1 << MASS_BITS)

    def line(self) -> list[int]:
        """SG9: the values m_k, k = 0 .. (reach + 1) N, of a linear majorant (minorant) of the source, in mass units."""
        fine, side = self.layout.fine, self.side
        self.work.spend(2 * len(self.source))
        decay = self.decay(1)
        heights, right, most = [], [], 0
        now = 0
        for mass in reversed(self.source):
            after = -(-now * decay[1] >> _PREC) if side > 0 else now * decay[0] >> _PREC
            right.append(after)
            now = mass + after
            heights.append(now)
            most = max(most, now)
        heights.reverse()
        right.reverse()
        heights[0] = right[0]  # nothing is asked at the level itself
        at = heights if side > 0 else right
        nodes = at[::fine]
        bends = 0 if side > 0 else self._bend(most)
        gaps = [bends + _gap(at[k * fine : (k + 1) * fine + 1], side) for k in range(len(nodes) - 1)]
        return [
            node + side * max(a, b) for node, a, b in zip(nodes, [*gaps, 0], [0, *gaps], strict=True)
        ]

    def _bend(self, most: int) -> int:
        """(t eta)^2/8 of the largest height, rounded up."""
        rise = -(-self.rise[1] >> _PREC)
        return -(-most * rise * rise >> 2 * _PREC + 3) + 1


def _gap(heights: list[int], side: int) -> int:
    """How far the heights are above (below) their chord, at most, rounded up."""
    count = len(heights) - 1
    first, last = heights[0], heights[-1]
    worst = max(
        side * (count * height - (count - i) * first - i * last) for i, height in enumerate(heights)
    )
    return -(-worst // count)


def _scaled(value: int, q: Fraction, prec: int, side: int) -> int:
    """value q in units of 2^-MASS_BITS, from 2^-prec, rounded up (down)."""
    denominator = q.denominator << prec - MASS_BITS
    return -(-value * q.numerator // denominator) if side > 0 else value * q.numerator // denominator


def _repeated(pattern: int, count: int) -> int:
    """The pattern in so many slots."""
    return int.from_bytes(pattern.to_bytes(SLOT // 8, "little") * count, "little")
