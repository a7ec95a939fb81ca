"""The same search with balls: one gap, any precision, any data. Finds numbers, proves nothing.

Used where doubles cannot see (poles 1e-300 apart, nearly tangent maxima, weights of 1e-1000) and to give
a zero more digits.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole
from catalysis.drift.search_few import Proposal
from catalysis.drift.value import drift_and_log_slope
from catalysis.exact.balls import Ball, ball, dyadic, precision, rational, sign

# Value and derivative with respect to t, as balls.
Function = Callable[[Fraction], tuple[Ball, Ball]]


def _place(walk: LinearWalk, index: int, side: int, t: Fraction) -> NearPole:
    return NearPole(index, walk.poles[index], side, t)


def _value(walk: LinearWalk, index: int, side: int, bits: int) -> Function:
    def f(t: Fraction) -> tuple[Ball, Ball]:
        g, slope, _ = drift_and_log_slope(walk, _place(walk, index, side, t), bits)
        return g, slope

    return f


def _slope(walk: LinearWalk, index: int, side: int, bits: int) -> Function:
    def f(t: Fraction) -> tuple[Ball, Ball]:
        _, slope, curve = drift_and_log_slope(walk, _place(walk, index, side, t), bits)
        return slope, curve

    return f


def _negated(f: Function) -> Function:
    def g(t: Fraction) -> tuple[Ball, Ball]:
        value, slope = f(t)
        return -value, -slope

    return g


def _solve(f: Function, low: Fraction, high: Fraction, start: Fraction, bits: int) -> Fraction:
    """Newton kept inside a shrinking bracket, f(low) > 0 > f(high); stops where balls lose the sign."""
    t = start if low < start < high else (low + high) / 2
    goal = Fraction(1, 2 ** max(bits - 16, 4))
    for _ in range(4 * bits + 64):
        value, slope = f(t)
        found = sign(value)
        if not found:
            return t
        if found > 0:
            low = t
        else:
            high = t
        with precision(bits):
            step = ball(t) - arb(value.mid()) / arb(slope.mid())
            new = dyadic(step) if step.is_finite() else low
            if not low < new < high:
                new = dyadic(ball((low + high) / 2))
            if not low < new < high:
                return t
        if abs(new - t) <= goal * max(Fraction(1), abs(t)):
            return new
        t = new
    return t


def _expand(f: Function, t: Fraction, step: Fraction, wanted: int, limit: int = 40_000) -> Fraction | None:
    """Move t in doubling steps until f has the wanted sign."""
    for _ in range(limit):
        if sign(f(t)[0]) == wanted:
            return t
        t, step = t + step, 2 * step
        if step.numerator.bit_length() > 16_000:
            return None
    return None


def _at_pole(walk: LinearWalk, index: int, bits: int) -> Fraction:
    """The t at which G would vanish if only the pole's own factor moved."""
    own = rational(walk.rates[index])
    with precision(bits):
        rest = arb(0)
        for j, weight in enumerate(walk.balls(bits).weights):
            if j != index:
                rest += weight * abs(arb(1 - rational(walk.rates[j]) / own)).log()
        return dyadic(walk.balls(bits).rates[index].log() + rest / walk.balls(bits).weights[index])


def _minus_log(value: Fraction, bits: int) -> Fraction:
    with precision(bits):
        return dyadic(-ball(value).log())


def locate(walk: LinearWalk, gap: int, bits: int) -> Proposal | None:
    """What `gap` (0 < gap <= m) seems to hold at `bits` bits; None if that is not enough."""
    if gap == walk.size:
        return _locate_last(walk, bits)
    left, right = gap - 1, gap
    middle = _minus_log((walk.poles[right] - walk.poles[left]) / 2, bits)
    value, slope, _ = drift_and_log_slope(walk, _place(walk, left, 1, middle), bits)
    go_left = slope.mid() > 0
    index, side = (left, 1) if go_left else (right, -1)
    steep = _slope(walk, index, side, bits)
    far = _expand(steep, middle + 1, Fraction(1), -1)
    if far is None:
        return None
    top = _solve(steep, middle, far, middle + 1, bits)
    best = sign(_value(walk, index, side, bits)(top)[0])
    place = _place(walk, index, side, top)
    if best != 1:
        return Proposal(gap, place, ())
    at_middle = sign(value)
    if at_middle is None:
        return None
    if at_middle > 0:
        first, second = _towards(walk, left, 1, middle, bits), _towards(walk, right, -1, middle, bits)
        zeros = (first, second)
    else:
        inner = _towards(walk, index, side, top, bits)
        f = _negated(_value(walk, index, side, bits))
        outer = _place(walk, index, side, _solve(f, middle, top, (middle + top) / 2, bits))
        zeros = (inner, outer) if side > 0 else (outer, inner)
    return Proposal(gap, place, tuple(z for z in zeros if z is not None)) if None not in zeros else None


def _towards(walk: LinearWalk, index: int, side: int, near: Fraction, bits: int) -> NearPole | None:
    """The zero between the place `near`, where G > 0, and the pole."""
    f = _value(walk, index, side, bits)
    guess = _at_pole(walk, index, bits)
    far = _expand(f, max(near, guess) + 1, Fraction(1), -1)
    return None if far is None else _place(walk, index, side, _solve(f, near, far, guess, bits))


def _locate_last(walk: LinearWalk, bits: int) -> Proposal | None:
    index = walk.size - 1
    f = _value(walk, index, 1, bits)
    near = _expand(f, _minus_log(walk.poles[index], bits), Fraction(-7, 10), 1)
    if near is None:
        return None
    zero = _towards(walk, index, 1, near, bits)
    return None if zero is None else Proposal(walk.size, None, (zero,))


def polish(walk: LinearWalk, place: NearPole, digits: int, bits: int) -> NearPole:
    """More digits of a simple zero of G: Newton in t, at growing precision."""
    t, good = place.t, 12
    while True:
        good = min(2 * good, digits + 4)
        value, slope, _ = drift_and_log_slope(walk, _place(walk, place.index, place.side, t), bits)
        with precision(bits):
            step = ball(t) - arb(value.mid()) / arb(slope.mid())
            if not step.is_finite():
                return place
            t = dyadic(step)
        if good >= digits + 4:
            return _place(walk, place.index, place.side, t)
