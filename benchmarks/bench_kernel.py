"""The kernel of a network with 10^6 parameters on 500 samples (needs torch), then its exact repair: time and memory.

python benchmarks/bench_kernel.py [SAMPLES]
"""

from __future__ import annotations

import resource
import sys
import time

import torch

from catalysis.torch import MEMORY, empirical_kernel


def peak() -> float:
    """Gigabytes of resident memory at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main(samples: int) -> None:
    torch.manual_seed(0)
    width = 968
    model = torch.nn.Sequential(
        torch.nn.Linear(64, width),
        torch.nn.Tanh(),
        torch.nn.Linear(width, width),
        torch.nn.Tanh(),
        torch.nn.Linear(width, 1),
    )
    X = torch.randn(samples, 64)
    before, start = peak(), time.perf_counter()
    kernel = empirical_kernel(model, X)
    took = time.perf_counter() - start
    print(f"{samples} samples, {kernel.meta.parameters} parameters, {torch.get_num_threads()} threads")
    print(
        f"Gram matrix: {took:.1f} s, peak {peak():.2f} GB (torch alone {before:.2f}, gradients {MEMORY / 1e9} GB)"
    )
    start = time.perf_counter()
    data = kernel.data()
    print(f"exact data: {time.perf_counter() - start:.1f} s, peak {peak():.2f} GB")
    if data.origin is not None:
        print(*data.origin.lines(), sep="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
