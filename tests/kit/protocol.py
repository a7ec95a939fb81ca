"""What every result and every public argument owes its caller."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Result

NUMBERS = (1.5, "1.5", "3/2", Fraction(3, 2), Decimal("1.5"), np.float64(1.5), np.float32(1.5))
"""One number in every form in which it may be given."""

WHOLE = (12, "12", 12.0, Fraction(12), Decimal(12), np.int64(12), np.float64(12))

NO_NUMBERS = (None, "x", [], float("nan"), float("inf"), True, object(), np.array([1.0, 2.0]), b"1", 1j)
"""Nothing that is a number."""


def keeps_the_protocol(result: Result) -> None:
    """Survives pickling and copying, prints on one line, is JSON in the envelope, and is a float where it is one."""
    assert pickle.loads(pickle.dumps(result)) == result
    assert copy.deepcopy(result) == result
    assert "\n" not in repr(result) and type(result).__name__ in repr(result)
    document = result.to_json()
    assert json.loads(json.dumps(document)) == document
    assert document["format"] == 1 and document["program"].startswith("catalysis ")
    assert document["result"] == type(result).__name__ and document["verdict"] == result.verdict.value
    assert document.items() >= result.fields().items()
    if result.source is not None:
        assert len(document["data"]["sha256"]) == 64 and document["eta"]
    assert str(result) and result._repr_html_()
    if result.number is None:
        with pytest.raises(TypeError):
            float(result)
    else:
        value = float(result)
        if isinstance(result.number, Enclosure):
            assert result.number.lower <= Fraction(value) <= result.number.upper or result.number.width < abs(
                value
            )
        if result.formula is not None:
            latex = result._repr_latex_()
            assert latex is not None and latex.startswith("$") and latex.count("{") == latex.count("}")


def refuses(ask: Callable[[Any], object], name: str, values: tuple[Any, ...] = NO_NUMBERS) -> None:
    """Each of the values is refused with one line that names the argument."""
    for value in values:
        with pytest.raises(InputError) as caught:
            ask(value)
        line = str(caught.value)
        assert name in line and "\n" not in line, (value, line)
