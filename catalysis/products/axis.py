"""The learning-rate axis of vector data: stable, deflationary, inflationary; where theta falls to 10, 4, 2, 1.

Single samples without decay. Lemmas V1, V2, V5, V10 and V13 of docs/products.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.drift.value import drift_sign
from catalysis.drift.zeros import Zero
from catalysis.exact.balls import precision
from catalysis.exact.numbers import DataError, decimal_above, decimal_below, exact_text, whole
from catalysis.exact.result import Enclosure, Result, Verdict
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
from catalysis.products.search import lyapunov_quadratic
from catalysis.products.tensor import MAX_ORDER, within_reach
from catalysis.products.tensor_floats import power_floats
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop, as_product

LEVELS = (Fraction(10), Fraction(4), Fraction(2), Fraction(1))
"""The values of theta whose learning rates are bracketed."""

DEFAULT_DIGITS = 8
_MOST_PIECES = 60
_EDGE = 1e-3


@dataclass(frozen=True)
class RateProof:
    """One side of eta_s: k(s) <= 0 at `eta` (side "lower": theta >= s up to here) or k(s) > 0 ("upper"). V13a."""

    eta: Fraction
    side: str
    moment: MomentProof

    def holds(self, data: VectorData) -> bool:
        walk = MatrixWalk.from_data(data, eta=self.eta)
        right = self.moment.rho <= 1 if self.side == "lower" else self.moment.rho > 1
        wanted = "upper" if self.side == "lower" else "lower"
        return right and self.moment.side == wanted and self.moment.s >= 1 and self.moment.holds(walk)


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
    then the `pieces`. Inflationary on the pieces of `inflationary`; `undecided` is what lies between.
    """

    dataset: VectorData
    digits: int
    stable_up_to: Fraction
    mean_square: RateBracket
    levels: tuple[RateBracket, ...]
    start: RateProof | MeanSquareProof | None
    pieces: tuple[DeflationaryPiece, ...]
    inflationary: tuple[InflationaryPiece, ...]

    @property
    def deflationary_up_to(self) -> Fraction:
        """All smaller learning rates are proved deflationary or stable."""
        if self.pieces:
            return self.pieces[-1].end
        return self.stable_up_to if self.start is None else max(self.stable_up_to, self.start.eta)

    @property
    def inflationary_from(self) -> Fraction | None:
        """All larger learning rates are proved inflationary."""
        return next((piece.start for piece in self.inflationary if piece.end is None), None)

    @property
    def undecided(self) -> tuple[tuple[Fraction, Fraction | None], ...]:
        """The intervals that neither kind of proof reaches, in order."""
        found: list[tuple[Fraction, Fraction | None]] = []
        at: Fraction | None = self.deflationary_up_to
        for piece in self.inflationary:
            if at is None or (piece.end is not None and piece.end <= at):
                continue
            if piece.start > at:
                found.append((at, piece.start))
            at = piece.end
        return (*found, (at, None)) if at is not None else tuple(found)

    @property
    def regimes(self) -> tuple[RegimePiece, ...]:
        """The whole axis (0, inf), in order: stable, deflationary, inflationary, and the slivers undecided."""
        stable, falling = self.stable_up_to, self.deflationary_up_to
        found = [RegimePiece("stable", Fraction(0), stable)]
        if falling > stable:
            found.append(RegimePiece("deflationary", stable, falling))
        at: Fraction | None = falling
        for start, end in self.undecided:
            if at is not None and start > at:
                found.append(RegimePiece("inflationary", at, start))
            found.append(RegimePiece("undecided", start, end))
            at = end
        return (*found, RegimePiece("inflationary", at, None)) if at is not None else tuple(found)

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
        }
        missing = self._shortfall()
        return {**found, **({"shortfall": missing} if missing else {})}

    def _shortfall(self) -> str | None:
        bracket = self.number
        if bracket is None or bracket.width > bracket.upper / Fraction(10) ** self.digits:
            return _NO_MATRIX
        return None


def learning_rate_axis(data: object, *, digits: object = DEFAULT_DIGITS) -> LearningRateAxis:
    """The learning-rate axis of vector data (VectorData, a file or an array of features), certified.

    `digits` (1 to 12) are those of the mean-square threshold. Raises InputError, which names the argument.
    """
    vectors, wanted = as_vectors(data), whole(digits, "digits", least=1, most=12)
    search = _Axis(MatrixWalk.from_data(vectors, eta=2 / max(vectors.diagonal)))
    mean_square = RateBracket(Fraction(2), search.stable_up_to, *search.mean_square(wanted))
    levels = tuple(mean_square if s == 2 else search.bracket(s) for s in LEVELS)
    start = search.start()
    first = search.stable_up_to if start is None else max(start.eta, search.stable_up_to)
    return LearningRateAxis(
        vectors,
        wanted,
        search.stable_up_to,
        mean_square,
        levels,
        start,
        tuple(search.pieces(first)),
        tuple(inflationary_pieces(vectors)),
    )


@dataclass(frozen=True, repr=False)
class MeanSquareThreshold(Result):
    """eta_ms, the largest learning rate at which the mean square does not grow, for single samples or minibatches.

    Certified by V5c: k(2) <= 0 for all eta <= `below.eta`, k(2) > 0 for all eta > `above.eta`. The
    learning rate of `walk` plays no part.
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
    """eta_ms of a walk on vector data without decay, to `digits` (1 to 12), minibatches included: V5c.

    Raises InputError, which names the argument.
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

    def bracket(self, s: Fraction) -> RateBracket:
        """The learning rates around that at which theta passes s >= 1."""
        below, above = self._by_power(s, "lower"), self._by_power(s, "upper")
        return RateBracket(s, self.stable_up_to, below or self._below(s), above or self._above(s))

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

    def pieces(self, first: Fraction) -> list[DeflationaryPiece]:
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
        low = float(self.stable_up_to) * (1 + 1e-12)
        if value(Fraction(low)) > 1:
            return low
        high = 2 * low
        while value(Fraction(high)) <= 1 and high < 1e6 * low:
            low, high = high, 2 * high
        while high - low > 1e-13 * high:
            middle = (low + high) / 2
            if value(Fraction(middle)) > 1:
                high = middle
            else:
                low = middle
        return (low + high) / 2


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
