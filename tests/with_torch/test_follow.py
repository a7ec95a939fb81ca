"""Networks followed through training, against the simulator of the same network. Run with `-m torch`."""

import copy
import json
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalysis import InputError, Verdict
from catalysis.crosscheck.followed import FollowedRun, SnapshotRegime, Training
from catalysis.figures.followed import plot_followed
from catalysis.figures.saving import save_file
from catalysis.simulation.vector_network import VectorNetwork

torch = pytest.importorskip("torch")
from catalysis.torch import KernelMonitor, empirical_kernel, follow  # noqa: E402
from catalysis.torch.follow import top_eigenvalue  # noqa: E402
from catalysis.torch.kernel import Work  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn
INPUTS = np.random.default_rng(5).normal(size=(5, 6))
INPUTS *= 1.5 / np.linalg.norm(INPUTS, axis=1, keepdims=True)
ZEROS = np.zeros(5)


class Linear(nn.Module):  # type: ignore[misc, name-defined]
    """F(s) = n^-1/2 sum a_r w_r . s: the network that `simulate_network` carries by its Gram matrix."""

    def __init__(self, n: int = 40, size: float = 0.7) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.v = nn.Parameter(size * torch.randn(n, 7, dtype=torch.float64, generator=generator))

    def forward(self, x: Any) -> Any:
        return x @ (self.v[:, 1:].T @ self.v[:, 0]) / len(self.v) ** 0.5

    @property
    def gram(self) -> Any:
        v = self.v.detach().numpy()
        return v.T @ v / len(v)


@pytest.fixture(scope="module")
def inflationary() -> FollowedRun:
    """From a start with eta max K_ii = 3, single samples."""
    model = Linear(400)
    largest = empirical_kernel(model, INPUTS).diagonal.max()
    with torch.no_grad():
        model.v[:, 0] -= model.v[:, 1:] @ torch.linalg.lstsq(model.v[:, 1:], model.v[:, :1]).solution[:, 0]
        model.v[:, 0] += 1e-6
    return follow(model, INPUTS, ZEROS, eta=3 / largest, steps=600, every=20, certify="kernel", seed=2)


@pytest.mark.parametrize("batch", [1, 3])
def test_against_the_simulator(batch: int) -> None:
    """Single samples as the Gram matrix of the simulator moves; batches of one sample thrice are the same."""
    model = Linear()
    eta, steps = 0.4, 60
    draws = np.random.default_rng(1).integers(5, size=steps)
    network = VectorNetwork(INPUTS, np.full(5, 0.2), eta, 40)
    gram, losses, largest = model.gram[None], [], []
    for i in range(steps + 1):
        losses.append(float(network.loss(gram)[0]))
        largest.append(float(network.largest(gram)[0]))
        if i < steps:
            gram = network.step(gram, INPUTS[draws[i : i + 1]])
    same = np.repeat(draws, batch).reshape(-1, batch)
    run = follow(model, INPUTS, ZEROS, eta=eta, steps=steps, every=1, batch=batch, draws=same, top=False)
    assert [s.step for s in run.snapshots] == list(range(steps + 1))
    assert np.allclose([s.loss for s in run.snapshots], losses, rtol=1e-9, atol=1e-14)
    assert np.allclose([s.largest for s in run.snapshots], largest, rtol=1e-9)
    assert np.allclose([value for _, value in run.losses], losses[1:], rtol=1e-9, atol=1e-14)


