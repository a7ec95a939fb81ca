"""Exponents below 1: E |1 - x L + x^2 q|^b <= 1, slab by slab of L (W13 of docs/width.md)."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

from catalysis.exact.balls import precision
from catalysis.exponent.factors import StepFactors
from catalysis.nonlinear.bounds_power import moment
from catalysis.nonlinear.problem import WidthProblem, short_above, short_below

MOST_SLABS = 400
_MARGIN = 1e-9


def slabs(
    problem: WidthProblem, low: Fraction, high: Fraction, cap: Fraction, b: Fraction
) -> list[Fraction] | None:
    """Ends from `low` to `high` between which the moments of the largest factors, for k <= cap, are at most 1."""
    ends, width = [high], (high - low) / 4
    while ends[-1] > low:
        top, width = ends[-1], min(4 * width, ends[-1] - low)
        while _guess(problem, top - width, top, cap, b) > 1 - _MARGIN:
            width = short_below(width / 2, 6)
            if width < (high - low) / 10**9 or len(ends) > MOST_SLABS:
                return None
        ends.append(low if top - width <= low else short_above(top - width, 12))
    ends.reverse()
    with precision(96):
        good = all(moment(largest(problem, bottom, top, cap), b) <= 1 for bottom, top in pairwise(ends))
    return ends if good else None


def largest(problem: WidthProblem, low: Fraction, high: Fraction, cap: Fraction) -> StepFactors:
    """The largest |1 - x L + x^2 q| over a slab and k <= cap."""
    return StepFactors.from_pairs(
        (max(abs(1 - x * high), abs(1 - x * low + (x * cap) ** 2)), p)
        for x, p in zip(problem.x, problem.p, strict=True)
    )


def _guess(problem: WidthProblem, low: Fraction, high: Fraction, cap: Fraction, b: Fraction) -> float:
    lo, hi, k, power = float(low), float(high), float(cap), float(b)
    total = 0.0
    for x, p in zip(map(float, problem.x), map(float, problem.p), strict=True):
        total += p * math.pow(max(abs(1 - x * hi), abs(1 - x * lo + (x * k) ** 2)), power)
    return total
