"""The complete list of zeros and sign regions of G, with the proof that nothing is missing.

Lemma D1 says what a gap between neighbouring poles can hold; each gap is settled by a few signs (D2, D3) or
by algebra (D6). A gap that neither settles within the limits is reported as undecided, and the list then
does not claim to be complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.gap import DEFAULT_DIGITS, GapProver, bits_for
from catalysis.drift.search_floats import propose
from catalysis.drift.tangency import DEFAULT_MAX_DEGREE
from catalysis.drift.writing import written
from catalysis.drift.zeros import NegativeGap, UndecidedGap, Zero
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import MAX_ASKED_DIGITS, Number, brief, exact, exact_text, whole
from catalysis.exact.result import Progress, Result, Verdict

__all__ = ["DEFAULT_DIGITS", "Region", "SignRegions", "Zero", "sign_regions"]

WATCHED_WORK, SILENT_WORK = 400_000_000, 20_000_000
"""How many factors may be looked at, gaps times rates, where progress is told and where it is not."""

_WORK_PER_MINUTE = 30_000_000


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
        Gaps times distinct rates; by default some 40 seconds of it, where progress is told a quarter of an
        hour.
    progress : callable
        Called as `progress(done, total)`, gap by gap.

    Returns
    -------
    SignRegions
        `zeros` in increasing order, each alone in its bracket; `regions` with their signs if `complete`.

    Raises
    ------
    InputError
        For bad arguments, and for work beyond `max_work` (1000 rates take a few seconds).

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
    return _certified(GapProver(walk, digits, max_bits, max_degree), gaps, start, end, progress)


def check_work(walk: LinearWalk, gaps: int, max_work: int) -> None:
    """Refuse beforehand, with `TooLong`, what would take too long."""
    work = gaps * walk.size
    if work > max_work:
        raise TooLong(
            f"walk: {gaps} gaps between {walk.size} distinct curvatures",
            60 * work / _WORK_PER_MINUTE,
            "a narrower interval, fewer samples",
            work,
        )


def _certified(
    prover: GapProver, gaps: range, start: Fraction, end: Fraction | None, progress: Progress | None
) -> SignRegions:
    walk, max_bits = prover.walk, prover.max_bits
    ends = [place for place in (start, end) if place]
    zeros: list[Zero] = []
    negative: list[NegativeGap] = []
    undecided: list[UndecidedGap] = []
    for done, (gap, proposal) in enumerate(zip(gaps, propose(walk, gaps), strict=True)):
        outcome = prover.prove(gap, proposal)
        if isinstance(outcome, NegativeGap):
            negative.append(outcome)
        elif isinstance(outcome, UndecidedGap):
            undecided.append(outcome)
        else:
            apart = [prover.set_apart(zero, ends) for zero in outcome]
            blurred = [z for z in apart if isinstance(z, UndecidedGap)]
            undecided += blurred[:1]
            if not blurred:
                zeros += [z for z in apart if isinstance(z, Zero)]
        if progress is not None:
            progress(done + 1, len(gaps))
    before = [z for z in zeros if start > 0 and z.side_of(start, max_bits) != 1]
    beyond = [z for z in zeros if end is not None and z.side_of(end, max_bits) != -1]
    inside = tuple(zeros[len(before) : len(zeros) - len(beyond)])
    first = before[-1].direction if before else -1
    regions = () if undecided else _regions(inside, first or -1, start, end)
    return SignRegions(
        walk, start, end, tuple(zeros), inside, tuple(negative), tuple(undecided), regions, prover.digits
    )


def _gaps_meeting(walk: LinearWalk, start: Fraction, end: Fraction | None) -> range:
    """The gaps k >= 1 that meet the open interval."""
    first = next(k for k in range(1, walk.size + 1) if (r := walk.gap_ends(k)[1]) is None or r > start)
    last = (
        walk.size
        if end is None
        else next((k for k in range(walk.size, 0, -1) if walk.gap_ends(k)[0] < end), 0)
    )
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
