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
    """The table leads to each, and an anchor stands there: `python -m catalysis.report.lemmas docs` writes both."""
    table = (DOCS / "lemmas.md").read_text(encoding="utf-8")
    told = {
        (code, page)
        for code, page, place in re.findall(r"\[(\w+)\]\(([\w-]+\.md)#(\w+)\)", table)
        if code == place
    }
    for code, page in told:
        text = (DOCS / page).read_text(encoding="utf-8")
        assert (
            len(
                re.findall(
                    rf'^<a id="{code}"></a>\n+(?:\*\*(?:Lemma |Theorem )?|## ){code}\b', text, re.MULTILINE
                )
            )
            == 1
        )
    stated = {
        (code or heading, page.name)
        for page in DOCS.glob("*.md")
        for code, heading in re.findall(
            r"\*\*(?:Lemma |Theorem )?((?:FF|SG|[A-Z])\d+)(?: \(.*?\))?\.\*\* |^## ([A-Z]\d+)\. ",
            page.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    assert stated == told
