"""The question that `advise` answers: how likely is a spike to the scale sqrt(n/eta), as eta varies."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import Ball, ball
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import brief, exact, positive


class Outlook(enum.Enum):
    """What is known of a set of learning rates; the values are the `regime` of the JSON document."""

    STABLE = "stable"
    RARE = "rare"
    LIKELY = "likely"
    INFLATIONARY = "inflationary"
    OUTSIDE = "outside window"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Question:
    """How likely is `sup_t |mu_t| >= scale sqrt(width/eta)` in the linear regime, for each eta > 0?

    `walk` is asked about along learning rates, not along curvatures: it is that of the data set with
    `lambda0` in the place of eta, so its rates are lambda_0 x_i and r_i(eta) = |1 - eta lambda_0 x_i|.
    Numbers as everywhere (see `catalysis.exact.numbers`); width >= 1, mu0 != 0, scale > 0, 0 < probability <
    1. Raises InputError.
    """

    walk: LinearWalk
    width: Fraction
    mu0: Fraction
    probability: Fraction
    scale: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "walk", as_walk(self.walk))
        for what in ("width", "mu0", "probability"):
            object.__setattr__(self, what, exact(getattr(self, what), what))
        object.__setattr__(self, "scale", positive(self.scale, "scale"))
        if self.width < 1:
            raise InputError(f"width: expected a number >= 1, found {brief(self.width)}")
        if self.mu0 == 0:
            raise InputError("mu0: expected a number that is not 0, found 0")
        if not 0 < self.probability < 1:
            raise InputError(
                f"probability: expected a number between 0 and 1, both excluded, found {brief(self.probability)}"
            )

    @property
    def lambda0(self) -> Fraction:
        """The curvature at the start."""
        return self.walk.dataset.learning_rate

    @cached_property
    def start_rate(self) -> Fraction:
        """A = scale^2 width/mu0^2: the level is K(eta) = sqrt(A/eta), and K <= 1 from eta = A on (A1)."""
        return self.scale**2 * self.width / self.mu0**2

    @property
    def stable_up_to(self) -> Fraction:
        """2/(lambda_0 x*): up to here no step enlarges |mu|."""
        return 2 / self.walk.largest_rate

    @property
    def window_up_to(self) -> Fraction:
        """4/(lambda_0 x*): the end of the catapult window."""
        return 4 / self.walk.largest_rate

    def largest_factor(self, rate: Fraction) -> Fraction:
        """R(eta) = eta lambda_0 x* - 1, the largest factor beyond `stable_up_to`."""
        return rate * self.walk.largest_rate - 1

    def log_level(self, rate: Fraction) -> Ball:
        """log K(eta) at the working precision."""
        return ball(self.start_rate / rate).log() / 2

    def log_rarity(self) -> Ball:
        """log(1/probability) at the working precision."""
        return -ball(self.probability).log()
