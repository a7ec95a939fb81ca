"""The zeros of G by an independent scan with mpmath, in the log of the distance to the nearer pole.

Shares nothing with the package: a walk is a list of (rate, weight) of Fractions. What a gap holds follows
from the sign of G at its maximiser, found by a bracketing search of the slope with 50 digits and more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath as mp

Rates = list[tuple[Fraction, Fraction]]


def real(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


@dataclass(frozen=True)
class Place:
    """pole + side exp(-t), the pole given by the index of its rate."""

    index: int
    side: int
    t: Any


@dataclass(frozen=True)
class Root:
    """A zero: in which gap, G going up (+1), down (-1) or touching zero (0), and where."""

    gap: int
    direction: int
    place: Place


class Scan:
    """G of a law of rates, in decreasing order of rate so that the poles increase."""

    def __init__(self, rates: Rates) -> None:
        self.rates = sorted(((r, p) for r, p in rates if r > 0), reverse=True)
        self.poles = [1 / r for r, _ in self.rates]
        self._frames: dict[int, list[tuple[Any, Any, Any]]] = {}

    def drift(self, at: Fraction) -> Any:
        """G at an exact place that is no pole."""
        return mp.fsum(real(p) * mp.log(real(abs(1 - at * r))) for r, p in self.rates)

    def frame(self, index: int) -> list[tuple[Any, Any, Any]]:
        """(1 - xi_j/xi_i, xi_j, p_j) for the other rates."""
        if index not in self._frames:
            own = self.rates[index][0]
            self._frames[index] = [
                (real(1 - r / own), real(r), real(p)) for j, (r, p) in enumerate(self.rates) if j != index
            ]
        return self._frames[index]

    def near(self, place: Place) -> Any:
        """G at a place beside a pole."""
        d = place.side * mp.exp(-place.t)
        own, weight = self.rates[place.index]
        rest = mp.fsum(p * mp.log(abs(c - d * r)) for c, r, p in self.frame(place.index))
        return rest + real(weight) * (mp.log(real(own)) - place.t)

    def steepness(self, place: Place) -> Any:
        """dG/dt."""
        d = place.side * mp.exp(-place.t)
        rest = mp.fsum(p * d * r / (c - d * r) for c, r, p in self.frame(place.index))
        return rest - real(self.rates[place.index][1])

    def top(self, gap: int) -> Place:
        """The maximiser of G in an inner gap."""
        middle = -mp.log(real(self.poles[gap] - self.poles[gap - 1]) / 2)
        index, side = (gap - 1, 1) if self.steepness(Place(gap - 1, 1, middle)) > 0 else (gap, -1)
        far = middle + 1
        while self.steepness(Place(index, side, far)) > 0:
            far = middle + 2 * (far - middle)
        return Place(index, side, _root(lambda t: self.steepness(Place(index, side, t)), middle, far))

    def zero(self, index: int, side: int, positive: Any) -> Place:
        """The zero between the place t = positive, where G > 0, and the pole."""
        far, reach = positive + 1, mp.mpf(1)
        while self.near(Place(index, side, far)) > 0:
            far, reach = far + reach, 2 * reach
        return Place(index, side, _root(lambda t: self.near(Place(index, side, t)), positive, far))

    def gap(self, gap: int, tolerance: Any = None) -> list[Root]:
        """The zeros in a gap; a maximum below ``tolerance`` in size counts as a tangency."""
        m = len(self.poles)
        if gap == 0:
            return []
        if gap == m:
            t = -mp.log(real(self.poles[-1]))
            while self.near(Place(m - 1, 1, t)) < 0:
                t -= 1
            return [Root(gap, 1, self.zero(m - 1, 1, t))]
        top = self.top(gap)
        best = self.near(top)
        if abs(best) < (mp.mpf(10) ** (10 - mp.mp.dps) if tolerance is None else tolerance):
            return [Root(gap, 0, top)]
        if best < 0:
            return []
        middle = -mp.log(real(self.poles[gap] - self.poles[gap - 1]) / 2)
        if self.near(Place(gap - 1, 1, middle)) > 0:
            pair = [self.zero(gap - 1, 1, middle), self.zero(gap, -1, middle)]
        else:
            inner = self.zero(top.index, top.side, top.t)
            t = _root(lambda t: self.near(Place(top.index, top.side, t)), middle, top.t)
            outer = Place(top.index, top.side, t)
            pair = [inner, outer] if top.side > 0 else [outer, inner]
        return [Root(gap, 1, pair[0]), Root(gap, -1, pair[1])]

    def zeros(self) -> list[Root]:
        return [root for gap in range(len(self.poles) + 1) for root in self.gap(gap)]

    def where(self, place: Place) -> Any:
        """The place on the lambda axis, as well as the working precision can tell."""
        return real(self.poles[place.index]) + place.side * mp.exp(-place.t)


def _root(f: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """A sign change of f to the working precision, by Chandrupatla's method: inverse quadratic steps or halves.

    Steps are never shorter than the goal, so that both ends close in; bisection alone takes ten times as many.
    """
    a, b = low, high
    at_a, at_b = f(a), f(b)
    c, at_c, share = a, at_a, mp.mpf(1) / 2
    goal = mp.mpf(2) ** (8 - mp.mp.prec)
    for _ in range(8 * mp.mp.prec):
        new = a + share * (b - a)
        value = f(new)
        if (value > 0) == (at_a > 0):
            c, at_c = a, at_a
        else:
            c, at_c, b, at_b = b, at_b, a, at_a
        a, at_a = new, value
        best, least = (a, at_a) if abs(at_a) < abs(at_b) else (b, at_b)
        step = goal * max(1, abs(best)) / abs(b - a)
        if step > 0.5 or least == 0:
            break
        share = mp.mpf(1) / 2
        along, value = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
        if value**2 < along and (1 - value) ** 2 < 1 - along:
            share = at_a / (at_b - at_a) * at_c / (at_b - at_c)
            share += (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
        share = min(1 - step, max(step, share))
    return best
