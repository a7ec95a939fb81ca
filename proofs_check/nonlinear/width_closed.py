"""The closed forms W3 and W4 in interval arithmetic.

Each function takes a precision, and raises `Undecided` where a hypothesis of its lemma is not seen at that precision.
"""

from fractions import Fraction

from proofs_check.core.arithmetic import (
    Interval,
    Undecided,
    enclose,
    exp_interval,
    log_precision,
    log_ratio,
)
from proofs_check.linear.moment import moment as enclosed_moment
from proofs_check.linear.moment import quotient
from proofs_check.nonlinear.width_start import Factors, Start, bits


def moment(start: Start, walk: Factors, exponent: Fraction, prec: int) -> Interval:
    """E r^exponent, exponent > 0."""
    steps, weights = [(r.numerator, r.denominator) for r, _ in walk], [weight for _, weight in walk]
    lo, hi = enclosed_moment(steps, weights, start.total, exponent, prec, start.case.work)
    if hi is None:
        raise Undecided
    return lo, hi


def log_power(start: Start, base: Fraction, exponent: Fraction, prec: int) -> Interval:
    """exponent log(base), base > 0."""
    log_prec = log_precision(exponent, prec)
    start.case.work.spend_on_logs(2, log_prec + bits(base) + bits(exponent))
    lo, hi = log_ratio(base.numerator, base.denominator, log_prec)
    drop = exponent.denominator << log_prec - prec
    low, high = sorted((exponent.numerator * lo, exponent.numerator * hi))
    return low // drop, -(-high // drop)


def log_of(start: Start, value: Fraction, prec: int) -> Interval:
    """log(value), value > 0."""
    return log_power(start, value, Fraction(1), prec)


def exp_above(start: Start, y: int, prec: int) -> int:
    """exp(y) from above."""
    start.case.work.spend_on_logs(2, prec)
    high = exp_interval((y, y), prec)[1]
    if high is None:
        raise Undecided
    return high


def loss(start: Start, walk: Factors, scale: Fraction, h: Fraction, prec: int) -> int:
    """W3: e = scale/g from above, scale = (d R^+)^2/D, g = M^-(h + 2)/M^-(h) - 1, where M^-(h) > 1 and g > 0."""
    one = 1 << prec
    first = moment(start, walk, h, prec)
    if first[0] <= one:
        raise Undecided
    gain = quotient(moment(start, walk, h + 2, prec), first, prec)[0] - one
    return quotient(enclose(scale, prec), (gain, gain), prec)[1]


def falls(start: Start, walk: Factors, level: Fraction, D: Fraction, tail: Fraction, prec: int) -> int:
    """W4: T from above, m = M^+(tail) < 1, `walk` that of r^+."""
    one = 1 << prec
    m = moment(start, walk, tail, prec)[1]
    if not 0 < m < one:
        raise Undecided
    short = _falls_short if tail <= 2 else _falls_long
    return short(start, level, D, tail, Fraction(m, one), prec)


def _falls_short(start: Start, level: Fraction, D: Fraction, tail: Fraction, m: Fraction, prec: int) -> int:
    """c^(2-t) k_0^t / (D (1 - m)) for t <= 2."""
    above = log_power(start, level, 2 - tail, prec)[1] + log_power(start, start.high, tail, prec)[1]
    return exp_above(start, above - log_of(start, D * (1 - m), prec)[0], prec)


def _falls_long(start: Start, level: Fraction, D: Fraction, tail: Fraction, m: Fraction, prec: int) -> int:
    """(k_0^2 / (D (1 - m^(2/t))))^(t/2) for t >= 2. The level plays no part."""
    one = 1 << prec
    mean = exp_above(start, log_power(start, m, 2 / tail, prec)[1], prec)
    if mean >= one:
        raise Undecided
    norm = start.high**2 / (D * (1 - Fraction(mean, one)))
    return exp_above(start, log_power(start, norm, tail / 2, prec)[1], prec)
