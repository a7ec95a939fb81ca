"""What a docstring says in numpydoc's form: its sections, the parameters it describes, examples that fail."""

import doctest
import inspect
import re
from collections.abc import Callable
from typing import Any


def sections(text: str) -> dict[str, str]:
    """The numpydoc sections of a docstring."""
    parts = re.split(r"^(\w+)\n-+$", inspect.cleandoc(text), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def described(section: str) -> set[str]:
    """The names that a section of parameters describes; a name stands at the left margin."""
    heads = re.findall(r"^\**(\w[\w, ]*?)(?: : .*)?$", section, re.MULTILINE)
    return {name.strip() for head in heads for name in head.split(",")}


def taken(function: Callable[..., Any]) -> set[str]:
    return {name for name in inspect.signature(function).parameters if name != "self"}


def failures(found: object, name: str) -> str:
    """What the examples of a name, or of its methods, print and should not; each in a world of its own."""
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(found, name, globs={}):
        if test.examples and "from catalysis" not in test.docstring:
            report.append(f"{test.name}: the examples do not say where it is imported from")
        runner.run(test, out=report.append)
    return "".join(report)
