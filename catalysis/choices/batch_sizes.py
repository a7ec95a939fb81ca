"""The exponent over batch sizes, beside full batch: what is proved for all larger batches, and what fails.

Lemmas B1 to B4 of docs/comparisons.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.choices.exponents import Order, exponent_order
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import decimal_below, exact_text
from catalysis.exact.result import Progress, Verdict
from catalysis.exponent.exponent import DEFAULT_DIGITS, CramerExponent, Regime, cramer_exponent
from catalysis.spikes.probability import HittingProbability, hitting_probability

DEFAULT_SIZES = (1, 2, 4, 8)
_FEW_FACTORS = 3
_PROBABILITY_WORK = 20_000_000


@dataclass(frozen=True)
class BatchLine:
    """One kind of step: theta, and with a factor K the probability of a spike (None without)."""

    step: Step
    exponent: CramerExponent
    probability: HittingProbability | None

    @property
    def bound_for_larger(self) -> Fraction | None:
        """q >= 1 with M(q) <= 1, if there is one: then theta >= q for every larger batch (B2)."""
        if self.exponent.regime is Regime.STABLE:
            return Fraction(1)
        found = self.exponent.enclosure
        if found is None or found.lower < 1:
            return None
        return max(Fraction(1), Fraction(decimal_below(found.lower, 12)))

    @property
    def regime(self) -> str | None:
        decided = self.exponent.verdict is Verdict.PROVED
        return self.exponent.regime.value if decided else None

    def to_json(self) -> dict[str, Any]:
        known = self.probability
        return {
            "step": self.step.to_json(),
            "regime": self.regime,
            "exponent": self.exponent.to_json()["exponent"],
            "every_larger_batch_at_least": None
            if self.bound_for_larger is None
            else exact_text(self.bound_for_larger),
            "probability": None if known is None else known.to_json()["probability"],
            "lundberg": None if known is None else known.to_json()["lundberg"],
        }

    def _shown_bound(self) -> str | None:
        if self.exponent.regime is Regime.STABLE:
            return "inf"
        return None if self.bound_for_larger is None else exact_text(self.bound_for_larger)


@dataclass(frozen=True)
class BatchRelation:
    """theta of two kinds of step against each other, the smaller batch first.

    Certified: ``order`` (see Order). ``follows_from`` names the lemma that proves the usual order without a
    look at the second step ("B2", "B3"), None if none applies.
    """

    first: CramerExponent
    second: CramerExponent
    order: Order
    follows_from: str | None

    @property
    def verdict(self) -> Verdict:
        """Of "the larger batch has the larger exponent, or an equal one"."""
        if self.order.sign is None:
            return Verdict.PROVED if self.follows_from else Verdict.UNDECIDED
        return Verdict.REFUTED if self.order.sign < 0 else Verdict.PROVED

    def to_json(self) -> dict[str, Any]:
        signs = {1: "<", 0: "=", -1: ">", None: "<=" if self.follows_from else None}
        return {
            "first": self.first.walk.step.to_json(),
            "second": self.second.walk.step.to_json(),
            "relation": signs[self.order.sign],
            "between": None if self.order.between is None else exact_text(self.order.between),
            "lemma": self.follows_from,
            "larger_batch_is_safer": self.verdict.value,
        }


@dataclass(frozen=True)
class BatchComparison:
    """theta (and P with a ``factor``) at one curvature for several batch sizes, full batch last."""

    dataset: Dataset
    curvature: Fraction
    factor: Fraction | None
    lines: tuple[BatchLine, ...]
    relations: tuple[BatchRelation, ...]

    @property
    def verdict(self) -> Verdict:
        """Proved if every exponent and every order is decided, whichever way."""
        open_ones = any(line.exponent.verdict is Verdict.UNDECIDED for line in self.lines) or any(
            relation.verdict is Verdict.UNDECIDED for relation in self.relations
        )
        return Verdict.UNDECIDED if open_ones else Verdict.PROVED

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "factor": None if self.factor is None else exact_text(self.factor),
            "lines": [line.to_json() for line in self.lines],
            "relations": [relation.to_json() for relation in self.relations],
        }


def compare_batches(
    dataset: Dataset,
    curvature: Fraction,
    *,
    sizes: Sequence[int] = DEFAULT_SIZES,
    without_replacement: bool = False,
    factor: Fraction | None = None,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> BatchComparison:
    """Certify theta for every batch size at one curvature, and which of neighbouring sizes has the larger one.

    ``sizes``: 1 <= b, each once; put in increasing order. ``without_replacement``: also batches of different items
    (needs counts, b at most their sum), each held against its neighbours and against the batch of its size
    with replacement. ``factor`` K > 1: also P(sup |mu_t| >= K |mu_0|). Certified: BatchLine, BatchRelation.
    Raises InputError for anything else, and (before the work) if a law has too many atoms.
    """
    if curvature <= 0:
        raise InputError("lambda: expected a number > 0")
    if factor is not None and factor <= 1:
        raise InputError("factor: expected a number > 1")
    if not sizes or len(set(sizes)) != len(sizes) or min(sizes) < 1:
        raise InputError("sizes: expected at least one batch size, each at least 1 and given once")
    ordered = sorted(sizes)
    ways = (True, False) if without_replacement else (True,)
    chains = [[Step.minibatch(b, replacement=way) if b > 1 else Step() for b in ordered] for way in ways]
    steps = [*dict.fromkeys(step for chain in chains for step in chain), Step.full_batch()]
    walks = [LinearWalk(dataset, step) for step in steps]
    for walk in walks:
        _ = walk.law
    lines: dict[Step, BatchLine] = {}
    for done, walk in enumerate(walks):
        lines[walk.step] = _line(walk, curvature, factor, digits, max_bits)
        if progress is not None:
            progress(done + 1, len(walks))
    relations = [
        _relation(lines[a], lines[b], "B2")
        for chain in chains
        for a, b in zip(chain, [*chain[1:], Step.full_batch()], strict=True)
    ]
    if without_replacement:
        relations += [_relation(lines[a], lines[b], "B3") for a, b in zip(*chains, strict=True) if b.size > 1]
    return BatchComparison(dataset, curvature, factor, tuple(lines.values()), tuple(relations))


def _line(
    walk: LinearWalk, curvature: Fraction, factor: Fraction | None, digits: int, max_bits: int
) -> BatchLine:
    exponent = cramer_exponent(walk, curvature, digits=digits, max_bits=max_bits)
    if factor is None or exponent.verdict is Verdict.UNDECIDED:
        return BatchLine(walk.step, exponent, None)
    places = 3 if walk.size <= _FEW_FACTORS else 1  # many atoms need a grid, some seconds for one digit
    found = hitting_probability(
        walk, curvature, factor, digits=places, max_work=_PROBABILITY_WORK, max_bits=max_bits
    )
    return BatchLine(walk.step, exponent, found)


def _relation(first: BatchLine, second: BatchLine, lemma: str) -> BatchRelation:
    order = exponent_order(first.exponent, second.exponent)
    follows = lemma if first.bound_for_larger is not None else None
    return BatchRelation(first.exponent, second.exponent, order, follows)
