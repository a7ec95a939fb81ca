"""Guide tables (Chen and Asau 1974): drawing from a finite law by a number in [0, 1) whose first bits mostly suffice.

The law is the one of `sampling.Sampler`, to the same 1e-16; a table of this form is small enough for a device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from catalysis.simulation.laws import Floats
from catalysis.simulation.philox import Key
from catalysis.simulation.sampling import Sampler

_FEW = 32
"""So many outcomes are told apart by 8 bits, more by 16."""


@dataclass(frozen=True, eq=False)
class Guide:
    """A draw is a number of 53 bits, and the first `bits` of them pick a slot.

    `first[slot]` is the outcome of every number in the slot, or, where some cumulative weight lies inside, the bitwise
    complement of the lowest outcome there. `values` is what belongs to each outcome, one row each.
    """

    bits: int
    first: npt.NDArray[np.int32]
    cumulative: Floats
    values: Floats

    @classmethod
    def of(cls, sampler: Sampler, *by_code: Floats) -> Self:
        """The law of a sampler, with columns of values that it has by code."""
        cumulative, bits = sampler.cumulative, 8 if sampler.outcomes <= _FEW else 16
        left = np.arange(2**bits) / 2**bits
        first = np.searchsorted(cumulative, left, "right")
        split = np.searchsorted(cumulative, left + 2.0**-bits, "left") > first
        values = np.stack([column[sampler.code_of_outcome] for column in by_code], axis=1)
        return cls(bits, np.where(split, ~first, first).astype(np.int32), cumulative, values)

    def blocks(self, draws: int) -> int:
        """How many blocks of 128 bits they take."""
        return -(-draws * self.bits // 128)

    def on(self, xp: Any) -> Guide:
        """The same with the arrays of another namespace, on its device."""
        return Guide(self.bits, *(xp.asarray(array) for array in (self.first, self.cumulative, self.values)))

    def outcomes(self, key: Key, number: int, replicas: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """All draws of a block: shape (128/bits, replicas)."""
        per = 32 // self.bits
        words = np.stack(key.block(number, 0, replicas))
        shifts = (np.arange(per) * self.bits).astype(np.uint64)
        slots = (words[:, None] >> shifts[:, None] & np.uint64(2**self.bits - 1)).astype(np.int64)
        slots = slots.reshape(4 * per, -1)
        found = self.first[slots].astype(np.int64)
        place, who = np.nonzero(found < 0)
        if place.size:
            high, low, *_ = key.block(number, place + 1, replicas[who])
            rest = (high << np.uint64(32) | low) >> np.uint64(11 + self.bits)
            at = slots[place, who] * 2.0**-self.bits + rest.astype(np.float64) * 2.0**-53  # exact: 53 bits
            found[place, who] = np.searchsorted(self.cumulative, at, "right")
        return found
