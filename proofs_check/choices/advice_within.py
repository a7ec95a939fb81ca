"""The kind `advice_within` (A7): how likely a spike to the scale c sqrt(n/eta) within T steps is, on cells of eta."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.choices.advice import Asked, read_asked
from proofs_check.choices.advice_walk import extreme_factors
from proofs_check.core.arithmetic import log_of, times
from proofs_check.core.budget import decide
from proofs_check.core.reading import Refused, fields, index, items, number, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.spikes.horizon import Course, Proof, followed, read_proof

UNITS_A_CELL = 60
"""Booked for reading a cell and putting it into words."""
NEVER = Proof("never")


@dataclass(frozen=True)
class Cell:
    """For all learning rates from `start` to `end`: the probability is at most p (`rare`), or above p."""

    start: Fraction
    end: Fraction
    rare: bool
    proof: Proof
    where: str


@dataclass(frozen=True)
class Statement:
    """What each cell says of the event within `horizon` steps."""

    asked: Asked
    horizon: int
    cells: tuple[Cell, ...]


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    asked, horizon = read_asked(claim, setting, ("steps",)), index(claim["steps"], "steps")
    cells: list[Cell] = []
    for i, value in enumerate(items(claim["cells"], "cells")):
        setting.work.spend(UNITS_A_CELL)
        cell = _read_cell(value, f"cells[{i}]")
        if cell.proof.steps > horizon:
            raise Refused(f"{cell.where}.proof.steps is above steps")
        if cells and cell.start < cells[-1].end:
            raise Refused(f"{cell.where} starts before the end of the cell before")
        cells.append(cell)
    if not cells:
        raise Refused("cells is empty")
    return Statement(asked, horizon, tuple(cells))


def _read_cell(value: Any, where: str) -> Cell:
    table = fields(value, where, ("regime", "from", "to", "proof"))
    start, end, regime = (
        number(table["from"], f"{where}.from"),
        number(table["to"], f"{where}.to"),
        table["regime"],
    )
    if not 0 < start < end:
        raise Refused(f"{where} is empty, or does not lie above 0")
    if regime not in ("rare", "likely"):
        raise Refused(f"{where} has the unknown regime {quoted(regime)}")
    never = table["proof"] == {"method": "never"}
    proof = NEVER if never else read_proof(table["proof"])
    if not never and proof.method in ("stable", "short"):
        raise Refused(f"{where}.proof.method is not one for cells of learning rates")
    return Cell(start, end, regime == "rare", proof, where)


def prove(statement: Statement) -> set[str]:
    return {lemma for cell in statement.cells for lemma in _prove_cell(statement, cell)}


def _prove_cell(statement: Statement, cell: Cell) -> set[str]:
    """A7, for |mu|^2: rare: the largest factors between `start` and `end` reach K(end)^2 = A/end > 1 within T steps
    with probability at most p; likely: the smallest factors reach K(start)^2 with probability above p."""
    question = statement.asked.question
    level = question.start_rate / (cell.end if cell.rare else cell.start)
    if level <= 1:
        raise Refused(f"{cell.where} reaches learning rates at which the start is at the level")
    merged = extreme_factors(question.case, question.curvatures((cell.start, cell.end)), cell.rare)
    merged[Fraction(1)] = merged.get(Fraction(1), 0) + question.case.law.idle
    order = [r for r in sorted(merged, reverse=True) if r and merged[r]]
    weights = tuple(Fraction(merged[r], question.case.law.total) for r in order)
    course = Course(tuple(r**2 for r in order), weights, level, False, question.case.work)
    if cell.proof is NEVER:
        return _prove_never(statement, cell, course)
    low, high, used = followed(course, cell.proof, statement.horizon)
    p, unit = question.probability, 1 << cell.proof.bits
    if cell.rare and min(high, unit) * p.denominator > p.numerator * unit:
        raise Refused(f"the walk of {cell.where} does not prove that the event is rare")
    if not cell.rare and low * p.denominator <= p.numerator * unit:
        raise Refused(f"the walk of {cell.where} does not prove that the event is likely")
    return {"A7", *used}


def _prove_never(statement: Statement, cell: Cell, course: Course) -> set[str]:
    """No factor above 1, or T log R < log K, R the largest factor: the level is not reached."""
    if not cell.rare:
        raise Refused(f"{cell.where} is likely by no walk")
    if not course.factors or course.factors[0] <= 1 or statement.horizon == 0:
        return {"A7", "S9"}
    work, largest = course.work, course.factors[0]
    size = max(largest.numerator, largest.denominator, course.level.numerator).bit_length()

    def short(prec: int) -> bool | None:
        work.spend_on_logs(2, prec, size)
        rise, level = times(statement.horizon, log_of(largest, prec)), log_of(course.level, prec)
        return True if rise[1] < level[0] else False if rise[0] >= level[1] else None

    if not decide(short, statement.asked.question.case.most_bits, "whether T steps can reach the level"):
        raise Refused(f"the event of {cell.where} may happen")
    return {"A7", "S9"}


def say(statement: Statement) -> str:
    asked = statement.asked
    return (
        f"{asked.opening}, its learning rate replaced by a free eta, from lambda_0 = {exact(asked.curvature)} "
        f"and |mu_0| = {exact(asked.mu)} at width n = {exact(asked.width)}, with constant curvature: the "
        f"probability that |mu_t| >= {exact(asked.scale)} sqrt(n/eta) for some t <= {statement.horizon} is "
        f"{'; '.join(_phrases(statement))}"
    )


def _phrases(statement: Statement) -> list[str]:
    """One phrase for each run of adjacent cells that say the same."""
    runs: list[list[Cell]] = []
    for cell in statement.cells:
        if runs and runs[-1][-1].end == cell.start and runs[-1][-1].rare == cell.rare:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    p = exact(statement.asked.question.probability)
    return [
        f"{'at most' if run[0].rare else 'above'} {p} for eta in [{exact(run[0].start)}, {exact(run[-1].end)}]"
        for run in runs
    ]


RULE = Rule(read, prove, say)
