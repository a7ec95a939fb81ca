"""One self-contained HTML page about a certified data set: readable offline, without JavaScript."""

from __future__ import annotations

import html
import re
from pathlib import Path

from catalysis.certificate.certify import Certified
from catalysis.nonlinear.landing import EXCEPTION
from catalysis.report.phases import end_text
from catalysis.report.spikes import spike_cells
from catalysis.report.tables import bracket, exponent_value, short, zero_text

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d1d1f; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #e3e3e6; white-space: nowrap; }
td { font-variant-numeric: tabular-nums; } svg { width: 100%; height: auto; }
code { font-size: .85rem; overflow-wrap: anywhere; } .quiet { color: #666; }
"""


def write_report(folder: Path, result: Certified, digest: str) -> Path:
    """Write ``report.html`` beside the certificate and the figures; returns its path."""
    path = folder / "report.html"
    figures = {
        name: _svg((folder / f"{name}.svg").read_text(encoding="utf-8")) for name in ("drift", "exponent")
    }
    path.write_text(page(result, digest, figures), encoding="utf-8")
    return path


def page(result: Certified, digest: str, figures: dict[str, str]) -> str:
    """The page as text; ``figures`` are inline SVG."""
    walk, dataset = result.walk, result.walk.dataset
    name = html.escape(dataset.name)
    eta = html.escape(short(dataset.learning_rate))
    samples = [[_sample(s), short(s.x), short(s.p)] for s in dataset.samples[:50]]
    more = (
        f"<p class=quiet>and {len(dataset.samples) - 50} more samples</p>"
        if len(dataset.samples) > 50
        else ""
    )
    limits = [
        [t.walk.step.describe(), short(t.lambda_crit), short(t.lambda_max), "exact (T1)"]
        for t in (result.limits, result.full_batch_limits)
    ]
    zeros = [[f"z{i + 1}", z.kind, zero_text(z), "proved"] for i, z in enumerate(result.regions.zeros[:200])]
    exponents = [
        [
            short(e.curvature),
            e.regime.value,
            exponent_value(e),
            "" if r is None else bracket(r.rate, 8),
            e.verdict.value,
        ]
        for e, r in zip(result.exponents, result.rates, strict=True)
    ]
    state = "complete, proved gap by gap" if result.regions.complete else "not known to be complete"
    notes = "".join(f"<p class=quiet>{html.escape(note)}</p>" for note in dataset.notes)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: certified</title><style>{_STYLE}</style></head><body>
<h1>{name}</h1><p class=quiet>learning rate {eta}, {walk.step.describe()}</p>{notes}
<h2>Data</h2>{_rows(["sample", "x = s²", "probability"], samples)}{more}
<h2>Thresholds</h2>{_rows(["step", "λ_crit", "λ_max", "verdict"], limits)}
<h2>Sign regions of the log-drift G</h2>{figures["drift"]}
<p>{len(result.regions.zeros)} zeros; the list is {state} (lemmas D1–D6).</p>
{_rows(["", "kind", "λ", "verdict"], zeros)}
<h2>Cramér exponent</h2>{figures["exponent"]}
{_rows(["λ", "regime", "θ", "dθ/dλ", "verdict"], exponents)}
<p class=quiet>The band has {len(result.band.cells)} cells; θ is proved to stay inside each (lemmas E3, E4).</p>
{_spikes(result)}{_zone(result)}
<h2>Check it yourself</h2><p>Every claim on this page is in <code>certificate.json</code>
(SHA-256 <code>{digest}</code>). An independent checker, which shares no code with the program that found these
numbers, re-proves it: <code>proofs-check certificate.json</code></p></body></html>
"""


def _spikes(result: Certified) -> str:
    if not result.spikes:
        return ""
    rows = _rows(
        ["λ", "probability", "Lundberg bounds", "verdict"], [[*spike_cells(s)] for s in result.spikes]
    )
    level = short(result.spikes[0].factor)
    return f"<h2>How likely is a spike?</h2><p>P(sup |μ_t| ≥ {level} |μ_0|), linear regime.</p>{rows}"


def _zone(result: Certified) -> str:
    zone = result.zone
    if zone is None or zone.zone is None:
        return ""
    rows = [[end_text(start), end_text(end), "proved (N12)"] for start, end in zone.zone]
    return f"""<h2>Where the curvature lands</h2>
<p>From λ_0 = {short(zone.lambda0)}, at every width, the curvature of SGD never rises and ends almost surely in the
zone {{G ≤ 0}} below, {html.escape(EXCEPTION)}.</p>{_rows(["from", "to", "verdict"], rows)}"""


def _sample(sample: object) -> str:
    s = getattr(sample, "s", None)
    return "" if s is None else f"s = {short(s)}"


def _rows(header: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<div class=scroll><table><tr>{head}</tr>{body}</table></div>"


def _svg(text: str) -> str:
    """The svg element alone, without the XML prologue and the doctype."""
    found = re.search(r"<svg.*</svg>", text, re.DOTALL)
    assert found is not None
    return found.group(0)
