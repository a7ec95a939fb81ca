"""Where a bound passes 1, in doubles: a guess, nothing below is believed."""

import math
from collections.abc import Callable
from functools import cache

_FAR = 700.0
_TINY = 1e-18


def passing(value: Callable[[float], float], low: float, high: float, close: float) -> float:
    """Where `value`, above 1 at `high`, passes 1, to `close`; `low` if it is above there, `high` if nowhere."""
    from scipy.optimize import brentq

    @cache
    def size(x: float) -> float:
        return _log(value(x))

    if size(low) > 0:
        return low
    return brentq(size, low, high, xtol=close) if size(high) > 0 else high


def _log(value: float) -> float:
    if not value > math.exp(-_FAR):  # what is no number does not grow
        return -_FAR
    return (math.log(value) or -_TINY) if value < math.exp(_FAR) else _FAR  # 1 is not above 1
