"""k(s) and theta by polytopes (V7): searched in doubles, rounded to integers, proved exactly. s >= 1, d = 3 and 4."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.exact.balls import nearest_double
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.products.operators import Floats, as_floats
from catalysis.products.polytope import FunctionalProof, HullProof, IntegerMatrix
from catalysis.products.polytope_search import Hull, Inner, Outer, Steps, balanced, cube, outer, refined
from catalysis.products.walk import MatrixWalk

DIMENSIONS = (3, 4)
MOST_STEPS = 60
"""Polytopes are tried for laws of at most so many matrices."""
SIZES = {3: ((60, 60), (250, 90)), 4: ((100, 50), (300, 80))}
"""How many vertices, and how many functionals, at first and at last."""
MOST_VERTICES = 2000
_WORK = 12_000
_BITS = 30
_UNIT = 10**9
_LARGEST_POWER = 40.0
_CLOSE = 1e-7
_GAIN = 1e-7
_MARGINS = (3e-6, 1e-4, 3e-3)
_LOST = (ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError)
"""What a search that loses its way may raise (a flat hull among them); nothing is proved then."""


def within_reach(walk: MatrixWalk) -> bool:
    return walk.single and walk.dimension in DIMENSIONS and walk.size <= MOST_STEPS


def steps_of(walk: MatrixWalk) -> Steps:
    matrices: Floats = np.array([as_floats(step) for step in walk.steps])
    return Steps(matrices, np.array([nearest_double(p) for p in walk.weights]))


def sizes(walk: MatrixWalk) -> list[tuple[int, int]]:
    return [(n, k) for n, k in SIZES[walk.dimension] if n * walk.size <= _WORK]


def start(steps: Steps) -> Floats:
    return cube(steps.dimension, {2: 8, 3: 2, 4: 1}[steps.dimension])


def grown(steps: Steps, s: float, points: Floats, size: int) -> Inner:
    """A hull of about so many vertices."""
    found = balanced(steps, s, points)
    while len(found.points) < size:
        after = balanced(steps, s, refined(steps, s, found))
        if after.rho >= found.rho * (1 - _GAIN):
            return min(found, after, key=lambda inner: inner.rho)
        found = after
    return found


@dataclass(frozen=True)
class Crossing:
    """Polytopes at which k passes 0, in doubles: the inner one at `low` (theta >= low), the outer one at `high`."""

    low: float
    inner: Inner
    high: float
    outer: Outer | None

    def is_within(self, tolerance: float) -> bool:
        return self.high - self.low <= tolerance * self.high


def crossings(walk: MatrixWalk, guess: float, tolerance: float) -> Iterator[Crossing]:
    """Brackets of theta in doubles, from more and more vertices."""
    steps = steps_of(walk)
    points, s = start(steps), max(1.0, guess)
    for size, fewer in sizes(walk):
        coarse = grown(steps, s, points, fewer)
        low, inner = _root(steps, s, grown(steps, s, coarse.points, size))
        high, found = _outer_root(
            steps, max(1.0, low), balanced(steps, max(1.0, low), coarse.points), tolerance
        )
        yield Crossing(low, inner, high, found)
        points, s = inner.points, max(1.0, low)


def _root(steps: Steps, s: float, inner: Inner) -> tuple[float, Inner]:
    """Where the growth of the hull passes 1; below 1 if it is above 1 at s = 1."""
    for _ in range(12):
        k = math.log(inner.rho)
        if abs(k) < _CLOSE:
            break
        step = -k / inner.slope if inner.slope > 0 else s
        after = min(max(s + step, s / 2, 1.0), 2 * s)
        if after == s or after > _LARGEST_POWER:
            return (0.0 if k > 0 else s), inner
        s, inner = after, balanced(steps, after, inner.points)
    return s, inner


def _outer_root(steps: Steps, s: float, inner: Inner, tolerance: float) -> tuple[float, Outer | None]:
    found, known, slope = outer(steps, s, inner), None, max(inner.slope, 1e-6)
    close = tolerance * s * slope / 8
    for _ in range(4):
        if found.rho <= 0:
            break
        k = math.log(found.rho)
        if k > 0:
            known = s, found
        if 0 < k < close or (k > 0 and s == 1):
            break
        s = max(1.0, s - (k - close / 2) / slope)
        if s > _LARGEST_POWER:
            break
        found = outer(steps, s, inner, before=found, rounds=4)
    return (math.inf, None) if known is None else known


def integers(vectors: Floats) -> IntegerMatrix:
    scale = 2.0**_BITS / np.abs(vectors).max()
    return tuple(tuple(int(v) for v in row) for row in np.rint(vectors * scale))


def hull_proof(walk: MatrixWalk, s: Fraction, inner: Inner, rho: Fraction | None) -> HullProof | None:
    """The inner polytope as a proof, at `rho` or at the best that it gives."""
    vectors = integers(inner.points)
    hull = Hull(np.array(vectors, dtype=np.float64))
    images = steps_of(walk).images(hull.points)
    size, place = hull.facets(images.reshape(-1, walk.dimension))
    growth = float((_weights(walk) @ size.reshape(walk.size, -1) ** float(s)).max())
    told = Fraction(decimal_above(Fraction(growth * (1 + 1e-9)), 12)) if rho is None else rho
    if not math.isfinite(growth) or growth > told:
        return None
    facets = hull.simplices[place].reshape(walk.size, -1, walk.dimension).tolist()
    proof = HullProof(s, told, vectors, tuple(tuple(tuple(b) for b in row) for row in facets))
    return proof if proof.holds(walk) else None


def _weights(walk: MatrixWalk) -> Floats:
    return np.array([nearest_double(p) for p in walk.weights])


def functional_proof(
    walk: MatrixWalk, s: Fraction, found: Outer, rho: Fraction | None
) -> FunctionalProof | None:
    """The outer polytope as a proof, at `rho` or just below the best that it gives."""
    told = Fraction(decimal_below(Fraction(found.rho * (1 - 1e-6)), 12)) if rho is None else rho
    if told <= 0 or found.rho < told:
        return None
    vectors = integers(found.functionals)
    directions = found.functionals / np.linalg.norm(found.functionals, axis=1)[:, None]
    bases = tuple(_completed(directions, j) for j in range(len(vectors)))
    table: list[list[list[tuple[int, Fraction]]]] = [[[] for _ in vectors] for _ in walk.weights]
    for j, row in enumerate(found.rows):
        for (i, k), share in zip(row.place, row.share, strict=True):
            if (short := math.trunc(share * _UNIT)) != 0:
                table[i][j].append((k, Fraction(short, _UNIT)))
    multiples = tuple(tuple(tuple(entry) for entry in row) for row in table)
    proof = FunctionalProof(s, told, vectors, bases, multiples)
    return proof if proof.holds(walk) else None


def _completed(directions: Floats, j: int) -> tuple[int, ...]:
    """Indices that make a good basis with j: each time what is farthest from the span so far."""
    rest, chosen = directions.copy(), [j]
    while len(chosen) < directions.shape[1]:
        axis = rest[chosen[-1]] / np.linalg.norm(rest[chosen[-1]])
        rest = rest - np.outer(rest @ axis, axis)
        chosen.append(int(np.linalg.norm(rest, axis=1).argmax()))
    return tuple(chosen[1:])


def polytope_bounds(
    walk: MatrixWalk, guess: float, tolerance: float
) -> tuple[HullProof | None, FunctionalProof | None]:
    """Proofs of k < 0 and k > 0 at two places around theta, a relative `tolerance` apart or as near as is in reach."""
    lower: HullProof | None = None
    upper: FunctionalProof | None = None
    with np.errstate(all="ignore"), suppress(*_LOST):
        for found in crossings(walk, guess, tolerance):
            lower, upper = _falling(walk, found) or lower, _rising(walk, found) or upper
            if found.is_within(tolerance):
                break
    return lower, upper


def _falling(walk: MatrixWalk, found: Crossing) -> HullProof | None:
    steps = steps_of(walk)
    for margin in _MARGINS:
        s = Fraction(decimal_below(Fraction(found.low * (1 - margin)), 9)) if found.low else Fraction(0)
        if s < 1:
            return None
        inner = balanced(steps, float(s), found.inner.points)
        if (proof := hull_proof(walk, s, inner, 1 - Fraction(1, 2**40))) is not None:
            return proof
    return None


def _rising(walk: MatrixWalk, found: Crossing) -> FunctionalProof | None:
    if found.outer is None:
        return None
    steps = steps_of(walk)
    for margin in (0.0, *_MARGINS):
        s = Fraction(decimal_above(Fraction(found.high * (1 + margin)), 9))
        near = (
            found.outer
            if s == found.high
            else outer(steps, float(s), found.inner, before=found.outer, rounds=4)
        )
        if (proof := functional_proof(walk, s, near, 1 + Fraction(1, 2**40))) is not None:
            return proof
    return None


def best_hull(walk: MatrixWalk, s: Fraction, count: int) -> HullProof | None:
    """An upper bound of k(s), s >= 1, by about `count` vertices."""
    steps = steps_of(walk)
    with np.errstate(all="ignore"), suppress(*_LOST):
        return hull_proof(walk, s, grown(steps, float(s), start(steps), count), None)
    return None


def best_functionals(walk: MatrixWalk, s: Fraction, count: int) -> FunctionalProof | None:
    """A lower bound of k(s), s >= 1, by about `count` functionals."""
    steps = steps_of(walk)
    with np.errstate(all="ignore"), suppress(*_LOST):
        inner = grown(steps, float(s), start(steps), count)
        return functional_proof(walk, s, outer(steps, float(s), inner), None)
    return None
