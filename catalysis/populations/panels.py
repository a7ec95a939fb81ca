"""Gauss-Legendre sums over panels, each with a proved remainder (Lemma P6).

The integrand is evaluated at points of the real line alone; on the ellipse only a bound of its size is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from flint import arb

from catalysis.exact.balls import Ball, precision

_MOST_POINTS = 200


@lru_cache(maxsize=16)
def gauss(points: int, bits: int) -> tuple[tuple[Ball, Ball], ...]:
    """Nodes in (-1, 1) and weights of the rule with so many points."""
    with precision(bits):
        return tuple(arb.legendre_p_root(points, k, weight=True) for k in range(points))


def on_panel(
    function: Callable[[Ball], Ball],
    low: Ball,
    high: Ball,
    radius: Ball,
    largest: Ball,
    goal: Ball,
    bits: int,
) -> Ball:
    """The integral over [low, high] of a function that is analytic, and at most `largest`, in the open ellipse
    with the foci low, high and the sum of half-axes `radius` times (high - low)/2 (P6).

    The number of points is the least that brings the remainder below `goal`.
    """
    middle, half = (low + high) / 2, (high - low) / 2
    left = 8 * half * largest / (1 - radius**-2)
    needed = float(((left / goal).log() / (2 * radius.log())).mid()) if goal > 0 else 8.0
    points = max(2, min(_MOST_POINTS, 2 * (int(needed / 2) + 1)))
    total = arb(0)
    for node, weight in gauss(points, bits):
        total += weight * function(middle + half * node)
    return half * total + arb(0, 1) * (left * radius ** (-2 * points)).abs_upper()


def graded(high: float, wide: float, finest: float) -> Iterator[tuple[float, float]]:
    """Panels that tile [finest, high] from the far end: each at most `wide`, and its inner end at least half as far
    from 0 as the outer one."""
    while high > finest:
        low = max(high / 2, high - wide, finest)
        yield low, high
        high = low
