"""The kind `drift`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, number
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import ends, mark
from proofs_check.linear.drift import drift
from proofs_check.linear.points import Point, gap_of, in_words, read_point


@dataclass(frozen=True)
class DriftValue:
    """That lower < G(at) < upper."""

    case: Case
    opening: str
    at: Point
    lower: Fraction
    upper: Fraction


def read(claim: dict[str, Any], setting: Setting) -> DriftValue:
    fields(claim, "the claim", ("kind", "step", "lambda", "lower", "upper"))
    case, opening = setting.case(claim)
    at = read_point(claim["lambda"], "lambda", case.law)
    return DriftValue(case, opening, at, number(claim["lower"], "lower"), number(claim["upper"], "upper"))


def prove(statement: DriftValue) -> tuple[str, ...]:
    """`at` in a gap, G(at) enclosed by [lo, hi], lower < lo, hi < upper => lower < G(at) < upper."""
    case = statement.case
    gap_of(case, statement.at, "lambda")

    def holds(prec: int) -> bool | None:
        lo, hi = drift(case, statement.at, prec)
        lower, upper = statement.lower * (1 << prec), statement.upper * (1 << prec)
        if lower < lo and hi < upper:
            return True
        return False if hi <= lower or lo >= upper else None

    if not decide(holds, case.most_bits, "the bracket of G"):
        raise Refused("G lies outside its bracket")
    return ("definition of G",)


def say(statement: DriftValue) -> str:
    low, high = ends(statement.lower, statement.upper)
    place = in_words(statement.at, statement.case.law)
    return (
        f"{statement.opening}{low} < G < {high}{mark(statement.lower, statement.upper)} at lambda = {place}"
    )


DRIFT = Rule(read, prove, say)
