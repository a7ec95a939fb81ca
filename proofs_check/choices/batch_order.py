"""The claim `batch_order`.

B4: M(t) > 1 for one kind of step, M(t) <= 1 for another, t > 0  =>  the exponent of the first is below t, that of the
second at least t.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.data import Step, read_step
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import describe_step, exact
from proofs_check.linear.moment import moment_above_one, moment_at_most_one


@dataclass(frozen=True)
class Statement:
    """theta of `lower` < between <= theta of `higher`, at one curvature."""

    data_words: str
    lower: tuple[Step, Case]
    higher: tuple[Step, Case]
    curvature: Fraction
    between: Fraction


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    fields(claim, "the claim", ("kind", "lambda", "lower", "higher", "between"))
    q, t = positive(claim["lambda"], "lambda"), positive(claim["between"], "between")
    lower, higher = (
        (read_step(claim[key]), setting.case_only({**claim, "step": claim[key]}))
        for key in ("lower", "higher")
    )
    return Statement(setting.data_words, lower, higher, q, t)


def prove(statement: Statement) -> set[str]:
    if not moment_above_one(statement.lower[1], statement.between, statement.curvature):
        raise Refused("M(between; lambda) is below 1 for the step with the lower exponent")
    if not moment_at_most_one(statement.higher[1], statement.between, statement.curvature):
        raise Refused("M(between; lambda) is above 1 for the step with the higher exponent")
    return {"B4", "E2"}


def say(statement: Statement) -> str:
    first, second = (describe_step(step) for step, _ in (statement.lower, statement.higher))
    t = exact(statement.between)
    return (
        f"For {statement.data_words}: at lambda = {exact(statement.curvature)} the exponent theta of {first} "
        f"is below {t}, that of {second} is at least {t}"
    )


RULE = Rule(read, prove, say)
