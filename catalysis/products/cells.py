"""Products of 2 x 2 matrices: moments and the top exponent bounded on both sides, cell by cell (Lemma V8).

A direction of the plane is a number tau in [0, 4), periodic: `(1, tau - 1)` up to 2, `(3 - tau, 1)` beyond. With the
norm `|u| = max |u_i|` every such vector has norm 1, and its image under a matrix is affine in tau. A table v,
continuous and piecewise linear in tau, makes the test function `V(y) = |y|^s v(tau(y))`. The inequality
`E V(A u) <= rho V(u)`, or `>=`, is proved on each cell by the mean value form: the value at the middle, and the slope
over the whole cell as an interval. Where v is near the eigenfunction the slope of the difference is small, so the
width of the cell enters squared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import Ball
from catalysis.products.intervals import Interval, logarithm, power, up

Entry = Fraction | Ball
Matrix2 = Sequence[Sequence[Entry]]
Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pair = tuple[Interval, Interval]

_TOGETHER = 50_000  # images that are looked at together
_FIRST_NODES, _MOST_NODES = 256, 20_000
_VALUE_BITS = 48
_ROUNDS = 60
_ITERATIONS, _SETTLED = 600, 1e-9
_DENSE = 600  # nodes up to which the transfer operator is a full matrix
_LEAST_VALUE = 1e-9  # of a test function that is 1 at the most


@dataclass(frozen=True)
class Table:
    """A continuous function of the direction: `values` at the `nodes` 0 = tau_0 < tau_1 < ... < 4, linear between.

    2 is a node, so that no cell holds two charts. All numbers are dyadic.
    """

    nodes: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def ends(self, k: int) -> tuple[Fraction, Fraction]:
        """The cell behind the node k."""
        return self.nodes[k], self.nodes[k + 1] if k + 1 < len(self.nodes) else Fraction(4)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone."""
        return {"nodes": self.nodes, "values": self.values}

    @cached_property
    def ranges(self) -> Ranges:
        return Ranges(self)


class Ranges:
    """Values and slopes of a table over many intervals of directions at a time, in doubles rounded outwards.

    Chart 0 is tau in [0, 2], chart 1 is [2, 4]; tau = 4 is tau = 0 again.
    """

    def __init__(self, table: Table) -> None:
        nodes = Interval.around((*table.nodes, Fraction(4)))
        self.values = Interval.around((*table.values, table.values[0]))
        self.nodes = nodes
        self.count = len(table.nodes)
        with np.errstate(all="ignore"):
            self.slopes = (self.values[1:] - self.values[:-1]) / (nodes[1:] - nodes[:-1])
        self._value_hull, self._slope_hull = _Hulls(self.values), _Hulls(self.slopes)

    def over(self, tau: Interval) -> tuple[Interval, Interval]:
        """What holds the values and the slopes on intervals inside [0, 4]."""
        first = np.clip(np.searchsorted(self.nodes.high, tau.low, "left") - 1, 0, self.count - 1)
        last = np.clip(np.searchsorted(self.nodes.low, tau.high, "right") - 1, first, self.count - 1)
        ends = self.at(Interval.exactly(tau.low), first).union(self.at(Interval.exactly(tau.high), last))
        inside = self._value_hull.over(np.minimum(first + 1, last), last)
        values = ends.union(inside).where(first < last, ends)
        return values, self._slope_hull.over(first, last)

    def in_charts(self, y: Pair) -> tuple[Interval, Interval]:
        """What holds the values and the slopes at the directions of vectors."""
        there = charts(y)
        one, three = (Interval.exactly(np.full_like(y[0].low, x)) for x in (1.0, 3.0))
        first = self.over(_clipped(y[1] / y[0] + one, 0.0, 2.0))
        second = self.over(_clipped(three - y[0] / y[1], 2.0, 4.0))
        return joined(first[0], second[0], there), joined(first[1], second[1], there)

    def at(self, tau: Interval, cell: Integers) -> Interval:
        """The values at places of the cells."""
        return self.values[cell] + self.slopes[cell] * (tau - self.nodes[cell])


