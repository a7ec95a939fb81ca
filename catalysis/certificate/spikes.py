"""Spike probabilities as claims of a certificate (docs/spikes.md, docs/spikes_grid.md).

Nothing is searched here: a result carries the witness of the bounds that it states.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.data.walk import LinearWalk
from catalysis.drift.tangency import exact_zero_base
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.spikes.carried import carried_by_grid, carried_by_pieces
from catalysis.spikes.counts import CountWalk
from catalysis.spikes.grid import GridBounds, Witness
from catalysis.spikes.horizon import SpikeWithin
from catalysis.spikes.lattice import LatticeBounds
from catalysis.spikes.passage import FirstPassage, Overshoot
from catalysis.spikes.pieces_bounds import PieceBounds, PieceTable
from catalysis.spikes.probability import HittingProbability
from catalysis.spikes.ways import Followed

_LINE = 3600


@claim.register
def _(result: HittingProbability) -> Claim:
    """The claim `spike`, or `spike_grid`, that states `result.enclosure`."""
    if result.carried is None:
        raise NotCertifiable(str(result.reason))
    witness = result.carried.witness
    if isinstance(witness, GridBounds):
        return grid_claim(result.walk, result.curvature, result.factor, witness, squared=result.squared)
    if isinstance(witness, PieceBounds):
        return pieces_claim(result.walk, result.curvature, result.factor, witness, squared=result.squared)
    return {
        "kind": "spike",
        **_event(result.walk, result.curvature, result.factor, result.squared),
        **_ends(result.carried.enclosure),
        "proof": _proof(result, witness),
    }


def grid_claim(
    walk: LinearWalk, curvature: Fraction, factor: Fraction, bounds: GridBounds, *, squared: bool = False
) -> Claim:
    """The claim `spike_grid` that bounds P(sup |mu_t| >= factor |mu_0|) for a walk at a curvature.

    `bounds` are those of the walk's factors at that level, or, if `squared`, of their squares: then the level
    is sqrt(factor). The claim states what tables of the length of a certificate prove. Raises NotCertifiable
    if there are none.
    """
    carried = carried_by_grid(bounds)
    if carried is None or not isinstance(carried.witness, GridBounds):
        raise NotCertifiable(str(bounds.limited_by))
    found, root = carried.witness, 2 if squared else 1
    assert found.above is not None and found.below is not None
    return {
        "kind": "spike_grid",
        **_event(walk, curvature, factor, squared),
        **_ends(carried.enclosure),
        "cells_per_step": found.cells_per_step,
        "above": _table(found.above, root),
        "below": _table(found.below, root),
    }


def pieces_claim(
    walk: LinearWalk, curvature: Fraction, factor: Fraction, bounds: PieceBounds, *, squared: bool = False
) -> Claim:
    """The claim `spike_grid` that tables of straight pieces prove; see grid_claim."""
    carried = carried_by_pieces(bounds)
    if carried is None or bounds.above is None or bounds.below is None:
        raise NotCertifiable(str(bounds.limited_by))
    root = 2 if squared else 1
    return {
        "kind": "spike_grid",
        **_event(walk, curvature, factor, squared),
        **_ends(carried.enclosure),
        "above": _pieces(bounds.above, root),
        "below": _pieces(bounds.below, root),
    }


def _event(walk: LinearWalk, curvature: Fraction, factor: Fraction, squared: bool) -> Claim:
    return {
        "step": walk.step.to_json(),
        "lambda": exact_number(curvature),
        "factor_squared" if squared else "factor": exact_number(factor),
    }


def _proof(result: HittingProbability, witness: CountWalk | LatticeBounds | None) -> dict[str, Any]:
    proof: dict[str, Any] = {"method": result.method}
    root = 2 if result.squared else 1
    if isinstance(witness, LatticeBounds):
        span = exact_number(witness.lattice.span(root))
        return proof | {"exponent": _ends(_of_mu(witness.exponent, root)), "span": span}
    if witness is not None:
        return proof | replay_fields(witness, root=root)
    if result.exponent.enclosure is not None:
        return proof | {"exponent": _ends(result.exponent.enclosure)}
    if result.regime is Regime.CRITICAL:  # the factors themselves, also where the walk is that of squares
        base = exact_zero_base(result.walk, result.curvature)
        assert base is not None
        return proof | {"base": [exact_number(Fraction(b)) for b in base]}
    return proof


def replay_fields(walk: CountWalk, *, root: int = 1) -> dict[str, Any]:
    """What the checker needs to replay a walk over counts; with `root` 2 it is that of |mu|^2."""
    return {
        "exponent": _ends(_of_mu(walk.exponent, root)),
        "steps": walk.steps,
        "drop": exact_number(walk.replay_drop),
        "bits": walk.replay_bits,
    }


def _of_mu(theta: Enclosure, root: int) -> Enclosure:
    """The exponent of |mu| from that of |mu|^root."""
    return Enclosure(root * theta.lower, root * theta.upper)


def _table(witness: Witness | PieceTable, root: int) -> Claim:
    digits = witness.bits // 4 + 1
    text = "".join(f"{number:0{digits}x}" for number in witness.integers())
    return {
        "tilt": exact_number(witness.tilt * root),
        "bits": witness.bits,
        "values": [text[at : at + _LINE] for at in range(0, len(text), _LINE)],
    }


def _pieces(table: PieceTable, root: int) -> Claim:
    layout = table.layout
    return _table(table, root) | {
        "mass": exact_number(table.mass),
        "drop": exact_number(layout.drop),
        "per_step": layout.per_step,
        "fine": layout.fine,
        "generations": layout.generations,
        "reach": layout.reach,
    }


def _ends(enclosure: Enclosure) -> dict[str, str]:
    return {"lower": exact_number(enclosure.lower), "upper": exact_number(enclosure.upper)}


@claim.register
def _(result: SpikeWithin) -> Claim:
    """The claim `spike_within` that states `result.enclosure`."""
    if not result.certifiable:
        raise NotCertifiable(str(result.uncertified))
    level = {"factor": result.factor} if result.floor is None else {"floor": result.floor}
    return {
        "kind": "spike_within",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        **{key: exact_number(value) for key, value in level.items() if value is not None},
        "steps": result.steps,
        **_ends(result.enclosure),
        "proof": _steps_proof(result),
    }


def _steps_proof(result: SpikeWithin) -> dict[str, Any]:
    found = result.followed
    if found is None and result.floor is None:
        return {"method": result.method}
    if found is None:  # no step at all, or only the factor 0
        return {"method": "counts", "steps": min(result.steps, 1), "bits": 64}
    return followed_fields(found, result.tilt)


def followed_fields(found: Followed, tilt: Fraction | None) -> dict[str, Any]:
    """What the checker needs to follow a walk of finitely many steps."""
    numbers = {
        "span": found.span,
        "width": found.width,
        "reach": found.reach,
        "slope": found.slope,
        "tilt": tilt,
    }
    return {
        "method": found.method,
        "steps": found.steps,
        "bits": found.bits,
        **{key: exact_number(value) for key, value in numbers.items() if value is not None},
    }


@claim.register
def _(result: FirstPassage) -> Claim:
    """The claim `first_passage`: bounds of the expectation, or that it is infinite."""
    if result.sign is None:
        raise NotCertifiable(str(result.reason))
    entry = {
        "kind": "first_passage",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "factor": exact_number(result.factor),
    }
    if result.enclosure is not None:
        return {**entry, **_ends(result.enclosure), "proof": _passage_proof(result.overshoot)}
    if result.sign < 0:
        return {**entry, "mean": "inf", "proof": {"method": "falling"}}
    assert result.drift is not None and result.drift.base is not None
    base = [exact_number(Fraction(b)) for b in result.drift.base]
    return {**entry, "mean": "inf", "proof": {"method": "critical", "base": base}}


def _passage_proof(found: Overshoot | None) -> dict[str, Any]:
    if found is None:
        return {"method": "wald"}
    span = {} if found.span is None else {"span": exact_number(found.span)}
    return {"method": found.method, "steps": found.steps, "bits": found.bits, **span}
