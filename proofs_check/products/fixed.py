"""Intervals of integers over 2^BITS: sums, products, quotients rounded outwards. Used where no end has to be exact."""

from collections.abc import Iterable
from fractions import Fraction

from proofs_check.core.arithmetic import Interval, enclose, log_between

BITS = 72
ONE = 1 << BITS


def fixed(q: Fraction) -> Interval:
    """The number q."""
    return enclose(q, BITS)


def add(x: Interval, y: Interval, *more: Interval) -> Interval:
    low, high = x[0] + y[0], x[1] + y[1]
    for z in more:
        low, high = low + z[0], high + z[1]
    return low, high


def minus(x: Interval) -> Interval:
    return -x[1], -x[0]


def less(x: Interval, y: Interval) -> Interval:
    """x - y."""
    return x[0] - y[1], x[1] - y[0]


def times(x: Interval, y: Interval) -> Interval:
    ends = x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1]
    return min(ends) >> BITS, -(-max(ends) >> BITS)


def over(x: Interval, y: Interval) -> Interval:
    """x/y for an interval y without 0."""
    if y[1] < 0:
        x, y = minus(x), minus(y)
    low, high = x[0] << BITS, x[1] << BITS
    return low // (y[1] if low >= 0 else y[0]), -(-high // (y[0] if high >= 0 else y[1]))


def spread(x: Interval, half: int) -> Interval:
    """x [-half, half], half >= 0."""
    size = -(-max(-x[0], x[1]) * half >> BITS)
    return -size, size


def hull(values: Iterable[Interval]) -> Interval:
    listed = list(values)
    return min(x[0] for x in listed), max(x[1] for x in listed)


def least(x: Interval) -> int:
    """The least size."""
    return max(x[0], -x[1], 0)


def largest(x: Interval) -> int:
    return max(-x[0], x[1])


def logarithm(x: Interval) -> Interval:
    """log of an interval of positive numbers."""
    return log_between(x[0], x[1], ONE, BITS)
