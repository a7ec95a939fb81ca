"""Random streams: one for each block of work, so that no result depends on who worked or in which order."""

from __future__ import annotations

import numpy as np

from catalysis.exact.errors import InputError

Seed = int | np.random.SeedSequence | np.random.Generator


def root_of(seed: Seed) -> np.random.SeedSequence:
    """The root from which the streams of a run descend.

    An integer `>= 0` or a SeedSequence gives the same root each time; a Generator gives a new one at each
    call, from 128 bits that it draws. Raises InputError for anything else.
    """
    if isinstance(seed, np.random.SeedSequence):
        return seed
    if isinstance(seed, np.random.Generator):
        return np.random.SeedSequence([int(word) for word in seed.integers(0, 2**32, 4)])
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed: expected an integer >= 0 or a numpy Generator, found {seed!r}")
    return np.random.SeedSequence(int(seed))


def stream_of(root: np.random.SeedSequence, *key: int) -> np.random.Generator:
    """The stream with this address below the root: the one that `SeedSequence.spawn` would give it."""
    child = np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, *key), pool_size=root.pool_size)
    return np.random.Generator(np.random.SFC64(child))
