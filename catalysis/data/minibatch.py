"""The law of the mean of a minibatch, by integer arithmetic on the lattice that holds all sums."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Self

from catalysis.data.dataset import Sample
from catalysis.exact.numbers import DataError

# What a law may cost: bits of a weight, of the denominator of x, of all together; products of integers.
_MAX_WEIGHT_BITS = 1 << 15
_MAX_DENOMINATOR_BITS = 1 << 17
_MAX_TOTAL_BITS = 1 << 28
_MAX_PRODUCTS = 100_000_000
_COUNTED = 10**18


class LawTooLarge(DataError):
    """A law of a minibatch that would have too many atoms, or numbers too long, to be worked out."""


Law = dict[Fraction, Fraction]
"""Atoms, increasing, with their probabilities."""


def with_replacement(samples: Sequence[Sample], size: int, max_atoms: int) -> Law:
    """The law of the mean of x over `size` independent samples.

    `samples` have strictly increasing x. Raises DataError, before the work, if it would be too much.
    """
    lattice, m = _Lattice.of(samples), len(samples)
    weights = integers([s.p for s in samples], math.lcm(*(s.p.denominator for s in samples)))
    multisets = _binomial(size + m - 1, m - 1)
    atoms = min(multisets, size * lattice.steps[-1] + 1)
    check_atoms(atoms, max_atoms)
    _check_cost(
        weight_bits=size * (sum(weights) - 1).bit_length(),
        all_bits=atoms * (size * (sum(weights) - 1).bit_length() + lattice.bits),
        products=min(atoms * m, 2 * multisets),
    )

    def orders(i: int, drawn: int, more: int) -> int:
        return math.comb(drawn + more, more) * int(weights[i] ** more)

    few_sums = atoms * m < 2 * multisets
    ways = (
        _power(lattice.steps, weights, size) if few_sums else _draws(lattice.steps, [size] * m, size, orders)
    )
    return _law(lattice, size, ways, sum(weights) ** size)


def without_replacement(samples: Sequence[Sample], size: int, max_atoms: int) -> Law:
    """The law of the mean of x over `size` different items, at most as many as there are.

    `samples` have strictly increasing x, and counts. Raises DataError, before the work, if it would be
    too much.
    """
    lattice, m = _Lattice.of(samples), len(samples)
    counts = [s.count for s in samples if s.count is not None]
    items = sum(counts)
    # Drawing a batch leaves the other items behind: the smaller of the two is worked out.
    drawn = min(size, items - size)
    caps = [min(count, drawn) for count in counts]
    # The most frequent sample comes last, where it fills up the batch without a choice.
    order = sorted(range(m), key=lambda i: caps[i])
    multisets = min(_binomial(drawn + m - 1, m - 1), _product(caps[i] + 1 for i in order[:-1]))
    span = _fill(lattice.steps[::-1], caps[::-1], drawn) - _fill(lattice.steps, caps, drawn) + 1
    atoms = min(multisets, span)
    check_atoms(atoms, max_atoms)
    _check_cost(
        weight_bits=drawn * items.bit_length(),
        all_bits=atoms * (drawn * items.bit_length() + lattice.bits),
        products=min(2 * multisets, span * drawn * sum(caps)),
    )

    def choices(i: int, _: int, more: int) -> int:
        return math.comb(counts[order[i]], more)

    ways = _draws([lattice.steps[i] for i in order], [caps[i] for i in order], drawn, choices)
    if drawn != size:
        everything = sum(count * step for count, step in zip(counts, lattice.steps, strict=True))
        ways = {everything - total: n for total, n in ways.items()}
    return _law(lattice, size, ways, math.comb(items, drawn))


@dataclass(frozen=True)
class _Lattice:
    """Curvatures as whole steps: x_i = (first + unit * steps[i]) / denominator, steps[0] = 0."""

    first: int
    unit: int
    denominator: int
    steps: tuple[int, ...]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Self:
        denominator = common_denominator([s.x for s in samples])
        values = integers([s.x for s in samples], denominator)
        unit = math.gcd(*(v - values[0] for v in values[1:])) or 1
        return cls(values[0], unit, denominator, tuple((v - values[0]) // unit for v in values))

    @property
    def bits(self) -> int:
        """About the length of the longest curvature."""
        return (self.first + self.unit * self.steps[-1]).bit_length() + self.denominator.bit_length()

    def mean(self, total: int, size: int) -> Fraction:
        """The mean of `size` curvatures whose steps sum to `total`."""
        return Fraction(size * self.first + self.unit * total, size * self.denominator)


def _law(lattice: _Lattice, size: int, ways: Mapping[int, int], all_ways: int) -> Law:
    return {lattice.mean(total, size): Fraction(ways[total], all_ways) for total in sorted(ways)}


def _power(steps: Sequence[int], weights: Sequence[int], size: int) -> dict[int, int]:
    """The coefficients of Q = P^size, P the sum of weights[i] z^steps[i], with steps[0] = 0.

    From P Q' = size P' Q: each coefficient of Q is a short sum over the ones before it. The cost is
    the number of coefficients times the number of samples.
    """
    ways: dict[int, int] = {}
    pending = {0: 0}
    queue = [0]
    while queue:
        total = heappop(queue)
        value = pending.pop(total)
        value = value // (total * weights[0]) if total else weights[0] ** size
        if value == 0:
            continue
        ways[total] = value
        for step, weight in zip(steps[1:], weights[1:], strict=True):
            later = total + step
            if later not in pending:
                pending[later] = 0
                heappush(queue, later)
            pending[later] += weight * (step * (size + 1) - later) * value
    return ways


def _draws(
    steps: Sequence[int], caps: Sequence[int], size: int, ways: Callable[[int, int, int], int]
) -> dict[int, int]:
    """How many batches of `size` have each sum of steps, sample after sample.

    Sample i is drawn up to caps[i] times; `ways(i, drawn, more)` counts how `more` of it join `drawn`
    earlier ones. The cost is at most twice the number of multisets.
    """
    sums: dict[int, dict[int, int]] = {0: {0: 1}}
    for i, (step, cap) in enumerate(zip(steps, caps, strict=True)):
        last = i == len(steps) - 1
        for drawn in sorted(sums, reverse=True):  # so that no batch meets sample i twice
            most = min(cap, size - drawn)
            for more in range(max(1, size - drawn) if last else 1, most + 1):
                factor = ways(i, drawn, more)
                target = sums.setdefault(drawn + more, {})
                for total, n in sums[drawn].items():
                    later = total + more * step
                    target[later] = target.get(later, 0) + factor * n
    return sums.get(size, {})


def check_atoms(atoms: int, max_atoms: int) -> None:
    """Refuse, with LawTooLarge, a law of too many atoms."""
    if atoms > max_atoms:
        size = f"up to {atoms}" if atoms < _COUNTED else "possibly over 10^18"
        raise LawTooLarge(f"expected a law of at most {max_atoms} atoms, it would have {size}")


def _check_cost(*, weight_bits: int, all_bits: int, products: int) -> None:
    if weight_bits > _MAX_WEIGHT_BITS:
        raise LawTooLarge(
            f"expected weights of at most {_MAX_WEIGHT_BITS} bits, they would have {weight_bits}"
        )
    if all_bits > _MAX_TOTAL_BITS:
        raise LawTooLarge(f"expected a law of at most {_MAX_TOTAL_BITS} bits, it would have up to {all_bits}")
    if products > _MAX_PRODUCTS:
        raise LawTooLarge(f"expected at most {_MAX_PRODUCTS} products, the law would take up to {products}")


def largest_sum(values: Sequence[Fraction], caps: Sequence[int], size: int) -> Fraction:
    """The largest sum of `size` items, `caps[i]` of `values[i]`; values increase."""
    common = math.lcm(*(value.denominator for value in values))
    return Fraction(_fill(integers(values, common)[::-1], caps[::-1], size), common)


def _fill(values: Sequence[int], caps: Sequence[int], size: int) -> int:
    """The sum of a batch that takes its items from the front."""
    total = 0
    for value, cap in zip(values, caps, strict=True):
        taken = min(cap, size)
        total, size = total + taken * value, size - taken
    return total


def _binomial(n: int, k: int) -> int:
    """The binomial coefficient, or some smaller number beyond _COUNTED."""
    k = min(k, n - k)
    result = 1
    for i in range(1, k + 1):
        result = result * (n - k + i) // i
        if result > _COUNTED:
            break
    return result


def _product(factors: Iterable[int]) -> int:
    """The product of positive integers, or some smaller number beyond _COUNTED."""
    result = 1
    for factor in factors:
        result *= factor
        if result > _COUNTED:
            break
    return result


def common_denominator(values: Iterable[Fraction]) -> int:
    """The least one, if it is of a length that anyone can use. Raises DataError."""
    common = 1
    for value in values:
        common = math.lcm(common, value.denominator)
        if common.bit_length() > _MAX_DENOMINATOR_BITS:
            raise DataError(f"x: expected a common denominator of at most {_MAX_DENOMINATOR_BITS} bits")
    return common


def integers(values: Sequence[Fraction], denominator: int) -> tuple[int, ...]:
    """The values in units of 1/denominator, a multiple of all their denominators."""
    return tuple(value.numerator * (denominator // value.denominator) for value in values)
