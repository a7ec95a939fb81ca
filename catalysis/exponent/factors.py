"""A multiplicative walk as nothing but its factors: what one step does to |mu|, with which probability.

Every question about exponents and hitting probabilities asks this, whatever the factors come from: a data set at
one curvature (`WalkAt`), bounds over an interval, rounded or squared steps (`StepFactors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from math import gcd, lcm

import numpy as np
from flint import arb, arb_mat

from catalysis.data.walk import LinearWalk
from catalysis.drift.tangency import unit_product_base
from catalysis.drift.value import DriftSign, factors, sign_at
from catalysis.exact.balls import (
    DEFAULT_MAX_BITS,
    Ball,
    ball,
    ladder,
    log_size,
    nearest_double,
    precision,
    sign,
)
from catalysis.exact.errors import InputError
from catalysis.exact.memory import uncollected
from catalysis.exact.numbers import exact_text, lowest, nearest_doubles
from catalysis.exact.result import Enclosure
from catalysis.exact.vectors import Floats
from catalysis.exponent.doubles import FEW, Sums, bracket_of, sums_at
from catalysis.exponent.moments import Moments, float_root, root_of_sizes
from catalysis.exponent.solve import DEFAULT_DIGITS, StepExponent, solve

__all__ = ["DEFAULT_DIGITS", "StepExponent", "StepFactors", "WalkAt", "as_level", "power"]


@dataclass(frozen=True)
class WalkAt:
    """The walk of a data set at one curvature > 0, worked out from balls that the walk keeps."""

    walk: LinearWalk
    curvature: Fraction

    def never_grows(self) -> bool:
        return self.curvature <= self.walk.stable_up_to

    @cached_property
    def _sizes(self) -> list[float] | Floats:
        """The sizes of the factors in doubles, as Lemma H4 takes them; a list where they are few."""
        at = nearest_double(self.curvature)
        if self.walk.size <= FEW:
            return [abs(1.0 - at * rate) for rate in self.walk.float_rates.tolist()]
        with np.errstate(all="ignore"):
            return np.abs(1.0 - at * self.walk.float_rates)

    @property
    def _weights(self) -> list[float] | Floats:
        weights = self.walk.float_weights
        return weights.tolist() if self.walk.size <= FEW else weights

    def float_root(self) -> float | None:
        return root_of_sizes(self._weights, self._sizes, self.walk.float_idle)

    def float_bracket(self, start: float, digits: int) -> Enclosure | None:
        if not self._in_sight:
            return None
        return bracket_of(self._sizes, self._weights, self.walk.float_idle, start, digits)

    def float_sums(self, start: float) -> Sums | None:
        """M near a theta, by doubles with proved errors (H4); None where they do not see."""
        if not self._in_sight:
            return None
        return sums_at(self._sizes, self._weights, self.walk.float_idle, start)

    @property
    def _in_sight(self) -> bool:
        """Whether all numbers are of the sizes that H4 takes."""
        return self.walk.float_range and 2.0**-300 < nearest_double(self.curvature) < 2.0**300

    def drift_sign(self, max_bits: int = DEFAULT_MAX_BITS) -> DriftSign:
        return sign_at(self.walk, self.curvature, max_bits)

    def moments(self, bits: int) -> Moments:
        balls = self.walk.balls(bits)
        row, weights, dead = balls.row, balls.weights, arb(0)
        sizes = [abs(factor) for factor in factors(self.walk, self.curvature, bits)]
        at = next((i for i, size in enumerate(sizes) if size.is_zero()), None)
        if at is not None:
            dead = weights[at]
            weights = weights[:at] + weights[at + 1 :]
            sizes = sizes[:at] + sizes[at + 1 :]
            row = arb_mat(1, len(weights), weights)
        return Moments(row, weights, sizes, dead)


def _lowest(numerator: int, denominator: int) -> Fraction:
    common = gcd(numerator, denominator)
    return lowest(numerator // common, denominator // common)


def _merged(pairs: list[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """Pairs of a factor and a weight in decreasing order of the factors, equal ones as one."""
    if len(pairs) == 1:
        return pairs
    pairs.sort(key=lambda pair: pair[0], reverse=True)
    runs = groupby(pairs, key=lambda pair: pair[0])
    return [(factor, sum((p for _, p in alike), Fraction(0))) for factor, alike in runs]


def _sum_to_one(values: Sequence[Fraction]) -> bool:
    by_denominator: dict[int, int] = {}
    for value in values:
        d = value.denominator
        by_denominator[d] = by_denominator.get(d, 0) + value.numerator
    return sum(Fraction(n, d) for d, n in by_denominator.items()) == 1


@dataclass(frozen=True)
class StepFactors:
    """One step multiplies |mu| by `factors[i]` with probability `weights[i]`.

    The factors are positive, not 1, distinct, in decreasing order; `idle` is the probability of the factor
    1 and `dead` that of the factor 0, which ends the walk. All exact; the probabilities sum to 1.
    Make it by `of`, which keeps the `origin` to ask for the exponent, or by `from_pairs`. Raises InputError
    otherwise.
    """

    factors: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    idle: Fraction = Fraction(0)
    dead: Fraction = Fraction(0)
    origin: WalkAt | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.factors) != len(self.weights):
            raise InputError("factors: expected as many weights as factors")
        if (
            any(r.numerator <= 0 or r.numerator == r.denominator for r in self.factors)
            or self.idle < 0
            or self.dead < 0
        ):
            raise InputError("factors: expected positive ones other than 1, idle and dead at least 0")
        if any(a.numerator * b.denominator <= b.numerator * a.denominator for a, b in pairwise(self.factors)):
            raise InputError("factors: expected distinct ones in decreasing order")
        if any(p.numerator <= 0 for p in self.weights) or not _sum_to_one(
            (*self.weights, self.idle, self.dead)
        ):
            raise InputError("weights: expected positive ones that sum to 1 with idle and dead")

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[Fraction, Fraction]]) -> StepFactors:
        """From pairs (factor >= 0, probability > 0); equal factors are merged."""
        merged: dict[tuple[int, int], tuple[Fraction, Fraction]] = {}  # Fractions are slow keys
        for factor, weight in pairs:
            key = factor.numerator, factor.denominator
            merged[key] = (factor, merged[key][1] + weight if key in merged else weight)
        none = (Fraction(0), Fraction(0))
        (_, idle), (_, dead) = merged.pop((1, 1), none), merged.pop((0, 1), none)
        ordered = sorted(merged.values(), key=lambda pair: (nearest_double(pair[0]), pair[0]), reverse=True)
        return cls(tuple(r for r, _ in ordered), tuple(p for _, p in ordered), idle, dead)

    @classmethod
    def of(cls, walk: LinearWalk, curvature: Fraction) -> StepFactors:
        """The factors `|1 - curvature xi_i|` of a data set's walk. Raises InputError unless curvature > 0."""
        if curvature <= 0:
            raise InputError(f"lambda: expected a number > 0, found {exact_text(curvature)}")
        with uncollected():
            found = cls._of_walk(walk, curvature)
        object.__setattr__(found, "origin", WalkAt(walk, curvature))
        return found

    @classmethod
    def _of_walk(cls, walk: LinearWalk, curvature: Fraction) -> StepFactors:
        """Built without checks: the weights are those of a law, the factors are put in order here."""
        a, b = curvature.numerator, curvature.denominator
        sizes = [
            _lowest(abs(b * rate.denominator - a * rate.numerator), b * rate.denominator)
            for rate in walk.rates
        ]
        doubles = nearest_doubles(sizes)
        order = sorted(range(len(sizes)), key=doubles.__getitem__, reverse=True)
        factors, weights, idle, dead = [], [], walk.idle, Fraction(0)
        for _, run in groupby(order, key=doubles.__getitem__):
            for factor, weight in _merged([(sizes[i], walk.weights[i]) for i in run]):
                if factor.numerator == 0:
                    dead += weight
                elif factor.numerator == factor.denominator:
                    idle += weight
                else:
                    factors.append(factor)
                    weights.append(weight)
        made = object.__new__(cls)
        made.__dict__.update(
            factors=tuple(factors), weights=tuple(weights), idle=idle, dead=dead, origin=None
        )
        return made

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

    def never_grows(self) -> bool:
        return self.largest <= 1

    def float_root(self) -> float | None:
        logs = np.array([log_size(r) for r in self.factors])
        weights = np.array([nearest_double(p) for p in self.weights])
        return float_root(weights, logs, nearest_double(self.idle))

    def float_bracket(self, start: float, digits: int) -> Enclosure | None:
        """Exact factors are asked of balls."""
        return None

    def drift_sign(self, max_bits: int = DEFAULT_MAX_BITS) -> DriftSign:
        """The sign of E log r (-1 if a factor is 0, None if undecided), and the base that proves a zero."""
        if self.dead:
            return DriftSign(-1, 0)
        for bits in ladder(max_bits):
            with precision(bits):
                found = sign(self.moments(bits).drift()) if self.factors else 0
            if found:
                return DriftSign(found, bits)
            if 64 < bits <= 128 or bits == max_bits <= 128:
                common = lcm(*(p.denominator for p in self.weights))
                base = unit_product_base(self.factors, [int(p * common) for p in self.weights])
                if base is not None:
                    return DriftSign(0, bits, base)
        return DriftSign(None, max_bits)

    def exponent(self, *, digits: int = DEFAULT_DIGITS, max_bits: int = DEFAULT_MAX_BITS) -> StepExponent:
        """Certify the regime and theta to `digits` significant digits (E1, E2). See StepExponent."""
        return solve(self.origin or self, digits, max_bits)


def as_level(value: Fraction, name: str = "factor") -> Fraction:
    """The level K > 1 of a spike. Raises InputError otherwise."""
    if value <= 1:
        raise InputError(f"{name}: expected a number > 1, found {exact_text(value)}")
    return value


def power(value: Fraction, exponent: Fraction) -> Ball:
    """value^exponent for value > 0, at the working precision."""
    return arb(ball(value) ** ball(exponent))
