"""The audit for people."""

from __future__ import annotations

import textwrap
from itertools import groupby

from catalysis.audit.run import AuditReport, Examined
from catalysis.report.frame import Frame

_STATEMENTS = 3


def table(report: AuditReport) -> list[Frame]:
    """One line for each claim, by chapter."""
    frames = [
        Frame.of(chapter, ("id", "verdict", "claims checked", "claim"), map(_row, examined))
        for chapter, examined in groupby(report.examined, key=lambda one: one.claim.chapter)
    ]
    differing = ", ".join(one.claim.id for one in report.differing)
    last = f"differs from the record: {differing}" if differing else "all verdicts are as recorded"
    return [*frames, Frame.lines(last)]


def _row(one: Examined) -> tuple[str, str, str, str]:
    verdict = one.verdict.value if one.as_recorded else f"{one.verdict.value} (DIFFERS)"
    return one.claim.id, verdict, str(len(one.statements) or ""), one.claim.claim


def detail(one: Examined) -> Frame:
    """A claim with its evidence."""
    differs = "" if one.as_recorded else f" (DIFFERS: recorded as {one.claim.recorded.value})"
    more = len(one.statements) - _STATEMENTS
    return Frame.lines(
        f"{one.claim.id}: {one.verdict.value}{differs}",
        *_wrapped("claim", one.claim.claim),
        *_wrapped("checked", one.claim.checked),
        *(_wrapped("reason", one.finding.reason) if one.finding.reason else ()),
        *(line for name, value in one.finding.numbers for line in _wrapped("found", f"{name}: {value}")),
        *(line for statement in one.statements[:_STATEMENTS] for line in _wrapped("proved", statement)),
        *([f"  proved     and {more} more statements (--json shows them all)"] if more > 0 else ()),
        *(line for refusal in one.refusals for line in _wrapped("REFUSED", refusal)),
        *(f"  see        {command}" for command in one.claim.commands),
    )


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        110,
        initial_indent=f"  {label:<10} ",
        subsequent_indent=" " * 13,
        break_long_words=False,
        break_on_hyphens=False,
    )
