"""The complete list of zeros and sign regions of G, with the proof that nothing is missing.

Lemma D1 says what a gap between neighbouring poles can hold; each gap is settled by a few signs (D2, D3) or
by algebra (D6). A gap that neither settles within the limits is reported as undecided, and the list then
does not claim to be complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pickle import dumps, loads
from typing import Any

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.field import Field
from catalysis.drift.gap import DEFAULT_DIGITS, GapProver, bits_for
from catalysis.drift.search_few import Proposal
from catalysis.drift.search_floats import propose
from catalysis.drift.tangency import DEFAULT_MAX_DEGREE
from catalysis.drift.writing import written
from catalysis.drift.zeros import NegativeGap, UndecidedGap, Zero
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.memory import uncollected
from catalysis.exact.numbers import MAX_ASKED_DIGITS, Number, brief, exact, exact_text, whole
from catalysis.exact.result import Progress, Result, Verdict

__all__ = ["DEFAULT_DIGITS", "Region", "SignRegions", "Zero", "sign_regions"]

WATCHED_WORK, SILENT_WORK = 400_000_000, 20_000_000
"""How many factors may be looked at, gaps times rates, where progress is told and where it is not."""

_WORK_PER_MINUTE = 30_000_000
# With a field (D7): what a gap and a rate cost instead, in the same unit.
_WORK_A_GAP, _WORK_A_RATE = 400, 50
_FEWEST_GAPS, _FEWEST_RATES = 64, 128
_GAPS_A_JOB, _MOST_JOBS = 5000, 1000

Run = Callable[[Callable[["Parcel"], "list[Packed]"], "list[Parcel]"], "list[list[Packed]]"]
"""Does independent jobs: `lambda f, jobs: run_all(f, jobs, executor)` of `simulation.executors`."""


@dataclass(frozen=True)
class Region:
    """G has the `sign` off the poles between two neighbouring zeros (or ends) of the list.

    `start` and `end` are exact ends of the interval asked for, or the zeros themselves; None is infinity.
    """

    sign: int
    start: Fraction | Zero
    end: Fraction | Zero | None


@dataclass(frozen=True, repr=False)
class SignRegions(Result):
    """All zeros and sign regions of G on `(start, end)`, `end` None for infinity.

    Certified (D1, D2, D3, D6): each zero is alone in its bracket, and if `complete`, G has no other zero in
    `(start, end)` and has in each region the sign given (-inf at the poles inside negative regions).
    `zeros` also holds those of the two outermost gaps that lie at or beyond `start` or `end`; they
    carry the proof, and `inside` leaves them out. `regions` is empty unless `complete`. `digits` is what was
    asked, and what `fields` shows at least.

    Attributes
    ----------
    complete : bool
        Whether all zeros are found, proved.
    zeros, inside : tuple of Zero
        All of them, and those in `(start, end)`; `zero.enclosure(digits)` is the bracket.
    regions : tuple of Region
        Sign regions in order; empty unless `complete`.
    undecided : tuple of UndecidedGap
        What the limits left open, each with its reason.
    poles : tuple of Fraction
        Where G = -inf.
    """

    walk: LinearWalk
    start: Fraction
    end: Fraction | None
    zeros: tuple[Zero, ...]
    inside: tuple[Zero, ...]
    negative_gaps: tuple[NegativeGap, ...]
    undecided: tuple[UndecidedGap, ...]
    regions: tuple[Region, ...]
    digits: int = DEFAULT_DIGITS

    @property
    def complete(self) -> bool:
        return not self.undecided

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.complete else Verdict.UNDECIDED

    @property
    def poles(self) -> tuple[Fraction, ...]:
        return tuple(p for p in self.walk.poles if self.start <= p and (self.end is None or p <= self.end))

    @property
    def reason(self) -> str | None:
        """Which limit left the first of the undecided gaps open."""
        return self.undecided[0].reason if self.undecided else None

    def fields(self) -> dict[str, Any]:
        shown = {id(one.zero): one for one in written(self.inside, self.digits)}

        def end(value: Fraction | Zero | None) -> Any:
            if isinstance(value, Zero):
                return shown[id(value)].end()
            return "inf" if value is None else exact_text(value)

        return {
            "verdict": self.verdict.value,
            "from": exact_text(self.start),
            "to": end(self.end),
            "digits": self.digits,
            "poles": [exact_text(p) for p in self.poles],
            "zeros": [shown[id(z)].entry() for z in self.inside],
            "regions": [
                {"sign": "positive" if r.sign > 0 else "negative", "from": end(r.start), "to": end(r.end)}
                for r in self.regions
            ]
            if self.complete
            else None,
            "complete": self.complete,
            "undecided": [
                {"from": exact_text(left), "to": end(right), "reason": u.reason}
                for u in self.undecided
                for left, right in [self.walk.gap_ends(u.gap)]
            ],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def sign_regions(
    walk: AnyWalk,
    start: Number = 0,
    end: Number | None = None,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    max_degree: int = DEFAULT_MAX_DEGREE,
    max_work: int | None = None,
    progress: Progress | None = None,
    run: Run | None = None,
) -> SignRegions:
    """Certify all zeros and sign regions of G on `(start, end)`.

    Certified (D1 to D6): see `SignRegions`. What the limits leave open is listed in `undecided`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    start, end : Number
        0 <= start < end; `end` None for infinity.
    digits : int, 1 to 3500
        Significant digits of each bracket (of the log-distance for zeros very near a pole).
    max_bits : int >= 1
        The highest working precision, raised to what `digits` need.
    max_degree : int >= 0
        The largest tangency algebra.
    max_work : int
        Gaps times distinct rates, or what a field (D7) takes instead; by default some 40 seconds of it, where
        progress is told a quarter of an hour.
    progress : callable
        Called as `progress(done, total)`, gap by gap.
    run : callable
        `run(function, jobs)` returns the results of independent jobs in their order, wherever it does them:
        `lambda function, jobs: run_all(function, jobs, executor)` of `catalysis.simulation.executors`. A job is a
        piece of the list, some thousands of gaps.

    Returns
    -------
    SignRegions
        `zeros` in increasing order, each alone in its bracket; `regions` with their signs if `complete`.

    Raises
    ------
    InputError
        For bad arguments, and for work beyond `max_work` (10^5 rates take a minute).

    Examples
    --------
    >>> from catalysis import sign_regions
    >>> regions = sign_regions("examples/three-changes.toml", digits=8)
    >>> regions.complete, [zero.enclosure().decimals(6) for zero in regions.zeros]
    (True, [('0.71683', '0.716831'), ('0.997993', '0.997994'), ('1.0019', '1.00191')])
    """
    walk, start = as_walk(walk), exact(start, "start")
    end = None if end is None else exact(end, "end")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    max_bits = max(
        whole(max_bits, "max_bits", least=1), 2 * bits_for(digits) if digits > DEFAULT_DIGITS else 1
    )
    max_degree = whole(max_degree, "max_degree")
    if start < 0:
        raise InputError(f"start: the interval must begin at 0 or above, found {brief(start)}")
    if end is not None and end <= start:
        raise InputError(f"end: the interval must end above start = {brief(start)}, found {brief(end)}")
    if max_work is None:
        max_work = SILENT_WORK if progress is None else WATCHED_WORK
    gaps = _gaps_meeting(walk, start, end)
    check_work(walk, len(gaps), whole(max_work, "max_work", least=1))
    ends = tuple(place for place in (start, end) if place)
    limits = Limits(gaps, ends, digits, max_bits, max_degree)
    if run is None:
        outcomes = settle_gaps(walk, limits, progress) if gaps else []
    else:
        outcomes = [
            _unpacked(walk, one) for part in run(settle_apart, _parcels(walk, limits)) for one in part
        ]
    return _certified(walk, limits, start, end, outcomes)


def _parcels(walk: LinearWalk, limits: Limits) -> list[Parcel]:
    """Independent jobs."""
    gaps, packed = limits.gaps, dumps(walk)
    at_once = max(_GAPS_A_JOB, -(-len(gaps) // _MOST_JOBS))
    return [
        Parcel(packed, replace(limits, gaps=gaps[first : first + at_once]))
        for first in range(0, len(gaps), at_once)
    ]


def check_work(walk: LinearWalk, gaps: int, max_work: int) -> None:
    """Refuse beforehand, with `TooLong`, what would take too long."""
    work = min(gaps * walk.size, _WORK_A_GAP * gaps + _WORK_A_RATE * walk.size)
    if work > max_work:
        raise TooLong(
            f"walk: {gaps} gaps between {walk.size} distinct curvatures",
            60 * work / _WORK_PER_MINUTE,
            "a narrower interval, fewer samples",
            work,
        )


def use_field(walk: LinearWalk, gaps: range) -> Field | None:
    """The field (D7) where it pays: for many gaps between many poles."""
    inner = range(max(1, gaps.start), min(gaps.stop, walk.size))
    if len(inner) < _FEWEST_GAPS or walk.size < _FEWEST_RATES:
        return None
    return Field.build(walk, inner)


@dataclass(frozen=True)
class Limits:
    """Some neighbouring gaps, and how far each is looked at."""

    gaps: range
    ends: tuple[Fraction, ...]
    digits: int
    max_bits: int
    max_degree: int


@dataclass(frozen=True)
class Parcel:
    """Some gaps for another process: the walk is pickled once for all parcels."""

    walk: bytes
    limits: Limits


Outcome = tuple[Zero, ...] | NegativeGap | UndecidedGap
Packed = tuple[tuple[Any, ...], ...] | NegativeGap | UndecidedGap
"""An outcome whose zeros have left their walk behind."""


def settle_gaps(walk: LinearWalk, limits: Limits, progress: Progress | None = None) -> list[Outcome]:
    """What each of the gaps holds, in order, independently of all others."""
    gaps = limits.gaps
    field = use_field(walk, gaps)
    prover = GapProver(walk, limits.digits, limits.max_bits, limits.max_degree, field)
    first, last = walk.gap_ends(gaps.start)[0], walk.gap_ends(gaps.stop - 1)[1]
    ends = [end for end in limits.ends if first <= end and (last is None or end <= last)]
    outcomes = []
    for gap, proposal in proposed(walk, gaps, field):
        outcome = prover.prove(gap, proposal)
        outcomes.append(_set_apart(prover, outcome, ends) if isinstance(outcome, tuple) else outcome)
        if progress is not None:
            progress(len(outcomes), len(gaps))
    return outcomes


def settle_apart(parcel: Parcel) -> list[Packed]:
    """The same in another process: the walk arrives packed, and need not travel back."""
    return [
        tuple((z.gap, z.direction, z.lower, z.upper, z.exact, z.base, z.polynomial) for z in outcome)
        if isinstance(outcome, tuple)
        else outcome
        for outcome in settle_gaps(_kept(parcel.walk), parcel.limits)
    ]


@lru_cache(maxsize=1)
def _kept(walk: bytes) -> LinearWalk:
    """A worker that settles many pieces works the law out once."""
    with uncollected():
        found: LinearWalk = loads(walk)
    return found


def _unpacked(walk: LinearWalk, packed: Packed) -> Outcome:
    return tuple(Zero(walk, *entry) for entry in packed) if isinstance(packed, tuple) else packed


def proposed(walk: LinearWalk, gaps: range, field: Field | None) -> Iterator[tuple[int, Proposal | None]]:
    """Each gap with what it seems to hold; the last one has no field."""
    cut = gaps.stop if field is None else min(gaps.stop, walk.size)
    yield from zip(range(gaps.start, cut), propose(walk, range(gaps.start, cut), field), strict=True)
    if cut < gaps.stop:
        yield from zip(range(cut, gaps.stop), propose(walk, range(cut, gaps.stop), None), strict=True)


def _set_apart(prover: GapProver, zeros: tuple[Zero, ...], ends: list[Fraction]) -> Outcome:
    """The zeros of a gap in brackets that miss the ends of the interval."""
    left, right = prover.walk.gap_ends(zeros[0].gap)
    inside = [end for end in ends if left < end and (right is None or end < right)]
    apart = [prover.set_apart(zero, inside) for zero in zeros] if inside else zeros
    found = tuple(z for z in apart if isinstance(z, Zero))
    return found if len(found) == len(zeros) else next(z for z in apart if isinstance(z, UndecidedGap))


def _certified(
    walk: LinearWalk, limits: Limits, start: Fraction, end: Fraction | None, outcomes: list[Outcome]
) -> SignRegions:
    max_bits = limits.max_bits
    zeros = [zero for outcome in outcomes if isinstance(outcome, tuple) for zero in outcome]
    negative = tuple(outcome for outcome in outcomes if isinstance(outcome, NegativeGap))
    undecided = tuple(outcome for outcome in outcomes if isinstance(outcome, UndecidedGap))
    outer = {walk.gap_of(place) for place in (start, end) if place}
    before = [z for z in zeros if z.gap in outer and start > 0 and z.side_of(start, max_bits) != 1]
    beyond = [z for z in zeros if z.gap in outer and end is not None and z.side_of(end, max_bits) != -1]
    inside = tuple(zeros[len(before) : len(zeros) - len(beyond)])
    first = before[-1].direction if before else -1
    regions = () if undecided else _regions(inside, first or -1, start, end)
    return SignRegions(walk, start, end, tuple(zeros), inside, negative, undecided, regions, limits.digits)


def _gaps_meeting(walk: LinearWalk, start: Fraction, end: Fraction | None) -> range:
    """The gaps k >= 1 that meet the open interval."""
    first = max(1, walk.poles_up_to(start))
    last = walk.size if end is None else walk.poles_below(end)
    return range(first, last + 1)


def _regions(
    inside: tuple[Zero, ...], first: int, start: Fraction, end: Fraction | None
) -> tuple[Region, ...]:
    """Cut (start, end) at the zeros inside; `first` is the sign after start, each zero gives the next."""
    signs = [first, *(zero.direction or -1 for zero in inside)]
    cuts: list[Fraction | Zero | None] = [start, *inside, end]
    return tuple(
        Region(sign, left, right)
        for sign, left, right in zip(signs, cuts, cuts[1:], strict=False)
        if left is not None
    )
