"""Choosing: which learning rates are safe, which batch sizes, which order of samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.common import (
    DEFAULT_MAX_BITS,
    BatchSize,
    Data,
    Digits,
    Eta,
    FullBatch,
    Json,
    Lambda,
    MaxBits,
    Output,
    Samples,
    WithoutReplacement,
    app,
    dataset_of,
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

if TYPE_CHECKING:
    from catalysis.data.dataset import Dataset


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
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Many samples: narrow slivers on a grid, for some minutes.")
    ] = False,
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
    from catalysis.certificate.choices import claims_of
    from catalysis.choices.learning_rates import advise
    from catalysis.report.learning_rates import advice_text

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
            thorough=thorough,
            progress=stage(update, "cells"),
        )
    document = result.to_json()
    document["certificate"] = _certificate(output, walk.dataset, claims_of(result))
    emit(as_json, document, advice_text(result))


def _certificate(output: str | None, dataset: Dataset | None, claims: list[dict[str, Any]]) -> str | None:
    """Write the claims, if asked to and if there are any; returns the path."""
    if output is None or not claims:
        return None
    from catalysis.certificate.document import certificate_of, write_certificate

    path = output_folder(Path(output)) / "certificate.json"
    write_certificate(path, certificate_of(dataset, claims))
    return str(path)


@app.command("batches")
def batches_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    curvature: Lambda = None,
    sizes: Annotated[str, typer.Option("--sizes", help="Batch sizes, comma between them.")] = "1,2,4,8",
    without_replacement: WithoutReplacement = False,
    factor: Annotated[str | None, typer.Option("--factor", help="Also P(|mu| grows by this factor).")] = None,
    digits: Digits = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """The exponent over batch sizes beside full batch: where smaller batches mean more spikes, and where not."""
    at, level = required(curvature, "--lambda"), positive(factor, "--factor")
    dataset = dataset_of(data, samples, eta)
    from catalysis.certificate.choices import claims_of
    from catalysis.choices.batch_sizes import compare_batches
    from catalysis.data.walk import LinearWalk
    from catalysis.exponent.exponent import DEFAULT_DIGITS
    from catalysis.report.comparisons import batches_text
    from catalysis.report.tables import data_line

    with progress(as_json) as update:
        result = compare_batches(
            dataset,
            at,
            sizes=_sizes(sizes),
            without_replacement=without_replacement,
            factor=level,
            digits=digits or DEFAULT_DIGITS,
            max_bits=max_bits,
            progress=stage(update, "batch sizes"),
        )
    document = result.to_json()
    document["certificate"] = _certificate(output, dataset, claims_of(result))
    emit(as_json, document, data_line(LinearWalk(dataset)), batches_text(result))


@app.command("order")
def order_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    curvature: Lambda = None,
    easy_steps: Annotated[
        int | None, typer.Option("--easy-steps", help="Draws of easy samples first.")
    ] = None,
    factor: Annotated[str, typer.Option("--factor", help="K of the spike after an easy phase.")] = "1000",
    kappa0: Annotated[
        str | None, typer.Option("--kappa0", help="Also at finite width, from eta mu_0/sqrt(n).")
    ] = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """What the order of samples does: one epoch, reshuffled epochs, an easy phase first, finite width."""
    at, level, kappa = (
        required(curvature, "--lambda"),
        required(factor, "--factor"),
        number(kappa0, "--kappa0"),
    )
    walk = walk_of(data, samples, eta)
    from catalysis.certificate.choices import claims_of
    from catalysis.choices.finite_width import finite_width_orders
    from catalysis.choices.orders import easy_phase, epoch_draws, epoch_orders
    from catalysis.report.comparisons import epoch_text, finite_width_text, phase_text
    from catalysis.report.tables import data_line

    epoch = epoch_orders(walk, at, max_bits=max_bits)
    phase = None if easy_steps is None else easy_phase(walk, at, level, easy_steps, max_bits=max_bits)
    finite = None
    if kappa is not None:
        finite = finite_width_orders(epoch_draws(walk), kappa, at * walk.dataset.learning_rate)
    results = [result for result in (epoch, phase, finite) if result is not None]
    document = epoch.to_json() | {
        "easy_phase": None if phase is None else phase.fields(),
        "finite_width": None if finite is None else finite.fields(),
    }
    if any(result.fields()["verdict"] == "undecided" for result in results):
        document["verdict"] = "undecided"
    document["certificate"] = _certificate(output, walk.dataset, claims_of(*results))
    texts = [data_line(walk), epoch_text(epoch)]
    texts += [] if phase is None else [phase_text(phase)]
    texts += [] if finite is None else [finite_width_text(finite)]
    emit(as_json, document, *texts)


def _sizes(text: str) -> list[int]:
    """Batch sizes from "1,2,4"."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 19 and int(part) for part in parts):
        raise InputError(f"--sizes: expected positive integers with commas between them, found {text[:40]!r}")
    return [int(part) for part in parts]
