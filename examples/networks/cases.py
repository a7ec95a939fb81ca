"""The networks of the table: two layers on digit images, a small CNN on the same, two layers of attention on sequences.

All in NTK scaling and double precision; scikit-learn's digits come with that package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

SAMPLES = 24
LENGTH, LETTERS = 8, 6
NEAR = 1e-6
"""How far the parameters are from where the labels come from, if nothing else is said: times normal numbers."""


class Layer(nn.Module):
    """A linear map with standard normal weights, over the square root of its inputs."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.scale = inputs**-0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(x, self.weight) * self.scale


class Patches(nn.Module):
    """A 3 x 3 convolution in the same scaling."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.scale = (9 * inputs) ** -0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.conv2d(x, self.weight, padding=1) * self.scale


class Attention(nn.Module):
    """One head of softmax attention, added to its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (Layer(width, width) for _ in range(3))
        self.scale = width**-0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.query(x) @ self.key(x).transpose(-1, -2) * self.scale
        return (x + torch.softmax(scores, -1) @ self.value(x)) * 0.5**0.5


class Sequences(nn.Module):
    """Two layers of attention, then tanh and a mean over places."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.into, self.out = Layer(LETTERS + LENGTH, width), Layer(width, 1)
        self.blocks = nn.Sequential(Attention(width), Attention(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(torch.tanh(self.blocks(self.into(x)))).mean(1)


def two_layers(activation: nn.Module) -> Callable[[int], nn.Module]:
    """64 inputs, one hidden layer."""
    return lambda width: nn.Sequential(Layer(64, width), activation, Layer(width, 1))


def convolution(width: int) -> nn.Module:
    """Two convolutions of `width` channels, ReLU, a mean over places."""
    pictures = Patches(1, width), nn.ReLU(), Patches(width, width), nn.ReLU()
    return nn.Sequential(*pictures, nn.AvgPool2d(2), nn.Flatten(), Layer(16 * width, 1))


def digits(samples: int) -> torch.Tensor:
    """The first images, their norms 8 in the mean."""
    from sklearn.datasets import load_digits

    rows = load_digits().data[:samples]
    return torch.as_tensor(8 * rows / np.linalg.norm(rows, axis=1).mean())


def images(samples: int) -> torch.Tensor:
    """The same as pictures."""
    return digits(samples).reshape(-1, 1, 8, 8)


def sequences(samples: int) -> torch.Tensor:
    """Random letters with their places, one-hot."""
    letters = np.random.Generator(np.random.SFC64(0)).integers(LETTERS, size=(samples, LENGTH))
    places = np.broadcast_to(np.eye(LENGTH), (samples, LENGTH, LENGTH))
    return torch.as_tensor(np.concatenate([np.eye(LETTERS)[letters] * 2, places * 2], axis=2))


NETWORKS: dict[str, tuple[Callable[[int], nn.Module], Callable[[int], torch.Tensor]]] = {
    "tanh": (two_layers(nn.Tanh()), digits),
    "relu": (two_layers(nn.ReLU()), digits),
    "cnn": (convolution, images),
    "attention": (Sequences, sequences),
}


@dataclass(frozen=True)
class Case:
    """One network, one way of training."""

    network: str
    width: int
    batch: int = 1
    momentum: str = "0"
    seed: int = 0
    samples: int = SAMPLES
    disturbed: float = NEAR

    @property
    def name(self) -> str:
        """Also that of its file."""
        how = f"b{self.batch}-m{self.momentum}"
        more = "" if self.disturbed == NEAR else f"-from-{self.disturbed:g}"
        return f"{self.network}-{self.width}-{how}-seed{self.seed}{more}"

    def fields(self) -> dict[str, Any]:
        return asdict(self)

    def start(self, device: str) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
        """The network, disturbed, its inputs, and as labels its outputs before that."""
        make, data = NETWORKS[self.network]
        torch.manual_seed(self.seed)
        torch.set_default_dtype(torch.float64)
        model, X = make(self.width).to(device), data(self.samples).to(device)
        with torch.no_grad():
            y = model(X).reshape(-1).clone()
            for parameter in model.parameters():
                parameter += self.disturbed * torch.randn_like(parameter)
        return model, X, y


def reduced() -> list[Case]:
    """Some minutes on a CPU."""
    one = [Case("tanh", 2048), Case("relu", 2048), Case("cnn", 32), Case("attention", 64)]
    batches = [Case("tanh", 2048, batch=8), Case("relu", 2048, batch=8), Case("cnn", 32, batch=8)]
    heavy = [
        Case("tanh", 2048, momentum="0.9"),
        Case("relu", 2048, batch=8, momentum="0.9"),
        Case("attention", 64, momentum="0.9"),
    ]
    far = [Case("tanh", 2048, disturbed=d) for d in (1e-2, 1e-1, 1.0)] + [Case("tanh", 64, disturbed=1.0)]
    return one + batches + heavy + far


def full() -> list[Case]:
    """Widths 2^11 to 2^16, with and without batches and momentum, three seeds."""
    widths = {"tanh": range(11, 17), "relu": range(11, 17), "cnn": range(5, 9), "attention": range(6, 11)}
    return [
        Case(network, 2**power, batch, momentum, seed)
        for network, powers in widths.items()
        for power in powers
        for batch in (1, 8)
        for momentum in ("0", "0.9")
        for seed in range(3)
    ]
