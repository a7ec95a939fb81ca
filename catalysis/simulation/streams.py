"""Random streams: one for each block of work, so that no result depends on who worked or in which order."""

from __future__ import annotations

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, Number, shown, whole

Seed = Number | np.random.SeedSequence | np.random.Generator


def root_of(seed: Seed) -> np.random.SeedSequence:
    """The root from which the streams of a run descend.

    An integer `>= 0` or a SeedSequence gives the same root each time; a Generator gives a new one at each
    call, from 128 bits that it draws. Raises InputError for anything else.
    """
    if isinstance(seed, np.random.SeedSequence):
        return seed
    if isinstance(seed, np.random.Generator):
        return np.random.SeedSequence([int(word) for word in seed.integers(0, 2**32, 4)])
    try:
        return np.random.SeedSequence(whole(seed, "seed"))
    except DataError:
        raise InputError(
            f"seed: expected an integer >= 0 or a numpy Generator, found {_found(seed)}"
        ) from None


def child_of(root: np.random.SeedSequence, *key: int) -> np.random.SeedSequence:
    """The root with this address below another one: the one that `SeedSequence.spawn` would give."""
    return np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, *key), pool_size=root.pool_size)


def stream_of(root: np.random.SeedSequence, *key: int) -> np.random.Generator:
    """The stream with this address below the root."""
    return np.random.Generator(np.random.SFC64(child_of(root, *key)))


def _found(seed: object) -> str:
    return str(seed) if isinstance(seed, int) else shown(seed)
