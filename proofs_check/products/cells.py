"""Lemmas V8 and V16: a function of the direction whose mean after one step is compared with itself, cell by cell.

Hypotheses: A_1, ..., A_m are rational 2 x 2 matrices, p_i > 0 sum to 1, v is continuous and piecewise linear on the
circle of directions, tau in [0, 4): u = (1, tau - 1) up to 2, u = (3 - tau, 1) beyond; n is the maximum norm.
With s > 0 and v > 0: for every tau, sum p_i n(A_i u)^s v(tau(A_i u)) <= rho v(tau) (or >=).
Conclusion: k(s) <= log rho (or >= log rho), for every start. With log n(A_i u) + v in place of the power, and
"mean - v <= r" (or >=): lambda_1 <= r (or >= r), for every start. With `spreads` (V16) all of this for every choice of
t_1, ..., t_K in [-1, 1] and the matrices A_i + sum t_k B_ik, the same t for all i; B_ik = 0 is left out.

Checked on each cell of v, or on parts [a, b] of it, by the mean value theorem: the value at the middle, t = 0, and the
derivatives by tau and by each t_k over the part and all t. A term whose y may vanish there is bounded as a whole.
All directions are exact: y = (A_i + sum t_k B_ik) u is affine in tau and in each t_k. So its entries are largest and
smallest at corners (tau at an end of the part, all t_k = 1 or -1), its directions lie between those of corners, and it
turns at the speed det/n^2 as tau moves, (y x B_ik u)/n^2 as t_k does. Where that is not enough, the part or the range
of a t_k is cut in two.
"""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from proofs_check.core.arithmetic import Interval, enclose, log_precision, log_ratio, power, times
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.linear.moment import product
from proofs_check.products.images import PREC, Family, Images, Matrix, Piece, Vector, apply, direction, hull

MOST_CELLS = 40_000
CUTS, BOX_CUTS = 3, 12
"""A part on which it is not proved is cut in two, so many times at most; with spreads."""

CELL_COST, ARC_COST = 25, 1
"""Units for one matrix on one part, and for each cell that its image meets."""

Ranges = tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True)
class Table:
    """v: `values` at the `nodes` 0 = tau_0 < tau_1 < ... < 4, with 2 among them, linear between, of period 4."""

    nodes: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def check(self, *, positive: bool) -> None:
        """Refuse what is no such table."""
        nodes = self.nodes
        if not 2 <= len(nodes) <= MOST_CELLS or len(nodes) != len(self.values):
            raise Refused(f"a table has not 2 to {MOST_CELLS} nodes with a value each")
        if nodes[0] != 0 or nodes[-1] >= 4 or any(a >= b for a, b in pairwise(nodes)):
            raise Refused("the nodes of a table do not increase from 0 to below 4")
        if 2 not in nodes:
            raise Refused("2 is not among the nodes of a table")
        if positive and min(self.values) <= 0:
            raise Refused("a table of a power has a value that is not positive")

    def end(self, k: int) -> Fraction:
        """The right end of the cell k."""
        return self.nodes[k + 1] if k + 1 < len(self.nodes) else Fraction(4)

    @cached_property
    def slopes(self) -> tuple[Interval, ...]:
        """dv/dtau on every cell."""
        after = (*self.values[1:], self.values[0])
        return tuple(
            enclose((after[k] - v) / (self.end(k) - self.nodes[k]), PREC) for k, v in enumerate(self.values)
        )

    @cached_property
    def steepest(self) -> int:
        """At least every |dv/dtau|."""
        return max(max(-low, high) for low, high in self.slopes)

    @cached_property
    def heights(self) -> tuple[Interval, ...]:
        return tuple(enclose(v, PREC) for v in self.values)

    @cached_property
    def places(self) -> tuple[list[int], list[int]]:
        """The nodes, rounded down and up."""
        ends = [enclose(tau, PREC) for tau in self.nodes]
        return [low for low, _ in ends], [high for _, high in ends]

    def at(self, tau: Interval) -> Interval:
        """v at a place known so well, by the cell of its lower end."""
        k = bisect_right(self.places[1], tau[0]) - 1
        rise = product(self.slopes[k], (tau[0] - self.places[1][k], tau[0] - self.places[0][k]), PREC)
        slack = (self.steepest * (tau[1] - tau[0]) >> PREC) + 1
        return self.heights[k][0] + rise[0] - slack, self.heights[k][1] + rise[1] + slack

    def arc(self, start: int, end: int, *, around: bool) -> list[int]:
        """The cells met on the way up from start to end, `around` past 4 = 0."""
        first, last = bisect_right(self.places[1], start) - 1, bisect_right(self.places[0], end) - 1
        if around:
            return [*range(first, len(self.nodes)), *range(last + 1)]
        return list(range(first, last + 1))


