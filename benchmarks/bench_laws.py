"""Populations: theta to 12 digits for a normal law, and for isotropic features at d = 100, b = 5; thresholds.

Goals: 0.5 s and 2 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from catalysis.populations.answer import law_answer
from catalysis.populations.extremal import arch_extremal_index
from catalysis.populations.threshold import law_thresholds

CASES: dict[str, Callable[[], Any]] = {
    "normal(0, 3/10), theta to 12 digits": lambda: law_answer("normal(0, 3/10)", 2),
    "normal(1/2, 3/10), theta to 12 digits": lambda: law_answer("normal(1/2, 3/10)", 5),
    "truncated(normal(0, 3/10), -1, 1), theta to 12 digits": lambda: law_answer(
        "truncated(normal(0, 3/10), -1, 1)", 4
    ),
    "d = 100, b = 5, theta to 12 digits": lambda: law_answer(
        "normal(0, 1)", "0.09", dimension=100, batch_size=5
    ),
    "d = 1000, b = 5, theta to 12 digits": lambda: law_answer(
        "normal(0, 1)", "0.0099", dimension=1000, batch_size=5
    ),
    "d = 100, b = 1, thresholds to 12 digits": lambda: law_thresholds("normal(0, 1)", dimension=100),
    "extremal index of ARCH(1), 8192 cells": lambda: arch_extremal_index("0.5"),
}


def main() -> None:
    for name, ask in CASES.items():
        start, used = time.perf_counter(), time.process_time()
        ask()
        wall, cpu = time.perf_counter() - start, time.process_time() - used
        print(f"{name:45} {wall:8.3f} s, {cpu:8.3f} s of processor time")


if __name__ == "__main__":
    main()
