"""Proved bounds of k(s), of k(2) and of lambda_1. Lemmas V1 to V5, V7, V9, V10 and V15 of docs/products.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.numbers import decimal_above, decimal_below, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.products.polytope_exponent import MOST_VERTICES, best_functionals, best_hull
from catalysis.products.proofs import (
    LyapunovBound,
    MeanProof,
    MomentLyapunovProof,
    MomentProof,
    QuadraticProof,
    Side,
)
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop, as_product


def lemma_of(proof: MomentProof) -> str:
    """The lemma that a proof rests on."""
    if proof.form != "quadratic":
        return _LEMMAS[proof.form]
    return "V5" if proof.s == 2 else "V3" if proof.side == "upper" else "V4"


_LEMMAS = {
    "chords": "V9",
    "volume": "V1",
    "sample": "V2",
    "tensor": "V15",
    "polytope": "V7",
    "power_mean": "V17",
    "smaller_batch": "V17",
    "mean": "V17",
    "words": "V18",
}


def lemma_of_drift(proof: LyapunovBound) -> str:
    """The lemma that a bound of lambda_1 rests on."""
    if isinstance(proof, MomentLyapunovProof):
        return lemma_of(proof.proof)
    return {"volume": "V1", "quadratic": "V10", "words": "V18"}[proof.form]


def log_enclosure(rho: Fraction) -> Enclosure:
    """Twenty digits of log rho."""
    with precision(128):
        return enclose(ball(rho).log())


@dataclass(frozen=True, repr=False)
class MomentBound(Result):
    """`k(s) <= log rho` (side "upper") or `k(s) >= log rho` ("lower"), proved by `proof` (None: nothing is).

    An upper bound holds for every start, a lower one for the starts that its lemma names.
    """

    walk: MatrixWalk
    s: Fraction
    side: Side
    proof: MomentProof | None

    @property
    def rho(self) -> Fraction | None:
        return None if self.proof is None else self.proof.rho

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.proof is None else Verdict.PROVED

    @property
    def number(self) -> Fraction | None:
        return self.rho

    @property
    def formula(self) -> str:
        return r"\rho_{" + self.side + "}(" + exact_text(self.s) + ")"

    def fields(self) -> dict[str, Any]:
        head = {"verdict": self.verdict.value, "s": exact_text(self.s), "side": self.side}
        if self.proof is None:
            reason = (
                "no matrix was found: too many samples or dimensions for chords (V9), or a batch too large"
            )
            return {**head, "rho": None, "k": None, "lemma": None, "reason": reason}
        log = log_enclosure(self.proof.rho)
        k = decimal_above(log.upper, 15) if self.side == "upper" else decimal_below(log.lower, 15)
        return {**head, "rho": exact_text(self.proof.rho), "k": k, "lemma": lemma_of(self.proof)}


def moment_upper(walk: object, s: object, *, vertices: object = 0) -> MomentBound:
    """A proved rho with k(s) <= log rho, for every start: V3 for s < 2, V5 for s = 2 (sharp), V9 and V15 beyond.

    Parameters
    ----------
    walk : MatrixWalk
        The random product.
    s : Number > 0
        The moment.
    vertices : int >= 0
        With some, a polytope with about so many vertices is tried as well (V7: s >= 1, dimensions 2 to 4).

    Returns
    -------
    MomentBound
        `rho` is below 1 where the s-th moment is proved to fall.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import MatrixWalk, moment_upper
    >>> bound = moment_upper(MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1"), 1)
    >>> bound.side, round(float(bound.rho), 3)
    ('upper', 0.96)
    """
    product, power = as_product(walk), positive(s, "s")
    count, shop = whole(vertices, "vertices", least=0, most=MOST_VERTICES), Workshop(product)
    proofs = (
        shop.prove(power, "upper"),
        *shop.by_powers(power, "upper"),
        *shop.by_words(power, "upper"),
        *shop.unlisted(power, "upper"),
        _polytope(shop, power, "upper", count),
    )
    found = [proof for proof in proofs if proof is not None]
    return MomentBound(product, power, "upper", min(found, key=lambda proof: proof.rho, default=None))


def moment_lower(walk: object, s: object, *, vertices: object = 0) -> MomentBound:
    """A proved rho with k(s) >= log rho: the best of V4, V15 (s > 2), V5, V9 (s < 2), V1 and V2.

    Parameters
    ----------
    walk : MatrixWalk
        The random product.
    s : Number > 0
        The moment.
    vertices : int >= 0
        With some, a polytope with about so many functionals is tried as well (V7: s >= 1, dimensions 2 to 4).

    Returns
    -------
    MomentBound
        It holds for the starts that its lemma names.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import MatrixWalk, moment_lower
    >>> bound = moment_lower(MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1"), 1)
    >>> bound.side, round(float(bound.rho), 3)
    ('lower', 0.871)
    """
    product, power = as_product(walk), positive(s, "s")
    count, shop = whole(vertices, "vertices", least=0, most=MOST_VERTICES), Workshop(product)
    proofs = (
        shop.prove(power, "lower"),
        *shop.by_powers(power, "lower"),
        *shop.by_words(power, "lower"),
        *shop.elementary(power),
        shop.by_mean(power) if power >= 1 else None,
        *shop.unlisted(power, "lower"),
        _polytope(shop, power, "lower", count),
    )
    found = [proof for proof in proofs if proof is not None]
    return MomentBound(product, power, "lower", max(found, key=lambda proof: proof.rho, default=None))


def _polytope(shop: Workshop, s: Fraction, side: Side, count: int) -> MomentProof | None:
    walk = shop.single
    if not count or walk is None or s < 1 or not 2 <= walk.dimension <= 4:
        return None
    return (best_hull if side == "upper" else best_functionals)(walk, s, count)


@dataclass(frozen=True, repr=False)
class MeanSquare(Result):
    """k(2), the rate of the mean square, between two proved bounds: `below` and `above` are V5's matrices.

    `below` may be the mean step (V17d): where the mean square is as slow as that, no matrix in doubles is as sharp.

    Attributes
    ----------
    number, radius : Enclosure or None
        k(2) and exp k(2).
    stable : bool or None
        Whether k(2) <= 0.
    """

    walk: MatrixWalk
    below: QuadraticProof | MeanProof | None
    above: QuadraticProof | None

    @property
    def radius(self) -> Enclosure | None:
        """The spectral radius of T."""
        if self.below is None or self.above is None:
            return None
        return Enclosure(self.below.rho, self.above.rho)

    @property
    def number(self) -> Enclosure | None:
        """k(2) itself."""
        if self.radius is None:
            return None
        return Enclosure(log_enclosure(self.radius.lower).lower, log_enclosure(self.radius.upper).upper)

    @property
    def formula(self) -> str:
        return "k(2)"

    @property
    def stable(self) -> bool | None:
        """Whether the mean square stays bounded or falls (k(2) <= 0); None if undecided."""
        if self.above is not None and self.above.rho <= 1:
            return True
        if self.below is not None and self.below.rho > 1:
            return False
        return None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.above is None and self.below is None else Verdict.PROVED

    def fields(self) -> dict[str, Any]:
        found = {
            "verdict": self.verdict.value,
            "radius": {
                "lower": None if self.below is None else decimal_below(self.below.rho, 17),
                "upper": None if self.above is None else decimal_above(self.above.rho, 17),
            },
            "k": None if self.number is None else self.number.to_json(15),
            "stable": self.stable,
        }
        if self.verdict is Verdict.UNDECIDED:
            return {**found, "reason": "no matrix found in doubles could be verified"}
        if self.number is None:
            side = "lower" if self.below is None else "upper"
            return {**found, "shortfall": f"the matrix for the {side} bound could not be verified"}
        return found


def mean_square(walk: object) -> MeanSquare:
    """k(2), the rate at which the mean square grows per step, certified from both sides (V5).

    Parameters
    ----------
    walk : MatrixWalk
        The random product; minibatches of any size by the closed form.

    Returns
    -------
    MeanSquare
        `number` encloses k(2), `radius` the spectral radius exp k(2); `stable` says whether k(2) <= 0.

    Raises
    ------
    InputError
        For what is no MatrixWalk, or too large.

    Examples
    --------
    >>> from catalysis import MatrixWalk, mean_square
    >>> second = mean_square(MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1"))
    >>> second.stable, second.number.decimals(6)
    (True, ('-0.0600541', '-0.060054'))
    """
    product = as_product(walk)
    shop = Workshop(product)
    found = [p for p in (shop.mean_square("lower"), shop.by_mean(Fraction(2))) if p is not None]
    return MeanSquare(product, max(found, key=lambda p: p.rho, default=None), shop.mean_square("upper"))


@dataclass(frozen=True, repr=False)
class LyapunovExponentBound(Result):
    """`lambda_1 <= bound` (side "upper") or `>= bound` ("lower"), proved by `proof` (None: nothing is)."""

    walk: MatrixWalk
    side: Side
    proof: LyapunovBound | None

    @property
    def bound(self) -> Fraction | None:
        return None if self.proof is None else self.proof.bound

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.proof is None else Verdict.PROVED

    @property
    def number(self) -> Fraction | None:
        return self.bound

    @property
    def formula(self) -> str:
        return r"\lambda_1^{" + self.side + "}"

    def fields(self) -> dict[str, Any]:
        head = {"verdict": self.verdict.value, "side": self.side}
        if self.proof is None:
            reason = "no matrix was verified" if self.side == "upper" else "a determinant vanishes"
            return {
                **head,
                "bound": None,
                "lemma": None,
                "reason": f"{reason}, or too many batches to enumerate",
            }
        shown = (decimal_above if self.side == "upper" else decimal_below)(self.proof.bound, 15)
        return {**head, "bound": shown, "lemma": lemma_of_drift(self.proof)}


def lyapunov_upper(walk: object) -> LyapunovExponentBound:
    """A proved upper bound of the top Lyapunov exponent lambda_1 (V10), for every start.

    Parameters
    ----------
    walk : MatrixWalk
        The random product.

    Returns
    -------
    LyapunovExponentBound
        A negative `bound` means deflationary or stable.

    Raises
    ------
    InputError
        For what is no MatrixWalk, or too large.

    Examples
    --------
    >>> from catalysis import MatrixWalk, lyapunov_upper
    >>> float(lyapunov_upper(MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1"))) < 0
    True
    """
    product = as_product(walk)
    return LyapunovExponentBound(product, "upper", Workshop(product).lyapunov_above)


def lyapunov_lower(walk: object) -> LyapunovExponentBound:
    """A proved lower bound of the top Lyapunov exponent lambda_1, by volume (V1), for almost every start.

    Parameters
    ----------
    walk : MatrixWalk
        The random product.

    Returns
    -------
    LyapunovExponentBound
        A positive `bound` means inflationary.

    Raises
    ------
    InputError
        For what is no MatrixWalk, or too large.

    Examples
    --------
    >>> from catalysis import MatrixWalk, lyapunov_lower
    >>> float(lyapunov_lower(MatrixWalk.from_features([[1, 0], [1, 1]], eta=4))) > 0.5
    True
    """
    product = as_product(walk)
    return LyapunovExponentBound(product, "lower", Workshop(product).lyapunov_below)
