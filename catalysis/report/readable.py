"""The formulas of a derivation in plain characters: the part of LaTeX that they use, read once more."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\\\\|\\[A-Za-z]+|\\.|[{}&^_]|\s+|[^\\{}&^_\s]+")
_SILENT = {r"\left", r"\right", r"\textstyle", r"\displaystyle", "&"}
_NAMES = {r"\ell": "loss", r"\,": " ", "\\ ": " ", r"\cdot": "*", r"\quad": "  "}
_ENVIRONMENTS = {"aligned": "\n", "matrix": "; "}


def readable(latex: str) -> str:
    """LaTeX as plain text: fractions with a slash, Greek letters by name, one equation a line."""
    text, _ = _sequence(list(_TOKEN.findall(latex)), 0, "\n")
    for untidy, tidy in ((r" +", " "), (r"([(\[]) ", r"\1"), (r" ([),\]])", r"\1")):
        text = re.sub(untidy, tidy, text)
    lines = text.split("\n")
    return "\n".join(f"  {line.strip()}" for line in lines if line.strip())


def _sequence(tokens: list[str], at: int, line_end: str, stop: str = "}") -> tuple[str, int]:
    """Everything up to the closing brace, or the end of the environment."""
    parts: list[str] = []
    while at < len(tokens) and tokens[at] not in (stop, r"\end"):
        part, at = _one(tokens, at, line_end)
        parts.append(part)
    return "".join(parts), at


def _one(tokens: list[str], at: int, line_end: str) -> tuple[str, int]:
    token, after = tokens[at], at + 1
    if token == "{":
        text, after = _sequence(tokens, after, line_end)
        return text, after + 1
    if token == r"\begin":
        return _environment(tokens, after)
    if token == r"\frac":
        above, after = _argument(tokens, after, line_end)
        below, after = _argument(tokens, after, line_end)
        return f"{_grouped(above, ' + ', ' - ')}/{_grouped(below, ' ', '/')}", after
    if token == r"\sqrt":
        inside, after = _argument(tokens, after, line_end)
        return f"sqrt({inside.strip()})", after
    if token in "^_":
        inside, after = _argument(tokens, after, line_end)
        return token + _grouped(inside.strip(), " ", "=", "/"), after
    if token in (r"\text", r"\mathrm"):
        return _argument(tokens, after, line_end)
    if token == r"\\":
        return line_end, after
    if token == "&" and line_end != "\n":
        return ", ", after
    if token in _SILENT:
        return "", after
    return _NAMES.get(token, token.lstrip("\\") if not token.isspace() else " "), after


def _environment(tokens: list[str], at: int) -> tuple[str, int]:
    name, at = _argument(tokens, at, "\n")
    text, at = _sequence(tokens, at, _ENVIRONMENTS.get(name, "\n"))
    _, at = _argument(tokens, at + 1, "\n")
    return (f"\n{text}\n" if name == "aligned" else text), at


def _argument(tokens: list[str], at: int, line_end: str) -> tuple[str, int]:
    """The group or the single token that a command takes."""
    while tokens[at].isspace():
        at += 1
    return _one(tokens, at, line_end)


def _grouped(text: str, *marks: str) -> str:
    """In parentheses where one of the marks stands outside all parentheses, or a sign leads."""
    text = text.strip()
    outer = "".join(_outside(text))
    split = any(mark in outer for mark in marks) or (len(text) > 1 and text.startswith("-"))
    return f"({text})" if split else text


def _outside(text: str) -> Iterator[str]:
    depth = 0
    for character in text:
        depth += character in "(["
        if depth == 0:
            yield character
        depth -= character in ")]"
