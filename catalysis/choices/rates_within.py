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


@dataclass(frozen=True, repr=False)
class AdviceWithin(Result):
    """For learning rates between 2/(lambda_0 x*) and the end of the window: a spike to the scale within `steps` steps.

    Certified (A7), for every eta of a cell: *rare*: probability at most `question.probability`; *likely*: more than
    that; *undecided* claims nothing. Below the first cell the probability is 0 (A2). Proved by this program; no
    certificate carries it.

    Attributes
    ----------
    cells : tuple of RateCell
        With the `outlook` of each.
    """

    question: Question
    steps: int
    cells: tuple[RateCell, ...]
    dataset: Dataset

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
            "in_certificate": False,
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

    Certified cell by cell (A7): see `AdviceWithin`; no certificate carries it.

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
        outlook = _outlook(question, start, end, count) if tried < _MOST_CELLS else Outlook.UNDECIDED
        tried += 1
        fine = end - start <= sliver * start or depth >= _DEEPEST or tried >= _MOST_CELLS
        if outlook is Outlook.UNDECIDED and not fine:
            middle = (start + end) / 2
            waiting += [(middle, end, depth + 1), (start, middle, depth + 1)]
            continue
        found.append(RateCell(start, end, outlook))
        if progress is not None:
            progress(min(tried, _MOST_CELLS), _MOST_CELLS)
    return AdviceWithin(question, count, tuple(_merged(found)), question.walk.dataset)


def _merged(cells: list[RateCell]) -> list[RateCell]:
    """Neighbours of the same outlook as one."""
    merged: list[RateCell] = []
    for cell in cells:
        if merged and merged[-1].outlook is cell.outlook:
            merged[-1] = RateCell(merged[-1].start, cell.end, cell.outlook)
        else:
            merged.append(cell)
    return merged


def _outlook(question: Question, start: Fraction, end: Fraction, steps: int) -> Outlook:
    """A7: the largest factors and the lowest level bound from above, the smallest and the highest from below."""
    accepted = question.probability
    if _bounds(question, start, end, steps, most=True).upper <= accepted:
        return Outlook.RARE
    if _bounds(question, start, end, steps, most=False).lower > accepted:
        return Outlook.LIKELY
    return Outlook.UNDECIDED


def _bounds(question: Question, start: Fraction, end: Fraction, steps: int, *, most: bool) -> Enclosure:
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
        return _ANY
    if factors.never_grows() or _too_short(factors, level, steps):
        return _NEVER
    try:
        return within_bounds(Course.to_level(factors, level, steps), Effort(_DIGITS, _WORK))[0]
    except TooLong:
        return _ANY


def _too_short(factors: StepFactors, level: Fraction, steps: int) -> bool:
    with precision(128):
        return steps == 0 or bool(steps * ball(factors.largest).log() < ball(level).log())
