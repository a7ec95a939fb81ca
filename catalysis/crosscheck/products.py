"""A random product, certified and simulated: lambda_1, k(2), theta, and a spike's probability between its bounds."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.table import CheckLine
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.products.answer import ProductAnswer, plane_matrices, product_answer
from catalysis.products.cells import Mesh
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import as_product
from catalysis.simulation.laws import Floats
from catalysis.simulation.products import (
    Measured,
    ProductLaw,
    Tilt,
    exponent,
    lyapunov,
    moment,
    spike_probability,
)
from catalysis.simulation.streams import Seed, child_of, root_of

MOST_WORK = 50_000
"""m d^2 up to which a walk is simulated here."""

_FAR = 5.5  # standard errors; a normal number is further from its mean once in 2.6e7
_REPLICAS, _STEPS = 4000, 500
_SPIKE_STEPS = 20_000
_NODES = 512

Bounds = tuple[Fraction | None, Fraction | None]


def crosscheck_product(walk: object, *, factor: Fraction = Fraction(10), seed: Seed = 1) -> list[CheckLine]:
    """The certified answer beside simulations: agree, disagree, or (None) nothing to compare. Raises InputError."""
    product = as_product(walk).expanded()
    if product.size * product.dimension**2 > MOST_WORK:
        raise InputError(f"walk: expected m d^2 of at most {MOST_WORK} for a cross-check")
    answer, law, root = product_answer(product, factor), law_of(product), root_of(seed)
    shrinks = answer.regime is Regime.DEFLATIONARY
    second = answer.second.number
    squares: Bounds = (None, None) if second is None else (second.lower, second.upper)
    lines = [
        beside(
            "lambda_1",
            answer.lambda1,
            lyapunov(law, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 0)),
        ),
        beside("k(2)", squares, moment(law, 2.0, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 1))),
    ]
    if shrinks:
        theta = exponent(law, steps=_STEPS, replicas=_REPLICAS, seed=child_of(root, 2))
        lines.append(beside("theta", answer.theta, theta))
        if answer.probability is not None:
            lines.append(_spike(product, answer, law, factor, answer.probability, child_of(root, 3)))
    return lines


def law_of(walk: MatrixWalk) -> ProductLaw:
    """The single steps in doubles."""
    tables = [
        np.array([[int(v) / step.den for v in row] for row in step.top.tolist()]) for step in walk.steps
    ]
    return ProductLaw(np.array(tables), np.array([float(p) for p in walk.weights]))


def beside(name: str, bounds: Bounds, found: Measured | None) -> CheckLine:
    """Does a measured value lie between proved bounds, up to its error? Open where either is missing."""
    low, high = bounds
    shown = f"[{_short(low, '-inf')}, {_short(high, 'inf')}]"
    if found is None:
        return CheckLine(name, shown, None, None, None, "the simulation saw no change of sign")
    if low is None and high is None:
        return CheckLine(name, None, found.value, found.standard_error, None, "nothing is proved")
    # a population of N replicas shifts k(s) by about 1/N
    play = _FAR * found.standard_error + 2 / found.replicas
    agree = (low is None or found.value >= float(low) - play) and (
        high is None or found.value <= float(high) + play
    )
    return CheckLine(name, shown, found.value, found.standard_error, agree)


def _short(value: Fraction | None, missing: str) -> str:
    return missing if value is None else f"{float(value):.7g}"


def _spike(
    walk: MatrixWalk,
    answer: ProductAnswer,
    law: ProductLaw,
    factor: Fraction,
    bounds: Enclosure,
    seed: np.random.SeedSequence,
) -> CheckLine:
    """From one start; the bounds hold for every start."""
    name = f"P(sup |e_t| >= {float(factor):g} |e_0|), {answer.norm} norm"
    shown = f"[{float(bounds.lower):.4g}, {float(bounds.upper):.4g}]"
    if walk.rank_one is not None and walk.rank_one.pivots is not None:
        return CheckLine(name, shown, None, None, None, "simulated in features of full rank only")
    start = np.linspace(1.0, 2.0, law.dimension)
    found = spike_probability(
        law,
        start,
        float(factor),
        replicas=_REPLICAS,
        steps=_SPIKE_STEPS,
        seed=seed,
        tilt=tilt_of(walk, answer),
        maximum=answer.norm == "maximum",
    )
    if found.value is None:
        return CheckLine(name, shown, None, None, None, found.reason or "too few samples")
    error = found.standard_error or 0.0
    agree = float(bounds.lower) - _FAR * error <= found.value <= float(bounds.upper) + _FAR * error
    return CheckLine(name, shown, found.value, error, agree)


def tilt_of(walk: MatrixWalk, answer: ProductAnswer) -> Tilt:
    """By theta: with the eigenfunction in the plane, without one elsewhere."""
    low, high = answer.theta
    s = float(low or 0) if high is None else float(high)
    if walk.dimension != 2:
        return Tilt(max(s, 0.1))
    mesh = Mesh(plane_matrices(walk), walk.weights, _NODES)
    values: Floats = mesh.transfer.eigenfunction(s)[1]
    return Tilt(s, mesh.nodes, values) if math.isfinite(s) else Tilt(1.0)
