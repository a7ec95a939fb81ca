"""Random products and their network, simulated for people: one door, one protocol, the same numbers anywhere."""

from __future__ import annotations

import copy
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.products.walk import MatrixWalk
from catalysis.simulation import Measured, simulate_network, simulate_product
from catalysis.simulation import product_runs as room
from catalysis.simulation.products import ProductLaw, Tilt, spike_probability

PLANE = MatrixWalk.from_features([["1", "0"], ["1.2", "1.6"], ["0.5", "-1"]], eta="0.6", counts=[1, 1, 2])
ONE = MatrixWalk.from_features([[1], ["1.3"]], eta="1.42")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_REPLICAS", 100)
    monkeypatch.setattr(room, "_STEPS", 40)
    monkeypatch.setattr(room, "_PILOT_STEPS", 50)


def product(walk: Any = PLANE, **change: Any) -> Any:
    return simulate_product(walk, **({"replicas": 64, "steps": 20, "factor": 2} | change))


def network(walk: Any = PLANE, **change: Any) -> Any:
    return simulate_network(walk, **({"replicas": 64, "steps": 20, "width": 100} | change))


def test_one_dimension_is_the_talk() -> None:
    """P(sup >= 10) = 0.015798, certified elsewhere; by a tilt without horizon, and network beside walk."""
    found = simulate_product(ONE, replicas=4000, factor=10, tilt="1.6994522938", seed=2)
    assert found.steps is None and found.estimate.value is not None
    assert abs(found.estimate.value - 0.0157980345) < 5 * (found.estimate.standard_error or 0)
    wide = simulate_network(ONE, width=10**12, replicas=4000, steps=400, factor=10, tilt=1.7, seed=3)
    assert abs(wide.estimate.value - 0.0157980345) < 5 * (wide.estimate.standard_error or 0)


def test_every_tilt_and_start_gives_the_same_probability() -> None:
    law = ProductLaw(*PLANE.in_doubles())
    tilts = (None, Tilt(1.0), Tilt(2.0), Tilt.by_matrix(law, 1.67))
    found = [
        spike_probability(law, np.array([1.0, 2.0]), 3.0, replicas=4000, steps=60, seed=i, tilt=tilt)
        for i, tilt in enumerate(tilts)
    ]
    for one in found[1:]:
        error = math.hypot(one.standard_error or 0, found[0].standard_error or 0)
        assert abs((one.value or 0) - (found[0].value or 0)) < 5 * error
        assert one.effective_sample_size > 500


def test_a_spike_lowers_the_largest_curvature_also_in_the_report() -> None:
    found = network(replicas=200, steps=400, width=10**4, curvature="1.5")
    assert found.before is not None and found.after is not None and found.quiet_after is not None
    assert found.after.value < 0.7 * found.before.value
    assert found.quiet_after.value > 0.98 * (found.quiet_before.value if found.quiet_before else 0)
    tilted = network(replicas=200, steps=300, width=10**6, kappa="1/40", tilt=True)
    assert tilted.tilt is not None and tilted.quiet_before is None and tilted.quiet_after is None
    assert tilted.after is not None and tilted.before is not None
    assert tilted.after.value < tilted.before.value


def test_numbers_do_not_depend_on_the_workers_or_on_where_a_run_was_cut(tmp_path: Path) -> None:
    size = {"replicas": 5000, "steps": 20, "factor": 2, "tilt": False}
    whole = product(**size)
    file = tmp_path / "run.npz"
    first = product(**size, resume=file)
    again = product(**size, resume=file)
    assert whole.estimate == first.estimate == again.estimate and again.resumed_blocks == again.blocks
    with pytest.raises(InputError, match="run"):
        product(**size, seed=3, resume=file)
    calls: list[tuple[int, int]] = []
    one = network(replicas=5000, steps=3, progress=lambda *done: calls.append(done))
    assert calls == [(1, 2), (2, 2)] and one.blocks == 2
    assert one.estimate == network(replicas=5000, steps=3).estimate


def test_numbers_come_in_any_type() -> None:
    plain, spiked = product().estimate, network(factor=2).estimate
    for form in ("2", 2.0, Fraction(2), Decimal(2), np.int64(2), np.float64(2)):
        assert product(factor=form).estimate == plain
        assert network(factor=form).estimate == spiked
    assert product(steps="2e1", replicas="6.4e1", seed="0").estimate == plain
    assert network(width=Fraction(100), curvature="1", steps=20.0).estimate == network().estimate


BAD = [None, "x", [], math.nan, math.inf, True, object(), -1, 0]


@pytest.mark.parametrize("bad", BAD, ids=lambda v: str(v)[:8])
@pytest.mark.parametrize("name", ["walk", "factor", "steps", "replicas", "seed", "tilt", "workers"])
def test_anything_else_is_refused_by_name(name: str, bad: Any) -> None:
    fine = {("seed", 0), ("workers", None), ("workers", 0), ("tilt", None), ("tilt", True)}
    for run in (product, network):
        if any(name == key and bad is value for key, value in fine):
            continue
        if run is network and (name, bad) == ("factor", None):
            continue
        if run is product and (name, bad) == ("steps", None):
            continue
        with pytest.raises(InputError, match=name) as caught:
            run(**{name: bad})
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: network(MatrixWalk.heavy_ball([1, 2], "0.5", "0.5")), "walk"),
        (lambda: network(MatrixWalk.from_features([[1], [2]], eta="0.5", batch=2)), "walk"),
        (lambda: network(MatrixWalk.from_features([[1], [2]], eta="0.5", weight_decay="0.1")), "walk"),
        (lambda: network(width=2), "width"),
        (lambda: network(width="x"), "width"),
        (lambda: network(kappa=0), "kappa"),
        (lambda: network(kappa="1/2", factor=2), "kappa"),
        (lambda: network(curvature=0), "curvature"),
        (lambda: network(MatrixWalk.from_features([["1", 0], [0, 1]], eta="0.3"), tilt=True), "tilt"),
        (lambda: product(MatrixWalk.from_features([["1", 0], [0, 1]], eta="0.3"), tilt=True), "tilt"),
        (lambda: product(factor=1), "factor"),
        (lambda: network(factor=1), "factor"),
        (lambda: product(tilt=False, steps=None), "steps"),
        (lambda: product(resume=3), "resume"),
        (lambda: product(MatrixWalk.from_features(np.eye(60), eta="0.3")), "m d\\^2"),
        (lambda: network(replicas=10**7, steps=10**12), "years"),
    ],
)
def test_what_cannot_be_asked(call: Any, name: str) -> None:
    with pytest.raises(InputError, match=name) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make", [product, network, lambda: product().lambda1], ids=["walk", "network", "one"]
)
def test_the_protocol_of_results(make: Any) -> None:
    result = make()
    assert result.verdict is Verdict.MEASURED
    for twin in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert twin == result and twin.to_json() == result.to_json()
    assert "\n" not in repr(result) and repr(result).startswith(type(result).__name__)
    document = json.loads(json.dumps(result.to_json()))
    assert (document["verdict"], document["result"]) == ("measured", type(result).__name__)
    assert {"program", "format", "estimate", "standard_error"} <= set(document)
    assert isinstance(result, Measured) or document["data"]["sha256"]
    assert "estimate" in str(result) and "<table>" in result._repr_html_()
    if result.number is None:
        with pytest.raises(TypeError):
            float(result)
    else:
        assert float(result) == result.number
