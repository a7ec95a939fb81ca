"""How likely a spike is where the curvature is known up to an interval: bounds that hold over all of it (S20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.numbers import Number, exact, exact_text, positive
from catalysis.exact.result import Enclosure, Progress, Result, Verdict
from catalysis.exponent.band import BandCell, ExponentBand, exponent_band
from catalysis.exponent.factors import as_level

DEFAULT_TOLERANCE = Fraction(1, 20)
_BITS = 128
_DIGITS = 6
_SMALLEST_LOG = 50_000  # beyond exp(-this) a lower bound is 0


@dataclass(frozen=True, repr=False)
class SpikeOverInterval(Result):
    """P(sup |mu_t| >= K |mu_0|) for every lambda of an interval, linear regime.

    Certified (S20): `enclosure` holds the probability at each lambda of `[start, end]`. It rests on the cells of
    `band` (E3, E4), which a certificate can carry.
    """

    band: ExponentBand
    start: Fraction
    end: Fraction
    factor: Fraction
    enclosure: Enclosure

    @property
    def walk(self) -> LinearWalk:
        return self.band.walk

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.reason else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """Why the bounds say nothing."""
        if self.enclosure.lower > 0 or self.enclosure.upper < 1:
            return None
        return "the bounds are 0 and 1: the interval is too wide, or has stable and inflationary parts; narrow it"

    @property
    def number(self) -> Enclosure:
        return self.enclosure

    @property
    def exponent(self) -> tuple[Fraction | None, Fraction | None]:
        """theta lies between these everywhere; None is infinity."""
        lowers = [cell.lower for cell in self.band.cells if cell.lower is not None]
        uppers = [cell.upper for cell in self.band.cells if cell.upper is not None]
        whole = len(uppers) == len(self.band.cells)
        return min(lowers, default=None), max(uppers) if whole else None

    def fields(self) -> dict[str, Any]:
        low, high = ("inf" if end is None else exact_text(end) for end in self.exponent)
        return {
            "verdict": self.verdict.value,
            "from": exact_text(self.start),
            "to": exact_text(self.end),
            "factor": exact_text(self.factor),
            "probability": self.enclosure.to_json(_DIGITS) if self.reason is None else None,
            "exponent": {"lower": low, "upper": high},
            **({} if self.reason is None else {"reason": self.reason}),
        }


def spike_over(
    walk: AnyWalk,
    start: Number,
    end: Number,
    factor: Number,
    *,
    tolerance: Number = DEFAULT_TOLERANCE,
    max_work: int | None = None,
    progress: Progress | None = None,
) -> SpikeOverInterval:
    """Bound the probability of a spike by `factor` > 1 for all curvatures of `[start, end]` at once.

    Certified (S20): see SpikeOverInterval.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The data set, its learning rate and its kind of step.
    start, end : Number, 0 < start < end
        The ends of the curvature lambda.
    factor : Number > 1
        K.
    tolerance, max_work, progress
        As for `exponent_band`: the width of its cells in theta.

    Returns
    -------
    SpikeOverInterval
        `enclosure` holds the probability at each curvature of the interval.

    Raises
    ------
    InputError
        For bad arguments, as `exponent_band`.

    Examples
    --------
    >>> from catalysis import spike_over
    >>> found = spike_over("examples/talk-1.toml", "1.4", "1.42", 10)
    >>> 0.006 < found.enclosure.lower < found.enclosure.upper < 0.02
    True
    """
    walk, level = as_walk(walk), as_level(exact(factor, "factor"))
    low, high = positive(start, "start"), positive(end, "end")
    band = exponent_band(walk, low, high, tolerance=tolerance, max_work=max_work, progress=progress)
    bounds = list(_bounds(band, level))
    enclosure = Enclosure(min(lower for lower, _ in bounds), max(upper for _, upper in bounds))
    return SpikeOverInterval(band, low, high, level, enclosure)


def _bounds(band: ExponentBand, level: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Below and above P on each cell."""
    for cell in band.cells:
        yield _below(band.walk, cell, level), _above(cell, level)


def _below(walk: LinearWalk, cell: BandCell, level: Fraction) -> Fraction:
    if cell.upper is None:
        return Fraction(0)
    largest = max(Fraction(1), cell.end * walk.largest_rate - 1)
    return _power(level * largest, cell.upper).lower


def _above(cell: BandCell, level: Fraction) -> Fraction:
    return Fraction(0) if cell.lower is None else min(Fraction(1), _power(level, cell.lower).upper)


def _power(base: Fraction, exponent: Fraction) -> Enclosure:
    """base^-exponent, base > 1."""
    with precision(_BITS):
        log = ball(base).log() * ball(exponent)
        if log > _SMALLEST_LOG:
            return Enclosure(Fraction(0), enclose((ball(Fraction(-_SMALLEST_LOG))).exp()).upper)
        return enclose((-log).exp())
