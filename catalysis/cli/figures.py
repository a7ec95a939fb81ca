"""`figure`, `figures`: the figures of the talk; `family`: the certified phase map of two samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.options import Lambda, command, positive, span
from catalysis.cli.output import Folder, PictureOptions, stage
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.drift.family import FamilyMap
    from catalysis.figures.drawn import Drawn, Size

DEFAULT_FOLDER = "figures"
LARGEST_DRAWN = 10**100

Name = Annotated[str, typer.Argument(metavar="NAME", help="Which figure; a wrong name lists them.")]
FamilyS = Annotated[str, typer.Option("--s", metavar="A..B", help="Range of the second input.")]
FamilyP = Annotated[str, typer.Option("--p", metavar="A..B", help="Range of its probability.")]
Share = Annotated[
    str | None, typer.Option("--share", help="Instead of --lambda: a place in each window, in (0, 1).")
]
Depth = Annotated[int, typer.Option("--depth", help="How often the sides are halved.")]


@command("figure")
def figure_command(name: Name, out: PictureOptions) -> None:
    """Draw one figure of the talk, as SVG, PDF and PNG."""
    from catalysis.figures import NAMES

    if name not in NAMES:
        raise InputError(f"figure: expected one of {', '.join(NAMES)}, found {name[:60]!r}")
    _draw((name,), out)


@command("figures")
def figures_command(out: PictureOptions) -> None:
    """Draw all figures of the talk."""
    from catalysis.figures import NAMES

    _draw(NAMES, out)


def _draw(names: tuple[str, ...], out: PictureOptions) -> None:
    folder = out.folder() or Folder(Path(DEFAULT_FOLDER))
    entries = []
    with out.progress() as update:
        tell = stage(update, "figures")
        for done, name in enumerate(names, 1):
            entries.append(_drawn(folder, name, out.width()))
            if tell is not None:
                tell(done, len(names))
    from catalysis.report.frame import Frame

    verdicts = {str(entry["verdict"]) for entry in entries}
    fields = {"verdict": verdicts.pop() if len(verdicts) == 1 else "drawn", "figures": entries}
    frames = [Frame.lines(f"{e['name']} ({e['verdict']}): {e['caption']}") for e in entries]
    out.finish("Figures", None, fields, frames, folder)


def _drawn(folder: Folder, name: str, size: Size) -> dict[str, Any]:
    """Draw one figure into the folder; what the document says of it."""
    made: list[Drawn] = []

    def draw_one() -> Drawn:
        from catalysis.figures import draw

        made.append(draw(name, size))
        return made[0]

    files = folder.write_picture(name, draw_one)
    verdict, caption = made[0].verdict, made[0].caption
    return {
        "name": name,
        "verdict": verdict,
        "caption": caption,
        "files": [str(folder.final(f)) for f in files],
    }


@command("family")
def family_command(
    s: FamilyS,
    p: FamilyP,
    out: PictureOptions,
    curvature: Lambda = None,
    share: Share = None,
    depth: Depth = 7,
) -> None:
    """Certified phase map of the data sets {(1, 1-p), (s, p)}: inflationary, deflationary or open."""
    s_range, p_range = span(s, "--s"), span(p, "--p")
    if (curvature is None) == (share is None):
        raise InputError("--lambda, --share: expected exactly one of them")
    fixed, part = positive(curvature, "--lambda"), positive(share, "--share")
    from catalysis.drift.family import TwoSampleFamily, family_map
    from catalysis.report.family import family_text

    family = TwoSampleFamily(fixed, part)
    if out.output is not None and s_range[1] >= LARGEST_DRAWN:
        raise InputError("--s: expected numbers below 10^100 where a picture is wanted (-o)")
    folder = out.folder()
    with out.progress() as update:
        found = family_map(family, s_range, p_range, depth=depth, progress=stage(update, "cells"))
    if folder is not None:
        _write(folder, found, out.width())
    out.finish("FamilyMap", None, found.fields(), family_text(found), folder)


def _write(folder: Folder, found: FamilyMap, size: Size) -> None:
    """The certificate with one claim for each box, and the picture."""
    from catalysis.certificate.document import claims_of

    folder.write_certificate(None, claims_of(found.boxes))
    folder.write_plot("phase-map", found, size)
