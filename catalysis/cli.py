"""The command line: reads options, calls the library, prints. No mathematics here.

Heavy libraries are imported by the command that needs them. Exit status: 0 done (undecided included),
1 a claim or a check failed, 2 bad input, in one line on stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from catalysis.walk import LinearWalk

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


class BadInput(Exception):
    """The caller's mistake; the text is one line."""


def _number(text: str | None, what: str) -> Fraction | None:
    if text is None:
        return None
    from catalysis.rational import parse_rational

    return parse_rational(text, what=what)


def _positive(text: str | None, what: str) -> Fraction | None:
    value = _number(text, what)
    if value is not None and value <= 0:
        raise BadInput(f"{what}: expected a number > 0, found {text}")
    return value


def _walk(
    data: str | None,
    samples: str | None,
    eta: str | None,
    batch_size: int | None,
    without_replacement: bool,
    full_batch: bool,
) -> LinearWalk:
    """The walk that the data options describe; its law is worked out here, so errors come early."""
    from catalysis.data import load_dataset, parse_samples
    from catalysis.law import Step
    from catalysis.walk import LinearWalk

    if (data is None) == (samples is None):
        raise BadInput("data: expected one of DATA (a file) and --samples")
    dataset = parse_samples(samples) if samples is not None else load_dataset(str(data))
    if eta is not None:
        dataset = dataset.with_learning_rate(_positive(eta, "--eta"))  # type: ignore[arg-type]
    if full_batch and (batch_size is not None or without_replacement):
        raise BadInput("--full-batch: expected without --batch-size and --without-replacement")
    if without_replacement and batch_size is None:
        raise BadInput("--without-replacement: expected together with --batch-size")
    step = Step()
    if full_batch:
        step = Step.full_batch()
    elif batch_size is not None:
        step = Step.minibatch(batch_size, replacement=not without_replacement)
    walk = LinearWalk(dataset, step)
    _ = walk.law
    return walk


def _emit(as_json: bool, document: dict[str, Any], *renderables: RenderableType) -> None:
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
def _progress(as_json: bool) -> Iterator[Any]:
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


@app.command("thresholds")
def thresholds_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    as_json: Json = False,
) -> None:
    """lambda_crit and lambda_max, exactly."""
    walk = _walk(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis import report
    from catalysis.thresholds import thresholds

    result = thresholds(walk)
    _emit(as_json, result.to_json(), report.data_line(walk), report.thresholds_text(result))


@app.command("regions")
def regions_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    start: From = None,
    end: To = None,
    digits: Digits = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    max_degree: Annotated[int, typer.Option("--max-degree", min=1, help="Largest tangency algebra.")] = 256,
    as_json: Json = False,
) -> None:
    """The complete list of zeros and sign regions of the drift G."""
    low = _number(start, "--from") or Fraction(0)
    high = None if end is None or end == "inf" else _positive(end, "--to")
    if low < 0 or (high is not None and high <= low):
        raise BadInput("--from, --to: expected 0 <= from < to")
    walk = _walk(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis import report
    from catalysis.regions import DEFAULT_DIGITS, sign_regions

    with _progress(as_json) as update:
        result = sign_regions(
            walk,
            low,
            high,
            digits=digits or DEFAULT_DIGITS,
            max_bits=max_bits,
            max_degree=max_degree,
            progress=None if update is None else lambda done, total: update("gaps", done, total),
        )
    _emit(as_json, result.to_json(), report.data_line(walk), report.regions_text(result))


@app.command("exponent")
def exponent_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    curvature: Lambda = None,
    start: From = None,
    end: To = None,
    digits: Digits = None,
    tolerance: Annotated[str, typer.Option("--tolerance", help="Widest cell of a band, in theta.")] = "1/10",
    ceiling: Annotated[
        str, typer.Option("--ceiling", help="Where theta is proved above this, cells may be wide.")
    ] = "20",
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    as_json: Json = False,
) -> None:
    """The Cramer exponent theta at one curvature (--lambda) or over an interval (--from, --to)."""
    at, low, high = _positive(curvature, "--lambda"), _positive(start, "--from"), _positive(end, "--to")
    width, roof = _positive(tolerance, "--tolerance"), _positive(ceiling, "--ceiling")
    if (at is None) == (low is None and high is None) or (low is None) != (high is None):
        raise BadInput("expected either --lambda or both --from and --to")
    if low is not None and high is not None and low >= high:
        raise BadInput("--from, --to: expected from < to")
    if roof is None or roof < 1:
        raise BadInput(f"--ceiling: expected a number >= 1, found {ceiling}")
    walk = _walk(data, samples, eta, batch_size, without_replacement, full_batch)
    from catalysis import report
    from catalysis.band import exponent_band
    from catalysis.exponent import DEFAULT_DIGITS, cramer_exponent, exponent_rate

    if at is not None:
        result = cramer_exponent(walk, at, digits=digits or DEFAULT_DIGITS, max_bits=max_bits)
        rate = exponent_rate(walk, at, digits=min(digits or 10, 30), max_bits=max_bits)
        document = {**result.to_json(), "rate": None if rate is None else rate.rate.to_json()}
        _emit(as_json, document, report.data_line(walk), report.exponents_text([result], [rate]))
        return
    assert low is not None and high is not None and width is not None
    with _progress(as_json) as update:
        band = exponent_band(
            walk,
            low,
            high,
            tolerance=width,
            ceiling=roof,
            progress=None if update is None else lambda done, total: update("cells", done, total),
        )
    _emit(as_json, band.to_json(), report.data_line(walk), report.band_text(band))


