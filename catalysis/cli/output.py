"""What comes out of a command: files first, each whole or not at all, then one JSON document or text for people."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
import time
import weakref
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
    from catalysis.data.walk import LinearWalk
    from catalysis.exact.result import Source
    from catalysis.figures.drawn import Drawn, Figure, Size
    from catalysis.report.frame import Frame

Update = Callable[[str, int, int], None]
_WIDE = 200
"""The width of text that goes into a file or a pipe, unless COLUMNS says it."""
_PICTURES = (
    *("drift", "exponent", "axis", "landing", "momentum-map", "phase-map", "crosscheck"),
    *("spike", "rates", "batches", "phase"),
)
_BESIDE_A_CERTIFICATE = (
    "report.html",
    "derivation.tex",
    "propositions.tex",
    *(f"{name}.{kind}" for name in _PICTURES for kind in ("svg", "pdf", "png")),
)
"""What one run writes with its certificate."""


class Folder:
    """Where the files of one command go: `path` until `settle` moves them all to `target`, so that no run is seen half.

    Made before the work starts; whatever cannot be written is an InputError.
    """

    def __init__(self, target: Path, inside: Folder | None = None) -> None:
        self.target = target
        if inside is None:
            self.path = output_folder(target)
            weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        else:
            self.path = inside.path / target.name
            with _writing(self.path):
                self.path.mkdir()
        self.files: list[Path] = []
        self.certificate: Path | None = None
        self.digest: str | None = None
        self.notes: list[str] = []

    def write_certificate(
        self, dataset: Dataset | None, claims: Iterable[Claim], otherwise: str = "nothing is decided"
    ) -> None:
        """The one certificate; where there is no claim, a note that says so `otherwise`."""
        from catalysis.certificate.document import NotCertifiable, certificate_of, write_certificate

        listed = list(claims)
        if not listed:
            self.notes.append(f"no certificate: {otherwise}")
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

    def write_plot(self, name: str, result: object, size: Size) -> None:
        """The picture of a result, where there is something to draw."""
        from catalysis.figures.start import start

        start()
        from catalysis.figures.pictures import plot

        try:
            drawn = plot(result, size)
        except InputError:
            return
        self.write_picture(name, lambda: drawn)

    def write_text(self, name: str, content: str) -> None:
        from catalysis.certificate.files import write_whole

        with _writing(self.path):
            write_whole(self.path / name, content)
        self.files.append(self.path / name)

    def write_with(self, write: Callable[[Path], Iterable[Path]]) -> None:
        """Files that something else writes into the folder."""
        with _writing(self.path):
            self.files += write(self.path)

    def part(self, name: str) -> Folder:
        """A folder inside, settled together with this one."""
        return Folder(self.target / name, inside=self)

    def final(self, path: Path) -> Path:
        """Where a file will be."""
        return self.target / path.relative_to(self.path)

    def settle(self) -> None:
        """Move everything to `target`: a new folder by one renaming, else file by file, and say what is replaced."""
        with _writing(self.path):
            if not self.target.exists():
                self.path.rename(self.target)
                return
            made = [p.relative_to(self.path) for p in sorted(self.path.rglob("*")) if p.is_file()]
            replaced = [name for name in made if (self.target / name).exists()]
            stale = _stale(self.target, made)
            for name in made:
                (self.target / name).parent.mkdir(exist_ok=True)
                os.replace(self.path / name, self.target / name)
            for name in stale:
                (self.target / name).unlink()
            shutil.rmtree(self.path, ignore_errors=True)
        if replaced:
            self.notes.append(f"replaced: {', '.join(map(str, replaced))}")
        if stale:
            self.notes.append(f"removed, as of an earlier run: {', '.join(map(str, stale))}")

    def fields(self) -> dict[str, Any]:
        """What was written, for the JSON document."""
        return {
            "certificate": None if self.certificate is None else str(self.final(self.certificate)),
            "sha256": self.digest,
            "files": [str(self.final(path)) for path in self.files],
        }

    def lines(self) -> list[str]:
        """What was written, for people."""
        lines = list(self.notes)
        if self.files:
            lines.append(f"wrote {', '.join(path.name for path in self.files)} in {self.target}")
        if self.certificate is not None:
            lines.append(f"re-prove it with: proofs-check {self.final(self.certificate)}")
        return lines


def propositions_of(dataset: Dataset | None, claims: Iterable[Claim], folder: Folder | None) -> str:
    """The claims as LaTeX propositions of the certificate that holds them; also a file in the folder, if any."""
    from catalysis.certificate.document import NotCertifiable, certificate_of, digest_of
    from catalysis.report.propositions import propositions

    try:
        document = certificate_of(dataset, listed) if (listed := list(claims)) else None
    except NotCertifiable:
        document = None
    words = "" if document is None else propositions(document, digest_of(document))
    if not words:
        return "% no proposition: nothing that was found has a claim\n"
    if folder is not None:
        folder.write_text("propositions.tex", words)
    return words


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
        latex: str | None = None,
    ) -> None:
        """Show the answer; the files in `folder` are written by now.

        `result` names the kind of result, `source` what was asked about, `fields` hold the answer (docs/json.md).
        `latex`: propositions that were asked for.
        """
        if folder is not None:
            folder.settle()
        written = folder.fields() if folder is not None else self._unwritten()
        if self.as_json:
            words = {} if latex is None else {"propositions": latex}
            say(json.dumps(document(result, source, {**fields, **written, **words})) + "\n")
            return
        from catalysis.report.frame import Frame

        lines = folder.lines() if folder is not None else []
        text = rendered([*frames, *([Frame.lines(*lines)] if lines else [])])
        say(f"{text}\n{latex}" if latex else text)

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


@dataclass(frozen=True)
class ClaimOptions(PictureOptions):
    """How the answer is shown, where files go, and whether its claims are put into LaTeX."""

    latex: Annotated[
        bool,
        typer.Option(
            "--latex", help="Also the claims as LaTeX propositions; with -o as propositions.tex too."
        ),
    ] = False

    def carried(
        self, folder: Folder | None, walk: LinearWalk, results: Iterable[object], picture: str | None = None
    ) -> str | None:
        """Certificate, and the picture of the first result, into the folder; the propositions, if asked for."""
        from catalysis.certificate.document import NotCertifiable, claim

        if folder is None and not self.latex:
            return None
        claims, why, listed = [], "nothing is decided", list(results)
        for one in listed:
            try:
                claims.append(claim(one))
            except NotCertifiable as reason:
                why = str(reason)
        if folder is not None:
            folder.write_certificate(walk.dataset, claims, why)
            if picture is not None:
                folder.write_plot(picture, listed[0], self.width())
        return propositions_of(walk.dataset, claims, folder) if self.latex else None


def document(result: str, source: Source | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the envelope of every JSON document; what it says of the data stands above a field of that name."""
    from catalysis.exact.result import envelope

    heading = {} if source is None else source.heading()
    return envelope(result, source, {key: value for key, value in fields.items() if key not in heading})


