"""The learning-rate axis of vector data: stable, deflationary, inflationary; where theta falls to 10, 4, 2, 1.

Single samples without decay. Lemmas V1, V2, V5, V8, V10, V13 and V16 of docs/products.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, TypeVar

import numpy as np

from catalysis.data.linear_regime import RESTS_ON
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.drift.value import drift_sign
from catalysis.drift.zeros import Zero
from catalysis.exact.balls import precision
from catalysis.exact.numbers import (
    DataError,
    Number,
    decimal_above,
    decimal_below,
    exact_text,
    positive,
    whole,
)
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.products.cells import CellBound, Mesh, prove, question
from catalysis.products.kernel import VectorData, as_vectors
from catalysis.products.operators import FloatWalk, SampleWalk, float_walk
from catalysis.products.proofs import (
    IntegerMatrix,
    LyapunovProof,
    MeanSquareProof,
    MomentProof,
    Side,
    above,
    mean_log,
    tuples,
)
from catalysis.products.quadratic import candidates, exactly, prove_mean_square
from catalysis.products.rates import MOST_SAMPLES, RateCells, covered, within_budget
from catalysis.products.roots import passing
from catalysis.products.search import lyapunov_quadratic
from catalysis.products.tensor import MAX_ORDER, within_reach
from catalysis.products.tensor_floats import power_floats
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop, as_product

Tell = Callable[[str, int, int], None]
_Item = TypeVar("_Item")

LEVELS = (Fraction(10), Fraction(4), Fraction(2), Fraction(1))
"""The values of theta whose learning rates are bracketed."""

DEFAULT_DIGITS = 8
DEFAULT_WIDTH = Fraction(1, 500)
_MOST_PIECES = 60
_EDGE = 1e-3
_NEAR = (Fraction(2, 5000), Fraction(1, 1000), Fraction(1, 250))
"""How far from the root of k(s) a bound by cells is tried, both sides within 1/1000 if the first one holds."""
_TIGHT = Fraction(1, 1000)
_SEARCHED = 2048
_MOST_NODES = 3000
_FAR = 4
"""Times the last learning rate with a proof: so far cells are tried where volume proves nothing."""


@dataclass(frozen=True)
class RateProof:
    """One side of eta_s: k(s) <= 0 at `eta` (side "lower": theta >= s up to here) or k(s) > 0 ("upper"). V13a."""

    eta: Fraction
    side: str
    moment: MomentProof | CellBound

    def holds(self, data: VectorData) -> bool:
        walk = MatrixWalk.from_data(data, eta=self.eta)
        if isinstance(self.moment, CellBound):
            return self._cells_hold(walk, self.moment)
        right = self.moment.rho <= 1 if self.side == "lower" else self.moment.rho > 1
        wanted = "upper" if self.side == "lower" else "lower"
        return right and self.moment.side == wanted and self.moment.s >= 1 and self.moment.holds(walk)

    def _cells_hold(self, walk: MatrixWalk, found: CellBound) -> bool:
        right = found.bound <= 1 if self.side == "lower" else found.bound > 1
        if found.side != (1 if self.side == "lower" else -1) or found.power is None or found.power < 1:
            return False
        asked = question(matrices_of(walk), walk.weights, found.power, found.bound, found.side)
        return right and not asked.open_cells(found.table, range(len(found.table.nodes)))


@dataclass(frozen=True)
class RateBracket:
    """`theta >= s` for all eta <= `lower`, `theta <= s` for all eta > `upper` (None: not proved).

    `lower` is at least `stable`, up to which theta is infinite.
    """

    s: Fraction
    stable: Fraction
    below: RateProof | MeanSquareProof | None
    above: RateProof | MeanSquareProof | None

    @property
    def lower(self) -> Fraction:
        return self.stable if self.below is None else max(self.stable, self.below.eta)

    @property
    def upper(self) -> Fraction | None:
        return None if self.above is None else self.above.eta

    def to_json(self, digits: int = 10) -> dict[str, Any]:
        return {"exponent": exact_text(self.s), "eta": self.ends(digits)}

    def ends(self, digits: int) -> dict[str, str | None]:
        return {
            "lower": decimal_below(self.lower, digits),
            "upper": None if self.upper is None else decimal_above(self.upper, digits),
        }


@dataclass(frozen=True)
class DeflationaryPiece:
    """lambda_1 <= (1/2) sum p_i log c_i < 0 for all eta in [start, end], by one Q and c for both ends (V13b)."""

    start: Fraction
    end: Fraction
    bound: Fraction
    q: IntegerMatrix
    c: tuple[Fraction, ...]

    def holds(self, data: VectorData) -> bool:
        proof = LyapunovProof(self.bound, self.q, self.c)
        ends = (MatrixWalk.from_data(data, eta=eta) for eta in (self.start, self.end))
        return self.bound < 0 and 0 < self.start <= self.end and all(proof.holds(walk) for walk in ends)


@dataclass(frozen=True)
class InflationaryPiece:
    """lambda_1 > 0 for all eta in [start, end], `end` None for infinity: G > 0 on a component (None: all). V13c."""

    start: Fraction
    end: Fraction | None
    samples: tuple[int, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        chosen = {} if self.samples is None else {"samples": list(self.samples)}
        return {
            "from": exact_text(self.start),
            "to": "inf" if self.end is None else exact_text(self.end),
            **chosen,
        }


@dataclass(frozen=True)
class RegimePiece:
    """One regime for all eta in (start, end), `end` None for infinity."""

    regime: str
    start: Fraction
    end: Fraction | None

    def to_json(self) -> dict[str, Any]:
        return {
            "regime": self.regime,
            "from": exact_text(self.start),
            "to": "inf" if self.end is None else exact_text(self.end),
        }


@dataclass(frozen=True, repr=False)
class LearningRateAxis(Result):
    """What is proved along the learning rate, for single samples without decay.

    Stable exactly up to `stable_up_to`. `mean_square` brackets eta_ms, `levels` the learning rates at which theta
    passes the values of LEVELS. Deflationary (or stable) on all of `(0, deflationary_up_to]`: k(1) < 0 up to `start`,
    then the `pieces`. Further deflationary intervals by quadratic pieces (`further`, rank 1), and intervals of either
    regime by `cells` (rank 2), for every start. Inflationary on the pieces of `inflationary`; `undecided` is what lies
    between.

    Attributes
    ----------
    regimes : tuple of RegimePiece
        `regime`, `start` and `end` (None: infinity) of each, in order.
    stable_up_to : Fraction
        2/max K_ii.
    number : Enclosure or None
        eta_ms.
    levels : tuple of RateBracket
        Where theta passes some values.
    """

    dataset: VectorData
    digits: int
    stable_up_to: Fraction
    mean_square: RateBracket
    levels: tuple[RateBracket, ...]
    start: RateProof | MeanSquareProof | None
    pieces: tuple[DeflationaryPiece, ...]
    inflationary: tuple[InflationaryPiece, ...]
    further: tuple[DeflationaryPiece, ...] = ()
    cells: tuple[RateCells, ...] = ()

    @property
    def regimes(self) -> tuple[RegimePiece, ...]:
        """The whole axis (0, inf), in order: stable, deflationary, inflationary, and the slivers undecided."""
        found = [RegimePiece("stable", Fraction(0), self.stable_up_to)]
        for regime, start, end in self._proved():
            last = found[-1]
            if last.end is None or (end is not None and end <= last.end):
                continue
            start = max(start, last.end)
            if start > last.end:
                found.append(RegimePiece("undecided", last.end, start))
            elif last.regime == regime:
                found[-1] = RegimePiece(regime, last.start, end)
                continue
            found.append(RegimePiece(regime, start, end))
        last_end = found[-1].end
        return tuple(found) if last_end is None else (*found, RegimePiece("undecided", last_end, None))

    def _proved(self) -> list[tuple[str, Fraction, Fraction | None]]:
        """Intervals of one regime each, by their start; they may overlap where the regime is the same."""
        found: list[tuple[str, Fraction, Fraction | None]] = []
        if self.start is not None:
            found.append(("deflationary", Fraction(0), self.start.eta))
        found += [("deflationary", piece.start, piece.end) for piece in (*self.pieces, *self.further)]
        found += [("inflationary", piece.start, piece.end) for piece in self.inflationary]
        names = {1: "deflationary", -1: "inflationary"}
        found += [(names[piece.side], piece.start, piece.end) for piece in self.cells]
        return sorted(found, key=lambda item: item[1])

    @property
    def deflationary(self) -> tuple[RegimePiece, ...]:
        """The learning rates proved deflationary, as disjoint intervals."""
        return tuple(piece for piece in self.regimes if piece.regime == "deflationary")

    @property
    def deflationary_up_to(self) -> Fraction:
        """All smaller learning rates are proved deflationary or stable."""
        second = self.regimes[1]
        if second.regime != "deflationary" or second.end is None:
            return self.stable_up_to
        return second.end

    @property
    def inflationary_from(self) -> Fraction | None:
        """All larger learning rates are proved inflationary."""
        last = self.regimes[-1]
        return last.start if last.regime == "inflationary" else None

    @property
    def undecided(self) -> tuple[tuple[Fraction, Fraction | None], ...]:
        """The intervals that neither kind of proof reaches, in order."""
        return tuple((piece.start, piece.end) for piece in self.regimes if piece.regime == "undecided")

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    @property
    def number(self) -> Enclosure | None:
        """eta_ms."""
        if self.mean_square.upper is None:
            return None
        return Enclosure(self.mean_square.lower, self.mean_square.upper)

    @property
    def formula(self) -> str:
        return r"\eta_{\mathrm{ms}}"

    def fields(self) -> dict[str, Any]:
        found = {
            "verdict": self.verdict.value,
            "digits": self.digits,
            "stable_up_to": exact_text(self.stable_up_to),
            "mean_square": self.mean_square.ends(self.digits + 2),
            "axis": [piece.to_json() for piece in self.regimes],
            "exponents": [bracket.to_json() for bracket in self.levels],
            "rests_on": RESTS_ON,
        }
        missing = self._shortfall()
        return {**found, **({"shortfall": missing} if missing else {})}

    def _shortfall(self) -> str | None:
        bracket = self.number
        if bracket is None or bracket.width > bracket.upper / Fraction(10) ** self.digits:
            return _NO_MATRIX
        return None


def learning_rate_axis(
    data: object,
    *,
    digits: object = DEFAULT_DIGITS,
    width: Number = DEFAULT_WIDTH,
    progress: Tell | None = None,
) -> LearningRateAxis:
    """The learning-rate axis of vector data: where single-sample SGD is stable, deflationary or inflationary.

    Certified: see `LearningRateAxis`; by V1, V2, V5 and, in rank 2, cells (V16).

    Parameters
    ----------
    data : VectorData, EmpiricalKernel, file name, or array of features
        The samples.
    digits : int, 1 to 12
        Significant digits of the mean-square threshold.
    width : Number, 0 < width <= 1/10
        In rank 2: how much of the axis, relatively, may stay undecided around a zero of lambda_1, as a goal.
    progress : callable, optional
        Called with a stage, what is done and what there is in all.

    Returns
    -------
    LearningRateAxis
        `regimes` covers (0, inf) in order, slivers undecided included.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import learning_rate_axis
    >>> axis = learning_rate_axis([[1], ["1.5"]])
    >>> str(axis.stable_up_to), axis.number.decimals(5), round(float(axis.inflationary_from), 3)
    ('8/9', ('1.0721', '1.0722'), 1.444)
    """
    vectors, wanted = as_vectors(data), whole(digits, "digits", least=1, most=12)
    around = positive(width, "width")
    if around > Fraction(1, 10):
        raise DataError("width: expected a number up to 1/10")
    search = _Axis(MatrixWalk.from_data(vectors, eta=2 / max(vectors.diagonal)))
    mean_square = RateBracket(Fraction(2), search.stable_up_to, *search.mean_square(wanted))
    tell = progress or (lambda stage, done, total: None)
    levels = tuple(
        mean_square if s == 2 else search.bracket(s) for s in _counted(LEVELS, tell, "values of theta")
    )
    start = search.start()
    first = search.stable_up_to if start is None else max(start.eta, search.stable_up_to)
    found = LearningRateAxis(
        vectors,
        wanted,
        search.stable_up_to,
        mean_square,
        levels,
        start,
        tuple(search.pieces(first, tell)),
        tuple(inflationary_pieces(vectors)),
    )
    return _completed(found, search, around, tell)


def _counted(items: Sequence[_Item], tell: Tell, stage: str) -> Iterator[_Item]:
    """The items, each told of when it is done."""
    for done, item in enumerate(items, 1):
        yield item
        tell(stage, done, len(items))


def _completed(found: LearningRateAxis, search: _Axis, width: Fraction, tell: Tell) -> LearningRateAxis:
    """What is undecided so far: exactly the sign of G in rank 1, cells in rank 2."""
    if search.walk.dimension == 1:
        return replace(found, further=tuple(scalar_pieces(found.dataset, found.deflationary_up_to)))
    if not search.planar:
        return found
    left = _counted(found.undecided, tell, "undecided intervals")
    tried = ((low, _FAR * low if high is None else high) for low, high in left)
    cells = within_budget(piece for low, high in tried for piece in covered(found.dataset, low, high, width))
    return replace(found, cells=cells)


@dataclass(frozen=True, repr=False)
class MeanSquareThreshold(Result):
    """eta_ms, the largest learning rate at which the mean square does not grow, for single samples or minibatches.

    Certified by V5c: k(2) <= 0 for all eta <= `below.eta`, k(2) > 0 for all eta > `above.eta`. The
    learning rate of `walk` plays no part.

    Attributes
    ----------
    number : Enclosure or None
        eta_ms.
    """

    walk: MatrixWalk
    digits: int
    below: MeanSquareProof | None
    above: MeanSquareProof | None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.below is None and self.above is None else Verdict.PROVED

    @property
    def number(self) -> Enclosure | None:
        if self.below is None or self.above is None:
            return None
        return Enclosure(self.below.eta, self.above.eta)

    @property
    def formula(self) -> str:
        return r"\eta_{\mathrm{ms}}"

    def fields(self) -> dict[str, Any]:
        head = {"verdict": self.verdict.value, "digits": self.digits}
        ends = {
            "lower": None if self.below is None else decimal_below(self.below.eta, self.digits + 3),
            "upper": None if self.above is None else decimal_above(self.above.eta, self.digits + 3),
        }
        found = {**head, "mean_square": ends}
        if self.verdict is Verdict.UNDECIDED:
            return {**found, "reason": _NO_MATRIX}
        known = self.number
        sharp = known is not None and known.width <= known.upper / Fraction(10) ** self.digits
        return found if sharp else {**found, "shortfall": _NO_MATRIX}


_NO_MATRIX = "fewer digits of the mean-square threshold than asked: doubles found no sharper matrix"


def mean_square_threshold(walk: object, *, digits: object = DEFAULT_DIGITS) -> MeanSquareThreshold:
    """eta_ms, up to which the mean square of a walk on vector data does not grow (V5c).

    Parameters
    ----------
    walk : MatrixWalk on vector data, without weight decay
        Single samples or minibatches; its own learning rate plays no part.
    digits : int, 1 to 12
        Significant digits of the threshold.

    Returns
    -------
    MeanSquareThreshold
        k(2) <= 0 for all eta <= `below.eta`, k(2) > 0 for all eta > `above.eta`.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import MatrixWalk, mean_square_threshold
    >>> walk = MatrixWalk.from_features([[1, 0], [1, 1]], eta=1)
    >>> mean_square_threshold(walk).number.decimals(6)
    ('1.13148', '1.13149')
    """
    product, wanted = as_product(walk), whole(digits, "digits", least=1, most=12)
    if product.data is None or product.weight_decay:
        raise DataError("walk: expected a walk on vector data without weight decay")
    if product.sharing <= 0:
        raise DataError(
            "walk: expected a batch that is not the whole data set: full batch has no threshold of its own"
        )
    return MeanSquareThreshold(product, wanted, *_Axis(product).mean_square(wanted))


class _Axis:
    """Searches along eta for one data set; the walk in doubles is kept and only its eta changed."""

    def __init__(self, walk: MatrixWalk) -> None:
        assert walk.data is not None
        self.walk, self.data = walk, walk.data
        self.stable_up_to = 2 / max(walk.data.diagonal)

    def at(self, eta: Fraction) -> Workshop:
        shop = Workshop(self.walk.with_eta(eta))
        shop.__dict__["fine"] = self.fine(eta)
        return shop

    @cached_property
    def _fine(self) -> FloatWalk:
        return float_walk(self.walk)

    def fine(self, eta: Fraction) -> FloatWalk:
        base = self._fine
        assert isinstance(base, SampleWalk)
        return SampleWalk(base.p, base.back, base.g, base.sigma, float(eta), 1.0, base.sharing)

    def mean_square(self, digits: int) -> tuple[MeanSquareProof | None, MeanSquareProof | None]:
        """Both sides of eta_ms, to the digits asked or as many as the matrices found give."""
        root = self._root(lambda eta: self.fine(eta).whole_step().leading().value)
        return self._threshold(root, digits, "lower"), self._threshold(root, digits, "upper")

    def _threshold(self, root: float, digits: int, side: Side) -> MeanSquareProof | None:
        sign = -1 if side == "lower" else 1
        for places in range(digits, 0, -1):
            eta = _short(root * (1 + sign * 10.0**-places / 4), digits + 3, up=sign > 0)
            found = prove_mean_square(self.walk, self.fine, eta, side)
            if found is not None:
                return found
        return None

    @property
    def planar(self) -> bool:
        """Whether cells are used (V8)."""
        return self.walk.dimension == 2 and self.walk.single and self.walk.size <= MOST_SAMPLES

    def bracket(self, s: Fraction) -> RateBracket:
        """The learning rates around that at which theta passes s >= 1."""
        below, above = self._by_power(s, "lower"), self._by_power(s, "upper")
        found = RateBracket(s, self.stable_up_to, below or self._below(s), above or self._above(s))
        if not self.planar or (found.upper is not None and found.upper - found.lower <= _TIGHT * found.upper):
            return found
        root = self._root(lambda eta: self._cell_value(eta, float(s)))
        return replace(
            found,
            below=self._by_cells(s, "lower", root) or found.below,
            above=self._by_cells(s, "upper", root) or found.above,
        )

    def _cell_value(self, eta: Fraction, s: float) -> float:
        walk = self.walk.with_eta(eta)
        return Mesh(matrices_of(walk), walk.weights, _SEARCHED).transfer.eigenfunction(s)[0]

    def _by_cells(self, s: Fraction, side: Side, root: float) -> RateProof | None:
        """k(s) on one side of 0 near the root, by cells (V8a)."""
        sign = -1 if side == "lower" else 1
        bound = Fraction(1) if side == "lower" else 1 + Fraction(1, 2**40)
        for near in _NEAR:
            eta = _short(root * (1 + sign * float(near)), 7, up=sign > 0)
            walk = self.walk.with_eta(eta)
            found = prove(matrices_of(walk), walk.weights, s, bound, -sign, most_nodes=_MOST_NODES)
            if found is not None:
                return RateProof(eta, side, found)
        return None

    def _by_power(self, s: Fraction, side: Side) -> RateProof | None:
        """The learning rate at which k(s) = 0, s = 4, 6, ..., from one side, by a symmetric power in reach (V15)."""
        order = int(s / 2)
        near_by = self.walk.with_eta(_short(1.1 * float(self.stable_up_to), 10, up=True))
        if s != 2 * order or not 2 <= order <= MAX_ORDER or not within_reach(near_by, order):
            return None

        def value(eta: Fraction) -> float:
            return power_floats(self.fine(eta), order, symmetric=True).whole_step().leading().value

        root, sign = self._root(value), -1 if side == "lower" else 1
        for near in (1e-7, 1e-5, 1e-3):
            eta = _short(root * (1 + sign * near), 10, up=sign > 0)
            moment = self._power_moment(eta, order, side)
            if moment is not None:
                return RateProof(eta, side, moment)
        return None

    def _power_moment(self, eta: Fraction, order: int, side: Side) -> MomentProof | None:
        """k(2 order) <= 0 at eta ("lower": theta is at least that for all smaller ones), or > 0."""
        shop = self.at(eta)
        if side == "lower":
            return shop.prove_power(order, Fraction(2), "upper", Fraction(1))
        proof = shop.prove_power(order, Fraction(2), "lower")
        return proof if proof is not None and proof.rho > 1 else None

    def _below(self, s: Fraction) -> RateProof | None:
        if s > 2 and not self.at(self.stable_up_to).chords_fit:
            return None
        root = self._root(lambda eta: self.at(eta).upper_value(float(s)))
        for near in (1e-7, 1e-5, 1e-3):
            eta = _short(root * (1 - near), 10, up=False)
            proof = self.at(eta).prove(s, "upper", Fraction(1))
            if proof is not None:
                return RateProof(eta, "lower", proof)
        return None

    def _above(self, s: Fraction) -> RateProof | None:
        root = self._root(self._growth(s))
        for near in (1e-7, 1e-5, 1e-3):
            eta = _short(root * (1 + near), 10, up=True)
            shop = self.at(eta)
            for proof in (*shop.elementary(s), shop.prove(s, "lower")):
                if proof is not None and proof.rho > 1:
                    return RateProof(eta, "upper", proof)
        return None

    def _growth(self, s: Fraction) -> Callable[[Fraction], float]:
        p = np.array([float(v) for v in self.data.p])
        diagonal = np.array([float(k) for k in self.data.diagonal])
        rank = self.data.rank()

        def value(eta: Fraction) -> float:
            sizes = np.abs(1 - float(eta) * diagonal)
            easy = [float(p @ sizes ** (float(s) / rank)), float((p * sizes ** float(s)).max())]
            return max(self.at(eta).lower_value(float(s)), *easy)

        return value

    def start(self) -> RateProof | MeanSquareProof | None:
        """k(1) < 0 at an eta as large as V3 gives: then all smaller ones are deflationary (V13a)."""
        root = self._root(lambda eta: self.at(eta).upper_value(1.0))
        for near in (1e-6, 1e-4, 1e-2):
            eta = _short(root * (1 - near), 10, up=False)
            proof = self.at(eta).prove(Fraction(1), "upper")
            if proof is not None and proof.rho < 1:
                return RateProof(eta, "lower", proof)
        return None

    def pieces(self, first: Fraction, tell: Tell) -> list[DeflationaryPiece]:
        """From `first` towards the learning rate at which V10's bound is 0, one Q and c for every piece."""
        edge = self._root(lambda eta: float(np.exp(lyapunov_quadratic(self.fine(eta)).value)))
        last = _short(edge * (1 - _EDGE), 10, up=False)
        found: list[DeflationaryPiece] = []
        at, width = first, last - first
        while at < last and len(found) < _MOST_PIECES and width > last / 10**6:
            end = min(last, Fraction(decimal_above(at + width, 10)))
            piece = self._piece(at, end)
            if piece is None:
                width /= 2
            else:
                found.append(piece)
                at, width = end, 2 * width
                tell("percent of the deflationary interval", int(100 * (at - first) / (last - first)), 100)
        return found

    def _piece(self, start: Fraction, end: Fraction) -> DeflationaryPiece | None:
        middle = (start + end) / 2
        found = lyapunov_quadratic(self.fine(middle))
        walks = [self.walk.with_eta(eta) for eta in (start, end)]
        fines = [self.fine(eta) for eta in (start, end)]
        radius = max(f.weighted(f.p / found.energies).leading().value for f in (*fines, self.fine(middle)))
        for spare in (1e-9, 1e-6, 1e-4, 1e-3):
            c = tuple(1 / exactly(1 / float(v)) for v in found.energies * radius * (1 + spare))
            with precision(128):
                bound = above(mean_log(walks[0].weights, c) / 2)
            if bound >= 0:
                return None
            piece = self._matched(start, end, bound, c, middle)
            if piece is not None:
                return piece
        return None

    def _matched(
        self, start: Fraction, end: Fraction, bound: Fraction, c: tuple[Fraction, ...], middle: Fraction
    ) -> DeflationaryPiece | None:
        """A matrix that serves at both ends, from the one at the middle."""
        fine = self.fine(middle)
        operator = fine.weighted(fine.p / np.array([float(v) for v in c]))
        top = operator.leading()
        for level in (1.0, top.value * (1 + 1e-3) if top.value < 1 else 1.0 + 1e-9):
            if level <= top.value:
                continue
            for q in candidates(self.walk, fine, operator, top, level, upper=True):
                piece = DeflationaryPiece(start, end, bound, tuples(q), c)
                if piece.holds(self.data):
                    return piece
        return None

    def _root(self, value: Callable[[Fraction], float]) -> float:
        """Where value passes 1 beyond the stable learning rates, in doubles."""
        at = cache(lambda eta: value(Fraction(eta)))
        low = float(self.stable_up_to) * (1 + 1e-12)
        if at(low) > 1:
            return low
        high = 2 * low
        while at(high) <= 1 and high < 1e6 * low:
            low, high = high, 2 * high
        return passing(at, low, high, 1e-13 * high)


