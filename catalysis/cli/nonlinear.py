"""`phase` and `landing`: what the nonlinear map does at finite width."""

from __future__ import annotations

from fractions import Fraction
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
    MaxBits,
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
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.data.dataset import Dataset
    from catalysis.nonlinear.landing import Landing

Activation = Annotated[
    str, typer.Option("--activation", help="linear, or relu: one statement for each sign class of neurons.")
]
Start = Annotated[str, typer.Option("--kappa0", help="eta mu_0 / sqrt(n), or a range A..B.")]
Height = Annotated[str, typer.Option("--L0", help="eta lambda_0, or a range A..B.")]
Depth = Annotated[int | None, typer.Option("--depth", help="Of a map: how often boxes are cut in four.")]
MaxSteps = Annotated[int | None, typer.Option("--max-steps", help="Steps of the map to follow at most.")]
Second = Annotated[
    str | None,
    typer.Option("--lambda0-minus", help="relu: lambda_0 of the neurons with w < 0, if different."),
]


@app.command("phase")
def phase_command(
    x: Annotated[str, typer.Option("--x", help="Mean curvature E s^2 of the full batch.")],
    kappa0: Start,
    height: Height,
    depth: Depth = None,
    digits: Digits = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_steps: MaxSteps = None,
    activation: Activation = "linear",
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Lazy, catapult, critical or divergent: certified for one start, or as a map over ranges A..B."""
    curvature = required(x, "--x")
    condition = None
    if _is_relu(activation):
        condition = (
            "relu: for one sign class, x its E s_+^2 or E s_-^2, as long as no neuron changes sign (N13)"
        )
    if ".." in kappa0 or ".." in height:
        _map_command(curvature, kappa0, height, depth, output, condition, as_json)
        return
    if depth is not None:
        raise InputError("--depth: expected together with ranges A..B for --kappa0 or --L0")
    folder = None if output is None else output_folder(Path(output))
    from catalysis.nonlinear.phase import DEFAULT_DIGITS, DEFAULT_MAX_STEPS, phase
    from catalysis.report import phases as phase_report

    k, level = number(kappa0, "--kappa0"), required(height, "--L0")
    assert k is not None
    with progress(as_json) as update:
        result = phase(
            curvature,
            k,
            level,
            digits=DEFAULT_DIGITS if digits is None else digits,
            max_bits=max_bits,
            max_steps=DEFAULT_MAX_STEPS if max_steps is None else max_steps,
            progress=stage(update, "steps"),
        )
    emit(as_json, {**result.to_json(), "condition": condition}, phase_report.phase_text(result, condition))
    if folder is not None and result.phase is not None:
        _write(folder, [result], None, as_json)


def _map_command(
    x: Fraction,
    kappa0: str,
    height: str,
    depth: int | None,
    output: str | None,
    condition: str | None,
    as_json: bool,
) -> None:
    from catalysis.nonlinear.phase_map import DEFAULT_DEPTH, phase_map

    ranges = _range(kappa0, "--kappa0"), _range(height, "--L0")
    folder = None if output is None else output_folder(Path(output))
    with progress(as_json) as update:
        result = phase_map(
            x, *ranges, depth=DEFAULT_DEPTH if depth is None else depth, progress=stage(update, "depth")
        )
    from catalysis.report import phases as phase_report

    document = {**result.to_json(), "condition": condition}
    emit(as_json, document, phase_report.phase_map_text(result, condition))
    if folder is not None:
        from catalysis.figures.nonlinear import plot_phase_map
        from catalysis.figures.plots import save_figure

        save_figure(plot_phase_map(result), folder / "phase-map")
        _write(folder, list(result.proved), None, as_json, "phase-map.svg", "phase-map.png")


@app.command("landing")
def landing_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    lambda0: Annotated[str | None, typer.Option("--lambda0", help="Curvature at the start.")] = None,
    lambda0_minus: Second = None,
    activation: Activation = "linear",
    output: Output = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    as_json: Json = False,
) -> None:
    """Where the curvature of SGD can end, at every width: the certified zone {G <= 0} below lambda0."""
    relu, level = _is_relu(activation), required(lambda0, "--lambda0")
    if lambda0_minus is not None and not relu:
        raise InputError("--lambda0-minus: expected together with --activation relu")
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    folder = None if output is None else output_folder(Path(output))
    from catalysis.data.sign_classes import CLASSES, class_walk
    from catalysis.nonlinear.landing import class_landing, landing
    from catalysis.report import phases as phase_report
    from catalysis.report import tables as report

    found: dict[str, Landing] = {}
    with progress(as_json) as update:
        if not relu:
            found[""] = landing(walk, level, max_bits=max_bits, progress=stage(update, "gaps"))
        for name in CLASSES if relu else ():
            own = class_walk(walk, name)
            at = (
                level
                if name == "plus" or lambda0_minus is None
                else required(lambda0_minus, "--lambda0-minus")
            )
            if own is not None:
                found[name] = class_landing(landing(own, at, max_bits=max_bits), name)
    if relu:
        verdicts = {part.verdict.value for part in found.values()}
        document: dict[str, Any] = {
            "verdict": "undecided" if "undecided" in verdicts else "proved",
            "classes": {name: found[name].to_json() if name in found else None for name in CLASSES},
        }
    else:
        document = found[""].to_json()
    emit(as_json, document, report.data_line(walk), phase_report.landing_text(*found.values()))
    for part, result in found.items() if folder is not None else ():
        assert folder is not None
        where = folder if not part else output_folder(folder / part)
        from catalysis.figures.nonlinear import plot_landing
        from catalysis.figures.plots import save_figure

        save_figure(plot_landing(result), where / "landing")
        claims = [] if result.zone is None else [result]
        _write(where, claims, result.walk.dataset, as_json, "landing.svg", "landing.png")


def _is_relu(activation: str) -> bool:
    if activation not in ("linear", "relu"):
        raise InputError(f"--activation: expected linear or relu, found {activation!r}")
    return activation == "relu"


def _range(text: str, what: str) -> tuple[Fraction, Fraction]:
    low, dots, high = text.partition("..")
    if not dots:
        raise InputError(f"{what}: expected a range A..B, as the other of --kappa0 and --L0, found {text!r}")
    a, b = number(low, what), number(high, what)
    assert a is not None and b is not None
    return a, b


def _write(folder: Path, results: list[Any], dataset: Dataset | None, quiet: bool, *others: str) -> None:
    """The certificate, if anything is proved, and a line about what was written."""
    from catalysis.certificate.document import certificate_of, claim, write_certificate

    written = list(others)
    if results:
        write_certificate(folder / "certificate.json", certificate_of(dataset, map(claim, results)))
        written.append("certificate.json")
    if not quiet:
        emit(False, {}, f"\nwrote {', '.join(written)} in {folder}")
