"""theta' at one curvature in doubles, with proved errors: for many rates, where balls cost more. Lemma H6."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import arb

from catalysis.exact.balls import ball, enclose, nearest_double, precision
from catalysis.exact.result import Enclosure
from catalysis.exact.vectors import UNIT, Floats, exp2_near, log2_near, roundings, total
from catalysis.exponent.doubles import FEW, MOST_DIGITS, fits, in_reach
from catalysis.exponent.factors import WalkAt

_BITS = 128
_SLACK, _TINY = 1.02, 2.0**-90


def slope_and_theta(step: WalkAt, digits: int) -> tuple[Enclosure, Enclosure] | None:
    """Bounds of theta' and the bounds of theta that they hold for; None where doubles do not give them."""
    if step.walk.size <= FEW or digits >= MOST_DIGITS or step.never_grows():
        return None
    start = step.float_root()
    if start is None:
        return None
    for fine in (MOST_DIGITS, digits + 1):
        theta = step.float_bracket(start, fine)
        slope = None if theta is None else _slope(step, theta)
        if theta is not None and slope is not None:
            return slope, theta
    return None


def _slope(step: WalkAt, theta: Enclosure) -> Enclosure | None:
    """H6 on a bracket of theta; the numbers are of the sizes that H4 takes, or there would be none."""
    walk, close = step.walk, float(theta)
    scaled = nearest_double(step.curvature) * walk.float_rates
    sizes = np.abs(1.0 - scaled)
    if not in_reach(sizes):
        return None
    logs, per = log2_near(sizes), 1.0 / sizes
    reach = np.abs(logs)
    largest, apart = float(reach.max()), float(theta.width) * 1.01 + 8 * UNIT * close
    if not (fits(close, logs.max(), largest, per.max() * 1.01) and apart * (largest + 2.0**-10) <= 0.09):
        return None
    powers = exp2_near(np.maximum(close * logs, -127.0))
    powers *= walk.float_weights
    lost = UNIT * (roundings(len(logs)) + 17 + 4 * per + close * (2.8 * reach + 7 + 4.2 * per))
    lost += 0.75 * apart * (reach + 2.0**-20)
    by_lambda = powers * scaled * per * np.where(scaled < 1.0, 1.0, -1.0)
    by_theta = powers * logs
    blurred = np.abs(by_theta) * lost + UNIT * powers * (3 * reach + 10 + 6 * per)
    with precision(_BITS):
        above, below = _sum(by_lambda, np.abs(by_lambda) * lost), _sum(by_theta, blurred)
        if not below > 0:
            return None
        power = ball(theta.lower).union(ball(theta.upper))
        return enclose(power * above / (ball(step.curvature) * arb(2).log() * below))


def _sum(terms: Floats, errors: Floats) -> arb:
    """The sum of numbers that are this near to the terms, and of what was cut off."""
    return arb(float(total(terms)), _SLACK * float(total(errors)) + _TINY)


def rounded_out(value: Enclosure, digits: int) -> Enclosure:
    """The same with ends of so many digits."""
    lower, upper = value.decimals(digits)
    return Enclosure(Fraction(lower), Fraction(upper))
