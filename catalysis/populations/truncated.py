"""Laws cut to an interval: M(s) = I(s)/I(0), both by rigorous integration of an unnormalised density (Lemma P12).

The interval is cut at 0 and at the pole, |1 - z X| = 0; the root singularities there are dealt with as in P4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from flint import acb, arb

from catalysis.data.population import Part
from catalysis.exact.balls import Ball, ball, precision
from catalysis.populations.factors import MOST_POWER
from catalysis.populations.integrals import Complex, from_root, real_power

Density = Callable[[Complex, bool], Complex]


@dataclass(frozen=True)
class TruncatedFactor:
    """R = |1 - z X| for one law of s or x, given that it lies between two numbers (`part.between`)."""

    z: Fraction
    part: Part

    moments_below = None
    least_power = Fraction(-1)
    most_power = MOST_POWER

    @property
    def stable(self) -> bool:
        return self.z * largest(self.part) <= 2

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 48):
            mass = _mass(self.part, bits)
            sides = (_Side(self.z, self.part, side, low, high) for side, low, high in _sides(self.part))
            return sum((side.integral(s, bits, mass) for side in sides), arb(0)) / mass


def largest(part: Part) -> Fraction:
    """The largest x of a truncated law."""
    assert part.between is not None
    most = max(abs(end) for end in part.between)
    return most if part.variable == "x" else most**2


@lru_cache(maxsize=64)
def _mass(part: Part, bits: int) -> Ball:
    """I(0), to the digits of its own size: z plays no part, the pole lies outside."""
    with precision(bits + 48):
        beyond = 1 / (2 * largest(part))
        sides = (_Side(beyond, part, side, low, high) for side, low, high in _sides(part))
        return sum((side.integral(Fraction(0), bits, arb(0)) for side in sides), arb(0))


def _sides(part: Part) -> Iterator[tuple[int, Fraction, Fraction]]:
    """The interval in |v|: the part on each side of 0, once where they are alike."""
    assert part.between is not None
    low, high = part.between
    if low == -high and (part.kind == "student" or part.parameters[0] == 0):
        low = Fraction(0)
    if high > 0:
        yield 1, max(low, Fraction(0)), high
    if low < 0:
        yield -1, max(-high, Fraction(0)), -low


@dataclass(frozen=True)
class _Side:
    """The integral over low <= v <= high of |1 - z v^k|^s f(side v), k = 1 for a law of x, 2 for one of s."""

    z: Fraction
    part: Part
    side: int
    low: Fraction
    high: Fraction

    @property
    def squared(self) -> bool:
        return self.part.variable == "s"

    def integral(self, s: Fraction, bits: int, size: Ball) -> Ball:
        density, root = _density(self.part, self.side, self.low)
        pole = 1 / ball(self.z).sqrt() if self.squared else 1 / ball(self.z)
        total = arb(0)
        for low, high in self._stretches(pole):
            total += self._stretch(low, high, pole, s, density, root, bits, size)
        return total

    def _at(self, v: Fraction) -> Fraction:
        """z x at v; the pole is 1."""
        return self.z * v**2 if self.squared else self.z * v

    def _stretches(self, pole: Ball) -> Iterator[tuple[Ball | None, Ball | None]]:
        """Cut at the pole, and between two singular ends; None stands for the pole, exactly."""
        at, end = self._at(self.low), self._at(self.high)
        inside: list[Ball | None] = [ball(self.low) if at != 1 else None]
        if at < 1 < end:
            if self.low == 0:
                inside.append(pole / 2)
            inside.append(None)
        inside.append(ball(self.high) if end != 1 else None)
        if self.low == 0 and end == 1:
            inside.insert(1, pole / 2)
        yield from pairwise(inside)

    def _stretch(
        self,
        low: Ball | None,
        high: Ball | None,
        pole: Ball,
        s: Fraction,
        density: Density,
        root: Fraction,
        bits: int,
        size: Ball,
    ) -> Ball:
        """One stretch, at most one end of which is singular: the pole (None), or 0."""
        z, power = ball(self.z), acb(ball(s))
        if low is None or high is None:
            sign = 1 if low is None else -1
            length = abs((high if low is None else low) - pole)  # type: ignore[operator]

            def near(w: Complex) -> Complex:
                return z * (2 * pole + sign * w) if self.squared else acb(z)

            return from_root(
                length,
                s,
                lambda w, a: real_power(w * near(w), power, a) * density(pole + sign * w, a),
                lambda w: (
                    real_power(near(acb(w)), power, False).real * density(acb(pole + sign * w), False).real
                ),
                bits,
                size,
            )

        below = self._at(self.low) < 1

        def whole(v: Complex, analytic: bool) -> Complex:
            y = z * v * v if self.squared else z * v
            return real_power(1 - y if below else y - 1, power, analytic) * density(v, analytic)

        if low == 0 and (root or self.part.kind == "lognormal"):
            return from_root(high, root, whole, lambda w: self._at_zero(w, power, density, root), bits, size)
        goal = arb(2) ** -(bits + 4)
        return acb.integral(whole, low, high, abs_tol=goal * size, rel_tol=goal).real

    def _at_zero(self, small: Ball, power: Complex, density: Density, root: Fraction) -> Ball:
        """|1 - z v^k|^s f(v) v^-root over a ball of small v >= 0."""
        y = ball(self.z) * (small * small if self.squared else small)
        size = real_power(acb(1 - y), power, False).real
        if self.part.kind == "lognormal":  # rises from 0 up to its mode
            end = arb(small.upper())
            mean, deviation = (ball(v) for v in self.part.parameters)
            rising = end.log() < mean - deviation**2
            return size * arb(0).union(density(acb(end), False).real) if rising else arb(float("nan"))
        _, scale = gamma_of(self.part)
        return size * (-small / ball(scale)).exp()


def gamma_of(part: Part) -> tuple[Fraction, Fraction]:
    """Shape and scale of a gamma law of x, cut or not."""
    if part.kind == "chi-square":
        return part.parameters[0] / 2, Fraction(2)
    if part.kind == "gamma":
        return part.parameters[0], part.parameters[1]
    return Fraction(1), part.parameters[0]  # exponential


def _density(part: Part, side: int, low: Fraction) -> tuple[Density, Fraction]:
    """A multiple of the density at side v, and its power of v at 0 (not 0 for a gamma law alone)."""
    a, b = (ball(value) for value in (*part.parameters, Fraction(0))[:2])
    if part.kind == "normal":
        top = ball((_clamped(part.between, part.parameters[0]) - part.parameters[0]) ** 2)
        return lambda v, _: ((top - (side * v - a) * (side * v - a)) / (2 * b * b)).exp(), Fraction(0)
    if part.kind == "student":
        half = acb(-(a + 1) / 2)
        return lambda v, analytic: real_power(1 + (v / b) ** 2 / a, half, analytic), Fraction(0)
    if part.kind == "lognormal":
        return lambda v, analytic: _lognormal(v, a, b, analytic), Fraction(0)
    return _gamma_density(part, low)


def _gamma_density(part: Part, low: Fraction) -> tuple[Density, Fraction]:
    shape, scale = gamma_of(part)
    power, width, start = shape - 1, ball(scale), ball(low)
    if power == 0:
        return lambda v, _: (-(v - start) / width).exp(), Fraction(0)
    raised = acb(ball(power))
    return (
        lambda v, analytic: real_power(v, raised, analytic) * (-(v - start) / width).exp(),
        power,
    )


def _lognormal(v: Complex, mean: Ball, deviation: Ball, analytic: bool) -> Complex:
    if analytic and not v.real > 0:
        return acb(float("nan"))
    return (-(((v.log() - mean) / deviation) ** 2) / 2).exp() / v


def _clamped(between: tuple[Fraction, Fraction] | None, value: Fraction) -> Fraction:
    assert between is not None
    return min(max(value, between[0]), between[1])
