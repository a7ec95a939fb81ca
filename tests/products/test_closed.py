"""Closed forms (V20) against the exact mean square, the scalar formula, and broken hypotheses; the axis of kernels."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.kernels import mean_square_edge, rounded_kernel, spectral_radius, tanh_like

from catalysis import LargeKernel, VectorData, advise_kernel
from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.errors import InputError
from catalysis.products.closed import BatchStep, ClosedUpper, closed_lower, closed_spike, closed_upper, spread
from catalysis.products.kernel_axis import KernelAdvice
from catalysis.products.kernel_origin import KernelMeta, KernelOrigin
from catalysis.products.kernel_sums import kernel_sums

HALF = Fraction(1, 2)


def _radius(features: np.ndarray, p: np.ndarray, batch: int, beta: float, eta: float) -> float:
    """Of E A (x) A for all ordered batches with replacement: no formula of this room."""
    d = features.shape[1]
    unit, mean = np.eye(d), np.zeros((4 * d * d, 4 * d * d))
    for chosen in product(range(len(p)), repeat=batch):
        h = sum(np.outer(features[i], features[i]) for i in chosen) / batch
        a = np.block([[(1 + beta) * unit - eta * h, -beta * unit], [unit, np.zeros((d, d))]])
        mean += np.prod([p[i] for i in chosen]) * np.kron(a, a)
    return float(np.abs(np.linalg.eigvals(mean)).max())


@st.composite
def cases(draw: st.DrawFn) -> tuple[VectorData, BatchStep, int]:
    entry = st.integers(-9, 9)
    rows = draw(st.lists(st.tuples(entry, entry), min_size=2, max_size=4))
    rows.append((draw(st.integers(1, 9)), 0))
    rows.append((0, draw(st.integers(1, 9))))
    counts = draw(st.lists(st.integers(1, 4), min_size=len(rows), max_size=len(rows)))
    beta = draw(st.sampled_from([Fraction(0), HALF, Fraction(9, 10)]))
    batch = draw(st.sampled_from([1, 2]))
    return VectorData.from_features(rows, counts=counts), BatchStep(beta, Fraction(1, batch)), batch


@settings(max_examples=25, deadline=None)
@given(cases())
def test_the_bracket_holds_the_exact_mean_square(case: tuple[VectorData, BatchStep, int]) -> None:
    data, step, batch = case
    sums = kernel_sums(data)
    below, above = closed_upper(sums, step), closed_lower(sums, step)
    assert below.holds(sums) and above.holds(sums)
    assert below.eta <= above.eta
    x, p = np.array([[float(v) for v in row] for row in data.rows]), np.array([float(v) for v in data.p])
    for part in (1, 0.7, 0.2):
        assert _radius(x, p, batch, float(step.momentum), float(below.eta) * part) <= 1 + 1e-7
    for part in (1, 1.5):
        assert _radius(x, p, batch, float(step.momentum), float(above.eta) * part) >= 1 - 1e-7


@settings(max_examples=20, deadline=None)
@given(cases(), st.integers(1, 30))
def test_v_grows_at_most_by_rho(case: tuple[VectorData, BatchStep, int], part: int) -> None:
    """E V(A z) <= rho V(z) and the norms of V20d, for the Q of the proof, in doubles."""
    data, step, batch = case
    sums = kernel_sums(data)
    eta = 2 * (1 + step.momentum) / sums.top.upper * Fraction(part, 31)
    spike = closed_spike(sums, step, eta)
    assert spike is not None
    x, p = np.array([[float(v) for v in row] for row in data.rows]), np.array([float(v) for v in data.p])
    beta, rate, kappa, top = float(step.momentum), float(eta), float(step.kappa), float(sums.top.upper)
    sigma = (x.T * p) @ x
    values, vectors = np.linalg.eigh(sigma)
    m = 1 + beta - rate * values
    by = kappa * rate / (2 * (1 - beta) - rate * values * ((1 - beta) / (1 + beta) - kappa))
    blocks = [(vectors * v) @ vectors.T for v in (by, -beta * m * by / (1 + beta), beta**2 * by)]
    q = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    unit, zero, mean = np.eye(2), np.zeros((2, 2)), np.zeros((4, 4))
    for chosen in product(range(len(p)), repeat=batch):
        h = sum(np.outer(x[i], x[i]) for i in chosen) / batch
        a = np.block([[(1 + beta) * unit - rate * h, -beta * unit], [unit, zero]])
        mean += np.prod([p[i] for i in chosen]) * a.T @ q @ a
    if beta:
        assert np.linalg.eigvalsh(float(spike.rate) * q - mean).min() > -1e-9
        start = np.vstack([unit, unit])
        most = np.linalg.eigvalsh(start.T @ q @ start).max()
        inner = blocks[0] - blocks[1] @ np.linalg.pinv(blocks[2]) @ blocks[1]
        held = np.linalg.eigvals(np.linalg.solve(sigma, inner)).real.min()
        assert most / (held * top) <= float(spike.constant) * (1 + 1e-6)
    else:
        assert np.linalg.eigvalsh(float(spike.rate) * blocks[0] - mean[:2, :2]).min() > -1e-9
        assert by.max() / by.min() <= float(spike.constant) * (1 + 1e-9)


@pytest.mark.parametrize("size", ["1e-300", "1", "1e300"])
def test_kernels_of_any_size(size: str) -> None:
    rows = [[2 * Fraction(size), Fraction(size)], [Fraction(size), Fraction(size)]]
    found = advise_kernel(VectorData.from_gram(rows), momentum=HALF, batch_size=4, factor=2, sharp=False)
    low, high = (v * Fraction(size) for v in found.mean_square)
    assert Fraction("0.7") < low < high < Fraction("2.3") and found.spike is not None


def test_the_mean_of_residuals_may_vanish() -> None:
    """Ones lie in the kernel of K, and the direction of the mean step is found all the same."""
    sums = kernel_sums(VectorData.from_features([[0, 0], [-1, -1], [1, 0], [0, 1]]))
    assert Fraction("0.7499") < sums.top.lower <= sums.top.upper and sums.top.lower <= Fraction(3, 4)


@pytest.mark.parametrize("beta", ["0", "1/2", "9/10"])
def test_one_sample_is_exact(beta: str) -> None:
    """Both ends meet at 2 (1 + beta)/K, where gradient descent with momentum becomes unstable."""
    found = advise_kernel(VectorData.from_gram([[3]]), momentum=beta, batch_size=4, sharp=False)
    low, high = found.mean_square
    edge = 2 * (1 + Fraction(beta)) / 3
    assert low <= edge <= high and (high - low) < edge / 10**8


def test_the_scalar_closed_form_lies_inside() -> None:
    """eta_ms lambda = 2 (1 - beta) E x/(Var x + (1 - beta)/(1 + beta) (E x)^2), x = 1 and 1.21."""
    gram = VectorData.from_gram([[1, Fraction(11, 10)], [Fraction(11, 10), Fraction(121, 100)]])
    x = (Fraction(1), Fraction(121, 100))
    mean = sum(x) / 2
    variance = sum(v * v for v in x) / 2 - mean**2
    for beta in (Fraction(0), HALF, Fraction(9, 10)):
        exact = 2 * (1 - beta) * mean / (variance + (1 - beta) / (1 + beta) * mean**2)
        low, high = advise_kernel(gram, momentum=beta, sharp=False).mean_square
        assert low <= exact <= high


@cache
def _kernel(samples: int = 24) -> VectorData:
    return rounded_kernel(tanh_like(samples), name=f"tanh {samples}")


@pytest.mark.parametrize(("batch", "beta"), [(1, 0.0), (8, 0.0), (8, 0.9), (32, 0.9)])
def test_kernels_like_those_of_networks(batch: int, beta: float) -> None:
    found = advise_kernel(_kernel(), batch_size=batch, momentum=str(beta), sharp=False)
    low, high = (float(v) for v in found.mean_square)
    matrix, p = tanh_like(24), np.full(24, 1 / 24)
    exact = mean_square_edge(matrix, p, 1 / batch, beta, low * 0.99, high * 1.01)
    assert low <= exact <= high and high < 1.4 * low
    assert spectral_radius(matrix, p, 1 / batch, beta, 1e3) == np.inf


def test_exact_forms_are_taken_where_they_are_quick() -> None:
    found = advise_kernel(_kernel(), batch_size=8, replacement=False)
    assert found.lemmas == ("V5", "V5") and found.quadratic is not None
    assert found.below.eta <= found.mean_square[0] <= found.mean_square[1] <= found.above.eta
    assert [piece.regime for piece in found.regimes] == ["stable", "deflationary or stable", "undecided"]


def test_a_false_top_eigenvalue_or_a_larger_rate_proves_nothing() -> None:
    sums, step = kernel_sums(_kernel()), BatchStep(HALF, Fraction(1, 8))
    good = closed_upper(sums, step)
    assert not ClosedUpper(good.eta, step, good.sigma / 2, good.vector).holds(sums)
    assert not ClosedUpper(good.eta * Fraction(1001, 1000), step, good.sigma, good.vector).holds(sums)
    assert (
        spread(sums, step, 100 / sums.top.upper) == 2
        and closed_spike(sums, step, 100 / sums.top.upper) is None
    )
    lower = closed_lower(sums, step)
    assert not ClosedUpper(lower.eta, step, good.sigma, good.vector).holds(sums)


@cache
def _sharp() -> KernelAdvice:
    return advise_kernel(_kernel(), factor=10)


def test_regimes_follow_each_other() -> None:
    found = advise_kernel(_kernel(), sharp=False)
    assert [piece.regime for piece in found.regimes] == ["stable", "undecided", "inflationary"]
    assert [piece.end for piece in found.regimes[:-1]] == [piece.start for piece in found.regimes[1:]]
    sharp = _sharp()
    ends = [piece.end for piece in sharp.regimes]
    rates = (Fraction(1), ends[0], Fraction("2.3"), ends[1], Fraction("2.4"), Fraction(3))
    at = [replace(sharp, eta=eta).regime for eta in rates]
    assert at == ["stable", "stable", "deflationary", "undecided", "undecided", "inflationary"]


def test_spikes_within_steps_and_for_all_times() -> None:
    found = advise_kernel(_kernel(), batch_size=8, factor=10, eta=4, sharp=False)
    assert found.spike is not None and found.spike.bound.rate == 1
    assert found.spike.upper == found.spike.bound.constant / 100
    assert found.spike.below_too and found.fields()["spike"]["smaller_eta_too"]
    late = advise_kernel(_kernel(), batch_size=8, factor=10, eta="9.2", steps=4, sharp=False)
    assert late.spike is not None and late.spike.bound.rate > 1
    assert late.spike.upper >= late.spike.bound.constant * late.spike.bound.rate**4 / 100
    ever = advise_kernel(_kernel(), batch_size=8, factor=10, eta="9.2", sharp=False)
    assert ever.spike is not None and ever.spike.upper == 1
    long = advise_kernel(_kernel(), batch_size=8, factor=10, eta="9.2", steps=10**9, sharp=False)
    assert long.spike is not None and long.spike.upper == 1
    assert not ever.spike.below_too
    heavy = advise_kernel(_kernel(), batch_size=8, momentum="0.9", factor=10, sharp=False)
    lower = advise_kernel(_kernel(), batch_size=8, momentum="0.9", factor=10, eta="0.01", sharp=False)
    assert heavy.spike is not None and lower.spike is not None and not heavy.spike.below_too
    assert lower.spike.upper > heavy.spike.upper  # with momentum it does not hold below
    assert (
        heavy.spike is not None and "mean loss" in heavy.spike.event and heavy.spike.upper < Fraction(1, 50)
    )
    assert advise_kernel(_kernel(), factor=10, eta=1000, sharp=False).spike is None


def _large(samples: int = 30) -> LargeKernel:
    units = np.rint(np.ldexp(tanh_like(samples), 30)).astype(np.int64)
    units = np.triu(units) + np.triu(units, 1).T
    origin = KernelOrigin(KernelMeta(), 1, Fraction(1, 2**30), Fraction(0), "assumed", None, 0.0)
    p = tuple(Fraction(1, samples) for _ in range(samples))
    return LargeKernel("large", units, Fraction(1, 2**30), p, (1,) * samples, origin)


def test_large_kernels_agree_with_exact_data() -> None:
    """Sums in 64 bits, and in Python's integers."""
    large = _large()
    rows = [[int(v) * large.unit for v in row] for row in large.units]
    assert kernel_sums(large) == kernel_sums(VectorData.from_gram(rows))
    found = advise_kernel(large, batch_size=8, momentum="0.5", factor=5)
    assert found.quadratic is None and found.inflationary == () and found.spike is not None


