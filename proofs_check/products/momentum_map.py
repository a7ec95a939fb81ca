"""The kind `momentum_map`: regimes of SGD with momentum over a rectangle of (f, beta), box by box. Lemmas V5, V19.

Hypotheses: the boxes lie on a grid of the rectangle and do not overlap; each has a form Q (V5, `momentum_forms`) or
lies in the box of a table (V19, `moving_cells`) whose bound of lambda_1 is not 0. Conclusion: k(2) < 0, lambda_1 < 0 or
lambda_1 > 0 on boxes that cover the shares of the rectangle that are said.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, index, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.products.cells import Table
from proofs_check.products.fixed import fixed
from proofs_check.products.momentum_forms import FORM_COST, Form
from proofs_check.products.momentum_rows import Optimizer
from proofs_check.products.moving_cells import MovingInequality, MovingTable, Side
from proofs_check.products.product import MOMENTUM, Product, product_of
from proofs_check.products.tables import read_numbers

KEYS = ("kind", "product", "eta", "weight_decay", "fractions", "betas", "grid", "tables", "boxes")
MOST_GRID = 1 << 14
MOST_BOXES = 20_000
MOST_NODES = 2_000

Place = tuple[int, int, int, int]
"""Columns i <= column < j and rows k <= row < l of the grid."""


@dataclass(frozen=True)
class Grid:
    """The rectangle, cut into columns and rows of equal size."""

    fractions: tuple[Fraction, Fraction]
    betas: tuple[Fraction, Fraction]
    counts: tuple[int, int]

    def sides(self, place: Place) -> tuple[Side, Side]:
        i, j, k, m = place
        return Side.of(*self._ends(0, i, j)), Side.of(*self._ends(1, k, m))

    def _ends(self, axis: int, first: int, last: int) -> tuple[Fraction, Fraction]:
        low, high = (self.fractions, self.betas)[axis]
        step = (high - low) / self.counts[axis]
        return low + first * step, low + last * step

    def share(self, place: Place) -> Fraction:
        i, j, k, m = place
        return Fraction((j - i) * (m - k), self.counts[0] * self.counts[1])


@dataclass(frozen=True)
class SignBox:
    """A table and its bound, with where it is to hold."""

    place: Place
    side: str
    bound: Fraction
    inequality: MovingInequality


@dataclass(frozen=True)
class Box:
    """A box of the map: with a form, or in the box of a table."""

    place: Place
    form: Form | None
    sign: SignBox | None

    @property
    def regime(self) -> str:
        if self.sign is None:
            return "mean square"
        return "deflationary" if self.sign.side == "upper" else "inflationary"


@dataclass(frozen=True)
class MomentumMap:
    """That the boxes have these regimes."""

    product: Product
    eta: Fraction
    weight_decay: Fraction
    grid: Grid
    optimizer: Optimizer
    boxes: tuple[Box, ...]
    work: Work

    def share(self, regime: str) -> Fraction:
        """Of the area of the rectangle."""
        return sum((self.grid.share(box.place) for box in self.boxes if box.regime == regime), Fraction(0))


def read(claim: dict[str, Any], setting: Setting) -> MomentumMap:
    fields(claim, "the claim", KEYS)
    found = product_of(claim, setting)
    if found.kind not in MOMENTUM:
        raise Refused("the claim needs a product of the heavy ball or of Nesterov's momentum")
    eta, decay = positive(claim["eta"], "eta"), number(claim["weight_decay"], "weight_decay")
    if not 0 <= eta * decay < 1:
        raise Refused("weight_decay is negative, or eta times it is not below 1")
    grid = _grid(claim)
    optimizer = _optimizer(found, 1 - eta * decay, setting.work)
    signs = [
        _sign(value, f"tables[{k}]", grid, optimizer, setting.work)
        for k, value in enumerate(items(claim["tables"], "tables"))
    ]
    listed = items(claim["boxes"], "boxes")
    if not 1 <= len(listed) <= MOST_BOXES:
        raise Refused(f"the claim does not have 1 to {MOST_BOXES} boxes")
    boxes = tuple(_box(value, f"boxes[{k}]", grid, signs) for k, value in enumerate(listed))
    return MomentumMap(found, eta, decay, grid, optimizer, boxes, setting.work)


def _grid(claim: dict[str, Any]) -> Grid:
    fractions, betas = (_range(claim[key], key) for key in ("fractions", "betas"))
    if fractions[0] <= 0 or betas[0] < 0 or betas[1] >= 1:
        raise Refused("fractions are not positive, or betas not in [0, 1)")
    counts = [index(v, "grid") for v in items(claim["grid"], "grid")]
    if len(counts) != 2 or not all(1 <= n <= MOST_GRID for n in counts):
        raise Refused(f"grid is not a pair of integers from 1 to {MOST_GRID}")
    return Grid(fractions, betas, (counts[0], counts[1]))


def _range(value: Any, where: str) -> tuple[Fraction, Fraction]:
    ends = [number(v, where) for v in items(value, where)]
    if len(ends) != 2 or ends[0] > ends[1]:
        raise Refused(f"{where} is not a pair of numbers in order")
    return ends[0], ends[1]


def _optimizer(found: Product, c: Fraction, work: Work) -> Optimizer:
    xs = found.curvatures
    assert xs is not None
    work.spend_on_divisions(4 * len(xs.top), xs.bits + found.weights.bits)
    shares = tuple(fixed(Fraction(x, max(xs.top))) for x in xs.top)
    weights = tuple(fixed(found.weights[i]) for i in range(len(xs.top)))
    return Optimizer(found.kind == "nesterov", fixed(c), shares, weights)


def _place(value: Any, where: str, grid: Grid) -> Place:
    listed = items(value, where)
    if len(listed) != 4:
        raise Refused(f"{where} does not have four ends")
    i, j, k, m = (index(v, where) for v in listed)
    if not (i < j <= grid.counts[0] and k < m <= grid.counts[1]):
        raise Refused(f"{where} is no box of the grid")
    return i, j, k, m


def _sign(value: Any, where: str, grid: Grid, optimizer: Optimizer, work: Work) -> SignBox:
    table = fields(value, where, ("box", "side", "bound", "nodes", "values"))
    place, bound = _place(table["box"], f"{where}.box", grid), number(table["bound"], f"{where}.bound")
    side = table["side"]
    if side not in ("upper", "lower"):
        raise Refused(f"{where}.side is neither upper nor lower")
    if (bound >= 0) if side == "upper" else (bound <= 0):
        raise Refused(f"{where}.bound does not give the sign of lambda_1")
    count = len(items(table["nodes"], f"{where}.nodes"))
    lists = items(table["values"], f"{where}.values")
    if not 2 <= count <= MOST_NODES or len(lists) != 3:
        raise Refused(f"{where} does not have 2 to {MOST_NODES} nodes and three lists of values")
    nodes, *values = (read_numbers(v, where, count, work) for v in (table["nodes"], *lists))
    work.spend_on_divisions(8 * count, max(n.bits for n in (nodes, *values)))
    at = tuple(nodes[k] for k in range(count))
    first, second, third = (Table(at, tuple(v[k] for k in range(count))) for v in values)
    moving = MovingTable((first, second, third), *grid.sides(place))
    return SignBox(place, side, bound, MovingInequality(optimizer, moving, bound, side))


def _box(value: Any, where: str, grid: Grid, signs: list[SignBox]) -> Box:
    """The four ends, and an index of a table or the three entries of Q."""
    listed = items(value, where)
    if len(listed) != 5:
        raise Refused(f"{where} does not have four ends and a witness")
    place, witness = _place(listed[:4], where, grid), listed[4]
    if isinstance(witness, list):
        q = [number(v, where) for v in witness]
        if len(q) != 3:
            raise Refused(f"{where}: Q does not have three entries")
        return Box(place, Form((q[0], q[1], q[2]), *grid.sides(place)), None)
    k = index(witness, where)
    if k >= len(signs):
        raise Refused(f"{where} names no table")
    i, j, m, n = signs[k].place
    if not (i <= place[0] and place[1] <= j and m <= place[2] and place[3] <= n):
        raise Refused(f"{where} does not lie in the box of its table")
    return Box(place, None, signs[k])


def prove(statement: MomentumMap) -> tuple[str, ...]:
    """No two boxes overlap; every form, and every table that a box needs."""
    _require_apart(statement)
    signs = {id(box.sign): box.sign for box in statement.boxes if box.sign is not None}
    for sign in signs.values():
        sign.inequality.check(statement.work)
    forms = [(k, box.form) for k, box in enumerate(statement.boxes) if box.form is not None]
    for k, form in forms:
        statement.work.spend(FORM_COST * len(statement.optimizer.weights))
        if not form.positive:
            raise Refused(f"boxes[{k}]: Q is not positive definite")
        if not form.contracts(statement.optimizer):
            raise Refused(f"boxes[{k}]: E A^T Q A < Q is not proved on the box")
    return (*(("V19",) if signs else ()), *(("V5",) if forms else ()))


def _require_apart(statement: MomentumMap) -> None:
    """Each column is an integer whose bits are its rows."""
    columns = [0] * statement.grid.counts[0]
    for number_of_box, box in enumerate(statement.boxes):
        i, j, k, m = box.place
        statement.work.spend((j - i) * (1 + (statement.grid.counts[1] >> 12)))
        rows = (1 << m) - (1 << k)
        for column in range(i, j):
            if columns[column] & rows:
                raise Refused(f"boxes[{number_of_box}] overlaps another one")
            columns[column] |= rows


def say(statement: MomentumMap) -> str:
    regimes = [(share, told) for regime, told in WORDS if (share := statement.share(regime))]
    parts = [f"{told} {_where(share)}" for share, told in regimes]
    rest = 1 - sum((share for share, _ in regimes), Fraction(0))
    if rest:
        parts.append(f"nothing is said of the rest, {exact(rest)} of it")
    return f"{_opening(statement)}{'; '.join(parts)}"


def _where(share: Fraction) -> str:
    return "everywhere on it" if share == 1 else f"on boxes of the claim that cover {exact(share)} of it"


WORDS = (
    ("mean square", "stable in mean square (k(2) < 0, so theta >= 2)"),
    ("deflationary", "deflationary or stable (lambda_1 < 0)"),
    ("inflationary", "inflationary (lambda_1 > 0, so theta = 0)"),
)


def _opening(statement: MomentumMap) -> str:
    grid, nesterov = statement.grid, statement.optimizer.nesterov
    keep = exact(1 - statement.eta * statement.weight_decay)
    threshold = f"({keep} + 1/(1 + 2 beta))" if nesterov else f"(1 + {keep})(1 + beta)"
    told = [statement.product.words(statement.work), f"learning rate {exact(statement.eta)}"]
    if statement.weight_decay:
        told.append(f"weight decay {exact(statement.weight_decay)}")
    low, high = map(exact, grid.fractions)
    first, last = map(exact, grid.betas)
    return (
        f"For {', '.join(told)} and one sample a step: with lambda = f {threshold}/(eta x*), x* the largest "
        f"curvature, on the rectangle {low} <= f <= {high}, {first} <= beta <= {last}, for every start: "
    )


RULE = Rule(read, prove, say)
