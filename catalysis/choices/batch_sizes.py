"""The exponent over batch sizes, beside full batch: what is proved for all larger batches, and what fails.

Lemmas B1 to B4 of docs/comparisons.md. Two exponents are compared by a rational strictly between them (E1,
E2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.minibatch import LawTooLarge
from catalysis.data.reading import as_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import (
    Number,
    decimal_above,
    decimal_below,
    exact,
    exact_text,
    positive,
    shown,
    whole,
)
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.exponent.exponent import DEFAULT_DIGITS, CramerExponent, Regime, cramer_exponent
from catalysis.exponent.factors import as_level
from catalysis.spikes.lundberg import MOST_DIGITS
from catalysis.spikes.probability import HittingProbability, hitting_probability

DEFAULT_SIZES = (1, 2, 4, 8)
_FEW_FACTORS = 3
_PROBABILITY_WORK = 20_000_000

Ends = tuple[Fraction, Fraction | None]


@dataclass(frozen=True)
class Order:
    """`sign` is that of theta(second) - theta(first), None if undecided.

    Certified: if it is +1 or -1, `between` lies strictly between the two exponents; M of the smaller one is
    above 1 there and M of the larger one below or, where theta is infinite, at most 1. 0: both exponents
    are 0, or both are infinite.
    """

    sign: int | None
    between: Fraction | None = None


@dataclass(frozen=True)
class BatchLine:
    """One kind of step: theta, and with a factor K the probability of a spike (None without)."""

    step: Step
    exponent: CramerExponent
    probability: HittingProbability | None

    @property
    def bound_for_larger(self) -> Fraction | None:
        """q >= 1 with M(q) <= 1, if there is one: then theta >= q for every larger batch (B2).

        1 in the stable regime, where M(q) <= 1 for every q: then theta = inf for every larger batch.
        """
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
            "every_larger_batch_at_least": self._for_larger(),
            "probability": None if known is None else known.fields()["probability"],
            "lundberg": None if known is None else known.fields()["lundberg"],
        }

    def _for_larger(self) -> str | None:
        if self.exponent.regime is Regime.STABLE:
            return "inf"
        if self.step.kind == "full_batch":  # no batch is larger, and its own exponent is 0 or infinite
            return "0" if self.exponent.verdict is Verdict.PROVED else None
        return None if self.bound_for_larger is None else exact_text(self.bound_for_larger)


@dataclass(frozen=True)
class BatchRelation:
    """theta of two kinds of step against each other, the smaller batch first.

    Certified: `order` (see Order). `follows_from` names the lemma that proves the usual order without a
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


