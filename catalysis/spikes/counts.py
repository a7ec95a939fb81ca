"""The walk over counts: how often each sample was drawn decides the level, so few states carry all paths.

Lemma S4 of docs/spikes.md. Layer t holds the paths of t moving steps that have not reached the level, summed
up by counts, in tilted weights `a_i >= q_i r_i^lo`; a mass is worth at most itself, in units of K^-lo.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import Ball, ball, ladder, precision, sign
from catalysis.exact.result import Enclosure, Progress
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.arithmetics import UNIT, Arithmetic, Counts, Doubles, Fixed
from catalysis.spikes.lattice import Relations
from catalysis.spikes.lundberg import level_power, written
from catalysis.spikes.plan import Plan, plan_walk

DEFAULT_MAX_WORK = 400_000_000
"""Updates of states, in doubles: some seconds."""

_FAINTEST = Fraction(1, 10**60)  # steps with a smaller tilted weight are dropped
_TIE_BITS = 1 << 16
_SPARE_BITS, _MOST_REPLAY_BITS = 64, 8000  # of the checker's integers
_CHECK_EVERY = 16


@dataclass(frozen=True)
class CountWalk:
    """The probability lies in `enclosure` (S4): the walk over counts up to `steps` moving steps.

    This is a witness: the checker replays it with `steps`, `replay_drop` and `replay_bits`. `exponent` is the
    bracket of theta that bounds what was still alive, `drop` the mass below which an edge of a layer was cut
    off, `states` the number of updates. `reason` if it was not begun: then there is no enclosure.
    """

    digits: int
    steps: int
    exponent: Enclosure
    enclosure: Enclosure | None
    drop: Fraction
    bits: int
    states: int
    plan: Plan
    reason: str | None = None

    @property
    def replay_cost(self) -> int:
        """Updates of states that the checker would make, long integers counted by their length."""
        return self.states * (1 + self.bits // 1000)

    @property
    def replay_drop(self) -> Fraction:
        """So small a mass that dropping one for every state cannot be felt: the checker drops no more."""
        share = Fraction(3, 100 * 10**self.digits) * self.plan.least_worth
        return Fraction(1, 1 << (int(self.plan.states / share) + 1).bit_length())

    @property
    def replay_bits(self) -> int:
        """Bits of the integers that the checker replays it with."""
        return min(_MOST_REPLAY_BITS, self.plan.unit_bits + _SPARE_BITS)


def count_walk_bounds(
    steps: StepFactors,
    level: Fraction,
    *,
    digits: int = 6,
    max_work: int = DEFAULT_MAX_WORK,
    progress: Progress | None = None,
) -> CountWalk:
    """Bounds of P(sup of the walk from 1 >= level), a relative `10^-digits` apart, for a deflationary walk.

    The work is estimated first; beyond `max_work` nothing is done and `reason` says so. Raises InputError
    unless level > 1 and the walk is deflationary.
    """
    as_level(level)
    plan = plan_walk(steps, level, digits)
    theta = plan.exponent
    if plan.work > max_work:
        reason = plan.too_much(max_work)
        return CountWalk(digits, plan.steps, theta, None, Fraction(0), plan.bits, 0, plan, reason)
    with precision(plan.bits):
        return _Walk(steps, level, digits, plan).run(progress)


class _Walk:
    """One walk over counts under way. All calls within `precision(plan.bits)`."""

    def __init__(self, steps: StepFactors, level: Fraction, digits: int, plan: Plan) -> None:
        self.steps, self.level, self.digits, self.plan = steps, level, digits, plan
        self.theta = plan.exponent
        weights = [ball(q) for q in steps.moving_weights]
        tilted = [
            q * (ball(self.theta.lower) * ball(r).log()).exp()
            for q, r in zip(weights, steps.factors, strict=True)
        ]
        faint = [bool(a < ball(_FAINTEST)) for a in tilted]
        self.lost_rate = sum((a for a, f in zip(tilted, faint, strict=True) if f), arb(0))
        tilted = [arb(0) if f else a for a, f in zip(tilted, faint, strict=True)]
        self.arithmetic: Arithmetic = (
            Doubles(tilted, weights, plan.bits) if plan.in_doubles else Fixed(tilted, weights, plan.unit_bits)
        )
        self.used = [i for i, f in enumerate(faint) if not f]
        self.last = max(self.used, key=lambda i: float(self.arithmetic.weights[i]))
        self.axes = [i for i in self.used if i != self.last]
        self.scale = 1 / level_power(level, self.theta.lower)  # K^lo
        self.border = Border(steps, level)

    def run(self, progress: Progress | None) -> CountWalk:
        arithmetic, dims = self.arithmetic, max(1, len(self.axes))
        layer = np.zeros((1,) * dims, dtype=arithmetic.dtype)
        layer[...] = arithmetic.amount(Fraction(1))
        offset = np.zeros(dims, dtype=np.int64)
        lost: Any = 0
        drop = self.plan.drop
        edge = arithmetic.amount(drop)
        states = done = 0
        pending: list[tuple[Counts, Any]] = []
        alive = layer.sum()
        lost_alive: Any = 0
        while done < self.plan.most_steps:
            lost_alive = lost_alive + alive
            layer, rounding = self._advance(layer)
            lost = lost + rounding
            done += 1
            states += layer.size * self.steps.size
            crossed = self._cross(layer, offset, done)
            if crossed is not None:
                pending.append(crossed)
            layer, offset, cut = self._trim(layer, offset, edge)
            lost = lost + cut + arithmetic.clean(layer)
            alive = layer.sum()
            if not alive or (done % _CHECK_EVERY == 0 and self._settled(alive, lost)):
                break
            if progress is not None and done % _CHECK_EVERY == 0:
                progress(min(done, self.plan.steps), self.plan.steps)
        self._settle(pending)
        enclosure = self._enclose(alive, lost, lost_alive, done)
        return CountWalk(self.digits, done, self.theta, enclosure, drop, self.plan.bits, states, self.plan)

    def _advance(self, layer: Any) -> tuple[Any, Any]:
        """The masses one step later, the box one longer in each direction."""
        longer = 1 if self.axes else 0
        new = np.zeros(tuple(n + longer for n in layer.shape), dtype=layer.dtype)
        inner = tuple(slice(0, n) for n in layer.shape)
        new[inner] += layer * self.arithmetic.weights[self.last]
        for axis, index in enumerate(self.axes):
            moved = list(inner)
            moved[axis] = slice(1, layer.shape[axis] + 1)
            new[tuple(moved)] += layer * self.arithmetic.weights[index]
        return self.arithmetic.finish(new)

    def _cross(self, layer: Any, offset: npt.NDArray[np.int64], done: int) -> tuple[Counts, Any] | None:
        """Take out of the layer what has reached the level."""
        heights = np.full((1,) * layer.ndim, done * self.border.logs[self.last])
        for axis, index in enumerate(self.axes):
            shape = [1] * layer.ndim
            shape[axis] = layer.shape[axis]
            counts = offset[axis] + np.arange(layer.shape[axis])
            heights = heights + (counts * (self.border.logs[index] - self.border.logs[self.last])).reshape(
                shape
            )
        slack = self.border.slack(done)
        near = (heights >= self.border.log_level - slack) & (layer > 0)
        if not near.any():
            return None
        places = np.nonzero(near)
        counts = np.zeros((len(places[0]), self.steps.size), dtype=np.int64)
        for axis, index in enumerate(self.axes):
            counts[:, index] = places[axis] + offset[axis]
        counts[:, self.last] = done - counts.sum(axis=1)
        over = self.border.crossed(counts, np.broadcast_to(heights, layer.shape)[near], slack)
        masses = layer[near]
        layer[near] = np.where(over, masses * 0, masses)
        return counts[over], masses[over]

    def _trim(
        self, layer: Any, offset: npt.NDArray[np.int64], edge: Any
    ) -> tuple[Any, npt.NDArray[np.int64], Any]:
        """Cut off edges whose mass is at most `edge` each; how much that was."""
        lost: Any = 0
        for axis in range(layer.ndim):
            others = tuple(a for a in range(layer.ndim) if a != axis)
            sums = layer.sum(axis=others) if others else layer
            rising = np.cumsum(sums)
            falling = np.cumsum(sums[::-1])
            low = int(np.count_nonzero(rising <= edge))
            high = int(np.count_nonzero(falling <= edge))
            if low + high >= len(sums):
                return layer * 0, offset, lost + rising[-1]
            if low or high:
                lost = lost + (rising[low - 1] if low else 0) + (falling[high - 1] if high else 0)
                keep = [slice(None)] * layer.ndim
                keep[axis] = slice(low, len(sums) - high)
                layer = layer[tuple(keep)]
                offset = offset.copy()
                offset[axis] += low
        return layer, offset, lost

    def _settled(self, alive: Any, lost: Any) -> bool:
        """Whether what is alive no longer matters; a hint, not a bound."""
        one = self.arithmetic.amount(Fraction(1))
        return float(Fraction(alive) / Fraction(one)) * self.plan.play <= self.plan.tolerance

    def _settle(self, pending: list[tuple[Counts, Any]]) -> None:
        if pending:
            counts = np.concatenate([c for c, _ in pending])
            masses = np.concatenate([m for _, m in pending])
            self.arithmetic.cross(counts, masses, self.scale)

    def _enclose(self, alive: Any, lost: Any, lost_alive: Any, done: int) -> Enclosure:
        """Lemma S4: what crossed, plus what is alive or was lost at its least and at its most."""
        roundings = (self.steps.size + 1) * done
        low, high = self.arithmetic.total(roundings)
        alive_low, alive_high = self.arithmetic.sums(alive, roundings)
        lost_high = self.arithmetic.sums(lost, roundings)[1]
        lost_high += self.arithmetic.sums(lost_alive, roundings)[1] * self.lost_rate
        unit = level_power(self.level, self.theta.lower)
        upper = unit * (high + alive_high + lost_high).min(arb(1))
        worth = self.scale * level_power(self.level * self.steps.largest, self.theta.upper)
        worth *= self._decay() ** done
        lower = unit * (low + alive_low * worth)
        # room for the checker, who rounds otherwise
        room = ball(Fraction(1, 10 ** (self.digits + 1)))
        found_low, found_high = written(lower * (1 - room)), written(upper * (1 + room))
        return Enclosure(found_low.lower, min(Fraction(1), found_high.upper))

    def _decay(self) -> Ball:
        """min(1, q_i r_i^hi / a_i): what a step may take from the least worth of a mass."""
        least = arb(1)
        for index in self.used:
            r, q = self.steps.factors[index], self.steps.moving_weights[index]
            exact = ball(q) * (ball(self.theta.upper) * ball(r).log()).exp()
            ratio = exact / ball(self.arithmetic.exact_weight(index))
            least = least.min(ratio)
        return least


class Border:
    """Which counts have reached the level: doubles first, ties by algebra, the rest by balls."""

    def __init__(self, steps: StepFactors, level: Fraction) -> None:
        self.steps, self.level = steps, level
        logs = [ball(r).log() for r in steps.factors]
        self.logs = np.array([float(log.mid()) for log in logs])
        self.log_level = float(ball(level).log().mid())
        self.largest = float(np.abs(self.logs).max())
        self._relations: Relations | None = None

    def slack(self, done: int) -> float:
        """More than the error of a sum of `done` logarithms in doubles, with its roundings."""
        count = 4 * (len(self.logs) + 3)
        return count * UNIT * (2 * done * self.largest + abs(self.log_level))

    def crossed(
        self, counts: Counts, heights: npt.NDArray[np.float64], slack: float
    ) -> npt.NDArray[np.bool_]:
        """For each row of counts whether prod r_i^c_i >= K, given the sums of logarithms in doubles."""
        over = heights > self.log_level + slack
        close = np.flatnonzero(~over & (heights >= self.log_level - slack))
        if len(close):
            if self._relations is None:
                self._relations = Relations(self.steps.factors, self.level)
            ties = self._relations.ties(counts[close])
            for place, tie in zip(close, ties, strict=True):
                over[place] = bool(tie) or self._above(counts[place].tolist())
        return over

    def _above(self, counts: list[int]) -> bool:
        """The sign of sum c_i log r_i - log K, which is not 0."""
        for bits in ladder(_TIE_BITS, 128):
            with precision(bits):
                total = -ball(self.level).log()
                for count, r in zip(counts, self.steps.factors, strict=True):
                    if count:
                        total += count * ball(r).log()
                found = sign(total)
            if found:
                return found > 0
        raise ArithmeticError(f"a level is not told from the factor with {_TIE_BITS} bits")
