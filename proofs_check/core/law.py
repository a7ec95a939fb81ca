"""The law of the curvature x that one step draws, worked out exactly, and what follows from it alone."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd

from proofs_check.core.budget import Work
from proofs_check.core.data import MOST_SCALE_BITS, MOST_TOTAL_BITS, Data, Step
from proofs_check.core.minibatch import sums_of_draws
from proofs_check.core.reading import Refused


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

    def stretches(self, q: Fraction, most: int = 2) -> bool:
        """Whether q xi* > most: for 2, whether some |1 - q xi| exceeds 1."""
        return q.numerator * self.numerators[-1] > most * q.denominator * self.scale

    def pole(self, j: int) -> Fraction:
        """The pole pi_(j+1) of theory.md, pi_1 < ... < pi_m: 1/xi_(m-j)."""
        return Fraction(self.scale, self.numerators[-1 - j])

    @cached_property
    def alike(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The atoms grouped by weight: pairs (weight, indices)."""
        groups: dict[int, list[int]] = defaultdict(list)
        for i, k in enumerate(self.weights):
            groups[k].append(i)
        return tuple((k, tuple(indices)) for k, indices in groups.items())

    def poles_below(self, q: Fraction) -> tuple[int, int]:
        """How many poles are < q, and how many <= q, for q > 0: the pole of u is < q if u > scale/q."""
        whole, rest = divmod(self.scale * q.denominator, q.numerator)
        above = len(self.numerators) - bisect_right(self.numerators, whole)
        return above, above if rest else len(self.numerators) - bisect_left(self.numerators, whole)

    def pole_number(self, q: Fraction) -> int | None:
        """The number (from 0) of the pole q, or None if q is no pole."""
        below, up_to = self.poles_below(q) if q > 0 else (0, 0)
        return below if below < up_to else None


@dataclass(frozen=True)
class Case:
    """What every proof about one law needs: the law, the budget, the most bits of precision."""

    law: Law
    work: Work
    most_bits: int


def law_of(data: Data, step: Step, work: Work) -> Law:
    """The law of xi = learning_rate * x for one step. Refuses a law beyond the stated sizes unbegun."""
    samples = dict(zip(data.numerators, data.weights, strict=True))
    work.spend(16 * len(samples), data.bits)
    if step.kind == "full_batch":
        mean = sum(u * k for u, k in samples.items())
        return _law(data.learning_rate, {mean: 1}, data.scale * data.total, work)
    if step.kind == "single":
        return _law(data.learning_rate, samples, data.scale, work)
    if step.replacement:
        work.spend_on_divisions(len(samples), data.bits)
        common = gcd(*data.weights)
        sums = sums_of_draws({u: k // common for u, k in samples.items()}, step.size, True, work)
    else:
        sums = _sums_without_replacement(data, samples, step.size, work)
    return _law(data.learning_rate, sums, data.scale * step.size, work)


def _law(rate: Fraction, atoms: dict[int, int], scale: int, work: Work) -> Law:
    """The law with xi = rate u/scale of weight atoms[u], in lowest terms."""
    us, up, down = sorted(atoms), rate.numerator, rate.denominator * scale
    most = max(us[-1], down, max(atoms.values())).bit_length() + up.bit_length()
    if most * len(us) > MOST_TOTAL_BITS:
        raise Refused("the rates are too many and too long")
    work.spend_on_divisions(3 * len(us) + 2, most)
    own, common = gcd(up * gcd(*us), down), gcd(*atoms.values())
    if (down // own).bit_length() > MOST_SCALE_BITS:
        raise Refused("the common denominator of the rates is too large")
    numerators = [u * up // own for u in us]
    weights = [atoms[u] // common for u in us]
    idle = weights.pop(0) if us[0] == 0 else 0
    return Law(tuple(numerators[us[0] == 0 :]), down // own, tuple(weights), idle, sum(weights) + idle)


def _sums_without_replacement(data: Data, counts: dict[int, int], size: int, work: Work) -> dict[int, int]:
    """Weights of the sums of `size` of the sum(counts) items; leaving out the rest is the same choice."""
    if not data.counted:
        raise Refused("a minibatch without replacement needs counts")
    if size > data.total:
        raise Refused("the minibatch is larger than the number of items")
    if 2 * size <= data.total:
        return sums_of_draws(counts, size, False, work)
    everything = sum(u * k for u, k in counts.items())
    left_out = sums_of_draws(counts, data.total - size, False, work)
    return {everything - u: k for u, k in left_out.items()}