def test_momentum_is_heavy_ball() -> None:
    """Near interpolation: u' = u - eta K u + beta (u - u_before), with the kernel frozen."""
    model = Linear(size=1.0)
    with torch.no_grad():
        y = model(torch.as_tensor(INPUTS)).numpy()
        model.v += 1e-8 * torch.randn(model.v.shape, dtype=torch.float64)
    K = empirical_kernel(model, INPUTS).gram
    u = model(torch.as_tensor(INPUTS)).detach().numpy() - y
    draws = np.random.default_rng(2).integers(5, size=(30, 2))
    run = follow(
        model, INPUTS, y, eta="0.1", momentum="0.9", batch=2, steps=30, every=1, draws=draws, top=False
    )
    before = u
    for snapshot, picked in zip(run.snapshots[1:], draws, strict=True):
        u, before = u - 0.05 * K[:, picked] @ u[picked] + 0.9 * (u - before), u
        assert snapshot.loss == pytest.approx(float(np.mean(u**2) / 2), rel=1e-4, abs=0)
    assert all(s.regime.word is None for s in run.snapshots), "V1 and V2 are no lemmas on momentum"


def test_in_a_loop_of_the_user() -> None:
    model, y = Linear(), torch.zeros(5, dtype=torch.float64)
    twin, X = copy.deepcopy(model), torch.as_tensor(INPUTS)
    draws = np.random.default_rng(4).integers(5, size=(25, 2))
    monitor = KernelMonitor(model, X, y, eta=0.2, batch=2, every=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    for picked in draws:
        loss = (model(X[picked]) - y[picked]).square().mean() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        monitor(loss)
    run = monitor.result()
    assert [s.step for s in run.snapshots] == [0, 10, 20, 25] and len(run.losses) == 25
    other = follow(twin, X, y, eta=0.2, batch=2, steps=25, every=10, draws=draws)
    assert [s.diagonal for s in run.snapshots] == [s.diagonal for s in other.snapshots]
    assert run.snapshots[-1].loss == other.snapshots[-1].loss
    assert monitor.result() == run


@pytest.mark.parametrize(("loss", "scale"), [("mean", 2), ("half sum", 3), ("sum", 6)])
def test_conventions_of_the_loss(loss: str, scale: int) -> None:
    """Another convention with a learning rate to match is the same run, with the same eta max K_ii."""
    draws = np.random.default_rng(6).integers(5, size=(20, 3))
    options = {"batch": 3, "steps": 20, "draws": draws, "every": 10}
    plain = follow(Linear(), INPUTS, ZEROS, eta="0.3", **options)
    other = follow(Linear(), INPUTS, ZEROS, eta=Fraction(3, 10 * scale), loss=loss, **options)
    tops = [[float(run.training.eta) * (s.top or 0) for s in run.snapshots] for run in (plain, other)]
    assert tops[0] == pytest.approx(tops[1], rel=1e-9)
    assert [s.loss for s in plain.snapshots] == pytest.approx([s.loss for s in other.snapshots], rel=1e-9)
    loads = [[float(run.training.eta) * s.largest for s in run.snapshots] for run in (plain, other)]
    assert loads[0] == pytest.approx(loads[1], rel=1e-9)
    assert plain.snapshots[0].regime == other.snapshots[0].regime


def test_starts_inflationary_and_ends_below(inflationary: FollowedRun) -> None:
    run = inflationary
    first, last = run.snapshots[0], run.snapshots[-1]
    assert (
        first.regime.word == "inflationary"
        and first.regime.lemma == "V1"
        and first.regime.theta == ("0", "0")
    )
    (line,) = run.checks
    assert line.agree is True, line
    assert line.simulated == pytest.approx(float(run.training.eta) * last.largest)
    assert last.largest < first.largest and run.peak > 100 * first.loss


def test_contract(inflationary: FollowedRun, tmp_path: Path) -> None:
    run = inflationary
    assert run.verdict is Verdict.MEASURED and "\n" not in repr(run)
    assert pickle.loads(pickle.dumps(run)) == run and copy.deepcopy(run) == run
    document = json.loads(json.dumps(run.to_json()))
    assert document["result"] == "FollowedRun" and document["verdict"] == "measured"
    assert "frozen" in document["rests_on"] and document["checks"][0]["agree"] is True
    assert document["snapshots"][0]["regime"] == "inflationary"
    assert "snapshots" in str(run)
    save_file(plot_followed(run), tmp_path / "run.png")
    assert (tmp_path / "run.png").stat().st_size > 10_000


def test_regimes_of_a_kernel() -> None:
    """By the diagonal alone, and by the mean square where that decides more."""
    kernel = empirical_kernel(Linear(size=1.0), INPUTS)
    largest = kernel.diagonal.max()
    words = [SnapshotRegime.of_kernel(kernel, Training(Fraction(x / largest))).word for x in (1.9, 2.01, 5.0)]
    assert words == ["stable", "deflationary", "inflationary"]
    near = SnapshotRegime.of_diagonal(kernel.diagonal.tolist(), Training(Fraction(2.01 / largest)))
    assert near.word is None and near.drift == -1
    slow = Training(Fraction(0.05 / largest), 2, Fraction(1, 2))
    heavy = SnapshotRegime.of_kernel(kernel, slow)
    assert heavy.word in ("deflationary", "deflationary or stable") and heavy.theta[0] == "2"
    assert SnapshotRegime.of_diagonal(kernel.diagonal.tolist(), slow).word is None
    batch = Training(Fraction(3 / largest), 2)
    assert SnapshotRegime.of_diagonal(kernel.diagonal.tolist(), batch) == SnapshotRegime()
    fast = SnapshotRegime.of_kernel(kernel, Training(Fraction(20 / largest), 2, Fraction(1, 2)))
    assert fast.word is None and fast.theta == (None, "1")


def test_edges_of_the_diagonal() -> None:
    """eta K_ii = 2 exactly: stable, and G = 0 if nothing is smaller."""
    assert SnapshotRegime.of_diagonal([2.0, 2.0], Training(Fraction(1))).drift == 0
    assert SnapshotRegime.of_diagonal([2.0, 1.0], Training(Fraction(1))).drift == -1
    assert SnapshotRegime.of_diagonal([2.0], Training(Fraction(1))).word == "stable"
    assert SnapshotRegime.of_diagonal([2.0, 1.0], Training(Fraction(1), 2)).drift is None


def test_divergence_is_noted_and_ends_the_run(tmp_path: Path) -> None:
    run = follow(Linear(size=1.0), INPUTS, ZEROS, eta=40, steps=400, every=50, top=False)
    assert run.diverged_at is not None and run.steps == run.diverged_at < 400
    assert run.checks[0].agree is None and "diverged" in run.checks[0].note
    json.dumps(run.to_json(), allow_nan=False)
    save_file(plot_followed(run), tmp_path / "run.png")


def test_a_stable_start_and_a_subset() -> None:
    run = follow(Linear(), INPUTS, ZEROS, eta=0.05, steps=300, samples=3, top=False, outputs="sum")
    assert (run.samples, run.available) == (3, 5) and run.snapshots[0].top is None
    assert run.snapshots[0].regime.word == "stable" and run.checks[0].agree is True
    assert follow(Linear(), INPUTS, ZEROS, eta=0.05, steps=300, samples=3, top=False) == run
    assert follow(Linear(), INPUTS, ZEROS, eta=0.05, steps=300, samples=3, top=False, seed=1) != run


@pytest.mark.parametrize("size", [0.3, 1.0])
def test_the_top_eigenvalue(size: float) -> None:
    work = Work.of(Linear(size=size), INPUTS, "float64", 10**8).asked(None, None)
    top = empirical_kernel(Linear(size=size), INPUTS).top
    assert top_eigenvalue(work, 300) == pytest.approx(top, rel=1e-4)
    assert top_eigenvalue(work, 2) <= top * (1 + 1e-12)


def test_one_of_several_outputs() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    run = follow(model, INPUTS, ZEROS, eta=0.1, steps=40, outputs=1)
    start = empirical_kernel(nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 2)), INPUTS, outputs=1)
    assert run.snapshots[-1].loss < run.snapshots[0].loss and len(start.diagonal) == run.samples


