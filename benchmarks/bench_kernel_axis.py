"""The learning-rate axis of kernels like those of tanh networks, of full rank: how long it takes, and its certificate.

    python benchmarks/bench_kernel_axis.py [SAMPLES]

Prints one line for each case, CPU seconds beside wall seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalysis.certificate.document import certificate_of
from catalysis.certificate.kernels import advice_claims
from catalysis.products.kernel_axis import KernelAdvice, advise_kernel
from proofs_check.certificate import check_certificate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from kit.kernels import rounded_kernel, tanh_like


def row(name: str, work: Callable[[], Any], say: Callable[[Any], str]) -> Any:
    cpu, wall = time.process_time(), time.perf_counter()
    found = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{name:44} {cpu:8.3f} {wall:8.3f}   {say(found)}", flush=True)
    return found


def told(found: KernelAdvice) -> str:
    low, high = found.mean_square
    return f"the mean square falls below {float(low):.6g}, not from {float(high):.6g}"


def main(samples: int) -> None:
    data = rounded_kernel(tanh_like(samples))
    for beta, batch in (("0", 1), ("0", 32), ("0.9", 32)):
        name = f"m = {samples}, momentum {beta}, batch {batch}"
        work = lambda beta=beta, batch=batch: advise_kernel(data, momentum=beta, batch_size=batch)  # noqa: E731
        found = row(f"axis: {name}", work, told)
        raw = json.dumps(certificate_of(None, advice_claims(found))).encode()
        row(
            "  its certificate, by proofs_check",
            lambda raw=raw: check_certificate(raw),
            lambda v: f"{len(v)} claims",
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
