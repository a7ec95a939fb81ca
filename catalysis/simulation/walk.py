"""The linear walk: log|mu_t/mu_0| over many replicas, whole words of steps at a time.

For each word of b steps a table holds their sum and the highest of their b partial sums, so that one draw
moves a replica by b steps and its running maximum stays exact. docs/simulation.md has the details.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalysis.errors import InputError
from catalysis.simulation.laws import Floats, WalkLaw
from catalysis.simulation.memory import check_memory
from catalysis.simulation.sampling import Codes, Sampler
from catalysis.simulation.streams import Seed, root_of, stream_of

Integers = npt.NDArray[np.int64]

LANES = 8192
"""Replicas that advance together: their numbers and the tables fit the second-level cache."""

_MAX_WORDS = 4096
_LONGEST_WORD = 16
_TIE = 1e-10


def word_length(letters: int) -> int:
    """How many steps one draw takes, for a law with so many different steps."""
    length = 1
    while letters ** (length + 1) <= _MAX_WORDS and length < _LONGEST_WORD:
        length += 1
    return length


def just_below(level: float) -> float:
    """The level that sums of doubles are held against, so that a product that meets it exactly counts."""
    return level - _TIE * max(1.0, abs(level))


@dataclass(frozen=True, eq=False)
class Words:
    """All words of `length` steps with their law.

    `partial[j, w]` is the sum of the first j + 1 steps of word w; `total` and `peak` (its last row and its
    column maxima) are tables by code.
    """

    length: int
    sampler: Sampler
    partial: Floats
    total: Floats
    peak: Floats

    @classmethod
    def of(cls, law: WalkLaw, length: int) -> Words:
        letters = law.p.size
        count = letters**length
        spelled = np.arange(count) // letters ** np.arange(length)[:, None] % letters
        partial = np.cumsum(law.log_factors[spelled], axis=0)
        sampler = Sampler.of(np.prod(law.p[spelled], axis=0))
        total, peak = sampler.by_code(partial[-1]), sampler.by_code(partial.max(axis=0))
        return cls(length, sampler, partial, total, peak)

    def first_at(self, codes: Codes, start: Floats, level: float) -> tuple[Integers, Floats]:
        """For walks at `start` that reach the level within their words: after how many steps, and where."""
        inside = self.partial[:, self.sampler.outcome_of_code[codes]] + start
        step = np.argmax(inside >= level, axis=0)
        return step + 1, inside[step, np.arange(step.size)]


@dataclass(frozen=True, eq=False)
class WalkPlan:
    """`steps` steps of a walk as words: as many of full length as fit, and a shorter one."""

    steps: int
    full: Words
    rest: Words | None

    @classmethod
    def of(cls, law: WalkLaw, steps: int) -> WalkPlan:
        length = min(word_length(law.p.size), max(steps, 1))
        rest = steps % length
        return cls(steps, Words.of(law, length), Words.of(law, rest) if rest else None)

    def words(self) -> Iterator[Words]:
        for _ in range(self.steps // self.full.length):
            yield self.full
        if self.rest is not None:
            yield self.rest


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
    relative 1e-10 below the level counts as reaching it. Raises InputError for bad arguments, MemoryNeeded.
    """
    check_counts(steps=steps, replicas=replicas)
    check_memory(replicas * 32, "the arrays of all replicas", "ask for fewer replicas at a time")
    root, plan = root_of(seed), WalkPlan.of(law, steps)
    parts = [
        walk_lanes(plan, min(LANES, replicas - start), stream_of(root, start // LANES), level)
        for start in range(0, replicas, LANES)
    ]
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


def walk_lanes(
    plan: WalkPlan, lanes: int, stream: np.random.Generator, level: float | None = None
) -> WalkPaths:
    """The same for so few replicas that they stay in the cache, from one stream."""
    now, top, change, index = np.zeros(lanes), np.zeros(lanes), np.empty(lanes), np.empty(lanes, np.intp)
    record = None if level is None else _Passages(lanes, level)
    done = 0
    for words in plan.words():
        codes = words.sampler.draw(stream, lanes)
        index[...] = codes
        if words.length > 1 or record is not None:
            np.take(words.peak, index, out=change, mode="wrap")
            np.add(now, change, out=change)
            np.maximum(top, change, out=top)
            if record is not None:
                record.look(words, codes, now, change, done)
        np.take(words.total, index, out=change, mode="wrap")
        np.add(now, change, out=now)
        if words.length == 1:
            np.maximum(top, now, out=top)
        done += words.length
    if record is None:
        return WalkPaths(plan.steps, None, top, now, np.empty(0, np.int64), np.empty(0))
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
