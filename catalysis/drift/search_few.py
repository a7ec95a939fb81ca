"""The same search gap by gap with Python's floats: where the rates are few, arrays cost more than they save.

Finds numbers, proves nothing. `t = -log(distance to the nearer pole)` as in `search_floats`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole

Function = Callable[[float], tuple[float, float]]
"""A value and its derivative with respect to t."""

TOO_CLOSE = 1e-10
"""Maxima this close to zero are left to the search with balls."""

NEWTON_DONE = 1e-12
"""Newton doubles the digits: after a step this short, relative, t is as good as doubles give it."""


@dataclass(frozen=True)
class Proposal:
    """What a gap seems to hold: its maximiser and, if the maximum is positive, its zeros.

    In the unbounded last gap `top` is None and there is one zero.
    """

    gap: int
    top: NearPole | None
    zeros: tuple[NearPole, ...]


@dataclass(frozen=True)
class Beside:
    """G beside one pole: `others` are (c_j, side xi_j, p_j), scaled by the largest rate, `own` is (log xi_i, p_i)."""

    index: int
    side: int
    others: tuple[tuple[float, float, float], ...]
    own: tuple[float, float]

    def value(self, t: float) -> tuple[float, float]:
        """G and dG/dt."""
        distance, (own_log, own_weight) = math.exp(-t), self.own
        value, slope = own_weight * (own_log - t), -own_weight
        for constant, rate, weight in self.others:
            shift = distance * rate
            value += weight * math.log(abs(constant - shift))
            slope += weight * shift / (constant - shift)
        return value, slope

    def slope(self, t: float) -> tuple[float, float]:
        """dG/dt and d^2G/dt^2."""
        distance, slope, curve = math.exp(-t), -self.own[1], 0.0
        for constant, rate, weight in self.others:
            shift = distance * rate
            ratio = shift / (constant - shift)
            slope += weight * ratio
            curve -= weight * ratio * constant / (constant - shift)
        return slope, curve

    def negated(self, t: float) -> tuple[float, float]:
        value, slope = self.value(t)
        return -value, -slope

    def at_pole(self) -> float:
        """The t at which G would vanish if only the own factor moved."""
        rest = sum(weight * math.log(abs(constant)) for constant, _, weight in self.others)
        return self.own[0] + rest / self.own[1]


class FewSearch:
    """Proposals for one gap after another; `high` and `low` make up the scaled rates."""

    def __init__(
        self, walk: LinearWalk, high: list[float], low: list[float], weights: list[float], log_scale: float
    ) -> None:
        self.walk, self.high, self.low, self.weights = walk, high, low, weights
        self.log_scale = log_scale

    def propose(self, gap: int) -> Proposal | None:
        """What the gap seems to hold; None where doubles cannot see."""
        try:
            return self._last() if gap == self.walk.size else self._between(gap)
        except (ValueError, ArithmeticError):
            return None

    def beside(self, index: int, side: int) -> Beside:
        own, own_low = self.high[index], self.low[index]
        others = tuple(
            (((own - high) + (own_low - low)) / own, side * high, weight)
            for j, (high, low, weight) in enumerate(zip(self.high, self.low, self.weights, strict=True))
            if j != index
        )
        return Beside(index, side, others, (math.log(own), self.weights[index]))

    def place(self, at: Beside, t: float) -> NearPole:
        return NearPole.at(self.walk.poles[at.index], at.index, at.side, t + self.log_scale)

    def _last(self) -> Proposal:
        at = self.beside(self.walk.size - 1, 1)
        near = _expand(at.value, at.own[0], -0.7, 1)
        return Proposal(self.walk.size, None, (self._towards(at, near),))

    def _towards(self, at: Beside, near: float) -> NearPole:
        """The zero between `near`, where G > 0, and the pole."""
        guess = at.at_pole()
        far = _expand(at.value, max(near, guess) + 1.0, 1.0, -1)
        return self.place(at, _solve(at.value, near, far, guess))

    def _between(self, gap: int) -> Proposal | None:
        left, right = self.beside(gap - 1, 1), self.beside(gap, -1)
        a, b = self.high[gap - 1], self.high[gap]
        middle = -math.log(((a - b) + (self.low[gap - 1] - self.low[gap])) / (a * b) / 2)
        at_middle, rising = left.value(middle)
        at = left if rising > 0 else right
        steep, bend = at.slope(middle)
        top = middle
        if steep > 0:  # else the maximum is in the middle, as far as doubles see
            top = _solve(at.slope, middle, _expand(at.slope, middle + 1.0, 1.0, -1), middle - steep / bend)
        best, _ = at.value(top)
        if not abs(best) > TOO_CLOSE:
            return None
        if best < 0:
            return Proposal(gap, self.place(at, top), ())
        if at_middle > 0:  # one zero in each half
            zeros = self._towards(left, middle), self._towards(right, middle)
        else:
            inner = self._towards(at, top)
            outer = self.place(at, _solve(at.negated, middle, top, 0.5 * (middle + top)))
            zeros = (inner, outer) if at.side > 0 else (outer, inner)
        return Proposal(gap, self.place(at, top), zeros)


def _solve(f: Function, low: float, high: float, start: float) -> float:
    """Newton kept inside a shrinking bracket: f(low) > 0 > f(high)."""
    t = start if low < start < high else 0.5 * (low + high)
    for _ in range(80):
        value, slope = f(t)
        if value > 0:
            low = t
        elif value < 0:
            high = t
        else:
            return t
        new = t - value / slope
        if not low < new < high:
            new = 0.5 * (low + high)
        t, step = new, abs(new - t)
        if step <= NEWTON_DONE * max(1.0, abs(new)):
            break
    return t


def _expand(f: Function, t: float, step: float, wanted: int) -> float:
    """Move t in doubling steps until f has the wanted sign."""
    for _ in range(1100):
        if f(t)[0] * wanted > 0:
            return t
        t, step = t + step, 2 * step
    raise ValueError
