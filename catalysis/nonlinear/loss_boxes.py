"""Boxes of states moved by the reduced map, in integers rounded outwards (lemma W9 of docs/width.md)."""

from __future__ import annotations

from fractions import Fraction

from catalysis.nonlinear.problem import WidthProblem

BITS = 64
MOST_NODES = 300_000
"""Boxes times paths that are followed."""

Box = tuple[int, int, int, int]
Rate = tuple[int, int, int]


def least_chance(
    problem: WidthProblem, level: Fraction, L1: Fraction, steps: int, parts: tuple[int, int]
) -> Fraction:
    """At least the chance that L falls below L1 within ``steps``, from any state of [c, c R] x [L1, L_0].

    Certified (W9) with ``parts`` boxes in |kappa| and in L.
    """
    rates = [(*_ends(x), i) for i, x in enumerate(problem.x)]
    target, best = _ends(L1)[0], Fraction(1)
    top = min(max(level * problem.growth, problem.high), problem.L0 / 2)
    for a in range(parts[0]):
        low, high = (level + (top - level) * Fraction(n, parts[0]) for n in (a, a + 1))
        for b in range(parts[1]):
            bottom, ceiling = (L1 + (problem.L0 - L1) * Fraction(n, parts[1]) for n in (b, b + 1))
            box = _ends(low)[0], _ends(high)[1], _ends(bottom)[0], _ends(ceiling)[1]
            best = min(best, _chance(problem, rates, box, target, steps))
            if best == 0:
                return best
    return best


def _ends(q: Fraction) -> tuple[int, int]:
    scaled = q.numerator << BITS
    return scaled // q.denominator, -(-scaled // q.denominator)


def _chance(problem: WidthProblem, rates: list[Rate], box: Box, target: int, steps: int) -> Fraction:
    if box[3] < target:
        return Fraction(1)
    if steps == 0:
        return Fraction(0)
    box = (box[0], box[1], max(box[2], target), box[3])
    total = Fraction(0)
    for rate in rates:
        found = _chance(problem, rates, image(box, rate), target, steps - 1)
        total += problem.p[rate[2]] * found
    return total


def image(box: Box, rate: Rate) -> Box:
    """The image of [k_lo, k_hi] x [L_lo, L_hi] under a curvature x between two integers."""
    k_lo, k_hi, L_lo, L_hi = box
    x_lo, x_hi, _ = rate
    one = 1 << BITS
    xk_lo, xk_hi = x_lo * k_lo >> BITS, _up(x_hi * k_hi)
    xL_lo, xL_hi = x_lo * L_lo >> BITS, _up(x_hi * L_hi)
    least, most = one - xL_hi + (xk_lo * xk_lo >> BITS), one - xL_lo + _up(xk_hi * xk_hi)
    r_lo = 0 if least <= 0 <= most else min(abs(least), abs(most))
    r_hi = max(abs(least), abs(most))
    down = _up(_up(k_hi * xk_hi) * max(0, 4 * one - xL_lo))
    up = (k_lo * xk_lo >> BITS) * max(0, 4 * one - xL_hi) >> BITS
    return r_lo * k_lo >> BITS, _up(r_hi * k_hi), L_lo - down, L_hi - up


def _up(product: int) -> int:
    """A product of two numbers at 2^-BITS, rounded up."""
    return -(-product >> BITS)
