"""pi, sine and the gamma function at rational places, and Kummer's series, in exact interval arithmetic.

Intervals (lo, hi) at precision `prec` are those of core/arithmetic.py.
"""

from fractions import Fraction
from functools import lru_cache

from proofs_check.core.arithmetic import (
    GUARD,
    Interval,
    Undecided,
    enclose,
    exp_interval,
    log_between,
    log_of,
    log_ratio,
    shift_down,
    shift_up,
    times,
)
from proofs_check.core.budget import Work


def multiply(x: Interval, y: Interval, prec: int) -> Interval:
    """The product of two intervals."""
    ends = [a * b for a in x for b in y]
    return min(ends) >> prec, -(-max(ends) >> prec)


def exponential(y: Interval, prec: int) -> Interval:
    """exp on an interval; raises `Undecided` where that is too large."""
    lo, hi = exp_interval(y, prec)
    if hi is None:
        raise Undecided
    return lo, hi


def _arctan_inverse(q: int, wp: int) -> Interval:
    """arctan(1/q), q >= 2: the alternating series; each of its floored terms is too small by less than 2 units (as
    power loses e_j < 1 + e_(j-1)/4 < 4/3, halved or less by the division), the rest is below one term."""
    power, total, j = (1 << wp) // q, 0, 0
    while power:
        term = power // (2 * j + 1)
        total += -term if j % 2 else term
        power //= q * q
        j += 1
    return total - 3 * j - 3, total + 3 * j + 3


@lru_cache(maxsize=16)
def pi(prec: int) -> Interval:
    """pi = 16 arctan(1/5) - 4 arctan(1/239)."""
    wp = prec + GUARD
    five, more = _arctan_inverse(5, wp), _arctan_inverse(239, wp)
    return shift_down(16 * five[0] - 4 * more[1], GUARD), shift_up(16 * five[1] - 4 * more[0], GUARD)


def sine_of_pi(q: Fraction, prec: int) -> Interval:
    """sin(pi q), by Taylor at pi r with 0 <= r <= 1/2: alternating terms that fall, as pi/2 < sqrt(6)."""
    turns = q // 1
    rest = q - turns
    rest = min(rest, 1 - rest)
    if rest == 0:
        return 0, 0
    wp = prec + GUARD
    x = times(rest, pi(wp))
    square = multiply(x, x, wp)
    return _sine_series(x, square, turns, wp, prec)


def _sine_series(x: Interval, square: Interval, turns: int, wp: int, prec: int) -> Interval:
    """sum (-1)^j x^(2j+1)/(2j+1)! for an interval x in [0, 8/5]; the rest is below the first term left out."""
    term, lo, hi, j = x, 0, 0, 1
    while term[1] > 1:
        lo, hi = (lo + term[0], hi + term[1]) if j % 4 == 1 else (lo - term[1], hi - term[0])
        term = multiply(term, square, wp)
        term = term[0] // ((j + 1) * (j + 2)), -(-term[1] // ((j + 1) * (j + 2)))
        j += 2
    lo, hi = (lo - term[1]) >> GUARD, -(-(hi + term[1]) >> GUARD)
    return (-hi, -lo) if turns % 2 else (lo, hi)


@lru_cache(maxsize=16)
def bernoulli(count: int) -> tuple[Fraction, ...]:
    """B_2, B_4, ..., B_(2 count), from the tangent numbers T_n: B_2n = (-1)^(n-1) 2n T_n/(4^n (4^n - 1)), and T_n is
    the (2n-1)-th derivative of tan at 0."""
    tangent = [0, 1]
    for k in range(1, count):
        tangent.append(k * tangent[k])
    for k in range(2, count + 1):
        for j in range(k, count + 1):
            tangent[j] = (j - k) * tangent[j - 1] + (j - k + 2) * tangent[j]
    return tuple(
        Fraction((-1) ** (n - 1) * 2 * n * tangent[n], 4**n * (4**n - 1)) for n in range(1, count + 1)
    )


