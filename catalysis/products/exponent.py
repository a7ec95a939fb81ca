"""theta of a random product, between two proved bounds, and the regime. Lemmas V0 to V5, V7, V9, V10 and V15."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from flint import fmpz_mat

from catalysis.data.walk import LinearWalk
from catalysis.exact.numbers import decimal_above, decimal_below, positive
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.products.bounds import lemma_of
from catalysis.products.definite import is_definite, is_semidefinite
from catalysis.products.polytope_exponent import polytope_bounds, within_reach
from catalysis.products.proofs import (
    IntegerMatrix,
    LyapunovUpper,
    MeanProof,
    MomentProof,
    SampleProof,
    VolumeLyapunovProof,
    VolumeProof,
    flint_matrix,
    tuples,
    within,
)
from catalysis.products.quadratic import rounded
from catalysis.products.roots import passing
from catalysis.products.search import chord_search
from catalysis.products.tensor_exponent import lower_by_powers, upper_by_powers
from catalysis.products.walk import MAX_LISTED, MatrixWalk, Ratio, identity
from catalysis.products.workshop import Workshop, as_product, short_above, short_below

_LARGEST_POWER = 1024.0
_NEAR = (1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
_LEAST_POWER = 1e-10
_CLOSE = 1e-10


@dataclass(frozen=True)
class StableProof:
    """No step enlarges the state: every |c|, |c - eta K_ii| <= 1 (`q` None), or A_i^T Q A_i <= Q with Q > 0. V2.

    The form "items": batches without replacement, by the top eigenvalue of all items (V17b).
    """

    q: IntegerMatrix | None = None
    form: str = "stable"

    def holds(self, walk: MatrixWalk) -> bool:
        if self.form == "items":
            return _items_leave_room(walk)
        if self.q is None:
            data = walk.data  # a batch is a mean of single steps, so its norm is at most theirs
            if data is None:
                return False
            return abs(walk.keep) <= 1 and all(abs(walk.keep - walk.eta * k) <= 1 for k in data.diagonal)
        q = flint_matrix(self.q)
        return is_definite(q) and all(
            within(step, q, Fraction(0), Fraction(1)) for step in walk.expanded().steps
        )


def _items_leave_room(walk: MatrixWalk) -> bool:
    """V17b: (eta/b) sum min(count_i, b) a_i a_i^T <= (1 + c) N, N = I in features, K_JJ in residual coordinates."""
    r = walk.rank_one
    if r is None or r.counts is None or walk.single or walk.replacement or abs(walk.keep) > 1:
        return False
    data, times = walk.data, [Fraction(0)] * walk.size
    assert data is not None and data.counts is not None
    for step, n in zip(r.place, data.counts, strict=True):
        times[step] += min(n, walk.batch)
    most = r.left.times_rows(times)
    norm = r.metric or Ratio(identity(walk.dimension), 1)
    loads = Ratio(most.top.transpose() * r.left.top, most.den * r.left.den).times(walk.eta / walk.batch)
    return is_semidefinite(norm.times(1 + walk.keep).minus(loads))


@dataclass(frozen=True, repr=False)
class ProductExponent(Result):
    """`lower <= theta <= upper` (`upper` None: infinity is not excluded), and the regime.

    Certified: `lower` by k(lower) <= 0 (`from_below`), `upper` by k(upper) > 0, or k(upper) >= 0 with lambda_1 < 0
    (`from_above`); deflationary (or stable, as long as `upper` is None) by `lyapunov` or k(2) < 0, inflationary
    (theta = 0) by `volume`, stable (theta = inf) by `stable`.

    Attributes
    ----------
    lower, upper : Fraction
        Bounds of theta; `upper` None where infinity is not excluded.
    regime : Regime
        What is proved of lambda_1.
    word : str
        The regime in words.
    """

    walk: MatrixWalk
    regime: Regime
    lower: Fraction
    upper: Fraction | None
    from_below: MomentProof | None = None
    from_above: MomentProof | None = None
    lyapunov: LyapunovUpper | None = None
    volume: VolumeLyapunovProof | None = None
    stable: StableProof | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.regime is Regime.UNDECIDED else Verdict.PROVED

    @property
    def word(self) -> str:
        """The regime in words: where no spike is proved to be possible, a walk with lambda_1 < 0 may be stable."""
        if self.regime is Regime.DEFLATIONARY and self.upper is None:
            return "deflationary or stable"
        return self.regime.value

    @property
    def number(self) -> Enclosure | float | None:
        if self.regime is Regime.STABLE:
            return float("inf")
        return None if self.upper is None else Enclosure(self.lower, self.upper)

    @property
    def formula(self) -> str:
        return r"\theta"

    def fields(self) -> dict[str, Any]:
        undecided = self.regime is Regime.UNDECIDED
        exponent: Any = {Regime.STABLE: "inf", Regime.INFLATIONARY: "0"}.get(self.regime) or {
            "lower": decimal_below(self.lower, 12),
            "upper": "inf" if self.upper is None else decimal_above(self.upper, 12),
        }
        lemmas = [lemma_of(proof) for proof in (self.from_below, self.from_above) if proof is not None]
        found = {
            "verdict": self.verdict.value,
            "regime": None if undecided else self.word,
            "exponent": exponent,
            "lyapunov": {
                "lower": None if self.volume is None else decimal_below(self.volume.bound, 12),
                "upper": None if self.lyapunov is None else decimal_above(self.lyapunov.bound, 12),
            },
            "lemmas": lemmas,
        }
        if undecided:
            listed = self.walk.listed() is not None
            return {**found, "reason": _REASON if listed else _UNLISTED}
        return found


_REASON = (
    "the sign of lambda_1 lies between the quadratic bound (V10) and the volume (V1):"
    " cells decide it in two dimensions, words of several steps may in others"
)
_UNLISTED = (
    f"the mean square grows, and of more than {MAX_LISTED} different batches nothing else is known of lambda_1 (V17):"
    " a smaller batch, which is listed, or a smaller learning rate is decided"
)


def product_exponent(walk: object, *, tolerance: object = None) -> ProductExponent:
    """theta and the regime of a random product.

    Certified: see `ProductExponent`, which carries the proofs of both sides.

    Parameters
    ----------
    walk : MatrixWalk
        The random product.
    tolerance : Number > 0
        A relative width, as a goal: where the bracket is wider, polytopes (V7) are tried in three and four
        dimensions.

    Returns
    -------
    ProductExponent
        `lower <= theta <= upper`; `upper` None where infinity is not excluded.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import MatrixWalk, product_exponent
    >>> theta = product_exponent(MatrixWalk.from_features([[1], ["1.3"]], eta="1.42"))
    >>> theta.word, theta.number.decimals(6)
    ('deflationary', ('1.69945', '1.69946'))
    """
    product = as_product(walk)
    goal = None if tolerance is None else positive(tolerance, "tolerance")
    shop = Workshop(product)
    stable = stable_proof(shop)
    if stable is not None:
        return ProductExponent(product, Regime.STABLE, Fraction(0), None, stable=stable)
    volume = shop.lyapunov_below
    if volume is not None and volume.bound > 0:
        return ProductExponent(product, Regime.INFLATIONARY, Fraction(0), Fraction(0), volume=volume)
    lyapunov = shop.lyapunov_above
    falling = lyapunov is not None and lyapunov.bound < 0
    low = _highest(*falling_proofs(shop)) if falling else None
    high = upper_side(shop, falling=falling)
    powers = (proof for proof in upper_by_powers(shop) if proves_growth(proof, falling=falling))
    high = min((p for p in (high, *powers) if p is not None), key=lambda p: p.s, default=None)
    if goal is not None and shop.single is not None:
        low, high = _sharpened(shop.single, low, high, goal)
        falling = falling or (low is not None and low.rho < 1)
    regime = Regime.DEFLATIONARY if falling else Regime.UNDECIDED
    return ProductExponent(
        product,
        regime,
        Fraction(0) if low is None else low.s,
        None if high is None else high.s,
        low,
        high,
        lyapunov,
        volume,
    )


def _sharpened(
    single: MatrixWalk, low: MomentProof | None, high: MomentProof | None, tolerance: Fraction
) -> tuple[MomentProof | None, MomentProof | None]:
    """The bracket, by polytopes where it is wide (V7)."""
    floor = Fraction(0) if low is None else low.s
    if not within_reach(single) or (
        high is not None and (high.s <= 1 or high.s - floor <= tolerance * high.s)
    ):
        return low, high
    inner, outer = polytope_bounds(single, float(floor) or 1.5, float(tolerance))
    return _highest(low, inner), min(
        (p for p in (high, outer) if p is not None), key=lambda p: p.s, default=None
    )


def falling_proofs(shop: Workshop, *, powers: bool = True) -> Iterator[MomentProof | None]:
    """Proofs of k(s) <= 0 for an s as large as the lemmas give; batches that are not listed by V5 and V17."""
    if shop.single is not None:
        yield lower_side(shop)
        yield from lower_by_powers(shop) if powers else ()
        if shop.word_length > 1 and shop.upper_value(2) > 1:  # at s = 2 single steps are exact
            yield shop.from_words(lower_side(shop.words))
        return
    second = shop.mean_square("upper")
    yield second if second is not None and second.rho <= 1 else None
    yield shop.from_smaller(lower_side(shop.smaller))
    yield from map(shop.from_smaller, lower_by_powers(shop.smaller) if powers else ())


def _highest(*proofs: MomentProof | None) -> MomentProof | None:
    return max((p for p in proofs if p is not None), key=lambda p: p.s, default=None)


def stable_proof(shop: Workshop) -> StableProof | None:
    """V2: exactly for single samples and batches with replacement; else by a norm that a search suggests."""
    plain = StableProof()
    if plain.holds(shop.walk):
        return plain
    data = shop.walk.data
    if data is not None and (shop.walk.single or shop.walk.replacement):
        return None  # the condition is an equivalence there
    items = StableProof(form="items")
    if items.holds(shop.walk):
        return items
    if shop.single is None or shop.single_fine is None or not shop.chords_fit:
        return None
    for q in _norms(shop):
        proof = StableProof(tuples(q))
        if proof.holds(shop.walk):
            return proof
    return None


def _norms(shop: Workshop) -> Iterator[fmpz_mat]:
    assert shop.single is not None and shop.single_fine is not None
    size = shop.walk.dimension
    yield fmpz_mat([[int(i == j) for j in range(size)] for i in range(size)])
    for s in (8.0, 40.0):
        try:
            found = rounded(shop.single, shop.single_fine, chord_search(shop.single_fine, s, upper=True).q)
        except ArithmeticError:
            continue
        if found is not None:
            yield found


def lower_side(shop: Workshop) -> MomentProof | None:
    """A proof of k(s) <= 0 for an s as large as the lemmas give."""
    one = Fraction(1)
    if shop.upper_value(2) > 1:
        root = _within(shop.upper_value)
    else:
        proof = shop.prove(Fraction(2), "upper", one)
        root = _beyond(shop.upper_value) if shop.chords_fit else 2.0
        if root <= 2:
            return proof
    for near in _NEAR:
        if root * (1 - near) > 0 and (found := shop.prove(short_below(root * (1 - near)), "upper", one)):
            return found
    return shop.prove(Fraction(2), "upper", one) if root >= 2 else None


def upper_side(shop: Workshop, *, falling: bool) -> MomentProof | None:
    """A proof of k(s) > 0, or k(s) >= 0 where lambda_1 < 0 is proved, for an s as small as the lemmas give."""
    found = [
        proof
        for proof in (_by_matrix(shop, falling), *_by_volume(shop), _by_sample(shop), _by_mean(shop))
        if proof is not None
    ]
    return min(found, key=lambda proof: proof.s, default=None)


def proves_growth(proof: MomentProof, *, falling: bool) -> bool:
    return proof.rho > 1 or (falling and proof.rho >= 1)


def _by_matrix(shop: Workshop, falling: bool) -> MomentProof | None:
    value = shop.lower_value
    grows = value(2) > 1
    if grows and shop.single is not None and shop.chords_fit:
        root = _within(value)
    elif grows or shop.single is None:
        root = 2.0
    else:
        root = _beyond(value)
        if root >= _LARGEST_POWER:
            return None
    for near in (0.0, *_NEAR):
        power = short_above(root * (1 + near)) if root < 2 or root > 2 else Fraction(2)
        proof = shop.prove(power, "lower")
        if proof is not None and proves_growth(proof, falling=falling):
            return proof
        if power == 2 and root == 2 and near:
            break
    last = shop.prove(Fraction(2), "lower") if root < 2 else None
    return last if last is not None and proves_growth(last, falling=falling) else None


def _by_volume(shop: Workshop) -> Iterator[VolumeProof]:
    """theta <= d theta_1 with the scalar exponent of the diagonal (V1), on every component."""
    data, walk = shop.walk.data, shop.walk
    if data is None or not walk.single or walk.weight_decay:
        return
    for samples in shop.components:
        scalar = LinearWalk(data.scalar(samples).with_learning_rate(walk.eta))
        exponent = cramer_exponent(scalar, Fraction(1), digits=9).enclosure
        if exponent is None:
            continue
        s = Fraction(decimal_above(exponent.upper * data.rank(samples), 10))
        proof = VolumeProof(s, Fraction(1), samples)
        grown = next(
            (p for p in shop.elementary(s) if isinstance(p, VolumeProof) and p.samples == samples), None
        )
        if grown is not None and grown.rho > proof.rho:
            yield grown


def _by_sample(shop: Workshop) -> SampleProof | None:
    """theta <= log(1/p)/log r, p the probability of a step that draws one sample alone (V2)."""
    data, walk = shop.walk.data, shop.walk
    if data is None:
        return None
    best = None
    for i, k in enumerate(data.diagonal):
        size, chance = abs(walk.keep - walk.eta * k), walk.chance_alone(i)
        if k and chance and float(size) > 1:
            s = (math.log(chance.denominator) - math.log(chance.numerator)) / math.log(float(size))
            best = s if best is None else min(best, s)
    if best is None or not math.isfinite(best) or best > 1e9:
        return None
    power = short_above(max(best, 1e-6) * (1 + 1e-9))
    for proof in shop.elementary(power):
        if isinstance(proof, SampleProof) and proof.rho > 1:
            return proof
    return None


def _by_mean(shop: Workshop) -> MeanProof | None:
    """theta <= 1 where the mean step grows (V17d)."""
    proof = None if shop.walk.single else shop.by_mean(Fraction(1))
    return proof if proof is not None and proof.rho > 1 else None


def _within(value: Callable[[float], float]) -> float:
    """Where value passes 1 in (0, 2), above 1 at 2; nearly 0 if it is above everywhere. At 0 it is 1 itself."""
    value, high = cache(value), 2.0
    while value(high / 2) > 1 and high > _LEAST_POWER:
        high /= 2
    return passing(value, high / 2, high, _CLOSE * max(high, 1e-3))


def _beyond(value: Callable[[float], float]) -> float:
    """Where value passes 1 beyond 2, where it is at most 1."""
    value, high = cache(value), 4.0
    while value(high) <= 1:
        high *= 2
        if high > _LARGEST_POWER:
            return _LARGEST_POWER
    return passing(value, high / 2, high, _CLOSE * high)
