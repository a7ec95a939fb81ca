"""Kernels of PyTorch models, against gradients by hand and by differences. Run with `-m torch`."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalysis import EmpiricalKernel, InputError, LargeKernel, VectorData, load_kernel

torch = pytest.importorskip("torch")
from catalysis.torch import empirical_kernel  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn
RNG = np.random.default_rng(3)
X = RNG.normal(size=(7, 4))


def network(*outputs: int, hidden: int = 6, bias: bool = True, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    last = outputs[0] if outputs else 1
    return nn.Sequential(nn.Linear(4, hidden, bias=bias), nn.Tanh(), nn.Linear(hidden, last, bias=bias))


class TwoLayers(nn.Module):  # type: ignore[misc, name-defined]
    """The derivation's linear network: f = n^-1/2 sum_i v_i u_i s."""

    def __init__(self, n: int) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.u = nn.Parameter(torch.randn(n, dtype=torch.float64))
        self.v = nn.Parameter(torch.randn(n, dtype=torch.float64))

    def forward(self, s: Any) -> Any:
        return (self.v * self.u).sum() * s / len(self.u) ** 0.5


def test_the_derivation_by_hand() -> None:
    """K_ij = lambda s_i s_j with lambda = (|u|^2 + |v|^2)/n."""
    model, s = TwoLayers(5), np.array([[0.5], [-1.25], [2.0]])
    level = float((model.u**2 + model.v**2).sum().detach() / 5)
    assert np.allclose(empirical_kernel(model, s).table, level * s @ s.T, rtol=1e-14)


def by_differences(model: Any, X: Any, read: Any) -> Any:
    model = model.double()
    rows, h = [], 1e-6
    x = torch.as_tensor(X, dtype=torch.float64)
    with torch.no_grad():
        for tensor in (t for t in model.parameters() if t.requires_grad):
            flat = tensor.data.view(-1)
            for k in range(len(flat)):
                old = float(flat[k])
                flat[k] = old + h
                up = read(model(x)).clone()
                flat[k] = old - h
                rows.append(((up - read(model(x))) / (2 * h)).numpy())
                flat[k] = old
    jacobian = np.array(rows)
    return jacobian.T @ jacobian


@pytest.mark.parametrize(
    ("outputs", "read"),
    [
        ("sum", lambda y: y.sum(1)),
        (0, lambda y: y[:, 0]),
        (2, lambda y: y[:, 2]),
        ("all", lambda y: y.reshape(-1)),
    ],
)
def test_a_tanh_network_by_differences(outputs: Any, read: Any) -> None:
    kernel = empirical_kernel(network(3), X, outputs=outputs)
    assert np.allclose(kernel.gram, by_differences(network(3), X, read), atol=1e-7)
    assert np.array_equal(kernel.gram, kernel.gram.T)
    if outputs == "all":
        assert kernel.table.shape == (7, 3, 7, 3)
        one = empirical_kernel(network(3), X, outputs=1)
        assert np.allclose(kernel.reduced(1).table, one.table, rtol=1e-12)
        total = empirical_kernel(network(3), X, outputs="sum")
        assert np.allclose(kernel.reduced("sum").table, total.table, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("options", [{"batch": 1}, {"batch": 3}, {"batch": 100}, {"memory": 10**6}])
def test_blocks_agree_with_one_shot(options: dict[str, int]) -> None:
    model = network(2, hidden=4000)
    whole = empirical_kernel(model, X, outputs="all")
    assert np.allclose(empirical_kernel(model, X, outputs="all", **options).table, whole.table, rtol=1e-11)


def test_blocks_of_parameters_cut_tensors() -> None:
    from catalysis.torch.kernel import Work

    work = Work.of(network(hidden=4000), torch.as_tensor(X), "float64", 10**6)
    blocks = list(work.blocks())
    assert len(blocks) > 1 and any(len({b[0][0] for b in pair}) == 1 for pair in itertools.pairwise(blocks))
    assert sum(stop - start for block in blocks for _, start, stop in block) == work.count
    sizes = [sum(stop - start for _, start, stop in block) for block in blocks]
    assert max(sizes) * 8 * 7 <= 10**6


def test_what_it_was_computed_from(tmp_path: Path) -> None:
    model = network(bias=False)
    model[0].weight.requires_grad_(False)
    kernel = empirical_kernel(
        model, X, name="tanh", width=np.int64(6), step=4.0, counts=[1, 1, 2, 1, 1, 1, 1]
    )
    assert (kernel.meta.parameters, kernel.meta.frozen) == (6, 24)
    assert np.allclose(kernel.table, by_differences(model, X, lambda y: y[:, 0]), atol=1e-7)
    kernel.save(tmp_path / "k.npz")
    data = load_kernel(tmp_path / "k.npz")
    assert isinstance(data, VectorData) and data.name == "tanh" and data.origin is not None
    assert data.counts == (1, 1, 2, 1, 1, 1, 1)
    assert "width 6, step 4, 6 parameters, 24 frozen ones left out" in data.origin.lines()[0]
    same = empirical_kernel(network(), X).meta.digest
    assert same == empirical_kernel(network(), X).meta.digest
    assert same != empirical_kernel(network(seed=1), X).meta.digest


def test_in_single_precision_and_with_other_modules() -> None:
    fine = empirical_kernel(network(), X)
    rough = empirical_kernel(network(), X, dtype="float32")
    assert rough.meta.dtype == "float32" and np.allclose(fine.table, rough.table, rtol=1e-4, atol=1e-4)
    assert rough.data() != fine.data()
    torch.manual_seed(0)
    images = torch.randn(5, 1, 8, 8)
    convolution = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(1)
    )
    convolution(images)
    assert isinstance(empirical_kernel(convolution.eval(), images).data(), VectorData)
    tokens = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 1))
    assert empirical_kernel(tokens, torch.randint(0, 10, (5, 3))).samples == 5


