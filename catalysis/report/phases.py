"""Phases, phase maps and landing zones for people: tables with the verdict and the lemmas beside every number."""

from __future__ import annotations

from fractions import Fraction

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.exact.result import Enclosure
from catalysis.nonlinear.boxes import Found
from catalysis.nonlinear.landing import EXCEPTION, End, Landing
from catalysis.nonlinear.phase import Phase, PhaseName
from catalysis.nonlinear.phase_map import PhaseMap
from catalysis.report.tables import bracket, short

_MEANING = {
    PhaseName.LAZY: "the loss never rises; kappa tends to 0",
    PhaseName.CATAPULT: "the loss rises, then kappa tends to 0 at a flatter point",
    PhaseName.DIVERGENT: "curvature and loss grow without bound",
    PhaseName.CRITICAL: "neither converges by itself nor diverges",
}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="")
    table.box, table.padding = None, (0, 2)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def phase_text(result: Phase, condition: str | None = None) -> RenderableType:
    """One start."""
    title = f"Phase of kappa_0 = {short(result.kappa0)}, L_0 = {short(result.L0)} at x = {short(result.x)}, full batch"
    table = _table(title, "", "value", "verdict")
    proof = f"proved ({', '.join(result.lemmas)})"
    if result.phase is None:
        table.add_row("phase", "?", f"undecided: {result.reason}")
    else:
        table.add_row("phase", f"{result.phase.value}: {_MEANING[result.phase]}", proof)
        table.add_row("final L", _value(result, result.final_L), proof)
        table.add_row("peak of the loss / loss at the start", _value(result, result.peak_loss), proof)
        if result.first_rise is not None:
            table.add_row("first step in which the loss rises", str(result.first_rise), proof)
        table.add_row("kappa_t = 0 exactly", _hit(result), proof if result.exact_hit is not None else "")
    limits = f"{short(result.lazy_below)}, {short(result.divergent_above)}"
    table.add_row("thresholds 2/x, 4/x at every width", limits, "exact (N10)")
    notes = [text for text in (result.note, result.shortfall, condition) if text]
    return Group(table, *(Text(f"  {note}") for note in notes))


def _value(result: Phase, number: Enclosure | None) -> str:
    if result.phase is PhaseName.DIVERGENT:
        return "inf"
    return "-" if number is None else bracket(number, max(15, result.digits + 2))


def _hit(result: Phase) -> str:
    if result.exact_hit is False:
        return "never"
    return "not excluded" if result.exact_hit is None else f"at step {result.exact_hit}"


def phase_map_text(result: PhaseMap, condition: str | None = None) -> RenderableType:
    """The areas of a map, and what they rest on."""
    sides = " x ".join(f"[{short(a)}, {short(b)}]" for a, b in (result.kappa, result.L))
    table = _table(
        f"Phase map, (kappa_0, L_0) in {sides}, x = {short(result.x)}", "phase", "boxes", "area", "verdict"
    )
    verdicts = {
        Found.LAZY: "proved (N3, N11)",
        Found.CATAPULT: "proved (N3, N11); exact hits of kappa = 0 left out (N9)",
        Found.DIVERGENT: "proved (N6); exact hits of kappa = 0 left out (N9)",
        Found.OUTSIDE: "no network starts here: |kappa_0| > L_0/2 (N1)",
        Found.UNDECIDED: "undecided: a larger --depth leaves less",
    }
    for found, verdict in verdicts.items():
        boxes = sum(cell.found is found for cell in result.cells)
        if boxes:
            area = short(result.area_of(found))
            table.add_row(found.name.lower(), str(boxes), area, verdict)
    note = "Boxes stand for the starts strictly inside them; what is undecided clings to the curves between phases."
    return Group(table, Text(note), *([Text(condition)] if condition else []))


def landing_text(*results: Landing) -> RenderableType:
    """The zone below the start, for the whole network or for each sign class."""
    parts: list[RenderableType] = []
    for result in results:
        table = _table(
            f"Landing zone from lambda_0 = {short(result.lambda0)}, any width", "from", "to", "verdict"
        )
        if result.zone is None:
            table.add_row("?", "?", f"undecided: {result.reason}")
        for start, end in result.zone or ():
            table.add_row(end_text(start), end_text(end), "proved (N12, D1-D3)")
        notes = [f"lambda never increases and ends in the zone almost surely, {EXCEPTION}."]
        if result.starts_inflationary:
            notes.append(
                "The start is inflationary (G > 0): lambda ends at or below the last end of the zone."
            )
        if result.condition:
            notes.append(f"Holds {result.condition}.")
        parts += [table, *(Text(f"  {note}") for note in notes)]
    return Group(*parts)


def end_text(end: End) -> str:
    if isinstance(end, Fraction):
        return short(end)
    return f"{short(end.exact)} exactly" if end.exact is not None else bracket(end.enclosure())
