"""SGD with momentum on scalar data: a map of regimes over boxes of the curvature and the momentum, each box proved.

The first coordinate is the share f of the curvature at which the largest sample x* alone becomes unstable: with
c = 1 - eta w, `eta lambda x* = f (1 + c)(1 + beta)` for the heavy ball and `f (c + 1/(1 + 2 beta))` for Nesterov. A box
is decided by one inequality for all its matrices at once, whose entries are intervals: V5 for the mean square, V8 for
the sign of lambda_1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from flint import arb

from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import Ball, ball, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, Number, exact, exact_text, whole
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.products.cells import CellBound, Mesh, question, rounded

Method = Literal["heavy_ball", "nesterov"]
Regime = Literal["mean_square_stable", "deflationary", "inflationary", "open"]
Matrix2 = list[list[Ball]]
Form = tuple[Fraction, Fraction, Fraction]

REGIMES: tuple[Regime, ...] = ("mean_square_stable", "deflationary", "inflationary", "open")
MOST_DEPTH = 9
MOST_SAMPLES = 50

_BITS = 64
_NODES = 128
_MOST_NODES = 1024
_ROUNDS = 12
_SHRINKS = 0.9  # more than this of what was open stays so: the box is too large, not the cells; unless it is
_LITTLE = 0.1  # of the circle's 4
_SHARE = 8  # of the rate in the middle of a box that the proved bound asks for
_LEAST_RATE = 1e-7
_CUTS = 6  # of a box into pieces, each with its own matrix


@dataclass(frozen=True)
class Box:
    """All `fractions[0] <= f <= fractions[1]`, `betas[0] <= beta <= betas[1]`."""

    fractions: tuple[Fraction, Fraction]
    betas: tuple[Fraction, Fraction]

    @property
    def middle(self) -> tuple[Fraction, Fraction]:
        (a, b), (c, d) = self.fractions, self.betas
        return (a + b) / 2, (c + d) / 2

    def halves(self, whole_box: Box) -> tuple[Box, Box]:
        """Cut across the side that is longer, measured by the whole map's."""
        (a, b), (c, d) = self.fractions, self.betas
        tall = (d - c) * (whole_box.fractions[1] - whole_box.fractions[0])
        wide = (b - a) * (whole_box.betas[1] - whole_box.betas[0])
        f, beta = self.middle
        if a < b and (wide >= tall or c == d):
            return Box((a, f), self.betas), Box((f, b), self.betas)
        return Box(self.fractions, (c, beta)), Box(self.fractions, (beta, d))

    def area(self, whole_box: Box) -> Fraction:
        """As a share of the whole map; a side of length 0 is left out."""
        share = Fraction(1)
        for mine, all_of_it in ((self.fractions, whole_box.fractions), (self.betas, whole_box.betas)):
            length = all_of_it[1] - all_of_it[0]
            share *= (mine[1] - mine[0]) / length if length else 1
        return share

    def to_json(self) -> dict[str, list[str]]:
        return {
            "fractions": [exact_text(x) for x in self.fractions],
            "betas": [exact_text(x) for x in self.betas],
        }


Piece = tuple[Box, Form]


@dataclass(frozen=True)
class DecidedBox:
    """A box with what is proved on all of it, and the witness.

    Certified: "mean_square_stable": k(2) <= 0 by matrices (q11, q12, q22) of V5, each on its
    piece of the box; "deflationary" and
    "inflationary": lambda_1 <= r < 0 and lambda_1 >= r > 0, r = `cells.bound`, by a table of V8; for every start.
    """

    box: Box
    regime: Regime
    forms: tuple[Piece, ...] = ()
    cells: CellBound | None = None

    @property
    def rate(self) -> Fraction | None:
        """The proved bound of lambda_1."""
        return None if self.cells is None else self.cells.bound

    def to_json(self) -> dict[str, Any]:
        rate = {} if self.rate is None else {"lambda1": exact_text(self.rate)}
        return {**self.box.to_json(), "regime": self.regime, **rate}


@dataclass(frozen=True)
class Momentum:
    """The matrices of one optimizer on one data set, over boxes of (f, beta)."""

    method: Method
    keep: Fraction
    x: tuple[Fraction, ...]
    p: tuple[Fraction, ...]

    @classmethod
    def of(cls, walk: LinearWalk, method: Method, weight_decay: Fraction) -> Momentum:
        law = walk.law
        return cls(method, 1 - walk.dataset.learning_rate * weight_decay, tuple(law.x), tuple(law.p))

    def threshold(self, beta: Fraction) -> Fraction:
        """eta lambda x* at which the largest sample alone becomes unstable."""
        if self.method == "heavy_ball":
            return (1 + self.keep) * (1 + beta)
        return self.keep + 1 / (1 + 2 * beta)

    def matrices(self, box: Box) -> list[Matrix2]:
        """One matrix a sample; its entries hold those of all (f, beta) in the box. At `_BITS` bits."""
        f, beta = _hull(box.fractions), _hull(box.betas)
        c, largest = ball(self.keep), max(self.x)
        return [self._matrix(f * ball(x / largest), beta, c) for x in self.x]

    def _matrix(self, share: Ball, beta: Ball, c: Ball) -> Matrix2:
        below = [arb(1), arb(0)]
        if self.method == "heavy_ball":  # c + beta - share (1 + c)(1 + beta), each of share and beta once
            return [[c - 1 - (share * (1 + c) - 1) * (1 + beta), -beta * c], below]
        z = c - share * (c + 1 / (1 + 2 * beta))
        return [[(1 + beta) * z, -beta * z], below]


