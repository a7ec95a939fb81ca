"""P(|kappa| reaches c) for the nonlinear map at finite width, between proved bounds.

The map kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L) is that of a network of width n,
with kappa = eta mu / sqrt(n) and L = eta lambda. Lemmas W0 to W15 of docs/width.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.numbers import Number, decimal, exact_text, positive
from catalysis.exact.result import Enclosure, Progress, Result, Verdict, latex
from catalysis.exponent.factors import StepExponent
from catalysis.nonlinear.barrier import barrier
from catalysis.nonlinear.bounds import (
    CHECKED_UPDATES,
    MOST_SAMPLES,
    LowerBound,
    UpperBound,
    closed_form_lower,
    closed_form_upper,
    lowest_edge,
    table_lower,
    table_upper,
    theorem,
)
from catalysis.nonlinear.problem import WidthProblem, short_above, short_below
from catalysis.nonlinear.scheme import SchemeTable, fits, solve
from catalysis.nonlinear.scheme_grid import Grid, Side, grid_of, is_too_flat, narrowed
from catalysis.nonlinear.scheme_images import GridTooCoarse
from catalysis.nonlinear.units import brought_back, unit_of
from catalysis.nonlinear.words import CLOSE, LOSSES, MOST_IMAGES, tail_of, trees

DEFAULT_TOLERANCE = Fraction(2)
"""Relative width of the bounds: upper <= 3 lower."""

MOST_UPDATES = 6_000_000
"""The most cells times samples of a table; memory is about 200 bytes for each."""

# (rows, columns in a factor 1.4 of kappa); each level takes longer.
_LEVELS = ((16, 12), (24, 16), (36, 24), (48, 32), (72, 48), (96, 64), (144, 96), (216, 144))
_USUAL = 2  # the search starts at this level, or lower so that a certificate carries at least two
_WORDS = 2  # trees of words that are made though the tolerance is reached: they are quick
_SPAN = 300  # the upper table reaches this far below c
_LOWEST_LEVEL = 10**100  # L_0/c of tables: doubles hold the squares
_MOST_WHOLE = 64  # the largest theta that is tried as a whole number
_PART = 1000  # of a table in the count of progress
_MOST_LINEAR_WORK = 5_000_000  # for the linear regime, which is there for comparison only
_MOST_LINEAR_SAMPLES, _MOST_LINEAR_FACTOR = 200, 10**300

# Numbers of more bits are refused by the checker.
_CARRIED_BITS = {"table": 1 << 10, "words": 1 << 10, "closed form": 1 << 14, "theorem": 1 << 14}

NOT_CARRIED = "proved by this program, not in the certificate"


@dataclass(frozen=True, repr=False)
class WidthSpike(Result):
    """The probability that |kappa| ever reaches `kappa`, from kappa_0 = eta mu0/sqrt(width), L_0 = eta lambda.

    Certified: it lies between `lower.value` and `upper.value`, which is what a certificate carries, and between
    `finer_lower.value` and `finer_upper.value`, proved by this program with tables too large for a certificate (often
    the same). `shortfall`: bounds are proved, but wider than `tolerance`; undecided only if nothing at all is proved.

    Attributes
    ----------
    enclosure : Enclosure
        What a certificate carries.
    finer : Enclosure or None
        Narrower bounds, where there are any.
    linear : Enclosure or None
        The linear regime, for comparison.
    ratio : float or None
        upper/lower.
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
    finer_lower: LowerBound
    finer_upper: UpperBound
    linear: Enclosure | None
    limited_by: str | None = None

    @property
    def enclosure(self) -> Enclosure:
        return Enclosure(self.lower.value, self.upper.value)

    @property
    def finer(self) -> Enclosure | None:
        """Narrower bounds than those of the certificate, where there are any."""
        found = Enclosure(self.finer_lower.value, self.finer_upper.value)
        return None if found == self.enclosure else found

    @property
    def verdict(self) -> Verdict:
        nothing = self.finer_lower.value == 0 and self.finer_upper.value == 1
        return Verdict.UNDECIDED if nothing else Verdict.PROVED

    @property
    def shortfall(self) -> str | None:
        return self.limited_by if self.verdict is Verdict.PROVED else None

    @property
    def reason(self) -> str | None:
        return self.limited_by if self.verdict is Verdict.UNDECIDED else None

    @property
    def number(self) -> Enclosure | None:
        return None if self.verdict is Verdict.UNDECIDED else self.enclosure

    @property
    def formula(self) -> str:
        return rf"P(\sup_t |\kappa_t| \geq {latex(self.kappa)})"

    @property
    def ratio(self) -> float | None:
        """upper/lower, None where the lower bound is 0."""
        return float(self.upper.value / self.lower.value) if self.lower.value else None

    def fields(self) -> dict[str, Any]:
        finer = self.finer
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "width": exact_text(self.width),
            "mu0": exact_text(self.mu0),
            "kappa": exact_text(self.kappa),
            "tolerance": exact_text(self.tolerance),
            "probability": self.enclosure.to_json(12),
            "certified": self.enclosure.to_json(12),
            "lower_method": self.lower.method,
            "upper_method": self.upper.method,
            **({} if finer is None else {"finer": {**finer.to_json(12), "note": NOT_CARRIED}}),
            "exponent": self.exponent.to_json(),
            "linear": None if self.linear is None else self.linear.to_json(12),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
            **({} if self.reason is None else {"reason": self.reason}),
        }


