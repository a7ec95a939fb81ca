"""Integrals of F(t) = prod |t - a_j|^e_j exp(h(t)) by Taylor panels with a proved remainder (Lemma P13).

Every number is an interval (lo, hi) at one precision `wp`, of core/arithmetic.py. A coefficient list comes with one
bound of the errors of its entries, in units of 2^-wp.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import Protocol

from proofs_check.core.arithmetic import Interval, Undecided, enclose, log_between, times
from proofs_check.core.budget import Work
from proofs_check.populations.special import exponential, multiply

REACH = Fraction(9, 10)
"""The disc of a panel of radius r has the radius 2r, at most this share of the way to the next singular point."""


class Bend(Protocol):
    """h, analytic away from the singular points."""

    @property
    def size(self) -> int:
        """The bits of its numbers."""

    def value(self, t: Interval, wp: int) -> Interval:
        """h(t)."""

    def slopes(self, m: Interval, r: Interval, count: int, wp: int) -> tuple[list[int], int]:
        """The first coefficients of r h'(m + r tau) in tau, and the bound of their errors."""

    def growth(self, m: Interval, r: Interval, wp: int) -> int:
        """An upper bound of |h(t) - h(m)| over |t - m| <= r, r > 0."""


@dataclass(frozen=True)
class Root:
    """A singular point and its exponent, > -1 where it is the end of a panel."""

    place: Interval
    exponent: Fraction


@dataclass(frozen=True)
class Flat:
    """h = 0."""

    size = 0

    def value(self, t: Interval, wp: int) -> Interval:
        return 0, 0

    def slopes(self, m: Interval, r: Interval, count: int, wp: int) -> tuple[list[int], int]:
        return [0] * count, 0

    def growth(self, m: Interval, r: Interval, wp: int) -> int:
        return 0


@dataclass(frozen=True)
class Quadratic:
    """h(t) = -square t^2 + line t + constant."""

    square: Fraction
    line: Interval
    constant: Fraction

    @property
    def size(self) -> int:
        return bit_size(self.square) + bit_size(self.constant) + _longest(self.line)

    def value(self, t: Interval, wp: int) -> Interval:
        rest, base = multiply(self._chord(t), t, wp), enclose(self.constant, wp)
        return rest[0] + base[0], rest[1] + base[1]

    def _chord(self, t: Interval) -> Interval:
        """line - square t."""
        turn = times(-self.square, t)
        return self.line[0] + turn[0], self.line[1] + turn[1]

    def slopes(self, m: Interval, r: Interval, count: int, wp: int) -> tuple[list[int], int]:
        first = multiply(r, self._chord((2 * m[0], 2 * m[1])), wp)
        second = times(-2 * self.square, multiply(r, r, wp))
        found = [_middle(first), _middle(second), *[0] * count][:count]
        return found, max(_half(first), _half(second))

    def growth(self, m: Interval, r: Interval, wp: int) -> int:
        """r |line - 2 square m| + square r^2."""
        slope = multiply(r, self._chord((2 * m[0], 2 * m[1])), wp)
        return max(abs(slope[0]), abs(slope[1])) + times(self.square, multiply(r, r, wp))[1]


