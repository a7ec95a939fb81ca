"""Which learning rates are safe: the axis of eta cut into proved sets (lemmas A1 to A5 of docs/advice.md)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell
from catalysis.choices.rate_search import window_cells
from catalysis.choices.sharpen import DEFAULT_MAX_WORK, sharpened
from catalysis.data.dataset import Dataset
from catalysis.data.law import SINGLE, Step
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Progress, Verdict

DEFAULT_TOLERANCE = Fraction(1, 1000)
DEFAULT_MAX_CELLS = 20_000


@dataclass(frozen=True)
class AdviceSet:
    """Neighbouring cells with the same outlook: one line of the answer. ``end`` None is infinity."""

    outlook: Outlook
    start: Fraction
    end: Fraction | None
    lemmas: tuple[str, ...]
    at_once: bool = False

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
        }


@dataclass(frozen=True)
class Advice:
    """For every learning rate eta > 0: how likely is ``sup |mu_t| >= scale sqrt(width/eta)`` (linear regime)?

    Certified, for each cell (A1 to A5): *stable*: probability 0; *rare*: at most ``question.probability``;
    *likely*: more than that; *inflationary*: G > 0, probability 1; *outside window*:
    eta lambda_0 x* > 4, where a step can enlarge the curvature (T1). *Undecided* claims nothing. Cells
    include their ends, but 0, the end of the stable cell if that is A (``question.start_rate``), the start of
    the cell outside the window and of an inflationary cell at 2/(lambda_0 x*) (one curvature only, A4d), and the
    ends of undecided cells.
    """

    question: Question
    tolerance: Fraction
    cells: tuple[AdviceCell, ...]

    @property
    def sets(self) -> tuple[AdviceSet, ...]:
        """The cells with neighbours of the same outlook merged."""
        merged: list[AdviceSet] = []
        for cell in self.cells:
            last = merged[-1] if merged else None
            at_once = "A1" in cell.lemmas
            if last is not None and (last.outlook, last.at_once) == (cell.outlook, at_once):
                lemmas = tuple(sorted({*last.lemmas, *cell.lemmas}))
                merged[-1] = AdviceSet(last.outlook, last.start, cell.end, lemmas, at_once)
            else:
                merged.append(
                    AdviceSet(cell.outlook, cell.start, cell.end, tuple(sorted(cell.lemmas)), at_once)
                )
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
        """Proved if the undecided slivers are no wider than the tolerance asked for."""
        return Verdict.UNDECIDED if self.wide else Verdict.PROVED

    @property
    def event(self) -> str:
        """The event in words."""
        scale = "" if self.question.scale == 1 else f"{exact_text(self.question.scale)} "
        return f"|mu_t| >= {scale}sqrt(n/eta) at some step t, in the linear regime"

    def at(self, rate: Fraction) -> Outlook:
        """The outlook proved for one learning rate; at a common end of two sets, that of the first one."""
        if rate <= 0:
            raise InputError("learning rate: expected a number > 0")
        if rate == self.question.start_rate <= self.question.stable_up_to:
            return Outlook.LIKELY
        for s in self.sets:
            last = s.end is None or rate < s.end or (rate == s.end and s.outlook is not Outlook.UNDECIDED)
            if last:
                return s.outlook
        raise AssertionError("the sets cover every learning rate")

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "event": self.event,
            "lambda0": exact_text(self.question.curvature),
            "width": exact_text(self.question.width),
            "mu0": exact_text(self.question.mu0),
            "scale": exact_text(self.question.scale),
            "probability": exact_text(self.question.probability),
            "tolerance": exact_text(self.tolerance),
            "step": self.question.walk.step.to_json(),
            "sets": [s.to_json() for s in self.sets],
        }


def advise(
    dataset: Dataset,
    lambda0: Fraction,
    width: Fraction,
    mu0: Fraction,
    probability: Fraction,
    *,
    scale: Fraction = Fraction(1),
    step: Step = SINGLE,
    tolerance: Fraction = DEFAULT_TOLERANCE,
    max_cells: int = DEFAULT_MAX_CELLS,
    max_work: int = DEFAULT_MAX_WORK,
    thorough: bool = False,
    progress: Progress | None = None,
) -> Advice:
    """Certify for which learning rates a spike to ``|mu| >= scale sqrt(width/eta)`` has at most this probability.

    The learning rate of ``dataset`` itself is ignored. ``lambda0``: the curvature at the start, > 0. ``tolerance``:
    the width, relative to eta, that undecided slivers should not exceed; where the bounds cannot reach it the
    verdict of the result is undecided. ``max_cells`` bounds the number of cells, ``max_work`` that of updates of states
    in each walk over counts (0: Lundberg's bounds only); ``thorough``: where that is too few (many samples), a
    grid, for some minutes. Certified: see Advice.
    Raises InputError unless lambda0 > 0, width >= 1, mu0 != 0, 0 < probability < 1, scale > 0,
    10^-9 <= tolerance < 1.
    """
    if lambda0 <= 0:
        raise InputError("lambda0: expected a number > 0")
    if not Fraction(1, 10**9) <= tolerance < 1:
        raise InputError("tolerance: expected a number from 1e-9 to 1, 1 excluded")
    walk = LinearWalk(dataset.with_learning_rate(lambda0), step)
    question = Question(walk, width, mu0, probability, scale)
    stable, window, start = question.stable_up_to, question.window_up_to, question.start_rate
    cells = [AdviceCell(Fraction(0), min(stable, start), Outlook.STABLE, lemmas=("A2",))]
    if stable < start:
        found = window_cells(question, tolerance, max_cells, progress)
        cells += sharpened(question, found, tolerance, max_work, thorough, progress)
    if start < window:
        cells.append(AdviceCell(start, window, Outlook.LIKELY, lemmas=("A1",)))
    cells.append(AdviceCell(window, None, Outlook.OUTSIDE, lemmas=("T1",)))
    return Advice(question, tolerance, tuple(cells))