def test_tied_parameters_count_once() -> None:
    class Tied(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.a = nn.Linear(4, 4, bias=False)
            self.b = nn.Linear(4, 4, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x: Any) -> Any:
            return self.b(torch.tanh(self.a(x))).sum(1)

    kernel = empirical_kernel(Tied(), X)
    assert kernel.meta.parameters == 16
    assert np.allclose(kernel.table, by_differences(Tied(), X, lambda y: y), atol=1e-7)


def test_many_samples_become_a_large_kernel() -> None:
    found = empirical_kernel(network(), RNG.normal(size=(510, 4))).data()
    assert isinstance(found, LargeKernel) and found.origin.definite == "assumed"


class Bad(nn.Module):  # type: ignore[misc, name-defined]
    """A function of one parameter, the wrong way."""

    def __init__(self, wrong: Any) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(4))
        self.wrong = wrong

    def forward(self, x: Any) -> Any:
        return self.wrong(self.w, x)


@pytest.mark.parametrize(
    ("model", "data", "options", "words"),
    [
        (network(3), X, {}, r"outputs: the model has 3: expected 'sum', an index from 0 to 2, or 'all'"),
        (network(3), X, {"outputs": 3}, "outputs: expected an integer from 0 to 2"),
        (network(3), X, {"outputs": "x"}, "outputs"),
        (network(), X[:0], {}, "X: expected at least one sample"),
        (network(), None, {}, "X: expected an array"),
        (network(), X * np.nan, {}, "X: expected finite"),
        (network(), torch.as_tensor(X).half(), {}, "X: expected single or double"),
        (network(), X[:, :3], {}, "model: torch could not compute it"),
        (network().half(), X, {}, "model: expected single or double precision, 0.weight"),
        (network().bfloat16(), X, {}, "model: expected single or double precision"),
        (nn.Sequential(network(), nn.Dropout(0.5)), X, {}, "dropout in training mode"),
        (nn.Sequential(nn.BatchNorm1d(4), network()), X, {}, "batch norm in training mode"),
        (nn.Sequential(nn.BatchNorm1d(4, track_running_stats=False), network()), X, {}, "by its batch"),
        (network().requires_grad_(False), X, {}, "model: expected some parameter with requires_grad"),
        (nn.Tanh(), X, {}, "model: expected some parameter"),
        (nn.LazyLinear(1), X, {}, "model: weight has no shape yet"),
        (network(), {"a": X}, {}, "X: expected an array"),
        (network(), "x", {}, "X: expected an array"),
        (network(), X, {"width": "wide"}, "width"),
        (network(), X, {"p": [0.5] * 7}, "p: expected"),
        (print, X, {}, "model: expected a torch.nn.Module"),
        (network(), X, {"dtype": "float16"}, "dtype"),
        (network(), X, {"loss": "huber"}, "loss"),
        (network(), X, {"counts": [1]}, "counts: expected one for each of the 7 samples"),
        (network(), X, {"memory": 3}, "memory"),
        (network(), X, {"batch": 0}, "batch"),
        (Bad(lambda w, x: (x @ w) * 0), X, {}, "gradients: sample 1 has gradient 0"),
        (Bad(lambda w, x: ((x @ w) * 0).sqrt()), X, {}, "gradients: sample 1: not finite, in parameter w"),
        (Bad(lambda w, x: torch.nn.functional.dropout(x * w).sum(1)), X, {}, "model: torch could not"),
        (Bad(lambda w, x: (x @ w).sum()), X, {}, "model: expected a tensor of outputs"),
        (Bad(lambda w, x: 3), X, {}, "model: expected a tensor of outputs"),
    ],
)
def test_bad_input(model: Any, data: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        empirical_kernel(model, data, **options)
    assert "\n" not in str(caught.value)


def test_parameters_that_are_not_finite() -> None:
    model = network()
    model[0].weight.data[0, 0] = float("nan")
    with pytest.raises(InputError, match=r"finite parameters, 0\.weight"):
        empirical_kernel(model, X)


def test_it_is_the_class_of_the_core() -> None:
    assert type(empirical_kernel(network(), X)) is EmpiricalKernel
