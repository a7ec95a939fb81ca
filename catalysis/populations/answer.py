"""One learning rate for a population: drift, regime and Cramer exponent. Lemmas P1 to P6 of docs/laws.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.population import PopulationLaw, as_law
from catalysis.exact.balls import precision
from catalysis.exact.numbers import Number, decimal_above, decimal_below, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Source, Verdict
from catalysis.exponent.solve import DEFAULT_DIGITS, Regime
from catalysis.populations.laws import Population
from catalysis.populations.solve import (
    DriftBounds,
    ThetaBounds,
    drift_bounds,
    regime_of,
    theta_bounds,
    undecided_reason,
)

MAX_LAW_DIGITS, MAX_DIMENSION = 200, 1000
DEFAULT_BITS = 4096
AnyLaw = PopulationLaw | str
"""What `as_law` takes."""


@dataclass(frozen=True)
class Setting:
    """A population at a learning rate, as the envelope of a result names it."""

    population: Population
    eta: Fraction | None

    def heading(self) -> dict[str, Any]:
        found = self.population.heading()
        eta = None if self.eta is None else exact_text(self.eta)
        return {"data": found["data"], "eta": eta, "step": found["step"]}


@dataclass(frozen=True, repr=False)
class LawAnswer(Result):
    """Regime, drift and theta of fresh samples from a law, at one learning rate and curvature.

    Certified (P1): `drift` holds lambda_1 = E log R, which is -inf exactly where P(R = 0) > 0; theta = inf if stable,
    0 if inflationary, and within `theta` if deflationary. An unbounded law has no stable regime. How moments are
    enclosed: P3 (closed forms), P4 (integrals), P5 and P6 (several dimensions).

    Attributes
    ----------
    drift : DriftBounds
        Of E log R.
    regime : Regime
        At this learning rate.
    theta : ThetaBounds or None
        Where it is deflationary.
    """

    population: Population
    eta: Fraction
    curvature: Fraction
    digits: int
    drift: DriftBounds
    regime: Regime
    theta: ThetaBounds | None

    @property
    def source(self) -> Source:
        return Setting(self.population, self.eta)

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.regime is Regime.UNDECIDED else Verdict.PROVED

    @property
    def number(self) -> Enclosure | Fraction | float | None:
        if self.theta is not None:
            return self.theta.enclosure
        if self.regime is Regime.STABLE:
            return float("inf")
        return Fraction(0) if self.regime is Regime.INFLATIONARY else None

    @property
    def formula(self) -> str:
        return r"\theta"

    @property
    def reason(self) -> str | None:
        return undecided_reason(self.drift, self.digits) if self.regime is Regime.UNDECIDED else None

    @property
    def shortfall(self) -> str | None:
        if self.theta is None or self.theta.met:
            return None
        if self.theta.upper is None:
            return f"theta > {exact_text(self.theta.lower)}: larger exponents are not looked for"
        return f"{DEFAULT_BITS} bits do not give {self.digits} digits: allow more (max_bits)"

    @property
    def exponent(self) -> Any:
        """theta as the command line writes it."""
        if self.theta is None:
            return None if self.number is None else str(self.number)
        return bounds_json(self.theta.lower, self.theta.upper, self.digits + 2)

    def _drift_json(self) -> dict[str, str | None]:
        return bounds_json(self.drift.lower, self.drift.upper, self.digits + 2)

    def fields(self) -> dict[str, Any]:
        undecided = self.regime is Regime.UNDECIDED
        return {
            "verdict": self.verdict.value,
            "law": self.population.law.text,
            "eta": exact_text(self.eta),
            "lambda": exact_text(self.curvature),
            "dimension": self.population.dimension,
            "batch_size": self.population.batch,
            "digits": self.digits,
            "regime": None if undecided else self.regime.value,
            "drift": "-inf" if self.drift.lower is None else self._drift_json(),
            "exponent": self.exponent,
            **({"reason": self.reason} if undecided else {}),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }


def bounds_json(lower: Fraction | None, upper: Fraction | None, digits: int) -> dict[str, str | None]:
    """Two ends as JSON, rounded outwards, None where there is none."""
    return {
        "lower": None if lower is None else decimal_below(lower, digits),
        "upper": None if upper is None else decimal_above(upper, digits),
    }


def read_population(law: object, dimension: object, batch_size: object) -> Population:
    """The population of whatever was given. Raises InputError that names the argument."""
    return Population(
        as_law(law),
        whole(dimension, "dimension", least=1, most=MAX_DIMENSION),
        whole(batch_size, "batch_size", least=1, most=10**6),
    )


def law_answer(
    law: AnyLaw,
    eta: Number,
    *,
    curvature: Number = 1,
    dimension: int = 1,
    batch_size: int = 1,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_BITS,
) -> LawAnswer:
    """Certify drift, regime and theta where every step draws fresh samples from a law.

    Certified (P1 to P6): see `LawAnswer`.

    Parameters
    ----------
    law : str or PopulationLaw
        As `parse_law` takes it.
    eta : Number > 0
        The learning rate.
    curvature : Number > 0
        lambda.
    dimension : int, 1 to 1000
        Beyond 1: isotropic features normal(0, sigma) in R^d.
    batch_size : int, 1 to 10^6
        Fresh samples a step.
    digits : int, 1 to 200
        Significant digits that are wanted.
    max_bits : int >= 64
        The highest working precision.

    Returns
    -------
    LawAnswer
        `drift` holds E log R, `theta` the exponent where the regime is deflationary.

    Raises
    ------
    InputError
        Unless the arguments are as above and the law is known.

    Examples
    --------
    >>> from catalysis import law_answer
    >>> answer = law_answer("normal(0, 1)", "0.5")
    >>> answer.regime.value, answer.number.decimals(10)
    ('deflationary', ('2.903966228', '2.903966229'))
    """
    population = read_population(law, dimension, batch_size)
    rate, at = positive(eta, "eta"), positive(curvature, "curvature")
    places = whole(digits, "digits", least=1, most=MAX_LAW_DIGITS)
    bits = whole(max_bits, "max_bits", least=64)
    factor = population.factor(rate * at)
    with precision(64):
        drift = drift_bounds(factor, places)
        regime = regime_of(factor, drift)
        theta = theta_bounds(factor, places, bits) if regime is Regime.DEFLATIONARY else None
    return LawAnswer(population, rate, at, places, drift, regime, theta)
