"""The sign of lambda_1 over intervals of learning rates in the plane, cell by cell (Lemmas V8b and V16).

One table psi serves a whole interval [start, end] of eta. It is searched, in doubles, as the solution of the worst
case: in every direction the learning rate may be chosen anew. Then the inequality is proved on blocks, a piece of a
cell times an interval of eta, by the mean value form in both; blocks on which it fails are cut in two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np

from catalysis.exact.numbers import decimal_above
from catalysis.products.cells import Array, Flags, Integers, Ranges, Steps, Table, norm, rounded
from catalysis.products.intervals import Interval, down, logarithm, up
from catalysis.products.kernel import VectorData
from catalysis.products.walk import MatrixWalk

MOST_SAMPLES = 50
_MOST_BLOCKS, _MOST_WORK, _MOST_TRIES = 4_000, 85_000, 150
"""Blocks of one table; blocks times samples of an axis, which keeps the check within its budget; intervals tried."""
_CUTS = 12
_MOST_NODES = 1500
_MESHES = ((32, 1 / 64), (64, 1 / 128), (256, 1 / 2048))
"""First nodes, and the least width of a cell."""
_SHARE = 100  # of the rate of the worst case that the proved bound asks for
_RATES = 5  # learning rates of an interval from which the worst is taken
_GRID, _FINE, _BISECTIONS = 25, 256, 14  # the search for zeros of lambda_1
_FROM_ZERO, _TO_ZERO = 0.8, 0.6  # of the way to a zero that one table may reach
_ROUNDS, _ITERATIONS, _SETTLED = 14, 300, 1e-6
_INSIDE = np.array([0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])  # places of a cell
_VALUE_UNIT = 2**32


@dataclass(frozen=True)
class RateCells:
    """lambda_1 <= bound < 0 (side 1) or lambda_1 >= bound > 0 (side -1) for all start <= eta <= end, every start."""

    start: Fraction
    end: Fraction
    side: int
    bound: Fraction
    table: Table

    def holds(self, data: VectorData) -> bool:
        right = self.bound * self.side < 0 < self.start <= self.end
        return right and PlaneRates(data).blocks(self) is not None


Costly = tuple[RateCells, int]


@dataclass(frozen=True)
class Blocks:
    """Pieces [start, end] of cells times intervals [low, high] of eta."""

    cell: Integers
    start: Array
    end: Array
    low: Array
    high: Array

    def chosen(self, which: Flags) -> Blocks:
        return Blocks(*(getattr(self, f.name)[which] for f in fields(self)))

    def halves(self, turned: Flags) -> Blocks:
        """Each cut in two: across its directions where `turned`, else across its learning rates."""
        tau, eta = (self.start + self.end) / 2, (self.low + self.high) / 2
        ends, highs = np.where(turned, tau, self.end), np.where(turned, self.high, eta)
        starts, lows = np.where(turned, tau, self.start), np.where(turned, self.low, eta)
        parts = (self.cell, self.start, ends, self.low, highs), (self.cell, starts, self.end, lows, self.high)
        return Blocks(*(np.concatenate(pair) for pair in zip(*parts, strict=True)))


class PlaneRates:
    """Single samples of rank 2 without decay: A_i = I - eta a_i b_i^T."""

    def __init__(self, data: VectorData) -> None:
        found = MatrixWalk.from_data(data, eta=1).rank_one
        assert found is not None
        self.weights = Interval.around(found.p)
        self._a, self._b = (
            [[Fraction(int(v), side.den) for v in row] for row in side.top.tolist()]
            for side in (found.left, found.right)
        )
        self.size = len(found.p)

    @cached_property
    def floats(self) -> tuple[Array, Array, Array]:
        """a_i, b_i and p_i."""
        a, b = (np.array([[float(v) for v in row] for row in rows]) for rows in (self._a, self._b))
        return a, b, (self.weights.low + self.weights.high) / 2

    @cached_property
    def _columns(self) -> tuple[Interval, ...]:
        columns = [Interval.around([row[j] for row in rows]) for rows in (self._a, self._b) for j in (0, 1)]
        return tuple(column[:, None] for column in columns)

    def blocks(self, asked: RateCells) -> int | None:
        """How many blocks prove it; None where it is not proved."""
        nodes, n = asked.table.ranges.nodes, len(asked.table.nodes)
        etas = Interval.around((asked.start, asked.end))
        low, high = np.full(n, etas.low[0]), np.full(n, etas.high[1])
        left, seen = Blocks(np.arange(n), nodes.low[:-1], nodes.high[1:], low, high), 0
        for _ in range(_CUTS):
            seen += len(left.cell)
            if seen > _MOST_BLOCKS:
                return None
            with np.errstate(all="ignore"):
                excess, turned = self._excess(asked, left)
                good = excess.high <= 0 if asked.side > 0 else excess.low >= 0
            if good.all():
                return seen
            left = left.chosen(~good).halves(turned[~good])
        return None

    def _excess(self, asked: RateCells, blocks: Blocks) -> tuple[Interval, Flags]:
        """Left side minus right side over the blocks, and whether more of it comes from tau than from eta."""
        table = asked.table.ranges
        middle, eta = (blocks.start + blocks.end) / 2, (blocks.low + blocks.high) / 2
        half = up(np.maximum(blocks.end - middle, middle - blocks.start))
        rate = up(np.maximum(blocks.high - eta, eta - blocks.low))
        by_tau, by_eta = self._steps(blocks, middle, half, eta, rate)
        value, slopes = _terms(table, by_tau, by_eta, (half, rate), asked.side)
        weights = self.weights[:, None]
        total, along, across = ((weights * x).sum() for x in (value, *slopes))
        own = table.at(Interval.exactly(middle), blocks.cell) + Interval.around((asked.bound,))
        turn, move = (along - table.slopes[blocks.cell]).spread(half), across.spread(rate)
        return total - own + turn + move, ~(move.high > turn.high)

    def _steps(
        self, blocks: Blocks, middle: Array, half: Array, eta: Array, rate: Array
    ) -> tuple[Steps, Steps]:
        """The images y = u - eta (b_i . u) a_i, with their derivatives by tau and by eta.

        The direction turns at det A/|y|^2 and at (y x y')/|y|^2 = (b . u)(a x u)/|y|^2.
        """
        a0, a1, b0, b1 = self._columns
        at, one, none = Interval.exactly(middle), _constant(middle, 1.0), _constant(middle, 0.0)
        first = blocks.end <= 2
        u = one.where(first, _constant(middle, 3.0) - at), (at - one).where(first, one)
        ahead = none.where(first, _constant(middle, -1.0)), one.where(first, none)
        wide = u[0] + ahead[0].spread(half), u[1] + ahead[1].spread(half)
        pull, pulls, pull_ahead = (b0 * x + b1 * y for x, y in (u, wide, ahead))
        here, etas = Interval.exactly(eta), Interval(blocks.low, blocks.high)
        y0, y1 = (x - here * pull * a for x, a in zip(u, (a0, a1), strict=True))
        turn0, turn1 = (x - etas * pull_ahead * a for x, a in zip(ahead, (a0, a1), strict=True))
        move0, move1 = (none - pulls * a for a in (a0, a1))
        over0, over1 = (
            y + turn.spread(half) + (pull * a).spread(rate)
            for y, turn, a in ((y0, turn0, a0), (y1, turn1, a1))
        )
        bent = pulls * (a0 * wide[1] - a1 * wide[0])
        determinant = one - etas * (a0 * b0 + a1 * b1)
        over = over0, over1
        return Steps((y0, y1), over, (turn0, turn1), determinant), Steps((y0, y1), over, (move0, move1), bent)


def _terms(
    table: Ranges, by_tau: Steps, by_eta: Steps, reach: tuple[Array, Array], side: int
) -> tuple[Interval, tuple[Interval, Interval]]:
    """log|y| + psi(y) at the middle, and its slopes; or its extreme over the block where that is much sharper."""
    middle, over = by_tau.middle, by_tau.over
    size, whole_size = norm(middle), norm(over)
    value = logarithm(size) + table.in_charts(middle)[0]
    values, steep = table.in_charts(over)
    square = whole_size * whole_size
    slopes = [steps.growth(whole_size) + steep * (steps.determinants / square) for steps in (by_tau, by_eta)]
    extreme = _extreme(table, whole_size, values, side)
    spread = slopes[0].largest * reach[0] + slopes[1].largest * reach[1]
    gain = extreme - value.high if side > 0 else value.low - extreme
    kept = spread < 2 * gain
    none = _constant(extreme, 0.0)
    along, across = (slope.where(kept, none) for slope in slopes)
    return value.where(kept, Interval.exactly(extreme)), (along, across)


def _extreme(table: Ranges, size: Interval, values: Interval, side: int) -> Array:
    """An upper bound of log|y| + psi(y) (side -1: a lower one) over a block; y may vanish."""
    vanishes = ~(size.low > 0)
    if side > 0:
        most = np.where(vanishes, table.values.high.max(), values.high)
        return up(logarithm(Interval.exactly(size.high)).high + most)
    low = logarithm(Interval.exactly(np.where(vanishes, 1.0, size.low))).low
    return np.where(vanishes, -np.inf, down(low + values.low))


def _constant(like: Array, value: float) -> Interval:
    return Interval.exactly(np.full_like(like, value))


# Searching, in doubles: nothing below is believed.


class WorstCase:
    """E(log|A u| + psi(A u)) on places of the cells of a mesh, for the worst of a few learning rates."""

    def __init__(self, rates: PlaneRates, nodes: Array, etas: Sequence[float], side: int) -> None:
        a, b, self.weights = rates.floats
        self.nodes, self.worst = nodes, np.maximum if side > 0 else np.minimum
        self.ends = np.append(nodes, 4.0)
        self.widths = np.diff(self.ends)
        at = (nodes[:, None] + self.widths[:, None] * _INSIDE).ravel()
        u = np.where(at <= 2, [np.ones_like(at), at - 1], [3 - at, np.ones_like(at)])
        eta = np.array(etas)[:, None, None, None]
        images = (np.eye(2) - eta * a[:, :, None] * b[:, None, :]) @ u  # (rates, samples, 2, places)
        with np.errstate(all="ignore"):
            logs = np.log(np.maximum(np.abs(images).max(axis=2), 1e-12))
            x, y = images[:, :, 0], images[:, :, 1]
            tau = np.where(np.abs(y) <= np.abs(x), y / x + 1, 3 - x / y)
        tau = np.where(np.isfinite(tau), tau, 0.0) % 4.0
        self.logs = np.einsum("m,emp->ep", self.weights, logs)
        self.left = np.clip(np.searchsorted(nodes, tau, side="right") - 1, 0, len(nodes) - 1)
        self.right = (self.left + 1) % len(nodes)
        self.part = (tau - self.ends[self.left]) / self.widths[self.left]

    def image(self, psi: Array) -> Array:
        """One row for each cell, one column for each place in it."""
        at = psi[self.left] + self.part * (psi[self.right] - psi[self.left])
        found = self.logs + np.einsum("m,emp->ep", self.weights, at)
        image: Array = self.worst.reduce(found, axis=0).reshape(len(self.nodes), len(_INSIDE))
        return image

    def solve(self, psi: Array, firm: Flags) -> tuple[float, Array]:
        """The rate, and psi with rate + psi = image at the nodes; in `firm` cells the worst over the cell."""
        rate, cells = 0.0, np.flatnonzero(firm)
        for _ in range(_ITERATIONS):
            image = self.image(psi)
            found = image[:, 0].copy()
            over = self.worst.reduce(image[cells], axis=1)
            for ends in (cells, (cells + 1) % len(found)):
                found[ends] = self.worst(found[ends], over)
            step = found - psi
            rate = float(step.min() + step.max()) / 2
            if step.max() - step.min() < _SETTLED:
                break
            psi = psi + step / 2
            psi -= psi.mean()
        return rate, psi

    def excess(self, psi: Array) -> Array:
        after = np.append(psi[1:], psi[0])
        found: Array = self.image(psi) - (psi[:, None] + (after - psi)[:, None] * _INSIDE)
        return found


def rate_at(rates: PlaneRates, eta: float) -> float:
    """lambda_1 at one learning rate, in doubles."""
    nodes, none = np.linspace(0.0, 4.0, _FINE, endpoint=False), np.zeros(_FINE)
    return WorstCase(rates, nodes, [eta], 1).solve(none, none > 0)[0]


def _searched(
    rates: PlaneRates, etas: Sequence[float], side: int, size: int, least: float
) -> tuple[float, Table | None]:
    """A table for all of the etas: cells are cut where psi bends, and held to their worst place below a least width.

    Near the directions that a sample nearly sends to 0 psi is not smooth.
    """
    nodes, psi, firm = np.linspace(0, 4, size, endpoint=False), np.zeros(size), np.zeros(size, dtype=bool)
    rate = 0.0
    for _ in range(_ROUNDS):
        case = WorstCase(rates, nodes, etas, side)
        rate, psi = case.solve(psi, firm)
        if not rate * side < 0:
            return rate, None
        bad = (side * case.excess(psi)).max(axis=1) > side * rate * 0.65
        cut = bad & (case.widths > least)
        if not bad.any() or len(nodes) + cut.sum() > _MOST_NODES:
            break
        merged = np.concatenate([nodes, (nodes + case.widths / 2)[cut]])
        order = np.argsort(merged)
        firm = np.concatenate([firm | (bad & ~cut), np.zeros(int(cut.sum()), dtype=bool)])[order]
        psi = np.interp(merged[order], case.ends, np.append(psi, psi[0]))
        nodes = merged[order]
    values = tuple(Fraction(round(v * _VALUE_UNIT), _VALUE_UNIT) for v in psi.tolist())
    return rate, Table(tuple(Fraction(x) for x in nodes.tolist()), values)


def sign_on(rates: PlaneRates, start: Fraction, end: Fraction, side: int) -> Costly | None:
    """One table for [start, end], and the blocks that prove it; None where not found."""
    etas = np.linspace(float(start), float(end), _RATES).tolist()
    for size, least in _MESHES:
        rate, table = _searched(rates, etas, side, size, least)
        if table is None:
            continue
        bound = rounded(rate / _SHARE, Fraction(abs(rate)) / (4 * _SHARE))
        found = RateCells(start, end, side, bound, table)
        blocks = rates.blocks(found)
        if blocks is not None:
            return found, blocks
    return None


def covered(data: VectorData, start: Fraction, end: Fraction, width: Fraction) -> Iterator[Costly]:
    """Intervals inside [start, end] on which lambda_1 has one sign, in order, with the blocks times samples of each.

    Around each zero of lambda_1, and where nothing is found, `width` times eta is left out; so is the rest when
    _MOST_TRIES intervals have been tried.
    """
    rates, tries = PlaneRates(data), 0
    zeros = _zeros(rates, data, float(start), float(end))
    for left, right in pairwise([None, *zeros, None]):
        low = start if left is None else max(start, _short(left * (1 + float(width) / 2)))
        high = end if right is None else min(end, _short(right * (1 - float(width) / 2)))
        for found in _between(rates, (low, high), (left, right), width):
            tries += 1
            if tries > _MOST_TRIES:
                return
            if found is not None:
                yield found[0], found[1] * rates.size


def within_budget(pieces: Iterable[Costly]) -> tuple[RateCells, ...]:
    """Without those that take the most work for their length, so that one certificate can hold all the others."""
    kept = list(pieces)
    while sum(work for _, work in kept) > _MOST_WORK:
        kept.remove(max(kept, key=lambda item: item[1] / (item[0].end / item[0].start - 1)))
    return tuple(sorted((piece for piece, _ in kept), key=lambda piece: piece.start))


def _between(
    rates: PlaneRates,
    ends: tuple[Fraction, Fraction],
    zeros: tuple[float | None, float | None],
    width: Fraction,
) -> Iterator[Costly | None]:
    """The intervals between two zeros, longer ones the further they are from these; None for each try that failed."""
    at, end = ends
    if at >= end:
        return
    side = 1 if rate_at(rates, float(at + end) / 2) < 0 else -1
    step = float(end - at)
    while at < end:
        least = float(at * width) / 4
        far = [_FROM_ZERO * (float(at) - zeros[0])] if zeros[0] is not None else []
        far += [_TO_ZERO * (zeros[1] - float(at))] if zeros[1] is not None else []
        step, tried, found = max(min([step, *far]), least), 0, None
        while found is None and step >= least:
            found = sign_on(rates, at, min(end, _short(float(at) + step)), side)
            if found is None:
                step, tried = step / 2, tried + 1
                yield None
        if found is None:
            at, step = _short(float(at) * (1 + float(width))), 2 * least
            continue
        yield found
        at, step = found[0].end, step if tried else 2 * step


def _zeros(rates: PlaneRates, data: VectorData, start: float, end: float) -> list[float]:
    """Where lambda_1 changes its sign, in doubles."""
    poles = [1 / float(k) for k in data.diagonal if k]
    grid = sorted({*np.linspace(start, end, _GRID).tolist(), *(x for x in poles if start < x < end)})
    signs = [rate_at(rates, eta) < 0 for eta in grid]
    found = []
    for (low, before), (high, after) in pairwise(zip(grid, signs, strict=True)):
        if before == after:
            continue
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if (rate_at(rates, middle) < 0) == before else (low, middle)
        found.append((low + high) / 2)
    return found


def _short(value: float) -> Fraction:
    return Fraction(decimal_above(Fraction(value), 7))
