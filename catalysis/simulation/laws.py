"""The laws that a simulation draws from, as plain doubles: of one step's curvature, and of log|mu|."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from catalysis.exact.errors import InputError

Floats = npt.NDArray[np.float64]


class ExactLaw(Protocol):
    """What a simulation reads from an exact law of the curvature x of one step."""

    @property
    def x(self) -> tuple[Fraction, ...]: ...

    @property
    def p(self) -> tuple[Fraction, ...]: ...


def check_curvature(curvature: float | Fraction) -> None:
    """Raises InputError unless `0 < curvature < inf`."""
    if not 0 < curvature < math.inf:
        raise InputError(f"lambda: expected a number in (0, inf), found {curvature}")


def as_double(value: Fraction | float, what: str) -> float:
    """The nearest double. Raises InputError, which names `what`, for a number beyond all doubles."""
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"{what}: expected a number below 1e308 for a simulation in doubles") from None


@dataclass(frozen=True, eq=False)
class StepLaw:
    """The curvature `x = s^2` that one step draws: `x[i] >= 0` with probability `p[i]`, both of shape (m,)."""

    x: Floats
    p: Floats

    @classmethod
    def of(cls, law: ExactLaw) -> Self:
        """An exact law rounded to doubles."""
        return cls(np.array([as_double(x, "x") for x in law.x]), np.array([float(p) for p in law.p]))


@dataclass(frozen=True, eq=False)
class WalkLaw:
    """The steps of log|mu| in the linear regime: `log_factors[i]` with probability `p[i]`, shape (m,).

    A factor 0 has the log -inf: it kills the walk. An idle step has the log 0.
    """

    log_factors: Floats
    p: Floats

    def __post_init__(self) -> None:
        if self.log_factors.shape != self.p.shape or self.p.ndim != 1 or not self.p.size:
            raise InputError("walk: expected as many weights as factors, at least one")
        if not (np.all(self.p > 0) and abs(float(self.p.sum()) - 1) < 1e-9):
            raise InputError("walk: expected positive weights that sum to 1")
        if not np.all(self.log_factors < math.inf):
            raise InputError("walk: expected finite factors")

    @classmethod
    def at(cls, law: ExactLaw, curvature: Fraction | float, learning_rate: Fraction | float = 1) -> Self:
        """The walk of the factors `|1 - eta lambda x|`, taken exactly and rounded once.

        Raises InputError unless `0 < curvature < inf`.
        """
        check_curvature(curvature)
        product = Fraction(curvature) * Fraction(learning_rate)
        logs = [_log_size(1 - product * x) for x in law.x]
        return cls(np.array(logs), np.array([float(p) for p in law.p]))

    @property
    def drift(self) -> float:
        """The mean of log|mu| gained in one step, -inf where a factor is 0."""
        return float(self.p @ self.log_factors)

    @property
    def variance(self) -> float:
        """The variance of the log gained in one step, inf where a factor is 0."""
        if self.drift == -math.inf:
            return math.inf
        return float(self.p @ (self.log_factors - self.drift) ** 2)

    @property
    def largest(self) -> float:
        """The largest step."""
        return float(self.log_factors.max())

    def log_moment(self, tilt: float) -> float:
        """log sum p_i r_i^tilt, for `tilt > 0`."""
        exponents = tilt * self.log_factors
        top = float(exponents.max())
        return top + math.log(float(self.p @ np.exp(exponents - top)))

    def tilted(self, tilt: float) -> WalkLaw:
        """The law proportional to `p_i r_i^tilt`, `tilt > 0`; factors that it gives no weight are left out.

        A path of it with `t` steps and sum `S` has `exp(-tilt S + t log_moment(tilt))` times the
        probability that the first law gives to it.
        """
        with np.errstate(under="ignore"):
            weights = self.p * np.exp(tilt * self.log_factors - self.log_moment(tilt))
        kept = weights > 0
        return WalkLaw(self.log_factors[kept], weights[kept] / weights[kept].sum())

    def without_idle(self) -> WalkLaw:
        """The walk looked at only when it moves."""
        moving = self.log_factors != 0
        return WalkLaw(self.log_factors[moving], self.p[moving] / self.p[moving].sum())


def cramer_tilt(walk: WalkLaw) -> float | None:
    """The positive root theta of `sum p_i r_i^theta = 1` in doubles, None where there is none.

    Nothing rests on its digits: importance sampling is exact for every tilt, and best for this one.
    """
    if not (walk.largest > 0 and walk.drift < 0):
        return None
    high = 1.0
    while walk.log_moment(high) <= 0:
        high *= 2
        if high > 1e12:
            return None
    low = high / 2
    while walk.log_moment(low) > 0:
        low /= 2
        if low < 1e-12:
            return None
    for _ in range(80):
        middle = (low + high) / 2
        if walk.log_moment(middle) > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _log_size(factor: Fraction) -> float:
    """log|factor|, also of numbers that no double holds; -inf for 0."""
    size = abs(factor)
    if size == 0:
        return -math.inf
    if Fraction(1, 2) < size < 2:
        return math.log1p(float(size - 1))
    return math.log(size.numerator) - math.log(size.denominator)
