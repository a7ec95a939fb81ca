"""theta from symmetric powers (V15): the even moments say between which two it lies, forms on tensors where."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache

import numpy as np

from catalysis.products.proofs import MomentProof
from catalysis.products.roots import passing
from catalysis.products.workshop import Workshop, short_above, short_below

_NEAR = (1e-7, 1e-6, 1e-4, 1e-3, 1e-2)
_CLOSE = 1e-7
_FARTHEST = 32.0

Value = Callable[[float], float]


def growing_order(shop: Workshop) -> int | None:
    """The first k whose moment 2k grows, in doubles; None if none within reach does."""
    return next((k for k in (1, *shop.orders) if shop.power(k).upper_value(2) > 1), None)


def lower_by_powers(shop: Workshop) -> Iterator[MomentProof]:
    """Proofs of k(s) <= 0 for s beyond 2, as large as powers give: concave ones below the first moment that grows,
    chords beyond the last that falls."""
    first = growing_order(shop)
    if first == 1 or not shop.orders:
        return
    if first is not None:
        found = _falling(shop, first, 2 - 2 / first, 2.0)
        if found is not None:
            yield found
            return
    last = shop.orders[-1] if first is None else first - 1
    if last == 1:
        return
    found = _falling(shop, last, 2.0, None) or shop.prove_power(last, Fraction(2), "upper", Fraction(1))
    if found is not None:
        yield found


def upper_by_powers(shop: Workshop) -> Iterator[MomentProof]:
    """Proofs of k(s) >= 0 or > 0 for s beyond 2, as small as powers give."""
    first = growing_order(shop)
    if first == 1 or not shop.orders:
        return
    last = shop.orders[-1] if first is None else first - 1
    if last > 1 and (found := _growing(shop, last, 2.0, None)) is not None:
        yield found
    if first is not None and (last == 1 or _is_near(shop, first)):
        found = _growing(shop, first, 2 - 2 / first, 2.0)
        if found is not None:
            yield found


def _is_near(shop: Workshop, first: int) -> bool:
    """Whether theta is likely to lie nearer to the moment 2 first, which grows, than to the one before."""
    falls, grows = (_log(shop.power(k).upper_value(2)) for k in (first - 1, first))
    return grows < -falls / 2


def _falling(shop: Workshop, order: int, low: float, high: float | None) -> MomentProof | None:
    value = _safe(shop.power(order).upper_value, math.inf)
    if value(low) >= 1:
        return None
    end = _beyond(value) if high is None else high
    root = passing(value, low, end, _CLOSE * end)
    for near in _NEAR:
        t = short_below(root * (1 - near))
        if float(t) <= low:
            return None
        proof = shop.prove_power(order, t, "upper", Fraction(1))
        if proof is not None:
            return proof
    return None


def _growing(shop: Workshop, order: int, low: float, high: float | None) -> MomentProof | None:
    value = _safe(shop.power(order).lower_value, 0.0)
    end = _beyond(value) if high is None else high
    if value(end) <= 1:
        return None
    root = passing(value, low, end, _CLOSE * end)
    for near in _NEAR:
        t = short_above(root * (1 + near))
        if high is not None:
            t = min(t, Fraction(high))
        proof = shop.prove_power(order, t, "lower")
        if proof is not None and proof.rho > 1:
            return proof
    return None


def _safe(value: Value, nothing: float) -> Value:
    """Each place once; `nothing` where powers leave the range of doubles."""

    @cache
    def found(t: float) -> float:
        try:
            return value(t)
        except np.linalg.LinAlgError:
            return nothing

    return found


def _log(value: float) -> float:
    return math.log(value) if 0 < value < math.inf else (-math.inf if value <= 0 else math.inf)


def _beyond(value: Value) -> float:
    """A place beyond 2 with a value above 1, if there is one nearby."""
    step = 0.125
    while value(2 + step) <= 1 and step < _FARTHEST:
        step *= 2.5
    return 2 + step
