"""`simulate` and `crosscheck`: measured numbers, and certified ones held against them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.options import (
    DataOptions,
    Lambda,
    PowerOptions,
    VectorsOptions,
    WalkOptions,
    command,
    required,
)
from catalysis.cli.output import Folder, OutputOptions, ShowOptions, complain, document, stage
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalysis.crosscheck import CrossCheck
    from catalysis.products.walk import MatrixWalk
    from catalysis.report.frame import Frame

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
    engine: Annotated[
        str | None,
        typer.Option("--engine", help="numpy, numba (reduced map), or philox: the draws of a GPU."),
    ] = None
    device: Annotated[
        str, typer.Option("--device", help="cpu, or cuda: plain sampling on a GPU (extra gpu).")
    ] = "cpu"
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
            "device": self.device,
            "resume": self.resume,
        }


@command("simulate")
def simulate_command(
    source: WalkOptions,
    table: VectorsOptions,
    spike: SpikeOptions,
    run: RunOptions,
    power: PowerOptions,
    show: ShowOptions,
    curvature: Lambda = None,
) -> None:
    """P(a spike), simulated: an estimate with its errors. Samples may be vectors. Nothing here is certified."""
    if table.meant(source):
        simulate_vectors(source, table, spike, run, power, show, curvature)
        return
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
    source: DataOptions,
    table: VectorsOptions,
    power: PowerOptions,
    out: OutputOptions,
    seed: Seed = None,
    factor: Annotated[
        str | None, typer.Option("--factor", help="Of vectors: the K of P(sup |e_t| >= K |e_0|).")
    ] = None,
) -> None:
    """Certified numbers against simulated ones, line by line; samples may be vectors. Exit status 1 if one differs."""
    if table.meant(source):
        crosscheck_vectors(source, table, power, out, seed, factor)
        return
    if factor is not None:
        raise InputError("--factor: expected only with samples that are vectors")
    dataset = source.dataset()
    folder = out.folder()
    workers = 0 if power.workers is None and power.dask is None else power.workers
    from catalysis.crosscheck import crosscheck
    from catalysis.crosscheck.whole import DEFAULT_SEED

    with out.progress() as update:
        result = crosscheck(
            dataset,
            seed=DEFAULT_SEED if seed is None else seed,
            workers=workers,
            dask=power.dask,
            progress=stage(update, "checks"),
            notice=complain,
        )
    from catalysis.data.walk import LinearWalk
    from catalysis.report.tables import data_line

    show_crosscheck(result, out, folder, data_line(LinearWalk(dataset), with_step=False))


def show_crosscheck(
    result: CrossCheck, out: OutputOptions, folder: Folder | None, heads: Sequence[Frame] = ()
) -> None:
    """The table, its files, and exit status 1 with a line for each disagreement."""
    from catalysis.report.crosscheck import crosscheck_text, disagreement

    if folder is not None:
        from catalysis.figures.start import start

        start()
        from catalysis.figures.crosscheck import save_all

        folder.write_with(lambda path: save_all(result, path))
        found = document("CrossCheck", result.dataset, result.fields())
        folder.write_text("crosscheck.json", json.dumps(found, indent=1) + "\n")
    frames = [*heads, *crosscheck_text(result)]
    out.finish("CrossCheck", result.dataset, result.fields(), frames, folder)
    for line in result.disagreements:
        complain(disagreement(line))
    if result.disagreements:
        raise typer.Exit(1)


# --- samples that are vectors --------------------------------------------------------------------------


def simulate_vectors(
    source: WalkOptions,
    table: VectorsOptions,
    spike: SpikeOptions,
    run: RunOptions,
    power: PowerOptions,
    show: ShowOptions,
    curvature: str | None,
) -> None:
    """The walk at the learning rate eta lambda, or the network whose kernel begins with lambda s_i . s_j."""
    _check_vectors(spike, run)
    level = required(curvature, "--lambda") if curvature is not None else 1
    rate = required(source.eta, "--eta")
    network = spike.map_ == "network"
    walk = _vector_walk(source, table, rate if network else rate * level)
    from catalysis.report.product_simulation import network_text, product_text
    from catalysis.simulation import simulate_network, simulate_product

    common: dict[str, Any] = {
        "replicas": run.replicas,
        "steps": run.steps,
        "factor": spike.factor,
        "seed": run.seed,
        "tilt": run.tilt,
        "workers": power.workers,
        "dask": power.dask,
        "notice": complain,
    }
    try:
        with show.progress() as update:
            common["progress"] = stage(update, "blocks")
            if network:
                if spike.width is None or run.steps is None:
                    raise InputError("--width, --steps: expected both with --map network")
                common |= {"width": spike.width, "kappa": spike.kappa, "curvature": level}
                ends = simulate_network(walk, **common)
                name, fields, frames = "NetworkSimulation", ends.fields(), network_text(ends)
            else:
                common["factor"] = 10 if spike.factor is None else spike.factor
                found = simulate_product(walk, **common, resume=run.resume)
                name, fields, frames = "ProductSimulation", found.fields(), product_text(found)
    except KeyboardInterrupt:
        complain(_kept(run.resume))
        raise
    show.finish(name, walk, fields, frames)


def _check_vectors(spike: SpikeOptions, run: RunOptions) -> None:
    """What makes no sense for vectors."""
    if spike.map_ not in ("walk", "network"):
        raise InputError(
            f"--map: expected walk or network for samples that are vectors, found {spike.map_[:40]}"
        )
    walk = spike.map_ == "walk"
    given = {
        "--width": walk and spike.width is not None,
        "--kappa": walk and spike.kappa is not None,
        "--mu0": spike.mu0 != "1",
        "--engine": run.engine is not None,
        "--device": run.device != "cpu",
        "--resume": not walk and run.resume is not None,
    }
    if wrong := [name for name, is_given in given.items() if is_given]:
        raise InputError(
            f"{', '.join(wrong)}: expected nothing with --map {spike.map_} of samples that are vectors"
        )


def _vector_walk(source: WalkOptions, table: VectorsOptions, rate: Any) -> MatrixWalk:
    from catalysis.products.walk import MatrixWalk

    if source.samples is not None:
        raise InputError("--samples: expected a file for samples that are vectors")
    if source.full_batch:
        raise InputError("--full-batch: expected --batch-size for samples that are vectors")
    source.step()
    size = 1 if source.batch_size is None else source.batch_size
    vectors = table.table(source.data, source.count_column)
    return MatrixWalk.from_data(vectors, eta=rate, batch=size, replacement=not source.without_replacement)


def crosscheck_vectors(
    source: DataOptions,
    table: VectorsOptions,
    power: PowerOptions,
    out: OutputOptions,
    seed: str | None,
    factor: str | None,
) -> None:
    """lambda_1, k(2), theta, P, and the network, at one learning rate."""
    if source.samples is not None:
        raise InputError("--samples: expected a file for samples that are vectors")
    rate, vectors, folder = (
        required(source.eta, "--eta"),
        table.table(source.data, source.count_column),
        out.folder(),
    )
    from catalysis.crosscheck import crosscheck_product
    from catalysis.products.walk import MatrixWalk

    with out.progress() as update:
        result = crosscheck_product(
            MatrixWalk.from_data(vectors, eta=rate),
            factor=10 if factor is None else factor,
            seed=1 if seed is None else seed,
            workers=0 if power.workers is None and power.dask is None else power.workers,
            dask=power.dask,
            progress=stage(update, "checks"),
            notice=complain,
        )
    show_crosscheck(result, out, folder)
