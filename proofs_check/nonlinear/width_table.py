"""Tables over cells of (kappa, L): columns from edges in kappa, rows equally far from each other in L (W5)."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from proofs_check.core.reading import Refused, items
from proofs_check.nonlinear.width_start import Start

UNIT = 10**15
SCALE = 10**9
MOST_ENTRIES = 400_000
MOST_COLUMNS = 20_000
MOST_DIGITS = 18
MOST_EXPONENT = 1000
MOST_BITS_OF_NUMBERS = 1024


@dataclass(frozen=True)
class Table:
    """Edges in units of c/UNIT, rows of entries in units of 1/SCALE."""

    edges: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    level: Fraction
    exponent: Fraction

    @property
    def intervals(self) -> int:
        return len(self.rows) - 1

    @property
    def columns(self) -> int:
        return len(self.edges) - 1

    def edge(self, n: int) -> Fraction:
        """k_n."""
        return self.level * self.edges[n] / UNIT

    def column_of(self, kappa: Fraction) -> int:
        """The column that holds 0 < kappa < c, -1 below the grid."""
        place = kappa * UNIT / self.level
        return bisect_right(self.edges, place.numerator // place.denominator) - 1

    def near_bottom(self, growth: Fraction) -> int:
        """So many of the first columns begin below k_0 R."""
        reach = growth * self.edges[0]
        return max(1, bisect_left(self.edges[:-1], -(-reach.numerator // reach.denominator)))

    def spans_level(self, growth: Fraction) -> bool:
        """Whether k_0 R > c: images of states below the grid may reach c."""
        return growth * self.edges[0] > UNIT

    def below_grid(self, growth: Fraction) -> int:
        """Z_J of the upper table; 1 if a step may lead from below the grid to c (W5)."""
        if self.spans_level(growth):
            return SCALE
        return max(max(row[: self.near_bottom(growth)]) for row in self.rows)


def integers(text: Any, where: str, count: int | None) -> tuple[int, ...]:
    """A string of integers with single spaces between."""
    if not isinstance(text, str) or not text.isascii():
        raise Refused(f"{where} is not a string of integers")
    parts = text.split(" ")
    if len(parts) > MOST_COLUMNS + 1 or (count is not None and len(parts) != count):
        raise Refused(f"{where} has the wrong number of entries")
    if not all(part.removeprefix("-").isdigit() and len(part) <= MOST_DIGITS for part in parts):
        raise Refused(f"{where} holds something else than integers of at most {MOST_DIGITS} digits")
    return tuple(map(int, parts))


def read_table(proof: dict[str, Any], start: Start, level: Fraction, exponent: Fraction) -> Table:
    """Edges and entries, with their sizes checked before anything is worked out."""
    edges = integers(proof["edges"], "edges", None)
    if len(edges) < 2 or edges[0] < 1 or edges[-1] != UNIT or any(a >= b for a, b in pairwise(edges)):
        raise Refused(f"edges do not increase from above 0 to {UNIT}")
    lines = items(proof["table"], "table")
    columns = len(edges) - 1
    if len(lines) < 2 or len(lines) * columns * len(start.x) > MOST_ENTRIES:
        raise Refused(f"the table has less than two rows or more than {MOST_ENTRIES} entries times samples")
    start.case.work.spend(len(lines) * columns)
    rows = tuple(integers(line, f"table[{j}]", columns) for j, line in enumerate(lines))
    if not 1 <= exponent <= MOST_EXPONENT:
        raise Refused("the exponent of a table is not between 1 and 1000")
    start.book(level, exponent, most=MOST_BITS_OF_NUMBERS)
    return Table(edges, rows, level, exponent)
