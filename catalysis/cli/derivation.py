"""`derive`: the reduced map of a network, derived, shown step by step, written out and certified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from catalysis.cli.options import command, number
from catalysis.cli.output import OutputOptions
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.derivation import ShallowNetwork


@dataclass(frozen=True)
class NetworkOptions:
    """Which network."""

    activation: Annotated[str, typer.Option("--activation", help="linear, relu or leaky-relu.")] = "linear"
    dim: Annotated[int, typer.Option("--dim", help="Dimension of the inputs.")] = 1
    labels: Annotated[bool, typer.Option("--labels", help="Labels may differ from zero.")] = False
    no_half_loss: Annotated[bool, typer.Option("--no-half-loss", help="The loss without its factor 1/2.")] = (
        False
    )
    slope: Annotated[
        str | None, typer.Option("--slope", help="Of leaky-relu, in [-1, 1]; a letter if left out.")
    ] = None

    def network(self) -> ShallowNetwork:
        """The network that the options describe. Raises InputError."""
        from catalysis.derivation import MAX_SHOWN_INPUTS, ShallowNetwork

        if not 1 <= self.dim <= MAX_SHOWN_INPUTS:
            raise InputError(
                f"--dim: expected 1 to {MAX_SHOWN_INPUTS}, found {self.dim}; "
                "known beyond: derive(...).to_numpy_gram() in Python"
            )
        slope = number(self.slope, "--slope")
        return ShallowNetwork(self.activation, self.dim, self.labels, not self.no_half_loss, slope)


Batch = Annotated[str, typer.Option("--batch", help="single, mini or full.")]
Latex = Annotated[bool, typer.Option("--latex", help="Formulas in LaTeX.")]


@command("derive")
def derive_command(
    which: NetworkOptions, out: OutputOptions, batch: Batch = "single", latex: Latex = False
) -> None:
    """The reduced map of a network, derived from its definition, with the proof that it is exact."""
    network = which.network()
    from catalysis.certificate.derivation import claims_of
    from catalysis.derivation import derive
    from catalysis.report.reduced_map import derivation_latex, derivation_text

    folder = out.folder()
    reduced = derive(network, batch)
    claims = claims_of(reduced)
    fields = {**reduced.fields(latex=latex), "claims": claims}
    if folder is not None:
        folder.write_text("derivation.tex", derivation_latex(reduced))
        folder.write_certificate(None, claims)
    out.finish("ReducedMap", None, fields, derivation_text(reduced, fields, latex=latex), folder)
