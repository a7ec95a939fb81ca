"""Spike probabilities of few samples: certified brackets beside importance sampling, and what they cost.

    python benchmarks/bench_spikes.py [--quick]

First a table of the shipped examples (Lundberg bounds, certified bracket, importance sampling with its standard
error, and the distance between the two in standard errors), then the times: CPU seconds, the fewest of some runs.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from catalysis.certificate import spikes as claims  # noqa: F401  teaches `claim` these results
from catalysis.certificate.document import certificate_of, claim
from catalysis.crosscheck.exponent import log_probability
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.simulation.laws import WalkLaw, cramer_tilt
from catalysis.simulation.streams import root_of, stream_of
from catalysis.spikes.probability import HittingProbability, hitting_probability
from proofs_check.certificate import check_certificate

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
CASES = [
    ("talk-1.toml", "1.25"),
    ("talk-1.toml", "1.42"),
    ("talk-1.toml", "1.5"),
    ("talk-2.toml", "1.5"),
    ("talk-2.toml", "1.7"),
    ("three-changes.toml", "0.7"),
    ("three-changes.toml", "1"),
]
LEVELS = (Fraction(10), Fraction(10) ** 6)

FIVE = "x=3.2977:1/99, x=9827/5000:31/99, x=1.5667:16/33, x=0.1301:8/99, x=6881/2000:1/9"
EVEN_FIVE = "x=1:1/5, x=3/2:1/5, x=2:1/5, x=1/2:1/5, x=7/3:1/5"
EVEN_SIX = "x=1:1/6, x=3/2:1/6, x=2:1/6, x=1/2:1/6, x=7/3:1/6, x=11/10:1/6"

TIMED: list[tuple[str, str, str, Fraction, int]] = [
    ("2 samples, P ~ 5e-11", "1:1/2, x=1.69:1/2", "1.42", Fraction(10) ** 6, 9),
    ("2 samples, P ~ 4e-34", "1:1/2, x=1.69:1/2", "1.42", 4 * Fraction(10) ** 19, 9),
    ("2 samples, P ~ 4e-34", "1:1/2, x=1.69:1/2", "1.42", 4 * Fraction(10) ** 19, 30),
    ("2 samples, P ~ 1e-510", "1:1/2, x=1.69:1/2", "1.42", Fraction(10) ** 300, 9),
    ("2 samples, theta = 0.03", "1:1/2, x=1.69:1/2", "1.588", Fraction(10) ** 3, 4),
    ("3 samples, P ~ 9e-17", "x=1:1/3, x=3/2:1/3, x=2:1/3", "1.2", Fraction(10) ** 6, 6),
    ("3 samples, P ~ 4e-8", "x=1:1/3, x=3/2:1/3, x=2:1/3", "1.31", Fraction(10) ** 6, 6),
    ("3 samples, P ~ 4e-8", "x=1:1/3, x=3/2:1/3, x=2:1/3", "1.31", Fraction(10) ** 6, 9),
    ("4 samples, P ~ 1e-7", "x=1:1/4, x=3/2:1/4, x=2:1/4, x=1/2:1/4", "1.3", Fraction(10) ** 4, 4),
    ("4 samples, theta = 0.67", "x=1:1/4, x=3/2:1/4, x=2:1/4, x=1/2:1/4", "1.6", Fraction(10) ** 4, 4),
    ("5 samples, theta = 1.2", FIVE, "6996/6881", Fraction(3), 4),
    ("5 samples, theta = 0.15", EVEN_FIVE, "1.49", Fraction(10) ** 3, 4),
    ("6 samples, theta = 3.0", EVEN_SIX, "1.1", Fraction(10) ** 3, 4),
    ("6 samples, theta = 1.2", EVEN_SIX, "1.3", Fraction(10) ** 3, 4),
    ("6 samples, theta = 0.83", EVEN_SIX, "1.38", Fraction(10) ** 3, 4),
    ("6 samples, theta = 0.53", EVEN_SIX, "1.45", Fraction(10) ** 3, 4),
    ("2 samples, theta = 0.017", "1:1/2, x=1.69:1/2", "1.59", Fraction(10) ** 3, 4),
    ("2 samples, theta = 0.012", "1:1/2, x=1.69:1/2", "1.5905", Fraction(10) ** 3, 4),
]


def fastest(work: Callable[[], Any], runs: int) -> tuple[Any, float]:
    """The result and the least CPU time."""
    best, result = math.inf, None
    for _ in range(runs):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return result, best


def sampled(walk: LinearWalk, curvature: Fraction, level: Fraction) -> tuple[float, float]:
    """log P by importance sampling, and its standard error."""
    law = WalkLaw.at(walk.law, curvature)
    tilt = cramer_tilt(law)
    assert tilt is not None
    found = log_probability(law, math.log(level), tilt, stream_of(root_of(0), 0))
    return found.value, found.error


def table_of_examples() -> None:
    print("| data | lambda | K | Lundberg | certified | importance sampling | distance, se |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, at in CASES:
        walk = LinearWalk(load_dataset(EXAMPLES / name))
        for level in LEVELS:
            found = hitting_probability(walk, Fraction(at), level, digits=7)
            assert found.enclosure is not None and found.lundberg is not None
            value, error = sampled(walk, Fraction(at), level)
            middle = float(found.enclosure.midpoint)
            distance = (value - math.log(middle)) / max(error, 1e-8)  # equal weights leave the rounding alone
            low, high = found.enclosure.decimals(9)
            below, above = found.lundberg.decimals(4)
            print(
                f"| {name[:-5]} | {at} | {float(level):g} | [{below}, {above}] | [{low}, {high}] "
                f"| {math.exp(value):.5g} ± {math.exp(value) * error:.1g} | {distance:+.1f} |"
            )


def proved(walk: LinearWalk, result: HittingProbability) -> None:
    raw = json.dumps(certificate_of(walk.dataset, [claim(result)])).encode()
    assert all(verdict.proved for verdict in check_certificate(raw))


def table_of_times(runs: int) -> None:
    print("| case | digits | steps | updates | certified, s | checker, s | importance sampling to 1 %, ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, samples, at, level, digits in TIMED:
        walk = LinearWalk(parse_samples(samples))
        result, seconds = fastest(
            lambda w=walk, a=at, k=level, d=digits: hitting_probability(w, Fraction(a), k, digits=d), runs
        )
        (_, error), once = fastest(lambda w=walk, a=at, k=level: sampled(w, Fraction(a), k), 1)
        _, check = fastest(lambda w=walk, r=result: proved(w, r), 1)
        counts = result.bounds.counts
        size = f"{counts.steps} | {counts.states:.2g}" if counts else f"{result.method} | "
        assert result.enclosure is not None
        if result.shortfall:
            size += f" (limited: {float(result.enclosure.width / result.enclosure.lower):.1e})"
        simulated = 1000 * once * (error / 0.01) ** 2
        print(f"| {name} | {digits} | {size} | {seconds:.3f} | {check:.2f} | {simulated:.2f} |")


def main() -> None:
    table_of_examples()
    print()
    table_of_times(1 if "--quick" in sys.argv else 5)


if __name__ == "__main__":
    main()
