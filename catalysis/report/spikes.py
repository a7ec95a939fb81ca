"""Spike probabilities for people: functions return what rich can print."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.report.tables import bracket, short
from catalysis.spikes.limits import SpikeConstant, WidthLaw, span_text
from catalysis.spikes.probability import HittingProbability

_LEMMAS = {
    "stable": "S1",
    "certain": "S2",
    "lundberg": "S3",
    "counts": "S4",
    "grid": "SG1 to SG5",
    "lattice": "S8",
    "none": "",
}


def spike_text(
    result: HittingProbability, constant: SpikeConstant, law: WidthLaw | None = None
) -> RenderableType:
    """The probability between its bounds, with the Lundberg bounds, the exponent and the constant."""
    table = Table(title=_event(result, law), title_justify="left", title_style="bold", header_style="")
    table.box, table.padding = None, (0, 2)
    for column in ("", "value", "verdict"):
        table.add_column(column, overflow="fold")
    digits = result.bounds.digits + 3
    table.add_row("probability", _value(result.enclosure, digits), _verdict(result))
    if result.finer is not None:
        lemma = _LEMMAS[result.bounds.method]
        words = f"proved by this program ({lemma}), not in the certificate"
        table.add_row("finer", _value(result.finer, digits), words)
    if result.regime is Regime.DEFLATIONARY:
        table.add_row("Lundberg bounds", _value(result.lundberg, 8), "proved (S3)")
        theta = result.exponent
        table.add_row("exponent theta", _value(theta.enclosure, 15), "proved (E2)")
        table.add_row("C(K) = P K^theta", _value(constant.enclosure, digits), "proved (S6)")
        if law is not None:
            table.add_row("A = P (n/eta)^(theta/2)", _value(law.constant, digits), "proved (S7)")
    parts: list[RenderableType] = [table]
    if result.reason is not None:
        parts.append(Text(f"Undecided: {result.reason}."))
    if result.shortfall is not None:
        parts.append(Text(f"Fewer than {result.bounds.digits} digits: {result.shortfall}."))
    if result.regime is Regime.DEFLATIONARY:
        parts.append(Text(_limit_words(constant)))
    return Group(*parts)


def spikes_text(results: Sequence[HittingProbability]) -> RenderableType:
    """Several probabilities of one event, one line each."""
    title = f"P(sup |mu_t| >= {short(results[0].factor)} |mu_0|), linear regime"
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="", box=None, padding=(0, 2)
    )
    for column in ("lambda", "probability", "Lundberg bounds", "verdict"):
        table.add_column(column, overflow="fold")
    for result in results:
        table.add_row(*spike_cells(result))
    return table


def spike_cells(result: HittingProbability) -> tuple[str, str, str, str]:
    """Curvature, probability, Lundberg bounds and the lemma: a proved bracket, of as many digits as it has."""
    proved = "undecided" if result.enclosure is None else f"proved ({_LEMMAS[result.method]})"
    values = _value(result.enclosure, result.bounds.digits + 3), _value(result.lundberg, 5)
    return (short(result.curvature), *values, proved)


def _event(result: HittingProbability, law: WidthLaw | None) -> str:
    place = f"at lambda = {short(result.curvature)} ({result.regime.value}), linear regime"
    if law is not None:
        level = "" if law.scale == 1 else f"{short(law.scale)} "
        event = f"sup |mu_t| >= {level}sqrt(n/eta), n = {short(law.width)}, mu_0 = {short(law.mu0)}"
    elif result.squared:
        event = f"sup |mu_t|^2 >= {short(result.factor)} |mu_0|^2"
    else:
        event = f"sup |mu_t| >= {short(result.factor)} |mu_0|"
    return f"P({event}) {place}"


def _value(enclosure: Enclosure | None, digits: int) -> str:
    return "?" if enclosure is None else bracket(enclosure, digits)


def _verdict(result: HittingProbability) -> str:
    if result.enclosure is None:
        return "undecided"
    exact = {"stable": "exactly, ", "certain": "exactly, "}.get(result.method, "")
    return f"proved ({exact}{_LEMMAS[result.method]})"


def _limit_words(constant: SpikeConstant) -> str:
    if constant.lattice is None:
        return "No lattice: C(K) tends to a limit as K grows (S6)."
    return (
        f"Lattice: every factor is a power of {span_text(constant.lattice)}, so C(K) oscillates in log K for ever "
        "and has no limit (S6)."
    )
