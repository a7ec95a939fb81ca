"""One random product, answered: regime, lambda_1, theta, k(2), and how likely a spike is.

Any dimension by matrices (V1 to V5, V9 to V11); in two dimensions cells (V8) put sharp bounds on both sides, in three
and four polytopes (V7) where theta >= 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.numbers import DataError, decimal_above, decimal_below, exact, exact_text, positive
from catalysis.exact.result import Enclosure, Progress, Result, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.products.bounds import MeanSquare, lemma_of, lemma_of_drift, mean_square
from catalysis.products.cells import CellBound
from catalysis.products.exponent import ProductExponent, product_exponent
from catalysis.products.plane import PlaneExponents, plane_exponents
from catalysis.products.spikes import SpikeBounds, spikes_of
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop, as_product

_DIGITS = 12
_NO_CELLS = (
    "neither the quadratic bound (V10), nor the volume (V1), nor cells (V8) decide the sign of lambda_1: it may be too "
    "near 0, or a step singular or nearly (eta K_ii near 1); the axis of learning rates, by one table for an interval "
    "(V16), may decide it"
)
MAX_PLANE_STEPS = 400
"""Cells are tried for laws of at most so many matrices."""


@dataclass(frozen=True, repr=False)
class ProductAnswer(Result):
    """What is proved of a product of random matrices, each bound by the lemma named, for the `starts` named.

    `lambda1` is the top Lyapunov exponent, `theta` the Cramer exponent sup{s : k(s) <= 0}, `second` holds k(2). With a
    `factor` K, `probability` bounds P(sup_t |e_t| >= K |e_0|) in the norm `norm`.
    """

    walk: MatrixWalk
    exponent: ProductExponent
    second: MeanSquare
    plane: PlaneExponents | None
    factor: Fraction | None = None
    spikes: SpikeBounds | None = None

    @property
    def regime(self) -> Regime:
        """The regime: DEFLATIONARY by lambda_1 < 0; UNDECIDED where its sign is not proved."""
        if self.plane is not None and self.plane.stable is not None:
            return Regime.STABLE
        if self.exponent.regime is not Regime.UNDECIDED or self.plane is None:
            return self.exponent.regime
        low, high = self.plane.lambda1
        if low is not None and low > 0:
            return Regime.INFLATIONARY
        shrinks = (high is not None and high < 0) or self.plane.moments[0] is not None
        return Regime.DEFLATIONARY if shrinks else Regime.UNDECIDED

    @property
    def word(self) -> str | None:
        """The regime in words; a walk with lambda_1 < 0 for which theta < inf is not proved may be stable."""
        if self.regime is Regime.UNDECIDED:
            return None
        open_above = self.regime is Regime.DEFLATIONARY and self.theta[1] is None
        return "deflationary or stable" if open_above else self.regime.value

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.regime is Regime.UNDECIDED else Verdict.PROVED

    @property
    def lambda1(self) -> tuple[Fraction | None, Fraction | None]:
        """Proved bounds of the top exponent, None where there is none."""
        lower, upper = (None, None) if self.plane is None else self.plane.lambda1
        volume, matrix = self.exponent.volume, self.exponent.lyapunov
        lows = [b for b in (lower, None if volume is None else volume.bound) if b is not None]
        highs = [b for b in (upper, None if matrix is None else matrix.bound) if b is not None]
        return max(lows, default=None), min(highs, default=None)

    @property
    def theta(self) -> tuple[Fraction | None, Fraction | None]:
        """Proved bounds of theta; the upper one None for infinity (stable), or where nothing is known."""
        if self.regime is Regime.INFLATIONARY:
            return Fraction(0), Fraction(0)
        if self.regime is Regime.STABLE:
            return None, None
        lower, upper = (None, None) if self.plane is None else self.plane.theta
        highs = [b for b in (upper, self.exponent.upper) if b is not None]
        return max(self.exponent.lower, lower or Fraction(0)), min(highs, default=None)

    @property
    def number(self) -> Enclosure | float | None:
        if self.regime is Regime.STABLE:
            return float("inf")
        lower, upper = self.theta
        return None if lower is None or upper is None else Enclosure(lower, upper)

    @property
    def formula(self) -> str:
        return r"\theta"

    @property
    def norm(self) -> str:
        """The norm of `probability`: the parameters' (or the state's), or, where cells gave it, "maximum".

        That is the largest entry of the state: for momentum |e_t| and |e_(t-1)|, in residual coordinates u_J.
        """
        return "maximum" if self._by_cells else "state" if self.walk.rank_one is None else "parameters"

    @property
    def _by_cells(self) -> bool:
        """Whether the probability comes from cells: for states of momentum, and where no matrix was found."""
        if self.plane is None or self.plane.stable is not None:
            return self.plane is not None
        if self.spikes is None:
            return any(self.plane.moments)
        return self.walk.rank_one is None and all(self.plane.moments)

    @property
    def probability(self) -> Enclosure | None:
        """P(sup_t |e_t| >= K |e_0|), proved; None without a factor."""
        if self.factor is None:
            return None
        if self.regime is Regime.INFLATIONARY:
            return Enclosure(Fraction(1), Fraction(1))
        if self._by_cells:
            assert self.plane is not None
            return plane_probability(self.walk, self.plane, self.factor)
        return Enclosure(Fraction(0), Fraction(1)) if self.spikes is None else self.spikes.bounds(self.norm)

    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "verdict": self.verdict.value,
            "dimension": self.walk.dimension,
            "regime": self.word,
            "lambda1": _bounds(self.lambda1),
            "exponent": {Regime.STABLE: "inf", Regime.INFLATIONARY: "0"}.get(self.regime)
            or _bounds(self.theta),
            "second_moment": None if self.second.number is None else self.second.number.to_json(_DIGITS),
            "lemmas": self.lemmas,
            "rests_on": RESTS_ON,
        }
        if self.factor is not None and self.probability is not None:
            found |= {
                "factor": exact_text(self.factor),
                "probability": self.probability.to_json(_DIGITS),
                "norm": self.norm,
                "starts": self.starts,
            }
        if self.regime is Regime.UNDECIDED:
            found["reason"] = self.exponent.fields().get("reason") if self.plane is None else _NO_CELLS
        return found

    @property
    def starts(self) -> str:
        """For which starts regime and probability are meant (lambda_1 and theta belong to the product itself)."""
        volume = self.exponent.volume
        if self.regime is Regime.INFLATIONARY and volume is not None and volume.bound > 0:
            return "almost every start"
        return "every start"

    @property
    def lemmas(self) -> dict[str, list[str]]:
        """Which lemmas of docs/products.md stand behind each number: of a bracket, below and above."""
        low, high = self.lambda1
        drift = [
            lemma_of_drift(by_matrix) if by_matrix is not None and by_matrix.bound == bound else "V8"
            for by_matrix, bound in ((self.exponent.volume, low), (self.exponent.lyapunov, high))
            if bound is not None
        ]
        return {"lambda1": drift, "exponent": self._exponent_lemmas(), "second_moment": ["V5"]}

    def _exponent_lemmas(self) -> list[str]:
        if self.regime is Regime.STABLE:
            return ["V2"] if self.exponent.stable is not None else ["V8"]
        if self.regime is Regime.INFLATIONARY:
            return [self.lemmas_of_growth]
        below, above = self.theta
        found = []
        if below:
            proof = self.exponent.from_below
            found.append(lemma_of(proof) if proof is not None and proof.s == below else "V8")
        if above is not None:
            proof = self.exponent.from_above
            found.append(lemma_of(proof) if proof is not None and proof.s == above else "V8")
        return found

    @property
    def lemmas_of_growth(self) -> str:
        """What proves lambda_1 > 0."""
        volume = self.exponent.volume
        return "V1" if volume is not None and volume.bound > 0 else "V8"


def _bounds(bounds: tuple[Fraction | None, Fraction | None]) -> dict[str, str | None]:
    lower, upper = bounds
    return {
        "lower": None if lower is None else decimal_below(lower, _DIGITS),
        "upper": None if upper is None else decimal_above(upper, _DIGITS),
    }


def plane_probability(walk: MatrixWalk, plane: PlaneExponents, factor: Fraction) -> Enclosure:
    """P(sup_t |e_t| >= K |e_0|) in the maximum norm, by the tables of V8 (V11); [0, 1] where nothing is proved."""
    lower, upper = Fraction(0), Fraction(1)
    falls, grows = plane.moments
    with precision(128):
        if plane.stable is not None:
            spread = max(plane.stable.values) / min(plane.stable.values)
            upper = Fraction(0) if factor > spread else Fraction(1)
        elif falls is not None:
            upper = min(upper, enclose(ball(_spread(falls)) / _power(factor, falls)).upper)
        shrinks = plane.lambda1[1] is not None and plane.lambda1[1] < 0
        if grows is not None and shrinks:
            lower = enclose(
                1 / (ball(_spread(grows)) * _power(factor * largest_step(walk.expanded()), grows))
            ).lower
    return Enclosure(max(lower, Fraction(0)), max(upper, lower))


def largest_step(walk: MatrixWalk) -> Fraction:
    """R = max(1, |A_i|) in the operator norm of the maximum norm: the largest row sum."""
    rows = (sum(map(abs, row), Fraction(0)) for matrix in plane_matrices(walk) for row in matrix)
    return max(Fraction(1), *rows)


def plane_matrices(walk: MatrixWalk) -> list[tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]]:
    """The 2 x 2 matrices of single steps."""
    tables = [[[Fraction(int(v), step.den) for v in row] for row in step.top.tolist()] for step in walk.steps]
    return [((a, b), (c, d)) for (a, b), (c, d) in tables]


def _spread(bound: CellBound) -> Fraction:
    return max(bound.table.values) / min(bound.table.values)


def _power(base: Fraction, bound: CellBound) -> Any:
    assert bound.power is not None
    return (ball(bound.power) * ball(base).log()).exp()


def product_answer(
    walk: object,
    factor: object = None,
    *,
    width: object = Fraction(1, 1000),
    tolerance: object = Fraction(1, 100),
    progress: Progress | None = None,
) -> ProductAnswer:
    """Certify regime, lambda_1, theta and k(2) of a random product, and with a factor how likely a spike is.

    Certified: each bound by the lemma that `lemmas` names (docs/products.md).

    Parameters
    ----------
    walk : MatrixWalk
        The random product.
    factor : Number > 1
        K; None for no probability.
    width : Number > 0
        In two dimensions: the width to which lambda_1 is sought, a goal.
    tolerance : Number > 0
        The relative width to which theta is sought in dimensions 2 to 4, a goal.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    ProductAnswer
        `regime`, `lambda1`, `theta`, `second`, `probability`.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import MatrixWalk, product_answer
    >>> walk = MatrixWalk.from_features([[1, 0, 0], [1, 1, 0], [0, 1, 1]], eta="0.8")
    >>> answer = product_answer(walk, 10)
    >>> answer.word, answer.number, answer.probability
    ('stable', inf, [0, 0])
    """
    product = as_product(walk)
    level = None if factor is None else exact(factor, "factor")
    if level is not None and level <= 1:
        raise DataError("factor: expected a number > 1")
    wide, close = positive(width, "width"), positive(tolerance, "tolerance")
    exponent = product_exponent(product, tolerance=close)
    if exponent.regime is Regime.STABLE:
        shop = Workshop(product)
        exponent = replace(exponent, lyapunov=shop.lyapunov_above, volume=shop.lyapunov_below)
    single = product.listed() if product.dimension == 2 else None
    plane = None
    if single is not None and single.size <= MAX_PLANE_STEPS and exponent.regime is not Regime.STABLE:
        plane = plane_exponents(
            plane_matrices(single),
            single.weights,
            width=wide,
            tolerance=close,
            try_stable=product.rank_one is None,
            progress=progress,
        )
    spikes = None
    if level is not None and exponent.regime in (Regime.DEFLATIONARY, Regime.STABLE):
        spikes = spikes_of(exponent, level)
    return ProductAnswer(product, exponent, mean_square(product), plane, level, spikes)
