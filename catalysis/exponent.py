"""The Cramer exponent theta(lambda): where it is 0, where it is infinite, and its digits in between.

theta = sup {theta >= 0 : sum p_i |1 - lambda xi_i|^theta <= 1}. Lemmas E1, E2 and E5 of docs/theory.md.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat

from catalysis.drift import DriftSign, drift_sign, factors
from catalysis.enclosure import (
    DEFAULT_MAX_BITS,
    Ball,
    Enclosure,
    Verdict,
    as_float,
    ball,
    decimal_above,
    decimal_below,
    dyadic,
    enclose,
    exact_text,
    ladder,
    precision,
    sign,
)
from catalysis.errors import InputError
from catalysis.walk import LinearWalk

DEFAULT_DIGITS = 12
_NEWTON_STEPS = 200


class Regime(enum.Enum):
    """The four regimes of Lemma E1, and undecided where the precision did not suffice."""

    STABLE = "stable"
    DEFLATIONARY = "deflationary"
    INFLATIONARY = "inflationary"
    CRITICAL = "critical"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class CramerExponent:
    """theta at one curvature.

    Certified (E1, E2): the regime, and ``lower < theta < upper`` if deflationary (then ``enclosure`` is set),
    theta = inf if stable, 0 if inflationary or critical (``base`` proves G = 0 by D5). If undecided,
    ``reason`` says what would decide it.
    """

    walk: LinearWalk
    curvature: Fraction
    regime: Regime
    enclosure: Enclosure | None = None
    digits: int = DEFAULT_DIGITS
    base: tuple[int, ...] | None = None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.regime is Regime.UNDECIDED else Verdict.PROVED

    def to_json(self) -> dict[str, Any]:
        exponent: Any = {"stable": "inf", "inflationary": "0", "critical": "0"}.get(self.regime.value)
        if self.enclosure is not None:
            exponent = self.enclosure.to_json(self.digits + 2)
        undecided = self.regime is Regime.UNDECIDED
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "regime": None if undecided else self.regime.value,
            "exponent": exponent,
            **({"reason": self.reason} if undecided else {}),
        }


@dataclass(frozen=True)
class ExponentRate:
    """``theta'(curvature)`` lies in ``rate`` (Lemma E5); ``exponent`` is the bracket it was computed from."""

    walk: LinearWalk
    curvature: Fraction
    exponent: Enclosure
    rate: Enclosure

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": "proved",
            "lambda": exact_text(self.curvature),
            "exponent": self.exponent.to_json(),
            "rate": self.rate.to_json(),
        }


class Moments:
    """M(theta) - 1 and M'(theta) at one curvature and precision, as balls.

    ``M - 1 = sum p_i (r_i^theta - 1)`` is summed from ``expm1``, so nothing cancels as theta tends to 0.
    Factors that are exactly zero contribute ``-p_i``. Call within ``precision(bits)``.
    """

    def __init__(self, walk: LinearWalk, curvature: Fraction, bits: int) -> None:
        balls = walk.balls(bits)
        self.row, weights = balls.row, balls.weights
        sizes = [abs(factor) for factor in factors(walk, curvature, bits)]
        self.dead = arb(0)
        if curvature in walk.pole_set:
            dead = walk.poles.index(curvature)
            self.dead = weights[dead]
            weights = weights[:dead] + weights[dead + 1 :]
            sizes = sizes[:dead] + sizes[dead + 1 :]
            self.row = arb_mat(1, len(weights), weights)
        self.logs = [size.log() for size in sizes]
        self.column = arb_mat(len(sizes), 1, self.logs)
        self.weighted = arb_mat(1, len(sizes), [w * v for w, v in zip(weights, self.logs, strict=True)])

    def excess(self, theta: Ball) -> Ball:
        """M(theta) - 1."""
        return (self.row * self._grown(theta))[0, 0] - self.dead

    def excess_and_slope(self, theta: Ball) -> tuple[Ball, Ball]:
        """M(theta) - 1 and M'(theta) = sum p_i r_i^theta log r_i."""
        grown = self._grown(theta)
        excess = (self.row * grown)[0, 0] - self.dead
        return excess, (self.weighted * grown)[0, 0] + (self.row * self.column)[0, 0]

    def _grown(self, theta: Ball) -> Any:
        return arb_mat(len(self.logs), 1, [v.expm1() for v in (theta * self.column).entries()])


