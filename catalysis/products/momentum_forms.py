"""Stability in mean square on a whole box of (f, beta): one form Q with E A^T Q A < Q at all its points (Lemma V5).

The state is written as (e_t, e_t - e_(t-1)): there a step is [[u, v], [u - 1, v]] with u = a + b, v = -b, and little is
lost where beta is close to 1. The entries of D = Q - E A^T Q A are bounded over the box by the mean value form.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.products.intervals import Interval
from catalysis.products.momentum_boxes import Box, Momentum, Row

Form = tuple[Fraction, Fraction, Fraction]
Entries = list[Interval]
Array = npt.NDArray[np.float64]

_BITS = 30
_STEPS = 4
_LEAST_LOAD = 1e-6


@dataclass(frozen=True)
class Difference:
    """The entries of D over a box: in the middle, and how far they move."""

    middle: Entries
    reach: Entries

    @property
    def positive(self) -> bool:
        a, b, d = (m + r for m, r in zip(self.middle, self.reach, strict=True))
        return bool(a.low[0] > 0 and d.low[0] > 0 and (a * d - b * b).low[0] > 0)


def contracts(momentum: Momentum, box: Box, form: Form) -> bool:
    """Whether Q = ((q11, q12), (q12, q22)) > 0 and D > 0 are proved at all points of the box."""
    q11, q12, q22 = form
    return q11 > 0 and q11 * q22 > q12 * q12 and difference(momentum, box, form).positive


def difference(momentum: Momentum, box: Box, form: Form) -> Difference:
    """D by the mean value form."""
    q = [Interval.around((v,)) for v in form]
    half = [Interval.around((h,)).high for h in box.halves]
    sides = [Interval.around((v,)) for v in box.middle]
    over = [s + Interval(-h, h) for s, h in zip(sides, half, strict=True)]
    rows = momentum.rows(over[0], over[1])
    speeds = [_slow(rows.by_fraction), _slow(rows.by_beta)]
    step = _slow(momentum.rows(sides[0], sides[1]).entries)
    middle = [v - t for v, t in zip(q, _image(momentum, q, step), strict=True)]
    for h, speed in zip(half, speeds, strict=True):
        step = step[0] + speed[0].spread(h), step[1] + speed[1].spread(h)
    turned = [_turned(momentum, q, step, speed) for speed in speeds]
    reach = [a.spread(half[0]) + b.spread(half[1]) for a, b in zip(*turned, strict=True)]
    return Difference(middle, reach)


def _slow(row: Row) -> tuple[Interval, Interval]:
    """u and v, or their derivatives."""
    return row.first + row.second, Interval(-row.second.high, -row.second.low)


def _image(momentum: Momentum, q: Entries, step: tuple[Interval, Interval]) -> Entries:
    """E A^T Q A."""
    u, v = step
    w = u - Interval.exactly(np.ones(1))
    one, two = q[0] * u + q[1] * w, q[1] * u + q[2] * w
    loads = one * u + two * w, (one + two) * v, (q[0] + q[1] + q[1] + q[2]) * (v * v)
    return [_mean(momentum, load) for load in loads]


def _turned(
    momentum: Momentum, q: Entries, step: tuple[Interval, Interval], speed: tuple[Interval, Interval]
) -> Entries:
    """The derivative of E A^T Q A by the step, in the direction `speed`."""
    (u, v), (du, dv) = step, speed
    w = u - Interval.exactly(np.ones(1))
    one, two = q[0] * u + q[1] * w, q[1] * u + q[2] * w
    all_of_it = q[0] + q[1] + q[1] + q[2]
    first = (one + two) * du
    vdv = v * dv
    loads = first + first, all_of_it * (du * v) + (one + two) * dv, all_of_it * (vdv + vdv)
    return [_mean(momentum, load) for load in loads]


def _mean(momentum: Momentum, values: Interval) -> Interval:
    return (Interval.around(momentum.p)[:, None] * values).sum()


# Searching, in doubles: nothing below is believed.


class Sampled:
    """The maps Q -> E A^T Q A at the nine points of a box (`Box.points`), on (q11, q12, q22)."""

    def __init__(self, momentum: Momentum, box: Box) -> None:
        self.momentum, self.box = momentum, box
        tables, p = momentum.floats(*box.points()), np.array([float(p) for p in momentum.p])
        u, v = tables[..., 0, 0] + tables[..., 0, 1], -tables[..., 0, 1]
        w = u - 1
        rows = [[u * u, 2 * u * w, w * w], [u * v, (u + w) * v, w * v], [v * v, 2 * v * v, v * v]]
        self.maps: Array = np.array([[x @ p for x in row] for row in rows]).transpose(2, 0, 1)
        self.radii: Array = np.abs(np.linalg.eigvals(self.maps)).max(axis=1)

    @property
    def steeper(self) -> int:
        """The side along which the spectral radius moves more."""
        table = self.radii.reshape(3, 3)
        return int(np.abs(table[2] - table[0]).sum() < np.abs(table[:, 2] - table[:, 0]).sum())

    def prove(self) -> Form | None:
        """A form that contracts on the whole box; None where it is not found."""
        load = np.array([1.0, 0.0, 1.0])
        for _ in range(_STEPS):
            q = np.linalg.solve(np.eye(3) - self.maps[4], load)
            q = q / np.abs(q).max()
            rest = q - self.maps @ q
            form = self._short(q)
            if _definite(rest) and contracts(self.momentum, self.box, form):
                return form
            a, b, d = np.maximum(np.abs(rest - rest[4]).max(axis=0), _LEAST_LOAD**2)
            load = np.array([a + b * (a / d) ** 0.5, 0.0, d + b * (d / a) ** 0.5])  # beside what is lost
            load = load / float(load.max()) + _LEAST_LOAD * np.array([1.0, 0.0, 1.0])
        return None

    @staticmethod
    def _short(q: Array) -> Form:
        a, b, d = (Fraction(round(float(v) * 2**_BITS), 2**_BITS) for v in q)
        return a, b, d


def _definite(rest: Array) -> bool:
    return bool((rest[:, 0] > 0).all() and (rest[:, 0] * rest[:, 2] > rest[:, 1] ** 2).all())
