"""The reduced map at finite width: its start and level in exact numbers, and the walks of extreme factors (W3, W4)."""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from proofs_check.core.arithmetic import Undecided, enclose, exp_interval, log_precision, log_ratio, power
from proofs_check.core.law import Case
from proofs_check.core.refusal import Refused

ROOT_BITS = 192
MOST_SIZE = 1 << 14
"""Bits a number of a closed form may have."""

Factors = list[tuple[Fraction, int]]
Ends = tuple[int, int | None]


@dataclass(frozen=True)
class Start:
    """x_i in increasing order with integer weights (no idle step, W0), L_0, low <= |kappa_0| <= high."""

    case: Case
    x: tuple[Fraction, ...]
    weights: tuple[int, ...]
    L0: Fraction
    low: Fraction
    high: Fraction

    @property
    def total(self) -> int:
        return sum(self.weights)

    @property
    def growth(self) -> Fraction:
        """R of W1."""
        return max(Fraction(1), self.x[-1] * self.L0 - 1)

    def range_of(self, x: Fraction, L1: Fraction, cap: Fraction) -> tuple[Fraction, Fraction]:
        """The range of |1 - x L + x^2 q| over [L1, L_0] x [0, cap^2]."""
        least, most = 1 - x * self.L0, 1 - x * L1 + (x * cap) ** 2
        sizes = abs(least), abs(most)
        return (Fraction(0) if least <= 0 <= most else min(sizes)), max(sizes)

    def walk(self, L1: Fraction, cap: Fraction, above: bool) -> Factors:
        """r^+ or r^- with the weights."""
        return [
            (self.range_of(x, L1, cap)[1 if above else 0], k)
            for x, k in zip(self.x, self.weights, strict=True)
        ]

    def fall(self, L1: Fraction) -> Fraction:
        """D = (L_0 - L_1) / max x_i (4 - x_i L_1)."""
        return (self.L0 - L1) / max(x * (4 - x * L1) for x in self.x)


def start_of(
    case: Case, learning_rate: Fraction, curvature: Fraction, width: Fraction, mu0: Fraction
) -> Start:
    """The start; refused unless x* L_0 <= 4 and 2 |kappa_0| <= L_0."""
    law = case.law
    if curvature * law.largest_rate > 4:
        raise Refused("eta lambda max x exceeds 4")
    L0 = learning_rate * curvature
    square = (learning_rate * mu0) ** 2 / width
    if 4 * square > L0 * L0:
        raise Refused("|kappa_0| exceeds L_0/2")
    case.work.spend(10 + len(law.numerators), law.bits)
    x = tuple(Fraction(u, law.scale) / learning_rate for u in law.numerators)
    return Start(case, x, law.weights, L0, *root(square))


def root(square: Fraction) -> tuple[Fraction, Fraction]:
    """low^2 <= square <= high^2."""
    a, b = isqrt(square.numerator), isqrt(square.denominator)
    if a * a == square.numerator and b * b == square.denominator:
        return Fraction(a, b), Fraction(a, b)
    shift = max(0, ROOT_BITS - square.numerator.bit_length() + square.denominator.bit_length())
    shift += shift % 2
    found, scale = isqrt((square.numerator << shift) // square.denominator), 1 << (shift // 2)
    return Fraction(found, scale), Fraction(found + 1, scale)


def bounded(start: Start, *numbers: Fraction, most: int = MOST_SIZE) -> None:
    """Refuse numbers so long that the closed forms would take too much time; book what they take."""
    size = max(
        max(abs(q.numerator), q.denominator).bit_length() for q in (*numbers, *start.x, start.L0, start.high)
    )
    if size > most:
        raise Refused("a number is too long for a closed form")
    start.case.work.spend(20 * len(start.x), 6 * size)


def moment(start: Start, walk: Factors, exponent: Fraction, prec: int) -> tuple[int, int]:
    """E r^exponent at `prec`, exponent > 0."""
    log_prec = log_precision(exponent, prec)
    start.case.work.spend_on_logs(3 * len(walk), log_prec)
    lo = hi = 0
    for r, weight in walk:
        if r:
            low, high = power(log_ratio(r.numerator, r.denominator, log_prec), log_prec, exponent, prec)
            if high is None:
                raise Undecided
            lo, hi = lo + weight * low, hi + weight * high
    return lo // start.total, -(-hi // start.total)


def log_power(start: Start, base: Fraction, exponent: Fraction, prec: int) -> tuple[int, int]:
    """exponent log(base) at `prec`, base > 0."""
    log_prec = log_precision(exponent, prec)
    start.case.work.spend_on_logs(1, log_prec)
    lo, hi = log_ratio(base.numerator, base.denominator, log_prec)
    ends = exponent * lo, exponent * hi
    drop = 1 << (log_prec - prec)
    low, high = min(ends) / drop, max(ends) / drop
    return low.numerator // low.denominator, -(-high.numerator // high.denominator)


def exp_of(start: Start, y: tuple[int, int], prec: int) -> tuple[int, int]:
    """exp at `prec`."""
    start.case.work.spend_on_logs(2, prec)
    lo, hi = exp_interval(y, prec)
    if hi is None:
        raise Undecided
    return lo, hi


def log_of(start: Start, value: Fraction, prec: int) -> tuple[int, int]:
    """log(value) at `prec`."""
    return log_power(start, value, Fraction(1), prec)


def loss(start: Start, level: Fraction, L1: Fraction, h: Fraction, prec: int) -> tuple[int, int]:
    """e of W3 at `prec`. Raises Undecided unless M^-(h) > 1 and g > 0 are seen."""
    walk = start.walk(L1, level, above=False)
    one = 1 << prec
    first, second = moment(start, walk, h, prec), moment(start, walk, h + 2, prec)
    gain = (
        (second[0] << prec) // first[1] - one,
        -(-(second[1] << prec) // first[0]) - one if first[0] else one,
    )
    if first[0] <= one or gain[0] <= 0:
        raise Undecided
    reach = level * max(start.range_of(x, L1, level)[1] for x in start.x)
    square = enclose(reach * reach / start.fall(L1), prec)
    return (square[0] << prec) // gain[1], -(-(square[1] << prec) // gain[0])


def falls(start: Start, level: Fraction, L1: Fraction, tail: Fraction, prec: int) -> int:
    """T of W4 from above, at `prec`. Raises Undecided unless M^+(tail) < 1 is seen."""
    walk, D, one = start.walk(L1, level, above=True), start.fall(L1), 1 << prec
    m = moment(start, walk, tail, prec)[1]
    if m >= one or m <= 0:
        raise Undecided
    if tail <= 2:
        logs = [log_power(start, level, 2 - tail, prec)[1], log_power(start, start.high, tail, prec)[1]]
        rest = Fraction(D * (one - m)) / one
        return exp_of(start, (0, sum(logs) - log_of(start, rest, prec)[0]), prec)[1]
    log_m = log_of(start, Fraction(m, one), prec)[1]
    mean = exp_of(start, (0, -(-(2 * log_m) * tail.denominator // tail.numerator)), prec)[1]
    if mean >= one:
        raise Undecided
    y = log_of(start, start.high**2 / (D * Fraction(one - mean, one)), prec)[1]
    half = tail / 2
    return exp_of(start, (0, -(-y * half.numerator // half.denominator)), prec)[1]
