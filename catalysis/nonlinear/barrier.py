"""Levels that no path reaches: k^2 + Phi(L) never increases, Phi convex (W12 of docs/width.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate

from catalysis.nonlinear.problem import WidthProblem, short_below

PIECES = 8
"""So many pieces of q in each interval of L are looked at."""

ROWS = 40
MOST_WORK = 40_000
SLOPE_UNIT, START_UNIT = 10**6, 10**18
LONGEST = 10**18
"""Longer slopes are not read by the checker (they have the units of L)."""

_ROUNDS = 30


MOST_BITS = 256
"""Bits a number of the start may have; of longer ones the fractions would grow too long."""


@dataclass(frozen=True)
class Barrier:
    """The slopes of Phi, nondecreasing, on equal intervals from `bottom` <= 2/x* to L_0."""

    bottom: Fraction

    slopes: tuple[Fraction, ...]


def barrier(problem: WidthProblem) -> Barrier | None:
    """A proof that |kappa| never reaches the level, where one is found: the conditions of W12 hold exactly."""
    start = Fraction(math.ceil(problem.high * START_UNIT), START_UNIT)
    numbers = (*problem.x, problem.L0, problem.level, start)
    size = max(max(abs(q.numerator), q.denominator).bit_length() for q in numbers)
    if len(problem.x) * ROWS * PIECES > MOST_WORK or size > MOST_BITS:
        return None
    problem = replace(problem, high=start)
    # no step from above 2/x* falls below
    bottom = short_below(2 / problem.top - 2 * problem.top * problem.level**2)
    step = (problem.L0 - bottom) / ROWS
    slopes = [Fraction(0)] * ROWS
    for _ in range(_ROUNDS):
        asked = _asked(problem, step, slopes)
        if asked is None:
            return None
        if all(a <= s for a, s in zip(asked, slopes, strict=True)):
            return Barrier(bottom, tuple(slopes)) if slopes[-1] * SLOPE_UNIT < LONGEST else None
        slopes = [max(a, s) for a, s in zip(asked, slopes, strict=True)]
    return None


def _asked(problem: WidthProblem, step: Fraction, slopes: list[Fraction]) -> list[Fraction] | None:
    """What slopes the conditions ask, given some; None where the level is not kept out."""
    bottom, phi = problem.L0 - ROWS * step, [Fraction(0), *accumulate(g * step for g in slopes)]
    most = problem.high**2 + phi[-1]
    if most >= problem.level**2:
        return None
    asked = [Fraction(0)] * ROWS
    for j in range(ROWS):
        low, high, reach = bottom + j * step, bottom + (j + 1) * step, most - phi[j]
        for piece in range(PIECES):
            near, far = reach * piece / PIECES, reach * (piece + 1) / PIECES
            for x in problem.x:
                least = 1 - x * high + x * x * near  # no factor exceeds 1 (W1b)
                if least >= -1:
                    continue
                if x * high == 4:
                    return None
                place = (low - far * x * (4 - x * low) - bottom) / step
                if place < 0:
                    return None
                n = int(place)
                asked[n] = max(asked[n], (least**2 - 1) / (x * (4 - x * high)))
    asked = [Fraction(-(-g.numerator * SLOPE_UNIT // g.denominator), SLOPE_UNIT) for g in asked]
    return list(accumulate(asked, max))
