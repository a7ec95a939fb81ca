"""Advice as the claim of a certificate (docs/advice.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalysis.certificate.document import Claim, claim, exact_number
from catalysis.certificate.spikes import CHECKER_UPDATES, replay_fields
from catalysis.choices.learning_rates import Advice
from catalysis.choices.question import Outlook
from catalysis.choices.rate_cells import AdviceCell, CellWalk
from catalysis.exact.result import Enclosure
from catalysis.spikes.plan import plan_walk


@claim.register
def _(result: Advice) -> Claim:
    question = result.question
    return {
        "kind": "advice",
        "step": question.walk.step.to_json(),
        "lambda0": exact_number(question.curvature),
        "width": exact_number(question.width),
        "mu0": exact_number(question.mu0),
        "scale": exact_number(question.scale),
        "probability": exact_number(question.probability),
        "cells": [_cell(cell) for cell in checkable_cells(result)],
    }


def checkable_cells(result: Advice) -> list[AdviceCell]:
    """The cells as the claim states them: where the checker cannot replay the walk in seconds, undecided."""
    left = CHECKER_UPDATES
    kept: list[AdviceCell] = []
    for cell in result.cells:
        if "A5" in cell.lemmas:
            cost = left + 1 if cell.walk is None else _cost(cell.walk)
            if cost > left:
                cell = AdviceCell(cell.start, cell.end, Outlook.UNDECIDED)
            else:
                left -= cost
        if kept and kept[-1].outlook is cell.outlook is Outlook.UNDECIDED:
            kept[-1] = replace(kept[-1], end=cell.end)
        else:
            kept.append(cell)
    return kept


def _cost(walk: CellWalk) -> int:
    return walk.counts.states * (1 + walk.counts.bits // 1000)


def _cell(cell: AdviceCell) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "regime": cell.outlook.value,
        "from": exact_number(cell.start),
        "to": "inf" if cell.end is None else exact_number(cell.end),
    }
    if cell.bound is not None and cell.outlook in (Outlook.RARE, Outlook.LIKELY):
        entry["exponent"] = exact_number(cell.bound)
    if cell.tangent_at is not None:
        entry["at"] = exact_number(cell.tangent_at)
    if cell.walk is not None:
        entry["walk"] = _walk(cell.walk)
    return entry


def _walk(walk: CellWalk) -> dict[str, Any]:
    """The replay of the walk; it is that of |mu|^2, whose exponent is half that of |mu|."""
    theta = walk.counts.exponent
    plan = plan_walk(walk.steps, walk.level, walk.digits)
    return replay_fields(walk.counts, plan, Enclosure(2 * theta.lower, 2 * theta.upper))


def claims_of(result: Advice) -> list[Claim]:
    """The claims of a certificate about this advice."""
    return [claim(result)]
