"""One random product answered: the protocol of results, one dimension, the lemmas that are named, what is carried."""

from __future__ import annotations

import copy
import json
import pickle
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from catalysis.certificate.document import certificate_of, write_certificate
from catalysis.certificate.products import answer_claims, answer_parts
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.products.answer import ProductAnswer, product_answer
from catalysis.products.axis import InflationaryPiece, LearningRateAxis, learning_rate_axis
from catalysis.products.walk import MatrixWalk
from proofs_check.__main__ import main as check

POSITIVE = MatrixWalk.from_matrices(
    [[["3/2", "1/2"], ["1/4", "1"]], [["1/3", "1/5"], ["1/10", "1/4"]]], ["1/3", "2/3"], name="positive"
)
"""Cells are quick where all entries are positive."""


@pytest.fixture(scope="module")
def answer() -> ProductAnswer:
    return product_answer(POSITIVE, 4, width=Fraction(1, 10), tolerance=Fraction(1, 10))


def test_the_protocol(answer: ProductAnswer) -> None:
    assert pickle.loads(pickle.dumps(answer)) == answer == copy.deepcopy(answer)
    assert "\n" not in repr(answer) and repr(answer).startswith("ProductAnswer(")
    document = json.loads(json.dumps(answer.to_json()))
    assert document["result"] == "ProductAnswer" and document["verdict"] == "proved"
    assert float(answer) > 0 and "theta" in str(answer._repr_latex_())


def test_what_is_proved_is_carried(answer: ProductAnswer, tmp_path: Path) -> None:
    assert answer.regime is Regime.DEFLATIONARY and answer.verdict is Verdict.PROVED
    parts = answer_parts(answer)
    assert set(parts) == {"theta", "lambda1 lower", "lambda1 upper", "second_moment", "probability"}
    write_certificate(tmp_path / "c.json", certificate_of(None, answer_claims(answer)))
    assert check([str(tmp_path / "c.json")]) == 0
    lower, upper = answer.theta
    assert parts["theta"]["regime"] == "deflationary"
    assert Fraction(parts["theta"]["lower"]) == lower and Fraction(parts["theta"]["upper"]) == upper


def test_a_changed_table_is_refused(answer: ProductAnswer, tmp_path: Path) -> None:
    document = certificate_of(None, answer_claims(answer))
    changed = 0
    for claim in document["claims"]:
        for proof in (claim.get("proof"), claim.get("below"), claim.get("above")):
            if isinstance(proof, dict) and proof.get("form") == "cells":
                proof["values"] = [*proof["values"][:-1], "7"]
                changed += 1
    assert changed
    write_certificate(tmp_path / "c.json", document)
    assert check([str(tmp_path / "c.json")]) == 1


@pytest.mark.parametrize(
    ("eta", "regime"), [("1.1", "stable"), ("1.42", "deflationary"), ("1.9", "inflationary")]
)
def test_one_dimension_is_the_talk(eta: str, regime: str) -> None:
    found = product_answer(MatrixWalk.from_features([["1"], ["1.3"]], eta=eta), 10)
    scalar = cramer_exponent(LinearWalk(Dataset.from_arrays(["1", "1.3"])), eta)
    assert found.regime.value == regime == scalar.regime.value
    assert found.starts == ("almost every start" if regime == "inflationary" else "every start")
    if regime == "deflationary":
        lower, upper = found.theta
        assert scalar.enclosure is not None and lower is not None and upper is not None
        assert lower <= scalar.enclosure.lower and scalar.enclosure.upper <= upper
    probability = found.probability
    assert probability is not None
    assert {"stable": probability.upper == 0, "inflationary": probability.lower == 1}.get(regime, True)


def test_lambda1_of_a_stable_product_is_bounded_too() -> None:
    low, high = product_answer(MatrixWalk.from_features([[1, 0], [1, 1]], eta="2/5")).lambda1
    assert low is not None and high is not None and low < high < 0


def test_no_lower_bound_is_sought_where_a_matrix_has_a_kernel() -> None:
    low, high = product_answer(MatrixWalk.from_features([[1, 0], [1, 1]], eta="1/2"), width="1/10").lambda1
    assert low is None and high is not None and high < 0


@pytest.mark.parametrize("factor", [1, "1/2", "x", object()])
def test_the_factor_is_checked(factor: object) -> None:
    with pytest.raises(InputError, match="factor"):
        product_answer(POSITIVE, factor)


def test_the_regimes_fill_the_axis() -> None:
    axis = learning_rate_axis([[1, 0], [1, 1]], width="1/20")
    regimes = axis.regimes
    assert regimes[0].start == 0 and regimes[0].end == axis.stable_up_to and regimes[-1].end is None
    assert all(a.end == b.start for a, b in pairwise(regimes))
    assert pickle.loads(pickle.dumps(axis)) == axis
    pieces = (InflationaryPiece(Fraction(3), Fraction(5)), InflationaryPiece(Fraction(4), Fraction(6)))
    last = (InflationaryPiece(Fraction(8), None),)
    made = LearningRateAxis(
        axis.dataset, 8, Fraction(1), axis.mean_square, (), None, (), pieces + last
    ).regimes
    assert [(p.regime, p.start, p.end) for p in made] == [
        ("stable", 0, 1),
        ("undecided", 1, 3),
        ("inflationary", 3, 6),
        ("undecided", 6, 8),
        ("inflationary", 8, None),
    ]
