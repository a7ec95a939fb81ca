"""What every public question of this room promises: one door for numbers and data, one protocol of results."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from catalysis import Dataset, LinearWalk, parse_samples
from catalysis.certificate.document import certificate_of, claim
from catalysis.exact.errors import InputError
from catalysis.exact.result import Result, Verdict
from catalysis.nonlinear.landing import landing
from catalysis.nonlinear.loss import curvature_reduction
from catalysis.nonlinear.phase import phase
from catalysis.nonlinear.phase_map import phase_map
from catalysis.nonlinear.spike import width_spike
from proofs_check.certificate import check_certificate

F = Fraction
WALK = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))
STABLE = {"walk": WALK, "curvature": F(1), "width": 100, "mu0": 1, "kappa": F(1, 4)}
FALL = {"walk": WALK, "curvature": F("1.1"), "width": 10**12, "mu0": 1, "to": 1, "epsilon": F(1, 1000)}
START = {"x": 1, "kappa0": F(1, 8), "L0": F(5, 2)}
MAP = {"x": 1, "kappa": (0, F(1, 2)), "L": (1, 2), "depth": 2}

# (the question, good arguments, the argument, its name in messages, a good value that is an integer)
ARGUMENTS = [
    (phase, START, "x", "x", 1),
    (phase, START, "kappa0", "kappa0", 1),
    (phase, START, "L0", "L0", 3),
    (phase, START, "digits", "digits", 5),
    (phase, START, "max_steps", "max_steps", 100),
    (phase, START, "max_bits", "max_bits", 256),
    (phase_map, MAP, "x", "x", 1),
    (phase_map, MAP, "depth", "depth", 1),
    (landing, {"walk": WALK, "lambda0": 2}, "lambda0", "lambda0", 2),
    (landing, {"walk": WALK, "lambda0": 2}, "max_bits", "max_bits", 4096),
    (width_spike, STABLE, "curvature", "lambda", 1),
    (width_spike, STABLE, "width", "width", 64),
    (width_spike, STABLE, "mu0", "mu0", -1),
    (width_spike, {**STABLE, "kappa": F(1, 2)}, "tolerance", "tolerance", 3),
    (curvature_reduction, FALL, "mu0", "mu0", 2),
    (curvature_reduction, FALL, "width", "width", None),
    (curvature_reduction, FALL, "mu0", "mu0", None),
    (curvature_reduction, FALL, "to", "to", None),
    (curvature_reduction, FALL, "epsilon", "--eps", None),
]
NAMES = [f"{question.__name__}-{argument}" for question, _, argument, _, _ in ARGUMENTS]
WHOLE = ("digits", "max_steps", "max_bits", "depth")


@pytest.mark.parametrize(("question", "good", "argument", "name", "value"), ARGUMENTS, ids=NAMES)
def test_anything_but_a_number_is_refused_by_name(
    question: Callable[..., Any], good: dict[str, Any], argument: str, name: str, value: object
) -> None:
    for bad in (None, "x", [], float("nan"), float("inf"), True, object()):
        if bad is None and argument in ("tolerance", "epsilon"):
            continue  # none asked: the default
        with pytest.raises(InputError, match=name) as error:
            question(**{**good, argument: bad})
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("question", "good", "argument", "name", "value"),
    [row for row in ARGUMENTS if row[-1] is not None],
    ids=[name for name, row in zip(NAMES, ARGUMENTS, strict=True) if row[-1] is not None],
)
def test_every_kind_of_number_is_taken(
    question: Callable[..., Any], good: dict[str, Any], argument: str, name: str, value: int
) -> None:
    expected = question(**{**good, argument: F(value)})
    for kind in (int, str, float, Decimal, np.float64, np.int64):
        assert question(**{**good, argument: kind(value)}) == expected, kind


def test_fractions_of_every_kind_are_the_same_number() -> None:
    expected = phase(1, F(1, 8), F(5, 2))
    for given in ("0.125", "1/8", 0.125, Decimal("0.125"), np.float64(0.125)):
        assert phase(1, given, "2.5") == expected
    assert width_spike(WALK, 1.0, "1e2", "1", 0.25) == width_spike(**STABLE)


@pytest.mark.parametrize("bad", [None, 3, (1,), (2, 1), "12", ("x", 1), (float("nan"), 1), (0, 1, 2)])
@pytest.mark.parametrize(("side", "name"), [("kappa", "kappa0"), ("L", "L0")])
def test_ranges_of_a_map(side: str, name: str, bad: Any) -> None:
    with pytest.raises(InputError, match=name):
        phase_map(**{**MAP, side: bad})


@pytest.mark.parametrize(
    ("question", "good"), [(landing, {"lambda0": 2}), (width_spike, STABLE), (curvature_reduction, FALL)]
)
def test_data_come_in_by_name_or_as_an_array(question: Any, good: dict[str, Any], tmp_path: Any) -> None:
    path = tmp_path / "walk.json"
    path.write_text('{"name": "w", "eta": "1", "samples": [{"x": "1"}, {"x": "1.69"}]}')
    results = [question(**{**good, "walk": walk}) for walk in (str(path), path, np.array([1.0, 1.25]))]
    assert results[0] == results[1]
    for bad in (3, None, object(), "no-such-file.toml"):
        with pytest.raises(InputError):
            question(**{**good, "walk": bad})


@cache
def results() -> dict[str, Result]:
    """One of each kind and verdict, tables among them."""
    return {
        "phase": phase(1, "1/10", "5/2"),
        "phase-undecided": phase(1, F(1, 3), 4 + F(1, 10**60), max_bits=64),
        "map": phase_map(1, (0, "0.5"), (1, 5), depth=3),
        "map-proved": phase_map(**MAP),
        "landing": landing(WALK, 2),
        "spike": width_spike(WALK, "1.42", 1, "0.05", "0.1", tolerance=4),
        "stable": width_spike(**STABLE),
        "reduction": curvature_reduction(**FALL),
    }


KINDS = ["phase", "phase-undecided", "map", "map-proved", "landing", "spike", "stable", "reduction"]


@pytest.mark.parametrize("kind", KINDS)
def test_results_keep_the_protocol(kind: str) -> None:
    result = results()[kind]
    hash(result)
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
    assert "\n" not in repr(result) and len(str(result).splitlines()) > 3
    document = json.loads(json.dumps(result.to_json()))
    assert document["result"] == type(result).__name__ and document["verdict"] == result.verdict.value
    assert {"program", "format"} <= document.keys()
    assert ("data" in document) == hasattr(result, "walk")
    undecided = result.verdict is Verdict.UNDECIDED
    assert bool(document.get("reason")) == undecided
    assert not undecided or "shortfall" not in document
    assert result._repr_html_().startswith("<table")


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_is_written_from_what_the_result_carries(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from one that was pickled; nothing is searched again."""
    result = pickle.loads(pickle.dumps(results()[kind]))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("searched again")

    for place in ("spike.solve", "loss.solve", "landing.sign_regions", "phase.State.step"):
        monkeypatch.setattr(f"catalysis.nonlinear.{place}", never)
    if kind in ("phase-undecided", "map", "map-proved"):
        return
    document = json.dumps(certificate_of(getattr(result, "walk", WALK).dataset, [claim(result)])).encode()
    monkeypatch.undo()
    assert all(one.proved for one in check_certificate(document))


