"""The command that says how the curvature falls at finite width: after a spike, or without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalysis.cli.common import (
    BatchSize,
    Data,
    Eta,
    FullBatch,
    Json,
    Lambda,
    Output,
    Samples,
    WithoutReplacement,
    app,
    emit,
    number,
    output_folder,
    positive,
    progress,
    required,
    stage,
    walk_of,
)
from catalysis.exact.errors import InputError


@app.command("reduction")
def reduction_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    curvature: Lambda = None,
    width: Annotated[str | None, typer.Option("--width", help="Width n of the network, at least 1.")] = None,
    mu0: Annotated[str | None, typer.Option("--mu0", help="mu at the start, not 0.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The curvature to fall below.")] = None,
    eps: Annotated[
        str | None, typer.Option("--eps", help="Without |kappa| ever exceeding this; default: chosen.")
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """How the curvature falls from --lambda below --to: through a spike at least, without one at most."""
    at, size, target = required(curvature, "--lambda"), required(width, "--width"), required(to, "--to")
    start, small = number(mu0, "--mu0"), positive(eps, "--eps")
    if start is None:
        raise InputError("--mu0: expected a number other than 0, found nothing")
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    folder = None if output is None else output_folder(Path(output))
    from catalysis.nonlinear.loss import curvature_reduction
    from catalysis.report import tables as report
    from catalysis.report.width import reduction_table

    with progress(as_json) as update:
        result = curvature_reduction(
            walk, at, size, start, target, epsilon=small, progress=stage(update, "levels")
        )
    document = result.to_json()
    lines = [report.data_line(walk), reduction_table(result)]
    if folder is not None:
        from catalysis.certificate.document import certificate_of, claim, write_certificate

        path = folder / "certificate.json"
        write_certificate(path, certificate_of(walk.dataset, [claim(result)]))
        document["certificate"] = str(path)
        lines.append(f"re-prove it with: proofs-check {path}")
    emit(as_json, document, *lines)
