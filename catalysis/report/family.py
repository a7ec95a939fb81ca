"""The phase map of a family, for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.drift.family import FamilyMap, Range
from catalysis.exact.numbers import exact_text

_MOST_ROWS = 8


def family_text(found: FamilyMap) -> RenderableType:
    """Areas with their verdicts and lemmas, and the largest boxes."""
    family = found.family
    place = (
        f"eta lambda = {exact_text(family.fixed)}"
        if family.fixed is not None
        else f"eta lambda = (2 + 2 * {family.to_json()['share']})/max(1, s^2)"
    )
    lemma = "F1, F3" if family.fixed is not None else "F2, F3"
    heading = Text(
        f"data sets {{(1, 1 - p), (s, p)}}, s in {_ends(found.s)}, p in {_ends(found.p)}, "
        f"at {place}, depth {found.depth}"
    )
    areas = Table(title="Areas", title_justify="left", title_style="bold", header_style="", box=None)
    for column in ("phase", "area (exact)", "of the box", "boxes", "verdict", "lemma"):
        areas.add_column(column)
    for name, sign in (("inflationary, G > 0", 1), ("deflationary, G < 0", -1)):
        area = found.area(sign)
        count = sum(box.sign == sign for box in found.boxes)
        areas.add_row(
            name, exact_text(area), f"{float(area / found.total_area):.4%}", str(count), "proved", lemma
        )
    share = f"{float(found.open_area / found.total_area):.4%}"
    areas.add_row("open", exact_text(found.open_area), share, "", "undecided", "F3")
    boxes = Table(title="Largest boxes", title_justify="left", title_style="bold", header_style="", box=None)
    for column in ("sign of G", "s in", "p in", "verdict"):
        boxes.add_column(column)
    for box in sorted(found.boxes, key=lambda one: -one.area)[:_MOST_ROWS]:
        boxes.add_row("positive" if box.sign > 0 else "negative", _ends(box.s), _ends(box.p), "proved")
    return Group(heading, Text(""), areas, Text(""), boxes)


def _ends(ends: Range) -> str:
    return "[" + ", ".join(exact_text(end) for end in ends) + "]"