def _hull(ends: tuple[Fraction, Fraction]) -> Ball:
    return ball(ends[0]).union(ball(ends[1]))


def mean_square_forms(momentum: Momentum, box: Box, cuts: int = _CUTS) -> tuple[Piece, ...] | None:
    """Pieces that cover the box, each with a Q > 0 such that E A^T Q A < Q on all of it (V5); None where not found."""
    middle = Box((box.middle[0],) * 2, (box.middle[1],) * 2)
    with precision(_BITS):
        q = _search_form(momentum, momentum.matrices(middle))
    if q is None:
        return None
    if contracts(momentum, box, q):
        return ((box, q),)
    if not cuts:
        return None
    found: list[Piece] = []
    for half in box.halves(box):
        forms = mean_square_forms(momentum, half, cuts - 1)
        if forms is None:
            return None
        found += forms
    return tuple(found)


def contracts(momentum: Momentum, box: Box, form: Form) -> bool:
    """Whether Q > 0 and Q - sum p_i A_i^T Q A_i > 0 are proved for all matrices of the box."""
    q11, q12, q22 = form
    if not (q11 > 0 and q11 * q22 > q12 * q12):
        return False
    with precision(_BITS):
        a, b, d = (ball(q) for q in form)
        for (row, _), p in zip(momentum.matrices(box), momentum.p, strict=True):
            x, y = row  # A = [[x, y], [1, 0]]
            weight = ball(p)
            a -= weight * (ball(q11) * x * x + 2 * ball(q12) * x + ball(q22))
            b -= weight * (ball(q11) * x * y + ball(q12) * y)
            d -= weight * (ball(q11) * y * y)
        return bool(a > 0) and bool(d > 0) and bool(a * d - b * b > 0)


def _search_form(momentum: Momentum, matrices: Sequence[Matrix2]) -> Form | None:
    """The eigenform of Q -> E A^T Q A in doubles, short numbers; None where its eigenvalue is not below 1."""
    weights = [float(p) for p in momentum.p]
    tables = [np.array([[float(v.mid()) for v in row] for row in a]) for a in matrices]
    operator = sum(w * np.kron(a.T, a.T) for w, a in zip(weights, tables, strict=True))
    top = float(np.abs(np.linalg.eigvals(np.asarray(operator))).max())
    if not top < 1:
        return None
    # sum of (T/r)^n(I), which is positive definite, beside the eigenform
    q = np.linalg.solve(np.eye(4) - operator / max(top, 0.5) * 0.999, np.eye(2).ravel()).reshape(2, 2)
    q = (q + q.T) / (2 * np.abs(q).max())
    short = [Fraction(round(float(v) * 2**40), 2**40) for v in (q[0, 0], q[0, 1], q[1, 1])]
    return short[0], short[1], short[2]


def drift_sign(momentum: Momentum, box: Box) -> CellBound | None:
    """lambda_1 <= r < 0 or >= r > 0 on the whole box, by cells (V8) with the table of its middle; None if open."""
    point = Box((box.middle[0],) * 2, (box.middle[1],) * 2)
    with precision(_BITS):
        mesh = Mesh(momentum.matrices(point), momentum.p, _NODES)
        matrices = momentum.matrices(box)
    rate, table = mesh.table(None)
    if not abs(rate) > _LEAST_RATE:
        return None
    side = -1 if rate > 0 else 1
    bound = rounded(rate / _SHARE, Fraction(abs(rate)) / (4 * _SHARE))
    asked = question(matrices, momentum.p, None, bound, side)
    before = 4.0
    for _ in range(_ROUNDS):
        failed = asked.open_cells(table, range(len(table.nodes)))
        if not failed:
            return CellBound(None, bound, side, table)
        width = float(np.diff(np.append(mesh.nodes, 4.0))[failed].sum())
        stuck = width > max(_LITTLE, _SHRINKS * before)
        if stuck or len(table.nodes) + len(failed) > _MOST_NODES:
            return None
        before = width
        mesh.split(failed)
        _, table = mesh.table(None)
    return None


def decide(momentum: Momentum, box: Box) -> DecidedBox:
    """What is proved on the whole box."""
    forms = mean_square_forms(momentum, box)
    if forms is not None:
        return DecidedBox(box, "mean_square_stable", forms=forms)
    cells = drift_sign(momentum, box)
    if cells is None:
        return DecidedBox(box, "open")
    return DecidedBox(box, "inflationary" if cells.side < 0 else "deflationary", cells=cells)


