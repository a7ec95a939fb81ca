"""The site without building it: every page has its place in the navigation, every lemma its line in the table."""

import re

from kit import ROOT

DOCS = ROOT / "docs"
NAVIGATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
MADE = {"index.md", "changelog.md", "examples.md", "benchmarks.md"}
"""Pages that docs/site/pages.py makes from files elsewhere."""


def test_every_page_is_in_the_navigation() -> None:
    assert set(re.findall(r"[\w-]+\.md", NAVIGATION)) == MADE | {page.name for page in DOCS.glob("*.md")}


def test_every_public_name_has_a_page_in_the_reference() -> None:
    import catalysis

    text = (DOCS / "site" / "pages.py").read_text(encoding="utf-8")
    groups = re.search(r"^GROUPS = {.*?^}", text, re.MULTILINE | re.DOTALL)
    assert groups is not None
    parts = re.findall(r'"([a-z_.]+)"', groups[0])
    for module in catalysis._ROOMS:
        assert any(module == part or module.startswith(f"{part}.") for part in parts), module


def test_every_lemma_has_a_line_in_the_table() -> None:
    told: set[tuple[str, str]] = set()
    for codes, page in re.findall(
        r"^\| ([A-Z].*?) \|.*\[(.*?)\]", (DOCS / "lemmas.md").read_text(), re.MULTILINE
    ):
        for part in codes.split(", "):
            first, _, last = part.partition(" to ")
            letters = first.rstrip("0123456789")
            numbers = [int(code.removeprefix(letters)) for code in (first, last or first)]
            told |= {(f"{letters}{k}", page) for k in range(numbers[0], numbers[1] + 1)}
    stated = {
        (code or heading, page.name)
        for page in DOCS.glob("*.md")
        for code, heading in re.findall(
            r"\*\*(?:Lemma |Theorem )?((?:SG|[A-Z])\d+)(?: \(.*?\))?\.\*\* |^## ([A-Z]\d+)\. ",
            page.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    assert stated <= told
