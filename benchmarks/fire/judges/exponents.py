"""`Model.exponent` quickly: Newton's method from a double, its root enclosed by two signs, and each remembered.

Where the signs do not enclose it, the bisection of `kit.good_certificates` answers.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
from kit.good_certificates import CLOSE, Model, real

_bisection: Callable[[Model, Fraction], Any] = Model.exponent
_known: dict[Any, Any] = {}


def install() -> None:
    """All judges ask `Model`."""
    Model.exponent = exponent  # type: ignore[method-assign]


def exponent(model: Model, at: Fraction) -> Any:
    """theta; inf and 0 by the regime, as `Model.exponent`."""
    key = tuple(model.rates.items()), model.idle, at, mp.mp.prec
    if key not in _known:
        if len(_known) > 50_000:
            _known.clear()
        found = None
        if at * model.largest > 2 and (at in model.poles or model.drift(at) < -CLOSE):
            found = _newton(model, at)
        _known[key] = _bisection(model, at) if found is None else found
    return _known[key]


def _newton(model: Model, at: Fraction) -> Any:
    steps = [(p, abs(1 - at * xi)) for xi, p in model.rates.items() if at * xi != 1]
    guess = _in_doubles([(float(p), float(r)) for p, r in steps], float(model.idle))
    if guess is None:
        return None
    exact = [(real(p), mp.log(real(r))) for p, r in steps]
    theta, idle = mp.mpf(guess), real(model.idle)
    for _ in range(6):
        terms = [(p * mp.exp(theta * y), y) for p, y in exact]
        move = (idle + mp.fsum(t for t, _ in terms) - 1) / mp.fsum(t * y for t, y in terms)
        theta -= move
        if abs(move) < mp.mpf(10) ** (-mp.mp.dps // 2 - 5):
            break
    near = (1 + theta) * mp.mpf(10) ** (8 - mp.mp.dps)
    around = (theta - near, theta + near)
    low, high = (idle + mp.fsum(p * mp.exp(t * y) for p, y in exact) for t in around)
    return theta if around[0] > 0 and low < 1 < high else None


def _in_doubles(steps: list[tuple[float, float]], idle: float) -> float | None:
    """The root of M = 1 above 1/1000, by bisection."""
    if min(r for _, r in steps) == 0:
        return None

    def above(theta: float) -> bool:
        return idle + sum(p * r**theta for p, r in steps) > 1

    try:
        low, high = 1e-3, 1.0
        while not above(high):
            low, high = high, 2 * high
        if above(low):
            return None
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if above(middle) else (middle, high)
    except OverflowError:
        return None
    return high
