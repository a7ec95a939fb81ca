"""Following a network through training: loss, curvature and regime beside each other. docs/networks.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import torch
from torch.func import functional_call, vjp, vmap

from catalysis.crosscheck.followed import FollowedRun, Snapshot, SnapshotRegime, Training
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, Number, exact, exact_text, positive, shown, whole
from catalysis.products.kernel_file import EmpiricalKernel
from catalysis.products.kernel_origin import KernelMeta
from catalysis.simulation.streams import root_of, stream_of
from catalysis.torch.kernel import MEMORY, Named, Tensor, Work, said

Certify = Literal["diagonal", "kernel"]

_TURNS = 30
"""Of the power iteration for the top eigenvalue."""
_LOSSES = 1000
"""So many losses a run are kept, about."""


class KernelMonitor:
    """Called after every step of a training loop; looks at the kernel every so often.

    The residual is `model(X) - y`, of one output.

    Parameters
    ----------
    model : torch.nn.Module
        The network that the loop trains.
    X, y : tensor or array
        Samples, a row each, and labels, one number a sample.
    eta, momentum, batch, replacement, loss
        How the loop trains, and what its loss is (docs/kernels.md).
    every : int >= 1
        Steps from look to look.
    outputs : "sum" or int
        Which function to follow, of a model with several outputs.
    samples : int >= 1
        Watch so many evenly chosen samples (None: all): a regime is then that of SGD on those alone.
    certify : str
        "diagonal" proves by the K_ii (V1, V2), "kernel" also by the mean square of the whole kernel (V5, V20;
        at most 500 samples).
    top : bool
        Also measure the top eigenvalue.
    name : str
        Of the network.
    memory : int >= 10^6
        As for `empirical_kernel`.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> import torch
    >>> from catalysis.torch import KernelMonitor
    >>> model, X, y = torch.nn.Linear(1, 1, bias=False), torch.tensor([[1.0], [2.0]]), torch.zeros(2)
    >>> monitor = KernelMonitor(model, X, y, eta="0.1", every=1)
    >>> monitor()  # after a step of the loop's optimizer
    >>> [list(shot.diagonal) for shot in monitor.result().snapshots]
    [[1.0, 4.0], [1.0, 4.0]]
    """

    def __init__(
        self,
        model: Any,
        X: Any,
        y: Any,
        *,
        eta: Number,
        momentum: Number = 0,
        batch: object = 1,
        replacement: bool = True,
        every: object = 100,
        loss: str = "half mean",
        outputs: object = None,
        samples: object = None,
        certify: Certify = "diagonal",
        top: bool = True,
        name: str = "network",
        memory: object = MEMORY,
    ) -> None:
        self.training = training_of(eta, momentum, batch, replacement, loss)
        self.meta = KernelMeta(name, loss)
        self.every, self.top = whole(every, "every", least=1), top
        if certify not in ("diagonal", "kernel"):
            raise DataError(f"certify: expected diagonal or kernel, found {shown(certify)}")
        if outputs == "all":
            raise DataError("outputs: expected one function to follow: 'sum' or an index")
        self.certify, self.memory = certify, whole(memory, "memory", least=1_000_000)
        work = Work.of(model, X, "float64", self.memory).asked(outputs, None)
        self.kind = work.kind
        targets = targets_of(y, work.samples, work.X.device)
        self.available = work.samples
        self.chosen = _chosen(self.available, samples)
        self.model, self.X, self.y = model, work.X[self.chosen], targets[self.chosen]
        if certify == "kernel" and len(self.chosen) > 500:
            raise DataError("samples: expected at most 500 for certify='kernel'")
        self.step, self.diverged_at = 0, None
        self.snapshots: list[Snapshot] = []
        self.losses: list[tuple[int, float]] = []
        self.look()

    step: int
    diverged_at: int | None

    def __call__(self, loss: Any = None) -> None:
        """After a step of the optimizer; `loss` is kept if given."""
        self.step += 1
        if loss is not None:
            self.note(float(loss.detach() if isinstance(loss, torch.Tensor) else loss))
        if self.step % self.every == 0:
            self.look()

    def note(self, loss: float) -> None:
        """Keep a loss of this step; one that is not finite means divergence."""
        if math.isfinite(loss):
            self.losses.append((self.step, loss))
        elif self.diverged_at is None:
            self.diverged_at = self.step

    def look(self) -> None:
        """A snapshot now. A network that is no longer finite has diverged: that is noted once."""
        if self.diverged_at is not None:
            return
        if self.step and not all(bool(torch.isfinite(t).all()) for t in self.model.parameters()):
            self.diverged_at = self.step
            return
        work = replace(Work.of(self.model, self.X, "float64", self.memory), kind=self.kind)
        with torch.no_grad():
            loss = mean_loss(output(work, work.moving), self.y)
        try:
            diagonal, kernel = self._curvatures(work)
        except InputError:
            if not self.step:
                raise
            self.diverged_at = self.step
            return
        if not math.isfinite(loss):
            if not self.step:
                raise InputError("model: expected finite outputs")
            self.diverged_at = self.step
            return
        regime = self._regime(diagonal, kernel)
        self.snapshots.append(Snapshot(self.step, loss, diagonal, self._top(work, kernel), regime))

    def _top(self, work: Work, kernel: EmpiricalKernel | None) -> float | None:
        if not self.top:
            return None
        return float(self.meta.factor()) * (top_eigenvalue(work) if kernel is None else kernel.top)

    def _curvatures(self, work: Work) -> tuple[tuple[float, ...], EmpiricalKernel | None]:
        factor = float(self.meta.factor())
        if self.certify == "diagonal":
            return tuple(factor * norm for norm in squared_norms(work)), None
        kernel = EmpiricalKernel(work.gram(), replace(self.meta, step=self.step))
        return tuple((factor * kernel.diagonal).tolist()), kernel

    def _regime(self, diagonal: tuple[float, ...], kernel: EmpiricalKernel | None) -> SnapshotRegime:
        """At the start a kernel of which nothing can be said is an error; later it is a snapshot without a regime."""
        if max(diagonal) == 0 and not self.step:
            raise InputError("gradients: every sample has gradient 0: SGD never moves")
        try:
            if kernel is None:
                return SnapshotRegime.of_diagonal(diagonal, self.training)
            return SnapshotRegime.of_kernel(kernel, self.training)
        except InputError:
            if not self.step:
                raise
            return SnapshotRegime()

    def result(self, seed: str | None = None) -> FollowedRun:
        """What was seen so far, with a snapshot of the present."""
        if self.snapshots[-1].step != self.step:
            self.look()
        return FollowedRun(
            self.meta.name,
            self.training,
            self.step,
            len(self.y),
            self.available,
            tuple(self.snapshots),
            tuple(self.losses),
            self.diverged_at,
            seed,
        )


def follow(
    model: Any,
    X: Any,
    y: Any,
    *,
    eta: Number,
    steps: object,
    momentum: Number = 0,
    batch: object = 1,
    every: object = None,
    seed: object = 0,
    draws: Any = None,
    loss: str = "half mean",
    outputs: object = None,
    samples: object = None,
    certify: Certify = "diagonal",
    top: bool = True,
    name: str = "network",
    memory: object = MEMORY,
) -> FollowedRun:
    """Train a model in place by SGD on squared loss, and follow its kernel.

    Parameters
    ----------
    model : torch.nn.Module
        Trained in place.
    X, y : tensor or array
        Samples, a row each, and labels, one number a sample.
    eta : Number > 0
        The learning rate.
    steps : int, 1 to 10^9
        The length; it ends early where the numbers are no longer finite.
    momentum : Number, 0 <= momentum < 1
        Heavy ball.
    batch : int, 1 to 10^6
        Independent samples a step.
    every : int >= 1
        Steps from snapshot to snapshot; None for 40 in all.
    seed : int
        Of the samples that are drawn.
    draws : array of int, shape (steps, batch)
        The samples themselves, from 0, in place of a seed.
    loss, outputs, samples, certify, top, name, memory
        As for `KernelMonitor`.

    Returns
    -------
    FollowedRun
        `snapshots` with loss, curvatures and the regime proved of each, and `losses`.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> import torch
    >>> from catalysis.torch import follow
    >>> model, X = torch.nn.Linear(1, 1, bias=False), torch.tensor([[1.0], [2.0]])
    >>> run = follow(model, X, [0.0, 0.0], eta="0.4", steps=50)
    >>> run.steps, run.snapshots[-1].loss < 1e-6, run.snapshots[0].regime.word
    (50, True, 'stable')
    """
    count, size = whole(steps, "steps", least=1, most=10**9), whole(batch, "batch", least=1, most=10**6)
    every = max(1, count // 40) if every is None else every
    monitor = KernelMonitor(
        model, X, y, eta=eta, momentum=momentum, batch=size, every=every, loss=loss, outputs=outputs,
        samples=samples, certify=certify, top=top, name=name, memory=memory,
    )  # fmt: skip
    rows, text = _draws(draws, seed, count, size, monitor.available)
    descent = Descent.of(monitor, X, y, eta, momentum, loss)
    often = max(1, count // _LOSSES)
    for step in range(1, count + 1):
        finite = descent.step(next(rows))
        monitor(descent.loss(monitor.chosen) if step % often == 0 or not finite else None)
        if monitor.diverged_at is not None:
            break
    return monitor.result(text)


@dataclass(frozen=True)
class Descent:
    """SGD with heavy-ball momentum on the squared loss, in the model's own precision."""

    model: Any
    X: Tensor
    y: Tensor
    kind: str
    loss_kind: str
    optimizer: Any

    @classmethod
    def of(cls, monitor: KernelMonitor, X: Any, y: Any, eta: Number, momentum: Number, loss: str) -> Descent:
        moving = [t for t in monitor.model.parameters() if t.requires_grad]
        first, rate, beta = moving[0], float(exact(eta, "eta")), float(exact(momentum, "momentum"))
        data, targets = (
            torch.as_tensor(X).detach().to(first.device),
            targets_of(y, monitor.available, first.device),
        )
        if data.dtype.is_floating_point:
            data = data.to(first.dtype)
        optimizer = torch.optim.SGD(moving, lr=rate, momentum=beta)
        return cls(monitor.model, data, targets.to(first.dtype), monitor.kind, loss, optimizer)

    def residual(self, picked: Any) -> Tensor:
        """Of some samples."""
        found: Tensor = read(self.model(self.X[picked]), self.kind) - self.y[picked]
        return found

    def step(self, picked: Any) -> bool:
        """One step on these samples; whether its loss was finite."""
        square = self.residual(picked).square()
        value = square.sum() if self.loss_kind.endswith("sum") else square.mean()
        value = value / 2 if self.loss_kind.startswith("half") else value
        self.optimizer.zero_grad()
        value.backward()
        self.optimizer.step()
        return math.isfinite(float(value.detach()))

    def loss(self, picked: Any) -> float:
        """The mean of u^2/2 over these samples."""
        with torch.no_grad():
            return float(self.residual(picked).square().mean() / 2)


