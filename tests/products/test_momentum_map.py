"""The momentum map: proved boxes against floats at random points in them, edges, the statements, bad input."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from catalysis.certificate.document import certificate_of, claims_of
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.figures.momentum_map import draw_map
from catalysis.products.cells import Mesh
from catalysis.products.intervals import Interval
from catalysis.products.momentum_boxes import Box, Momentum
from catalysis.products.momentum_cells import BoxBound, BoxQuestion, Failure, prove_sign
from catalysis.products.momentum_forms import Sampled, contracts
from catalysis.products.momentum_map import momentum_map
from catalysis.products.plane import plane_exponents
from proofs_check.certificate import check_certificate

TALK = "x=1:1/2, x=1.69:1/2"


def walk(text: str = TALK) -> LinearWalk:
    return LinearWalk(parse_samples(text))


def at_point(method: str, xs: list[Fraction], f: Fraction, beta: Fraction, keep: Fraction) -> list[Any]:
    """The matrices from the definition, eta lambda from the share f: written again, not taken from the room."""
    top = max(xs)
    found = []
    for x in xs:
        if method == "heavy_ball":
            rate = f * (1 + keep) * (1 + beta) * x / top
            found.append(((keep + beta - rate, -beta * keep), (Fraction(1), Fraction(0))))
        else:
            z = keep - f * (keep + 1 / (1 + 2 * beta)) * x / top
            found.append((((1 + beta) * z, -beta * z), (Fraction(1), Fraction(0))))
    return found


def radius(matrices: list[Any], p: list[Fraction]) -> float:
    tables = [np.array([[float(v) for v in row] for row in a]) for a in matrices]
    operator = sum(float(w) * np.kron(a, a) for w, a in zip(p, tables, strict=True))
    return float(np.abs(np.linalg.eigvals(np.asarray(operator))).max())


@pytest.mark.parametrize("depth", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("method", "decay"), [("heavy_ball", 0), ("nesterov", 0), ("heavy_ball", "1/10")])
def test_what_is_proved_on_a_box_holds_at_random_points_of_it(method: Any, decay: Any, depth: int) -> None:
    found = momentum_map(
        walk(),
        fractions=("1/4", "5/4"),
        betas=("1/10", "19/20"),
        method=method,
        weight_decay=decay,
        depth=depth,
    )
    rng, keep = np.random.default_rng(1), 1 - Fraction(decay)
    law = found.walk.law
    assert sum(found.areas.values()) == 1
    assert found.areas["open"] < 1
    for one in found.boxes:
        for _ in range(3):
            f, beta = (
                a + (b - a) * Fraction(int(rng.integers(0, 101)), 100)
                for a, b in (one.box.fractions, one.box.betas)
            )
            matrices = at_point(method, list(law.x), f, beta, keep)
            if one.regime == "mean_square_stable":
                assert radius(matrices, list(law.p)) <= 1
            elif one.regime != "open":
                rate = Mesh(matrices, law.p, 1024).table(None)[0]
                assert one.rate is not None
                assert (rate > 0) == (one.rate > 0) == (one.regime == "inflationary")
                assert abs(rate) >= abs(one.rate) * 0.99


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov"])
def test_rows_over_boxes_hold_those_of_points_and_their_differences(method: Any) -> None:
    """Entries at random points lie in the intervals, and difference quotients in those of the derivatives."""
    law = Momentum.of(walk("x=1:1/4, x=1.69:1/4, x=0.2:1/2"), method, Fraction(1, 10))
    rng = np.random.default_rng(5)
    for _ in range(20):
        (f0, f1), (b0, b1) = np.sort(rng.uniform(0.1, 1.2, 2)), np.sort(rng.uniform(0, 0.99, 2))
        rows = law.rows(Interval(np.array([f0]), np.array([f1])), Interval(np.array([b0]), np.array([b1])))
        f, b = rng.uniform(f0, f1), rng.uniform(b0, b1)
        exact = at_point(method, list(law.x), Fraction(f), Fraction(b), law.keep)
        floats = law.floats(np.array([f]), np.array([b]))[0]
        for i, (top, _) in enumerate(exact):
            moves = []
            for df, db in ((1e-7, 0), (0, 1e-7)):
                there = at_point(method, list(law.x), Fraction(f + df), Fraction(b + db), law.keep)[i][0]
                moves.append([float((v - u) / Fraction(1e-7)) for u, v in zip(top, there, strict=True)])
            for row, told in zip((rows.entries, rows.by_fraction, rows.by_beta), (top, *moves), strict=True):
                for side, value in zip((row.first, row.second), told, strict=True):
                    assert side.low[i, 0] - 1e-5 <= value <= side.high[i, 0] + 1e-5
            assert np.allclose(floats[i, 0], [float(v) for v in top], rtol=1e-12, atol=1e-12)
            assert rows.entries.first.low[i, 0] <= top[0] <= rows.entries.first.high[i, 0]


@pytest.mark.parametrize(
    ("method", "center", "half"),
    [
        ("heavy_ball", ("0.9", "0.9"), "0.008"),
        ("heavy_ball", ("1.1", "0.3"), "0.02"),
        ("nesterov", ("1.05", "0.7"), "0.01"),
    ],
)
def test_the_excess_over_regions_holds_that_of_points(method: Any, center: Any, half: str) -> None:
    """At random directions and points of regions, from exact matrices and numpy's interpolation."""
    law = Momentum.of(walk(), method, Fraction(0))
    (f, b), h = map(Fraction, center), Fraction(half)
    found = prove_sign(law, Box((f - h, f + h), (b - h, b + h)))
    assert isinstance(found, BoxBound)
    asked = BoxQuestion(law, found.table, found.bound, found.side)
    regions = asked.first_regions().cut(np.arange(len(asked.nodes)) % 3)
    excess = asked.excess(regions)
    total = excess.value + excess.reach[0] + excess.reach[1] + excess.reach[2]
    rng = np.random.default_rng(2)
    nodes = np.array([float(t) for t in (*found.table.nodes, 4)])
    values = [np.array([float(v) for v in (*part, part[0])]) for part in found.table.values]
    for k in range(len(regions.cell)):
        tau, x, y = (rng.uniform(s.low[k], s.high[k]) for s in (regions.tau, regions.x, regions.y))
        there = at_point(method, list(law.x), f + h * Fraction(x), b + h * Fraction(y), Fraction(1))

        def psi(at: float, x: float = x, y: float = y) -> float:
            parts = [float(np.interp(at, nodes, v)) for v in values]
            return parts[0] + float(h) * (x * parts[1] + y * parts[2])

        u = np.array([1, tau - 1]) if tau <= 2 else np.array([3 - tau, 1])
        mean = 0.0
        for weight, matrix in zip(law.p, there, strict=True):
            v = np.array([[float(e) for e in row] for row in matrix]) @ u
            place = v[1] / v[0] + 1 if abs(v[1]) <= abs(v[0]) else 3 - v[0] / v[1]
            mean += float(weight) * (np.log(np.abs(v).max()) + psi(place % 4))
        truth = mean - psi(tau) - float(found.bound)
        assert total.low[k] - 1e-9 <= truth <= total.high[k] + 1e-9


