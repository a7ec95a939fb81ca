"""Finite-width bounds as claims of a certificate (docs/width.md)."""

from __future__ import annotations

from typing import Any

from catalysis.certificate.document import Claim, claim, exact_number
from catalysis.nonlinear.bounds import LowerBound, UpperBound
from catalysis.nonlinear.loss import CurvatureReduction
from catalysis.nonlinear.scheme import SchemeTable
from catalysis.nonlinear.spike import WidthSpike


@claim.register
def _(result: WidthSpike) -> Claim:
    """The claim ``width_spike``, with the finest bounds that the checker can prove in about ten seconds.

    Its ends are ``result.coarse_lower.value`` and ``result.coarse_upper.value``.
    """
    return {
        "kind": "width_spike",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "width": exact_number(result.width),
        "mu0": exact_number(result.mu0),
        "kappa": exact_number(result.kappa),
        "lower": exact_number(result.coarse_lower.value),
        "upper": exact_number(result.coarse_upper.value),
        "lower_proof": lower_proof(result.coarse_lower),
        "upper_proof": upper_proof(result.coarse_upper),
    }


@claim.register
def _(result: CurvatureReduction) -> Claim:
    """The claim ``curvature_loss``."""
    spike, quiet = result.spike, result.quiet
    return {
        "kind": "curvature_loss",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "width": exact_number(result.width),
        "mu0": exact_number(result.mu0),
        "to": exact_number(result.to),
        "spike": {
            "kappa": exact_number(spike.level),
            "lower": exact_number(spike.value),
            "reached": exact_number(spike.reach.value),
            "reach_proof": lower_proof(spike.reach),
            "steps": spike.steps,
            "parts": list(spike.parts),
        },
        "quiet": {
            "kappa": exact_number(quiet.level),
            "upper": exact_number(quiet.value),
            **({} if quiet.exponent is None else {"exponent": exact_number(quiet.exponent)}),
        },
    }


def upper_proof(bound: UpperBound) -> dict[str, Any]:
    """The witness of an upper bound."""
    proof: dict[str, Any] = {"method": bound.method}
    if bound.exponent is not None:
        proof["exponent"] = exact_number(bound.exponent)
    if bound.L1 is not None and bound.tail is not None:
        proof |= {"L1": exact_number(bound.L1), "tail": exact_number(bound.tail)}
    return proof | ({} if bound.table is None else _table(bound.table))


def lower_proof(bound: LowerBound) -> dict[str, Any]:
    """The witness of a lower bound."""
    if bound.table is None:
        proof: dict[str, Any] = {"method": bound.method}
        if bound.exponent is not None and bound.L1 is not None:
            proof |= {"exponent": exact_number(bound.exponent), "L1": exact_number(bound.L1)}
        return proof
    proof = {"method": "table", "exponent": exact_number(bound.table.exponent), **_table(bound.table)}
    if bound.start_edge is not None and bound.exponent is not None and bound.L1 is not None:
        proof["start"] = {
            "edge": bound.start_edge,
            "exponent": exact_number(bound.exponent),
            "L1": exact_number(bound.L1),
        }
    return proof


def _table(table: SchemeTable) -> dict[str, Any]:
    return {
        "edges": " ".join(map(str, table.grid.edges)),
        "table": [" ".join(map(str, row)) for row in table.entries.tolist()],
    }
