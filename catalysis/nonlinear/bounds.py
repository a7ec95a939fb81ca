"""Bounds in closed form at finite width: the theorem, its like below exponent 1, and the transfer from below.

Lemmas W1 to W4 of docs/width.md. Floats and searches only choose the parameters; each value is a ball.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.exact.balls import Ball, ball, enclose, log_size, precision
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exponent.exponent import Regime
from catalysis.nonlinear.barrier import Barrier
from catalysis.nonlinear.bounds_power import moment, power
from catalysis.nonlinear.problem import WidthProblem, short_above, short_below
from catalysis.nonlinear.scheme import SCALE, SchemeTable
from catalysis.nonlinear.scheme_grid import PARTS
from catalysis.nonlinear.words import Words

DIGITS = 12
LEAST = Fraction(1, 10**3900)
"""Smaller probabilities are too long to be written out."""

_BITS = 192
_LEAST_GAP = 60  # the search tries L_0 - L_1 down to 2^-60 L_0
_TRIALS = 20_000  # samples times trials of L_1

CHECKED_UPDATES = 140_000
"""The most cells times samples of a table that travels in a certificate: some ten seconds for the checker."""

MOST_SAMPLES = 1000
"""Of more no tables are made, and closed forms only at a few L_1."""


@dataclass(frozen=True)
class UpperBound:
    """P(sup |kappa| >= c) <= `value`, by `method`: "stable" (W1), "barrier" (W12), "theorem" (W2), "closed form"
    (W4: with `exponent` of the walk r^+ above `L1` and `tail` for the paths that fall below L1), "words" (W14),
    "table" (W6, W11) or "trivial".
    """

    value: Fraction
    method: str
    exponent: Fraction | None = None
    L1: Fraction | None = None
    tail: Fraction | None = None
    table: SchemeTable | None = None
    barrier: Barrier | None = None
    words: Words | None = None


@dataclass(frozen=True)
class LowerBound:
    """P(sup |kappa| >= c) >= `value`, by `method`: "reached" (|kappa_0| >= c), "closed form" (W3 with
    `exponent` of the walk r^- above `L1`), "words" (W14), "table" (W7; with `exponent` and `L1` where W3 carries
    the start up to |kappa| = `start_edge`) or "trivial".
    """

    value: Fraction
    method: str
    exponent: Fraction | None = None
    L1: Fraction | None = None
    table: SchemeTable | None = None
    start_edge: Fraction | None = None
    words: Words | None = None


def above(value: Ball) -> Fraction:
    """A short decimal at least the ball; none below LEAST."""
    if value <= ball(LEAST):
        return LEAST
    return Fraction(decimal_above(enclose(value).upper, DIGITS))


def below(value: Ball) -> Fraction:
    """A short decimal at most the ball, not below 0; 0 for less than LEAST."""
    if not value > ball(LEAST):
        return Fraction(0)
    lower = enclose(value).lower
    return Fraction(decimal_below(lower, DIGITS)) if lower > 0 else Fraction(0)


def theorem(problem: WidthProblem, exponent: Fraction) -> UpperBound:
    """W2 for an exponent >= 1 with M(exponent; L_0) <= 1, which the caller has proved."""
    with precision(_BITS):
        value = above(power(problem.high / problem.level, exponent))
    return UpperBound(min(value, Fraction(1)), "theorem", exponent)


def loss(problem: WidthProblem, level: Fraction, L1: Fraction, exponent: Fraction) -> Ball | None:
    """e of W3 for the level d, or None where E r^(h+2)/E r^h is not proved above 1. At working precision."""
    walk = problem.walk_below(L1, level)
    largest = overshoot(problem, level, L1)
    gain = moment(walk, exponent + 2) / moment(walk, exponent) - 1
    if not gain > 0:
        return None
    D = (problem.L0 - L1) / problem.fall(L1)
    return ball((level * largest) ** 2 / D) / gain


def overshoot(problem: WidthProblem, level: Fraction, L1: Fraction) -> Fraction:
    """R^+: the largest factor while |kappa| <= level and L >= L1."""
    return max(problem.range_of(x, L1, level)[1] for x in problem.x)


def carrying_exponent(problem: WidthProblem, level: Fraction, L1: Fraction) -> Fraction | None:
    """A short h > 0 with E (r^-)^h > 1 for the walk of W3, just above its Cramer exponent; None if none is known.

    Where that walk has theta = 0, h is small and positive: its moments exceed 1 all the same.
    """
    walk = problem.walk_below(L1, level)
    if walk.largest <= 1:
        return None
    found = walk.exponent(digits=14)
    if found.enclosure is not None:
        return short_above(found.enclosure.upper)
    if found.regime in (Regime.INFLATIONARY, Regime.CRITICAL):
        return Fraction(1, 1000)
    return None


def gaps(problem: WidthProblem) -> list[Fraction]:
    """Candidates for L_0 - L_1: short numbers, about a factor 2 apart (fewer and wider for many samples), none
    reaching 2/x*.
    """
    room, most = problem.L0 - 2 / problem.top, _TRIALS // len(problem.x)
    apart = min(4, -(-_LEAST_GAP // most)) if most else 1
    trials = (short_below(room / 2**n, 3) for n in range(1, _LEAST_GAP, apart))
    return [gap for gap in trials if gap > 0][:most]


def closed_form_lower(problem: WidthProblem) -> LowerBound:
    """W3 with the level c itself; L_1 chosen among the candidates, then improved around the best."""
    best = LowerBound(Fraction(0), "trivial")
    scores = ((_float_lower(problem, problem.L0 - gap), gap) for gap in gaps(problem))
    scored = [(score, gap) for score, gap in scores if score is not None]
    if not scored:
        return best
    gap = max(scored)[1]
    around = (5, 6, 7, 8, 10, 12, 14) if len(problem.x) <= MOST_SAMPLES else (8,)
    for trial in (short_below(gap * f / 8, 3) for f in around):
        if not 0 < trial < problem.L0 - 2 / problem.top:
            continue
        found = _certify_lower(problem, problem.L0 - trial)
        if found is not None and found.value > best.value:
            best = found
    return best


def _float_lower(problem: WidthProblem, L1: Fraction) -> float | None:
    """log of the closed form, at low precision."""
    h = carrying_exponent(problem, problem.level, L1)
    if h is None:
        return None
    with precision(64):
        e = loss(problem, problem.level, L1, h)
        if e is None or not e < 1:
            return None
        ratio = problem.low / (problem.level * overshoot(problem, problem.level, L1))
        value = ball(h) * ball(ratio).log() + (1 - e).log()
        return float(value.mid())


def _certify_lower(problem: WidthProblem, L1: Fraction) -> LowerBound | None:
    h = carrying_exponent(problem, problem.level, L1)
    if h is None:
        return None
    with precision(_BITS):
        e = loss(problem, problem.level, L1, h)
        if e is None or not e < 1 or not moment(problem.walk_below(L1, problem.level), h) > 1:
            return None
        ratio = problem.low / (problem.level * overshoot(problem, problem.level, L1))
        value = below(power(ratio, h) * (1 - e))
    return LowerBound(value, "closed form", h, L1)


def closed_form_upper(problem: WidthProblem) -> UpperBound:
    """W4, for exponents below 1 too; L_1 and the tail's exponent chosen by trial."""
    best = UpperBound(Fraction(1), "trivial")
    for gap in gaps(problem)[:24]:
        L1 = problem.L0 - gap
        walk = problem.walk_above(L1, problem.level)
        found = walk.exponent(digits=14)
        if found.enclosure is None:
            continue
        b = short_below(found.enclosure.lower)
        for share in (Fraction(1, 2), Fraction(3, 4), Fraction(7, 8), Fraction(15, 16), Fraction(31, 32)):
            tail = short_below(b * share, 6)
            if tail <= 0:
                continue
            value = upper_value(problem, L1, b, tail)
            if value is not None and value < best.value:
                best = UpperBound(value, "closed form", b, L1, tail)
    return best


