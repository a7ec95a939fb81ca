"""The kind `exponent`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.drift import sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.exponents import Range, prove_bracket, read_bracket
from proofs_check.linear.points import gap_of


@dataclass(frozen=True)
class Exponent:
    """The regime at q; if deflationary, that theta lies in `theta`; if critical, the base that shows G(q) = 0."""

    case: Case
    opening: str
    q: Fraction
    regime: str
    theta: Range | None
    base: tuple[int, ...]


def read(claim: dict[str, Any], setting: Setting) -> Exponent:
    regime = claim.get("regime")
    extra = ("base",) if regime == "critical" else ()
    fields(claim, "the claim", ("kind", "step", "lambda", "regime", "exponent", *extra))
    case, opening = setting.case(claim)
    q, exponent = positive(claim["lambda"], "lambda"), claim["exponent"]
    if regime not in ("stable", "deflationary", "inflationary", "critical"):
        raise Refused(f"the unknown regime {quoted(regime)}")
    theta = read_bracket(exponent) if regime == "deflationary" else None
    if theta is None and exponent != ("inf" if regime == "stable" else "0"):
        raise Refused("the exponent does not belong to the regime")
    base = tuple(read_base(claim["base"], "base")) if regime == "critical" else ()
    return Exponent(case, opening, q, regime, theta, base)


def prove(statement: Exponent) -> tuple[str, ...]:
    """E1: q xi* <= 2 => stable, theta = inf; else no pole and G(q) > 0 => inflationary, theta = 0, and no pole
    and G(q) = 0 (D5) => critical, theta = 0. E2 (`prove_bracket`): deflationary."""
    case, q = statement.case, statement.q
    if case.law.stretches(q) == (statement.regime == "stable"):
        raise Refused(f"lambda xi* {'exceeds' if statement.regime == 'stable' else 'does not exceed'} 2")
    if statement.regime == "stable":
        return ("E1",)
    if statement.theta is not None:
        prove_bracket(case, q, statement.theta)
        return ("E1", "E2")
    gap_of(case, q, "lambda")
    if statement.regime == "critical":
        check_exact_zero(case, q, statement.base, "lambda")
        return ("D5", "E1")
    if sign_of_drift(case, q) < 0:
        raise Refused("G is negative at lambda")
    return ("E1",)


def say(statement: Exponent) -> str:
    if statement.theta is not None:
        value = f"lies in {bracket(*statement.theta)}"
    else:
        value = "= inf" if statement.regime == "stable" else "= 0"
    return f"{statement.opening}at lambda = {exact(statement.q)} the regime is {statement.regime} and theta {value}"


EXPONENT = Rule(read, prove, say)
