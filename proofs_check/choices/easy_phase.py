"""The claim `easy_phase`: T draws of samples with r <= 1 first, then draws of all; R = max r.

O4: theta in (lo, hi) by E2, K > 1, R > 1  =>  (K R)^-hi M_1(hi)^T <= P(sup |mu_t| >= K |mu_0|) <= K^-lo M_1(lo)^T, as
both sides fall with theta; M_1 is the moment of the factors under the condition r <= 1.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.choices.numbers import Bracket, bits, outwards
from proofs_check.core.arithmetic import Interval, log_between, log_of, times
from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, index, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.linear.drift import factors
from proofs_check.linear.exponents import Range, prove_bracket, read_bracket
from proofs_check.linear.moment import moment


@dataclass(frozen=True)
class Statement:
    """The probability lies in `bounds`; the exponent's bracket is the witness."""

    opening: str
    case: Case
    curvature: Fraction
    level: Fraction
    steps: int
    exponent: Range
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
    steps, exponent = index(claim["steps"], "steps"), read_bracket(claim["exponent"])
    return Statement(opening, case, q, level, steps, exponent, bounds)


def prove(statement: Statement) -> set[str]:
    level, (lower, upper) = statement.level, statement.bounds
    if level <= 1 or statement.largest <= 1:
        raise Refused("the factor is at most 1 or lambda xi* does not exceed 2")
    if lower < 0 or upper < lower:
        raise Refused("lower is negative or above upper")
    low, high = statement.exponent
    prove_bracket(statement.case, statement.curvature, statement.exponent)
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
        case.work.spend_on_logs(2, prec, bits(bound, level))
        easy = _log_of_easy_moment(case, statement.curvature, theta, prec)
        far, own = times(theta, log_of(level, prec)), log_of(bound, prec)
        lo, hi = statement.steps * easy[0] - far[1], statement.steps * easy[1] - far[0]
        if below:
            return True if own[1] <= lo else False if own[0] > hi else None
        return True if hi <= own[0] else False if lo > own[1] else None

    return decide(holds, case.most_bits, "a bound of the easy phase")


def _log_of_easy_moment(case: Case, q: Fraction, theta: Fraction, prec: int) -> Interval:
    """log of M_1(theta) = E[r^theta given r <= 1] <= 1; an idle step has the factor 1.

    Some sample is easy, as M(lower) < 1 is proved.
    """
    law = case.law
    case.work.spend(len(law.weights), law.bits + bits(q))
    ns, d = factors(law, q)
    easy = [(abs(n), d, k) for n, k in zip(ns, law.weights, strict=True) if abs(n) <= d] + [(1, 1, law.idle)]
    steps, weights = [(n, d) for n, d, _ in easy], [k for _, _, k in easy]
    lo, hi = moment(steps, weights, sum(weights), theta, prec, case.work)
    one = 1 << prec
    return log_between(lo, one if hi is None else min(hi, one), one, prec)


RULE = Rule(read, prove, say)
