"""One self-contained HTML page about a certified data set: readable offline, also without JavaScript."""

from __future__ import annotations

import datetime
import hashlib
import html
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files

from catalysis import __version__
from catalysis.certificate.certify import Certified
from catalysis.data.dataset import Sample
from catalysis.nonlinear.landing import EXCEPTION
from catalysis.report.cells import LEVELS, PlaceCell, cells_frame, place_cells, slider_json
from catalysis.report.certified import band_or_not, regions_or_not
from catalysis.report.cite import PAPER, bibtex, today
from catalysis.report.frame import Frame, greek, to_html
from catalysis.report.lemmas import Lemma, linked, markdown, needed, setting
from catalysis.report.phases import landing_text
from catalysis.report.spikes import spikes_text
from catalysis.report.summary import summary_lines
from catalysis.report.tables import exponents_text, short, thresholds_text

_MOST_SAMPLES = 50
_FROM_THE_BAND = (
    "Each line holds for every curvature of its cell. Theta is a claim of the certificate (E3, E4). The bounds of "
    "P(K) = P(sup |mu_t| >= K |mu_0|), linear regime, follow from it by S1 to S3: they are not claims of their own. "
    "All depends on the product eta lambda alone: what is said of [a, b] holds at every other learning "
    "rate eta' for the curvatures of [a eta/eta', b eta/eta'], exactly. A ~ marks a rounded end; the "
    "certificate has it "
    "exactly."
)


@dataclass(frozen=True)
class Picture:
    """One figure for wide screens and one for narrow ones, as SVG, with the words below them."""

    wide: str
    narrow: str
    caption: str


def page(
    result: Certified,
    digest: str | None,
    figures: Mapping[str, Picture],
    day: datetime.date | None = None,
) -> str:
    """The page as text; `figures` are those of `drift`, `exponent`; `digest` is of the certificate, if any."""
    dataset, cells = result.walk.dataset, place_cells(result)
    chapters = list(_chapters(result, figures))
    told = " ".join(_words(chapters)) + _FROM_THE_BAND
    lemmas = needed(told)
    mark = _marker(lemmas)
    script = _resource("page.js") if cells else ""
    name, eta = html.escape(dataset.name), html.escape(short(dataset.learning_rate))
    summary = "".join(f"<li>{mark(html.escape(line))}</li>" for line in summary_lines(result, digest))
    notes = "".join(f"<p class=quiet>{html.escape(note)}</p>" for note in dataset.notes)
    body = "".join(_chapter(*chapter, mark) for chapter in chapters)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: certified</title><style>{_resource("page.css")}</style></head><body>
<h1>{name}</h1><p class=quiet>learning rate {eta}, {result.walk.step.describe()}</p>{notes}
<ul class=summary>{summary}</ul>
{_explore(cells, eta, mark)}{body}
{_check(digest)}
{_cite(dataset.name, digest, day or today())}
{_proofs(lemmas)}
{_chapter("Data", "", None, [_data(dataset.samples)], str)}
{_scripts(cells, dataset.learning_rate, script)}</body></html>
"""


Chapter = tuple[str, str, Picture | None, list[Frame]]
Mark = Callable[[str], str]


def _chapters(result: Certified, figures: Mapping[str, Picture]) -> Iterable[Chapter]:
    """Heading, text, picture and frames of each chapter."""
    yield "Thresholds", "", None, thresholds_text(result.limits, result.full_batch_limits)
    yield "Sign regions of the log-drift G", "", figures.get("drift"), regions_or_not(result, everything=True)
    frames = [*exponents_text(result.exponents, result.rates), *band_or_not(result)]
    yield "Cramér exponent", "", figures.get("exponent"), frames
    if result.spikes:
        yield "How likely is a spike?", "", None, spikes_text(result.spikes)
    if result.zone is not None and result.zone.zone is not None:
        words = (
            f"From λ_0 = {short(result.zone.lambda0)}, at every width, the curvature of SGD never rises and ends "
            f"almost surely in the zone {{G ≤ 0}} below, {EXCEPTION}."
        )
        yield "Where the curvature lands", words, None, landing_text(result.zone)


def _words(chapters: Iterable[Chapter]) -> Iterable[str]:
    """All that may name a lemma."""
    for _, text, picture, frames in chapters:
        yield text
        yield "" if picture is None else picture.caption
        for frame in frames:
            yield from (cell for row in frame.rows for cell in row)
            yield from frame.notes


def _marker(lemmas: Sequence[Lemma]) -> Mark:
    known = {one.code for one in lemmas}
    return lambda escaped: linked(escaped, known)


def _chapter(heading: str, text: str, picture: Picture | None, frames: Iterable[Frame], mark: Mark) -> str:
    words = f"<p>{mark(html.escape(text))}</p>" if text else ""
    tables = "".join(
        (f"<h3>{html.escape(greek(frame.title))}</h3>" if _adds(frame.title, heading) else "")
        + to_html(frame, mark)
        for frame in frames
    )
    return (
        f"<h2>{html.escape(heading)}</h2>{words}{'' if picture is None else _figure(picture, mark)}{tables}\n"
    )


def _adds(title: str, heading: str) -> bool:
    """Whether a title says more than the heading above it."""
    return bool(title) and title != heading.replace("é", "e")


def _figure(picture: Picture, mark: Mark) -> str:
    shown = "".join(
        f'<div class="{kind}">{_svg(text, kind)}</div>'
        for kind, text in (("wide", picture.wide), ("narrow", picture.narrow))
    )
    return f"<figure>{shown}<figcaption>{mark(html.escape(greek(picture.caption)))}</figcaption></figure>"


def _svg(text: str, kind: str) -> str:
    """The svg element alone, without the XML prologue and the doctype; its names are not those of the other "
    "figures."""
    found = re.search(r"<svg.*</svg>", text, re.DOTALL)
    assert found is not None
    own = kind + hashlib.sha256(text.encode()).hexdigest()[:6] + "-"
    svg = re.sub(r'(?<=\bid=")(?=[^"]+")', own, found[0])
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r'((?:url\(|href=")#)', rf"\g<1>{own}", svg)


