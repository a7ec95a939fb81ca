"""`diagnose`: what a logged loss curve shows."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from catalysis.cli.options import command
from catalysis.cli.output import PictureOptions
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.diagnosis.log import LossLog


@dataclass(frozen=True)
class LogOptions:
    """Which log, and which of its columns."""

    data: Annotated[
        str | None, typer.Argument(metavar="LOG", help="A CSV file with a header; - reads standard input.")
    ] = None
    column: Annotated[
        str | None,
        typer.Option("--column", metavar="NAME", help="The losses; default: loss, train_loss, Value, ..."),
    ] = None
    step_column: Annotated[
        str | None,
        typer.Option("--step-column", metavar="NAME", help="The steps; default: step, iteration, ..."),
    ] = None
    lr_column: Annotated[
        str | None, typer.Option("--lr-column", metavar="NAME", help="The learning rates; default: lr, ...")
    ] = None
    log_loss: Annotated[bool, typer.Option("--log-loss", help="The column holds natural logarithms.")] = False

    def log(self) -> LossLog:
        from catalysis.diagnosis.reading import Columns, load_log, read_log
        from catalysis.exact.numbers import at

        columns = Columns(self.column, self.step_column, self.lr_column)
        if self.data is None:
            raise InputError("log: expected a .csv file, or - for standard input, found nothing")
        if self.data != "-":
            return load_log(self.data, columns, logarithmic=self.log_loss)
        with at("standard input"):
            return read_log(sys.stdin, "standard input", columns, logarithmic=self.log_loss)


@command("diagnose")
def diagnose_command(
    source: LogOptions,
    out: PictureOptions,
    factor: Annotated[
        str, typer.Option("--factor", help="A spike is at least so many times its baseline.")
    ] = "2",
    window: Annotated[
        int, typer.Option("--window", help="The baseline is the least loss of so many rows.")
    ] = 1000,
    tail: Annotated[
        int | None, typer.Option("--tail", help="How many of the largest heights give the tail index.")
    ] = None,
) -> None:
    """A logged loss curve: spikes, heights, tail index, form, and the phase it resembles. All measured."""
    log = source.log()
    from catalysis.diagnosis.diagnosis import diagnose
    from catalysis.report.diagnosis import diagnosis_text

    result = diagnose(log, factor=factor, window=window, tail=tail)
    folder = out.folder()

    if folder is not None:
        folder.write_plot("diagnosis", result, out.width())
    out.finish("Diagnosis", None, result.fields(), diagnosis_text(result), folder)