def cramer_exponent(
    walk: LinearWalk, curvature: Fraction, *, digits: int = DEFAULT_DIGITS, max_bits: int = DEFAULT_MAX_BITS
) -> CramerExponent:
    """Certify theta(curvature) to ``digits`` significant digits.

    ``max_bits`` bounds the working precision (it is raised to what ``digits`` need by themselves).
    Certified: see CramerExponent. Raises InputError unless curvature > 0 and digits >= 1.
    """
    if curvature <= 0:
        raise InputError("the curvature must be positive")
    if digits < 1:
        raise InputError("at least one digit is needed")
    if curvature * walk.rates[0] <= 2:
        return CramerExponent(walk, curvature, Regime.STABLE)
    start = _float_root(walk, curvature)
    if start is not None:
        found = _bracket(walk, curvature, Fraction(start), 14, digits, max(64, int(3.33 * digits) + 24))
        if found is not None:
            return CramerExponent(walk, curvature, Regime.DEFLATIONARY, found, digits)
    return _slowly(walk, curvature, digits, max(max_bits, 64))


def _slowly(walk: LinearWalk, curvature: Fraction, digits: int, max_bits: int) -> CramerExponent:
    """The sign of G first, then a search with balls: for borders, huge and tiny exponents, and theta = 0."""
    drift: DriftSign = drift_sign(walk, curvature, max_bits=max_bits)
    if drift.sign is None:
        reason = f"{max_bits} bits do not tell G from 0: allow more (--max-bits)"
        return CramerExponent(walk, curvature, Regime.UNDECIDED, reason=reason)
    if drift.sign > 0:
        return CramerExponent(walk, curvature, Regime.INFLATIONARY)
    if drift.sign == 0:
        return CramerExponent(walk, curvature, Regime.CRITICAL, base=drift.base)
    needed = int(3.33 * digits) + 24
    for bits in ladder(max(max_bits, 4 * needed), max(128, needed, drift.bits)):
        start = _ball_root(walk, curvature, bits)
        found = None if start is None else _bracket(walk, curvature, start, digits + 2, digits, bits)
        if found is not None:
            return CramerExponent(walk, curvature, Regime.DEFLATIONARY, found, digits)
    reason = f"{max_bits} bits do not give {digits} digits: allow more (--max-bits)"
    return CramerExponent(walk, curvature, Regime.UNDECIDED, reason=reason)


def _float_root(walk: LinearWalk, curvature: Fraction) -> float | None:
    """theta in doubles: Newton on log M, convex, from beyond the root. None where doubles cannot see."""
    rates, weights = walk.float_rates, walk.float_weights
    with np.errstate(all="ignore"):
        logs = np.log(np.abs(1.0 - float(curvature) * rates))
        top = float(logs[0]) if curvature * walk.rates[0] > 2 else 0.0
        if not 1e-6 < top < 1e6:
            return None
        finite = logs > -1e300
        if not finite.all():
            logs, weights = logs[finite], weights[finite]
        theta = -float(np.log(weights[0])) / top if weights[0] < 1 else 0.0
        weighted = weights * logs
        still = float(walk.idle)
        for _ in range(60):
            powers = np.exp(theta * logs)
            moment = float(weights @ powers) + still
            slope = float(weighted @ powers)
            if not slope > 0:
                return None
            step = np.log(moment) * moment / slope
            theta -= step
            if not theta > 1e-6:
                return None
            if abs(step) < 1e-9 * theta:
                return float(theta)
    return None


