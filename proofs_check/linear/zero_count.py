"""The kind `zero_count`: how many zeros G has on an interval, from one witness in each gap."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, index, items, number
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.linear.drift import check_negative_piece, sign_of_drift
from proofs_check.linear.far import FarField, drift_there, gap_index, place_in, tangent_below
from proofs_check.linear.gaps import gap_at, gap_ends, gaps_meeting

MOST_CHARACTERS = 4000
"""Of one entry of `witnesses`."""

_WITNESSES = re.compile(r"[+-][0-9]+(?: [+-][0-9]+)*")

Witness = tuple[bool, Fraction]
"""Whether G > 0 there, and the share of the way from the upper pole to the lower one, in 1/lambda."""


@dataclass(frozen=True)
class ZeroCount:
    """That G has `zeros` zeros on (start, end), as the `witnesses` of the gaps between two poles tell."""

    opening: str
    case: Case
    start: Fraction
    end: Fraction | None
    zeros: int
    gaps: range
    last: bool
    witnesses: tuple[Witness, ...]

    @property
    def positive(self) -> int:
        """In how many gaps between two poles G > 0 somewhere."""
        return sum(up for up, _ in self.witnesses)


def read(claim: dict[str, Any], setting: Setting) -> ZeroCount:
    fields(claim, "the claim", ("kind", "step", "from", "to", "zeros", "witnesses"))
    case, opening = setting.case(claim)
    start = number(claim["from"], "from")
    end = None if claim["to"] == "inf" else number(claim["to"], "to")
    if start < 0 or (end is not None and end <= start):
        raise Refused("from is negative or not below to")
    meeting = gaps_meeting(case.law, start, end)
    gaps = range(max(meeting.start, 1), min(meeting.stop, len(case.law.weights)))
    witnesses = _read_witnesses(claim["witnesses"], case)
    if len(witnesses) != len(gaps):
        raise Refused(
            f"{len(gaps)} gaps between two poles meet the interval, {len(witnesses)} have a witness"
        )
    zeros, last = index(claim["zeros"], "zeros"), len(case.law.weights) in meeting
    return ZeroCount(opening, case, start, end, zeros, gaps, last, witnesses)


def _read_witnesses(value: Any, case: Case) -> tuple[Witness, ...]:
    """ "+5 -48": G > 0 at 0.5 of the way, and in the next gap G < 0, with a tangent at 0.48."""
    found: list[Witness] = []
    for i, text in enumerate(items(value, "witnesses")):
        where = f"witnesses[{i}]"
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS or not _WITNESSES.fullmatch(text):
            raise Refused(f"{where} is not a line of signs and digits")
        case.work.spend(len(text))
        for token in text.split(" "):
            share = Fraction(int(token[1:]), 10 ** (len(token) - 1))
            if not share:
                raise Refused(f"{where} has a witness that does not lie inside its gap")
            found.append((token[0] == "+", share))
    return tuple(found)


def prove(statement: ZeroCount) -> set[str]:
    """D1: no zero in gap 0, one in the last; in a gap between two poles two where G > 0 somewhere (D2), none where
    a tangent is negative on all of it (D3). Near an end of the interval its sign tells which of them are inside."""
    case, start, end = statement.case, statement.start, statement.end
    field = FarField(case)
    used = {"D1", "D2"}
    for gap, (positive, share) in zip(statement.gaps, statement.witnesses, strict=True):
        if positive:
            _check_positive(field, gap, share)
        else:
            _check_negative(field, gap, share)
            used.add("D3")
    zeros = 2 * statement.positive + statement.last
    zeros -= _zeros_beside(statement, start)[0] if start else 0
    zeros -= _zeros_beside(statement, end)[1] if end is not None else 0
    if zeros != statement.zeros:
        raise Refused(f"G has {zeros} zeros there, not {statement.zeros}")
    return used | ({"FF1"} if len(case.law.weights) > 1 else set())


def _check_positive(field: FarField, gap: int, share: Fraction) -> None:
    y = place_in(field.law, gap, share)
    if drift_there(field, gap_index(field.law, gap), y)[0] > 0:
        return
    if sign_of_drift(field.case, field.law.scale / y) != 1:
        raise Refused(f"G is not positive at the witness of gap {gap}")


def _check_negative(field: FarField, gap: int, share: Fraction) -> None:
    case, y = field.case, place_in(field.law, gap, share)
    if tangent_below(field, gap_index(field.law, gap), y):
        return
    low, high = gap_ends(case, gap)
    assert high is not None
    check_negative_piece(case, field.law.scale / y, low, high, f"the witness of gap {gap}")


def _zeros_beside(statement: ZeroCount, q: Fraction) -> tuple[int, int]:
    """How many zeros of its gap are below q, and how many above; refused if G = 0 there."""
    case = statement.case
    gap, last = gap_at(case.law, q), len(case.law.weights)
    if gap is None or gap == 0:
        return 0, 0
    if gap == last:
        return (1, 0) if sign_of_drift(case, q) > 0 else (0, 1)
    positive, share = statement.witnesses[gap - statement.gaps.start]
    if not positive:
        return 0, 0
    if sign_of_drift(case, q) > 0:
        return 1, 1
    return (0, 2) if q * place_in(case.law, gap, share) < case.law.scale else (2, 0)


def say(statement: ZeroCount) -> str:
    ends = exact(statement.start), "inf" if statement.end is None else exact(statement.end)
    zeros, gaps, positive = statement.zeros, len(statement.witnesses), statement.positive
    between = (
        f"; of the {gaps} gaps between neighbouring poles that meet it, {positive} hold two zeros each "
        f"and places with G > 0 between these, in the other {gaps - positive} G < 0"
        if gaps
        else ""
    )
    count = f"{zeros} zero{'' if zeros == 1 else 's'}"
    return f"{statement.opening}on ({ends[0]}, {ends[1]}) the drift G has exactly {count}{between}"


ZERO_COUNT = Rule(read, prove, say)
