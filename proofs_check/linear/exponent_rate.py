"""The kind `exponent_rate`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.exponents import Range, prove_bracket, read_bracket
from proofs_check.linear.moment import check_rate


@dataclass(frozen=True)
class ExponentRate:
    """That q is deflationary with theta in `theta`, and the derivative of theta by lambda lies in `rate`."""

    case: Case
    opening: str
    q: Fraction
    theta: Range
    rate: Range


def read(claim: dict[str, Any], setting: Setting) -> ExponentRate:
    fields(claim, "the claim", ("kind", "step", "lambda", "exponent", "rate"))
    case, opening = setting.case(claim)
    q, theta = positive(claim["lambda"], "lambda"), read_bracket(claim["exponent"])
    table = fields(claim["rate"], "rate", ("lower", "upper"))
    rate = number(table["lower"], "rate.lower"), number(table["upper"], "rate.upper")
    if rate[0] > rate[1]:
        raise Refused("rate.lower is above rate.upper")
    return ExponentRate(case, opening, q, theta, rate)


def prove(statement: ExponentRate) -> tuple[str, ...]:
    """E2 (`prove_bracket`). E5: deflationary, no pole unless theta > 1, -M_lambda/M_theta in `rate` for all
    theta of the bracket => theta' in `rate`."""
    case, q, theta = statement.case, statement.q, statement.theta
    if not case.law.stretches(q):
        raise Refused("lambda xi* does not exceed 2")
    prove_bracket(case, q, theta)
    if theta[0] <= 1 and case.law.pole_number(q) is not None:
        raise Refused("lambda is a pole and the exponent may be at most 1")
    check_rate(case, *theta, q, statement.rate)
    return ("E2", "E5")


def say(statement: ExponentRate) -> str:
    return (
        f"{statement.opening}at lambda = {exact(statement.q)} the regime is deflationary, theta lies in "
        f"{bracket(*statement.theta)} and its derivative by lambda in {bracket(*statement.rate, shape='[]')}"
    )


EXPONENT_RATE = Rule(read, prove, say)
