"""What comes out of a command: files first, each whole or not at all, then one JSON document or text for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.certificate.document import Claim
    from catalysis.data.dataset import Dataset
    from catalysis.exact.result import Source
    from catalysis.figures.drawn import Drawn, Figure, Size
    from catalysis.report.frame import Frame

Update = Callable[[str, int, int], None]
_WIDE = 200
"""The width of text that goes into a file or a pipe."""


class Folder:
    """Where the files of one command go. Made before the work starts; whatever cannot be written is an InputError."""

    def __init__(self, path: Path) -> None:
        self.path = output_folder(path)
        self.files: list[Path] = []
        self.certificate: Path | None = None
        self.digest: str | None = None
        self.notes: list[str] = []

    def write_certificate(self, dataset: Dataset | None, claims: Iterable[Claim]) -> None:
        """The one certificate, if there is a claim."""
        from catalysis.certificate.document import NotCertifiable, certificate_of, write_certificate

        listed = list(claims)
        if not listed:
            self.notes.append("no certificate: nothing is decided")
            return
        try:
            document = certificate_of(dataset, listed)
        except NotCertifiable as reason:
            self.notes.append(f"no certificate: {reason}")
            return
        self.certificate = self.path / "certificate.json"
        with _writing(self.path):
            self.digest = write_certificate(self.certificate, document)
        self.files.append(self.certificate)

    def write_picture(self, name: str, draw: Callable[[], Figure | Drawn]) -> list[Path]:
        """A figure as .svg, .pdf and .png, with its caption as its description; `draw` may import what draws."""
        from catalysis.figures.start import start

        start()
        from catalysis.figures.drawn import Drawn
        from catalysis.figures.saving import save_figure

        made = draw()
        figure, caption = (made.figure, made.caption) if isinstance(made, Drawn) else (made, "")
        with _writing(self.path):
            self.files += (written := save_figure(figure, self.path / name, caption))
        return written

    def write_text(self, name: str, content: str) -> None:
        from catalysis.certificate.files import write_whole

        with _writing(self.path):
            write_whole(self.path / name, content)
        self.files.append(self.path / name)

    def write_with(self, write: Callable[[Path], Iterable[Path]]) -> None:
        """Files that something else writes into the folder."""
        with _writing(self.path):
            self.files += write(self.path)

    def fields(self) -> dict[str, Any]:
        """What was written, for the JSON document."""
        return {
            "certificate": None if self.certificate is None else str(self.certificate),
            "sha256": self.digest,
            "files": [str(path) for path in self.files],
        }

    def lines(self) -> list[str]:
        """What was written, for people."""
        lines = list(self.notes)
        if self.files:
            lines.append(f"wrote {', '.join(path.name for path in self.files)} in {self.path}")
        if self.certificate is not None:
            lines.append(f"re-prove it with: proofs-check {self.certificate}")
        return lines


NOTHING_WRITTEN: Mapping[str, Any] = {"certificate": None, "sha256": None, "files": []}


@dataclass(frozen=True)
class ShowOptions:
    """How the answer is shown."""

    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")] = (
        False
    )

    def progress(self) -> Any:
        """Context manager that gives a callback (stage, done, total) driving bars on a terminal, or None."""
        return _bars(self.as_json)

    def finish(
        self,
        result: str,
        source: Source | None,
        fields: Mapping[str, Any],
        frames: Iterable[Frame],
        folder: Folder | None = None,
    ) -> None:
        """Show the answer; the files in `folder` are written by now.

        `result` names the kind of result, `source` what was asked about, `fields` hold the answer (docs/json.md).
        """
        written = folder.fields() if folder is not None else self._unwritten()
        if self.as_json:
            say(json.dumps(document(result, source, {**fields, **written})) + "\n")
            return
        from catalysis.report.frame import Frame

        lines = folder.lines() if folder is not None else []
        say(rendered([*frames, *([Frame.lines(*lines)] if lines else [])]))

    def _unwritten(self) -> Mapping[str, Any]:
        return {}


@dataclass(frozen=True)
class OutputOptions(ShowOptions):
    """How the answer is shown, and where files go."""

    output: Annotated[str | None, typer.Option("-o", "--output", help="Folder to write into.")] = None

    def folder(self) -> Folder | None:
        """The folder, if one was named."""
        return None if self.output is None else Folder(Path(self.output))

    def _unwritten(self) -> Mapping[str, Any]:
        return NOTHING_WRITTEN


@dataclass(frozen=True)
class PictureOptions(OutputOptions):
    """How the answer is shown, where files go, and how wide the figures among them are."""

    size: Annotated[
        str, typer.Option("--size", help="Width of figures: column (3.4 inches) or page (7 inches).")
    ] = "page"

    def folder(self) -> Folder | None:
        self.width()
        return super().folder()

    def width(self) -> Size:
        """The size that was asked for. Raises InputError."""
        from catalysis.figures.drawn import as_size

        return as_size(self.size)


def document(result: str, source: Source | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the envelope of every JSON document; what it says of the data stands above a field of that name."""
    from catalysis.exact.result import envelope

    heading = {} if source is None else source.heading()
    return envelope(result, source, {key: value for key, value in fields.items() if key not in heading})


def rendered(frames: Iterable[Frame]) -> str:
    """Frames as text, an empty line between them; as wide as the terminal, if there is one."""
    from rich.console import Console

    from catalysis.report.frame import terminal

    screen, text = sys.stdout.isatty(), StringIO()
    console = Console(
        file=text,
        force_terminal=screen,
        highlight=False,
        soft_wrap=not screen,
        width=None if screen else _WIDE,
    )
    for i, frame in enumerate(frames):
        if i:
            console.print()
        console.print(terminal(frame))
    return text.getvalue()


def say(text: str) -> None:
    """Text on stdout; what its encoding does not have is replaced. Raises InputError where it cannot be written."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:  # nobody reads on, as after `| head -1`
        forget(stream)
    except OSError as error:
        forget(stream)
        raise InputError(f"output: expected one that can be written ({error.strerror})") from error


def forget(stream: TextIO) -> None:
    """Let what is left in the buffer go nowhere, also at exit."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def complain(message: str) -> None:
    """One line on stderr."""
    try:
        sys.stderr.write("catalysis: " + " ".join(message.split()) + "\n")
        sys.stderr.flush()
    except OSError:
        forget(sys.stderr)


def output_folder(path: Path) -> Path:
    """The folder for results, made before the work starts; an InputError if it cannot be written."""
    probe = path / ".writable"
    with _writing(path):
        path.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    return path


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{folder}: expected a folder that can be written ({error.strerror})") from error


@contextmanager
def _bars(quiet: bool) -> Iterator[Update | None]:
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update


def stage(update: Update | None, name: str) -> Callable[[int, int], None] | None:
    """The callback (done, total) of one stage."""
    return None if update is None else lambda done, total: update(name, done, total)
