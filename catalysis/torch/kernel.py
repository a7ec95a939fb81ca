"""Kernels of PyTorch models, by per-sample gradients in blocks. docs/kernels.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, shown, whole
from catalysis.products.kernel_file import EmpiricalKernel
from catalysis.products.kernel_origin import KernelMeta

try:
    import torch
    from torch.func import functional_call, grad, jacrev, vmap
except ImportError as error:
    raise ImportError("catalysis.torch needs PyTorch: pip install 'catalysis[torch]'") from error

__all__ = ["EmpiricalKernel", "KernelMeta", "empirical_kernel"]

MEMORY = 800_000_000
"""Bytes that gradients may take at one time; beside them stand torch and the model."""
_HALF = (torch.float16, torch.bfloat16)

# Modules and tensors of torch are `Any` here: type checkers have to do without torch.
Tensor = Any
Named = dict[str, Tensor]


def empirical_kernel(
    model: Any,
    X: Any,
    *,
    outputs: object = None,
    loss: str = "half mean",
    name: str = "network",
    width: int | None = None,
    step: int | None = None,
    counts: Any = None,
    p: Any = None,
    dtype: str = "float64",
    batch: object = None,
    memory: object = MEMORY,
) -> EmpiricalKernel:
    """The empirical neural tangent kernel of a model: the Gram matrix of per-sample gradients.

    Parameters
    ----------
    model : torch.nn.Module
        Parameters that need no gradient are left out.
    X : tensor or array, a sample a row
        The samples.
    outputs : "sum", "all" or int
        Needed where the model has several outputs: their sum, all, or one by its index from 0.
    loss : str
        What the loss of a step is, as in `KernelMeta`.
    name, width, step
        What the file will say.
    counts, p : sequence
        Weights of the samples: one of the two, or neither.
    dtype : str
        "float64" or "float32".
    batch : int >= 1
        Samples at a time; None for as many as `memory` allows.
    memory : int >= 10^6
        About so many bytes are taken by gradients.

    Returns
    -------
    EmpiricalKernel
        `save` writes it, `data` makes it exact.

    Raises
    ------
    InputError
        It names the argument, or the sample and parameter whose gradient is not finite.

    Examples
    --------
    >>> import torch
    >>> from catalysis.torch import empirical_kernel
    >>> model = torch.nn.Linear(2, 1, bias=False)
    >>> empirical_kernel(model, torch.tensor([[1.0, 0.0], [1.0, 1.0]])).gram.tolist()
    [[1.0, 1.0], [1.0, 2.0]]
    """
    KernelMeta(name, loss, "single", dtype, width, step)  # what is wrong with it is said before the work
    work = Work.of(model, X, dtype, whole(memory, "memory", least=1_000_000))
    weights = EmpiricalKernel(np.ones((work.samples, 1)), kind="features", counts=counts, p=p)
    work = work.asked(outputs, batch)
    gram = work.gram()
    _check(gram.diagonal(), work.rows)
    if work.kind == "all":
        gram = gram.reshape(work.samples, work.rows, work.samples, work.rows)
    found = KernelMeta(
        name,
        loss,
        work.kind,
        dtype,
        width,
        step,
        _digest(model),
        work.count,
        sum(t.numel() for t in model.parameters() if not t.requires_grad),
    )
    return EmpiricalKernel(gram, found, counts=weights.counts, p=weights.p)


@dataclass(frozen=True)
class Work:
    """One computation: the model as a function of its parameters and of one sample."""

    model: Any
    X: Tensor
    moving: Named
    fixed: Named
    memory: int
    kind: str = "single"
    rows: int = 1
    batch: int | None = None

    @classmethod
    def of(cls, model: Any, X: Any, dtype: str, memory: int) -> Work:
        _check_model(model)
        kind = {"float64": torch.float64, "float32": torch.float32}.get(dtype)
        if kind is None:
            raise DataError(f"dtype: expected float64 or float32, found {shown(dtype)}")
        moving = {key: t for key, t in model.named_parameters() if t.requires_grad}
        if not moving:
            raise InputError("model: expected some parameter with requires_grad")
        fixed = {key: t for key, t in model.named_parameters() if not t.requires_grad}
        fixed |= dict(model.named_buffers())
        device = next(iter(moving.values())).device
        data = _samples(X).to(device)
        return cls(model, _as(data, kind), _all(moving, kind), _all(fixed, kind), memory)

    @property
    def samples(self) -> int:
        return int(self.X.shape[0])

    @property
    def count(self) -> int:
        return sum(t.numel() for t in self.moving.values())

    def asked(self, outputs: object, batch: object) -> Work:
        """With the output that is asked for; the model is run once to see how many there are."""
        with said("model"), torch.no_grad():
            found = functional_call(self.model, {**self.moving, **self.fixed}, (self.X[:1],))
        if not isinstance(found, torch.Tensor) or not found.ndim or found.shape[0] != 1 or not found.numel():
            raise InputError("model: expected a tensor of outputs with a row for each sample")
        number = found[0].numel()
        kind = _outputs(outputs, number)
        size = None if batch is None else whole(batch, "batch", least=1)
        rows = number if kind == "all" else 1
        return replace(self, kind=kind, rows=rows, batch=size)

    def gram(self) -> Any:
        """J J^T, summed over blocks of parameters."""
        size = self.samples * self.rows
        total = torch.zeros(size, size, dtype=torch.float64, device=self.X.device)
        for block in self.blocks():
            part = self.jacobian(block)
            total += (part @ part.T).to(torch.float64)
            del part
        return ((total + total.T) / 2).cpu().numpy()

    def blocks(self) -> Iterator[list[tuple[str, int, int]]]:
        """Ranges of the flattened parameters, together as long as memory allows."""
        most = max(1, 3 * self.memory // (4 * 8 * self.samples * self.rows))
        block: list[tuple[str, int, int]] = []
        room = most
        for key, tensor in self.moving.items():
            start, size = 0, tensor.numel()
            while start < size:
                stop = min(size, start + room)
                block.append((key, start, stop))
                room -= stop - start
                start = stop
                if not room:
                    yield block
                    block, room = [], most
        if block:
            yield block

    def jacobian(self, block: list[tuple[str, int, int]]) -> Tensor:
        """The gradients of all samples by the parameters of a block: a row a sample (and output)."""
        chosen = {key: self.moving[key] for key, _, _ in block}
        others = {key: t for key, t in self.moving.items() if key not in chosen} | self.fixed
        per_sample = vmap(self.gradient(others), in_dims=(None, 0))
        width = sum(stop - start for _, start, stop in block)
        dtype = next(iter(chosen.values())).dtype
        out = torch.empty(self.samples * self.rows, width, dtype=dtype, device=self.X.device)
        step = self.batch or self.lot(sum(t.numel() for t in chosen.values()))
        for first in range(0, self.samples, step):
            with said("model"):
                found = per_sample(chosen, self.X[first : first + step])
            _fill(out[first * self.rows :], found, block, self.rows, first)
        return out

    def lot(self, parameters: int) -> int:
        """Samples at a time: their whole gradients, twice, take a quarter of the memory."""
        return int(max(1, min(self.samples, self.memory // (64 * self.rows * parameters))))

    def gradient(self, others: Named) -> Any:
        def value(chosen: Named, x: Tensor) -> Tensor:
            out = functional_call(self.model, {**chosen, **others}, (x.unsqueeze(0),)).reshape(-1)
            if self.kind == "all":
                return out
            return out.sum() if self.kind in ("single", "sum") else out[int(self.kind)]

        return jacrev(value) if self.kind == "all" else grad(value)


def _fill(out: Tensor, found: Named, block: list[tuple[str, int, int]], rows: int, first: int) -> None:
    place = 0
    for key, start, stop in block:
        part = found[key]
        size = part.shape[0] * rows
        part = part.reshape(size, -1)[:, start:stop]
        if not torch.isfinite(part).all():
            row = int((~torch.isfinite(part)).any(1).nonzero()[0, 0])
            raise InputError(f"gradients: sample {first + row // rows + 1}: not finite, in parameter {key}")
        out[:size, place : place + stop - start] = part
        place += stop - start


@contextmanager
def said(what: str) -> Iterator[None]:
    """What torch cannot do with a model, in one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(f"{what}: torch could not compute it: {text}") from error


