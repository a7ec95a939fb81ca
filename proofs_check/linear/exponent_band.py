"""The kind `exponent_band`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import ends, exact
from proofs_check.linear.exponents import Bound, Range, prove_lower, prove_upper


@dataclass(frozen=True)
class Cell:
    """That lower <= theta <= upper on the closed cell `cut`; `at` is where a tangent is taken."""

    cut: Range
    lower: Bound
    upper: Bound
    at: Fraction | None


@dataclass(frozen=True)
class Band:
    """Bounds of theta on adjacent cells."""

    case: Case
    opening: str
    cells: tuple[Cell, ...]


def read(claim: dict[str, Any], setting: Setting) -> Band:
    fields(claim, "the claim", ("kind", "step", "cells"))
    case, opening = setting.case(claim)
    cells = tuple(_read_cell(cell, f"cells[{i}]") for i, cell in enumerate(items(claim["cells"], "cells")))
    if not cells:
        raise Refused("cells is empty")
    for i in range(1, len(cells)):
        if cells[i].cut[0] != cells[i - 1].cut[1]:
            raise Refused(f"cells[{i}] does not continue the cell before")
    return Band(case, opening, cells)


def _read_cell(value: Any, where: str) -> Cell:
    table = fields(value, where, ("from", "to", "lower", "upper"), ("at",))
    cut = positive(table["from"], f"{where}.from"), number(table["to"], f"{where}.to")
    if cut[0] >= cut[1]:
        raise Refused(f"{where} is empty")
    lower, upper = (_read_bound(table[key], f"{where}.{key}") for key in ("lower", "upper"))
    if upper is not None and (lower is None or lower > upper):
        raise Refused(f"{where}.lower is above {where}.upper")
    return Cell(cut, lower, upper, number(table["at"], f"{where}.at") if "at" in table else None)


def _read_bound(value: Any, where: str) -> Bound:
    if value == "inf":
        return None
    q = number(value, where)
    if q < 0:
        raise Refused(f"{where} is negative")
    return q


def prove(statement: Band) -> set[str]:
    """The lemmas of `prove_lower` and `prove_upper`, cell by cell."""
    used: set[str] = set()
    for i, cell in enumerate(statement.cells):
        used |= prove_lower(statement.case, cell.cut, cell.lower, cell.at, f"cells[{i}]")
        used |= prove_upper(statement.case, cell.cut, cell.upper, f"cells[{i}]")
    return used


def say(statement: Band) -> str:
    words = "; ".join(map(_cell_words, statement.cells))
    return f"{statement.opening}theta is bounded, long bounds rounded outwards, {words}"


def _cell_words(cell: Cell) -> str:
    place = f"on [{exact(cell.cut[0])}, {exact(cell.cut[1])}]"
    if cell.lower is None:
        return f"{place} theta = inf"
    if cell.upper is None:
        return f"{place} theta >= {ends(cell.lower, cell.lower)[0]}"
    low, high = ends(cell.lower, cell.upper)
    return f"{place} {low} <= theta <= {high}"


EXPONENT_BAND = Rule(read, prove, say)
