"""Data sets and timing shared by the benchmarks of the certified core."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from catalysis.data.dataset import Dataset, Sample
from catalysis.data.walk import LinearWalk


@dataclass(frozen=True)
class Timing:
    """Seconds of processor time (the fewest of the repeats), and what share of the wall time that was."""

    seconds: float
    cpu: float


def gaussian(size: int, seed: int, equal: bool) -> LinearWalk:
    """x = s^2 for ``size`` standard normal s of six decimals; weights equal, or integers from 1 to 1000."""
    rng = np.random.default_rng(seed)
    x: set[Fraction] = set()
    while len(x) < size:
        x.add(Fraction(round(float(rng.normal()) * 10**6), 10**6) ** 2)
    x.discard(Fraction(0))
    weights = [1] * len(x) if equal else [int(k) for k in rng.integers(1, 1001, len(x))]
    total = sum(weights)
    samples = tuple(Sample(None, v, Fraction(k, total)) for v, k in zip(sorted(x), weights, strict=True))
    return LinearWalk(Dataset("gaussian", Fraction(1), samples))


def fresh(walk: LinearWalk) -> LinearWalk:
    """The same walk with nothing cached but its law, the exact weights that every method starts from."""
    copy = LinearWalk(walk.dataset, walk.step)
    copy.__dict__["law"] = walk.law
    return copy


def timed(work: Callable[[], Any], repeats: int, least: float = 0.05) -> Timing:
    """The fewest over ``repeats``, each of as many calls as take ``least`` seconds."""
    calls, start = 1, time.perf_counter()
    work()
    once = time.perf_counter() - start
    calls = max(1, int(least / max(once, 1e-7)))
    walls, cpus = [], []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            work()
        walls.append((time.perf_counter() - start) / calls)
        cpus.append((time.process_time() - cpu) / calls)
    return Timing(min(cpus), sum(cpus) / sum(walls))
