"""Exact interval arithmetic on Python integers: log, exp and powers with proved error bounds.

An `Interval` (lo, hi) at precision `prec` means the real interval [lo, hi] * 2^-prec. Lower ends are
rounded by floor (`//`, `>>`), upper ends by ceiling (`-(-a // b)`, `-(-a >> s)`), on the line where it
happens. The series are summed with floors only, so that the sum is a lower bound; the upper bound
adds the number of lost units that the docstring proves. No floats, no state but two bounded caches.
"""

from fractions import Fraction
from functools import lru_cache
from math import isqrt

Interval = tuple[int, int]

GUARD = 16
"""Bits carried beyond the precision asked for. Soundness never rests on them, tightness does."""

FAR = 1 << 16
"""exp(y) for y > FAR is not written out: its lower bound is 2^FAR and its upper bound None."""


class Undecided(Exception):
    """The precision in use is too low to answer; the caller raises it or gives up."""


def shift_down(a: int, s: int) -> int:
    """floor(a * 2^-s), s of either sign."""
    return a >> s if s >= 0 else a << -s


def shift_up(a: int, s: int) -> int:
    """ceil(a * 2^-s), s of either sign."""
    return -(-a >> s) if s >= 0 else a << -s


def enclose(q: Fraction, prec: int) -> Interval:
    """The rational q as an interval at `prec`."""
    scaled = q.numerator << prec
    return scaled // q.denominator, -(-scaled // q.denominator)


def times(q: Fraction | int, y: Interval) -> Interval:
    """q * y for an exact rational q of either sign, at the precision of y."""
    lo, hi = (y[0], y[1]) if q >= 0 else (y[1], y[0])
    return q.numerator * lo // q.denominator, -(-q.numerator * hi // q.denominator)


def _atanh_rational(p: int, q: int, wp: int) -> Interval:
    """atanh(p/q) for 0 <= p/q <= 1/3, from sum (p/q)^(2j+1)/(2j+1).

    Units are 2^-wp. Every step floors. The j-th power is too small by e_j with e_0 < 1 and
    e_(j+1) < e_j/9 + 1, so e_j < 9/8, and each of the J terms by less than 9/8 + 1 < 3. When the
    computed power is 0 the true one is below 9/8, and the rest of the series below (9/8)^2 < 3.
    """
    power, total, j = (p << wp) // q, 0, 0
    while power:
        total += power // (2 * j + 1)
        power = power * p * p // (q * q)
        j += 1
    return total, total + 3 * j + 3


@lru_cache(maxsize=64)
def log_two(prec: int) -> Interval:
    """log 2 = 2 atanh(1/3)."""
    lo, hi = _atanh_rational(1, 3, prec + GUARD)
    return 2 * lo >> GUARD, -(-2 * hi >> GUARD)


@lru_cache(maxsize=512)
def _log_step(k: int, wp: int) -> Interval:
    """log(k/256) = 2 atanh((k - 256)/(k + 256)) for 256 <= k < 512, at precision wp."""
    lo, hi = _atanh_rational(k - 256, k + 256, wp)
    return 2 * lo, 2 * hi


def _log_mantissa(x: int, wp: int) -> Interval:
    """log(x * 2^-wp) for an integer x with 2^wp <= x < 2^(wp+1), at precision wp.

    With k the leading nine bits of x and c = k/256: log = log c + 2 atanh(s), s = (x-c)/(x+c) in
    [0, 1/512). Units are 2^-wp and every step floors: s is too small by < 1, s^2 by < 2s + 1 < 2, the
    j-th power by e_j with e_0 < 1, e_(j+1) < e_j s^2 + 2s + 1 < 2, so each of the J terms by < 2 + 1.
    When the computed power is 0 the true one is below 2, the rest of the series below 3.
    """
    k = x >> (wp - 8)
    c = k << (wp - 8)
    s = ((x - c) << wp) // (x + c)
    square = s * s >> wp
    power, total, j = s, 0, 0
    while power:
        total += power // (2 * j + 1)
        power = power * square >> wp
        j += 1
    step = _log_step(k, wp)
    return step[0] + 2 * total, step[1] + 2 * (total + 3 * j + 3)