def rendered(frames: Iterable[Frame]) -> str:
    """Frames as text, an empty line between them; as wide as the terminal, if there is one."""
    from rich.console import Console

    from catalysis.report.frame import terminal

    screen, asked, text = sys.stdout.isatty(), _columns(), StringIO()
    console = Console(
        file=text,
        force_terminal=screen and not os.environ.get("NO_COLOR"),
        highlight=False,
        soft_wrap=not screen and asked is None,
        width=asked or (None if screen else _WIDE),
    )
    for i, frame in enumerate(frames):
        if i:
            console.print()
        console.print(terminal(frame, console.width))
    return re.sub(r" +$", "", text.getvalue(), flags=re.MULTILINE)


def _columns() -> int | None:
    """The width that the environment asks for, if it does."""
    asked = os.environ.get("COLUMNS", "")
    return max(40, int(asked)) if asked.isdecimal() and len(asked) < 6 else None


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


def output_folder(target: Path) -> Path:
    """An empty folder beside or in `target`, made before the work starts. Raises InputError if it cannot be."""
    inside = target.is_dir()
    here, name = (target, "") if inside else (target.parent, f".{target.name}")
    path = here / f"{name}.part-{secrets.token_hex(4)}"
    with _writing(target):
        if target.exists() and not inside:
            raise NotADirectoryError(20, "it is a file")
        here.mkdir(parents=True, exist_ok=True)
        path.mkdir()
        (path / ".writable").write_text("")
        (path / ".writable").unlink()
    return path


def _stale(target: Path, made: Iterable[Path]) -> list[Path]:
    """What an earlier run left beside the certificate that a new one replaces."""
    new, old = {str(name) for name in made}, target / "certificate.json"
    try:
        ours = "certificate.json" in new and b'"catalysis-certificate"' in old.read_bytes()[:200]
    except OSError:
        return []
    return [
        Path(name) for name in _BESIDE_A_CERTIFICATE if ours and name not in new and (target / name).is_file()
    ]


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        shown = re.sub(r"(/|^)(?:\.([^/]+))?\.part-[0-9a-f]{8}", r"\1\2", str(folder)).rstrip("/")
        raise InputError(f"{shown}: expected a folder that can be written ({error.strerror})") from error


@contextmanager
def _bars(quiet: bool) -> Iterator[Update | None]:
    if quiet or not sys.stderr.isatty():
        yield None
        return
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        yield _plain_progress()
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


def _plain_progress() -> Update:
    """A line on stderr every two seconds, without a single escape."""
    begun: dict[str, float] = {}
    told = [time.monotonic()]

    def update(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        start = begun.setdefault(stage, now)
        if now - told[0] >= 2 and done:
            told[0] = now
            left = (now - start) * (total - done) / done
            complain(f"{stage} {done}/{total}, about {left:.0f} s left")

    return update


def stage(update: Update | None, name: str) -> Callable[[int, int], None] | None:
    """The callback (done, total) of one stage."""
    return None if update is None else lambda done, total: update(name, done, total)
