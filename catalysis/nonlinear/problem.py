"""The question behind every finite-width spike bound, in exact numbers and canonical letters.

kappa = eta mu / sqrt(n), L = eta lambda move by kappa' = (1 - x L + x^2 kappa^2) kappa,
L' = L - kappa^2 x (4 - x L). Lemmas W0 to W8 of docs/width.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property
from math import isqrt
from typing import Any

from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, decimal_above, decimal_below, exact, positive
from catalysis.exponent.factors import StepFactors

_ROOT_BITS = 192


@dataclass(frozen=True)
class WidthProblem:
    """A start `(kappa_0, L_0)` with `low <= |kappa_0| <= high`, and the level `c` that |kappa| may reach.

    `x` are the positive curvatures in increasing order, `p` their probabilities in a step that is not
    idle (W0). Made by `of`.
    """

    walk: LinearWalk
    curvature: Fraction
    width: Fraction
    mu0: Fraction
    x: tuple[Fraction, ...]
    p: tuple[Fraction, ...]
    L0: Fraction
    low: Fraction
    high: Fraction
    level: Fraction

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(
        cls, walk: LinearWalk, curvature: Number, width: Number, mu0: Number, kappa: Number
    ) -> WidthProblem:
        """Raises InputError, naming the argument, outside the range where the lemmas hold."""
        curvature, width = positive(curvature, "lambda"), exact(width, "width")
        mu0, kappa = exact(mu0, "mu0"), positive(kappa, "kappa")
        if width < 1:
            raise InputError(f"width: expected a number >= 1, found {brief(width)}")
        if mu0 == 0:
            raise InputError("mu0: expected a number that is not 0, found 0")
        law, eta = walk.law, walk.dataset.learning_rate
        moving = [(x, p) for x, p in zip(law.x, law.p, strict=True) if x > 0]
        L0 = eta * curvature
        if law.largest * L0 > 4:
            raise InputError(
                f"lambda: expected eta lambda max x <= 4 (where L cannot grow), found {brief(law.largest * L0)}"
            )
        if kappa > L0 / 2:
            raise InputError(
                f"kappa: expected at most L/2 = eta lambda/2 = {brief(L0 / 2)}, found {brief(kappa)}"
            )
        square = (eta * mu0) ** 2 / width
        if 4 * square > L0**2:
            raise InputError(
                f"mu0: expected |kappa_0| = eta |mu0|/sqrt(width) <= eta lambda/2 = {brief(L0 / 2)}, "
                f"found kappa_0^2 = {brief(square)}"
            )
        low, high = root_bracket(square)
        idle = 1 - law.idle
        x, p = tuple(x for x, _ in moving), tuple(p / idle for _, p in moving)
        return cls(walk, curvature, width, mu0, x, p, L0, low, high, kappa)

    def in_units(self, unit: Fraction) -> WidthProblem:
        """The same paths with k/unit, L/unit and x unit in place of k, L and x."""
        low, high, level = (k / unit for k in (self.low, self.high, self.level))
        x = tuple(x * unit for x in self.x)
        return replace(self, x=x, L0=self.L0 / unit, low=low, high=high, level=level)

    @property
    def top(self) -> Fraction:
        """x*, the largest curvature."""
        return self.x[-1]

    @property
    def settles(self) -> bool:
        """Whether kappa -> 0 almost surely (W1d): what lower tables rest on (W5)."""
        return len(self.x) > 1 or self.top * self.L0 < 4

    @cached_property
    def growth(self) -> Fraction:
        """R = max(1, x* L_0 - 1): no step multiplies |kappa| by more (W1)."""
        return max(Fraction(1), self.top * self.L0 - 1)

    @cached_property
    def factors(self) -> StepFactors:
        """The linear walk at L_0, without its idle steps."""
        return StepFactors.from_pairs((abs(1 - x * self.L0), p) for x, p in zip(self.x, self.p, strict=True))

    def range_of(self, x: Fraction, L1: Fraction, cap: Fraction) -> tuple[Fraction, Fraction]:
        """The least and the largest |1 - x L + x^2 kappa^2| over L in [L1, L_0], 0 <= |kappa| <= cap."""
        least, most = 1 - x * self.L0, 1 - x * L1 + (x * cap) ** 2
        sizes = abs(least), abs(most)
        return (Fraction(0) if least <= 0 <= most else min(sizes)), max(sizes)

    def walk_below(self, L1: Fraction, cap: Fraction) -> StepFactors:
        """The walk r^- of the least multipliers."""
        return StepFactors.from_pairs(
            (self.range_of(x, L1, cap)[0], p) for x, p in zip(self.x, self.p, strict=True)
        )

    def walk_above(self, L1: Fraction, cap: Fraction) -> StepFactors:
        """The walk r^+ of the largest multipliers."""
        return StepFactors.from_pairs(
            (self.range_of(x, L1, cap)[1], p) for x, p in zip(self.x, self.p, strict=True)
        )

    def fall(self, L1: Fraction) -> Fraction:
        """max_i x_i (4 - x_i L1): one step from L >= L1 lowers L by at most kappa^2 times this."""
        return max(x * (4 - x * L1) for x in self.x)


def short_below(value: Fraction, digits: int = 12) -> Fraction:
    """A short decimal just below."""
    return Fraction(decimal_below(value, digits))


def short_above(value: Fraction, digits: int = 12) -> Fraction:
    """A short decimal just above."""
    return Fraction(decimal_above(value, digits))


def root_bracket(square: Fraction) -> tuple[Fraction, Fraction]:
    """Rationals with low^2 <= square <= high^2, equal where the root is rational."""
    a, b = isqrt(square.numerator), isqrt(square.denominator)
    if a * a == square.numerator and b * b == square.denominator:
        return Fraction(a, b), Fraction(a, b)
    shift = max(0, _ROOT_BITS - square.numerator.bit_length() + square.denominator.bit_length())
    shift += shift % 2
    root = isqrt((square.numerator << shift) // square.denominator)
    scale = 1 << (shift // 2)
    return Fraction(root, scale), Fraction(root + 1, scale)
