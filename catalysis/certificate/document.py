"""Results as the claims of a certificate, the format of docs/certificate.md.

One function for each kind of result; nothing here knows how a number was found, and nothing is rounded
except outwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from functools import singledispatch
from importlib import import_module
from pathlib import Path
from typing import Any

from catalysis.certificate.files import write_whole
from catalysis.data.dataset import Dataset
from catalysis.drift.interval import SignOnInterval
from catalysis.drift.place import NearPole, Position
from catalysis.drift.regions import SignRegions, Zero
from catalysis.drift.thresholds import Thresholds
from catalysis.drift.value import DriftValue
from catalysis.exact.numbers import exact_text, ratio_text
from catalysis.exponent.band import BandCell, ExponentBand
from catalysis.exponent.exponent import CramerExponent, ExponentRate, Regime

FORMAT, VERSION = "catalysis-certificate", 1
Claim = dict[str, Any]

CHAPTERS = {
    "choices": ("advice", "comparisons"),
    "drift": ("family",),
    "nonlinear": ("nonlinear", "width"),
    "spikes": ("spikes",),
}
"""The chapters of this room that hold the claims of each room; those of the linear walk are below."""


class NotCertifiable(ValueError):
    """The result is undecided, so there is nothing to certify; the text says why."""


@singledispatch
def claim(result: object) -> Claim:
    """The claim that states `result` and carries its witnesses. Raises NotCertifiable if it is undecided.

    A chapter that makes the claims of a room is loaded when a result of the room is first asked for.
    """
    room = type(result).__module__.removeprefix("catalysis.").partition(".")[0]
    for chapter in CHAPTERS.get(room, ()):
        import_module(f"catalysis.certificate.{chapter}")
    if claim.dispatch(type(result)) is claim.dispatch(object):
        raise TypeError(f"no claim is defined for {type(result).__name__}")
    return claim(result)


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
        entry["exponent"] = _decimals(result.enclosure.decimals(result.digits + 2))
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
        "exponent": {
            "lower": exact_number(result.exponent.lower),
            "upper": exact_number(result.exponent.upper),
        },
        "rate": {"lower": exact_number(result.rate.lower), "upper": exact_number(result.rate.upper)},
    }


@claim.register
def _(result: ExponentBand) -> Claim:
    return {
        "kind": "exponent_band",
        "step": result.walk.step.to_json(),
        "cells": [_cell(cell) for cell in result.cells],
    }


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


def exact_number(value: Fraction) -> str:
    """The shorter of decimal and ratio."""
    return min(exact_text(value, 3990), ratio_text(value), key=len)


def _decimals(pair: tuple[str, str]) -> dict[str, str]:
    return {"lower": exact_number(Fraction(pair[0])), "upper": exact_number(Fraction(pair[1]))}


def claims_of(results: Iterable[object]) -> list[Claim]:
    """The claims of all results that are decided, in their order."""
    found = []
    for result in results:
        with suppress(NotCertifiable):
            found.append(claim(result))
    return found


def certificate_of(dataset: Dataset | None, claims: Iterable[Claim]) -> dict[str, Any]:
    """The whole document. Raises ValueError if there is no claim."""
    from catalysis import __version__

    listed = list(claims)
    if not listed:
        raise ValueError("a certificate needs at least one claim")
    document: dict[str, Any] = {"format": FORMAT, "version": VERSION, "producer": f"catalysis {__version__}"}
    if dataset is not None:
        document["data"] = dataset.to_json()
    return {**document, "claims": listed}


def write_certificate(path: Path, document: dict[str, Any]) -> str:
    """Write the document whole or not at all; returns the SHA-256 digest of the file."""
    text = json.dumps(document, indent=1) + "\n"
    write_whole(path, text)
    return hashlib.sha256(text.encode()).hexdigest()