class _Hulls:
    """The hull of any run of intervals, from those of runs of 1, 2, 4, ..."""

    def __init__(self, items: Interval) -> None:
        low, high = [items.low], [items.high]
        length = 1
        while 2 * length <= len(items.low):
            low.append(_doubled(np.minimum, low[-1], length))
            high.append(_doubled(np.maximum, high[-1], length))
            length *= 2
        self.table = Interval(np.array(low), np.array(high))

    def over(self, first: Integers, last: Integers) -> Interval:
        level = np.frexp(last - first + 1)[1] - 1
        return self.table[level, first].union(self.table[level, last + 1 - (1 << level)])


def _doubled(extreme: Any, row: Array, length: int) -> Array:
    found = row.copy()
    found[:-length] = extreme(row[:-length], row[length:])
    return found


@dataclass(frozen=True)
class Question:
    """One inequality on the circle of directions.

    With `power` s > 0: `sum p_i V(A_i u) <= rho V(u)` for side 1, `>=` for side -1, rho = `bound`. With `power` None:
    `sum p_i (log|A_i u| + v(A_i u)) - v(u) <= bound` or `>=`. `matrices` is of shape (m, 2, 2).
    """

    matrices: Interval
    weights: Interval
    power: Fraction | None
    bound: Fraction
    side: int

    def holds(self, table: Table, start: Fraction, end: Fraction, cell: int) -> bool:
        """Whether the inequality is proved on [start, end], a piece of the cell of the table."""
        ends = Interval.around((start, end))
        return bool(self._proved(table.ranges, ends.low[:1], ends.high[1:], np.array([cell]))[0])

    def open_cells(self, table: Table, cells: Sequence[int]) -> list[int]:
        """Those of the cells on which the inequality is not proved."""
        found, ranges = [], table.ranges
        together = max(1, _TOGETHER // len(self.weights.low))
        for begin in range(0, len(cells), together):
            part = np.array(cells[begin : begin + together])
            proved = self._proved(ranges, ranges.nodes.low[part], ranges.nodes.high[part + 1], part)
            found += part[~proved].tolist()
        return found

    def _proved(self, table: Ranges, start: Array, end: Array, cell: Integers) -> Flags:
        """On which of the pieces [start, end] of cells the inequality is proved."""
        with np.errstate(all="ignore"):
            excess = self._excess(table, start, end, cell)
            found: Flags = excess.high <= 0 if self.side > 0 else excess.low >= 0
        return found

    def _excess(self, table: Ranges, start: Array, end: Array, cell: Integers) -> Interval:
        """What holds left side minus right side for all directions of [start, end], start < end.

        From the value at a place near the middle, and the slope over the piece.
        """
        middle = (start + end) / 2
        half = up(np.maximum(end - middle, middle - start))
        steps = Steps.of(self.matrices, middle, half, end <= 2)
        value, slope = ((self.weights[:, None] * x).sum() for x in self._of_steps(table, steps))
        own, own_slope = table.at(Interval.exactly(middle), cell), table.slopes[cell]
        bound = Interval.around((self.bound,))
        if self.power is None:
            return value - own - bound + (slope - own_slope).spread(half)
        return value - bound * own + (slope - bound * own_slope).spread(half)

    def _of_steps(self, table: Ranges, steps: Steps) -> tuple[Interval, Interval]:
        """V(y) (or log|y| + v(y)) at the middle, and its slope over the piece: tau(y)' = det A / |y|^2."""
        size, over = norm(steps.middle), norm(steps.over)
        at_middle, _ = table.in_charts(steps.middle)
        values, slopes = table.in_charts(steps.over)
        growth, turned = steps.growth(over), slopes * (steps.determinants / (over * over))
        if self.power is None:
            return logarithm(size) + at_middle, growth + turned
        s, grown = Interval.around((self.power,)), power(size, self.power)
        return grown * at_middle, grown * ratio_power(size, over, s) * (s * growth * values + turned)


@dataclass(frozen=True, eq=False)
class Steps:
    """The images y = A_i u of pieces of the circle, arrays of shape (m, pieces) for each coordinate."""

    middle: Pair
    over: Pair
    turn: Pair
    determinants: Interval

    @classmethod
    def of(cls, matrices: Interval, middle: Array, half: Array, first: Flags) -> Steps:
        """`turn` is the derivative of y by tau: (0, 1) turned by A in the first chart, (-1, 0) in the second."""
        t = Interval.exactly(middle)
        one, none = (Interval.exactly(np.full_like(middle, x)) for x in (1.0, 0.0))
        minus = Interval.exactly(np.full_like(middle, -1.0))
        three = Interval.exactly(np.full_like(middle, 3.0))
        u = one.where(first, three - t), (t - one).where(first, one)
        rows = [(matrices[:, j, 0, None], matrices[:, j, 1, None]) for j in (0, 1)]
        y0, y1 = (a * u[0] + b * u[1] for a, b in rows)
        turn0, turn1 = (b.where(first, a * minus) + none for a, b in rows)
        over = y0 + turn0.spread(half), y1 + turn1.spread(half)
        (a, b), (c, d) = rows
        return cls((y0, y1), over, (turn0, turn1), a * d - b * c)

    def growth(self, size: Interval) -> Interval:
        """The derivative of log|y| over the piece; |y_j| is at least the norm's least where it is the norm."""
        first, second = (
            turn.spread(up(1 / size.low)).where((y.low <= 0) & (y.high >= 0) & (size.low > 0), turn / y)
            for y, turn in zip(self.over, self.turn, strict=True)
        )
        return joined(first, second, charts(self.over))


def norm(y: Pair) -> Interval:
    """The largest entry's size."""
    a, b = abs(y[0]), abs(y[1])
    return Interval(np.maximum(a.low, b.low), np.maximum(a.high, b.high))


def ratio_power(size: Interval, over: Interval, s: Interval) -> Interval:
    """(over/size)^s: log r <= r - 1, e^-x >= 1 - x, and e^x <= 1/(1 - x) for x < 1."""
    one = Interval.exactly(np.ones_like(size.low))
    falls = s * (Interval.exactly(size.high) / Interval.exactly(over.low) - one)
    grows = s * (Interval.exactly(over.high) / Interval.exactly(size.low) - one)
    high = (one / (one - grows)).high
    return Interval(np.maximum((one - falls).low, 0.0), np.where(grows.high < 1, high, np.inf))


def charts(y: Pair) -> tuple[Flags, Flags]:
    """Whether y may lie in either chart."""
    a, b = abs(y[0]), abs(y[1])
    return ~(a.high < b.low), ~(b.high < a.low)


def joined(first: Interval, second: Interval, there: tuple[Flags, Flags]) -> Interval:
    """The hull of what holds in either chart."""
    return first.union(second).where(there[0] & there[1], first.where(there[0], second))


def _clipped(tau: Interval, low: float, high: float) -> Interval:
    """Both ends moved into the chart, which the direction does not leave."""
    return Interval(np.clip(tau.low, low, high), np.clip(tau.high, low, high))


def question(
    matrices: Sequence[Matrix2],
    weights: Sequence[Fraction],
    power: Fraction | None,
    bound: Fraction,
    side: int,
) -> Question:
    """The inequality for exact matrices, or for all matrices in boxes (entries as balls)."""
    entries = [x for a in matrices for row in a for x in row]
    shape = (len(matrices), 2, 2)
    found = Interval.of([x if isinstance(x, arb) else arb(0) for x in entries])
    exact = Interval.around([Fraction(0) if isinstance(x, arb) else x for x in entries])
    found = found.where(np.array([isinstance(x, arb) for x in entries]), exact)
    table = Interval(found.low.reshape(shape), found.high.reshape(shape))
    return Question(table, Interval.around(weights), power, bound, side)


# Searching, in doubles: nothing below is believed.


class Transfer:
    """The transfer operator on the nodes of a mesh, in doubles: where the image of each node lies, and its size."""

    def __init__(self, matrices: Array, weights: Array, nodes: Array) -> None:
        self.nodes, self.weights = nodes, weights
        u = np.where(nodes <= 2, [np.ones_like(nodes), nodes - 1], [3 - nodes, np.ones_like(nodes)])
        images = matrices @ u  # (m, 2, N)
        with np.errstate(all="ignore"):
            self.sizes = np.abs(images).max(axis=1)
            first = np.abs(images[:, 1]) <= np.abs(images[:, 0])
            tau = np.where(first, images[:, 1] / images[:, 0] + 1, 3 - images[:, 0] / images[:, 1])
        tau = np.where(np.isfinite(tau), tau, 0.0) % 4.0
        self.left = np.clip(np.searchsorted(nodes, tau, side="right") - 1, 0, len(nodes) - 1)
        ends = np.append(nodes, 4.0)
        self.share = (tau - ends[self.left]) / (ends[self.left + 1] - ends[self.left])
        self.right = (self.left + 1) % len(nodes)
        self.rows = np.arange(len(nodes)) * len(nodes)

    def mean(self, v: Array) -> Array:
        """v at the images, for each matrix and node."""
        found: Array = (1 - self.share) * v[self.left] + self.share * v[self.right]
        return found

    def _matrix(self, factors: Array) -> Array:
        size = len(self.nodes)
        found = np.bincount(
            np.concatenate([(self.rows + self.left).ravel(), (self.rows + self.right).ravel()]),
            np.concatenate([(factors * (1 - self.share)).ravel(), (factors * self.share).ravel()]),
            minlength=size * size,
        ).reshape(size, size)
        return found.astype(np.float64)

    def _averaged(self, factors: Array) -> Callable[[Array], Array]:
        """v -> the sum over the matrices of factors times v at the images."""
        if len(self.nodes) <= _DENSE:
            table = self._matrix(factors)
            return lambda v: table @ v
        left, right = factors * (1 - self.share), factors * self.share
        return lambda v: (
            np.einsum("ij,ij->j", left, v[self.left]) + np.einsum("ij,ij->j", right, v[self.right])
        )

    def eigenfunction(self, s: float, v: Array | None = None) -> tuple[float, Array]:
        """The spectral radius rho(s) = exp k(s) on this mesh and its positive eigenfunction, largest value 1."""
        with np.errstate(all="ignore"):
            apply = self._averaged(self.weights[:, None] * self.sizes**s)
        v = np.ones_like(self.nodes) if v is None else v
        rho = 1.0
        for _ in range(_ITERATIONS):
            image = apply(v)
            top = float(image.max())
            if not 0 < top < np.inf:
                return top, np.ones_like(v)
            ratio = image / v
            low, high = float(ratio.min()), float(ratio.max())
            rho = (low * high) ** 0.5
            v = np.maximum(image / top, _LEAST_VALUE)
            if high <= low * (1 + _SETTLED):
                break
        return rho, v

    def logarithms(self) -> Array:
        """E log|A u|."""
        found: Array = self.weights @ np.log(np.maximum(self.sizes, 1e-300))
        return found

    def drift(self, psi: Array | None = None) -> tuple[float, Array]:
        """The top exponent on this mesh, and psi with E(log|A u| + psi(A u)) - psi(u) = lambda_1."""
        logs = self.logarithms()
        apply = self._averaged(np.broadcast_to(self.weights[:, None], self.sizes.shape))
        psi = np.zeros_like(self.nodes) if psi is None else psi
        rate = 0.0
        for _ in range(_ITERATIONS):
            step = logs + apply(psi) - psi
            rate = float(step.min() + step.max()) / 2
            if step.max() - step.min() < _SETTLED:
                break
            psi = psi + step / 2
            psi -= psi.mean()
        return rate, psi

    def poisson(self) -> tuple[float, Array]:
        """What `drift` finds, by one linear system: for a few hundred nodes."""
        size = len(self.nodes)
        factors = np.broadcast_to(self.weights[:, None], self.sizes.shape)
        system = np.ones((size + 1, size + 1))
        system[:size, :size] = np.eye(size) - self._matrix(factors)
        system[size, size] = 0.0
        found = np.linalg.solve(system, np.append(self.logarithms(), 0.0))
        return float(found[size]), found[:size]


class Mesh:
    """Nodes that grow where the proof needs them; the float search on them."""

    def __init__(
        self, matrices: Sequence[Matrix2], weights: Sequence[Fraction], size: int = _FIRST_NODES
    ) -> None:
        self.matrices = np.array([[[_middle(x) for x in row] for row in a] for a in matrices])
        self.weights = np.array([float(p) for p in weights])
        self.nodes: Array = np.linspace(0.0, 4.0, size, endpoint=False)
        self.values: Array | None = None

    @cached_property
    def transfer(self) -> Transfer:
        return Transfer(self.matrices, self.weights, self.nodes)

    def split(self, cells: Sequence[int]) -> list[int]:
        """New nodes in the middle of these cells; the cells that came of them."""
        ends = np.append(self.nodes, 4.0)
        cells = sorted(cells)
        middles = (ends[cells] + ends[np.array(cells) + 1]) / 2
        merged = np.sort(np.concatenate([self.nodes, middles]))
        if self.values is not None:
            around = np.append(self.values, self.values[0])
            self.values = np.interp(merged, ends, around)
        self.nodes = merged.astype(np.float64)
        self.__dict__.pop("transfer", None)
        return [k for i, cell in enumerate(cells) for k in (cell + i, cell + i + 1)]

    def table(self, power: float | None) -> tuple[float, Table]:
        """The search's answer: rho(s) or lambda_1, and the table rounded to short numbers."""
        found, self.values = (
            self.transfer.drift(self.values)
            if power is None
            else self.transfer.eigenfunction(power, self.values)
        )
        return found, self.rounded_table(self.values, least=0 if power is None else 1)

    def rounded_table(self, values: Array, *, least: int = 1) -> Table:
        """The table of these values in units of 2^-48; at least `least` units for a positive one (0: any sign)."""
        unit = 2**_VALUE_BITS
        scaled = np.rint(values * unit)
        scaled = np.maximum(scaled, least) if least else scaled
        nodes = tuple(Fraction(x) for x in self.nodes.tolist())
        return Table(nodes, tuple(Fraction(int(x), unit) for x in scaled.tolist()))


def _middle(value: Entry) -> float:
    return float(value.mid()) if isinstance(value, arb) else float(value)


def rounded(value: float, slack: Fraction) -> Fraction:
    """A short decimal within the slack > 0."""
    unit = Fraction(1)
    while unit > slack:
        unit /= 10
    return round(Fraction(value) / unit) * unit


@dataclass(frozen=True)
class CellBound:
    """A proved inequality of Lemma V8, with the table that proves it.

    `power` s and side 1: k(s) <= log bound, for every start; side -1: k(s) >= log bound, for every start. `power`
    None: lambda_1 <= bound, or >= bound, for every start.
    """

    power: Fraction | None
    bound: Fraction
    side: int
    table: Table


def prove(
    matrices: Sequence[Matrix2],
    weights: Sequence[Fraction],
    power: Fraction | None,
    bound: Fraction,
    side: int,
    *,
    most_nodes: int = _MOST_NODES,
    mesh: Mesh | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CellBound | None:
    """Prove one inequality of Lemma V8, or None if `most_nodes` nodes do not suffice (or it is false).

    Cells on which it is not proved are cut in two, the table is searched anew, and in the end all cells are checked.
    """
    asked = question(matrices, weights, power, bound, side)
    mesh = Mesh(matrices, weights) if mesh is None else mesh
    s = None if power is None else float(power)
    waiting: list[int] | None = None
    for _ in range(_ROUNDS):
        found, table = mesh.table(s)
        if (float(bound) - found) * side <= 0 and len(mesh.nodes) > 4 * _FIRST_NODES:
            return None
        failed = asked.open_cells(table, range(len(table.nodes)) if waiting is None else waiting)
        if not failed:
            if waiting is None:
                return CellBound(power, bound, side, table)
            waiting = None
            continue
        if len(mesh.nodes) + len(failed) > most_nodes:
            return None
        waiting = mesh.split(failed)
        if progress is not None:
            progress(len(mesh.nodes), most_nodes)
    return None
