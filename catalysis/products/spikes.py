"""P(sup_t |e_t| >= K |e_0|) for a random product, between two proved bounds with their constants. Lemma V11."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz_mat

from catalysis.exact.balls import precision
from catalysis.exact.numbers import DataError, decimal_above, exact, exact_text, whole
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.products.definite import is_definite
from catalysis.products.exponent import (
    ProductExponent,
    StableProof,
    falling_proofs,
    product_exponent,
    upper_side,
)
from catalysis.products.kernel import pivot_columns
from catalysis.products.operators import as_floats
from catalysis.products.polytope import FunctionalProof, HullProof, PolytopeProof
from catalysis.products.polytope_spikes import Reach, euclidean_range, reach
from catalysis.products.proofs import (
    ChordProof,
    Inverse,
    MomentProof,
    QuadraticProof,
    SmallerBatchProof,
    TensorProof,
    above,
    below,
    flint_matrix,
    ordered,
    power,
    proved,
    ranges_hold,
    shortened,
)
from catalysis.products.quadratic import approximate_inverse, by_inverse
from catalysis.products.tensor import norm_power, symmetric_power
from catalysis.products.walk import MatrixWalk, Ratio, identity
from catalysis.products.workshop import Workshop, as_product, short_below

MatrixProof = QuadraticProof | ChordProof | TensorProof | SmallerBatchProof
"""What V11 makes use of: a form on states, or on symmetric tensors (V11e)."""
_SHARES = (1.0, 0.95, 0.8, 0.5)
_POWERS = tuple(Fraction(k, 4) for k in (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64))
MAX_STEPS = 10**9


@dataclass(frozen=True)
class Norm:
    """A norm on the state, |e|_N. `inverse`: N = matrix^-1 (the parameters' norm in residual coordinates)."""

    name: str
    matrix: Ratio
    inverse: bool = False


@dataclass(frozen=True)
class NormRange:
    """alpha M <= Q <= beta M for the norm of this name: M = N, or its power of order k (V11c, V11e)."""

    name: str
    alpha: Fraction
    beta: Fraction

    def holds(self, walk: MatrixWalk, q: fmpz_mat, order: int) -> bool:
        norm = next((n for n in norms(walk) if n.name == self.name), None)
        if norm is None or self.alpha <= 0 or not is_definite(q):
            return False
        return compared(raised(norm, order), q, self.alpha, self.beta)


def norms(walk: MatrixWalk) -> list[Norm]:
    """The norms people ask for: of the parameters and of the residuals; of the state for general matrices."""
    r, size = walk.rank_one, walk.dimension
    unit = Ratio(identity(size), 1)
    if r is None:
        return [Norm("state", unit)]
    assert walk.data is not None
    if r.metric is None:
        rows, den = walk.data.integers
        return [Norm("parameters", unit), Norm("residuals", Ratio(rows.transpose() * rows, den * den))]
    residuals = _residual_norm(walk)
    return [Norm("parameters", r.metric, inverse=True), Norm("residuals", residuals)]


def raised(norm: Norm, order: int) -> Norm:
    """|e|^2k as a form in the monomials of degree k."""
    return Norm(norm.name, norm_power(norm.matrix, order, inverse=norm.inverse), norm.inverse)


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


def form_of(proof: MatrixProof) -> tuple[fmpz_mat, int] | None:
    """The form Q behind a proof, and the order of the tensors that it acts on; None if there is none for V11."""
    if isinstance(proof, TensorProof):
        return flint_matrix(proof.proof.q), proof.order
    if not isinstance(proof, SmallerBatchProof):
        return flint_matrix(proof.q), 1
    inner = proof.proof  # |e|_Q^s is convex: what smaller batches do not enlarge, larger ones do not (V17c)
    return (flint_matrix(inner.q), 1) if isinstance(inner, QuadraticProof | ChordProof) else None


@dataclass(frozen=True)
class SpikeProof:
    """One bound: from E V(A e) <= rho V(e) above, from E V(A e) >= V(e) below (with the largest step R); V11.

    V = |e|_Q^s, or for tensors (v(e)^T Q v(e))^(s/2k).
    """

    moment: MatrixProof
    largest_step: Fraction | None = None
    ranges: tuple[NormRange, ...] = ()
    inverse: Inverse | None = None

    @property
    def order(self) -> int:
        """The order of the tensors that the form acts on."""
        form = form_of(self.moment)
        assert form is not None
        return form[1]

    def holds(self, walk: MatrixWalk, *, timed: bool = False) -> bool:
        """Whether the inequalities hold; the lower bound needs lambda_1 < 0 besides. `timed`: rho > 1 will do above."""
        moment, form = self.moment, form_of(self.moment)
        if form is None or not proved(walk, moment) or not all(r.holds(walk, *form) for r in self.ranges):
            return False
        if moment.side == "upper":
            return timed or moment.rho <= 1
        return moment.rho >= 1 and self._steps_hold(walk, *form)

    def _steps_hold(self, walk: MatrixWalk, q: fmpz_mat, order: int) -> bool:
        if self.largest_step is None or self.largest_step < 1 or not is_definite(q):
            return False
        steps = walk.expanded() if order == 1 else symmetric_power(walk, order)
        return _bounded(steps, q, self.largest_step**order, self.inverse)

    def bound(self, factor: Fraction, norm: str | None = None, steps: int | None = None) -> Fraction:
        """The bound of P(sup |e_t| >= K |e_0|) in the norm of Q (None), or in one of `ranges`: trivial in any other.

        With `steps` T that of P(max_(t <= T) |e_t| >= K |e_0|).
        """
        s = self.moment.s
        found = next((r for r in self.ranges if r.name == norm), None)
        if norm is not None and found is None:
            return Fraction(1 if self.moment.side == "upper" else 0)
        ratio = Fraction(1) if found is None else found.beta / found.alpha
        with precision(192):
            constant = power(ratio, s / (2 * self.order))
            if self.moment.side == "upper":
                if steps is not None and self.moment.rho > 1:
                    constant *= power(self.moment.rho, Fraction(steps))
                value = constant / power(factor, s)
                return Fraction(1) if value >= 1 else min(Fraction(1), above(value))
            assert self.largest_step is not None
            return below(1 / (constant * power(factor * self.largest_step, s)))


@dataclass(frozen=True)
class PolytopeSpikeProof(SpikeProof):
    """The same from V = P^s, P a polytope norm (V7); `reach` proves the largest step."""

    moment: PolytopeProof  # type: ignore[assignment]
    reach: Reach | None = None

    @property
    def order(self) -> int:
        return 1

    def holds(self, walk: MatrixWalk, *, timed: bool = False) -> bool:
        """Whether the inequalities hold; the lower bound needs lambda_1 < 0 besides."""
        single, moment = walk.expanded(), self.moment
        if not moment.holds(single) or not all(self._range_holds(walk, r) for r in self.ranges):
            return False
        if moment.side == "upper":
            return timed or moment.rho <= 1
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


@dataclass(frozen=True)
class NoSpike:
    """No product grows: P(sup |e_t| >= K |e_0|) = 0 for K^2 > beta/alpha in a norm of `ranges` (V11d)."""

    stable: StableProof
    ranges: tuple[NormRange, ...]

    def holds(self, walk: MatrixWalk) -> bool:
        """Whether no step enlarges |.|_Q (without a Q: the parameters' norm), and the ranges hold for it."""
        if not self.stable.holds(walk):
            return False
        if self.stable.q is not None:
            return all(r.holds(walk, flint_matrix(self.stable.q), 1) for r in self.ranges)
        norm, own = _against_parameters(walk)
        return all(
            r.alpha <= 1 <= r.beta
            if r.name == "parameters"
            else r.name == norm.name and compared(norm, own.top, r.alpha * own.den, r.beta * own.den)
            for r in self.ranges
        )

    def bound(self, factor: Fraction, norm: str | None = None) -> Fraction:
        """0 or 1; in the norm of Q itself (None) 0."""
        found = next((r for r in self.ranges if r.name == norm), None)
        never = norm is None or (found is not None and factor**2 > found.beta / found.alpha)
        return Fraction(0 if never else 1)


def _against_parameters(walk: MatrixWalk) -> tuple[Norm, Ratio]:
    """The norms of residuals and of parameters, both in the vectors y of V17d: sum a_i a_i^T, and I or K_JJ."""
    r, data = walk.rank_one, walk.data
    assert r is not None and data is not None
    times = [Fraction(0)] * walk.size
    for step in r.place:
        times[step] += 1
    rows = r.left.times_rows(times)
    squares = Ratio(rows.top.transpose() * r.left.top, rows.den * r.left.den)
    return Norm("residuals", squares), r.metric or Ratio(identity(walk.dimension), 1)


@dataclass(frozen=True, repr=False)
class SpikeBounds(Result):
    """Bounds of P(sup_t |e_t| >= K |e_0|), K = `factor`, for every start: in each norm named, `lower <= P <= upper`.

    With `steps` T the event is max_(t <= T) |e_t| >= K |e_0|, and only `upper` is sought. Certified by V11: `above` and
    `below` are the proofs, `exponent` proves lambda_1 < 0 for the lower one. Stable: P = 0 in the norm that never
    grows, `stable_norm`, and in any other from its constant on (`never`). `reason` says what is missing.
    """

    walk: MatrixWalk
    factor: Fraction
    exponent: ProductExponent
    above: SpikeProof | None
    below: SpikeProof | None
    never: NoSpike | None = None
    steps: int | None = None

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
        """The bounds in a norm.

        Parameters
        ----------
        norm : str
            "parameters", "residuals" or "state"; None is that of the matrix Q of either proof.

        Returns
        -------
        Enclosure
            [0, 1] where nothing is proved, as in a norm that this walk does not have.

        Examples
        --------
        >>> from catalysis import MatrixWalk, spike_bounds
        >>> walk = MatrixWalk.from_features([[1, 0], [1, 1]], eta="0.5")
        >>> spike_bounds(walk, 10).bounds("parameters")
        [0, 0]
        """
        never = Fraction(1) if self.never is None else self.never.bound(self.factor, norm)
        upper = never if self.above is None else min(never, self.above.bound(self.factor, norm, self.steps))
        lower = Fraction(0) if self.below is None else self.below.bound(self.factor, norm)
        return Enclosure(min(lower, upper), upper)

    def fields(self) -> dict[str, Any]:
        head: dict[str, Any] = {"verdict": self.verdict.value, "factor": exact_text(self.factor)}
        if self.steps is not None:
            head["steps"] = self.steps
        names = [norm.name for norm in norms(self.walk)]
        found = {name: self.bounds(name).to_json(10) for name in names}
        if self.stable:
            return {
                **head,
                "regime": "stable",
                "probability": "0",
                "norm": self.stable_norm,
                "probabilities": found,
            }
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
        if self.steps is not None:
            return (
                None
                if self.above is not None
                else "no moment has a bound that is below 1 after so many steps"
            )
        if self.above is None and self.below is None:
            return "nothing better than 0 and 1: lambda_1 < 0 is not proved"
        if self.above is None:
            return "no upper bound below 1: no moment was proved to fall"
        if self.below is None:
            return (
                "no lower bound above 0: no growing moment, or too many steps for the largest one in the norm"
            )
        return None


def spike_bounds(walk: object, factor: object, *, steps: object = None) -> SpikeBounds:
    """Certify P(sup_t |e_t| >= K |e_0|) of a random product from both sides, for every start (V11).

    Parameters
    ----------
    walk : MatrixWalk
        The random product.
    factor : Number > 1
        K.
    steps : int, 1 to 10^9
        With it max_(t <= T) in the place of sup_t, from above alone, whatever the regime.

    Returns
    -------
    SpikeBounds
        `bounds(norm)` in the norm of the parameters, of the residuals, or of the proof.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import MatrixWalk, spike_bounds
    >>> spikes = spike_bounds(MatrixWalk.from_features([[1], ["1.3"]], eta="1.42"), 10)
    >>> spikes.bounds("parameters").decimals(3)
    ('0.0112', '0.02')
    """
    product, level = as_product(walk), exact(factor, "factor")
    if level <= 1:
        raise DataError("factor: expected a number > 1")
    time = None if steps is None else whole(steps, "steps", least=1, most=MAX_STEPS)
    return spikes_of(product_exponent(product), level, time)


def spikes_of(exponent: ProductExponent, level: Fraction, steps: int | None = None) -> SpikeBounds:
    """The same for a walk whose exponent is known."""
    product = exponent.walk
    shop, regime, name = Workshop(product), exponent.regime, norms(product)[0].name
    never = _never(product, exponent)
    if never is not None and never.bound(level, name) == 0:
        return SpikeBounds(product, level, exponent, None, None, never, steps)
    proofs = _falling(shop, exponent) if regime in (Regime.DEFLATIONARY, Regime.STABLE) else iter(())
    uppers = [_ranged(product, SpikeProof(proof)) for proof in proofs]
    if steps is not None:
        uppers += [_ranged(product, SpikeProof(proof)) for proof in _in_time(shop, level, steps)]
    if regime is Regime.DEFLATIONARY:
        uppers += [f for f in [by_polytope(product, exponent.from_below)] if f is not None]
    best = min(uppers, key=lambda p: p.bound(level, name, steps), default=None)
    if best is not None and steps is not None and best.bound(level, name, steps) == 1:
        best = None
    worst = None
    drift = exponent.lyapunov
    if regime is Regime.DEFLATIONARY and steps is None and drift is not None and drift.bound < 0:
        lowers = [f for proof in _growing(shop, exponent) if (f := _with_step(shop, proof)) is not None]
        lowers += [f for f in [by_polytope(product, exponent.from_above)] if f is not None]
        worst = max(lowers, key=lambda p: p.bound(level, name), default=None)
    return SpikeBounds(product, level, exponent, best, worst, never, steps)


def _never(walk: MatrixWalk, exponent: ProductExponent) -> NoSpike | None:
    """V11d, with the constants of all norms."""
    stable = exponent.stable
    if stable is None:
        return None
    if stable.q is not None:
        return NoSpike(stable, _ranges(walk, flint_matrix(stable.q), 1))
    norm, own = _against_parameters(walk)
    found, one = _range(norm, own.top), Fraction(1)
    others = () if found is None else (NormRange(norm.name, found.alpha / own.den, found.beta / own.den),)
    return NoSpike(stable, (NormRange("parameters", one, one), *others))


def _falling(shop: Workshop, exponent: ProductExponent) -> Iterator[MatrixProof]:
    """Proofs of E V(A e) <= V(e) with s at and below the largest one found: a smaller s may have the rounder Q."""
    known = exponent.from_below
    alone = shop.single is not None and isinstance(known, QuadraticProof | ChordProof)
    found = [known] if alone else [known, *(p for p in falling_proofs(shop, powers=False) if p != known)]
    proofs = [p for p in found if isinstance(p, MatrixProof) and p.rho <= 1 and form_of(p) is not None]
    yield from proofs
    base = max((float(p.s) for p in proofs if not isinstance(p, TensorProof)), default=0.0)
    for share in _SHARES[1:]:
        s = short_below(base * share)
        proof = shop.prove(s, "upper", Fraction(1)) if s > 0 else None
        if isinstance(proof, QuadraticProof | ChordProof):
            yield proof


def _in_time(shop: Workshop, level: Fraction, steps: int) -> Iterator[MatrixProof]:
    """Proofs of E V(A e) <= rho V(e) with the least rho^T K^-s in doubles, rho > 1."""
    near: list[tuple[float, Fraction]] = []
    for s in _POWERS:
        value = shop.upper_value(float(s)) if shop.single is not None or s == 2 else math.inf
        if 0 < value < math.inf:
            near.append((steps * max(0.0, math.log(value)) - float(s) * math.log(level), s))
    for _, s in sorted(near)[:2]:
        proof = shop.prove(s, "upper")
        if isinstance(proof, QuadraticProof | ChordProof):
            yield proof
    for order in shop.orders:
        powered = shop.prove_power(order, Fraction(2), "upper")
        if isinstance(powered, TensorProof):
            yield powered


def _growing(shop: Workshop, exponent: ProductExponent) -> Iterator[MatrixProof]:
    """Proofs of E V(A e) >= V(e) with a definite Q, s near the least one that a matrix gives."""
    first = exponent.from_above
    if isinstance(first, TensorProof):
        yield first
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
    if shop.single is None or not shop.chords_fit:
        return None
    form = form_of(proof)
    if form is None or not is_definite(form[0]):
        return None
    q, order = form
    power_shop = shop.power(order)
    single, fine = power_shop.single, power_shop.single_fine
    assert single is not None and fine is not None
    scale = max(int(v).bit_length() for v in q.entries())
    outside = np.linalg.inv(fine.back)
    own = outside.T @ as_floats(Ratio(q, 1 << scale)) @ outside
    largest = float(fine.ranges((own + own.T) / 2)[1].max()) ** (0.5 / order)
    for slack in (1e-9, 1e-6, 1e-3):
        r = shortened(Fraction(max(1.0, largest) * (1 + slack)), up=True, bits=40)
        inverse = approximate_inverse(q, slack) if by_inverse(single) else None
        if _bounded(single, q, r**order, inverse):
            return _ranged(shop.walk, SpikeProof(proof, r, (), inverse))
    return None


def _bounded(single: MatrixWalk, q: fmpz_mat, largest: Fraction, inverse: Inverse | None) -> bool:
    """Whether A_i^T Q A_i <= R^2 Q is proved for all steps."""
    return ranges_hold(single, q, [(Fraction(0), largest**2)] * single.size, inverse)


def _ranged(walk: MatrixWalk, proof: SpikeProof) -> SpikeProof:
    """The proof with alpha and beta for the norms that people ask for."""
    form = form_of(proof.moment)
    assert form is not None
    return SpikeProof(proof.moment, proof.largest_step, _ranges(walk, *form), proof.inverse)


def _ranges(walk: MatrixWalk, q: fmpz_mat, order: int) -> tuple[NormRange, ...]:
    return tuple(r for norm in norms(walk) if (r := _range(raised(norm, order), q)) is not None)


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
