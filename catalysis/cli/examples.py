"""`examples`: the data sets that come with the package, listed or copied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalysis.cli.options import command
from catalysis.cli.output import ShowOptions
from catalysis.exact.errors import InputError

Target = Annotated[str | None, typer.Argument(metavar="[FOLDER]", help="A new folder to copy them into.")]


@command("examples")
def examples_command(show: ShowOptions, folder: Target = None) -> None:
    """The data sets that come with the package: list them, or copy them into FOLDER."""
    from catalysis.data.examples import examples
    from catalysis.report.frame import Frame

    listed = examples()
    files = [] if folder is None else _copied(folder)
    fields = {"verdict": "listed", "examples": [vars(one) for one in listed], "files": files}
    rows = ((one.file, one.samples, one.shows) for one in listed)
    said = f"copied into {folder}" if folder else "copy them with: catalysis examples FOLDER"
    table = Frame.of("Data sets that come with catalysis", ("file", "samples", "what it shows"), rows)
    show.finish("Examples", None, fields, [table, Frame.lines(said)])


def _copied(folder: str) -> list[str]:
    from catalysis.data.examples import copy_examples

    try:
        return [str(path) for path in copy_examples(Path(folder))]
    except OSError as error:
        raise InputError(f"{folder}: expected a folder that can be written ({error.strerror})") from error
