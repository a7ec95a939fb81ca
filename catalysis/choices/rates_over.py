"""Which learning rates keep spikes rare where the curvature at the start is known up to an interval (A20)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from catalysis.choices.learning_rates import DEFAULT_TOLERANCE, Advice, advise
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell
from catalysis.choices.rate_search import DEFAULT_MAX_WORK
from catalysis.data.dataset import Dataset
from catalysis.data.law import SINGLE, Step
from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact_text, positive
from catalysis.exact.result import Progress, Result, Source, Verdict

_Stretch = tuple[Fraction, Fraction]
_AT_MOST = (Outlook.STABLE, Outlook.RARE)
_ABOVE = (Outlook.LIKELY, Outlook.INFLATIONARY)


class OutlookOver(enum.Enum):
    """What is known of a set of learning rates, for every curvature of the interval."""

    STABLE = "stable"
    RARE = "rare"
    LIKELY = "likely"
    INFLATIONARY = "inflationary"
    SAFER_BELOW = "rare at the smallest curvature, likely at the largest"
    SAFER_ABOVE = "likely at the smallest curvature, rare at the largest"
    OUTSIDE = "outside window"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class SetOver:
    """The learning rates strictly between `start` and `end` (None: infinity) and what holds for all of them.

    `certified` is False where it rests on a set that this program proves and a certificate cannot carry.
    """

    outlook: OutlookOver
    start: Fraction
    end: Fraction | None
    certified: bool = True

    def to_json(self) -> dict[str, Any]:
        return {
            "regime": self.outlook.value,
            "from": exact_text(self.start),
            "to": "inf" if self.end is None else exact_text(self.end),
            **({} if self.certified else {"in_certificate": False}),
        }


@dataclass(frozen=True, repr=False)
class AdviceOverInterval(Result):
    """For every learning rate: how likely `sup |mu_t| >= scale sqrt(width/eta)` is, lambda_0 known up to an interval.

    Certified (A20), for every eta strictly inside a set and every lambda_0 from that of `low` to that of `high`:
    *stable*: probability 0; *rare*: at most `probability`; *likely*: more than that; *inflationary*: probability 1.
    The two sets `... at the smallest curvature, ... at the largest` say so of the two ends alone. *Outside window*:
    eta lambda_0 x* > 4 for some lambda_0 of the interval (T1). *Undecided* claims nothing.
    """

    low: Advice
    high: Advice
    sets: tuple[SetOver, ...]

    @property
    def source(self) -> Source:
        return self.low.source

    @property
    def question(self) -> Question:
        """That of the smallest curvature; the other has only another `lambda0`."""
        return self.low.question

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The smallest and the largest curvature."""
        return self.low.question.lambda0, self.high.question.lambda0

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.reason else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """Why nothing is decided for the whole interval of curvatures."""
        decided = {one.outlook for one in self.sets} & {
            OutlookOver.RARE,
            OutlookOver.LIKELY,
            OutlookOver.INFLATIONARY,
        }
        if decided:
            return None
        return "no learning rate inside the window is decided for all of these curvatures; a narrower interval would"

    @property
    def safe_below(self) -> Fraction | None:
        """Below this every learning rate is stable or rare, for all of the curvatures."""
        last: Fraction | None = None
        for one in self.sets:
            if one.outlook not in (OutlookOver.STABLE, OutlookOver.RARE):
                break
            last = one.end
        return last

    def fields(self) -> dict[str, Any]:
        asked = self.low.fields()
        kept = ("event", "width", "mu0", "scale", "probability", "tolerance", "step")
        smallest, largest = map(exact_text, self.ends)
        return {
            "verdict": self.verdict.value,
            "lambda0_from": smallest,
            "lambda0_to": largest,
            **{key: asked[key] for key in kept},
            "sets": [one.to_json() for one in self.sets],
            "rests_on": RESTS_ON,
            **({} if self.reason is None else {"reason": self.reason}),
        }


