"""A drawn figure, its caption, and what its content rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure

Basis = Literal["proved", "computed", "measured"]
"""Certified content; an exact map iterated in doubles; a simulation."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure with its caption; `verdict` is the strongest word that fits all of its content."""

    figure: Figure
    caption: str
    verdict: Basis
