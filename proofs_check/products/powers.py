"""Powers and logarithms of rationals compared with rationals: in intervals, exactly where that is short."""

from collections.abc import Sequence
from fractions import Fraction

from proofs_check.core.arithmetic import Interval, log_precision, log_ratio, times
from proofs_check.core.budget import Work
from proofs_check.core.refusal import Refused
from proofs_check.linear.moment import moment
from proofs_check.products.tables import Numbers

PRECISIONS = (64, 192, 1024, 4096)
MOST_EXACT_BITS = 1 << 15


def size_of(q: Fraction) -> int:
    return max(abs(q.numerator), q.denominator).bit_length()


def at_most(base: Fraction, exponent: Fraction, value: Fraction, work: Work) -> bool:
    """Whether base^exponent <= value is proved, for base >= 0 and exponent > 0."""
    if base == 0 or value <= 0:
        return base == 0 and value >= 0
    return _compared(base, exponent, value, work) <= 0


def at_least(base: Fraction, exponent: Fraction, value: Fraction, work: Work) -> bool:
    """Whether base^exponent >= value is proved, for base >= 0 and exponent > 0."""
    if base == 0 or value <= 0:
        return value <= 0
    return _compared(base, exponent, value, work) >= 0


def _compared(base: Fraction, exponent: Fraction, value: Fraction, work: Work) -> int:
    """The sign of base^exponent - value, both positive; refused if it is not decided."""
    a, b = exponent.numerator, exponent.denominator
    size = max(size_of(base), size_of(value))
    for prec in PRECISIONS:
        wide = log_precision(exponent, prec)
        work.spend_on_logs(2, wide, size)
        log = log_ratio(base.numerator, base.denominator, wide)
        right = log_ratio(value.numerator, value.denominator, wide)
        low, high = times(a, log)
        if low > b * right[1]:
            return 1
        if high < b * right[0]:
            return -1
        if (a + b) * size <= MOST_EXACT_BITS:
            work.spend(4, (a + b) * size)
            x, y = base**a, value**b
            return (x > y) - (x < y)
    raise Refused(f"a power is not compared with {PRECISIONS[-1]} bits")


def mean_at_least(
    bases: Sequence[Fraction], weights: Numbers, exponent: Fraction, rho: Fraction, work: Work
) -> bool:
    """Whether sum w_i base_i^exponent >= rho is proved, for bases >= 0 and exponent > 0."""
    pairs = [(q.numerator, q.denominator) for q in bases]
    for prec in PRECISIONS:
        low, high = moment(pairs, weights.top, weights.den, exponent, prec, work)
        if low >= rho * (1 << prec):
            return True
        if high is not None and high < rho * (1 << prec):
            return False
    return False


def mean_log(bases: Sequence[Fraction], weights: Numbers, prec: int, work: Work) -> Interval:
    """sum w_i log base_i at `prec`, for bases > 0."""
    low = high = 0
    for q, w in zip(bases, weights.top, strict=True):
        work.spend_on_logs(1, prec, size_of(q) + w.bit_length())
        log = log_ratio(q.numerator, q.denominator, prec)
        low, high = low + w * log[0], high + w * log[1]
    return low // weights.den, -(-high // weights.den)


def mean_log_above(
    bases: Sequence[Fraction], weights: Numbers, bound: Fraction, work: Work, *, strict: bool
) -> bool:
    """Whether sum w_i log base_i >= bound (> bound if strict) is proved; False if a base is 0."""
    if not all(bases):
        return False
    for prec in PRECISIONS:
        low, high = mean_log(bases, weights, prec, work)
        target = bound * (1 << prec)
        if low > target or (low == target and not strict):
            return True
        if high < target:
            return False
    return False


def mean_log_at_most(bases: Sequence[Fraction], weights: Numbers, bound: Fraction, work: Work) -> bool:
    """Whether sum w_i log base_i <= bound is proved, for bases > 0."""
    return mean_log_above([1 / q for q in bases], weights, -bound, work, strict=False)
