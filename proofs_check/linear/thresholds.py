"""The kind `thresholds`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, number
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact


@dataclass(frozen=True)
class Thresholds:
    """That `critical` and `largest` are lambda_crit and lambda_max."""

    case: Case
    opening: str
    critical: Fraction
    largest: Fraction


def read(claim: dict[str, Any], setting: Setting) -> Thresholds:
    fields(claim, "the claim", ("kind", "step", "lambda_crit", "lambda_max"))
    critical, largest = (number(claim[key], key) for key in ("lambda_crit", "lambda_max"))
    return Thresholds(*setting.case(claim), critical, largest)


def prove(statement: Thresholds) -> tuple[str, ...]:
    """T1: xi* the largest rate => lambda_crit = 2/xi*, lambda_max = 4/xi*."""
    law = statement.case.law
    for value, name, factor in ((statement.critical, "lambda_crit", 2), (statement.largest, "lambda_max", 4)):
        if value.numerator * law.numerators[-1] != factor * law.scale * value.denominator:
            raise Refused(f"{name} is not {factor} divided by the largest rate")
    return ("T1",)


def say(statement: Thresholds) -> str:
    return (
        f"{statement.opening}lambda_crit = {exact(statement.critical)} "
        f"and lambda_max = {exact(statement.largest)}"
    )


THRESHOLDS = Rule(read, prove, say)
