"""Every link of the built site leads somewhere that exists, and no page loads anything: `links.py FOLDER`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r'(?:href|src)="([^"#:]*)(?:#([^"]*))?"')
LOADED = re.compile(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="((?:https?:)?//[^"]*)"')


def broken(folder: Path) -> Iterator[str]:
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(folder.rglob("*.html"))}
    anchors = {page: set(re.findall(r'\bid="([^"]*)"', text)) for page, text in pages.items()}
    for page, text in pages.items():
        name = page.relative_to(folder)
        yield from (f"{name}: loads {address}" for address in LOADED.findall(text))
        for path, anchor in LINK.findall(text):
            if path.startswith("/"):  # the page for what is not found stands anywhere
                continue
            target = (page.parent / path).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                yield f"{name}: no {path}"
            elif anchor and target in anchors and anchor not in anchors[target] and anchor[:2] != "__":
                yield f"{name}: no {path}#{anchor}"


if __name__ == "__main__":
    site = Path(sys.argv[1]).resolve()
    found = list(broken(site))
    print(*found, f"{len(list(site.rglob('*.html')))} pages, {len(found)} broken links", sep="\n")
    sys.exit(bool(found))
