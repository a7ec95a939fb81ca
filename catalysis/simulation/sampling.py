"""Drawing from a finite law, many draws at a time: the exact inverse of its distribution function.

The unit interval is cut into 2^8 or 2^16 equal slots, and a draw picks one with 8 or 16 random bits. Most
slots lie inside one outcome's share of the interval. The few that hold a border ask for 53 more bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.int64]

_MAX_BITS = 16


@dataclass(frozen=True)
class Sampler:
    """Draws `codes`; a table made by `by_code` turns a code into whatever belongs to its outcome.

    The law is that of the doubles `weights` (normalised by their sum) up to the rounding of their partial
    sums, 1e-16 each; there is no other error, and none at all where the weights are multiples of 2^-16.
    """

    outcomes: int
    bits: int  # 0: the law has more outcomes than slots, and a code is the outcome itself
    outcome_of_code: npt.NDArray[np.int64]
    border: int  # codes from here on are slots that hold a border
    crowded: int  # codes from here on are slots that hold several
    slot: Floats
    first: npt.NDArray[np.int64]
    cut: Floats
    code_of_outcome: npt.NDArray[np.int64]
    cumulative: Floats

    @classmethod
    def of(cls, weights: Floats, *, bits: int | None = None) -> Sampler:
        """The sampler of a law; `weights >= 0`, some positive. `bits` (8 or 16) fixes the size of its tables."""
        cumulative = np.cumsum(weights)
        cumulative /= cumulative[-1]
        if bits is None:
            bits = 8 if weights.size <= 32 else _MAX_BITS
        if weights.size > 2**bits:
            none = np.empty(0, np.int64)
            everyone = np.arange(weights.size)
            return cls(weights.size, 0, everyone, 0, 0, np.empty(0), none, np.empty(0), everyone, cumulative)
        return cls._of_slots(cumulative, bits)

    @classmethod
    def _of_slots(cls, cumulative: Floats, bits: int) -> Sampler:
        size, outcomes = 2**bits, cumulative.size
        ends = cumulative[:-1] * size  # of the outcomes' shares, in slots: exact, a power of two
        floors = np.floor(ends).astype(np.int64)
        split = ends > floors
        first = np.cumsum(np.bincount(floors + split, minlength=size + 1))[:size]  # outcome at the left end
        borders = np.bincount(floors[split], minlength=size)
        pure = borders == 0
        # Each outcome needs a code. Those without a slot of their own take the codes of slots with borders,
        # which are free because no draw keeps them; where these are too few, other slots join them.
        leads = _leads(first, pure)
        lacking = (outcomes - leads.size) - (size - np.count_nonzero(pure))
        if lacking > 0:
            pure[np.setdiff1d(np.flatnonzero(pure), leads)[:lacking]] = False
        one = ~pure & (borders <= 1)
        groups = [np.flatnonzero(kind) for kind in (pure, one, borders > 1)]
        border, crowded = groups[0].size, groups[0].size + groups[1].size
        order = np.concatenate(groups)  # code -> slot
        slots = order[border:]
        code_of_outcome = np.full(outcomes, -1)
        code_of_outcome[first[leads]] = np.searchsorted(groups[0], leads)
        homeless = np.flatnonzero(code_of_outcome < 0)
        code_of_outcome[homeless] = border + np.arange(homeless.size)
        outcome_of_code = first[order]
        outcome_of_code[border : border + homeless.size] = homeless
        cut = np.where(borders[slots] > 0, cumulative[first[slots]] * size - slots, 1.0)
        return cls(
            outcomes,
            bits,
            outcome_of_code,
            border,
            crowded,
            slots.astype(np.float64),
            first[slots],
            cut,
            code_of_outcome,
            cumulative,
        )

    def by_code(self, values: Floats) -> Floats:
        """The table code -> value for `values` given by outcome along the last axis."""
        return np.ascontiguousarray(values[..., self.outcome_of_code])

    def draw(self, stream: np.random.Generator, size: int) -> Codes:
        """`size` independent codes: uint8, uint16, or int64 where there are more outcomes than slots."""
        if self.bits == 0:
            found = np.searchsorted(self.cumulative, stream.random(size), "right")
            return np.minimum(found, self.outcomes - 1)
        words = stream.bit_generator.random_raw(-(-size * self.bits // 64))
        codes: Any = words.view(np.uint8 if self.bits == 8 else np.uint16)[:size]
        if self.border < 2**self.bits:
            self._settle(codes, stream)
        return codes  # type: ignore[no-any-return]

    def _settle(self, codes: Any, stream: np.random.Generator) -> None:
        """Replace the codes of slots with borders: where in the slot does the draw lie?"""
        places = np.flatnonzero(codes >= self.border)
        found = codes[places].astype(np.int64)
        inside = stream.random(places.size)
        chosen = found - self.border
        outcome = self.first[chosen] + (inside >= self.cut[chosen])
        if self.crowded < 2**self.bits:
            several = np.flatnonzero(found >= self.crowded)
            at = (self.slot[chosen[several]] + inside[several]) / 2**self.bits
            exact = np.searchsorted(self.cumulative, at, "right")
            outcome[several] = np.minimum(exact, self.outcomes - 1)
        codes[places] = self.code_of_outcome[outcome]


def _leads(first: npt.NDArray[np.int64], pure: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The first pure slot of each outcome that has one; `first` never decreases."""
    slots = np.flatnonzero(pure)
    outcome = first[slots]
    return slots[np.flatnonzero(np.diff(outcome, prepend=-1))]
