"""`phase` and `landing`: what the nonlinear map does at finite width."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.options import (
    DEFAULT_MAX_BITS,
    Digits,
    MaxBits,
    MaxWork,
    WalkOptions,
    command,
    number,
    required,
    span,
)
from catalysis.cli.output import NOTHING_WRITTEN, Folder, PictureOptions, stage
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.data.walk import LinearWalk
    from catalysis.figures.drawn import Size
    from catalysis.nonlinear.landing import Landing

_ONE_CLASS = "relu: for one sign class, x its E s_+^2 or E s_-^2, as long as no neuron changes sign (N13)"

Activation = Annotated[
    str, typer.Option("--activation", help="linear, or relu: one statement for each sign class of neurons.")
]
MeanCurvature = Annotated[str, typer.Option("--x", help="Mean curvature E s^2 of the full batch.")]
Start = Annotated[str, typer.Option("--kappa0", help="eta mu_0 / sqrt(n), or a range A..B.")]
Height = Annotated[str, typer.Option("--L0", help="eta lambda_0, or a range A..B.")]
Depth = Annotated[int | None, typer.Option("--depth", help="Of a map: how often boxes are cut in four.")]
MaxSteps = Annotated[int | None, typer.Option("--max-steps", help="Steps of the map to follow at most.")]
Lambda0 = Annotated[str | None, typer.Option("--lambda0", help="Curvature at the start.")]
Second = Annotated[
    str | None,
    typer.Option("--lambda0-minus", help="relu: lambda_0 of the neurons with w < 0, if different."),
]


@dataclass(frozen=True)
class OrbitOptions:
    """How far and how sharply one start is followed."""

    digits: Digits = None
    max_bits: MaxBits = DEFAULT_MAX_BITS
    max_steps: MaxSteps = None


@command("phase")
def phase_command(
    x: MeanCurvature,
    kappa0: Start,
    height: Height,
    effort: OrbitOptions,
    out: PictureOptions,
    depth: Depth = None,
    activation: Activation = "linear",
) -> None:
    """Lazy, catapult, critical or divergent: certified for one start, or as a map over ranges A..B."""
    curvature = required(x, "--x")
    condition = _ONE_CLASS if _is_relu(activation) else None
    if ".." in kappa0 or ".." in height:
        ranges = span(kappa0, "--kappa0"), span(height, "--L0")
        _map_command(curvature, *ranges, depth, condition, out)
        return
    if depth is not None:
        raise InputError("--depth: expected together with ranges A..B for --kappa0 or --L0")
    k, level = number(kappa0, "--kappa0"), required(height, "--L0")
    assert k is not None
    _start_command(curvature, k, level, effort, condition, out)


def _start_command(
    x: Fraction,
    kappa0: Fraction,
    level: Fraction,
    effort: OrbitOptions,
    condition: str | None,
    out: PictureOptions,
) -> None:
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.nonlinear.phase import DEFAULT_DIGITS, DEFAULT_MAX_STEPS, phase
    from catalysis.report.phases import phase_text

    with out.progress() as update:
        result = phase(
            x,
            kappa0,
            level,
            digits=DEFAULT_DIGITS if effort.digits is None else effort.digits,
            max_bits=effort.max_bits,
            max_steps=DEFAULT_MAX_STEPS if effort.max_steps is None else effort.max_steps,
            progress=stage(update, "steps"),
        )
    if folder is not None:
        folder.write_certificate(None, claims_of([result]))
        folder.write_plot("phase", result, out.width())
    fields = {**result.fields(), "condition": condition}
    out.finish("Phase", None, fields, phase_text(result, condition), folder)


def _map_command(
    x: Fraction,
    kappa: tuple[Fraction, Fraction],
    level: tuple[Fraction, Fraction],
    depth: int | None,
    condition: str | None,
    out: PictureOptions,
) -> None:
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.nonlinear.phase_map import DEFAULT_DEPTH, phase_map
    from catalysis.report.phases import phase_map_text

    fine = DEFAULT_DEPTH if depth is None else depth
    with out.progress() as update:
        result = phase_map(x, kappa, level, depth=fine, progress=stage(update, "depth"))

    if folder is not None:
        folder.write_certificate(None, claims_of(result.proved))
        folder.write_plot("phase-map", result, out.width())
    fields = {**result.fields(), "condition": condition}
    out.finish("PhaseMap", None, fields, phase_map_text(result, condition), folder)


@command("landing", "--lambda0")
def landing_command(
    source: WalkOptions,
    out: PictureOptions,
    lambda0: Lambda0 = None,
    lambda0_minus: Second = None,
    activation: Activation = "linear",
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_work: MaxWork = None,
) -> None:
    """Where the curvature of SGD can end, at every width: the certified zone {G <= 0} below lambda0."""
    relu, level = _is_relu(activation), required(lambda0, "--lambda0")
    if lambda0_minus is not None and not relu:
        raise InputError("--lambda0-minus: expected together with --activation relu")
    other = level if lambda0_minus is None else required(lambda0_minus, "--lambda0-minus")
    walk = source.walk()
    folder = out.folder()
    if relu:
        _classes_command(walk, {"plus": level, "minus": other}, max_bits, max_work, out, folder)
        return
    from catalysis.nonlinear.landing import landing
    from catalysis.report.phases import landing_text
    from catalysis.report.tables import data_line

    with out.progress() as update:
        result = landing(walk, level, max_bits=max_bits, max_work=max_work, progress=stage(update, "gaps"))
    if folder is not None:
        _write_landing(folder, result, out.width())
    out.finish("Landing", walk, result.fields(), [*data_line(walk), *landing_text(result)], folder)


def _classes_command(
    walk: LinearWalk,
    levels: dict[str, Fraction],
    max_bits: int,
    max_work: int | None,
    out: PictureOptions,
    folder: Folder | None,
) -> None:
    """relu: one statement, and one folder, for each sign class that has samples."""
    from catalysis.data.sign_classes import CLASSES, class_walk
    from catalysis.nonlinear.landing import class_landing, landing
    from catalysis.report.phases import landing_text
    from catalysis.report.tables import data_line

    walks = {name: class_walk(walk, name) for name in CLASSES}
    found = {
        name: class_landing(landing(own, levels[name], max_bits=max_bits, max_work=max_work), name)
        for name, own in walks.items()
        if own is not None
    }
    classes: dict[str, Any] = dict.fromkeys(CLASSES)
    for name, result in found.items():
        written = NOTHING_WRITTEN
        if folder is not None:
            part = folder.part(name)
            _write_landing(part, result, out.width())
            folder.notes += part.lines()
            written = part.fields()
        classes[name] = {**result.fields(), **written}
    undecided = any(result.verdict.value == "undecided" for result in found.values())
    fields = {"verdict": "undecided" if undecided else "proved", "classes": classes}
    out.finish("Landing", walk, fields, [*data_line(walk), *landing_text(*found.values())], folder)


def _write_landing(folder: Folder, result: Landing, size: Size) -> None:
    from catalysis.certificate.document import claims_of

    folder.write_certificate(result.walk.dataset, claims_of([result]))
    folder.write_plot("landing", result, size)


def _is_relu(activation: str) -> bool:
    if activation not in ("linear", "relu"):
        raise InputError(f"--activation: expected linear or relu, found {activation!r}")
    return activation == "relu"
