"""Replica-steps per second of the simulations, beside simpler ways, all in one run on one core.

    python benchmarks/bench_simulation.py [--quick]

Prints medians over repeats, in seconds of CPU (one thread each), ratios to plain numpy, and cpu/wall (below 1:
others had the core). The loops in numba need it installed; without it they are left out. The last lines time
importance sampling.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalysis.simulation import (
    Estimate,
    Start,
    StepLaw,
    TiltedReducedMap,
    TiltedWalk,
    WalkLaw,
    reduced_ends,
    walk_paths,
)
from catalysis.simulation.estimates import Tally
from catalysis.simulation.fast import numba_is_there
from catalysis.simulation.laws import cramer_tilt
from catalysis.simulation.streams import root_of, stream_of

STEPS = 200
CURVATURE = 1.42
START = Start(1e-3, CURVATURE)
LANES = 16


@dataclass(frozen=True)
class Timing:
    """Replica-steps per second of CPU, and the share of the wall time that the process computed."""

    rate: float
    cpu: float


def timed(work: Callable[[int], Any], replicas: int, repeats: int) -> Timing:
    """The median over repeats; the number of replicas is raised until one takes a tenth of a second."""
    work(LANES)
    while True:
        start = time.perf_counter()
        work(replicas)
        if time.perf_counter() - start > 0.1:
            break
        replicas *= 2
    rates, shares = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work(replicas)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        rates.append(replicas * STEPS / cpu)
        shares.append(cpu / wall)
    return Timing(statistics.median(rates), statistics.median(shares))


def data(m: int, equal: bool) -> tuple[np.ndarray, np.ndarray]:
    """x and p of m samples."""
    x = np.linspace(1.0, 1.69, m) if m > 1 else np.array([1.0])
    p = np.full(m, 1 / m) if equal else np.random.default_rng(m).dirichlet(np.full(m, 2.0))
    return x, p


# Plain numpy: one pass of numpy after another, one step at a time.


def naive_walk(x: np.ndarray, p: np.ndarray) -> Callable[[int], Any]:
    logs, ends = np.log(np.abs(1 - CURVATURE * x)), np.cumsum(p)[:-1]
    generator = np.random.default_rng(0)

    def run(replicas: int) -> np.ndarray:
        now, top = np.zeros(replicas), np.zeros(replicas)
        for _ in range(STEPS):
            now = now + logs[np.searchsorted(ends, generator.random(replicas), "right")]
            top = np.maximum(top, now)
        return top

    return run


def naive_map(x: np.ndarray, p: np.ndarray) -> Callable[[int], Any]:
    ends = np.cumsum(p)[:-1]
    generator = np.random.default_rng(0)

    def run(replicas: int) -> np.ndarray:
        kappa, L = np.full(replicas, START.kappa), np.full(replicas, START.L)
        top = np.abs(kappa)
        for _ in range(STEPS):
            s = x[np.searchsorted(ends, generator.random(replicas), "right")]
            kappa, L = (1 - s * L + (s * kappa) ** 2) * kappa, L - kappa**2 * s * (4 - s * L)
            top = np.maximum(top, np.abs(kappa))
        return top

    return run


# Numba: one loop for each replica, and 16 replicas side by side without a branch.


def numba_loops(x: np.ndarray, p: np.ndarray) -> dict[str, Callable[[int], Any]]:
    """The four loops: walk and map, simple and in lanes."""
    import numba

    logs, ends = np.log(np.abs(1 - CURVATURE * x)), np.cumsum(p)[:-1].copy()
    kappa_0, L_0 = START.kappa, START.L

    @numba.njit
    def simple_walk(replicas: int) -> np.ndarray:
        top = np.zeros(replicas)
        for r in range(replicas):
            now = best = 0.0
            for _ in range(STEPS):
                u, i = np.random.random(), 0
                while i < ends.size and u >= ends[i]:
                    i += 1
                now += logs[i]
                best = max(best, now)
            top[r] = best
        return top

    @numba.njit
    def simple_map(replicas: int) -> np.ndarray:
        top = np.zeros(replicas)
        for r in range(replicas):
            k, n, best = kappa_0, L_0, abs(kappa_0)
            for _ in range(STEPS):
                u, i = np.random.random(), 0
                while i < ends.size and u >= ends[i]:
                    i += 1
                s = x[i]
                k, n = (1 - s * n + (s * k) ** 2) * k, n - k * k * s * (4 - s * n)
                best = max(best, abs(k))
            top[r] = best
        return top

    @numba.njit(fastmath=True)
    def uniform(a: np.ndarray, b: np.ndarray, u: np.ndarray) -> None:
        for i in range(LANES):  # xorshift128+
            y, z = a[i], b[i]
            u[i] = ((y + z) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
            y ^= y << np.uint64(23)
            a[i] = z
            b[i] = y ^ z ^ (y >> np.uint64(18)) ^ (z >> np.uint64(5))

    @numba.njit(fastmath=True)
    def chosen(values: np.ndarray, u: np.ndarray, out: np.ndarray) -> None:
        first = values[0]
        for i in range(LANES):
            out[i] = first
        for j in range(ends.size):
            end, rise = ends[j], values[j + 1] - values[j]
            for i in range(LANES):
                out[i] += rise if u[i] >= end else 0.0

    @numba.njit(fastmath=True)
    def walk_group(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        now, top, u, s = np.zeros(LANES), np.zeros(LANES), np.empty(LANES), np.empty(LANES)
        for _ in range(STEPS):
            uniform(a, b, u)
            chosen(logs, u, s)
            for i in range(LANES):
                now[i] += s[i]
                top[i] = max(top[i], now[i])
        out[:] = top

    @numba.njit(fastmath=True)
    def map_group(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        k, n, top = np.full(LANES, kappa_0), np.full(LANES, L_0), np.full(LANES, abs(kappa_0))
        u, s = np.empty(LANES), np.empty(LANES)
        for _ in range(STEPS):
            uniform(a, b, u)
            chosen(x, u, s)
            for i in range(LANES):
                sk, sn = s[i] * k[i], s[i] * n[i]
                n[i] -= k[i] * sk * (4 - sn)
                k[i] *= 1 - sn + sk * sk
                top[i] = max(top[i], abs(k[i]))
        out[:] = top

    state = np.random.SeedSequence(0).generate_state(2 * LANES, np.uint64).reshape(2, LANES)

    @numba.njit
    def lanes_walk(replicas: int) -> np.ndarray:
        a, b, top = state[0].copy(), state[1].copy(), np.empty(replicas)
        for r in range(0, replicas, LANES):
            walk_group(a, b, top[r : r + LANES])
        return top

    @numba.njit
    def lanes_map(replicas: int) -> np.ndarray:
        a, b, top = state[0].copy(), state[1].copy(), np.empty(replicas)
        for r in range(0, replicas, LANES):
            map_group(a, b, top[r : r + LANES])
        return top

    return {
        "walk simple": simple_walk,
        "walk lanes": lanes_walk,
        "map simple": simple_map,
        "map lanes": lanes_map,
    }


def ours_walk(x: np.ndarray, p: np.ndarray) -> Callable[[int], Any]:
    law = WalkLaw(np.log(np.abs(1 - CURVATURE * x)), p)
    return lambda replicas: walk_paths(law, steps=STEPS, replicas=replicas, seed=1)


def ours_map(x: np.ndarray, p: np.ndarray, engine: Any) -> Callable[[int], Any]:
    law = StepLaw(x, p)
    return lambda replicas: reduced_ends(law, START, steps=STEPS, replicas=replicas, seed=1, engine=engine)


def table(m: int, equal: bool, repeats: int) -> None:
    x, p = data(m, equal)
    print(f"\nm = {m}, {'equal' if equal else 'random'} weights")
    print(f"{'':44s}{'walk':>10s}{'ratio':>8s}{'cpu/wall':>10s}{'map':>12s}{'ratio':>8s}{'cpu/wall':>10s}")
    rows: list[tuple[str, Callable[[int], Any] | None, Callable[[int], Any] | None]] = [
        ("numpy, one step at a time", naive_walk(x, p), naive_map(x, p))
    ]
    if numba_is_there():
        loops = numba_loops(x, p)
        rows.append(("numba, one loop for each replica", loops["walk simple"], loops["map simple"]))
        rows.append(("numba, 16 lanes, xorshift, no branches", loops["walk lanes"], loops["map lanes"]))
    rows.append(("catalysis, numpy alone", ours_walk(x, p), ours_map(x, p, "numpy")))
    if numba_is_there():
        rows.append(("catalysis, extra `fast` (same bits)", None, ours_map(x, p, "numba")))
    base: list[float] = []
    for name, walk, nonlinear in rows:
        cells = []
        for column, work in enumerate((walk, nonlinear)):
            if work is None:
                cells.append(" " * 28)
                continue
            found = timed(work, 16384, repeats)
            if len(base) == column:
                base.append(found.rate)
            cells.append(f"{found.rate:10.2e}{found.rate / base[column]:8.1f}{found.cpu:10.2f}")
        print(f"{name:44s}" + "  ".join(cells))


def rare(repeats: int) -> None:
    """Seconds to a relative error of 1 % at P = 1e-12, tables included."""
    print("\nimportance sampling to 1 % at P = 1e-12")
    for m in (2, 10, 100):
        x, p = data(m, True)
        law = WalkLaw(np.log(np.abs(1 - CURVATURE * x)), p)
        theta = cramer_tilt(law)
        assert theta is not None
        level = 12 * math.log(10) / theta
        seconds, found = [], None
        for repeat in range(repeats):
            begun = time.process_time()
            hits = TiltedWalk.of(law, level, theta).hits(4000, stream_of(root_of(repeat)))
            found = Estimate.of(
                Tally.of_weights(hits.log_weight, -theta * level), -theta * level, weighted=True
            )
            seconds.append(time.process_time() - begun)
        assert found is not None
        print(f"  walk, m = {m:3d}: {_said(found)} in {statistics.median(seconds):.4f} s")
    x, p = data(2, True)
    law, theta = StepLaw(x, p), cramer_tilt(WalkLaw(np.log(np.abs(1 - CURVATURE * x)), p))
    assert theta is not None
    kappa = 0.1 * 1e-12 ** (1 / theta)
    unit, seconds = theta * math.log(kappa / 0.1), []
    for repeat in range(repeats):
        begun = time.process_time()
        tilted = TiltedReducedMap(law, Start(kappa, CURVATURE), 0.1, theta)
        hits = tilted.hits(4000, stream_of(root_of(repeat)), steps=5000)
        found = Estimate.of(Tally.of_weights(hits.log_weight, unit), unit, weighted=True)
        seconds.append(time.process_time() - begun)
    print(f"  reduced map, m = 2: {_said(found)} in {statistics.median(seconds):.4f} s")


def _said(found: Estimate) -> str:
    error = "not known" if found.relative_error is None else f"{found.relative_error:.1e}"
    return f"P = {found.value:.4e}, relative error {error}"


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    repeats = 3 if quick else 9
    print(
        f"replica-steps per CPU second, {STEPS} steps, running maximum tracked, one core, median of {repeats}"
    )
    for m, equal in ((2, True), (2, False), (10, True), (10, False), (100, True)):
        table(m, equal, repeats)
    rare(repeats)


if __name__ == "__main__":
    main()
