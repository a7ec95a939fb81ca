"""Walks on matrices: the exact maps against direct sums, coordinates against each other, bad input."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.products_data import feature_walks, radius, steps_of

from catalysis.exact.errors import InputError
from catalysis.products.kernel import VectorData, load_vectors
from catalysis.products.walk import MatrixWalk, Ratio

RELAXED = settings(max_examples=60, deadline=None, derandomize=True)
TWO = [["1", "1/2"], ["0", "2"], ["-1", "1"]]


def direct(walk: MatrixWalk, v: list[Fraction], q: fmpz_mat) -> list[list[Fraction]]:
    """sum v_i A_i^T Q A_i by the definition."""
    size = walk.dimension
    total = [[Fraction(0)] * size for _ in range(size)]
    for weight, step in zip(v, walk.steps, strict=True):
        image = (step.top.transpose() * q * step.top).tolist()
        for i in range(size):
            for j in range(size):
                total[i][j] += weight * Fraction(int(image[i][j]), step.den**2)
    return total


def table(ratio: Ratio) -> list[list[Fraction]]:
    return [[Fraction(int(v), ratio.den) for v in row] for row in ratio.top.tolist()]


@RELAXED
@given(feature_walks(weight_decay="1/7"), st.data())
def test_pulled_back_exactly(walk: MatrixWalk, data: st.DataObject) -> None:
    size = walk.dimension
    half = fmpz_mat([[data.draw(st.integers(-3, 3)) for _ in range(size)] for _ in range(size)])
    q = half * half.transpose()
    v = [data.draw(st.fractions(0, 2, max_denominator=9)) for _ in walk.weights]
    assert table(walk.pulled(v, q)) == direct(walk, v, q)


@RELAXED
@given(feature_walks(weight_decay="1/9"), st.integers(2, 3), st.booleans())
def test_minibatches_by_the_closed_form(walk: MatrixWalk, batch: int, replacement: bool) -> None:
    assert walk.data is not None and walk.data.counts is not None
    batch = min(batch, sum(walk.data.counts))
    many = MatrixWalk.from_data(
        walk.data, eta=walk.eta, weight_decay=walk.weight_decay, batch=batch, replacement=replacement
    )
    whole = many.expanded()
    assert sum(whole.weights) == 1
    q = fmpz_mat([[int(i == j) * 2 + 1 for j in range(many.dimension)] for i in range(many.dimension)])
    assert many.second_moment(q).minus(whole.second_moment(q)) == fmpz_mat(many.dimension, many.dimension)


@RELAXED
@given(feature_walks())
def test_residual_coordinates_have_the_same_exponents(walk: MatrixWalk) -> None:
    assert walk.data is not None
    gram = MatrixWalk.from_gram(
        [[Fraction(int(v), walk.data.gram[1]) for v in row] for row in walk.data.gram[0].tolist()],
        eta=walk.eta,
        counts=walk.data.counts,
    )
    assert gram.dimension == walk.data.rank() == walk.dimension
    assert radius(gram) == pytest.approx(radius(walk), rel=1e-6, abs=1e-6)
    dets = [sorted(np.linalg.det(steps_of(w)[0])) for w in (gram, walk)]
    assert np.allclose(*dets)


def test_equal_samples_merge() -> None:
    walk = MatrixWalk.from_features([[1, 2], [-1, -2], [0, 1]], eta="0.1")
    assert walk.size == 2 and walk.weights == (Fraction(2, 3), Fraction(1, 3))


def test_momentum() -> None:
    heavy = MatrixWalk.heavy_ball([1, "1.3"], "1.2", "0.9", weight_decay="0.1")
    assert heavy.matrices[1] == (
        (Fraction("0.9") + Fraction("0.9") - Fraction("1.2") * Fraction("1.69"), Fraction("-0.81")),
        (1, 0),
    )
    nesterov = MatrixWalk.nesterov([1, "1.3"], "1.2", "1/2")
    z = 1 - Fraction("1.2")
    assert nesterov.matrices[0] == ((Fraction(3, 2) * z, -z / 2), (1, 0))
    plain = MatrixWalk.heavy_ball([1, "1.3"], "1.2", 0)
    assert [m[0][0] for m in plain.matrices] == [1 - Fraction("1.2"), 1 - Fraction("1.2") * Fraction("1.69")]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: MatrixWalk.from_features(TWO, eta=0), "eta"),
        (lambda: MatrixWalk.from_features(TWO, eta=None), "eta"),
        (lambda: MatrixWalk.from_features(TWO, eta=float("nan")), "eta"),
        (lambda: MatrixWalk.from_features([[0, 0]], eta=1), "features"),
        (lambda: MatrixWalk.from_features([[1, 2], [3]], eta=1), "features"),
        (lambda: MatrixWalk.from_features(5, eta=1), "features"),
        (lambda: MatrixWalk.from_features("x", eta=1), "features"),
        (lambda: MatrixWalk.from_features([["x"]], eta=1), "features"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, p=[1, 2, 3]), "p"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, p=["1/2", "1/2"]), "p"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, counts=[0, 1, 1]), "counts"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, weight_decay=-1), "weight_decay"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, batch=0), "batch"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, batch=4, replacement=False), "batch"),
        (lambda: MatrixWalk.from_features(TWO, eta=1, p=["1/3"] * 3, replacement=False), "replacement"),
        (lambda: MatrixWalk.from_gram([[1, 2], [1, 1]], eta=1), r"symmetric.*\(2, 1\)"),
        (lambda: MatrixWalk.from_gram([[1, 2], [2, 1]], eta=1), "minor of samples 1, 2"),
        (lambda: MatrixWalk.from_gram([[1, 0], [0, -1]], eta=1), r"entry \(2, 2\) is -1"),
        (
            lambda: MatrixWalk.from_gram([[2, -1, -1], [-1, 2, "-1.5"], [-1, "-1.5", 2]], eta=1),
            "first 3 samples",
        ),
        (lambda: MatrixWalk.from_gram([[1, 2, 3]], eta=1), "square"),
        (lambda: MatrixWalk.heavy_ball([1, 2], 1, 1), "beta"),
        (lambda: MatrixWalk.heavy_ball([1, 2], 0, "0.5"), "curvature"),
        (lambda: MatrixWalk.from_matrices([[[1, 2]]], [1]), "matrices"),
        (lambda: MatrixWalk.from_matrices([[[1]]], ["1/2"]), "p"),
    ],
)
def test_bad_input(make: Any, named: str) -> None:
    with pytest.raises(InputError, match=named) as error:
        make()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "eta", [1.42, "1.42", Fraction(71, 50), Decimal("1.42"), np.float64(1.42), np.int64(1), 1]
)
def test_numbers_of_every_kind(eta: Any) -> None:
    assert MatrixWalk.from_features(TWO, eta=eta, weight_decay=eta).eta > 0


def test_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,count\n1,0.5,2\n0,2,1\n")
    data = load_vectors(tmp_path / "a.csv")
    assert data.rows == ((1, Fraction(1, 2)), (0, 2)) and data.counts == (2, 1) and data.name == "a"
    np.save(tmp_path / "k.npy", np.eye(3))
    assert load_vectors(tmp_path / "k.npy", kind="gram").diagonal == (1, 1, 1)
    np.savez(tmp_path / "z.npz", features=np.eye(2), p=np.array([0.25, 0.75]))
    assert load_vectors(tmp_path / "z.npz").p == (Fraction(1, 4), Fraction(3, 4))
    for name, text in [("b.csv", "a\n"), ("c.csv", "a,b\n1\n"), ("d.csv", "a\nx\n"), ("e.txt", "1")]:
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=name):
            load_vectors(tmp_path / name)
    with pytest.raises(InputError, match="missing"):
        load_vectors(tmp_path / "missing.csv")


def test_components() -> None:
    data = VectorData.from_features([[1, 0, 0], [0, 1, 1], [2, 0, 0], [0, 0, 0], [0, 0, 1]])
    assert data.components == ((0, 2), (1, 4))
    assert [data.rank(part) for part in data.components] == [1, 2]


def test_kept_apart() -> None:
    walk = MatrixWalk.from_features(TWO, eta="0.3")
    assert walk.rank_one is not None
    for other in (pickle.loads(pickle.dumps(walk)), copy.deepcopy(walk)):
        assert other == walk and other.size == 3
    assert walk.with_eta("0.4").heading()["eta"] == "0.4"
    assert MatrixWalk.from_features([[1]], eta=1).data != walk.data
