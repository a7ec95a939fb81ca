"""The phase map of a family, for people."""

from __future__ import annotations

from fractions import Fraction

from catalysis.drift.family import FamilyMap, Range
from catalysis.exact.numbers import exact_text
from catalysis.report.frame import Frame

_MOST_ROWS = 8


def family_text(found: FamilyMap) -> list[Frame]:
    """Areas with their verdicts and lemmas, and the largest boxes."""
    return [Frame.lines(_heading(found)), _areas(found), _largest(found)]


def _heading(found: FamilyMap) -> str:
    family = found.family
    if family.fixed is not None:
        place = f"eta lambda = {exact_text(family.fixed)}"
    else:
        place = f"eta lambda = (2 + 2 * {family.to_json()['share']})/max(1, s^2)"
    return (
        f"data sets {{(1, 1 - p), (s, p)}}, s in {_ends(found.s)}, p in {_ends(found.p)}, "
        f"at {place}, depth {found.depth}"
    )


def _areas(found: FamilyMap) -> Frame:
    lemma = "F2, F3" if found.family.fixed is None else "F1, F3"
    rows = [
        (
            name,
            *_area(found, found.area(sign)),
            str(sum(b.sign == sign for b in found.boxes)),
            "proved",
            lemma,
        )
        for name, sign in (("inflationary, G > 0", 1), ("deflationary, G < 0", -1))
    ]
    rows.append(("open", *_area(found, found.open_area), "", "undecided", "F3"))
    columns = ("phase", "area (exact)", "of the box", "boxes", "verdict", "lemma")
    return Frame.of("Areas", columns, rows)


def _area(found: FamilyMap, area: Fraction) -> tuple[str, str]:
    return exact_text(area), f"{float(area / found.total_area):.4%}"


def _largest(found: FamilyMap) -> Frame:
    boxes = sorted(found.boxes, key=lambda one: -one.area)[:_MOST_ROWS]
    rows = [
        ("positive" if box.sign > 0 else "negative", _ends(box.s), _ends(box.p), "proved") for box in boxes
    ]
    return Frame.of("Largest boxes", ("sign of G", "s in", "p in", "verdict"), rows)


def _ends(ends: Range) -> str:
    return "[" + ", ".join(exact_text(end) for end in ends) + "]"
