"""The probability of a spike worked out in another way: untilted, merged by level, with mpmath.

Every level is an exact rational; probabilities are sums of mpmath numbers of 40 digits. What is still alive after
the last layer is bounded by the exponent, which comes from bisection.
"""

from collections import defaultdict
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath as mp

from kit.roots import sign_change

Pairs = list[tuple[Fraction, Fraction]]


def real(q: Fraction) -> Any:
    return mp.mpf(q.numerator) / q.denominator


def cramer(pairs: Pairs) -> Any:
    """theta, for a deflationary walk."""
    steps = [(real(r), real(p)) for r, p in pairs if r]

    def moment(theta: Any) -> Any:
        return mp.fsum(p * r**theta for r, p in steps)

    high = mp.mpf(1)
    while moment(high) <= 1:
        high *= 2
    return sign_change(lambda theta: moment(theta) - 1, 0, high)


def is_deflationary(pairs: Pairs) -> bool:
    if max(r for r, _ in pairs) <= 1:
        return False
    if any(r == 0 for r, _ in pairs):
        return True
    return bool(mp.fsum(real(p) * mp.log(real(r)) for r, p in pairs) < -(mp.mpf(10) ** -30))


def hitting(pairs: Pairs, level: Fraction, layers: int) -> tuple[Any, Any]:
    """Bounds of P(sup of the walk from 1 >= level)."""
    return _hitting(tuple(pairs), level, layers, mp.mp.prec)


@lru_cache(maxsize=1000)
def _hitting(
    pairs: tuple[tuple[Fraction, Fraction], ...], level: Fraction, layers: int, _: int
) -> tuple[Any, Any]:
    if max(r for r, _ in pairs) <= 1:
        return mp.mpf(0), mp.mpf(0)
    if not is_deflationary(list(pairs)):
        return mp.mpf(1), mp.mpf(1)
    idle = sum((p for r, p in pairs if r == 1), Fraction(0))
    moving = [(r, real(p / (1 - idle))) for r, p in pairs if r not in (0, 1)]
    theta, largest = cramer(list(pairs)), max(r for r, _ in pairs)
    alive, crossed = {Fraction(1): mp.mpf(1)}, mp.mpf(0)
    for _ in range(layers):
        following: dict[Fraction, Any] = defaultdict(lambda: mp.mpf(0))
        for height, mass in alive.items():
            for r, q in moving:
                following[height * r] += mass * q
        crossed += mp.fsum(mass for height, mass in following.items() if height >= level)
        alive = {height: mass for height, mass in following.items() if height < level}
    most = mp.fsum(mass * real(height / level) ** theta for height, mass in alive.items())
    least = most * real(largest) ** -theta
    return crossed + least, crossed + most
