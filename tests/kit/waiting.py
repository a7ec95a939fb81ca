"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np


def becomes(true: Callable[[], bool], seconds: float) -> bool:
    """Does it become true before so many seconds are over?"""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def blocks(file: Path) -> int:
    """How many blocks are in a resume file."""
    if not file.exists():
        return 0
    with np.load(file, allow_pickle=False) as arrays:
        return int(arrays["block"].size)
