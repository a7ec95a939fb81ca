"""Proving what holds for every learning rate of a cell (A4, A5).

By the exponent, from a few inequalities at the ends of the cell (A4): rare asks for theta >= log(1/p)/log K,
likely for theta <= log(1/p)/log(K R), so nothing is searched, one moment at each end decides. Or by the
probability itself (A5): the walk of the largest factors over the cell bounds it above, that of the smallest
ones below.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from catalysis.choices.question import Outlook, Question
from catalysis.drift.value import drift_ball
from catalysis.exact.balls import ball, log_size, precision, sign
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.band import moment_and_tangent
from catalysis.exponent.exponent import Regime, moments_of
from catalysis.exponent.factors import StepFactors
from catalysis.exponent.moments import Moments
from catalysis.spikes.counts import CountWalk, count_walk_bounds
from catalysis.spikes.plan import MOST_AXES, plan_walk
from catalysis.spikes.probability import hitting_bounds

BITS = 96
_DIGITS, _CLEAR = 7, Fraction(1, 10**7)  # more than the doubles err, of which this is a hint
_WALK_DIGITS = 3
_CHEAP = 0.1  # of the work allowed: then the digits are asked for at once
_TANGENTS = (Fraction(1, 2), Fraction(1, 8), Fraction(7, 8))


@dataclass(frozen=True)
class AdviceCell:
    """One statement for all learning rates of `[start, end]`; `end` None is infinity.

    `bound` is a lower bound of theta on a rare cell and an upper bound on a likely one (None where nothing is
    needed); `tangent_at` the place of the tangent that proves a lower bound below 1 (E4b). `walk` is the
    witness of a cell that a walk over counts decides (A5): that of |mu|^2 with the extreme factors.
    `certified` is False where a certificate cannot carry the witness: then the cell is proved by this program
    alone.
    """

    start: Fraction
    end: Fraction | None
    outlook: Outlook
    bound: Fraction | None = None
    tangent_at: Fraction | None = None
    lemmas: tuple[str, ...] = ()
    walk: CountWalk | None = None
    certified: bool = True


class CellProver:
    """Proves cells inside the catapult window, between 2/(lambda_0 x*) and the first eta with K <= 1."""

    def __init__(self, question: Question) -> None:
        self.question, self.walk = question, question.walk
        self._rarity = -log_size(question.probability)
        self._moments = lru_cache(maxsize=64)(self._moments_at)

    def cell(self, start: Fraction, end: Fraction) -> AdviceCell | None:
        """A proved cell, or None; the most telling of the three is tried first."""
        for prove in (self.inflationary, self.rare, self.likely):
            found = prove(start, end)
            if found is not None:
                return found
        return None

    def again(self, outlook: Outlook, start: Fraction, end: Fraction) -> AdviceCell | None:
        """The same statement on a larger cell, or None."""
        prove = {Outlook.RARE: self.rare, Outlook.LIKELY: self.likely}.get(outlook, self.inflationary)
        return prove(start, end)

    def inflationary(self, start: Fraction, end: Fraction) -> AdviceCell | None:
        """G > 0 at both ends of a cell inside one gap."""
        gap = self.walk.gap_of(start)
        if gap in (None, 0) or gap != self.walk.gap_of(end):
            return None
        if not all(sign(drift_ball(self.walk, at, BITS)) == 1 for at in (start, end)):
            return None
        return AdviceCell(start, end, Outlook.INFLATIONARY, lemmas=("A4c", "D4"))

    def rare(self, start: Fraction, end: Fraction) -> AdviceCell | None:
        """theta >= b on the cell and K(end)^-b <= p."""
        needed = self.needed_for_rare(end)
        if needed is None:
            return None
        ray = max(needed, Fraction(1))
        if self._at_most_one(ray, end):
            return AdviceCell(start, end, Outlook.RARE, ray, lemmas=("A4a", "E3a"))
        if needed >= 1 or self._pole_inside(start, end):
            return None
        for share in _TANGENTS:
            at = start + share * (end - start)
            if at not in self.walk.pole_set and self._below_tangent(needed, at, start, end):
                return AdviceCell(start, end, Outlook.RARE, needed, at, ("A4a", "E4b"))
        return None

    def likely(self, start: Fraction, end: Fraction) -> AdviceCell | None:
        """theta <= b on the cell and (K(start) R(end))^-b > p."""
        allowed = self.allowed_for_likely(start, end)
        if allowed is None or start <= self.question.stable_up_to:
            return None
        if allowed >= 1:
            proved, lemma = self._above_one(allowed, start), "E3b"
        else:
            ends = (start, end)
            proved = not self._pole_inside(*ends) and all(self._above_one(allowed, at) for at in ends)
            lemma = "E4a"
        return AdviceCell(start, end, Outlook.LIKELY, allowed, lemmas=("A4b", lemma)) if proved else None

    def open_at(self, rate: Fraction) -> bool:
        """Whether Lundberg's bounds leave this single learning rate open: then smaller cells do not help."""
        needed, allowed = self.needed_for_rare(rate), self.allowed_for_likely(rate, rate)
        if rate <= self.question.stable_up_to:
            return False
        if needed is not None and self._at_most_one(needed, rate):
            return False
        return allowed is None or not self._above_one(allowed, rate)

    def needed_for_rare(self, end: Fraction) -> Fraction | None:
        """The least b, rounded up, with K(end)^-b <= p, proved; None if K(end) is too near 1."""
        log_level = log_size(self.question.start_rate / end) / 2
        if end >= self.question.start_rate or not log_level > 0:
            return None
        bound = _clear_of(self._rarity / log_level, up=True)
        with precision(BITS):
            enough = bound is not None and sign(
                ball(bound) * self.question.log_level(end) - self.question.log_rarity()
            )
        return bound if enough == 1 else None

    def allowed_for_likely(self, start: Fraction, end: Fraction) -> Fraction | None:
        """The largest b, rounded down, with (K(start) R(end))^-b > p, proved; None if there is none."""
        largest = self.question.largest_factor(end)
        if start >= self.question.start_rate or largest <= 1:
            return None
        reach = log_size(self.question.start_rate / start) / 2 + log_size(largest)
        bound = _clear_of(self._rarity / reach, up=False) if reach > 0 else None
        with precision(BITS):
            enough = bound is not None and sign(
                self.question.log_rarity()
                - ball(bound) * (self.question.log_level(start) + ball(largest).log())
            )
        return bound if enough == 1 else None

    def _pole_inside(self, start: Fraction, end: Fraction) -> bool:
        poles = self.walk.poles  # in ascending order
        after = bisect_right(poles, start)
        return after < len(poles) and poles[after] < end

    def _moments_at(self, rate: Fraction) -> Moments:
        with precision(BITS):
            return moments_of(self.walk, rate, BITS)

    def _excess_sign(self, theta: Fraction, rate: Fraction) -> int | None:
        with precision(BITS):
            return sign(self._moments(rate).excess(ball(theta)))

    def _at_most_one(self, theta: Fraction, rate: Fraction) -> bool:
        return self._excess_sign(theta, rate) == -1

    def _above_one(self, theta: Fraction, rate: Fraction) -> bool:
        return self._excess_sign(theta, rate) == 1

    def _below_tangent(self, theta: Fraction, at: Fraction, start: Fraction, end: Fraction) -> bool:
        value, slope = moment_and_tangent(self.walk, at, theta, BITS)
        with precision(BITS):
            return all(sign(value + slope * ball(side - at)) == -1 for side in (start, end))