def _ball_root(walk: LinearWalk, curvature: Fraction, bits: int) -> Fraction | None:
    """The same Newton with balls: theta of any size. The largest factor alone bounds the start."""
    with precision(bits):
        moments = Moments(walk, curvature, bits)
        drift = (moments.row * moments.column)[0, 0]
        square = sum((w * v for w, v in zip(moments.weighted.entries(), moments.logs, strict=True)), arb(0))
        theta = arb((-2 * drift / square).mid()) if moments.dead.is_zero() else arb(1)
        top = moments.row[0, 0], moments.logs[0]
        bound = arb((-top[0].log() / top[1]).mid())
        if not (theta.is_finite() and 0 < theta < bound):
            theta = bound
        for _ in range(_NEWTON_STEPS):
            excess, slope = moments.excess_and_slope(theta)
            if not (excess.is_finite() and slope > 0):
                if theta is bound or not bound.is_finite():
                    return None
                theta, bound = bound, arb(theta * 2)
                continue
            step = arb(((1 + excess).log() * (1 + excess) / slope).mid())
            new = arb((theta - step).mid())
            if not new > 0:
                new = theta / 2
            if abs(step) < abs(new) * arb(2) ** (8 - bits) or sign(excess) is None:
                return dyadic(new)
            theta = new
    return None


def _bracket(
    walk: LinearWalk, curvature: Fraction, start: Fraction, good: int, digits: int, bits: int
) -> Enclosure | None:
    """Proved bounds of theta, a relative 10^-digits apart, from a root known to ``good`` digits.

    At a just below theta, M(a) < 1 gives theta > a. M is convex, so where M'(a) > 0 its tangent at a
    reaches 1 beyond theta: theta <= a + (1 - M(a))/M'(a).
    """
    with precision(bits):
        moments = Moments(walk, curvature, bits)
        theta = ball(start)
        while good < digits + 2:  # Newton doubles the digits
            excess, slope = moments.excess_and_slope(theta)
            theta = arb((theta - (1 + excess).log() * (1 + excess) / slope).mid())
            good *= 2
            if not theta.is_finite():
                return None
        for margin in (digits + 1, digits):
            low = arb((theta - theta / 10**margin).mid())
            excess, slope = moments.excess_and_slope(low)
            if not (low > 0 and excess < 0 and slope > 0):
                continue
            high = low - excess / slope
            if (high - low) * 10**digits < low:
                return Enclosure(dyadic(low), enclose(high).upper)
    return None


def exponent_rate(
    walk: LinearWalk, curvature: Fraction, *, digits: int = 10, max_bits: int = DEFAULT_MAX_BITS
) -> ExponentRate | None:
    """Certify theta'(curvature) = -M_lambda/M_theta to about ``digits`` digits (Lemma E5).

    None where theta is not positive and finite, is not proved to be, or (for theta <= 1) at a pole.
    """
    pole = walk.gap_of(curvature) is None
    for extra in (8, 24, 80, 300):
        exponent = cramer_exponent(walk, curvature, digits=digits + extra, max_bits=max_bits)
        theta = exponent.enclosure
        if theta is None or (pole and theta.lower <= 1):
            return None
        rate = _rate(walk, curvature, theta, int(3.33 * (digits + extra)) + 64)
        if rate is not None and rate.width <= max(abs(rate.lower), abs(rate.upper)) / 10**digits:
            return ExponentRate(walk, curvature, theta, rate)
    return None


def _rate(walk: LinearWalk, curvature: Fraction, theta: Enclosure, bits: int) -> Enclosure | None:
    with precision(bits):
        power = ball(theta.lower).union(ball(theta.upper))
        in_lambda, in_theta = arb(0), arb(0)
        balls = walk.balls(bits)
        for weight, rate, factor in zip(
            balls.weights, balls.rates, factors(walk, curvature, bits), strict=True
        ):
            if factor.is_zero():
                continue
            size = abs(factor)
            grown = (power * size.log()).exp()
            in_theta += weight * grown * size.log()
            in_lambda -= power * weight * rate * grown / factor
        value = -in_lambda / in_theta
        if not value.is_finite() or sign(in_theta) != 1:
            return None
        found = enclose(value)
    return Enclosure(Fraction(decimal_below(found.lower, 30)), Fraction(decimal_above(found.upper, 30)))


def exponent_float(exponent: CramerExponent) -> float:
    """theta as a float, for pictures and searches."""
    if exponent.enclosure is not None:
        with precision(64):
            return as_float(ball(exponent.enclosure.midpoint))
    return {Regime.STABLE: float("inf"), Regime.UNDECIDED: float("nan")}.get(exponent.regime, 0.0)
