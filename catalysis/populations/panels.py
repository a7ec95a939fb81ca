"""Gauss-Legendre sums over panels, each with a proved remainder (Lemma P6).

The integrand is evaluated at points of the real line alone; on the ellipse only a bound of its size is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import log

from flint import arb

from catalysis.exact.balls import Ball, precision


@lru_cache(maxsize=64)
def gauss(points: int, bits: int) -> tuple[tuple[Ball, Ball], ...]:
    """Nodes in (-1, 1) and weights of the rule with so many points."""
    with precision(bits):
        return tuple(arb.legendre_p_root(points, k, weight=True) for k in range(points))


def points_needed(half: Ball, largest: Ball, radius: float, goal: Ball) -> int:
    """How many points bring the remainder of a panel of half length `half` below `goal`."""
    left = 8 * half * largest / (1 - arb(radius) ** -2)
    if not left > 0:
        return 2
    return max(2, 2 * (int(float((left / goal).log().mid()) / (4 * log(radius))) + 1))


def on_panel(
    function: Callable[[Ball], Ball],
    low: Ball,
    high: Ball,
    radius: float,
    largest: Ball,
    points: int,
    bits: int,
) -> Ball:
    """The integral over [low, high] of a function that is analytic, and at most `largest`, in the open ellipse
    with the foci low, high and the sum of half-axes `radius` times (high - low)/2 (P6)."""
    middle, half = (low + high) / 2, (high - low) / 2
    total = arb(0)
    for node, weight in gauss(points, bits):
        total += weight * function(middle + half * node)
    ratio = arb(radius) ** -2
    remainder = 8 * half * largest / (1 - ratio) * ratio**points
    return half * total + arb(0, 1) * remainder.abs_upper()


def graded(high: float, wide: float, finest: float) -> Iterator[tuple[float, float]]:
    """Panels that tile [finest, high] from the far end: each at most `wide`, and its inner end at least half as far
    from 0 as the outer one."""
    while high > finest:
        low = max(high / 2, high - wide, finest)
        yield low, high
        high = low
