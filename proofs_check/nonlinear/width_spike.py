"""The claim `width_spike`: P(|kappa| ever reaches c) in the reduced map at finite width.

0 <= lower <= upper <= 1, one of the lemmas of width_lower.py for `lower`, one of width_upper.py for `upper`
=>  the probability lies between them.
"""

from dataclasses import dataclass
from typing import Any

from proofs_check.core.reading import Refused, fields, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.nonlinear.width_lower import Lower, read_lower
from proofs_check.nonlinear.width_start import KEYS, read_start
from proofs_check.nonlinear.width_upper import ByWords, Upper, read_upper


@dataclass(frozen=True)
class Statement:
    """Both bounds are of the same start and level."""

    opening: str
    lower: Lower
    upper: Upper


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    keys = ("kind", "step", *KEYS, "kappa", "lower", "upper", "lower_proof", "upper_proof")
    fields(claim, "the claim", keys)
    told = read_start(claim, setting)
    level = positive(claim["kappa"], "kappa")
    lower, upper = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    above = read_upper(told, level, upper, claim["upper_proof"])
    shared = above.words if isinstance(above, ByWords) else None
    return Statement(told.words, read_lower(told.start, level, lower, claim["lower_proof"], shared), above)


def prove(statement: Statement) -> set[str]:
    if not 0 <= statement.lower.value <= statement.upper.value <= 1:
        raise Refused("not 0 <= lower <= upper <= 1")
    return statement.lower.prove() | statement.upper.prove()


def say(statement: Statement) -> str:
    bounds = bracket(statement.lower.value, statement.upper.value, shape="[]")
    level = exact(statement.upper.level)
    return f"{statement.opening}the probability that |kappa| ever reaches {level} lies in {bounds}"


RULE = Rule(read, prove, say)
