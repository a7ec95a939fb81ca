"""A cross-check for people: the table, a summary, and a line that names each disagreement."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.crosscheck.table import CheckLine, CrossCheck, shown


def crosscheck_text(result: CrossCheck) -> RenderableType:
    """All lines with their verdicts."""
    table = Table(
        title=f"{result.data}: certified against simulated",
        title_justify="left",
        title_style="bold",
        header_style="",
        box=None,
        padding=(0, 1),
    )
    for column in ("verdict", "check", "certified", "simulated", "error", "note"):
        table.add_column(column, overflow="fold")
    for line in result.lines:
        style = {True: "", False: "bold red", None: "dim"}[line.agree]
        table.add_row(
            verdict(line),
            Text(line.name),
            shown(line.certified),
            shown(line.simulated),
            "" if line.standard_error is None else f"{line.standard_error:.1g}",
            Text(line.note),
            style=style,
        )
    return Group(table, Text(summary(result)))


def verdict(line: CheckLine) -> str:
    """One word: agree, DISAGREE, open (the simulation saw too little) or measured (nothing is certified)."""
    if line.agree is None:
        return "measured" if line.certified is None else "open"
    return "agree" if line.agree else "DISAGREE"


def summary(result: CrossCheck) -> str:
    """How many lines of each verdict."""
    words = [verdict(line) for line in result.lines]
    counts = ", ".join(f"{words.count(word)} {word}" for word in ("agree", "DISAGREE", "open", "measured"))
    return f"{counts}; seed {result.seed}, {result.seconds:.1f} s"


def disagreement(line: CheckLine) -> str:
    """Which line disagrees, and how."""
    error = "" if line.standard_error is None else f" +- {line.standard_error:.1g}"
    note = f" ({line.note})" if line.note else ""
    values = f"certified {shown(line.certified)}, simulated {shown(line.simulated)}{error}{note}"
    return f"disagreement: {line.name}: {values}"
