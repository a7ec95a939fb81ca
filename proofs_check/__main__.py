"""The command `proofs-check FILE... [--json] [--budget N] [--coq DIR]`."""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from errno import EEXIST
from pathlib import Path
from typing import NoReturn

from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import BUDGET, Work
from proofs_check.core.reading import MOST_BYTES, quoted
from proofs_check.export.folder import LIBRARY_SECONDS, Export, export, save

PROVED, NOT_PROVED, NO_ANSWER = 0, 1, 2
CELLS_SHOWN, _BAND, _CELL = 3, "theta is bounded, ", "; on ["
_OPENING = re.compile(
    r'For (?:"(?:[^"\\]|\\.)*"|[^"])*? and '
    r"(?:one sample a step|full batch|minibatches of \d+ with(?:out)? replacement): "
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(NO_ANSWER, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Prove again every claim of every certificate; print the verdicts; return the exit status.

    0: every claim of every file is proved. 1: some claim is not, or a file is no certificate of this
    version. 2: a file cannot be read or the call is wrong (one line on stderr).
    """
    parser = _Parser(prog="proofs-check", description="Prove again every claim of a catalysis certificate.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="a certificate (JSON)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--budget",
        type=_budget,
        default=BUDGET,
        metavar="N",
        help=f"units of work for each file, about a microsecond each (default {BUDGET})",
    )
    parser.add_argument(
        "--coq",
        metavar="DIR",
        help="also write each proved claim of the one FILE as a file for Coq, into the new folder DIR",
    )
    options = parser.parse_args(argv)
    if options.coq is not None and (len(options.files) > 1 or options.json):
        parser.error("--coq takes one certificate, and no --json")
    try:
        if options.coq is not None:
            return _export(options.files[0], options.budget, Path(options.coq))
        for name in options.files:
            open(name, "rb").close()  # a file that is not there is found before the work starts
        checked = _check(options.files, options.budget)
        return _print_json(checked) if options.json else _print_lines(checked)
    except OSError as error:
        print(f"proofs-check: {quoted(str(error.filename), 200)}: {error.strerror}", file=sys.stderr)
        return NO_ANSWER


def _export(name: str, budget: int, folder: Path) -> int:
    """Check the certificate, print the verdicts, write what is proved; print what is not expressed."""
    if folder.exists():
        raise FileExistsError(EEXIST, "the folder exists; name a new one", str(folder))
    raw = _read(name)
    verdicts = check_certificate(raw, Work(budget))
    status = _print_lines(iter([(name, verdicts)]))
    made = export(raw, verdicts, budget)
    if made.files:
        save(folder, made)
    _print_export(made, folder)
    return status


def _print_export(made: Export, folder: Path) -> None:
    written = [entry for entry in made.entries if entry.file is not None]
    for entry in made.entries:
        print(f"  coq: {entry.line()}")
    if not made.files:
        print("coq: nothing is proved, nothing is written")
        return
    print(f"coq: {len(written)} of {len(made.entries)} claims written into {quoted(str(folder), 200)}")
    if written:
        seconds = round(LIBRARY_SECONDS + sum(entry.seconds for entry in written))
        print(
            f"coq: `make` in that folder takes about {seconds} s, {LIBRARY_SECONDS} of them for the library"
        )


def _budget(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{quoted(text, 20)} is not a number of units from 0 to 10^18 - 1")
    return int(text)


def _check(names: Sequence[str], budget: int) -> Iterator[tuple[str, list[Verdict]]]:
    for name in names:
        yield name, check_certificate(_read(name), Work(budget))


def _read(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read(MOST_BYTES + 1)


def _print_json(checked: Iterator[tuple[str, list[Verdict]]]) -> int:
    claims = [
        {"file": name, "statement": verdict.statement, "verdict": _word(verdict)}
        for name, verdicts in checked
        for verdict in verdicts
    ]
    print(json.dumps({"claims": claims}, indent=1))
    return PROVED if all(claim["verdict"] == "proved" for claim in claims) else NOT_PROVED


def _print_lines(checked: Iterator[tuple[str, list[Verdict]]]) -> int:
    total = proved = 0
    for name, verdicts in checked:
        print(quoted(name, 200))
        for line in _lines(verdicts):
            print(line, flush=True)
        total, proved = total + len(verdicts), proved + sum(verdict.proved for verdict in verdicts)
    print(f"{proved} of {total} claims proved")
    return PROVED if proved == total else NOT_PROVED


def _lines(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """A line a claim; the words for data and step that claims share stand once above them, and open each."""
    above = ""
    for verdict in verdicts:
        opening, rest = _split_opening(verdict.statement)
        if opening and opening != above:
            yield f"  {opening.rstrip()}"
        above = opening
        yield f"{'    ' if opening else '  '}{_word(verdict)}: {_cut(rest)}"


def _split_opening(statement: str) -> tuple[str, str]:
    """A statement cut behind the words for data and step that open it; they are empty where it opens otherwise."""
    found = _OPENING.match(statement)
    end = 0 if found is None else found.end()
    return statement[:end], statement[end:]


def _cut(words: str) -> str:
    """A band says the same of each of its intervals: of a long one the first and the last stay, and say no more."""
    parts = words.split(_CELL) if words.startswith(_BAND) else [words]
    left_out = len(parts) - 1 - 2 * CELLS_SHOWN
    if left_out <= 0:
        return words
    ends = _CELL.join(parts[: 1 + CELLS_SHOWN]), _CELL.join(parts[-CELLS_SHOWN:])
    return f"{ends[0]}; likewise on {left_out} intervals between, which --json prints{_CELL}{ends[1]}"


def _word(verdict: Verdict) -> str:
    return "proved" if verdict.proved else "not proved"


if __name__ == "__main__":  # pragma: no cover - run by a test in a process of its own
    sys.exit(main())
