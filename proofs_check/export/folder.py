"""The folder that `--coq` writes: a file for each claim, the library it needs, a Makefile, an index."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

from proofs_check.certificate import Verdict
from proofs_check.core.budget import Work
from proofs_check.core.data import read_data
from proofs_check.core.reading import Refused, parse
from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, assumptions, document
from proofs_check.export.kinds import write
from proofs_check.rules import RULES

LIBRARY, CLAIMS = "library", "claims"
LIBRARY_SECONDS = 40
"""Seconds for the library and the list of axioms."""

LONG = 300
"""Seconds from which on an estimate is printed as a warning."""

MAKEFILE = """# `make` compiles the library and every claim; `make -j2` two files at a time.
all: Makefile.coq
\t$(MAKE) -f Makefile.coq

Makefile.coq: _CoqProject
\tcoq_makefile -f _CoqProject -o $@

.PHONY: all
"""


@dataclass(frozen=True)
class Entry:
    """A claim of the certificate: its file or the reason why there is none; what a file leaves out."""

    number: int
    kind: str
    file: str | None
    reason: str
    seconds: Fraction | int = 0

    def line(self) -> str:
        name = f"claim {self.number} ({self.kind})"
        if self.file is None:
            return f"{name}: not expressed: {self.reason}"
        part = f"; in part, not stated: {self.reason}" if self.reason else ""
        long = " (more than five minutes)" if self.seconds > LONG else ""
        return f"{name}: {self.file}, about {max(1, round(self.seconds))} s{long}{part}"


@dataclass(frozen=True)
class Export:
    """What a certificate becomes: the entries in order, and the text of each file."""

    entries: tuple[Entry, ...]
    files: dict[str, str]


def export(raw: bytes, verdicts: list[Verdict], budget: int) -> Export:
    """The files of the claims that are proved; `verdicts` are those of the certificate in `raw`."""
    if not any(verdict.proved for verdict in verdicts):
        return Export((), {})
    table = parse(raw)
    work = Work(budget)
    data = read_data(table["data"], work) if "data" in table else None
    setting = Setting(data, work, table.get("products"))
    entries: list[Entry] = []
    texts: dict[str, str] = {}
    imports: set[str] = set()
    theorems: list[str] = []
    width = len(str(len(verdicts) - 1))
    for number, (claim, verdict) in enumerate(zip(table["claims"], verdicts, strict=True)):
        kind = _kind(claim)
        if not verdict.proved:
            entries.append(Entry(number, kind, None, "it is not proved"))
            continue
        try:
            theory = write(kind, RULES[kind].read(claim, setting), claim, setting)
        except (
            NotExpressible,
            Refused,
        ) as reason:  # refused: the budget does not suffice for a second reading
            entries.append(Entry(number, kind, None, str(reason)))
            continue
        except Exception as error:  # a fault of a writer is named like everything that is not written
            entries.append(Entry(number, kind, None, f"writing it failed with {type(error).__name__}"))
            continue
        theory = _with_batches(theory, claim)
        name = f"Claim_{number:0{width}}_{kind}"
        file = f"{CLAIMS}/{name}.v"
        texts[file] = document(theory, verdict.statement, f"Claim {number}.")
        imports.update(theory.imports)
        theorems.append(f"{name}.{theory.theorem}")
        entries.append(Entry(number, kind, file, theory.left_out, theory.seconds))
    texts["README.md"] = _index(entries)
    if theorems:
        texts[f"{CLAIMS}/Assumptions.v"] = assumptions(theorems)
        texts |= _build(sorted(name for name in texts if name.endswith(".v")), imports)
    return Export(tuple(entries), texts)


def _with_batches(theory: Theory, claim: Any) -> Theory:
    """A file begins with the list of rates or matrices of a step."""
    step = claim.get("step")
    if not isinstance(step, dict) or step.get("kind") != "minibatch":
        return theory
    said = "that the list is the law of the minibatch"
    return replace(theory, left_out=f"{theory.left_out}; {said}" if theory.left_out else said)


def _kind(claim: Any) -> str:
    """The kind of a claim, which names its file: never a text that is not known."""
    kind = claim.get("kind") if isinstance(claim, dict) else None
    return kind if isinstance(kind, str) and kind in RULES else "unknown kind"


def _build(claims: list[str], imports: set[str]) -> dict[str, str]:
    """The library and what `make` needs."""
    library = {f"{LIBRARY}/{name}.v": text for name, text in _library(imports).items()}
    arguments = [
        f"-Q {LIBRARY} Catalysis",
        f"-Q {CLAIMS} Claims",
        "-docroot Claims",
        "-arg -w -arg -ambiguous-paths",
    ]
    project = "\n".join([*arguments, *sorted(library), *claims])
    return {**library, "Makefile": MAKEFILE, "_CoqProject": f"{project}\n"}


def _index(entries: list[Entry]) -> str:
    some = any(entry.file is not None for entry in entries)
    compiled = (
        "`make` compiles them (Coq 8.16, Coquelicot, coq-interval)" if some else "None of them is expressed"
    )
    lines = [
        "# The claims of a certificate, for Coq",
        "",
        f"{compiled}; docs/coq.md of the package explains them.",
        "",
        *(f"- {entry.line()}" for entry in entries),
    ]
    return "\n".join(lines) + "\n"


def _library(imports: set[str]) -> dict[str, str]:
    """The files of the library that are imported, and those that these import."""
    found: dict[str, str] = {}
    waiting = list(imports)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = files("proofs_check").joinpath("coq", f"{name}.v").read_text(encoding="utf-8")
            for line in re.findall(r"From Catalysis Require Import ([\w\s]+)\.", found[name]):
                waiting += line.split()
    return found


def save(folder: Path, exported: Export) -> None:
    """Write the files into a new folder. Raises `FileExistsError` if it exists."""
    folder.mkdir(parents=True)
    for name, text in exported.files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
