"""Witnesses for k(s), lambda_1 and eta_ms, and their exact verification. Lemmas V1 to V5, V9, V10 and V12.

A proof object is self-contained: `holds(walk)` recomputes everything from the walk, in rational numbers and matrices
(and balls where a power or a logarithm is compared with a rational number). docs/products.md has the lemmas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from flint import arb, fmpz_mat

from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.numbers import exact_text
from catalysis.products.definite import is_definite, is_semidefinite
from catalysis.products.polytope import FunctionalProof, HullProof
from catalysis.products.tensor import power_dimension, symmetric_power
from catalysis.products.walk import MatrixWalk, Ratio

Side = Literal["upper", "lower"]
IntegerMatrix = tuple[tuple[int, ...], ...]

Range = tuple[Fraction, Fraction]

_BITS = 192
_KEPT = 56


def flint_matrix(q: IntegerMatrix) -> fmpz_mat:
    return fmpz_mat([list(row) for row in q])


def tuples(q: fmpz_mat) -> IntegerMatrix:
    return tuple(tuple(int(v) for v in row) for row in q.tolist())


def power(base: Fraction, exponent: Fraction) -> arb:
    """base^exponent for base >= 0, exponent > 0. Call within `precision`."""
    return arb(0) if base == 0 else (ball(base).log() * ball(exponent)).exp()


def shortened(value: Fraction, *, up: bool, bits: int = _KEPT) -> Fraction:
    """A dyadic number of so many bits beside `value`: not below it if `up`, else not above."""
    if value == 0:
        return value
    places = bits - (abs(value.numerator).bit_length() - value.denominator.bit_length())
    scaled = value * Fraction(2) ** places
    units = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    return Fraction(units) / Fraction(2) ** places


def above(value: arb) -> Fraction:
    return shortened(enclose(value).upper, up=True)


def below(value: arb) -> Fraction:
    return shortened(enclose(value).lower, up=False)


def at_most(value: arb, bound: Fraction) -> bool:
    return bool(value <= ball(bound))


def at_least(value: arb, bound: Fraction) -> bool:
    return bool(value >= ball(bound))


def offset(s: Fraction, slope: Fraction) -> arb:
    """The least d with X^q <= w X + d (s < 2), or X^q >= w X - d (s > 2), for all X >= 0; q = s/2. V3, V4."""
    q = s / 2
    if q == 1:
        return arb(0)
    if q < 1:
        return ball(1 - q) * power(q / slope, q / (1 - q))
    return ball(q - 1) * power(slope / q, q / (q - 1))


def _texts(values: Sequence[Fraction]) -> list[str]:
    return [exact_text(v) for v in values]


def _matrix_json(q: IntegerMatrix) -> list[list[str]]:
    return [[str(v) for v in row] for row in q]


@dataclass(frozen=True)
class Inverse:
    """A rational matrix P that should be at least Q^-1: integers over one denominator (V14)."""

    top: IntegerMatrix
    den: int

    def exceeds(self, q: fmpz_mat) -> bool:
        """Whether P > 0 and Q P Q >= Q are proved."""
        p = flint_matrix(self.top)
        return self.den > 0 and is_definite(p) and is_semidefinite(q * p * q - q * self.den)


@dataclass(frozen=True)
class QuadraticProof:
    """k(s) <= log rho (V3, V5) or >= log rho (V4, V5), by Q, slopes w_i and offsets d_i (none of both for s = 2)."""

    s: Fraction
    side: Side
    rho: Fraction
    q: IntegerMatrix
    slopes: tuple[Fraction, ...] = ()
    offsets: tuple[Fraction, ...] = ()
    form: str = "quadratic"

    def holds(self, walk: MatrixWalk) -> bool:
        upper, q = self.side == "upper", flint_matrix(self.q)
        if self.rho <= 0 or (self.s > 2 if upper else self.s < 2) or self.s <= 0:
            return False
        if not (is_definite(q) if upper else is_semidefinite(q) and not _is_zero(q)):
            return False
        if self.s == 2:
            image, factor = walk.second_moment(q), self.rho
        else:
            if not walk.single or not self._slopes_hold(walk):
                return False
            image = walk.pulled([p * w for p, w in zip(walk.weights, self.slopes, strict=True)], q)
            spent = sum((p * d for p, d in zip(walk.weights, self.offsets, strict=True)), Fraction(0))
            factor = self.rho - spent if upper else self.rho + spent
        return ordered(image, factor, q, upper=upper)

    def _slopes_hold(self, walk: MatrixWalk) -> bool:
        if not len(self.slopes) == len(self.offsets) == walk.size:
            return False
        with precision(_BITS):
            return all(
                w > 0 and at_most(offset(self.s, w), d)
                for w, d in zip(self.slopes, self.offsets, strict=True)
            )


@dataclass(frozen=True)
class ChordProof:
    """k(s) <= log rho for s >= 2, >= log rho for s <= 2, by ranges l_i Q <= A_i^T Q A_i <= u_i Q and chords (V9)."""

    s: Fraction
    side: Side
    rho: Fraction
    q: IntegerMatrix
    ranges: tuple[tuple[Fraction, Fraction], ...]
    chords: tuple[tuple[Fraction, Fraction], ...]
    inverse: Inverse | None = None
    form: str = "chords"

    def holds(self, walk: MatrixWalk) -> bool:
        upper, q = self.side == "upper", flint_matrix(self.q)
        if self.rho <= 0 or self.s <= 0 or (self.s < 2 if upper else self.s > 2) or not walk.single:
            return False
        if not len(self.ranges) == len(self.chords) == walk.size or not is_definite(q):
            return False
        if not self._chords_hold(upper) or not self._ranges_hold(walk, q):
            return False
        image = walk.pulled([p * b for p, (_, b) in zip(walk.weights, self.chords, strict=True)], q)
        constant = sum((p * a for p, (a, _) in zip(walk.weights, self.chords, strict=True)), Fraction(0))
        return ordered(image, self.rho - constant, q, upper=upper)

    def _chords_hold(self, upper: bool) -> bool:
        with precision(_BITS):
            return all(
                at_most(power(x, self.s / 2), a + b * x)
                if upper
                else at_least(power(x, self.s / 2), a + b * x)
                for ends, (a, b) in zip(self.ranges, self.chords, strict=True)
                for x in ends
            )

    def _ranges_hold(self, walk: MatrixWalk, q: fmpz_mat) -> bool:
        return ranges_hold(walk, q, self.ranges, self.inverse)


@dataclass(frozen=True)
class VolumeProof:
    """k(s) >= log rho by determinants (V1); `samples` name a component of K, None stands for all."""

    s: Fraction
    rho: Fraction
    samples: tuple[int, ...] | None = None
    side: Side = "lower"
    form: str = "volume"

    def holds(self, walk: MatrixWalk) -> bool:
        if self.rho <= 0 or self.s <= 0 or not _is_component(walk, self.samples):
            return False
        with precision(_BITS):
            return at_least(volume_moment(walk, self.s, self.samples), self.rho)


@dataclass(frozen=True)
class SampleProof:
    """k(s) >= log rho by one sample drawn again and again (V2): rho <= p |c - eta K_ii|^s, p the chance of it alone."""

    s: Fraction
    rho: Fraction
    sample: int
    side: Side = "lower"
    form: str = "sample"

    def holds(self, walk: MatrixWalk) -> bool:
        data = walk.data
        if data is None or not 0 <= self.sample < len(data.p) or self.s <= 0:
            return False
        with precision(_BITS):
            size = abs(walk.keep - walk.eta * data.diagonal[self.sample])
            chance = walk.chance_alone(self.sample)
            return self.rho > 0 and at_least(ball(chance) * power(size, self.s), self.rho)


@dataclass(frozen=True)
class TensorProof:
    """A bound of k(s), s = order t, by a proof at t for the walk of symmetric tensors of that order (V15)."""

    order: int
    proof: QuadraticProof | ChordProof
    form: str = "tensor"

    @property
    def s(self) -> Fraction:
        return self.order * self.proof.s

    @property
    def side(self) -> Side:
        return self.proof.side

    @property
    def rho(self) -> Fraction:
        return self.proof.rho

    def holds(self, walk: MatrixWalk) -> bool:
        size = power_dimension(walk.dimension, self.order) if self.order >= 1 else 0
        if any(len(row) != size for row in self.proof.q) or len(self.proof.q) != size:
            return False
        return self.proof.holds(symmetric_power(walk, self.order))


@dataclass(frozen=True)
class PowerMeanProof:
    """A bound of k(s) by one of k(t): upper for s <= t, lower for s >= t, rho against its rho^(s/t) (V17a)."""

    s: Fraction
    rho: Fraction
    proof: MomentProof
    form: str = "power_mean"

    @property
    def side(self) -> Side:
        return self.proof.side

    def holds(self, walk: MatrixWalk) -> bool:
        upper, s, t = self.side == "upper", self.s, self.proof.s
        if s <= 0 or self.rho <= 0 or (s > t if upper else s < t) or not proved(walk, self.proof):
            return False
        with precision(_BITS):
            value = power(self.proof.rho, s / t)
            return at_most(value, self.rho) if upper else at_least(value, self.rho)


@dataclass(frozen=True)
class SmallerBatchProof:
    """k(s) <= log rho, s >= 1, by a proof for smaller batches, drawn with replacement or alike (V17c)."""

    batch: int
    replacement: bool
    proof: MomentProof
    side: Side = "upper"
    form: str = "smaller_batch"

    @property
    def s(self) -> Fraction:
        return self.proof.s

    @property
    def rho(self) -> Fraction:
        return self.proof.rho

    def holds(self, walk: MatrixWalk) -> bool:
        alike = self.batch == 1 or self.replacement or not walk.replacement
        if walk.data is None or not (1 <= self.batch <= walk.batch and alike):
            return False
        other = walk.with_batch(self.batch, replacement=self.replacement)
        return self.s >= 1 and self.proof.side == "upper" and proved(other, self.proof)


@dataclass(frozen=True)
class MeanProof:
    """k(s) >= log rho, s >= 1, by a vector y that the mean step enlarges: rho <= (|y^T N E A y|/y^T N y)^s (V17d)."""

    s: Fraction
    rho: Fraction
    vector: tuple[int, ...]
    side: Side = "lower"
    form: str = "mean"

    def holds(self, walk: MatrixWalk) -> bool:
        r = walk.rank_one
        if r is None or self.s < 1 or self.rho <= 0 or len(self.vector) != walk.dimension:
            return False
        if not any(self.vector):
            return False
        with precision(_BITS):
            return at_least(power(mean_factor(walk, self.vector), self.s), self.rho)


def mean_factor(walk: MatrixWalk, y: Sequence[int]) -> Fraction:
    """|y^T N (E A) y|/y^T N y: |c - eta E (a_i . y)^2/y^T M y|, M = I in features, K_JJ in residual coordinates."""
    r = walk.rank_one
    assert r is not None
    column = fmpz_mat(len(y), 1, list(y))
    if r.metric is None:
        size = Fraction(sum(v * v for v in y))
    else:
        size = Fraction(int((column.transpose() * r.metric.top * column)[0, 0]), r.metric.den)
    loads = [int(v) for v in (r.left.top * column).entries()]
    drawn = sum((p * v * v for p, v in zip(r.p, loads, strict=True)), Fraction(0)) / r.left.den**2
    return abs(walk.keep - walk.eta * drawn / size)


@dataclass(frozen=True)
class WordsProof:
    """A bound of k(s) by one for the walk of the products of `length` steps, rho^length against its rho (V18)."""

    length: int
    rho: Fraction
    proof: MomentProof
    form: str = "words"

    @property
    def s(self) -> Fraction:
        return self.proof.s

    @property
    def side(self) -> Side:
        return self.proof.side

    def holds(self, walk: MatrixWalk) -> bool:
        if self.length < 2 or self.rho <= 0:
            return False
        reach, known = self.rho**self.length, self.proof.rho
        right = reach >= known if self.side == "upper" else reach <= known
        return right and proved(walk.words(self.length), self.proof)


MomentProof = (
    QuadraticProof
    | ChordProof
    | VolumeProof
    | SampleProof
    | TensorProof
    | PowerMeanProof
    | SmallerBatchProof
    | MeanProof
    | WordsProof
    | HullProof
    | FunctionalProof
)


def is_whole(proof: MomentProof) -> bool:
    """Whether the proof takes a minibatch as it is; else its batches are listed."""
    derived = (SampleProof, PowerMeanProof, SmallerBatchProof, MeanProof, WordsProof)
    return isinstance(proof, derived) or (isinstance(proof, QuadraticProof) and proof.s == 2)


def proved(walk: MatrixWalk, proof: MomentProof) -> bool:
    """Whether the proof holds for a walk, whose batches are listed where it needs that."""
    return proof.holds(walk if is_whole(proof) else walk.expanded())


@dataclass(frozen=True)
class LyapunovProof:
    """lambda_1 <= bound, by Q and c_i with sum (p_i/c_i) A_i^T Q A_i <= Q and (1/2) sum p_i log c_i <= bound (V10)."""

    bound: Fraction
    q: IntegerMatrix
    c: tuple[Fraction, ...]
    side: Side = "upper"
    form: str = "quadratic"

    def holds(self, walk: MatrixWalk) -> bool:
        q = flint_matrix(self.q)
        if not walk.single or len(self.c) != walk.size or min(self.c) <= 0 or not is_definite(q):
            return False
        image = walk.pulled([p / c for p, c in zip(walk.weights, self.c, strict=True)], q)
        with precision(_BITS):
            small = at_most(mean_log(walk.weights, self.c) / 2, self.bound)
        return small and ordered(image, Fraction(1), q, upper=True)


@dataclass(frozen=True)
class VolumeLyapunovProof:
    """lambda_1 >= bound by determinants (V1), on a component of K or (None) on all."""

    bound: Fraction
    samples: tuple[int, ...] | None = None
    side: Side = "lower"
    form: str = "volume"

    def holds(self, walk: MatrixWalk) -> bool:
        if not _is_component(walk, self.samples):
            return False
        with precision(_BITS):
            value = volume_drift(walk, self.samples)
            return value is not None and at_least(value, self.bound)


@dataclass(frozen=True)
class MomentLyapunovProof:
    """lambda_1 <= bound by k(s) <= log rho <= s bound (V0a)."""

    bound: Fraction
    proof: MomentProof
    side: Side = "upper"
    form: str = "moment"

    def holds(self, walk: MatrixWalk) -> bool:
        with precision(_BITS):
            small = at_most(ball(self.proof.rho).log(), self.proof.s * self.bound)
        return small and self.proof.side == "upper" and proved(walk, self.proof)


@dataclass(frozen=True)
class WordsLyapunovProof:
    """lambda_1 <= bound by V10 for the walk of the products of `length` steps (V18)."""

    length: int
    bound: Fraction
    proof: LyapunovProof
    side: Side = "upper"
    form: str = "words"

    def holds(self, walk: MatrixWalk) -> bool:
        small = self.length >= 2 and self.proof.bound <= self.length * self.bound
        return small and self.proof.holds(walk.words(self.length))


LyapunovUpper = LyapunovProof | MomentLyapunovProof | WordsLyapunovProof
LyapunovBound = LyapunovUpper | VolumeLyapunovProof


@dataclass(frozen=True)
class MeanSquareProof:
    """eta_ms >= eta (side "lower": T(Q) <= Q, Q > 0) or eta_ms <= eta ("upper": T(Q) >= Q, Q >= 0, not 0). V5c."""

    eta: Fraction
    side: Side
    q: IntegerMatrix

    def holds(self, walk: MatrixWalk) -> bool:
        if walk.data is None or walk.weight_decay or walk.sharing <= 0 or self.eta <= 0:
            return False
        form: Side = "upper" if self.side == "lower" else "lower"
        return QuadraticProof(Fraction(2), form, Fraction(1), self.q).holds(walk.with_eta(self.eta))


def _head(proof: MomentProof) -> dict[str, Any]:
    return {"s": exact_text(proof.s), "side": proof.side, "rho": exact_text(proof.rho)}


def _is_component(walk: MatrixWalk, samples: tuple[int, ...] | None) -> bool:
    return samples is None or (walk.data is not None and walk.single and samples in walk.data.components)


def _is_zero(q: fmpz_mat) -> bool:
    return not any(q.entries())


def ordered(image: Ratio, factor: Fraction, q: fmpz_mat, *, upper: bool) -> bool:
    """Whether image <= factor Q is proved (`upper`), or image >= factor Q."""
    right = Ratio(q * factor.numerator, factor.denominator)
    return is_semidefinite(right.minus(image) if upper else image.minus(right))


def ranges_hold(walk: MatrixWalk, q: fmpz_mat, ranges: Sequence[Range], inverse: Inverse | None) -> bool:
    """Whether l_i Q <= A_i^T Q A_i <= u_i Q is proved for all steps: one by one, or by V14."""
    if any(not 0 <= low <= high for low, high in ranges) or len(ranges) != walk.size:
        return False
    if inverse is None:
        return all(within(step, q, low, high) for step, (low, high) in zip(walk.steps, ranges, strict=True))
    if walk.rank_one is None or walk.dimension < 2 or not inverse.exceeds(q):
        return False
    square = walk.keep**2
    return all(
        _covers(tau, delta, high - square) and (low == 0 or _covers(-tau, delta, square - low))
        for (tau, delta), (low, high) in zip(_pencils(walk, q, inverse), ranges, strict=True)
    )


def _covers(tau: Fraction, delta: Fraction, x: Fraction) -> bool:
    """Whether x >= 0 is at least the larger root of z^2 - tau z + delta."""
    return x >= 0 and 2 * x >= tau and x * x - tau * x + delta >= 0


def _pencils(walk: MatrixWalk, q: fmpz_mat, inverse: Inverse) -> list[tuple[Fraction, Fraction]]:
    """tau and delta of V14 for every step."""
    r = walk.rank_one
    assert r is not None
    a, b, eta, keep = r.left, r.right, walk.eta, walk.keep
    loads = _forms(a, q, 1)
    spans = _forms(b, flint_matrix(inverse.top), inverse.den)
    mixed = [
        Fraction(int(sum(x * y for x, y in zip(u, v, strict=True))), a.den * b.den)
        for u, v in zip(a.top.tolist(), b.top.tolist(), strict=True)
    ]
    return [
        (eta**2 * load * span - 2 * eta * keep * g, (eta * keep) ** 2 * (g * g - span * load))
        for load, span, g in zip(loads, spans, mixed, strict=True)
    ]


def _forms(rows: Ratio, matrix: fmpz_mat, den: int) -> list[Fraction]:
    """x^T M x for the rows x."""
    images = (rows.top * matrix).tolist()
    return [
        Fraction(int(sum(x * y for x, y in zip(u, v, strict=True))), den * rows.den**2)
        for u, v in zip(rows.top.tolist(), images, strict=True)
    ]


def within(step: Ratio, q: fmpz_mat, low: Fraction, high: Fraction | None) -> bool:
    """Whether low Q <= A^T Q A <= high Q is proved; None leaves out that side, low = 0 needs no proof."""
    image = Ratio(step.top.transpose() * q * step.top, step.den**2)
    return (low == 0 or ordered(image, low, q, upper=False)) and (
        high is None or ordered(image, high, q, upper=True)
    )


def mean_log(p: Sequence[Fraction], c: Sequence[Fraction]) -> arb:
    return sum((ball(w) * ball(v).log() for w, v in zip(p, c, strict=True)), arb(0))


def determinants(
    walk: MatrixWalk, samples: tuple[int, ...] | None
) -> tuple[list[tuple[Fraction, Fraction]], int]:
    """(p_i, |det A_i|) on the whole space or on a component, and the dimension there. V1."""
    data = walk.data
    if data is None or not walk.single:
        steps = walk.expanded()
        sizes = [abs(Fraction(int(s.top.det()), s.den**walk.dimension)) for s in steps.steps]
        return list(zip(steps.weights, sizes, strict=True)), walk.dimension
    chosen = range(len(data.p)) if samples is None else samples
    rank, keep = data.rank(samples), walk.keep
    rows = [(data.p[i], abs(keep ** (rank - 1) * (keep - walk.eta * data.diagonal[i]))) for i in chosen]
    rest = 1 - sum((p for p, _ in rows), Fraction(0))
    return ([*rows, (rest, abs(keep) ** rank)] if rest else rows), rank


def volume_moment(walk: MatrixWalk, s: Fraction, samples: tuple[int, ...] | None) -> arb:
    """sum p_i |det A_i|^(s/d)."""
    rows, dimension = determinants(walk, samples)
    return sum((ball(p) * power(size, s / dimension) for p, size in rows), arb(0))


def volume_drift(walk: MatrixWalk, samples: tuple[int, ...] | None) -> arb | None:
    """(1/d) sum p_i log|det A_i|; None where it is -inf."""
    rows, dimension = determinants(walk, samples)
    if any(size == 0 for _, size in rows):
        return None
    return mean_log([p for p, _ in rows], [size for _, size in rows]) / dimension
