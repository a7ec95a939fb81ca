"""Pages of the site that are not in docs/: README, changelog, tutorials and reference are made when the site is built.

Nothing is copied by hand: the README is the quickstart, each notebook a tutorial, each room of public names a page of
the reference. Links between files of the repository become links between pages; a file that is linked and is no page
comes along as it is. Formulas between dollars become MathML, which browsers draw without a script or a network.
"""

from __future__ import annotations

import ast
import base64
import html
import json
import posixpath
import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples.md",
    "benchmarks/README.md": "benchmarks.md",
}
NOTEBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb"))
PAGES |= {name: f"tutorials/{Path(name).stem}.md" for name in NOTEBOOKS} | {"notebooks": "tutorials/index.md"}
GROUPS = {
    "data": (
        "Data and steps",
        ("exact", "data.dataset", "data.reading", "data.law", "data.step", "data.walk", "data.examples"),
    ),
    "network": ("From the network to the map", ("derivation", "nonlinear")),
    "drift": ("Thresholds and drift", ("drift",)),
    "exponent": ("The exponent", ("exponent",)),
    "spikes": ("Spikes", ("spikes",)),
    "products": ("Random products and kernels", ("products",)),
    "populations": ("Populations and tails", ("data.population", "populations")),
    "choices": ("Learning rates, batches, orders", ("choices",)),
    "simulation": ("Simulated and measured", ("simulation", "diagnosis")),
    "certificate": ("Certificates and citing", ("certificate", "report")),
}
"""The pages of the reference, in the order of the talk: title, and the rooms (or modules) whose names they hold."""

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
STATED = re.compile(r'^<a id="((?:FF|SG|[A-Z])\d+)"></a>$', re.MULTILINE)
CITED = re.compile(r"\b((?:FF|SG|[A-Z])\d+)(?=[a-e]?\b)")
APART = re.compile(r"(<(a|code|pre|h\d|nav|math)\b.*?</\2>|<[^>]*>)", re.DOTALL)
FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """All pages with their links turned, and the files that they link to."""
    texts = {
        uri: (ROOT / name).read_text(encoding="utf-8") for name, uri in PAGES.items() if name.endswith(".md")
    }
    origins = {uri: posixpath.dirname(name) for name, uri in PAGES.items()}
    for name in NOTEBOOKS:
        texts[PAGES[name]] = tutorial(json.loads((ROOT / name).read_text(encoding="utf-8")), name)
    for file in [file for file in files if file.src_uri.endswith(".md")]:
        texts[file.src_uri], origins[file.src_uri] = file.content_string, "docs"
        files.remove(file)
    attached: set[str] = set()
    for uri, text in texts.items():
        turned = LINK.sub(lambda m, uri=uri: link(m, origins[uri], uri, attached), text)
        files.append(File.generated(config, uri, content=turned))
    made = reference() | {"tutorials/index.md": tutorials(texts)} | listings(attached)
    for uri, text in made.items():
        files.append(File.generated(config, uri, content=text))
    for name in sorted(attached):
        files.append(File.generated(config, f"files/{name}", abs_src_path=str(ROOT / name)))
    config.extra["lemmas"] = {
        code: uri for uri, text in sorted(texts.items()) for code in STATED.findall(text)
    }
    config.extra["terms"] = terms(texts["glossary.md"])
    config.nav = [in_full(entry, [*made, *texts]) for entry in config.nav]
    return files


def in_full(entry: dict[str, Any], made: list[str]) -> dict[str, Any]:
    """An entry of the navigation; a folder of made pages stands for all of them."""
    ((title, target),) = entry.items()
    if not (isinstance(target, str) and target.endswith("/")):
        return entry
    return {title: [uri for uri in made if uri.startswith(target)]}


