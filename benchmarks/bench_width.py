"""Finite-width spike bounds: how close, how fast, over widths, levels and tolerances; the checker beside them.

    python benchmarks/bench_width.py [--fine]

The data are the talk's first example at lambda = 1.42, mu_0 = 1. Prints one line for each case: proved bounds,
their ratio, the tools, CPU seconds, those that proofs_check takes for what the certificate carries, and its size.
"""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction

from catalysis import LinearWalk, parse_samples
from catalysis.certificate.document import certificate_of, claim
from catalysis.nonlinear.spike import width_spike
from proofs_check.certificate import check_certificate

CASES = [(n, "0.1", "2") for n in (4, 6, 8, 10, 12, 14)] + [
    (12, c, "1") for c in ("0.05", "0.01", "0.001", "0.0001")
]
FINE = [(12, "0.1", t) for t in ("0.5", "0.2", "0.05")]


def main() -> None:
    walk = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))
    print(
        f"{'width':>6} {'kappa':>7} {'tol':>4} {'lower':>11} {'upper':>11} {'ratio':>6} tools  seconds  check      kB"
    )
    for n, kappa, tolerance in CASES + (FINE if "--fine" in sys.argv else []):
        start = time.process_time()
        found = width_spike(
            walk,
            Fraction("1.42"),
            Fraction(10) ** n,
            Fraction(1),
            Fraction(kappa),
            tolerance=Fraction(tolerance),
        )
        made = time.process_time()
        document = json.dumps(certificate_of(walk.dataset, [claim(found)])).encode()
        proved = all(verdict.proved for verdict in check_certificate(document))
        done = time.process_time()
        print(
            f"1e{n:<4} {kappa:>7} {tolerance:>4} {float(found.lower.value):>11.4g} {float(found.upper.value):>11.4g} "
            f"{found.ratio or 0:>6.3g} {found.lower.method}/{found.upper.method} {made - start:8.2f} "
            f"{done - made:6.2f} {len(document) // 1000:>7} {'proved' if proved else 'NOT PROVED'}"
        )


if __name__ == "__main__":
    main()
