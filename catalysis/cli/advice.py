"""Choosing: which learning rates keep spikes rare, which batch sizes, which order of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.options import (
    DEFAULT_MAX_BITS,
    AnyRateOptions,
    DataOptions,
    Digits,
    Lambda,
    MaxBits,
    Mu0,
    WalkOptions,
    Width,
    command,
    not_zero,
    positive,
    required,
    span,
)
from catalysis.cli.output import OutputOptions, PictureOptions, stage
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from catalysis.data.walk import LinearWalk
    from catalysis.report.frame import Frame


@dataclass(frozen=True)
class QuestionOptions:
    """The start, the scale of a spike, and how rare it has to be."""

    curvature: Annotated[str | None, typer.Option("--lambda0", help="Curvature at the start, or A..B.")] = (
        None
    )
    width: Width = None
    mu0: Mu0 = None
    probability: Annotated[str | None, typer.Option("--probability", help="Accepted probability.")] = None
    scale: Annotated[str, typer.Option("--scale", help="c in the event |mu| >= c sqrt(n/eta).")] = "1"
    tolerance: Annotated[str, typer.Option("--tolerance", help="Widest sliver left open, relative.")] = (
        "1/1000"
    )
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Many samples: narrow slivers on a grid, for some minutes.")
    ] = False
    steps: Annotated[
        int | None, typer.Option("--steps", min=0, max=10**9, help="Also the outlook within so many steps.")
    ] = None


@command("advise", "--lambda0", "--width", "--mu0", "--probability")
def advise_command(source: AnyRateOptions, question: QuestionOptions, out: PictureOptions) -> None:
    """Which learning rates keep spikes to the scale sqrt(n/eta) rarer than accepted. DATA's eta is ignored.

    --lambda0 A..B: what holds for every curvature of the interval.
    """
    if ".." in str(question.curvature):
        _interval(source, span(str(question.curvature), "--lambda0"), question, out)
        return
    start, size = required(question.curvature, "--lambda0"), required(question.width, "--width")
    accepted = required(question.probability, "--probability")
    factor, sliver = required(question.scale, "--scale"), required(question.tolerance, "--tolerance")
    mu = not_zero(question.mu0, "--mu0")
    walk = source.walk(needs_law=question.steps is not None)
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.choices.learning_rates import advise
    from catalysis.report.learning_rates import advice_text
    from catalysis.report.tables import data_line

    with out.progress() as update:
        result = advise(
            walk.dataset,
            start,
            size,
            mu,
            accepted,
            scale=factor,
            step=walk.step,
            tolerance=sliver,
            thorough=question.thorough,
            progress=stage(update, "cells"),
        )
    fields, frames = result.fields(), [*data_line(walk, with_rate=False), *advice_text(result)]
    carried: list[object] = [result]
    if question.steps is not None:
        from catalysis.choices.rates_within import advise_within
        from catalysis.report.horizon import rates_within_text

        with out.progress() as update:
            within = advise_within(
                result.question,
                question.steps,
                tolerance=sliver,
                progress=stage(update, "rates within steps"),
            )
        fields["within"], frames = within.fields(), [*frames, *rates_within_text(within)]
        carried.append(within)
    if folder is not None and not walk.has_law:
        folder.notes.append("no certificate: the law of a batch has too many atoms for the checker")
    elif folder is not None:
        folder.write_certificate(walk.dataset, claims_of(carried))
    if folder is not None:
        folder.write_plot("rates", result, out.width())
    out.finish("Advice", _AnyRate(walk), fields, frames, folder)


def _interval(
    source: AnyRateOptions, ends: tuple[Fraction, Fraction], question: QuestionOptions, out: PictureOptions
) -> None:
    """A curvature that is known up to an interval."""
    if question.steps is not None:
        raise InputError("--lambda0: expected one number with --steps, a range A..B only without")
    if not 0 < ends[0] < ends[1]:
        raise InputError("--lambda0: expected a range A..B with 0 < A < B")
    size, accepted = required(question.width, "--width"), required(question.probability, "--probability")
    factor, sliver = required(question.scale, "--scale"), required(question.tolerance, "--tolerance")
    mu, walk = not_zero(question.mu0, "--mu0"), source.walk(needs_law=False)
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.choices.rates_over import advise_over
    from catalysis.report.learning_rates import advice_over_text
    from catalysis.report.tables import data_line

    with out.progress() as update:
        result = advise_over(
            walk.dataset,
            *ends,
            size,
            mu,
            accepted,
            scale=factor,
            step=walk.step,
            tolerance=sliver,
            thorough=question.thorough,
            progress=stage(update, "cells"),
        )
    if folder is not None and not walk.has_law:
        folder.notes.append("no certificate: the law of a batch has too many atoms for the checker")
    elif folder is not None:
        folder.notes.append(
            "The certificate carries the answers at both ends; the rest follows from them by A20."
        )
        folder.write_certificate(walk.dataset, claims_of([result.low, result.high]))
    if folder is not None:
        folder.write_plot("rates", result, out.width())
    frames = [*data_line(walk, with_rate=False), *advice_over_text(result)]
    out.finish("AdviceOverInterval", _AnyRate(walk), result.fields(), frames, folder)


@dataclass(frozen=True)
class _AnyRate:
    """A walk whose learning rate is not that of its data set, but what is asked for."""

    walk: LinearWalk

    def heading(self) -> dict[str, Any]:
        return {**self.walk.heading(), "eta": None}


Sizes = Annotated[str, typer.Option("--sizes", help="Batch sizes, comma between them.")]
WithoutReplacement = Annotated[
    bool, typer.Option("--without-replacement", help="Draw a batch without repetition.")
]
Growth = Annotated[str | None, typer.Option("--factor", help="Also P(|mu| grows by this factor).")]


@command("batches", "--lambda")
def batches_command(
    source: DataOptions,
    out: PictureOptions,
    curvature: Lambda = None,
    sizes: Sizes = "1,2,4,8",
    without_replacement: WithoutReplacement = False,
    factor: Growth = None,
    digits: Digits = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
) -> None:
    """The exponent over batch sizes beside full batch: where smaller batches mean more spikes, and where not."""
    at, level = required(curvature, "--lambda"), positive(factor, "--factor")
    dataset = source.dataset()
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.choices.batch_sizes import compare_batches
    from catalysis.data.walk import LinearWalk
    from catalysis.exponent.exponent import DEFAULT_DIGITS
    from catalysis.report.comparisons import batches_text
    from catalysis.report.tables import data_line

    with out.progress() as update:
        result = compare_batches(
            dataset,
            at,
            sizes=_sizes(sizes),
            without_replacement=without_replacement,
            factor=level,
            digits=digits or DEFAULT_DIGITS,
            max_bits=max_bits,
            progress=stage(update, "batch sizes"),
        )
    if folder is not None:
        folder.write_certificate(dataset, claims_of([*result.lines, *result.relations]))
        folder.write_plot("batches", result, out.width())
    frames = [*data_line(LinearWalk(dataset), with_step=False), *batches_text(result)]
    out.finish("BatchComparison", dataset, result.fields(), frames, folder)


EasySteps = Annotated[int | None, typer.Option("--easy-steps", help="Draws of easy samples first.")]
PhaseFactor = Annotated[str, typer.Option("--factor", help="K of the spike after an easy phase.")]
Kappa0 = Annotated[str | None, typer.Option("--kappa0", help="Also at finite width, from eta mu_0/sqrt(n).")]


@command("order", "--lambda")
def order_command(
    source: WalkOptions,
    out: OutputOptions,
    curvature: Lambda = None,
    easy_steps: EasySteps = None,
    factor: PhaseFactor = "1000",
    kappa0: Kappa0 = None,
    max_bits: MaxBits = DEFAULT_MAX_BITS,
) -> None:
    """What the order of samples does: one epoch, reshuffled epochs, an easy phase first, finite width."""
    at, level = required(curvature, "--lambda"), required(factor, "--factor")
    kappa = None if kappa0 is None else not_zero(kappa0, "--kappa0")
    if level <= 1:
        raise InputError(f"--factor: expected a number > 1, found {factor}")
    if easy_steps is not None and not 0 <= easy_steps <= 10**9:
        raise InputError(f"--easy-steps: expected an integer from 0 to 10^9, found {easy_steps}")
    walk = source.walk()
    if kappa is not None and 2 * abs(kappa) > at * walk.dataset.learning_rate:
        raise InputError(f"--kappa0: expected at most eta lambda/2 in size, found {kappa0}")
    folder = out.folder()
    from catalysis.certificate.document import claims_of
    from catalysis.choices.finite_width import finite_width_orders
    from catalysis.choices.orders import easy_phase, epoch_draws, epoch_orders
    from catalysis.report.comparisons import epoch_text, finite_width_text, phase_text
    from catalysis.report.tables import data_line

    epoch = epoch_orders(walk, at, max_bits=max_bits)
    phase, width = _Part("easy_phase"), _Part("finite_width")
    if easy_steps is not None:
        phase.find(lambda: easy_phase(walk, at, level, easy_steps, max_bits=max_bits), phase_text)
    if kappa is not None:
        rate = at * walk.dataset.learning_rate
        width.find(lambda: finite_width_orders(epoch_draws(walk), kappa, rate), finite_width_text)
    parts = [phase, width]
    fields = {**epoch.fields(), **phase.fields(), **width.fields()}
    if any(part.undecided for part in parts):
        fields["verdict"] = "undecided"
    if folder is not None:
        folder.write_certificate(walk.dataset, claims_of([epoch, *(p.result for p in parts if p.result)]))
    frames = [*data_line(walk), *epoch_text(epoch), *phase.frames, *width.frames]
    out.finish("EpochOrders", walk, fields, frames, folder)


class _Part:
    """A further question of a command: its answer, or why there is none."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result: Any = None
        self.reason: str | None = None
        self.frames: list[Frame] = []

    def find(self, ask: Callable[[], Any], text: Callable[[Any], list[Frame]]) -> None:
        """Ask; a data set that the question does not fit is the reason why there is no answer."""
        from catalysis.report.frame import Frame

        try:
            self.result = ask()
            self.frames = text(self.result)
        except InputError as reason:
            self.reason = str(reason)
            self.frames = [Frame.lines(f"{self.name.replace('_', ' ')}: not here ({reason})")]

    @property
    def undecided(self) -> bool:
        """Whether it was asked, and not answered."""
        return self.reason is not None or (
            self.result is not None and self.result.fields()["verdict"] == "undecided"
        )

    def fields(self) -> dict[str, Any]:

        found = None if self.result is None else self.result.fields()
        return {self.name: found, f"{self.name}_reason": self.reason}


def _sizes(text: str) -> list[int]:
    """Batch sizes from "1,2,4"."""
    return [whole(part, "--sizes (B,B,...)", least=1, most=10**18 - 1) for part in text.split(",")]
