"""The kind `sign`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, items, number, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.linear.drift import check_negative_piece, sign_of_drift
from proofs_check.linear.gaps import gap_at, gap_ends, gaps_meeting
from proofs_check.linear.points import gap_of


@dataclass(frozen=True)
class Sign:
    """That G has one sign on the closed interval [start, end], 0 < start <= end; at a pole G = -inf."""

    case: Case
    opening: str
    positive: bool
    start: Fraction
    end: Fraction
    witnesses: tuple[Fraction, ...]


def read(claim: dict[str, Any], setting: Setting) -> Sign:
    fields(claim, "the claim", ("kind", "step", "sign", "from", "to", "witnesses"))
    case, opening = setting.case(claim)
    start, end = positive(claim["from"], "from"), number(claim["to"], "to")
    if end < start:
        raise Refused("to lies below from")
    listed = items(claim["witnesses"], "witnesses")
    witnesses = tuple(number(c, f"witnesses[{i}]") for i, c in enumerate(listed))
    if claim["sign"] not in ("positive", "negative"):
        raise Refused(f"the unknown sign {quoted(claim['sign'])}")
    return Sign(case, opening, claim["sign"] == "positive", start, end, witnesses)


def prove(statement: Sign) -> tuple[str, ...]:
    return _prove_positive(statement) if statement.positive else _prove_negative(statement)


def _prove_positive(statement: Sign) -> tuple[str, ...]:
    """D4: start and end in one gap, G > 0 at both => G > 0 between them."""
    case, start, end = statement.case, statement.start, statement.end
    if statement.witnesses:
        raise Refused("a positive sign takes no witnesses")
    if gap_of(case, start, "from") != gap_of(case, end, "to"):
        raise Refused("from and to do not lie in one gap")
    for q, where in ((start, "from"), (end, "to")):
        if sign_of_drift(case, q) < 0:
            raise Refused(f"G is negative at {where}")
    return ("D4",)


def _prove_negative(statement: Sign) -> tuple[str, ...]:
    """D1(a): G < 0 in gap 0. D3: in each other gap, the tangent of G at a witness is < 0 at both ends of the
    part => G < 0 on it; in the last gap G increases, so G(end) < 0 is enough. At the poles G = -inf."""
    case, law, start, end = statement.case, statement.case.law, statement.start, statement.end
    gaps = [gap for gap in _gaps(statement) if gap > 0]
    if len(statement.witnesses) != len(gaps):
        raise Refused(f"{len(gaps)} witnesses are needed, {len(statement.witnesses)} are given")
    for i, (gap, c) in enumerate(zip(gaps, statement.witnesses, strict=True)):
        where = f"witnesses[{i}]"
        if c <= 0 or gap_at(law, c) != gap or not start <= c <= end:
            raise Refused(f"{where} does not lie in gap {gap} and in the interval")
        low, high = gap_ends(case, gap)
        if high is None or start == end:
            if c != end or sign_of_drift(case, c) > 0:
                raise Refused(f"{where} is not the end of the interval, or G is positive there")
        else:
            check_negative_piece(case, c, max(start, low), min(end, high), where)
    return ("D1", "D3")


def _gaps(statement: Sign) -> list[int]:
    """The gaps that the interval meets."""
    law = statement.case.law
    if statement.start < statement.end:
        return list(gaps_meeting(law, statement.start, statement.end))
    gap = gap_at(law, statement.start)
    return [] if gap is None else [gap]


def say(statement: Sign) -> str:
    place = f"[{exact(statement.start)}, {exact(statement.end)}]"
    return f"{statement.opening}G {'>' if statement.positive else '<'} 0 on {place}"


SIGN = Rule(read, prove, say)