def cell_by_probability(
    question: Question, cut: tuple[Fraction, Fraction], kind: Outlook, max_work: int, thorough: bool
) -> AdviceCell | None:
    """A5: the probability stays at or below the accepted one on the whole cell (rare), or above it (likely).

    None if it does not, or if the walk over counts takes more than `max_work` updates of states; `thorough`:
    then a grid takes over. All is asked for |mu|^2, whose level A/eta is rational.
    """
    rare = kind is Outlook.RARE
    level = question.start_rate / cut[1 if rare else 0]
    if level <= 1:
        return None
    steps = extreme_steps(question, cut, largest=rare).squared()
    for walk, found in _bounds_of(steps, level, max_work, thorough):
        if found is None or (rare and found.lower > question.probability):
            return None
        if found.upper <= question.probability if rare else found.lower > question.probability:
            return AdviceCell(*cut, kind, lemmas=("A5",), walk=walk)
        if not rare and found.upper <= question.probability:
            return None
    return None


def _bounds_of(
    steps: StepFactors, level: Fraction, max_work: int, thorough: bool
) -> Iterator[tuple[CountWalk | None, Enclosure | None]]:
    """Bounds of the probability, from coarse to fine; what was replayed for them."""
    if steps.exponent(digits=15).regime is not Regime.DEFLATIONARY:
        yield None, hitting_bounds(steps, level, on_a_lattice=False).enclosure
        return
    if steps.size > MOST_AXES or plan_walk(steps, level, 1).work > max_work:
        if thorough:
            yield None, hitting_bounds(steps, level, digits=1, on_a_lattice=False).enclosure
        return
    cheap = plan_walk(steps, level, _WALK_DIGITS).work <= _CHEAP * max_work
    for digits in (_WALK_DIGITS,) if cheap else range(1, _WALK_DIGITS + 1):
        walk = count_walk_bounds(steps, level, digits=digits, max_work=max_work)
        if walk.enclosure is not None:
            yield walk, walk.enclosure


def extreme_steps(question: Question, cut: tuple[Fraction, Fraction], *, largest: bool) -> StepFactors:
    """The largest (or smallest) factor of each sample over a cell of learning rates."""
    walk = question.walk
    pairs = [(walk.idle, Fraction(1))] if walk.idle else []
    for rate, pole, weight in zip(walk.rates, walk.poles, walk.weights, strict=True):
        ends = [abs(1 - end * rate) for end in cut]
        factor = max(ends) if largest else Fraction(0) if cut[0] <= pole <= cut[1] else min(ends)
        pairs.append((weight, factor))
    return StepFactors.from_pairs((factor, weight) for weight, factor in pairs)


def _clear_of(value: float, *, up: bool) -> Fraction | None:
    """A decimal of a few digits clearly above or below; None beyond any use."""
    if not 1e-12 < value < 1e9:
        return None
    moved = Fraction(value) * (1 + _CLEAR if up else 1 - _CLEAR)
    return Fraction(decimal_above(moved, _DIGITS) if up else decimal_below(moved, _DIGITS))
