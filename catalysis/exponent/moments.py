"""The moment function M(theta) of a finite law of positive factors, and brackets of its root theta > 0.

Shared by every walk: only weights, sizes of the factors and the killed mass enter. Lemmas E1, E2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

from catalysis.exact.balls import Ball, ball, dyadic, ladder, precision, sign
from catalysis.exact.result import Enclosure

_NEWTON_STEPS = 200


class Moments:
    """M(theta) - 1 and M'(theta) at one precision, as balls.

    `M - 1 = sum p_i (r_i^theta - 1)` is summed from `expm1`, so nothing cancels as theta tends to 0.
    `dead` is the weight of the factors that are exactly zero. `sizes` are the others, the largest
    first. `row` holds the `weights` as a matrix. Make and use it within one `precision(bits)`.
    """

    def __init__(self, row: arb_mat, weights: list[Ball], sizes: list[Ball], dead: Ball) -> None:
        self.row, self.dead = row, dead
        self.logs = [size.log() for size in sizes]
        self.column = arb_mat(len(sizes), 1, self.logs)
        self.weighted = arb_mat(1, len(sizes), [w * v for w, v in zip(weights, self.logs, strict=True)])

    def drift(self) -> Ball:
        """The mean of the logarithms of the factors that are not zero."""
        return (self.row * self.column)[0, 0]

    def excess(self, theta: Ball) -> Ball:
        """M(theta) - 1."""
        return (self.row * self._grown(theta))[0, 0] - self.dead

    def excess_and_slope(self, theta: Ball) -> tuple[Ball, Ball]:
        """M(theta) - 1 and M'(theta) = sum p_i r_i^theta log r_i."""
        grown = self._grown(theta)
        excess = (self.row * grown)[0, 0] - self.dead
        return excess, (self.weighted * grown)[0, 0] + (self.row * self.column)[0, 0]

    def _grown(self, theta: Ball) -> arb_mat:
        return arb_mat(len(self.logs), 1, [v.expm1() for v in (theta * self.column).entries()])


def float_root(weights: npt.NDArray[np.float64], logs: npt.NDArray[np.float64], still: float) -> float | None:
    """theta in doubles; None where doubles cannot see.

    `logs` are those of the factors (-inf for a factor 0), the largest first; `still` is the weight of
    the factor 1.
    """
    with np.errstate(all="ignore"):
        finite = logs > -1e300
        if not finite.all():
            logs, weights = logs[finite], weights[finite]
        weighted = weights * logs

        def evaluate(theta: float) -> tuple[float, float]:
            powers = np.exp(theta * logs)
            return float(weights @ powers), float(weighted @ powers)

        return _newton(evaluate, float(weights[0]), float(logs[0]), still)


def root_of_sizes(
    weights: Sequence[float] | npt.NDArray[np.float64],
    sizes: Sequence[float] | npt.NDArray[np.float64],
    still: float,
) -> float | None:
    """The same from the factors; a list of them is looked at one by one."""
    if isinstance(sizes, np.ndarray):
        with np.errstate(all="ignore"):
            return float_root(np.asarray(weights), np.log(sizes), still)
    rows = [
        (math.log(size), weight) for size, weight in zip(sizes, weights, strict=True) if 0 < size < math.inf
    ]
    if not rows or not 0 < sizes[0] < math.inf:
        return None

    def evaluate(theta: float) -> tuple[float, float]:
        moment = slope = 0.0
        for log, weight in rows:
            if theta * log > 700:
                return math.inf, math.inf
            power = weight * math.exp(theta * log)
            moment += power
            slope += power * log
        return moment, slope

    return _newton(evaluate, weights[0], rows[0][0], still)


def _newton(
    evaluate: Callable[[float], tuple[float, float]], weight: float, top: float, still: float
) -> float | None:
    """Newton on log M, convex, from beyond the root: `weight` and the log `top` are those of the largest factor."""
    if not 1e-6 < top < 1e6 or not 0 < weight < 1:
        return None
    theta = -math.log(weight) / top
    for _ in range(60):
        moment, slope = evaluate(theta)
        moment += still
        if not (slope > 0 and 0 < moment < math.inf):
            return None
        step = math.log(moment) * moment / slope
        theta -= step
        if not theta > 1e-6:
            return None
        if abs(step) < 1e-7 * theta:  # quadratic: good to 14 digits
            return theta
    return None


def bracket_slowly(
    moments_at: Callable[[int], Moments], *, digits: int, max_bits: int, first_bits: int = 64
) -> Enclosure | None:
    """Bounds of theta by balls alone: for borders, huge and tiny exponents. None if the bits do not suffice.

    `moments_at(bits)` is called within `precision(bits)`; a factor above 1 and a negative drift (or a
    killed mass) are taken for granted.
    """
    needed = int(3.33 * digits) + 24
    for bits in ladder(max(max_bits, 4 * needed), max(128, needed, first_bits)):
        with precision(bits):
            moments = moments_at(bits)
            start = _ball_root(moments, bits)
            found = None if start is None else bracket(moments, start, digits + 2, digits)
        if found is not None:
            return found
    return None


def _ball_root(moments: Moments, bits: int) -> Fraction | None:
    """The same Newton with balls: theta of any size. The largest factor alone bounds the start."""
    drift = moments.drift()
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


def bracket(moments: Moments, start: Fraction | float, good: int, digits: int) -> Enclosure | None:
    """Proved bounds of theta, a relative 10^-digits apart, from a root known to `good` digits.

    At a just below theta, M(a) < 1 gives theta > a. M is convex, so where M'(a) > 0 its tangent at a
    reaches 1 beyond theta: theta <= a + (1 - M(a))/M'(a).
    """
    theta = ball(start) if isinstance(start, Fraction) else arb(start)
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
            return Enclosure(dyadic(low), dyadic(high.upper()))
    return None
