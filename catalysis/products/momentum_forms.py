"""Stability in mean square on a whole box of (f, beta): one matrix Q with E A^T Q A < Q at all its points (Lemma V5)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.products.intervals import Interval
from catalysis.products.momentum_boxes import Box, Momentum, Row, Rows

Form = tuple[Fraction, Fraction, Fraction]
Entries = tuple[Interval, Interval, Interval]
Array = npt.NDArray[np.float64]

_BITS = 40


def contracts(momentum: Momentum, box: Box, form: Form) -> bool:
    """Whether Q > 0 and Q - E A^T Q A > 0 are proved at all points of the box, Q = ((q11, q12), (q12, q22)).

    The entries of the difference by the mean value form: at the middle, and their derivatives over the box.
    """
    q11, q12, q22 = form
    if not (q11 > 0 and q11 * q22 > q12 * q12):
        return False
    f, beta = (Interval(np.array([a]), np.array([b])) for a, b in map(_outwards, (box.fractions, box.betas)))
    middle = (Interval.around((v,)) for v in box.middle)
    q = [Interval.around((v,)) for v in form]
    rest = _rest(momentum, momentum.rows(*middle).entries, q)
    over = momentum.rows(f, beta)
    half = [Interval.around((h,)).high for h in box.halves]
    for side, move in enumerate((over.by_fraction, over.by_beta)):
        rest = [v + s.spread(half[side]) for v, s in zip(rest, _moves(momentum, over, move, q), strict=True)]
    a, b, d = rest
    return bool(a.low[0] > 0 and d.low[0] > 0 and (a * d - b * b).low[0] > 0)


def _outwards(ends: tuple[Fraction, Fraction]) -> tuple[float, float]:
    hull = Interval.around(ends)
    return float(hull.low[0]), float(hull.high[1])


def _rest(momentum: Momentum, row: Row, q: list[Interval]) -> list[Interval]:
    """Q - sum p_i A_i^T Q A_i, A = [[x, y], [1, 0]]."""
    x, y = row.first, row.second
    two = q[1] + q[1]
    loads = (q[0] * (x * x) + two * x + q[2], q[0] * (x * y) + q[1] * y, q[0] * (y * y))
    return [own - _mean(momentum, load) for own, load in zip(q, loads, strict=True)]


def _moves(momentum: Momentum, rows: Rows, move: Row, q: list[Interval]) -> list[Interval]:
    """The derivatives of `_rest`, less the sign."""
    x, y, dx, dy = rows.entries.first, rows.entries.second, move.first, move.second
    two = q[0] + q[0]
    loads = (
        (two * x + q[1] + q[1]) * dx,
        q[0] * (x * dy + y * dx) + q[1] * dy,
        two * (y * dy),
    )
    return [_mean(momentum, load) for load in loads]


def _mean(momentum: Momentum, values: Interval) -> Interval:
    return (Interval.around(momentum.p)[:, None] * values).sum()


# Searching, in doubles: nothing below is believed.


def radius(momentum: Momentum, point: tuple[Fraction, Fraction]) -> float:
    """The spectral radius of Q -> E A^T Q A."""
    return float(np.abs(np.linalg.eigvals(_operator(momentum, point))).max())


def search_form(momentum: Momentum, point: tuple[Fraction, Fraction]) -> Form:
    """The sum of (T/r)^n(I), which is positive definite, in short numbers; r a little above the spectral radius."""
    operator = _operator(momentum, point)
    top = float(np.abs(np.linalg.eigvals(operator)).max())
    q = np.linalg.solve(np.eye(4) - operator / max(top, 0.5) * 0.999, np.eye(2).ravel()).reshape(2, 2)
    q = (q + q.T) / (2 * np.abs(q).max())
    short = [Fraction(round(float(v) * 2**_BITS), 2**_BITS) for v in (q[0, 0], q[0, 1], q[1, 1])]
    return short[0], short[1], short[2]


def _operator(momentum: Momentum, point: tuple[Fraction, Fraction]) -> Array:
    tables = np.array([[[float(v) for v in row] for row in a] for a in momentum.matrices(*point)])
    weights = [float(p) for p in momentum.p]
    found: Array = np.sum(
        [w * np.kron(a.T, a.T) for w, a in zip(weights, tables, strict=True)], axis=0, dtype=np.float64
    )
    return found
