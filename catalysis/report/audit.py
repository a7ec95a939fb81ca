"""The audit for people."""

from __future__ import annotations

import textwrap
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.audit.run import AuditReport, Examined

_STATEMENTS = 3


def table(report: AuditReport) -> RenderableType:
    """One line for each claim, by chapter."""
    parts: list[RenderableType] = []
    for chapter, examined in groupby(report.examined, key=lambda one: one.claim.chapter):
        lines = Table(title=chapter, title_justify="left", title_style="bold", header_style="", box=None)
        for column in ("id", "verdict", "claims checked"):
            lines.add_column(column, no_wrap=True)
        lines.add_column("claim", overflow="fold")
        for one in examined:
            verdict = one.verdict.value if one.as_recorded else f"{one.verdict.value} (DIFFERS)"
            lines.add_row(one.claim.id, verdict, str(len(one.statements) or ""), one.claim.claim)
        parts += [lines, Text("")]
    differing = ", ".join(one.claim.id for one in report.differing)
    parts.append(
        Text(f"differs from the record: {differing}" if differing else "all verdicts are as recorded")
    )
    return Group(*parts)


def detail(one: Examined) -> RenderableType:
    """A claim with its evidence."""
    lines = [
        f"{one.claim.id}: {one.verdict.value}"
        + ("" if one.as_recorded else f" (DIFFERS: recorded as {one.claim.recorded.value})"),
        *_wrapped("claim", one.claim.claim),
        *_wrapped("checked", one.claim.checked),
    ]
    if one.finding.reason:
        lines += _wrapped("reason", one.finding.reason)
    for name, value in one.finding.numbers:
        lines += _wrapped("found", f"{name}: {value}")
    for statement in one.statements[:_STATEMENTS]:
        lines += _wrapped("proved", statement)
    more = len(one.statements) - _STATEMENTS
    if more > 0:
        lines.append(f"  proved     and {more} more statements (--json shows them all)")
    for refusal in one.refusals:
        lines += _wrapped("REFUSED", refusal)
    for command in one.claim.commands:
        lines.append(f"  see        {command}")
    return Text("\n".join(lines))


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        110,
        initial_indent=f"  {label:<10} ",
        subsequent_indent=" " * 13,
        break_long_words=False,
        break_on_hyphens=False,
    )