@pytest.mark.parametrize("found", ["axis", "heavy", "large"])
def test_results_keep_the_contract(found: str) -> None:
    made: KernelAdvice = {
        "axis": _sharp,
        "heavy": lambda: advise_kernel(_kernel(), momentum=HALF, batch_size=4, factor=10, steps=9, eta=1),
        "large": lambda: advise_kernel(_large(), batch_size=4, eta=100),
    }[found]()
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)
    assert "\n" not in repr(made) and "mean_square" in str(made)
    document = made.to_json()
    assert json.loads(json.dumps(document))["result"] == "KernelAdvice" or document
    fields = made.fields()
    assert fields["rests_on"] == RESTS_ON
    assert ("reason" in fields) == (fields["verdict"] == "undecided") == (found == "large")
    low, high = made.mean_square
    assert low <= Fraction(float(made)) <= high


BAD: dict[str, list[dict[str, Any]]] = {
    "momentum": [{"momentum": v} for v in (None, "x", [], float("nan"), float("inf"), True, object(), 1, -1)],
    "batch_size": [{"batch_size": v} for v in (None, "x", [], 1.5, True, object(), 0)],
    "weight_decay": [{"weight_decay": v} for v in ("x", [], True, object(), 1)],
    "eta": [{"eta": v} for v in ("x", [], float("nan"), True, object(), 0)],
    "factor": [{"factor": v} for v in ("x", [], float("inf"), True, object(), 1)],
    "steps": [{"steps": 3}, {"factor": 2, "steps": 0}, {"factor": 2, "steps": "x"}],
    "replacement": [{"replacement": 1, "batch_size": 2}],
}


