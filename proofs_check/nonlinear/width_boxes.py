"""Boxes of states (|kappa|, L) moved by the map (W9), in integers at 2^-BITS rounded outwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

from proofs_check.core.reading import Refused
from proofs_check.nonlinear.width_start import Start, bits

BITS = 64
MOST_NODES = 400_000
UNITS_PER_NODE = 6
UNITS_PER_IMAGE = 4

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Falls:
    """The chance that L falls below L_1 within `steps` steps, from states with |kappa| >= c and 2 |kappa| <= L_0."""

    start: Start
    level: Fraction
    L1: Fraction
    steps: int
    parts: tuple[int, int]

    def least(self) -> Fraction:
        """A lower bound for all of [c, min(max(c R, k_0), L_0/2)] x [L_1, L_0]: the least over its boxes."""
        a, b = self.parts
        if a * b * (len(self.start.x) + 1) ** self.steps > 8 * MOST_NODES:
            raise Refused("too many boxes and paths")
        worst, nodes = self.start.total**self.steps, 0
        for box in self._cover():
            chance, visited = self._chance(box, MOST_NODES - nodes)
            worst, nodes = min(worst, chance), nodes + visited
        return Fraction(worst, self.start.total**self.steps)

    def _cover(self) -> Iterator[Box]:
        a, b = self.parts
        top = min(max(self.level * self.start.growth, self.start.high), self.start.L0 / 2)
        self.start.case.work.spend(100 * (a + b), max(bits(top), bits(self.L1)))
        columns, rows = _cuts(self.level, top, a), _cuts(self.L1, self.start.L0, b)
        yield from ((*k, *L) for k, L in product(columns, rows))

    def _chance(self, box: Box, most: int) -> tuple[int, int]:
        """A lower bound of the chance from every state of a box, in units of total^-steps, and the boxes visited.

        `waiting` holds the boxes that may still lie above L_1, with the weight of their path and the steps left.
        """
        target, total = _down(self.L1), self.start.total
        waiting, fallen, nodes = [(box, 1, self.steps)], 0, 0
        while waiting:
            here, weight, left = waiting.pop()
            nodes += 1
            self._book(nodes, most)
            if here[3] < target:
                fallen += weight * total**left
            elif left:
                cut = (here[0], here[1], max(here[2], target), here[3])
                weights = zip(self.start.x, self.start.weights, strict=True)
                waiting += [(image(cut, x), weight * k, left - 1) for x, k in weights]
        return fallen, nodes

    def _book(self, nodes: int, most: int) -> None:
        if nodes > most:
            raise Refused("too many boxes and paths")
        size = 3 * BITS + 2 * max(bits(x) for x in self.start.x)
        self.start.case.work.spend(UNITS_PER_NODE + UNITS_PER_IMAGE * len(self.start.x), size)
        self.start.case.work.spend(1 + len(self.start.x), self.start.total.bit_length() * self.steps)


def image(box: Box, x: Fraction) -> Box:
    """W9: a box that holds the images of all states of a box with x L <= 4.

    F = 1 - x L + x^2 k^2 falls in L and rises in k. L' = L - k^2 x (4 - x L) rises in L, and falls in k where x L <= 4.
    So each end is the exact value at one corner, over the denominator v^2 2^(2 BITS) for x = u/v, rounded once; that
    may put the upper corner beyond x L = 4, and no L grows.
    """
    k_lo, k_hi, L_lo, L_hi = box
    u, v = x.numerator, x.denominator
    unit = v * v << 2 * BITS

    def signed(k: int, L: int) -> int:
        return unit - (u * v * L << BITS) + (u * k) ** 2

    def falls(k: int, L: int) -> int:
        return u * k * k * ((4 * v << BITS) - u * L)

    least, most = signed(k_lo, L_hi), signed(k_hi, L_lo)
    return (
        max(0, least, -most) * k_lo // unit,
        -(-max(-least, most) * k_hi // unit),
        (L_lo * unit - falls(k_hi, L_lo)) // unit,
        -((max(0, falls(k_lo, L_hi)) - L_hi * unit) // unit),
    )


def _cuts(low: Fraction, high: Fraction, parts: int) -> list[tuple[int, int]]:
    """Equal parts of [low, high], rounded outwards."""
    marks = [low + (high - low) * n / parts for n in range(parts + 1)]
    return [(_down(a), -_down(-b)) for a, b in pairwise(marks)]


def _down(q: Fraction) -> int:
    return (q.numerator << BITS) // q.denominator
