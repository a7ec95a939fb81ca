"""`law` and `tail`: samples drawn fresh from a law, and the stationary law of SGD with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from catalysis.cli.options import VectorsOptions, WalkOptions, command, positive, required
from catalysis.cli.output import OutputOptions, ShowOptions
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.populations.tails import TailAnswer

Eta = Annotated[str | None, typer.Option("--eta", help="Learning rate.")]
Dimension = Annotated[
    int, typer.Option("--dim", help="Isotropic features normal(0, sigma) in so many dimensions.")
]
Curvature = Annotated[str | None, typer.Option("--lambda", help="Curvature lambda; default 1.")]
Digits = Annotated[int, typer.Option("--digits", min=1, max=200, help="Significant digits wanted.")]


@dataclass(frozen=True)
class LawOptions:
    """Which law, and how samples are drawn."""

    law: Annotated[
        str | None,
        typer.Argument(metavar="LAW", help='Of s, as "normal(0, 3/10)", or of x, as "x ~ exponential(1)".'),
    ] = None
    dimension: Dimension = 1
    batch_size: Annotated[int, typer.Option("--batch-size", help="Fresh samples a step.")] = 1

    def text(self) -> str:
        if self.law is None:
            from catalysis.data.population import KNOWN

            raise InputError(f"law: expected one of {KNOWN}, found nothing")
        return self.law


@command("law")
def law_command(
    source: LawOptions,
    out: OutputOptions,
    eta: Eta = None,
    curvature: Curvature = None,
    digits: Digits = 12,
) -> None:
    """Fresh samples from a law: thresholds, or with --eta regime, drift and Cramer exponent."""
    text, rate = source.text(), positive(eta, "--eta")
    at = positive(curvature, "--lambda") or 1
    folder = out.folder()
    from catalysis.certificate.populations import law_claims, threshold_claims
    from catalysis.populations.answer import law_answer
    from catalysis.populations.threshold import law_thresholds
    from catalysis.report.populations import law_text, thresholds_text

    size, batch = source.dimension, source.batch_size
    if rate is None:
        limits = law_thresholds(text, curvature=at, dimension=size, batch_size=batch, digits=digits)
        sides = threshold_claims(limits)
        if folder is not None and sides:
            folder.write_certificate(None, sides)
        elif folder is not None:
            folder.notes.append("no certificate: these are proved by Arb alone, not in the certificate")
        carried = sorted({one["kind"] for one in sides})
        fields = {**limits.fields(), "carried": carried}
        out.finish("LawThresholds", limits.source, fields, thresholds_text(limits, carried), folder)
        return
    found = law_answer(text, rate, curvature=at, dimension=size, batch_size=batch, digits=digits)
    claims = law_claims(found)
    if folder is not None:
        folder.write_certificate(None, claims)
    carried = sorted(one["kind"] for one in claims)
    fields = {**found.fields(), "carried": carried}
    out.finish("LawAnswer", found.source, fields, law_text(found, carried), folder)


@dataclass(frozen=True)
class TailOptions:
    """At which curvature, with which noise, and how sharp the answer is to be."""

    curvature: Curvature = None
    noise: Annotated[
        str | None,
        typer.Option("--noise", metavar="LAW", help="Law of the label noise; default: one with all moments."),
    ] = None
    dimension: Dimension = 1
    digits: Digits = 12

    def of_law(self, law: str, source: WalkOptions) -> TailAnswer:
        from catalysis.populations.tails import tail_answer

        if source.full_batch or source.without_replacement:
            raise InputError("--full-batch, --without-replacement: not with a law, which is drawn fresh")
        return tail_answer(
            law,
            required(source.eta, "--eta"),
            curvature=positive(self.curvature, "--lambda") or 1,
            dimension=self.dimension,
            batch_size=1 if source.batch_size is None else source.batch_size,
            noise=self.noise,
            digits=self.digits,
        )

    def of_vectors(self, source: WalkOptions, table: VectorsOptions) -> TailAnswer:
        from catalysis.populations.tails import tail_answer
        from catalysis.products.walk import MatrixWalk

        if self.curvature is not None:
            raise InputError("--lambda: not with samples that are vectors")
        if source.full_batch:
            raise InputError("--full-batch: not with samples that are vectors")
        source.step()
        walk = MatrixWalk.from_data(
            table.table(source.data, source.count_column),
            eta=required(source.eta, "--eta"),
            batch=1 if source.batch_size is None else source.batch_size,
            replacement=not source.without_replacement,
        )
        return tail_answer(walk, noise=self.noise, digits=self.digits)

    def of_samples(self, source: WalkOptions) -> TailAnswer:
        from catalysis.populations.tails import tail_answer

        at = positive(self.curvature, "--lambda") or 1
        return tail_answer(source.walk(), curvature=at, noise=self.noise, digits=self.digits)


@command("tail")
def tail_command(source: WalkOptions, table: VectorsOptions, asked: TailOptions, show: ShowOptions) -> None:
    """SGD with label noise, or labels that cannot be fitted, on DATA or a law: is there a stationary law, how heavy?"""
    from catalysis.data.population import is_law

    if source.data is not None and is_law(source.data):
        found = asked.of_law(source.data, source)
    elif asked.dimension != 1:
        raise InputError("--dim: expected together with a law")
    elif table.meant(source):
        found = asked.of_vectors(source, table)
    else:
        found = asked.of_samples(source)
    from catalysis.report.populations import tail_text

    show.finish("TailAnswer", found.source, found.fields(), tail_text(found))