@dataclass(frozen=True)
class LogBell:
    """h(t) = constant - (log t - mean)^2 rate for t > 0."""

    mean: Interval
    rate: Fraction
    constant: Fraction

    @property
    def size(self) -> int:
        return bit_size(self.rate) + bit_size(self.constant) + _longest(self.mean)

    def gap(self, t: Interval, wp: int) -> Interval:
        """log t - mean."""
        lo, hi = log_between(t[0], t[1], 1 << wp, wp)
        return lo - self.mean[1], hi - self.mean[0]

    def value(self, t: Interval, wp: int) -> Interval:
        gap, base = self.gap(t, wp), enclose(self.constant, wp)
        size = times(-self.rate, multiply(gap, gap, wp))
        return size[0] + base[0], size[1] + base[1]

    def slopes(self, m: Interval, r: Interval, count: int, wp: int) -> tuple[list[int], int]:
        """With x = r/m: -2 rate x (-x)^k (log m - mean - H_k), H_k the harmonic numbers."""
        powers, slip = _powers(divide(r, m, wp), count, wp)
        gap = self.gap(m, wp)
        middle, harmonic, found, twice = _middle(gap), 0, [], -2 * self.rate
        for k, power in enumerate(powers):
            harmonic += (1 << wp) // k if k else 0  # too small by up to k units
            found.append(_scaled(twice, power * (middle - harmonic) >> wp))
        most = max(abs(middle), abs(middle - harmonic)) + _half(gap) + count
        error = (slip * most >> wp) + _half(gap) + count + 2  # |x| < 1
        return found, times(2 * self.rate, (0, error))[1] + 1

    def growth(self, m: Interval, r: Interval, wp: int) -> int:
        """|log(t/m)| <= l = x/(1 - x), x = r/m < 1: rate (2 |log m - mean| l + l^2)."""
        x = divide(r, m, wp)[1]
        length = -(-(x << wp) // ((1 << wp) - x))
        gap = self.gap(m, wp)
        size = 2 * max(abs(gap[0]), abs(gap[1])) + length
        return times(self.rate, (0, -(-size * length >> wp)))[1]


@dataclass(frozen=True)
class Curve:
    """F, to about 2^-prec, in intervals at wp > prec."""

    roots: tuple[Root, ...]
    bend: Bend
    prec: int

    @property
    def wp(self) -> int:
        return working(self.prec)

    @cached_property
    def size(self) -> int:
        """The bits of its numbers."""
        return self.bend.size + max((bit_size(one.exponent) for one in self.roots), default=0)

    def integral(
        self, low: Interval, high: Interval, first: Root | None, last: Root | None, work: Work
    ) -> Interval:
        """From low to high, between which no root lies; `first`, `last`: the root that this end is, exactly."""
        lo, hi, waiting = 0, 0, [(low, high, first, last)]
        while waiting:
            low, high, first, last = waiting.pop()
            if high[0] - low[1] < 16:
                raise Undecided
            found = None if first and last else self._panel(low, high, first, last, work)
            if found is not None:
                lo, hi = lo + found[0], hi + found[1]
                continue
            middle = (low[0] + low[1] + high[0] + high[1]) >> 2
            waiting.append((low, (middle, middle), first, None))
            waiting.append(((middle, middle), high, None, last))
        return lo, hi

    def _panel(
        self, low: Interval, high: Interval, first: Root | None, last: Root | None, work: Work
    ) -> Interval | None:
        """By one expansion, from the middle or from the root at an end; None where its disc would be too wide."""
        work.spend_on_logs(4 + 2 * len(self.roots), self.wp)
        longest = max(_longest(low), _longest(high), self.wp)
        work.spend_on_scaling(12 + 4 * len(self.roots), longest, self.size)
        root, length = first or last, (high[0] - low[1], high[1] - low[0])
        if root is None:
            m = (low[0] + high[0]) >> 1, -(-(low[1] + high[1]) >> 1)
            step = length[0] >> 1, -(-length[1] >> 1)
        else:
            m, step = (low, length) if first else (high, (-length[1], -length[0]))
        radius = max(abs(step[0]), abs(step[1]))
        others = tuple(one for one in self.roots if one is not root)
        if not self._clear(others, m, 2 * radius):
            return None
        log_top = self._log_top(others, m)
        if root is None and self._tiny(log_top[1] + self._growth(others, m, radius), radius):
            return 0, 1 << (self.wp - self.prec)
        growth = self._growth(others, m, 2 * radius)
        if growth > _most_growth(self.prec) << self.wp:
            return None
        return self._expanded(others, m, step, (log_top, growth), root, work)

    def _clear(self, others: tuple[Root, ...], m: Interval, disc: int) -> bool:
        return all(disc <= REACH * _distance(m, one.place)[0] for one in others)

    def _growth(self, others: tuple[Root, ...], m: Interval, disc: int) -> int:
        """An upper bound of log |F(t)/F(m)| over |t - m| <= disc: log(1 + x) <= x, -log(1 - x) <= x/(1 - x)."""
        total = self.bend.growth(m, (disc, disc), self.wp)
        for one in others:
            x = divide((disc, disc), _distance(m, one.place), self.wp)[1]
            stretch = x if one.exponent > 0 else -(-(x << self.wp) // ((1 << self.wp) - x))
            total += times(abs(one.exponent), (0, stretch))[1]
        return total

    def _log_top(self, others: tuple[Root, ...], m: Interval) -> Interval:
        """log of F(m), without the root that m is."""
        lo, hi = self.bend.value(m, self.wp)
        for one in others:
            part = times(one.exponent, logarithm(_distance(m, one.place), self.wp))
            lo, hi = lo + part[0], hi + part[1]
        return lo, hi

    def _tiny(self, log_most: int, radius: int) -> bool:
        """Whether 2 radius exp(log_most) is below 2^-prec: as log 2 < 7/10."""
        log_most += logarithm((2 * radius, 2 * radius), self.wp)[1]
        return log_most < -(self.prec << self.wp) * 7 // 10

    def _expanded(
        self,
        others: tuple[Root, ...],
        m: Interval,
        step: Interval,
        sizes: tuple[Interval, int],
        root: Root | None,
        work: Work,
    ) -> Interval:
        """P13: F(m + step tau) = F(m) sum c_n tau^n over [-1, 1], or |step tau|^e times that over [0, 1].

        |c_n| <= exp(growth) 2^-n, so that N terms leave out at most 2^(1 - N) exp(growth).
        """
        wp, (log_top, growth) = self.wp, sizes
        excess = -(-growth * 3 >> (wp + 1))  # 1/log 2 < 3/2
        count = self.prec + excess + 4
        work.spend(
            count * count // 8 + (count * wp >> 10) ** 2
        )  # count^2 products, of lists: they cost little else
        work.spend_on_scaling(count, max(_longest(m), wp), self.size)
        lists = [self.bend.slopes(m, step, count, wp)]
        lists += [_root_slopes(one, m, step, count, wp) for one in others]
        slopes = [sum(entries) for entries in zip(*(found for found, _ in lists), strict=True)]
        c, errors = _exponential_series(slopes, sum(error for _, error in lists), count, wp)
        up = Fraction(1) if root is None else root.exponent + 1
        places = range(0, count, 2) if root is None else range(count)
        total = sum(c[n] * up.denominator // (n * up.denominator + up.numerator) for n in places)
        slack = sum(errors) + count + (1 << (wp - self.prec - 3))
        around = total - slack, total + slack
        size = max(abs(step[0]), abs(step[1])), min(abs(step[0]), abs(step[1]))
        scale = times(up, logarithm((size[1], size[0]), wp))
        top = exponential((log_top[0] + scale[0], log_top[1] + scale[1]), wp)
        lo, hi = multiply(top, around, wp)
        return (lo, hi) if root else (2 * lo, 2 * hi)


def working(prec: int) -> int:
    """The precision of the intervals that leave about 2^-prec: growth and errors of the series take the rest."""
    return prec + 3 * _most_growth(prec) + 40


def _most_growth(prec: int) -> int:
    """Panels whose F grows by more nats over their disc are halved."""
    return 12 + prec // 6


def _exponential_series(slopes: list[int], error: int, count: int, wp: int) -> tuple[list[int], list[int]]:
    """c_0 = 1, (n + 1) c_(n+1) = sum_k l_k c_(n-k), and bounds of the errors, for l_k within `error` of the list."""
    c, errors, total = [1 << wp], [0], 1 << wp
    sizes = [abs(entry) for entry in slopes]
    for n in range(1, count):
        value = sum(map(mul, slopes, reversed(c)))
        slip = sum(map(mul, sizes, reversed(errors))) + error * total
        c.append(value // (n << wp))
        errors.append(slip // (n << wp) + 2)
        total += abs(c[-1]) + errors[-1]
    return c, errors


def _root_slopes(root: Root, m: Interval, step: Interval, count: int, wp: int) -> tuple[list[int], int]:
    """Of e log|t - a|: with x = step/(m - a), e x (-x)^k."""
    gap = m[0] - root.place[1], m[1] - root.place[0]
    powers, slip = _powers(divide(step, gap, wp), count, wp)
    error = times(abs(root.exponent), (0, slip))[1] + 1
    return [_scaled(root.exponent, power) for power in powers], error


def _powers(x: Interval, count: int, wp: int) -> tuple[list[int], int]:
    """x (-x)^k, |x| <= 1/2; each error is at most half of the one before, d |x^k| and 1: below 2 d + 4, d that of x."""
    middle = _middle(x)
    found = [middle]
    for _ in range(count - 1):
        found.append(-(found[-1] * middle) >> wp)
    return found, 2 * _half(x) + 4


def divide(x: Interval, y: Interval, wp: int) -> Interval:
    """x/y for an interval y without 0."""
    if y[0] <= 0 <= y[1]:
        raise Undecided
    return (
        min((a << wp) // b for a in x for b in y),
        max(-((-a << wp) // b) for a in x for b in y),
    )


def logarithm(x: Interval, wp: int) -> Interval:
    """log of an interval of positive numbers."""
    return log_between(x[0], x[1], 1 << wp, wp)


def _distance(m: Interval, place: Interval) -> Interval:
    """|m - place|; its lower end is not positive where that is not told from 0."""
    lo, hi = m[0] - place[1], m[1] - place[0]
    return (lo, hi) if lo + hi >= 0 else (-hi, -lo)


def _longest(x: Interval) -> int:
    """The bits of the longer end."""
    return max(x[0].bit_length(), x[1].bit_length())


def bit_size(q: Fraction) -> int:
    return q.numerator.bit_length() + q.denominator.bit_length()


def _scaled(q: Fraction, entry: int) -> int:
    return q.numerator * entry // q.denominator


def _middle(x: Interval) -> int:
    return (x[0] + x[1]) >> 1


def _half(x: Interval) -> int:
    """No entry of x is further from its middle."""
    return (x[1] - x[0] + 2) >> 1
