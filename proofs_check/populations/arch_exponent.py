"""The kind `arch_exponent`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_of, times
from proofs_check.core.budget import MOST_BITS, Work, decide
from proofs_check.core.reading import Refused, fields, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.exponents import Range, read_bracket
from proofs_check.populations.moments import MOST_POWER
from proofs_check.populations.special import log_gamma

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class ArchExponent:
    """That the kappa of ARCH(1) with lambda = `size` lies in `kappa`."""

    size: Fraction
    kappa: Range
    work: Work


def read(claim: dict[str, Any], setting: Setting) -> ArchExponent:
    fields(claim, "the claim", ("kind", "size", "exponent"))
    kappa = read_bracket(claim["exponent"])
    if kappa[1] > MOST_POWER:
        raise Refused("exponent.upper is too large for the series")
    return ArchExponent(positive(claim["size"], "size"), kappa, setting.work)


def prove(statement: ArchExponent) -> tuple[str, ...]:
    """P10: k(s) = log E (lambda z^2)^s = s log(2 lambda) + log Gamma(s + 1/2) - log Gamma(1/2), z standard normal.

    It is strictly convex with k(0) = 0: k(lower) < 0 < k(upper), 0 < lower, puts its one other zero between them.
    """
    for s, falls in zip(statement.kappa, (True, False), strict=True):

        def below(prec: int, s: Fraction = s) -> bool | None:
            lo, hi = _log_moment(statement.size, s, prec, statement.work)
            return True if hi < 0 else False if lo > 0 else None

        if decide(below, MOST_BITS >> 4, "k on one side of 0") is not falls:
            raise Refused(f"k is not {'below' if falls else 'above'} 0 at an end of the bracket")
    return ("P1", "P10")


def _log_moment(size: Fraction, s: Fraction, prec: int, work: Work) -> Interval:
    work.spend_on_logs(1, prec)
    grown = times(s, log_of(2 * size, prec))
    top, bottom = log_gamma(s + HALF, prec, work), log_gamma(HALF, prec, work)
    return grown[0] + top[0] - bottom[1], grown[1] + top[1] - bottom[0]


def say(statement: ArchExponent) -> str:
    return (
        f"For ARCH(1), v_t = sqrt(1 + {exact(statement.size)} v_(t-1)^2) z_t with z_t standard normal: the one "
        f"kappa > 0 with E ({exact(statement.size)} z^2)^kappa = 1, the tail index of v^2, "
        f"lies in {bracket(*statement.kappa)}"
    )


ARCH_EXPONENT = Rule(read, prove, say)
