"""`audit`: the claims of the talk, each certified, refuted, corrected, measured or not examined."""

from __future__ import annotations

from typing import Annotated

import typer

from catalysis.cli.options import command
from catalysis.cli.output import OutputOptions, stage

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Claims; left out: all.")]


@command("audit")
def audit_command(out: OutputOptions, ids: Ids = None) -> None:
    """Examine the claims of the talk; exit status 1 if a verdict differs from the recorded one."""
    from catalysis.audit.run import audit, chosen
    from catalysis.report.audit import detail, table

    chosen(ids or ())
    folder = out.folder()
    with out.progress() as update:
        found = audit(ids or (), progress=stage(update, "claims"))
    if folder is not None:
        folder.write_with(found.write)
        folder.notes.append(f"re-prove with: proofs-check {folder.target}/ID.json")
    details = [detail(one) for one in found.examined] if ids else []
    out.finish("AuditReport", None, found.fields(), [*details, *table(found)], folder)
    if found.differing:
        raise typer.Exit(1)