@dataclass(frozen=True, repr=False)
class MomentumMap(Result):
    """The regimes of SGD with momentum over a rectangle of (f, beta), in boxes that cover it.

    Certified on each box that is not open (`DecidedBox`): lambda_1 > 0, lambda_1 < 0, or k(2) <= 0 (which gives
    lambda_1 <= 0 and theta >= 2), for every start. V5 and V8.
    """

    walk: LinearWalk
    method: Method
    weight_decay: Fraction
    whole: Box
    depth: int
    boxes: tuple[DecidedBox, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.areas["open"] == 1 else Verdict.PROVED

    @property
    def areas(self) -> dict[Regime, Fraction]:
        """The share of the rectangle that each regime is proved on, and what stays open."""
        found: dict[Regime, Fraction] = dict.fromkeys(REGIMES, Fraction(0))
        for one in self.boxes:
            found[one.regime] += one.box.area(self.whole)
        return found

    def everywhere(self) -> Regime | None:
        """The regime that is proved on the whole rectangle, if it is one."""
        regimes = {one.regime for one in self.boxes}
        return regimes.pop() if len(regimes) == 1 and "open" not in regimes else None

    def fields(self) -> dict[str, Any]:
        areas = self.areas
        found: dict[str, Any] = {
            "verdict": self.verdict.value,
            "method": self.method,
            "weight_decay": exact_text(self.weight_decay),
            **self.whole.to_json(),
            "depth": self.depth,
            "areas": {regime: f"{float(share):.6f}" for regime, share in areas.items()},
            "everywhere": self.everywhere(),
            "boxes": [one.to_json() for one in self.boxes],
            "lemmas": ["V5", "V8"],
        }
        if self.verdict is Verdict.UNDECIDED:
            found["reason"] = "no box was decided: ask for a greater depth"
        elif areas["open"]:
            found["shortfall"] = "some boxes stay open at this depth: a greater depth decides more of them"
        return found


def momentum_map(
    walk: object,
    *,
    fractions: tuple[Number, Number] = (Fraction(1, 20), Fraction(6, 5)),
    betas: tuple[Number, Number] = (0, Fraction(99, 100)),
    method: Method = "heavy_ball",
    weight_decay: Number = 0,
    depth: Number = 5,
    progress: Progress | None = None,
) -> MomentumMap:
    """Certify the regimes of SGD with momentum over a rectangle, cut into at most 4^depth boxes.

    `fractions` > 0 are shares f of the curvature at which the largest sample alone becomes unstable; `betas` lie in
    [0, 1); either may be one point twice. `depth` is 0 to 9. Raises InputError, which names the argument.
    """
    scalar, levels = as_walk(walk), whole(depth, "depth", least=0)
    if levels > MOST_DEPTH:
        raise InputError(
            f"depth: expected at most {MOST_DEPTH}, found {levels}: there may be 4^depth boxes, about 0.05 s each"
        )
    if method not in ("heavy_ball", "nesterov"):
        raise DataError("method: expected heavy_ball or nesterov")
    decay = exact(weight_decay, "weight_decay")
    if not 0 <= decay * scalar.dataset.learning_rate < 1:
        raise DataError("weight_decay: expected a number >= 0 with eta times it below 1")
    if scalar.size > MOST_SAMPLES:
        raise InputError(f"data: expected at most {MOST_SAMPLES} different curvatures, found {scalar.size}")
    all_of_it = Box(_ends(fractions, "fractions"), _ends(betas, "betas"))
    if all_of_it.fractions[0] <= 0:
        raise DataError("fractions: expected numbers > 0")
    if all_of_it.betas[0] < 0 or all_of_it.betas[1] >= 1:
        raise DataError("betas: expected numbers in [0, 1)")
    momentum = Momentum.of(scalar, method, decay)
    boxes = tuple(_boxes(momentum, all_of_it, levels, progress))
    return MomentumMap(scalar, method, decay, all_of_it, levels, boxes)


def _ends(pair: object, what: str) -> tuple[Fraction, Fraction]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise DataError(f"{what}: expected two numbers, the lower one first")
    low, high = (exact(v, what) for v in pair)
    if low > high:
        raise DataError(f"{what}: expected two numbers, the lower one first")
    return low, high


def _boxes(momentum: Momentum, all_of_it: Box, depth: int, progress: Progress | None) -> Iterator[DecidedBox]:
    """From left to right in the order of cutting; an open box is cut until its sides are cut `depth` times."""
    sides = sum(a < b for a, b in (all_of_it.fractions, all_of_it.betas))
    in_all = 2 ** (depth * sides)
    waiting, done = [(all_of_it, depth * sides)], 0
    while waiting:
        box, cuts = waiting.pop()
        found = decide(momentum, box)
        if found.regime == "open" and cuts:
            waiting += [(half, cuts - 1) for half in reversed(box.halves(all_of_it))]
            continue
        done += 2**cuts
        if progress is not None:
            progress(done, in_all)
        yield found