def on_page_content(content: str, page: Any, config: Any, **_: Any) -> str:
    """Formulas as MathML; a link from each lemma that is named to where it is stated.

    Inside tables a bar is written `\\|`, which GitHub reads as a bar in code, too.
    """
    content = re.sub(r"<td>.*?</td>", lambda m: m[0].replace("\\|", "|"), content, flags=re.DOTALL)
    content = FORMULA.sub(
        lambda m: mathml(html.unescape(m[2]), "block" if m[1] == "div" else "inline"), content
    )
    content = linked(content, page.file.src_uri, config.extra["lemmas"])
    return (
        explained(content, config.extra["terms"]) if page.file.src_uri.startswith("reference/") else content
    )


def linked(content: str, uri: str, lemmas: dict[str, str]) -> str:
    """The page with links where it names a lemma; code and headings are left alone."""

    def cite(found: re.Match[str]) -> str:
        if found[1] not in lemmas:
            return found[0]
        target = posixpath.relpath(
            lemmas[found[1]].removesuffix(".md") + ".html", posixpath.dirname(uri) or "."
        )
        return f'<a href="{target}#{found[1]}">{found[1]}</a>'

    pieces = APART.split(content)  # text, what stands apart, its tag, text, ...
    return "".join(
        CITED.sub(cite, piece) if i % 3 == 0 else piece for i, piece in enumerate(pieces) if i % 3 != 2
    )


def terms(glossary: str) -> dict[str, str]:
    """The words of the glossary and their anchors; single letters but G are left alone."""
    found = {}
    for heading in re.findall(r"^### (.*)$", glossary, re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found |= {word: anchor for word in heading.split(", ") if len(word) > 2 or word == "G"}
    return found


def explained(content: str, terms: dict[str, str]) -> str:
    """In each section of the reference, a link to the glossary where one of its words stands first."""
    words = sorted(map(re.escape, terms), key=len, reverse=True)
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])")

    def section(text: str) -> str:
        seen: set[str] = set()

        def explain(found: re.Match[str]) -> str:
            if found[0] in seen:
                return found[0]
            seen.add(found[0])
            return f'<a class="term" href="../glossary.html#{terms[found[0]]}">{found[0]}</a>'

        pieces = APART.split(text)
        return "".join(named.sub(explain, t) if i % 3 == 0 else t for i, t in enumerate(pieces) if i % 3 != 2)

    return "".join(section(part) for part in re.split("(?=<h2)", content))


def mathml(formula: str, display: str) -> str:
    bare = re.sub(r"^\\[(\[]|\\[)\]]$", "", formula.strip())
    return convert(re.sub(r"(\\(?:begin|end)){aligned}", r"\1{align*}", bare), display=display)


def link(found: re.Match[str], origin: str, page: str, attached: set[str]) -> str:
    """A link from a file of the repository as one from its page; `attached` gathers files that are no pages."""
    name, anchor = posixpath.normpath(posixpath.join(origin, found[1])), found[2] or ""
    path = ROOT / name
    if "://" in found[1] or not path.exists():
        return found[0]
    if name in PAGES:
        target = PAGES[name]
    elif name.startswith("docs/"):
        target = name.removeprefix("docs/")
    elif path.is_dir():
        attached.update(
            f"{name}/{file.name}" for file in path.iterdir() if file.is_file() and file.name[0] != "."
        )
        target = f"files/{name}/index.md"
    else:
        attached.add(name)
        target = f"files/{name}"
    return f"]({posixpath.relpath(target, posixpath.dirname(page) or '.')}{anchor})"


def listings(attached: set[str]) -> dict[str, str]:
    """A page for each folder that is linked as a whole: what is in it."""
    pages = {}
    for folder in sorted({posixpath.dirname(name) for name in attached}):
        names = sorted(posixpath.basename(name) for name in attached if posixpath.dirname(name) == folder)
        rows = [f"* [{name}]({name})" for name in names]
        pages[posixpath.join("files", folder, "index.md")] = "\n".join([f"# {folder or 'Files'}", "", *rows])
    return pages


