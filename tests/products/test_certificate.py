"""Claims on random products: their proofs, read back from JSON alone, hold in plain fractions."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from kit.good_products import drift, growth

from catalysis.certificate.document import NotCertifiable, certificate_of, claim
from catalysis.products.axis import learning_rate_axis, mean_square_threshold
from catalysis.products.bounds import (
    MomentBound,
    lyapunov_lower,
    lyapunov_upper,
    mean_square,
    moment_lower,
    moment_upper,
)
from catalysis.products.exponent import product_exponent
from catalysis.products.proofs import VolumeProof
from catalysis.products.spikes import spike_bounds
from catalysis.products.walk import MatrixWalk

Table = list[list[Fraction]]
WIDE = [[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1], [-1, 0]]
GRAM = [[2, 1, 0, 2], [1, 2, 0, 1], [0, 0, 3, 0], [2, 1, 0, 2]]
WALKS = {
    "features": MatrixWalk.from_features(WIDE, eta="0.95", counts=[1, 2, 1, 1, 3]),
    "decay": MatrixWalk.from_features(WIDE, eta="0.95", weight_decay="1/10"),
    "gram": MatrixWalk.from_gram(GRAM, eta="0.6"),
    "flat": MatrixWalk.from_features([[1, 1], [2, 2], [-1, -1]], eta="0.3"),
    "heavy_ball": MatrixWalk.heavy_ball([1, "1.3"], "1.5", "1/2", weight_decay="1/20"),
    "nesterov": MatrixWalk.nesterov([1, "1.3"], "1.1", "1/3"),
    "matrices": MatrixWalk.from_matrices(
        [[["1/2", 1], [0, "1/3"]], [["3/2", 0], [0, "1/4"]]], ["2/3", "1/3"]
    ),
    "batch": MatrixWalk.from_features(WIDE, eta="0.9", counts=[1, 2, 1, 1, 3], batch=3, replacement=False),
}


def read(document: dict[str, Any]) -> tuple[list[Table], list[Fraction]]:
    """The matrices A_i and p_i of the first claim of a certificate, by docs/certificate-products.md."""
    entry = document["claims"][0]
    product = document["products"][entry["product"]]
    counts = product.get("count")
    p = [Fraction(v) for v in product["p"]] if counts is None else [Fraction(n, sum(counts)) for n in counts]
    eta = Fraction(entry.get("eta", "1"))
    c = 1 - eta * Fraction(entry.get("weight_decay", "0"))
    if product["kind"] == "matrices":
        return [table(m) for m in product["matrices"]], p
    if product["kind"] in ("heavy_ball", "nesterov"):
        lam, beta = Fraction(entry["lambda"]), Fraction(entry["beta"])
        z = [c - eta * lam * Fraction(x) for x in product["curvatures"]]
        one, zero = Fraction(1), Fraction(0)
        if product["kind"] == "heavy_ball":
            return [[[v + beta, -beta * c], [one, zero]] for v in z], p
        return [[[(1 + beta) * v, -beta * v], [one, zero]] for v in z], p
    rows = table(product[product["kind"]])
    k = rows if product["kind"] == "gram" else times(rows, transposed(rows))
    a = b = rows
    if entry["coordinates"]["kind"] == "residuals":
        j = entry["coordinates"]["pivots"]
        a = [[row[i] for i in j] for row in k]
        b = [solved([[k[x][y] for y in j] for x in j], [k[x][i] for x in j]) for i in range(len(k))]
        assert times(a, transposed(b)) == k
    size = len(a[0])
    steps = [
        [[c * (x == y) - eta * u[x] * v[y] for y in range(size)] for x in range(size)]
        for u, v in zip(a, b, strict=True)
    ]
    return steps, p


def table(rows: Any) -> Table:
    return [[Fraction(v) for v in row] for row in rows]


def transposed(m: Table) -> Table:
    return [list(column) for column in zip(*m, strict=True)]


def times(a: Table, b: Table) -> Table:
    return [
        [sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in zip(*b, strict=True)]
        for r in a
    ]


def solved(m: Table, right: list[Fraction]) -> list[Fraction]:
    """Gauss and Jordan."""
    rows = [[*row, v] for row, v in zip(m, right, strict=True)]
    for i in range(len(rows)):
        k = next(k for k in range(i, len(rows)) if rows[k][i])
        rows[i], rows[k] = rows[k], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        rows = [
            row if x == i else [v - row[i] * w for v, w in zip(row, rows[i], strict=True)]
            for x, row in enumerate(rows)
        ]
    return [row[-1] for row in rows]


def semidefinite(m: Table) -> bool:
    """Symmetric elimination (V12a)."""
    m = [list(row) for row in m]
    assert m == transposed(m)
    for i in range(len(m)):
        if m[i][i] < 0 or (m[i][i] == 0 and any(m[i][i:])):
            return False
        for x in range(i + 1, len(m)):
            share = m[x][i] / m[i][i] if m[i][i] else Fraction(0)
            m[x] = [v - share * w for v, w in zip(m[x], m[i], strict=True)]
    return True


def power(a: Table, k: int) -> Table:
    """S^k(A): a monomial is a sum over the ways to choose a variable in each of its forms (V15)."""
    words = list(combinations_with_replacement(range(len(a)), k))
    rows = []
    for word in words:
        row = dict.fromkeys(words, Fraction(0))
        for chosen in itertools.product(range(len(a)), repeat=k):
            row[tuple(sorted(chosen))] += math.prod(a[i][j] for i, j in zip(word, chosen, strict=True))
        rows.append(list(row.values()))
    return rows


def combined(steps: list[Table], v: list[Fraction], q: Table) -> Table:
    size = len(q)
    total = [[Fraction(0)] * size for _ in range(size)]
    for weight, a in zip(v, steps, strict=True):
        image = times(transposed(a), times(q, a))
        total = [
            [x + weight * y for x, y in zip(r, s, strict=True)] for r, s in zip(total, image, strict=True)
        ]
    return total


def minus(a: Table, b: Table, factor: Fraction = Fraction(1)) -> Table:
    return [[x - factor * y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def scaled(a: Table, factor: Fraction) -> Table:
    return [[factor * x for x in r] for r in a]


def in_doubles(steps: list[Table], p: list[Fraction]) -> Any:
    return np.array([[[float(v) for v in row] for row in a] for a in steps]), np.array([float(w) for w in p])


def moment_holds(steps: list[Table], p: list[Fraction], proof: dict[str, Any]) -> bool:
    """The matrix inequality of a moment proof; volume and sample have none."""
    if proof["form"] in ("volume", "sample"):
        return True
    if proof["form"] == "cells":  # the transfer operator in doubles
        truth = growth(in_doubles(steps, p), float(Fraction(proof["s"])))
        rho = float(Fraction(proof["rho"]))
        return truth <= rho + 1e-3 if proof["side"] == "upper" else truth >= rho - 1e-3
    if proof["form"] == "tensor":
        inner, k = proof["proof"], proof["order"]
        head = all(inner[key] == proof[key] for key in ("side", "rho"))
        right = head and Fraction(inner["s"]) * k == Fraction(proof["s"])
        return right and moment_holds([power(a, k) for a in steps], p, inner)
    if proof["form"] == "words":
        longer, chances = of_words(steps, p, proof["length"])
        right = Fraction(proof["rho"]) ** proof["length"] - Fraction(proof["proof"]["rho"])
        upper = proof["side"] == "upper"
        return (right >= 0 if upper else right <= 0) and moment_holds(longer, chances, proof["proof"])
    q, rho = table(proof["Q"]), Fraction(proof["rho"])
    one, zero = [Fraction(1)] * len(p), [Fraction(0)] * len(p)
    if proof["form"] == "chords":
        spent, slopes = ([Fraction(c[k]) for c in proof["chords"]] for k in (0, 1))
        factor = rho - sum(x * y for x, y in zip(p, spent, strict=True))
    else:
        slopes = [Fraction(w) for w in proof["slopes"]] or one
        spent = [Fraction(d) for d in proof["offsets"]] or zero
        sign = 1 if proof["side"] == "upper" else -1
        factor = rho - sign * sum(x * y for x, y in zip(p, spent, strict=True))
    image = combined(steps, [x * y for x, y in zip(p, slopes, strict=True)], q)
    gap = minus(scaled(q, factor), image)
    return semidefinite(gap if proof["side"] == "upper" else scaled(gap, Fraction(-1)))


def of_words(steps: list[Table], p: list[Fraction], n: int) -> tuple[list[Table], list[Fraction]]:
    """All products of n steps, equal steps as one (V18)."""
    weights: dict[Any, Fraction] = {}
    for a, w in zip(steps, p, strict=True):
        key = tuple(map(tuple, a))
        weights[key] = weights.get(key, Fraction(0)) + w
    words = [(table(a), w) for a, w in weights.items()]
    for _ in range(n - 1):
        words = [(times(table(a), whole), v * w) for whole, v in words for a, w in weights.items()]
    return [whole for whole, _ in words], [v for _, v in words]


def document_of(result: Any) -> dict[str, Any]:
    document = certificate_of(None, [claim(result)])
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found


@pytest.mark.parametrize("name", [n for n in WALKS if n != "batch"])
@pytest.mark.parametrize("s", ["0.75", "2", "3"])
def test_moments_hold_in_fractions(name: str, s: str) -> None:
    for bound in (moment_upper, moment_lower):
        document = document_of(bound(WALKS[name], s))
        steps, p = read(document)
        proof = document["claims"][0]["proof"]
        assert moment_holds(steps, p, proof)
        if proof["form"] in ("quadratic", "chords", "tensor"):
            rho = str(Fraction(proof["rho"]) * (Fraction(9, 10) if proof["side"] == "upper" else 2))
            wrong = {**proof, "rho": rho}
            if proof["form"] == "tensor":
                wrong["proof"] = {**proof["proof"], "rho": rho}
            assert not moment_holds(steps, p, wrong)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n == "heavy_ball" else []) for n in WALKS if n != "batch"],
)
def test_lyapunov_exponents_and_spikes(name: str) -> None:
    walk = WALKS[name]
    document = document_of(lyapunov_upper(walk))
    steps, p = read(document)
    proof = document["claims"][0]["proof"]
    longer, chances = steps, p
    if proof["form"] == "words":
        longer, chances = of_words(steps, p, proof["length"])
        proof = proof["proof"]
    q, c = table(proof["Q"]), [Fraction(v) for v in proof["c"]]
    assert semidefinite(minus(q, combined(longer, [x / y for x, y in zip(chances, c, strict=True)], q)))
    exponent = document_of(product_exponent(walk))
    for side in ("below", "above"):
        moment = exponent["claims"][0].get(side)
        assert moment is None or moment_holds(steps, p, moment)
    spike = spike_bounds(walk, 100)
    if spike.above is None and spike.below is None and not spike.stable:
        return
    entry = document_of(spike)["claims"][0]
    for side in ("below", "above"):
        if entry.get(side) is not None and "moment" in entry[side]:
            assert moment_holds(steps, p, entry[side]["moment"])
    for step in steps if entry.get("below") else []:
        moment, r = entry["below"]["moment"], Fraction(entry["below"]["largest_step"])
        order = moment.get("order", 1)
        q = table(moment.get("proof", moment)["Q"])
        image = combined([power(step, order)], [Fraction(1)], q)
        assert semidefinite(minus(scaled(q, r ** (2 * order)), image))


def test_products_stand_once() -> None:
    walk = WALKS["features"]
    document = certificate_of(
        None, [claim(mean_square(walk)), claim(lyapunov_lower(walk)), claim(mean_square(WALKS["gram"]))]
    )
    assert [entry["product"] for entry in document["claims"]] == [0, 0, 1]
    assert [product["kind"] for product in document["products"]] == ["features", "gram"]


def test_batches() -> None:
    entry = document_of(mean_square(WALKS["batch"]))["claims"][0]
    assert entry["step"] == {"kind": "minibatch", "size": 3, "replacement": False}
    found = document_of(moment_upper(WALKS["batch"], 1))["claims"][0]["proof"]
    assert len(found["slopes"]) == len(found["offsets"]) == len(WALKS["batch"].expanded().weights)
    crowd = MatrixWalk.from_features([[k, 1] for k in range(1, 31)], eta="0.001", batch=2)
    with pytest.raises(NotCertifiable, match="at most 400"):
        claim(MomentBound(crowd, Fraction(1), "lower", VolumeProof(Fraction(1), Fraction(1, 10))))


@pytest.mark.slow
def test_the_axis() -> None:
    document = document_of(learning_rate_axis(WIDE, width="1/20"))
    entry = document["claims"][0]
    assert Fraction(entry["stable_up_to"]) == 2 / (Fraction(9, 4) + Fraction(1, 9))

    def at(eta: str) -> tuple[list[Table], list[Fraction]]:
        return read({**document, "claims": [{**entry, "eta": eta}]})

    sides = [level[side] for level in entry["levels"] for side in ("below", "above")]
    for rate in [*sides, entry["falling"]]:
        assert rate is None or moment_holds(*at(rate["eta"]), rate["proof"])
    for piece in entry["pieces"]:
        for end in ("from", "to"):
            steps, p = at(piece[end])
            if piece.get("form") == "cells":  # by a transfer operator in doubles
                truth, bound = drift(in_doubles(steps, p)), float(Fraction(piece["bound"]))
                assert truth <= bound + 1e-3 if piece["side"] == "upper" else truth >= bound - 1e-3
                continue
            q, c = table(piece["Q"]), [Fraction(v) for v in piece["c"]]
            assert semidefinite(minus(q, combined(steps, [x / y for x, y in zip(p, c, strict=True)], q)))


@pytest.mark.parametrize("name", ["features", "gram", "batch"])
def test_mean_square_thresholds(name: str) -> None:
    found = mean_square_threshold(WALKS[name])
    document = document_of(found)
    entry = document["claims"][0]
    assert Fraction(entry["lower"]) < Fraction(entry["upper"]) and (name == "batch") == ("step" in entry)
    if name != "batch":
        for side, end in (("below", "lower"), ("above", "upper")):
            steps, p = read({**document, "claims": [{**entry, "eta": entry[end]}]})
            assert moment_holds(steps, p, entry[side])


def test_nothing_to_certify() -> None:
    for result in (lyapunov_lower(MatrixWalk.from_features([[1, 0], [0, 1]], eta=1)),):
        with pytest.raises(NotCertifiable):
            claim(result)
