"""Products of 2 x 2 matrices, answered: regime, top exponent and Cramer exponent between proved bounds (Lemma V8).

Numbers are found on a mesh in doubles; each bound is then proved by a table on cells, from the outside in: the bracket
asked for first, a wider one where it fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.exact.result import Enclosure, Progress
from catalysis.products.cells import Array, CellBound, Entry, Matrix2, Mesh, Table, prove, question, rounded

_SEARCH_NODES = 2048
_LARGEST_POWER = 256.0
_SMALLEST_POWER = 1e-4
_BELOW_ONE, _ABOVE_ONE = 1 - Fraction(1, 2**40), 1 + Fraction(1, 2**40)
_WIDER = (1, 4, 16, 64)
_GROWTH_STEPS = 400
_GROWTH_MARGINS = (0.05, 0.01, 0.001)


@dataclass(frozen=True)
class PlaneExponents:
    """What is proved of a product of 2 x 2 matrices, for every start.

    `drift`: the lower and the upper bound of lambda_1. `moments`: proofs of k(s) < 0 (so theta >= s, lambda_1 < 0)
    and of k(s) > 0 (so theta <= s). `stable`: a table of a norm that no matrix increases (theta = inf). Each may be
    None.
    """

    drift: tuple[CellBound | None, CellBound | None]
    moments: tuple[CellBound | None, CellBound | None]
    stable: Table | None

    @property
    def lambda1(self) -> tuple[Fraction | None, Fraction | None]:
        lower, upper = self.drift
        return None if lower is None else lower.bound, None if upper is None else upper.bound

    @property
    def theta(self) -> tuple[Fraction | None, Fraction | None]:
        """Bounds of theta; the upper one None where nothing is known, both 0 if inflationary."""
        low, _ = self.lambda1
        if low is not None and low > 0:
            return Fraction(0), Fraction(0)
        lower, upper = self.moments
        return None if lower is None else lower.power, None if upper is None else upper.power

    @property
    def regime(self) -> str:
        """ "stable", "deflationary", "inflationary" or "undecided"."""
        low, high = self.lambda1
        if low is not None and low > 0:
            return "inflationary"
        if self.stable is not None:
            return "stable"
        shrinks = (high is not None and high < 0) or self.moments[0] is not None
        return "deflationary" if shrinks and self.moments[1] is not None else "undecided"


def plane_exponents(
    matrices: Sequence[Matrix2],
    weights: Sequence[Fraction],
    *,
    width: Fraction = Fraction(1, 1000),
    tolerance: Fraction = Fraction(1, 100),
    try_stable: bool = True,
    progress: Progress | None = None,
) -> PlaneExponents:
    """lambda_1 to `width`, theta to a relative `tolerance`, both as goals; what is reached is proved (V8)."""
    stable = stable_table(matrices) if try_stable else None
    drift = drift_bounds(matrices, weights, width, progress=progress)
    low = drift[0]
    if stable is not None or (low is not None and low.bound > 0):
        return PlaneExponents(drift, (None, None), stable)
    return PlaneExponents(drift, exponent_bounds(matrices, weights, tolerance, progress=progress), None)


def drift_bounds(
    matrices: Sequence[Matrix2],
    weights: Sequence[Fraction],
    width: Fraction,
    *,
    progress: Progress | None = None,
) -> tuple[CellBound | None, CellBound | None]:
    """Proved bounds of lambda_1, about `width` apart; first of all its sign, if it is not too close to 0."""
    rate = Mesh(matrices, weights, _SEARCH_NODES).transfer.drift()[0]
    if not np.isfinite(rate):
        return None, None
    found: list[CellBound | None] = []
    for side in (-1, 1):
        bound = None
        for factor in _WIDER:
            end = rounded(rate, width * factor / 4) + side * width * factor / 2
            bound = prove(matrices, weights, None, end, side, progress=progress)
            if bound is not None:
                break
        found.append(bound)
    return found[0], found[1]


def exponent_bounds(
    matrices: Sequence[Matrix2],
    weights: Sequence[Fraction],
    tolerance: Fraction,
    *,
    progress: Progress | None = None,
) -> tuple[CellBound | None, CellBound | None]:
    """Proofs of k(s) < 0 and k(s) > 0 for two s about a relative `tolerance` apart, around theta."""
    theta = _float_exponent(matrices, weights)
    if theta is None:
        return None, None
    found: list[CellBound | None] = []
    for side, rho in ((1, _BELOW_ONE), (-1, _ABOVE_ONE)):
        bound = None
        for factor in _WIDER:
            gap = min(tolerance * factor / 2, Fraction(3, 4))
            s = rounded(theta, Fraction(theta) * tolerance / 16) * (1 - side * gap)
            bound = prove(matrices, weights, s, rho, side, progress=progress)
            if bound is not None:
                break
        found.append(bound)
    return found[0], found[1]


def _float_exponent(matrices: Sequence[Matrix2], weights: Sequence[Fraction]) -> float | None:
    """The s > 0 with rho(s) = 1 on a fine mesh; None if there is none in reach."""
    transfer = Mesh(matrices, weights, _SEARCH_NODES).transfer
    if transfer.eigenfunction(_SMALLEST_POWER)[0] >= 1 or transfer.eigenfunction(_LARGEST_POWER)[0] <= 1:
        return None
    low, high, v = _SMALLEST_POWER, 1.0, None
    while transfer.eigenfunction(high)[0] <= 1:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low * high) ** 0.5
        rho, v = transfer.eigenfunction(middle, v)
        low, high = (middle, high) if rho <= 1 else (low, middle)
        if high - low < 1e-9 * high:
            break
    return high


def stable_table(matrices: Sequence[Matrix2], *, most_nodes: int = 4096) -> Table | None:
    """A table v such that |y|_inf v(y) is increased by no matrix: then no product grows (V8d). None if not found."""
    if not all(isinstance(x, Fraction) for a in matrices for row in a for x in row):
        return None
    one = (Fraction(1),)
    mesh = Mesh(matrices, [Fraction(1, len(matrices))] * len(matrices))
    asked = [question([a], one, Fraction(1), Fraction(1), 1) for a in matrices]
    margin = next((margin for margin in _GROWTH_MARGINS if _extremal(mesh, margin) is not None), None)
    while margin is not None and len(mesh.nodes) <= most_nodes:
        values = _extremal(mesh, margin)
        if values is None:
            return None
        table = mesh.rounded_table(values)
        failed = {k for q in asked for k in q.open_cells(table, range(len(table.nodes)))}
        if not failed:
            return table
        mesh.split(sorted(failed))
    return None


def _extremal(mesh: Mesh, margin: float) -> Array | None:
    """The largest growth of a direction under all products, each step enlarged by the margin; None if unbounded."""
    transfer = mesh.transfer
    v = np.ones_like(mesh.nodes)
    for _ in range(_GROWTH_STEPS):
        grown = np.maximum(1.0, (transfer.sizes * transfer.mean(v)).max(axis=0) * (1 + margin))
        if np.array_equal(grown, v):
            found: Array = v / v.max()
            return found
        if grown.max() > 1e6:
            return None
        v = grown
    return None


def enclosure(bounds: tuple[Fraction | None, Fraction | None]) -> Enclosure | None:
    """Both bounds as an enclosure, or None."""
    lower, upper = bounds
    return None if lower is None or upper is None else Enclosure(lower, upper)


__all__ = ["Entry", "PlaneExponents", "drift_bounds", "exponent_bounds", "plane_exponents", "stable_table"]
