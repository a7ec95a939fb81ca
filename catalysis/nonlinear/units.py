"""Units: k/u, L/u and u x in place of k, L and x make the same paths (docs/width.md, Setting).

Doubles with fixed margins are sound near L_0 = 1 only. So searches are made there, and what they find is brought back.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from catalysis.exact.balls import log_size
from catalysis.nonlinear.bounds import LowerBound, UpperBound
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme import SchemeTable
from catalysis.nonlinear.words import Words

Bound = TypeVar("Bound", bound=LowerBound | UpperBound)

_NEAR = 100


def unit_of(problem: WidthProblem) -> Fraction:
    """A power of ten near L_0; 1 where L_0 is near 1 itself."""
    if 1 <= problem.L0 * _NEAR <= _NEAR**2:
        return Fraction(1)
    return Fraction(10) ** round(log_size(problem.L0) / math.log(10))


def brought_back(bound: Bound, unit: Fraction, problem: WidthProblem) -> Bound:
    """A bound of `problem.in_units(unit)` as one of `problem`. Barriers are found in the units of the problem."""
    if unit == 1:
        return bound
    edge = getattr(bound, "start_edge", None)
    return replace(
        bound,
        L1=None if bound.L1 is None else bound.L1 * unit,
        table=None if bound.table is None else _table(bound.table, unit, problem),
        words=None if bound.words is None else _words(bound.words, unit),
        **({} if edge is None else {"start_edge": edge * unit}),
    )


def _table(table: SchemeTable, unit: Fraction, problem: WidthProblem) -> SchemeTable:
    grid = replace(
        table.grid, problem=problem, pivot=table.grid.pivot / unit, bottom=table.grid.bottom * unit
    )
    return replace(table, grid=grid, slabs=_ends(table.slabs, unit))


def _words(words: Words, unit: Fraction) -> Words:
    return replace(words, tail=replace(words.tail, slabs=_ends(words.tail.slabs, unit)))


def _ends(slabs: tuple[Fraction, ...] | None, unit: Fraction) -> tuple[Fraction, ...] | None:
    return None if slabs is None else tuple(L * unit for L in slabs)
