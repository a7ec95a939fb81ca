"""What runs replicas from counter-based streams, and how numpy does it: operation for operation as kernels.cu."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, Protocol

import numpy as np

from catalysis.simulation.guide import Guide
from catalysis.simulation.laws import Floats
from catalysis.simulation.philox import Key
from catalysis.simulation.reduced_map import Lanes, advance
from catalysis.simulation.walk import LANES

Kernel = Literal["walk", "reduced"]


class Kernels(Protocol):
    """Kernels that work on arrays of the namespace `xp`, in place."""

    xp: Any

    def run(
        self, kernel: Kernel, state: tuple[Any, ...], key: Key, guide: Guide, number: int, draws: int
    ) -> None:
        """Move all replicas by `draws` draws, the first from block `number` of their streams.

        The state of the walk is (now, top), its values are (total, peak) as in `words.Draws`; that of the reduced
        map is (kappa, L, top, offset) as in `Lanes`, its values are x.
        """


class NumpyKernels:
    """The same operations in the same order in numpy, some replicas at a time."""

    xp: Any = np

    def run(
        self, kernel: Kernel, state: tuple[Any, ...], key: Key, guide: Guide, number: int, draws: int
    ) -> None:
        move = _walk if kernel == "walk" else _reduced
        replicas = np.arange(state[0].size)
        for first in range(0, replicas.size, LANES):
            some = slice(first, first + LANES)
            move(tuple(array[some] for array in state), key, guide, number, draws, replicas[some])


def _outcomes(key: Key, guide: Guide, number: int, draws: int, replicas: Any) -> Any:
    """Draw after draw."""
    full = 128 // guide.bits
    for block in range(guide.blocks(draws)):
        yield from guide.outcomes(key, number + block, replicas)[: draws - block * full]


def _walk(
    state: tuple[Floats, Floats], key: Key, guide: Guide, number: int, draws: int, replicas: Any
) -> None:
    now, top = state
    for outcome in _outcomes(key, guide, number, draws, replicas):
        total, peak = guide.values[outcome].T
        np.maximum(top, now + peak, out=top)
        np.add(now, total, out=now)


def _reduced(state: tuple[Any, ...], key: Key, guide: Guide, number: int, draws: int, replicas: Any) -> None:
    lanes = Lanes(state[0], state[1])
    lanes.top, lanes.offset = state[2:]
    x, before = np.ascontiguousarray(guide.values[:, 0]), np.empty_like(lanes.top)
    with np.errstate(all="ignore"):
        for outcome in _outcomes(key, guide, number, draws, replicas):
            advance(outcome[None], x, lanes.kappa, lanes.L, before)
            lanes.shift()
            np.maximum(lanes.top, lanes.kappa * lanes.kappa, out=lanes.top)
        lanes.set_aside()


@cache
def numpy_kernels() -> Kernels:
    return NumpyKernels()
