"""One walk with what its bounds share: the walk in doubles, searches as functions of s, proofs once made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property

import numpy as np

from catalysis.exact.balls import ball, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, decimal_above, decimal_below, shown
from catalysis.products.operators import FloatWalk, SampleWalk, float_walk
from catalysis.products.proofs import (
    ChordProof,
    LyapunovProof,
    LyapunovUpper,
    MeanProof,
    MomentLyapunovProof,
    MomentProof,
    PowerMeanProof,
    QuadraticProof,
    SampleProof,
    Side,
    SmallerBatchProof,
    TensorProof,
    VolumeLyapunovProof,
    VolumeProof,
    WordsLyapunovProof,
    WordsProof,
    above,
    below,
    mean_factor,
    power,
    shortened,
    volume_drift,
    volume_moment,
)
from catalysis.products.quadratic import by_inverse, prove_chords, prove_lyapunov, prove_moment
from catalysis.products.search import chord_search, lower_quadratic, lyapunov_quadratic, upper_quadratic
from catalysis.products.tensor import orders, symmetric_power
from catalysis.products.tensor_floats import power_floats
from catalysis.products.walk import MAX_LISTED, MatrixWalk

CHORD_WORK = 20_000_000
"""m d^3 up to which chords (V9) and the largest step in a norm (V11b) of general matrices are proved one by one."""

_LARGEST_RHO = 1e60
_SHORT_WORK = 100_000
"""m d^3 up to which smaller batches are listed in place of single samples."""


def as_product(walk: object, what: str = "walk") -> MatrixWalk:
    """The walk itself. Raises DataError, which names `what`, for anything that is no MatrixWalk."""
    if isinstance(walk, MatrixWalk):
        return walk
    raise DataError(f"{what}: expected a MatrixWalk (MatrixWalk.from_features, ...), found {shown(walk)}")


class Workshop:
    """The searches and proofs for one walk. Numbers in doubles are for finding places only."""

    def __init__(self, walk: MatrixWalk, fine: FloatWalk | None = None) -> None:
        self.walk = walk
        self._given = fine
        self._powers: dict[int, Workshop] = {}

    @cached_property
    def fine(self) -> FloatWalk:
        return float_walk(self.walk) if self._given is None else self._given

    @cached_property
    def single(self) -> MatrixWalk | None:
        """The walk with single steps: itself, or its batches listed; None where there are too many."""
        return self.walk.listed()

    @cached_property
    def single_fine(self) -> FloatWalk | None:
        if self.single is None:
            return None
        return self.fine if self.single is self.walk else float_walk(self.single)

    def _pair(self, s: float) -> tuple[MatrixWalk, FloatWalk]:
        if s == 2:
            return self.walk, self.fine
        if self.single is None or self.single_fine is None:
            raise InputError("batch: too many different batches to list")
        return self.single, self.single_fine

    def mean_square(self, side: Side) -> QuadraticProof | None:
        """The sharpest proof of V5 found."""
        found = self.prove(Fraction(2), side)
        return found if isinstance(found, QuadraticProof) else None

    @cached_property
    def word_length(self) -> int:
        """How many steps are taken as one where that is quick and cells (V8) are of no help; 1 for none."""
        m, d = (0, 0) if self.single is None else (self.single.size, self.single.dimension)
        if m < 2 or d < 3:
            return 1
        lengths = [n for n in range(2, 9) if m**n <= min(MAX_LISTED, _SHORT_WORK // d**3)]
        return max(lengths, default=1)

    @cached_property
    def words(self) -> Workshop:
        """The same for words of `word_length` steps."""
        return Workshop(self.walk.words(self.word_length))

    def by_words(self, s: Fraction, side: Side) -> Iterator[WordsProof]:
        """Bounds of k(s) by words of several steps (V18)."""
        if self.word_length == 1 or s == 2:
            return
        found = self.from_words(self.words.prove(s, side))
        if found is not None:
            yield found

    def from_words(self, proof: MomentProof | None) -> WordsProof | None:
        if proof is None:
            return None
        n, up = self.word_length, proof.side == "upper"
        if proof.rho == 1:
            return WordsProof(n, proof.rho, proof)
        with precision(192):
            root = power(proof.rho, Fraction(1, n))
            return WordsProof(n, above(root) if up else below(root), proof)

    @property
    def chords_fit(self) -> bool:
        walk = self.single
        return walk is not None and (by_inverse(walk) or walk.size * walk.dimension**3 <= CHORD_WORK)

    @cached_property
    def components(self) -> list[tuple[int, ...] | None]:
        """What V1 may be applied to: all, and single components of K."""
        data = self.walk.data
        if data is None or not self.walk.single or len(data.components) == 1:
            return [None]
        return [None, *data.components]

    def upper_value(self, s: float) -> float:
        """rho with k(s) <= log rho, in doubles; inf where nothing is known."""
        fine = self._pair(s)[1]
        if s > 2 and not self.chords_fit:
            return float("inf")
        try:
            value = upper_quadratic(fine, s).value if s <= 2 else chord_search(fine, s, upper=True).rho
        except (ArithmeticError, np.linalg.LinAlgError):
            return float("inf")
        return float("inf") if np.isnan(value) else value

    def lower_value(self, s: float) -> float:
        """rho with k(s) >= log rho by matrices (V4, V9), in doubles; 0 where nothing is known."""
        fine = self._pair(s)[1]
        if s < 2 and not self.chords_fit:
            return 0.0
        try:
            value = lower_quadratic(fine, s).value if s >= 2 else chord_search(fine, s, upper=False).rho
        except (ArithmeticError, np.linalg.LinAlgError):
            return 0.0
        return 0.0 if np.isnan(value) else value

    def prove(self, s: Fraction, side: Side, rho: Fraction | None = None) -> MomentProof | None:
        """A proof by a matrix: V3, V4, V5 or V9, whichever applies; at `rho` if given."""
        try:
            walk, fine = self._pair(float(s) if s != 2 else 2)
        except InputError:
            return None
        if s == 2 or (s < 2) == (side == "upper"):
            search = upper_quadratic if side == "upper" else lower_quadratic
            found = search(fine, float(s))
            return prove_moment(walk, fine, s, side, found, rho) if 0 < found.value < _LARGEST_RHO else None
        if not self.chords_fit:
            return None
        try:
            line = chord_search(fine, float(s), upper=side == "upper")
        except ArithmeticError:
            return None
        return prove_chords(walk, fine, s, side, line, rho) if 0 < line.rho < _LARGEST_RHO else None

    @cached_property
    def orders(self) -> tuple[int, ...]:
        """The orders k >= 2 whose symmetric powers are within reach (V15)."""
        return () if self.single is None else tuple(orders(self.single))

    def power(self, order: int) -> Workshop:
        """The same for the walk of symmetric tensors of one of `orders` (1: itself)."""
        if order == 1:
            return self
        assert self.single is not None and self.single_fine is not None
        if order not in self._powers:
            symmetric = self.single.rank_one is not None
            fine = power_floats(self.single_fine, order, symmetric=symmetric)
            self._powers[order] = Workshop(symmetric_power(self.single, order), fine)
        return self._powers[order]

    def prove_power(
        self, order: int, t: Fraction, side: Side, rho: Fraction | None = None
    ) -> MomentProof | None:
        """A proof of a bound of k(order t) by the power of this order."""
        proof = self.power(order).prove(t, side, rho)
        if order == 1 or not isinstance(proof, QuadraticProof | ChordProof):
            return proof if order == 1 else None
        return TensorProof(order, proof)

    def by_powers(self, s: Fraction, side: Side) -> Iterator[MomentProof]:
        """Bounds of k(s), s > 2, by the powers whose even moments are the nearest."""
        near = {math.ceil(s / 2)} if side == "upper" else {math.ceil(s / 2), math.floor(s / 2)}
        last = max(self.orders, default=1)
        for order in sorted({min(k, last) for k in near} - {0, 1}):
            proof = self.prove_power(order, s / order, side)
            if proof is not None:
                yield proof

    def elementary(self, s: Fraction) -> Iterator[MomentProof]:
        """Lower bounds of k(s) without a search: V1 on every component, V2 by the single sample."""
        for samples in self.components if self.single is not None else ():
            with precision(192):
                rho = below(volume_moment(self.walk, s, samples))
            if rho > 0:
                yield VolumeProof(s, rho, samples)
        found = self._largest_sample(s)
        if found is not None:
            yield found

    def _largest_sample(self, s: Fraction) -> SampleProof | None:
        data, walk = self.walk.data, self.walk
        if data is None:
            return None
        sizes = [abs(walk.keep - walk.eta * k) for k in data.diagonal]
        chances = [walk.chance_alone(i) for i in range(len(sizes))]
        scores = [
            _log(p) + float(s) * _log(r) if k else -math.inf
            for p, r, k in zip(chances, sizes, data.diagonal, strict=True)
        ]
        best = int(np.argmax(scores))
        if not chances[best] or sizes[best] == 0:
            return None
        with precision(192):
            rho = below(ball(chances[best]) * power(sizes[best], s))
        return SampleProof(s, rho, best) if rho > 0 else None

    @cached_property
    def smaller(self) -> Workshop:
        """The same for the largest batches that are quickly listed; for single samples if none are."""
        walk = self.walk
        sizes = [b for b in range(2, min(walk.batch, MAX_LISTED)) if self._is_short(b)]
        return Workshop(walk.with_batch(max(sizes, default=1), replacement=walk.replacement))

    def _is_short(self, batch: int) -> bool:
        count = math.comb(self.walk.size + batch - 1, batch)
        return count <= MAX_LISTED and count * self.walk.dimension**3 <= _SHORT_WORK

    def from_smaller(self, proof: MomentProof | None) -> SmallerBatchProof | None:
        """A proof for smaller batches as one for these (V17c)."""
        if proof is None or proof.s < 1 or proof.side != "upper":
            return None
        return SmallerBatchProof(self.smaller.walk.batch, self.smaller.walk.replacement, proof)

    def unlisted(self, s: Fraction, side: Side) -> Iterator[MomentProof]:
        """Bounds of k(s) for minibatches that are not listed (V17)."""
        if self.walk.data is None or self.single is not None:
            return
        upper, second = side == "upper", self.mean_square(side)
        if second is not None and (s < 2 if upper else s > 2):
            with precision(192):
                value = power(second.rho, s / 2)
                yield PowerMeanProof(s, above(value) if upper else below(value), second)
        if upper:
            found = (self.smaller.prove(s, side), *self.smaller.by_powers(s, side))
            yield from (proof for p in found if (proof := self.from_smaller(p)) is not None)

    def by_mean(self, s: Fraction) -> MeanProof | None:
        """k(s) >= s log|E A|, s >= 1, on vector data: by the vector that the mean step enlarges most (V17d)."""
        if self.walk.rank_one is None:
            return None
        fine = self.fine
        if not isinstance(fine, SampleWalk):
            return None
        factors = np.abs(fine.keep - fine.eta * fine.sigma)
        y = fine.back[int(np.argmax(factors))]  # N x for the eigenvector x, N the norm of the parameters
        scale = 2.0**30 / max(float(np.abs(y).max()), 1e-300)
        vector = tuple(round(float(v) * scale) for v in y)
        if not any(vector):
            return None
        with precision(192):
            rho = below(power(mean_factor(self.walk, vector), s))
        return MeanProof(s, rho, vector) if rho > 0 else None

    @cached_property
    def lyapunov_above(self) -> LyapunovUpper | None:
        """The best upper bound of lambda_1 by V10 and words; for batches that are not listed half of k(2)."""
        if self.single is None:
            return self._half_of_second
        found = [p for p in (self._by_energies, self._by_words) if p is not None]
        return min(found, key=lambda proof: proof.bound, default=None)

    @cached_property
    def _by_energies(self) -> LyapunovProof | None:
        """V10."""
        assert self.single is not None and self.single_fine is not None
        found = lyapunov_quadratic(self.single_fine)
        return prove_lyapunov(self.single, self.single_fine, found) if np.isfinite(found.value) else None

    @cached_property
    def _by_words(self) -> WordsLyapunovProof | None:
        """V10 for words of several steps (V18)."""
        proof = None if self.word_length == 1 else self.words._by_energies
        if proof is None:
            return None
        bound = shortened(proof.bound / self.word_length, up=True)
        return WordsLyapunovProof(self.word_length, bound, proof)

    @cached_property
    def _half_of_second(self) -> MomentLyapunovProof | None:
        second = self.mean_square("upper")
        if second is None:
            return None
        with precision(192):
            return MomentLyapunovProof(above(ball(second.rho).log() / 2), second)

    @cached_property
    def lyapunov_below(self) -> VolumeLyapunovProof | None:
        """The best lower bound of lambda_1 by V1; None where a determinant vanishes."""
        if self.single is None:
            return None
        found = []
        for samples in self.components:
            with precision(192):
                value = volume_drift(self.walk, samples)
                if value is not None:
                    found.append(VolumeLyapunovProof(below(value), samples))
        return max(found, key=lambda proof: proof.bound, default=None)


def _log(value: Fraction) -> float:
    """log of a rational, which may be beyond the range of doubles."""
    return -math.inf if value <= 0 else math.log(value.numerator) - math.log(value.denominator)


def short_below(value: float, digits: int = 9) -> Fraction:
    return Fraction(decimal_below(Fraction(value), digits))


def short_above(value: float, digits: int = 9) -> Fraction:
    return Fraction(decimal_above(Fraction(value), digits))
