"""The certifying commands of the linear regime: thresholds, regions, exponent, and the main job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from catalysis.cli.options import (
    DEFAULT_MAX_BITS,
    Digits,
    From,
    Lambda,
    MaxBits,
    MaxWork,
    PowerOptions,
    To,
    WalkOptions,
    command,
    number,
    positive,
    required,
    span,
)
from catalysis.cli.output import ClaimOptions, Folder, ShowOptions, propositions_of, stage
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.certificate.certify import Certified
    from catalysis.data.walk import LinearWalk
    from catalysis.drift.regions import Run, SignRegions
    from catalysis.exact.result import Progress
    from catalysis.exponent.band import ExponentBand
    from catalysis.figures.drawn import Drawn, Size
    from catalysis.report.page import Picture

Tolerance = Annotated[str, typer.Option("--tolerance", help="Widest cell of a band, in theta.")]
Ceiling = Annotated[
    str, typer.Option("--ceiling", help="Where theta is proved above this, cells may be wide.")
]
Points = Annotated[
    int | None,
    typer.Option(
        "--points", min=2, max=100_000, help="theta at so many curvatures of the range, ends included."
    ),
]
MaxDegree = Annotated[int, typer.Option("--max-degree", min=1, help="Largest tangency algebra.")]


@command("thresholds")
def thresholds_command(source: WalkOptions, show: ShowOptions) -> None:
    """lambda_crit and lambda_max, exactly."""
    walk = source.walk(needs_law=False)
    from catalysis.drift.thresholds import catapult_window
    from catalysis.report.tables import data_line, thresholds_text

    result = catapult_window(walk)
    show.finish("Thresholds", walk, result.fields(), [*data_line(walk), *thresholds_text(result)])


@command("regions")
def regions_command(
    source: WalkOptions,
    show: ShowOptions,
    power: PowerOptions,
    start: From = None,
    end: To = None,
    digits: Digits = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_degree: MaxDegree = 256,
    max_work: MaxWork = None,
    everything: Annotated[bool, typer.Option("--all", help="Also list what lies beyond lambda_max.")] = False,
) -> None:
    """The complete list of zeros and sign regions of the drift G."""
    low = number(start, "--from") or Fraction(0)
    high = None if end is None or end == "inf" else positive(end, "--to")
    if low < 0 or (high is not None and high <= low):
        raise InputError("--from, --to: expected 0 <= from < to")
    walk = source.walk()
    from catalysis.drift.regions import DEFAULT_DIGITS, sign_regions
    from catalysis.report.regions import regions_text
    from catalysis.report.tables import data_line

    with show.progress() as update, _elsewhere(power, stage(update, "pieces")) as run:
        result = sign_regions(
            walk,
            low,
            high,
            digits=digits or DEFAULT_DIGITS,
            max_bits=max_bits,
            max_degree=max_degree,
            max_work=max_work,
            progress=stage(update, "gaps"),
            run=run,
        )
    asked = everything or start is not None or end is not None
    if show.as_json:
        show.finish("SignRegions", walk, result.fields(), [])
        return
    show.finish("SignRegions", walk, {}, [*data_line(walk), *regions_text(result, everything=asked)])


@contextmanager
def _elsewhere(power: PowerOptions, progress: Progress | None) -> Iterator[Run | None]:
    """How pieces of a list are settled in other processes, where such are asked for."""
    if power.workers is None and power.dask is None:
        yield None
        return
    from catalysis.simulation.executors import open_executor, run_all

    with open_executor(power.workers, power.dask) as executor:
        yield lambda settle, pieces: run_all(settle, pieces, executor, progress=progress)


@command("exponent")
def exponent_command(
    source: WalkOptions,
    out: ClaimOptions,
    curvature: Lambda = None,
    start: From = None,
    end: To = None,
    digits: Digits = None,
    tolerance: Tolerance = "1/10",
    ceiling: Ceiling = "20",
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_work: MaxWork = None,
    points: Points = None,
) -> None:
    """The Cramer exponent theta at one curvature (--lambda L), over an interval (--lambda A..B, or --from, --to), or at
    many curvatures of it (--points N).
    """
    if ".." in str(curvature):
        if start is not None or end is not None:
            raise InputError("--lambda: expected a range A..B without --from and --to")
        span(str(curvature), "--lambda")
        (start, _, end), curvature = str(curvature).partition(".."), None
    at, low, high = positive(curvature, "--lambda"), positive(start, "--from"), positive(end, "--to")
    width, roof = required(tolerance, "--tolerance"), required(ceiling, "--ceiling")
    if (at is None) == (low is None and high is None) or (low is None) != (high is None):
        raise InputError("--lambda: expected either --lambda (L, or A..B) or both --from and --to")
    if roof < 1:
        raise InputError(f"--ceiling: expected a number >= 1, found {ceiling}")
    if at is not None:
        if points is not None:
            raise InputError("--points: expected with a range, --lambda A..B or --from and --to")
        _exponent_at(source.walk(), at, digits, max_bits, out)
        return
    assert low is not None and high is not None
    if low >= high:
        raise InputError("--from, --to: expected from < to")
    walk = source.walk()
    if points is not None:
        places = [low + (high - low) * k / (points - 1) for k in range(points)]
        _exponent_curve(walk, places, digits, max_bits, out)
        return
    from catalysis.exponent.band import exponent_band
    from catalysis.report.tables import band_text, beyond_window, data_line

    folder = out.folder()
    with out.progress() as update:
        band = exponent_band(
            walk,
            low,
            high,
            tolerance=width,
            ceiling=roof,
            max_work=max_work,
            progress=stage(update, "cells"),
        )
    words = out.carried(folder, walk, [band], "exponent")
    frames = [*data_line(walk), *beyond_window(walk, high), *band_text(band, overall=True)]
    out.finish("ExponentBand", walk, band.fields(), frames, folder, words)


def _exponent_curve(
    walk: LinearWalk, places: list[Fraction], digits: int | None, max_bits: int, out: ClaimOptions
) -> None:
    from catalysis.exponent.curve import DEFAULT_DIGITS, exponent_curve
    from catalysis.report.tables import beyond_window, curve_text, data_line

    folder = out.folder()
    with out.progress() as update:
        curve = exponent_curve(
            walk, places, digits=digits or DEFAULT_DIGITS, max_bits=max_bits, progress=stage(update, "points")
        )
    words = out.carried(folder, walk, curve)
    frames = [*data_line(walk), *beyond_window(walk, places[-1]), *curve_text(curve)]
    out.finish("ExponentCurve", walk, curve.fields(), frames, folder, words)


def _exponent_at(
    walk: LinearWalk, at: Fraction, digits: int | None, max_bits: int, out: ClaimOptions
) -> None:
    from catalysis.exponent.exponent import DEFAULT_DIGITS, cramer_exponent, exponent_rate
    from catalysis.report.tables import beyond_window, data_line, exponents_text

    folder = out.folder()
    result = cramer_exponent(walk, at, digits=digits or DEFAULT_DIGITS, max_bits=max_bits)
    rate = exponent_rate(walk, at, digits=min(digits or 10, 30), max_bits=max_bits)
    fields = {**result.fields(), "rate": None if rate is None else rate.rate.to_json()}
    words = out.carried(folder, walk, [result, *([rate] if rate else [])], "exponent")
    frames = [*data_line(walk), *beyond_window(walk, at), *exponents_text([result], [rate])]
    out.finish("CramerExponent", walk, fields, frames, folder, words)


@command("certify")
def certify_command(
    source: WalkOptions,
    out: ClaimOptions,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_work: MaxWork = None,
) -> None:
    """The main job: certify one data set; write certificate, figures and report."""
    walk = source.walk()
    folder = out.folder() or Folder(Path(f"{source.name()}-certified"))
    from catalysis.certificate.certify import certify
    from catalysis.report.certified import certified_text

    with out.progress() as update:
        result = certify(walk, max_bits=max_bits, max_work=max_work, progress=update)
    _write(folder, result, out.width())
    words = propositions_of(walk.dataset, result.claims(), folder) if out.latex else None
    out.finish("Certified", walk, result.fields(), certified_text(result), folder, words)


def _write(folder: Folder, result: Certified, size: Size) -> None:
    """The certificate, a figure of the regions and one of the band where they are done, and the page that shows all."""
    from catalysis.certificate.certify import NotDone
    from catalysis.report.page import page

    folder.write_certificate(result.walk.dataset, result.claims())
    pictures = {}
    for name, part, draw in (("drift", result.regions, _drift), ("exponent", result.band, _exponent)):
        if not isinstance(part, NotDone):
            drawn = cache(partial(draw, result))
            folder.write_picture(name, partial(drawn, size))
            pictures[name] = _both(name, drawn)
    folder.write_text("report.html", page(result, folder.digest, pictures))


def _both(name: str, draw: Callable[[Size], Drawn]) -> Picture:
    """A figure for the page, for wide screens and for narrow ones."""
    from catalysis.figures.saving import as_svg
    from catalysis.report.page import Picture

    wide, narrow = draw("page"), draw("column")
    return Picture(as_svg(wide, name), as_svg(narrow, name), wide.caption)


def _drift(result: Certified, size: Size) -> Drawn:
    from catalysis.figures.drawn import Drawn
    from catalysis.figures.plots import drift_caption, plot_drift

    regions = cast("SignRegions", result.regions)
    return Drawn(plot_drift(regions, result.full_batch, size), drift_caption(regions), "proved")


def _exponent(result: Certified, size: Size) -> Drawn:
    from catalysis.figures.drawn import Drawn
    from catalysis.figures.plots import exponent_caption, plot_exponent

    band = cast("ExponentBand", result.band)
    return Drawn(plot_exponent(band, size=size), exponent_caption(band), "proved")
