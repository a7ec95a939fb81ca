"""Choices as claims of a certificate: docs/advice.md, docs/comparisons.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.certificate.spikes import followed_fields, replay_fields
from catalysis.choices.batch_sizes import BatchComparison, BatchLine, BatchRelation
from catalysis.choices.finite_width import FiniteWidthOrders, MapPath
from catalysis.choices.learning_rates import Advice
from catalysis.choices.orders import EasyPhase, EpochOrders
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell
from catalysis.choices.rates_within import AdviceWithin, Shown
from catalysis.exact.result import Enclosure

_DIGITS = 15
_NEAR_ZERO = Enclosure(Fraction(-1, 10**30), Fraction(1, 10**30))  # the base proves that it is 0


@claim.register
def _(result: Advice) -> Claim:
    question = result.question
    if not question.walk.has_law:
        raise NotCertifiable(
            "the law of a batch has too many atoms for the checker; proved by this program alone"
        )
    return {
        "kind": "advice",
        **_asked(question),
        "cells": [_cell(cell) for cell in stated_cells(result.cells)],
    }


def _asked(question: Question) -> dict[str, Any]:
    return {
        "step": question.walk.step.to_json(),
        "lambda0": exact_number(question.lambda0),
        "width": exact_number(question.width),
        "mu0": exact_number(question.mu0),
        "scale": exact_number(question.scale),
        "probability": exact_number(question.probability),
    }


def stated_cells(cells: Iterable[AdviceCell]) -> Iterator[AdviceCell]:
    """The cells as the claim states them: undecided where a certificate cannot carry the proof."""
    waiting: AdviceCell | None = None
    for cell in cells:
        stated = cell if cell.certified else AdviceCell(cell.start, cell.end, Outlook.UNDECIDED)
        if waiting is not None and waiting.outlook is stated.outlook is Outlook.UNDECIDED:
            waiting = replace(waiting, end=stated.end)
            continue
        if waiting is not None:
            yield waiting
        waiting = stated
    if waiting is not None:
        yield waiting


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
        entry["walk"] = replay_fields(cell.walk, root=2)
    return entry


@claim.register
def _(result: BatchLine) -> Claim:
    bound = result.bound_for_larger
    if bound is None or result.step.kind == "full_batch":
        raise NotCertifiable("theta is not proved to be at least 1: nothing follows for larger batches")
    return {
        "kind": "batch_bound",
        "step": result.step.to_json(),
        "lambda": exact_number(result.exponent.curvature),
        "exponent": exact_number(bound),
    }


@claim.register
def _(result: BatchRelation) -> Claim:
    if result.order.between is None:
        raise NotCertifiable("the two exponents are equal, or their order is undecided")
    pair = (result.first, result.second) if result.order.sign == 1 else (result.second, result.first)
    return {
        "kind": "batch_order",
        "lambda": exact_number(result.first.curvature),
        "lower": pair[0].walk.step.to_json(),
        "higher": pair[1].walk.step.to_json(),
        "between": exact_number(result.order.between),
    }


@claim.register
def _(result: AdviceWithin) -> Claim:
    if not result.certifiable:
        raise NotCertifiable("nothing is decided, or the checker would need too long to replay it")
    question = result.question
    return {
        "kind": "advice_within",
        **_asked(question),
        "steps": result.steps,
        "cells": [_within_cell(cell) for cell in result.shown],
    }


def _within_cell(cell: Shown) -> dict[str, Any]:
    found = cell.followed
    proof = {"method": "never"} if found is None else followed_fields(found, cell.tilt)
    return {
        "regime": cell.outlook.value,
        "from": exact_number(cell.start),
        "to": exact_number(cell.end),
        "proof": proof,
    }


@claim.register
def _(result: EpochOrders) -> Claim:
    if result.drift_sign is None:
        raise NotCertifiable("the sign of the drift is undecided")
    product = result.log_product if result.base is None else _NEAR_ZERO
    entry: Claim = {
        "kind": "order_bound",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "log_product": "-inf" if product is None else _outwards(product),
        "log_largest": _outwards(result.log_largest),
    }
    if result.base is not None:
        entry["base"] = [exact_number(Fraction(b)) for b in result.base]
    return entry


@claim.register
def _(result: EasyPhase) -> Claim:
    if result.exponent is None or result.bounds is None:
        raise NotCertifiable("the walk is not deflationary, or the phase undecided")
    return {
        "kind": "easy_phase",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "factor": exact_number(result.factor),
        "steps": result.steps,
        "exponent": _outwards(result.exponent, 40),
        **_outwards(result.bounds, 12),
    }


@claim.register
def _(result: FiniteWidthOrders) -> Claim:
    better = result.best.running_maximum < result.ascending.running_maximum
    if not better and not result.final_differs:
        raise NotCertifiable("ascending order is the best one, and the end is the same")
    return order_counterexample(result, result.best if better else result.descending)


def order_counterexample(result: FiniteWidthOrders, other: MapPath) -> Claim:
    """That ascending order and another one differ: in the running maximum if that is larger, else at the end."""
    larger = result.ascending.running_maximum > other.running_maximum
    return {
        "kind": "order_counterexample",
        "kappa": exact_number(result.kappa),
        "L": exact_number(result.L),
        "first": [exact_number(x) for x in result.ascending.order],
        "second": [exact_number(x) for x in other.order],
        "differ_in": "running_maximum" if larger else "final",
    }


def claims_of(*results: object) -> list[Claim]:
    """The claims of all decided results; a comparison of batches gives one for each line and each order."""
    parts: list[object] = []
    for result in results:
        parts += [*result.lines, *result.relations] if isinstance(result, BatchComparison) else [result]
    found = []
    for part in parts:
        try:
            found.append(claim(part))
        except NotCertifiable:
            continue
    return found


def _outwards(value: Enclosure, digits: int = _DIGITS) -> dict[str, str]:
    lower, upper = value.decimals(digits)
    return {"lower": exact_number(Fraction(lower)), "upper": exact_number(Fraction(upper))}
