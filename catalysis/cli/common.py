"""What all commands share: the app, the options that say which data and which step, output, progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from catalysis.data.dataset import Dataset
    from catalysis.data.walk import LinearWalk

app = typer.Typer(
    name="catalysis",
    help="Certified numbers for catapults in SGD.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEFAULT_MAX_BITS = 8192

Data = Annotated[str | None, typer.Argument(metavar="[DATA]", help="A .toml, .json or .csv file.")]
Samples = Annotated[str | None, typer.Option("--samples", help='Instead of DATA: "1:1/2, x=2:1/2".')]
Eta = Annotated[str | None, typer.Option("--eta", help="Learning rate; overrides the file's.")]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Minibatches of this many samples.")]
WithoutReplacement = Annotated[
    bool, typer.Option("--without-replacement", help="Draw a batch without repetition.")
]
FullBatch = Annotated[bool, typer.Option("--full-batch", help="All samples at every step.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
MaxBits = Annotated[int, typer.Option("--max-bits", min=2, help="Highest working precision.")]
Digits = Annotated[int | None, typer.Option("--digits", min=1, max=3500, help="Significant digits wanted.")]
Lambda = Annotated[str | None, typer.Option("--lambda", help="Curvature lambda.")]
From = Annotated[str | None, typer.Option("--from", help="Lower end of an interval of lambda.")]
To = Annotated[str | None, typer.Option("--to", help="Upper end of an interval of lambda.")]
Output = Annotated[str | None, typer.Option("-o", "--output", help="Folder to write into.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Processes; 0: one for each core.")]
Dask = Annotated[str | None, typer.Option("--dask", metavar="ADDRESS", help="Run on this Dask cluster.")]

Update = Callable[[str, int, int], None]


def number(text: str | None, what: str) -> Fraction | None:
    """An exact number from an option, or None."""
    if text is None:
        return None
    from catalysis.exact.numbers import parse_rational

    return parse_rational(text, what=what)


def positive(text: str | None, what: str) -> Fraction | None:
    """An exact number > 0 from an option, or None."""
    value = number(text, what)
    if value is not None and value <= 0:
        raise InputError(f"{what}: expected a number > 0, found {text}")
    return value


def required(text: str | None, what: str) -> Fraction:
    """An exact number > 0 from an option that has to be there."""
    value = positive(text, what)
    if value is None:
        raise InputError(f"{what}: expected a number > 0, found nothing")
    return value


def dataset_of(data: str | None, samples: str | None, eta: str | None) -> Dataset:
    """The data set that the options describe."""
    from catalysis.data.reading import load_dataset, parse_samples

    if (data is None) == (samples is None):
        raise InputError("data: expected one of DATA (a file) and --samples")
    dataset = parse_samples(samples) if samples is not None else load_dataset(str(data))
    rate = positive(eta, "--eta")
    return dataset if rate is None else dataset.with_learning_rate(rate)


def walk_of(
    data: str | None,
    samples: str | None,
    eta: str | None,
    batch_size: int | None = None,
    without_replacement: bool = False,
    full_batch: bool = False,
) -> LinearWalk:
    """The walk that the options describe; its law is worked out here, so errors come early."""
    from catalysis.data.law import Step
    from catalysis.data.walk import LinearWalk

    dataset = dataset_of(data, samples, eta)
    if full_batch and (batch_size is not None or without_replacement):
        raise InputError("--full-batch: expected without --batch-size and --without-replacement")
    if without_replacement and batch_size is None:
        raise InputError("--without-replacement: expected together with --batch-size")
    step = Step()
    if full_batch:
        step = Step.full_batch()
    elif batch_size is not None:
        step = Step.minibatch(batch_size, replacement=not without_replacement)
    walk = LinearWalk(dataset, step)
    _ = walk.law
    return walk


def emit(as_json: bool, document: dict[str, Any], *renderables: RenderableType) -> None:
    """One JSON document, or text for people."""
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
        return
    from rich.console import Console

    console = Console(
        highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200
    )
    for i, renderable in enumerate(renderables):
        if i:
            console.print()
        console.print(renderable)


@contextmanager
def progress(as_json: bool) -> Iterator[Update | None]:
    """A callback (stage, done, total) that drives bars on a terminal, or None."""
    if as_json or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update


def stage(update: Update | None, name: str) -> Callable[[int, int], None] | None:
    """The callback (done, total) of one stage."""
    return None if update is None else lambda done, total: update(name, done, total)


def output_folder(path: Path) -> Path:
    """The folder for results, made before the work starts; an error if it cannot be written."""
    probe = path / ".writable"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise InputError(f"{path}: expected a folder that can be written ({error.strerror})") from error
    return path


def complain(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write("catalysis: " + " ".join(message.split()) + "\n")
