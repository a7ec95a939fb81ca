"""Docstrings of the room `torch`: numpydoc sections that name every parameter, and examples that run."""

import pytest
from kit.docstrings import described, failures, sections, taken

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", ["KernelMonitor", "empirical_kernel", "follow"])
def test_sections_and_examples_of(name: str) -> None:
    import catalysis.torch as room

    found = getattr(room, name)
    told = sections(found.__doc__)
    assert {"Parameters", "Raises", "Examples"} <= told.keys()
    assert described(told["Parameters"]) == taken(found)
    assert not failures(found, name)
