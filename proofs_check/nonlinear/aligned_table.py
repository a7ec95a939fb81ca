"""Tables over cells of (alpha, L), alpha = log(c/k)/log(y L - 1): columns that may overlap (W11)."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from proofs_check.core.arithmetic import Interval, exp_interval, log_of
from proofs_check.core.reading import Refused, items, positive
from proofs_check.nonlinear.width_start import Start, bits
from proofs_check.nonlinear.width_table import MOST_BITS_OF_NUMBERS, MOST_ENTRIES, MOST_EXPONENT, integers

PARTS = 10**5
MOST_DEPTH = 1 << 30
KEYS = ("exponent", "pivot", "bottom", "deep", "shallow", "table")
BITS = 96
"""The precision at which places are found."""
NARROW = 80
"""That of cells."""


@dataclass(frozen=True)
class AlignedTable:
    """Columns [shallow_n, deep_n] of alpha in units of 1/PARTS, rows from `bottom` to L_0, entries in 1/SCALE."""

    pivot: Fraction
    bottom: Fraction
    deep: tuple[int, ...]
    shallow: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    level: Fraction
    exponent: Fraction

    def in_units(self, unit: Fraction) -> "AlignedTable":
        """That of `Start.in_units`."""
        bottom, level = self.bottom / unit, self.level / unit
        return replace(self, pivot=self.pivot * unit, bottom=bottom, level=level)

    @property
    def intervals(self) -> int:
        return len(self.rows) - 1

    @property
    def columns(self) -> int:
        return len(self.deep)

    def unit(self, L: Fraction) -> Interval:
        """log(y L - 1) > 0."""
        return log_of(self.pivot * L - 1, BITS)

    def stride(self, start: Start) -> Fraction:
        """At least log(x* B - 1)/log(y B - 1), B the bottom: no step lowers alpha by more."""
        return Fraction(log_of(start.x[-1] * self.bottom - 1, BITS)[1], self.unit(self.bottom)[0])

    def near_bottom(self, start: Start) -> int:
        """So many of the first columns can be reached in a step from below the grid."""
        least = self.deep[0] - self.stride(start) * PARTS
        return sum(d >= least for d in self.deep)

    def below_grid(self, start: Start) -> int:
        """Z_J of the upper table."""
        near = self.near_bottom(start)
        return max(max(row[:near]) for row in self.rows)

    def depths(self, low: Fraction, high: Fraction, L: Fraction) -> tuple[Fraction, Fraction]:
        """Bounds of alpha in units of 1/PARTS for k in [low, high], high <= c, at L."""
        unit = self.unit(L)
        least, most = (log_of(self.level / k, BITS) for k in (high, low))
        return Fraction(max(least[0], 0) * PARTS, unit[1]), Fraction(most[1] * PARTS, unit[0])

    def kappa(self, depth: int, L: Fraction, up: bool) -> Fraction:
        """k at a depth, from one side."""
        y = -depth * self.unit(L)[not up]
        y = -(-y // PARTS) if up else y // PARTS
        found = exp_interval((y, y), BITS)[up]
        assert found is not None
        return self.level * Fraction(found, 1 << BITS)

    def covers(self, shallow: Fraction, deep: Fraction) -> list[list[int]]:
        """Sets of columns, each of which covers [shallow, deep]: single ones if there are; none below the grid."""
        all_columns = range(self.columns)
        single = [[n] for n in all_columns if self.shallow[n] <= shallow and deep <= self.deep[n]]
        if single or deep > self.deep[0]:
            return single
        return [[n for n in all_columns if self.deep[n] >= shallow and deep >= self.shallow[n]]]


def read_aligned(
    proof: dict[str, Any], where: str, start: Start, level: Fraction, least: int = 1
) -> AlignedTable:
    """A table of an exponent >= `least`, with its sizes checked before anything is worked out."""
    pivot, bottom, exponent = (
        positive(proof[key], f"{where}.{key}") for key in ("pivot", "bottom", "exponent")
    )
    deep, shallow = (integers(proof[key], key, None) for key in ("deep", "shallow"))
    _check_columns(deep, shallow)
    lines = items(proof["table"], "table")
    if len(lines) < 2 or len(lines) * len(deep) * len(start.x) > MOST_ENTRIES:
        raise Refused(f"the table has less than two rows or more than {MOST_ENTRIES} entries times samples")
    start.case.work.spend(len(lines) * len(deep))
    rows = tuple(integers(line, f"table[{j}]", len(deep)) for j, line in enumerate(lines))
    if not least <= exponent <= MOST_EXPONENT:
        raise Refused("the exponent of a table is not between 1 and 1000")
    start.book(level, exponent, pivot, bottom, most=MOST_BITS_OF_NUMBERS)
    if not (pivot <= start.x[-1] and pivot * bottom > 2 and bottom < start.L0):
        raise Refused("not 2/pivot < bottom < L_0, pivot <= max x")
    start.case.work.spend_on_logs(
        16, BITS, max(bits(q) for q in (pivot, bottom, start.x[-1], start.L0, level))
    )
    start.case.work.spend(4 * len(deep))
    if log_of(pivot * bottom - 1, NARROW)[0] <= 0:
        raise Refused("the bottom is too near to 2/pivot")
    return AlignedTable(pivot, bottom, deep, shallow, rows, level, exponent)


def _check_columns(deep: tuple[int, ...], shallow: tuple[int, ...]) -> None:
    """Both decrease, columns are not empty, neighbours touch or overlap, the last ends at the level."""
    if len(deep) != len(shallow) or shallow[-1] != 0 or not 0 < deep[0] < MOST_DEPTH:
        raise Refused("the columns do not end at 0, or are too deep")
    if any(a <= b for a, b in pairwise(deep)) or any(a < b for a, b in pairwise(shallow)):
        raise Refused("the columns do not decrease")
    if any(a >= b for a, b in zip(shallow, deep, strict=True)) or any(
        a > b for a, b in zip(shallow[:-1], deep[1:], strict=True)
    ):
        raise Refused("a column is empty, or there is a gap between two")
