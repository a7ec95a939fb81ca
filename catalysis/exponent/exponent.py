"""The Cramer exponent theta(lambda) of a walk, and its slope.

theta = sup {theta >= 0 : sum p_i |1 - lambda xi_i|^theta <= 1}. Lemmas E1, E2 and E5 of docs/theory.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.value import factors
from catalysis.exact.balls import DEFAULT_MAX_BITS, ball, enclose, precision, sign
from catalysis.exact.numbers import (
    MAX_ASKED_DIGITS,
    Number,
    exact_text,
    positive,
    whole,
)
from catalysis.exact.result import Enclosure, Result, Verdict, latex
from catalysis.exponent.factors import WalkAt
from catalysis.exponent.moments import Moments
from catalysis.exponent.slope import rounded_out, slope_and_theta
from catalysis.exponent.solve import DEFAULT_DIGITS, Regime, StepExponent, solve

__all__ = [
    "DEFAULT_DIGITS",
    "CramerExponent",
    "ExponentRate",
    "Regime",
    "cramer_exponent",
    "exponent_rate",
    "moments_of",
]

DEFAULT_RATE_DIGITS = 10


@dataclass(frozen=True, repr=False)
class CramerExponent(Result):
    """theta at one curvature.

    Certified (E1, E2): the regime, and `lower < theta < upper` if deflationary (then `enclosure` is set),
    theta = inf if stable, 0 if inflationary or critical (`base` proves G = 0 by D5). If undecided,
    `reason` says what would decide it.

    Attributes
    ----------
    regime : Regime
        Stable, deflationary, critical, inflationary or undecided.
    enclosure : Enclosure or None
        Bounds of theta where it is deflationary.
    number : Enclosure, Fraction, float or None
        theta in every regime: inf if stable, 0 if inflationary or critical.
    reason : str or None
        What would decide it.
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
        return self.of_step.verdict

    @property
    def of_step(self) -> StepExponent:
        """The same said of the walk's factors alone."""
        return StepExponent(self.regime, self.enclosure, self.digits, self.base, self.reason)

    @property
    def number(self) -> Enclosure | Fraction | float | None:
        return self.of_step.number

    @property
    def formula(self) -> str:
        return f"\\theta({latex(self.curvature)})"

    def fields(self) -> dict[str, Any]:
        undecided = self.regime is Regime.UNDECIDED
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "digits": self.digits,
            "regime": None if undecided else self.regime.value,
            "exponent": self.of_step.to_json(),
            **({"reason": self.reason} if undecided else {}),
        }


@dataclass(frozen=True, repr=False)
class ExponentRate(Result):
    """Certified: `theta'(curvature)` lies in `rate` (Lemma E5); `exponent` is the bracket it was computed from.

    Attributes
    ----------
    rate : Enclosure
        Bounds of theta'.
    exponent : Enclosure
        Bounds of theta.
    """

    walk: LinearWalk
    curvature: Fraction
    exponent: Enclosure
    rate: Enclosure
    digits: int = DEFAULT_RATE_DIGITS

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    @property
    def number(self) -> Enclosure:
        return self.rate

    @property
    def formula(self) -> str:
        return f"\\theta'({latex(self.curvature)})"

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "digits": self.digits,
            "exponent": self.exponent.to_json(max(20, self.digits + 10)),
            "rate": self.rate.to_json(max(20, self.digits + 10)),
        }


def moments_of(walk: LinearWalk, curvature: Fraction, bits: int) -> Moments:
    """The moments of the walk at one curvature. Call within `precision(bits)`."""
    return WalkAt(walk, curvature).moments(bits)


def cramer_exponent(
    walk: AnyWalk, curvature: Number, *, digits: int = DEFAULT_DIGITS, max_bits: int = DEFAULT_MAX_BITS
) -> CramerExponent:
    """Certify the Cramér exponent theta at one curvature.

    Certified (E1, E2): the regime, and theta; see `CramerExponent`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    digits : int, 1 to 3500
        Significant digits of theta that are wanted.
    max_bits : int >= 1
        The highest working precision, raised to what `digits` need by themselves.

    Returns
    -------
    CramerExponent
        `regime`, and `enclosure` where it is deflationary; theta is inf if stable, 0 if inflationary or
        critical.

    Raises
    ------
    InputError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import cramer_exponent
    >>> theta = cramer_exponent("examples/talk-1.toml", "1.42", digits=15)
    >>> theta.regime.value, theta.enclosure.decimals(12)
    ('deflationary', ('1.69945229385', '1.69945229386'))
    """
    walk, curvature = as_walk(walk), positive(curvature, "curvature")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    return exponent_at(walk, curvature, digits, whole(max_bits, "max_bits", least=1))


def exponent_at(walk: LinearWalk, curvature: Fraction, digits: int, max_bits: int) -> CramerExponent:
    """`cramer_exponent` of exact numbers."""
    found = solve(WalkAt(walk, curvature), digits, max_bits)
    return CramerExponent(walk, curvature, found.regime, found.enclosure, digits, found.base, found.reason)


def exponent_rate(
    walk: AnyWalk, curvature: Number, *, digits: int = DEFAULT_RATE_DIGITS, max_bits: int = DEFAULT_MAX_BITS
) -> ExponentRate | None:
    """Certify theta'(lambda) = -M_lambda/M_theta at one curvature (Lemma E5).

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    digits : int, 1 to 3500
        About so many digits are wanted.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    ExponentRate or None
        None where theta is not positive and finite, is not proved to be, or (for theta <= 1) at a pole.

    Raises
    ------
    InputError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import exponent_rate
    >>> exponent_rate("examples/talk-1.toml", "1.42").rate.decimals(6)
    ('-11.4853', '-11.4852')
    """
    walk, curvature = as_walk(walk), positive(curvature, "curvature")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    max_bits = whole(max_bits, "max_bits", least=1)
    quick = slope_and_theta(WalkAt(walk, curvature), digits)
    if quick is not None and _narrow(quick[0], digits):
        return ExponentRate(walk, curvature, quick[1], rounded_out(quick[0], max(30, digits + 20)), digits)
    pole = walk.gap_of(curvature) is None
    for extra in (8, 24, 80, 300):
        theta = exponent_at(walk, curvature, digits + extra, max_bits).enclosure
        if theta is None or (pole and theta.lower <= 1):
            return None
        rate = _rate(walk, curvature, theta, int(3.33 * (digits + extra)) + 64, max(30, digits + 20))
        if rate is not None and _narrow(rate, digits):
            return ExponentRate(walk, curvature, theta, rate, digits)
    return None


def _narrow(rate: Enclosure, digits: int) -> bool:
    return bool(rate.width * 10**digits <= max(abs(rate.lower), abs(rate.upper)))


def _rate(walk: LinearWalk, curvature: Fraction, theta: Enclosure, bits: int, kept: int) -> Enclosure | None:
    """theta' over the bracket of theta, rounded outwards to `kept` digits."""
    with precision(bits):
        power = ball(theta.lower).union(ball(theta.upper))
        balls = walk.balls(bits)
        by_theta, by_lambda = [], []
        for rate, factor in zip(balls.rates, factors(walk, curvature, bits), strict=True):
            if factor.is_zero():
                by_theta.append(factor)
                by_lambda.append(factor)
                continue
            log = abs(factor).log()
            grown = (power * log).exp()
            by_theta.append(grown * log)
            by_lambda.append(rate * grown / factor)
        in_theta = balls.expectation(by_theta)
        value = power * balls.expectation(by_lambda) / in_theta
        if not value.is_finite() or sign(in_theta) != 1:
            return None
        return rounded_out(enclose(value), kept)
