"""How the curvature falls at finite width: after a large spike, or without one (lemmas W9 and W10 of docs/width.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import brief, decimal_above, decimal_below, exact_text
from catalysis.exact.result import Verdict
from catalysis.nonlinear.bounds import (
    LowerBound,
    above,
    closed_form_lower,
    lowest_edge,
    moment,
    power,
    short_above,
    short_below,
    table_lower,
)
from catalysis.nonlinear.loss_boxes import MOST_NODES, least_chance
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme import fits, solve
from catalysis.nonlinear.scheme_grid import Grid, GridTooCoarse, edges_down_to

_PARTS = (16, 4)
_MOST_STEPS = 8
_MOST_LEVELS = 4
_BITS = 192


@dataclass(frozen=True)
class SpikeRoute:
    """|kappa| reaches ``level`` and L falls below L_1 at most ``steps`` later: probability >= ``value`` (W9).

    ``reach`` is the bound for reaching the level, ``chance`` that of the fall from there, over ``parts`` boxes.
    """

    level: Fraction
    value: Fraction
    reach: LowerBound
    chance: Fraction
    steps: int
    parts: tuple[int, int]


@dataclass(frozen=True)
class QuietRoute:
    """L falls below L_1 while |kappa| <= ``level`` throughout: probability <= ``value`` (W10, exponent t)."""

    level: Fraction
    value: Fraction
    exponent: Fraction | None


@dataclass(frozen=True)
class CurvatureReduction:
    """The ways in which L falls from L_0 below L_1, with a proved bound for each.

    Certified: what SpikeRoute and QuietRoute say. ``verdict`` is proved if the bounds show the way through a
    spike to be the likelier one.
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

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.spike.value > self.quiet.value else Verdict.UNDECIDED

    @property
    def conclusion(self) -> str:
        """What the two bounds say together."""
        if self.verdict is Verdict.PROVED:
            if self.quiet.value == 0:
                return "Without a spike the fall is impossible."
            factor = decimal_below(self.spike.value / self.quiet.value, 3)
            return f"The way through a spike is at least {factor} times as likely."
        return "The bounds do not show which way is likelier."

    def to_json(self) -> dict[str, Any]:
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
        }


def curvature_reduction(
    walk: LinearWalk,
    curvature: Fraction,
    width: Fraction,
    mu0: Fraction,
    to: Fraction,
    *,
    epsilon: Fraction | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CurvatureReduction:
    """Bound how likely the curvature falls from ``curvature`` below ``to``, through a spike and without one.

    ``epsilon``: without |kappa| ever exceeding it; by default the largest tried for which that way is proved
    the rarer one. Raises InputError where `width_spike` does, and unless 0 < to < curvature and
    |kappa_0| < epsilon.
    """
    if not 0 < to < curvature:
        raise InputError(f"to: expected a curvature between 0 and lambda, found {exact_text(to)}")
    eta = walk.dataset.learning_rate
    L1 = eta * to
    problem = WidthProblem.of(walk, curvature, width, mu0, eta * curvature / 2)
    if epsilon is not None and not problem.high < epsilon <= problem.L0 / 2:
        raise InputError(f"epsilon: expected |kappa_0| < epsilon <= L/2, found {brief(epsilon)}")
    spike = _spike_route(walk, problem, curvature, width, mu0, L1, progress)
    if epsilon is not None:
        quiet = _quiet_route(problem, L1, epsilon)
    else:
        quiet = _rare_quiet_route(problem, L1, spike.value)
    return CurvatureReduction(walk, curvature, width, mu0, to, problem.L0, L1, spike, quiet)


def _spike_route(
    walk: LinearWalk,
    whole: WidthProblem,
    curvature: Fraction,
    width: Fraction,
    mu0: Fraction,
    L1: Fraction,
    progress: Callable[[int, int], None] | None,
) -> SpikeRoute:
    """The best of some levels."""
    best = SpikeRoute(whole.L0 / 4, Fraction(0), LowerBound(Fraction(0), "trivial"), Fraction(0), 0, _PARTS)
    levels = [short_below(whole.L0 / 2 * Fraction(n, 24), 3) for n in range(1, 25)]
    levels = [level for level in levels if level > whole.high]
    tried = 0
    for n, level in enumerate(levels):
        if progress is not None:
            progress(n, len(levels))
        problem = WidthProblem.of(walk, curvature, width, mu0, level)
        steps, chance = _fall(problem, level, L1)
        if chance == 0 or tried >= _MOST_LEVELS:
            continue
        tried += 1
        reach = _reach(problem)
        value = reach.value * chance
        if value > best.value:
            best = SpikeRoute(level, short_below(value), reach, short_below(chance), steps, _PARTS)
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


def _reach(problem: WidthProblem) -> LowerBound:
    """A bound for reaching the level that a certificate can carry."""
    closed = closed_form_lower(problem)
    found = problem.factors.exponent(digits=16).enclosure
    exponent = max(Fraction(1), short_above(found.upper)) if found is not None else Fraction(1)
    fineness = max(2, round(32 * float(problem.growth - 1) / 0.4))
    lowest = lowest_edge(problem)
    for rows in (60, 40, 20):
        grid = Grid(problem, edges_down_to(problem, lowest, fineness, {}), rows)
        if problem.growth == 1 or not problem.settles or not fits(grid, exponent):
            break
        if grid.cells * len(problem.x) > 200_000:
            continue
        try:
            table = solve(grid, "lower", exponent)
        except GridTooCoarse:
            continue
        tabled = table_lower(problem, table) if table is not None else closed
        return max(closed, tabled, key=lambda bound: bound.value)
    return closed


def _rare_quiet_route(problem: WidthProblem, L1: Fraction, wanted: Fraction) -> QuietRoute:
    """The largest level tried for which the way without a spike is rarer than ``wanted``, else the last one."""
    found = None
    for n in range(2, 60):
        level = short_below(problem.L0 / 2 / Fraction(3, 2) ** n, 3)
        if level <= problem.high:
            break
        found = _quiet_route(problem, L1, level)
        if found.value < wanted:
            break
    if found is None:
        found = QuietRoute(problem.L0 / 2, Fraction(1), None)
    return found


def _quiet_route(problem: WidthProblem, L1: Fraction, level: Fraction) -> QuietRoute:
    """W10 with the best of some exponents."""
    best = QuietRoute(level, Fraction(1), None)
    for tenths in range(1, 21):
        t = Fraction(tenths, 10)
        value = quiet_value(problem, L1, level, t)
        if value is not None and value < best.value:
            best = QuietRoute(level, value, t)
    return best


def quiet_value(problem: WidthProblem, L1: Fraction, level: Fraction, t: Fraction) -> Fraction | None:
    """The bound of W10, or None where m < 1 is not proved."""
    walk = problem.walk_above(L1, level)
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
