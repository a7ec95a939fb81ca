"""Which learning rates keep a spike to the scale sqrt(n/eta) within T steps rarer than accepted (Lemma A7)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.choices.question import Outlook, Question
from catalysis.data.dataset import Dataset
from catalysis.exact.balls import ball, precision
from catalysis.exact.effort import TooLong
from catalysis.exact.numbers import Number, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.course import Course
from catalysis.spikes.exact_row import Effort
from catalysis.spikes.horizon import MOST_STEPS, within_bounds
from catalysis.spikes.ways import CHECKER_UNITS, Followed, outwards

_DIGITS, _WORK = 4, 3_000_000
_DEEPEST, _MOST_CELLS = 30, 400
_NEVER, _ANY = Enclosure(Fraction(0), Fraction(0)), Enclosure(Fraction(0), Fraction(1))


@dataclass(frozen=True)
class RateCell:
    """The outlook within the horizon for all learning rates of `[start, end]`: rare, likely or undecided."""

    start: Fraction
    end: Fraction
    outlook: Outlook

    def to_json(self) -> dict[str, str]:
        return {
            "regime": self.outlook.value,
            "from": exact_text(self.start),
            "to": exact_text(self.end),
        }


@dataclass(frozen=True)
class Shown(RateCell):
    """A decided cell and what shows it: the walk that was `followed` (None: the level is out of reach), its tilt."""

    followed: Followed | None = None
    tilt: Fraction | None = None

    @property
    def units(self) -> int:
        """About what a replay costs the checker."""
        return 100 if self.followed is None else self.followed.units


@dataclass(frozen=True, repr=False)
class AdviceWithin(Result):
    """For learning rates between 2/(lambda_0 x*) and the end of the window: a spike to the scale within `steps` steps.

    Certified (A7), for every eta of a cell: *rare*: probability at most `question.probability`; *likely*: more than
    that; *undecided* claims nothing. Below the first cell the probability is 0 (A2). A certificate carries what is
    decided if the replays are short.

    Attributes
    ----------
    cells : tuple of RateCell
        With the `outlook` of each.
    shown : tuple of Shown
        The decided cells as they were found, each with its walk; `cells` are their unions.
    """

    question: Question
    steps: int
    cells: tuple[RateCell, ...]
    dataset: Dataset
    shown: tuple[Shown, ...] = ()

    @property
    def certifiable(self) -> bool:
        """Whether the checker can replay all that is decided in some seconds."""
        return bool(self.shown) and sum(cell.units for cell in self.shown) <= CHECKER_UNITS

    @property
    def verdict(self) -> Verdict:
        decided = any(cell.outlook is not Outlook.UNDECIDED for cell in self.cells)
        return Verdict.PROVED if decided or not self.cells else Verdict.UNDECIDED

    @property
    def reason(self) -> str | None:
        if self.verdict is Verdict.PROVED:
            return None
        return "the cells of learning rates are too coarse for so many samples or steps: ask for fewer steps"

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "steps": self.steps,
            "sets": [cell.to_json() for cell in self.cells],
            "in_certificate": self.certifiable,
            **({} if self.reason is None else {"reason": self.reason}),
        }


def advise_within(
    question: Question,
    steps: int,
    *,
    tolerance: Number = Fraction(1, 1000),
    progress: Progress | None = None,
) -> AdviceWithin:
    """For which learning rates a spike to |mu| >= scale sqrt(width/eta) within some steps is rare enough.

    Certified cell by cell (A7): see `AdviceWithin`.

    Parameters
    ----------
    question : Question
        What `advise` asks; its result has it as `question`.
    steps : int, 0 to 10^9
        The horizon T.
    tolerance : Number > 0
        Cells are halved until they are decided or relatively narrower than this.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    AdviceWithin
        Cells from where steps enlarge |mu| to the end of the window.

    Raises
    ------
    InputError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import advise, advise_within
    >>> question = advise("examples/talk-1.toml", 2, 10**6, 1, "1e-3", tolerance="0.1").question
    >>> within = advise_within(question, 100, tolerance="0.1")
    >>> [cell.outlook.value for cell in within.cells]
    ['rare', 'undecided', 'likely']
    """
    count, sliver = whole(steps, "steps", most=MOST_STEPS), positive(tolerance, "tolerance")
    low, high = question.stable_up_to, min(question.window_up_to, question.start_rate)
    found: list[RateCell] = []
    waiting = [(low, high, 0)] if low < high else []
    tried = 0
    while waiting:
        start, end, depth = waiting.pop()
        cell = _cell(question, start, end, count) if tried < _MOST_CELLS else None
        tried += 1
        fine = end - start <= sliver * start or depth >= _DEEPEST or tried >= _MOST_CELLS
        if cell is None and not fine:
            middle = (start + end) / 2
            waiting += [(middle, end, depth + 1), (start, middle, depth + 1)]
            continue
        found.append(cell or RateCell(start, end, Outlook.UNDECIDED))
        if progress is not None:
            progress(min(tried, _MOST_CELLS), _MOST_CELLS)
    shown = tuple(cell for cell in found if isinstance(cell, Shown))
    return AdviceWithin(question, count, tuple(_merged(found)), question.walk.dataset, shown)


def _merged(cells: list[RateCell]) -> list[RateCell]:
    """Neighbours of the same outlook as one."""
    merged: list[RateCell] = []
    for cell in cells:
        if merged and merged[-1].outlook is cell.outlook:
            merged[-1] = RateCell(merged[-1].start, cell.end, cell.outlook)
        else:
            merged.append(RateCell(cell.start, cell.end, cell.outlook))
    return merged


def _cell(question: Question, start: Fraction, end: Fraction, steps: int) -> Shown | None:
    """A7: the largest factors and the lowest level bound from above, the smallest and the highest from below."""
    accepted = question.probability
    bounds, followed, tilt = _bounds(question, start, end, steps, most=True)
    if bounds.upper <= accepted:
        return Shown(start, end, Outlook.RARE, followed, tilt)
    bounds, followed, tilt = _bounds(question, start, end, steps, most=False)
    return Shown(start, end, Outlook.LIKELY, followed, tilt) if bounds.lower > accepted else None


Bounds = tuple[Enclosure, Followed | None, Fraction | None]


def _bounds(question: Question, start: Fraction, end: Fraction, steps: int, *, most: bool) -> Bounds:
    """P(the walk of |mu|^2 with the extreme factors of the cell reaches its extreme level within the steps)."""
    walk, pairs = question.walk, []
    for rate, p in zip(walk.rates, walk.weights, strict=True):
        ends = abs(1 - start * rate), abs(1 - end * rate)
        pole_inside = start * rate <= 1 <= end * rate
        factor = max(ends) if most else Fraction(0) if pole_inside else min(ends)
        pairs.append((factor * factor, p))
    factors = StepFactors.from_pairs([*pairs, (Fraction(1), walk.idle)] if walk.idle else pairs)
    level = question.start_rate / (end if most else start)
    if level <= 1:
        return _ANY, None, None
    if factors.never_grows() or _too_short(factors, level, steps):
        return _NEVER, None, None
    try:
        bounds, followed, tilt = within_bounds(Course.to_level(factors, level, steps), Effort(_DIGITS, _WORK))
    except TooLong:
        return _ANY, None, None
    return outwards(bounds, _DIGITS), followed, tilt  # with room for what a replay rounds away


def _too_short(factors: StepFactors, level: Fraction, steps: int) -> bool:
    with precision(128):
        return steps == 0 or bool(steps * ball(factors.largest).log() < ball(level).log())