def test_a_spike_is_one_number() -> None:
    stable, spike = results()["stable"], results()["spike"]
    assert float(stable) == 0 and 0 < float(spike) < 1
    assert str(spike._repr_latex_()).startswith(r"$P(\sup_t")
    with pytest.raises(TypeError):
        float(results()["landing"])


# Sizes


def data(samples: int) -> LinearWalk:
    """Random inputs with seven digits; lambda = 2 lies inside the window."""
    chance = random.Random(samples)
    return LinearWalk(
        Dataset.from_arrays([F(chance.randint(10**6, 13 * 10**6), 10**7) for _ in range(samples)])
    )


def answer(question: Callable[[], Result]) -> None:
    """A result with its verdict and what limits it, or one line."""
    try:
        result = question()
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 300
        return
    assert result.verdict is Verdict.PROVED or result.to_json()["reason"]


SIZES = [2, 100, *(pytest.param(n, marks=pytest.mark.slow) for n in (10**4, 10**5))]


@pytest.mark.parametrize("samples", SIZES)
def test_landing_of_any_size(samples: int) -> None:
    walk = data(samples)
    answer(lambda: landing(walk, 2 if samples != 10**4 else "0.7"))


@pytest.mark.slow
@pytest.mark.parametrize("samples", [2, 100, 10**4, 10**5])
def test_spikes_and_falls_of_any_size(samples: int) -> None:
    walk = data(samples)
    answer(lambda: width_spike(walk, 2, 10**6, 1, "0.1", tolerance=10))
    answer(lambda: curvature_reduction(walk, 2, 10**6, 1, "1.9"))


@pytest.mark.parametrize("samples", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_quick_answers_of_any_size(samples: int) -> None:
    """The closed forms alone: the tables are in the slow part."""
    walk = data(samples)
    answer(lambda: width_spike(walk, 2, 10**6, 1, "0.1", tolerance=10**9))
    answer(lambda: curvature_reduction(walk, 2, 10**6, 1, "1.99", epsilon="0.01"))
