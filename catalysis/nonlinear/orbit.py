"""The path of one start of the full-batch map, in the letters l = x L and v = (x kappa)^2 of docs/phases.md.

The first states are exact fractions, as long as these stay short; from then on they are balls. Every question
is answered True or False only when it is proved; otherwise the answer is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.balls import Ball, ball, dyadic, enclose

_EXACT_BITS = 3000
"""States are carried as fractions up to this size: the size triples with every step."""


@dataclass(frozen=True)
class State:
    """One state: balls of l, v and p = l^2 - 4v, which is kept apart (N1); the exact l, v where they are known."""

    l: Ball  # noqa: E741  the letter of the lemmas
    v: Ball
    p: Ball
    exact: tuple[Fraction, Fraction] | None = None

    @classmethod
    def of(cls, l: Fraction, v: Fraction) -> State:  # noqa: E741
        return cls(ball(l), ball(v), ball(l * l - 4 * v), (l, v))

    def step(self) -> State:
        """The next state: v' = v f^2, l' = l - v (4 - l)."""
        if self.exact is not None:
            l, v = step_exactly(*self.exact)  # noqa: E741
            if _bits(l) + _bits(v) <= _EXACT_BITS:
                return State.of(l, v)
        f, rest = 1 - self.l + self.v, 1 - self.v
        return State(self.l - self.v * (4 - self.l), self.v * f * f, self.p * rest * rest)

    def rises(self) -> bool | None:
        """Does the loss rise in the step from here (N3)? For l < 4."""
        if self.exact is not None:
            l, v = self.exact  # noqa: E741
            return v > 0 and l > 2 + v
        w = 2 + self.v - self.l
        if w < 0:
            return True if self.v > 0 else None
        return False if w >= 0 else None

    def hits(self) -> bool | None:
        """Does the step from here end at kappa = 0 exactly?"""
        if self.exact is not None:
            l, v = self.exact  # noqa: E741
            return v == 0 or l == 1 + v
        return False if self.v > 0 and not (1 - self.l + self.v).contains(0) else None

    def is_quiet(self) -> bool:
        """Proved: the loss never rises again (N3)."""
        if self.exact is not None:
            l, v = self.exact  # noqa: E741
            return l <= 2 or (l <= 3 and 2 + v >= l)
        return bool(self.l <= 2) or bool(self.l <= 3 and 2 + self.v - self.l >= 0)

    def is_flat(self) -> bool:
        """Proved: l <= 2."""
        return self.exact[0] <= 2 if self.exact is not None else bool(self.l <= 2)

    def is_past_hits(self) -> bool:
        """Proved: kappa is not 0 now and never will be (N5, with D halfway between d and 1). For l <= 2."""
        if not self.v > 0:
            return False
        if self.l <= 1:
            return True
        fall = (3 - self.l) / 2
        return _is_slow(self, fall) and bool(fall + self.v < 1)

    def is_trapped(self) -> bool:
        """Proved: kappa grows for ever (N7). For l > 4."""
        return bool(self.v >= 2 * self.l)


def step_exactly(l: Fraction, v: Fraction) -> tuple[Fraction, Fraction]:  # noqa: E741
    """One step in fractions."""
    f = 1 - l + v
    return l - v * (4 - l), v * f * f


def find_exact_hit(l: Fraction, v: Fraction) -> tuple[int, Fraction] | None:  # noqa: E741
    """The step at which kappa is exactly 0 and l from then on, as far as short fractions tell."""
    for step in range(12):
        if v == 0:
            return step, l
        if _bits(l) + _bits(v) > 2 * _EXACT_BITS:
            return None
        l, v = step_exactly(l, v)  # noqa: E741
    return None


def bracket_final(state: State) -> tuple[Fraction, Fraction]:
    """Proved bounds lower <= l_inf <= upper (N4), as good as the precision allows. For l <= 2."""
    lowers, uppers = _candidates(state)
    slack = 4 * _radius(state)
    slacks = [slack * (1 << shift) for shift in (0, 10, 20)]
    proved = [m for m in lowers if _proves_lower(state, m)]
    proved += [next((m - e for e in slacks if _proves_lower(state, m - e)), Fraction(0)) for m in lowers]
    above = [M for M in uppers if _proves_upper(state, M)]
    above += [M + e for M in uppers for e in slacks if _proves_upper(state, M + e)]
    return max([Fraction(0), *proved]), min([dyadic(state.l.upper()), *above])


def _candidates(state: State) -> tuple[list[Fraction], list[Fraction]]:
    """Numbers that should be bounds from below and from above, found in balls."""
    l, v, d = state.l, state.v, 2 - state.l  # noqa: E741
    root = _root(state.p)
    lowers, uppers = [], [dyadic(root.upper())]
    if 4 - l - root > 0:
        lowers.append(max(Fraction(0), dyadic(root * (4 - 2 * l) / (4 - l - root))))
    slow = _slow_fall(d, v)
    if slow is not None:
        lowers.append(max(Fraction(0), 2 - slow))
    mirrored = d * d + 2 * v
    if mirrored > 0:
        uppers.append(dyadic((2 - mirrored.sqrt()).upper()))
    return lowers, uppers


def _root(p: Ball) -> Ball:
    """sqrt(p), by its upper end where p may be 0."""
    return p.sqrt() if p > 0 else p.abs_upper().sqrt()


def _slow_fall(d: Ball, v: Ball) -> Fraction | None:
    """A D that should satisfy (N4d)."""
    high, last = (d * d + 2 * v).upper().sqrt().upper(), None
    for _ in range(40):
        if not 2 - high - v > 0:
            return None
        last, high = high, (d * d + (2 + high) * (2 + high) * v / (2 - high - v)).upper().sqrt().upper()
        if not high > last * (1 + ball(Fraction(1, 10**18))):
            break
    assert last is not None
    return dyadic((high + 2 * (high - last)).upper())


def _proves_lower(state: State, lower: Fraction) -> bool:
    l, m = state.l, ball(lower)  # noqa: E741
    if lower <= 0:
        return True
    rest = 4 - 2 * l + m
    if m <= l and state.p * rest * rest >= m * m * (4 - l) * (4 - l):
        return True
    return _is_slow(state, ball(2 - lower))


def _is_slow(state: State, D: Ball) -> bool:
    """(N4d) holds with this D."""
    d, v = 2 - state.l, state.v
    return bool(d <= D and 2 - D - v > 0 and (D * D - d * d) * (2 - D - v) >= (2 + D) * (2 + D) * v)


def _proves_upper(state: State, upper: Fraction) -> bool:
    l, v, M = state.l, state.v, ball(upper)  # noqa: E741
    d = 2 - l
    return bool(l <= M or state.p <= M * M) or bool(M <= 2 and d * d + 2 * v >= (2 - M) * (2 - M))


def _radius(state: State) -> Fraction:
    bounds, squares = enclose(state.l), enclose(state.v)
    return (bounds.width + squares.width) / 2 + Fraction(1, 1 << 300)


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()
