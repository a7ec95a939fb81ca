"""The factor R = |1 - z X| of one step, for laws whose moments have a closed form (Lemma P3)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from flint import arb

from catalysis.exact.balls import Ball, ball, precision

MOST_POWER = Fraction(2048)


class Factor(Protocol):
    """A random factor R >= 0 of one step."""

    @property
    def stable(self) -> bool:
        """Whether R <= 1 always."""

    @property
    def moments_below(self) -> Fraction | None:
        """E R^s is finite for 0 <= s < this, infinite from there on; None: for all s."""

    @property
    def least_power(self) -> Fraction:
        """E R^s can be asked for s > this, at most 0."""

    @property
    def most_power(self) -> Fraction:
        """Up to which s it is worth asking."""

    def moment(self, s: Fraction, bits: int) -> Ball:
        """A ball that holds E R^s."""


@dataclass(frozen=True)
class GammaFactor:
    """zX ~ Gamma(shape, scale): squares of a centred normal, chi-square, exponential curvatures."""

    shape: Fraction
    scale: Fraction

    stable = False
    moments_below = None
    least_power = Fraction(-1)
    most_power = MOST_POWER

    def moment(self, s: Fraction, bits: int) -> Ball:
        """a^k e^-a (B(k, s+1) 1F1(s+1; k+s+1; a) + Gamma(s+1) U(s+1, s+1+k, a))/Gamma(k), a = 1/scale: all > 0."""
        with precision(bits + 32):
            k, a, up = ball(self.shape), ball(1 / self.scale), ball(s + 1)
            below = beta(k, up) * a.hypgeom_1f1(up, k + up)
            above = up.gamma() * a.hypgeom_u(up, up + k)
            return (k * a.log() - a - k.lgamma()).exp() * (below + above)


@dataclass(frozen=True)
class StudentFactor:
    """zX = spread times a beta prime(1/2, freedom/2): s a Student t, spread = z scale^2 freedom."""

    freedom: Fraction
    spread: Fraction

    stable = False
    least_power = Fraction(-1)
    most_power = MOST_POWER

    @property
    def moments_below(self) -> Fraction:
        return self.freedom / 2

    def moment(self, s: Fraction, bits: int) -> Ball:
        """With u = zX/(zX + spread) ~ Beta(1/2, nu/2): |1 - u/v|^s (1 - u)^-s, v = 1/(1 + spread), split at v."""
        with precision(bits + 32):
            a, b, up = ball(Fraction(1, 2)), ball(self.freedom / 2), ball(s + 1)
            v = ball(1 / (1 + self.spread))
            rest, power = ball(self.spread / (1 + self.spread)), ball(s)
            below = (a * v.log()).exp() * beta(a, up) * v.hypgeom_2f1(up - b, a, a + up)
            above = (b * rest.log() - power * v.log()).exp() * beta(b - power, up)
            above *= rest.hypgeom_2f1(1 - a, b - power, b + 1)
            return (below + above) / beta(a, b)


@dataclass(frozen=True)
class UniformCurvature:
    """zX uniform on [low, high], 0 <= low < high."""

    low: Fraction
    high: Fraction

    moments_below = None
    least_power = Fraction(-1)
    most_power = MOST_POWER

    @property
    def stable(self) -> bool:
        return self.high <= 2

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            return (self._primitive(self.high, s) - self._primitive(self.low, s)) / ball(self.high - self.low)

    @staticmethod
    def _primitive(y: Fraction, s: Fraction) -> Ball:
        grown = power(abs(y - 1), s + 1) / ball(s + 1)
        return grown if y > 1 else -grown


@dataclass(frozen=True)
class UniformSample:
    """s uniform on [low, high], X = s^2."""

    z: Fraction
    low: Fraction
    high: Fraction

    moments_below = None
    least_power = Fraction(-1)
    most_power = MOST_POWER

    @property
    def stable(self) -> bool:
        return self.z * max(abs(self.low), abs(self.high)) ** 2 <= 2

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            return (self._primitive(self.high, s) - self._primitive(self.low, s)) / ball(self.high - self.low)

    def _primitive(self, t: Fraction, s: Fraction) -> Ball:
        """The integral of |1 - z u^2|^s over [0, t], odd in t; beyond the pole r = z u^2 - 1 is the variable."""
        q, half, up = self.z * t * t, ball(Fraction(1, 2)), ball(s + 1)
        if q < 1:
            return ball(t) * ball(q).hypgeom_2f1(-ball(s), half, 3 * half)
        beyond = ball(q - 1)
        found = half * beta(half, up)
        if q > 1:
            found += half * power(q - 1, s + 1) / up * (-beyond).hypgeom_2f1(half, up, up + 1)
        return (found if t > 0 else -found) / ball(self.z).sqrt()


@dataclass(frozen=True)
class AtomFactor:
    """R = |1 - z x| for one x."""

    size: Fraction

    moments_below = None
    most_power = MOST_POWER

    @property
    def least_power(self) -> Fraction:
        return Fraction(-1) if self.size else Fraction(0)

    @property
    def stable(self) -> bool:
        return self.size <= 1

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            return power(self.size, s)


@dataclass(frozen=True)
class MixtureFactor:
    """One of several factors, with their weights."""

    parts: tuple[tuple[Fraction, Factor], ...]

    @property
    def stable(self) -> bool:
        return all(part.stable for _, part in self.parts)

    @property
    def moments_below(self) -> Fraction | None:
        limits = [part.moments_below for _, part in self.parts if part.moments_below is not None]
        return min(limits, default=None)

    @property
    def least_power(self) -> Fraction:
        return max(part.least_power for _, part in self.parts)

    @property
    def most_power(self) -> Fraction:
        return min(part.most_power for _, part in self.parts)

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            return sum((ball(weight) * part.moment(s, bits) for weight, part in self.parts), arb(0))


def beta(a: Ball, b: Ball) -> Ball:
    """Euler's beta function at positive numbers."""
    return (a.lgamma() + b.lgamma() - (a + b).lgamma()).exp()


def power(base: Fraction, exponent: Fraction) -> Ball:
    """base^exponent for base >= 0; 0 at 0, where the exponent is positive."""
    return (ball(exponent) * ball(base).log()).exp() if base else arb(0) if exponent else arb(1)
