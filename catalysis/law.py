"""The law of the curvature x = s^2 that one step of SGD draws: an exact, finite law of rationals."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any, Literal, Self

from catalysis.dataset import Dataset, Sample
from catalysis.rational import DataError, brief, shown

MAX_ATOMS = 100_000
"""Atoms a law may have, unless the caller allows more."""

# What a law may cost: bits of one number, bits of all its weights, and products of integers.
_MAX_BITS = 1 << 17
_MAX_TOTAL_BITS = 1 << 28
_MAX_PRODUCTS = 30_000_000
_MAX_SIZE = 10**18


@dataclass(frozen=True)
class Step:
    """Which samples one step of SGD averages over.

    `kind` "single": one sample. "minibatch": the mean of `size >= 1` samples, independent ones with
    `replacement`, else different items of the data set. "full_batch": all. Raises DataError.
    """

    kind: Literal["single", "minibatch", "full_batch"] = "single"
    size: int = 1
    replacement: bool = True

    def __post_init__(self) -> None:
        if self.kind not in ("single", "minibatch", "full_batch"):
            raise DataError(f"step: expected single, minibatch or full_batch, found {shown(self.kind)}")
        if isinstance(self.size, bool) or not isinstance(self.size, int) or not 0 < self.size < _MAX_SIZE:
            raise DataError("batch size: expected a positive integer below 10^18")
        if not isinstance(self.replacement, bool):
            raise DataError(f"replacement: expected true or false, found {shown(self.replacement)}")
        if self.kind != "minibatch" and (self.size, self.replacement) != (1, True):
            raise DataError(
                f"step: expected a size or a replacement only for a minibatch, not for {self.kind}"
            )

    @classmethod
    def minibatch(cls, size: int, replacement: bool = True) -> Self:
        """The mean of `size` samples, independent or, without `replacement`, different items."""
        return cls("minibatch", size, replacement)

    @classmethod
    def full_batch(cls) -> Self:
        """The mean of all samples."""
        return cls("full_batch")

    def to_json(self) -> dict[str, Any]:
        """The `step` of a claim, see docs/certificate.md."""
        if self.kind != "minibatch":
            return {"kind": self.kind}
        return {"kind": self.kind, "size": self.size, "replacement": self.replacement}

    def describe(self) -> str:
        """The step in words."""
        if self.kind == "minibatch":
            return f"minibatch of {self.size} {'with' if self.replacement else 'without'} replacement"
        return "one sample" if self.kind == "single" else "full batch"


SINGLE = Step()


@dataclass(frozen=True, repr=False)
class CurvatureLaw:
    """The law of the curvature of one step: the atoms `x`, strictly increasing, with weights `p`.

    `x >= 0`, the last is positive, `p > 0`, the sum of `p` is exactly 1. Raises DataError otherwise.
    An atom 0 is an idle step.
    """

    x: tuple[Fraction, ...]
    p: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.p) or not self.x:
            raise DataError("law: expected as many weights as atoms, at least one")
        if not all(isinstance(number, Fraction) for number in (*self.x, *self.p)):
            raise DataError("law: expected Fractions")
        if any(a >= b for a, b in zip(self.x, self.x[1:], strict=False)) or self.x[0] < 0 or self.x[-1] <= 0:
            raise DataError("law: expected atoms x >= 0, strictly increasing, not only 0")
        if any(p <= 0 for p in self.p) or sum(self.integer_weights) != self._common_denominator():
            raise DataError("law: expected positive weights that sum to 1")

    def __repr__(self) -> str:
        ends = f"x from {brief(self.x[0])} to {brief(self.x[-1])}"
        return f"CurvatureLaw({len(self.x)} atoms, {ends}, mean {brief(self.mean)})"

    @property
    def largest(self) -> Fraction:
        """The largest curvature that a step can draw."""
        return self.x[-1]

    @property
    def mean(self) -> Fraction:
        """The mean curvature, the same for every kind of step."""
        return _mean(self.x, self.integer_weights)

    @property
    def idle(self) -> Fraction:
        """The probability of a step that changes nothing, P(x = 0)."""
        return self.p[0] if self.x[0] == 0 else Fraction(0)

    @property
    def integer_weights(self) -> tuple[int, ...]:
        """The k_i of p_i = k_i/N, with greatest common divisor 1 (lemma D5); their sum is N."""
        return _integers(self.p, self._common_denominator())

    def _common_denominator(self) -> int:
        return math.lcm(*(p.denominator for p in self.p))


def curvature_law(dataset: Dataset, step: Step = SINGLE, *, max_atoms: int = MAX_ATOMS) -> CurvatureLaw:
    """The exact law of the mean of x = s^2 over the batch that a step draws.

    Raises DataError, before any work, if the law could have more than `max_atoms` atoms or numbers
    beyond any use, and if a minibatch without replacement meets a data set without counts or with
    fewer items.
    """
    samples = dataset.merged()
    if step.kind == "full_batch":
        return _full_batch(samples)
    if step.kind == "minibatch" and not step.replacement:
        _check_items(dataset, step.size)
    if step.size == 1 or len(samples) == 1:
        _check_size(step, len(samples), max_atoms)
        return CurvatureLaw(tuple(s.x for s in samples), tuple(s.p for s in samples))
    if step.replacement:
        return _with_replacement(samples, step, max_atoms)
    return _without_replacement(samples, step, max_atoms)


def _full_batch(samples: Sequence[Sample]) -> CurvatureLaw:
    _common([s.x for s in samples])
    weights = _integers([s.p for s in samples], math.lcm(*(s.p.denominator for s in samples)))
    return CurvatureLaw((_mean([s.x for s in samples], weights),), (Fraction(1),))


@dataclass(frozen=True)
class _Lattice:
    """Curvatures as whole steps: x_i = (first + unit * steps[i]) / denominator, steps[0] = 0."""

    first: int
    unit: int
    denominator: int
    steps: tuple[int, ...]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Self:
        denominator = _common([s.x for s in samples])
        values = _integers([s.x for s in samples], denominator)
        unit = math.gcd(*(v - values[0] for v in values[1:]))
        return cls(values[0], unit, denominator, tuple((v - values[0]) // unit for v in values))

    def mean(self, total: int, size: int) -> Fraction:
        """The mean of `size` curvatures whose steps sum to `total`."""
        return Fraction(size * self.first + self.unit * total, size * self.denominator)


def _law(lattice: _Lattice, size: int, ways: Mapping[int, int], all_ways: int) -> CurvatureLaw:
    totals = sorted(ways)
    return CurvatureLaw(
        tuple(lattice.mean(total, size) for total in totals),
        tuple(Fraction(ways[total], all_ways) for total in totals),
    )


# Minibatches with replacement


def _with_replacement(samples: Sequence[Sample], step: Step, max_atoms: int) -> CurvatureLaw:
    lattice, m, size = _Lattice.of(samples), len(samples), step.size
    weights = _integers([s.p for s in samples], math.lcm(*(s.p.denominator for s in samples)))
    multisets = _binomial(size + m - 1, m - 1)
    atoms = min(multisets, size * lattice.steps[-1] + 1)
    _check_size(step, atoms, max_atoms)
    _check_cost(step, atoms, size * sum(weights).bit_length(), min(atoms * m, 2 * multisets))
    if atoms * m < 2 * multisets:
        ways = _power(lattice.steps, weights, size)
    else:

        def orders(i: int, drawn: int, more: int) -> int:
            return math.comb(drawn + more, more) * int(weights[i] ** more)

        ways = _draws(lattice.steps, [size] * m, size, orders)
    return _law(lattice, size, ways, sum(weights) ** size)


def _power(steps: Sequence[int], weights: Sequence[int], size: int) -> dict[int, int]:
    """The coefficients of Q = P^size, P the sum of weights[i] z^steps[i], with steps[0] = 0.

    From P Q' = size P' Q: each coefficient of Q is a short sum over the ones before it.
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


