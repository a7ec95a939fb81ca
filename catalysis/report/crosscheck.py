"""A cross-check for people: the table, a summary, and a line that names each disagreement."""

from __future__ import annotations

from catalysis.crosscheck.table import CheckLine, CrossCheck, shown
from catalysis.report.frame import Emphasis, Frame

_EMPHASIS: dict[bool | None, Emphasis] = {True: "", False: "strong", None: "faint"}
_COLUMNS = ("verdict", "check", "certified", "simulated", "error", "note")


def crosscheck_text(result: CrossCheck) -> list[Frame]:
    """All lines with their verdicts."""
    return [
        Frame(
            f"{result.data}: certified against simulated",
            _COLUMNS,
            tuple(map(_row, result.lines)),
            (summary(result),),
            emphasis=tuple(_EMPHASIS[line.agree] for line in result.lines),
        )
    ]


def _row(line: CheckLine) -> tuple[str, ...]:
    error = "" if line.standard_error is None else f"{line.standard_error:.1g}"
    return verdict(line), line.name, shown(line.certified), shown(line.simulated), error, line.note


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
