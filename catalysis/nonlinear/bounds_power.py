"""Powers and moments as balls."""

from __future__ import annotations

from fractions import Fraction

from catalysis.exact.balls import Ball, ball
from catalysis.exponent.factors import StepFactors


def power(base: Fraction, exponent: Fraction) -> Ball:
    """base^exponent, base > 0, at the working precision."""
    return (ball(exponent) * ball(base).log()).exp()


def moment(walk: StepFactors, exponent: Fraction) -> Ball:
    """E r^exponent at the working precision."""
    total = ball(walk.idle)
    for r, p in zip(walk.factors, walk.weights, strict=True):
        total += ball(p) * power(r, exponent)
    return total
