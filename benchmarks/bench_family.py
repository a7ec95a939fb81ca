"""The certified phase map of two samples: corners (F1, F2) beside interval evaluation of G on each box, in one run.

    python benchmarks/bench_family.py [--quick]

Both quarter the same box to the same depth; the second one evaluates G with Arb on balls that hold all of s and p of
a box, as a general interval code would. Medians over repeats, seconds of CPU, and the open share of the box.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb

from catalysis.drift.family import TwoSampleFamily, family_map
from catalysis.exact.balls import Ball, ball, precision, sign

FAMILY = TwoSampleFamily(share=Fraction(1, 2))
S, P = (Fraction(0), Fraction(3)), (Fraction(0), Fraction(1))


def hull(low: Fraction, high: Fraction) -> Ball:
    return ball(low).union(ball(high))


def by_intervals(depth: int) -> float:
    """The open share by plain interval evaluation."""
    settled, waiting = Fraction(0), [(S, P, depth)]
    with precision(64):
        while waiting:
            s, p, left = waiting.pop()
            if sign(drift_on(hull(*s), hull(*p))):
                settled += (s[1] - s[0]) * (p[1] - p[0])
            elif left:
                middle = (s[0] + s[1]) / 2, (p[0] + p[1]) / 2
                waiting += [
                    (one, other, left - 1)
                    for one in ((s[0], middle[0]), (middle[0], s[1]))
                    for other in ((p[0], middle[1]), (middle[1], p[1]))
                ]
    return float(1 - settled / ((S[1] - S[0]) * (P[1] - P[0])))


def drift_on(s: Ball, p: Ball) -> Ball:
    """G over a box; not finite where a factor may be 0."""
    square = s * s
    top = 2 + 2 * ball(Fraction(1, 2))
    z = top / arb(1).max(square)
    return (1 - p) * abs(1 - z).log() + p * abs(1 - z * square).log()


def by_corners(depth: int) -> float:
    found = family_map(FAMILY, S, P, depth=depth)
    return float(found.open_area / found.total_area)


def timed(work: Callable[[int], Any], depth: int, repeats: int) -> tuple[float, float]:
    seconds, share = [], 0.0
    for _ in range(repeats):
        start = time.process_time()
        share = work(depth)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), share


def main(quick: bool) -> None:
    print(f"{'depth':>5} {'corners':>9} {'open':>8} {'intervals':>10} {'open':>8} {'ratio':>6}")
    for depth in (5, 7) if quick else (5, 6, 7, 8, 9):
        corners, intervals = (timed(work, depth, 3) for work in (by_corners, by_intervals))
        print(
            f"{depth:>5} {corners[0]:>8.3f}s {corners[1]:>8.3%} {intervals[0]:>9.3f}s {intervals[1]:>8.3%} "
            f"{intervals[0] / corners[0]:>5.1f}x"
        )


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