# Minibatches without replacement


def _without_replacement(samples: Sequence[Sample], step: Step, max_atoms: int) -> CurvatureLaw:
    lattice = _Lattice.of(samples)
    counts = [s.count for s in samples if s.count is not None]
    items = sum(counts)
    # Drawing a batch leaves the rest of the items: the smaller of the two is worked out.
    size = min(step.size, items - step.size)
    m, caps = len(samples), [min(count, size) for count in counts]
    # The most frequent sample comes last, where it fills up the batch without a choice.
    order = sorted(range(m), key=lambda i: caps[i])
    multisets = min(_binomial(size + m - 1, m - 1), _product(caps[i] + 1 for i in order[:-1]))
    span = _fill(lattice.steps[::-1], caps[::-1], size) - _fill(lattice.steps, caps, size) + 1
    atoms = min(multisets, span)
    _check_size(step, atoms, max_atoms)
    _check_cost(step, atoms, size * items.bit_length(), min(2 * multisets, span * size * sum(caps)))

    def choices(i: int, drawn: int, more: int) -> int:
        return math.comb(counts[order[i]], more)

    ways = _draws([lattice.steps[i] for i in order], [caps[i] for i in order], size, choices)
    if size != step.size:
        everything = sum(count * s for count, s in zip(counts, lattice.steps, strict=True))
        ways = {everything - total: n for total, n in ways.items()}
    return _law(lattice, step.size, ways, math.comb(items, size))


