"""An oracle for the reduced maps: every neuron stepped in exact fractions, straight from the definition.

The width need not be a square: outputs and labels are carried as multiples of sqrt(n), so that all numbers
stay rational: `F = sqrt(n) f` with `f = n^-1 sum a phi(w . s)`, and `y = sqrt(n) v`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Neuron = tuple[Fraction, tuple[Fraction, ...]]


@dataclass(frozen=True)
class Sample:
    """An input, its label over sqrt(n), its weight in the mean loss."""

    s: tuple[Fraction, ...]
    v: Fraction
    p: Fraction


def dot(w: Sequence[Fraction], s: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(w, s, strict=True)), Fraction(0))


def step(
    neurons: Sequence[Neuron], samples: Sequence[Sample], eta: Fraction, slope: Fraction, half_loss: bool
) -> list[Neuron]:
    """One step of gradient descent: `a -= eta dl/da`, `w -= eta dl/dw`, the loss being a mean over the samples."""
    n, factor = len(neurons), 1 if half_loss else 2

    def phi(u: Fraction) -> Fraction:
        return u if u > 0 else slope * u

    moved = []
    outputs = [sum((a * phi(dot(w, q.s)) for a, w in neurons), Fraction(0)) / n for q in samples]
    for a, w in neurons:
        da, dw = Fraction(0), [Fraction(0)] * len(w)
        for q, f in zip(samples, outputs, strict=True):
            u = dot(w, q.s)
            pull = factor * q.p * (f - q.v)
            da += pull * phi(u)
            for i, s in enumerate(q.s):
                dw[i] += pull * a * (1 if u > 0 else slope) * s
        moved.append((a - eta * da, tuple(x - eta * g for x, g in zip(w, dw, strict=True))))
    return moved


def flips(before: Sequence[Neuron], after: Sequence[Neuron]) -> bool:
    """Whether a scalar weight was 0 or did not keep its sign."""
    return any(w[0] * moved[0] <= 0 for (_, w), (_, moved) in zip(before, after, strict=True))


def state(neurons: Sequence[Neuron], classes: bool) -> dict[str, Fraction]:
    """The sums by name, each mu over sqrt(n)."""
    n, d = len(neurons), len(neurons[0][1])
    if d > 1:
        k = range(d)
        mus = {f"mu_{i + 1}": sum(a * w[i] for a, w in neurons) / n for i in k}
        c = {f"C_{i + 1}{j + 1}": sum(w[i] * w[j] for _, w in neurons) / n for i in k for j in k if i <= j}
        return mus | {"q": sum(a * a for a, _ in neurons) / n} | c
    found: dict[str, Fraction] = {}
    for ending, sign in (("_plus", 1), ("_minus", -1)) if classes else (("", 0),):
        members = [(a, w) for a, (w,) in neurons if sign * w > 0 or sign == 0]
        found[f"mu{ending}"] = sum((a * w for a, w in members), Fraction(0)) / n
        found[f"lambda{ending}"] = sum((a * a + w * w for a, w in members), Fraction(0)) / n
    return found


def moments(samples: Sequence[Sample], classes: bool, labels: bool) -> dict[str, Fraction]:
    """The data of one step by name, each z over sqrt(n)."""
    d = len(samples[0].s)
    if classes:
        parts = {"_plus": lambda q: max(q.s[0], Fraction(0)), "_minus": lambda q: min(q.s[0], Fraction(0))}
        x = {f"x{e}": sum(q.p * part(q) ** 2 for q in samples) for e, part in parts.items()}
        z = {f"z{e}": sum(q.p * part(q) * q.v for q in samples) for e, part in parts.items()}
    elif d == 1:
        x = {"x": sum(q.p * q.s[0] ** 2 for q in samples)}
        z = {"z": sum(q.p * q.s[0] * q.v for q in samples)}
    else:
        k = range(d)
        x = {f"x_{i + 1}{j + 1}": sum(q.p * q.s[i] * q.s[j] for q in samples) for i in k for j in k if i <= j}
        z = {f"z_{i + 1}": sum(q.p * q.s[i] * q.v for q in samples) for i in k}
    return x | (z if labels else {})