@dataclass(frozen=True)
class Inequality:
    """What is to hold on every cell: `exponent` s, or None for the logarithm; `side` "upper" (<=) or "lower" (>=).

    `spreads` (V16): for each matrix its B_i1, ..., B_iK.
    """

    matrices: tuple[Matrix, ...]
    weights: tuple[Fraction, ...]
    exponent: Fraction | None
    bound: Fraction
    side: str
    spreads: tuple[tuple[Matrix, ...], ...] = ()

    @cached_property
    def _kept(self) -> dict[Ranges, tuple[Family, ...]]:
        return {}

    @property
    def _whole_ranges(self) -> Ranges:
        return ((Fraction(-1), Fraction(1)),) * len(self.spreads[0] if self.spreads else ())

    def _families(self, ranges: Ranges) -> tuple[Family, ...]:
        """The matrices with every t_k in its range."""
        if ranges not in self._kept:
            spreads = self.spreads or ((),) * len(self.matrices)
            self._kept[ranges] = tuple(
                _family(a, moved, ranges) for a, moved in zip(self.matrices, spreads, strict=True)
            )
        return self._kept[ranges]

    def check(self, table: Table, work: Work) -> None:
        """V8, V16: refuse unless the inequality holds on every cell of the table."""
        table.check(positive=self.exponent is not None)
        bits = max(_bits(q) for q in (*table.nodes, *table.values))
        work.spend_on_divisions(4 * len(table.nodes), PREC + bits)
        cuts = BOX_CUTS if self.spreads else CUTS
        for k in range(len(table.nodes)):
            piece = Piece.of(table.nodes[k], table.end(k))
            if not self._holds(table, k, piece, self._whole_ranges, cuts, work):
                raise Refused(f"the inequality of the cell {k} is not proved")

    def _holds(self, table: Table, k: int, piece: Piece, ranges: Ranges, cuts: int, work: Work) -> bool:
        """Whether it is proved on a piece of the cell k, cut in two up to `cuts` times where that is needed."""
        families = self._families(ranges)
        bits = PREC + piece.den.bit_length() + max(family.bits for family in families)
        work.spend(CELL_COST * sum(family.effort for family in families), bits)
        work.spend_on_logs((6 if ranges else 3) * len(families), PREC + self._power_bits())
        value, reaches = self._excess(table, k, piece, families, work)
        spread = sum(reaches)
        if value is None:
            move = cuts % len(reaches)
        elif value[1] + spread <= 0 if self.side == "upper" else value[0] - spread >= 0:
            return True
        else:
            move = reaches.index(max(reaches))
        return cuts > 0 and all(
            self._holds(table, k, part, within, cuts - 1, work)
            for part, within in _halves(piece, ranges, move)
        )

    def _power_bits(self) -> int:
        return 0 if self.exponent is None else log_precision(self.exponent, 0)

    def _excess(
        self, table: Table, k: int, piece: Piece, families: tuple[Family, ...], work: Work
    ) -> tuple[Interval | None, list[int]]:
        """Left side minus right side in the middle (None: no bound), and how far each move takes it from there."""
        place = enclose(Fraction(piece.middle, piece.den), PREC)
        factor = Fraction(1) if self.exponent is None else self.bound
        value = times(-factor, table.at(place))
        if self.exponent is None:
            value = _add(value, enclose(-self.bound, PREC))
        bounded = True
        slopes = [times(-factor, table.slopes[k])] + [(0, 0)] * len(self._whole_ranges)
        for family, weight in zip(families, self.weights, strict=True):
            images = Images.of(family, piece)
            found, moved = self._term(table, family, piece, images, work)
            bounded = bounded and found is not None
            value = _add(value, times(weight, found or (0, 0)))
            for move, slope in zip((0, *(move for move, _ in family.spread)), moved, strict=False):
                slopes[move] = _add(slopes[move], times(weight, slope))
        return value if bounded else None, _reaches(piece, slopes)

    def _term(
        self, table: Table, family: Family, piece: Piece, images: Images, work: Work
    ) -> tuple[Interval | None, list[Interval]]:
        """The value in the middle and the slopes; or one bound over all, where y may vanish or that is sharper."""
        if images.sizes[0] == 0:
            return self._whole(table, images), []
        place = images.places
        cells = table.arc(place[0][0], place[1][1], around=place[2])
        work.spend(ARC_COST * len(cells))
        steep = hull(table.slopes[c] for c in cells)
        v = hull([table.at(place[0]), table.at(place[1]), *(table.heights[c] for c in cells[1:])])
        y = apply(family.center, piece.unit(piece.middle))
        value, slopes = self._value(table, y, images.scale), self._slopes(images, steep, v)
        if self.exponent is not None or not family.spread:
            return value, slopes
        upper = self.side == "upper"
        size = log_ratio(images.sizes[1 if upper else 0], images.scale, PREC)
        most = size[1] + v[1] if upper else size[0] + v[0]
        gain = most - value[1] if upper else value[0] - most
        if 2 * gain <= sum(_reaches(piece, slopes)):
            return (most, most), []
        return value, slopes

    def _value(self, table: Table, y: Vector, scale: int) -> Interval:
        """n(y)^s v, or log n(y) + v."""
        n, v = max(abs(y[0]), abs(y[1])), table.at(direction(y))
        if self.exponent is None:
            return _add(log_ratio(n, scale, PREC), v)
        return product(self._grown(n, n, scale), v, PREC)

    def _whole(self, table: Table, images: Images) -> Interval | None:
        """The same over a piece on which y may vanish; of a logarithm only the upper end, None for the lower."""
        n, v = images.sizes[1], max(high for _, high in table.heights)
        if n == 0:
            raise Refused("a cell is sent to 0")
        if self.exponent is None:
            high = log_ratio(n, images.scale, PREC)[1] + v
            return None if self.side == "lower" else (high, high)
        return 0, product(self._grown(n, n, images.scale), (v, v), PREC)[1]

    def _slopes(self, images: Images, steep: Interval, v: Interval) -> list[Interval]:
        """The derivative by each move: n^s (s n'/n v + v' tau'), or n'/n + v' tau'."""
        moves = range(len(images.speeds))
        turned = [product(images.turning(move), steep, PREC) for move in moves]
        if self.exponent is None:
            return [_add(images.growth(move), turned[move]) for move in moves]
        grown = self._grown(*images.sizes, images.scale)
        grows = [times(self.exponent, product(images.growth(move), v, PREC)) for move in moves]
        return [product(grown, _add(grows[move], turned[move]), PREC) for move in moves]

    def _grown(self, low: int, high: int, scale: int) -> Interval:
        """n^s for low <= n scale <= high."""
        assert self.exponent is not None
        prec = log_precision(self.exponent, PREC)
        lower = power(log_ratio(low, scale, prec), prec, self.exponent, PREC)
        upper = lower if low == high else power(log_ratio(high, scale, prec), prec, self.exponent, PREC)
        if upper[1] is None:
            raise Refused("a power of a matrix is too large")
        return lower[0], upper[1]


