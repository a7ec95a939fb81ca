"""The probability of a spike: the regime first, then the method that suits the number of factors.

P(sup_t |mu_t| >= K |mu_0|) for the linearised dynamics at one curvature, Lemmas S1 to S5 of docs/spikes.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure, Progress, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepExponent, StepFactors, as_level
from catalysis.spikes.counts import DEFAULT_MAX_WORK, CountWalk, count_walk_bounds
from catalysis.spikes.lundberg import LundbergBounds, lundberg_bounds
from catalysis.spikes.plan import plan_walk

DEFAULT_DIGITS = 6
GRID_DIGITS = 3
"""Digits where none are asked for: for few samples, and for many."""

GRID_WORK = 25
"""Products of a grid that take as long as one update of a walk over counts, roughly."""


@dataclass(frozen=True)
class HittingBounds:
    """Proved bounds of the probability that a walk from 1 ever reaches ``level``.

    Certified: the probability lies in ``enclosure`` (None only if the regime is undecided), by ``method``:
    "stable" (S1), "certain" (S2), "lundberg" (S3), "counts" (S4; ``counts`` is the witness) or "grid".
    ``verdict`` says whether the ``digits`` asked for are proved; if not, ``limited_by`` says why.
    """

    steps: StepFactors
    level: Fraction
    digits: int
    lundberg: LundbergBounds
    enclosure: Enclosure | None
    method: str
    limited_by: str | None = None
    counts: CountWalk | None = None
    grid: Any = None

    @property
    def exponent(self) -> StepExponent:
        return self.lundberg.exponent

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.limited_by or self.enclosure is None else Verdict.PROVED


@dataclass(frozen=True)
class HittingProbability:
    """P(sup_t |mu_t| >= factor |mu_0|) at ``curvature``, in the linear regime.

    ``squared``: the event is |mu_t|^2 >= factor |mu_0|^2 instead, and ``bounds`` are those of the squared walk.
    Certified: what ``bounds`` says (see HittingBounds).
    """

    walk: LinearWalk
    curvature: Fraction
    factor: Fraction
    bounds: HittingBounds
    squared: bool = False

    @property
    def regime(self) -> Regime:
        return self.bounds.exponent.regime

    @property
    def enclosure(self) -> Enclosure | None:
        return self.bounds.enclosure

    @property
    def lundberg(self) -> Enclosure | None:
        return self.bounds.lundberg.enclosure

    @property
    def exponent(self) -> StepExponent:
        """theta of |mu|, whatever the event is written in."""
        found = self.bounds.exponent
        if not self.squared or found.enclosure is None:
            return found
        half = found.enclosure
        return replace(found, enclosure=Enclosure(2 * half.lower, 2 * half.upper))

    @property
    def method(self) -> str:
        return self.bounds.method

    @property
    def verdict(self) -> Verdict:
        return self.bounds.verdict

    @property
    def limited_by(self) -> str | None:
        return self.bounds.limited_by

    def to_json(self) -> dict[str, Any]:
        decided = self.regime is not Regime.UNDECIDED
        places = self.bounds.digits + 3
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "factor_squared" if self.squared else "factor": exact_text(self.factor),
            "digits": self.bounds.digits,
            "regime": self.regime.value if decided else None,
            "exponent": self.exponent.to_json(),
            "probability": None if self.enclosure is None else self.enclosure.to_json(places),
            "lundberg": self.bounds.lundberg.to_json(),
            "method": self.method if decided else None,
            **({} if self.limited_by is None else {"reason": self.limited_by}),
        }


def hitting_probability(
    walk: LinearWalk,
    curvature: Fraction,
    factor: Fraction,
    *,
    digits: int | None = None,
    squared: bool = False,
    max_work: int = DEFAULT_MAX_WORK,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> HittingProbability:
    """Certify P(sup_t |mu_t| >= factor |mu_0|) to ``digits`` significant digits (None: six, for many samples three).

    Exactly 0 in the stable regime, exactly 1 in the inflationary and critical ones. Otherwise the walk over
    counts for few samples, a grid for many; where ``max_work`` (updates of states, estimated beforehand) does
    not suffice, fewer digits or the Lundberg bounds, with the reason. ``squared``: the event is
    |mu_t|^2 >= factor |mu_0|^2. Raises InputError unless curvature > 0, factor > 1, digits >= 1.
    """
    as_level(factor)
    steps = StepFactors.of(walk, curvature)
    bounds = hitting_bounds(
        steps.squared() if squared else steps,
        factor,
        digits=digits,
        max_work=max_work,
        max_bits=max_bits,
        progress=progress,
    )
    return HittingProbability(walk, curvature, factor, bounds, squared)


def hitting_bounds(
    steps: StepFactors,
    level: Fraction,
    *,
    digits: int | None = None,
    max_work: int = DEFAULT_MAX_WORK,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> HittingBounds:
    """The same for any walk of finitely many rational factors. See hitting_probability."""
    as_level(level)
    if digits is not None and digits < 1:
        raise InputError(f"digits: expected at least 1, found {digits}")
    lundberg = lundberg_bounds(steps, level, max_bits=max_bits)
    regime, enclosure = lundberg.exponent.regime, lundberg.enclosure
    coarse = HittingBounds(steps, level, digits or DEFAULT_DIGITS, lundberg, enclosure, "lundberg")
    if enclosure is None:
        return replace(coarse, method="none", limited_by=lundberg.exponent.reason)
    if regime is not Regime.DEFLATIONARY:
        return replace(coarse, method="stable" if regime is Regime.STABLE else "certain")
    if enclosure.lower <= 0:
        return replace(coarse, limited_by="the probability is too small to be written out")
    if digits is None and plan_walk(steps, level, DEFAULT_DIGITS).work > max_work:
        coarse = replace(coarse, digits=GRID_DIGITS)
    return _sharpened(coarse, max_work, progress)


def _sharpened(coarse: HittingBounds, max_work: int, progress: Progress | None) -> HittingBounds:
    """From the Lundberg bounds of a deflationary walk to the digits asked for, or as near as the work allows."""
    if _reached(coarse.enclosure, coarse.digits):
        return coarse
    plan = plan_walk(coarse.steps, coarse.level, coarse.digits)
    if plan.work <= max_work:
        return _by_counts(coarse, coarse.digits, max_work, progress)
    grid = _by_grid(coarse, max_work, progress)
    if grid.limited_by is None:
        return grid
    found = [coarse, grid]
    for fewer in range(coarse.digits - 1, 0, -1):
        if plan_walk(coarse.steps, coarse.level, fewer).work <= max_work:
            found.append(_by_counts(coarse, fewer, max_work, progress))
            break
    best = min(found, key=lambda bounds: bounds.enclosure.width if bounds.enclosure else Fraction(1))
    reason = f"{plan.too_much(max_work)}; on a grid: {grid.limited_by}"
    return replace(best, limited_by=None if _reached(best.enclosure, coarse.digits) else reason)


def _by_counts(coarse: HittingBounds, digits: int, max_work: int, progress: Progress | None) -> HittingBounds:
    walk = count_walk_bounds(coarse.steps, coarse.level, digits=digits, max_work=max_work, progress=progress)
    assert walk.enclosure is not None
    found = _common(walk.enclosure, coarse.enclosure)
    limit = "the walk over counts ended before the digits were reached"
    limited = None if _reached(found, coarse.digits) else limit
    return replace(coarse, enclosure=found, method="counts", counts=walk, limited_by=limited)


def _by_grid(coarse: HittingBounds, max_work: int, progress: Progress | None) -> HittingBounds:
    from catalysis.spikes.grid import grid_bounds

    grid = grid_bounds(
        coarse.steps,
        coarse.level,
        relative_width=Fraction(1, 10**coarse.digits),
        max_work=GRID_WORK * max_work,
        progress=progress,
    )
    found = _common(grid.enclosure, coarse.enclosure)
    limit = grid.limited_by or "it was not fine enough"
    limited = None if _reached(found, coarse.digits) else limit
    return replace(coarse, enclosure=found, method="grid", grid=grid, limited_by=limited)


def _common(one: Enclosure, other: Enclosure | None) -> Enclosure:
    """What two enclosures of one number have in common."""
    assert other is not None
    return Enclosure(max(one.lower, other.lower), min(one.upper, other.upper))


def _reached(enclosure: Enclosure | None, digits: int) -> bool:
    """Whether the width is at most 10^-digits of the number."""
    return enclosure is not None and enclosure.width * 10**digits <= enclosure.lower and enclosure.lower > 0
