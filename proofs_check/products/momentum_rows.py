"""SGD with momentum at points (f, beta): the matrices [[a, b], [1, 0]] over boxes, with their derivatives.

x* is the largest curvature, c = 1 - eta w, and `eta lambda x* = f (1 + c)(1 + beta)` for the heavy ball,
`f (c + 1/(1 + 2 beta))` for Nesterov's momentum: f = 1 is where the sample x* alone becomes unstable. So
a = c + beta - eta lambda x, b = -beta c, and with z = c - eta lambda x: a = (1 + beta) z, b = -beta z.
"""

from dataclasses import dataclass

from proofs_check.core.arithmetic import Interval
from proofs_check.products.fixed import ONE, add, less, minus, over, times

UNIT = ONE, ONE
Pair = tuple[Interval, Interval]


@dataclass(frozen=True)
class Row:
    """(a, b) of one sample over a box, and the derivatives of a and b by f and by beta."""

    entries: Pair
    by_f: Pair
    by_beta: Pair


@dataclass(frozen=True)
class Optimizer:
    """`shares` are the x_i/x*, `weights` the p_i, `c` is 1 - eta w."""

    nesterov: bool
    c: Interval
    shares: tuple[Interval, ...]
    weights: tuple[Interval, ...]

    def rows(self, f: Interval, beta: Interval) -> list[Row]:
        """One for each sample, over intervals f > 0 and 0 <= beta < 1."""
        make = self._nesterov if self.nesterov else self._heavy_ball
        return [make(share, f, beta) for share in self.shares]

    def _heavy_ball(self, share: Interval, f: Interval, beta: Interval) -> Row:
        rate, above = times(share, add(UNIT, self.c)), add(UNIT, beta)
        left = less(UNIT, times(rate, f))
        a = add(less(self.c, UNIT), times(above, left))
        return Row(
            (a, minus(times(self.c, beta))), (minus(times(rate, above)), (0, 0)), (left, minus(self.c))
        )

    def _nesterov(self, share: Interval, f: Interval, beta: Interval) -> Row:
        turned, above = over(UNIT, add(UNIT, beta, beta)), add(UNIT, beta)
        steep = times(share, add(self.c, turned))
        z = less(self.c, times(f, steep))
        bend = times(times(share, add(f, f)), times(turned, turned))  # dz/dbeta
        return Row(
            (times(above, z), minus(times(beta, z))),
            (minus(times(above, steep)), times(beta, steep)),
            (add(z, times(above, bend)), minus(add(z, times(beta, bend)))),
        )

    def mean(self, values: list[Interval]) -> Interval:
        """sum p_i x_i."""
        return add((0, 0), (0, 0), *(times(p, x) for p, x in zip(self.weights, values, strict=True)))
