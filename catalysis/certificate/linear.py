"""The claims of the linear walk: thresholds, the drift and its zeros, the Cramer exponent, families.

docs/certificate.md describes each kind; docs/families.md that of a family.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.drift.family import SignBox
from catalysis.drift.interval import SignOnInterval
from catalysis.drift.place import NearPole, Position
from catalysis.drift.regions import DEFAULT_DIGITS, SignRegions
from catalysis.drift.thresholds import Thresholds
from catalysis.drift.value import DriftValue
from catalysis.drift.witnesses import witnesses
from catalysis.drift.zeros import Zero
from catalysis.exact.result import Enclosure
from catalysis.exponent.band import BandCell, ExponentBand
from catalysis.exponent.exponent import CramerExponent, ExponentRate, Regime

_MOST_FACTORS = 800_000
"""Brackets and tangents times curvatures, up to which the checker can look at each within its budget."""

_MOST_UNITS, _UNITS, _UNITS_OF_WEIGHTS, _FEW_WEIGHTS, _OTHERS = 9_500_000, 700, 1250, 8, 900
"""Of its budget; what a bracket or tangent takes by expansions (FF1), for few and for many different weights; and what
the other claims of `certify` take for each curvature."""

_WITNESSES_A_LINE = 100


@claim.register
def _(result: Thresholds) -> Claim:
    return {
        "kind": "thresholds",
        "step": result.walk.step.to_json(),
        "lambda_crit": exact_number(result.lambda_crit),
        "lambda_max": exact_number(result.lambda_max),
    }


@claim.register
def _(result: DriftValue) -> Claim:
    if result.enclosure is None:
        raise NotCertifiable(result.reason or "G = -inf at a pole is no bracket")
    return {
        "kind": "drift",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "lower": exact_number(result.enclosure.lower),
        "upper": exact_number(result.enclosure.upper),
    }


@claim.register
def _(result: SignOnInterval) -> Claim:
    if result.sign not in (-1, 1):
        raise NotCertifiable(result.reason or "G takes both signs on the interval")
    return {
        "kind": "sign",
        "step": result.walk.step.to_json(),
        "sign": "positive" if result.sign > 0 else "negative",
        "from": exact_number(result.start),
        "to": exact_number(result.end),
        "witnesses": [exact_number(witness) for witness in result.witnesses],
    }


@claim.register
def _(result: SignRegions) -> Claim:
    if not result.complete:
        raise NotCertifiable(result.undecided[0].reason)
    if not carries_brackets(result):
        return _zero_count(result)
    index = {id(zero): i for i, zero in enumerate(result.zeros)}

    def end(value: Fraction | Zero | None) -> Any:
        if isinstance(value, Zero):
            return {"zero": index[id(value)]}
        return "inf" if value is None else exact_number(value)

    return {
        "kind": "sign_regions",
        "step": result.walk.step.to_json(),
        "from": exact_number(result.start),
        "to": end(result.end),
        "zeros": [_zero(zero) for zero in result.zeros],
        "negative_gaps": [{"gap": gap.gap, "at": exact_number(gap.at)} for gap in result.negative_gaps],
        "regions": [
            {"sign": "positive" if r.sign > 0 else "negative", "from": end(r.start), "to": end(r.end)}
            for r in result.regions
        ],
    }


def carries_brackets(result: SignRegions) -> bool:
    """Whether the certificate holds every bracket; of a longer list it holds the number, and a witness for each gap."""
    entries = len(result.zeros) + len(result.negative_gaps)
    if entries * result.walk.size <= _MOST_FACTORS:
        return True
    few = len(set(result.walk.integer_weights)) <= _FEW_WEIGHTS
    units = entries * (_UNITS if few else _UNITS_OF_WEIGHTS) + _OTHERS * result.walk.size
    return result.digits <= DEFAULT_DIGITS and units <= _MOST_UNITS


def _zero_count(result: SignRegions) -> Claim:
    found = witnesses(result)
    if found is None:
        raise NotCertifiable(
            "the list is too long for its brackets, and no short witness tells the sign in a gap"
        )
    lines = range(0, len(found), _WITNESSES_A_LINE)
    return {
        "kind": "zero_count",
        "step": result.walk.step.to_json(),
        "from": exact_number(result.start),
        "to": "inf" if result.end is None else exact_number(result.end),
        "zeros": len(result.inside),
        "witnesses": [" ".join(found[i : i + _WITNESSES_A_LINE]) for i in lines],
    }


@claim.register
def _(result: CramerExponent) -> Claim:
    if result.regime is Regime.UNDECIDED:
        raise NotCertifiable(str(result.reason))
    entry: Claim = {
        "kind": "exponent",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "regime": result.regime.value,
    }
    if result.enclosure is not None:
        entry["exponent"] = _rounded(result.enclosure, result.digits + 2)
    else:
        entry["exponent"] = "inf" if result.regime is Regime.STABLE else "0"
    if result.base is not None:
        entry["base"] = [exact_number(Fraction(b)) for b in result.base]
    return entry


@claim.register
def _(result: ExponentRate) -> Claim:
    return {
        "kind": "exponent_rate",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "exponent": _ends(result.exponent),
        "rate": _ends(result.rate),
    }


@claim.register
def _(result: ExponentBand) -> Claim:
    return {
        "kind": "exponent_band",
        "step": result.walk.step.to_json(),
        "cells": [_cell(cell) for cell in result.cells],
    }


@claim.register
def _(result: SignBox) -> Claim:
    return {"kind": "family_sign", "curvature": result.family.to_json(), **result.cell()}


def _cell(cell: BandCell) -> dict[str, str]:
    entry = {
        "from": exact_number(cell.start),
        "to": exact_number(cell.end),
        "lower": "inf" if cell.lower is None else exact_number(cell.lower),
        "upper": "inf" if cell.upper is None else exact_number(cell.upper),
    }
    if cell.tangent_at is not None:
        entry["at"] = exact_number(cell.tangent_at)
    return entry


def _zero(zero: Zero) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": zero.kind, "lower": _point(zero.lower), "upper": _point(zero.upper)}
    if zero.kind == "crossing":
        entry["direction"] = "up" if zero.direction > 0 else "down"
    if zero.polynomial is not None:
        entry["polynomial"] = [exact_number(Fraction(c)) for c in zero.polynomial]
    elif zero.exact is not None:
        entry["exact"] = exact_number(zero.exact)
    if zero.base is not None:
        entry["base"] = [exact_number(Fraction(b)) for b in zero.base]
    return entry


def _point(position: Position) -> Any:
    if isinstance(position, NearPole):
        side = "above" if position.side > 0 else "below"
        return {"pole": exact_number(position.pole), "side": side, "t": exact_number(position.t)}
    return exact_number(position)


def _ends(value: Enclosure) -> dict[str, str]:
    return {"lower": exact_number(value.lower), "upper": exact_number(value.upper)}


def _rounded(value: Enclosure, digits: int) -> dict[str, str]:
    """Rounded outwards."""
    lower, upper = value.decimals(digits)
    return {"lower": exact_number(Fraction(lower)), "upper": exact_number(Fraction(upper))}
