"""`derive`: the reduced map of a network, derived, shown step by step, written out and certified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.common import Json, Output, app, emit, output_folder
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.derivation import ReducedMap

Activation = Annotated[str, typer.Option("--activation", help="linear, relu or leaky-relu.")]
Batch = Annotated[str, typer.Option("--batch", help="single, mini or full.")]
Dim = Annotated[int, typer.Option("--dim", help="Dimension of the inputs.")]
Labels = Annotated[bool, typer.Option("--labels", help="Labels may differ from zero.")]
PlainLoss = Annotated[bool, typer.Option("--no-half-loss", help="The loss without its factor 1/2.")]
Slope = Annotated[
    str | None, typer.Option("--slope", help="Of leaky-relu, in [-1, 1]; a letter if left out.")
]
Latex = Annotated[bool, typer.Option("--latex", help="Formulas in LaTeX.")]


@app.command("derive")
def derive_command(
    activation: Activation = "linear",
    batch: Batch = "single",
    dim: Dim = 1,
    labels: Labels = False,
    no_half_loss: PlainLoss = False,
    slope: Slope = None,
    latex: Latex = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """The reduced map of a network, derived from its definition, with the proof that it is exact."""
    from catalysis.certificate.derivation import claims_of
    from catalysis.derivation import MAX_SHOWN_INPUTS, ShallowNetwork, derive

    if not 1 <= dim <= MAX_SHOWN_INPUTS:
        raise InputError(
            f"--dim: expected 1 to {MAX_SHOWN_INPUTS}, found {dim}; known beyond: derive(...).to_numpy_gram() in Python"
        )
    network = ShallowNetwork(activation, dim, labels, not no_half_loss, slope)
    folder = None if output is None else output_folder(Path(output))
    reduced = derive(network, batch)
    claims = claims_of(reduced)
    document = {**reduced.fields(latex=latex), "claims": claims}
    if as_json:
        emit(True, document)
    else:
        emit(False, {}, *_story(reduced, document))
    if folder is not None:
        written = _write(folder, reduced, claims)
        if not as_json:
            emit(False, {}, f"\nwrote {', '.join(path.name for path in written)} in {folder}")


def _story(reduced: ReducedMap, document: dict[str, Any]) -> list[Any]:
    """The derivation for people: step by step in LaTeX, then the formulas in a table."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from catalysis.report.derivation import steps

    parts: list[Any] = []
    for number, step in enumerate(steps(reduced), 1):
        parts.append(
            Group(Text(f"{number}. {step.heading}", style="bold"), Text(step.text), Text(step.latex))
        )
    table = Table(title="The map", title_justify="left", title_style="bold", header_style="", box=None)
    for column in ("form", "", "formula", "lemma"):
        table.add_column(column, overflow="fold")
    forms = {"update": "R1-R4", "canonical": "R6", "diagonal": "R7", "linearised": "R8", "thresholds": "R9"}
    for form, lemma in forms.items():
        for name, formula in (document[form] or {}).items():
            table.add_row(form, name, Text(formula), lemma)
    for name, formula in document["validity"].items():
        table.add_row("valid while", name, Text(formula), "R5")
    claim = "proved for every width; the claim is checked without sympy by proofs-check (-o DIR writes it)"
    if not document["claims"]:
        claim = "proved for every width by lemmas R1 to R5; no claim is written beyond three inputs"
    return [*parts, table, Text(claim)]


def _write(folder: Path, reduced: ReducedMap, claims: list[dict[str, Any]]) -> list[Path]:
    """The derivation as LaTeX, and the certificate if there is a claim."""
    from catalysis.certificate.document import certificate_of, write_certificate
    from catalysis.report.derivation import steps

    written = [folder / "derivation.tex"]
    text = "\n\n".join(
        f"\\paragraph{{{step.heading}.}} {step.text}\n\\[\n{step.latex}\n\\]" for step in steps(reduced)
    )
    written[0].write_text(text.replace("T S T^t", "$T S T^t$") + "\n", encoding="utf-8")
    if claims:
        written.append(folder / "certificate.json")
        write_certificate(written[-1], certificate_of(None, claims))
    return written