@app.command("certify")
def certify_command(
    data: Data = None,
    samples: Samples = None,
    eta: Eta = None,
    batch_size: BatchSize = None,
    without_replacement: WithoutReplacement = False,
    full_batch: FullBatch = False,
    output: Annotated[str | None, typer.Option("-o", "--output", help="Folder to write into.")] = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
    as_json: Json = False,
) -> None:
    """The main job: certify one data set; write certificate, figures and report."""
    walk = _walk(data, samples, eta, batch_size, without_replacement, full_batch)
    folder = _output_folder(output, data)
    from catalysis import report
    from catalysis.certificate import write_certificate
    from catalysis.certify import certify

    with _progress(as_json) as update:
        result = certify(walk, max_bits=max_bits, progress=update)
    path = folder / "certificate.json"
    digest = write_certificate(path, result.document())
    written = [path]
    if not as_json:
        limits = (result.limits, result.full_batch_limits)
        _emit(
            False,
            {},
            report.data_line(walk),
            report.thresholds_text(*limits),
            report.regions_text(result.regions),
            report.exponents_text(list(result.exponents), list(result.rates)),
            report.band_text(result.band),
        )
    from catalysis.page import write_report
    from catalysis.plots import plot_drift, plot_exponent, save_figure

    for name, figure in (
        ("drift", plot_drift(result.regions, result.full_batch)),
        ("exponent", plot_exponent(result.band)),
    ):
        save_figure(figure, folder / name)
        written += [folder / f"{name}.svg", folder / f"{name}.png"]
    written.append(write_report(folder, result, digest))
    document = {
        **result.to_json(),
        "certificate": str(path),
        "sha256": digest,
        "files": [str(f) for f in written],
    }
    lines = [
        f"wrote {', '.join(f.name for f in written)} in {folder}",
        f"re-prove it with: proofs-check {path}",
    ]
    if as_json:
        _emit(True, document)
    else:
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


def _output_folder(output: str | None, data: str | None) -> Path:
    """The folder for the results, made before the work starts; an error if it cannot be written."""
    folder = Path(output) if output else Path(f"{Path(data).stem if data else 'samples'}-certified")
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise BadInput(f"{folder}: expected a folder that can be written ({error.strerror})") from error
    return folder


def _complain(message: str) -> None:
    sys.stderr.write("catalysis: " + " ".join(message.split()) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        status = app(arguments, standalone_mode=False)
    except BadInput as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except ValueError as error:
        if type(error).__name__ not in ("DataError", "DerivationError"):
            raise
        _complain(str(error))
        return 2
    except Exception as error:
        # typer's own complaints about options; its click may be bundled, so they are known by their shape
        if hasattr(error, "format_message"):
            _complain(error.format_message())
            return 2
        if type(error).__name__ in ("Abort", "Exit"):
            return int(getattr(error, "exit_code", 130))
        raise
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    sys.exit(main())
