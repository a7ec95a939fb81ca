"""M(theta) near one theta in doubles, with proved errors: at one curvature or at many. Lemmas H4 and H5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any, TypeAlias

import numpy as np

from catalysis.drift.many import SLACK
from catalysis.exact.result import Enclosure
from catalysis.exact.vectors import (
    UNIT,
    Floats,
    exp2_near,
    exp2_one,
    log2_near,
    log2_one,
    roundings,
    rounds_to_nearest,
    tables,
    total,
)

FEWEST_DIGITS, MOST_DIGITS = 5, 13
"""Fewer digits gain nothing, more are beyond doubles."""

FEW = 16
"""So few factors are looked at one by one: arrays would cost more than they save."""

_HALF_WIDTHS = (0.05, 0.4)  # of the width asked for: one digit more where it is to be had
_TINY = 2.0**-100
_LEAST, _MOST = 2.0**-29.5, 2.0**62  # sizes of factors that H4 takes

Real: TypeAlias = Any
"""A float, or an array of floats: the formulas are the same."""


def half_widths(digits: int) -> tuple[float, ...]:
    """How far from theta, relative, the two signs are asked for: in this order."""
    return tuple(part * 10.0 ** -max(digits, FEWEST_DIGITS) for part in _HALF_WIDTHS)


@dataclass(frozen=True, eq=False)
class Sums:
    """What H4 knows at `theta`: A + idle and A + idle - 1, B, C with their errors, Lam."""

    theta: Real
    mass: Real
    excess: Real
    first: Real
    second: Real
    errors: tuple[Real, Real, Real]
    largest: Real

    @classmethod
    def of(
        cls,
        count: int,
        theta: Real,
        sums: tuple[Real, Real, Real],
        idle: Real,
        largest: Real,
        near: Real,
        d: Real,
        q: Real,
    ) -> Sums:
        """From A, B, C, D, Q and F = `near` of H4, for `count` rates, summed by `total`."""
        a, b, c = sums
        if count > FEW:
            count = roundings(count) + 1
        spread = theta * (3 * largest + 8 + 5 * near)
        apart = 15 + 9 * near
        errors = (
            UNIT * ((count + 8) * a + theta * (4 * d + 9 * a + 5 * q)) + _TINY,
            UNIT * ((count + 12 + spread) * d + (11 + 7 * near) * a) + _TINY,
            UNIT * ((count + 16 + spread) * c + (24 + 14 * near) * d + UNIT * apart * apart * a) + _TINY,
        )
        mass = a + idle
        return cls(theta, mass, mass - 1.0, b, c, errors, largest)

    def root(self) -> Real:
        """Where the second-order expansion of M - 1 vanishes: a guess."""
        g = -self.excess / self.first
        for _ in range(2):
            g = g - (self.excess + g * (self.first + 0.5 * g * self.second)) / (self.first + g * self.second)
        return self.theta + g / tables().ln2

    def far(self, size: Real) -> Real:
        """The bound of the terms of third order, |g| = `size`."""
        return 0.2 * size * size * size * (self.largest + 2.0**-10) * (self.second + self.errors[2])

    def usable(self, at: Real) -> Real:
        """The hypotheses of H5 on theta' = `at`."""
        g = abs((at - self.theta) * tables().ln2)
        return (g * (self.largest + 2.0**-10) <= 0.09) & (at >= 0.5 * self.theta) & (at <= 2 * self.theta)

    def at(self, place: Real) -> tuple[Real, Real]:
        """V and 1.01 W of H5."""
        g = (place - self.theta) * tables().ln2
        size, linear, square = abs(g), g * self.first, g * g * self.second
        value = self.excess + (linear + 0.5 * square)
        d0, d1, d2 = self.errors
        slack = d0 + size * (d1 + size * d2) + self.far(size)
        slack = slack + UNIT * (4 * (self.mass + 1) + 8 * abs(linear) + 8 * square)
        return value, SLACK * slack

    def sign_at(self, place: float) -> int | None:
        """The sign of M(place) - 1 at one curvature, where H5 proves it."""
        value, slack = self.at(place)
        return None if not (self.usable(place) and abs(value) > slack) else 1 if value > 0 else -1

    def proves(self, low: Real, high: Real) -> Real:
        """Whether M(low) < 1 < M(high) is proved."""
        if isinstance(low, np.ndarray):  # both at once: fewer calls
            ends = np.array([low, high])
            (below, above), (slack_below, slack_above) = self.at(ends)
            inside = self.usable(ends).all(axis=0)
        else:
            (below, slack_below), (above, slack_above) = self.at(low), self.at(high)
            inside = self.usable(low) & self.usable(high)
        return inside & (low > 0) & (below + slack_below < 0) & (above - slack_above > 0)


