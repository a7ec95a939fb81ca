"""Roots of mpmath functions to the working precision: halves first, regula falsi after that."""

from collections.abc import Callable
from typing import Any

import mpmath as mp

_FIRST = 12


def sign_change(f: Callable[[Any], Any], low: Any, high: Any, *, rising: bool = True) -> Any:
    """Where f changes its sign, once, between two ends; nothing is asked of f there. `rising`: f > 0 towards `high`."""
    a, b, most = mp.mpf(low), mp.mpf(high), mp.mp.prec + 20
    fa = fb = mp.mpf(0)
    for halves in range(most):
        if halves >= _FIRST and fa and fb:
            break
        middle = (a + b) / 2
        f_middle = f(middle)
        if f_middle == 0:
            return middle
        if (f_middle > 0) is rising:
            b, fb = middle, f_middle
        else:
            a, fa = middle, f_middle
    last = b
    for _ in range(most if fa and fb else 0):
        middle = b - fb * (b - a) / (fb - fa)
        f_middle = f(middle)
        if f_middle == 0 or abs(middle - last) <= abs(middle) * mp.eps:
            return middle
        if (f_middle > 0) is rising:
            b, fb, fa = middle, f_middle, fa / 2 if last == b else fa  # an end that stays counts less
        else:
            a, fa, fb = middle, f_middle, fb / 2 if last == a else fb
        last = middle
    return a
