"""The rule of symmetric powers (V15): good claims proved, changed ones refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.certificate.document import certificate_of, claim
from catalysis.products.bounds import MomentBound, moment_lower, moment_upper
from catalysis.products.exponent import product_exponent
from catalysis.products.proofs import TensorProof
from catalysis.products.spikes import spike_bounds
from catalysis.products.tensor import symmetric_power as power_of_walk
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.products.tables import Table
from proofs_check.products.tensor import symmetric_power

F = Fraction
Json = dict[str, Any]
WIDE = [[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1], [-1, 0]]
GRAM = [[2, 1, 0, 2], [1, 2, 0, 1], [0, 0, 3, 0], [2, 1, 0, 2]]
WALKS = {
    "features": MatrixWalk.from_features(WIDE, eta="0.95", counts=[1, 2, 1, 1, 3]),
    "decay": MatrixWalk.from_features(WIDE, eta="0.95", weight_decay="1/10"),
    "gram": MatrixWalk.from_gram(GRAM, eta="0.7"),
    "heavy_ball": MatrixWalk.heavy_ball([1, "1.3"], "1.5", "1/2", weight_decay="1/20"),
    "nesterov": MatrixWalk.nesterov([1, "1.3"], "1.1", "1/3"),
    "matrices": MatrixWalk.from_matrices(
        [[["1/2", 1], [0, "1/3"]], [["3/2", 0], [0, "1/4"]]], ["2/3", "1/3"]
    ),
}


def document_of(result: Any) -> Json:
    found: Json = json.loads(json.dumps(certificate_of(None, [claim(result)])))
    return found


def check(document: Json) -> Verdict:
    return check_certificate(json.dumps(document).encode())[0]


@given(
    rows=st.integers(1, 4).flatmap(
        lambda d: st.lists(st.lists(st.integers(-9, 9), min_size=d, max_size=d), min_size=d, max_size=d)
    ),
    order=st.integers(1, 4),
)
@settings(max_examples=40, deadline=None)
def test_both_programs_build_the_same_power(rows: list[list[int]], order: int) -> None:
    found = symmetric_power(Table(rows, 5), order, Work())
    walk = MatrixWalk.from_matrices([[[F(v, 5) for v in row] for row in rows]], [1])
    assert [[F(v, found.den) for v in row] for row in found.rows] == [
        list(row) for row in power_of_walk(walk, order).matrices[0]
    ]


@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("order, t", [(1, "2"), (2, "2"), (2, "1.5"), (2, "2.5"), (3, "2")])
def test_proofs_by_powers_are_proved(name: str, order: int, t: str) -> None:
    walk = WALKS[name]
    for side in ("upper", "lower"):
        inner = Workshop(walk).power(order).prove(F(t), side)  # type: ignore[arg-type]
        if inner is None or getattr(inner, "inverse", None) is not None:
            continue
        proof = TensorProof(order, inner)  # type: ignore[arg-type]
        verdict = check(document_of(MomentBound(walk, proof.s, side, proof)))  # type: ignore[arg-type]
        assert verdict.proved, verdict.statement
        assert "V15" in verdict.statement and "for every start " in verdict.statement


@pytest.mark.parametrize("name", ["features", "decay", "heavy_ball"])
def test_theta_is_proved(name: str) -> None:
    verdict = check(document_of(product_exponent(WALKS[name])))
    assert verdict.proved, verdict.statement


def test_theta_by_powers() -> None:
    found = product_exponent(WALKS["features"])
    assert found.from_below is not None and found.from_below.form == "tensor"
    verdict = check(document_of(found))
    assert verdict.proved and "V15" in verdict.statement and "deflationary" in verdict.statement


def moved(proof: Json) -> None:
    entry = proof["proof"]["Q"]
    entry[0][1] = entry[1][0] = str(int(entry[0][1]) + int(entry[0][0]))


LIES: dict[str, Callable[[Json], object]] = {
    "order up": lambda p: p.update(order=p["order"] + 1),
    "order 0": lambda p: p.update(order=0),
    "order 1": lambda p: p.update(order=1),
    "order huge": lambda p: p.update(order=10**17),
    "order 33": lambda p: p.update(order=33),
    "order text": lambda p: p.update(order="2"),
    "order true": lambda p: p.update(order=True),
    "another s": lambda p: p.update(s="5"),
    "another s inside": lambda p: p["proof"].update(s="1"),
    "another rho": lambda p: p.update(rho="1/2" if p["side"] == "upper" else "2"),
    "another rho inside": lambda p: p["proof"].update(rho="1/2" if p["side"] == "upper" else "2"),
    "both rho": lambda p: [q.update(rho="1/2" if q["side"] == "upper" else "2") for q in (p, p["proof"])],
    "another side": lambda p: p.update(side="lower" if p["side"] == "upper" else "upper"),
    "both sides": lambda p: [
        q.update(side="lower" if p["proof"]["side"] == "upper" else "upper") for q in (p["proof"], p)
    ],
    "Q moved": moved,
    "Q short": lambda p: p["proof"]["Q"].pop(),
    "Q of states": lambda p: p["proof"].update(Q=[["1", "0"], ["0", "1"]]),
    "slopes": lambda p: p["proof"].update(slopes=["1"]),
    "volume": lambda p: p.update(
        proof={"form": "volume", "s": "2", "side": p["side"], "rho": p["rho"], "samples": None}
    ),
    "tensor": lambda p: p.update(proof=copy.deepcopy(p)),
    "no proof": lambda p: p.update(proof=None),
    "inverse": lambda p: p["proof"].update(inverse=[["1"]]),
    "more keys": lambda p: p.update(Q=[]),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("bound", [moment_upper, moment_lower])
def test_changed_proofs_are_refused(lie: str, bound: Callable[..., MomentBound]) -> None:
    document = document_of(bound(WALKS["features"], 4))
    assert document["claims"][0]["proof"]["form"] == "tensor" and check(document).proved
    LIES[lie](document["claims"][0]["proof"])
    verdict = check(document)
    assert not verdict.proved
    assert lie not in ("volume", "tensor", "no proof") or "neither quadratic nor" in verdict.statement
    assert lie not in ("order 0", "order 33") or "too large or none" in verdict.statement


@pytest.mark.parametrize("bound", [moment_upper, moment_lower])
def test_another_walk_is_refused(bound: Callable[..., MomentBound]) -> None:
    document = document_of(bound(WALKS["features"], 4))
    for change in (
        {"eta": "1.3" if bound is moment_upper else "0.5"},
        {"coordinates": {"kind": "residuals", "pivots": [0, 1]}},
        {"step": {"kind": "minibatch", "size": 2, "replacement": True}, "eta": "1.9"},
    ):
        other = copy.deepcopy(document)
        other["claims"][0].update(change)
        assert not check(other).proved
    other = copy.deepcopy(document)
    other["products"][0]["features"][1][1] = "2" if bound is moment_upper else "1/9"
    assert not check(other).proved


def test_chords_inside_keep_no_inverse() -> None:
    walk = WALKS["features"]
    proof = Workshop(walk).prove_power(2, F("2.5"), "upper")
    assert isinstance(proof, TensorProof) and proof.proof.form == "chords"
    document = document_of(MomentBound(walk, proof.s, "upper", proof))
    assert check(document).proved
    document["claims"][0]["proof"]["proof"]["inverse"] = [
        ["1" if i == j else "0" for j in range(3)] for i in range(3)
    ]
    verdict = check(document)
    assert not verdict.proved and "inverse" in verdict.statement


def test_spikes_by_powers_with_the_ranges_of_states_are_refused() -> None:
    """V11e compares with powers of norms."""
    document = document_of(spike_bounds(WALKS["features"], 10))
    assert check(document).proved
    for side, bound in (("above", moment_upper), ("below", moment_lower)):
        other = copy.deepcopy(document)
        power = bound(WALKS["features"], 8 if side == "above" else 10).proof
        entry = document_of(MomentBound(WALKS["features"], power.s, power.side, power))  # type: ignore[union-attr]
        other["claims"][0][side]["moment"] = entry["claims"][0]["proof"]
        assert other["claims"][0][side]["moment"]["form"] == "tensor"
        verdict = check(other)
        assert not verdict.proved and "of parameters" in verdict.statement


def test_work_is_booked_first() -> None:
    with pytest.raises(Refused, match="budget"):
        symmetric_power(Table([[1 << 900] * 15 for _ in range(15)]), 2, Work(1000))