def log_ratio(n: int, d: int, prec: int, exponent: int = 0) -> Interval:
    """log(2^exponent * n/d) for positive integers n, d and any |exponent| < 2^31.

    n/d = 2^e m with 1 <= m < 2. m is floored to wp = prec + GUARD bits, which loses less than one
    unit of its logarithm, as the derivative of log is at most 1 there.
    """
    if n == d and exponent == 0:
        return 0, 0
    wp = prec + GUARD
    e = n.bit_length() - d.bit_length()
    if (n << -e if e < 0 else n) < (d << e if e > 0 else d):
        e -= 1
    shift = wp - e
    x = (n << shift) // d if shift >= 0 else n // (d << -shift)
    lo, hi = _log_mantissa(x, wp)
    e += exponent
    two = log_two(wp + 32)
    if e < 0:
        two = two[1], two[0]
    lo += e * two[0] >> 32
    hi += -(-e * two[1] >> 32) + 1
    return lo >> GUARD, -(-hi >> GUARD)


def log_of(q: Fraction, prec: int) -> Interval:
    """log q for a rational q > 0."""
    return log_ratio(q.numerator, q.denominator, prec)


def log_between(n_lo: int, n_hi: int, d: int, prec: int, exponent: int = 0) -> Interval:
    """An interval for log(2^exponent * y/d) for all y in [n_lo, n_hi]; d > 0.

    log n_hi <= log n_lo + (n_hi - n_lo)/n_lo. Raises `Undecided` if n_lo is not positive.
    """
    if n_lo <= 0:
        raise Undecided
    lo, hi = log_ratio(n_lo, d, prec, exponent)
    return lo, hi - (-((n_hi - n_lo) << prec) // n_lo)


def _exp_of(y: int, prec: int) -> tuple[int, int | None]:
    """Lower and upper bound, at `prec`, of exp(y * 2^-prec). The upper bound is None beyond FAR.

    y = k log 2 + r with 0 <= r < 1 known to `slack` units of 2^-wp; exp(r) is the h-fold square of
    exp(r/2^h), summed by Taylor with floors. The j-th term is too small by e_j with e_0 = 0,
    e_(j+1) < (e_j + 1)/(j+1) + 1, so e_j < 3; when the computed term is 0 the true one is below 3
    and the rest below 6. Replacing r/2^h by its floor loses at most slack + 1 units of the argument,
    hence 3 (slack + 1) units of exp, as exp < 3 there.
    """
    if y == 0:
        return 1 << prec, 1 << prec
    if y < -(prec + 1) << prec:  # exp(y) < 2^-prec
        return 0, 1
    if y > FAR << prec:
        return 1 << (FAR + prec), None
    h = isqrt(prec) // 2 + 2
    wp = prec + h + GUARD
    two = log_two(wp + 64)
    target = y << (wp + 64 - prec)
    k = target // (two[1] if y > 0 else two[0])
    rest = target - k * (two[1] if y > 0 else two[0])  # the lower end of r, in [0, log 2]
    slack = (abs(k) * (two[1] - two[0]) >> 64) + 2
    r = rest >> (64 + h)
    term, total, j = 1 << wp, 0, 0
    while term:
        total += term
        j += 1
        term = (term * r >> wp) // j
    lo, hi = total, total + 3 * j + 6 + 3 * (slack + 1)
    for _ in range(h):
        lo = lo * lo >> wp
        hi = -(-hi * hi >> wp)
    return shift_down(lo, wp - prec - k), shift_up(hi, wp - prec - k)


def exp_interval(y: Interval, prec: int) -> tuple[int, int | None]:
    """Bounds at `prec` of exp on the interval y (at `prec`); upper bound None if it is too large."""
    lo, hi = _exp_of(y[0], prec)
    return (lo, hi) if y[0] == y[1] else (lo, _exp_of(y[1], prec)[1])


def log_precision(exponent: Fraction, prec: int) -> int:
    """A precision of log r that gives r^exponent to about `prec` bits."""
    return prec + max(0, (abs(exponent.numerator) // exponent.denominator).bit_length()) + 4


def power(log_base: Interval, log_prec: int, exponent: Fraction, prec: int) -> tuple[int, int | None]:
    """Bounds at `prec` of r^exponent = exp(exponent log r); `log_base` is log r at log_prec >= prec."""
    lo, hi = times(exponent, log_base)
    return exp_interval((lo >> (log_prec - prec), -(-hi >> (log_prec - prec))), prec)
