"""Covering the catapult window with proved cells: bisection, from the left, then joining neighbours.

What the exponent alone leaves open is narrowed from both sides by the probabilities themselves (A5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell, CellProver, cell_by_probability
from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole, Position, position_enclosure
from catalysis.drift.regions import sign_regions
from catalysis.exact.effort import SILENT_SECONDS, WATCHED_SECONDS, TooLong
from catalysis.exact.numbers import short_between
from catalysis.exact.result import Progress

_FIRST_PIECES = 32
_NEAREST_BITS = 200
DEFAULT_MAX_WORK = 20_000_000
_MOST_CALLS = 64
_WORK_PER_SECOND = 60_000  # cells times curvatures
_LESS = "fewer samples, or a terminal (progress shown: up to a quarter of an hour)"


def window_cells(
    question: Question, tolerance: Fraction, max_cells: int, progress: Progress | None
) -> list[AdviceCell]:
    """Cells that cover `[stable_up_to, min(window_up_to, start_rate)]`, undecided ones included.

    Undecided cells are at most `tolerance/4` wide, relative to their place, unless Lundberg's bounds leave
    their ends and their middle open or `max_cells` cells are made.
    """
    start, end = question.stable_up_to, min(question.window_up_to, question.start_rate)
    if question.walk.size == 1:
        return [AdviceCell(start, end, Outlook.INFLATIONARY, lemmas=("A4d",))]
    prover = CellProver(question)
    done: list[AdviceCell] = []
    marks = _marks_or_refusal(question.walk, start, end, tolerance, progress)
    waiting = list(pairwise(marks))[::-1]
    while waiting:
        left, right = waiting.pop()
        cell = prover.cell(left, right)
        if (
            cell is None
            and len(done) + len(waiting) < max_cells
            and _worth_splitting(prover, left, right, tolerance)
        ):
            middle = short_between(left, right)
            waiting += [(middle, right), (left, middle)]
            continue
        done.append(cell or AdviceCell(left, right, Outlook.UNDECIDED))
        if progress is not None:
            progress(len(done), len(done) + len(waiting))
    return joined(prover, done)


def _worth_splitting(prover: CellProver, left: Fraction, right: Fraction, tolerance: Fraction) -> bool:
    if right - left <= tolerance * left / 4:
        return False
    return not all(prover.open_at(at) for at in (left, (left + right) / 2, right))


def joined(prover: CellProver, cells: Iterable[AdviceCell]) -> list[AdviceCell]:
    """The same with fewer cells: neighbours that one proof covers become one."""
    result: list[AdviceCell] = []
    for cell in cells:
        assert cell.end is not None
        if result and result[-1].outlook is cell.outlook:
            union = (
                AdviceCell(result[-1].start, cell.end, Outlook.UNDECIDED)
                if cell.outlook is Outlook.UNDECIDED
                else prover.again(cell.outlook, result[-1].start, cell.end)
            )
            if union is not None:
                result[-1] = union
                continue
        result.append(cell)
    return result


def _marks_or_refusal(
    walk: LinearWalk, start: Fraction, end: Fraction, tolerance: Fraction, progress: Progress | None
) -> list[Fraction]:
    """The marks; refused where their cells, or they themselves, would take too long."""
    try:
        marks = _marks(walk, start, end, tolerance)
    except TooLong as refused:
        raise TooLong(refused.what, refused.seconds, _LESS) from None
    seconds = len(marks) * walk.size / _WORK_PER_SECOND
    if seconds > (SILENT_SECONDS if progress is None else WATCHED_SECONDS):
        raise TooLong(
            f"dataset: {len(marks)} cells and more for {walk.size} distinct curvatures", seconds, _LESS
        )
    return marks


def _marks(walk: LinearWalk, start: Fraction, end: Fraction, tolerance: Fraction) -> list[Fraction]:
    """The ends, the poles, places beside the zeros of G, and a first grid between them."""
    digits = max(4, len(str(int(1 / tolerance))) + 2)
    zeros = sign_regions(walk, start, end, digits=digits, max_bits=512).inside
    beside = {place for zero in zeros for side in (zero.lower, zero.upper) for place in _rational(side)}
    marks = sorted({start, end, *(m for m in {*walk.poles, *beside} if start < m < end)})
    grid: list[Fraction] = []
    for left, right in pairwise(marks):
        pieces = 1 + int((right - left) * _FIRST_PIECES / left)
        grid += _cut(left, right, pieces)
    return [*grid, end]


def _cut(left: Fraction, right: Fraction, pieces: int) -> list[Fraction]:
    """`left` and short places that cut the piece into about so many."""
    if pieces <= 1:
        return [left]
    middle = short_between(left, right)
    return _cut(left, middle, pieces // 2) + _cut(middle, right, pieces - pieces // 2)


def _rational(place: Position) -> list[Fraction]:
    """The place itself, or one a little farther from its pole that is not too long to write."""
    if isinstance(place, Fraction):
        return [place]
    if place.t < _NEAREST_BITS // 2:
        bounds = position_enclosure(place, 40)
        return [bounds.upper if place.side > 0 else bounds.lower]
    return [place.pole + place.side * _nearest(place)]


def _nearest(place: NearPole) -> Fraction:
    return place.pole / (1 << _NEAREST_BITS)


def sharpened(
    question: Question,
    cells: list[AdviceCell],
    tolerance: Fraction,
    max_work: int,
    thorough: bool,
    progress: Progress | None,
) -> list[AdviceCell]:
    """The cells with every undecided one narrowed from both sides.

    A sliver is narrowed to about the `tolerance` unless one walk takes more than `max_work` (updates of
    states). `thorough`: then a grid takes over, some seconds for each cell.
    """
    sharpener = _Sharpener(question, tolerance, max_work, thorough)
    open_ones = sum(cell.outlook is Outlook.UNDECIDED for cell in cells)
    result: list[AdviceCell] = []
    done = 0
    for i, cell in enumerate(cells):
        if cell.outlook is not Outlook.UNDECIDED:
            result.append(cell)
            continue
        before = cells[i - 1].outlook if i else Outlook.STABLE
        after = cells[i + 1].outlook if i + 1 < len(cells) else Outlook.LIKELY
        result += sharpener.narrowed(cell, before, after)
        done += 1
        if progress is not None:
            progress(done, open_ones)
    return result


@dataclass
class _Sharpener:
    question: Question
    tolerance: Fraction
    max_work: int
    thorough: bool

    def narrowed(self, sliver: AdviceCell, before: Outlook, after: Outlook) -> list[AdviceCell]:
        """Proved cells at both ends of the sliver, and what stays open between them."""
        assert sliver.end is not None
        if sliver.end - sliver.start <= self.tolerance * sliver.start:
            return [sliver]
        left = self._grown(sliver.start, sliver.end, _kind(before), 1)
        start = left[-1].end if left else sliver.start
        assert start is not None
        right = self._grown(sliver.end, start, _kind(after), -1)[::-1]
        end = right[0].start if right else sliver.end
        middle = [replace(sliver, start=start, end=end)] if start < end else []
        return [*left, *middle, *right]

    def _grown(self, here: Fraction, limit: Fraction, kind: Outlook, sense: int) -> list[AdviceCell]:
        """Cells of one kind from one end of the sliver towards the other, as far as they are proved."""
        cells: list[AdviceCell] = []
        reach, least = (limit - here) / 4, self.tolerance * here / 16
        for _ in range(_MOST_CALLS):
            there = _near(here + reach, reach / 4)
            if not 0 < sense * (there - here) <= sense * (limit - here):
                break
            cut = (here, there) if sense > 0 else (there, here)
            cell = cell_by_probability(self.question, cut, kind, self.max_work, self.thorough)
            if cell is not None:
                cells.append(cell)
                here = there
                reach = min(2 * reach, (limit - here) / 2, key=abs)
            else:
                reach /= 2
            if abs(reach) < least:
                break
        return cells


def _kind(neighbour: Outlook) -> Outlook:
    """What may be proved next to a cell: the probability is small beside a stable or rare one, else large."""
    return Outlook.RARE if neighbour in (Outlook.STABLE, Outlook.RARE) else Outlook.LIKELY


def _near(value: Fraction, slack: Fraction) -> Fraction:
    """A short decimal within the slack."""
    return short_between(value - abs(slack), value + abs(slack))
