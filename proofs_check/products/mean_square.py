"""The kind `mean_square`: the learning rate up to which the mean square does not grow. Lemma V5c.

Hypotheses: no decay, 0 < kappa <= 1; T(Q) <= Q with Q > 0 at eta = lower; T(Q) >= Q with Q >= 0, Q != 0 at eta = upper.
Conclusion: {eta > 0 : k(2) <= 0} = (0, eta_ms] with lower <= eta_ms <= upper.
Closed forms (V20) prove the same. With momentum they alone: k(2) < 0 for eta < lower, k(2) >= 0 for eta >= upper.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.reading import Refused, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.products.product_radius import mean_square_proof
from proofs_check.products.walk import ONE, Walk, read_walk
from proofs_check.products.words import between, bound


@dataclass(frozen=True)
class MeanSquare:
    """That lower <= eta_ms <= upper; with momentum: that k(2) < 0 below lower, k(2) >= 0 from upper on."""

    walk: Walk
    lower: Fraction
    upper: Fraction
    witnesses: tuple[Any, Any]


def read(claim: dict[str, Any], setting: Setting) -> MeanSquare:
    walk = read_walk(claim, setting, ("lower", "upper", "below", "above"), rate=False, heavy=True)
    lower, upper = positive(claim["lower"], "lower"), positive(claim["upper"], "upper")
    if lower > upper:
        raise Refused("lower is above upper")
    if not walk.single and not walk.kappa > 0:
        raise Refused("a batch of all samples has no mean square of this kind")
    return MeanSquare(walk, lower, upper, (claim["below"], claim["above"]))


def prove(statement: MeanSquare) -> tuple[str, ...]:
    """One matrix inequality, or closed forms, at each end."""
    walk, (below, above) = statement.walk, statement.witnesses
    first = mean_square_proof(below, "below", walk.at(statement.lower), "upper", ONE, "sums")
    last = mean_square_proof(above, "above", walk.at(statement.upper), "lower", ONE, "sums")
    return (*first.used, *last.used, *(() if walk.beta else ("V5",)))


def say(statement: MeanSquare) -> str:
    if statement.walk.beta:
        low, high = bound(statement.lower, up=False), bound(statement.upper, up=True)
        return (
            f"{statement.walk.opening(rate=False)}k(2) < 0 for all learning rates 0 < eta < {low}: theta >= 2, and "
            f"e_n -> 0 almost surely, for every start; k(2) >= 0 for all eta >= {high}"
        )
    told = between(statement.lower, "eta_ms", statement.upper)
    return f"{statement.walk.opening(rate=False)}k(2) <= 0 for the learning rates 0 < eta <= eta_ms alone, {told}"


RULE = Rule(read, prove, say)
