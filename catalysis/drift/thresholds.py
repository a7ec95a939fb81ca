"""The two thresholds of the linear and the nonlinear dynamics (Lemma T1)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.data.walk import LinearWalk
from catalysis.exact.numbers import exact_text


@dataclass(frozen=True)
class Thresholds:
    """`lambda_crit = 2/(eta x*)` and `lambda_max = 4/(eta x*)`, x* the largest curvature of a step.

    Certified (T1): up to lambda_crit no step enlarges |mu| in the linear regime, beyond it the largest
    sample does; up to lambda_max no step of the map at any width enlarges lambda, beyond it one does.
    """

    walk: LinearWalk
    lambda_crit: Fraction
    lambda_max: Fraction

    def to_json(self) -> dict[str, str]:
        return {
            "verdict": "proved",
            "lambda_crit": exact_text(self.lambda_crit),
            "lambda_max": exact_text(self.lambda_max),
        }


def catapult_window(walk: LinearWalk) -> Thresholds:
    """The exact thresholds of the walk's step: single sample, minibatch or full batch."""
    largest = walk.rates[0]
    return Thresholds(walk, 2 / largest, 4 / largest)
