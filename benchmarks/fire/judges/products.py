"""Random products: the judges of the tests (transfer operators, simulation, in doubles), heard twice.

They allow for a slack. What passes with it and not with the opposite slack lies too near to be told.
"""

import importlib
from typing import Any

import numpy as np
from kit import good_products

from benchmarks.fire.judges.linear import Answer

Json = Any
words = importlib.import_module("checker.products.test_words")
JUDGES = words.JUDGES
SHARP = {"product_moment", "product_lyapunov", "product_exponent"}
"""Kinds of which the judge uses `SLACK` on every bound."""

_growths: dict[Any, float] = {}
_growth = good_products.growth


def growth(steps: Any, s: float, directions: int = 512) -> float:
    """`good_products.growth`, remembered: mutants share most of their products. Overflow is not judged."""
    key = steps[0].tobytes(), steps[1].tobytes(), s, directions
    if key not in _growths:
        if len(_growths) > 20_000:
            _growths.clear()
        _growths[key] = _growth(steps, s, directions)
    if not np.isfinite(_growths[key]):
        raise FloatingPointError("numbers beyond doubles")
    return _growths[key]


def judge(document: Json, statement: str) -> tuple[Answer, str]:
    slack = 1e-9 if "k(2)" in statement and "theta" not in statement else words.SLACK
    loose, why = _heard(document, statement, slack)
    if loose is True and document["claims"][0]["kind"] in SHARP:
        strict, _ = _heard(document, statement, -slack)
        return (True, "") if strict else (None, "within the slack of the judge")
    return loose, why


def _heard(document: Json, statement: str, slack: float) -> tuple[Answer, str]:
    kept = words.SLACK, words.growth, good_products.growth
    words.SLACK, words.growth, good_products.growth = slack, growth, growth
    try:
        with np.errstate(all="ignore"):
            JUDGES[document["claims"][0]["kind"]](words.Case(document, statement))
    except AssertionError as error:
        return False, f"the judge of its sentence: {str(error)[:200]}"
    except Exception as error:  # shapes and sizes that the judge does not know
        return None, f"the judge failed: {type(error).__name__}: {str(error)[:100]}"
    finally:
        words.SLACK, words.growth, good_products.growth = kept
    return True, ""