@dataclass(frozen=True, repr=False)
class BatchComparison(Result):
    """theta (and P with a `factor`) at one curvature for several batch sizes, full batch last.

    Attributes
    ----------
    lines : tuple of BatchLine
        `step`, `exponent` and `probability` of each.
    relations : tuple of BatchRelation
        Which of two neighbours has the larger exponent.
    left_out : tuple of (Step, str)
        Steps whose law has too many atoms.
    """

    dataset: Dataset
    curvature: Fraction
    factor: Fraction | None
    lines: tuple[BatchLine, ...]
    relations: tuple[BatchRelation, ...]
    left_out: tuple[tuple[Step, str], ...] = ()
    """Steps whose law is too large to be worked out, and why."""

    @property
    def verdict(self) -> Verdict:
        """Proved if every exponent and every order is decided, whichever way."""
        return Verdict.PROVED if self.reason is None else Verdict.UNDECIDED

    @property
    def reason(self) -> str | None:
        """Which exponents and orders are left open, and what would decide them."""
        if self.left_out:
            names = ", ".join(step.describe() for step, _ in self.left_out)
            return f"left out: {names} ({self.left_out[0][1].removeprefix('expected ')}); ask for fewer sizes (sizes)"
        lines = [line for line in self.lines if line.exponent.verdict is Verdict.UNDECIDED]
        orders = [relation for relation in self.relations if relation.verdict is Verdict.UNDECIDED]
        if lines:
            names = ", ".join(line.step.describe() for line in lines)
            return f"{names}: {lines[0].exponent.reason}"
        if orders:
            pairs = ", ".join(
                f"{r.first.walk.step.describe()} and {r.second.walk.step.describe()}" for r in orders
            )
            return f"{pairs}: the exponents agree to the digits asked for, allow more (--digits)"
        return None

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "factor": None if self.factor is None else exact_text(self.factor),
            "lines": [line.to_json() for line in self.lines],
            "relations": [relation.to_json() for relation in self.relations],
            "left_out": [{"step": step.to_json(), "reason": why} for step, why in self.left_out],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def compare_batches(
    dataset: Dataset | str,
    curvature: Number,
    *,
    sizes: Iterable[int] = DEFAULT_SIZES,
    without_replacement: bool = False,
    factor: Number | None = None,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> BatchComparison:
    """Certify theta for every batch size at one curvature, and which of neighbouring sizes has the larger one.

    Certified: theta by E1 and E2, the order of two sizes by B1 to B4.

    Parameters
    ----------
    dataset : Dataset, or data (see as_dataset)
        The samples.
    curvature : Number > 0
        lambda.
    sizes : iterable of int >= 1
        Batch sizes, each once; the full batch is added.
    without_replacement : bool
        Also batches of different items (needs counts, sizes at most their sum).
    factor : Number > 1
        K: also P(sup |mu_t| >= K |mu_0|).
    digits : int, 1 to 3500
        Significant digits of theta.
    max_bits : int >= 1
        The highest working precision.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    BatchComparison
        `lines`, `relations` between neighbours, and steps `left_out` because their law has too many atoms.

    Raises
    ------
    InputError
        For bad arguments, and (before the work) if every law has too many atoms.

    Examples
    --------
    >>> from catalysis import compare_batches
    >>> found = compare_batches("examples/talk-1.toml", "1.42", sizes=(1, 2, 4))
    >>> [line.exponent.number.decimals(4) for line in found.lines[:3]]
    [('1.699', '1.7'), ('2.477', '2.478'), ('4.074', '4.075')]
    """
    data, at = as_dataset(dataset, "dataset"), positive(curvature, "curvature")
    level = None if factor is None else as_level(exact(factor, "factor"))
    places, bits = whole(digits, "digits", least=1, most=MOST_DIGITS), whole(max_bits, "max_bits", least=1)
    ordered = _sizes(sizes)
    ways = (True, False) if without_replacement else (True,)
    chains = [[Step.minibatch(b, replacement=way) if b > 1 else Step() for b in ordered] for way in ways]
    steps = [*dict.fromkeys(step for chain in chains for step in chain), Step.full_batch()]
    walks, left_out = _workable([LinearWalk(data, step) for step in steps])
    lines: dict[Step, BatchLine] = {}
    for done, walk in enumerate(walks):
        lines[walk.step] = _line(walk, at, level, places, bits)
        if progress is not None:
            progress(done + 1, len(walks))
    relations = [
        _relation(lines[a], lines[b], "B2")
        for chain in ([step for step in one if step in lines] for one in chains)
        for a, b in zip(chain, [*chain[1:], Step.full_batch()], strict=True)
    ]
    if without_replacement:
        pairs = [(a, b) for a, b in zip(*chains, strict=True) if b.size > 1 and a in lines and b in lines]
        relations += [_relation(lines[a], lines[b], "B3") for a, b in pairs]
    return BatchComparison(data, at, level, tuple(lines.values()), tuple(relations), left_out)


def _workable(walks: list[LinearWalk]) -> tuple[list[LinearWalk], tuple[tuple[Step, str], ...]]:
    """The walks whose law can be worked out, and the other steps. Raises InputError if only full batch is left."""
    good = [walk for walk in walks if walk.has_law]
    bad = [walk for walk in walks if not walk.has_law]
    if bad and len(good) == 1:
        _ = bad[0].law
    return good, tuple((walk.step, _why(walk)) for walk in bad)


def _why(walk: LinearWalk) -> str:
    try:
        _ = walk.law
    except LawTooLarge as reason:
        return str(reason).removeprefix(f"{walk.step.describe()}: ")
    raise AssertionError("the law was too large before")


def _sizes(sizes: object) -> list[int]:
    if isinstance(sizes, str) or not isinstance(sizes, Iterable):
        raise InputError(f"sizes: expected batch sizes, found {shown(sizes)}")
    found = sorted(whole(size, "sizes", least=1) for size in sizes)
    if not found or len(set(found)) != len(found):
        raise InputError("sizes: expected at least one batch size, each given once")
    return found


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


def exponent_order(first: CramerExponent, second: CramerExponent) -> Order:
    """Compare two exponents by their enclosures."""
    a, b = _ends(first), _ends(second)
    if a is None or b is None:
        return Order(None)
    if a == b and a[0] == 0:
        return Order(0)
    if a[1] is not None and a[1] < _low(b):
        return Order(1, _between(a[1], b))
    if b[1] is not None and b[1] < _low(a):
        return Order(-1, _between(b[1], a))
    return Order(None)


def _ends(exponent: CramerExponent) -> Ends | None:
    """theta lies strictly between the ends, or is 0 or infinite: (0, 0), (0, None)."""
    if exponent.regime is Regime.UNDECIDED:
        return None
    if exponent.regime is Regime.STABLE:
        return Fraction(0), None
    if exponent.enclosure is None:
        return Fraction(0), Fraction(0)
    return exponent.enclosure.lower, exponent.enclosure.upper


def _low(ends: Ends) -> Fraction | float:
    return float("inf") if ends[1] is None else ends[0]


def _between(above: Fraction, ends: Ends) -> Fraction:
    """A short decimal above the smaller exponent and below the larger one."""
    if ends[1] is None:
        return Fraction(int(above) + 1)
    for digits in range(1, 40):
        for found in (
            Fraction(decimal_above((above + ends[0]) / 2, digits)),
            Fraction(decimal_below(ends[0], digits)),
        ):
            if above < found < ends[0]:
                return found
    return (above + ends[0]) / 2
