"""The command that says how likely a spike is: linear regime, scale sqrt(n/eta), or the map at finite width."""

from __future__ import annotations

from fractions import Fraction
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
    from pathlib import Path

    from catalysis.data.walk import LinearWalk

Factor = Annotated[str | None, typer.Option("--factor", help="The level K > 1, in multiples of |mu_0|.")]
Width = Annotated[str | None, typer.Option("--width", help="Width n of the network, at least 1.")]
Mu0 = Annotated[str | None, typer.Option("--mu0", help="mu at the start, not 0.")]
Scale = Annotated[
    str | None, typer.Option("--scale", help="With --width: the level c sqrt(n/eta); default c = 1.")
]
Kappa = Annotated[
    str | None, typer.Option("--kappa", help="With --width: the level of |kappa| in the map at finite width.")
]
Tolerance = Annotated[
    str | None, typer.Option("--tolerance", help="With --kappa: relative width wanted of the bounds.")
]
MaxWork = Annotated[
    int | None, typer.Option("--max-work", min=1, help="Updates of states allowed (estimated beforehand).")
]


@app.command("spike")
def spike_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    curvature: Lambda = None,
    factor: Factor = None,
    width: Width = None,
    mu0: Mu0 = None,
    scale: Scale = None,
    kappa: Kappa = None,
    tolerance: Tolerance = None,
    digits: Digits = None,
    max_work: MaxWork = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """P(sup |mu_t| >= K |mu_0|): the probability of a spike, between proved bounds.

    --factor K: linear regime. --width N --mu0 M [--scale c]: the level c sqrt(n/eta), linear regime.
    --width N --mu0 M --kappa C: the map at finite width.
    """
    at = required(curvature, "--lambda")
    level, size, start = positive(factor, "--factor"), positive(width, "--width"), number(mu0, "--mu0")
    c, end, close = positive(scale, "--scale"), positive(kappa, "--kappa"), positive(tolerance, "--tolerance")
    if (level is None) == (size is None) or (size is None) != (start is None):
        raise InputError("--factor, --width: expected either --factor, or --width together with --mu0")
    if (c is not None or end is not None) and size is None:
        raise InputError("--scale, --kappa: expected only together with --width and --mu0")
    if c is not None and end is not None:
        raise InputError("--scale, --kappa: expected at most one of them")
    if close is not None and end is None:
        raise InputError("--tolerance: expected only together with --kappa")
    if level is not None and level <= 1:
        raise InputError(f"--factor: expected a number > 1, found {factor}")
    if size is not None and size < 1:
        raise InputError(f"--width: expected a number >= 1, found {width}")
    if start == 0:
        raise InputError("--mu0: expected a number other than 0, found 0")
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    folder = None if output is None else _folder(output)
    if end is not None:
        assert size is not None and start is not None
        _finite_width(walk, at, size, start, end, close, folder, as_json)
    else:
        _linear(walk, at, level, size, start, c, digits, max_work, max_bits, folder, as_json)


def _folder(output: str) -> Path:
    from pathlib import Path

    return output_folder(Path(output))


def _linear(
    walk: LinearWalk,
    at: Fraction,
    level: Fraction | None,
    width: Fraction | None,
    mu0: Fraction | None,
    scale: Fraction | None,
    digits: int | None,
    max_work: int | None,
    max_bits: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    from catalysis.report import tables as report
    from catalysis.report.spikes import spike_text
    from catalysis.spikes.counts import DEFAULT_MAX_WORK
    from catalysis.spikes.limits import spike_constant, width_law
    from catalysis.spikes.probability import hitting_probability

    work = max_work or DEFAULT_MAX_WORK
    law = None
    with progress(as_json) as update:
        show = stage(update, "walk over counts")
        if level is None:
            assert width is not None and mu0 is not None
            law = width_law(
                walk,
                at,
                width,
                mu0,
                scale=Fraction(1) if scale is None else scale,
                digits=digits,
                max_work=work,
                progress=show,
            )
            result = law.probability
        else:
            result = hitting_probability(
                walk, at, level, digits=digits, max_work=work, max_bits=max_bits, progress=show
            )
    constant = spike_constant(result)
    parts = constant.fields()
    document = (result if law is None else law).to_json() | {
        key: parts[key] for key in ("constant", "lattice")
    }
    lines = [report.data_line(walk), spike_text(result, constant, law)]
    _finish(walk, result, document, lines, folder, as_json)


def _finite_width(
    walk: LinearWalk,
    at: Fraction,
    width: Fraction,
    mu0: Fraction,
    kappa: Fraction,
    tolerance: Fraction | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    from catalysis.nonlinear.spike import width_spike
    from catalysis.report import tables as report
    from catalysis.report.width import spike_table

    with progress(as_json) as update:
        result = width_spike(
            walk, at, width, mu0, kappa, tolerance=tolerance, progress=stage(update, "cells")
        )
    _finish(walk, result, result.to_json(), [report.data_line(walk), spike_table(result)], folder, as_json)


def _finish(
    walk: LinearWalk,
    result: Any,
    document: dict[str, Any],
    renderables: list[Any],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write the certificate if asked for, then print."""
    if folder is not None:
        document, line = _certified(walk, result, document, folder)
        renderables = [*renderables, line]
    emit(as_json, document, *renderables)


def _certified(
    walk: LinearWalk, result: Any, document: dict[str, Any], folder: Path
) -> tuple[dict[str, Any], str]:
    from catalysis.certificate.document import NotCertifiable, certificate_of, claim, write_certificate
    from catalysis.spikes.probability import HittingProbability

    try:
        entry = claim(result)
    except NotCertifiable as reason:
        return {**document, "certificate": None}, f"no certificate: {reason}"
    path = folder / "certificate.json"
    digest = write_certificate(path, certificate_of(walk.dataset, [entry]))
    line = f"wrote {path}; re-prove it with: proofs-check {path}"
    extra: dict[str, Any] = {"certificate": str(path), "sha256": digest}
    if isinstance(result, HittingProbability) and result.enclosure is not None:
        bounds = result.enclosure.to_json(result.bounds.digits + 4)
        extra |= {"certified": bounds, "certificate_is_coarser": result.finer is not None}
    return {**document, **extra}, line
