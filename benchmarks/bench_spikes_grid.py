"""Spike probabilities of many samples: tables of pieces, what they cost, and importance sampling beside them.

    python benchmarks/bench_spikes_grid.py [--quick]

For each data set the seconds to a relative width of 1e-1, 1e-2 and 1e-3, what a claim that carries this very bracket
takes, and the seconds of the checker. CPU seconds; the bracket must hold the estimate to within three standard errors.
"""

from __future__ import annotations

import json
import math
import sys
import time
from fractions import Fraction
from typing import Any

import numpy as np

from catalysis.certificate.document import certificate_of
from catalysis.certificate.spikes import pieces_claim
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exponent.factors import StepFactors
from catalysis.simulation import TiltedWalk, WalkLaw
from catalysis.simulation.streams import root_of, stream_of
from catalysis.spikes.pieces_bounds import PieceBounds, pieces_bounds
from proofs_check.certificate import check_certificate

LEVEL = Fraction(10) ** 6
WIDTHS = (Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000))
CASES = [
    (m, kind, share) for m in (10, 100, 1000) for kind, share in (("normal", "3/10"), ("uniform", "3/10"))
]
CASES.insert(4, (100, "normal", "3/5"))


def walk_of(size: int, kind: str, share: Fraction) -> tuple[LinearWalk, Fraction]:
    """x = s^2 for standard normal or uniform s, so far into the catapult window."""
    stream = np.random.default_rng(1)
    s = stream.standard_normal(size) if kind == "normal" else stream.uniform(0.2, 1, size)
    x = [Fraction(round(float(v) ** 2 * 10**6), 10**6) for v in s]
    walk = LinearWalk(Dataset.from_arrays(x=x, name=f"{size} {kind}"))
    return walk, 2 / max(x) * (1 + share)


def sampled(steps: StepFactors, seconds: float) -> tuple[float, float]:
    """log of the estimate, and its relative standard error."""
    law = WalkLaw(
        np.array([math.log(r) for r in steps.factors]), np.array([float(q) for q in steps.moving_weights])
    )
    exponent = steps.exponent().enclosure
    assert exponent is not None
    tilt = float(exponent.midpoint)
    walk, stream = TiltedWalk.of(law, math.log(LEVEL), tilt), stream_of(root_of(1))
    shares: list[Any] = []
    start = time.process_time()
    while time.process_time() - start < seconds:
        shares.append(np.exp(walk.hits(20_000, stream).log_weight + tilt * math.log(LEVEL)))
    worth = np.concatenate(shares)
    mean = float(worth.mean())
    return math.log(mean) - tilt * math.log(LEVEL), float(worth.std()) / mean / math.sqrt(len(worth))


def timed(steps: StepFactors, width: Fraction) -> tuple[PieceBounds, float]:
    start = time.process_time()
    found = pieces_bounds(steps, LEVEL, relative_width=width)
    return found, time.process_time() - start


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    print(
        "| samples | lambda | P | width asked | reached | s | megabytes | checker, s "
        "| agrees with sampling (relative error) |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for size, kind, share in CASES:
        if quick and size == 1000:
            continue
        walk, curvature = walk_of(size, kind, Fraction(share))
        steps = StepFactors.of(walk, curvature)
        log_mean, error = sampled(steps, 0.5 if quick else 2)
        for width in WIDTHS[:2] if quick else WIDTHS:
            found, seconds = timed(steps, width)
            assert found.width is not None
            ends = math.log(found.lower), math.log(found.upper)
            agrees = ends[0] - 3 * error <= log_mean <= ends[1] + 3 * error
            assert agrees, (size, kind, share)
            size_of, checked = claimed(walk, curvature, found)
            note = "" if found.limited_by is None else " (limited)"
            print(
                f"| {size} {kind} | {share} into the window | {float(found.upper):.3g} | {float(width):.0e} "
                f"| {float(found.width):.1e}{note} | {seconds:.2f} | {size_of:.2f} | {checked:.2f} "
                f"| yes ({error:.1e}) |",
                flush=True,
            )


def claimed(walk: LinearWalk, curvature: Fraction, found: PieceBounds) -> tuple[float, float]:
    raw = json.dumps(certificate_of(walk.dataset, [pieces_claim(walk, curvature, LEVEL, found)])).encode()
    start = time.process_time()
    (verdict,) = check_certificate(raw)
    assert verdict.proved, verdict.statement
    return len(raw) / 1e6, time.process_time() - start


if __name__ == "__main__":
    main()
