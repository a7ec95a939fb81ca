"""Multiplicative relations between factors: ties with a level, and whether all are powers of one number.

Everything is decided over a coprime base, so no power is multiplied out (the idea of Lemma D5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.drift.tangency import base_of, exponents


@dataclass(frozen=True)
class Lattice:
    """All factors are powers of one number: ``factors[i] = span^powers[i]``, powers without common divisor.

    ``span = prod base_j^generator_j > 1``; log|mu| moves on the multiples of ``log span``.
    """

    base: tuple[int, ...]
    generator: tuple[int, ...]
    powers: tuple[int, ...]

    def span(self) -> Fraction:
        """The number itself, multiplied out."""
        value = Fraction(1)
        for b, e in zip(self.base, self.generator, strict=True):
            value *= Fraction(b) ** e
        return value


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