def _check_items(dataset: Dataset, size: int) -> None:
    items = dataset.total_count
    if items is None:
        raise DataError("count: expected counts for a minibatch without replacement, found only p")
    if size > items:
        raise DataError(f"batch size: expected at most the {items} items of the data set, found {size}")


def _fill(values: Sequence[int], caps: Sequence[int], size: int) -> int:
    """The sum of a batch that takes its items from the front."""
    total = 0
    for value, cap in zip(values, caps, strict=True):
        taken = min(cap, size)
        total, size = total + taken * value, size - taken
    return total


# Both


def _draws(
    steps: Sequence[int], caps: Sequence[int], size: int, ways: Callable[[int, int, int], int]
) -> dict[int, int]:
    """How many batches of `size` have each sum of steps.

    Sample i may be drawn up to caps[i] times; `ways(i, drawn, more)` counts how `more` of them join
    `drawn` earlier ones.
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


def _check_size(step: Step, atoms: int, max_atoms: int) -> None:
    if atoms > max_atoms:
        size = f"up to {atoms}" if atoms < _MAX_SIZE else "possibly over 10^18"
        raise DataError(f"{step.describe()}: the law has {size} atoms, expected at most {max_atoms}")


def _check_cost(step: Step, atoms: int, bits: int, products: int) -> None:
    if bits > _MAX_BITS or atoms * bits > _MAX_TOTAL_BITS:
        raise DataError(
            f"{step.describe()}: the law has up to {atoms} weights of about {bits} bits,"
            f" expected at most {_MAX_BITS} bits each and {_MAX_TOTAL_BITS} in all"
        )
    if products > _MAX_PRODUCTS:
        raise DataError(
            f"{step.describe()}: the law takes up to {min(products, _MAX_SIZE)} products,"
            f" expected at most {_MAX_PRODUCTS}"
        )


def _binomial(n: int, k: int) -> int:
    """The binomial coefficient, or some smaller number beyond _MAX_SIZE."""
    k = min(k, n - k)
    result = 1
    for i in range(1, k + 1):
        result = result * (n - k + i) // i
        if result > _MAX_SIZE:
            break
    return result


def _product(factors: Iterable[int]) -> int:
    """The product of positive integers, or some smaller number beyond _MAX_SIZE."""
    result = 1
    for factor in factors:
        result *= factor
        if result > _MAX_SIZE:
            break
    return result


def _common(values: Iterable[Fraction]) -> int:
    """The common denominator, if it is of use to anyone. Raises DataError."""
    common = 1
    for value in values:
        common = math.lcm(common, value.denominator)
        if common.bit_length() > _MAX_BITS:
            raise DataError(f"x: expected numbers with a common denominator of at most {_MAX_BITS} bits")
    return common


def _integers(values: Sequence[Fraction], denominator: int) -> tuple[int, ...]:
    return tuple(value.numerator * (denominator // value.denominator) for value in values)


def _mean(values: Sequence[Fraction], weights: Sequence[int]) -> Fraction:
    common = math.lcm(*(value.denominator for value in values))
    total = sum(w * v for w, v in zip(weights, _integers(values, common), strict=True))
    return Fraction(total, sum(weights) * common)
