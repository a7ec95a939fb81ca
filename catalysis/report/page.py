"""One self-contained HTML page about a certified data set: readable offline, without JavaScript."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from catalysis.certificate.certify import Certified
from catalysis.data.dataset import Sample
from catalysis.nonlinear.landing import EXCEPTION
from catalysis.report.certified import band_or_not, regions_or_not
from catalysis.report.frame import Frame, greek, to_html
from catalysis.report.phases import landing_text
from catalysis.report.spikes import spikes_text
from catalysis.report.tables import exponents_text, short, thresholds_text

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d1d1f; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #e3e3e6; white-space: nowrap; }
td { font-variant-numeric: tabular-nums; } svg { width: 100%; height: auto; }
code { font-size: .85rem; overflow-wrap: anywhere; } .quiet { color: #666; }
"""
_MOST_SAMPLES = 50


def page(result: Certified, digest: str | None, figures: Mapping[str, str]) -> str:
    """The page as text; `figures` are the SVG files of `drift`, `exponent`; `digest` is of the certificate, if any."""
    walk, dataset = result.walk, result.walk.dataset
    name, eta = html.escape(dataset.name), html.escape(short(dataset.learning_rate))
    notes = "".join(f"<p class=quiet>{html.escape(note)}</p>" for note in dataset.notes)
    chapters = "".join(_chapter(*chapter) for chapter in _chapters(result, figures))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: certified</title><style>{_STYLE}</style></head><body>
<h1>{name}</h1><p class=quiet>learning rate {eta}, {walk.step.describe()}</p>{notes}
<p>{html.escape(result.summary)}</p>
{chapters}
{_check(digest)}</body></html>
"""


def _check(digest: str | None) -> str:
    if digest is None:
        return "<p>No certificate was written: the data set has more samples than the checker takes.</p>"
    return f"""<h2>Check it yourself</h2><p>Every claim on this page is in <code>certificate.json</code>
(SHA-256 <code>{digest}</code>). An independent checker, which shares no code with the program that found these
numbers, re-proves it: <code>proofs-check certificate.json</code></p>"""


def _chapters(
    result: Certified, figures: Mapping[str, str]
) -> Iterable[tuple[str, str, str, Iterable[Frame]]]:
    """Heading, text, picture and frames of each chapter."""
    yield "Data", "", "", [_data(result.walk.dataset.samples)]
    yield "Thresholds", "", "", thresholds_text(result.limits, result.full_batch_limits)
    yield (
        "Sign regions of the log-drift G",
        "",
        figures.get("drift", ""),
        regions_or_not(result, everything=True),
    )
    frames = [*exponents_text(result.exponents, result.rates), *band_or_not(result)]
    yield "Cramér exponent", "", figures.get("exponent", ""), frames
    if result.spikes:
        yield "How likely is a spike?", "", "", spikes_text(result.spikes)
    if result.zone is not None and result.zone.zone is not None:
        words = (
            f"From λ_0 = {short(result.zone.lambda0)}, at every width, the curvature of SGD never rises and ends "
            f"almost surely in the zone {{G ≤ 0}} below, {EXCEPTION}."
        )
        yield "Where the curvature lands", words, "", landing_text(result.zone)


def _chapter(heading: str, text: str, picture: str, frames: Iterable[Frame]) -> str:
    words = f"<p>{html.escape(text)}</p>" if text else ""
    tables = "".join(
        (f"<h3>{html.escape(greek(frame.title))}</h3>" if frame.title else "") + to_html(frame)
        for frame in frames
    )
    return f"<h2>{html.escape(heading)}</h2>{words}{_svg(picture) if picture else ''}{tables}\n"


def _data(samples: tuple[Sample, ...]) -> Frame:
    rows = [
        ("" if s.s is None else f"s = {short(s.s)}", short(s.x), short(s.p)) for s in samples[:_MOST_SAMPLES]
    ]
    more = len(samples) - _MOST_SAMPLES
    notes = [f"and {more} more samples"] if more > 0 else []
    return Frame.of("", ("sample", "x = s²", "probability"), rows, *notes)


def _svg(text: str) -> str:
    """The svg element alone, without the XML prologue and the doctype."""
    found = re.search(r"<svg.*</svg>", text, re.DOTALL)
    assert found is not None
    return found.group(0)
