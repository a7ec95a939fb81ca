"""Settles one gap after another: a proposal of the search becomes a proof by a few signs of G (D2, D3).

A maximum that no precision tells from zero is decided by algebra (D6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from flint import arb

from catalysis.data.walk import LinearWalk
from catalysis.drift.field import Field
from catalysis.drift.place import NearPole, Position, compare, offset_ball, position_ball
from catalysis.drift.search_balls import locate, polish
from catalysis.drift.search_few import Proposal
from catalysis.drift.tangency import Tangency, TooLarge, exact_zero_base, find_tangency, isolate_root
from catalysis.drift.value import drift_and_slope, drift_at_ends, drift_ball
from catalysis.drift.zeros import NegativeGap, UndecidedGap, Zero
from catalysis.exact.balls import Ball, ball, dyadic, ladder, log_size, precision, sign
from catalysis.exact.numbers import brief

DEFAULT_DIGITS = 12

# A zero nearer to its pole than exp(-_NEAR) pole lengths is written with its log-distance.
_NEAR = 16.0
# A zero that is a simpler fraction than this is recognised.
_LARGEST_DENOMINATOR = 100_000


def bits_for(digits: int) -> int:
    """The precision at which `digits` are first looked for."""
    return max(64, int(3.33 * digits) + 24)


class Values(Protocol):
    """Balls for G: each place by itself (`OneByOne`), or by what its neighbours share (`Field`)."""

    def drift(self, position: Position, bits: int) -> Ball:
        """G at a place; not finite where that is too hard."""

    def drift_at_ends(self, lower: NearPole, upper: NearPole, bits: int) -> tuple[Ball, Ball]:
        """G at both ends of a bracket beside a pole."""

    def drift_and_slope(self, curvature: Fraction, bits: int) -> tuple[Ball, Ball]:
        """G and G'."""


@dataclass(frozen=True)
class OneByOne:
    """All factors of each place."""

    walk: LinearWalk

    def drift(self, position: Position, bits: int) -> Ball:
        return drift_ball(self.walk, position, bits)

    def drift_at_ends(self, lower: NearPole, upper: NearPole, bits: int) -> tuple[Ball, Ball]:
        return drift_at_ends(self.walk, lower, upper, bits)

    def drift_and_slope(self, curvature: Fraction, bits: int) -> tuple[Ball, Ball]:
        return drift_and_slope(self.walk, curvature, bits)


