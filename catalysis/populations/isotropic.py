"""Isotropic Gaussian features in R^d, drawn fresh in batches of b: the law of |H u|, the same for every unit u.

|H u|^2 = 1 - B + B (1 - cW)^2 with c = eta sigma^2/b, W ~ chi^2 with b + d - 1 degrees of freedom and B ~ Beta(b/2,
(d-1)/2), independent (Lemma P5). Moments are integrals over W of a hypergeometric function of (1 - cW)^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log, sqrt

from flint import arb, arb_poly

from catalysis.exact.balls import Ball, ball, precision
from catalysis.populations.panels import graded, on_panel, points_needed

_STRIPS = 12
_MOST_POINTS = 60
_LENGTHS = (40, 60, 90, 130, 200, 300, 600)
_WIDEST = 6.0
"""Wider ellipses have no smaller bound: the density grows towards their ends."""


@dataclass(frozen=True)
class IsotropicFactor:
    """R = |H u| for d >= 2, at c = eta sigma^2/b."""

    c: Fraction
    dimension: int
    batch: int

    stable = False  # the factor is unbounded
    moments_below = None
    least_power = Fraction(-1, 2)
    most_power = Fraction(64)

    @property
    def freedom(self) -> int:
        return self.batch + self.dimension - 1

    def moment(self, s: Fraction, bits: int) -> Ball:
        """E R^s for s > -1/2, enclosed (P5, P6)."""
        if s == 2:
            return ball(self.second())
        with precision(working_bits(s, bits)):
            return _Integral(self, s, bits).value()

    def second(self) -> Fraction:
        """E R^2 = 1 - 2 c b + c^2 b (b + d + 1), exactly."""
        return 1 - 2 * self.c * self.batch + self.c**2 * self.batch * (self.batch + self.dimension + 1)


def working_bits(s: Fraction, bits: int) -> int:
    """More than asked for: the terms of the series alternate for n < s/2."""
    return bits + 8 + int(2 * max(Fraction(0), s))


class _Integral:
    """E R^s as the integral over v = cW of density(v) phi((1 - v)^2), phi(y) = E (1 - B + B y)^(s/2)."""

    def __init__(self, factor: IsotropicFactor, s: Fraction, bits: int) -> None:
        self.bits, self.s = bits, s
        self.c, self.power = ball(factor.c), ball(s / 2)
        self.freedom = factor.freedom
        self.half = arb(factor.freedom) / 2
        self.first, self.second = arb(factor.batch) / 2, arb(factor.dimension - 1) / 2
        self.scale = self.half.lgamma() + self.half * arb(2).log() + self.c.log()
        self.working = working_bits(s, bits)
        self.known: dict[bool, Coefficients] = {}
        self.goal = arb(2) ** -(bits - 8)
        # E (1 - B)^(s/2), the value of phi at 0
        self.at_zero = (
            (self.second + self.power).lgamma()
            - self.second.lgamma()
            + self.half.lgamma()
            - (self.half + self.power).lgamma()
        ).exp()

    def value(self) -> Ball:
        span = self._span()
        wide = 1.5 * float(self.c.mid()) * sqrt(2 * self.freedom)
        near = self._window()
        total = self._around_pole(near) + self._tail(1 + arb(span))
        for low, high in graded(span, wide, near):
            total += self._panel(arb(low), arb(high), beyond=1)
        return total + self._below(wide, near)

    def _below(self, wide: float, near: float) -> Ball:
        """The part over [0, 1 - near]: graded towards 1, and towards 0 where the density is a root of v."""
        total, edge = arb(0), self._edge()
        for low, high in graded(0.5, wide, edge):
            total += self._panel(arb(low), arb(high))
        for low, high in graded(0.5, wide, near):
            total += self._panel(arb(low), arb(high), beyond=-1)
        mass = (arb(edge) / self.c / 2).gamma_lower(self.half, 1)
        return total + mass * self._phi(1 - arb(edge)).union(self._phi(arb(1)))

    def _edge(self) -> float:
        """Below this v the mass is negligible: P(W < w) <= (e w/n)^(n/2)."""
        n = self.freedom
        return min(0.25, float(self.c.mid()) * n / 2.72 * float(2.0 ** (-2 * (self.bits + 8) / n)))

    def _window(self) -> float:
        """Half the window around the pole, where phi is enclosed by its ends: its mass times phi's range is small."""
        return 2.0 ** -(4 + int(self.bits * 0.36))

    def _span(self) -> float:
        """How far beyond the pole the tail is left to its bound."""
        c, n = float(self.c.mid()), self.freedom
        spare = 0.7 * self.bits + 20 + max(0.0, float(self.s)) * 4
        return max(0.25, c * (n + 2 * sqrt(n * spare) + 2 * spare) - 1)

    def _around_pole(self, near: float) -> Ball:
        edge = arb(near)
        mass = 2 * edge * self._density((1 - edge).union(1 + edge))
        return mass * self.at_zero.union(self._phi(edge))

    def _tail(self, reach: Ball) -> Ball:
        """Beyond `reach` >= 1: 0 <= phi <= max(1, v)^s for s >= 0, and 0 <= phi <= phi(0) for s < 0."""
        start = reach / self.c / 2
        if self.s < 0:
            bound = self.at_zero * start.gamma_upper(self.half, 1)
        else:
            power = 2 * self.power
            grown = (power * (2 * self.c).log() + (self.half + power).lgamma() - self.half.lgamma()).exp()
            bound = grown * start.gamma_upper(self.half + power, 1)
        return arb(0).union(bound.abs_upper())

    def _panel(self, low: Ball, high: Ball, beyond: int = 0) -> Ball:
        """The part over low <= v <= high, or over low <= +-(v - 1) <= high; it holds neither 0 nor 1.

        The ellipse stays where |Im v| <= |Re v - 1|, so that y = (1 - v)^2 has Re y >= 0, and where Re v >= 0.
        """

        def integrand(t: Ball) -> Ball:
            v = 1 + beyond * t if beyond else t
            return self._density(v) * self._phi(t if beyond else 1 - t)

        half, middle = (high - low) / 2, (low + high) / 2
        v = 1 + beyond * middle if beyond else middle
        distance = float((abs(1 - v) / half).mid()) * (1 - 1e-9)
        room = float((v / half).mid()) * (1 - 1e-9)
        square = distance**2
        widest = min(sqrt(square + sqrt(square**2 - 1)), room + sqrt(room**2 - 1), _WIDEST)
        points, radius, largest = min(self._plan(v, half, r) for r in (widest, (1 + widest) / 2))
        if points > _MOST_POINTS:
            return self._panel(low, middle, beyond) + self._panel(middle, high, beyond)
        return on_panel(integrand, low, high, radius, largest, points, self.working)

    def _plan(self, middle: Ball, half: Ball, radius: float) -> tuple[int, float, Ball]:
        """How many points an ellipse asks for, and the bound in it."""
        largest = self._bound(middle, half, radius)
        return points_needed(half, largest, radius, self.goal), radius, largest

    def _bound(self, middle: Ball, half: Ball, radius: float) -> Ball:
        """A bound of |density phi| in the ellipse, as the largest over vertical strips of its bounding box."""
        wide, high = half * (radius + 1 / radius) / 2, half * (radius - 1 / radius) / 2
        most = arb(0)
        for i in range(_STRIPS):
            left = middle + wide * (arb(2 * i) / _STRIPS - 1)
            right = middle + wide * (arb(2 * i + 2) / _STRIPS - 1)
            most = most.max(self._strip(left, right, high))
        return most.abs_upper()

    def _strip(self, left: Ball, right: Ball, high: Ball) -> Ball:
        size = (right * right + high * high).sqrt()
        dense = ((self.half - 1) * (size / self.c).log() - left / self.c / 2 - self.scale).exp()
        if self.s < 0:
            return dense * self.at_zero
        far = (1 - left).abs_upper().max((1 - right).abs_upper())
        return dense * (self.power * (far * far + high * high).max(arb(1)).log()).exp()

    def _density(self, v: Ball) -> Ball:
        """The density of cW."""
        w = v / self.c
        return ((self.half - 1) * w.log() - w / 2 - self.scale).exp()

    def _phi(self, gap: Ball) -> Ball:
        """phi at y = gap^2, by a series in 1 - y or, Pfaff's transformation, in (y - 1)/y: both below 1."""
        y = gap * gap
        if y > 1:
            return (self.power * y.log()).exp() * self._series(self.second, 1 / y)
        return self._series(self.first, y)

    def _series(self, parameter: Ball, rest: Ball) -> Ball:
        """sum c_n q^n, c_n = (-s/2)_n (parameter)_n/((D/2)_n n!), for q = 1 - rest in [0, 1); parameter < D/2.

        Once n >= s/2 the c_n have one sign and do not grow: what is left out is at most |c_N| q^N/(1 - q) (twice
        that, for a q that rounding made negative).
        """
        table, size, q = self._terms(parameter), max(float(1 - rest.mid()), 1e-9), 1 - rest
        kept = self._kept(table, log(size) if size < 1 else -0.0, float(rest.mid()))
        if kept is not None:
            found: Ball = arb_poly(table.balls[:kept])(q)
            return found + arb(0, 1) * (2 * abs(table.balls[kept] * q**kept) / rest).abs_upper()
        for more in (64, self.bits + 64):
            with precision(self.working + more):
                found = (1 - rest).hypgeom_2f1(-self.power, parameter, self.half)
            if found.is_finite() and found.rad() < self.goal:
                break
        return found

    def _kept(self, table: Coefficients, log_q: float, rest: float) -> int | None:
        """A length at which what is left out is negligible; None where none of them is enough."""
        least = -self.bits * log(2) + log(max(rest, 1e-300))
        return next((n for n in _LENGTHS if n > self.s / 2 and table.sizes[n] + n * log_q < least), None)

    def _terms(self, parameter: Ball) -> Coefficients:
        """The c_n up to the longest sum."""
        known = self.known.get(parameter is self.first)
        if known is None:
            found = [arb(1)]
            for n in range(_LENGTHS[-1]):
                ratio = (n - self.power) * (parameter + n) / ((self.half + n) * (n + 1))
                found.append(found[-1] * ratio)
            sizes = {n: float(abs(found[n]).log().mid()) if found[n] != 0 else -1e9 for n in _LENGTHS}
            known = self.known[parameter is self.first] = Coefficients(found, sizes)
        return known


@dataclass(frozen=True)
class Coefficients:
    """Of a hypergeometric series, and the logarithms of some of their sizes, in doubles."""

    balls: list[Ball]
    sizes: dict[int, float]
