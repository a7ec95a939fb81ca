"""The moment function M(theta; lambda) and its derivatives, enclosed, and compared with 1."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from proofs_check.core.arithmetic import (
    Interval,
    Undecided,
    enclose,
    log_precision,
    log_ratio,
    power,
    times,
)
from proofs_check.core.budget import Work, decide
from proofs_check.core.law import Case
from proofs_check.linear.drift import factors

MOST_EXACT_BITS = 1 << 16
"""Up to this size a moment with an integer exponent is compared with 1 exactly."""


def moment(
    factors: Sequence[tuple[int, int]],
    weights: Iterable[Fraction | int],
    total: int,
    theta: Fraction,
    prec: int,
    work: Work,
) -> tuple[int, int | None]:
    """sum w_i (n_i/d_i)^theta / total at `prec`, for factors (n_i, d_i), n_i >= 0, and weights w_i >= 0.

    A factor 0 contributes 0 (theta > 0). The upper end is None for infinity.
    """
    log_prec = log_precision(theta, prec)
    work.spend_on_logs(1, prec, total.bit_length() + theta.denominator.bit_length())
    lo = hi = 0
    bounded = True
    for (n, d), weight in zip(factors, weights, strict=True):
        if n == 0:
            continue
        work.spend_on_logs(4, log_prec, max(n, d, weight.numerator, weight.denominator).bit_length())
        low, high = power(log_ratio(n, d, log_prec), log_prec, theta, prec)
        low, top = times(weight, (low, high or 0))
        lo, hi, bounded = lo + low, hi + top, bounded and high is not None
    return lo // total, -(-hi // total) if bounded else None


def moment_above_one(case: Case, theta: Fraction, q: Fraction) -> bool:
    """True if M(theta; q) > 1, False if M(theta; q) < 1, for theta > 0, q > 0; refused if undecided."""

    def above(prec: int) -> bool | None:
        lo, hi = _moment(case, theta, q, prec)
        one = 1 << prec
        return True if lo > one else False if hi is not None and hi < one else None

    return decide(above, case.most_bits, "a moment against 1")


def moment_at_most_one(case: Case, theta: Fraction, q: Fraction) -> bool:
    """Whether M(theta; q) <= 1. Equality is seen where no factor exceeds 1 or theta is an integer."""
    law = case.law
    if not law.stretches(q):
        return True
    ns, d = _factors(case, q)
    if theta.denominator == 1 and theta * max(map(abs, (d, *ns))).bit_length() <= MOST_EXACT_BITS:
        e = theta.numerator
        case.work.spend(3 * len(ns) + 2, law.bits + e * max(map(abs, (d, *ns))).bit_length())
        active = sum(k * abs(n) ** e for n, k in zip(ns, law.weights, strict=True))
        return bool(active <= sum(law.weights) * d**e)
    return not moment_above_one(case, theta, q)


def tangent_at_most_one(case: Case, theta: Fraction, at: Fraction, end: Fraction) -> bool:
    """Whether M(theta; at) + M_lambda(theta; at) (end - at) <= 1; `at` > 0 is no pole."""

    def holds(prec: int) -> bool | None:
        lo, hi = _moment(case, theta, at, prec)
        slope = times(end - at, _slopes(case, theta, theta, at, prec)[0])
        one = 1 << prec
        if hi is not None and hi + slope[1] <= one:
            return True
        return False if lo + slope[0] > one else None

    return decide(holds, case.most_bits, "the tangent of a moment against 1")


def check_rate(
    case: Case, lower: Fraction, upper: Fraction, q: Fraction, rate: tuple[Fraction, Fraction]
) -> bool:
    """E5: -M_lambda/M_theta, with theta replaced by [lower, upper], lies in the interval `rate`."""

    def holds(prec: int) -> bool | None:
        by_curvature, by_theta = _slopes(case, lower, upper, q, prec)
        lo, hi = quotient((-by_curvature[1], -by_curvature[0]), by_theta, prec)
        one = 1 << prec
        return True if rate[0] * one <= lo and hi <= rate[1] * one else None

    return decide(holds, case.most_bits, "the enclosure of the rate")


def product(x: Interval, y: Interval, prec: int) -> Interval:
    """x * y, all three at `prec`."""
    ends = [a * b for a in x for b in y]
    return min(ends) >> prec, -(-max(ends) >> prec)


def quotient(x: Interval, y: Interval, prec: int) -> Interval:
    """x / y, all three at `prec`, for y > 0. Raises `Undecided` if y reaches down to 0."""
    if y[0] <= 0:
        raise Undecided
    return min((x[0] << prec) // b for b in y), max(-(-(x[1] << prec) // b) for b in y)


def _factors(case: Case, q: Fraction) -> tuple[list[int], int]:
    """`factors`, booked."""
    bits = case.law.bits + max(q.numerator, q.denominator).bit_length()
    case.work.spend(len(case.law.weights) + 2, bits)
    return factors(case.law, q)


def _moment(case: Case, theta: Fraction, q: Fraction, prec: int) -> tuple[int, int | None]:
    """M(theta; q) at precision `prec`: an idle step has the factor 1."""
    law = case.law
    ns, d = _factors(case, q)
    steps = [(abs(n), d) for n in ns] + [(1, 1)] * (law.idle > 0)
    weights = law.weights + (law.idle,) * (law.idle > 0)
    return moment(steps, weights, law.total, theta, prec, case.work)


def _slopes(
    case: Case, lower: Fraction, upper: Fraction, q: Fraction, prec: int
) -> tuple[Interval, Interval]:
    """(M_lambda, M_theta) at q for all theta in [lower, upper], term by term:

    M_lambda = -theta sum p_i xi_i sgn(1 - q xi_i) r_i^(theta - 1) and M_theta = sum p_i r_i^theta log r_i.
    Powers are monotone in theta, so the ends suffice. Factors 0 contribute 0, which needs lower > 1.
    """
    law, log_prec = case.law, log_precision(upper, prec)
    sum_lo = sum_hi = theta_lo = theta_hi = 0
    size = law.bits + max(q.numerator, q.denominator, upper.denominator).bit_length()
    case.work.spend_on_logs(9 * len(law.weights) + 2, log_prec, 2 * size)
    for weight, signed, log in _logs(case, q, log_prec):
        lo, hi = _powers(log, log_prec, lower - 1, upper - 1, prec)
        ends = signed * lo, signed * hi
        sum_lo, sum_hi = sum_lo + weight * min(ends), sum_hi + weight * max(ends)
        drop = log_prec - prec
        short = log[0] >> drop, -(-log[1] >> drop)
        lo, hi = product(_powers(log, log_prec, lower, upper, prec), short, prec)
        theta_lo, theta_hi = theta_lo + weight * lo, theta_hi + weight * hi
    scale = law.total * law.scale
    thetas = enclose(lower, prec)[0], enclose(upper, prec)[1]
    lo, hi = product(thetas, (sum_lo // scale, -(-sum_hi // scale)), prec)
    return (-hi, -lo), (theta_lo // law.total, -(-theta_hi // law.total))


def _logs(case: Case, q: Fraction, prec: int) -> Iterator[tuple[int, int, Interval]]:
    """For every factor r_i > 0 at q: its weight, its numerator u_i with the sign of 1 - q xi_i, log r_i."""
    ns, d = _factors(case, q)
    for n, u, weight in zip(ns, case.law.numerators, case.law.weights, strict=True):
        if n:
            yield weight, u if n > 0 else -u, log_ratio(abs(n), d, prec)


def _powers(log: Interval, log_prec: int, lower: Fraction, upper: Fraction, prec: int) -> Interval:
    """r^e for all e in [lower, upper]."""
    first, last = power(log, log_prec, lower, prec), power(log, log_prec, upper, prec)
    if first[1] is None or last[1] is None:
        raise Undecided
    return min(first[0], last[0]), max(first[1], last[1])
