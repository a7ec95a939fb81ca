"""Results of the linear walk for people, and how numbers are written: each function returns frames."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from catalysis.data.step import Step
from catalysis.data.walk import LinearWalk
from catalysis.drift.thresholds import Thresholds, catapult_window
from catalysis.exact.numbers import decimal_above, decimal_below, exact_text
from catalysis.exact.result import Enclosure
from catalysis.exponent.band import BandCell, ExponentBand
from catalysis.exponent.exponent import CramerExponent, ExponentRate, Regime
from catalysis.report.frame import Frame

if TYPE_CHECKING:
    from catalysis.exponent.curve import ExponentCurve

_EXPONENT_LEMMAS = {
    Regime.STABLE: "E1",
    Regime.DEFLATIONARY: "E2",
    Regime.INFLATIONARY: "E1",
    Regime.CRITICAL: "E1, D5",
}


def short(value: Fraction, digits: int = 12) -> str:
    """An exact number if it is short, otherwise about `digits` digits marked as rounded."""
    text = exact_text(value)
    if len(text) <= digits + 6:
        return text
    return "~" + Enclosure(value, value).decimals(digits)[0]


def both(value: Fraction) -> str:
    """An exact number, and where it is a ratio its decimal beside it, cut off."""
    text = exact_text(value)
    if "/" not in text:
        return short(value)
    cut = f"{Enclosure(value, value).decimals(8)[0]}..."
    return f"{text} = {cut}" if len(text) <= 20 else f"~{cut}"


def exactly(value: Fraction) -> str:
    """A number that is known exactly, with its decimal where it is a ratio."""
    beside = both(value).partition(" = ")[2]
    return f"{short(value)} exactly" + (f" ({beside})" if beside else "")


def bracket(value: Enclosure, digits: int = 15) -> str:
    """Outward-rounded decimals."""
    lower, upper = value.decimals(digits)
    return lower if lower == upper else f"[{lower}, {upper}]"


def data_line(walk: LinearWalk, *, with_rate: bool = True, with_step: bool = True) -> list[Frame]:
    """What was read, in one line, with what was noted when it was; needs no law of minibatches."""
    dataset, step = walk.dataset, walk.step
    items, different = dataset.total_count, len(dataset.merged())
    many = len(dataset.samples) if items is None else items
    line = f"{dataset.name}: {many} {'weighted ' if items is None else ''}sample{'s' if many > 1 else ''}"
    line += f" {dataset.origin}" if dataset.origin else ""
    if different < many:
        line += f" ({different} distinct curvature{'s' if different > 1 else ''})"
    idle = sum(sample.p for sample in dataset.samples if sample.x == 0)
    if idle and step.kind == "single":
        line += f", idle steps (x = 0, p = {short(Fraction(idle))})"
    line += f"; eta = {short(dataset.learning_rate)}" if with_rate else ""
    line += f"; {step_words(step)}" if with_step else ""
    return [Frame.lines(line, *(f"note: {note}" for note in dataset.notes))]


def beyond_window(walk: LinearWalk, curvature: Fraction) -> list[Frame]:
    """A warning where a curvature lies beyond the catapult window."""
    limit = catapult_window(walk).lambda_max
    if curvature <= limit:
        return []
    return [
        Frame.lines(
            f"note: lambda = {short(curvature)} is beyond lambda_max = {both(limit)}: there a step at finite width can",
            "enlarge the curvature itself (T1), so a frozen lambda says little about training.",
        )
    ]


def step_words(step: Step) -> str:
    """What a step draws, in words."""
    if step.kind == "minibatch":
        return f"minibatches of {step.size}, {'with' if step.replacement else 'without'} replacement"
    return "one sample a step" if step.kind == "single" else "all samples at every step"


def thresholds_text(*results: Thresholds) -> list[Frame]:
    """The thresholds of one or more kinds of step."""
    rows = [(r.walk.step.describe(), both(r.lambda_crit), both(r.lambda_max), "exact (T1)") for r in results]
    return [Frame.of("Thresholds", ("step", "lambda_crit", "lambda_max", "verdict"), rows)]


def exponent_value(result: CramerExponent) -> str:
    """theta in words."""
    if result.enclosure is not None:
        return bracket(result.enclosure, result.digits + 2)
    return {Regime.STABLE: "inf", Regime.UNDECIDED: "?"}.get(result.regime, "0")


def exponents_text(results: Sequence[CramerExponent], rates: Sequence[ExponentRate | None]) -> list[Frame]:
    """theta at some curvatures, with the regime, the rate of change and the lemma."""
    rows = [
        (
            short(result.curvature),
            result.regime.value,
            exponent_value(result),
            "" if rate is None else bracket(rate.rate, 8),
            _exponent_verdict(result),
        )
        for result, rate in zip(results, rates, strict=True)
    ]
    return [Frame.of("Cramer exponent", ("lambda", "regime", "theta", "d theta/d lambda", "verdict"), rows)]


def curve_text(curve: ExponentCurve) -> list[Frame]:
    """theta at each curvature of an array."""
    rows = [
        (short(point.curvature), point.regime.value, exponent_value(point), _exponent_verdict(point))
        for point in curve
    ]
    return [Frame.of("Cramer exponent", ("lambda", "regime", "theta", "verdict"), rows)]


def _exponent_verdict(result: CramerExponent) -> str:
    if result.regime is Regime.UNDECIDED:
        return f"undecided: {result.reason}"
    return f"proved ({_EXPONENT_LEMMAS[result.regime]})"


def band_text(result: ExponentBand, *, overall: bool = False) -> list[Frame]:
    """A summary of the band, cells grouped to at most a screenful; `overall`: with bounds over all of it."""
    rows = [
        (short(group[0].start, 8), short(group[-1].end, 8), _range(group), "proved (E3, E4)")
        for group in _grouped(result.cells)
    ]
    last = (
        f"{len(result.cells)} cells, each at most {short(result.tolerance)} wide "
        "where theta is below the ceiling."
    )
    if result.wide:
        last += f" {len(result.wide)} cells are wider than asked."
    low, high = _outer(result.cells)
    ends = f"[{short(result.cells[0].start)}, {short(result.cells[-1].end)}]"
    over = f"For every lambda in {ends}: {low} <= theta <= {high}."
    return [
        Frame.of(
            "Band around the exponent",
            ("from", "to", "theta", "verdict"),
            rows,
            last,
            *([over] if overall else []),
        )
    ]


def _outer(cells: Sequence[BandCell]) -> tuple[str, str]:
    """Bounds over all cells, rounded outwards."""
    lowers = [cell.lower for cell in cells if cell.lower is not None]
    uppers = [cell.upper for cell in cells if cell.upper is not None]
    high = decimal_above(max(uppers), 6) if len(uppers) == len(cells) else "inf"
    return decimal_below(min(lowers), 6) if lowers else "inf", high


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