def test_single_precision() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1)).float()
    run = follow(model, INPUTS, ZEROS, eta=0.05, steps=50)
    assert model[0].weight.dtype is torch.float32 and run.snapshots[-1].loss < run.snapshots[0].loss


class Bad(nn.Module):  # type: ignore[misc, name-defined]
    """A function of four parameters, the wrong way."""

    def __init__(self, wrong: Any) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(6, dtype=torch.float64))
        self.wrong = wrong

    def forward(self, x: Any) -> Any:
        return self.wrong(x @ self.w)


@pytest.mark.parametrize(("certify", "word"), [("diagonal", "stable"), ("kernel", "stable")])
def test_a_network_that_dies_later(certify: Any, word: str) -> None:
    """No error in the middle of a training loop: K = 0 never moves."""
    model = Bad(torch.relu)
    monitor = KernelMonitor(model, np.abs(INPUTS), ZEROS, eta=0.1, every=1, certify=certify)
    with torch.no_grad():
        model.w.zero_()
    monitor()
    assert monitor.result().snapshots[-1].regime.word == word
    assert monitor.result().snapshots[-1].largest == 0


def test_a_kernel_that_vanishes() -> None:
    model = Bad(lambda v: v)
    monitor = KernelMonitor(model, INPUTS, ZEROS, eta=0.1, every=1, certify="kernel", momentum="0.5")
    monitor.X = monitor.X * 1e-170  # as if the gradients had vanished to below what doubles can square
    monitor()
    assert monitor.result().snapshots[-1].regime.word is None


