"""theta of many columns at once, a law and a curvature each: Newton in doubles, then two proved signs. Lemmas H4, H5.

Factors are looked at block by block, within the cache; what is proved of all columns is worked out together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.data.walk import LinearWalk
from catalysis.drift.many import LogFactors, blocks
from catalysis.exact.vectors import Floats, exp2_near, tables, total
from catalysis.exponent.doubles import Sums, fits, half_widths

OPEN, STABLE, DEFLATIONARY, INFLATIONARY = range(4)

_NEWTON_STEPS = 60
_STRIDE = (
    8  # each so many-th column of a long curve is solved first; between these theta begins near the truth
)
_FEWEST_RATES, _FEWEST_FACTORS = 32, 50_000

Indices = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Columns:
    """At `curvatures[j]` the law of `rates[:, owner[j]]`, the largest first; without `owner` one law for all.

    `weights` are shaped as `rates`, `idle` has an entry for each law.
    """

    rates: Floats
    weights: Floats
    idle: Floats
    curvatures: Floats
    owner: Indices | None = None

    @classmethod
    def of(cls, walk: LinearWalk, curvatures: Floats) -> Columns:
        rates, weights = walk.float_rates[:, None], walk.float_weights[:, None]
        return cls(rates, weights, np.array([walk.float_idle]), curvatures)

    @classmethod
    def of_many(cls, walks: Sequence[LinearWalk], curvatures: Floats) -> Columns:
        """Each walk at each curvature, walk by walk. Shorter laws are filled up by their own largest rate, weight 0."""
        size, count = max(walk.size for walk in walks), len(curvatures)
        rates, weights = np.empty((size, len(walks))), np.zeros((size, len(walks)))
        for k, walk in enumerate(walks):
            rates[: walk.size, k], rates[walk.size :, k] = walk.float_rates, walk.float_rates[0]
            weights[: walk.size, k] = walk.float_weights
        idle = np.array([walk.float_idle for walk in walks])
        owner = np.repeat(np.arange(len(walks)), count)
        return cls(rates, weights, idle, np.tile(curvatures, len(walks)), owner)

    def __len__(self) -> int:
        return len(self.curvatures)

    @property
    def size(self) -> int:
        return len(self.rates)

    def part(self, which: Any) -> Columns:
        """Some columns, each now with its own law where there are several."""
        if self.owner is None:
            return Columns(self.rates, self.weights, self.idle, self.curvatures[which])
        own = self.owner[which]
        return Columns(
            self.rates[:, own],
            self.weights[:, own],
            self.idle[own],
            self.curvatures[which],
            np.arange(len(own)),
        )

    @property
    def still(self) -> Floats:
        """The idle weight of each column, or that of all."""
        return self.idle if self.owner is None else self.idle[self.owner]


def settled(columns: Columns, digits: int) -> tuple[Kinds, Floats, Floats]:
    """What doubles prove of each column: one of OPEN, STABLE, DEFLATIONARY, INFLATIONARY, and bounds of theta."""
    kinds, seen = np.zeros(len(columns), np.int8), np.full((_KEPT, len(columns)), np.nan)
    halves, starts = half_widths(digits), _starts(columns)
    for part in blocks(columns.size, len(columns)):
        begun = None if starts is None else starts[part]
        kinds[part] = _look(columns.part(part), begun, seen[:, part], halves[0])
    low, high, proved = _brackets(columns, seen, halves)
    kinds[proved] = DEFLATIONARY
    stable = kinds == STABLE
    return (
        kinds,
        np.where(stable, np.inf, np.where(proved, low, 0.0)),
        np.where(stable, np.inf, np.where(proved, high, 0.0)),
    )


def _starts(columns: Columns) -> Floats | None:
    """About theta, from some places of a long curve of one law, nan beyond these; None elsewhere. Proves nothing."""
    count = len(columns)
    if columns.owner is not None or columns.size < _FEWEST_RATES or count * columns.size < _FEWEST_FACTORS:
        return None
    above = columns.curvatures * columns.rates[0, 0] - 2
    order = np.argsort(above)
    some = order[np.unique([*range(0, count, _STRIDE), count - 1])]
    some = some[above[some] > 0]
    theta = np.empty(len(some))
    for part in blocks(columns.size, len(some)):
        few = columns.part(some[part])
        logs = np.log(np.abs(few.curvatures[:, None] * few.rates.T - 1.0)).T
        theta[part] = _guess(few.weights, logs, few.still)
    good = theta > 1e-7
    places, first = np.unique(np.log(above[some[good]]), return_index=True)
    if len(places) < 4:
        return None
    at = np.log(np.where(above > 0, above, np.nan))
    at[(at < places[0]) | (at > places[-1])] = np.nan
    return np.exp(_cubic(places, np.log(theta[good])[first], at))


def _cubic(places: Floats, values: Floats, at: Floats) -> Floats:
    """Through the four of the increasing places that lie around each, by Lagrange's formula."""
    first = np.clip(np.searchsorted(places, at) - 2, 0, len(places) - 4)
    found = np.zeros(len(at))
    for i in range(4):
        part = values[first + i].copy()
        for j in range(4):
            if j != i:
                part *= (at - places[first + j]) / (places[first + i] - places[first + j])
        found += part
    return found


