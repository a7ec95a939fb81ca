"""Narrowing the slivers that the exponent alone leaves open, by the hitting probabilities themselves (A5).

Over a cell of learning rates the walk of the largest factors bounds the probability above, that of the
smallest ones below. All is asked for |mu|^2, whose level A/eta is rational.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell, CellWalk
from catalysis.exact.numbers import short_between
from catalysis.exact.result import Progress
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.plan import plan_walk
from catalysis.spikes.probability import hitting_bounds

DEFAULT_MAX_WORK = 20_000_000
_DIGITS = 3
_MOST_CALLS = 64


def sharpened(
    question: Question,
    cells: list[AdviceCell],
    tolerance: Fraction,
    max_work: int,
    thorough: bool,
    progress: Progress | None,
) -> list[AdviceCell]:
    """The cells with every undecided one narrowed from both sides.

    A sliver is narrowed to about the ``tolerance`` unless one walk takes more than ``max_work`` (updates of states).
    ``thorough``: then a grid takes over, some seconds for each cell.
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
            there = _short(here + reach, reach / 4)
            if not 0 < sense * (there - here) <= sense * (limit - here):
                break
            cut = (here, there) if sense > 0 else (there, here)
            cell = self._cell(cut, kind)
            if cell is not None:
                cells.append(cell)
                here = there
                reach = min(2 * reach, (limit - here) / 2, key=abs)
            else:
                reach /= 2
            if abs(reach) < least:
                break
        return cells

    def _cell(self, cut: tuple[Fraction, Fraction], kind: Outlook) -> AdviceCell | None:
        """A5: the probability stays at or below the accepted one on the whole cell, or above it."""
        rare, accepted = kind is Outlook.RARE, self.question.probability
        level = self.question.start_rate / cut[1 if rare else 0]
        if level <= 1:
            return None
        steps = extreme_steps(self.question, cut, largest=rare).squared()
        deflationary = steps.exponent(digits=15).regime is Regime.DEFLATIONARY
        if deflationary and plan_walk(steps, level, _DIGITS).work > self.max_work:
            if not self.thorough:
                return None
            bounds = hitting_bounds(steps, level, digits=1)
        else:
            bounds = hitting_bounds(steps, level, digits=_DIGITS, max_work=self.max_work)
        found = bounds.enclosure
        if found is None or not (found.upper <= accepted if rare else found.lower > accepted):
            return None
        counts = bounds.counts
        walk = None if counts is None else CellWalk(steps, level, counts.digits, counts)
        return AdviceCell(*cut, kind, lemmas=("A5",), walk=walk)


def extreme_steps(question: Question, cut: tuple[Fraction, Fraction], *, largest: bool) -> StepFactors:
    """The largest (or smallest) factor of each sample over a cell of learning rates."""
    walk = question.walk
    pairs = [(walk.idle, Fraction(1))] if walk.idle else []
    for rate, pole, weight in zip(walk.rates, walk.poles, walk.weights, strict=True):
        ends = [abs(1 - end * rate) for end in cut]
        factor = max(ends) if largest else Fraction(0) if cut[0] <= pole <= cut[1] else min(ends)
        pairs.append((weight, factor))
    return StepFactors.from_pairs((factor, weight) for weight, factor in pairs)


def _kind(neighbour: Outlook) -> Outlook:
    """What may be proved next to a cell: the probability is small beside a stable or rare one, else large."""
    return Outlook.RARE if neighbour in (Outlook.STABLE, Outlook.RARE) else Outlook.LIKELY


def _short(value: Fraction, slack: Fraction) -> Fraction:
    """A short decimal within the slack."""
    return short_between(value - abs(slack), value + abs(slack))
