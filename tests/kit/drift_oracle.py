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
    """A sign change of f by the Illinois method, safeguarded by bisection, to the working precision."""
    at_low, at_high = f(low), f(high)
    goal = mp.mpf(2) ** (8 - mp.mp.prec)
    for i in range(4 * mp.mp.prec):
        if abs(high - low) <= goal * max(1, abs(low)):
            break
        new = (low * at_high - high * at_low) / (at_high - at_low)
        if i % 4 == 3 or not min(low, high) < new < max(low, high):
            new = (low + high) / 2
        value = f(new)
        if value == 0:
            return new
        if (value > 0) == (at_high > 0):
            high, at_high = new, value
            at_low /= 2
        else:
            low, at_low = new, value
            at_high /= 2
    return (low + high) / 2
