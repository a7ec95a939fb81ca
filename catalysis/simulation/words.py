"""Words: several steps of the walk taken by one draw, with the sum and the highest partial sum of each.

Spelled words are all sequences of steps, so that one can be looked into. Classes put together the words that
have the same steps in number, at their end and at their peak: these cannot be told apart by end and maximum, and
there are so few of them that a draw takes 34 steps of two samples at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from catalysis.simulation.laws import Floats, WalkLaw
from catalysis.simulation.sampling import Codes, Sampler

Integers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint8]

_MAX_WORDS = 4096
_LONGEST_WORD = 16
_MAX_CLASSES = 2048
_LONGEST_CLASS = 64
_MAX_LETTERS = 63  # beyond, two steps already have more than _MAX_CLASSES ends
_MAX_MERGED = 2**16  # candidates for classes, before they are put together


def word_length(letters: int) -> int:
    """How many steps a spelled word takes, for a law with so many different steps."""
    length = 1
    while letters ** (length + 1) <= _MAX_WORDS and length < _LONGEST_WORD:
        length += 1
    return length


@dataclass(frozen=True, eq=False)
class Draws:
    """What one draw of `length` steps can give: its law, and tables by code of the sum and the highest partial sum."""

    length: int
    sampler: Sampler
    total: Floats
    peak: Floats


@dataclass(frozen=True, eq=False)
class Words(Draws):
    """All words, each by itself: `partial[j, w]` is the sum of the first j + 1 steps of word w."""

    partial: Floats

    @classmethod
    def of(cls, law: WalkLaw, length: int) -> Words:
        letters = law.p.size
        count = letters**length
        spelled = np.arange(count) // letters ** np.arange(length)[:, None] % letters
        partial = np.cumsum(law.log_factors[spelled], axis=0)
        sampler = Sampler.of(np.prod(law.p[spelled], axis=0))
        total, peak = sampler.by_code(partial[-1]), sampler.by_code(partial.max(axis=0))
        return cls(length, sampler, total, peak, partial)

    def first_at(self, codes: Codes, start: Floats, level: float) -> tuple[Integers, Floats]:
        """For walks at `start` that reach the level within their words: after how many steps, and where."""
        inside = self.partial[:, self.sampler.outcome_of_code[codes]] + start
        step = np.argmax(inside >= level, axis=0)
        return step + 1, inside[step, np.arange(step.size)]


@dataclass(frozen=True, eq=False)
class _Classes:
    """Classes of words of one length: how often each step occurs in all, and up to the peak; with their weights."""

    law: WalkLaw
    ends: Counts
    peaks: Counts
    weights: Floats

    @classmethod
    def of_letters(cls, law: WalkLaw) -> _Classes:
        letters = np.eye(law.p.size, dtype=np.uint8)
        return cls(law, letters, letters, law.p)

    def sums(self, counts: Counts) -> Floats:
        logs = self.law.log_factors
        dead = np.isneginf(logs)
        sums: Floats = counts.astype(np.float64) @ np.where(dead, 0.0, logs)
        sums[counts[:, dead].any(axis=1)] = -np.inf
        return sums

    def longer(self) -> _Classes | None:
        """The words with one more step in front; None if there would be too many classes.

        A word i w peaks at log r_i + max(0, peak of w): after its first step, or where w does.
        """
        letters = np.eye(self.law.p.size, dtype=np.uint8)
        length = int(self.ends[0].sum()) + 1
        ends_alone = math.comb(len(letters) + length - 1, length)
        if ends_alone > _MAX_CLASSES or self.weights.size * len(letters) > _MAX_MERGED:
            return None
        after = np.where((self.sums(self.peaks) > 0)[:, None], self.peaks, np.uint8(0))
        ends, peaks = (
            (counts[None] + letters[:, None]).reshape(-1, len(letters)) for counts in (self.ends, after)
        )
        weights = (self.law.p[:, None] * self.weights).ravel()
        rows = np.ascontiguousarray(np.concatenate([ends, peaks], axis=1))
        keys = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        if first.size > _MAX_CLASSES:
            return None
        merged: Floats = np.bincount(place.ravel(), weights=weights).astype(np.float64)
        return _Classes(self.law, ends[first], peaks[first], merged)

    def draws(self, length: int) -> Draws:
        sampler = Sampler.of(self.weights)
        by_code = (sampler.by_code(self.sums(counts)) for counts in (self.ends, self.peaks))
        return Draws(length, sampler, *by_code)


def classes_of(law: WalkLaw, most: int) -> list[Draws]:
    """Draws of 1, 2, ... steps by classes, up to `most` steps or as many as have few classes."""
    if law.p.size > _MAX_LETTERS:
        sampler = Sampler.of(law.p)
        steps = sampler.by_code(law.log_factors)
        return [Draws(1, sampler, steps, steps)]
    found: list[_Classes] = [_Classes.of_letters(law)]
    while len(found) < min(most, _LONGEST_CLASS):
        longer = found[-1].longer()
        if longer is None:
            break
        found.append(longer)
    return [classes.draws(length) for length, classes in enumerate(found, 1)]


@dataclass(frozen=True, eq=False)
class WalkPlan:
    """`steps` steps of a walk as spelled words: as many of full length as fit, and a shorter one."""

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
class ClassPlan:
    """The same by classes, for walks of which only end and maximum matter."""

    steps: int
    full: Draws
    rest: Draws | None

    @classmethod
    def of(cls, law: WalkLaw, steps: int) -> ClassPlan:
        return _class_plan(law.log_factors.tobytes(), law.p.tobytes(), steps)

    def draws(self) -> Iterator[Draws]:
        for _ in range(self.steps // self.full.length):
            yield self.full
        if self.rest is not None:
            yield self.rest


@lru_cache(maxsize=4)
def _class_plan(log_factors: bytes, p: bytes, steps: int) -> ClassPlan:
    """Remembered, as all blocks of a run ask for the same."""
    draws = classes_of(WalkLaw(np.frombuffer(log_factors), np.frombuffer(p)), max(steps, 1))
    rest = steps % draws[-1].length
    return ClassPlan(steps, draws[-1], draws[rest - 1] if rest else None)
