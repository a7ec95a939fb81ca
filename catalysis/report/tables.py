"""Results for people: tables for the terminal. Functions return what rich can print."""

from __future__ import annotations

from fractions import Fraction

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.data.walk import LinearWalk
from catalysis.drift.interval import SignOnInterval
from catalysis.drift.place import NearPole
from catalysis.drift.regions import SignRegions, Zero
from catalysis.drift.thresholds import Thresholds
from catalysis.drift.value import DriftValue
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure
from catalysis.exponent.band import BandCell, ExponentBand
from catalysis.exponent.exponent import CramerExponent, ExponentRate, Regime

_MOST_ROWS = 40


def short(value: Fraction, digits: int = 12) -> str:
    """An exact number if it is short, otherwise about ``digits`` digits marked as rounded."""
    text = exact_text(value)
    if len(text) <= digits + 6:
        return text
    return "~" + Enclosure(value, value).decimals(digits)[0]


def bracket(value: Enclosure, digits: int = 15) -> str:
    """Outward-rounded decimals."""
    lower, upper = value.decimals(digits)
    return lower if lower == upper else f"[{lower}, {upper}]"


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="", box=None, padding=(0, 2)
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def data_line(walk: LinearWalk) -> Text:
    """The data set and the step in one line, with what was noted when it was read."""
    dataset = walk.dataset
    line = f"{dataset.name}: {walk.size} distinct curvature{'s' if walk.size > 1 else ''}"
    if walk.idle:
        line += f" and idle steps (x = 0, p = {short(walk.idle)})"
    line += f", eta = {short(dataset.learning_rate)}, {walk.step.describe()}"
    return Text("\n".join([line, *(f"note: {note}" for note in dataset.notes)]))


def thresholds_text(*results: Thresholds) -> RenderableType:
    """The thresholds of one or more kinds of step."""
    table = _table("Thresholds", "step", "lambda_crit", "lambda_max", "verdict")
    for result in results:
        table.add_row(
            result.walk.step.describe(), short(result.lambda_crit), short(result.lambda_max), "exact (T1)"
        )
    return table


def zero_text(zero: Zero) -> str:
    """A zero with its bracket; very near a pole by its log-distance."""
    if zero.exact is not None:
        return f"{short(zero.exact)} exactly"
    if isinstance(zero.lower, NearPole):
        sign = "+" if zero.lower.side > 0 else "-"
        return f"{short(zero.lower.pole)} {sign} exp(-t), t in {_negative(zero.log_distance())}"
    return bracket(zero.enclosure(), 18)


def _negative(value: Enclosure) -> str:
    return bracket(Enclosure(-value.upper, -value.lower), 18)


def regions_text(result: SignRegions) -> RenderableType:
    """The zeros and the sign regions of G, with the lemma behind each line."""
    interval = f"({short(result.start)}, {'inf' if result.end is None else short(result.end)})"
    zeros = _table(f"Zeros of G on {interval}: {len(result.inside)}", "", "kind", "lambda", "verdict")
    number = {id(zero): f"z{i + 1}" for i, zero in enumerate(result.inside)}
    for zero in result.inside[:_MOST_ROWS]:
        lemma = "D6" if zero.polynomial is not None else ("D2, D5" if zero.exact is not None else "D2")
        arrow = {1: "crossing, up", -1: "crossing, down", 0: "tangency"}[zero.direction]
        zeros.add_row(number[id(zero)], arrow, zero_text(zero), f"proved ({lemma})")
    parts: list[RenderableType] = [zeros]
    if len(result.inside) > _MOST_ROWS:
        parts.append(Text(f"  ... and {len(result.inside) - _MOST_ROWS} more (--json lists all)"))
    if result.complete:
        regions = _table("Sign regions of G", "from", "to", "sign", "verdict")
        for region in result.regions[:_MOST_ROWS]:
            regions.add_row(
                _end(region.start, number),
                _end(region.end, number),
                "positive (inflationary)" if region.sign > 0 else "negative",
                "proved (D1-D3)",
            )
        parts.append(regions)
        if len(result.regions) > _MOST_ROWS:
            parts.append(Text(f"  ... and {len(result.regions) - _MOST_ROWS} more"))
        parts.append(Text("The list is complete: proved, gap by gap (D1)."))
    else:
        parts.append(Text(f"The list is NOT known to be complete: {len(result.undecided)} gaps undecided."))
        for gap in result.undecided[:_MOST_ROWS]:
            left, right = result.walk.gap_ends(gap.gap)
            to = "inf" if right is None else short(right)
            parts.append(Text(f"  undecided on ({short(left)}, {to}): {gap.reason}"))
    return Group(*parts)