def _look(columns: Columns, starts: Floats | None, seen: Floats, narrow: float) -> Kinds:
    """The regimes that need no theta; where it is needed `seen` is filled: see `_brackets`."""
    found = LogFactors.at(columns.rates, columns.curvatures)
    stable, signs = found.stable, found.signs(columns.weights)
    inflationary = found.beyond & (signs > 0)
    rest = np.flatnonzero(found.beyond & found.seen & (signs <= 0))
    if len(rest):
        if len(rest) < len(columns):
            columns, starts = columns.part(rest), None if starts is None else starts[rest]
            found = LogFactors(*(part[..., rest] for part in vars(found).values()))
        seen[:, rest] = _expanded(columns, found, starts, narrow)
    return np.where(stable, STABLE, np.where(inflationary, INFLATIONARY, OPEN)).astype(np.int8)


def _expanded(columns: Columns, found: LogFactors, starts: Floats | None, narrow: float) -> Floats:
    """The rows of `seen` at some theta, so near the root that the expansion of H5 tells it up to `narrow`."""
    if starts is None:
        return _rows(columns, found, _guess(columns.weights, found.logs, columns.still) / tables().ln2)
    theta, none = starts.copy(), np.flatnonzero(~np.isfinite(starts))
    theta[none] = _guessed(columns, found, none)
    rows = _rows(columns, found, theta)
    if len(none) < len(theta):
        sums = _expansion(columns, rows)
        close = sums.root()
        seen = sums.usable(close * (1 - 10 * narrow)) & sums.usable(close * (1 + 10 * narrow))
        apart = np.flatnonzero(
            ~(seen & (sums.far(np.abs(close - theta) * tables().ln2) <= 0.1 * narrow * close * sums.first))
        )
        if len(apart):
            better = close[apart]
            lost = ~sums.usable(close)[apart]
            better[lost] = _guessed(columns, found, apart[lost])
            some = LogFactors(*(part[..., apart] for part in vars(found).values()))
            rows[:, apart] = _rows(columns.part(apart), some, better)
    return rows


def _guessed(columns: Columns, found: LogFactors, which: Indices) -> Floats:
    """theta of some columns, from doubles alone."""
    if not len(which):
        return np.empty(0)
    columns, logs = columns.part(which), found.logs if len(which) == len(columns) else found.logs[:, which]
    return _guess(columns.weights, logs, columns.still) / tables().ln2


def _rows(columns: Columns, found: LogFactors, theta: Floats) -> Floats:
    sums = sums_of(columns.weights, found.logs, theta)
    return np.array([theta, *sums, found.top, found.largest, found.near])


def _guess(weights: Floats, logs: Floats, still: Floats) -> Floats:
    """theta, for natural `logs`; nan where doubles fail. Newton on log M, convex, from beyond the root."""
    theta = np.full(logs.shape[1], np.nan)
    active = np.arange(logs.shape[1])
    at = -np.log(weights[0]) / logs[0]
    one_law = weights.shape[1] == 1
    mean = weights[:, 0].dot if one_law else partial(np.einsum, "ij,ij->j", weights)
    grown = np.empty_like(logs)
    for _ in range(_NEWTON_STEPS):
        np.multiply(at, logs, out=grown)
        np.exp(grown, out=grown)
        moment = mean(grown)
        moment += still
        grown *= logs
        step = np.log(moment) * moment / mean(grown)
        at = at - step
        theta[active] = at
        moving = (np.abs(step) > 3e-4 * at) & (at > 1e-7)
        if 5 * np.count_nonzero(moving) < 4 * len(moving):
            if not moving.any():
                break
            active, at, logs = active[moving], at[moving], logs[:, moving]
            if not one_law:
                weights, still = weights[:, moving], still[moving]
                mean = partial(np.einsum, "ij,ij->j", weights)
            grown = np.empty_like(logs)
    return theta


def sums_of(weights: Floats, logs: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """A, B, C of H4 of each column."""
    terms = theta * logs
    np.maximum(terms, -127.0, out=terms)
    terms = exp2_near(terms)
    terms *= weights
    a = total(terms)
    terms *= logs
    b = total(terms)
    terms *= logs
    return a, b, total(terms)


_KEPT = 7  # theta; A, B, C; the largest L; Lam, F


def _expansion(columns: Columns, rows: Floats) -> Sums:
    theta, a, b, c, _, largest, near = rows
    d, q = np.sqrt(a * c), a * near
    q = np.where(theta >= 1, np.minimum(q, np.maximum(1.0, a)), q)
    return Sums.of(columns.size, theta, (a, b, c), columns.still, largest, near, d, q)


def _brackets(columns: Columns, seen: Floats, halves: tuple[float, ...]) -> tuple[Floats, Floats, Bools]:
    """Bounds of theta, and where H5 proves them, from the rows of `seen`."""
    sums = _expansion(columns, seen)
    close, usual = sums.root(), fits(sums.theta, seen[4], sums.largest, seen[6])
    open_, half = usual, np.zeros(len(close))
    for wider in halves:
        holds = open_ & sums.proves(close * (1 - wider), close * (1 + wider))
        half, open_ = np.where(holds, wider, half), open_ & ~holds
        if not open_.any():
            break
    return close * (1 - half), close * (1 + half), half > 0