def upper_value(problem: WidthProblem, L1: Fraction, exponent: Fraction, tail: Fraction) -> Fraction | None:
    """The bound of W4, or None where its conditions are not proved."""
    walk = problem.walk_above(L1, problem.level)
    D = (problem.L0 - L1) / problem.fall(L1)
    with precision(_BITS):
        m = moment(walk, tail)
        if not (m < 1 and moment(walk, exponent) < 1):
            return None
        if tail <= 2:
            falls = power(problem.level, 2 - tail) * power(problem.high, tail) / (ball(D) * (1 - m))
        else:
            mean = (ball(2 / tail) * m.log()).exp()
            falls = (ball(tail / 2) * (ball(problem.high**2 / D) / (1 - mean)).log()).exp()
        value = above(power(problem.high / problem.level, exponent) + falls)
    return min(value, Fraction(1))


def table_upper(problem: WidthProblem, table: SchemeTable) -> UpperBound:
    """W6, W11: what a table says about the start."""
    top = table.entries[-1]
    choices = table.grid.columns_at(*table.grid.depth_of(problem.low, problem.high, problem.L0))
    entry = min(
        (Fraction(int(max(top[n] for n in columns)), SCALE) for columns in choices),
        default=table.below_grid(),
    )
    with precision(_BITS):
        value = above(ball(entry) * power(problem.high / problem.level, table.exponent))
    return UpperBound(min(value, Fraction(1)), "table", table.exponent, table=table)


