"""Phases, phase maps and landing zones for people: tables with the verdict and the lemmas beside every number."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from catalysis.exact.result import Enclosure
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.landing import EXCEPTION, End, Landing
from catalysis.nonlinear.phase import Phase, PhaseName
from catalysis.nonlinear.phase_map import PhaseMap
from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, exactly, short

_MEANING = {
    PhaseName.LAZY: "the loss never rises; kappa tends to 0",
    PhaseName.CATAPULT: "the loss rises, then kappa tends to 0 at a flatter point",
    PhaseName.DIVERGENT: "curvature and loss grow without bound",
    PhaseName.CRITICAL: "neither converges by itself nor diverges",
}

_MAP_VERDICTS = {
    Found.LAZY: "proved (N3, N11)",
    Found.CATAPULT: "proved (N3, N11); exact hits of kappa = 0 left out (N9)",
    Found.DIVERGENT: "proved (N6); exact hits of kappa = 0 left out (N9)",
    Found.OUTSIDE: "no network starts here: |kappa_0| > L_0/2 (N1)",
    Found.UNDECIDED: "undecided: a larger --depth leaves less",
}
_MAP_NOTE = (
    "Boxes stand for the starts strictly inside them; what is undecided clings to the curves between phases."
)


def phase_text(result: Phase, condition: str | None = None) -> list[Frame]:
    """One start."""
    title = f"Phase of kappa_0 = {short(result.kappa0)}, L_0 = {short(result.L0)} at x = {short(result.x)}, full batch"
    limits = f"{short(result.lazy_below)}, {short(result.divergent_above)}"
    rows = [
        *_phase_rows(result),
        ("thresholds 2/x, 4/x at every width", limits, "exact (N10)"),
    ]
    notes = [text for text in (result.note, result.shortfall, condition) if text]
    return [Frame.of(title, ("", "value", "verdict"), rows, *(f"  {note}" for note in notes))]


def _phase_rows(result: Phase) -> list[tuple[str, str, str]]:
    if result.phase is None:
        return [("phase", "?", f"undecided: {result.reason}")]
    proof = f"proved ({', '.join(result.lemmas)})"
    rows = [
        ("phase", f"{result.phase.value}: {_MEANING[result.phase]}", proof),
        ("final L", _value(result, result.final_L), proof),
        ("peak of the loss / loss at the start", _value(result, result.peak_loss), proof),
    ]
    if result.first_rise is not None:
        rows.append(("first step in which the loss rises", str(result.first_rise), proof))
    rows.append(("kappa_t = 0 exactly", _hit(result), proof if result.exact_hit is not None else ""))
    return rows


def _value(result: Phase, number: Enclosure | None) -> str:
    if result.phase is PhaseName.DIVERGENT:
        return "inf"
    return "-" if number is None else bracket(number, max(15, result.digits + 2))


def _hit(result: Phase) -> str:
    if result.exact_hit is False:
        return "never"
    return "not excluded" if result.exact_hit is None else f"at step {result.exact_hit}"


def phase_map_text(result: PhaseMap, condition: str | None = None) -> list[Frame]:
    """The areas of a map, and what they rest on."""
    sides = " x ".join(f"[{short(a)}, {short(b)}]" for a, b in (result.kappa, result.L))
    counts = Counter(cell.found for cell in result.cells)
    rows = [
        (found.name.lower(), str(counts[found]), short(result.area_of(found)), verdict)
        for found, verdict in _MAP_VERDICTS.items()
        if counts[found]
    ]
    title = f"Phase map, (kappa_0, L_0) in {sides}, x = {short(result.x)}"
    notes = [_MAP_NOTE, *([condition] if condition else [])]
    return [Frame.of(title, ("phase", "boxes", "area", "verdict"), rows, *notes)]


def landing_text(*results: Landing) -> list[Frame]:
    """The zone below the start, for the whole network or for each sign class."""
    return [_zone(result) for result in results]


def _zone(result: Landing) -> Frame:
    rows = [(end_text(start), end_text(end), "proved (N12, D1-D3)") for start, end in result.zone or ()]
    if result.zone is None:
        rows = [("?", "?", f"undecided: {result.reason}")]
    notes = [f"lambda never increases and ends in the zone almost surely, {EXCEPTION}."]
    if result.starts_inflationary:
        notes.append("The start is inflationary (G > 0): lambda ends at or below the last end of the zone.")
    if result.condition:
        notes.append(f"Holds {result.condition}.")
    title = f"Landing zone from lambda_0 = {short(result.lambda0)}, any width"
    return Frame.of(title, ("from", "to", "verdict"), rows, *(f"  {note}" for note in notes))


def end_text(end: End) -> str:
    if isinstance(end, Fraction):
        return short(end)
    return exactly(end.exact) if end.exact is not None else bracket(end.enclosure())
