"""Long lists of cases: a fixed part of them in the quick tests, all of them in the slow ones."""

import itertools
from collections.abc import Iterable, Iterator
from random import Random
from typing import TypeVar

import pytest

T = TypeVar("T")

QUICK = 12
"""The quick tests take one case of so many."""

some_then_all = pytest.mark.parametrize(
    "every", [pytest.param(QUICK, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)
"""Two tests: the argument `every` is QUICK, or 1 in the slow one."""


def part(cases: Iterable[T], every: int) -> Iterator[T]:
    """One of `every` successive cases, chosen by a fixed seed, so that no pattern of the list is missed."""
    chance, source = Random(20), iter(cases)
    while group := list(itertools.islice(source, every)):
        yield chance.choice(group)
