"""Stability in mean square on a box of (f, beta), by one quadratic form: Lemma V5.

Hypotheses: Q > 0, and D = Q - E A^T Q A > 0 at every point of the box, A = [[u, v], [u - 1, v]] with u = a + b, v = -b:
the step of momentum in the state (e_t, e_t - e_(t-1)). Conclusion: k(2) < 0 on the box.

The entries of D over the box lie in their values at the middle plus their derivatives over the box times the halves of
its sides.
"""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.arithmetic import Interval
from proofs_check.products.fixed import add, fixed, less, minus, spread, times
from proofs_check.products.momentum_rows import UNIT, Optimizer, Pair, Row
from proofs_check.products.moving_cells import Side

FORM_COST = 150
"""Units for one sample."""

Entries = tuple[Interval, Interval, Interval]


@dataclass(frozen=True)
class Form:
    """Q = ((q11, q12), (q12, q22)) on a box."""

    q: tuple[Fraction, Fraction, Fraction]
    f: Side
    beta: Side

    @property
    def positive(self) -> bool:
        q11, q12, q22 = self.q
        return q11 > 0 and q11 * q22 > q12 * q12

    def contracts(self, optimizer: Optimizer) -> bool:
        """Whether D > 0 is proved on the whole box."""
        sides = self.f, self.beta
        middle = [_step(row) for row in optimizer.rows(self.f.middle, self.beta.middle)]
        rows = optimizer.rows(*(add(s.middle, (-s.half[1], s.half[1])) for s in sides))
        speeds = [[_slow(row.by_f) for row in rows], [_slow(row.by_beta) for row in rows]]
        over = middle
        for side, speed in zip(sides, speeds, strict=True):
            over = [_moved(step, by, side.half[1]) for step, by in zip(over, speed, strict=True)]
        entries = self._rest(optimizer, middle)
        for side, speed in zip(sides, speeds, strict=True):
            moves = self._speed(optimizer, over, speed)
            entries = [add(e, spread(m, side.half[1])) for e, m in zip(entries, moves, strict=True)]
        (a, _), b, (d, _) = entries
        size = max(abs(b[0]), abs(b[1]))
        return a > 0 and d > 0 and a * d > size * size

    def _rest(self, optimizer: Optimizer, steps: list[Pair]) -> list[Interval]:
        """Q - E A^T Q A."""
        q11, q12, q22 = (fixed(v) for v in self.q)
        loads: list[Entries] = []
        for u, v in steps:
            w = less(u, UNIT)
            one, two = add(times(q11, u), times(q12, w)), add(times(q12, u), times(q22, w))
            both = times(add(q11, q12, q12, q22), times(v, v))
            loads.append((add(times(one, u), times(two, w)), times(add(one, two), v), both))
        return [
            less(own, optimizer.mean(list(part)))
            for own, part in zip((q11, q12, q22), zip(*loads, strict=True), strict=True)
        ]

    def _speed(self, optimizer: Optimizer, steps: list[Pair], speeds: list[Pair]) -> list[Interval]:
        """The derivative of E A^T Q A as the steps move."""
        q11, q12, q22 = (fixed(v) for v in self.q)
        loads: list[Entries] = []
        for (u, v), (du, dv) in zip(steps, speeds, strict=True):
            w, total = less(u, UNIT), add(q11, q12, q12, q22)
            inner = add(times(q11, u), times(q12, w), times(q12, u), times(q22, w))
            twice = times(inner, du)
            across = add(times(total, times(du, v)), times(inner, dv))
            bend = times(v, dv)
            loads.append((add(twice, twice), across, times(total, add(bend, bend))))
        return [optimizer.mean(list(part)) for part in zip(*loads, strict=True)]


def _step(row: Row) -> Pair:
    return _slow(row.entries)


def _slow(pair: Pair) -> Pair:
    """u and v, or their derivatives."""
    return add(*pair), minus(pair[1])


def _moved(step: Pair, speed: Pair, half: int) -> Pair:
    return add(step[0], spread(speed[0], half)), add(step[1], spread(speed[1], half))