@pytest.mark.parametrize(("name", "given"), [(k, v) for k, values in BAD.items() for v in values])
def test_bad_arguments_are_named(name: str, given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=name):
        advise_kernel(_kernel(3), sharp=False, **given)


def test_batches_that_are_all_samples_or_have_no_counts_are_refused() -> None:
    with pytest.raises(InputError, match="batch_size: expected a number below 3"):
        advise_kernel(_kernel(3), batch_size=3, replacement=False)
    weighted = VectorData.from_gram([[1, 0], [0, 1]], p=["1/3", "2/3"])
    with pytest.raises(InputError, match="replacement"):
        advise_kernel(weighted, batch_size=2, replacement=False)


def test_numbers_of_all_kinds_are_accepted(tmp_path: Path) -> None:
    want = advise_kernel(_kernel(3), momentum=HALF, factor=2, sharp=False)
    for half, two in ((0.5, 2), ("0.5", "2"), (Decimal("0.5"), 2.0), (np.float64(0.5), np.int64(2))):
        assert advise_kernel(_kernel(3), momentum=half, factor=two, sharp=False) == want
    np.savez(tmp_path / "k.npz", gram=tanh_like(3))
    assert advise_kernel(tmp_path / "k.npz", batch_size=np.int64(2)).optimizer.batch_size == 2
