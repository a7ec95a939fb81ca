"""A walk of finitely many steps on a row of cells (S9), on integers rounded down; what that loses is counted.

A row is one long integer: the mass of each cell, in units of 2^-bits, has a slot of its own. A step is then one product
for each weight. Slots are wide enough for every sum, as all masses and all weights together are at most 2^bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused

MOST_ROW_BITS = 1 << 27
TRIM = 8
_SPARE = 8


@dataclass(frozen=True)
class Masses:
    """In units of 2^-bits: what stopped and what goes on, at least; and what was lost, at most.

    `stops`, if asked for: (step, mass that stopped, sum of mass times cells beyond the barrier).
    """

    stopped: int
    alive: int
    lost: int
    stops: tuple[tuple[int, int, int], ...] = ()


def walk_row(
    moves: Sequence[tuple[int, int]],
    barriers: Sequence[int],
    bits: int,
    hopeless: bool,
    work: Work,
    recorded: bool = False,
) -> Masses:
    """Start in cell 0; each step moves by a shift >= 0 with a weight (rounded down), `moves` giving both.

    After step t all in cells from barriers[t - 1] on stops. With `hopeless`, cells from which no later barrier
    can be reached may be left out.
    """
    row = _Row(moves, bits, work)
    reachable = _reachable(barriers, max(shift for shift, _ in moves)) if hopeless else None
    stops: list[tuple[int, int, int]] = []
    for done, barrier in enumerate(barriers, 1):
        row.step()
        top, first = row.stop(barrier)
        if recorded and top:
            stops.append((done, row.total(top), row.beyond(top, first)))
        if done % TRIM == 0:
            row.trim(None if reachable is None else reachable[done - 1])
        if not row.value:
            break
    return Masses(row.stopped, row.total(row.value), row.lost, tuple(stops))


def _reachable(barriers: Sequence[int], longest: int) -> list[int]:
    """For each step the least cell from which a later barrier can be reached."""
    found, least = [barriers[-1]] * len(barriers), barriers[-1] - len(barriers) * longest
    for t in range(len(barriers) - 1, 0, -1):
        found[t - 1] = least + t * longest
        least = min(least, barriers[t - 1] - t * longest)
    return found


class _Row:
    """The masses: cell `start` in the lowest slot of `value`."""

    def __init__(self, moves: Sequence[tuple[int, int]], bits: int, work: Work) -> None:
        self.bits, self.slot, self.work = bits, 2 * bits + _SPARE, work
        merged: dict[int, int] = {}
        for shift, weight in moves:
            merged[shift] = merged.get(shift, 0) + weight
        self.moves = sorted(merged.items())
        self.roundings = len(moves)
        self.value, self.start = 1 << bits, 0
        self.stopped = self.lost = 0
        self.mask, self.masked = (1 << (self.slot - bits)) - 1, 1

    def step(self) -> None:
        cells = self.value.bit_length() // self.slot + 1 + self.moves[-1][0]
        if cells * self.slot > MOST_ROW_BITS:
            raise Refused("the row of cells is too long")
        digits = cells * self.slot // 30
        self.work.spend(8 + digits * (len(self.moves) * (self.bits // 30 + 2) + 10) // 700)
        sums = 0
        for shift, weight in self.moves:
            sums += (weight * self.value) << (shift * self.slot)
        self.value = (sums >> self.bits) & self._whole_part(cells)
        self.lost += cells + self.roundings

    def _whole_part(self, cells: int) -> int:
        """What cuts off, in every slot, the bits that come from the next one."""
        while self.masked < cells:
            self.mask |= self.mask << (self.masked * self.slot)
            self.masked *= 2
        return self.mask

    def stop(self, barrier: int) -> tuple[int, int]:
        """Take off the cells from the barrier on: their slots, and the cells by which the first is beyond it."""
        place = max(0, barrier - self.start) * self.slot
        if self.value.bit_length() <= place:
            return 0, 0
        top = self.value >> place
        self.stopped += self.total(top)
        self.value ^= top << place
        return top, max(0, self.start - barrier)

    def beyond(self, slots: int, first: int) -> int:
        """The sum of each slot times its number, counted from `first`."""
        self.work.spend((slots.bit_length() // self.slot + 1) * (1 + slots.bit_length() // 10_000))
        total, mask = 0, (1 << self.slot) - 1
        while slots:
            total += first * (slots & mask)
            slots, first = slots >> self.slot, first + 1
        return total

    def trim(self, reachable: int | None) -> None:
        """Cut off empty cells, and those from which nothing can be reached, at the low end."""
        if self.value:
            cells = ((self.value & -self.value).bit_length() - 1) // self.slot
            cells = cells if reachable is None else max(cells, reachable - self.start)
            self.value >>= cells * self.slot
            self.start += cells

    def total(self, slots: int) -> int:
        """The sum of all slots: it is below 2^slot - 1, so it is the remainder modulo that."""
        return slots % ((1 << self.slot) - 1)
