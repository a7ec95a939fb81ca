"""`audit`: the claims of the talk, each certified, refuted, corrected, measured or not examined."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalysis.cli.common import Json, Output, app, emit, output_folder, progress, stage

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Claims; left out: all.")]


@app.command("audit")
def audit_command(ids: Ids = None, output: Output = None, as_json: Json = False) -> None:
    """Examine the claims of the talk; exit status 1 if a verdict differs from the recorded one."""
    from catalysis.audit.run import audit, chosen
    from catalysis.report import audit as report

    chosen(ids or ())
    folder = None if output is None else output_folder(Path(output))
    with progress(as_json) as update:
        found = audit(ids or (), progress=stage(update, "claims"))
    document = found.to_json()
    texts = [report.detail(one) for one in found.examined] if ids else []
    lines = []
    if folder is not None:
        written = found.write(folder)
        document["files"] = [str(path) for path in written]
        lines.append(f"wrote {len(written)} files in {folder}; re-prove with: proofs-check {folder}/ID.json")
    emit(as_json, document, *texts, report.table(found), *lines)
    if found.differing:
        raise typer.Exit(1)
