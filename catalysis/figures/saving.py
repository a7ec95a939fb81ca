"""Figures as files, each written whole or not at all; the same figure gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from catalysis.certificate.files import write_whole
from catalysis.figures.style import styled

SUFFIXES = (".svg", ".png")


def save_figure(figure: Figure, path: Path) -> list[Path]:
    """Write `path` with the suffixes .svg and .png; returns both. Raises OSError."""
    written = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    for file in written:
        save_file(figure, file)
    return written


def save_file(figure: Figure, path: Path, changes: Mapping[str, Any] | None = None) -> None:
    """Write one file; its suffix (.png, .svg, .pdf) chooses the format, `changes` are those it was drawn with.

    Raises OSError.
    """
    kind = path.suffix.removeprefix(".")
    content = BytesIO()
    with styled(changes):  # ticks are made when the figure is drawn
        figure.savefig(content, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)
    write_whole(path, content.getvalue())
