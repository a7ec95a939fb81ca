"""Advice as the claim of a certificate (docs/advice.md). Importing this module makes `claim` know it."""

from __future__ import annotations

from typing import Any

from catalysis.advice.advise import Advice
from catalysis.advice.cells import AdviceCell
from catalysis.advice.question import Outlook
from catalysis.certificate import Claim, claim, exact_number


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
        "cells": [_cell(cell) for cell in result.coarse_cells],
    }


def _cell(cell: AdviceCell) -> dict[str, Any]:
    entry = {
        "regime": cell.outlook.value,
        "from": exact_number(cell.start),
        "to": "inf" if cell.end is None else exact_number(cell.end),
    }
    if cell.bound is not None and cell.outlook in (Outlook.RARE, Outlook.LIKELY):
        entry["exponent"] = exact_number(cell.bound)
    if cell.tangent_at is not None:
        entry["at"] = exact_number(cell.tangent_at)
    return entry


def claims_of(result: Advice) -> list[Claim]:
    """The claims of a certificate about this advice."""
    return [claim(result)]
