"""Relative links of the documents lead to files and headings that exist; nothing but the text is read."""

import re
from functools import cache
from pathlib import Path

import pytest
from kit import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md")])
FENCE = re.compile(r"^( *)(```+).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
SPAN = re.compile(r"`[^`\n]*`")


def prose(page: Path) -> str:
    """The text outside of blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub, and the site, give to the headings of a page; repeated ones are numbered."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        found.append(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    made = {f"#{place}" for place in re.findall(r'^<a id="(\w+)"></a>$', prose(page), re.MULTILINE)}
    return made | {
        f"#{a}" if i == found.index(a) else f"#{a}-{found[:i].count(a)}" for i, a in enumerate(found)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for name, anchor in LINK.findall(SPAN.sub("", prose(page))):
        if "://" in name or name.startswith("mailto:"):
            continue
        target = page.parent / name if name else page
        assert target.exists(), name
        if anchor:
            assert target.suffix == ".md" and anchor in anchors(target), f"{name}{anchor}"


def test_a_missing_heading_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '# One `two`: three\n\n## Again\n\n```\n# no heading\n```\n\n<a id="T1"></a>\n\n## Again\n'
    )
    assert anchors(page) == {"#one-two-three", "#again", "#again-1", "#T1"}
    assert LINK.findall("[a](x.md#y) [b](#z) [c](d/)") == [("x.md", "#y"), ("", "#z"), ("d/", "")]
