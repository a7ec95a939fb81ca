"""The law of the curvature x that one step draws, worked out exactly, and what follows from it alone."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd

from proofs_check.core.budget import Work
from proofs_check.core.data import Data, Step, common_scale
from proofs_check.core.minibatch import sums_of_draws
from proofs_check.core.refusal import Refused


@dataclass(frozen=True)
class Law:
    """Positive rates xi_i = numerators[i]/scale, strictly increasing, with probability weights[i]/total.

    `idle` is the weight of the atom x = 0: sum(weights) + idle = total. All are integers.
    """

    numerators: tuple[int, ...]
    scale: int
    weights: tuple[int, ...]
    idle: int
    total: int

    @cached_property
    def bits(self) -> int:
        """The size of the largest integer in the law."""
        return max(self.scale, self.numerators[-1], self.total).bit_length()

    @cached_property
    def largest_rate(self) -> Fraction:
        """xi*."""
        return Fraction(self.numerators[-1], self.scale)

    @cached_property
    def poles(self) -> tuple[Fraction, ...]:
        """The poles pi_1 < ... < pi_m of theory.md; pole number j (from 0) is 1/xi_(m-1-j)."""
        return tuple(Fraction(self.scale, u) for u in reversed(self.numerators))

    @cached_property
    def alike(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The atoms grouped by weight: pairs (weight, indices)."""
        groups: dict[int, list[int]] = defaultdict(list)
        for i, k in enumerate(self.weights):
            groups[k].append(i)
        return tuple((k, tuple(indices)) for k, indices in groups.items())

    def pole_number(self, q: Fraction) -> int | None:
        """The number (from 0) of the pole q, or None if q is no pole."""
        k = bisect_left(self.poles, q)
        return k if k < len(self.poles) and self.poles[k] == q else None

    def gap(self, q: Fraction) -> int | None:
        """The gap that holds q > 0, or None if q is a pole."""
        return bisect_left(self.poles, q) if self.pole_number(q) is None else None

    def gap_ends(self, k: int) -> tuple[Fraction, Fraction | None]:
        """The ends of gap k, the upper one None for infinity."""
        return (self.poles[k - 1] if k else Fraction(0), self.poles[k] if k < len(self.poles) else None)

    def gaps_meeting(self, start: Fraction, end: Fraction | None) -> range:
        """The gaps that meet the open interval (start, end), start < end; end None is infinity."""
        first = bisect_right(self.poles, start)
        last = len(self.poles) if end is None else bisect_left(self.poles, end)
        return range(first, last + 1)


@dataclass(frozen=True)
class Case:
    """What every proof about one law needs: the law, the budget, the most bits of precision."""

    law: Law
    work: Work
    most_bits: int


def law_of(data: Data, step: Step, work: Work) -> Law:
    """The law of xi = learning_rate * x for one step. Refuses a law beyond the stated sizes unbegun."""
    if step.kind == "full_batch":
        mean = sum(u * k for u, k in zip(data.numerators, data.weights, strict=True))
        return _law(data.learning_rate, {mean: 1}, data.scale * data.total, work)
    single = dict(zip(data.numerators, data.weights, strict=True))
    if step.kind == "single":
        return _law(data.learning_rate, single, data.scale, work)
    if step.replacement:
        common = gcd(*data.weights)
        sums = sums_of_draws({u: k // common for u, k in single.items()}, step.size, True, work)
    else:
        sums = _sums_without_replacement(data, step.size, work)
    return _law(data.learning_rate, sums, data.scale * step.size, work)


def _law(learning_rate: Fraction, atoms: dict[int, int], scale: int, work: Work) -> Law:
    """The law with x = u/scale of weight atoms[u], in lowest terms."""
    common = gcd(*atoms.values())
    us = sorted(atoms)
    weights = [atoms[u] // common for u in us]
    rates = [learning_rate * Fraction(u, scale) for u in us]
    work.spend(4 * len(us), scale.bit_length())
    numerators, new_scale = common_scale(rates, work, "rates")
    idle = weights.pop(0) if us[0] == 0 else 0
    positive = numerators[1:] if us[0] == 0 else numerators
    return Law(positive, new_scale, tuple(weights), idle, sum(weights) + idle)


def _sums_without_replacement(data: Data, size: int, work: Work) -> dict[int, int]:
    """Weights of the sums of `size` of the sum(counts) items; leaving out the rest is the same choice."""
    if not data.counted:
        raise Refused("a minibatch without replacement needs counts")
    if size > data.total:
        raise Refused("the minibatch is larger than the number of items")
    counts = dict(zip(data.numerators, data.weights, strict=True))
    if 2 * size <= data.total:
        return sums_of_draws(counts, size, False, work)
    everything = sum(u * k for u, k in counts.items())
    left_out = sums_of_draws(counts, data.total - size, False, work)
    return {everything - u: k for u, k in left_out.items()}
