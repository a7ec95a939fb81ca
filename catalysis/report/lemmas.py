"""The lemmas behind the verdicts, with their proofs: taken from docs/*.md, shipped with the package, shown on the page.

`python -m catalysis.report.lemmas docs` writes lemmas.json anew, an anchor above every lemma of the pages, and their
list in lemmas.md; tests hold them together.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

FILE = "lemmas.json"
PAGES = ("theory.md", "spikes.md", "spikes_grid.md", "reduced_map.md", "phases.md")
"""What a page of `certify` rests on."""

_CODE = r"(?:FF|SG|[A-Z])\d{1,2}"
_CITED = re.compile(rf"\b({_CODE})\b")
_RANGE = re.compile(r"\b(SG|[A-Z])(\d{1,2})(?:-| to )\1(\d{1,2})\b")
_START = re.compile(rf"\*\*(?:Lemma |Theorem )?({_CODE})(?: \((.*?)\))?\.\*\* ")
_STATED = re.compile(
    rf"^(?:\*\*(?:Lemma |Theorem )?({_CODE})(?: \(.*?\))?\.\*\* |## (P\d+)\. )", re.MULTILINE
)
_ANCHOR = re.compile(rf'<a id="{_CODE}"></a>\n+')
_ROW = re.compile(r"^\| (.*\d.*?) \|(.*)\[.*?\]\((.*?)\) \|$", re.MULTILINE)
_SETTINGS = ("Notation", "Setting", "The map")


@dataclass(frozen=True)
class Lemma:
    """Statement and proof, in the Markdown of `page`."""

    code: str
    name: str
    text: str
    page: str


@cache
def _shipped() -> tuple[dict[str, Lemma], dict[str, str]]:
    content = json.loads(files("catalysis.report").joinpath(FILE).read_text(encoding="utf-8"))
    return {one["code"]: Lemma(**one) for one in content["lemmas"]}, content["settings"]


def lemma(code: str) -> Lemma | None:
    """The lemma of this name, if there is one."""
    return _shipped()[0].get(code)


def setting(page: str) -> str | None:
    """What the letters of a page mean."""
    return _shipped()[1].get(page)


def cited(text: str) -> list[str]:
    """The lemmas that a text names, those within ranges included; in order, each once."""
    found = [code for code in _CITED.findall(text) if lemma(code)]
    for letters, first, last in _RANGE.findall(text):
        inside = (f"{letters}{k}" for k in range(int(first), int(last) + 1))
        found += [code for code in inside if lemma(code)]
    return list(dict.fromkeys(found))


def needed(text: str) -> list[Lemma]:
    """The lemmas that a text names, and those that their proofs and settings name, in the order of the pages."""
    waiting, found = cited(text), dict[str, Lemma]()
    while waiting:
        one = lemma(waiting.pop())
        if one is not None and one.code not in found:
            found[one.code] = one
            waiting += cited(one.text + (setting(one.page) or ""))
    return sorted(found.values(), key=lambda one: (_place(one), one.code))


def _place(one: Lemma) -> int:
    return list(_shipped()[0]).index(one.code)


def linked(escaped: str, known: Iterable[str]) -> str:
    """HTML with each of these lemmas a link to where it stands on the page."""
    names = set(known)
    return _CITED.sub(lambda m: f'<a href="#{m[1]}">{m[1]}</a>' if m[1] in names else m[1], escaped)


def markdown(text: str) -> str:
    """The little Markdown of the documents as HTML: paragraphs, formulas in blocks, lists, code, emphasis."""
    return "".join(_block(block) for block in re.split(r"\n{2,}", text.strip("\n")))


def _block(block: str) -> str:
    lines = block.split("\n")
    if all(line.startswith(("    ", "|")) for line in lines):
        return f"<pre>{html.escape(chr(10).join(line.removeprefix('    ') for line in lines))}</pre>"
    if lines[0].startswith("* "):
        entries = re.split(r"\n(?=\* )", block)
        return "<ul>" + "".join(f"<li>{_inline(entry[2:])}</li>" for entry in entries) + "</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        f"<code>{html.escape(part[1:-1])}</code>" if part.startswith("`") else _emphasis(html.escape(part))
        for part in parts
    )


def _emphasis(text: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(
        r"\*([^*\s][^*]*)\*", r"<em>\1</em>", re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    )


# --- from the documents --------------------------------------------------------------------------------


def extracted(folder: Path) -> str:
    """The content of lemmas.json, from the Markdown of these pages."""
    lemmas, settings = list[Lemma](), dict[str, str]()
    for page in PAGES:
        text = _ANCHOR.sub("", (folder / page).read_text(encoding="utf-8"))
        lemmas += _lemmas(text, page)
        if words := _setting(text):
            settings[page] = words
    return json.dumps({"lemmas": [asdict(one) for one in lemmas], "settings": settings}, indent=1) + "\n"


def _lemmas(text: str, page: str) -> Iterable[Lemma]:
    """Each from its name to the end of its proof; several on one page stand one after the other."""
    for part in re.split(r"\n(?=\*\*|#)", text):
        start = _START.match(part.replace("\n", " ", 1) if part.count("\n", 0, 120) else part)
        if start is None:
            continue
        blocks = re.split(r"\n{2,}", part)
        ends = [i for i, block in enumerate(blocks) if "∎" in block]
        kept = "\n\n".join(blocks[: ends[-1] + 1] if ends else blocks)
        yield Lemma(start[1], start[2] or "", kept.strip(), page)


def _setting(text: str) -> str | None:
    for heading in _SETTINGS:
        found = re.search(rf"\n## {heading}\n(.*?)(?=\n## |\n\*\*Lemma)", text, re.DOTALL)
        if found:
            return found[1].strip("\n")
    return None


def anchored(text: str) -> str:
    """The page with an anchor above every lemma, to which a link leads."""

    def mark(found: re.Match[str]) -> str:
        above = "\n\n" if found[2] else "\n"  # a heading begins a block of its own
        return f'<a id="{found[1] or found[2]}"></a>{above}{found[0]}'

    return _STATED.sub(mark, _ANCHOR.sub("", text))


def listed(table: str, folder: Path) -> str:
    """The list of lemmas, each a link to where its page states it; of a page with several rows each has its letters."""

    def row(found: re.Match[str]) -> str:
        letters, page = set(re.findall(r"([A-Z]+)\d", found[1])), found[3]
        stated = [a or b for a, b in _STATED.findall((folder / page).read_text(encoding="utf-8"))]
        codes = [re.split(r"(?=\d)", code, maxsplit=1) for code in stated]
        wanted = sorted((a, int(number)) for a, number in codes if a in letters)
        links = " ".join(f"[{a}{number}]({page}#{a}{number})" for a, number in wanted)
        return f"| {links} |{found[2]}[{page}]({page}) |"

    return _ROW.sub(row, table)


def _write(folder: Path) -> None:
    for page in folder.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        new = listed(text, folder) if page.name == "lemmas.md" else anchored(text)
        if new != text:
            page.write_text(new, encoding="utf-8")
    Path(__file__).with_name(FILE).write_text(extracted(folder), encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
