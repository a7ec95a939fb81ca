"""From a law as it was written to the factor of one step at one learning rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.population import Part, PopulationLaw
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.populations.factors import (
    AtomFactor,
    Factor,
    GammaFactor,
    MixtureFactor,
    StudentFactor,
    UniformCurvature,
    UniformSample,
)
from catalysis.populations.integrals import ExponentialSample, LognormalCurvature, NormalSample
from catalysis.populations.isotropic import IsotropicFactor
from catalysis.populations.truncated import TruncatedFactor, gamma_of

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Population:
    """Fresh samples from a law in every step: `dimension` independent features of it, `batch` samples a step.

    Raises InputError for what is known of no law: more than one dimension needs a centred normal, a batch one whose
    curvature has a gamma law.
    """

    law: PopulationLaw
    dimension: int = 1
    batch: int = 1

    def __post_init__(self) -> None:
        if self.dimension > 1 and self.deviation is None:
            raise InputError(f"dim: expected 1 for this law (more: normal(0, sigma)), found {self.dimension}")
        if self.batch > 1 and self.gamma is None:
            raise InputError(
                "batch_size: expected 1 for this law (more: normal(0, sigma), x ~ gamma, chi-square or "
                f"exponential), found {self.batch}"
            )

    @property
    def only(self) -> Part | None:
        """The one part of a law that is no mixture."""
        return self.law.parts[0] if len(self.law.parts) == 1 else None

    @property
    def deviation(self) -> Fraction | None:
        """sigma of normal(0, sigma)."""
        part = self.only
        if part is None or part.kind != "normal" or part.parameters[0] != 0 or part.between:
            return None
        return part.parameters[1]

    @property
    def gamma(self) -> tuple[Fraction, Fraction] | None:
        """Shape and scale of the curvature of a batch, X = sum x_i/b, where it has a gamma law (one dimension)."""
        found = None if self.only is None else _gamma(self.only)
        return None if found is None else (self.batch * found[0], found[1] / self.batch)

    @property
    def log_concave(self) -> bool:
        """Whether the density of log X (log W in several dimensions) is log-concave, as P2 needs."""
        part = self.only
        if part is None:
            return False
        if part.kind == "uniform" or part.between:
            low, high = part.between or part.parameters
            if part.variable == "s" and low < 0 < high and (part.kind == "uniform" or low != -high):
                return False
        if part.kind == "normal":
            return part.parameters[0] == 0
        return part.kind != "atom"

    def factor(self, z: Fraction) -> Factor:
        """The factor of one step at z = eta lambda > 0."""
        if self.dimension > 1:
            assert self.deviation is not None
            return IsotropicFactor(z * self.deviation**2 / self.batch, self.dimension, self.batch)
        if self.gamma is not None:
            return GammaFactor(self.gamma[0], z * self.gamma[1])
        parts = tuple((part.weight, _factor(part, z)) for part in self.law.parts)
        return parts[0][1] if len(parts) == 1 else MixtureFactor(parts)

    def sizes(self, z: Fraction) -> list[Fraction] | None:
        """All values of R where the law has atoms alone; None for other laws."""
        factors = [_factor(part, z) for part in self.law.parts]
        sizes = [one.size for one in factors if isinstance(one, AtomFactor)]
        return sizes if len(sizes) == len(factors) else None

    def heading(self) -> dict[str, Any]:
        step = {"kind": "single"} if self.batch == 1 else {"kind": "fresh", "size": self.batch}
        return {**self.law.heading(), "step": step}

    def text(self) -> str:
        """In words."""
        vector = f", isotropic features in R^{self.dimension}" if self.dimension > 1 else ""
        batch = f", batches of {self.batch}" if self.batch > 1 else ""
        return f"{self.law.text}{vector}, drawn fresh in every step{batch}"


def _gamma(part: Part) -> tuple[Fraction, Fraction] | None:
    """Shape and scale of x, where x has a gamma law."""
    if part.between:
        return None
    if part.kind == "normal" and part.parameters[0] == 0:
        return HALF, 2 * part.parameters[1] ** 2
    if part.kind in ("gamma", "chi-square") or (part.kind == "exponential" and part.variable == "x"):
        return gamma_of(part)
    return None


def _factor(part: Part, z: Fraction) -> Factor:
    if (gamma := _gamma(part)) is not None:
        return GammaFactor(gamma[0], z * gamma[1])
    if part.between:
        return TruncatedFactor(z, part)
    of_x, values = part.variable == "x", part.parameters
    if part.kind == "atom":
        return AtomFactor(abs(1 - z * (values[0] if of_x else values[0] ** 2)))
    if part.kind == "uniform":
        if of_x:
            return UniformCurvature(z * values[0], z * values[1])
        return UniformSample(z, values[0], values[1])
    if part.kind == "student":
        return StudentFactor(values[0], z * values[1] ** 2 * values[0])
    if part.kind == "normal":
        return NormalSample(z, values[0], values[1])
    if part.kind == "exponential":
        return ExponentialSample(z, values[0])
    stretch = 1 if of_x else 2  # the logarithm of s^2 is twice that of s
    return LognormalCurvature(z, stretch * values[0], stretch * values[1])


def shown(population: Population, z: Fraction) -> str:
    return f"{population.text()}, at eta lambda = {exact_text(z)}"
