"""P(sup_t |e_t| >= K |e_0|) for a random product, between two proved bounds with their constants. Lemma V11."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz_mat

from catalysis.exact.balls import precision
from catalysis.exact.numbers import DataError, decimal_above, exact, exact_text
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.products.definite import is_definite
from catalysis.products.exponent import ProductExponent, lower_side, product_exponent, upper_side
from catalysis.products.kernel import pivot_columns
from catalysis.products.operators import as_floats
from catalysis.products.polytope import FunctionalProof, HullProof, PolytopeProof
from catalysis.products.polytope_spikes import Reach, euclidean_range, reach
from catalysis.products.proofs import (
    ChordProof,
    IntegerMatrix,
    Inverse,
    MomentProof,
    QuadraticProof,
    TensorProof,
    above,
    below,
    flint_matrix,
    ordered,
    power,
    ranges_hold,
    shortened,
)
from catalysis.products.quadratic import approximate_inverse, by_inverse
from catalysis.products.walk import MatrixWalk, Ratio
from catalysis.products.workshop import Workshop, as_product, short_below

MatrixProof = QuadraticProof | ChordProof
_SHARES = (1.0, 0.95, 0.8, 0.5)


@dataclass(frozen=True)
class Norm:
    """A norm on the state, |e|_N. `inverse`: N = matrix^-1 (the parameters' norm in residual coordinates)."""

    name: str
    matrix: Ratio
    inverse: bool = False


@dataclass(frozen=True)
class NormRange:
    """alpha N <= Q <= beta N for the norm of this name (V11c)."""

    name: str
    alpha: Fraction
    beta: Fraction

    def holds(self, walk: MatrixWalk, q: IntegerMatrix) -> bool:
        norm = next((n for n in norms(walk) if n.name == self.name), None)
        if norm is None or self.alpha <= 0 or not is_definite(flint_matrix(q)):
            return False
        return compared(norm, flint_matrix(q), self.alpha, self.beta)


def norms(walk: MatrixWalk) -> list[Norm]:
    """The norms people ask for: of the parameters and of the residuals; of the state for general matrices."""
    r, size = walk.rank_one, walk.dimension
    identity = Ratio(fmpz_mat(size, size, [int(i == j) for i in range(size) for j in range(size)]), 1)
    if r is None:
        return [Norm("state", identity)]
    assert walk.data is not None
    if r.metric is None:
        rows, den = walk.data.integers
        return [Norm("parameters", identity), Norm("residuals", Ratio(rows.transpose() * rows, den * den))]
    residuals = _residual_norm(walk)
    return [Norm("parameters", r.metric, inverse=True), Norm("residuals", residuals)]


def _residual_norm(walk: MatrixWalk) -> Ratio:
    """|u|^2 = u_J^T R R^T u_J over all samples, those that were merged included."""
    assert walk.data is not None
    echelon, den = pivot_columns(walk.data.gram[0])[1:]
    return Ratio(echelon * echelon.transpose(), den * den)


def compared(norm: Norm, q: fmpz_mat, alpha: Fraction, beta: Fraction) -> bool:
    """Whether alpha N <= Q <= beta N is proved; with N = K^-1 as alpha Q <= Q K Q <= beta Q."""
    if norm.inverse:
        image = Ratio(q * norm.matrix.top * q, norm.matrix.den)
        return ordered(image, beta, q, upper=True) and ordered(image, alpha, q, upper=False)
    scaled, n = Ratio(q * norm.matrix.den, 1), norm.matrix.top  # both sides times the denominator of N
    return ordered(scaled, beta, n, upper=True) and ordered(scaled, alpha, n, upper=False)


@dataclass(frozen=True)
class SpikeProof:
    """One bound: from E V(A e) <= V(e) above, from E V(A e) >= V(e) below (with the largest step R), V = |e|_Q^s."""

    moment: MatrixProof
    largest_step: Fraction | None = None
    ranges: tuple[NormRange, ...] = ()
    inverse: Inverse | None = None

    def holds(self, walk: MatrixWalk) -> bool:
        """Whether the inequalities hold; the lower bound needs lambda_1 < 0 besides."""
        single, moment = walk.expanded() if self.moment.s != 2 else walk, self.moment
        if not moment.holds(single) or not all(r.holds(walk, moment.q) for r in self.ranges):
            return False
        if moment.side == "upper":
            return moment.rho <= 1
        return moment.rho >= 1 and self._steps_hold(walk)

    def _steps_hold(self, walk: MatrixWalk) -> bool:
        if self.largest_step is None or self.largest_step < 1:
            return False
        q, single = flint_matrix(self.moment.q), walk.expanded()
        return is_definite(q) and _bounded(single, q, self.largest_step, self.inverse)

    def bound(self, factor: Fraction, norm: str | None = None) -> Fraction:
        """The bound of P(sup |e_t| >= K |e_0|) in the norm of Q (None), or in one of `ranges`: trivial in any other."""
        s = self.moment.s
        found = next((r for r in self.ranges if r.name == norm), None)
        if norm is not None and found is None:
            return Fraction(1 if self.moment.side == "upper" else 0)
        ratio = Fraction(1) if found is None else found.beta / found.alpha
        with precision(192):
            constant = power(ratio, s / 2)
            if self.moment.side == "upper":
                return min(Fraction(1), above(constant / power(factor, s)))
            assert self.largest_step is not None
            return below(1 / (constant * power(factor * self.largest_step, s)))


@dataclass(frozen=True)
class PolytopeSpikeProof(SpikeProof):
    """The same from V = P^s, P a polytope norm (V7); `reach` proves the largest step."""

    moment: PolytopeProof  # type: ignore[assignment]
    reach: Reach | None = None

    def holds(self, walk: MatrixWalk) -> bool:
        """Whether the inequalities hold; the lower bound needs lambda_1 < 0 besides."""
        single, moment = walk.expanded(), self.moment
        if not moment.holds(single) or not all(self._range_holds(walk, r) for r in self.ranges):
            return False
        if moment.side == "upper":
            return moment.rho <= 1
        if self.reach is None or self.reach.largest != self.largest_step:
            return False
        return moment.rho >= 1 and self.reach.holds(single, moment.vectors)

    def _range_holds(self, walk: MatrixWalk, told: NormRange) -> bool:
        norm = next((n for n in norms(walk) if n.name == told.name), None)
        if norm is None or told.alpha <= 0:
            return False
        alpha, beta = euclidean_range(norm.matrix, norm.inverse, self.moment)
        return told.alpha <= alpha and beta <= told.beta


def _polytope_ranges(walk: MatrixWalk, proof: PolytopeProof) -> Iterator[NormRange]:
    for norm in norms(walk):
        with suppress(ArithmeticError, np.linalg.LinAlgError):
            yield NormRange(norm.name, *euclidean_range(norm.matrix, norm.inverse, proof))


def by_polytope(walk: MatrixWalk, proof: MomentProof | None) -> PolytopeSpikeProof | None:
    """A bound from a polytope with rho on the right side of 1, if there is one."""
    if not isinstance(proof, HullProof | FunctionalProof) or (walk.rank_one is None and not walk.single):
        return None
    found = tuple(_polytope_ranges(walk, proof))
    if proof.side == "upper":
        return PolytopeSpikeProof(proof, None, found) if proof.rho <= 1 else None
    step = reach(walk.expanded(), proof.vectors)
    if step is None or proof.rho < 1:
        return None
    return PolytopeSpikeProof(proof, step.largest, found, None, step)


@dataclass(frozen=True, repr=False)
class SpikeBounds(Result):
    """Bounds of P(sup_t |e_t| >= K |e_0|), K = `factor`, for every start: in each norm named, `lower <= P <= upper`.

    Certified by V11: `above` and `below` are the proofs, `exponent` proves lambda_1 < 0 for the lower one. Stable:
    P = 0 in `stable_norm`. `reason` says what is missing where a bound is None.
    """

    walk: MatrixWalk
    factor: Fraction
    exponent: ProductExponent
    above: SpikeProof | None
    below: SpikeProof | None

    @property
    def stable(self) -> bool:
        return self.exponent.regime is Regime.STABLE

    @property
    def stable_norm(self) -> str | None:
        """The norm that never grows, if one is proved: the parameters', or that of the matrix Q of the proof."""
        proof = self.exponent.stable
        return None if proof is None else "parameters" if proof.q is None else "Q"

    @property
    def verdict(self) -> Verdict:
        known = self.stable or self.above is not None or self.below is not None
        return Verdict.PROVED if known else Verdict.UNDECIDED

    def bounds(self, norm: str | None = None) -> Enclosure:
        """The bounds in a norm ("parameters", "residuals", "state"); None is that of the matrix Q of either proof."""
        upper = Fraction(1) if self.above is None else self.above.bound(self.factor, norm)
        lower = Fraction(0) if self.below is None else self.below.bound(self.factor, norm)
        return Enclosure(min(lower, upper), upper)

    def fields(self) -> dict[str, Any]:
        head: dict[str, Any] = {"verdict": self.verdict.value, "factor": exact_text(self.factor)}
        if self.stable:
            return {**head, "regime": "stable", "probability": "0", "norm": self.stable_norm}
        names = [norm.name for norm in norms(self.walk)]
        found = {name: self.bounds(name).to_json(10) for name in names}
        powers = {
            "upper": None if self.above is None else exact_text(self.above.moment.s),
            "lower": None if self.below is None else exact_text(self.below.moment.s),
        }
        regime = self.exponent.regime
        known = {
            "regime": None if regime is Regime.UNDECIDED else self.exponent.word,
            "probability": found,
            "s": powers,
        }
        missing = self._missing()
        if self.verdict is Verdict.UNDECIDED:
            return {**head, **known, "reason": missing}
        return {**head, **known, **({"shortfall": missing} if missing else {})}

    def _missing(self) -> str | None:
        if self.above is None and self.below is None:
            return "nothing better than 0 and 1: lambda_1 < 0 is not proved"
        if self.above is None:
            return "no upper bound below 1: no moment was proved to fall"
        if self.below is None:
            return (
                "no lower bound above 0: no growing moment, or too many steps for the largest one in the norm"
            )
        return None


def spike_bounds(walk: object, factor: object) -> SpikeBounds:
    """Certify P(sup_t |e_t| >= K |e_0|) from both sides, K = `factor` > 1, for every start: see SpikeBounds.

    Raises InputError, which names the argument.
    """
    product, level = as_product(walk), exact(factor, "factor")
    if level <= 1:
        raise DataError("factor: expected a number > 1")
    return spikes_of(product, level, product_exponent(product))


def spikes_of(product: MatrixWalk, level: Fraction, exponent: ProductExponent) -> SpikeBounds:
    """The same where theta is known already; its polytopes are used as they are."""
    shop = Workshop(product)
    if exponent.regime is not Regime.DEFLATIONARY:
        return SpikeBounds(product, level, exponent, None, None)
    name = norms(product)[0].name
    uppers = [_ranged(product, SpikeProof(proof)) for proof in _falling(shop, exponent)]
    lowers = []
    if exponent.lyapunov is not None and exponent.lyapunov.bound < 0:
        lowers = [f for proof in _growing(shop, exponent) if (f := _with_step(shop, proof)) is not None]
        lowers += [f for f in [by_polytope(product, exponent.from_above)] if f is not None]
    uppers += [f for f in [by_polytope(product, exponent.from_below)] if f is not None]
    best = min(uppers, key=lambda p: p.bound(level, name), default=None)
    worst = max(lowers, key=lambda p: p.bound(level, name), default=None)
    return SpikeBounds(product, level, exponent, best, worst)


def _falling(shop: Workshop, exponent: ProductExponent) -> Iterator[MatrixProof]:
    """Proofs of E V(A e) <= V(e) with s at and below the largest one found: a smaller s may have the rounder Q."""
    first = exponent.from_below
    if isinstance(first, TensorProof | HullProof):  # forms on states come first, polytopes beside them
        first = lower_side(shop)
    if not isinstance(first, QuadraticProof | ChordProof):
        return
    if first.rho <= 1:
        yield first
    for share in _SHARES[1:]:
        proof = shop.prove(short_below(float(first.s) * share), "upper", Fraction(1))
        if isinstance(proof, QuadraticProof | ChordProof):
            yield proof


def _growing(shop: Workshop, exponent: ProductExponent) -> Iterator[MatrixProof]:
    """Proofs of E V(A e) >= V(e) with a definite Q, s near the least one that a matrix gives."""
    first = exponent.from_above
    if isinstance(first, TensorProof | FunctionalProof):
        first = upper_side(shop, falling=True)
    base = float(first.s) if first is not None else 2.0
    if isinstance(first, QuadraticProof | ChordProof):
        yield first
    for share in (1.001, 1.05, 1.2, 1.5):
        s = Fraction(decimal_above(Fraction(base * share), 9))
        for rho in (Fraction(1), None):
            proof = shop.prove(s, "lower", rho)
            if isinstance(proof, QuadraticProof | ChordProof) and proof.rho >= 1:
                yield proof
                break


def _with_step(shop: Workshop, proof: MatrixProof) -> SpikeProof | None:
    """The proof with the largest step in its norm."""
    single, fine = shop.single, shop.single_fine
    if single is None or fine is None or not shop.chords_fit:
        return None
    q = flint_matrix(proof.q)
    if not is_definite(q):
        return None
    scale = max(int(v).bit_length() for v in q.entries())
    outside = np.linalg.inv(fine.back)
    own = outside.T @ as_floats(Ratio(q, 1 << scale)) @ outside
    largest = float(np.sqrt(fine.ranges((own + own.T) / 2)[1].max()))
    for slack in (1e-9, 1e-6, 1e-3):
        r = shortened(Fraction(max(1.0, largest) * (1 + slack)), up=True, bits=40)
        inverse = approximate_inverse(q, slack) if by_inverse(single) else None
        if _bounded(single, q, r, inverse):
            return _ranged(shop.walk, SpikeProof(proof, r, (), inverse))
    return None


def _bounded(single: MatrixWalk, q: fmpz_mat, largest: Fraction, inverse: Inverse | None) -> bool:
    """Whether A_i^T Q A_i <= R^2 Q is proved for all steps."""
    return ranges_hold(single, q, [(Fraction(0), largest**2)] * single.size, inverse)


def _ranged(walk: MatrixWalk, proof: SpikeProof) -> SpikeProof:
    """The proof with alpha and beta for the norms that people ask for."""
    q = flint_matrix(proof.moment.q)
    found = tuple(r for norm in norms(walk) if (r := _range(norm, q)) is not None)
    return SpikeProof(proof.moment, proof.largest_step, found, proof.inverse)


def _range(norm: Norm, q: fmpz_mat) -> NormRange | None:
    bits = max(int(v).bit_length() for v in q.entries())
    own, n = as_floats(Ratio(q, 1 << bits)), as_floats(norm.matrix)
    try:  # Q against N, or Q K Q against Q: the eigenvalues of R^-1 Q R^-T with N = R R^T, of R^T K R with Q = R R^T
        root = np.linalg.cholesky(own if norm.inverse else n)
        inverse = np.linalg.inv(root)
        values = np.linalg.eigvalsh(root.T @ n @ root if norm.inverse else inverse @ own @ inverse.T)
    except np.linalg.LinAlgError:
        return None
    scale = Fraction(2) ** bits
    for slack in (1e-9, 1e-6, 1e-3):
        low = float(values[0]) - slack * abs(float(values[0])) - 1e-13 * float(values[-1])
        if low <= 0:
            return None
        alpha = shortened(Fraction(low), up=False, bits=40) * scale
        beta = shortened(Fraction(float(values[-1]) * (1 + slack)), up=True, bits=40) * scale
        if compared(norm, q, alpha, beta):
            return NormRange(norm.name, alpha, beta)
    return None
