"""The talk's example data sets, and a few that answer questions it raises; learning rate 1 throughout."""

from __future__ import annotations

from fractions import Fraction

from catalysis.data.dataset import Dataset


def _two(name: str, x: str, p: str) -> Dataset:
    """The samples 1 with probability 1 - p and sqrt(x) with probability p."""
    rows = [("first", {"x": "1", "p": 1 - Fraction(p)}), ("second", {"x": x, "p": p})]
    return Dataset.from_rows(name, "1", rows)


def first_example() -> Dataset:
    """{(1, 0.5), (1.3, 0.5)}."""
    return _two("talk-1", "1.69", "0.5")


def second_example() -> Dataset:
    """{(1, 0.83), (sqrt 2, 0.17)}."""
    return _two("talk-2", "2", "0.17")


def three_changes() -> Dataset:
    """{(1, 1/10), (sqrt 3, 9/10)}: its drift changes sign three times inside the window. Not in the talk."""
    return _two("three-changes", "3", "9/10")


def idle_half() -> Dataset:
    """{(0, 1/2), (1, 1/2)}: every second step is idle, so that SGD loses stability before full batch does."""
    rows = [("idle", {"x": "0", "p": "1/2"}), ("moving", {"x": "1", "p": "1/2"})]
    return Dataset.from_rows("idle-half", "1", rows)


def one_sample() -> Dataset:
    """{(1, 1)}, the recap's case."""
    return Dataset.from_rows("one-sample", "1", [("only", {"x": "1", "p": "1"})])