def matrices_of(walk: MatrixWalk) -> list[list[list[Fraction]]]:
    """The exact matrices of single steps."""
    return [[[Fraction(int(v), m.den) for v in row] for row in m.top.tolist()] for m in walk.steps]


def scalar_pieces(data: VectorData, after: Fraction) -> Iterator[DeflationaryPiece]:
    """Rank 1: further intervals of learning rates with G < 0, by pieces with Q = 1 and c_i the larger r_i^2 (V13b)."""
    walk = LinearWalk(data.scalar())
    for region in sign_regions(walk, digits=12).regions:
        if region.sign > 0 or not (isinstance(region.start, Zero) and isinstance(region.end, Zero)):
            continue
        low = Fraction(decimal_above(region.start.enclosure(14).upper, 12))
        high = Fraction(decimal_below(region.end.enclosure(14).lower, 12))
        if after < low < high:
            yield from _negative(data, low, high)


def _negative(data: VectorData, low: Fraction, high: Fraction) -> Iterator[DeflationaryPiece]:
    """Pieces of (low, high) but for a share of it at either end; G < 0 inside."""
    edge = (high - low) * Fraction(_EDGE)
    at, end, width = low + edge, high - edge, high - low
    while at < end and width > edge / 8:
        to = min(end, Fraction(decimal_above(at + width, 12)))
        piece = _scalar_piece(data, at, to)
        width = width / 2 if piece is None else 2 * width
        if piece is not None:
            yield piece
            at = to


