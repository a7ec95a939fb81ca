"""Points of the curvature axis: rationals, and points exp(-t) away from a pole."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import exp_interval, log_ratio
from proofs_check.core.budget import decide
from proofs_check.core.law import Case, Law
from proofs_check.core.reading import Refused, fields, number
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.gaps import gap_at, gap_ends


@dataclass(frozen=True)
class NearPole:
    """The point pole + side * exp(-t); `pole` is the number (from 0) of the pole, `side` is 1 or -1."""

    pole: int
    side: int
    t: Fraction


Point = Fraction | NearPole


def read_point(value: Any, where: str, law: Law) -> Point:
    """A rational, or {"pole", "side", "t"} where `pole` is exactly one of the poles."""
    if not isinstance(value, dict):
        return number(value, where)
    table = fields(value, where, ("pole", "side", "t"))
    pole = number(table["pole"], f"{where}.pole")
    pole_number = law.pole_number(pole)
    if pole_number is None:
        raise Refused(f"{where}.pole is none of the poles")
    if table["side"] not in ("above", "below"):
        raise Refused(f'{where}.side is neither "above" nor "below"')
    side = 1 if table["side"] == "above" else -1
    return NearPole(pole_number, side, number(table["t"], f"{where}.t"))


def gap_of(case: Case, point: Point, where: str) -> int:
    """The gap that holds the point. Refused for a pole, a point <= 0, or one that leaves its pole's gap."""
    if isinstance(point, Fraction):
        gap = gap_at(case.law, point) if point > 0 else None
        if gap is None:
            raise Refused(f"{where} is a pole or not positive")
        return gap
    gap = point.pole + 1 if point.side > 0 else point.pole
    low, high = gap_ends(case, gap)
    if high is not None and _sign_of_sum(case, [point.t], high - low) >= 0:
        raise Refused(f"{where} lies beyond the gap next to its pole")
    return gap


def at_most(case: Case, a: Point, b: Point) -> bool:
    """Whether a <= b, for two points of one gap (as `gap_of` says)."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a <= b
    if isinstance(a, NearPole) and isinstance(b, NearPole) and a.side == b.side:
        return a.side * a.t >= b.side * b.t  # one gap, so the same pole
    case.work.spend_on_divisions(4, case.law.bits)
    start, sign_a = (a, 0) if isinstance(a, Fraction) else (case.law.pole(a.pole), a.side)
    end, sign_b = (b, 0) if isinstance(b, Fraction) else (case.law.pole(b.pole), b.side)
    ts = [point.t for point in (a, b) if isinstance(point, NearPole)]
    if sign_a >= 0 >= sign_b:  # a = start + exp(-t_a), b = end - exp(-t_b)
        return _sign_of_sum(case, ts, end - start) <= 0
    return _sign_of_sum(case, ts, start - end) >= 0  # a = start - exp(-t_a), b = end + exp(-t_b)


def _sign_of_sum(case: Case, ts: list[Fraction], distance: Fraction) -> int:
    """The sign of sum exp(-t) - distance for a rational distance > 0, by exp(-t - log distance) against 1."""

    size = max(abs(q.numerator) + q.denominator for q in (distance, *ts)).bit_length()

    def sign(prec: int) -> int | None:
        case.work.spend_on_logs(1 + 2 * len(ts), prec, size)
        log = log_ratio(distance.numerator, distance.denominator, prec)
        low, high = 0, 0
        for t in ts:
            scaled = -t.numerator << prec
            y = scaled // t.denominator - log[1], -(-scaled // t.denominator) - log[0]
            lo, hi = exp_interval(y, prec)
            if hi is None:  # beyond 2^FAR
                return 1
            low, high = low + lo, high + hi
        one = 1 << prec
        return -1 if high < one else 1 if low > one else None

    return decide(sign, case.most_bits, "the order of two points")


def nearness(case: Case, point: NearPole, prec: int) -> tuple[int, int, int]:
    """(lo, hi, scale) with lo * 2^-scale <= exp(-t) <= hi * 2^-scale, good to `prec` bits beside a pole."""
    us = case.law.numerators
    scale = prec + us[-1].bit_length() + us[len(us) - 1 - point.pole].bit_length()
    case.work.spend_on_logs(2, scale, point.t.denominator.bit_length())
    scaled = -point.t.numerator << scale
    lo, hi = exp_interval((scaled // point.t.denominator, -(-scaled // point.t.denominator)), scale)
    if hi is None:
        raise Refused("a point lies too far from its pole")
    return lo, hi, scale


def in_words(p: Point, law: Law) -> str:
    """A point of the curvature axis, exactly."""
    if isinstance(p, Fraction):
        return exact(p)
    return f"{exact(law.pole(p.pole))} {'+' if p.side > 0 else '-'} exp(-t) with t = {exact(p.t)}"


def between(lower: Point, upper: Point, law: Law) -> str:
    """ "in (lower, upper)" for two rationals or two points beside one side of one pole."""
    if isinstance(lower, Fraction) and isinstance(upper, Fraction):
        return f"in {bracket(lower, upper)}"
    assert isinstance(lower, NearPole) and isinstance(upper, NearPole)
    t = sorted((lower.t, upper.t))
    pole, sign = exact(law.pole(lower.pole)), "+" if lower.side > 0 else "-"
    return f"at {pole} {sign} exp(-t) with t in {bracket(t[0], t[1])}"
