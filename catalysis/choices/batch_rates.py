"""Learning rates of minibatches whose law has too many atoms: proved from the moments of single samples (A10 to A12).

The even moments `M(2k) = E (1 - eta lambda_0 X_b)^(2k)` are polynomials in eta with known coefficients, however many
batches there are; the moments between them lie between bounds by convexity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import AdviceCell
from catalysis.data.minibatch import common_denominator, integers
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.numbers import decimal_below, short_between

_BITS = 128
_MOST_ORDER = 40
_CELLS = 48
_HALVINGS = 40


@dataclass(frozen=True)
class BatchMoments:
    """Exact moments of the factor of one step along `a = eta lambda_0`, for batches of `question.walk.step`."""

    question: Question

    @cached_property
    def _samples(self) -> tuple[tuple[int, ...], tuple[int, ...], int, int]:
        """x over a common denominator, integer weights, the denominator, the sum of the weights."""
        samples = self.question.walk.dataset.merged()
        denominator = common_denominator(s.x for s in samples)
        total = math.lcm(*(s.p.denominator for s in samples))
        return (
            integers([s.x for s in samples], denominator),
            integers([s.p for s in samples], total),
            denominator,
            total,
        )

    @cached_property
    def _single(self) -> list[Fraction]:
        return [Fraction(1)]

    def single(self, order: int) -> Fraction:
        """E x^order of one sample."""
        xs, weights, denominator, total = self._samples
        while len(self._single) <= order:
            j = len(self._single)
            value = sum(w * x**j for x, w in zip(xs, weights, strict=True))
            self._single.append(Fraction(value, total * denominator**j))
        return self._single[order]

    @cached_property
    def _polynomials(self) -> dict[int, tuple[Fraction, ...]]:
        return {}

    def polynomial(self, order: int) -> tuple[Fraction, ...]:
        """The coefficients of E (1 - a X_b)^order in a, X_b the mean of b independent samples."""
        if order not in self._polynomials:
            b, known = self.question.walk.step.size, [self.single(j) for j in range(order + 1)]
            series = [m / math.factorial(j) for j, m in enumerate(known)]
            power = [Fraction(1)]  # the power b of the series, term by term
            for n in range(1, order + 1):
                terms = ((b * k - (n - k)) * series[k] * power[n - k] for k in range(1, n + 1))
                power.append(sum(terms, Fraction(0)) / n)
            self._polynomials[order] = tuple(
                math.comb(order, j) * Fraction(-1, b) ** j * math.factorial(j) * power[j]
                for j in range(order + 1)
            )
        return self._polynomials[order]

    def with_replacement(self, order: int, rate: Fraction) -> Fraction:
        """E (1 - eta lambda_0 X_b)^order of b independent samples, exactly."""
        a, value = rate * self.question.lambda0, Fraction(0)
        for coefficient in reversed(self.polynomial(order)):
            value = value * a + coefficient
        return value

    @cached_property
    def spread(self) -> Fraction:
        """The variance of X_b as it is drawn."""
        step, items = self.question.walk.step, self.question.walk.dataset.total_count
        variance = (self.single(2) - self.single(1) ** 2) / step.size
        if step.replacement or items is None:
            return variance
        return variance * Fraction(items - step.size, items - 1)

    def mean_square(self, rate: Fraction) -> Fraction:
        """M(2), exactly, also without replacement."""
        a = rate * self.question.lambda0
        return (1 - a * self.single(1)) ** 2 + a * a * self.spread

    def above(self, order: int, rate: Fraction) -> Fraction:
        """At least M(order), order even: exact, but without replacement from 4 on by Hoeffding's order (B3)."""
        return self.mean_square(rate) if order == 2 else self.with_replacement(order, rate)

    def below(self, order: int, rate: Fraction) -> Fraction | None:
        """M(order) exactly, order even; None without replacement from 4 on."""
        if order == 2:
            return self.mean_square(rate)
        return self.with_replacement(order, rate) if self.question.walk.step.replacement else None


