"""Choosing: which learning rates are safe, which batch sizes, which order of samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.common import (
    BatchSize,
    Data,
    FullBatch,
    Json,
    Output,
    Samples,
    WithoutReplacement,
    app,
    emit,
    number,
    output_folder,
    progress,
    required,
    stage,
    walk_of,
)
from catalysis.errors import InputError

if TYPE_CHECKING:
    from catalysis.dataset import Dataset


@app.command("advise")
def advise_command(
    data: Data = None,
    samples: Samples = None,
    curvature: Annotated[str | None, typer.Option("--lambda0", help="Curvature at the start.")] = None,
    width: Annotated[str | None, typer.Option("--width", help="Width n of the network.")] = None,
    mu0: Annotated[str | None, typer.Option("--mu0", help="mu at the start.")] = None,
    probability: Annotated[str | None, typer.Option("--probability", help="Accepted probability.")] = None,
    scale: Annotated[str, typer.Option("--scale", help="c in the event |mu| >= c sqrt(n/eta).")] = "1",
    tolerance: Annotated[
        str, typer.Option("--tolerance", help="Widest sliver left open, relative.")
    ] = "1/1000",
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Which learning rates keep spikes to the scale sqrt(n/eta) rarer than accepted. DATA's eta is ignored."""
    start, size = required(curvature, "--lambda0"), required(width, "--width")
    accepted, factor = required(probability, "--probability"), required(scale, "--scale")
    mu, sliver = number(mu0, "--mu0"), required(tolerance, "--tolerance")
    if mu is None:
        raise InputError("--mu0: expected a number that is not 0, found nothing")
    walk = walk_of(data, samples, None, batch_size, without_replacement, full_batch)
    from catalysis.advice import advise
    from catalysis.advice.claims import claims_of
    from catalysis.advice.table import advice_text

    with progress(as_json) as update:
        result = advise(
            walk.dataset,
            start,
            size,
            mu,
            accepted,
            scale=factor,
            step=walk.step,
            tolerance=sliver,
            progress=stage(update, "cells"),
        )
    document = result.to_json()
    document["certificate"] = _certificate(output, walk.dataset, claims_of(result))
    emit(as_json, document, advice_text(result))


def _certificate(output: str | None, dataset: Dataset | None, claims: list[dict[str, Any]]) -> str | None:
    """Write the claims, if asked to and if there are any; returns the path."""
    if output is None or not claims:
        return None
    from catalysis.certificate import certificate, write_certificate

    path = output_folder(Path(output)) / "certificate.json"
    write_certificate(path, certificate(dataset, claims))
    return str(path)