class GapProver:
    """Settles one gap after another, at growing precision where that is needed."""

    def __init__(
        self, walk: LinearWalk, digits: int, max_bits: int, max_degree: int, field: Field | None = None
    ) -> None:
        self.walk, self.digits, self.max_bits, self.max_degree = walk, digits, max_bits, max_degree
        self.first_bits = bits_for(digits)
        self.field = field
        self.one_by_one = OneByOne(walk)
        self.values: Values = self.one_by_one

    def prove(self, gap: int, proposal: Proposal | None) -> tuple[Zero, ...] | NegativeGap | UndecidedGap:
        if proposal is not None and self.first_bits <= self.max_bits:
            for values in (self.field, self.one_by_one):
                if values is None or (gap == self.walk.size and values is self.field):
                    continue
                self.values = values
                settled = self.settle(proposal, self.first_bits)
                self.values = self.one_by_one
                if settled is not None:
                    return settled
        algebra: Tangency | TooLarge | str | None = "not asked"
        for rung, bits in enumerate(ladder(self.max_bits, self.first_bits)):
            proposal = locate(self.walk, gap, bits)
            settled = None if proposal is None else self.settle(proposal, bits)
            if settled is not None:
                return settled
            if algebra == "not asked" and gap < self.walk.size and (rung == 1 or bits == self.max_bits):
                algebra = find_tangency(self.walk, gap, max_degree=self.max_degree)
                if isinstance(algebra, Tangency):
                    return (self.tangency(algebra),)
        reason = f"{self.max_bits} bits do not decide the sign of G here: allow more (--max-bits)"
        if isinstance(algebra, TooLarge):
            reason += f"; {algebra.reason} (--max-degree)"
        elif algebra is None:
            reason += "; it is not a tangency"
        return UndecidedGap(gap, reason)

    def settle(self, proposal: Proposal, bits: int) -> tuple[Zero, ...] | NegativeGap | None:
        """Turn a proposal into a proof, or None."""
        if not proposal.zeros:
            return self.negative(proposal, bits)
        places = proposal.zeros
        if self.digits > DEFAULT_DIGITS:
            places = tuple(polish(self.walk, z, self.digits, bits) for z in places)
        if len(places) == 1:
            up = self.crossing(proposal.gap, places[0], 1, bits, None)
            return None if up is None else (up,)
        apart = self.separation(places[0], places[1], bits)
        if apart <= 0:
            return None
        up = self.crossing(proposal.gap, places[0], 1, bits, apart)
        down = self.crossing(proposal.gap, places[1], -1, bits, apart)
        if up is None or down is None or not _ordered(up.upper, down.lower, bits):
            return None
        return up, down

    def negative(self, proposal: Proposal, bits: int) -> NegativeGap | None:
        assert proposal.top is not None
        left, right = self.walk.gap_ends(proposal.gap)
        assert right is not None
        at = _rounded(proposal.top, bits)
        if at is None or not left < at < right:
            return None
        value, slope = self.values.drift_and_slope(at, bits)
        with precision(bits):
            towards_left = value + slope * ball(left - at)
            towards_right = value + slope * ball(right - at)
        if sign(towards_left) == -1 and sign(towards_right) == -1:
            return NegativeGap(proposal.gap, at)
        return None

    def separation(self, first: NearPole, second: NearPole, bits: int) -> Fraction:
        """How far apart two zeros are: in t, or relative to the distance from their poles; at most 1."""
        if (first.index, first.side) == (second.index, second.side):
            return min(abs(first.t - second.t), Fraction(1))
        with precision(bits + 64):
            between = position_ball(second) - position_ball(first)
            nearer = max(first.t, second.t)
            relative = between / (-ball(nearer)).exp()
        if not relative.is_finite():
            return Fraction(1 if between > 0 else 0)
        return Fraction(1) if relative > 1 else dyadic(relative)

    def crossing(
        self, gap: int, place: NearPole, direction: int, bits: int, apart: Fraction | None
    ) -> Zero | None:
        """A proved bracket around a simple zero near `place`."""
        walk = self.walk
        near = float(min(place.t, Fraction(10**9))) - log_size(walk.rates[place.index]) > _NEAR
        for widening in (1, 4, 1000):
            bracket = (
                self.bracket_in_t(gap, place, widening, apart, bits)
                if near
                else self.bracket_in_lambda(gap, place, widening, apart, bits)
            )
            if bracket is None:
                return None
            lower, upper = bracket
            if self.crosses(lower, upper, direction, bits):
                exact, base = self.recognise(lower, upper)
                return Zero(walk, gap, direction, lower, upper, exact, base)
        return None

    def crosses(self, lower: Position, upper: Position, direction: int, bits: int) -> bool:
        """Proved: G has opposite signs at the ends, going up or down as `direction` says."""
        if isinstance(lower, NearPole) and isinstance(upper, NearPole):
            at_lower, at_upper = self.values.drift_at_ends(lower, upper, bits)
            if (sign(at_lower), sign(at_upper)) == (-direction, direction):
                return True
        return (
            sign(self.values.drift(lower, bits)) == -direction
            and sign(self.values.drift(upper, bits)) == direction
        )

    def bracket_in_t(
        self, gap: int, place: NearPole, widening: int, apart: Fraction | None, bits: int
    ) -> tuple[NearPole, NearPole] | None:
        unit = Fraction(10) ** (len(str(int(abs(place.t)))) - self.digits)
        if apart is not None:
            unit = min(unit, _power_of_ten_below(apart / (16 * widening)))
        middle = round(place.t / unit)
        ends = [
            NearPole(place.index, place.pole, place.side, unit * (middle + shift))
            for shift in (-widening, widening)
        ]
        far = self.walk.gap_ends(gap)[1 if place.side > 0 else 0]
        if far is not None and compare(ends[0], far, bits) != -place.side:
            return None
        # above a pole a larger t is further down the axis
        return (ends[1], ends[0]) if place.side > 0 else (ends[0], ends[1])

    def bracket_in_lambda(
        self, gap: int, place: NearPole, widening: int, apart: Fraction | None, bits: int
    ) -> tuple[Fraction, Fraction] | None:
        with precision(bits + 32):
            offset = offset_ball(place)
            value, distance = dyadic(ball(place.pole) + place.side * offset), dyadic(offset)
        if value == place.pole or value <= 0:
            return None
        room = (distance if apart is None else distance * apart) / (16 * widening)
        if room <= 0:
            return None
        power = min(_exponent_of_ten(value) - self.digits + 1, _exponent_of_ten(room))
        lower, upper = _multiples_around(value, power, widening)
        left, right = self.walk.gap_ends(gap)
        return (lower, upper) if left < lower and (right is None or upper < right) else None

    def recognise(self, lower: Position, upper: Position) -> tuple[Fraction | None, tuple[int, ...] | None]:
        """A simple rational zero in the bracket, if there is one."""
        if not (isinstance(lower, Fraction) and isinstance(upper, Fraction)):
            return None, None
        candidate = _simplest_between(lower, upper, _LARGEST_DENOMINATOR)
        if candidate is None:
            return None, None
        if sign(self.values.drift(candidate, 64)):
            return None, None
        base = exact_zero_base(self.walk, candidate)
        return (candidate, base) if base is not None else (None, None)

    def tangency(self, found: Tangency) -> Zero:
        left, right = self.walk.gap_ends(found.gap)
        assert right is not None
        width = min(_power_of_ten_below(left) / 10 ** (self.digits - 1), (right - left) / 8)
        if found.exact is not None:
            room = min(found.exact - left, right - found.exact) / 2
            step = min(width, _power_of_ten_below(room))
            lower, upper = found.exact - step, found.exact + step
        else:
            # move the ends off the poles before bisecting: Q has no root there
            lower, upper = isolate_root(found.polynomial, left, right, width)
            while lower == left or upper == right:
                width /= 2
                lower, upper = isolate_root(found.polynomial, left, right, width)
        return Zero(self.walk, found.gap, 0, lower, upper, found.exact, found.base, found.polynomial)

    def set_apart(self, zero: Zero, ends: list[Fraction]) -> Zero | UndecidedGap:
        """The zero in a bracket that misses the ends of the interval asked for, or recognised as one."""
        for end in ends:
            finer: Zero | None = zero
            digits = self.digits
            while finer is not None and finer.side_of(end, self.max_bits) is None:
                zero = finer
                base = exact_zero_base(self.walk, end) if digits == self.digits else None
                if base is not None and zero.surrounds(end, self.max_bits):
                    finer = replace(zero, exact=end, base=base)
                    continue
                digits *= 2
                finer = None
                if 4 * digits < self.max_bits:
                    finer = GapProver(self.walk, digits, self.max_bits, self.max_degree).again(zero)
            if finer is None:
                return UndecidedGap(
                    zero.gap,
                    f"{self.max_bits} bits do not tell a zero from the end {brief(end)}: allow more (--max-bits)",
                )
            zero = finer
        return zero

    def again(self, zero: Zero) -> Zero | None:
        """The same zero in a finer bracket."""
        if zero.polynomial is not None:
            assert isinstance(zero.lower, Fraction) and isinstance(zero.upper, Fraction)
            width = (zero.upper - zero.lower) / 10 ** (self.digits // 2)
            lower, upper = isolate_root(zero.polynomial, zero.lower, zero.upper, width)
            return Zero(self.walk, zero.gap, 0, lower, upper, None, None, zero.polynomial)
        found = self.prove(zero.gap, None)
        if not isinstance(found, tuple):
            return None
        return next((z for z in found if z.direction == zero.direction), None)


def _ordered(first: Position, second: Position, bits: int) -> bool:
    """Proved: first <= second."""
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return first <= second
    if (
        isinstance(first, NearPole)
        and isinstance(second, NearPole)
        and (first.index, first.side) == (second.index, second.side)
    ):
        return first.side * (first.t - second.t) >= 0
    with precision(bits + 64):
        gap: Ball = position_ball(second) - position_ball(first)
    return sign(gap) == 1


def _power_of_ten_below(value: Fraction) -> Fraction:
    """The largest power of ten that is at most `value` > 0."""
    power = _exponent_of_ten(value)
    return Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)


