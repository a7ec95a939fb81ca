"""Where a function passes 1: known places, steps, functions that never or always are above."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from catalysis.products.roots import passing


@pytest.mark.parametrize(
    ("value", "truth", "most"),
    [
        (lambda t: math.exp(t * t - 3), math.sqrt(3), 10),
        (lambda t: math.exp(t - math.pi / 2), math.pi / 2, 5),
        (lambda t: (t - 0.9) ** 9 * 100, 0.9 + 100 ** (-1 / 9), 60),
        (lambda t: 0.0 if t < 1.7 else math.inf, 1.7, 60),
        (lambda t: math.nan if t < 1.7 else 2.0, 1.7, 60),
        (lambda t: 0.999 if t < 1.3 else 1e9, 1.3, 60),
        (lambda t: 1.0 if t <= 1.25 else t, 1.25, 60),
    ],
)
def test_known_places(value: Callable[[float], float], truth: float, most: int) -> None:
    asked: list[float] = []
    found = passing(lambda t: asked.append(t) or value(t), 1.0, 2.0, 1e-10)  # type: ignore[func-returns-value]
    assert abs(found - truth) <= 1e-10 and len(asked) <= most
    assert all(1 <= t <= 2 for t in asked)


def test_nothing_to_pass() -> None:
    assert passing(lambda t: 2.0, 1.0, 2.0, 1e-9) == 1.0
    assert passing(lambda t: 0.5, 1.0, 2.0, 1e-9) == 2.0