def width_spike(
    walk: object,
    curvature: Number,
    width: Number,
    mu0: Number,
    kappa: Number,
    *,
    tolerance: Number | None = None,
    progress: Progress | None = None,
) -> WidthSpike:
    """Bound P(sup_t |kappa_t| >= kappa) for the nonlinear map at finite width.

    Certified: see `WidthSpike`; by W0 to W8 and W11 to W15.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number, 0 < eta lambda x* <= 4
        lambda_0.
    width : Number >= 1
        n; any rational.
    mu0 : Number, eta |mu0|/sqrt(width) <= eta lambda_0/2
        The output's start.
    kappa : Number, 0 < kappa <= eta lambda_0/2
        The level of |kappa| = eta |mu|/sqrt(width).
    tolerance : Number > 0
        The relative width (upper - lower)/lower at which to stop, default 2; finer takes more time.
    progress : callable
        Called throughout.

    Returns
    -------
    WidthSpike
        `enclosure` is what a certificate carries; `finer` are narrower bounds, where there are any.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import width_spike
    >>> width_spike("examples/talk-1.toml", "1.42", 10**4, 1, "0.02", tolerance=100).enclosure.lower > 0.1
    True
    """
    walk = as_walk(walk)
    wanted = DEFAULT_TOLERANCE if tolerance is None else positive(tolerance, "tolerance")
    problem = WidthProblem.of(walk, curvature, width, mu0, kappa)
    exponent = problem.factors.exponent(digits=16)
    search = _Search(problem, exponent, wanted, progress, patient=tolerance is not None)
    search.run()
    return WidthSpike(
        walk,
        problem.curvature,
        problem.width,
        problem.mu0,
        problem.level,
        wanted,
        exponent,
        search.lower,
        search.upper,
        search.finer_lower,
        search.finer_upper,
        _linear(problem),
        search.what_limits(),
    )


def _linear(problem: WidthProblem) -> Enclosure | None:
    """The same event for the linearised walk, for comparison; None where it takes long."""
    from catalysis.spikes.probability import hitting_probability

    if problem.level <= problem.high or len(problem.x) > _MOST_LINEAR_SAMPLES:
        return None
    if problem.level > _MOST_LINEAR_FACTOR * problem.low:
        return None

    def at(factor: Fraction) -> Enclosure | None:
        found = hitting_probability(
            problem.walk, problem.curvature, factor, digits=6, max_work=_MOST_LINEAR_WORK
        )
        return found.enclosure

    if (nearest := short_below(problem.level / problem.high, 15)) <= 1:
        return None
    high, low = at(nearest), at(short_above(problem.level / problem.low, 15))
    return None if low is None or high is None else Enclosure(low.lower, high.upper)


