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

from catalysis.data.walk import LinearWalk
from catalysis.drift.value import DriftSign, drift_sign, factors
from catalysis.exact.balls import DEFAULT_MAX_BITS, as_float, ball, enclose, nearest_double, precision, sign
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import decimal_above, decimal_below, exact_text
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.moments import Moments, bracket, bracket_slowly, float_root

DEFAULT_DIGITS = 12


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

    Certified (E1, E2): the regime, and `lower < theta < upper` if deflationary (then `enclosure` is set),
    theta = inf if stable, 0 if inflationary or critical (`base` proves G = 0 by D5). If undecided,
    `reason` says what would decide it.
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
    """`theta'(curvature)` lies in `rate` (Lemma E5); `exponent` is the bracket it was computed from."""

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


def moments_of(walk: LinearWalk, curvature: Fraction, bits: int) -> Moments:
    """The moments of the walk at one curvature. Call within `precision(bits)`."""
    balls = walk.balls(bits)
    row, weights, dead = balls.row, balls.weights, arb(0)
    sizes = [abs(factor) for factor in factors(walk, curvature, bits)]
    at = next((i for i, size in enumerate(sizes) if size.is_zero()), None)
    if at is not None:
        dead = weights[at]
        weights = weights[:at] + weights[at + 1 :]
        sizes = sizes[:at] + sizes[at + 1 :]
        row = arb_mat(1, len(weights), weights)
    return Moments(row, weights, sizes, dead)


def cramer_exponent(
    walk: LinearWalk, curvature: Fraction, *, digits: int = DEFAULT_DIGITS, max_bits: int = DEFAULT_MAX_BITS
) -> CramerExponent:
    """Certify theta(curvature) to `digits` significant digits.

    `max_bits` bounds the working precision (it is raised to what `digits` need by themselves).
    Certified: see CramerExponent. Raises InputError unless curvature > 0 and digits >= 1.
    """
    if curvature <= 0:
        raise InputError("the curvature must be positive")
    if digits < 1:
        raise InputError("at least one digit is needed")
    if curvature <= walk.stable_up_to:
        return CramerExponent(walk, curvature, Regime.STABLE)
    start = _float_root(walk, curvature)
    if start is not None:
        found = _bracket(walk, curvature, start, 14, digits, max(64, int(3.33 * digits) + 24))
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
    found = bracket_slowly(
        lambda bits: moments_of(walk, curvature, bits),
        digits=digits,
        max_bits=max_bits,
        first_bits=drift.bits,
    )
    if found is not None:
        return CramerExponent(walk, curvature, Regime.DEFLATIONARY, found, digits)
    reason = f"{max_bits} bits do not give {digits} digits: allow more (--max-bits)"
    return CramerExponent(walk, curvature, Regime.UNDECIDED, reason=reason)


def _float_root(walk: LinearWalk, curvature: Fraction) -> float | None:
    """theta in doubles; None where doubles cannot see."""
    with np.errstate(all="ignore"):
        logs = np.log(np.abs(1.0 - nearest_double(curvature) * walk.float_rates))
    return float_root(walk.float_weights, logs, walk.float_idle)


def _bracket(
    walk: LinearWalk, curvature: Fraction, start: float, good: int, digits: int, bits: int
) -> Enclosure | None:
    """Proved bounds of theta, a relative 10^-digits apart, from a root known to `good` digits."""
    with precision(bits):
        return bracket(moments_of(walk, curvature, bits), start, good, digits)


def exponent_rate(
    walk: LinearWalk, curvature: Fraction, *, digits: int = 10, max_bits: int = DEFAULT_MAX_BITS
) -> ExponentRate | None:
    """Certify theta'(curvature) = -M_lambda/M_theta to about `digits` digits (Lemma E5).

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