def _family(center: Matrix, spread: tuple[Matrix, ...], ranges: Ranges) -> Family:
    """With new parameters in [-1, 1] in place of t_k in its range."""
    (a, b), (c, d) = center
    moved = []
    for k, (((e, f), (g, h)), (low, high)) in enumerate(zip(spread, ranges, strict=True), 1):
        t, r = (low + high) / 2, (high - low) / 2
        a, b, c, d = a + t * e, b + t * f, c + t * g, d + t * h
        moved.append((k, ((r * e, r * f), (r * g, r * h))))
    return Family.of(((a, b), (c, d)), moved)


def _reaches(piece: Piece, slopes: list[Interval]) -> list[int]:
    """How far each move, tau first, takes a function with these slopes from its value in the middle."""
    along, *others = (max(-low, high) for low, high in slopes)
    return [-(-along * (piece.end - piece.start) // (2 * piece.den)), *others]


def _halves(piece: Piece, ranges: Ranges, move: int) -> list[tuple[Piece, Ranges]]:
    """Cut across the directions (move 0) or across the range of t_move."""
    if move == 0:
        return [(half, ranges) for half in piece.halves]
    low, high = ranges[move - 1]
    middle = (low + high) / 2
    parts = (low, middle), (middle, high)
    return [(piece, (*ranges[: move - 1], part, *ranges[move:])) for part in parts]


def _bits(q: Fraction) -> int:
    return q.numerator.bit_length() + q.denominator.bit_length()


def _add(x: Interval, y: Interval) -> Interval:
    return x[0] + y[0], x[1] + y[1]
