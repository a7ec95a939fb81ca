"""The momentum map: proved boxes against floats at random points in them, edges, the statements, bad input."""

from __future__ import annotations

import copy
import json
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.figures.momentum_map import draw_map
from catalysis.products import momentum_map as room
from catalysis.products.cells import Mesh
from catalysis.products.momentum_map import Box, Momentum, contracts, decide, momentum_map
from catalysis.products.plane import plane_exponents

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


@pytest.mark.parametrize(("method", "decay"), [("heavy_ball", 0), ("nesterov", 0), ("heavy_ball", "1/10")])
def test_what_is_proved_on_a_box_holds_at_random_points_of_it(method: Any, decay: Any) -> None:
    found = momentum_map(
        walk(), fractions=("1/4", "5/4"), betas=("1/10", "19/20"), method=method, weight_decay=decay, depth=3
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


def test_two_maps_agree_with_cells_at_a_point() -> None:
    one = momentum_map(walk(), fractions=("1", "1"), betas=("0.9", "0.9"), depth=0)
    assert one.everywhere() == "inflationary"
    matrices = at_point("heavy_ball", list(one.walk.law.x), Fraction(1), Fraction(9, 10), Fraction(1))
    assert plane_exponents(matrices, one.walk.law.p, try_stable=False).regime == "inflationary"


@pytest.mark.slow
def test_sgd_with_momentum_is_inflationary_from_half_of_its_first_threshold_on() -> None:
    """beta = 0.9: x = 1, 3 from one half of the threshold up to it; x = 1, 1.69 from 0.79, and not at 0.77."""
    assert (
        momentum_map(
            walk("x=1:1/2, x=3:1/2"), fractions=("0.5", "1"), betas=("0.9", "0.9"), depth=9
        ).everywhere()
        == "inflationary"
    )
    assert (
        momentum_map(walk(), fractions=("0.77", "0.77"), betas=("0.9", "0.9"), depth=0).everywhere()
        == "deflationary"
    )
    assert (
        momentum_map(walk(), fractions=("0.79", "1"), betas=("0.9", "0.9"), depth=9).everywhere()
        == "inflationary"
    )


def test_a_box_across_an_edge_stays_open() -> None:
    """lambda_1 changes its sign inside; and a mean square matrix must hold at both ends."""
    found = momentum_map(walk(), fractions=("0.7", "0.9"), betas=("0.9", "0.9"), depth=0)
    assert (
        found.verdict is Verdict.UNDECIDED and found.boxes[0].regime == "open" and "reason" in found.fields()
    )
    deep = momentum_map(walk(), fractions=("0.77", "0.8"), betas=("0.9", "0.9"), depth=4)
    assert deep.areas["open"] > 0
    law, threshold = Momentum.of(walk(), "heavy_ball", Fraction(0)), Fraction(1)
    wide = Box((Fraction(1, 2), threshold * 2), (Fraction(1, 2),) * 2)
    assert decide(law, wide).regime == "open"
    for one in momentum_map(walk(), fractions=("0.3", "0.6"), betas=("0.2", "0.4"), depth=1).boxes:
        for box, form in one.forms:
            assert contracts(law, box, form)
            assert not contracts(law, Box((box.fractions[0], Fraction(2)), box.betas), form)
            assert not contracts(law, box, (form[0], form[1], -form[2]))


def test_the_mean_square_of_the_heavy_ball_has_its_closed_form() -> None:
    """eta_ms lambda = 2 (1 - b) E x / (Var x + (1 - b)/(1 + b) (E x)^2): proved below it, never above."""
    b = Fraction(1, 2)
    xs, mean = [Fraction(1), Fraction(169, 100)], Fraction(269, 200)
    variance = sum(x * x for x in xs) / 2 - mean * mean
    edge = 2 * (1 - b) * mean / (variance + (1 - b) / (1 + b) * mean * mean) * xs[1] / (2 * (1 + b))
    law = Momentum.of(walk(), "heavy_ball", Fraction(0))
    for share, stable in ((Fraction(999, 1000), True), (Fraction(1001, 1000), False)):
        point = Box((edge * share,) * 2, (b,) * 2)
        assert (room.mean_square_forms(law, point) is not None) is stable


def test_the_result_keeps_the_contract() -> None:
    seen: list[tuple[int, int]] = []
    found = momentum_map(
        walk(),
        fractions=("0.4", "0.9"),
        betas=("0.2", "0.8"),
        depth=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (16, 16) and [done for done, _ in seen] == sorted(done for done, _ in seen)
    again = momentum_map(
        walk(), fractions=(0.4, 0.9), betas=(Fraction(1, 5), np.float64(0.8)), depth=np.int64(2)
    )
    assert {one.regime for one in again.boxes} == {one.regime for one in found.boxes}
    assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    assert "\n" not in repr(found)
    document = json.loads(json.dumps(found.to_json()))
    assert {"program", "format", "result", "data"} <= set(document)
    assert found == momentum_map(walk(), fractions=("0.4", "0.9"), betas=("0.2", "0.8"), depth=2)
    drawn = draw_map(found)
    assert "V8" in drawn.caption and drawn.verdict == "proved"


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
