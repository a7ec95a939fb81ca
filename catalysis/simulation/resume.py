"""A file that holds the finished blocks of a run: plain arrays, replaced as a whole, never half-written.

docs/simulation.md gives the format.
"""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.estimates import Tally

FORMAT = "catalysis-simulation-1"


class ResumeError(InputError):
    """A resume file that cannot be used; the text is one line."""


@dataclass
class ResumeFile:
    """The finished blocks of the run that `description` describes (JSON values)."""

    path: Path
    description: Mapping[str, Any]
    blocks: dict[int, Tally] = field(default_factory=dict)
    next_write: float = 0.0

    @classmethod
    def open(cls, path: str | os.PathLike[str], description: Mapping[str, Any]) -> ResumeFile:
        """Read the file if it exists, else write an empty one, so that a bad path shows before the work.

        Raises ResumeError for a file of another run or that is not a resume file, and where none can be
        written.
        """
        file = cls(Path(path), description)
        if file.path.exists():
            file._read()
        file.write()
        return file

    def add(self, index: int, tally: Tally) -> None:
        """Keep a block; the file is written at most once a second, so call `write` at the end too."""
        self.blocks[index] = tally
        if time.monotonic() > self.next_write:
            self.write()

    def write(self) -> None:
        """Replace the file by one with all blocks. Raises ResumeError where that fails."""
        begun = time.monotonic()
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        indices = sorted(self.blocks)
        try:
            with beside.open("wb") as stream:
                np.savez(
                    stream,
                    format=np.array(FORMAT),
                    run=np.array(_canonical(self.description)),
                    block=np.array(indices, dtype=np.int64),
                    tally=np.array([self.blocks[i] for i in indices], dtype=np.float64).reshape(
                        -1, len(Tally._fields)
                    ),
                )
            os.replace(beside, self.path)
        except OSError as error:
            raise ResumeError(f"{self.path}: expected a place to write: {error.strerror}") from None
        finally:
            with suppress(OSError):
                beside.unlink()
        now = time.monotonic()
        self.next_write = now + max(1.0, 20 * (now - begun))

    def _read(self) -> None:
        try:
            with self.path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in ("format", "run", "block", "tally")}
        except OSError as error:
            raise ResumeError(f"{self.path}: expected a readable file: {error.strerror or error}") from None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, TypeError):
            raise ResumeError(f"{self.path}: expected a resume file, found something else") from None
        if found["format"].dtype.kind != "U" or str(found["format"]) != FORMAT:
            raise ResumeError(f"{self.path}: expected a resume file of format {FORMAT}")
        if found["run"].dtype.kind != "U" or str(found["run"]) != _canonical(self.description):
            raise ResumeError(
                f"{self.path}: expected the file of this run, found another's{self._difference(found)}"
            )
        block, tally = found["block"], found["tally"]
        if (
            block.dtype != np.int64
            or tally.dtype != np.float64
            or tally.shape != (block.size, len(Tally._fields))
        ):
            raise ResumeError(f"{self.path}: expected one tally for each block")
        self.blocks = {int(i): Tally(*map(float, row)) for i, row in zip(block, tally, strict=True)}

    def _difference(self, found: Mapping[str, Any]) -> str:
        try:
            theirs = json.loads(str(found["run"]))
            ours = json.loads(_canonical(self.description))
            names = sorted(k for k in theirs.keys() | ours.keys() if theirs.get(k) != ours.get(k))
        except (ValueError, AttributeError):
            return ""
        return f" (it differs in {', '.join(names)})"


def _canonical(description: Mapping[str, Any]) -> str:
    return json.dumps(description, sort_keys=True, separators=(",", ":"))
