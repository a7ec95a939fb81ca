"""Where a bound passes 1, in doubles: a guess, nothing below is believed."""

from __future__ import annotations

import math
from collections.abc import Callable

_MOST_ROUNDS = 200
_FAR = 700.0
_TINY = 1e-18


def passing(value: Callable[[float], float], low: float, high: float, close: float) -> float:
    """Where `value`, above 1 at `high`, passes 1, to `close`; `low` if it is above there, `high` if nowhere.

    Chandrupatla's method on logarithms: inverse quadratic interpolation where it is safe, halves elsewhere.
    """
    (a, fa), (b, fb) = (high, _log(value(high))), (low, _log(value(low)))
    if fb > 0 or fa <= 0:
        return low if fb > 0 else high
    c, fc, share = a, fa, 0.5
    for _ in range(_MOST_ROUNDS):
        x = a + share * (b - a)
        fx = _log(value(x))
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = x, fx
        least = close / abs(b - a)
        if least > 0.5:
            break
        share = min(max(_share((a, fa), (b, fb), (c, fc)), least), 1 - least)
    return a if abs(fa) < abs(fb) else b


def _share(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """The next place between a and b, as a share of the way; c is the place before, on the side of a."""
    across, along = (a[0] - b[0]) / (c[0] - b[0]), (a[1] - b[1]) / (c[1] - b[1])
    if not (along**2 < across and (1 - along) ** 2 < 1 - across):
        return 0.5
    first = a[1] / (b[1] - a[1]) * c[1] / (b[1] - c[1])
    return first + (c[0] - a[0]) / (b[0] - a[0]) * a[1] / (c[1] - a[1]) * b[1] / (c[1] - b[1])


def _log(value: float) -> float:
    if not value > math.exp(-_FAR):  # what is no number does not grow
        return -_FAR
    return (math.log(value) or -_TINY) if value < math.exp(_FAR) else _FAR  # 1 is not above 1
