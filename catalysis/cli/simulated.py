"""`simulate` and `crosscheck`: measured numbers, and certified ones held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from catalysis.cli.common import (
    BatchSize,
    Dask,
    Data,
    Eta,
    FullBatch,
    Json,
    Lambda,
    Output,
    Samples,
    WithoutReplacement,
    Workers,
    app,
    complain,
    dataset_of,
    emit,
    output_folder,
    progress,
    required,
    stage,
    walk_of,
)
from catalysis.exact.errors import InputError

Steps = Annotated[
    str | None, typer.Option("--steps", help="Steps of a replica; a tilted walk can go on for ever.")
]
Replicas = Annotated[str, typer.Option("--replicas", help="Independent replicas.")]
Seed = Annotated[str | None, typer.Option("--seed", help="The same seed gives the same numbers.")]
Map = Annotated[str, typer.Option("--map", help="walk (linear), reduced (finite width) or network.")]
Width = Annotated[str | None, typer.Option("--width", help="Number of neurons n.")]
Mu0 = Annotated[str, typer.Option("--mu0", help="mu at the start.")]
Kappa = Annotated[str | None, typer.Option("--kappa", help="A spike: |eta mu / sqrt(n)| reaches this.")]
Factor = Annotated[str | None, typer.Option("--factor", help="A spike: |mu| reaches this many |mu_0|.")]
Tilt = Annotated[
    bool | None, typer.Option("--tilt/--no-tilt", help="Importance sampling; left out: where it is needed.")
]
Engine = Annotated[str | None, typer.Option("--engine", help="Of the reduced map: numpy or numba.")]
Resume = Annotated[
    str | None, typer.Option("--resume", metavar="FILE", help="Keep finished blocks here; go on from it.")
]


@app.command("simulate")
def simulate_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    curvature: Lambda = None,
    steps: Steps = None,
    replicas: Replicas = "100000",
    seed: Seed = "0",
    map_: Map = "walk",
    width: Width = None,
    mu0: Mu0 = "1",
    kappa: Kappa = None,
    factor: Factor = None,
    tilt: Tilt = None,
    engine: Engine = None,
    workers: Workers = None,
    dask: Dask = None,
    resume: Resume = None,
    as_json: Json = False,
) -> None:
    """P(a spike), simulated: an estimate with its errors. Nothing here is certified."""
    at = required(curvature, "--lambda")
    walk = walk_of(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis.report.simulation import simulation_text
    from catalysis.report.tables import data_line
    from catalysis.simulation import simulate

    try:
        with progress(as_json) as update:
            result = simulate(
                walk,
                at,
                steps=steps,
                replicas=replicas,
                seed=seed,
                map=map_,
                factor=factor,
                width=width,
                mu0=mu0,
                kappa=kappa,
                tilt=tilt,
                engine=engine,
                workers=workers,
                dask=dask,
                resume=resume,
                progress=stage(update, "blocks"),
                notice=complain,
            )
    except KeyboardInterrupt:
        complain(_kept(resume))
        raise
    emit(as_json, result.to_json(), data_line(walk), simulation_text(result))


def _kept(resume: str | None) -> str:
    if resume is None:
        return "nothing is kept (--resume FILE keeps finished blocks)"
    return f"the finished blocks are in {resume}, and the same command goes on from there"


@app.command("crosscheck")
def crosscheck_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    seed: Seed = None,
    workers: Workers = None,
    dask: Dask = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Certified numbers against simulated ones, line by line. Exit status 1 if one disagrees."""
    dataset = dataset_of(data, samples, eta)
    folder = None if output is None else output_folder(Path(output))
    if workers is None and dask is None:
        workers = 0
    from catalysis.crosscheck import crosscheck
    from catalysis.crosscheck.whole import DEFAULT_SEED
    from catalysis.report.crosscheck import crosscheck_text, disagreement

    with progress(as_json) as update:
        result = crosscheck(
            dataset,
            seed=DEFAULT_SEED if seed is None else seed,
            workers=workers,
            dask=dask,
            progress=stage(update, "checks"),
            notice=complain,
        )
    document = result.to_json()
    if folder is not None:
        document["files"] = [str(path) for path in _write(folder, result, document)]
    emit(as_json, document, crosscheck_text(result))
    if folder is not None and not as_json:
        emit(False, {}, f"\nwrote {', '.join(Path(path).name for path in document['files'])} in {folder}")
    for line in result.disagreements:
        complain(disagreement(line))
    if result.disagreements:
        raise typer.Exit(1)


def _write(folder: Path, result: Any, document: dict[str, Any]) -> list[Path]:
    """The figure, and the table as JSON."""
    from catalysis.figures.crosscheck import save

    paths = [folder / f"crosscheck.{suffix}" for suffix in ("svg", "png", "json")]
    try:
        for path in paths[:2]:
            save(result, path)
        paths[2].write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: expected a folder that can be written ({error.strerror})") from error
    return paths
