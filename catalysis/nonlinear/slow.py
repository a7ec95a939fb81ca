"""A catapult from just above x L = 2, bounded without following its path (N14)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.result import Enclosure

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class SlowCatapult:
    """The witness B, the final l = x L, and the peak of v/v_0."""

    bound: Fraction
    final: Enclosure
    peak: Enclosure


def slow_catapult(l: Fraction, v: Fraction) -> SlowCatapult | None:  # noqa: E741
    """The bounds of N14 for a start with 2 + v < l; None where they do not apply."""
    energy = (2 - l) ** 2 + 2 * v
    bound = _find_bound(energy)
    if bound is None or not _holds(energy, bound):
        return None
    least = energy - _sum(bound) * bound**4 / 2
    root = _root_below(least)
    if least <= 0 or root is None:
        return None
    low = max(Fraction(1), (least - bound**4) / (2 * v))
    return SlowCatapult(bound, Enclosure(2 - bound, 2 - root), Enclosure(low, bound**2 / (2 * v)))


def _sum(bound: Fraction) -> Fraction:
    """S, a bound of the sum of all v_t."""
    return 2 * bound / (2 - bound) + bound**2 / 2


def _holds(energy: Fraction, B: Fraction) -> bool:
    return 0 < B <= _HALF and energy + _sum(B) * (4 * B**2 + 4 * B**3 + 3 * B**4 / 2) <= B**2


def _find_bound(energy: Fraction) -> Fraction | None:
    """A short B that should satisfy the inequality: a fixed point, found in doubles relative to sqrt(energy)."""
    start = math.sqrt(energy) if float(energy) > 1e-280 else 0.0
    if not 0 < start < 0.5:
        return None
    B = start
    for _ in range(100):
        grown = (2 * B / (2 - B) + B * B / 2) * (4 * B**2 + 4 * B**3 + 1.5 * B**4)
        last, B = B, math.sqrt(start**2 + grown)
        if B > 0.5:
            return None
        if last * (1 + 1e-13) >= B:
            break
    return Fraction(B * (1 + 1e-11))


def _root_below(value: Fraction) -> Fraction | None:
    """A short rational at most sqrt(value)."""
    root = math.sqrt(value) if value > 0 else 0.0
    found = Fraction(root * (1 - 1e-14))
    return found if found**2 <= value else None
