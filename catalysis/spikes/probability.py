"""The probability of a spike: the regime first, then the method that suits the number of factors.

P(sup_t |mu_t| >= K |mu_0|) for the linearised dynamics at one curvature, Lemmas S1 to S5 and S8 of
docs/spikes.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.numbers import Number, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict, latex
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepExponent, StepFactors, as_level
from catalysis.spikes.carried import (
    CHECKER_UPDATES,
    Carried,
    carried_by_counts,
    carried_by_grid,
    carried_by_lattice,
    carried_by_lundberg,
    carried_by_pieces,
    checkable_walk,
)
from catalysis.spikes.counts import DEFAULT_MAX_WORK, CountWalk, count_walk_bounds
from catalysis.spikes.grid import FIRST_TABLE, GridBounds, grid_bounds
from catalysis.spikes.lattice import LatticeBounds, lattice_bounds
from catalysis.spikes.lundberg import MOST_DIGITS, LundbergBounds, bounds_by_exponent
from catalysis.spikes.pieces_bounds import MOST_FACTORS, PieceBounds, pieces_bounds
from catalysis.spikes.plan import MOST_AXES, plan_walk

DEFAULT_DIGITS = 6
GRID_DIGITS = 3
"""Digits where none are asked for: for few samples, and for many."""

GRID_WORK = 25
"""Products of a grid that take as long as one update of a walk over counts, roughly."""

_GRID_FACTORS = 1000  # from here on what a call of numpy costs counts more than its products
_FEWEST_SWEEPS = 20
_PIECES_WORK = 10**8  # with less allowed no tables of pieces are begun


@dataclass(frozen=True)
class HittingBounds:
    """Proved bounds of the probability that a walk from 1 ever reaches `level`: the finest that were found.

    Certified: the probability lies in `enclosure` (None only if the regime is undecided), by `method`:
    "stable" (S1), "certain" (S2), "lundberg" (S3), "counts" (S4; `counts` is the witness), "grid" (`grid` is),
    "pieces" (`pieces` is) or "lattice" (S8, `lattice` is). `limited_by` says why the `digits` asked for are not
    reached, None if they are.
    """

    steps: StepFactors
    level: Fraction
    digits: int
    lundberg: LundbergBounds
    enclosure: Enclosure | None
    method: str
    limited_by: str | None = None
    counts: CountWalk | None = None
    grid: GridBounds | None = None
    lattice: LatticeBounds | None = None
    pieces: PieceBounds | None = None

    @property
    def exponent(self) -> StepExponent:
        return self.lundberg.exponent


@dataclass(frozen=True, repr=False)
class HittingProbability(Result):
    """P(sup_t |mu_t| >= factor |mu_0|) at `curvature`, in the linear regime.

    Certified: it lies in `enclosure`, which is what a certificate carries (`carried` holds the witness), and
    in `bounds.enclosure`, the finest bounds found; `finer` gives those where they are clearly narrower:
    proved by this program, not in the certificate. `squared`: the event is |mu_t|^2 >= factor |mu_0|^2
    instead, and `bounds` are those of the squared walk. Undecided only if the regime is (`reason`); fewer
    digits than asked are proved all the same (`shortfall`).

    Attributes
    ----------
    enclosure, finer : Enclosure or None
        What a certificate carries; the finest bounds found, where they are clearly narrower.
    lundberg : Enclosure or None
        Lundberg's bounds.
    exponent : StepExponent
        theta.
    regime : Regime
        The regime at this curvature.
    method : str
        How `enclosure` was found.
    reason, shortfall : str or None
        Why it is undecided, or has fewer digits than asked.
    """

    walk: LinearWalk
    curvature: Fraction
    factor: Fraction
    bounds: HittingBounds
    squared: bool = False
    carried: Carried | None = None

    @property
    def regime(self) -> Regime:
        return self.bounds.exponent.regime

    @property
    def enclosure(self) -> Enclosure | None:
        return None if self.carried is None else self.carried.enclosure

    @property
    def finer(self) -> Enclosure | None:
        """The finest bounds, where the certificate has clearly fewer digits than asked."""
        stated, found = self.enclosure, self.bounds.enclosure
        if stated is None or found is None or _reached(stated, self.bounds.digits):
            return None
        return found if stated.width > 2 * found.width + stated.upper / 10**10 else None

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
        """That of `enclosure`."""
        return self.bounds.method if self.carried is None else self.carried.method

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.enclosure is None else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """What left the regime undecided."""
        return self.bounds.limited_by if self.enclosure is None else None

    @property
    def shortfall(self) -> str | None:
        """Why fewer digits than asked are proved, or fewer are in the certificate than were proved."""
        if self.enclosure is None:
            return None
        if self.finer is None or self.bounds.limited_by is not None:
            return self.bounds.limited_by
        return "a certificate takes no more digits: the checker would need too long to prove the finer bounds"

    @property
    def number(self) -> Enclosure | None:
        return self.enclosure

    @property
    def formula(self) -> str:
        power = "^2" if self.squared else ""
        return f"P(\\sup_t |\\mu_t|{power} \\ge {latex(self.factor)}\\,|\\mu_0|{power})"

    def fields(self) -> dict[str, Any]:
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
            **({} if self.finer is None else {"finer": self.finer.to_json(places)}),
            "lundberg": self.bounds.lundberg.ends(),
            "method": self.method if decided else None,
            **({} if self.reason is None else {"reason": self.reason}),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }


def hitting_probability(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    factor: Number,
    *,
    digits: int | None = None,
    squared: bool = False,
    max_work: int = DEFAULT_MAX_WORK,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> HittingProbability:
    """Certify P(sup_t |mu_t| >= factor |mu_0|), the probability of a spike in the linear regime.

    Certified: exactly 0 in the stable regime (S1), exactly 1 in the inflationary and critical ones (S2);
    otherwise the walk over counts for few samples (S4), tables on a grid for many (SG), or Lundberg's bounds
    (S3).

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    factor : Number > 1
        K, how many times its start |mu| reaches.
    digits : int, 1 to 3500
        Significant digits that are wanted; None for six, for many samples three.
    squared : bool
        The event is |mu_t|^2 >= factor |mu_0|^2 instead.
    max_work : int
        Updates of states, estimated beforehand; where it does not suffice, fewer digits, and `shortfall` says
        why.
    max_bits : int >= 1
        The highest working precision.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    HittingProbability
        The probability lies in its `enclosure`.

    Raises
    ------
    InputError
        Unless curvature > 0, factor > 1, 1 <= digits <= 3500.

    Examples
    --------
    >>> from catalysis import hitting_probability
    >>> chance = hitting_probability("examples/talk-1.toml", "1.42", 1000)
    >>> chance.enclosure.decimals(5), chance.method
    (('0.0000059377', '0.0000059378'), 'counts')
    """
    source, at = as_walk(walk), positive(curvature, "curvature")
    level = as_level(exact(factor, "factor"))
    places = None if digits is None else whole(digits, "digits", least=1, most=MOST_DIGITS)
    work, bits = whole(max_work, "max_work"), whole(max_bits, "max_bits", least=1)
    steps = StepFactors.of(source, at)
    bounds = hitting_bounds(
        steps.squared() if squared else steps,
        level,
        digits=places,
        max_work=work,
        max_bits=bits,
        progress=progress,
    )
    return HittingProbability(source, at, level, bounds, squared, _carried(bounds, work))


def _carried(bounds: HittingBounds, max_work: int) -> Carried | None:
    """The bounds that the checker can prove: of S3, and of the walk or the tables if they are short enough."""
    if bounds.enclosure is None:
        return None
    if bounds.exponent.regime is not Regime.DEFLATIONARY:
        return Carried(bounds.method, bounds.enclosure)
    lundberg = bounds.lundberg.enclosure
    assert lundberg is not None
    found = [carried_by_lundberg(lundberg)]
    if bounds.lattice is not None:
        found.append(carried_by_lattice(bounds.lattice, bounds.digits))
        if _reached(found[-1].enclosure, bounds.digits):
            return found[-1]
    if bounds.method == "grid" and bounds.grid is not None:
        tables = carried_by_grid(bounds.grid)
        found += [] if tables is None else [tables]
    if bounds.pieces is not None:
        straight = carried_by_pieces(bounds.pieces)
        found += [] if straight is None else [straight]
    if bounds.method == "counts" or (bounds.method == "lattice" and max_work >= CHECKER_UPDATES):
        known = next(
            n for n in range(bounds.digits + 1) if n == bounds.digits or not _reached(lundberg, n + 1)
        )
        walk = checkable_walk(bounds.steps, bounds.level, bounds.counts, known + 1, bounds.digits)
        found += [] if walk is None else [carried_by_counts(walk, lundberg)]
    return min(found, key=lambda one: one.enclosure.width)


def hitting_bounds(
    steps: StepFactors,
    level: Fraction,
    *,
    digits: int | None = None,
    max_work: int = DEFAULT_MAX_WORK,
    max_bits: int = DEFAULT_MAX_BITS,
    on_a_lattice: bool = True,
    progress: Progress | None = None,
) -> HittingBounds:
    """The same for any walk of finitely many rational factors. See hitting_probability.

    `on_a_lattice`: S8 may be used, which advice does not carry.
    """
    as_level(level)
    lundberg = bounds_by_exponent(steps, level, max_bits=max_bits)
    regime, enclosure = lundberg.exponent.regime, lundberg.enclosure
    coarse = HittingBounds(steps, level, digits or DEFAULT_DIGITS, lundberg, enclosure, "lundberg")
    if enclosure is None:
        return replace(coarse, method="none", limited_by=lundberg.exponent.reason)
    if regime is not Regime.DEFLATIONARY:
        return replace(coarse, method="stable" if regime is Regime.STABLE else "certain")
    if enclosure.lower <= 0:
        return replace(coarse, limited_by="the probability is too small to be written out")
    if _reached(enclosure, coarse.digits):
        return coarse
    lattice = lattice_bounds(steps, level, coarse.digits) if on_a_lattice else None
    if lattice is not None:
        common = _common(lattice.enclosure, enclosure)
        coarse = replace(coarse, enclosure=common, method="lattice", lattice=lattice)
        if _reached(coarse.enclosure, coarse.digits):
            return coarse
    if digits is None and _too_much(coarse, DEFAULT_DIGITS, max_work):
        coarse = replace(coarse, digits=GRID_DIGITS)
    return coarse if _reached(enclosure, coarse.digits) else _sharpened(coarse, max_work, progress)


def _sharpened(coarse: HittingBounds, max_work: int, progress: Progress | None) -> HittingBounds:
    """From the Lundberg bounds of a deflationary walk to the digits asked for, or as near as the work allows."""
    too_much = _too_much(coarse, coarse.digits, max_work)
    if too_much is None:
        counted = _by_counts(coarse, coarse.digits, max_work, progress)
        assert counted.counts is not None
        if counted.counts.replay_cost <= CHECKER_UPDATES:
            return counted
        pieces = _by_pieces(coarse, max_work, progress)
        return pieces if pieces.limited_by is None else replace(counted, pieces=pieces.pieces)
    pieces = _by_pieces(coarse, max_work, progress)
    if pieces.limited_by is None:
        return pieces
    tables = pieces
    if not _reached(pieces.enclosure, max(1, coarse.digits - 1)):
        tables = _by_grid(coarse, max_work, progress)
        if tables.limited_by is None:
            return replace(tables, pieces=pieces.pieces)
    found = [coarse, pieces, tables]
    if _too_much(coarse, 1, max_work) is None:
        fewer = next(n for n in range(coarse.digits - 1, 0, -1) if _too_much(coarse, n, max_work) is None)
        found.append(_by_counts(coarse, fewer, max_work, progress))
    best = min(found, key=lambda bounds: bounds.enclosure.width if bounds.enclosure else Fraction(1))
    reason = f"{too_much}; by tables: {tables.limited_by}"
    limited = None if _reached(best.enclosure, coarse.digits) else reason
    return replace(best, limited_by=limited, pieces=pieces.pieces)


def _too_much(coarse: HittingBounds, digits: int, max_work: int) -> str | None:
    """Why the walk over counts is not begun, None if the work allows it."""
    if coarse.steps.size > MOST_AXES:
        return f"{coarse.steps.size} factors are too many for the walk over counts"
    plan = plan_walk(coarse.steps, coarse.level, digits)
    return plan.too_much(max_work) if plan.work > max_work else None


def _by_counts(coarse: HittingBounds, digits: int, max_work: int, progress: Progress | None) -> HittingBounds:
    walk = count_walk_bounds(coarse.steps, coarse.level, digits=digits, max_work=max_work, progress=progress)
    assert walk.enclosure is not None
    found = _common(walk.enclosure, coarse.enclosure)
    limit = "the walk over counts ended before the digits were reached"
    limited = None if _reached(found, coarse.digits) else limit
    return replace(coarse, enclosure=found, method="counts", counts=walk, limited_by=limited)


def _by_pieces(coarse: HittingBounds, max_work: int, progress: Progress | None) -> HittingBounds:
    if coarse.steps.size > MOST_FACTORS:
        return replace(coarse, limited_by=f"{coarse.steps.size} factors are too many for tables of pieces")
    work = GRID_WORK * max_work
    if work < _PIECES_WORK:
        return replace(coarse, limited_by="the work allowed (--max-work) is too little for tables of pieces")
    width = Fraction(1, 10**coarse.digits)
    pieces = pieces_bounds(coarse.steps, coarse.level, relative_width=width, max_work=work, progress=progress)
    found = _common(pieces.enclosure, coarse.enclosure)
    limited = None if _reached(found, coarse.digits) else pieces.limited_by
    return replace(coarse, enclosure=found, method="pieces", pieces=pieces, limited_by=limited)


def _by_grid(coarse: HittingBounds, max_work: int, progress: Progress | None) -> HittingBounds:
    size = coarse.steps.size
    work = GRID_WORK * max_work * _GRID_FACTORS // max(_GRID_FACTORS, size)
    if size > _GRID_FACTORS and work < _FEWEST_SWEEPS * FIRST_TABLE * size:
        return replace(coarse, limited_by=f"{size} factors are too many for the work allowed (--max-work)")
    grid = grid_bounds(
        coarse.steps,
        coarse.level,
        relative_width=Fraction(1, 10**coarse.digits),
        max_work=work,
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