def test_two_maps_agree_with_cells_at_a_point() -> None:
    one = momentum_map(walk(), fractions=("1", "1"), betas=("0.9", "0.9"), depth=0)
    assert one.everywhere() == "inflationary"
    matrices = at_point("heavy_ball", list(one.walk.law.x), Fraction(1), Fraction(9, 10), Fraction(1))
    assert plane_exponents(matrices, one.walk.law.p, try_stable=False).regime == "inflationary"


@pytest.mark.parametrize(
    ("samples", "fractions", "beta", "regime"),
    [
        ("x=1:1/2, x=3:1/2", ("0.5", "1"), "0.9", "inflationary"),
        (TALK, ("0.5", "0.5"), "0.99", "inflationary"),
        (TALK, ("0.77", "0.77"), "0.9", "deflationary"),
        (TALK, ("0.79", "0.83"), "0.9", "inflationary"),
        pytest.param(TALK, ("0.79", "1"), "0.9", "inflationary", marks=pytest.mark.slow),
    ],
)
def test_sgd_with_momentum_is_inflationary_from_half_of_its_first_threshold_on(
    samples: str, fractions: Any, beta: str, regime: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the statement is printed and proved again: x = 1, 3 at 0.9, x = 1, 1.69 from 0.79 on; at 0.99 at half."""
    found = momentum_map(walk(samples), fractions=fractions, betas=(beta, beta), depth=9)
    assert found.everywhere() == regime
    (verdict,) = check_certificate(json.dumps(certificate_of(None, claims_of([found]))).encode())
    assert verdict.proved, verdict.statement
    with capsys.disabled():
        print(f"\n{verdict.statement}")
    words = {
        "inflationary": "inflationary (lambda_1 > 0",
        "deflationary": "deflationary or stable (lambda_1 < 0",
    }
    assert f"every start: {words[regime]}" in verdict.statement and "everywhere on it" in verdict.statement


def test_a_box_across_an_edge_stays_open() -> None:
    """lambda_1 changes its sign inside; a form that is changed, or asked for too much, proves nothing."""
    found = momentum_map(walk(), fractions=("0.7", "0.9"), betas=("0.9", "0.9"), depth=0)
    assert found.verdict is Verdict.UNDECIDED and found.boxes[0].regime == "open"
    assert "reason" in found.fields()
    deep = momentum_map(walk(), fractions=("0.77", "0.8"), betas=("0.9", "0.9"), depth=4)
    assert 0 < deep.areas["open"] < 1
    law = Momentum.of(walk(), "heavy_ball", Fraction(0))
    assert isinstance(prove_sign(law, Box((Fraction(1, 2), Fraction(2)), (Fraction(1, 2),) * 2)), Failure)
    for one in momentum_map(walk(), fractions=("0.3", "0.6"), betas=("0.2", "0.4"), depth=1).boxes:
        assert one.form is not None and contracts(law, one.box, one.form)
        assert not contracts(law, Box((one.box.fractions[0], Fraction(2)), one.box.betas), one.form)
        assert not contracts(law, one.box, (one.form[0], one.form[1], -one.form[2]))


def test_a_table_that_is_shifted_proves_nothing() -> None:
    law = Momentum.of(walk(), "heavy_ball", Fraction(0))
    box = Box((Fraction(89, 100), Fraction(91, 100)), (Fraction(89, 100), Fraction(91, 100)))
    found = prove_sign(law, box)
    assert isinstance(found, BoxBound) and found.side == -1
    good = BoxQuestion(law, found.table, found.bound, -1)
    assert isinstance(good.regions(2000), int)
    values = found.table.values
    for k in range(3):
        turned = tuple(v * (1, 1, 20)[k] for v in values[k][7:] + values[k][:7])
        moved = tuple(turned if j == k else part for j, part in enumerate(values))
        lie = BoxQuestion(law, replace(found.table, values=moved), found.bound, -1)
        assert not isinstance(lie.regions(2000), int)
    assert not isinstance(BoxQuestion(law, found.table, Fraction(1, 10), -1).regions(2000), int)


def test_the_mean_square_of_the_heavy_ball_has_its_closed_form() -> None:
    """eta_ms lambda = 2 (1 - b) E x / (Var x + (1 - b)/(1 + b) (E x)^2): proved below it, never above."""
    b = Fraction(1, 2)
    xs, mean = [Fraction(1), Fraction(169, 100)], Fraction(269, 200)
    variance = sum(x * x for x in xs) / 2 - mean * mean
    edge = 2 * (1 - b) * mean / (variance + (1 - b) / (1 + b) * mean * mean) * xs[1] / (2 * (1 + b))
    law = Momentum.of(walk(), "heavy_ball", Fraction(0))
    for share, stable in ((Fraction(999, 1000), True), (Fraction(1001, 1000), False)):
        sampled = Sampled(law, Box((edge * share,) * 2, (b,) * 2))
        assert bool(sampled.radii.max() < 1) is stable
        assert (sampled.prove() is not None) is stable


def test_the_result_keeps_the_contract() -> None:
    seen: list[tuple[int, int]] = []
    found = momentum_map(
        walk(),
        fractions=("0.4", "0.6"),
        betas=("0.2", "0.8"),
        depth=1,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (
        seen[-1] == (4, 4)
        and found.effort > 0
        and [done for done, _ in seen] == sorted(done for done, _ in seen)
    )
    again = momentum_map(
        walk(), fractions=(0.4, 0.6), betas=(Fraction(1, 5), np.float64(0.8)), depth=np.int64(1)
    )
    assert {one.regime for one in again.boxes} == {one.regime for one in found.boxes}
    assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    assert "\n" not in repr(found)
    document = json.loads(json.dumps(found.to_json()))
    assert {"program", "format", "result", "data"} <= set(document)
    assert found == momentum_map(walk(), fractions=("0.4", "0.6"), betas=("0.2", "0.8"), depth=1)
    drawn = draw_map(found)
    assert "V19" in drawn.caption and drawn.verdict == "proved"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"betas": (0, 1)}, "betas"),
        ({"betas": (-1, 0)}, "betas"),
        ({"betas": 3}, "betas"),
        ({"betas": ("0.5", "0.4")}, "betas"),
        ({"fractions": (0, 1)}, "fractions"),
        ({"fractions": ("x", 1)}, "fractions"),
        ({"fractions": (None, 1)}, "fractions"),
        ({"fractions": (float("nan"), 1)}, "fractions"),
        ({"depth": 10}, "depth"),
        ({"depth": -1}, "depth"),
        ({"depth": True}, "depth"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"weight_decay": 1}, "weight_decay"),
        ({"method": "adam"}, "method"),
    ],
)
def test_bad_input_is_named(options: Any, name: str) -> None:
    with pytest.raises(InputError, match=name):
        momentum_map(walk(), **options)