def reference() -> dict[str, str]:
    """A page for each group of public names, and their list."""
    rooms = public_names()
    pages, rows = {}, ["# Reference", "", "Every public name, `from catalysis import NAME`.", ""]
    for key, (title, parts) in GROUPS.items():
        held = {m: n for m, n in rooms.items() if any(m == p or m.startswith(p + ".") for p in parts)}
        names = [(m, n) for m, found in held.items() for n in sorted(found, key=lambda n: n[0].isupper())]
        blocks = [f"::: catalysis.{module}.{name}\n" for module, name in names]
        pages[f"reference/{key}.md"] = "\n".join([f"# {title}\n", *blocks])
        links = ", ".join(f"[`{name}`]({key}.md#catalysis.{module}.{name})" for module, name in names)
        rows += [f"**[{title}]({key}.md)**: {links}", ""]
        for module in held:
            del rooms[module]
    if rooms:
        raise ValueError(f"docs/site/pages.py: no page of the reference holds {', '.join(rooms)}")
    pages["reference/torch.md"] = "# PyTorch\n\n" + "\n".join(f"::: catalysis.torch.{n}\n" for n in TORCH)
    rows.append(
        "**[PyTorch](torch.md)** (extra `torch`): "
        + ", ".join(f"[`{n.split('.')[1]}`](torch.md#catalysis.torch.{n})" for n in TORCH)
    )
    return {"reference/index.md": "\n".join(rows)} | pages


TORCH = ("kernel.empirical_kernel", "follow.follow", "follow.KernelMonitor")


def public_names() -> dict[str, tuple[str, ...]]:
    """The names that `catalysis/__init__.py` lists, by module; nothing is imported."""
    for node in ast.parse((ROOT / "catalysis/__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_ROOMS" and node.value:
            return dict(ast.literal_eval(node.value))
    raise ValueError("catalysis/__init__.py: no _ROOMS")


def tutorials(texts: dict[str, str]) -> str:
    lines = [
        "# Tutorials",
        "",
        "The first three are the beginning; each is a notebook of the repository.",
        "",
    ]
    for name in NOTEBOOKS:
        title = re.search(r"^# (.*)", texts[PAGES[name]], re.MULTILINE)
        lines.append(f"1. [{title[1] if title else name}]({Path(name).stem}.md)")
    return "\n".join(lines)


def tutorial(notebook: dict[str, Any], name: str) -> str:
    """A notebook as Markdown, with the outputs that are stored in it."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code":
            parts += [f"```python\n{source}\n```", *(output(entry) for entry in cell["outputs"])]
    parts.insert(1, f"*This page is the notebook `{name}`.*")
    return "\n\n".join(part for part in parts if part)


def output(entry: dict[str, Any]) -> str:
    """One stored output: a picture, a formula, a table or text."""
    if "text" in entry:
        return fenced("".join(entry["text"])) if entry.get("name") == "stdout" else ""
    data = {kind: "".join(text) for kind, text in entry.get("data", {}).items() if not isinstance(text, dict)}
    if "image/svg+xml" in data:
        return picture("svg+xml", base64.b64encode(data["image/svg+xml"].encode()).decode())
    if "image/png" in data:
        return picture("png", data["image/png"].replace("\n", ""), caption(data.get("text/plain", "")))
    if "text/latex" in data:
        return data["text/latex"]
    if "text/markdown" in data:
        return data["text/markdown"]
    if "text/html" in data:
        return f'<div class="output">{re.sub(chr(10) + "+", chr(10), data["text/html"])}</div>'
    return fenced(data.get("text/plain", ""))


def fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def caption(text: str) -> str:
    """The caption of a picture of a result, which says it in words."""
    found = re.fullmatch(r"Drawn\((['\"])(.*)\1, \w+\)", text, re.DOTALL)
    return found[2] if found else "the figure that the cell above draws"


def picture(kind: str, data: str, words: str = "the figure that the cell above draws") -> str:
    return f'<img alt="{html.escape(words)}" src="data:image/{kind};base64,{data}">'
