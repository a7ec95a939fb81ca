"""Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011) in numpy: 128 bits from a counter and a key, without a state.

A replica's draws come from counters that hold its own number, so that each can be drawn by itself, on any device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
"""Numbers of 32 bits, in 64."""

_FACTORS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(counter: tuple[npt.ArrayLike, ...], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Four words for each counter: four words, or arrays of them, that broadcast."""
    a, b, c, d = np.broadcast_arrays(*(np.asarray(word, np.uint64) for word in counter))
    for turn in range(10):
        first, second = (np.uint64((k + turn * w) & 0xFFFFFFFF) for k, w in zip(key, _WEYL, strict=True))
        p, q = _FACTORS[0] * a, _FACTORS[1] * c
        a, b, c, d = (q >> _HALF) ^ b ^ first, q & _LOW, (p >> _HALF) ^ d ^ second, p & _LOW
    return a, b, c, d


@dataclass(frozen=True)
class Key:
    """What a group of replicas draws with: the key, and the part of the counter that they share. 96 bits."""

    key: tuple[int, int]
    group: int

    @classmethod
    def of(cls, stream: np.random.Generator) -> Self:
        first, second = (int(word) for word in stream.bit_generator.random_raw(2))
        return cls((first & 0xFFFFFFFF, first >> 32), second & 0xFFFFFFFF)

    def block(self, number: int, which: npt.ArrayLike, replica: npt.ArrayLike) -> tuple[Words, ...]:
        """128 bits of each replica: which = 0 for its draws, i + 1 for further bits of the i-th of them."""
        high = np.asarray(which, np.uint64) << np.uint64(24) | np.uint64(number >> 32)
        return philox((number & 0xFFFFFFFF, high, replica, self.group), self.key)
