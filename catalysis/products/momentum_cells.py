"""The sign of lambda_1 on a whole box of (f, beta), by cells (Lemma V8e).

The table of V8 moves with the point: `psi(u) = psi_0(u) + (f - f_0) psi_1(u) + (beta - beta_0) psi_2(u)`, (f_0, beta_0)
the middle of the box. Where psi_1 and psi_2 are near the derivatives of the Poisson solution psi, the excess of the
inequality moves with the point as lambda_1 does, at the same speed for all directions: what is lost is of the second
order in the size of the box. The proof is the mean value form on cell times box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.products.cells import Ranges, Table, Transfer, charts, norm, rounded
from catalysis.products.intervals import Interval, logarithm, up
from catalysis.products.momentum_boxes import Box, Momentum, Rows, minus

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pair = tuple[Interval, Interval]

MOST_REGIONS = 500

_NODES, _MOST_NODES = 32, 256
_TRIES, _STUCK = 5, 0.9  # cuts, after which so large a share should not be open
_LOSS = 0.2  # of the rate, between two nodes
_SHARE = 16  # of what is sampled that the proved bound asks for
_LEAST_MARGIN = 0.02  # of the rate in the middle
_LEAST_RATE = 1e-7
_DIGITS = 7


@dataclass(frozen=True)
class MovingTable:
    """psi_0, psi_1, psi_2 at the same nodes, linear between; around the middle of `box`."""

    box: Box
    nodes: tuple[Fraction, ...]
    values: tuple[tuple[Fraction, ...], tuple[Fraction, ...], tuple[Fraction, ...]]


@dataclass(frozen=True)
class BoxBound:
    """lambda_1 <= `bound` (side 1) or >= `bound` (side -1) for all points of `table.box` and every start. V8e."""

    bound: Fraction
    side: int
    table: MovingTable
    regions: int


@dataclass(frozen=True)
class Failure:
    """No proof, and which side of the box should be cut: 0 or 1."""

    side: int


@dataclass(frozen=True, eq=False)
class Regions:
    """Parts of cells times parts of the box; `x` and `y` are parts of [-1, 1], the sides of the box."""

    cell: Integers
    tau: Interval
    x: Interval
    y: Interval

    @classmethod
    def of_cells(cls, nodes: Array) -> Regions:
        """The whole box on every cell."""
        cells = np.arange(len(nodes))
        full = Interval(np.full_like(nodes, -1.0), np.full_like(nodes, 1.0))
        return cls(cells, Interval(nodes, np.append(nodes[1:], 4.0)), full, full)

    def __getitem__(self, index: Any) -> Regions:
        return Regions(self.cell[index], self.tau[index], self.x[index], self.y[index])

    def cut(self, axis: Integers) -> Regions:
        """Each in two, across its own axis."""
        sides = [_halved(side, axis == k) for k, side in enumerate((self.tau, self.x, self.y))]
        return Regions(np.concatenate([self.cell, self.cell]), *sides)


def _halved(side: Interval, cut: Flags) -> Interval:
    middle = (side.low + side.high) / 2
    low, high = np.where(cut, middle, side.low), np.where(cut, middle, side.high)
    return Interval(np.concatenate([side.low, low]), np.concatenate([high, side.high]))


@dataclass(frozen=True, eq=False)
class Excess:
    """Left side minus right side on regions: at the middles, and how far it moves along tau, f and beta."""

    value: Interval
    reach: tuple[Interval, Interval, Interval]

    def proved(self, side: int) -> Flags:
        total = self.value + self.reach[0] + self.reach[1] + self.reach[2]
        found: Flags = total.high <= 0 if side > 0 else total.low >= 0
        return found

    def widest(self, kept: Flags) -> Integers:
        """The axis along which most is lost."""
        widths = np.array([np.nan_to_num(r.high[kept], nan=np.inf, posinf=1e300) for r in self.reach])
        found: Integers = widths.argmax(axis=0)
        return found

    def worse_side(self) -> int:
        """The side of the box along which more is lost."""
        first, second = (float(np.nan_to_num(r.high, nan=1e9, posinf=1e9).sum()) for r in self.reach[1:])
        return int(second > first)


class BoxQuestion:
    """The inequality of V8e for one optimizer, with one table on its box."""

    def __init__(self, momentum: Momentum, table: MovingTable, bound: Fraction, side: int) -> None:
        self.momentum, self.side = momentum, side
        self.weights, self.bound = Interval.around(momentum.p), Interval.around((bound,))
        self.parts = [Ranges(Table(table.nodes, values)) for values in table.values]
        self.nodes = self.parts[0].nodes.low[:-1]
        self.half = [Interval.around((h,)) for h in table.box.halves]
        self.center = [Interval.around((v,)) for v in table.box.middle]

    def first_regions(self) -> Regions:
        """All cells times the box."""
        return Regions.of_cells(self.nodes)

    def regions(self, most: int) -> int | Regions:
        """How many regions the proof takes, or those that are left when there would be more than `most`."""
        waiting, done, rounds = self.first_regions(), 0, 0
        while len(waiting.cell):
            excess = self.excess(waiting)
            open_ones = ~excess.proved(self.side)
            left = int(open_ones.sum())
            done, rounds = done + len(open_ones), rounds + 1
            hopeless = rounds > _TRIES and left > _STUCK * len(open_ones)
            if done + 2 * left > most or hopeless:
                return waiting[open_ones]
            waiting = waiting[open_ones].cut(excess.widest(open_ones))
        return done

    def excess(self, regions: Regions) -> Excess:
        with np.errstate(all="ignore"):
            return self._excess(regions)

    def _excess(self, regions: Regions) -> Excess:
        sides = (regions.tau, regions.x, regions.y)
        middles = [(s.low + s.high) / 2 for s in sides]
        half = [up(np.maximum(s.high - m, m - s.low)) for s, m in zip(sides, middles, strict=True)]
        first = regions.tau.high <= 2
        tau, x, y = (Interval.exactly(m) for m in middles)
        value = self._at_middle(regions, tau, (self.half[0] * x, self.half[1] * y), first)
        slopes = self._slopes(regions, first)
        reach = (
            slopes[0].spread(half[0]),
            *(
                s.spread((Interval.exactly(h) * d).high)
                for s, h, d in zip(slopes[1:], half[1:], self.half, strict=True)
            ),
        )
        return Excess(value, (reach[0], reach[1], reach[2]))

    def _at_middle(self, regions: Regions, tau: Interval, moved: Pair, first: Flags) -> Interval:
        point = self.center[0] + moved[0], self.center[1] + moved[1]
        u = _directions(tau, first)
        y = self._image(self.momentum.rows(*point), u)
        values = [part.in_charts(y)[0] for part in self.parts]
        own = [part.at(tau, regions.cell) for part in self.parts]
        mean = self._mean(logarithm(norm(y)) + _moving(values, moved))
        return mean - _moving(own, moved) - self.bound

    def _image(self, rows: Rows, u: Pair) -> Pair:
        y = rows.entries.times(u)
        return y, u[0] + _zero(y)

    def _mean(self, values: Interval) -> Interval:
        return (self.weights[:, None] * values).sum()

    def _slopes(self, regions: Regions, first: Flags) -> list[Interval]:
        """The derivatives of the excess by tau, f and beta over the regions."""
        moved = self.half[0] * regions.x, self.half[1] * regions.y
        rows = self.momentum.rows(self.center[0] + moved[0], self.center[1] + moved[1])
        u = _directions(regions.tau, first)
        step = _Step(rows, u, self._image(rows, u), first)
        there = charts(step.toward)
        one, two = step.in_first(self.parts, moved), step.in_second(self.parts, moved)
        slope = _moving([part.slopes[regions.cell] for part in self.parts], moved)
        own = [slope, *(_own(part, regions) for part in self.parts[1:])]
        return [self._mean(_joined(a, b, there)) - mine for a, b, mine in zip(one, two, own, strict=True)]


def _own(part: Ranges, regions: Regions) -> Interval:
    low, high = (part.at(Interval.exactly(end), regions.cell) for end in (regions.tau.low, regions.tau.high))
    return low.union(high)


def _moving(parts: Sequence[Interval], moved: Pair) -> Interval:
    """What a moving table makes of the values or slopes of its three tables."""
    return parts[0] + parts[1] * moved[0] + parts[2] * moved[1]


@dataclass(frozen=True, eq=False)
class _Step:
    """The images y of directions u over regions, for each sample; y_1 = u_0 does not depend on the point."""

    rows: Rows
    u: Pair
    y: Pair
    first: Flags

    @property
    def toward(self) -> Pair:
        """A multiple of y whose interval is narrow: (a + b u_1/u_0, 1) where u_0 is not 0."""
        whole = (self.u[0].low > 0) | (self.u[0].high < 0)
        row = self.rows.entries
        scaled = row.first + row.second * (self.u[1] / self.u[0])
        return scaled.where(whole, self.y[0]), _one(scaled).where(whole, self.y[1])

    @property
    def least(self) -> Array:
        """Of the larger entry of y."""
        return np.maximum(self.y[0].least, self.y[1].least)

    @property
    def moves(self) -> tuple[Interval, Interval]:
        """The derivatives of y_0 by f and beta."""
        return self.rows.by_fraction.times(self.u), self.rows.by_beta.times(self.u)

    def _turn(self, size: Interval) -> Interval:
        """dtau(y)/dtau = det/|y|^2, det = -b."""
        return minus(self.rows.entries.second) / (size * size)

    def in_first(self, parts: Sequence[Ranges], moved: Pair) -> list[Interval]:
        """|y_0| is the norm: log|y_0| + psi(y_1/y_0 + 1)."""
        toward, y, least, row = self.toward, self.y[0], self.least, self.rows.entries
        ratio = toward[1] / toward[0]
        tau = _clipped(ratio + _one(y), 0.0, 2.0)
        seen = [part.over(tau) for part in parts]
        slope = _moving([s for _, s in seen], moved)
        by_tau = row.second.where(self.first, minus(row.first))
        found = [_over(by_tau, y, least) + slope * self._turn(Interval(least, y.largest))]
        for k, move in enumerate(self.moves):
            found.append(
                _over(move, y, least) * (_one(y) - _clipped(ratio, -1.0, 1.0) * slope) + seen[k + 1][0]
            )
        return found

    def in_second(self, parts: Sequence[Ranges], moved: Pair) -> list[Interval]:
        """|y_1| is the norm: log|y_1| + psi(3 - y_0/y_1)."""
        toward, y, least = self.toward, self.y[1], self.least
        tau = _clipped(_constant(y, 3.0) - toward[0] / toward[1], 2.0, 4.0)
        seen = [part.over(tau) for part in parts]
        slope = _moving([s for _, s in seen], moved)
        growth = _zero(y).where(self.first, _over(_constant(y, -1.0), y, least))
        found = [growth + slope * self._turn(Interval(least, y.largest))]
        for k, move in enumerate(self.moves):
            found.append(minus(slope * _over(move, y, least)) + seen[k + 1][0])
        return found


def _directions(tau: Interval, first: Flags) -> Pair:
    one = _one(tau)
    return one.where(first, _constant(tau, 3.0) - tau), (tau - one).where(first, one)


def _constant(x: Interval, value: float) -> Interval:
    return Interval.exactly(np.full_like(x.low, value))


def _one(x: Interval) -> Interval:
    return _constant(x, 1.0)


def _zero(x: Interval) -> Interval:
    return _constant(x, 0.0)


def _over(x: Interval, y: Interval, least: Array) -> Interval:
    """x/y where |y| >= least."""
    return x.spread(up(1 / least)).where((y.low <= 0) & (y.high >= 0) & (least > 0), x / y)


def _joined(first: Interval, second: Interval, there: tuple[Flags, Flags]) -> Interval:
    return first.union(second).where(there[0] & there[1], first.where(there[0], second))


def _clipped(tau: Interval, low: float, high: float) -> Interval:
    return Interval(np.clip(tau.low, low, high), np.clip(tau.high, low, high))


# Searching, in doubles: nothing below is believed.


def prove_sign(momentum: Momentum, box: Box, most: int = MOST_REGIONS) -> BoxBound | Failure:
    """lambda_1 <= r < 0 or >= r > 0 on the whole box by at most `most` regions, or where to cut the box."""
    nodes, rate, psi, excess = _fine(momentum, box)
    if not abs(rate) > _LEAST_RATE:
        return Failure(0)
    side = -1 if rate > 0 else 1
    left = -side * excess
    least = float(left.min())
    if not least > _LEAST_MARGIN * abs(rate):
        across = left.reshape(3, 3, -1).min(axis=2)
        return Failure(int(across[:, 1].min() > across[1].min()))
    wanted = -side * least / _SHARE
    bound, table = rounded(wanted, Fraction(abs(wanted)) / 4), _rounded(box, nodes, psi)
    question = BoxQuestion(momentum, table, bound, side)
    found = question.regions(most)
    if isinstance(found, int):
        return BoxBound(bound, side, table, found)
    return Failure(question.excess(found).worse_side())


def _fine(momentum: Momentum, box: Box) -> tuple[Array, float, list[Array], Array]:
    """Nodes, and what `_search` and `_sampled` find on them; more nodes where a table loses much in the middle."""
    nodes: Array = np.linspace(0.0, 4.0, _NODES, endpoint=False)
    while True:
        rate, psi = _search(momentum, box, nodes)
        excess = _sampled(momentum, box, nodes, psi)
        between = excess[4, 1::2]  # at nodes it is the rate
        coarse = np.flatnonzero((rate - between) * np.sign(rate) > _LOSS * abs(rate))
        if not len(coarse) or len(nodes) + len(coarse) > _MOST_NODES:
            return nodes, rate, psi, excess
        middles = (nodes + np.append(nodes[1:], 4.0))[coarse] / 2
        nodes = np.sort(np.concatenate([nodes, middles])).astype(np.float64)


def _search(momentum: Momentum, box: Box, nodes: Array) -> tuple[float, list[Array]]:
    """lambda_1 at the middle; psi_0, psi_1, psi_2 there, from differences between the ends of both sides."""
    weights = np.array([float(p) for p in momentum.p])
    tables = momentum.floats(*box.points())
    below, left, middle, right, above = (
        Transfer(tables[k], weights, nodes).poisson() for k in (3, 1, 4, 7, 5)
    )
    found = [middle[1]]
    for half, low, high in zip(box.halves, (left, below), (right, above), strict=True):
        found.append((high[1] - low[1]) / float(2 * half) if half else np.zeros_like(nodes))
    return middle[0], found


def _sampled(momentum: Momentum, box: Box, nodes: Array, psi: list[Array]) -> Array:
    """The excess over 0 at nodes and between them, at the nine points of the box: shape (9, directions)."""
    places = np.sort(np.concatenate([nodes, (nodes + np.append(nodes[1:], 4.0)) / 2]))
    around = [np.interp(places, np.append(nodes, 4.0), np.append(v, v[0])) for v in psi]
    weights = np.array([float(p) for p in momentum.p])
    (f, beta), (f0, beta0) = box.points(), map(float, box.middle)
    found = []
    for a, b, table in zip(f - f0, beta - beta0, momentum.floats(f, beta), strict=True):
        here, transfer = around[0] + a * around[1] + b * around[2], Transfer(table, weights, places)
        found.append(transfer.logarithms() + weights @ transfer.mean(here) - here)
    return np.array(found)


def _rounded(box: Box, nodes: Array, psi: list[Array]) -> MovingTable:
    """In short decimals: what is lost of psi_1 and psi_2 is multiplied by the size of the box."""
    exact = [tuple(Fraction(round(v * 10**_DIGITS), 10**_DIGITS) for v in values.tolist()) for values in psi]
    return MovingTable(box, tuple(Fraction(v) for v in nodes.tolist()), (exact[0], exact[1], exact[2]))
