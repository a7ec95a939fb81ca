"""The drift G and its slope, enclosed; the sign of G at a point; D3."""

from fractions import Fraction
from math import prod

from proofs_check.core.arithmetic import GUARD, Interval, enclose, log_between, log_ratio, times
from proofs_check.core.budget import decide
from proofs_check.core.law import Case, Law
from proofs_check.core.reading import Refused
from proofs_check.linear.points import NearPole, Point, nearness

CHUNK = 8
"""So many factors, if short, are multiplied exactly before their product is rounded."""


def factors(law: Law, q: Fraction) -> tuple[list[int], int]:
    """Integers (n_i), d with 1 - q xi_i = n_i/d, q > 0, d > 0; n_i < 0 for the rates above 1/q."""
    a, d = q.numerator, law.scale * q.denominator
    return [d - a * u for u in law.numerators], d


def drift(case: Case, point: Point, prec: int) -> Interval:
    """G(point) at precision `prec`, for a point in a gap."""
    if isinstance(point, NearPole):
        return _drift_near_pole(case, point, prec)
    _book(case, point, prec)
    return _drift(case.law, *factors(case.law, point), prec)


def sign_of_drift(case: Case, point: Point) -> int:
    """The sign, 1 or -1, of G at a point in a gap. Refused if the precision does not suffice."""

    def sign(prec: int) -> int | None:
        lo, hi = drift(case, point, prec)
        return 1 if lo > 0 else -1 if hi < 0 else None

    return decide(sign, case.most_bits, "the sign of G at a point")


def check_negative_piece(case: Case, c: Fraction, left: Fraction, right: Fraction, where: str) -> None:
    """D3: G < 0 on [left, right], a piece of the closure of a gap below the last, c inside it, no pole.

    Proved by G(c) + G'(c)(e - c) < 0 at both ends e.
    """

    def holds(prec: int) -> bool | None:
        _book(case, c, prec)
        size = case.law.bits + c.denominator.bit_length()
        case.work.spend_on_divisions(len(case.law.weights), prec + size)
        ns, d = factors(case.law, c)
        value, slope = _drift(case.law, ns, d, prec), _slope(case.law, ns, c.denominator, prec)
        at_ends = [(value[0] + lo, value[1] + hi) for lo, hi in (times(e - c, slope) for e in (left, right))]
        if all(hi < 0 for _, hi in at_ends):
            return True
        return False if any(lo >= 0 for lo, _ in at_ends) else None

    if not left <= c <= right:
        raise Refused(f"{where} lies outside its piece")
    if not decide(holds, case.most_bits, f"the tangent of G at {where}"):
        raise Refused(f"the tangent of G at {where} is not negative")


def _book(case: Case, q: Fraction, prec: int) -> None:
    size = case.law.bits + max(abs(q.numerator), q.denominator).bit_length()
    case.work.spend(3 * len(case.law.weights), prec + size)
    case.work.spend_on_logs(len(case.law.alike) + 1, prec, size)


def _drift(law: Law, ns: list[int], d: int, prec: int) -> Interval:
    """sum p_i log|n_i/d|, one logarithm for all atoms of the same weight."""
    lo = hi = 0
    chunk = CHUNK if d.bit_length() < 1000 else 1
    for weight, indices in law.alike:
        group = [abs(ns[i]) for i in indices]
        chunks = [prod(group[j : j + chunk]) for j in range(0, len(group), chunk)]
        log = log_of_product([(n, n) for n in chunks], prec)
        lo, hi = lo + weight * log[0], hi + weight * log[1]
    scale, count = log_ratio(d, 1, prec), sum(law.weights)
    return (lo - count * scale[1]) // law.total, -(-(hi - count * scale[0]) // law.total)


def _slope(law: Law, ns: list[int], b: int, prec: int) -> Interval:
    """G' = -sum p_i xi_i/(1 - c xi_i), where xi_i/(1 - c xi_i) = u_i b/n_i. Each floor loses less than 1."""
    b <<= prec
    lo = hi = 0
    for weight, indices in law.alike:
        part = sum([law.numerators[i] * b // ns[i] for i in indices])
        lo, hi = lo + weight * part, hi + weight * (part + len(indices))
    return -hi // law.total, -(lo // law.total)


def _drift_near_pole(case: Case, point: NearPole, prec: int) -> Interval:
    """G at pi +- exp(-t), pi = 1/xi: there |1 - lambda xi| = xi exp(-t), and for the other rates

    1 - lambda xi_j = (v (u - u_j) -+ u u_j exp(-t)) / (u v), where xi = u/v, xi_j = u_j/v.
    """
    law = case.law
    case.work.spend(6 * len(law.weights), prec + 3 * law.bits)
    case.work.spend_on_logs(len(law.alike) + 3, prec, 2 * law.bits + point.t.denominator.bit_length())
    e_lo, e_hi, scale = nearness(case, point, prec)
    own = len(law.weights) - 1 - point.pole
    u, v = law.numerators[own], law.scale
    lo = hi = 0
    for weight, indices in law.alike:
        ends = []
        for u_j in (law.numerators[j] for j in indices if j != own):
            far, near = abs(v * (u - u_j)) << scale, u * u_j
            if (u_j > u) == (point.side > 0):  # the pole of xi_j lies on the other side: distances add up
                ends.append((far + near * e_lo, far + near * e_hi))
            else:
                ends.append((max(0, far - near * e_hi), far - near * e_lo))
        log = log_of_product(ends, prec)
        lo, hi = lo + weight * log[0], hi + weight * log[1]
    common = log_ratio(u * v, 1, prec, scale)
    count = sum(law.weights) - law.weights[own]
    rate, t = log_ratio(u, v, prec), enclose(point.t, prec)
    lo += law.weights[own] * (rate[0] - t[1]) - count * common[1]
    hi += law.weights[own] * (rate[1] - t[0]) - count * common[0]
    return lo // law.total, -(-hi // law.total)


def log_of_product(ends: list[tuple[int, int]], prec: int) -> Interval:
    """log of the product of positive numbers, each in an interval [lo, hi] of integers."""
    wp = prec + GUARD + len(ends).bit_length()
    lo = hi = 1
    exponent = 0
    for a, b in ends:
        lo, hi = lo * a, hi * b
        shift = hi.bit_length() - wp
        if shift > 0:
            lo, hi, exponent = lo >> shift, -(-hi >> shift), exponent + shift
    return log_between(lo, hi, 1, prec, exponent)
