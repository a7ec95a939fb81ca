"""`law` and `tail`: samples drawn fresh from a law, and the stationary law of SGD with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from catalysis.cli.options import StepOptions, TableOptions, command, positive, required
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
    from catalysis.certificate.populations import law_claims
    from catalysis.populations.answer import law_answer
    from catalysis.populations.threshold import law_thresholds
    from catalysis.report.populations import law_text, thresholds_text

    size, batch = source.dimension, source.batch_size
    if rate is None:
        limits = law_thresholds(text, curvature=at, dimension=size, batch_size=batch, digits=digits)
        if folder is not None:
            folder.notes.append("no certificate: these are proved by Arb alone, not in the certificate")
        out.finish("LawThresholds", limits.source, limits.fields(), thresholds_text(limits), folder)
        return
    found = law_answer(text, rate, curvature=at, dimension=size, batch_size=batch, digits=digits)
    claims = law_claims(found)
    if folder is not None:
        folder.write_certificate(None, claims)
    carried = sorted(one["kind"] for one in claims)
    fields = {**found.fields(), "carried": carried}
    out.finish("LawAnswer", found.source, fields, law_text(found, carried), folder)


@dataclass(frozen=True)
class TailOptions(StepOptions, TableOptions):
    """Which data, or which law, and what a step draws."""

    data: Annotated[
        str | None, typer.Argument(metavar="[DATA|LAW]", help="A file of samples, or a law as for `law`.")
    ] = None
    samples: Annotated[str | None, typer.Option("--samples", help='Instead of DATA: "1:1/2, x=2:1/2".')] = (
        None
    )
    dimension: Dimension = 1

    def answer(self, eta: str | None, curvature: str | None, noise: str | None, digits: int) -> TailAnswer:
        from catalysis.data.population import is_law

        if self.data is not None and is_law(self.data):
            return self._of_law(self.data, eta, curvature, noise, digits)
        if self.dimension != 1:
            raise InputError("--dim: expected together with a law")
        if self.meant(self.data):
            return self._of_vectors(eta, curvature, noise, digits)
        return self._of_samples(eta, curvature, noise, digits)

    def _of_law(
        self, law: str, eta: str | None, curvature: str | None, noise: str | None, digits: int
    ) -> TailAnswer:
        from catalysis.populations.tails import tail_answer

        if self.full_batch or self.without_replacement:
            raise InputError("--full-batch, --without-replacement: not with a law, which is drawn fresh")
        return tail_answer(
            law,
            required(eta, "--eta"),
            curvature=positive(curvature, "--lambda") or 1,
            dimension=self.dimension,
            batch_size=1 if self.batch_size is None else self.batch_size,
            noise=noise,
            digits=digits,
        )

    def _of_vectors(
        self, eta: str | None, curvature: str | None, noise: str | None, digits: int
    ) -> TailAnswer:
        from catalysis.populations.tails import tail_answer
        from catalysis.products.walk import MatrixWalk

        if curvature is not None:
            raise InputError("--lambda: not with samples that are vectors")
        step = self.step()
        if step.kind == "full_batch":
            raise InputError("--full-batch: not with samples that are vectors")
        walk = MatrixWalk.from_data(
            self.table(self.data),
            eta=required(eta, "--eta"),
            batch=1 if step.size is None else step.size,
            replacement=step.replacement,
        )
        return tail_answer(walk, noise=noise, digits=digits)

    def _of_samples(
        self, eta: str | None, curvature: str | None, noise: str | None, digits: int
    ) -> TailAnswer:
        from catalysis.cli.options import WalkOptions
        from catalysis.populations.tails import tail_answer

        walk = WalkOptions(
            data=self.data,
            samples=self.samples,
            eta=eta,
            batch_size=self.batch_size,
            without_replacement=self.without_replacement,
            full_batch=self.full_batch,
        ).walk()
        return tail_answer(walk, curvature=positive(curvature, "--lambda") or 1, noise=noise, digits=digits)


@command("tail")
def tail_command(
    source: TailOptions,
    show: ShowOptions,
    eta: Eta = None,
    curvature: Curvature = None,
    noise: Annotated[
        str | None,
        typer.Option("--noise", metavar="LAW", help="Law of the label noise; default: one with all moments."),
    ] = None,
    digits: Digits = 12,
) -> None:
    """SGD with label noise, or labels that cannot be fitted: is there a stationary law, and how heavy is its tail?"""
    found = source.answer(eta, curvature, noise, digits)
    from catalysis.report.populations import tail_text

    show.finish("TailAnswer", found.source, found.fields(), tail_text(found))
