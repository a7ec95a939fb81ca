"""Moments of |1 - z X| by Arb's rigorous integration, for densities without a closed form (Lemma P4).

The variable is counted from the pole, v = p + side w, and w = L exp(-t): the root singularity at w = 0 becomes an
exponential in t, and what is left of it is enclosed by hand. Tails beyond a finite piece are bounded by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, arb

from catalysis.exact.balls import Ball, ball, precision

Complex = acb
_SPARE = 24


@dataclass(frozen=True)
class Piece:
    """The integral of factor(w)^s density(w) over 0 < w < length; factor(w) = w slope(w), all analytic near it."""

    length: Ball
    factor: Callable[[Complex], Complex]
    slope: Callable[[Ball], Ball]
    density: Callable[[Complex], Complex]

    def integral(self, s: Fraction, bits: int) -> Ball:
        power = acb(ball(s))

        def integrand(w: Complex, analytic: bool) -> Complex:
            return real_power(self.factor(w), power, analytic) * self.density(w)

        def smooth(small: Ball) -> Ball:
            return (ball(s) * self.slope(small).log()).exp() * self.density(acb(small)).real

        return from_root(self.length, s, integrand, smooth, bits)


def real_power(base: Complex, power: Complex, analytic: bool) -> Complex:
    """base^power, analytic where the base has a positive real part."""
    return acb(float("nan")) if analytic and not base.real > 0 else (power * base.log()).exp()


def from_root(
    length: Ball,
    power: Fraction,
    integrand: Callable[[Complex, bool], Complex],
    smooth: Callable[[Ball], Ball],
    bits: int,
    size: Ball | int = 1,
) -> Ball:
    """The integral of integrand(w) = w^power smooth(w) over 0 < w < length, power > -1, to about 2^-bits size.

    With w = length exp(-t) over t in [0, last], and the rest, a ball times last's w^(power+1)/(power+1), added.
    """
    up = ball(power + 1)

    def substituted(t: Complex, analytic: bool) -> Complex:
        w = length * (-t).exp()
        return integrand(w, analytic) * w

    last = arb(int((bits + _SPARE) * 0.7 / float(up.mid())) + 1)
    near = length * (-last).exp()
    rest = (up * near.log()).exp() * smooth(arb(0).union(near)) / up
    goal = arb(2) ** -(bits + 4)
    return acb.integral(substituted, 0, last, abs_tol=goal * size, rel_tol=goal).real + rest


@dataclass(frozen=True)
class NormalSample:
    """s normal with a mean, X = s^2."""

    z: Fraction
    mean: Fraction
    deviation: Fraction

    stable = False
    moments_below = None
    least_power = Fraction(-1)
    most_power = Fraction(256)

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            return sum((self._half(side, s, bits) for side in (1, -1)), arb(0))

    def _half(self, side: int, s: Fraction, bits: int) -> Ball:
        """The part of s with the sign `side`."""
        mean, deviation = side * ball(self.mean), ball(self.deviation)
        norm = 1 / (deviation * (2 * arb.pi()).sqrt())

        def density(v: Complex) -> Complex:
            return (-(((v - mean) / deviation) ** 2) / 2).exp() * norm

        spare = 0.7 * bits + 24 + 4 * max(0.0, float(s))
        span = abs(mean) + deviation * arb(2 * spare).sqrt()
        pole = 1 / ball(self.z).sqrt()
        far = (2 * pole).max(span * 2)
        total = sum((piece.integral(s, bits) for piece in around(pole, far, ball(self.z), density)), arb(0))
        return total + arb(0, 1) * self._tail(far, mean, deviation, s).abs_upper()

    def _tail(self, far: Ball, mean: Ball, deviation: Ball, s: Fraction) -> Ball:
        """Beyond far >= 2 pole, z v^2 - 1 lies in [1, z v^2], and v <= (v - mean) far/(far - |mean|)."""
        start = ((far - mean) / deviation) ** 2 / 2
        half = ball(Fraction(1, 2))
        if s < 0:
            return start.gamma_upper(half, 1) / 2
        stretch = (far / (far - abs(mean)) * deviation) ** 2 * 2 * ball(self.z)
        moment = start.gamma_upper(ball(s) + half) / half.gamma() / 2
        return (ball(s) * stretch.log()).exp() * moment


@dataclass(frozen=True)
class ExponentialSample:
    """s exponential, X = s^2."""

    z: Fraction
    mean: Fraction

    stable = False
    moments_below = None
    least_power = Fraction(-1)
    most_power = Fraction(256)

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            mean, pole = ball(self.mean), 1 / ball(self.z).sqrt()

            def density(v: Complex) -> Complex:
                return (-v / mean).exp() / mean

            spare = 0.7 * bits + 24 + 6 * max(0.0, float(s))
            far = (2 * pole).max(mean * 2 * spare)
            total = sum(
                (piece.integral(s, bits) for piece in around(pole, far, ball(self.z), density)), arb(0)
            )
            return total + arb(0, 1) * self._tail(far / mean, s).abs_upper()

    def _tail(self, start: Ball, s: Fraction) -> Ball:
        """Beyond 2 pole, z v^2 - 1 lies in [1, z v^2]."""
        if s < 0:
            return (-start).exp()
        grown = (ball(s) * (ball(self.z) * ball(self.mean) ** 2).log()).exp()
        return grown * start.gamma_upper(ball(2 * s + 1))


@dataclass(frozen=True)
class LognormalCurvature:
    """log(zX) normal with mean log(z) + mean; in the variable u = log(zX) the pole lies at 0."""

    z: Fraction
    mean: Fraction
    deviation: Fraction

    stable = False
    moments_below = None
    least_power = Fraction(-1)
    most_power = Fraction(256)

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            mean, deviation = ball(self.z).log() + ball(self.mean), ball(self.deviation)
            return self._right(mean, deviation, s, bits) + self._left(mean, deviation, s, bits)

    def _density(self, mean: Ball, deviation: Ball, side: int) -> Callable[[Complex], Complex]:
        norm = 1 / (deviation * (2 * arb.pi()).sqrt())
        return lambda w: (-(((side * w - mean) / deviation) ** 2) / 2).exp() * norm

    def _right(self, mean: Ball, deviation: Ball, s: Fraction, bits: int) -> Ball:
        """zX > 1: the factor is e^w - 1, at most e^w, and at least 1 beyond w = log 2."""
        shift = ball(max(s, Fraction(0))) * deviation**2
        far = (abs(mean) + shift + deviation * arb(1.4 * bits + 48).sqrt()).max(arb(1))
        piece = Piece(
            far,
            lambda w: w.expm1(),
            _expm1_ratio,
            self._density(mean, deviation, 1),
        )
        beyond = _normal_tail((far - mean - shift) / deviation)
        if s > 0:
            beyond *= (ball(s) * mean + ball(s) ** 2 * deviation**2 / 2).exp()
        return piece.integral(s, bits) + arb(0, 1) * beyond.abs_upper()

    def _left(self, mean: Ball, deviation: Ball, s: Fraction, bits: int) -> Ball:
        """zX < 1: the factor is 1 - e^-w, at most 1, and at least 1/2 beyond w = log 2."""
        far = (abs(mean) + deviation * arb(1.4 * bits + 48).sqrt()).max(arb(1))
        piece = Piece(
            far,
            lambda w: -(-w).expm1(),
            lambda w: _expm1_ratio(-w),
            self._density(mean, deviation, -1),
        )
        return piece.integral(s, bits) + arb(0, 1) * (2 * _normal_tail((far + mean) / deviation)).abs_upper()


def around(pole: Ball, far: Ball, z: Ball, density: Callable[[Complex], Complex]) -> Iterator[Piece]:
    """From the pole out to `far` and in to 0: |1 - z v^2| = z w (2 pole +- w) at v = pole +- w."""
    yield Piece(
        far - pole,
        lambda w: z * w * (2 * pole + w),
        lambda w: z * (2 * pole + w),
        lambda w: density(pole + w),
    )
    yield Piece(
        pole,
        lambda w: z * w * (2 * pole - w),
        lambda w: z * (2 * pole - w),
        lambda w: density(pole - w),
    )


def _expm1_ratio(w: Ball) -> Ball:
    """(e^w - 1)/w over a ball of small w: the mean of e^t between 0 and w."""
    return arb(0).union(w).exp()


def _normal_tail(start: Ball) -> Ball:
    """P(N > start)."""
    return (start / arb(2).sqrt()).erfc() / 2
