"""The bounds that the Cramer exponent alone gives: (K R)^-theta <= P(sup |mu_t| >= K |mu_0|) <= K^-theta."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, enclose, precision
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.exponent import DEFAULT_DIGITS, Regime
from catalysis.exponent.factors import StepExponent, StepFactors, as_level

TINY = Fraction(1, 10**3900)
"""Smaller probabilities are not written out: they are known to lie in [0, TINY]."""


@dataclass(frozen=True)
class LundbergBounds:
    """Bounds of the probability that the walk ever reaches ``level``.

    Certified (S1 stable, S2 certain, S3 otherwise): the probability lies in ``enclosure``, which is [0, 0] in
    the stable regime, [1, 1] in the inflationary and critical ones, None if the regime is undecided.
    """

    steps: StepFactors
    level: Fraction
    exponent: StepExponent
    enclosure: Enclosure | None

    @property
    def verdict(self) -> Verdict:
        return self.exponent.verdict

    def to_json(self, digits: int = 12) -> dict[str, str] | None:
        return None if self.enclosure is None else self.enclosure.to_json(digits)


def lundberg_bounds(
    steps: StepFactors,
    level: Fraction,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    exponent: StepExponent | None = None,
) -> LundbergBounds:
    """Bound P(sup of the walk from 1 >= level) by the exponent alone; each bound good to ``digits`` digits.

    ``exponent`` may be given if it is known already. Raises InputError unless level > 1.
    """
    as_level(level)
    if exponent is None:
        exponent = steps.exponent(digits=digits + 4 + digits_lost(level), max_bits=max_bits)
    if exponent.enclosure is None:
        certain = {Regime.STABLE: Fraction(0), Regime.INFLATIONARY: Fraction(1), Regime.CRITICAL: Fraction(1)}
        value = certain.get(exponent.regime)
        return LundbergBounds(steps, level, exponent, None if value is None else Enclosure(value, value))
    bits = int(3.33 * digits) + 64 + 4 * digits_lost(level)
    with precision(bits):
        upper = level_power(level, exponent.enclosure.lower)
        lower = level_power(level * steps.largest, exponent.enclosure.upper)
        found = Enclosure(written(lower).lower, min(Fraction(1), written(upper).upper))
    return LundbergBounds(steps, level, exponent, found)


def level_power(level: Fraction, theta: Fraction) -> Ball:
    """level^-theta at the working precision."""
    return (-ball(theta) * ball(level).log()).exp()


def digits_lost(level: Fraction) -> int:
    """How many more digits of theta a power of ``level`` takes than it gives back."""
    return len(str(max(level.numerator.bit_length() - level.denominator.bit_length(), 1)))


def written(value: Ball) -> Enclosure:
    """The ends of a ball of numbers in [0, 1]; what is too small to write lies in [0, TINY]."""
    if value < ball(TINY):
        return Enclosure(Fraction(0), TINY)
    found = enclose(value)
    return Enclosure(max(found.lower, Fraction(0)), found.upper)