def _end(value: Fraction | Zero | None, number: dict[int, str]) -> str:
    if isinstance(value, Zero):
        return number[id(value)]
    return "inf" if value is None else short(value)


def exponent_value(result: CramerExponent) -> str:
    """theta in words."""
    if result.enclosure is not None:
        return bracket(result.enclosure, result.digits + 2)
    return {Regime.STABLE: "inf", Regime.UNDECIDED: "?"}.get(result.regime, "0")


def exponents_text(results: list[CramerExponent], rates: list[ExponentRate | None]) -> RenderableType:
    """theta at some curvatures, with the regime, the rate of change and the lemma."""
    table = _table("Cramer exponent", "lambda", "regime", "theta", "d theta/d lambda", "verdict")
    lemmas = {
        Regime.STABLE: "E1",
        Regime.DEFLATIONARY: "E2",
        Regime.INFLATIONARY: "E1",
        Regime.CRITICAL: "E1, D5",
    }
    for result, rate in zip(results, rates, strict=True):
        decided = result.regime is not Regime.UNDECIDED
        table.add_row(
            short(result.curvature),
            result.regime.value,
            exponent_value(result),
            "" if rate is None else bracket(rate.rate, 8),
            f"proved ({lemmas[result.regime]})" if decided else f"undecided: {result.reason}",
        )
    return table


def band_text(result: ExponentBand) -> RenderableType:
    """A summary of the band, cells grouped to at most a screenful."""
    table = _table("Band around the exponent", "from", "to", "theta", "verdict")
    cells = result.cells
    for group in _grouped(cells):
        table.add_row(short(group[0].start, 8), short(group[-1].end, 8), _range(group), "proved (E3, E4)")
    last = Text(
        f"{len(cells)} cells, each at most {short(result.tolerance)} wide where theta is below the ceiling."
    )
    if result.wide:
        last.append(f" {len(result.wide)} cells are wider than asked.")
    return Group(table, last)


def _grouped(cells: tuple[BandCell, ...], most: int = 14) -> list[list[BandCell]]:
    """Neighbours together, but never cells with theta = 0 and others."""
    stride = -(-sum(cell.upper != 0 for cell in cells) // most)
    groups: list[list[BandCell]] = []
    for cell in cells:
        last = groups[-1] if groups else None
        zero = cell.upper == 0
        if last is None or (last[-1].upper == 0) != zero or (not zero and len(last) >= stride):
            groups.append([cell])
        else:
            last.append(cell)
    return groups


def _range(cells: list[BandCell]) -> str:
    lowers = [cell.lower for cell in cells]
    uppers = [cell.upper for cell in cells]
    finite = [lower for lower in lowers if lower is not None]
    low = "inf" if not finite else short(min(finite), 6)
    high = "inf" if None in uppers else short(max(u for u in uppers if u is not None), 6)
    return low if low == high else f"[{low}, {high}]"


def drift_text(result: DriftValue) -> RenderableType:
    """G at one place."""
    if result.enclosure is not None:
        value = f"{bracket(result.enclosure)} (proved)"
    else:
        value = "-inf (a pole)" if result.reason is None else f"undecided: {result.reason}"
    return Text(f"G({short(result.curvature)}) = {value}")


def sign_text(result: SignOnInterval) -> RenderableType:
    """The sign on a closed interval."""
    words = {-1: "negative", 1: "positive", 0: "not of one sign", None: f"undecided: {result.reason}"}
    proof = {-1: " (proved, D3)", 1: " (proved, D4)"}.get(result.sign or 0, "")
    return Text(f"G on [{short(result.start)}, {short(result.end)}]: {words[result.sign]}{proof}")
