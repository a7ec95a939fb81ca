"""One door for arguments, one protocol for results, and no other source of chance than the seed."""

import ast
import copy
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from kit import EXAMPLES, ROOT

from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.simulation import simulate
from catalysis.simulation.estimates import Estimate

FILE = EXAMPLES / "talk-1.toml"
TALK = LinearWalk(load_dataset(FILE))
RUN = {"steps": 20, "replicas": 200, "map": "reduced", "width": 10**4, "engine": "numpy"}
NUMBERS = {"curvature": 1.5, "factor": 2.5, "mu0": 1.25, "kappa": 0.5, "tilt": 0.5}
COUNTS = {"steps": 32, "replicas": 128, "width": 256, "seed": 8, "workers": 1}
BAD = [None, "x", [], math.nan, math.inf, True, object()]
HAVE_DEFAULTS = ("factor", "kappa", "tilt", "workers", "engine", "dask", "resume")
REFUSED = [
    (name, bad)
    for name in [*NUMBERS, *COUNTS, "map", "engine", "device", "dask", "resume", "walk"]
    for bad in BAD
    if not (bad is None and name in HAVE_DEFAULTS)
    and (name, bad)
    not in (("tilt", True), ("resume", "x"), ("dask", "x"))  # the exponent; a file name; see test_dask
]


def run(**change):
    arguments = RUN | change
    walk, curvature = arguments.pop("walk", TALK), arguments.pop("curvature", Fraction("1.42"))
    return simulate(walk, curvature, **arguments)


def same(one, other) -> bool:
    return (one.estimate, one.final, one.event) == (other.estimate, other.final, other.event)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_may_come_in_any_type(name: str) -> None:
    value = NUMBERS[name]
    expected = run(**{name: Fraction(value)})
    ratio = "/".join(map(str, value.as_integer_ratio()))
    for form in (
        value,
        str(value),
        f"{value:e}",
        ratio,
        Decimal(value),
        np.float64(value),
        np.float32(value),
    ):
        assert same(run(**{name: form}), expected)


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_may_come_in_any_type(name: str) -> None:
    value = COUNTS[name]
    expected = run(**{name: value})
    for form in (
        f"{value / 10}e1",
        float(value),
        Fraction(value),
        Decimal(value),
        np.int64(value),
        np.float64(value),
    ):
        assert same(run(**{name: form}), expected)


def test_counts_may_be_written_with_an_exponent() -> None:
    assert run(replicas="1e3", width="1e6", steps="2e1").estimate.samples == 1000


@pytest.mark.parametrize(("name", "bad"), REFUSED, ids=lambda value: str(value)[:8])
def test_anything_else_is_refused_by_name(name: str, bad: object) -> None:
    with pytest.raises(
        InputError, match=name if name != "walk" or bad != "x" else "x: expected a file"
    ) as caught:
        run(**{name: bad})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*NUMBERS, "steps", "replicas", "width", "seed"])
@pytest.mark.parametrize("bad", ["1e-3999", "1e3999", "-1", "0"])
def test_numbers_that_no_double_holds_or_no_run_uses(name: str, bad: str) -> None:
    """An answer or one line."""
    try:
        assert isinstance(
            run(**{name: bad, "replicas": 20} | ({"replicas": bad} if name == "replicas" else {})).estimate,
            Estimate,
        )
    except InputError as error:
        assert "\n" not in str(error)


def test_a_walk_is_a_file_a_data_set_or_an_array() -> None:
    expected = run()
    for form in (FILE, str(FILE), TALK.dataset):
        assert same(run(walk=form), expected)
    assert run(walk=["1", "1.3"]).walk.law.x == (1, Fraction("1.69"))


RESULTS = [run(), run(map="walk", replicas=5, tilt=False), run(map="walk", steps=None, factor="1e400")]


@pytest.mark.parametrize(
    "result", [*RESULTS, RESULTS[0].estimate], ids=["reduced", "none", "tiny", "estimate"]
)
def test_the_protocol_of_results(result) -> None:
    assert result.verdict is Verdict.MEASURED
    for twin in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert twin == result and twin.to_json() == result.to_json()
    assert "\n" not in repr(result) and repr(result).startswith(type(result).__name__)
    document = json.loads(json.dumps(result.to_json()))
    assert (document["verdict"], document["result"]) == ("measured", type(result).__name__)
    assert {"program", "format"} <= set(document)
    assert ("data" in document) == (result.source is not None)
    assert "estimate" in str(result) and "<table>" in result._repr_html_()
    if result.number is None:
        with pytest.raises(TypeError):
            float(result)
    else:
        assert float(result) == result.number
    assert (result._repr_latex_() is None) == (not result.number)


CHANCE = {"Generator", "SeedSequence", "SFC64"}


@pytest.mark.parametrize("folder", ["catalysis", "proofs_check", "examples"])
def test_no_module_draws_from_a_global_random_state(folder: str) -> None:
    """All chance comes from streams below a seed: no `np.random.rand`, no `random`, no generator without a seed."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "random" in text:
            assert taken(ast.parse(text)) <= CHANCE, path


def taken(tree: ast.AST) -> set[str]:
    """What a module takes from `numpy.random`, and from Python's own `random`."""
    return {name for node in ast.walk(tree) for name in _taken(node)}


def _taken(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
        return [node.attr]
    if isinstance(node, ast.ImportFrom) and node.module in ("random", "numpy.random", "numpy"):
        return [alias.name for alias in node.names if node.module != "numpy" or alias.name == "random"]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in ("random", "numpy.random")]
    return []


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from numpy import random",
        "from numpy.random import rand",
        "np.random.seed(1)",
        "x = numpy.random.normal(size=3)",
        "np.random.default_rng()",
    ],
)
def test_a_global_state_would_be_found(text: str) -> None:
    assert taken(ast.parse(text)) - CHANCE
