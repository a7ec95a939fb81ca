"""The protocol of results: one line, a table, HTML, LaTeX, an envelope, a number."""

import copy
import json
import pickle
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from catalysis import __version__
from catalysis.exact.result import Enclosure, Result, Verdict, envelope


@dataclass(frozen=True, repr=False)
class Answer(Result):
    value: Enclosure | Fraction | float | None
    long: int = 0

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.value is None else Verdict.PROVED

    @property
    def number(self) -> Enclosure | Fraction | float | None:
        return self.value

    @property
    def formula(self) -> str:
        return r"\theta"

    def fields(self) -> dict[str, Any]:
        known = self.value.to_json() if isinstance(self.value, Enclosure) else None
        reason = {"reason": "too few bits: allow more"} if self.value is None else {}
        return {
            "verdict": self.verdict.value,
            "value": known,
            "list": [{"from": str(i), "to": None} for i in range(self.long)],
            **reason,
        }


BRACKET = Enclosure(Fraction(1, 3), Fraction(2, 3))


def test_one_line_ends_with_the_verdict_however_long_it_is() -> None:
    assert repr(Answer(BRACKET)) == (
        "Answer(value=[0.33333333333333333333, 0.66666666666666666667], list=[], proved)"
    )
    assert repr(Answer(None)).endswith("undecided)")

    class Long(Answer):
        def fields(self) -> dict[str, Any]:
            return {"a": "x" * 500}

    assert repr(Long(BRACKET)).endswith("..., proved)")
    assert len(repr(Long(BRACKET))) < 200


def test_the_table_names_what_is_known_and_why_not() -> None:
    text = str(Answer(None, 30))
    assert "reason" in text and "allow more" in text
    assert "list[19]" in text and "list[20]" not in text and "30 in all" in text
    assert "reason" not in str(Answer(BRACKET))


def test_html_is_escaped() -> None:
    class Hostile(Answer):
        def fields(self) -> dict[str, Any]:
            return {"name": "<script>alert(1)</script>"}

    assert "<script>" not in Hostile(BRACKET)._repr_html_()


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (BRACKET, r"$\theta \in [0.333333333333333, 0.666666666666667]$"),
        (
            Enclosure(Fraction(1, 10**9), Fraction(1, 10**9)),
            r"$\theta \in [1 \cdot 10^{-9}, 1 \cdot 10^{-9}]$",
        ),
        (Fraction(1, 4), r"$\theta = 1/4$"),
        (float("inf"), r"$\theta = \infty$"),
        (float("-inf"), r"$\theta = -\infty$"),
        (None, None),
    ],
)
def test_latex(value: Any, latex: str | None) -> None:
    assert Answer(value)._repr_latex_() == latex


def test_float_is_the_midpoint_and_refused_where_there_is_no_number() -> None:
    assert float(Answer(BRACKET)) == 0.5
    assert float(Answer(float("inf"))) == float("inf")
    with pytest.raises(TypeError, match="Answer is not one number"):
        float(Answer(None))


def test_results_travel() -> None:
    for answer in (Answer(BRACKET), Answer(None)):
        assert pickle.loads(pickle.dumps(answer)) == answer == copy.deepcopy(answer)


def test_the_envelope_holds_program_format_and_data() -> None:
    class Walk:
        def heading(self) -> dict[str, Any]:
            return {"data": {"name": "d", "sha256": "0"}, "eta": "1"}

    found = envelope("Answer", Walk(), {"verdict": "proved"})
    assert found == {
        "program": f"catalysis {__version__}",
        "format": 1,
        "result": "Answer",
        "data": {"name": "d", "sha256": "0"},
        "eta": "1",
        "verdict": "proved",
    }
    assert json.loads(json.dumps(Answer(BRACKET).to_json()))["result"] == "Answer"


def test_an_enclosure_needs_its_ends_in_order() -> None:
    with pytest.raises(ValueError, match="lower <= upper"):
        Enclosure(Fraction(1), Fraction(0))