def _check_model(model: Any) -> None:
    if not isinstance(model, torch.nn.Module):
        raise DataError(f"model: expected a torch.nn.Module, found {shown(model)}")
    for key, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if torch.nn.parameter.is_lazy(tensor):
            raise InputError(f"model: {key} has no shape yet: run the model once")
    for key, tensor in model.named_parameters():
        if tensor.dtype in _HALF:
            raise InputError(f"model: expected single or double precision, {key} is {tensor.dtype}")
        if not tensor.dtype.is_floating_point:
            raise InputError(f"model: expected real parameters, {key} is {tensor.dtype}")
        if not torch.isfinite(tensor).all():
            raise InputError(f"model: expected finite parameters, {key} is not")
    for key, module in model.named_modules():
        _check_module(key or type(model).__name__, module)


def _check_module(key: str, module: Any) -> None:
    """A sample's gradient has to be its own: no dropout, no statistics of a batch."""
    normal = isinstance(module, torch.nn.modules.batchnorm._NormBase)
    if normal and (module.running_mean is None) and isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
        raise InputError(f"model: {key} normalises by its batch: a sample has no gradient of its own")
    share = module.p if isinstance(module, torch.nn.modules.dropout._DropoutNd) else 0
    share = share or getattr(module, "dropout", 0)
    random = isinstance(share, float | int) and share > 0
    if module.training and (random or (normal and module.running_mean is not None)):
        what = "dropout" if random else "batch norm"
        raise InputError(f"model: {key} has {what} in training mode: call model.eval() first")


