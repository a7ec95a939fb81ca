"""The claim `advice` (A1 to A6): how likely a spike to the scale c sqrt(n/eta) is, for every learning rate eta.

Cells that follow each other from 0 to inf, each proved by one of the lemmas A1 to A6 (advice_cells.py)
=>  each learning rate of a cell has what the cell says.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

from proofs_check.choices.advice_cells import (
    AtOnce,
    Cell,
    Inflationary,
    LikelyByExponent,
    LikelyByWalk,
    OneRate,
    Outside,
    Question,
    RareByExponent,
    RareByWalk,
    Stable,
    Undecided,
)
from proofs_check.choices.advice_walk import CellWalk
from proofs_check.choices.numbers import bits
from proofs_check.core.data import read_step
from proofs_check.core.reading import Refused, fields, items, number, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import describe_step, exact

UNITS_A_CELL = 60
"""Booked for reading a cell and putting it into words."""


@dataclass(frozen=True)
class Asked:
    """The question of a claim, and its words."""

    opening: str
    question: Question
    curvature: Fraction
    width: Fraction
    mu: Fraction
    scale: Fraction


@dataclass(frozen=True)
class Statement:
    """What each cell says of its learning rates, for a start at |mu_0| and the event |mu| >= scale sqrt(width/eta)."""

    asked: Asked
    cells: tuple[Cell, ...]


def read_asked(claim: dict[str, Any], setting: Setting, more: tuple[str, ...] = ()) -> Asked:
    keys = ("kind", "step", "lambda0", "width", "mu0", "scale", "probability", "cells")
    fields(claim, "the claim", (*keys, *more))
    if setting.data is None:
        raise Refused("the claim needs data")
    curvature = positive(claim["lambda0"], "lambda0")
    width, scale = positive(claim["width"], "width"), positive(claim["scale"], "scale")
    mu, p = number(claim["mu0"], "mu0"), positive(claim["probability"], "probability")
    if width < 1 or mu == 0 or p >= 1:
        raise Refused("width is below 1, mu0 is 0 or probability is not below 1")
    case = setting.case_only(claim)
    ratio = curvature / setting.data.learning_rate
    setting.work.spend_on_divisions(24, case.law.bits + bits(ratio))
    question = Question(case, ratio, scale**2 * width / mu**2, p)
    opening = f"For {setting.data_words} and {describe_step(read_step(claim['step']))}"
    return Asked(opening, question, curvature, width, abs(mu), scale)


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    asked, listed = read_asked(claim, setting), items(claim["cells"], "cells")
    if len(listed) < 2:
        raise Refused("cells has fewer than two entries")
    return Statement(asked, _read_cells(asked.question, listed))


def prove(statement: Statement) -> set[str]:
    return {lemma for cell in statement.cells for lemma in cell.prove(statement.asked.question)}


def say(statement: Statement) -> str:
    asked = statement.asked
    return (
        f"{asked.opening}, its learning rate replaced by a free eta, from lambda_0 = {exact(asked.curvature)} "
        f"and |mu_0| = {exact(asked.mu)} at width n = {exact(asked.width)}, with constant curvature: the "
        f"probability that |mu_t| >= {exact(asked.scale)} sqrt(n/eta) for some t >= 0 is bounded as follows; "
        f"{'; '.join(_phrases(statement))}"
    )


def _phrases(statement: Statement) -> list[str]:
    """One phrase for each run of cells that say the same."""
    runs = groupby(statement.cells, key=lambda cell: cell.words(statement.asked.question))
    return [f"{words} for eta {_range(list(cells))}" for words, cells in runs]


def _range(cells: list[Cell]) -> str:
    first, last = cells[0], cells[-1]
    if isinstance(first, Outside):
        return f"> {exact(first.start)}"
    left, right = first.leaves_out[0], last.leaves_out[1]
    return f"in {'(' if left else '['}{exact(first.start)}, {exact(last.end)}{')' if right else ']'}"


def _read_cells(question: Question, listed: list[Any]) -> tuple[Cell, ...]:
    """Adjacent cells from 0 to inf."""
    cells: list[Cell] = []
    for i, value in enumerate(listed):
        where, is_last = f"cells[{i}]", i == len(listed) - 1
        question.case.work.spend(UNITS_A_CELL)
        question.case.work.spend(4, question.case.law.bits)
        table = fields(value, where, ("regime", "from", "to"), ("exponent", "at", "walk"))
        if (table["to"] == "inf") != is_last:
            raise Refused(f"{where}.to is inf, or the last cell does not end there")
        start = number(table["from"], f"{where}.from")
        end = start if is_last else number(table["to"], f"{where}.to")
        if start != (cells[-1].end if cells else 0) or (end <= start and not is_last):
            raise Refused(f"{where} is empty or does not continue the cell before")
        cells.append(_read_cell(question, table, start, end, where))
    return tuple(cells)


def _read_cell(question: Question, table: dict[str, Any], start: Fraction, end: Fraction, where: str) -> Cell:
    """The cell by its regime and what it carries, at a place where its lemma may hold."""
    regime, place = table["regime"], (start, end, where)
    carried = tuple(sorted(table.keys() & {"exponent", "at", "walk"}))
    if start == 0:
        return _the_only(Stable(*place), "stable", regime, carried)
    if table["to"] == "inf":
        return _the_only(Outside(*place), "outside window", regime, carried)
    if end > question.window_up_to:
        raise Refused(f"{where} reaches beyond the window")
    if (regime, carried) == ("likely", ()):
        return AtOnce(*place)
    stable = question.stable_up_to
    if (regime, carried, start) == ("inflationary", (), stable):
        return OneRate(*place)
    if start < stable or (regime == "likely" and start == stable):
        raise Refused(f"{where} starts below 2/xi*, or at it where no spike is possible")
    return _read_window_cell(table, regime, carried, place)


def _the_only(cell: Cell, name: str, regime: Any, carried: tuple[str, ...]) -> Cell:
    if regime != name or carried:
        raise Refused(f"{cell.where} is not the {name} cell, or carries a proof")
    return cell


def _read_window_cell(
    table: dict[str, Any], regime: Any, carried: tuple[str, ...], place: tuple[Fraction, Fraction, str]
) -> Cell:
    """A cell of the window beyond 2/xi*."""
    where = place[2]
    match (regime, carried):
        case ("undecided", ()):
            return Undecided(*place)
        case ("inflationary", ()):
            return Inflationary(*place)
        case ("rare", ("walk",)):
            return RareByWalk(*place, CellWalk.read(table["walk"], f"{where}.walk"))
        case ("likely", ("walk",)):
            return LikelyByWalk(*place, CellWalk.read(table["walk"], f"{where}.walk"))
        case ("rare", ("exponent",) | ("at", "exponent")):
            at = number(table["at"], f"{where}.at") if "at" in table else None
            return RareByExponent(*place, positive(table["exponent"], f"{where}.exponent"), at)
        case ("likely", ("exponent",)):
            return LikelyByExponent(*place, positive(table["exponent"], f"{where}.exponent"))
    raise Refused(f"{where} has the regime {quoted(regime)}, unknown or with the wrong fields")


RULE = Rule(read, prove, say)
