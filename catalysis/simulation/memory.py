"""Refusing what would not fit, before it is begun."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from catalysis.exact.errors import InputError

_CONTAINER = Path("/sys/fs/cgroup/memory.max")


class MemoryNeeded(InputError):
    """A request that would not fit in memory; the text says how much it takes and what would fit."""


def memory_limit() -> int:
    """Three quarters of the memory of the machine, or of the container that allows less, in bytes."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # not every system says
        there = 2**32
    with suppress(OSError, ValueError):
        there = min(there, int(_CONTAINER.read_text()))  # "max" where there is no limit
    return there * 3 // 4


def check_memory(needed: int, what: str, offer: str, *, limit: int | None = None) -> None:
    """Raises MemoryNeeded if `needed` bytes are over the limit."""
    limit = memory_limit() if limit is None else limit
    if needed > limit:
        raise MemoryNeeded(f"{what} would take {_size(needed)}, {_size(limit)} are there: {offer}")


def _size(amount: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 10_000 or unit == "TB":
            return f"{amount} {unit}"
        amount //= 1000
    raise AssertionError