@pytest.mark.parametrize(
    ("model", "y", "options", "words"),
    [
        (nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.5), nn.Linear(4, 1)), ZEROS, {}, "dropout in training mode"),
        (Bad(lambda v: (v * 0).sqrt()), ZEROS, {}, "gradients: sample 1: not finite"),
        (Bad(lambda v: v * 0), ZEROS, {}, "every sample has gradient 0"),
        (nn.Linear(6, 2), ZEROS, {}, "outputs: the model has 2"),
        (nn.Linear(6, 2), ZEROS, {"outputs": "all"}, "outputs: expected one function"),
        (Linear(), ZEROS[:4], {}, "y: expected one label for each of the 5 samples"),
        (Linear(), ZEROS * np.nan, {}, "y: expected finite"),
        (Linear(), None, {}, "y: expected an array"),
        (Linear(), ZEROS, {"eta": 0}, "eta: expected a number > 0"),
        (Linear(), ZEROS, {"eta": None}, "eta: expected a number"),
        (Linear(), ZEROS, {"momentum": 1}, r"momentum: expected a number in \[0, 1\)"),
        (Linear(), ZEROS, {"steps": 0}, "steps"),
        (Linear(), ZEROS, {"batch": 0}, "batch"),
        (Linear(), ZEROS, {"every": 0}, "every"),
        (Linear(), ZEROS, {"samples": 0}, "samples"),
        (Linear(), ZEROS, {"seed": "x"}, "seed"),
        (Linear(), ZEROS, {"loss": "huber"}, "loss"),
        (Linear(), ZEROS, {"certify": "all"}, "certify: expected diagonal or kernel"),
        (Linear(), ZEROS, {"draws": [[1, 2]]}, "draws: expected 3 x 1 integers"),
        (Linear(), ZEROS, {"draws": [[5], [0], [0]]}, "draws: expected integers from 0 to 4"),
        (Linear(), ZEROS, {"memory": 1}, "memory"),
    ],
)  # fmt: skip
def test_bad_input(model: Any, y: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        follow(model, INPUTS, y, **{"eta": 0.1, "steps": 3, **options})
    assert "\n" not in str(caught.value)


def test_replacement_is_a_word() -> None:
    with pytest.raises(InputError, match="replacement: expected True or False"):
        KernelMonitor(Linear(), INPUTS, ZEROS, eta=0.1, replacement="no")  # type: ignore[arg-type]
