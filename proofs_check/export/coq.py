"""The words of a file for Coq. Foreign text gets into comments alone, without the characters that could end them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from textwrap import wrap

WIDTH = 110
UNSAFE = str.maketrans({'"': "'", "*": "[star]"})


class NotExpressible(Exception):
    """A claim that is not written for Coq; the text says why, in one line."""


@dataclass(frozen=True)
class Theory:
    """What a file states and proves: its parts in order, its main theorem, an estimate in seconds, what is left out."""

    parts: tuple[str, ...]
    theorem: str
    imports: tuple[str, ...]
    seconds: Fraction
    left_out: str = ""


def real(q: Fraction | int) -> str:
    """A rational as a term of R, closed by itself."""
    q = Fraction(q)
    if q.denominator != 1:
        return f"({q.numerator} / {q.denominator})"
    return str(q) if q >= 0 else f"({q})"


def listed(entries: Iterable[str]) -> str:
    """A list of Coq, one entry a line if it is long."""
    found = list(entries)
    line = f"[{'; '.join(found)}]"
    return line if len(line) < WIDTH - 20 else "[" + ";\n   ".join(found) + "]"


def comment(text: str) -> str:
    """A comment that holds the text, whatever it is: printable ASCII without quotes and stars."""
    safe = "".join(c if " " <= c <= "~" else "?" for c in text).translate(UNSAFE)
    lines = wrap(safe, WIDTH - 4, break_on_hyphens=False)
    return "(** " + "\n    ".join(lines) + " *)"


def lemma(name: str, statement: str, proof: str, word: str = "Lemma") -> str:
    return f"{word} {name} : {statement}.\nProof. {proof} Qed."


def theorem(name: str, statement: str, proof: str) -> str:
    return lemma(name, f"\n  {statement}", proof, "Theorem")


def document(theory: Theory, sentence: str, title: str) -> str:
    """The whole file: the checker's sentence and the parts."""
    needed = " ".join(theory.imports)
    head = [
        comment(f"{title} {sentence}"),
        "From Coq Require Import Reals List Lra Lia ZArith.\nFrom Coquelicot Require Import Coquelicot.\n"
        f"From Interval Require Import Tactic.\nFrom Catalysis Require Import {needed}.\n"
        "Import ListNotations.\nOpen Scope R_scope.",
    ]
    note = [comment(f"Not stated here: {theory.left_out}.")] if theory.left_out else []
    return "\n\n".join([*head, *note, *theory.parts]) + "\n"


def assumptions(theorems: Iterable[str]) -> str:
    """The file that prints what all theorems of a folder rest on, once: Coq takes seconds to collect it."""
    named = list(theorems)
    modules = " ".join(name.split(".")[0] for name in named)
    return "\n\n".join(
        [
            comment(
                "What the theorems of all claims rest on; docs/coq.md of the package explains each line."
            ),
            f"From Claims Require {modules}.",
            "Definition everything :=\n  (" + ",\n   ".join(named) + ").",
            "Print Assumptions everything.\n",
        ]
    )
