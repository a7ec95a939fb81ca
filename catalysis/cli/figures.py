"""`figure`, `figures`: the figures of the talk; `family`: the certified phase map of two samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.common import (
    Json,
    Lambda,
    Output,
    Update,
    app,
    emit,
    output_folder,
    positive,
    progress,
    stage,
)
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from fractions import Fraction

DEFAULT_FOLDER = "figures"
LARGEST_DRAWN = 10**100

Name = Annotated[str, typer.Argument(metavar="NAME", help="Which figure; a wrong name lists them.")]
FamilyS = Annotated[str, typer.Option("--s", metavar="A..B", help="Range of the second input.")]
FamilyP = Annotated[str, typer.Option("--p", metavar="A..B", help="Range of its probability.")]
Share = Annotated[
    str | None, typer.Option("--share", help="Instead of --lambda: a place in each window, in (0, 1).")
]
Depth = Annotated[int, typer.Option("--depth", help="How often the sides are halved.")]


@app.command("figure")
def figure_command(name: Name, output: Output = None, as_json: Json = False) -> None:
    """Draw one figure of the talk, as SVG and PNG."""
    from catalysis.figures import NAMES

    if name not in NAMES:
        raise InputError(f"figure: expected one of {', '.join(NAMES)}, found {name[:60]!r}")
    _draw((name,), output, as_json)


@app.command("figures")
def figures_command(output: Output = None, as_json: Json = False) -> None:
    """Draw all figures of the talk."""
    from catalysis.figures import NAMES

    _draw(NAMES, output, as_json)


def _draw(names: tuple[str, ...], output: str | None, as_json: bool) -> None:
    folder = output_folder(Path(output or DEFAULT_FOLDER))
    from catalysis.figures import draw
    from catalysis.figures.plots import save_figure

    entries = []
    with progress(as_json) as update:
        for done, name in enumerate(names):
            drawn = draw(name)
            save_figure(drawn.figure, folder / name)
            files = [str(folder / f"{name}.{suffix}") for suffix in ("svg", "png")]
            entries.append({"name": name, "verdict": drawn.verdict, "caption": drawn.caption, "files": files})
            _tell(update, done + 1, len(names))
    verdicts = {str(entry["verdict"]) for entry in entries}
    verdict = verdicts.pop() if len(verdicts) == 1 else "drawn"
    lines = [
        f"{entry['name']} ({entry['verdict']}): {entry['caption']}\n  wrote {' and '.join(entry['files'])}"
        for entry in entries
    ]
    emit(as_json, {"verdict": verdict, "figures": entries}, *lines)


def _tell(update: Update | None, done: int, total: int) -> None:
    if update is not None:
        update("figures", done, total)


@app.command("family")
def family_command(
    s: FamilyS,
    p: FamilyP,
    curvature: Lambda = None,
    share: Share = None,
    depth: Depth = 7,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Certified phase map of the data sets {(1, 1-p), (s, p)}: inflationary, deflationary or open."""
    s_range, p_range = _range(s, "--s"), _range(p, "--p")
    if (curvature is None) == (share is None):
        raise InputError("--lambda, --share: expected exactly one of them")
    fixed, part = positive(curvature, "--lambda"), positive(share, "--share")
    from catalysis.drift.family import TwoSampleFamily, family_map
    from catalysis.report.family import family_text

    family = TwoSampleFamily(fixed, part)
    if output is not None and s_range[1] >= LARGEST_DRAWN:
        raise InputError("--s: expected numbers below 10^100 where a picture is wanted (-o)")
    folder = None if output is None else output_folder(Path(output))
    with progress(as_json) as update:
        found = family_map(family, s_range, p_range, depth=depth, progress=stage(update, "cells"))
    document: dict[str, Any] = found.to_json()
    written: list[Path] = []
    if folder is not None:
        written = _write(folder, found)
        document["files"] = [str(path) for path in written]
    emit(
        as_json, document, family_text(found), *([f"wrote {', '.join(map(str, written))}"] if written else [])
    )


def _range(text: str, what: str) -> tuple[Fraction, Fraction]:
    """The two ends of "A..B"."""
    from catalysis.exact.numbers import parse_rational, shown

    ends = text.split("..")
    if len(ends) != 2:
        raise InputError(f"{what}: expected a range A..B, found {shown(text)}")
    return parse_rational(ends[0], what=what), parse_rational(ends[1], what=what)


def _write(folder: Path, found: Any) -> list[Path]:
    """The certificate with one claim for each box, and the picture."""
    from catalysis.certificate.document import certificate_of, claim, write_certificate
    from catalysis.figures.phase_map import draw_maps
    from catalysis.figures.plots import save_figure

    written = []
    if found.boxes:
        written.append(folder / "certificate.json")
        write_certificate(written[-1], certificate_of(None, [claim(box) for box in found.boxes]))
    save_figure(draw_maps([found]).figure, folder / "phase-map")
    return [*written, folder / "phase-map.svg", folder / "phase-map.png"]
