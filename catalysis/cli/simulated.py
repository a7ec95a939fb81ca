"""`simulate` and `crosscheck`: measured numbers, and certified ones held against them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from catalysis.cli.options import (
    DataOptions,
    Lambda,
    PowerOptions,
    WalkOptions,
    command,
    required,
)
from catalysis.cli.output import OutputOptions, ShowOptions, complain, document, stage

Seed = Annotated[str | None, typer.Option("--seed", help="The same seed gives the same numbers.")]


@dataclass(frozen=True)
class SpikeOptions:
    """The map that is followed, and what counts as a spike in it."""

    map_: Annotated[str, typer.Option("--map", help="walk (linear), reduced (finite width) or network.")] = (
        "walk"
    )
    width: Annotated[str | None, typer.Option("--width", help="Number of neurons n.")] = None
    mu0: Annotated[str, typer.Option("--mu0", help="mu at the start.")] = "1"
    kappa: Annotated[
        str | None, typer.Option("--kappa", help="A spike: |eta mu / sqrt(n)| reaches this.")
    ] = None
    factor: Annotated[
        str | None, typer.Option("--factor", help="A spike: |mu| reaches this many |mu_0|.")
    ] = None

    def arguments(self) -> dict[str, Any]:
        """As `simulate` takes them."""
        return {
            "map": self.map_,
            "width": self.width,
            "mu0": self.mu0,
            "kappa": self.kappa,
            "factor": self.factor,
        }


@dataclass(frozen=True)
class RunOptions:
    """How much is simulated, and how."""

    steps: Annotated[
        str | None, typer.Option("--steps", help="Steps of a replica; a tilted walk can go on for ever.")
    ] = None
    replicas: Annotated[str, typer.Option("--replicas", help="Independent replicas.")] = "100000"
    seed: Seed = "0"
    tilt: Annotated[
        bool | None,
        typer.Option("--tilt/--no-tilt", help="Importance sampling; left out: where it is needed."),
    ] = None
    engine: Annotated[str | None, typer.Option("--engine", help="Of the reduced map: numpy or numba.")] = None
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="FILE", help="Keep finished blocks here; go on from it."),
    ] = None

    def arguments(self) -> dict[str, Any]:
        """As `simulate` takes them."""
        return {
            "steps": self.steps,
            "replicas": self.replicas,
            "seed": self.seed,
            "tilt": self.tilt,
            "engine": self.engine,
            "resume": self.resume,
        }


@command("simulate")
def simulate_command(
    source: WalkOptions,
    spike: SpikeOptions,
    run: RunOptions,
    power: PowerOptions,
    show: ShowOptions,
    curvature: Lambda = None,
) -> None:
    """P(a spike), simulated: an estimate with its errors. Nothing here is certified."""
    at, event = required(curvature, "--lambda"), spike.arguments()
    walk = source.walk()
    from catalysis.report.simulation import simulation_text
    from catalysis.report.tables import data_line
    from catalysis.simulation import simulate

    try:
        with show.progress() as update:
            result = simulate(
                walk,
                at,
                **event,
                **run.arguments(),
                workers=power.workers,
                dask=power.dask,
                progress=stage(update, "blocks"),
                notice=complain,
            )
    except KeyboardInterrupt:
        complain(_kept(run.resume))
        raise
    frames = [*data_line(walk), *simulation_text(result)]
    show.finish("SimulationResult", walk, result.fields(), frames)


def _kept(resume: str | None) -> str:
    if resume is None:
        return "nothing is kept (--resume FILE keeps finished blocks)"
    return f"the finished blocks are in {resume}, and the same command goes on from there"


@command("crosscheck")
def crosscheck_command(
    source: DataOptions, power: PowerOptions, out: OutputOptions, seed: Seed = None
) -> None:
    """Certified numbers against simulated ones, line by line. Exit status 1 if one disagrees."""
    dataset = source.dataset()
    folder = out.folder()
    workers = 0 if power.workers is None and power.dask is None else power.workers
    from catalysis.crosscheck import crosscheck
    from catalysis.crosscheck.whole import DEFAULT_SEED
    from catalysis.figures.start import start
    from catalysis.report.crosscheck import crosscheck_text, disagreement

    with out.progress() as update:
        result = crosscheck(
            dataset,
            seed=DEFAULT_SEED if seed is None else seed,
            workers=workers,
            dask=power.dask,
            progress=stage(update, "checks"),
            notice=complain,
        )
    if folder is not None:
        start()
        from catalysis.figures.crosscheck import save_both

        folder.write_with(lambda path: save_both(result, path))
        found = document("CrossCheck", dataset, result.fields())
        folder.write_text("crosscheck.json", json.dumps(found, indent=1) + "\n")
    out.finish("CrossCheck", dataset, result.fields(), crosscheck_text(result), folder)
    for line in result.disagreements:
        complain(disagreement(line))
    if result.disagreements:
        raise typer.Exit(1)
