"""The linear walk: log|mu_t/mu_0| over many replicas, whole words of steps at a time.

One draw moves a replica by several steps, and its running maximum stays exact: see `words`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, whole
from catalysis.simulation.laws import Floats, WalkLaw
from catalysis.simulation.memory import check_memory
from catalysis.simulation.sampling import Codes
from catalysis.simulation.streams import Seed, root_of, stream_of
from catalysis.simulation.words import ClassPlan, Integers, WalkPlan, Words

LANES = 8192
"""Replicas that advance together: their numbers and the tables fit the second-level cache."""

_TIE = 1e-10


def just_below(level: float) -> float:
    """The level that sums of doubles are held against, so that a product that meets it exactly counts."""
    return level - _TIE * max(1.0, abs(level))


@dataclass(frozen=True, eq=False)
class WalkPaths:
    """What became of each replica, arrays of shape (replicas,).

    `peak`: the maximum of log|mu_t/mu_0| over t = 0..steps; `final`: its last value, -inf for a killed walk;
    `passage`: the first t at which it is at least `level`, -1 if it never is, and `at_passage` its value
    there (nan). Without a level both are empty.
    """

    steps: int
    level: float | None
    peak: Floats
    final: Floats
    passage: Integers
    at_passage: Floats


def walk_paths(
    law: WalkLaw, *, steps: int, replicas: int, seed: Seed, level: float | None = None
) -> WalkPaths:
    """Walk `replicas` independent replicas over `steps` steps (both at least 1).

    The law of the result is exact up to the rounding of the law's doubles and of sums. A value within a
    relative 1e-10 below the level counts as reaching it. With and without a level the draws are not the same.
    Raises InputError for bad arguments, MemoryNeeded.
    """
    check_counts(steps=steps, replicas=replicas)
    check_memory(replicas * 32, "the arrays of all replicas", "ask for fewer replicas at a time")
    root = root_of(seed)
    groups = (
        (min(LANES, replicas - first), stream_of(root, first // LANES)) for first in range(0, replicas, LANES)
    )
    if level is None:
        classes = ClassPlan.of(law, steps)
        parts = [walk_lanes(classes, lanes, stream) for lanes, stream in groups]
    else:
        words = WalkPlan.of(law, steps)
        parts = [walk_to_level(words, lanes, stream, level) for lanes, stream in groups]
    return WalkPaths(
        steps,
        level,
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in ("peak", "final", "passage", "at_passage")
        ),
    )


def check_counts(**counts: int) -> None:
    """Raises InputError unless each is an integer of at least 1."""
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name}: expected an integer of at least 1, found {value!r}")


def count_of(value: Number, what: str, most: float = 1e18) -> int:
    """An integer of at least 1, and not larger than any run could use. Raises InputError."""
    count = whole(value, what, least=1)
    if count > most:
        raise InputError(f"{what}: expected an integer of at most {most:g}, found a larger one")
    return count


def walk_lanes(plan: ClassPlan, lanes: int, stream: np.random.Generator) -> WalkPaths:
    """End and maximum for so few replicas that they stay in the cache, from one stream."""
    now, top, change, index = np.zeros(lanes), np.zeros(lanes), np.empty(lanes), np.empty(lanes, np.intp)
    for draws in plan.draws():
        index[...] = draws.sampler.draw(stream, lanes)
        if draws.length > 1:
            np.take(draws.peak, index, out=change, mode="wrap")
            np.add(now, change, out=change)
            np.maximum(top, change, out=top)
        np.take(draws.total, index, out=change, mode="wrap")
        np.add(now, change, out=now)
        if draws.length == 1:
            np.maximum(top, now, out=top)
    return WalkPaths(plan.steps, None, top, now, np.empty(0, np.int64), np.empty(0))


def walk_to_level(plan: WalkPlan, lanes: int, stream: np.random.Generator, level: float) -> WalkPaths:
    """The same with the first passage of the level."""
    now, top = np.zeros(lanes), np.zeros(lanes)
    record, done = _Passages(lanes, level), 0
    for words in plan.words():
        codes = words.sampler.draw(stream, lanes)
        index = codes.astype(np.intp)
        peak = now + words.peak[index]
        np.maximum(top, peak, out=top)
        record.look(words, codes, now, peak, done)
        now += words.total[index]
        done += words.length
    return WalkPaths(plan.steps, level, top, now, record.passage, record.value)


class _Passages:
    """Notes when each replica first reaches the level."""

    def __init__(self, lanes: int, level: float) -> None:
        self.level = just_below(level)
        started = self.level <= 0.0
        self.waiting = np.full(lanes, not started)
        self.passage = np.full(lanes, 0 if started else -1, np.int64)
        self.value = np.full(lanes, 0.0 if started else np.nan)

    def look(self, words: Words, codes: Codes, start: Floats, peak: Floats, done: int) -> None:
        new = np.flatnonzero((peak >= self.level) & self.waiting)
        if new.size:
            step, value = words.first_at(codes[new], start[new], self.level)
            self.passage[new], self.value[new] = done + step, value
            self.waiting[new] = False