def advise_over(
    dataset: Dataset | str,
    smallest: Number,
    largest: Number,
    width: Number,
    mu0: Number,
    probability: Number,
    *,
    scale: Number = 1,
    step: Step = SINGLE,
    tolerance: Number = DEFAULT_TOLERANCE,
    max_work: int = DEFAULT_MAX_WORK,
    thorough: bool = False,
    progress: Progress | None = None,
) -> AdviceOverInterval:
    """Certify for which learning rates spikes are rare, whatever lambda_0 is between `smallest` and `largest`.

    For a measured curvature and its error. Certified (A20): made of the answers of `advise` at the two ends, see
    AdviceOverInterval.

    Parameters
    ----------
    dataset : Dataset, or data (see as_dataset)
        The samples; the learning rate of the data set is ignored.
    smallest, largest : Number, 0 < smallest < largest
        The ends of the curvature at the start.
    width, mu0, probability, scale, step, tolerance, max_work, thorough, progress
        As for `advise`.

    Returns
    -------
    AdviceOverInterval
        `sets` covers all eta > 0.

    Raises
    ------
    InputError
        For bad arguments, as `advise`.

    Examples
    --------
    >>> from catalysis import advise_over
    >>> found = advise_over("examples/talk-1.toml", "1.9", "2.1", 10**6, 1, "1e-3", tolerance="0.05")
    >>> [piece.outlook.value for piece in found.sets][:2]
    ['stable', 'rare']
    """
    low, high = positive(smallest, "smallest"), positive(largest, "largest")
    if low >= high:
        raise InputError(f"largest: expected a number > {brief(low)}, the smallest, found {brief(high)}")
    first, last = (
        advise(
            dataset,
            curvature,
            width,
            mu0,
            probability,
            scale=scale,
            step=step,
            tolerance=tolerance,
            max_work=max_work,
            thorough=thorough,
            progress=progress,
        )
        for curvature in (low, high)
    )
    return AdviceOverInterval(first, last, tuple(_merged(_sets(first, last))))


@dataclass(frozen=True)
class _Known:
    """The stretches of learning rates on which one answer says the same, ends included, as closed intervals."""

    stable: tuple[_Stretch, ...]
    at_most: tuple[_Stretch, ...]
    above: tuple[_Stretch, ...]
    inflationary: tuple[_Stretch, ...]

    @classmethod
    def of(cls, advice: Advice, certified: bool) -> _Known:
        """From the cells that a certificate carries, or from all."""
        cells = [cell for cell in advice.cells if cell.certified or not certified]
        kinds = ((Outlook.STABLE,), _AT_MOST, _ABOVE, (Outlook.INFLATIONARY,))
        return cls(*(tuple(_stretches(cells, kind)) for kind in kinds))

    @property
    def ends(self) -> set[Fraction]:
        every = (*self.stable, *self.at_most, *self.above, *self.inflationary)
        return {place for stretch in every for place in stretch}


def _stretches(cells: Iterable[AdviceCell], kind: tuple[Outlook, ...]) -> Iterator[_Stretch]:
    last: _Stretch | None = None
    for cell in cells:
        if cell.outlook not in kind or cell.end is None:
            continue
        if last is not None and last[1] == cell.start:
            last = last[0], cell.end
            continue
        if last is not None:
            yield last
        last = cell.start, cell.end
    if last is not None:
        yield last


def _sets(low: Advice, high: Advice) -> Iterator[SetOver]:
    """One set between any two neighbouring places where one of the two answers changes, or comes into reach."""
    ratio = high.question.lambda0 / low.question.lambda0
    known = [
        (_Known.of(low, certified), _Known.of(high, certified), certified) for certified in (True, False)
    ]
    window = high.question.window_up_to
    places = {Fraction(0), window}
    for below, above, _ in known:
        places |= {place for end in below.ends for place in (end, end / ratio)}
        places |= {place for end in above.ends for place in (end, end * ratio)}
    for start, end in pairwise(sorted(place for place in places if place <= window)):
        outlooks = ((_outlook(below, above, (start + end) / 2, ratio), one) for below, above, one in known)
        found = next(
            (x for x in outlooks if x[0] is not OutlookOver.UNDECIDED), (OutlookOver.UNDECIDED, True)
        )
        yield SetOver(found[0], start, end, found[1])
    yield SetOver(OutlookOver.OUTSIDE, window, None)


def _outlook(low: _Known, high: _Known, place: Fraction, ratio: Fraction) -> OutlookOver:
    """A20 at `place`, which is no end of a set."""
    if _held(high.stable, place, place):
        return OutlookOver.STABLE
    if _held(low.at_most, place, place * ratio):
        return OutlookOver.RARE
    if _held(high.inflationary, place / ratio, place):
        return OutlookOver.INFLATIONARY
    if _held(high.above, place / ratio, place):
        return OutlookOver.LIKELY
    if _held(low.at_most, place, place) and _held(high.above, place, place):
        return OutlookOver.SAFER_BELOW
    if _held(low.above, place, place) and _held(high.at_most, place, place):
        return OutlookOver.SAFER_ABOVE
    return OutlookOver.UNDECIDED


def _held(stretches: Iterable[_Stretch], start: Fraction, end: Fraction) -> bool:
    """Whether one stretch holds all of `[start, end]`."""
    return any(low <= start and end <= high for low, high in stretches)


def _merged(sets: Iterable[SetOver]) -> Iterator[SetOver]:
    """Neighbours that say the same as one."""
    last: SetOver | None = None
    for one in sets:
        if last is not None and (last.outlook, last.certified) == (one.outlook, one.certified):
            last = replace(last, end=one.end)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last
