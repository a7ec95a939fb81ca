"""Powers |a|^theta and logarithms in doubles with one-sided errors: chords lie above a convex function, tangents
below, and the other way round for the logarithm, which is concave.

The powers at the knots n/KNOTS are enclosed by balls; everything in between is elementary arithmetic, whose
rounding the scheme's margins cover (lemma W8 of docs/width.md).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import ball, enclose, precision

Floats = npt.NDArray[np.float64]

KNOTS = 1024
"""Knots in a unit interval; the checker uses the same."""

# About a half, but no ratio: so rounding cannot make checker and scheme choose different knots.
_NEAREST = 0.4142135623730951


class ConvexPower:
    """`|a|^exponent` for `exponent >= 1` and `|a| <= largest`."""

    def __init__(self, exponent: Fraction, largest: float) -> None:
        count = int(largest * KNOTS) + 3
        lower, upper = np.zeros(count), np.zeros(count)
        with precision(80):
            power = ball(exponent)
            for n in range(1, count):
                found = enclose(ball(Fraction(n, KNOTS)) ** power)
                lower[n] = np.nextafter(float(found.lower), -np.inf)
                upper[n] = np.nextafter(float(found.upper), np.inf)
        self._lower, self._upper = np.maximum(lower, 0.0), upper
        self._exponent = float(exponent)

    def above(self, size: Floats) -> Floats:
        """At least size^exponent (up to the relative rounding of a few operations), `size >= 0`."""
        place = size * KNOTS
        n = np.minimum(place.astype(np.intp), self._upper.size - 2)
        left = self._upper[n]
        above: Floats = left + (self._upper[n + 1] - left) * (place - n)
        return above

    def tangent(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """(knot, value, slope), signed: value + slope (a - knot) <= |a|^exponent for all a."""
        n = np.minimum((np.abs(at) * KNOTS + _NEAREST).astype(np.intp), self._lower.size - 1)
        knot, value = n / KNOTS, self._lower[n]
        slope = np.divide(self._exponent * value, knot, out=np.zeros_like(value), where=n > 0)
        side = np.where(at < 0, -1.0, 1.0)
        return side * knot, value, side * slope

    def below(self, size: Floats) -> Floats:
        """At most size^exponent, by the tangent at the nearest knot; `size >= 0`."""
        knot, value, slope = self.tangent(size)
        below: Floats = np.maximum(0.0, value + slope * (size - knot))
        return below


class ConcavePower(ConvexPower):
    """`size^exponent` for `0 < exponent < 1`: tangents lie above."""

    def tangent_above(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """(knot, value, slope): value + slope (u - knot) >= u^exponent for all u >= 0."""
        n = np.clip((at * KNOTS + _NEAREST).astype(np.intp), 1, self._upper.size - 1)
        knot, value = n / KNOTS, self._upper[n]
        return knot, value, self._exponent * value / knot

    def above(self, size: Floats) -> Floats:
        """At least size^exponent."""
        knot, value, slope = self.tangent_above(size)
        above: Floats = value + slope * (size - knot)
        return above


class Logarithm:
    """log u for 0 <= u <= largest: tangents lie above, chords between knots below (W8)."""

    def __init__(self, largest: float) -> None:
        count = int(largest * KNOTS) + 3
        lower, upper = np.full(count, -np.inf), np.zeros(count)
        with precision(80):
            for n in range(1, count):
                found = enclose(ball(Fraction(n, KNOTS)).log())
                lower[n] = np.nextafter(float(found.lower), -np.inf)
                upper[n] = np.nextafter(float(found.upper), np.inf)
        self._lower, self._upper = lower, upper

    def above(self, size: Floats) -> Floats:
        """At least log size (up to the rounding of a few operations)."""
        n = np.clip((size * KNOTS + _NEAREST).astype(np.intp), 1, self._upper.size - 1)
        above: Floats = self._upper[n] + (size * KNOTS - n) / n
        return above

    def below(self, size: Floats) -> Floats:
        """At most log size; -inf below the first knot."""
        place = size * KNOTS
        n = np.minimum(place.astype(np.intp), self._lower.size - 2)
        left = self._lower[n]
        with np.errstate(invalid="ignore"):
            below: Floats = np.where(n > 0, left + (self._lower[n + 1] - left) * (place - n), -np.inf)
        return below
