"""How the curvature falls at finite width: after a large spike, or without one (lemmas W9 and W10 of docs/width.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, decimal_above, decimal_below, exact_text, positive
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.exponent.factors import StepFactors
from catalysis.nonlinear.bounds import (
    CHECKED_UPDATES,
    MOST_SAMPLES,
    LowerBound,
    above,
    closed_form_lower,
    lowest_edge,
    table_lower,
)
from catalysis.nonlinear.bounds_power import moment, power
from catalysis.nonlinear.problem import WidthProblem, short_above, short_below
from catalysis.nonlinear.scheme import fits, solve
from catalysis.nonlinear.scheme_grid import grid_of, is_too_flat
from catalysis.nonlinear.scheme_images import GridTooCoarse
from catalysis.nonlinear.units import brought_back, unit_of
from catalysis.nonlinear.words import tail_of, trees

_PARTS = (16, 4)
_MOST_STEPS = 8
_MOST_LEVELS = 4
_PART = 1000  # of a level in the count of progress
_BITS = 192
_EPSILON = "epsilon (--eps)"

BITS = 64
"""Boxes are rounded outwards to multiples of 2^-BITS."""

MOST_NODES = 300_000
"""Boxes times paths that are followed."""

Box = tuple[int, int, int, int]
Rate = tuple[int, int, int]


@dataclass(frozen=True)
class SpikeRoute:
    """|kappa| reaches `level` and L falls below L_1 at most `steps` later: probability >= `value` (W9).

    `reach` is the bound for reaching the level, `chance` that of the fall from there, over `parts` boxes.
    """

    level: Fraction
    value: Fraction
    reach: LowerBound
    chance: Fraction
    steps: int
    parts: tuple[int, int]


@dataclass(frozen=True)
class QuietRoute:
    """L falls below L_1 while |kappa| <= `level` throughout: probability <= `value` (W10, exponent t)."""

    level: Fraction
    value: Fraction
    exponent: Fraction | None


@dataclass(frozen=True, repr=False)
class CurvatureReduction(Result):
    """The ways in which L falls from L_0 below L_1, with a proved bound for each.

    Certified: what SpikeRoute and QuietRoute say. `verdict` is proved if the bounds show the way through a
    spike to be the likelier one.

    Attributes
    ----------
    spike : SpikeRoute
        The lower bound of the way through a spike is its `value`.
    quiet : QuietRoute
        The upper bound of the way without one is its `value`.
    conclusion : str
        What the two say together.
    """

    walk: LinearWalk
    curvature: Fraction
    width: Fraction
    mu0: Fraction
    to: Fraction
    L0: Fraction
    L1: Fraction
    spike: SpikeRoute
    quiet: QuietRoute
    epsilon: Fraction | None = None
    """As asked; None if it was chosen."""

    @property
    def reason(self) -> str | None:
        """Why it is undecided."""
        if self.verdict is Verdict.PROVED:
            return None
        return f"{self.conclusion} A smaller epsilon (--eps) or a larger fall may decide it."

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.spike.value > self.quiet.value else Verdict.UNDECIDED

    @property
    def conclusion(self) -> str:
        """What the two bounds say together."""
        if self.verdict is Verdict.PROVED:
            if self.quiet.value == 0:
                return "With |kappa| small throughout the fall is impossible."
            factor = decimal_below(self.spike.value / self.quiet.value, 3)
            return f"The way through a spike is at least {factor} times as likely as that with |kappa| small."
        return "The bounds do not show which way is likelier."

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "width": exact_text(self.width),
            "mu0": exact_text(self.mu0),
            "to": exact_text(self.to),
            "spike": {
                "kappa": exact_text(self.spike.level),
                "lower": decimal_below(self.spike.value, 12),
                "method": self.spike.reach.method,
                "steps": self.spike.steps,
            },
            "quiet": {"kappa": exact_text(self.quiet.level), "upper": decimal_above(self.quiet.value, 12)},
            "eps": None if self.epsilon is None else exact_text(self.epsilon),
            "conclusion": self.conclusion,
            **({} if self.reason is None else {"reason": self.reason}),
        }


def curvature_reduction(
    walk: object,
    curvature: Number,
    width: Number,
    mu0: Number,
    to: Number,
    *,
    epsilon: Number | None = None,
    progress: Progress | None = None,
) -> CurvatureReduction:
    """Bound how likely the curvature falls below `to`, through a spike and without one.

    Certified (W9 through a spike, W10 without one): see `CurvatureReduction`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature, width, mu0
        As for `width_spike`.
    to : Number, 0 < to < curvature
        The curvature that is fallen below.
    epsilon : Number, |kappa_0| < epsilon <= eta curvature/2
        Without a spike: |kappa| never exceeds this. By default the largest tried for which that way is proved
        the rarer.
    progress : callable
        Called throughout.

    Returns
    -------
    CurvatureReduction
        `spike.lower` and `quiet.upper`, and the `conclusion`.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import curvature_reduction
    >>> found = curvature_reduction("examples/talk-1.toml", "1.42", 25, "0.5", "1.41", epsilon="0.2")
    >>> float(found.spike.value) > 0.4
    True
    """
    walk, at, target = as_walk(walk), positive(curvature, "lambda"), positive(to, "to")
    if not target < at:
        raise InputError(f"to: expected a curvature between 0 and lambda, found {brief(target)}")
    eta = walk.dataset.learning_rate
    problem, L1 = WidthProblem.of(walk, at, width, mu0, eta * at / 2), eta * target
    small = None if epsilon is None else positive(epsilon, _EPSILON)
    if small is not None and not problem.high < small <= problem.L0 / 2:
        raise InputError(f"{_EPSILON}: expected |kappa_0| < epsilon <= eta lambda/2, found {brief(small)}")
    spike = _spike_route(problem, L1, progress)
    quiet = _rare_quiet_route(problem, L1, spike.value) if small is None else _quiet_route(problem, L1, small)
    return CurvatureReduction(
        walk, at, problem.width, problem.mu0, target, problem.L0, L1, spike, quiet, small
    )


def _spike_route(whole: WidthProblem, L1: Fraction, progress: Progress | None) -> SpikeRoute:
    """The best of some levels."""
    best = SpikeRoute(whole.L0 / 4, Fraction(0), LowerBound(Fraction(0), "trivial"), Fraction(0), 0, _PARTS)
    levels = [short_below(whole.L0 / 2 * Fraction(n, 24), 3) for n in range(1, 25)]
    levels = [level for level in levels if level > whole.high]
    tried = 0
    for n, level in enumerate(levels):
        tell = _within(progress, n, len(levels))
        tell(0, 1)
        problem = replace(whole, level=level)
        steps, chance = _fall(problem, level, L1)
        if chance == 0:
            continue
        tried += 1
        reach = _reach(problem, tell)
        value = reach.value * chance
        if value > best.value:
            best = SpikeRoute(level, short_below(value), reach, short_below(chance), steps, _PARTS)
        if tried >= _MOST_LEVELS:
            break
    return best


def _fall(problem: WidthProblem, level: Fraction, L1: Fraction) -> tuple[int, Fraction]:
    """Steps and chance of the fall from the level; the number of steps that is about the best."""
    best, samples = (0, Fraction(0)), len(problem.x)
    for steps in range(1, _MOST_STEPS + 1):
        if samples**steps * _PARTS[0] * _PARTS[1] > MOST_NODES:
            break
        chance = least_chance(problem, level, L1, steps, _PARTS)
        if chance > best[1]:
            best = steps, chance
        if best[1] == 1 or (best[1] and steps >= best[0] + 1):
            break
    return best


def _within(progress: Progress | None, part: int, parts: int) -> Progress:
    """Progress of one of several parts as that of the whole."""

    def tell(done: int, whole: int) -> None:
        if progress is not None:
            progress(part * _PART + done * _PART // whole, parts * _PART)

    return tell


def _reach(whole: WidthProblem, progress: Progress | None = None) -> LowerBound:
    """A bound for reaching the level that a certificate can carry."""
    unit = unit_of(whole)
    return brought_back(_reach_near_one(whole.in_units(unit), progress), unit, whole)


def _reach_near_one(problem: WidthProblem, progress: Progress | None) -> LowerBound:
    """The same where L_0 is near 1."""
    closed = closed_form_lower(problem)
    if len(problem.x) > MOST_SAMPLES:
        return closed
    found = problem.factors.exponent(digits=16).enclosure
    for words in trees(problem, tail_of(problem, None if found is None else short_below(found.lower))):
        closed = max(closed, LowerBound(words.lower, "words", words=words), key=lambda bound: bound.value)
        if words.is_close:
            return closed
    exponent = max(Fraction(1), short_above(found.upper)) if found is not None else Fraction(1)
    fineness = max(1, round(32 * float(problem.growth - 1) / 0.4))
    lowest = lowest_edge(problem)
    if is_too_flat(problem, lowest, fineness) or not problem.settles:
        return closed
    for rows in (60, 40, 20):
        grid = grid_of(problem, lowest, fineness, rows)
        if not fits(problem, exponent):
            break
        if grid.cells * len(problem.x) > CHECKED_UPDATES:
            continue
        try:
            table = solve(grid, "lower", exponent, progress=progress)
        except GridTooCoarse:
            continue
        tabled = table_lower(problem, table) if table is not None else closed
        return max(closed, tabled, key=lambda bound: bound.value)
    return closed


def _rare_quiet_route(problem: WidthProblem, L1: Fraction, wanted: Fraction) -> QuietRoute:
    """The largest level tried for which the way without a spike is rarer than `wanted`, else the last one."""
    levels = [short_below(problem.L0 / 2 / Fraction(3, 2) ** n, 3) for n in range(2, 60)]
    levels = [level for level in levels if level > problem.high]
    found = QuietRoute(problem.L0 / 2, Fraction(1), None)
    for level in levels if wanted else levels[-1:]:
        found = _quiet_route(problem, L1, level)
        if found.value < wanted:
            break
    return found


def _quiet_route(problem: WidthProblem, L1: Fraction, level: Fraction) -> QuietRoute:
    """W10 with the best of some exponents."""
    walk, best = problem.walk_above(L1, level), QuietRoute(level, Fraction(1), None)
    for tenths in range(1, 21) if len(problem.x) <= MOST_SAMPLES else (5, 10, 20):
        t = Fraction(tenths, 10)
        value = quiet_value(problem, L1, level, t, walk)
        if value is not None and value < best.value:
            best = QuietRoute(level, value, t)
    return best


def quiet_value(
    problem: WidthProblem, L1: Fraction, level: Fraction, t: Fraction, walk: StepFactors | None = None
) -> Fraction | None:
    """The bound of W10 (`walk` is r^+, if it is known already), or None where m < 1 is not proved."""
    walk = problem.walk_above(L1, level) if walk is None else walk
    with precision(_BITS):
        m = moment(walk, t)
        if not m < 1:
            return None
        s = (1 - m) / (2 * (1 + m))
        D = (problem.L0 - L1) / problem.fall(L1)
        exponent = -s * ball(D / level**2)
        if enclose(exponent).upper < -5000:
            return Fraction(1, 10**2000)
        value = (1 + power(problem.high / level, t)) * exponent.exp()
        return min(above(value), Fraction(1))


# Boxes of states moved by the reduced map, in integers rounded outwards (W9)


def least_chance(
    problem: WidthProblem, level: Fraction, L1: Fraction, steps: int, parts: tuple[int, int]
) -> Fraction:
    """At least the chance that L falls below L1 within `steps`, from any state of [c, c R] x [L1, L_0].

    Certified (W9) with `parts` boxes in |kappa| and in L.
    """
    rates = [(*_ends(x), i) for i, x in enumerate(problem.x)]
    target, best = _ends(L1)[0], Fraction(1)
    top = min(max(level * problem.growth, problem.high), problem.L0 / 2)
    for a in range(parts[0]):
        low, high = (level + (top - level) * Fraction(n, parts[0]) for n in (a, a + 1))
        for b in range(parts[1]):
            bottom, ceiling = (L1 + (problem.L0 - L1) * Fraction(n, parts[1]) for n in (b, b + 1))
            box = _ends(low)[0], _ends(high)[1], _ends(bottom)[0], _ends(ceiling)[1]
            best = min(best, _chance(problem, rates, box, target, steps))
            if best == 0:
                return best
    return best


def _ends(q: Fraction) -> tuple[int, int]:
    scaled = q.numerator << BITS
    return scaled // q.denominator, -(-scaled // q.denominator)


def _chance(problem: WidthProblem, rates: list[Rate], box: Box, target: int, steps: int) -> Fraction:
    if box[3] < target:
        return Fraction(1)
    if steps == 0:
        return Fraction(0)
    box = (box[0], box[1], max(box[2], target), box[3])
    total = Fraction(0)
    for rate in rates:
        found = _chance(problem, rates, image(box, rate), target, steps - 1)
        total += problem.p[rate[2]] * found
    return total


def image(box: Box, rate: Rate) -> Box:
    """The image of [k_lo, k_hi] x [L_lo, L_hi] under a curvature x between two integers."""
    k_lo, k_hi, L_lo, L_hi = box
    x_lo, x_hi, _ = rate
    one = 1 << BITS
    xk_lo, xk_hi = x_lo * k_lo >> BITS, _up(x_hi * k_hi)
    xL_lo, xL_hi = x_lo * L_lo >> BITS, _up(x_hi * L_hi)
    least, most = one - xL_hi + (xk_lo * xk_lo >> BITS), one - xL_lo + _up(xk_hi * xk_hi)
    r_lo = 0 if least <= 0 <= most else min(abs(least), abs(most))
    r_hi = max(abs(least), abs(most))
    down = _up(_up(k_hi * xk_hi) * max(0, 4 * one - xL_lo))
    up = (k_lo * xk_lo >> BITS) * max(0, 4 * one - xL_hi) >> BITS
    return r_lo * k_lo >> BITS, _up(r_hi * k_hi), L_lo - down, L_hi - up


def _up(product: int) -> int:
    """A product of two numbers at 2^-BITS, rounded up."""
    return -(-product >> BITS)