def table_lower(problem: WidthProblem, table: SchemeTable) -> LowerBound:
    """W7, W11: a table at the start if the start lies in it, and carried up to it by W3: the better of the two."""
    top = table.entries[-1]
    choices = table.grid.columns_at(*table.grid.depth_of(problem.low, problem.high, problem.L0))
    entry = max(
        (Fraction(int(min(top[n] for n in columns)), SCALE) for columns in choices), default=Fraction(0)
    )
    with precision(_BITS):
        value = below(ball(entry) * power(problem.low / problem.level, table.exponent))
    inside = LowerBound(value, "table", table=table) if value else LowerBound(Fraction(0), "trivial")
    trials = [
        (edge, gap)
        for edge in _start_edges(problem, table)
        for gap in gaps(problem)
        if gap <= table.grid.step
    ]
    scores = [(_float_carry(problem, table, edge, problem.L0 - gap), edge, gap) for edge, gap in trials]
    score, edge, gap = max(scores, default=(-math.inf, Fraction(0), Fraction(0)))
    if score == -math.inf or (value and score < log_size(value)):
        return inside
    found = [
        carried(problem, table, edge, problem.L0 - short_below(gap * f / 8, 3)) for f in (5, 6, 7, 8, 10, 12)
    ]
    proved = [inside, *(bound for bound in found if bound is not None)]
    return max(proved, key=lambda bound: bound.value)


def lowest_edge(problem: WidthProblem) -> Fraction:
    """How far down a lower table should reach: well below the start, or so far that W3 can carry it up."""
    if problem.low * 3000 < problem.level:
        return problem.level / 1000
    return problem.low / 10


def _start_edges(problem: WidthProblem, table: SchemeTable) -> list[Fraction]:
    """Some kappa above the start, evenly over the lower three quarters of the table in log kappa."""
    lowest = float(table.grid.deep_kappa[-1, 0])
    logs = math.log(lowest), log_size(problem.level)
    wanted = (
        short_below(Fraction(math.exp(logs[0] + (logs[1] - logs[0]) * n / 28)), 6) for n in range(1, 22)
    )
    return [kappa for kappa in wanted if kappa > problem.high]


