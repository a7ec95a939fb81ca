"""Replica-steps per second of walk, reduced map and network on a CUDA device, by the wall.

    python benchmarks/bench_gpu.py

Whole runs of `simulate`: draws, launches and sums, without the compilation. Says "no device" where there is none.
The figures to reach on one H200: half of what a kernel of 20 lines does, 2147e9 (walk) and 1311e9 (map) in double
precision, with two samples of equal weight.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from catalysis import Dataset, InputError, LinearWalk, simulate
from catalysis.simulation.cuda import load_cupy

CURVATURE = Fraction(142, 100)
SECONDS = 2.0


def walk_of(m: int, equal: bool) -> LinearWalk:
    """x between 1 and 1.69, as in bench_simulation.py."""
    s = [Fraction(f"{value:.6f}") for value in np.sqrt(np.linspace(1.0, 1.69, m))]
    counts = np.ones(m, int) if equal else np.random.default_rng(m).integers(1, 1000, m)
    return LinearWalk(Dataset.from_arrays(s, counts=[int(c) for c in counts], name=f"m = {m}"))


def rate(walk: LinearWalk, steps: int, replicas: int, **run: Any) -> float:
    """Of the first run that takes long enough, after a small one for which the kernels are compiled."""
    common = {"steps": steps, "device": "cuda", "factor": 100, "tilt": False} | run
    simulate(walk, CURVATURE, replicas=10, **common)
    while (found := simulate(walk, CURVATURE, replicas=replicas, **common)).seconds < SECONDS:
        replicas *= 4
    return found.replica_steps_per_second


def main() -> None:
    try:
        cupy = load_cupy()
    except InputError as error:
        print(f"no device: {error}")
        return
    print(cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())
    print(f"{'':28s}{'walk':>12s}{'map':>12s}")
    for m, equal in ((2, True), (2, False), (10, True), (10, False), (100, True)):
        walk = walk_of(m, equal)
        for steps in (200, 10_000):
            pair = [rate(walk, steps, 2**22, **run) for run in ({}, {"map": "reduced", "width": 10**6})]
            name = f"m = {m}, {'equal' if equal else 'random'}, {steps} steps"
            print(f"{name:28s}{pair[0]:12.3g}{pair[1]:12.3g}")
    network = rate(walk_of(2, True), 1000, 1000, map="network", width=10**4)
    print(f"network of width 10^4, 1000 steps: {network:.3g}")


if __name__ == "__main__":
    main()