def _explore(cells: Sequence[PlaceCell], eta: str, mark: Mark) -> str:
    """The sliders, hidden until their script runs, and the same cells as a table."""
    if not cells:
        return ""
    options = "".join(f"<option value={i}>{short(level)}</option>" for i, level in enumerate(LEVELS))
    return f"""<h2>Around one curvature</h2>
<div id=explore hidden><label for=lambda>Curvature <output id=at-lambda for=lambda></output></label>
<input id=lambda type=range min=0 max=2000 value=1300>
<label for=rate>Learning rate <output id=at-rate for=rate></output>
<button id=own type=button hidden>back to η = {eta}</button></label>
<input id=rate type=range min=10 max=2000 value=1000>
<dl aria-live=polite><dt>cell of λ<dd id=at-cell><dt>cell of ηλ<dd id=at-product>
<dt>regime<dd id=at-regime><dt>θ<dd id=at-theta>
<dt><label for=level>P(K), K = </label><select id=level>{options}</select><dd id=at-spike></dl></div>
<p class=quiet>{mark(html.escape(greek(_FROM_THE_BAND)))}</p>
<details><summary>All {len(cells)} cells</summary>{to_html(cells_frame(cells), mark)}</details>
"""


def _check(digest: str | None) -> str:
    if digest is None:
        return "<p>No certificate was written: the data set has more samples than the checker takes.</p>"
    return f"""<h2>Check it yourself</h2><p>Every claim on this page is in <code>certificate.json</code>
(SHA-256 <code>{digest}</code>), or follows from one as said. An independent checker, which shares no code with the
program that found these numbers, re-proves it: <code>proofs-check certificate.json</code></p>"""


def _cite(name: str, digest: str | None, day: datetime.date) -> str:
    if digest is None:
        return ""
    return f"""<h2>Cite this</h2><p>catalysis {__version__}, {day.isoformat()}, certificate SHA-256
<code>{digest}</code>; with the paper that it rests on:</p>
<pre>{html.escape(bibtex(name, digest, day))}

{html.escape(PAPER)}</pre>"""


def _proofs(lemmas: Sequence[Lemma]) -> str:
    """The lemmas with their proofs, the letters of each page first."""
    mark = _marker(lemmas)
    parts, seen = ["<h2>Lemmas and proofs</h2>"], set[str]()
    for one in lemmas:
        if one.page not in seen:
            seen.add(one.page)
            words = setting(one.page)
            if words:
                parts.append(f"<h3>Notation ({one.page})</h3>{mark(markdown(words))}")
        parts.append(f'<section id="{one.code}">{mark(markdown(one.text))}</section>')
    return "".join(parts)


def _data(samples: tuple[Sample, ...]) -> Frame:
    rows = [
        ("" if s.s is None else f"s = {short(s.s)}", short(s.x), short(s.p)) for s in samples[:_MOST_SAMPLES]
    ]
    more = len(samples) - _MOST_SAMPLES
    notes = [f"and {more} more samples"] if more > 0 else []
    return Frame.of("", ("sample", "x = s²", "probability"), rows, *notes)


def _scripts(cells: Sequence[PlaceCell], rate: Fraction, script: str) -> str:
    """The data of the sliders and their script, nothing where there is no band."""
    if not cells:
        return ""
    data = json.dumps(slider_json(cells, rate), ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="cells">{data}</script>\n<script>{script}</script>'


def _policy(script: str) -> str:
    """Nothing is fetched, and no script runs but this one."""
    allowed = (
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" if script else "'none'"
    )
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"


def _resource(name: str) -> str:
    return files("catalysis.report").joinpath(name).read_text(encoding="utf-8")
