"""What the documents print below a command is what the command prints: `python docs/site/outputs.py [--write] PAGE...`.

A block that begins with lines `$ catalysis ...` or `$ proofs-check ...` shows them with their output, in 80 columns; a
line `...` stands for lines left out. With --write a block without such a line is written anew. Commands run in an empty
folder beside the examples.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
BLOCK = re.compile(r"^```\n(\$ (?:catalysis|proofs-check) .*?)^```$", re.MULTILINE | re.DOTALL)


def printed(command: str) -> str:
    """What a command writes to the terminal."""
    from catalysis.cli import main
    from proofs_check.__main__ import main as check

    program, *arguments = shlex.split(command)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        {"catalysis": main, "proofs-check": check}[program](arguments)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def parts(block: str) -> Iterator[tuple[str, str]]:
    """Commands of a block, each with what stands below it."""
    found = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
    yield from zip(found[::2], found[1::2], strict=True)


def fits(shown: str, real: str) -> bool:
    """Whether the text is the output, up to its layout, late digits, and lines left out where it says `...`."""
    rest, start = real.split(), 0
    pieces = [piece.split() for piece in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    for i, piece in enumerate(pieces):
        last = len(rest) - len(piece)
        places = range(start, last + 1)
        if i == 0:
            places = places[:1]
        if i == len(pieces) - 1:
            places = range(max(start, last), last + 1) if i else places if last == 0 else range(0)
        found = next((p for p in places if all(map(alike, piece, rest[p:]))), None)
        if found is None:
            return False
        start = found + len(piece)
    return True


def alike(shown: str, real: str) -> bool:
    """Whether two words are the same, numbers with many digits to six of them."""
    if shown == real:
        return True
    numbers = [NUMBER.findall(word) for word in (shown, real)]
    if NUMBER.sub("", shown) != NUMBER.sub("", real) or len(numbers[0]) != len(numbers[1]):
        return False
    return all(
        a == b or (len(a) > 8 and len(b) > 8 and math.isclose(float(a), float(b), rel_tol=1e-6))
        for a, b in zip(*numbers, strict=True)
    )


def differences(page: Path) -> list[str]:
    """The commands of a page whose output is another one by now, with that output."""
    with beside_the_examples():
        told = [part for block in BLOCK.findall(page.read_text(encoding="utf-8")) for part in parts(block)]
        return [f"$ {c}\n{real}" for c, shown in told if not fits(shown, real := printed(c))]


def rewritten(page: Path) -> str:
    """The page with its outputs made anew, but those with lines left out."""

    def block(found: re.Match[str]) -> str:
        text = "".join(
            f"$ {command}\n{shown if '...' in shown.splitlines() else printed(command)}"
            for command, shown in parts(found[1])
        )
        return f"```\n{text}```"

    with beside_the_examples():
        return BLOCK.sub(block, page.read_text(encoding="utf-8"))


@contextlib.contextmanager
def beside_the_examples() -> Iterator[None]:
    """A folder of its own that holds the examples, and a terminal of 80 columns."""
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "examples").symlink_to(ROOT / "examples")
        os.chdir(folder)
        os.environ["COLUMNS"] = "80"
        try:
            yield
        finally:
            os.chdir(before)
            os.environ.pop("COLUMNS")
            if columns is not None:
                os.environ["COLUMNS"] = columns


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    asked = [Path(name).resolve() for name in sys.argv[1:] if name != "--write"]
    if "--write" in sys.argv:
        for page in asked:
            page.write_text(rewritten(page), encoding="utf-8")
    found = [text for page in asked for text in differences(page)]
    sys.exit("\n".join(found) or None)
