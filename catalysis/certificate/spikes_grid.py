"""Grid bounds as claims ``spike_grid`` (docs/spikes_grid.md), with tables small enough for a certificate."""

from __future__ import annotations

from fractions import Fraction

from catalysis.certificate.document import Claim, NotCertifiable, exact_number
from catalysis.data.walk import LinearWalk
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.spikes.grid import GridBounds, Witness, grid_bounds

CLAIM_CELLS = 1 << 17
"""Cells of a table in a certificate: about two megabytes for a claim."""

CLAIM_PRODUCTS = 60_000_000
"""Cells times factors: about ten seconds of the checker for a claim."""

_LINE = 3600
_DIGITS = 10


def grid_claim(
    walk: LinearWalk, curvature: Fraction, factor: Fraction, bounds: GridBounds, *, squared: bool = False
) -> Claim:
    """The claim ``spike_grid`` that bounds P(sup |mu_t| >= factor |mu_0|) for a walk at a curvature.

    ``bounds`` are those of the walk's factors at that level, or, if ``squared``, of their squares: then the
    level is sqrt(factor). If its tables are too long for a certificate the claim is made from shorter ones and
    states wider bounds: compare its ends. Raises NotCertifiable if nothing was proved.
    """
    bounds = checkable(bounds)
    if bounds.above is None or bounds.below is None:
        raise NotCertifiable(str(bounds.limited_by))
    return {
        "kind": "spike_grid",
        "step": walk.step.to_json(),
        "lambda": exact_number(curvature),
        "factor_squared" if squared else "factor": exact_number(factor),
        "lower": exact_number(Fraction(decimal_below(bounds.lower, _DIGITS))),
        "upper": exact_number(min(Fraction(1), Fraction(decimal_above(bounds.upper, _DIGITS)))),
        "cells_per_step": bounds.cells_per_step,
        "above": _table(bounds.above, 2 if squared else 1),
        "below": _table(bounds.below, 2 if squared else 1),
    }


def checkable(bounds: GridBounds) -> GridBounds:
    """The bounds themselves, or coarser ones whose tables fit into a certificate."""
    most = min(CLAIM_CELLS, CLAIM_PRODUCTS // max(1, bounds.steps.size))
    if bounds.cells <= most:
        return bounds
    return grid_bounds(bounds.steps, bounds.level, relative_width=bounds.relative_width, max_cells=most)


def _table(witness: Witness, root: int) -> Claim:
    digits = witness.bits // 4 + 1
    text = "".join(f"{number:0{digits}x}" for number in witness.integers())
    return {
        "tilt": exact_number(witness.tilt * root),
        "bits": witness.bits,
        "values": [text[at : at + _LINE] for at in range(0, len(text), _LINE)],
    }
