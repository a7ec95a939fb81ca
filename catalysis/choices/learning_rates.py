"""Which learning rates keep spikes rare: the axis of eta cut into proved sets (lemmas A1 to A5 of docs/advice.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.choices.batch_rates import batch_cells
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell
from catalysis.choices.rate_search import DEFAULT_MAX_WORK, sharpened, window_cells
from catalysis.data.dataset import Dataset
from catalysis.data.law import SINGLE, Step
from catalysis.data.linear_regime import RESTS_ON
from catalysis.data.reading import as_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, decimal_above, exact, exact_text, positive, whole
from catalysis.exact.result import Progress, Result, Source, Verdict
from catalysis.spikes.carried import CHECKER_UPDATES

DEFAULT_TOLERANCE = Fraction(1, 1000)
DEFAULT_MAX_CELLS = 20_000


@dataclass(frozen=True)
class AdviceSet:
    """Neighbouring cells with the same outlook: one line of the answer. `end` None is infinity.

    `at_once`: the start itself is at the level, so the probability is 1 (A1). `certified` is False where the
    set is proved by this program and a certificate cannot carry it.
    """

    outlook: Outlook
    start: Fraction
    end: Fraction | None
    lemmas: tuple[str, ...]
    at_once: bool = False
    certified: bool = True

    @property
    def relative_width(self) -> Fraction | None:
        """(end - start)/start, None where it is infinite."""
        return None if self.end is None or self.start == 0 else (self.end - self.start) / self.start

    def to_json(self) -> dict[str, Any]:
        return {
            "regime": self.outlook.value,
            "from": exact_text(self.start),
            "to": "inf" if self.end is None else exact_text(self.end),
            "lemmas": list(self.lemmas),
            **({"at_once": True} if self.at_once else {}),
            **({} if self.certified else {"in_certificate": False}),
        }


@dataclass(frozen=True)
class _Asked:
    """What `advise` was asked of: a data set whose own learning rate plays no part, and a kind of step."""

    dataset: Dataset
    step: Step

    def heading(self) -> dict[str, Any]:
        return {"data": self.dataset.heading()["data"], "step": self.step.to_json()}


@dataclass(frozen=True, repr=False)
class Advice(Result):
    """For every learning rate eta > 0: how likely is `sup |mu_t| >= scale sqrt(width/eta)` (linear regime)?

    Certified, for each cell (A1 to A5): *stable*: probability 0; *rare*: at most `question.probability`;
    *likely*: more than that (1 only where the lemma is A1); *inflationary*: G > 0, probability 1; *outside
    window*: eta lambda_0 x* > 4, where a step can enlarge the curvature (T1). *Undecided* claims nothing.
    Cells include their ends, but 0, the end of the stable cell if that is A (`question.start_rate`), the
    start of the cell outside the window and of an inflationary cell at 2/(lambda_0 x*) (one curvature only,
    A4d), and the ends of undecided cells. A certificate states the `certified` cells.

    Attributes
    ----------
    sets : tuple of AdviceSet
        `outlook`, `start`, `end` and `lemmas` of each; neighbours of one outlook merged.
    question : Question
        What was asked.
    wide : tuple of AdviceSet
        Undecided sets wider than the tolerance.
    reason, shortfall : str or None
        Why nothing is decided, or why slivers are wide.
    """

    question: Question
    tolerance: Fraction
    cells: tuple[AdviceCell, ...]
    dataset: Dataset
    max_work: int = DEFAULT_MAX_WORK

    @property
    def source(self) -> Source:
        return _Asked(self.dataset, self.question.walk.step)

    @property
    def sets(self) -> tuple[AdviceSet, ...]:
        """The cells with neighbours of the same outlook merged."""
        merged: list[AdviceSet] = []
        for cell in self.cells:
            found = AdviceSet(
                cell.outlook, cell.start, cell.end, cell.lemmas, "A1" in cell.lemmas, cell.certified
            )
            last = merged[-1] if merged else None
            if last is not None and _kind(last) == _kind(found):
                lemmas = tuple(sorted({*last.lemmas, *cell.lemmas}))
                merged[-1] = replace(last, end=cell.end, lemmas=lemmas)
            else:
                merged.append(replace(found, lemmas=tuple(sorted(cell.lemmas))))
        return tuple(merged)

    @property
    def wide(self) -> tuple[AdviceSet, ...]:
        """Undecided sets wider than the tolerance."""
        return tuple(
            s
            for s in self.sets
            if s.outlook is Outlook.UNDECIDED and (s.relative_width or 0) > self.tolerance
        )

    @property
    def verdict(self) -> Verdict:
        """Proved where something is decided inside the catapult window; `shortfall` speaks of wide slivers."""
        return Verdict.UNDECIDED if self.reason else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """Why nothing inside the window is decided."""
        inside = {cell.outlook for cell in self.cells} - {Outlook.STABLE, Outlook.OUTSIDE}
        return self._left_open() if inside == {Outlook.UNDECIDED} else None

    @property
    def shortfall(self) -> str | None:
        """Which undecided slivers are wider than the tolerance, and what would narrow them."""
        return self._left_open() if self.wide and self.reason is None else None

    def _left_open(self) -> str:
        if not self.question.walk.has_law:
            return (
                f"the law of a step ({self.question.walk.step.describe()}) has too many atoms to be worked out: what "
                "is proved rests on moments alone (A11, A12); a smaller batch, or --full-batch, would decide more"
            )
        widest = max(self.wide, key=lambda s: s.relative_width or 0)
        width = decimal_above(100 * (widest.relative_width or Fraction(0)), 2)
        place = decimal_above(widest.start, 6)
        return (
            f"an undecided sliver at eta = {place} is {width} % wide, more than the tolerance: walks over counts of at "
            f"most {self.max_work:.0e} updates do not narrow it; more of them (max_work), a grid (--thorough) or more "
            "cells (max_cells) may"
        )

    @property
    def event(self) -> str:
        """The event in words."""
        scale = "" if self.question.scale == 1 else f"{exact_text(self.question.scale)} "
        return f"|mu_t| >= {scale}sqrt(n/eta) at some step t, in the linear regime"

    def at(self, rate: Number) -> Outlook:
        """The outlook proved for one learning rate; at a common end of two sets, that of the first one.

        Parameters
        ----------
        rate : Number > 0
            eta.

        Returns
        -------
        Outlook
            `STABLE`, `RARE`, `LIKELY`, `INFLATIONARY`, `OUTSIDE` or `UNDECIDED`.

        Raises
        ------
        InputError
            Unless rate > 0.

        Examples
        --------
        >>> from catalysis import advise
        >>> advise("examples/talk-1.toml", 2, 10**6, 1, "1e-3", tolerance="0.1").at("0.5").value
        'stable'
        """
        rate = positive(rate, "learning rate")
        if rate == self.question.start_rate <= self.question.stable_up_to:
            return Outlook.LIKELY
        for s in self.sets:
            last = s.end is None or rate < s.end or (rate == s.end and s.outlook is not Outlook.UNDECIDED)
            if last:
                return s.outlook
        raise AssertionError("the sets cover every learning rate")

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "event": self.event,
            "lambda0": exact_text(self.question.lambda0),
            "width": exact_text(self.question.width),
            "mu0": exact_text(self.question.mu0),
            "scale": exact_text(self.question.scale),
            "probability": exact_text(self.question.probability),
            "tolerance": exact_text(self.tolerance),
            "step": self.question.walk.step.to_json(),
            "sets": [s.to_json() for s in self.sets],
            "rests_on": RESTS_ON,
            **({} if self.reason is None else {"reason": self.reason}),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }


def _kind(one: AdviceSet) -> tuple[Outlook, bool, bool]:
    return one.outlook, one.at_once, one.certified


def advise(
    dataset: Dataset | str,
    lambda0: Number,
    width: Number,
    mu0: Number,
    probability: Number,
    *,
    scale: Number = 1,
    step: Step = SINGLE,
    tolerance: Number = DEFAULT_TOLERANCE,
    max_cells: int = DEFAULT_MAX_CELLS,
    max_work: int = DEFAULT_MAX_WORK,
    thorough: bool = False,
    progress: Progress | None = None,
) -> Advice:
    """Certify for which learning rates a spike to |mu| >= scale sqrt(width/eta) has at most a given probability.

    Certified (A1 to A5), cell by cell: see `Advice`. Minibatches whose law has too many atoms are judged by
    moments (A10 to A12); a certificate cannot carry that.

    Parameters
    ----------
    dataset : Dataset, or data (see as_dataset)
        The samples; the learning rate of the data set is ignored.
    lambda0 : Number > 0
        The curvature at the start.
    width : Number >= 1
        n, the number of neurons.
    mu0 : Number, not 0
        The output's start.
    probability : Number, between 0 and 1
        The most that is accepted.
    scale : Number > 0
        The spike in units of sqrt(width/eta).
    step : Step
        One sample, a minibatch or the full batch.
    tolerance : Number, 10^-9 <= tolerance < 1
        The width, relative to eta, that undecided slivers should not exceed; else `shortfall` says why.
    max_cells : int
        The most cells.
    max_work : int
        Updates of states in each walk over counts (0: Lundberg's bounds only).
    thorough : bool
        Where that is too few (many samples): a grid, for some minutes.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    Advice
        `sets` covers all eta > 0; `at(eta)` is the outlook of one.

    Raises
    ------
    InputError
        For bad arguments, and for more than some 40 seconds of work (where progress is told a quarter of an
        hour).

    Examples
    --------
    >>> from catalysis import advise
    >>> advice = advise("examples/talk-1.toml", 2, 10**6, 1, "1e-3", tolerance="0.01")
    >>> advice.at("0.7").value, advice.at("0.78").value, advice.at(1).value
    ('rare', 'likely', 'inflationary')
    """
    data, start_curvature = as_dataset(dataset, "dataset"), positive(lambda0, "lambda0")
    sliver, most, work = (
        exact(tolerance, "tolerance"),
        whole(max_cells, "max_cells"),
        whole(max_work, "max_work"),
    )
    if not Fraction(1, 10**9) <= sliver < 1:
        raise InputError("tolerance: expected a number from 1e-9 to 1, 1 excluded")
    walk = LinearWalk(data.with_learning_rate(start_curvature), step)
    question = Question(
        walk,
        exact(width, "width"),
        exact(mu0, "mu0"),
        exact(probability, "probability"),
        exact(scale, "scale"),
    )
    stable, window, start = question.stable_up_to, question.window_up_to, question.start_rate
    cells = [AdviceCell(Fraction(0), min(stable, start), Outlook.STABLE, lemmas=("A2",))]
    if stable < start and not question.walk.has_law:
        cells += batch_cells(question, sliver)
    elif stable < start:
        found = window_cells(question, sliver, most, progress)
        cells += sharpened(question, found, sliver, work, thorough, progress)
    if start < window:
        cells.append(AdviceCell(start, window, Outlook.LIKELY, lemmas=("A1",)))
    cells.append(AdviceCell(window, None, Outlook.OUTSIDE, lemmas=("T1",)))
    return Advice(question, sliver, tuple(_marked(cells)), data, work)


def _marked(cells: Iterable[AdviceCell]) -> Iterator[AdviceCell]:
    """The cells, those marked that a certificate cannot carry: the checker replays walks for some seconds in all."""
    left = CHECKER_UPDATES
    for cell in cells:
        if "A5" in cell.lemmas:
            cost = left + 1 if cell.walk is None else cell.walk.replay_cost
            fits = cost <= left
            left -= cost if fits else 0
            yield replace(cell, certified=fits)
        else:
            yield cell