def _scalar_piece(data: VectorData, start: Fraction, end: Fraction) -> DeflationaryPiece | None:
    walk = MatrixWalk.from_data(data, eta=start)
    r = walk.rank_one
    assert r is not None
    x = [data.diagonal[r.place.index(k)] for k in range(len(r.p))]
    c = tuple(max((1 - start * v) ** 2, (1 - end * v) ** 2) for v in x)
    with precision(128):
        bound = above(mean_log(walk.weights, c) / 2)
    piece = DeflationaryPiece(start, end, bound, ((1,),), c)
    return piece if bound < 0 and piece.holds(data) else None


def _short(value: float, digits: int, *, up: bool) -> Fraction:
    return Fraction((decimal_above if up else decimal_below)(Fraction(value), digits))


def inflationary_pieces(data: VectorData) -> list[InflationaryPiece]:
    """Where G of the diagonal is positive, on the whole or on a component of K (V1), in order of their start."""
    choices: list[tuple[int, ...] | None] = [None]
    if len(data.components) > 1:
        choices += data.components
    found = [piece for samples in choices for piece in _positive_regions(data, samples)]
    return sorted(found, key=lambda piece: piece.start)


def _positive_regions(data: VectorData, samples: tuple[int, ...] | None) -> list[InflationaryPiece]:
    walk = LinearWalk(data.scalar(samples))
    regions = sign_regions(walk, digits=12).regions
    found = []
    for region in regions:
        if region.sign < 0 or not isinstance(region.start, Zero):
            continue
        start = Fraction(decimal_above(region.start.enclosure(14).upper, 12))
        end = None
        if isinstance(region.end, Zero):
            end = Fraction(decimal_below(region.end.enclosure(14).lower, 12))
            if end <= start:
                continue
        piece = InflationaryPiece(start, end, samples)
        if grows(data, piece):
            found.append(piece)
    return found


def grows(data: VectorData, piece: InflationaryPiece) -> bool:
    """Whether V13c holds: G > 0 at the ends, and both in one gap (`end` None: beyond the last pole)."""
    if piece.samples is not None and piece.samples not in data.components:
        return False
    walk = LinearWalk(data.scalar(piece.samples))
    if drift_sign(walk, piece.start).sign != 1:
        return False
    gap = walk.gap_of(piece.start)
    if piece.end is None:
        return gap == walk.size
    return gap is not None and gap == walk.gap_of(piece.end) and drift_sign(walk, piece.end).sign == 1
