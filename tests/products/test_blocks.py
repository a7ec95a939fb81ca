"""Kernels of all outputs: the steps are those of gradients by hand, stability is that of the blocks."""

import copy
import json
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalysis import (
    EmpiricalKernel,
    InputError,
    KernelMeta,
    block_kernel,
    mean_square,
    product_exponent,
)


def jacobian(samples: int, outputs: int, parameters: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(-8, 9, (samples, outputs, parameters)) / 8


def kernel_of(J: np.ndarray[Any, Any], loss: str = "half mean", **weights: Any) -> EmpiricalKernel:
    return EmpiricalKernel(np.einsum("iad,jbd->iajb", J, J), KernelMeta("net", loss, "all"), **weights)


@pytest.mark.parametrize(("samples", "outputs", "parameters"), [(3, 2, 9), (4, 3, 5), (2, 1, 2), (3, 2, 1)])
def test_a_step_on_residuals_is_that_of_the_parameters(samples: int, outputs: int, parameters: int) -> None:
    """Also where K is singular: the pivot residuals move as J e does."""
    J = jacobian(samples, outputs, parameters)
    rows, eta = J.reshape(-1, parameters), 0.25
    found = block_kernel(kernel_of(J))
    walk = found.walk(Fraction(1, 4))
    chosen = _pivots(rows @ rows.T)
    assert walk.dimension == len(chosen)
    e = np.random.default_rng(1).normal(size=parameters)
    for i, step in enumerate(walk.in_doubles()[0]):
        after = e - eta * J[i].T @ (J[i] @ e)
        assert np.allclose(step @ (rows[chosen] @ e), rows[chosen] @ after)


def test_outputs_that_are_equal_count_each_time() -> None:
    """Rows that agree (or are opposite) are one step of the rows, not one output."""
    J = jacobian(3, 2, 8)
    J[0, 1], J[2, 0] = -J[0, 0], J[1, 1]
    rows, chosen = J.reshape(-1, 8), _pivots(J.reshape(-1, 8) @ J.reshape(-1, 8).T)
    e = np.random.default_rng(1).normal(size=8)
    for i, step in enumerate(block_kernel(kernel_of(J)).walk("0.25").in_doubles()[0]):
        after = e - J[i].T @ (J[i] @ e) / 4
        assert np.allclose(step @ (rows[chosen] @ e), rows[chosen] @ after)


def _pivots(gram: np.ndarray[Any, Any]) -> list[int]:
    chosen: list[int] = []
    for j in range(len(gram)):
        if np.linalg.matrix_rank(gram[:, [*chosen, j]]) > len(chosen):
            chosen.append(j)
    return chosen


@pytest.mark.parametrize("seed", range(4))
def test_stable_up_to_the_top_eigenvalue_of_the_blocks(seed: int) -> None:
    J = jacobian(5, 3, 20, seed)
    found = block_kernel(kernel_of(J))
    true = 2 / max(np.linalg.eigvalsh(b @ b.T)[-1] for b in J)
    assert found.stable_up_to.lower <= true * (1 + 1e-12)
    assert found.stable_up_to.upper >= true * (1 - 1e-12)
    assert float(found.stable_up_to.width) < 1e-9


def test_the_mean_square_by_listed_matrices() -> None:
    J = jacobian(3, 2, 6, 3)
    counts = (1, 2, 1)
    found = block_kernel(kernel_of(J, counts=counts))
    eta = float(found.stable_up_to) * 1.3
    answer = mean_square(found.walk(eta))
    eye = np.eye(6)
    moment = sum(n / 4 * np.kron(A, A) for n, A in zip(counts, (eye - eta * b.T @ b for b in J), strict=True))
    radius = max(abs(np.linalg.eigvals(moment)))
    assert answer.radius is not None
    assert float(answer.radius.lower) <= radius * (1 + 1e-9) and float(answer.radius.upper) >= radius * (
        1 - 1e-9
    )
    exponent = product_exponent(found.walk(eta * 3))
    assert exponent.verdict.value in ("proved", "undecided")


def test_the_mean_over_outputs_of_the_loss() -> None:
    """torch's MSELoss is the mean over samples and outputs."""
    J = jacobian(3, 2, 7)
    plain, mean = block_kernel(kernel_of(J)), block_kernel(kernel_of(J, "mean"))
    assert plain.data.rows == mean.data.rows  # 2 over 2 outputs
    five = jacobian(2, 5, 11)
    ratio = (
        block_kernel(kernel_of(five, "mean")).data.diagonal[0]
        / block_kernel(kernel_of(five)).data.diagonal[0]
    )
    assert ratio == Fraction(2, 5)


def test_files_and_what_is_refused(tmp_path: Path) -> None:
    J = jacobian(3, 2, 7)
    kernel_of(J).save(tmp_path / "all.npz")
    found = block_kernel(tmp_path / "all.npz")
    assert found == block_kernel(kernel_of(J)) == pickle.loads(pickle.dumps(found)) == copy.deepcopy(found)
    document = found.to_json()
    assert json.dumps(document) and document["kernel"]["meta"]["outputs"] == "all" and "\n" not in repr(found)
    assert float(found) > 0
    for wrong in (EmpiricalKernel(np.eye(2)), None, 3, object()):
        with pytest.raises(InputError, match="kernel: expected one of all outputs"):
            block_kernel(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at most 500 samples times outputs"):
        block_kernel(kernel_of(jacobian(101, 5, 2)))
    with pytest.raises(InputError, match="at most 48 samples times outputs"):
        block_kernel(kernel_of(jacobian(25, 2, 3))).walk(1)
    for eta in (None, 0, "x", float("nan")):
        with pytest.raises(InputError, match="eta"):
            found.walk(eta)
