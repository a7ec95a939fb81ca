"""Densities of y = z X, up to a factor, as curves of a variable t(y) that has rational singular points (Lemma P13)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Protocol

from proofs_check.core.arithmetic import Interval, Undecided, enclose, log_of, times
from proofs_check.core.budget import Work
from proofs_check.populations.quadrature import (
    Bend,
    Curve,
    Flat,
    LogBell,
    Quadratic,
    Root,
    bit_size,
    divide,
    logarithm,
    working,
)
from proofs_check.populations.special import exponential, multiply

End = Fraction | None
"""A value of y; None is infinity."""
MOST_DOUBLINGS = 400


@dataclass(frozen=True)
class Stretch:
    """s of one sign (of any, for laws of X): y from low to high."""

    side: int
    low: Fraction
    high: End


class Density(Protocol):
    """A law of X at one z."""

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Where the density lives."""

    def place(self, y: End, wp: int) -> Interval:
        """t(y)."""

    def roots(self, s: Fraction) -> tuple[tuple[End, Fraction], ...]:
        """The y at which density and |1 - y|^s have a singular point, and the exponents there."""

    def far_roots(self, s: Fraction) -> tuple[tuple[int, Fraction], ...]:
        """Singular points t outside of the range, and their exponents."""

    def bend(self, side: int, wp: int) -> Bend:
        """The logarithm of the factor that is no power."""


@dataclass(frozen=True)
class Powers:
    """y^first exp(line y + constant) on the stretches; t = y: uniform s (first = -1/2), gamma laws of X."""

    stretches: tuple[Stretch, ...]
    first: Fraction
    line: Fraction = Fraction(0)
    constant: Fraction = Fraction(0)

    def place(self, y: End, wp: int) -> Interval:
        assert y is not None
        return enclose(y, wp)

    def roots(self, s: Fraction) -> tuple[tuple[End, Fraction], ...]:
        return (Fraction(0), self.first), (Fraction(1), s)

    def far_roots(self, s: Fraction) -> tuple[tuple[int, Fraction], ...]:
        return ()

    def bend(self, side: int, wp: int) -> Bend:
        if not self.line:
            return Flat()
        return Quadratic(Fraction(0), enclose(self.line, wp), self.constant)


@dataclass(frozen=True)
class Samples:
    """s with the density exp(-square s^2 + line s + constant), y = z s^2; t = sqrt(y) = |s| sqrt(z)."""

    stretches: tuple[Stretch, ...]
    z: Fraction
    square: Fraction
    line: Fraction
    constant: Fraction

    def place(self, y: End, wp: int) -> Interval:
        assert y is not None
        return _root(y, wp)

    def roots(self, s: Fraction) -> tuple[tuple[End, Fraction], ...]:
        return ((Fraction(1), s),)

    def far_roots(self, s: Fraction) -> tuple[tuple[int, Fraction], ...]:
        """|1 - t^2|^s = |1 - t|^s |1 + t|^s."""
        return ((-1, s),)

    def bend(self, side: int, wp: int) -> Quadratic:
        line = times(side * self.line, _root(1 / self.z, wp))
        return Quadratic(self.square / self.z, line, self.constant)


@dataclass(frozen=True)
class Student:
    """s = scale times a Student t: u = y/(y + q), q = z scale^2 nu, has u^(-1/2) (1 - u)^(nu/2 - 1) on either side.

    |1 - y| = |u - v|/(v (1 - u)) with v = 1/(1 + q); the factor v^-s is `outside`. t = u.
    """

    stretches: tuple[Stretch, ...]
    freedom: Fraction
    q: Fraction

    def place(self, y: End, wp: int) -> Interval:
        return enclose(Fraction(1) if y is None else y / (y + self.q), wp)

    def roots(self, s: Fraction) -> tuple[tuple[End, Fraction], ...]:
        return (Fraction(0), Fraction(-1, 2)), (Fraction(1), s), (None, self.freedom / 2 - 1 - s)

    def far_roots(self, s: Fraction) -> tuple[tuple[int, Fraction], ...]:
        return ()

    def bend(self, side: int, wp: int) -> Bend:
        return Flat()


@dataclass(frozen=True)
class LogNormal:
    """log X normal: y^-1 exp(constant - rate (log y - log z - mean)^2); t = y."""

    stretches: tuple[Stretch, ...]
    z: Fraction
    mean: Fraction
    rate: Fraction
    constant: Fraction

    def place(self, y: End, wp: int) -> Interval:
        assert y is not None
        return enclose(y, wp)

    def roots(self, s: Fraction) -> tuple[tuple[End, Fraction], ...]:
        return (Fraction(0), Fraction(-1)), (Fraction(1), s)

    def far_roots(self, s: Fraction) -> tuple[tuple[int, Fraction], ...]:
        return ()

    def bend(self, side: int, wp: int) -> LogBell:
        shift, mean = log_of(self.z, wp), enclose(self.mean, wp)
        return LogBell((shift[0] + mean[0], shift[1] + mean[1]), self.rate, self.constant)


