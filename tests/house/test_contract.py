"""One contract for all results: what every public function returns is a Result, a frozen dataclass, a small object."""

import dataclasses
import typing
from types import FunctionType

import pytest

import catalysis
from catalysis.exact.result import Result

NO_RESULTS = {
    "Dataset",
    "LinearWalk",
    "CurvatureLaw",
    "DriftSign",
    "Fraction",
    "VectorData",
    "PopulationLaw",
    "LargeKernel",
    "EmpiricalKernel",
}
"""Data, and the raw material of certificates: what questions are asked of, not answers."""

FUNCTIONS = [
    name
    for name, module in catalysis._PUBLIC.items()
    if isinstance(getattr(catalysis, name), FunctionType)
    and module not in ("certificate.document", "data.examples", "report.derivation", "report.propositions")
]


def _returned(name: str) -> list[type]:
    found = typing.get_type_hints(getattr(catalysis, name))["return"]
    kinds = [kind for kind in typing.get_args(found) or (found,) if kind is not type(None)]
    return [
        typing.get_origin(kind) or kind for kind in kinds if isinstance(typing.get_origin(kind) or kind, type)
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_public_function_returns_keeps_the_contract(name: str) -> None:
    for kind in _returned(name):
        if kind.__name__ in NO_RESULTS:
            continue
        assert issubclass(kind, Result), kind
        assert dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]
        for method in ("fields", "verdict"):
            assert getattr(kind, method) is not getattr(Result, method), (kind, method)
        assert "to_json" not in kind.__dict__, f"{kind}: the envelope is that of all results"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes_and_raises(name: str) -> None:
    text = getattr(catalysis, name).__doc__ or ""
    assert text.strip().split("\n")[0].endswith((".", ":")), name
