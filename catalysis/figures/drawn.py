"""A drawn figure, its caption, what its content rests on, and how wide it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure

Basis = Literal["proved", "computed", "measured"]
"""Certified content; an exact map iterated in doubles; a simulation."""

Size = Literal["column", "page"]

WIDTHS: dict[Size, float] = {"column": 3.4, "page": 7.0}
"""Inches: one column of a paper, and the whole page."""


@dataclass(frozen=True, eq=False, repr=False)
class Drawn:
    """A figure with its caption; `verdict` is the strongest word that fits all of its content."""

    figure: Figure
    caption: str
    verdict: Basis

    def __repr__(self) -> str:
        return f"Drawn({self.caption!r}, {self.verdict})"

    def save(self, name: str) -> None:
        """Write it; the suffix (.png, .svg, .pdf) chooses the format. Raises InputError, OSError."""
        from catalysis.figures.saving import SUFFIXES, save_file

        path = Path(name)
        if path.suffix not in SUFFIXES:
            raise InputError(f"name: expected one that ends in {', '.join(SUFFIXES)}, found {name[:60]!r}")
        save_file(self.figure, path, caption=self.caption)

    def _repr_png_(self) -> bytes:
        """In a notebook the picture itself."""
        from catalysis.figures.saving import as_png

        return as_png(self)


def as_size(name: object) -> Size:
    """`column` or `page`. Raises InputError for anything else."""
    for size in WIDTHS:
        if name == size:
            return size
    raise InputError(f"size: expected one of {', '.join(WIDTHS)}, found {str(name)[:60]!r}")
