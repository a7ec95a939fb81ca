"""Lemma V16: what a family of 2 x 2 matrices makes of a piece of the circle of directions, by its corners.

The family is A + sum t_k B_k, |t_k| <= 1. All vectors are integers over one scale, so signs, comparisons and the order
of directions are exact; quotients are rounded outwards to PREC bits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product as choices
from math import lcm

from proofs_check.core.arithmetic import Interval

Matrix = tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
Vector = tuple[int, int]
Whole = tuple[Vector, Vector]

PREC = 96


@dataclass(frozen=True)
class Piece:
    """The directions start/den to end/den, tau in [0, 2] or in [2, 4]; start + end is even."""

    start: int
    end: int
    den: int

    @classmethod
    def of(cls, a: Fraction, b: Fraction) -> "Piece":
        den = 2 * lcm(a.denominator, b.denominator)
        return cls(int(a * den), int(b * den), den)

    @property
    def ends(self) -> tuple[Vector, Vector]:
        return self.unit(self.start), self.unit(self.end)

    @property
    def middle(self) -> int:
        return (self.start + self.end) // 2

    @property
    def ahead(self) -> Vector:
        """The derivative of the unit vector."""
        return (0, 1) if self.end <= 2 * self.den else (-1, 0)

    def unit(self, tau: int) -> Vector:
        """The vector of norm 1 at tau/den, times den."""
        return (self.den, tau - self.den) if tau <= 2 * self.den else (3 * self.den - tau, self.den)

    @property
    def halves(self) -> tuple["Piece", "Piece"]:
        a, m, b, den = 2 * self.start, 2 * self.middle, 2 * self.end, 2 * self.den
        return Piece(a, m, den), Piece(m, b, den)


@dataclass(frozen=True)
class Family:
    """All matrices (center + sum t_k spread_k)/den, |t_k| <= 1; `spread` holds (k, spread_k)."""

    center: Whole
    spread: tuple[tuple[int, Whole], ...]
    den: int

    @classmethod
    def of(cls, center: Matrix, spread: Iterable[tuple[int, Matrix]]) -> "Family":
        moved = [(k, b) for k, b in spread if any(x for row in b for x in row)]
        den = lcm(*(x.denominator for m in (center, *(b for _, b in moved)) for row in m for x in row))
        return cls(_scaled(center, den), tuple((k, _scaled(b, den)) for k, b in moved), den)

    @cached_property
    def corners(self) -> tuple[Whole, ...]:
        """Those with all t_k = 1 or -1."""
        return tuple(self._corner(signs) for signs in choices((-1, 1), repeat=len(self.spread)))

    def _corner(self, signs: tuple[int, ...]) -> Whole:
        (a, b), (c, d) = self.center
        for sign, (_, ((e, f), (g, h))) in zip(signs, self.spread, strict=True):
            a, b, c, d = a + sign * e, b + sign * f, c + sign * g, d + sign * h
        return (a, b), (c, d)

    @cached_property
    def determinants(self) -> tuple[int, int]:
        """Their range over den^2: affine in each t_k but for t_k^2 det spread_k."""
        found = [cross(*m) for m in self.corners]
        extra = sum(abs(cross(*m)) for _, m in self.spread)
        return min(found) - extra, max(found) + extra

    @property
    def effort(self) -> int:
        """About, in units of one matrix without a spread."""
        return (2 + len(self.spread) << len(self.spread)) // 2

    @property
    def bits(self) -> int:
        return max(x.bit_length() for m in (*self.corners, ((self.den, 0),)) for row in m for x in row)


def _scaled(m: Matrix, den: int) -> Whole:
    (a, b), (c, d) = m
    return (int(a * den), int(b * den)), (int(c * den), int(d * den))


def apply(a: Whole, u: Vector) -> Vector:
    """a u."""
    return a[0][0] * u[0] + a[0][1] * u[1], a[1][0] * u[0] + a[1][1] * u[1]


def cross(x: Vector, y: Vector) -> int:
    """x_0 y_1 - x_1 y_0."""
    return x[0] * y[1] - x[1] * y[0]


def ratio(top: int, den: int) -> Interval:
    """top/den."""
    if den < 0:
        top, den = -top, -den
    return (top << PREC) // den, -((-top << PREC) // den)


def hull(values: Iterable[Interval]) -> Interval:
    lows, highs = zip(*values, strict=True)
    return min(lows), max(highs)


@dataclass(frozen=True)
class Images:
    """What a family makes of a piece: the corners `at` of all y, over `scale`, and as many `speeds` for each move.

    `speeds[0]` are the derivatives by tau, the others those by the t_k; `turns` hold the range of y x y' of each, over
    scale^2.
    """

    at: tuple[Vector, ...]
    speeds: tuple[tuple[Vector, ...], ...]
    turns: tuple[tuple[int, int], ...]
    scale: int

    @classmethod
    def of(cls, family: Family, piece: Piece) -> "Images":
        ends, ahead, den = piece.ends, piece.ahead, piece.den
        at = tuple(apply(m, u) for m in family.corners for u in ends)
        columns = [apply(m, ahead) for m in family.corners]
        low, high = family.determinants
        speeds = [tuple((den * x, den * y) for x, y in columns for _ in ends)]
        turns = [(low * den**2, high * den**2)]
        for _, m in family.spread:
            moved = tuple(apply(m, u) for u in ends) * len(family.corners)
            found = list(map(cross, at, moved))
            square = max(abs(cross(v, apply(m, ahead))) for v in columns) * (piece.end - piece.start) ** 2
            bend = -(-square // 4)  # of degree 2 in tau: so far outside its ends at most
            speeds.append(moved)
            turns.append((min(found) - bend, max(found) + bend))
        return cls(at, tuple(speeds), tuple(turns), family.den * den)

    @cached_property
    def leasts(self) -> tuple[int, int]:
        """The least |y_0| and the least |y_1|, each affine in every move."""
        columns = list(zip(*self.at, strict=True))
        return max(min(columns[0]), -max(columns[0]), 0), max(min(columns[1]), -max(columns[1]), 0)

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """The least and the largest norm, over scale."""
        return max(self.leasts), max(max(abs(y[0]), abs(y[1])) for y in self.at)

    def _never_largest(self, j: int) -> bool:
        """Whether |y_j| <= |y_other| throughout: y_other has one sign, so both are affine in every move."""
        return self.leasts[1 - j] > 0 and all(abs(y[j]) <= abs(y[1 - j]) for y in self.at)

    @cached_property
    def _largest(self) -> list[int]:
        """The entries that may be the largest (either, if |y_0| = |y_1| throughout)."""
        return [j for j in (0, 1) if not self._never_largest(j)] or [0]

    @cached_property
    def places(self) -> tuple[Interval, Interval, bool]:
        """All directions lie on the way up from the first to the second; whether it passes 4 = 0. No y is 0."""
        j = 0 if self.leasts[0] > 0 else 1
        first, *others = (y if y[j] > 0 else (-y[0], -y[1]) for y in self.at)
        start = end = first
        for y in others:
            start = y if cross(start, y) < 0 else start
            end = y if cross(end, y) > 0 else end
        return direction(start), direction(end), cross(_upward(start), _upward(end)) < 0

    def growth(self, move: int) -> Interval:
        """The derivative of log n: y_j'/y_j where y_j is the largest."""
        return hull(x for j in self._largest for x in self._growths(j, self.speeds[move]))

    def _growths(self, j: int, speeds: tuple[Vector, ...]) -> Iterable[Interval]:
        """Monotone in every move if y_j has one sign, so extreme at corners; else |y_j| is the norm."""
        if self.leasts[j] > 0:
            return [ratio(v[j], y[j]) for y, v in zip(self.at, speeds, strict=True)]
        _, steepest = ratio(max(abs(v[j]) for v in speeds), self.sizes[0])
        return [(-steepest, steepest)]

    def turning(self, move: int) -> Interval:
        """The speed of the direction, y x y'/n^2."""
        least, largest = (n * n for n in self.sizes)
        low, high = self.turns[move]
        return ratio(low, least if low < 0 else largest)[0], ratio(high, least if high > 0 else largest)[1]


def _upward(y: Vector) -> Vector:
    """y or -y, so that tau orders them as their angle does, from (1, -1) on."""
    return y if (y[0] + y[1], y[0]) > (0, 0) else (-y[0], -y[1])


def direction(y: Vector) -> Interval:
    """tau of a vector that is not 0, in [0, 4]."""
    if abs(y[1]) <= abs(y[0]):
        low, high = ratio(y[1], y[0])
        return low + (1 << PREC), high + (1 << PREC)
    low, high = ratio(y[0], y[1])
    return (3 << PREC) - high, (3 << PREC) - low