def _exponent_of_ten(value: Fraction) -> int:
    """Of the largest power of ten that is at most `value` > 0."""
    n, d = value.numerator, value.denominator
    power = int((n.bit_length() - d.bit_length()) * 0.30103) - 2
    while _reaches(n, d, power + 1):
        power += 1
    while not _reaches(n, d, power):
        power -= 1
    return power


def _multiples_around(value: Fraction, power: int, count: int) -> tuple[Fraction, Fraction]:
    """The multiples of 10^power that lie `count` of them below and above the one nearest to the value."""
    n, d, scale = value.numerator, value.denominator, 10 ** abs(power)
    if power >= 0:
        middle = (2 * n + d * scale) // (2 * d * scale)
        return Fraction((middle - count) * scale), Fraction((middle + count) * scale)
    middle = (2 * n * scale + d) // (2 * d)
    return Fraction(middle - count, scale), Fraction(middle + count, scale)


def _reaches(n: int, d: int, power: int) -> bool:
    return bool(n >= d * 10**power if power >= 0 else n * 10**-power >= d)


def _rounded(place: NearPole, bits: int) -> Fraction | None:
    """A short decimal near the place, true to a millionth (at 64 bits) of its distance from the pole."""
    with precision(bits):
        try:
            distance = dyadic(arb((-ball(place.t)).exp()))
        except OverflowError:
            return None
    if distance.denominator.bit_length() > 12_000:
        return None
    unit = _power_of_ten_below(distance / 2 ** max(bits // 2 - 8, 4))
    return round((place.pole + place.side * distance) / unit) * unit


def _simplest_between(lower: Fraction, upper: Fraction, largest: int) -> Fraction | None:
    """The fraction of least denominator strictly between two numbers >= 0, if that is at most `largest`.

    Along the continued fraction, with p/q and p'/q' the last two convergents.
    """
    a, b, c, d = lower.numerator, lower.denominator, upper.numerator, upper.denominator
    p, q, last_p, last_q = 1, 0, 0, 1
    while q <= largest:
        whole = a // b
        if d == 0 or (whole + 1) * d < c:  # whole + 1 lies strictly between
            p, q = (whole + 1) * p + last_p, (whole + 1) * q + last_q
            return Fraction(p, q) if q <= largest else None
        p, q, last_p, last_q = whole * p + last_p, whole * q + last_q, p, q
        a, b, c, d = d, c - whole * d, b, a - whole * b  # 1/(upper - whole), 1/(lower - whole)
    return None
