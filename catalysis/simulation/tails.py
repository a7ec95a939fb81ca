"""SGD with normal label noise on fresh samples, in doubles, and Hill's estimate of its tail. Measured."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from catalysis.data.population import Part, PopulationLaw
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import whole
from catalysis.simulation.laws import Floats
from catalysis.simulation.products import Measured
from catalysis.simulation.streams import Seed, root_of, stream_of

_MOST_DRAWS = 1000


def draw(part: Part, count: int, stream: np.random.Generator) -> Floats:
    """Values of s (of x, if the law is one of x) from one part of a law; what a truncation cuts off is drawn again."""
    values = _drawn(part, count, stream)
    if part.between is None:
        return values
    low, high = map(float, part.between)
    for _ in range(_MOST_DRAWS):
        again = (values < low) | (values > high)
        if not again.any():
            return values
        values[again] = _drawn(part, int(again.sum()), stream)
    raise InputError(f"law: expected a truncation that keeps more of the law, found {part.text}")


def _drawn(part: Part, count: int, stream: np.random.Generator) -> Floats:
    a, b = (float(v) for v in (*part.parameters, 0)[:2])
    draws: dict[str, Callable[[], Floats]] = {
        "normal": lambda: stream.normal(a, b, count),
        "uniform": lambda: stream.uniform(a, b, count),
        "exponential": lambda: stream.exponential(a, count),
        "lognormal": lambda: stream.lognormal(a, b, count),
        "student": lambda: b * stream.standard_t(a, count),
        "gamma": lambda: stream.gamma(a, b, count),
        "chi-square": lambda: stream.chisquare(a, count),
        "atom": lambda: np.full(count, a),
    }
    return draws[part.kind]()


def draw_samples(law: PopulationLaw, count: int, stream: np.random.Generator) -> Floats:
    """Values of s; the square root of x where the law is one of x."""
    chosen = stream.choice(len(law.parts), size=count, p=[float(part.weight) for part in law.parts])
    values = np.empty(count)
    for i, part in enumerate(law.parts):
        where = chosen == i
        values[where] = draw(part, int(where.sum()), stream)
    return values if law.variable == "s" else np.sqrt(values)


def simulate_tail(
    law: PopulationLaw, rate: float, *, replicas: int = 100_000, steps: int = 300, seed: Seed = 0
) -> Measured:
    """Hill's estimate of the tail index of e' = (1 - rate s^2) e + rate s eps, eps normal, after `steps` steps.

    Measured: the estimate from the largest replicas^(1/2) of |e|, with the standard error that it has for an exact
    power law; its bias at a finite level comes on top. Raises InputError for a walk that overflows.
    """
    replicas, steps = whole(replicas, "replicas", least=100), whole(steps, "steps", least=1)
    stream = stream_of(root_of(seed), 0)
    e = np.zeros(replicas)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            s = draw_samples(law, replicas, stream)
            e = (1 - rate * s * s) * e + rate * s * stream.standard_normal(replicas)
    sizes = np.sort(np.abs(e))
    if not np.isfinite(sizes[-1]):
        raise InputError("steps: expected fewer, the walk left the range of doubles")
    kept = math.isqrt(replicas)
    estimate = hill(sizes, kept)
    return Measured("theta", estimate, estimate / math.sqrt(kept), replicas, steps)


def hill(ascending: Floats, kept: int) -> float:
    """Hill's estimate from the `kept` largest of numbers in ascending order."""
    top = np.log(ascending[-kept:]) - np.log(ascending[-kept - 1])
    return float(1 / top.mean())