def _float_carry(problem: WidthProblem, table: SchemeTable, edge: Fraction, L1: Fraction) -> float:
    """About the log of the value of `carried`, to choose by; -inf where there is none."""
    h = carrying_exponent(problem, edge, L1)
    if h is None:
        return -math.inf
    with precision(64):
        e = loss(problem, edge, L1, h)
    if e is None or not e < 1:
        return -math.inf
    grid, s = table.grid, float((L1 - (problem.L0 - table.grid.step)) / table.grid.step)
    reach = float(edge * overshoot(problem, edge, L1))
    k = np.minimum(grid.shallow_kappa[-1], float(problem.level))
    met = (k > float(edge)) & (grid.deep_kappa[-1] < reach)
    tops, lows = table.entries[-1, met], table.entries[-2, met]
    least = np.minimum(tops, (1 - s) * lows + s * tops) / SCALE
    if reach > float(problem.level) or not met.any() or not (least > 0).all():
        return -math.inf
    theta, log_level = float(table.exponent), log_size(problem.level)
    worth = np.min(np.log(least) + (theta - float(h)) * np.log(k[met]) - theta * log_level)
    return float(worth) + float(h) * log_size(problem.low) + math.log1p(-float(e.mid()))


def carried(problem: WidthProblem, table: SchemeTable, edge: Fraction, L1: Fraction) -> LowerBound | None:
    """W3 from the start to the level d = edge, then the table: proved, or None."""
    grid = table.grid
    if not problem.L0 - grid.step <= L1 < problem.L0:
        return None
    h, reach = carrying_exponent(problem, edge, L1), edge * overshoot(problem, edge, L1)
    if h is None or reach > problem.level:
        return None
    shallow = grid.depth_of(edge, reach, problem.L0)[0]
    deep = grid.depth_of(edge, reach, L1)[1]
    if deep > grid.deep[0]:
        return None
    s = (L1 - (problem.L0 - grid.step)) / grid.step
    with precision(_BITS):
        e = loss(problem, edge, L1, h)
        if e is None or not e < 1 or not moment(problem.walk_below(L1, edge), h) > 1:
            return None
        worth = [_worth(problem, table, n, s, h, edge, reach) for n in range(grid.columns)
                 if grid.deep[n] >= shallow and deep >= grid.shallow[n]]  # fmt: skip
        bound = below(min(worth, key=lambda value: enclose(value).lower) * (1 - e))
    return LowerBound(bound, "table", h, L1, table, edge)


def _worth(
    problem: WidthProblem,
    table: SchemeTable,
    n: int,
    s: Fraction,
    h: Fraction,
    edge: Fraction,
    reach: Fraction,
) -> Ball:
    """The least entry of a column between L_1 and L_0 times (k/c)^theta (k_0/k)^h, least over [d, d R^+)."""
    top, lower = int(table.entries[-1, n]), int(table.entries[-2, n])
    entry = min(Fraction(top), (1 - s) * lower + s * top) / SCALE
    unit = table.grid.unit(problem.L0)
    ends = [ball(edge) * 1, ball(reach) * 1]
    for place, kept in ((table.grid.deep[n], 0), (table.grid.shallow[n], 1)):
        inner = ball(problem.level) * (-unit * ball(Fraction(place, PARTS))).exp()
        if kept == 1:
            inner = (
                ball(problem.level)
                * (
                    -table.grid.unit(problem.L0 - (1 - s) * table.grid.step) * ball(Fraction(place, PARTS))
                ).exp()
            )
        if (inner > ends[kept]) if kept == 0 else (inner < ends[kept]):
            ends[kept] = inner
    values = [
        ball(entry)
        * (ball(table.exponent) * (k / ball(problem.level)).log()).exp()
        * (ball(h) * (ball(problem.low) / k).log()).exp()
        for k in ends
    ]
    return min(values, key=lambda value: enclose(value).lower)