def size_of(*numbers: Fraction) -> int:
    """The bits of the longest."""
    return max(max(q.numerator.bit_length(), q.denominator.bit_length()) for q in numbers)


def log_gamma(q: Fraction, prec: int, work: Work) -> Interval:
    """log Gamma(q) for a rational q > 0: Stirling's series at y = q + n,

    (y - 1/2) log y - y + log(2 pi)/2 + sum_(j <= J) B_2j/(2j (2j-1) y^(2j-1)),

    whose error for real y > 0 has the sign of the first term left out, and at most its size; then
    log Gamma(q) = log Gamma(q + n) - log q - log((q + 1) ... (q + n - 1)).
    """
    terms = prec // 6 + 4
    steps = max(0, terms - int(q))
    size = size_of(q)
    work.spend_on_logs(5, prec, size)
    work.spend_on_divisions(steps, size)
    work.spend(2 * steps + 12 * terms, prec + size + 8 * terms)
    work.spend(terms * terms // 2, 8 * terms)  # the Bernoulli numbers
    y = q + steps
    wp = prec + GUARD
    lo, hi = times(y - Fraction(1, 2), log_of(y, wp))
    two_pi = pi(wp)
    half = log_ratio(2 * two_pi[0], 1, wp, -wp)[0] >> 1, -(-log_ratio(2 * two_pi[1], 1, wp, -wp)[1] >> 1)
    down = _log_rising(q, steps, wp)
    flat = enclose(y, wp)
    lo, hi = lo + half[0] - flat[1] - down[1], hi + half[1] - flat[0] - down[0]
    numbers = bernoulli(terms)
    fine = wp + size_of(numbers[-1])
    power, square = enclose(1 / y, fine), enclose(1 / (y * y), fine)
    for j, number in enumerate(numbers, start=1):
        bit = times(number / (2 * j * (2 * j - 1)), power)
        bit = bit[0] >> (fine - wp), -(-bit[1] >> (fine - wp))
        if j == terms:
            lo, hi = lo + min(bit[0], 0), hi + max(bit[1], 0)
        else:
            lo, hi = lo + bit[0], hi + bit[1]
        power = multiply(power, square, fine)
    return lo >> GUARD, -(-hi >> GUARD)


def _log_rising(q: Fraction, steps: int, prec: int) -> Interval:
    """log(q (q + 1) ... (q + steps - 1)) for q > 0."""
    if not steps:
        return 0, 0
    product = (1 << prec, 1 << prec)
    for i in range(1, steps):
        product = times(q + i, product)
    first, rest = log_of(q, prec), log_between(*product, 1 << prec, prec)
    return first[0] + rest[0], first[1] + rest[1]


def kummer(alpha: Fraction, beta: Fraction, a: Fraction, prec: int, work: Work) -> Interval:
    """1F1(alpha; beta; -a) = sum (alpha)_n (-a)^n/((beta)_n n!), a > 0, beta no integer <= 0.

    Once alpha + n and beta + n are positive, the ratio of a term to the one before is at most
    max(1, (alpha + n)/(beta + n)) a/(n + 1), which falls with n: where that is at most 1/2, the rest is at most twice
    the next term.
    """
    term, lo, hi, n = (1 << prec, 1 << prec), 0, 0, 0
    bits = size_of(alpha, beta, a)
    while True:
        work.spend(4, prec + 2 * bits)
        work.spend_on_divisions(6, 2 * bits)
        lo, hi = lo + term[0], hi + term[1]
        term = times(-(alpha + n) * a / ((beta + n) * (n + 1)), term)
        n += 1
        size = max(abs(term[0]), abs(term[1]))
        late = alpha + n > 0 and beta + n > 0
        if late and max(Fraction(1), (alpha + n) / (beta + n)) * a / (n + 1) <= Fraction(1, 2) and size <= 4:
            return lo - 2 * size, hi + 2 * size
        if term == (0, 0):
            return lo, hi
