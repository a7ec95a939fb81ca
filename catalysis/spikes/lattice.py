"""Multiplicative relations between factors: ties with a level, and whether all are powers of one number.

Everything is decided over a coprime base, so no power is multiplied out (the idea of Lemma D5). On a lattice
a level means the next power, and the exponent alone says nearly all (Lemma S8 of docs/spikes.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, gcd, isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.drift.tangency import base_of, exponents
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.result import Enclosure
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.lundberg import written

_BITS = 512


@dataclass(frozen=True)
class Lattice:
    """All factors are powers of one number: `factors[i] = span^powers[i]`, powers without common divisor.

    `span = prod base_j^generator_j > 1`; log|mu| moves on the multiples of `log span`.
    """

    base: tuple[int, ...]
    generator: tuple[int, ...]
    powers: tuple[int, ...]

    @property
    def longest(self) -> int:
        """The largest power: how many points of the lattice the largest factor moves."""
        return max(self.powers)

    def span(self, root: int = 1) -> Fraction:
        """The number itself, multiplied out; its square root where all factors are squares (`root` 2)."""
        value = Fraction(1)
        for b, e in zip(self.base, self.generator, strict=True):
            value *= Fraction(b) ** e
        return value if root == 1 else Fraction(isqrt(value.numerator), isqrt(value.denominator))


class Relations:
    """Which products of the factors equal the level, exactly."""

    def __init__(self, factors: Sequence[Fraction], level: Fraction) -> None:
        base = base_of([*factors, level])
        self._matrix = np.array([exponents(r, base) for r in factors], dtype=object)
        self._target = np.array(exponents(level, base), dtype=object)

    def ties(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """For each row of counts (n, m): whether prod factors_i^counts_i = level."""
        products: Any = counts.astype(object) @ self._matrix
        return np.asarray((products == self._target).all(axis=1), dtype=np.bool_)


def lattice_of(factors: Sequence[Fraction]) -> Lattice | None:
    """The lattice of the factors (positive, not 1), or None if their logarithms have no common divisor."""
    if any(_common_lattice(pair) is None for pair in pairwise(factors)):  # mostly the first pair settles it
        return None
    return _common_lattice(factors)


def _common_lattice(factors: Sequence[Fraction]) -> Lattice | None:
    base = base_of(factors)
    rows = [exponents(r, base) for r in factors]
    first = rows[0]
    common = gcd(*first)
    generator = tuple(e // common for e in first)
    if first and factors[0] < 1:
        generator = tuple(-e for e in generator)
    at = next(j for j, e in enumerate(generator) if e)
    powers = []
    for row in rows:
        power, rest = divmod(row[at], generator[at])
        if rest or any(e != power * g for e, g in zip(row, generator, strict=True)):
            return None
        powers.append(power)
    shared = gcd(*powers)
    return Lattice(base, tuple(shared * g for g in generator), tuple(p // shared for p in powers))


def points_to(lattice: Lattice, level: Fraction) -> int | None:
    """The least n with `span^n >= level`, for a level > 1; None if `_BITS` bits do not tell."""
    span = lattice.span()
    with precision(_BITS):
        places = enclose(ball(level).log() / ball(span).log())
    low, high = ceil(places.lower), ceil(places.upper)
    if low != high and Relations([span], level).ties(np.array([[low]]))[0]:
        return low
    return high if low == high else None


@dataclass(frozen=True)
class LatticeBounds:
    """What Lemma S8 proves: the probability lies in `enclosure`, by a bracket of the exponent."""

    lattice: Lattice
    exponent: Enclosure
    enclosure: Enclosure


def lattice_bounds(steps: StepFactors, level: Fraction, digits: int) -> LatticeBounds | None:
    """Lemma S8, each bound good to `digits` digits: exact but for rounding if the largest factor is the span.

    None without a lattice, or unless the walk is deflationary.
    """
    lattice = lattice_of(steps.factors)
    points = None if lattice is None else points_to(lattice, level)
    if lattice is None or points is None:
        return None
    theta = steps.exponent(digits=digits + 6 + len(str(points + lattice.longest))).enclosure
    if theta is None:
        return None
    with precision(int(3.33 * digits) + 96 + 4 * points.bit_length()):
        rise = ball(lattice.span()).log()
        upper = (-ball(theta.lower) * points * rise).exp()
        lower = (-ball(theta.upper) * (points + lattice.longest - 1) * rise).exp()
        found = Enclosure(written(lower).lower, min(Fraction(1), written(upper).upper))
    return LatticeBounds(lattice, theta, found)
