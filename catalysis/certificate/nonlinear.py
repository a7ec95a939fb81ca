"""Phases, landing zones and finite-width bounds as claims of a certificate (docs/phases.md, docs/width.md)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.exact.result import Enclosure
from catalysis.nonlinear.barrier import PIECES, SLOPE_UNIT
from catalysis.nonlinear.bounds import LowerBound, UpperBound
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.landing import Landing
from catalysis.nonlinear.loss import CurvatureReduction
from catalysis.nonlinear.phase import Phase, PhaseName
from catalysis.nonlinear.phase_map import PhaseBox, PhaseMap, Range
from catalysis.nonlinear.scheme import SchemeTable
from catalysis.nonlinear.spike import WidthSpike

MOST_BITS = 1024
"""The longest numbers with which the checker follows boxes of states."""


@claim.register
def _(result: Phase) -> Claim:
    if result.phase is None:
        raise NotCertifiable(str(result.reason))
    entry = _opening(result.x, (result.kappa0, result.kappa0), (result.L0, result.L0), result.phase.value)
    hits = isinstance(result.exact_hit, int) and not isinstance(result.exact_hit, bool)
    if result.phase is PhaseName.CRITICAL and not hits:
        return entry
    entry["steps"] = result.steps
    if hits:
        entry["hit"] = result.exact_hit
    if result.phase is PhaseName.CATAPULT and result.first_rise is not None:
        entry["rise"] = result.first_rise - 1  # the state from which the step leads
    if result.phase is PhaseName.DIVERGENT or not (hits or result.settled or result.slow_bound is not None):
        return entry
    for key, value in (("final_L", result.final_L), ("peak_loss", result.peak_loss)):
        if value is not None:
            entry[key] = _bracket(value)
    if result.slow_bound is not None:
        entry["slow"] = exact_number(result.slow_bound)
    if result.exact_hit is False:
        entry["no_hit"] = True
    return entry


@claim.register
def _(result: PhaseBox) -> Claim:
    if result.found not in (Found.LAZY, Found.CATAPULT, Found.DIVERGENT):
        raise NotCertifiable(f"nothing is proved of the box: {result.found.name.lower()}")
    entry = _opening(result.x, result.kappa, result.L, result.found.name.lower())
    entry["steps"] = result.steps
    if result.found is Found.CATAPULT:
        entry["rise"] = result.steps
    if result.except_hits:
        entry["except_hits"] = True
    return entry


def phase_map_claims(result: PhaseMap) -> list[Claim]:
    """One claim for each joined box of the map that is decided."""
    return [claim(box) for box in result.proved]


@claim.register
def _(result: Landing) -> Claim:
    if result.zone is None:
        raise NotCertifiable(str(result.reason))
    regions = claim(result.regions)
    return {
        "kind": "landing",
        "step": regions["step"],
        "lambda0": exact_number(result.lambda0),
        "zone": [{"from": exact_number(low), "to": exact_number(high)} for low, high in result.outward],
        **{key: regions[key] for key in ("zeros", "negative_gaps", "regions")},
    }


def _opening(x: Fraction, kappa: Range, L: Range, phase: str) -> dict[str, Any]:
    sides = {"kappa": kappa, "L": L}
    ranges = {
        key: {"from": exact_number(low), "to": exact_number(high)} for key, (low, high) in sides.items()
    }
    return {"kind": "phase", "x": exact_number(x), **ranges, "phase": phase}


def _bracket(value: Enclosure) -> dict[str, str]:
    return {"lower": exact_number(value.lower), "upper": exact_number(value.upper)}


# Finite width

_ALIGNED = "aligned table"


@claim.register
def _(result: WidthSpike) -> Claim:
    """The claim `width_spike`, with the finest bounds that the checker can prove in about ten seconds.

    Its ends are `result.lower.value` and `result.upper.value`.
    """
    lower, upper = lower_proof(result.lower), upper_proof(result.upper)
    if result.lower.words is not None and result.lower.words == result.upper.words:
        del lower["layers"]  # those of the upper bound
    return {
        "kind": "width_spike",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "width": exact_number(result.width),
        "mu0": exact_number(result.mu0),
        "kappa": exact_number(result.kappa),
        "lower": exact_number(result.lower.value),
        "upper": exact_number(result.upper.value),
        "lower_proof": lower,
        "upper_proof": upper,
    }


@claim.register
def _(result: CurvatureReduction) -> Claim:
    """The claim `curvature_loss`."""
    spike, quiet = result.spike, result.quiet
    start = (result.curvature, result.width, result.mu0, spike.value)
    if any(max(abs(q.numerator), q.denominator).bit_length() > MOST_BITS for q in start):
        raise NotCertifiable(
            f"a number of the start has more than {MOST_BITS} bits, too long for the checker"
        )
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
    proof: dict[str, Any] = {"method": bound.method if bound.table is None else _ALIGNED}
    if bound.exponent is not None:
        proof["exponent"] = exact_number(bound.exponent)
    if bound.L1 is not None and bound.tail is not None:
        proof |= {"L1": exact_number(bound.L1), "tail": exact_number(bound.tail)}
    if bound.barrier is not None:
        proof |= {
            "bottom": exact_number(bound.barrier.bottom),
            "slopes": " ".join(str(int(g * SLOPE_UNIT)) for g in bound.barrier.slopes),
            "pieces": PIECES,
        }
    if bound.words is not None:
        tail = bound.words.tail
        proof |= {"layers": list(bound.words.layers), **_slabs(tail.slabs)}
        if tail.exponent is not None:
            proof["exponent"] = exact_number(tail.exponent)
    return proof | ({} if bound.table is None else _table(bound.table))


def lower_proof(bound: LowerBound) -> dict[str, Any]:
    """The witness of a lower bound."""
    if bound.words is not None:
        return {"method": bound.method, "layers": list(bound.words.layers)}
    if bound.table is None:
        proof: dict[str, Any] = {"method": bound.method}
        if bound.exponent is not None and bound.L1 is not None:
            proof |= {"exponent": exact_number(bound.exponent), "L1": exact_number(bound.L1)}
        return proof
    proof = {"method": _ALIGNED, "exponent": exact_number(bound.table.exponent), **_table(bound.table)}
    if bound.start_edge is not None and bound.exponent is not None and bound.L1 is not None:
        proof["start"] = {
            "kappa": exact_number(bound.start_edge),
            "exponent": exact_number(bound.exponent),
            "L1": exact_number(bound.L1),
        }
    return proof


def _table(table: SchemeTable) -> dict[str, Any]:
    grid = table.grid
    return {
        **({} if table.beneath is None else {"beneath": exact_number(table.beneath)}),
        **_slabs(table.slabs),
        "pivot": exact_number(grid.pivot),
        "bottom": exact_number(grid.bottom),
        "deep": " ".join(map(str, grid.deep)),
        "shallow": " ".join(map(str, grid.shallow)),
        "table": [" ".join(map(str, row)) for row in table.entries.tolist()],
    }


def _slabs(ends: tuple[Fraction, ...] | None) -> dict[str, Any]:
    return {} if ends is None else {"slabs": [exact_number(L) for L in ends]}
