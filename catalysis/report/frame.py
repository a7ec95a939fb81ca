"""One frame for every table: title, columns, rows and lines below, for a terminal, HTML, LaTeX or plain text.

The functions of this room return frames; how a frame looks is decided here alone. Nothing in a cell is read as
markup, so names of data sets may hold anything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from catalysis.report.latex import escaped

if TYPE_CHECKING:
    from rich.console import RenderableType

Emphasis = Literal["", "strong", "faint"]
_LONGEST_WORD = 24
_STYLES: dict[str, str] = {"": "", "strong": "bold red", "faint": "dim"}

_GREEK = {
    "lambda": "λ",
    "theta": "θ",
    "kappa": "κ",
    "eta": "η",
    "mu": "μ",
}


@dataclass(frozen=True)
class Frame:
    """A table, or lines alone: then without columns. Rows have one string for each column."""

    title: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    """Lines below the table."""
    emphasis: tuple[Emphasis, ...] = field(default=(), kw_only=True)
    """How strongly each row is shown; empty: all alike."""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row needs one cell for each column")

    @classmethod
    def of(cls, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *notes: str) -> Frame:
        return cls(title, tuple(columns), tuple(tuple(row) for row in rows), notes)

    @classmethod
    def lines(cls, *notes: str) -> Frame:
        """Text without a table."""
        return cls(notes=notes)

    @property
    def headed(self) -> bool:
        """Whether the columns have names."""
        return any(self.columns)


def terminal(frame: Frame, width: int = 200) -> RenderableType:
    """For `rich`, which folds long cells; a single row that is too wide for `width` stands upright."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if frame.headed and len(frame.rows) == 1 and _natural_width(frame) > width:
        frame = _upright(frame)
    notes = [Text(note) for note in frame.notes]
    if not frame.columns:
        return Group(*([Text(frame.title, style="bold")] if frame.title else []), *notes)
    table = Table(
        header_style="",
        box=None,
        padding=(0, 2) if _natural_width(frame) <= width else (0, 1),
        show_header=frame.headed,
    )
    for name, wide in zip(frame.columns, _widths(frame, width), strict=True):
        table.add_column(Text(name), overflow="fold", width=wide)
    for i, row in enumerate(frame.rows):
        style = _STYLES[frame.emphasis[i]] if frame.emphasis else ""
        table.add_row(*(Text(cell) for cell in row), style=style)
    title = [Text(frame.title, style="bold")] if frame.title else []
    return Group(*title, table, *notes)


def _natural_width(frame: Frame) -> int:
    """How wide the table is where nothing is folded."""
    rows = [frame.columns, *frame.rows]
    return sum(max(map(len, cells)) + 4 for cells in zip(*rows, strict=True))


def _widths(frame: Frame, width: int) -> list[int | None]:
    """How wide each column is: None where all fits; else no word is broken as long as that can be."""
    columns = list(zip(frame.columns, *frame.rows, strict=True))
    if _natural_width(frame) <= width:
        return [None] * len(columns)
    wished = [max(map(len, cells)) for cells in columns]
    words = [max((len(word) for cell in cells for word in cell.split()), default=1) for cells in columns]
    least, room = [min(word, _LONGEST_WORD) for word in words], width - 2 * len(columns)
    if sum(least) > room:
        return [max(1, room * few // sum(least)) for few in least]
    wanting = sum(wished) - sum(least)
    spare = min(room - sum(least), wanting)
    return [few + (many - few) * spare // max(1, wanting) for few, many in zip(least, wished, strict=True)]


def _upright(frame: Frame) -> Frame:
    """The one row as lines "column  value"."""
    (row,) = frame.rows
    lines = tuple((name, cell) for name, cell in zip(frame.columns, row, strict=True) if name or cell)
    return Frame(frame.title, ("", ""), lines, frame.notes)


def plain(frame: Frame) -> str:
    """Aligned text of any width."""
    lines = [frame.title] if frame.title else []
    rows = [*([frame.columns] if frame.headed else []), *frame.rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  " + "    ".join(cells).rstrip())
    return "\n".join([*lines, *frame.notes])


def to_html(frame: Frame, mark: Callable[[str], str] = str) -> str:
    """The table and the lines below it, escaped; the title stays with the page. Columns are named by letters.

    `mark` turns the escaped text of a cell or a line into what stands on the page.
    """
    parts = []
    if frame.columns:
        head = "".join(f"<th>{html.escape(greek(cell))}</th>" for cell in frame.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{mark(html.escape(cell))}</td>" for cell in row) + "</tr>"
            for row in frame.rows
        )
        head = f"<tr>{head}</tr>" if frame.headed else ""
        parts.append(f"<div class=scroll><table>{head}{body}</table></div>")
    parts += [f"<p class=quiet>{mark(html.escape(note))}</p>" for note in frame.notes]
    return "".join(parts)


def to_latex(frame: Frame) -> str:
    """A `tabular` with the title above and the lines below it."""
    lines = [rf"\paragraph{{{escaped(frame.title)}}}"] if frame.title else []
    if frame.columns:
        rows = [*([frame.columns] if frame.headed else []), *frame.rows]
        lines.append(rf"\begin{{tabular}}{{{'l' * len(frame.columns)}}}")
        lines += [" & ".join(map(escaped, row)) + r" \\" for row in rows]
        lines.append(r"\end{tabular}")
    return "\n".join([*lines, *(escaped(note) + r"\par" for note in frame.notes)])


def greek(text: str) -> str:
    """The names of the quantities as letters, for pages."""
    return re.sub(r"(?<![A-Za-z])(lambda|theta|kappa|eta|mu)(?![a-z])", lambda m: _GREEK[m[1]], text)
