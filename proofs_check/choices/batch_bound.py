"""The claim `batch_bound`.

B2: M_b(q) <= 1, q >= 1  =>  theta_b' >= q for every b' >= b drawn in the same way, and theta >= q for full batch.
B3: also drawn with replacement from counted items  =>  theta_b' >= q for every b' >= b drawn without.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.data import Step, read_step
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.linear.moment import moment_at_most_one


@dataclass(frozen=True)
class Statement:
    """theta >= exponent at this curvature, for the step and all larger batches."""

    opening: str
    case: Case
    step: Step
    counted: bool
    curvature: Fraction
    exponent: Fraction

    @property
    def is_drawn_without_as_well(self) -> bool:
        """Whether B3 applies."""
        return self.step.replacement and self.counted


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    fields(claim, "the claim", ("kind", "step", "lambda", "exponent"))
    case, opening = setting.case(claim)
    assert setting.data is not None
    q, bound = positive(claim["lambda"], "lambda"), number(claim["exponent"], "exponent")
    return Statement(opening, case, read_step(claim["step"]), setting.data.counted, q, bound)


def prove(statement: Statement) -> set[str]:
    if statement.step.kind == "full_batch" or statement.exponent < 1:
        raise Refused("the step is full batch or the exponent is below 1")
    if not moment_at_most_one(statement.case, statement.exponent, statement.curvature):
        raise Refused("M(exponent; lambda) is above 1")
    return {"B1", "B2", "E2"} | ({"B3"} if statement.is_drawn_without_as_well else set())


def say(statement: Statement) -> str:
    larger = "for every larger batch drawn in this way"
    if statement.is_drawn_without_as_well:
        larger += ", for all batches of at least this size drawn without replacement"
    return (
        f"{statement.opening}at lambda = {exact(statement.curvature)}, theta >= {exact(statement.exponent)} "
        f"for this step, {larger} and for full batch"
    )


RULE = Rule(read, prove, say)