def integral(density: Density, s: Fraction, prec: int, work: Work) -> Interval:
    """The integral of |1 - y|^s (for a Student t: v^s |1 - y|^s) times the density, at the precision working(prec)."""
    wp = working(prec)
    lo, hi = 0, 0
    for stretch in density.stretches:
        longest = max(bit_size(y) for y in (s, stretch.low, stretch.high) if y is not None)
        work.spend_on_divisions(30, 2 * longest + 2 * wp)
        known = {y: Root(density.place(y, wp), e) for y, e in density.roots(s) if e}
        far = tuple(Root((at << wp, at << wp), e) for at, e in density.far_roots(s) if e)
        curve = Curve((*known.values(), *far), density.bend(stretch.side, wp), prec)
        for low, high in _pieces(stretch):
            part = _piece(density, curve, known, (low, high), s, work)
            lo, hi = lo + part[0], hi + part[1]
    return lo, hi


def _pieces(stretch: Stretch) -> Iterator[tuple[End, End]]:
    """Cut at the pole."""
    inside = stretch.low < 1 and (stretch.high is None or stretch.high > 1)
    yield from pairwise([stretch.low, *([Fraction(1)] if inside else []), stretch.high])


def _piece(
    density: Density,
    curve: Curve,
    known: dict[End, Root],
    ends: tuple[End, End],
    s: Fraction,
    work: Work,
) -> Interval:
    """Between two ends; where one of them is out of reach the rest beyond a cut is bounded by hand."""
    (low, high), wp, more, less = ends, curve.wp, 0, 0
    first, last = known.get(low), known.get(high)
    if high is None and not isinstance(density, Student):
        right, more = _far(density, curve, s, work)
    else:
        right = density.place(high, wp)
    if isinstance(density, LogNormal) and low == 0:
        first = None
        left, less = _near_zero(curve, right, work)
    else:
        left = density.place(low, wp)
    lo, hi = curve.integral(left, right, first, last, work)
    return lo, hi + more + less


def _far(density: Density, curve: Curve, s: Fraction, work: Work) -> tuple[Interval, int]:
    """t = T >= 2, a power of 2, and what lies beyond: |1 - t^2|^s <= t^(2 max(s, 0)), |1 - y|^s <= y^max(s, 0).

    The logarithm of the integrand (in log y for a lognormal law) is concave: with the slope -d < 0 at T the rest
    is at most exp(its value)/d.
    """
    wp, grown = curve.wp, max(s, Fraction(0))
    for j in range(1, MOST_DOUBLINGS):
        work.spend_on_logs(4, wp)
        work.spend_on_scaling(6, wp + j, curve.size)
        t = 1 << (wp + j), 1 << (wp + j)
        log_t = logarithm(t, wp)
        if isinstance(density, LogNormal):
            assert isinstance(curve.bend, LogBell)
            gap, power = curve.bend.gap(t, wp), grown
            slope = _sum(enclose(grown, wp), times(-2 * density.rate, gap))[1]
        else:
            assert isinstance(curve.bend, Quadratic)
            power = 2 * grown
            pull = _sum(times(-2 * curve.bend.square, t), curve.bend.line)
            slope = _sum(times(power / 2**j, (1 << wp, 1 << wp)), pull)[1]
        rest = _beyond(_sum(times(power, log_t), curve.bend.value(t, wp)), slope, curve)
        if rest is not None:
            return t, rest
    raise Undecided


def _near_zero(curve: Curve, right: Interval, work: Work) -> tuple[Interval, int]:
    """The same for a lognormal law below t = 2^-j <= 1/2, where |1 - y|^s <= 2 for s > -1; t is below `right`."""
    assert isinstance(curve.bend, LogBell)
    wp = curve.wp
    for j in range(1, wp - 16):
        work.spend_on_logs(4, wp)
        work.spend_on_scaling(6, wp, curve.size)
        t = 1 << (wp - j), 1 << (wp - j)
        slope = times(2 * curve.bend.rate, curve.bend.gap(t, wp))[1]
        rest = _beyond(curve.bend.value(t, wp), slope, curve) if 2 * t[1] < right[0] else None
        if rest is not None:
            return t, 2 * rest
    raise Undecided


def _beyond(log_value: Interval, slope: int, curve: Curve) -> int | None:
    """exp(log_value)/(-slope), if that is at most 2^-prec."""
    wp = curve.wp
    if slope >= 0 or log_value[1] > 0:
        return None
    top = exponential((log_value[1], log_value[1]), wp)
    rest = divide(top, (-slope, -slope), wp)[1]
    return rest if rest <= 1 << (wp - curve.prec) else None


def moment(density: Density, s: Fraction, prec: int, work: Work) -> Interval:
    """M(s) = I(s)/I(0), for a Student t times v^-s, at the precision prec."""
    wp = working(prec)
    top, bottom = integral(density, s, prec, work), integral(density, Fraction(0), prec, work)
    if bottom[0] <= 0:
        raise Undecided
    found = divide(top, bottom, wp)
    if isinstance(density, Student):
        work.spend_on_logs(2, wp, bit_size(density.q))
        found = multiply(found, exponential(times(s, log_of(1 + density.q, wp)), wp), wp)
    return found[0] >> (wp - prec), -(-found[1] >> (wp - prec))


def _root(q: Fraction, wp: int) -> Interval:
    """sqrt(q)."""
    lo, hi = enclose(q, 2 * wp)
    return isqrt(lo), isqrt(hi) + (isqrt(hi) ** 2 < hi)


def _sum(x: Interval, y: Interval) -> Interval:
    return x[0] + y[0], x[1] + y[1]