def _samples(X: Any) -> Tensor:
    try:
        data = torch.as_tensor(X)
    except (TypeError, ValueError, RuntimeError):
        raise DataError(f"X: expected an array of samples, found {shown(X)}") from None
    if not data.ndim or not data.numel():
        raise InputError("X: expected at least one sample, a row each")
    if data.dtype in _HALF:
        raise InputError(f"X: expected single or double precision, found {data.dtype}")
    if not torch.isfinite(data).all():
        raise InputError("X: expected finite numbers")
    return data.detach()


def _as(tensor: Tensor, dtype: Any) -> Tensor:
    """Integers (tokens) stay what they are."""
    return tensor.to(dtype) if tensor.dtype.is_floating_point else tensor


def _all(tensors: Named, dtype: Any) -> Named:
    return {key: _as(t.detach(), dtype) for key, t in tensors.items()}


def _outputs(outputs: object, number: int) -> str:
    if outputs is None and number == 1:
        return "single"
    if isinstance(outputs, str) and outputs in ("sum", "all"):
        return "single" if number == 1 else outputs
    if outputs is None:
        raise InputError(
            f"outputs: the model has {number}: expected 'sum', an index from 0 to {number - 1}, or 'all'"
        )
    return str(whole(outputs, "outputs", least=0, most=number - 1))


def _check(diagonal: Any, rows: int) -> None:
    zero = np.flatnonzero(diagonal.reshape(-1, rows).sum(axis=1) == 0)
    if zero.size:
        raise InputError(
            f"gradients: sample {int(zero[0]) + 1} has gradient 0: SGD never moves for it, leave it out of X"
        )


def _digest(model: Any) -> str:
    """The SHA-256 of all parameters and buffers, by name, type and shape."""
    digest = sha256()
    for key, tensor in sorted({**dict(model.named_parameters()), **dict(model.named_buffers())}.items()):
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
