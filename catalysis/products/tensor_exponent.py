"""theta from symmetric powers (V15): the even moments say between which two it lies, forms on tensors where."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from catalysis.products.proofs import MomentProof
from catalysis.products.workshop import Workshop, short_above, short_below

_NEAR = (0.0, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
_ROUNDS = 40
_CLOSE = 1e-10
_LARGEST_POWER = 1024.0


def growing_order(shop: Workshop) -> int | None:
    """The first k whose moment 2k grows, in doubles; None if none within reach does."""
    return next((k for k in (1, *shop.orders) if shop.power(k).upper_value(2) > 1), None)


def lower_by_powers(shop: Workshop) -> MomentProof | None:
    """A proof of k(s) <= 0 for an s beyond 2 as large as powers give; None where the plain walk is all there is."""
    first = growing_order(shop)
    if first == 1 or not shop.orders:
        return None
    order = shop.orders[-1] if first is None else first
    value = shop.power(order).upper_value
    low, high = (2.0, _beyond(value)) if first is None else (2 - 2 / order, 2.0)
    root = crossing(value, low, high) if value(low) < 1 else low
    for near in _NEAR:
        t = short_below(root * (1 - near))
        if float(t) > low and (proof := shop.prove_power(order, t, "upper", Fraction(1))) is not None:
            return proof
    below = order if first is None else order - 1
    return shop.prove_power(below, Fraction(2), "upper", Fraction(1))


def upper_by_powers(shop: Workshop) -> Iterator[MomentProof]:
    """Proofs of k(s) >= 0 or > 0 for s beyond 2, as small as powers give."""
    first = growing_order(shop)
    if first == 1 or not shop.orders:
        return
    if first is None:
        yield from _growing(shop, shop.orders[-1], 2.0, _LARGEST_POWER)
        return
    if first > 2:
        yield from _growing(shop, first - 1, 2.0, 2 * first / (first - 1))
    yield from _growing(shop, first, 2 - 2 / first, 2.0)


def _growing(shop: Workshop, order: int, low: float, most: float) -> Iterator[MomentProof]:
    value = shop.power(order).lower_value
    high = min(most, _beyond(value)) if low == 2 else most
    if value(high) <= 1:
        return
    root = crossing(value, low, high)
    for near in _NEAR:
        t = short_above(root * (1 + near)) if root < 2 else Fraction(2)
        if low == 2:
            t = short_above(root * (1 + near))
        proof = shop.prove_power(order, t, "lower")
        if proof is not None and proof.rho >= 1:
            yield proof
            if proof.rho > 1:
                return


def crossing(value: Callable[[float], float], low: float, high: float) -> float:
    """Where value passes 1 in (low, high), above 1 at high; low if it is above everywhere. Regula falsi on the log."""
    ends = [(low, _log(value(low))), (high, _log(value(high)))]
    if ends[0][1] > 0:
        return low
    last = 0
    for _ in range(_ROUNDS):
        (a, fa), (b, fb) = ends
        if b - a < _CLOSE * b:
            break
        finite = math.isfinite(fa) and math.isfinite(fb) and fb > fa
        middle = b - fb * (b - a) / (fb - fa) if finite else (a + b) / 2
        middle = min(max(middle, a + (b - a) * 1e-3), b - (b - a) * 1e-3)
        f = _log(value(middle))
        if abs(f) < _CLOSE:
            return middle
        side = 1 if f > 0 else -1
        if side == last:  # the other end stays for the second time: halve its weight
            kept = 0 if side > 0 else 1
            ends[kept] = (ends[kept][0], ends[kept][1] / 2)
        ends[1 if f > 0 else 0] = (middle, f)
        last = side
    return ends[0][0]


def _log(value: float) -> float:
    return math.log(value) if 0 < value < math.inf else (-math.inf if value <= 0 else math.inf)


def _beyond(value: Callable[[float], float]) -> float:
    """A place beyond 2 with a value above 1."""
    high = 2.5
    while value(high) <= 1 and high < _LARGEST_POWER:
        high *= 1.5
    return high
