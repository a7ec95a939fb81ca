"""Products of 2 x 2 matrices: moments and the top exponent bounded on both sides, cell by cell (Lemma V8).

A direction of the plane is a number tau in [0, 4), periodic: `(1, tau - 1)` up to 2, `(3 - tau, 1)` beyond. With the
norm `|u| = max |u_i|` every such vector has norm 1, and its image under a matrix is affine in tau. A table v,
continuous and piecewise linear in tau, makes the test function `V(y) = |y|^s v(tau(y))`. The inequality
`E V(A u) <= rho V(u)`, or `>=`, is proved on each cell by the mean value form: the value at the middle, and the slope
over the whole cell as a ball. Where v is near the eigenfunction the slope of the difference is small, so the width of
the cell enters squared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import Ball, ball, precision

Entry = Fraction | Ball
Matrix2 = Sequence[Sequence[Entry]]
Array = npt.NDArray[np.float64]

_BITS = 80
_SLACK = 1e-12  # ends of float intervals are moved outwards by this
_FIRST_NODES, _MOST_NODES = 256, 20_000
_VALUE_BITS = 48
_ROUNDS = 60
_ITERATIONS, _SETTLED = 600, 1e-9
_LEAST_VALUE = 1e-9  # of a test function that is 1 at the most


@dataclass(frozen=True)
class Table:
    """A continuous function of the direction: `values` at the `nodes` 0 = tau_0 < tau_1 < ... < 4, linear between.

    2 is a node, so that no cell holds two charts. All numbers are dyadic.
    """

    nodes: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def __getstate__(self) -> dict[str, tuple[Fraction, ...]]:
        """The fields alone: balls are worked out again."""
        return {"nodes": self.nodes, "values": self.values}

    def ends(self, k: int) -> tuple[Fraction, Fraction]:
        """The cell behind the node k."""
        return self.nodes[k], self.nodes[k + 1] if k + 1 < len(self.nodes) else Fraction(4)

    @cached_property
    def _floats(self) -> list[float]:
        return [float(node) for node in self.nodes]

    @cached_property
    def _balls(self) -> list[Ball]:
        return [arb(float(value)) for value in self.values]

    @cached_property
    def slopes(self) -> list[Ball]:
        """The slope on each cell, as balls."""
        with precision(_BITS):
            size = len(self.nodes)
            return [
                (self._balls[(k + 1) % size] - self._balls[k]) / ball(end - start)
                for k in range(size)
                for start, end in [self.ends(k)]
            ]

    def over(self, low: float, high: float) -> tuple[Ball, Ball, int | None]:
        """Balls that hold the values and the slopes on [low, high] (4-periodic), and the cell if there is one only."""
        size = len(self.nodes)
        if high - low >= 4:
            cells = range(size)
        else:
            first, last = self._cell(low - _SLACK), self._cell(high + _SLACK)
            cells = range(first, last + 1)
        value, slope = self._balls[cells[0] % size], self.slopes[cells[0] % size]
        for k in cells:
            value = value.union(self._balls[(k + 1) % size])
            slope = slope.union(self.slopes[k % size])
        return value, slope, cells[0] if len(cells) == 1 else None

    def _cell(self, tau: float) -> int:
        """The number of the cell that holds tau, counted on over the period."""
        turns = int(tau // 4)
        return bisect_right(self._floats, tau - 4 * turns) - 1 + turns * len(self.nodes)

    def at(self, tau: Ball) -> Ball:
        """The value at a narrow ball."""
        low, high = _ends(tau)
        hull, _, cell = self.over(low, high)
        if cell is None:
            return hull
        turns, k = divmod(cell, len(self.nodes))
        return self._balls[k] + self.slopes[k] * (tau - ball(self.nodes[k] + 4 * turns))


def _ends(value: Ball) -> tuple[float, float]:
    return float(value.lower()) - _SLACK, float(value.upper()) + _SLACK


def _directions(y1: Ball, y2: Ball) -> list[tuple[Ball, int]] | None:
    """tau of a vector and the number of its largest entry, one for each chart it may lie in; None if it may be 0."""
    a1, a2 = abs(y1), abs(y2)
    if a1.contains(0) and a2.contains(0):
        return None
    in_first = None if a1.contains(0) else (y2 / y1 + 1, 0)
    in_second = None if a2.contains(0) else (3 - y1 / y2, 1)
    if a2 <= a1 or in_second is None:
        return [in_first] if in_first and a2 <= a1 else None
    if a1 <= a2 or in_first is None:
        return [in_second] if a1 <= a2 else None
    return [in_first, in_second]


@dataclass(frozen=True)
class Question:
    """One inequality on the circle of directions.

    With `power` s > 0: `sum p_i V(A_i u) <= rho V(u)` for side 1, `>=` for side -1, rho = `bound`. With `power` None:
    `sum p_i (log|A_i u| + v(A_i u)) - v(u) <= bound` or `>=`.
    """

    matrices: tuple[tuple[tuple[Ball, Ball], tuple[Ball, Ball]], ...]
    weights: tuple[Ball, ...]
    power: Fraction | None
    bound: Fraction
    side: int
    _determinants: tuple[Ball, ...] = field(init=False)

    def __post_init__(self) -> None:
        with precision(_BITS):
            found = tuple(a * d - b * c for (a, b), (c, d) in self.matrices)
        object.__setattr__(self, "_determinants", found)

    def holds(self, table: Table, start: Fraction, end: Fraction, cell: int) -> bool:
        """Whether the inequality is proved on [start, end], a piece of the cell of the table."""
        with precision(_BITS):
            found = self._excess(table, start, end, cell)
            return found is not None and bool(found <= 0 if self.side > 0 else found >= 0)

    def _excess(self, table: Table, start: Fraction, end: Fraction, cell: int) -> Ball | None:
        """A ball that holds left side minus right side for all directions of [start, end]; None if one is lost."""
        middle, spread = ball((start + end) / 2), ball((end - start) / 2) * arb(0, 1)
        first = end <= 2
        u = (arb(1), middle - 1) if first else (3 - middle, arb(1))
        turn = (arb(0), arb(1)) if first else (arb(-1), arb(0))
        value, slope = arb(0), arb(0)
        for (row1, row2), determinant, weight in zip(
            self.matrices, self._determinants, self.weights, strict=True
        ):
            y = row1[0] * u[0] + row1[1] * u[1], row2[0] * u[0] + row2[1] * u[1]
            dy = row1[0] * turn[0] + row1[1] * turn[1], row2[0] * turn[0] + row2[1] * turn[1]
            at_middle = self._value(table, y)
            over = self._slope(table, (y[0] + dy[0] * spread, y[1] + dy[1] * spread), dy, determinant)
            if at_middle is None or over is None:
                return None
            value, slope = value + weight * at_middle, slope + weight * over
        own = table._balls[cell] + table.slopes[cell] * (middle - ball(table.nodes[cell]))
        if self.power is None:
            return value - own - ball(self.bound) + (slope - table.slopes[cell]) * spread
        rho = ball(self.bound)
        return value - rho * own + (slope - rho * table.slopes[cell]) * spread

    def _value(self, table: Table, y: tuple[Ball, Ball]) -> Ball | None:
        """V(y), or log|y| + v(y)."""
        charts = _directions(*y)
        if charts is None:
            return None
        found = None
        for tau, largest in charts:
            size, value = abs(y[largest]), table.at(tau)
            term = size.log() + value if self.power is None else (ball(self.power) * size.log()).exp() * value
            found = term if found is None else found.union(term)
        return found

    def _slope(
        self, table: Table, y: tuple[Ball, Ball], dy: tuple[Ball, Ball], determinant: Ball
    ) -> Ball | None:
        """The derivative of V(y(tau)) with y' = dy: tau(y)' = det A / |y|^2 in both charts."""
        charts = _directions(*y)
        if charts is None:
            return None
        found = None
        for tau, largest in charts:
            size = abs(y[largest])
            value, slope, _ = table.over(*_ends(tau))
            growth = dy[largest] / y[largest]
            turned = slope * determinant / (size * size)
            term = growth + turned
            if self.power is not None:
                s = ball(self.power)
                term = (s * size.log()).exp() * (s * growth * value + turned)
            found = term if found is None else found.union(term)
        return found

    def open_cells(self, table: Table, cells: Sequence[int]) -> list[int]:
        """Those of the cells on which the inequality is not proved."""
        return [k for k in cells if not self.holds(table, *table.ends(k), k)]


def question(
    matrices: Sequence[Matrix2],
    weights: Sequence[Fraction],
    power: Fraction | None,
    bound: Fraction,
    side: int,
) -> Question:
    """The inequality for exact matrices, or for all matrices in boxes (entries as balls)."""
    with precision(_BITS):
        rows = tuple(
            ((_entry(a[0][0]), _entry(a[0][1])), (_entry(a[1][0]), _entry(a[1][1]))) for a in matrices
        )
        return Question(rows, tuple(ball(p) for p in weights), power, bound, side)


def _entry(value: Entry) -> Ball:
    return value if isinstance(value, arb) else ball(value)


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

    def mean(self, v: Array) -> Array:
        """v at the images, for each matrix and node."""
        found: Array = (1 - self.share) * v[self.left] + self.share * v[self.right]
        return found

    def eigenfunction(self, s: float, v: Array | None = None) -> tuple[float, Array]:
        """The spectral radius rho(s) = exp k(s) on this mesh and its positive eigenfunction, largest value 1."""
        with np.errstate(all="ignore"):
            grown = self.weights[:, None] * self.sizes**s
        v = np.ones_like(self.nodes) if v is None else v
        rho = 1.0
        for _ in range(_ITERATIONS):
            image = (grown * self.mean(v)).sum(axis=0)
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

    def drift(self, psi: Array | None = None) -> tuple[float, Array]:
        """The top exponent on this mesh, and psi with E(log|A u| + psi(A u)) - psi(u) = lambda_1."""
        with np.errstate(all="ignore"):
            logs = self.weights @ np.log(np.maximum(self.sizes, 1e-300))
        psi = np.zeros_like(self.nodes) if psi is None else psi
        rate = 0.0
        for _ in range(_ITERATIONS):
            image = logs + self.weights @ self.mean(psi)
            step = image - psi
            rate = float(step.min() + step.max()) / 2
            if step.max() - step.min() < _SETTLED:
                break
            psi = (image + psi) / 2
            psi -= psi.mean()
        return rate, psi


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
