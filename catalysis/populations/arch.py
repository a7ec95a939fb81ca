"""ARCH(1), v_t = sqrt(1 + lambda v_(t-1)^2) z_t, z normal: the factor of v^2 is lambda z^2 (Lemma P10)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.balls import Ball, ball, precision
from catalysis.exact.numbers import Number, positive, whole
from catalysis.exact.result import Enclosure
from catalysis.populations.answer import DEFAULT_BITS, MAX_LAW_DIGITS
from catalysis.populations.factors import MOST_POWER
from catalysis.populations.solve import theta_bounds


@dataclass(frozen=True)
class ArchFactor:
    """R = size z^2, z standard normal: E R^s = (2 size)^s Gamma(s + 1/2)/sqrt(pi)."""

    size: Fraction

    stable = False
    moments_below = None
    least_power = Fraction(-1, 2)
    most_power = MOST_POWER

    def moment(self, s: Fraction, bits: int) -> Ball:
        with precision(bits + 32):
            half = ball(Fraction(1, 2))
            return (ball(s) * ball(2 * self.size).log() + (ball(s) + half).lgamma() - half.lgamma()).exp()


def arch_exponent(size: Number, digits: int = 12) -> Enclosure | None:
    """kappa > 0 of v^2 in ARCH(1) with lambda = `size`: (2 lambda)^kappa Gamma(kappa + 1/2) = sqrt(pi).

    None where digits do not suffice; lambda has to lie below 2 e^gamma = 3.562 for a stationary law.
    """
    at, places = positive(size, "size"), whole(digits, "digits", least=1, most=MAX_LAW_DIGITS)
    return theta_bounds(ArchFactor(at), places, DEFAULT_BITS).enclosure
