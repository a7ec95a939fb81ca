"""What is certified around each curvature: the cells of the band, with the regime and bounds of a spike.

The band is a claim of the certificate. The probabilities follow from it by S1 to S3 and are not claims of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.certificate.certify import Certified, NotDone
from catalysis.drift.regions import SignRegions
from catalysis.drift.zeros import Zero
from catalysis.exact.balls import precision
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.band import BandCell
from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, short
from catalysis.spikes.lundberg import level_power, written

LEVELS = (Fraction(10), Fraction(1000), Fraction(10**6))
_BITS = 96
_SMALLEST = Fraction(1, 10**300)
_MOST_ROWS = 500
_DIGITS = 4


@dataclass(frozen=True)
class PlaceCell:
    """All curvatures in `[start, end]`; `spikes` has bounds of P(sup |mu_t| >= K |mu_0|) for each K of LEVELS."""

    start: Fraction
    end: Fraction
    regime: str
    exponent: str
    spikes: tuple[Enclosure, ...]

    def to_json(self, last: Fraction, rate: Fraction) -> dict[str, Any]:
        """For the page: what is proved in words, and as a double, a share of the way to `last`, where to look.

        `product` is the cell of eta lambda, `rate` being the learning rate: what is proved depends on that alone.
        """
        return {
            "until": float(self.end / last),
            "from": short(self.start, 10),
            "to": short(self.end, 10),
            "product": f"[{short(self.start * rate, 10)}, {short(self.end * rate, 10)}]",
            "regime": self.regime,
            "theta": self.exponent,
            "spikes": [_probability(one) for one in self.spikes],
        }


def place_cells(result: Certified) -> list[PlaceCell]:
    """From 0 over the catapult window: below lambda_crit nothing grows (T1, E1), then the cells of the band."""
    if isinstance(result.band, NotDone):
        return []
    crit, largest = result.limits.lambda_crit, result.walk.rates[0]
    sure = tuple(Enclosure(Fraction(0), Fraction(0)) for _ in LEVELS)
    stable = PlaceCell(Fraction(0), crit, "stable: no step enlarges |μ|", "∞", sure)
    cells = (_place(cell, result.regions, crit, largest) for cell in result.band.cells)
    return [stable, *cells]


def slider_json(cells: Sequence[PlaceCell], rate: Fraction) -> dict[str, Any]:
    """What the sliders of the page read; `last` and `rate` are None where doubles cannot hold them."""
    last = cells[-1].end
    return {
        "last": _double(last),
        "rate": _double(rate),
        "cells": [cell.to_json(last, rate) for cell in cells],
    }


def _double(value: Fraction) -> float | None:
    return float(value) if _SMALLEST < value < 1 / _SMALLEST else None


def _place(cell: BandCell, regions: SignRegions | NotDone, crit: Fraction, largest: Fraction) -> PlaceCell:
    spikes = tuple(spike_over(cell, largest, level) for level in LEVELS)
    return PlaceCell(cell.start, cell.end, _regime(cell, regions, crit), _theta(cell), spikes)


def spike_over(cell: BandCell, largest: Fraction, level: Fraction) -> Enclosure:
    """P(sup |mu_t| >= level |mu_0|) for every curvature of the cell, `largest` the largest rate.

    Certified, given the cell: stable 0 (S1), theta = 0 means 1 (E1, S2); else S3 with theta >= lower gives
    level^-lower from above, and theta <= upper with R = lambda xi* - 1 <= end xi* - 1 gives (level R)^-upper from
    below; where theta = 0 after all, P = 1 is not below it.
    """
    if cell.lower is None:
        return Enclosure(Fraction(0), Fraction(0))
    if cell.upper == 0:
        return Enclosure(Fraction(1), Fraction(1))
    with precision(_BITS):
        above = written(level_power(level, cell.lower)).upper
        if cell.upper is None:
            return Enclosure(Fraction(0), min(above, Fraction(1)))
        below = written(level_power(level * (cell.end * largest - 1), cell.upper)).lower
    return Enclosure(below, min(above, Fraction(1)))


def _theta(cell: BandCell) -> str:
    if cell.lower is None:
        return "∞"
    if cell.upper == 0:
        return "0"
    lower = decimal_below(cell.lower, 6)
    return f"[{lower}, ∞]" if cell.upper is None else f"[{lower}, {decimal_above(cell.upper, 6)}]"


def _regime(cell: BandCell, regions: SignRegions | NotDone, crit: Fraction) -> str:
    """From theta alone (E1); where theta may be 0, from the signs of G (D1 to D3)."""
    if cell.lower is None:
        return "stable: no step enlarges |μ|"
    if cell.upper == 0:
        return "inflationary: |μ| grows, a spike is certain"
    edge = "" if cell.start > crit else ", stable at λ_crit itself"
    if cell.lower > 0 and cell.start >= crit:
        return f"deflationary: |μ| dies out after spikes{edge}"
    sign = None if isinstance(regions, NotDone) else _sign_over(cell, regions)
    if sign == -1 and cell.start >= crit:
        return f"deflationary: |μ| dies out after spikes{edge}"
    return "not decided for the whole cell: G may change its sign here"


def _sign_over(cell: BandCell, regions: SignRegions) -> int | None:
    """The sign of the region that holds the whole cell."""
    if not regions.complete:
        return None
    for region in regions.regions:
        if _end(region.start, True) <= cell.start and (
            region.end is None or cell.end <= _end(region.end, False)
        ):
            return region.sign
    return None


def _end(value: Fraction | Zero | None, up: bool) -> Fraction:
    if isinstance(value, Zero):
        found = value.enclosure()
        return found.upper if up else found.lower
    assert value is not None
    return value


def _probability(value: Enclosure) -> str:
    return bracket(value, _DIGITS)


def cells_frame(cells: Sequence[PlaceCell]) -> Frame:
    """All cells as a table, for those who read without a slider."""
    more = len(cells) - _MOST_ROWS
    notes = [f"and {more} more cells: all are in the certificate"] if more > 0 else []
    columns = ("from", "to", "regime", "theta", *(f"P(K = {short(level)})" for level in LEVELS))
    return Frame.of("", columns, _rows(cells[:_MOST_ROWS]), *notes)


def _rows(cells: Sequence[PlaceCell]) -> Iterable[tuple[str, ...]]:
    for cell in cells:
        regime = cell.regime.partition(":")[0]
        spikes = (_probability(one) for one in cell.spikes)
        yield (short(cell.start, 10), short(cell.end, 10), regime, cell.exponent, *spikes)
