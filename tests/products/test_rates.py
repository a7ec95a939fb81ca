"""Intervals of learning rates with one sign of lambda_1: cells in the plane (V8, V16), pieces on the line (V13b)."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.good_products import drift

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.drift.zeros import Zero
from catalysis.exact.errors import InputError
from catalysis.products.axis import LearningRateAxis, learning_rate_axis
from catalysis.products.cells import Table
from catalysis.products.kernel import VectorData
from catalysis.products.rates import PlaneRates, covered, sign_on, within_budget
from proofs_check.certificate import check_certificate

F = Fraction
PLANE = VectorData.from_features([[1, 0], ["6/5", "8/5"], ["1/2", -1]], counts=[1, 1, 2])


def truth(data: VectorData, eta: float) -> float:
    """lambda_1 by the transfer operator of the tests."""
    g = np.array([[float(x) for x in row] for row in data.rows])
    matrices = np.eye(g.shape[1]) - eta * g[:, :, None] * g[:, None, :]
    return drift((matrices, np.array([float(p) for p in data.p])))


def simulated(data: VectorData, eta: float, steps: int = 1000, products: int = 200) -> float:
    """lambda_1 by long products."""
    g = np.array([[float(x) for x in row] for row in data.rows])
    drawn = np.random.default_rng(4).choice(len(g), size=(steps, products), p=[float(p) for p in data.p])
    u, total = np.tile([1.0, 0.3], (products, 1)), 0.0
    for i in drawn:
        u = u - eta * g[i] * (g[i] * u).sum(1, keepdims=True)
        size = np.hypot(u[:, :1], u[:, 1:])
        total, u = total + float(np.log(size).mean()), u / size
    return total / steps


@pytest.mark.parametrize(
    ("start", "end", "side"), [("0.9", "0.95", 1), ("1.02", "1.05", 1), ("1.2", "1.25", -1)]
)
def test_one_table_for_an_interval(start: str, end: str, side: int) -> None:
    found = sign_on(PlaneRates(PLANE), F(start), F(end), side)
    assert found is not None
    piece, _ = found
    assert piece.holds(PLANE)
    for eta in np.linspace(float(F(start)), float(F(end)), 4):
        assert side * simulated(PLANE, eta) < side * float(piece.bound) + 0.01
        assert side * truth(PLANE, eta) < side * float(piece.bound) + 1e-3
    shifted = Table(piece.table.nodes, (*piece.table.values[5:], *piece.table.values[:5]))
    for changed in (
        replace(piece, start=F("0.6"), end=F("1.4")),
        replace(piece, side=-side),
        replace(piece, side=-side, bound=-piece.bound),
        replace(piece, bound=F(0)),
        replace(piece, bound=150 * piece.bound),
        replace(piece, table=shifted),
        replace(piece, start=piece.end, end=piece.start),
    ):
        assert not changed.holds(PLANE)


def test_no_table_over_a_zero_and_no_lower_bound_at_a_pole() -> None:
    rates = PlaneRates(PLANE)
    for side in (1, -1):
        assert sign_on(rates, F("1.1"), F("1.2"), side) is None
    steep = VectorData.from_features([[1, 0], ["6/5", "9/5"], ["1/2", -1]], counts=[1, 1, 2])
    assert truth(steep, 0.8) > 0.02
    assert sign_on(PlaneRates(steep), F("0.799"), F("0.801"), -1) is None  # 1/K_33 = 0.8


feature = st.fractions(min_value=-2, max_value=2, max_denominator=5)


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(feature, feature), min_size=2, max_size=3, unique=True))
@pytest.mark.slow
def test_random_planes(rows: list[Any]) -> None:
    data = VectorData.from_features([list(row) for row in rows]) if any(any(row) for row in rows) else PLANE
    if data.rank() != 2 or len(data.components) > 1:
        return
    top = 2 / max(data.diagonal)
    pieces = within_budget(covered(data, top * F(21, 20), top * F(7, 5), F(1, 10)))
    for piece in pieces:
        assert piece.holds(data)
        for share in (0, 0.4, 1):
            eta = float(piece.start) + share * float(piece.end - piece.start)
            assert piece.side * truth(data, eta) < 2e-3


def test_an_interval_without_a_zero() -> None:
    (piece, work), *others = covered(PLANE, F("1.2"), F("1.3"), F(1, 10))
    assert piece.start == F("1.2") and piece.side == -1 and work > 0
    assert (others[-1][0] if others else piece).end == F("1.3")


def test_budget() -> None:
    piece, blocks = sign_on(PlaneRates(PLANE), F("1.2"), F("1.25"), -1) or (None, 0)
    assert piece is not None and blocks > 0
    other = replace(piece, start=F("1.25"), end=F("1.26"))
    assert within_budget([(piece, 10), (other, 10)]) == (piece, other)
    assert within_budget([(piece, 10), (other, 10**6)]) == (piece,)


def proved(axis: LearningRateAxis) -> str:
    verdict = check_certificate(json.dumps(certificate_of(None, [claim(axis)])).encode())[0]
    assert verdict.proved, verdict.statement
    return verdict.statement


def named(axis: LearningRateAxis, regime: str) -> list[tuple[float, float]]:
    return [(float(p.start), float(p.end or 99)) for p in axis.regimes if p.regime == regime]


@pytest.mark.slow
def test_a_plane_to_a_small_sliver() -> None:
    axis = learning_rate_axis(PLANE)
    assert axis.inflationary_from is not None and len(axis.undecided) == 1
    assert axis.inflationary_from - axis.deflationary_up_to < F(1, 200)
    assert truth(PLANE, float(axis.deflationary_up_to)) < 0 < truth(PLANE, float(axis.inflationary_from))
    one = axis.levels[-1]
    assert one.upper is not None and one.upper - one.lower < F(1, 1000)
    proved(axis)


@pytest.mark.slow
def test_stable_learning_rates_in_two_intervals_of_the_plane() -> None:
    """Deflationary, inflationary, and deflationary again: one sample dies at 0.8, one at 1."""
    data = VectorData.from_features([[1, 0], ["6/5", "8/5"], ["1/2", -1]], counts=[2, 2, 3])
    axis = learning_rate_axis(data, width="1/100")
    first, second = named(axis, "deflationary")
    assert first[1] > 0.69 and second[0] < 0.98 and second[1] > 1.03
    between = [piece for piece in named(axis, "inflationary") if first[1] < piece[0] < piece[1] < second[0]]
    assert between
    for regime, sign in (("deflationary", 1), ("inflationary", -1)):
        for low, high in named(axis, regime):
            for eta in np.linspace(low, min(high, 2.0), 7)[1:-1]:
                assert sign * truth(data, eta) < 2e-3
    text = proved(axis)
    assert text.count("deflationary for") == 2 and text.count("inflationary for") >= 2


def test_stable_learning_rates_in_two_intervals_of_the_line() -> None:
    """x = 1, 4 with p = 1/10, 9/10: the sign regions of G, the second around its pole at 1."""
    axis = learning_rate_axis(VectorData.from_features([[1], [2]], p=["1/10", "9/10"]))
    regions = [r for r in sign_regions(LinearWalk(axis.dataset.scalar())).regions if r.sign < 0]
    ends = [z.enclosure() for r in regions for z in (r.start, r.end) if isinstance(z, Zero)]
    (_, first), (low, high) = named(axis, "deflationary")
    assert len(ends) == 3
    for found, zero in zip((first, low, high), ends, strict=True):
        assert abs(found - float(zero.lower)) < 1e-4
    assert all(piece.holds(axis.dataset) for piece in axis.further) and axis.further
    assert len(axis.deflationary) == 2
    assert proved(axis).count("deflationary for") == 2


@pytest.mark.parametrize("width", [None, "x", [], float("nan"), float("inf"), True, object(), 0, "-1", "1/5"])
def test_bad_widths(width: Any) -> None:
    with pytest.raises(InputError, match=r"^width: "):
        learning_rate_axis(PLANE, width=width)