def training_of(eta: Number, momentum: Number, batch: object, replacement: bool, loss: str) -> Training:
    """The optimizer in the convention of kernels: with a sum over the batch for loss, eta is b times as large."""
    rate, beta, size = positive(eta, "eta"), exact(momentum, "momentum"), whole(batch, "batch", least=1)
    if not 0 <= beta < 1:
        raise DataError(f"momentum: expected a number in [0, 1), found {exact_text(beta)}")
    if not isinstance(replacement, bool):
        raise DataError("replacement: expected True or False")
    return Training(rate * (size if loss.endswith("sum") else 1), size, Fraction(beta), replacement)


def targets_of(y: Any, samples: int, device: Any) -> Tensor:
    """The labels in double precision, one a sample."""
    try:
        found = torch.as_tensor(y).detach().to(torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise DataError(f"y: expected an array of labels, found {shown(y)}") from None
    if found.numel() != samples or found.shape[:1] != (samples,):
        raise InputError(f"y: expected one label for each of the {samples} samples, found {found.numel()}")
    if not torch.isfinite(found).all():
        raise InputError("y: expected finite numbers")
    return found.reshape(-1).to(device)


def _chosen(available: int, samples: object) -> Any:
    """Evenly spread samples, at most as many as there are."""
    count = available if samples is None else whole(samples, "samples", least=1)
    return torch.from_numpy(
        np.unique(np.linspace(0, available - 1, min(count, available)).round().astype(np.int64))
    )


def _draws(
    draws: Any, seed: object, steps: int, batch: int, samples: int
) -> tuple[Iterator[Tensor], str | None]:
    """The samples of each step, and the seed as text."""
    if draws is None:
        start = whole(seed, "seed")
        stream = stream_of(root_of(start), 0)
        return (torch.from_numpy(stream.integers(samples, size=batch)) for _ in range(steps)), str(start)
    found = np.asarray(draws)
    if found.size != steps * batch or found.dtype.kind not in "iu":
        raise InputError(f"draws: expected {steps} x {batch} integers")
    if found.min() < 0 or found.max() >= samples:
        raise InputError(f"draws: expected integers from 0 to {samples - 1}")
    return iter(torch.from_numpy(found.reshape(steps, batch).astype(np.int64))), None


def read(outputs: Tensor, kind: str) -> Tensor:
    """One number a sample: the only output, the sum of all, or one by its index."""
    rows = outputs.reshape(outputs.shape[0], -1)
    return rows.sum(1) if kind in ("single", "sum") else rows[:, int(kind)]


def output(work: Work, moving: Named) -> Tensor:
    """The function that is followed, at some parameters."""
    with said("model"):
        return read(functional_call(work.model, {**moving, **work.fixed}, (work.X,)), work.kind)


def mean_loss(outputs: Tensor, y: Tensor) -> float:
    """The mean of u^2/2."""
    return float((outputs - y).square().mean() / 2)


def squared_norms(work: Work) -> list[float]:
    """K_ii: the squared norm of each sample's gradient, in blocks of samples."""
    per_sample = vmap(work.gradient(work.fixed), in_dims=(None, 0))
    lot, found = work.lot(work.count), []
    for first in range(0, work.samples, lot):
        with said("model"):
            parts = per_sample(work.moving, work.X[first : first + lot])
        norms = sum(part.flatten(1).square().sum(1) for part in parts.values())
        if not torch.isfinite(norms).all():
            row = first + int((~torch.isfinite(norms)).nonzero()[0, 0])
            raise InputError(f"gradients: sample {row + 1}: not finite")
        found += norms.tolist()
    return found


def top_eigenvalue(work: Work, turns: int = _TURNS) -> float:
    """A lower estimate of the top eigenvalue of K: a Rayleigh quotient after a power iteration, without the matrix.

    K v = J (J^T v), where J g is the derivative of v -> J^T v backwards: no forward mode is needed.
    """

    def back(v: Tensor) -> Tensor:
        return vjp(lambda moving: output(work, moving), work.moving)[1](v)[0]

    v, value = torch.ones(work.samples, dtype=torch.float64, device=work.X.device), 0.0
    for _ in range(turns):
        with said("model"):
            gradient, across = vjp(back, v / v.norm())
            now = float(sum(part.square().sum() for part in gradient.values()))
            (v,) = across(gradient)
        if now == 0 or abs(now - value) <= 1e-9 * now:
            break
        value = now
    return max(now, value)
