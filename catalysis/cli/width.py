"""The command that says how the curvature falls at finite width: after a spike, or without one."""

from __future__ import annotations

from typing import Annotated

import typer

from catalysis.cli.options import Lambda, Mu0, WalkOptions, Width, command, not_zero, positive, required
from catalysis.cli.output import OutputOptions, stage

Target = Annotated[str | None, typer.Option("--to", help="The curvature to fall below.")]
Epsilon = Annotated[
    str | None, typer.Option("--eps", help="Without |kappa| ever exceeding this; default: chosen.")
]


@command("reduction", "--lambda", "--width", "--mu0", "--to")
def reduction_command(
    source: WalkOptions,
    out: OutputOptions,
    curvature: Lambda = None,
    width: Width = None,
    mu0: Mu0 = None,
    to: Target = None,
    eps: Epsilon = None,
) -> None:
    """How the curvature falls from --lambda below --to: through a spike at least, without one at most."""
    at, size, target = required(curvature, "--lambda"), required(width, "--width"), required(to, "--to")
    start, small = not_zero(mu0, "--mu0"), positive(eps, "--eps")
    walk = source.walk()
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.nonlinear.loss import curvature_reduction
    from catalysis.report.tables import data_line
    from catalysis.report.width import reduction_table

    with out.progress() as update:
        result = curvature_reduction(
            walk, at, size, start, target, epsilon=small, progress=stage(update, "levels")
        )
    if folder is not None:
        folder.write_certificate(walk.dataset, claims_of([result]))
    out.finish(
        "CurvatureReduction", walk, result.fields(), [*data_line(walk), *reduction_table(result)], folder
    )