def batch_cells(question: Question, tolerance: Fraction) -> list[AdviceCell]:
    """The cells between 2/(lambda_0 x*) and the end of the window, or A; what is rare comes first.

    Raises InputError for samples whose moments are too long.
    """
    start, end = question.stable_up_to, min(question.window_up_to, question.start_rate)
    moments = BatchMoments(question)
    safe = _safe_up_to(moments, start, end, tolerance / 8)
    cells = [AdviceCell(start, safe, Outlook.RARE, lemmas=("A11",), certified=False)] if safe > start else []
    return cells + list(_rest(moments, safe, end, tolerance / 8))


def _safe_up_to(moments: BatchMoments, start: Fraction, end: Fraction, tolerance: Fraction) -> Fraction:
    """The largest rate found at which spikes are proved rare (A11); `start` if there is none."""
    if is_rare(moments, end):
        return end
    good, bad = start, end
    for _ in range(_HALVINGS):
        if bad - good <= tolerance * good:
            break
        middle = short_between(good, bad)
        good, bad = (middle, bad) if is_rare(moments, middle) else (good, middle)
    return good


def _rest(moments: BatchMoments, start: Fraction, end: Fraction, tolerance: Fraction) -> Iterator[AdviceCell]:
    """What lies beyond the rare rates: an undecided sliver, then likely cells."""
    if start >= end:
        return
    inner = [start + (end - start) * i / _CELLS for i in range(1, _CELLS)]
    places = [start, *(Fraction(decimal_below(place, 8)) for place in inner), end]
    likely = [is_likely(moments, u, v) for u, v in pairwise(places)]
    if True in likely and (first := likely.index(True)) > 0:
        places[first] = _likely_from(moments, places[first - 1], places[first], tolerance)
    for (u, v), found in zip(pairwise(places), likely, strict=True):
        outlook, lemmas = (Outlook.LIKELY, ("A12",)) if found else (Outlook.UNDECIDED, ())
        yield AdviceCell(u, v, outlook, lemmas=lemmas, certified=not found)


def _likely_from(moments: BatchMoments, low: Fraction, high: Fraction, tolerance: Fraction) -> Fraction:
    """The smallest rate found from which spikes are proved likely up to `high`, where they are beyond it."""
    bad, good, end = low, high, high
    for _ in range(_HALVINGS):
        if good - bad <= tolerance * good:
            break
        middle = short_between(bad, good)
        bad, good = (bad, middle) if is_likely(moments, middle, end) else (middle, good)
    return good


def is_rare(moments: BatchMoments, rate: Fraction) -> bool:
    """Whether A11 proves that spikes are rare at every rate up to `rate`."""
    question = moments.question
    if rate >= question.start_rate:
        return False
    with precision(_BITS):
        least = enclose(question.log_rarity() / question.log_level(rate)).upper
    if least > _MOST_ORDER:
        return False
    order = max(2, 2 * math.ceil(least / 2))
    top = moments.above(order, rate)
    if top <= 1:
        return True
    if order == 2:
        return False
    share = (least - (order - 2)) / 2
    low = moments.above(order - 2, rate)
    with precision(_BITS):
        return bool(ball(1 - share) * ball(low).log() + ball(share) * ball(top).log() <= 0)


def is_likely(moments: BatchMoments, start: Fraction, end: Fraction) -> bool:
    """Whether A12 proves that spikes are likelier than accepted at every rate of [start, end]."""
    question = moments.question
    if start <= question.stable_up_to or start >= question.start_rate:
        return False
    with precision(_BITS):
        level = question.log_level(start) + ball(question.largest_factor(end)).log()
        most = enclose(question.log_rarity() / level).lower * (1 - Fraction(1, 10**9))
    if most <= 0:
        return False
    order = 2 * max(1, min(math.floor(most / 2), _MOST_ORDER // 2))
    return any(_exponent_at_most(moments, most, i, start, end) for i in (order, order + 2))


def _exponent_at_most(
    moments: BatchMoments, most: Fraction, order: int, start: Fraction, end: Fraction
) -> bool:
    """Whether theta <= most on [start, end], by M(order) and, where order > most, M(order + 2)."""
    low = moments.below(order, start)
    if low is None or low < 1:
        return False
    if order <= most:
        return True
    share = (order - most) / 2
    high = max(moments.above(order + 2, rate) for rate in (start, end))
    with precision(_BITS):
        return bool(ball(1 + share) * ball(low).log() - ball(share) * ball(high).log() >= 0)
