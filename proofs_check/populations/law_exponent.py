"""The kind `law_exponent`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import MOST_BITS, Work, decide
from proofs_check.core.reading import Refused, fields, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.exponents import Range, read_bracket
from proofs_check.populations.laws import read_law
from proofs_check.populations.moments import Population


@dataclass(frozen=True)
class LawExponent:
    """The regime of X at z; if deflationary, that theta lies in `theta`; if inflationary, `power` = -h shows it."""

    law: Population
    rate: Fraction
    regime: str
    theta: Range | None
    power: Fraction | None
    work: Work


def read(claim: dict[str, Any], setting: Setting) -> LawExponent:
    regime = claim.get("regime")
    extra = ("power",) if regime == "inflationary" else ()
    fields(claim, "the claim", ("kind", "law", "rate", "regime", "exponent", *extra))
    rate = positive(claim["rate"], "rate")
    law = read_law(claim["law"], rate)
    if regime not in ("stable", "deflationary", "inflationary"):
        raise Refused(f"the unknown regime {quoted(regime)}")
    theta = read_bracket(claim["exponent"]) if regime == "deflationary" else None
    if theta is None and claim["exponent"] != ("inf" if regime == "stable" else "0"):
        raise Refused("the exponent does not belong to the regime")
    power = -positive(claim["power"], "power") if regime == "inflationary" else None
    return LawExponent(law, rate, regime, theta, power, setting.work)


def prove(statement: LawExponent) -> tuple[str, ...]:
    """P1. R = |1 - z X| <= 1 always => stable. k = log M is convex with k(0) = 0, and not zero throughout:
    0 < lower < upper and M(lower) < 1 < M(upper) => E log R < 0 and lower < theta < upper;
    M(-h) < 1, 0 < h in range => E log R > 0.
    """
    if statement.regime == "stable":
        if not statement.law.stable:
            raise Refused("a step can enlarge the error")
        return ("P1",)
    if statement.regime == "inflationary":
        assert statement.power is not None
        below_one(statement.law, statement.power, True, statement.work)
        return ("P1", *statement.law.lemmas)
    assert statement.theta is not None
    lower, upper = statement.theta  # 0 < lower < upper, as read
    below_one(statement.law, lower, True, statement.work)
    below_one(statement.law, upper, False, statement.work)
    return ("P1", *statement.law.lemmas)


def below_one(law: Population, s: Fraction, wanted: bool, work: Work) -> None:
    """Refuses unless M(s) < 1 (`wanted`), or M(s) > 1."""
    in_range(law, s)

    def side(prec: int) -> bool | None:
        lo, hi = law.moment(s, prec, work)
        return True if hi < 1 << prec else False if lo > 1 << prec else None

    if decide(side, MOST_BITS >> 4, "M on one side of 1") is not wanted:
        raise Refused(f"M is not {'below' if wanted else 'above'} 1 at a power of the claim")


def in_range(law: Population, s: Fraction) -> None:
    """Refuses a power at which M is not known, or infinite."""
    if s <= law.least:
        raise Refused("a power of the claim lies below the range of the law")
    if law.most is not None and s >= law.most:
        raise Refused("a power of the claim lies above the moments of the law")


def say(statement: LawExponent) -> str:
    opening = (
        f"For X with {statement.law.words()}, drawn fresh in every step, "
        f"and R = |1 - {exact(statement.rate)} X|: "
    )
    if statement.regime == "stable":
        return f"{opening}R <= 1 always (stable), theta = inf"
    if statement.regime == "inflationary":
        return f"{opening}E log R > 0 (inflationary), theta = 0"
    assert statement.theta is not None
    return f"{opening}E log R < 0 (deflationary) and theta in {bracket(*statement.theta)}"


LAW_EXPONENT = Rule(read, prove, say)
