"""The law of the curvature x = s^2 that one step of SGD draws: an exact, finite law of rationals."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.minibatch import (
    check_atoms,
    common_denominator,
    integers,
    largest_sum,
    with_replacement,
    without_replacement,
)
from catalysis.data.reading import AnyData, as_dataset
from catalysis.data.step import SINGLE, Step
from catalysis.exact.numbers import DataError, at, brief, exact_text, shown, whole
from catalysis.exact.result import Result, Verdict

__all__ = ["MAX_ATOMS", "SINGLE", "CurvatureLaw", "Step", "curvature_law"]

MAX_ATOMS, MAX_SAMPLES = 100_000, 2_000_000
"""Atoms the law of a minibatch may have, and that of one sample, unless the caller allows more."""


@dataclass(frozen=True, repr=False)
class CurvatureLaw(Result):
    """The law of the curvature of one step: the atoms `x`, strictly increasing, with weights `p`.

    `x >= 0`, the last is positive, `p > 0`, the sum of `p` is exactly 1. Raises DataError otherwise.
    An atom 0 is an idle step.

    Attributes
    ----------
    x : tuple of Fraction
        The atoms, strictly increasing.
    p : tuple of Fraction
        Their weights.
    """

    x: tuple[Fraction, ...]
    p: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.p) or not self.x:
            raise DataError("law: expected as many weights as atoms, at least one")
        if not all(isinstance(number, Fraction) for number in (*self.x, *self.p)):
            raise DataError("law: expected Fractions")
        increasing = all(
            a.numerator * b.denominator < b.numerator * a.denominator  # faster than a < b
            for a, b in pairwise(self.x)
        )
        if not increasing or self.x[0] < 0 or self.x[-1] <= 0:
            raise DataError("law: expected atoms x >= 0, strictly increasing, not only 0")
        if any(p <= 0 for p in self.p) or sum(self.integer_weights) != self._common_denominator():
            raise DataError("law: expected positive weights that sum to 1")

    def __repr__(self) -> str:
        ends = f"x from {brief(self.x[0])} to {brief(self.x[-1])}"
        return f"CurvatureLaw({len(self.x)} atoms, {ends}, mean {brief(self.mean)})"

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "atoms": len(self.x),
            "mean": exact_text(self.mean),
            "idle": exact_text(self.idle),
            "law": [{"x": exact_text(x), "p": exact_text(p)} for x, p in zip(self.x, self.p, strict=True)],
        }

    @property
    def largest(self) -> Fraction:
        """The largest curvature that a step can draw."""
        return self.x[-1]

    @property
    def mean(self) -> Fraction:
        """The mean curvature, the same for every kind of step."""
        weights, common = self.integer_weights, math.lcm(*(x.denominator for x in self.x))
        total = sum(k * x for k, x in zip(weights, integers(self.x, common), strict=True))
        return Fraction(total, sum(weights) * common)

    @property
    def idle(self) -> Fraction:
        """The probability of a step that changes nothing, P(x = 0)."""
        return self.p[0] if self.x[0] == 0 else Fraction(0)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone."""
        return {"x": self.x, "p": self.p}

    @cached_property
    def integer_weights(self) -> tuple[int, ...]:
        """The k_i of p_i = k_i/N, with greatest common divisor 1 (lemma D5); their sum is N."""
        return integers(self.p, self._common_denominator())

    def _common_denominator(self) -> int:
        return math.lcm(*{p.denominator for p in self.p})


def curvature_law(dataset: AnyData, step: Step = SINGLE, *, max_atoms: int = MAX_ATOMS) -> CurvatureLaw:
    """The exact law of the curvature of one step: the mean of x = s^2 over the batch that it draws.

    Parameters
    ----------
    dataset : Dataset, or data (see as_dataset)
        The samples.
    step : Step
        One sample, a minibatch or the full batch.
    max_atoms : int >= 1
        The most atoms that the law may have; by default MAX_ATOMS, and MAX_SAMPLES for one sample a step.

    Returns
    -------
    CurvatureLaw
        Atoms in increasing order with their weights, exactly.

    Raises
    ------
    DataError
        Before any work: more than `max_atoms` atoms, numbers beyond any use, or a minibatch without
        replacement from data without counts or with fewer items.

    Examples
    --------
    >>> from catalysis import Step, curvature_law
    >>> law = curvature_law("examples/talk-1.toml", Step.minibatch(2))
    >>> [(str(x), str(p)) for x, p in zip(law.x, law.p)]
    [('1', '1/4'), ('269/200', '1/2'), ('169/100', '1/4')]
    """
    given, max_atoms = as_dataset(dataset, "dataset"), whole(max_atoms, "max_atoms", least=1)
    if not isinstance(step, Step):
        raise DataError(f"step: expected a Step, found {shown(step)}")
    with at(step.describe()):
        atoms = _atoms(given, step, max_atoms)
        return _of_samples(*atoms) if step == SINGLE else CurvatureLaw(*atoms)


def _of_samples(x: tuple[Fraction, ...], p: tuple[Fraction, ...]) -> CurvatureLaw:
    """The law of the merged samples of a data set, which has looked at them: not checked again."""
    made = object.__new__(CurvatureLaw)
    made.__dict__.update(x=x, p=p)
    return made


def largest_curvature(dataset: Dataset, step: Step) -> Fraction:
    """The largest curvature that a step can draw, without its law. Raises DataError for items as `curvature_law`."""
    samples = dataset.merged()
    with at(step.describe()):
        if not step.replacement:
            _check_items(dataset, step.size)
            counts = [s.count for s in samples if s.count is not None]
            return largest_sum([s.x for s in samples], counts, step.size) / step.size
    if step.kind == "full_batch":
        return curvature_law(dataset, step).largest
    return samples[-1].x


def _atoms(dataset: Dataset, step: Step, max_atoms: int) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    samples = dataset.merged()
    single = tuple(s.x for s in samples), tuple(s.p for s in samples)
    if not step.replacement:
        _check_items(dataset, step.size)
    if step.kind == "full_batch":
        common_denominator(single[0])
        return (CurvatureLaw(*single).mean,), (Fraction(1),)
    if step.size == 1 or len(samples) == 1:
        check_atoms(len(samples), MAX_SAMPLES if max_atoms == MAX_ATOMS else max_atoms)
        return single
    draw = with_replacement if step.replacement else without_replacement
    law = draw(samples, step.size, max_atoms)
    return tuple(law), tuple(law.values())


def _check_items(dataset: Dataset, size: int) -> None:
    items = dataset.total_count
    if items is None:
        raise DataError("count: expected counts in the data set, found only p")
    if size > items:
        raise DataError(f"batch size: expected at most {items}, the number of items, found {size}")
