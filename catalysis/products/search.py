"""Searching, in doubles, for the matrices and slopes behind the proofs. Nothing here proves anything.

V3 is convex in log w, V4 climbs: both are solved by w_i = q c_i^(q-1), c_i = <Z, A_i^T Q A_i>/<Z, Q> at the leading
eigenvectors Q, Z of T_(p w). V10 is the limit w_i = 1/c_i.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catalysis.products.operators import Floats, FloatWalk, Leading, PositiveMap

_ROUNDS = 80
_SETTLED = 1e-9
_LEAST_STEP = 1e-3
_LEAST_ENERGY = 1e-14
_CHORD_ROUNDS = 12


@dataclass(frozen=True)
class Found:
    """A bound of k(s), as rho, or of lambda_1, with what gives it; `energies` are the c_i."""

    value: float
    energies: Floats
    top: Leading


def _relative(walk: FloatWalk, top: Leading) -> Floats:
    """c_i: how much sample i enlarges the quadratic form, seen by the leading eigenvectors."""
    found = walk.energies(top.z, top.q) / np.sum(top.z * top.q)
    return np.maximum(found, _LEAST_ENERGY)


def _iterate(
    walk: FloatWalk,
    slopes: Callable[[Floats], Floats],
    value: Callable[[float, Floats], float],
    *,
    better: Callable[[float, float], bool],
    start: Floats | None = None,
) -> Found:
    """From c towards the energies at the slopes of c, as far as the value gets better; each failure halves the step."""

    def at(c: Floats, guess: Leading | None) -> Found:
        top = walk.weighted(walk.p * slopes(c)).leading(guess)
        return Found(value(top.value, c), c, top)

    with np.errstate(all="ignore"):
        if start is None:
            start = _relative(walk, walk.weighted(walk.p).leading())
        return _improved(walk, at, better, at(start, None))


def _improved(
    walk: FloatWalk,
    at: Callable[[Floats, Leading | None], Found],
    better: Callable[[float, float], bool],
    found: Found,
) -> Found:
    step = 0.5
    for _ in range(_ROUNDS):
        direction = np.log(_relative(walk, found.top) / found.energies)
        if not np.isfinite(direction).all():
            break
        ahead = at(found.energies * np.exp(step * direction), found.top)
        if better(ahead.value, found.value):
            small = abs(ahead.value - found.value) <= _SETTLED * abs(found.value)
            found, step = ahead, min(1.0, 1.5 * step)
            if small:
                break
        else:
            step /= 2
            if step < _LEAST_STEP:
                break
    return found


def upper_quadratic(walk: FloatWalk, s: float, start: Floats | None = None) -> Found:
    """The least rho of V3 for s <= 2."""
    if s == 2:
        top = walk.whole_step().leading()
        return Found(top.value, np.ones(len(walk.p)), top)
    q = s / 2
    return _iterate(
        walk,
        lambda c: q * c ** (q - 1),
        lambda r, c: r + float(walk.p @ ((1 - q) * c**q)),
        better=lambda new, old: new < old,
        start=start,
    )


def lower_quadratic(walk: FloatWalk, s: float) -> Found:
    """The largest rho of V4 for s >= 2 that climbing finds, from the mean square and from the largest single step."""
    if s == 2:
        return upper_quadratic(walk, s)
    q = s / 2
    found = [
        _iterate(
            walk,
            lambda c: q * c ** (q - 1),
            lambda r, c: r - float(walk.p @ ((q - 1) * c**q)),
            better=lambda new, old: new > old,
            start=start,
        )
        for start in (None, _relative(walk, walk.growing()))
    ]
    return max(found, key=lambda f: f.value if np.isfinite(f.value) else -np.inf)


def lyapunov_quadratic(walk: FloatWalk) -> Found:
    """The least bound of lambda_1 by V10; the energies are scaled so that T_(p/c) has the eigenvalue 1."""
    found = _iterate(
        walk,
        lambda c: 1 / c,
        lambda r, c: 0.5 * (float(walk.p @ np.log(c)) + np.log(max(r, 1e-300))),
        better=lambda new, old: new < old,
    )
    return Found(found.value, found.energies * found.top.value, found.top)


@dataclass(frozen=True)
class FoundChords:
    """A bound rho of k(s) by chords, and the matrix Q > 0 that gives it."""

    rho: float
    q: Floats


def chords(low: Floats, high: Floats, q: float) -> tuple[Floats, Floats]:
    """a, b of the chords of X^q over [low, high]; the tangent where they agree."""
    wide = high - low > 1e-9 * np.maximum(high, 1e-300)
    with np.errstate(all="ignore"):
        slope = np.where(
            wide,
            (high**q - low**q) / np.where(wide, high - low, 1.0),
            q * np.maximum(high, 1e-300) ** (q - 1),
        )
    slope = np.minimum(slope, 1e12)
    return high**q - slope * high, slope


def chord_search(walk: FloatWalk, s: float, *, upper: bool) -> FoundChords:
    """The best rho of V9 over a few matrices Q: each chosen as the leading one for the chords of the last."""
    with np.errstate(all="ignore"):
        return _chord_search(walk, s, upper=upper)


def _chord_search(walk: FloatWalk, s: float, *, upper: bool) -> FoundChords:
    p, best = walk.p, None
    operator: PositiveMap = walk.weighted(p)
    for _ in range(_CHORD_ROUNDS):
        top = operator.leading()
        candidates = [_definite(operator, top, tolerance) for tolerance in (1e-1, 1e-2, 1e-4)]
        rated = [r for q in candidates if q is not None and (r := _rate(walk, q, s, upper)) is not None]
        if not rated:
            break
        ahead = min(rated, key=lambda r: r.rho) if upper else max(rated, key=lambda r: r.rho)
        if best is not None and (ahead.rho >= best.rho if upper else ahead.rho <= best.rho):
            break
        best = ahead
        a, b = chords(*walk.ranges(best.q), s / 2)
        operator = walk.weighted(p * b, shift=float(p @ a))
    if best is None:
        raise ArithmeticError("no positive definite matrix was found")
    return best


def _definite(operator: PositiveMap, top: Leading, tolerance: float) -> Floats | None:
    """A positive definite matrix near the leading eigenvector."""
    q = operator.resolvent(top.value + tolerance * max(abs(top.value), 1e-3), top)
    q = (q + q.T) / 2
    if not np.isfinite(q).all():
        return None
    values = np.linalg.eigvalsh(q)
    return q / values[-1] if values[0] > 1e-13 * values[-1] else None


def _rate(walk: FloatWalk, q: Floats, s: float, upper: bool) -> FoundChords | None:
    """The rho that the chords prove at this Q."""
    try:
        low, high = walk.ranges(q)
    except np.linalg.LinAlgError:
        return None
    a, b = chords(low, high, s / 2)
    total = walk.combination(walk.p * b, q)
    if not (np.isfinite(total).all() and np.isfinite(a).all()):
        return None
    inverse = np.linalg.inv(np.linalg.cholesky(q))
    values = np.linalg.eigvalsh(inverse @ total @ inverse.T) + float(walk.p @ a)
    return FoundChords(float(values[-1] if upper else values[0]), q)
