"""Docstrings of the public names: numpydoc sections that name every parameter, and examples that run."""

import inspect

import pytest
from kit import ROOT
from kit.docstrings import described, failures, sections, taken

import catalysis

PUBLIC = {name: getattr(catalysis, name) for name in catalysis._PUBLIC}
FUNCTIONS = {name: found for name, found in PUBLIC.items() if not inspect.isclass(found)}
METHODS = {
    f"{name}.{key}": getattr(PUBLIC[name], key)
    for name, keys in {
        "Dataset": ("from_arrays", "from_rows", "with_learning_rate"),
        "Step": ("minibatch", "full_batch"),
        "VectorData": ("from_features", "from_gram", "scalar"),
        "EmpiricalKernel": ("reduced", "save", "data"),
        "BlockKernel": ("walk",),
        "MatrixWalk": (
            *("from_data", "from_features", "from_gram", "from_matrices", "heavy_ball", "nesterov"),
            *("with_momentum", "with_eta"),
        ),
        "Advice": ("at",),
        "SpikeBounds": ("bounds",),
    }.items()
    for key in keys
}
"""Methods that take something from a reader's hand."""

MADE = (
    *("Dataset", "Sample", "Step", "LinearWalk", "ShallowNetwork", "TwoSampleFamily", "EmpiricalKernel"),
    *("KernelMeta", "Enclosure"),
)
"""Classes that a reader makes."""


@pytest.mark.parametrize("name", FUNCTIONS | METHODS)
def test_sections_of(name: str) -> None:
    function = (FUNCTIONS | METHODS)[name]
    found = sections(function.__doc__)
    wanted = {"Parameters", "Returns", "Raises", "Examples"} if name in FUNCTIONS else {"Returns", "Examples"}
    assert wanted <= found.keys()
    assert described(found.get("Parameters", "")) == taken(function)
    assert ">>> " in found["Examples"]


@pytest.mark.parametrize("name", MADE)
def test_a_class_that_is_made_by_hand_says_of_what(name: str) -> None:
    found = sections(PUBLIC[name].__doc__)
    assert {"Parameters", "Raises", "Examples"} <= found.keys()
    assert described(found["Parameters"]) == taken(PUBLIC[name])


def test_attributes_that_are_described_exist() -> None:
    told = {
        (name, attribute)
        for name, found in PUBLIC.items()
        if inspect.isclass(found)
        for attribute in described(sections(found.__doc__).get("Attributes", ""))
    }
    assert len(told) > 80
    held = {
        name: {*dir(found), *getattr(found, "__dataclass_fields__", ())} for name, found in PUBLIC.items()
    }
    assert {(name, attribute) for name, attribute in told if attribute not in held[name]} == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_examples_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples say what is printed, from the root of the repository, each in a world of its own."""
    monkeypatch.chdir(ROOT)
    report = failures(PUBLIC[name], name)
    assert not report, report
