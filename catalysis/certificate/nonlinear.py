"""Phases, phase maps and landing zones as claims of a certificate (docs/phases.md)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import catalysis.certificate.width  # noqa: F401  the other claims of this room
from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.exact.result import Enclosure
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.landing import Landing
from catalysis.nonlinear.phase import Phase, PhaseName
from catalysis.nonlinear.phase_grid import Range
from catalysis.nonlinear.phase_map import PhaseBox, PhaseMap


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
    if result.phase is PhaseName.CATAPULT:
        entry["rise"] = result.first_rise
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
