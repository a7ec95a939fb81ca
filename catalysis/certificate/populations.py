"""Claims about populations: what the checker can prove of them. For other laws the proof is Arb's alone."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.data.population import Part
from catalysis.exact.balls import precision
from catalysis.exponent.solve import Regime
from catalysis.populations.answer import LawAnswer
from catalysis.populations.extremal import ExtremalIndex
from catalysis.populations.laws import Population
from catalysis.populations.solve import DriftBounds, drift_bounds, log_moment
from catalysis.populations.tails import TailAnswer
from catalysis.populations.threshold import LawThresholds
from catalysis.populations.truncated import gamma_of

BY_ARB = "proved by Arb alone, not in the certificate"
MOST_FREEDOM, MOST_RATIO, MOST_POWER = 500, 400, 400
"""What the series of the checker take: dimensions, 1/(z scale), powers and shapes."""
MOST_DIGITS, FEW_DIGITS, MOST_PANELS = 20, 16, 12
_PANELS = {"lognormal": 3}
"""What its panels take (P13): digits, and the parts of a mixture, a lognormal one counted as three."""


@claim.register
def _of_law(found: LawAnswer) -> Claim:
    if found.regime is Regime.UNDECIDED:
        raise NotCertifiable("the regime is undecided")
    if found.population.dimension > 1:
        return _isotropic(found)
    return {
        "kind": "law_exponent",
        "law": law_fields(found.population, found.eta * found.curvature, found.digits),
        "rate": exact_number(found.eta * found.curvature),
        **_regime(found),
    }


def _regime(found: LawAnswer) -> Claim:
    if found.regime is Regime.STABLE:
        return {"regime": "stable", "exponent": "inf"}
    if found.regime is Regime.INFLATIONARY:
        power = _below(found)
        return {"regime": "inflationary", "exponent": "0", "power": exact_number(-power)}
    if found.theta is None or found.theta.upper is None:
        raise NotCertifiable("theta has no upper bound")
    lower, upper = found.theta.lower, found.theta.upper
    if upper > MOST_POWER:
        raise NotCertifiable(BY_ARB)
    return {
        "regime": "deflationary",
        "exponent": {"lower": exact_number(lower), "upper": exact_number(upper)},
    }


def law_fields(population: Population, rate: Fraction, digits: int) -> Claim:
    """The law of the curvature of a batch, as the checker reads it; refused where its budget does not do."""
    gamma = population.gamma
    if gamma is not None:
        if gamma[0] > MOST_POWER or 1 / (rate * gamma[1]) > MOST_RATIO:
            raise NotCertifiable(BY_ARB)
        return _gamma_fields(*gamma)
    parts = population.law.parts
    if digits > MOST_DIGITS or sum(_PANELS.get(part.kind, 1) for part in parts) > (
        MOST_PANELS if digits <= FEW_DIGITS else _PANELS["lognormal"]
    ):
        raise NotCertifiable(BY_ARB)
    if len(parts) == 1:
        return _part_fields(parts[0])
    weighted = [{"weight": exact_number(part.weight), "law": _part_fields(part)} for part in parts]
    return {"kind": "mixture", "parts": weighted}


def _part_fields(part: Part) -> Claim:
    """One law, of x; a law of s as one of its square."""
    if part.kind == "atom":
        (value,) = part.parameters
        return {"kind": "atom", "value": exact_number(value if part.variable == "x" else value**2)}
    squared = part.variable == "s"
    if part.kind == "lognormal":  # the logarithm of s^2 is twice that of s
        mean, deviation = (2 * value if squared else value for value in part.parameters)
        of = {"kind": "lognormal", "mean": exact_number(mean), "deviation": exact_number(deviation)}
        return _cut(of, part, squared)
    if not squared and part.kind == "uniform":
        return {"kind": "uniform", **_named(part, "low", "high")}
    if not squared:
        return _cut(_gamma_fields(*gamma_of(part)), part, False)
    names = {"normal": ("mean", "deviation"), "student": ("freedom", "scale"), "uniform": ("low", "high")}
    of = {"kind": part.kind, **_named(part, *names.get(part.kind, ("mean",)))}
    return _cut({"kind": "square", "of": of}, part, False)


def _gamma_fields(shape: Fraction, scale: Fraction) -> Claim:
    return {"kind": "gamma", "shape": exact_number(shape), "scale": exact_number(scale)}


def _named(part: Part, *names: str) -> dict[str, str]:
    return {name: exact_number(value) for name, value in zip(names, part.parameters, strict=True)}


def _cut(of: Claim, part: Part, squared: bool) -> Claim:
    """The law given that it lies in the interval of the part; `squared`: the interval is one of s, the law of s^2."""
    if part.between is None:
        return of
    low, high = (end**2 if squared else end for end in part.between)
    return {"kind": "truncated", "of": of, "low": exact_number(low), "high": exact_number(high)}


def _below(found: LawAnswer) -> Fraction:
    """A power -h with E R^-h < 1, by plain trial; the drift is positive, so a small h does."""
    factor = found.population.factor(found.eta * found.curvature)
    return _first(factor, [-Fraction(7, 60) / 2**j for j in range(60)])


def _first(factor: object, powers: list[Fraction]) -> Fraction:
    for s in powers:
        if log_moment(factor, s, 128) < 0:  # type: ignore[arg-type]
            return s
    raise NotCertifiable(BY_ARB)


def _isotropic(found: LawAnswer) -> Claim:
    """P11: by the scalar law of W alone, so not all that is proved can be carried."""
    from catalysis.populations.factors import GammaFactor

    population = found.population
    assert population.deviation is not None
    freedom = population.batch + population.dimension - 1
    if max(population.dimension, population.batch) > MOST_FREEDOM:
        raise NotCertifiable(BY_ARB)
    c = found.eta * found.curvature * population.deviation**2 / population.batch
    if 1 / (2 * c) > MOST_RATIO or freedom > 2 * MOST_POWER:
        raise NotCertifiable(BY_ARB)
    scalar = GammaFactor(Fraction(freedom, 2), 2 * c)
    if found.regime is Regime.INFLATIONARY:
        power = -_first(scalar, [-Fraction(7, 60) / 2**j for j in range(60)])
    else:
        tries = [Fraction(2**j) + Fraction(1, 7) for j in (5, 4, 3, 2, 1)]
        power = next((s for s in tries if log_moment(scalar, s, 128) < 0), Fraction(2))
        if power == 2 and c * (population.batch + population.dimension + 1) > 2:
            raise NotCertifiable(BY_ARB)
    return {
        "kind": "isotropic_exponent",
        "dimension": population.dimension,
        "batch": population.batch,
        "variance": exact_number(population.deviation**2 * found.curvature),
        "eta": exact_number(found.eta),
        "regime": found.regime.value,
        "power": exact_number(power),
    }


@claim.register
def _of_thresholds(found: LawThresholds) -> Claim:
    raise NotCertifiable("a threshold is carried by what holds on its two sides: threshold_claims")


def threshold_claims(found: LawThresholds) -> list[Claim]:
    """That no step grows at `stable_up_to`, and the drift, below 0 and above it, at the two ends of its zero."""
    claims: list[Claim] = []
    population, at = found.population, found.curvature
    if population.dimension > 1:
        return claims
    with suppress(NotCertifiable):
        if found.stable_up_to:
            rate = found.stable_up_to * at
            law = law_fields(population, rate, found.digits)
            claims.append(
                {
                    "kind": "law_exponent",
                    "law": law,
                    "rate": exact_number(rate),
                    "regime": "stable",
                    "exponent": "inf",
                }
            )
    if found.zero is not None:
        with suppress(NotCertifiable):
            claims += [
                _signed(population, end * at, found.digits) for end in (found.zero.lower, found.zero.upper)
            ]
    return claims


def _signed(population: Population, rate: Fraction, digits: int) -> Claim:
    """The drift at a rate where it is known to have a sign, with bounds of that sign."""
    law = law_fields(population, rate, digits)
    with precision(64):
        drift = drift_bounds(population.factor(rate), digits + 3)
    if drift.lower is None or drift.sign is None:
        raise NotCertifiable(BY_ARB)
    slack = min(abs(drift.lower), abs(drift.upper)) / 2
    return _drift_fields(law, rate, drift, slack)


@claim.register
def _of_arch(found: ExtremalIndex) -> Claim:
    """kappa alone: the extremal index is proved by the package alone (P10)."""
    lower, upper = found.exponent.lower, found.exponent.upper
    if upper > MOST_POWER:
        raise NotCertifiable(BY_ARB)
    return {
        "kind": "arch_exponent",
        "size": exact_number(found.size),
        "exponent": {"lower": exact_number(lower), "upper": exact_number(upper)},
    }


@claim.register
def _of_tail(found: TailAnswer) -> Claim:
    raise NotCertifiable("a tail rests on the exponent, which has a claim of its own")


def law_claims(found: LawAnswer) -> list[Claim]:
    """All that the checker can prove of an answer; what is missing is proved by Arb alone."""
    claims = []
    for make in (claim, drift_claim):
        with suppress(NotCertifiable):
            claims.append(make(found))
    return claims


def drift_claim(found: LawAnswer) -> Claim:
    """lower < E log R < upper, with the step h of the chords. Raises NotCertifiable where the checker cannot."""
    if found.drift.lower is None or found.population.dimension > 1:
        raise NotCertifiable(BY_ARB)
    rate = found.eta * found.curvature
    law = law_fields(found.population, rate, found.digits)
    return _drift_fields(law, rate, found.drift, Fraction(1, 10 ** (found.digits + 2)))


def _drift_fields(law: Claim, rate: Fraction, drift: DriftBounds, slack: Fraction) -> Claim:
    assert drift.lower is not None
    return {
        "kind": "law_drift",
        "law": law,
        "rate": exact_number(rate),
        "lower": exact_number(drift.lower - slack),
        "upper": exact_number(drift.upper + slack),
        "step": exact_number(drift.step),
    }
