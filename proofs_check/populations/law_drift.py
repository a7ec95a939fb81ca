"""The kind `law_drift`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_between, times
from proofs_check.core.budget import MOST_BITS, Work, decide
from proofs_check.core.reading import Refused, fields, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import ends, exact, mark
from proofs_check.populations.law_exponent import in_range
from proofs_check.populations.laws import read_law
from proofs_check.populations.moments import Population


@dataclass(frozen=True)
class LawDrift:
    """That lower < E log R < upper, by the chords of k over [-h, 0] and [0, h]."""

    law: Population
    rate: Fraction
    lower: Fraction
    upper: Fraction
    h: Fraction
    work: Work


def read(claim: dict[str, Any], setting: Setting) -> LawDrift:
    fields(claim, "the claim", ("kind", "law", "rate", "lower", "upper", "step"))
    rate = positive(claim["rate"], "rate")
    ends_ = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    return LawDrift(read_law(claim["law"], rate), rate, *ends_, positive(claim["step"], "step"), setting.work)


def prove(statement: LawDrift) -> tuple[str, ...]:
    """P1: k = log M is convex with k(0) = 0, so -k(-h)/h <= E log R <= k(h)/h; lower < -k(-h)/h, k(h)/h < upper."""
    for power in (-statement.h, statement.h):
        in_range(statement.law, power)

    def chord(s: Fraction, prec: int) -> tuple[int, int]:
        lo, hi = statement.law.moment(s, prec, statement.work)
        return times(1 / s, log_between(lo, hi, 1 << prec, prec))

    def holds(prec: int) -> bool | None:
        below, above = chord(-statement.h, prec), chord(statement.h, prec)
        lower, upper = statement.lower * (1 << prec), statement.upper * (1 << prec)
        if lower < below[0] and above[1] < upper:
            return True
        return False if below[1] <= lower or upper <= above[0] else None

    if not decide(holds, MOST_BITS >> 4, "the bracket of E log R"):
        raise Refused("the chords do not prove the bracket")
    return ("P1", *statement.law.lemmas)


def say(statement: LawDrift) -> str:
    low, high = ends(statement.lower, statement.upper)
    return (
        f"For X with {statement.law.words()}, drawn fresh in every step, and R = |1 - {exact(statement.rate)} X|: "
        f"{low} < E log R < {high}{mark(statement.lower, statement.upper)}"
    )


LAW_DRIFT = Rule(read, prove, say)
