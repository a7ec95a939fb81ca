"""P(|kappa| reaches c) for the nonlinear map at finite width, between proved bounds.

The map kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L) is that of a network of width n,
with kappa = eta mu / sqrt(n) and L = eta lambda. Lemmas W0 to W8 of docs/width.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure, Progress, Verdict
from catalysis.exponent.factors import StepExponent
from catalysis.nonlinear.bounds import (
    LowerBound,
    UpperBound,
    closed_form_lower,
    closed_form_upper,
    lowest_edge,
    short_above,
    short_below,
    table_lower,
    table_upper,
    theorem,
)
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme import SchemeTable, fits, solve
from catalysis.nonlinear.scheme_grid import Grid, GridTooCoarse, Side, edges_down_to

DEFAULT_TOLERANCE = Fraction(2)
"""Relative width of the bounds: upper <= 3 lower."""

MOST_UPDATES = 6_000_000
"""The most cells times samples of a table; memory is about 200 bytes for each."""

CHECKED_UPDATES = 200_000
"""The most cells times samples of a table that travels in a certificate: some ten seconds for the checker."""

# (rows, columns in a factor R): rows serve the lower table, columns the upper one; each level takes longer.
_LEVELS = ((40, 24), (120, 32), (480, 32), (960, 64), (480, 128))
_SPAN = 100  # the upper table reaches this far below c


@dataclass(frozen=True)
class WidthSpike:
    """The probability that |kappa| ever reaches ``kappa``, from kappa_0 = eta mu0/sqrt(width), L_0 = eta lambda.

    Certified: it lies between ``lower.value`` and ``upper.value``. ``coarse_lower`` and ``coarse_upper`` are
    bounds that a certificate can carry (often the same). ``verdict`` says whether the tolerance is reached;
    if not, ``limited_by`` says why.
    """

    walk: LinearWalk
    curvature: Fraction
    width: Fraction
    mu0: Fraction
    kappa: Fraction
    tolerance: Fraction
    exponent: StepExponent
    lower: LowerBound
    upper: UpperBound
    coarse_lower: LowerBound
    coarse_upper: UpperBound
    linear: Enclosure | None
    limited_by: str | None = None

    @property
    def enclosure(self) -> Enclosure:
        return Enclosure(self.lower.value, self.upper.value)

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.limited_by else Verdict.PROVED

    @property
    def ratio(self) -> float | None:
        """upper/lower, None where the lower bound is 0."""
        return float(self.upper.value / self.lower.value) if self.lower.value else None

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "width": exact_text(self.width),
            "mu0": exact_text(self.mu0),
            "kappa": exact_text(self.kappa),
            "exponent": self.exponent.to_json(),
            "probability": self.enclosure.to_json(12),
            "certified": Enclosure(self.coarse_lower.value, self.coarse_upper.value).to_json(12),
            "lower_method": self.lower.method,
            "upper_method": self.upper.method,
            "linear": None if self.linear is None else self.linear.to_json(12),
            **({"reason": self.limited_by} if self.limited_by else {}),
        }


def width_spike(
    walk: LinearWalk,
    curvature: Fraction,
    width: Fraction,
    mu0: Fraction,
    kappa: Fraction,
    *,
    tolerance: Fraction | None = None,
    progress: Progress | None = None,
) -> WidthSpike:
    """Bound P(sup |kappa_t| >= kappa) for a network of ``width`` (any rational >= 1) from ``mu0``.

    ``tolerance``: the relative width (upper - lower)/lower at which to stop, default 2; finer ones take more
    time. Below theta = 1 closed forms bound from above. Raises InputError, naming the condition, unless
    eta lambda max x <= 4, eta |mu0|/sqrt(width) <= eta lambda/2 and 0 < kappa <= eta lambda/2.
    """
    wanted = DEFAULT_TOLERANCE if tolerance is None else tolerance
    if wanted <= 0:
        raise InputError(f"tolerance: expected a number > 0, found {exact_text(wanted)}")
    problem = WidthProblem.of(walk, curvature, Fraction(width), Fraction(mu0), Fraction(kappa))
    exponent = problem.factors.exponent(digits=16)
    search = _Search(problem, exponent, wanted, progress)
    search.run()
    limit = None if search.good() else search.limit
    return WidthSpike(
        walk,
        curvature,
        Fraction(width),
        Fraction(mu0),
        Fraction(kappa),
        wanted,
        exponent,
        search.lower,
        search.upper,
        search.coarse_lower,
        search.coarse_upper,
        _linear(problem, walk, curvature),
        limit,
    )


def _linear(problem: WidthProblem, walk: LinearWalk, curvature: Fraction) -> Enclosure | None:
    """The same event for the linearised walk, for comparison."""
    from catalysis.spikes.probability import hitting_probability

    if problem.level <= problem.high:
        return None
    ends = []
    for start in (problem.low, problem.high):
        factor = short_below(problem.level / start, 15)
        if factor <= 1:
            return None
        ends.append(hitting_probability(walk, curvature, factor, digits=6).enclosure)
    if ends[0] is None or ends[1] is None:
        return None
    low = hitting_probability(
        walk, curvature, short_above(problem.level / problem.low, 15), digits=6
    ).enclosure
    return None if low is None else Enclosure(low.lower, ends[1].upper)


class _Search:
    """Tries the tools from cheap to dear until the bounds are close enough."""

    def __init__(
        self, problem: WidthProblem, exponent: StepExponent, tolerance: Fraction, progress: Progress | None
    ) -> None:
        self.problem, self.exponent, self.tolerance, self.progress = problem, exponent, tolerance, progress
        self.lower = self.coarse_lower = LowerBound(Fraction(0), "trivial")
        self.upper = self.coarse_upper = UpperBound(Fraction(1), "trivial")
        self.limit = "no finer table is tried than those of the last level"

    def good(self) -> bool:
        return 0 <= self.upper.value <= (1 + self.tolerance) * self.lower.value or self.upper.value == 0

    def run(self) -> None:
        problem = self.problem
        if problem.low >= problem.level:
            self._take(LowerBound(Fraction(1), "reached"), True)
            return
        if problem.high < problem.level and problem.top * problem.L0 <= 2:
            self._take(UpperBound(Fraction(0), "stable"), True)
            return
        if problem.high >= problem.level:
            self.limit = "the bracket of |kappa_0| contains the level"
            return
        self._take(closed_form_lower(problem), True)
        upper_exponent = self._upper_exponent()
        if upper_exponent is not None:
            self._take(theorem(problem, upper_exponent), True)
        else:
            self.limit = "theta < 1: no table from above, the closed form is what is proved"
        if upper_exponent is None or upper_exponent < 2:
            self._take(closed_form_upper(problem), True)
        lower_exponent = self._lower_exponent()
        if not all(
            fits(Grid(problem, (1, 2), 1), e) for e in (upper_exponent, lower_exponent) if e is not None
        ):
            self.limit = "R^theta is too large for a table: the closed forms are what is proved"
            return
        for level, (rows, fineness) in enumerate(_LEVELS):
            if self.good():
                return
            if self.progress is not None:
                self.progress(level, len(_LEVELS))
            before = self.lower.value, self.upper.value
            if not self._tables(rows, fineness, upper_exponent, lower_exponent):
                return
            gain = before[1] * self.lower.value - self.upper.value * before[0]
            if level >= 1 and gain < self.upper.value * before[0] / 50:
                self.limit = "the next finer table would gain too little"
                return

    def _upper_exponent(self) -> Fraction | None:
        """A short b >= 1 with M(b; L_0) < 1, or None."""
        found = self.exponent.enclosure
        if found is None:
            return None
        b = short_below(found.lower)
        return b if b >= 1 else None

    def _lower_exponent(self) -> Fraction | None:
        """Any exponent >= 1 serves; near theta the table is flat. None where kappa need not tend to 0 (W1d)."""
        if not self.problem.settles:
            return None
        found = self.exponent.enclosure
        return max(Fraction(1), short_above(found.upper)) if found is not None else Fraction(1)

    def _tables(self, rows: int, fineness: int, upper: Fraction | None, lower: Fraction | None) -> bool:
        problem, samples = self.problem, len(self.problem.x)
        span = max(problem.level / _SPAN, problem.high * Fraction(9, 10))
        span = min(span, problem.level / problem.growth)  # one step from below leads to c at most (W5)
        deeper = lowest_edge(problem)
        found = []
        for side, exponent, lowest in (("upper", upper, span), ("lower", lower, deeper)):
            if exponent is not None:
                grid = self._grid(lowest, rows, fineness)
                if grid.cells * samples > MOST_UPDATES:
                    self.limit = f"a finer table has more than {MOST_UPDATES} cells times samples"
                    return False
                found.append(self._solve(grid, "upper" if side == "upper" else "lower", exponent))
        for table in found:
            if table is None:
                continue
            small = table.grid.cells * samples <= CHECKED_UPDATES
            self._take(
                table_upper(problem, table) if table.side == "upper" else table_lower(problem, table), small
            )
        return True

    def _grid(self, lowest: Fraction, rows: int, fineness: int) -> Grid:
        log_growth = max(1e-9, float(self.problem.growth) - 1)
        per_factor = (
            max(2, round(fineness * min(1.0, log_growth / 0.4)))
            if log_growth < 0.4
            else round(fineness * log_growth / 0.4)
        )
        zones = {7: 2, 12: 4} if per_factor % 4 == 0 and per_factor >= 64 else {}
        return Grid(self.problem, edges_down_to(self.problem, lowest, per_factor, zones), rows)

    def _solve(self, grid: Grid, side: Side, exponent: Fraction) -> SchemeTable | None:
        rows = grid.rows
        while rows >= 4:
            try:
                return solve(Grid(grid.problem, grid.edges, rows), side, exponent)
            except GridTooCoarse:  # finer columns or coarser rows
                rows = rows * 2 // 3
        return None

    def _take(self, bound: LowerBound | UpperBound, small: bool) -> None:
        if isinstance(bound, LowerBound):
            if bound.value > self.lower.value:
                self.lower = bound
            if small and bound.value > self.coarse_lower.value:
                self.coarse_lower = bound
            if bound.method == "reached":
                self.upper = self.coarse_upper = UpperBound(Fraction(1), "trivial")
        else:
            if bound.value < self.upper.value:
                self.upper = bound
            if small and bound.value < self.coarse_upper.value:
                self.coarse_upper = bound
