"""The rule of polytope norms (V7): good claims proved, each hypothesis broken once and refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_polytopes import lower, upper
from kit.good_products import KERNEL, MATRICES, good, made

from catalysis.products.walk import MatrixWalk
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.products.polytope import inverse, mean_at_most, solution, spent_at_most
from proofs_check.products.tables import Numbers, Table

F = Fraction
Json = Any
SPACE = MatrixWalk.from_features(
    [[1, 0, 0], ["1/2", 1, 0], ["-3/2", "1/3", 1], [0, 1, "1/2"]], eta="0.7", counts=[1, 2, 1, 1]
)


def check(document: Json) -> Verdict:
    return check_certificate(json.dumps(document).encode())[0]


def moved(vectors: Json) -> None:
    vectors[0][0] = str(int(vectors[0][0]) * 2 + 10**9)


def flat(proof: Json) -> None:
    for row in proof["vectors"]:
        row[-1] = "0"


UP: dict[str, tuple[Callable[[Json], object], str]] = {
    "vertex outside": (lambda p: moved(p["vectors"]), "grows by more than rho"),
    "vertex shrunk": (lambda p: p["vectors"].__setitem__(0, ["1", "1"]), ""),
    "rho below": (lambda p: p.update(rho="0.93"), "grows by more than rho"),
    "s below 1": (lambda p: p.update(s="0.99"), "nothing for s < 1"),
    "s above": (lambda p: p.update(s="2.2"), "grows by more than rho"),
    "no span": (flat, "do not span"),
    "a basis twice the same": (lambda p: p["bases"][0].__setitem__(0, [0, 0]), "do not span"),
    "another basis": (lambda p: [row.__setitem__(0, [0, 1]) for row in p["bases"]], ""),
    "index outside": (lambda p: p["bases"][0].__setitem__(0, [0, 99]), "not the index of a vector"),
    "index negative": (lambda p: p["bases"][0].__setitem__(0, [0, -1]), ""),
    "index text": (lambda p: p["bases"][0].__setitem__(0, [0, "1"]), ""),
    "index true": (lambda p: p["bases"][0].__setitem__(0, [0, True]), ""),
    "a basis of three": (lambda p: p["bases"][0].__setitem__(0, [0, 1, 2]), "does not name a basis"),
    "a vertex without basis": (lambda p: p["bases"][0].pop(), "a basis for each vector"),
    "a step without bases": (lambda p: p["bases"].pop(), "an entry for each step"),
    "multiples": (lambda p: p.update(multiples=[[]]), "multiples for an upper bound"),
    "side": (lambda p: p.update(side="lower"), "a basis for each functional"),
    "another dimension": (lambda p: [row.append("0") for row in p["vectors"]], "not of dimension 2"),
    "no vectors": (lambda p: p.update(vectors=[]), "rows"),
    "more keys": (lambda p: p.update(Q=[]), ""),
}


@pytest.mark.parametrize("lie", UP)
def test_a_changed_upper_bound_is_refused(lie: str) -> None:
    document = good("polytope up")
    assert check(document).proved
    change, words = UP[lie]
    change(document["claims"][0]["proof"])
    verdict = check(document)
    assert not verdict.proved and words in verdict.statement, verdict.statement


def first_multiple(proof: Json) -> Json:
    return next(entry[0] for row in proof["multiples"] for entry in row if entry)


def dropped(proof: Json) -> None:
    for row in proof["multiples"]:
        row[0] = []


def raised(proof: Json, factor: Fraction) -> None:
    for row in proof["multiples"]:
        for entry in row:
            for pair in entry:
                pair[1] = str(F(pair[1]) * factor)


DOWN: dict[str, tuple[Callable[[Json], object], str]] = {
    "functional moved": (lambda p: moved(p["vectors"]), "does not grow by rho"),
    "rho above": (lambda p: p.update(rho="1.5"), "does not grow by rho"),
    "s below 1": (lambda p: p.update(s="1/2"), "nothing for s < 1"),
    "s below": (lambda p: p.update(s="2.3"), "does not grow by rho"),
    "no span": (flat, "do not span"),
    "a multiple moved": (lambda p: first_multiple(p).__setitem__(1, "3"), "does not grow by rho"),
    "a multiple of another": (lambda p: raised(p, F(-1)), "does not grow by rho"),
    "slopes too large": (lambda p: raised(p, F(2)), "does not grow by rho"),
    "slopes too small": (lambda p: raised(p, F(1, 2)), "does not grow by rho"),
    "no multiples": (dropped, "does not grow by rho"),
    "a basis without j": (lambda p: p["bases"].__setitem__(0, [0]), "do not span"),
    "a basis of two": (lambda p: p["bases"].__setitem__(0, [1, 2]), "does not name a basis"),
    "one basis less": (lambda p: p["bases"].pop(), "a basis for each functional"),
    "one step less": (lambda p: p["multiples"].pop(), "multiples for each step"),
    "one functional less": (lambda p: p["multiples"][0].pop(), "an entry for each functional"),
    "three numbers": (lambda p: first_multiple(p).append("1"), "is not a pair"),
    "index outside": (lambda p: first_multiple(p).__setitem__(0, 99), "not the index of a vector"),
}


@pytest.mark.parametrize("lie", DOWN)
def test_a_changed_lower_bound_is_refused(lie: str) -> None:
    document = good("polytope down")
    assert check(document).proved
    change, words = DOWN[lie]
    change(document["claims"][0]["proof"])
    verdict = check(document)
    assert not verdict.proved and words in verdict.statement, verdict.statement


@pytest.mark.parametrize("name, eta", [("polytope up", "1.3"), ("polytope down", "0.7")])
def test_another_learning_rate_or_data_is_refused(name: str, eta: str) -> None:
    document = good(name)
    for change in ({"eta": eta}, {"coordinates": {"kind": "residuals", "pivots": [0, 1]}}):
        other = copy.deepcopy(document)
        other["claims"][0].update(change)
        assert not check(other).proved
    other = copy.deepcopy(document)
    other["products"][0]["features"][2] = ["-4", "3"] if name == "polytope up" else ["1/9", "1/8"]
    assert not check(other).proved
    other = copy.deepcopy(document)
    other["claims"][0]["step"] = {"kind": "minibatch", "size": 2, "replacement": True}
    assert not check(other).proved


def test_s_1_needs_no_slope_above_1() -> None:
    document = good("polytope down of a kernel")
    assert check(document).proved
    first_multiple(document["claims"][0]["proof"])[1] = "1001/1000"
    assert not check(document).proved


@pytest.mark.parametrize("make", [upper, lower])
@pytest.mark.parametrize(
    ("walk", "s"),
    [
        *[(walk, s) for walk in (KERNEL, MATRICES) for s in ("1", "3/2", "2")],
        (SPACE, "3/2"),
        *[pytest.param(SPACE, s, marks=pytest.mark.slow) for s in ("1", "2")],
    ],
)
def test_good_bounds_are_proved(make: Callable[..., Any], walk: MatrixWalk, s: str) -> None:
    verdict = check(made(make(walk, s)))
    assert verdict.proved and "V7" in verdict.statement and "every start" in verdict.statement


def test_a_hull_is_exact_where_a_cube_is_the_norm() -> None:
    """Diagonal matrices of entries 1/2 and 3: the unit vectors have E N^s = (2^-s + 3^s)/2, told by hand."""
    product = {
        "kind": "matrices",
        "name": "diagonal",
        "p": ["1/2", "1/2"],
        "matrices": [[["1/2", "0"], ["0", "3"]], [["3", "0"], ["0", "1/2"]]],
    }
    bases = [[[0, 1], [0, 1]]] * 2
    proof = {"form": "polytope", "s": "1", "side": "upper", "rho": "1.7500001", "multiples": []}
    proof |= {"vectors": [["1", "0"], ["0", "1"]], "bases": bases}
    claim = {"kind": "product_moment", "product": 0, "coordinates": {"kind": "state"}, "proof": proof}
    head = {"format": "catalysis-certificate", "version": 1, "producer": "by hand"}
    document: Json = {**head, "products": [product], "claims": [claim]}
    assert check(document).proved
    proof["rho"] = "1.7499999"
    assert not check(document).proved


def test_too_many_dimensions() -> None:
    size = 9
    unit = [["1" if i == j else "0" for j in range(size)] for i in range(size)]
    proof = {"form": "polytope", "s": "1", "side": "upper", "rho": "2", "vectors": unit, "multiples": []}
    proof["bases"] = [[list(range(size))] * size]
    product = {"kind": "matrices", "name": "unit", "p": ["1"], "matrices": [unit]}
    claim = {"kind": "product_moment", "product": 0, "coordinates": {"kind": "state"}, "proof": proof}
    head = {"format": "catalysis-certificate", "version": 1, "producer": "by hand"}
    verdict = check({**head, "products": [product], "claims": [claim]})
    assert not verdict.proved and "at most 8 dimensions" in verdict.statement


SPIKES: dict[str, tuple[Callable[[Json], object], str]] = {
    "upper alpha": (lambda c: scale(c["above"], "alpha", F(11, 10)), "too long"),
    "upper beta": (lambda c: scale(c["above"], "beta", F(9, 10)), "mean of the vectors"),
    "lower alpha": (lambda c: scale(c["below"], "alpha", F(11, 10)), "mean of the vectors"),
    "lower beta": (lambda c: scale(c["below"], "beta", F(9, 10)), "too long"),
    "step": (lambda c: c["below"].update(largest_step="1.01"), "larger than largest_step"),
    "no steps": (lambda c: c["below"].pop("steps"), ""),
    "fewer steps": (lambda c: c["below"]["steps"].pop(), "an entry for each step"),
    "inverse": (lambda c: c["below"].update(inverse=[["1"]]), "inverse does not belong"),
    "twice": (lambda c: c["above"]["ranges"].append(c["above"]["ranges"][0]), "twice"),
    "probability": (
        lambda c: c["probability"]["parameters"].update(lower="0", upper="0.001"),
        "upper is not",
    ),
    "probability below": (
        lambda c: c["probability"]["parameters"].update(lower="0.9", upper="1"),
        "lower is not",
    ),
    "lyapunov": (lambda c: c.update(lyapunov=None), "lambda_1 < 0 is not proved"),
}


def scale(side: Json, key: str, factor: Fraction) -> None:
    for entry in side["ranges"]:
        entry[key] = str(F(entry[key]) * factor)


@pytest.mark.parametrize("lie", SPIKES)
def test_a_changed_spike_is_refused(lie: str) -> None:
    document = good("polytope spike")
    change, words = SPIKES[lie]
    change(document["claims"][0])
    verdict = check(document)
    assert not verdict.proved and words in verdict.statement, verdict.statement


def test_steps_belong_to_polytopes() -> None:
    document = good("spike")
    document["claims"][0]["below"]["steps"] = []
    assert "steps belongs" in check(document).statement


def square_and_one(d: int) -> Any:
    return st.lists(st.lists(st.integers(-30, 30), min_size=d, max_size=d), min_size=d + 1, max_size=d + 1)


@given(st.integers(1, 5).flatmap(square_and_one))
@settings(max_examples=60, deadline=None)
def test_systems_are_solved_exactly(rows: list[list[int]]) -> None:
    *basis, target = rows
    found = solution(basis, target, Work())
    if found is None:
        assert round(float(np.linalg.det(np.array(basis, dtype=float))), 6) == 0
        return
    tops, below = found
    for c in range(len(target)):
        assert sum(x * row[c] for x, row in zip(tops, basis, strict=True)) == below * target[c]


def test_powers_and_inverses() -> None:
    half = Numbers((1, 1), 2)
    assert mean_at_most([F(1), F(2)], half, F(3, 2), F("1.9143"), Work())
    assert not mean_at_most([F(1), F(2)], half, F(3, 2), F("1.9142"), Work())
    assert not mean_at_most([F(3)], Numbers((1,), 1), F(2), F(9), Work())  # equal: not decided by intervals
    assert spent_at_most([F(1), F(1, 2)], half, F(1), F(0), Work())
    assert not spent_at_most([F(1), F(3, 2)], half, F(1), F(0), Work())
    assert not spent_at_most([F(1)], Numbers((1,), 1), F(1), F(-1), Work())
    found = inverse(Table([[2, 1], [1, 1]], 3), Work(), "")
    assert [[F(v, found.den) for v in row] for row in found.rows] == [[3, -3], [-3, 6]]
    with pytest.raises(Refused, match="not definite"):
        inverse(Table([[1, 1], [1, 1]]), Work(), "")


def test_work_is_booked_first() -> None:
    with pytest.raises(Refused, match="budget"):
        solution([[1 << 2000, 1], [1, 3]], [1, 1], Work(5))
    document = good("polytope up")
    proof = document["claims"][0]["proof"]
    n = 3000
    proof["vectors"] = proof["vectors"] * (n // len(proof["vectors"]))
    long = [[str(int(v) * 10**3500 + 1) for v in row] for row in proof["vectors"][:40]]
    proof["vectors"], proof["bases"] = long, [[[0, 1]] * 40] * len(proof["bases"])
    verdict = check(document)
    assert not verdict.proved


def one_step(multiples: Json, rho: str) -> Verdict:
    """A lower bound for the identity alone, s = 1, N the maximum norm; the second functional is told rightly."""
    proof = {"form": "polytope", "s": "1", "side": "lower", "rho": rho, "vectors": [["1", "0"], ["0", "1"]]}
    proof |= {"bases": [[1], [0]], "multiples": [[multiples, [[1, "1"]]]]}
    product = {"kind": "matrices", "name": "idle", "p": ["1"], "matrices": [[["1", "0"], ["0", "1"]]]}
    claim = {"kind": "product_moment", "product": 0, "coordinates": {"kind": "state"}, "proof": proof}
    head = {"format": "catalysis-certificate", "version": 1, "producer": "by hand"}
    return check({**head, "products": [product], "claims": [claim]})


def test_what_lies_beside_the_functional_counts_against_it() -> None:
    assert one_step([[0, "1"]], "1").proved
    assert not one_step([[0, "1/2"], [1, "1/2"]], "1/2").proved
    assert one_step([[0, "3/4"], [1, "1/4"]], "1/2").proved
    assert not one_step([[0, "2"], [1, "-1"]], "1").proved  # the slope is 3, not 1
    assert not one_step([[0, "1"]], "1001/1000").proved
