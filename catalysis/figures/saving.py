"""Figures as files, each written whole or not at all; the same figure gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from catalysis.certificate.files import write_whole
from catalysis.figures.drawn import Drawn
from catalysis.figures.style import styled

SUFFIXES = (".svg", ".pdf", ".png")
_DPI, _SCREEN_DPI = 200, 100
# no date, no version of matplotlib: the same figure is the same file
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


def save_figure(figure: Figure, path: Path, caption: str = "") -> list[Path]:
    """Write `path` with the suffixes .svg, .pdf and .png; returns them. Raises OSError."""
    written = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    for file in written:
        save_file(figure, file, caption=caption)
    return written


def save_file(
    figure: Figure, path: Path, changes: Mapping[str, Any] | None = None, *, caption: str = ""
) -> None:
    """Write one file; its suffix (.png, .svg, .pdf) chooses the format, `changes` are those it was drawn with.

    The caption goes beside the picture, not into it: as its description, for those who cannot see it. Raises OSError.
    """
    kind = path.suffix.removeprefix(".")
    content = BytesIO()
    with styled(changes):  # ticks are made when the figure is drawn
        figure.savefig(content, format=kind, dpi=_DPI, metadata=_METADATA.get(kind))
    raw = content.getvalue()
    write_whole(path, described(raw.decode(), path.stem, caption) if kind == "svg" else raw)


def as_svg(drawn: Drawn, title: str) -> str:
    """A figure as the text of an SVG file."""
    content = BytesIO()
    with styled():
        drawn.figure.savefig(content, format="svg", metadata=_METADATA["svg"])
    return described(content.getvalue().decode(), title, drawn.caption)


def as_png(drawn: Drawn) -> bytes:
    """A figure as the bytes of a PNG file, of a size for screens."""
    content = BytesIO()
    with styled():
        drawn.figure.savefig(content, format="png", dpi=_SCREEN_DPI, metadata=_METADATA["png"])
    return content.getvalue()


def described(svg: str, title: str, caption: str) -> str:
    """The text of an SVG file with a `<title>` and a `<desc>`, as screen readers want them."""
    start = svg.index(">", svg.index("<svg ")) + 1
    words = f"\n <title>{escape(title)}</title>" + (f"\n <desc>{escape(caption)}</desc>" if caption else "")
    return svg[: start - 1] + ' role="img">' + words + svg[start:]
