"""`kernel` and `momentum`: spikes where a step multiplies the error by a random matrix."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.options import (
    Lambda,
    TableOptions,
    WalkOptions,
    as_file,
    command,
    number,
    positive,
    required,
    span,
)
from catalysis.cli.output import OutputOptions, PictureOptions, stage
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, exact_text

if TYPE_CHECKING:
    from catalysis.data.walk import LinearWalk
    from catalysis.products.kernel import VectorData
    from catalysis.products.kernel_axis import KernelAdvice
    from catalysis.products.kernel_sums import Kernel
    from catalysis.products.momentum_boxes import Method
    from catalysis.products.walk import MatrixWalk

Decay = Annotated[
    str | None, typer.Option("--weight-decay", help="Decoupled weight decay, towards the solution.")
]
Factor = Annotated[str | None, typer.Option("--factor", help="Also P(sup |e_t| >= K |e_0|), K > 1.")]
Steps = Annotated[
    int | None,
    typer.Option("--steps", min=1, max=10**9, help="With --factor: also within so many steps, from above."),
]
_FEW = 12
_MANY = 60
"""The ranks up to which one learning rate is answered with momentum, and without, by matrices."""


@dataclass(frozen=True)
class VectorOptions(TableOptions):
    """Samples that are vectors."""

    data: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A .csv, .npy or .npz file; - reads stdin.")
    ] = None

    def kernel(self) -> Kernel:
        """Exact data; a kernel file of more samples than exact linear algebra takes, as a large kernel."""
        if self.data == "-":
            with as_file(self.data) as path:
                return replace(self, data=path).kernel()
        if self.data is not None and Path(self.data).suffix.lower() in (".npz", ".safetensors"):
            from catalysis.products.kernel import MAX_GRAM
            from catalysis.products.kernel_file import read_kernel

            with suppress(DataError):  # of what is no kernel file `table` says what is amiss
                found = read_kernel(self.data)
                if found.kind == "gram" and found.samples > MAX_GRAM:
                    return found.data()
        return self.table(self.data, self.count_column)


@dataclass(frozen=True)
class RateOptions:
    """One learning rate, and how SGD takes its steps."""

    eta: Annotated[
        str | None, typer.Option("--eta", help="One learning rate; without it the whole axis.")
    ] = None
    factor: Factor = None
    momentum: Annotated[
        str | None, typer.Option("--momentum", metavar="BETA", help="Heavy-ball momentum in [0, 1).")
    ] = None
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="Minibatches of this many samples.")
    ] = None
    without_replacement: Annotated[
        bool, typer.Option("--without-replacement", help="Draw a batch without repetition.")
    ] = False
    weight_decay: Decay = None
    steps: Steps = None

    def check(self) -> None:
        """What cannot be asked together."""
        if self.eta is None and self.weight_decay is not None:
            raise InputError("--weight-decay: expected together with --eta")
        _check_steps(self.steps, self.factor)
        if self.without_replacement and self.batch_size is None:
            raise InputError("--without-replacement: expected together with --batch-size")

    @property
    def closed(self) -> bool:
        """Whether something is asked that only the axis by closed forms answers."""
        asked = (self.momentum, self.batch_size, self.factor) if self.eta is None else ()
        return any(value is not None for value in asked)

    def advice(self, kernel: Kernel) -> KernelAdvice:
        from catalysis.products.kernel_axis import advise_kernel

        return advise_kernel(
            kernel,
            momentum=_beta(self.momentum, "--momentum") or 0,
            batch_size=1 if self.batch_size is None else _batch(self.batch_size),
            replacement=not self.without_replacement,
            weight_decay=_decay(self.weight_decay),
            eta=positive(self.eta, "--eta"),
            factor=_factor(self.factor),
            steps=self.steps,
        )

    def walk(self, vectors: VectorData) -> MatrixWalk:
        from catalysis.products.walk import MatrixWalk

        found = MatrixWalk.from_data(
            vectors,
            eta=required(self.eta, "--eta"),
            weight_decay=_decay(self.weight_decay),
            batch=1 if self.batch_size is None else _batch(self.batch_size),
            replacement=not self.without_replacement,
        )
        beta = _beta(self.momentum, "--momentum")
        return found if beta is None else found.with_momentum(beta)


@command("kernel")
def kernel_command(
    source: VectorOptions,
    rate: RateOptions,
    out: PictureOptions,
    digits: Annotated[int, typer.Option("--digits", min=1, max=12, help="Of the mean-square threshold.")] = 8,
    width: Annotated[
        str,
        typer.Option("--width", help="Rank 2: how much, relative, stays undecided where the regime changes."),
    ] = "1/500",
    full: Annotated[
        bool, typer.Option("--full", help="Single samples: all of the axis, however long it takes.")
    ] = False,
) -> None:
    """SGD on samples that are vectors, or on a kernel: the axis of learning rates, or one of them with --eta."""
    rate.check()
    level, around = _factor(rate.factor), required(width, "--width")
    if full and (rate.eta is not None or rate.closed):
        raise InputError("--full: expected without --eta, --momentum, --batch-size and --factor")
    kernel = source.kernel()
    from catalysis.products.kernel import VectorData

    if not isinstance(kernel, VectorData) or rate.closed:
        _advice(rate.advice(kernel), None, out)
    elif rate.eta is None:
        _axis_or_advice(kernel, rate, digits, around, out, full=full)
    elif (walk := _answerable(kernel, rate)) is None:
        _advice(rate.advice(kernel), None, out)
    else:
        from catalysis.report.products import vectors_line

        _answer(walk, level, out, [vectors_line(kernel)], rate.steps)


def _axis_or_advice(
    vectors: VectorData, rate: RateOptions, digits: int, width: Fraction, out: PictureOptions, *, full: bool
) -> None:
    """All of the axis where it takes seconds, or if it is asked for; else what closed forms say."""
    from catalysis.exact.effort import SILENT_SECONDS, duration
    from catalysis.products.kernel_axis import full_seconds

    seconds = full_seconds(vectors)
    if not full and seconds > SILENT_SECONDS:
        _advice(rate.advice(vectors), seconds, out)
        return
    if seconds > SILENT_SECONDS or (sys.stderr.isatty() and not out.as_json):
        what = "where theta passes 10, 4, 2 and 1, where the error dies out and where it grows"
        typer.echo(f"The axis of learning rates of single samples, {what}: {duration(seconds)}.", err=True)
    _axis(vectors, digits, width, out)


def _answerable(vectors: VectorData, rate: RateOptions) -> MatrixWalk | None:
    """The walk at one learning rate, where matrices of its rank are not too large."""
    rank = vectors.rank()
    beta = _beta(rate.momentum, "--momentum")
    if rate.weight_decay is not None:
        return rate.walk(vectors)
    if rank > (_FEW if beta else _MANY):
        return None
    if beta and rate.batch_size not in (None, 1):
        with suppress(InputError):  # too many batches to be listed
            return rate.walk(vectors)
        return None
    return rate.walk(vectors)


def _advice(result: KernelAdvice, left_out: float | None, out: PictureOptions) -> None:
    folder = out.folder()
    from catalysis.certificate.kernels import advice_claims
    from catalysis.report.kernels import advice_text

    if folder is not None:
        if claims := advice_claims(result):
            folder.write_certificate(None, claims)
        folder.write_plot("axis", result, out.width())
    fields = {**result.fields(), "left_out_seconds": left_out}
    out.finish(
        "KernelAdvice", _AnyRate(result.dataset, result), fields, advice_text(result, left_out), folder
    )


def _axis(vectors: VectorData, digits: int, width: Fraction, out: PictureOptions) -> None:
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.products.axis import learning_rate_axis
    from catalysis.report.products import axis_text

    with out.progress() as update:
        result = learning_rate_axis(vectors, digits=digits, width=width, progress=update)

    if folder is not None:
        folder.write_certificate(None, claims_of([result]))
        folder.write_plot("axis", result, out.width())
    out.finish("LearningRateAxis", _AnyRate(vectors), result.fields(), axis_text(result), folder)


@dataclass(frozen=True)
class _AnyRate:
    """Data whose learning rate is what is asked for, or, of an advice, the one that was asked about."""

    vectors: Kernel
    advice: KernelAdvice | None = None

    def heading(self) -> dict[str, Any]:
        step: dict[str, Any] = {"kind": "single"}
        if self.advice is None:
            return {**self.vectors.heading(), "eta": None, "step": step}
        how, eta = self.advice.optimizer, self.advice.eta
        if not how.single:
            step = {"kind": "minibatch", "size": how.batch_size, "replacement": how.replacement}
        return {**self.vectors.heading(), "eta": None if eta is None else exact_text(eta), "step": step}


Beta = Annotated[str | None, typer.Option("--beta", help="Momentum, in [0, 1).")]
Nesterov = Annotated[bool, typer.Option("--nesterov", help="Nesterov's momentum, not the heavy ball.")]


@dataclass(frozen=True)
class MapOptions:
    """A map of regimes in place of one point."""

    as_map: Annotated[
        bool, typer.Option("--map", help="The regimes over lambda and momentum, --beta A..B (0..0.99).")
    ] = False
    fractions: Annotated[
        str | None,
        typer.Option(
            "--fractions", metavar="A..B", help="Of the lambda at which the largest sample alone is unstable."
        ),
    ] = None
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=0, max=9, help="How often a side is halved (5; at most 4^depth boxes)."),
    ] = None

    def check(self, curvature: str | None, factor: str | None) -> None:
        """What cannot be asked together."""
        given = {"--fractions": self.fractions, "--depth": self.depth}
        if not self.as_map and (alone := [name for name, value in given.items() if value is not None]):
            raise InputError(f"{', '.join(alone)}: expected together with --map")
        given = {"--lambda": curvature, "--factor": factor}
        if self.as_map and (there := [name for name, value in given.items() if value is not None]):
            raise InputError(f"{', '.join(there)}: not with --map, which has a range of lambda")


@command("momentum")
def momentum_command(
    source: WalkOptions,
    out: PictureOptions,
    chart: MapOptions,
    curvature: Lambda = None,
    beta: Beta = None,
    nesterov: Nesterov = False,
    weight_decay: Decay = None,
    factor: Factor = None,
    steps: Steps = None,
) -> None:
    """SGD with momentum at a frozen curvature: regime, exponents, second moment, and how likely a spike is."""
    chart.check(curvature, factor)
    _check_steps(steps, factor)
    if chart.as_map:
        _map(source.walk(), chart, beta, "nesterov" if nesterov else "heavy_ball", _decay(weight_decay), out)
        return
    at, strength = required(curvature, "--lambda"), _beta(beta, "--beta")
    if strength is None:
        raise InputError("--beta: expected a number in [0, 1), found nothing")
    decay, level = _decay(weight_decay), _factor(factor)
    walk = source.walk()
    from catalysis.products.walk import MatrixWalk
    from catalysis.report.tables import data_line

    make = MatrixWalk.nesterov if nesterov else MatrixWalk.heavy_ball
    _answer(make(walk, at, strength, weight_decay=decay), level, out, data_line(walk), steps)


def _map(
    walk: LinearWalk,
    chart: MapOptions,
    beta: str | None,
    method: Method,
    decay: Fraction,
    out: PictureOptions,
) -> None:
    betas = _between(beta, "--beta") or (Fraction(0), Fraction(99, 100))
    fractions = _between(chart.fractions, "--fractions") or (Fraction(1, 20), Fraction(6, 5))
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.products.momentum_map import DEPTH, momentum_map
    from catalysis.report.products import map_text
    from catalysis.report.tables import data_line

    with out.progress() as update:
        result = momentum_map(
            walk,
            fractions=fractions,
            betas=betas,
            method=method,
            weight_decay=decay,
            depth=DEPTH if chart.depth is None else chart.depth,
            progress=stage(update, "boxes"),
        )

    if folder is not None:
        folder.write_certificate(None, claims_of([result]))
        folder.write_plot("momentum-map", result, out.width())
    out.finish("MomentumMap", walk, result.fields(), [*data_line(walk), *map_text(result)], folder)


def _between(text: str | None, what: str) -> tuple[Fraction, Fraction] | None:
    """A range A..B, or one number for both ends."""
    if text is None:
        return None
    return span(text, what) if ".." in text else span(f"{text}..{text}", what)


def _check_steps(steps: int | None, factor: str | None) -> None:
    if steps is not None and factor is None:
        raise InputError("--steps: expected together with --factor")


def _answer(
    walk: MatrixWalk,
    level: Fraction | None,
    out: OutputOptions,
    heads: list[Any],
    steps: int | None = None,
) -> None:
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.certificate.products import answer_parts, unlike
    from catalysis.products.answer import product_answer
    from catalysis.products.momentum import momentum_fields
    from catalysis.products.spikes import spikes_of
    from catalysis.report.horizon import product_within_text
    from catalysis.report.products import answer_text

    with out.progress() as update:
        result = product_answer(walk, level, progress=stage(update, "cells"))
    parts, frames = answer_parts(result), []
    fields = {**result.fields(), **momentum_fields(walk), "carried": sorted(parts)}
    claims = list(unlike(parts))
    if steps is not None and level is not None:
        within = spikes_of(result.exponent, level, steps)
        fields["within"], frames = within.fields(), product_within_text(within)
        claims += claims_of([within])
    if folder is not None:
        folder.write_certificate(None, claims)
    out.finish("ProductAnswer", walk, fields, [*heads, *answer_text(result, parts), *frames], folder)


def _beta(text: str | None, what: str) -> Fraction | None:
    value = number(text, what)
    if value is not None and not 0 <= value < 1:
        raise InputError(f"{what}: expected a number in [0, 1), found {text}")
    return value


def _decay(text: str | None) -> Fraction:
    value = number(text, "--weight-decay") or Fraction(0)
    if value < 0:
        raise InputError(f"--weight-decay: expected a number >= 0, found {text}")
    return value


def _factor(text: str | None) -> Fraction | None:
    value = positive(text, "--factor")
    if value is not None and value <= 1:
        raise InputError(f"--factor: expected a number > 1, found {text}")
    return value


def _batch(size: int) -> int:
    if size < 1:
        raise InputError(f"--batch-size: expected an integer >= 1, found {size}")
    return size
