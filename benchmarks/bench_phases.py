"""Certified phases of the nonlinear map: one start, a phase map, and the checker.

Run it as `python benchmarks/bench_phases.py`. Times are medians; cpu/wall below 1 means that others had the core. The
plain loop in doubles certifies nothing and is there for scale.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import certificate_of, claim
from catalysis.certificate.nonlinear import phase_map_claims
from catalysis.nonlinear.phase import phase
from catalysis.nonlinear.phase_map import phase_map
from proofs_check.certificate import check_certificate

ONE = Fraction(1)
KAPPA, L = (Fraction(-5, 2), Fraction(5, 2)), (Fraction(0), Fraction(5))
NAMED = {
    "kappa 1/10, L 2.5 (catapult)": (Fraction(1, 10), Fraction(5, 2)),
    "kappa 1e-7, L 3.5 (width 1e14)": (Fraction(1, 10**7), Fraction(7, 2)),
    "kappa 1/3, L 4 - 1e-30": (Fraction(1, 3), 4 - Fraction(1, 10**30)),
    "kappa 1/3, L 4 + 1e-30 (divergent)": (Fraction(1, 3), 4 + Fraction(1, 10**30)),
    "kappa 1e-6, L 2 (slowest: 5000 steps)": (Fraction(1, 10**6), Fraction(2)),
    "kappa 1e-9, L 2 + 1e-6 (not followed)": (Fraction(1, 10**9), 2 + Fraction(1, 10**6)),
}


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Median wall seconds, and cpu/wall."""
    walls, shares = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        walls.append(wall)
        shares.append(cpu / wall)
    return statistics.median(walls), statistics.median(shares)


def plain(kappa: float, level: float) -> float:
    """2000 steps of the map in doubles."""
    for _ in range(2000):
        kappa, level = (1 - level + kappa * kappa) * kappa, level - kappa * kappa * (4 - level)
    return level


def starts(count: int) -> list[tuple[Fraction, Fraction]]:
    chance = random.Random(7)
    found = []
    for _ in range(count):
        level = Fraction(chance.randint(1, 6000), 1000)
        found.append((level / 2 * Fraction(chance.randint(1, 999), 1000), level))
    return found


def main() -> None:
    print("one certified phase (ms)")
    for name, start in NAMED.items():
        wall, share = timed(lambda start=start: phase(ONE, *start), 9)
        print(f"  {name:42s}{wall * 1e3:8.2f}   cpu/wall {share:.2f}")
    many = starts(200)
    each = []
    for start in many:
        begun = time.perf_counter()
        phase(ONE, *start)
        each.append(time.perf_counter() - begun)
    print(f"  200 random starts: median {statistics.median(each) * 1e3:.2f}, largest {max(each) * 1e3:.2f}")
    wall, _ = timed(lambda: plain(1e-7, 3.5), 9)
    print(f"  for scale, 2000 steps in doubles, nothing certified: {wall * 1e3:.2f}")

    print("\nphase map of [-5/2, 5/2] x [0, 5], x = 1")
    print(
        f"  {'depth':>5s}{'finest cells':>14s}{'boxes':>8s}{'undecided area':>16s}{'seconds':>9s}{'checker s':>11s}"
    )
    for depth in (5, 6, 7, 8, 9, 10):
        wall, _ = timed(lambda depth=depth: phase_map(ONE, KAPPA, L, depth=depth), 3)
        found = phase_map(ONE, KAPPA, L, depth=depth)
        raw = json.dumps(certificate_of(None, phase_map_claims(found))).encode()
        begun = time.perf_counter()
        assert all(verdict.proved for verdict in check_certificate(raw))
        checked = time.perf_counter() - begun
        cells = f"{2 * 2**depth} x {3 * 2**depth}"
        row = f"{depth:5d}{cells:>14s}{len(found.cells):8d}{float(found.undecided_area):16.5f}"
        print(f"  {row}{wall:9.2f}{checked:11.2f}")

    print("\nchecker, one start (ms)")
    for name, start in NAMED.items():
        raw = json.dumps(certificate_of(None, [claim(phase(ONE, *start))])).encode()
        wall, _ = timed(lambda raw=raw: check_certificate(raw), 5)
        print(f"  {name:42s}{wall * 1e3:8.2f}")


if __name__ == "__main__":
    main()
