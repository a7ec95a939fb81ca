"""A multiplicative walk as nothing but its factors: what one step does to |mu|, with which probability.

Every question about hitting probabilities asks this object, whatever the factors come from: a data set at one
curvature, bounds over an interval, rounded or squared steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from flint import arb, arb_mat

from catalysis.data.walk import LinearWalk
from catalysis.drift.tangency import unit_product_base
from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, ladder, log_size, precision, sign
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.exponent import DEFAULT_DIGITS, Regime
from catalysis.exponent.moments import Moments, bracket, bracket_slowly, float_root


@dataclass(frozen=True)
class StepExponent:
    """The regime of a walk and its Cramer exponent theta.

    Certified (E1, E2): `lower < theta < upper` if deflationary (then `enclosure` is set), theta = inf if
    stable, 0 if inflationary or critical (`base` proves that the drift is 0, D5). `reason` if undecided.
    """

    regime: Regime
    enclosure: Enclosure | None = None
    digits: int = DEFAULT_DIGITS
    base: tuple[int, ...] | None = None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.regime is Regime.UNDECIDED else Verdict.PROVED

    def to_json(self) -> Any:
        """theta as the command line writes it: two ends, "inf", "0" or None."""
        if self.enclosure is not None:
            return self.enclosure.to_json(self.digits + 2)
        return {Regime.STABLE: "inf", Regime.UNDECIDED: None}.get(self.regime, "0")


@dataclass(frozen=True)
class StepFactors:
    """One step multiplies |mu| by `factors[i]` with probability `weights[i]`.

    The factors are positive, not 1, distinct, in decreasing order; `idle` is the probability of the factor
    1 and `dead` that of the factor 0, which ends the walk. All exact; the probabilities sum to 1.
    Make it by `of` or `from_pairs`. Raises InputError otherwise.
    """

    factors: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    idle: Fraction = Fraction(0)
    dead: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if len(self.factors) != len(self.weights):
            raise InputError("factors: expected as many weights as factors")
        if any(r <= 0 or r == 1 for r in self.factors) or self.idle < 0 or self.dead < 0:
            raise InputError("factors: expected positive ones other than 1, idle and dead at least 0")
        if any(a <= b for a, b in zip(self.factors, self.factors[1:], strict=False)):
            raise InputError("factors: expected distinct ones in decreasing order")
        if any(p <= 0 for p in self.weights) or sum(self.weights, self.idle + self.dead) != 1:
            raise InputError("weights: expected positive ones that sum to 1 with idle and dead")

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[Fraction, Fraction]]) -> StepFactors:
        """From pairs (factor >= 0, probability > 0); equal factors are merged."""
        merged: dict[Fraction, Fraction] = {}
        for factor, weight in pairs:
            merged[factor] = merged.get(factor, Fraction(0)) + weight
        idle, dead = merged.pop(Fraction(1), Fraction(0)), merged.pop(Fraction(0), Fraction(0))
        ordered = sorted(merged, reverse=True)
        return cls(tuple(ordered), tuple(merged[r] for r in ordered), idle, dead)

    @classmethod
    def of(cls, walk: LinearWalk, curvature: Fraction) -> StepFactors:
        """The factors `|1 - curvature xi_i|` of a data set's walk. Raises InputError unless curvature > 0."""
        if curvature <= 0:
            raise InputError(f"lambda: expected a number > 0, found {exact_text(curvature)}")
        pairs = [(abs(1 - curvature * rate), p) for rate, p in zip(walk.rates, walk.weights, strict=True)]
        return cls.from_pairs([*pairs, (Fraction(1), walk.idle)] if walk.idle else pairs)

    def squared(self) -> StepFactors:
        """The walk of |mu|^2."""
        return StepFactors(tuple(r * r for r in self.factors), self.weights, self.idle, self.dead)

    @property
    def size(self) -> int:
        """The number of distinct factors other than 0 and 1."""
        return len(self.factors)

    @property
    def largest(self) -> Fraction:
        """R, the largest factor."""
        moving = self.factors[0] if self.factors else Fraction(0)
        return max(moving, Fraction(1)) if self.idle else moving

    @cached_property
    def moving_weights(self) -> tuple[Fraction, ...]:
        """q_i, the probability of `factors[i]` in a step that is not idle."""
        return tuple(p / (1 - self.idle) for p in self.weights)

    def log_factors(self, bits: int) -> list[Ball]:
        """Balls around log r_i."""
        with precision(bits):
            return [ball(r).log() for r in self.factors]

    def moments(self, bits: int) -> Moments:
        """M(theta) - 1 and its derivative. Call within `precision(bits)`."""
        weights = [ball(p) for p in self.weights]
        row = arb_mat(1, len(weights), weights)
        return Moments(row, weights, [ball(r) for r in self.factors], ball(self.dead))

    def drift_sign(self, max_bits: int = DEFAULT_MAX_BITS) -> tuple[int | None, tuple[int, ...] | None]:
        """The sign of E log r (-1 if a factor is 0, None if undecided), and the base that proves a zero."""
        if self.dead:
            return -1, None
        for bits in ladder(max_bits):
            with precision(bits):
                found = sign(self.moments(bits).drift()) if self.factors else 0
            if found:
                return found, None
            if 64 < bits <= 128 or bits == max_bits <= 128:
                common = lcm(*(p.denominator for p in self.weights))
                base = unit_product_base(self.factors, [int(p * common) for p in self.weights])
                if base is not None:
                    return 0, base
        return None, None

    def exponent(self, *, digits: int = DEFAULT_DIGITS, max_bits: int = DEFAULT_MAX_BITS) -> StepExponent:
        """Certify the regime and theta to `digits` significant digits (E1, E2). See StepExponent."""
        if digits < 1:
            raise InputError(f"digits: expected at least 1, found {digits}")
        if self.largest <= 1:
            return StepExponent(Regime.STABLE)
        found = self._quickly(digits)
        if found is not None:
            return StepExponent(Regime.DEFLATIONARY, found, digits)
        drift, base = self.drift_sign(max_bits)
        if drift is None:
            reason = f"{max_bits} bits do not tell the drift from 0: allow more (--max-bits)"
            return StepExponent(Regime.UNDECIDED, reason=reason)
        if drift >= 0:
            return StepExponent(Regime.INFLATIONARY if drift else Regime.CRITICAL, base=base)
        found = bracket_slowly(self.moments, digits=digits, max_bits=max_bits)
        if found is not None:
            return StepExponent(Regime.DEFLATIONARY, found, digits)
        reason = f"{max_bits} bits do not give {digits} digits: allow more (--max-bits)"
        return StepExponent(Regime.UNDECIDED, reason=reason)

    def _quickly(self, digits: int) -> Enclosure | None:
        logs = np.array([log_size(r) for r in self.factors])
        weights = np.array([float(p) for p in self.weights])
        start = float_root(weights, logs, float(self.idle))
        if start is None:
            return None
        bits = max(64, int(3.33 * digits) + 24)
        with precision(bits):
            return bracket(self.moments(bits), Fraction(start), 14, digits)


def as_level(value: Fraction, name: str = "factor") -> Fraction:
    """The level K > 1 of a spike. Raises InputError otherwise."""
    if value <= 1:
        raise InputError(f"{name}: expected a number > 1, found {exact_text(value)}")
    return value


def power(value: Fraction, exponent: Fraction) -> Ball:
    """value^exponent for value > 0, at the working precision."""
    return arb(ball(value) ** ball(exponent))