def fits(theta: Real, top: Real, largest: Real, near: Real) -> Real:
    """The hypotheses of H4 on theta."""
    small = (theta > 0) & (theta <= 2.0**20) & (theta * top <= 126.0)
    return small & (theta * UNIT * (4 * largest + 11 + 6 * near) <= 2.0**-11)


def in_reach(sizes: Floats) -> bool:
    """Whether all factors are of the sizes that H4 takes."""
    return bool(sizes.min() > _LEAST and sizes.max() < _MOST)


def sums_at(
    sizes: Sequence[float] | Floats, weights: Sequence[float] | Floats, idle: float, theta: float
) -> Sums | None:
    """The sums of H4 at one curvature; None where doubles do not see.

    `sizes` are doubles within `UNIT (4 + 5 size)` of the factors, `weights` and `idle` nearest doubles of sizes between
    2^-300 and 2^300.
    """
    if not rounds_to_nearest():
        return None
    return _few(sizes, weights, idle, theta) if len(sizes) <= FEW else _many(sizes, weights, idle, theta)


def bracket_of(
    sizes: Sequence[float] | Floats, weights: Sequence[float] | Floats, idle: float, theta: float, digits: int
) -> Enclosure | None:
    """Proved bounds of theta, a relative 10^-digits apart, from a guess; None where doubles do not give them.

    The arguments are those of `sums_at`; some factor exceeds 1.
    """
    sums = None if digits > MOST_DIGITS else sums_at(sizes, weights, idle, theta)
    if sums is None or sums.first <= 0:
        return None
    close = float(sums.root())
    for half in half_widths(digits):
        low, high = close * (1 - half), close * (1 + half)
        if sums.proves(low, high):
            return Enclosure(Fraction(low), Fraction(high))
    return None


def _few(
    sizes: Sequence[float] | Floats, weights: Sequence[float] | Floats, idle: float, theta: float
) -> Sums | None:
    a = b = c = 0.0
    low, high = np.inf, -np.inf
    for size, weight in zip(sizes, weights, strict=True):
        if not _LEAST < size < _MOST:
            return None
        log = log2_one(size)
        low, high = min(low, log), max(high, log)
        power = theta * log
        if not power <= 126.0:
            return None
        term = weight * exp2_one(max(power, -127.0))
        a += term
        term *= log
        b += term
        c += term * log
    return _checked(len(weights), theta, (a, b, c), idle, low, high)


def _many(
    sizes: Sequence[float] | Floats, weights: Sequence[float] | Floats, idle: float, theta: float
) -> Sums | None:
    factors = np.asarray(sizes)
    if not in_reach(factors):
        return None
    logs = log2_near(factors)
    high = float(logs.max())
    if not theta * high <= 126.0:
        return None
    terms = exp2_near(np.maximum(theta * logs, -127.0))
    terms *= weights
    a = float(total(terms))
    terms *= logs
    b = float(total(terms))
    terms *= logs
    return _checked(len(logs), theta, (a, b, float(total(terms))), idle, float(logs.min()), high)


def _checked(
    count: int, theta: float, sums: tuple[float, float, float], idle: float, low: float, high: float
) -> Sums | None:
    near, largest = SLACK * exp2_one(-low), max(-low, high)
    if not fits(theta, high, largest, near):
        return None
    a = sums[0]
    d, q = sqrt(a * sums[2]), a * near
    if theta >= 1:
        q = min(q, max(1.0, a))
    return Sums.of(count, theta, sums, idle, largest, near, d, q)
