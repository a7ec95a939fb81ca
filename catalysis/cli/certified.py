"""The certifying commands of the linear regime: thresholds, regions, exponent, and the main job."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from catalysis.cli.common import (
    DEFAULT_MAX_BITS,
    BatchSize,
    Data,
    Digits,
    Eta,
    From,
    FullBatch,
    Json,
    Lambda,
    MaxBits,
    Output,
    Samples,
    To,
    WithoutReplacement,
    app,
    emit,
    number,
    output_folder,
    positive,
    progress,
    stage,
    walk_of,
)
from catalysis.exact.errors import InputError


@app.command("thresholds")
def thresholds_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    as_json: Json = False,
) -> None:
    """lambda_crit and lambda_max, exactly."""
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis.drift.thresholds import catapult_window
    from catalysis.report import tables as report

    result = catapult_window(walk)
    emit(as_json, result.to_json(), report.data_line(walk), report.thresholds_text(result))


@app.command("regions")
def regions_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    start: From = None,
    end: To = None,
    digits: Digits = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_degree: Annotated[int, typer.Option("--max-degree", min=1, help="Largest tangency algebra.")] = 256,
    as_json: Json = False,
) -> None:
    """The complete list of zeros and sign regions of the drift G."""
    low = number(start, "--from") or Fraction(0)
    high = None if end is None or end == "inf" else positive(end, "--to")
    if low < 0 or (high is not None and high <= low):
        raise InputError("--from, --to: expected 0 <= from < to")
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis.drift.regions import DEFAULT_DIGITS, sign_regions
    from catalysis.report import tables as report

    with progress(as_json) as update:
        result = sign_regions(
            walk,
            low,
            high,
            digits=digits or DEFAULT_DIGITS,
            max_bits=max_bits,
            max_degree=max_degree,
            progress=stage(update, "gaps"),
        )
    emit(as_json, result.to_json(), report.data_line(walk), report.regions_text(result))


@app.command("exponent")
def exponent_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    curvature: Lambda = None,
    start: From = None,
    end: To = None,
    digits: Digits = None,
    tolerance: Annotated[str, typer.Option("--tolerance", help="Widest cell of a band, in theta.")] = "1/10",
    ceiling: Annotated[
        str, typer.Option("--ceiling", help="Where theta is proved above this, cells may be wide.")
    ] = "20",
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    as_json: Json = False,
) -> None:
    """The Cramer exponent theta at one curvature (--lambda) or over an interval (--from, --to)."""
    at, low, high = positive(curvature, "--lambda"), positive(start, "--from"), positive(end, "--to")
    width, roof = positive(tolerance, "--tolerance"), positive(ceiling, "--ceiling")
    if (at is None) == (low is None and high is None) or (low is None) != (high is None):
        raise InputError("expected either --lambda or both --from and --to")
    if low is not None and high is not None and low >= high:
        raise InputError("--from, --to: expected from < to")
    if roof is None or roof < 1:
        raise InputError(f"--ceiling: expected a number >= 1, found {ceiling}")
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis.exponent.band import exponent_band
    from catalysis.exponent.exponent import DEFAULT_DIGITS, cramer_exponent, exponent_rate
    from catalysis.report import tables as report

    if at is not None:
        result = cramer_exponent(walk, at, digits=digits or DEFAULT_DIGITS, max_bits=max_bits)
        rate = exponent_rate(walk, at, digits=min(digits or 10, 30), max_bits=max_bits)
        document = {**result.to_json(), "rate": None if rate is None else rate.rate.to_json()}
        emit(as_json, document, report.data_line(walk), report.exponents_text([result], [rate]))
        return
    assert low is not None and high is not None and width is not None
    with progress(as_json) as update:
        band = exponent_band(
            walk,
            low,
            high,
            tolerance=width,
            ceiling=roof,
            progress=stage(update, "cells"),
        )
    emit(as_json, band.to_json(), report.data_line(walk), report.band_text(band))


@app.command("certify")
def certify_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    output: Output = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    as_json: Json = False,
) -> None:
    """The main job: certify one data set; write certificate, figures and report."""
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    folder = output_folder(Path(output or f"{Path(data).stem if data else 'samples'}-certified"))
    from catalysis.certificate.certify import certify
    from catalysis.certificate.document import write_certificate
    from catalysis.report import tables as report
    from catalysis.report.phases import landing_text
    from catalysis.report.spikes import spikes_text

    with progress(as_json) as update:
        result = certify(walk, max_bits=max_bits, progress=update)
    path = folder / "certificate.json"
    digest = write_certificate(path, result.document())
    written = [path]
    if not as_json:
        limits = (result.limits, result.full_batch_limits)
        emit(
            False,
            {},
            report.data_line(walk),
            report.thresholds_text(*limits),
            report.regions_text(result.regions),
            report.exponents_text(list(result.exponents), list(result.rates)),
            report.band_text(result.band),
            *([spikes_text(result.spikes)] if result.spikes else []),
            *([] if result.zone is None else [landing_text(result.zone)]),
        )
    from catalysis.figures.plots import plot_drift, plot_exponent, save_figure
    from catalysis.report.page import write_report

    for name, figure in (
        ("drift", plot_drift(result.regions, result.full_batch)),
        ("exponent", plot_exponent(result.band)),
    ):
        save_figure(figure, folder / name)
        written += [folder / f"{name}.svg", folder / f"{name}.png"]
    written.append(write_report(folder, result, digest))
    document = {
        **result.to_json(),
        "certificate": str(path),
        "sha256": digest,
        "files": [str(f) for f in written],
    }
    lines = [
        f"wrote {', '.join(f.name for f in written)} in {folder}",
        f"re-prove it with: proofs-check {path}",
    ]
    if as_json:
        emit(True, document)
    else:
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