class _Search:
    """Tries the tools from cheap to dear until the bounds are close enough."""

    def __init__(
        self,
        problem: WidthProblem,
        exponent: StepExponent,
        tolerance: Fraction,
        progress: Progress | None,
        *,
        patient: bool,
    ) -> None:
        self.exponent, self.tolerance, self.progress = exponent, tolerance, progress
        self.patient = patient  # a tolerance that was asked for is worth all levels
        self.lower = self.finer_lower = LowerBound(Fraction(0), "trivial")
        self.upper = self.finer_upper = UpperBound(Fraction(1), "trivial")
        self.limit = "no finer table is tried than those of the last level"
        self.levels: tuple[tuple[int, int], ...] = _LEVELS
        self.done = 0
        self.unsettled: set[Side] = set()
        self.whole, self.unit = problem, unit_of(problem)
        self.problem = problem.in_units(self.unit)
        numbers = (*problem.x, problem.L0, problem.high, problem.level)
        self.bits = max(max(abs(q.numerator), q.denominator).bit_length() for q in numbers)

    def good(self) -> bool:
        return _close(self.finer_lower, self.finer_upper, self.tolerance)

    def what_limits(self) -> str | None:
        """Why the bounds of the certificate are wider than asked, if they are."""
        if _close(self.lower, self.upper, self.tolerance):
            return None
        if self.good() and self.bits > _CARRIED_BITS["table"]:
            return "numbers so long are too much for a certificate; the finer bounds beside it reach the tolerance"
        if self.good():
            return (
                f"a certificate carries tables of at most {CHECKED_UPDATES} cells times samples, which are coarser; "
                "the finer bounds beside it reach the tolerance"
            )
        return f"the tolerance {decimal(self.tolerance)} is not reached: {self.limit}"

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
        if (found := barrier(self.whole)) is not None:
            self._take(UpperBound(Fraction(0), "barrier", barrier=found), True)
            return
        upper, lower = self._upper_exponent(), self._lower_exponent()
        self.levels = self._planned(upper, lower)
        self._tell(0, 1)
        self._closed_forms(upper)
        if not self.good() and self._words(upper):
            self._refine(upper, lower)

    def _closed_forms(self, upper: Fraction | None) -> None:
        if upper is not None:
            self._take(theorem(self.problem, upper), True)
        self._tell(1, 8)
        self._take(closed_form_lower(self.problem), True)
        self._tell(1, 2)
        if upper is None or upper < 2:
            self._take(closed_form_upper(self.problem), True)

    def _words(self, upper: Fraction | None) -> bool:
        """Trees of words; whether tables may come closer."""
        tail = tail_of(self.problem, self._flat_exponent() if upper is None else upper)
        for n, words in enumerate(trees(self.problem, tail)):
            self._take(LowerBound(words.lower, "words", words=words), True)
            self._take(UpperBound(words.upper, "words", words=words), True)
            self._tell(len(LOSSES) + n, 2 * len(LOSSES))
            if self.good() and n + 1 >= _WORDS:
                break
        if self.finer_upper.value > CLOSE * self.finer_lower.value:
            return True
        self.limit = (
            f"finer trees of words have more than {MOST_IMAGES} boxes times samples, or gain too little"
        )
        return False

    def _planned(self, upper: Fraction | None, lower: Fraction | None) -> tuple[tuple[int, int], ...]:
        """The levels of tables that may be made."""
        problem = self.problem
        if len(problem.x) > MOST_SAMPLES:
            self.limit = (
                f"of more than {MOST_SAMPLES} samples no table is made and few closed forms are tried"
            )
            return ()
        if problem.level * _LOWEST_LEVEL < problem.L0:
            self.limit = f"of levels below {1 / float(_LOWEST_LEVEL):g} of eta lambda no table is made"
            return ()
        if is_too_flat(problem, self._span() if lower is None else lowest_edge(problem), 2):
            self.limit = (
                "no step enlarges |kappa| by much, so a table needs too many columns: closed forms alone"
            )
            return ()
        if not all(fits(problem, e) for e in (upper, lower) if e is not None):
            self.limit = "R^theta is too large for a table: the closed forms are what is proved"
            return ()
        return _LEVELS[self._first_level(lower) :]

    def _refine(self, upper: Fraction | None, lower: Fraction | None) -> None:
        """Tables, each level finer than the one before, as long as they gain."""
        gain: Fraction | None = None
        for level, (rows, fineness) in enumerate(self.levels):
            if level > 0 and (self.good() or self._is_hopeless(level, rows, fineness, gain)):
                return
            if self._is_passed_over(level):
                continue
            self.done = level + 1
            before = self.finer_lower.value, self.finer_upper.value
            if not self._tables(rows, fineness, upper, lower):
                return
            if level > 0:
                gain = _gain(before, (self.finer_lower.value, self.finer_upper.value))
                silent = self.patient and self.finer_lower.value == 0
                if gain < Fraction(51, 50) and not silent:
                    self.limit = "the next finer table would gain too little"
                    return

    def _first_level(self, lower: Fraction | None) -> int:
        """The usual one, or so much coarser that a certificate carries the first two."""
        deepest = lowest_edge(self.problem) if lower is not None else self._span()
        carried = [
            n for n in range(_USUAL + 1) if self._grid(deepest, *_LEVELS[n + 1]).cells <= self._most_carried()
        ]
        return max(carried, default=0)

    def _is_passed_over(self, level: int) -> bool:
        """Whether the error, about inverse to the rows, should be too large here and a next level be carried too."""
        low, high = self.finer_lower.value, self.finer_upper.value
        if self.done == 0 or low == 0 or level + 1 >= len(self.levels):
            return False
        rows = [self.levels[n][0] for n in (self.done - 1, level)]
        expected = (high / low - 1) * Fraction(rows[0], rows[1])
        carried = self._grid(self._span(), *self.levels[level + 1]).cells <= self._most_carried()
        return expected > self.tolerance and carried

    def _is_hopeless(self, level: int, rows: int, fineness: int, gain: Fraction | None) -> bool:
        """Beyond what a certificate carries, only tables that may reach the tolerance are made."""
        if self._grid(self._span(), rows, fineness).cells <= 2 * self._most_carried():
            return False
        if gain is None or self.patient:
            return False
        left, low = len(self.levels) - level, self.finer_lower.value
        if low > 0 and gain**left * (1 + self.tolerance) * low >= self.finer_upper.value:
            return False
        gained = f"the last narrowed the bounds by {float(100 * (gain - 1)):.2g} %"
        self.limit = f"finer tables would take long and not reach it ({gained})"
        return True

    def _upper_exponent(self) -> Fraction | None:
        """A short b >= 1 with M(b; L_0) <= 1, or None: theta itself where it is a whole number."""
        found = self.exponent.enclosure
        if found is None:
            return None
        nearest, walk = round(found.midpoint), self.problem.factors
        if Fraction(nearest) in found and 1 <= nearest <= _MOST_WHOLE:
            powers = (p * r**nearest for r, p in zip(walk.factors, walk.weights, strict=True))
            if sum(powers, walk.idle) <= 1:
                return Fraction(nearest)
        b = short_below(found.lower)
        return b if b >= 1 else None

    def _flat_exponent(self) -> Fraction | None:
        """Just below a theta < 1, for tables (W13)."""
        found = self.exponent.enclosure
        return (
            short_below(found.lower * (1 - Fraction(1, 10**4)), 9)
            if found is not None and found.lower > 0
            else None
        )

    def _lower_exponent(self) -> Fraction | None:
        """Any exponent >= 1 serves; near theta the table is flat. None where kappa need not tend to 0 (W1d)."""
        if not self.problem.settles:
            return None
        found = self.exponent.enclosure
        return max(Fraction(1), short_above(found.upper)) if found is not None else Fraction(1)

    def _most_carried(self) -> int:
        return CHECKED_UPDATES // len(self.problem.x)

    def _span(self) -> Fraction:
        problem = self.problem
        span = max(problem.level / _SPAN, problem.high * Fraction(9, 10))
        least = math.log1p(float(problem.growth - 1)) * 1.5  # no step from below leads to c (W11)
        return min(span, problem.level / short_above(Fraction(math.exp(least)), 6))

    def _tables(self, rows: int, fineness: int, upper: Fraction | None, lower: Fraction | None) -> bool:
        """Both tables of a level; False if they are too large."""
        problem = self.problem
        wanted: list[tuple[Side, Fraction, Grid]] = []
        upper = self._flat_exponent() if upper is None else upper
        if upper is not None:
            wanted.append(("upper", upper, self._grid(self._span(), rows, fineness)))
        if lower is not None:
            wanted.append(("lower", lower, self._grid(lowest_edge(problem), rows, fineness)))
        if any(grid.cells * len(problem.x) > MOST_UPDATES for _, _, grid in wanted):
            self.limit = f"a finer table has more than {MOST_UPDATES} cells times samples"
            return False
        wanted = [(side, exponent, grid) for side, exponent, grid in wanted if side not in self.unsettled]
        if not wanted:
            self.limit = "the iteration of the tables does not settle: the closed forms are what is proved"
            return False
        for n, (side, exponent, grid) in enumerate(wanted):
            table = self._solve(grid, side, exponent, (n, len(wanted)))
            if table is not None:
                bound = table_upper(problem, table) if side == "upper" else table_lower(problem, table)
                self._take(bound, table.grid.cells <= self._most_carried())
        return True

    def _grid(self, lowest: Fraction, rows: int, fineness: int) -> Grid:
        """A grid of about so many rows: fewer if so a certificate can carry it."""
        problem = self.problem
        unit = math.log1p(float(problem.growth - 1))
        grid = grid_of(problem, lowest, max(1, round(fineness * unit / 0.34)), rows)
        carried = self._most_carried() // grid.columns
        return replace(grid, rows=carried) if rows <= 2 * carried < 2 * rows else grid

    def _solve(self, grid: Grid, side: Side, exponent: Fraction, part: tuple[int, int]) -> SchemeTable | None:
        rows, wide = grid.rows, True

        def tell(sweep: int, sweeps: int) -> None:
            self._tell(part[0] * sweeps + sweep, part[1] * sweeps)

        while rows >= 4:
            try:
                found = solve(replace(grid, rows=rows), side, exponent, progress=tell)
            except GridTooCoarse:  # narrower columns, then coarser rows
                rows, grid = (rows, narrowed(grid)) if wide else (rows * 2 // 3, grid)
                wide = False
                continue
            if found is None and not self.patient:  # a finer one takes longer to settle
                self.unsettled.add(side)
            return found
        return None

    def _tell(self, part: int, whole: int) -> None:
        """The closed forms and each level count the same."""
        if self.progress is not None:
            self.progress(self.done * _PART + part * _PART // whole, (1 + len(self.levels)) * _PART)

    def _take(self, bound: LowerBound | UpperBound, carried: bool) -> None:
        bound = brought_back(bound, self.unit, self.whole)
        carried = carried and self.bits <= _CARRIED_BITS.get(bound.method, self.bits)
        if isinstance(bound, LowerBound):
            if bound.value > self.finer_lower.value:
                self.finer_lower = bound
            if carried and bound.value > self.lower.value:
                self.lower = bound
        else:
            if bound.value < self.finer_upper.value:
                self.finer_upper = bound
            if carried and bound.value < self.upper.value:
                self.upper = bound


def _close(lower: LowerBound, upper: UpperBound, tolerance: Fraction) -> bool:
    return upper.value <= (1 + tolerance) * lower.value


def _gain(before: tuple[Fraction, Fraction], after: tuple[Fraction, Fraction]) -> Fraction:
    """By what factor upper/lower fell; of the upper bound alone where the lower one is 0."""
    fallen = before[1] / after[1]
    if before[0] == 0:
        return fallen if after[0] == 0 else fallen * 10**6
    return fallen * after[0] / before[0]
