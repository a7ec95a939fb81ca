"""Claims about maps of momentum regimes: proofs_check/products/momentum_map.py reads them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.certificate.products import numbers_json, product_json
from catalysis.exact.result import Verdict
from catalysis.products.momentum_boxes import Box
from catalysis.products.momentum_cells import BoxBound
from catalysis.products.momentum_map import MomentumMap
from catalysis.products.walk import MatrixWalk


@claim.register
def _(result: MomentumMap) -> Claim:
    if result.verdict is Verdict.UNDECIDED:
        raise NotCertifiable(result.fields()["reason"])
    grid, decided = _Grid.of(result), [one for one in result.boxes if one.regime != "open"]
    signs: dict[int, BoxBound] = {id(one.sign): one.sign for one in decided if one.sign is not None}
    place = {key: k for k, key in enumerate(signs)}
    return {
        "kind": "momentum_map",
        "product": product_json(MatrixWalk.heavy_ball(result.walk, 1, 0)) | {"kind": result.method},
        "eta": exact_number(result.walk.dataset.learning_rate),
        "weight_decay": exact_number(result.weight_decay),
        "fractions": numbers_json(result.whole.fractions),
        "betas": numbers_json(result.whole.betas),
        "grid": list(grid.counts),
        "tables": [_moving_json(grid, sign) for sign in signs.values()],
        "boxes": [
            [*grid.place(one.box), numbers_json(one.form) if one.form is not None else place[id(one.sign)]]
            for one in decided
        ],
    }


@dataclass(frozen=True)
class _Grid:
    """The finest columns and rows that the boxes of a map need."""

    whole: Box
    counts: tuple[int, int]

    @classmethod
    def of(cls, result: MomentumMap) -> _Grid:
        ends = [_shares(one.box, result.whole) for one in result.boxes]
        first, second = (max(share.denominator for end in ends for share in end[axis]) for axis in (0, 1))
        return cls(result.whole, (first, second))

    def place(self, box: Box) -> list[int]:
        sides = zip(_shares(box, self.whole), self.counts, strict=True)
        return [int(share * count) for side, count in sides for share in side]


def _shares(box: Box, all_of_it: Box) -> list[tuple[Fraction, Fraction]]:
    """Where the sides begin and end, as shares of the whole rectangle's; 0 and 1 for a point."""
    found = []
    for mine, (low, high) in zip(
        (box.fractions, box.betas), (all_of_it.fractions, all_of_it.betas), strict=True
    ):
        if low == high:
            found.append((Fraction(0), Fraction(1)))
        else:
            found.append(((mine[0] - low) / (high - low), (mine[1] - low) / (high - low)))
    return found


def _moving_json(grid: _Grid, sign: BoxBound) -> dict[str, Any]:
    return {
        "box": grid.place(sign.table.box),
        "side": "upper" if sign.side > 0 else "lower",
        "bound": exact_number(sign.bound),
        "nodes": numbers_json(sign.table.nodes),
        "values": [numbers_json(values) for values in sign.table.values],
    }
