"""The claim `easy_phase`: T draws of samples with r <= 1 first, then draws of all; R = max r.

O4: theta in (lo, hi) by E2, K > 1, R > 1  =>  (K R)^-hi M_1(hi)^T <= P(sup |mu_t| >= K |mu_0|) <= K^-lo M_1(lo)^T, as
both sides fall with theta; M_1 is the moment of the factors under the condition r <= 1.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.choices.numbers import Bracket, bits, log, outwards
from proofs_check.core.arithmetic import Interval, log_between, log_precision, log_ratio, power, times
from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import fields, index, number, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.rule import Rule
from proofs_check.core.setting import Setting
from proofs_check.core.wording import exact
from proofs_check.linear.drift import factors
from proofs_check.linear.exponents import check_bracket


@dataclass(frozen=True)
class Statement:
    """The probability lies in `bounds`; the exponent's bracket is the witness."""

    opening: str
    case: Case
    curvature: Fraction
    level: Fraction
    steps: int
    exponent: Any
    bounds: Bracket

    @property
    def largest(self) -> Fraction:
        """R, if it exceeds 1."""
        return self.curvature * self.case.law.largest_rate - 1


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    fields(claim, "the claim", ("kind", "step", "lambda", "factor", "steps", "exponent", "lower", "upper"))
    case, opening = setting.case(claim)
    bounds = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    q, level = positive(claim["lambda"], "lambda"), number(claim["factor"], "factor")
    return Statement(opening, case, q, level, index(claim["steps"], "steps"), claim["exponent"], bounds)


def prove(statement: Statement) -> set[str]:
    level, (lower, upper) = statement.level, statement.bounds
    if level <= 1 or statement.largest <= 1:
        raise Refused("the factor is at most 1 or lambda xi* does not exceed 2")
    if lower < 0 or upper < lower:
        raise Refused("lower is negative or above upper")
    low, high = check_bracket(statement.case, statement.curvature, statement.exponent)
    if lower > 0 and not _compares(statement, high, level * statement.largest, lower, below=True):
        raise Refused("lower exceeds Lundberg's lower bound times M_1^steps")
    if upper < 1 and (upper == 0 or not _compares(statement, low, level, upper, below=False)):
        raise Refused("upper is below Lundberg's upper bound times M_1^steps")
    return {"E1", "E2", "O4"}


def say(statement: Statement) -> str:
    return (
        f"{statement.opening}at constant lambda = {exact(statement.curvature)}, after {statement.steps} independent "
        "draws of samples with |1 - lambda xi| <= 1 and then independent draws of all, the probability that "
        f"|mu_t| >= {exact(statement.level)} |mu_0| for some t lies in {outwards(statement.bounds)}"
    )


def _compares(
    statement: Statement, theta: Fraction, level: Fraction, bound: Fraction, *, below: bool
) -> bool:
    """Whether log bound <= steps log M_1(theta) - theta log level, or >= if not `below`."""
    case = statement.case

    def holds(prec: int) -> bool | None:
        case.work.spend_on_logs(2, prec + bits(bound, level))
        moment = _log_of_easy_moment(case, statement.curvature, theta, prec)
        far, own = times(theta, log(level, prec)), log(bound, prec)
        lo, hi = statement.steps * moment[0] - far[1], statement.steps * moment[1] - far[0]
        if below:
            return True if own[1] <= lo else False if own[0] > hi else None
        return True if hi <= own[0] else False if lo > own[1] else None

    return decide(holds, case.most_bits, "a bound of the easy phase")


def _log_of_easy_moment(case: Case, q: Fraction, theta: Fraction, prec: int) -> Interval:
    """log of M_1(theta) = E[r^theta given r <= 1]; a factor 0 contributes 0, an idle step 1.

    Some sample is easy, as M(lower) < 1 is proved.
    """
    law, log_prec = case.law, log_precision(theta, prec)
    case.work.spend_on_logs(7 * len(law.weights), log_prec + law.bits + bits(q))
    ns, d = factors(law, q)
    easy, lo, hi = law.idle, law.idle << prec, law.idle << prec
    for n, k in zip(ns, law.weights, strict=True):
        if abs(n) > d:
            continue
        easy += k
        if n:
            low, high = power(log_ratio(abs(n), d, log_prec), log_prec, theta, prec)
            lo, hi = lo + k * low, hi + k * min(high or 1 << prec, 1 << prec)  # r <= 1
    return log_between(lo, hi, easy << prec, prec)


RULE = Rule(read, prove, say)
