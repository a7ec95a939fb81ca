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
from catalysis.products.operators import FloatWalk, float_walk
from catalysis.products.proofs import (
    ChordProof,
    LyapunovProof,
    MomentProof,
    QuadraticProof,
    SampleProof,
    Side,
    TensorProof,
    VolumeLyapunovProof,
    VolumeProof,
    below,
    power,
    volume_drift,
    volume_moment,
)
from catalysis.products.quadratic import by_inverse, prove_chords, prove_lyapunov, prove_moment
from catalysis.products.search import chord_search, lower_quadratic, lyapunov_quadratic, upper_quadratic
from catalysis.products.tensor import orders, symmetric_power
from catalysis.products.tensor_floats import power_floats
from catalysis.products.walk import MatrixWalk

CHORD_WORK = 20_000_000
"""m d^3 up to which chords (V9) and the largest step in a norm (V11b) of general matrices are proved one by one."""

_LARGEST_RHO = 1e60


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
        """The walk with single steps: itself, or its batches enumerated; None where there are too many."""
        try:
            return self.walk.expanded()
        except InputError:
            return None

    @cached_property
    def single_fine(self) -> FloatWalk | None:
        if self.single is None:
            return None
        return self.fine if self.single is self.walk else float_walk(self.single)

    def _pair(self, s: float) -> tuple[MatrixWalk, FloatWalk]:
        if s == 2:
            return self.walk, self.fine
        if self.single is None or self.single_fine is None:
            raise InputError("batch: too many different batches: the mean square alone is known (s = 2)")
        return self.single, self.single_fine

    def mean_square(self, side: Side) -> QuadraticProof | None:
        """The sharpest proof of V5 found."""
        found = self.prove(Fraction(2), side)
        return found if isinstance(found, QuadraticProof) else None

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
        if self.single is None:
            return
        for samples in self.components:
            with precision(192):
                rho = below(volume_moment(self.walk, s, samples))
            if rho > 0:
                yield VolumeProof(s, rho, samples)
        found = self._largest_sample(s)
        if found is not None:
            yield found

    def _largest_sample(self, s: Fraction) -> SampleProof | None:
        data, walk = self.walk.data, self.walk
        if data is None or not walk.single:
            return None
        sizes = [abs(walk.keep - walk.eta * k) for k in data.diagonal]
        with np.errstate(all="ignore"):
            scores = [
                np.log(float(p)) + float(s) * np.log(float(r)) for p, r in zip(data.p, sizes, strict=True)
            ]
        best = int(np.argmax(scores))
        if sizes[best] == 0:
            return None
        with precision(192):
            rho = below(ball(data.p[best]) * power(sizes[best], s))
        return SampleProof(s, rho, best)

    @cached_property
    def lyapunov_above(self) -> LyapunovProof | None:
        """The best upper bound of lambda_1 by V10."""
        if self.single is None or self.single_fine is None:
            return None
        found = lyapunov_quadratic(self.single_fine)
        return prove_lyapunov(self.single, self.single_fine, found) if np.isfinite(found.value) else None

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


def short_below(value: float, digits: int = 9) -> Fraction:
    return Fraction(decimal_below(Fraction(value), digits))


def short_above(value: float, digits: int = 9) -> Fraction:
    return Fraction(decimal_above(Fraction(value), digits))
