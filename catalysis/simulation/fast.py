"""The reduced map's inner loop compiled by numba, an optional extra; numpy alone gives the same bits."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.laws import Floats

Advance = Callable[[Any, Floats, Floats, Floats, Floats], None]

_GROUP = 256  # replicas that advance together through all rows: their state stays in the first-level cache


def numba_is_there() -> bool:
    return importlib.util.find_spec("numba") is not None


@cache
def load_numba() -> Advance:
    """The compiled kernel. Raises InputError where numba is not installed."""
    if not numba_is_there():
        raise InputError("engine: numba is not installed (it comes with the extra `fast`)")
    compiled: Advance = importlib.import_module("numba").njit(_advance, nogil=True)
    return compiled


def _advance(codes: Any, x_by_code: Floats, kappa: Floats, L: Floats, top: Floats) -> None:
    """As `reduced_map.advance`. No fastmath, so that no operation is fused or reordered.

    The look-up has a loop of its own: mixed with the arithmetic it would keep that from being vectorised.
    """
    x = np.empty(_GROUP)
    for first in range(0, kappa.size, _GROUP):
        count = min(_GROUP, kappa.size - first)
        k = kappa[first : first + count].copy()
        n = L[first : first + count].copy()
        m = top[first : first + count].copy()
        for t in range(codes.shape[0]):
            row = codes[t, first : first + count]
            for i in range(count):
                x[i] = x_by_code[row[i]]
            for i in range(count):
                a = x[i] * (k[i] * k[i])
                b = x[i] * n[i]
                k[i] = k[i] * (1.0 - (b - x[i] * a))
                n[i] = n[i] - a * (4.0 - b)
                square = k[i] * k[i]
                m[i] = square if square > m[i] else m[i]
        kappa[first : first + count] = k
        L[first : first + count] = n
        top[first : first + count] = m
