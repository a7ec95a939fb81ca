"""Bounds on the work: a budget of elementary operations, and the precision ladder."""

from collections.abc import Callable
from contextlib import suppress
from math import isqrt
from typing import TypeVar

from proofs_check.core.arithmetic import Undecided
from proofs_check.core.reading import Refused

BUDGET = 10_000_000
"""Units per certificate; a unit is at most about a microsecond."""

FIRST_BITS = 64
MOST_BITS = 1 << 15

T = TypeVar("T")


class Work:
    """What is left of the budget of one certificate. `spend` raises `Refused` when it is used up."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.left = budget

    def spend(self, operations: int, bits: int = 0) -> None:
        """Book `operations` products of numbers of `bits` bits, before they are done."""
        self.left -= operations * (1 + (bits * isqrt(bits) >> 13))
        if self.left < 0:
            self.left = 0
            raise Refused("the budget of elementary operations is used up")

    def spend_on_rows(self, count: int, bits: int) -> None:
        """Book `count` products in lists: a quarter of a unit each, and what long numbers take more."""
        self.spend(count // 4 + count * (bits * isqrt(bits) >> 13))

    def spend_on_divisions(self, count: int, bits: int) -> None:
        """Book `count` divisions or gcds of numbers of `bits` bits: quadratic in their length."""
        self.spend(count * (1 + (bits * bits >> 19)))

    def spend_on_scaling(self, count: int, bits: int, by: int) -> None:
        """Book `count` products of intervals of `bits` bits, among themselves and by rationals of `by` bits."""
        self.spend(count * (1 + ((bits + by) * bits >> 18)))

    def spend_on_logs(self, count: int, bits: int, size: int = 0) -> None:
        """Book `count` logarithms or exponentials at `bits` bits (a series of about bits/16 terms), of numbers
        of `size` bits."""
        self.spend(count * (2 + bits // 32), bits)
        self.spend(count * (size * (bits + 512) >> 18))


def decide(question: Callable[[int], T | None], most_bits: int, what: str) -> T:
    """Ask at 64, 128, ... bits until the answer is not None (nor `Undecided`), at most `most_bits`."""
    bits = FIRST_BITS
    while bits <= most_bits:
        with suppress(Undecided):
            if (answer := question(bits)) is not None:
                return answer
        bits *= 2
    raise Refused(f"{what} is not decided with {most_bits} bits")
