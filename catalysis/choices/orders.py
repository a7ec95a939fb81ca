"""The order of samples in the linear regime: one epoch, reshuffled epochs, an easy phase first (O1 to O4)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from catalysis.data.law import Step
from catalysis.data.walk import LinearWalk
from catalysis.drift.value import DriftSign, drift_sign
from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.lundberg import TINY, digits_lost, level_power, lundberg_bounds

_DIGITS = 15
_MOST_PHASE = 10**9


@dataclass(frozen=True)
class EpochOrders:
    """What the order of one epoch does to the running maximum of |mu_t|/|mu_0|, at constant curvature.

    Certified (O1, O2): after the epoch |mu| is multiplied by the product of all factors in every order, exp of
    ``log_product`` (None: it is 0); the running maximum is least, ``max(1, product)``, in ascending x, and
    largest, exp of ``log_largest`` = product of max(r, 1), in descending x. (O3) If ``drift_sign`` is 0
    or -1, it never exceeds that over any number of epochs, reshuffled in whatever way; if it is 1, |mu|
    grows without bound under all of them; None is undecided. ``base`` proves a drift of 0 (D5).
    """

    walk: LinearWalk
    curvature: Fraction
    items: int
    log_product: Enclosure | None
    log_largest: Enclosure
    drift_sign: int | None
    base: tuple[int, ...] | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.drift_sign is None else Verdict.PROVED

    @property
    def bounded(self) -> bool | None:
        """Whether reshuffled epochs stay below the largest running maximum of one of them for ever (O3)."""
        return None if self.drift_sign is None else self.drift_sign <= 0

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "items": self.items,
            "log_product": "-inf" if self.log_product is None else self.log_product.to_json(_DIGITS),
            "log_least_maximum": _positive_part(self.log_product).to_json(_DIGITS),
            "log_largest_maximum": self.log_largest.to_json(_DIGITS),
            "least_by": "ascending x",
            "largest_by": "descending x",
            "reshuffled_epochs_bounded": self.bounded,
        }


def epoch_orders(walk: LinearWalk, curvature: Fraction, *, max_bits: int = DEFAULT_MAX_BITS) -> EpochOrders:
    """Certify what the order of one epoch can do at ``curvature``.

    An epoch holds every item once: the counts of the data set, or the smallest whole numbers in the ratio of its
    weights. Raises InputError unless curvature > 0 and the walk draws single samples.
    """
    if curvature <= 0:
        raise InputError("lambda: expected a number > 0")
    if walk.step != Step():
        raise InputError("step: expected single samples, an order of minibatches is not defined")
    counts = epoch_counts(walk)
    digits = 3 * _DIGITS + len(str(sum(counts)))
    with precision(int(3.33 * digits) + 64):
        sizes = [abs(1 - curvature * rate) for rate in walk.rates]
        large = _log_sum((r, k) for r, k in zip(sizes, counts, strict=False) if r > 1)
        small = _log_sum((r, k) for r, k in zip(sizes, counts, strict=False) if 0 < r < 1)
        dead = 0 in sizes
        log_product, log_largest = None if dead else enclose(large + small), enclose(large)
    drift = DriftSign(-1, 0) if dead else drift_sign(walk, curvature, max_bits=max_bits)
    if drift.sign == 0:
        log_product = Enclosure(Fraction(0), Fraction(0))
    return EpochOrders(walk, curvature, sum(counts), log_product, log_largest, drift.sign, drift.base)


def epoch_counts(walk: LinearWalk) -> list[int]:
    """How often each rate of the walk occurs in an epoch, in its order; then the items with x = 0, if any."""
    samples = walk.dataset.merged()
    total = walk.dataset.total_count
    factor = 1 if total is None else total // sum(walk.law.integer_weights)
    counts = [k * factor for k in walk.law.integer_weights]
    idle = [counts[0]] if samples[0].x == 0 else []
    return [*(k * factor for k in walk.integer_weights), *idle]


def epoch_draws(walk: LinearWalk) -> list[Fraction]:
    """The draws x of one epoch, in ascending order; raises InputError for more than a million."""
    law, counts = walk.law, epoch_counts(walk)
    if sum(counts) > 10**6:
        raise InputError(f"epoch: expected at most 10^6 items, found {sum(counts)}")
    moving = counts[: walk.size][::-1]
    copies = [*counts[walk.size :], *moving]
    return [x for x, k in zip(law.x, copies, strict=True) for _ in range(k)]


@dataclass(frozen=True)
class EasyPhase:
    """``steps`` draws of easy samples (factor at most 1) first, then the walk of all samples.

    Certified (O4): P(sup |mu_t| >= factor |mu_0|) lies in ``bounds``; without the phase in ``without``. ``damping``
    holds M_1(theta)^steps, by which the phase multiplies both of Lundberg's bounds. ``easy`` is the
    probability that a draw of all samples is easy; the phase draws with the weights given that.
    """

    walk: LinearWalk
    curvature: Fraction
    factor: Fraction
    steps: int
    easy: Fraction
    regime: Regime
    exponent: Enclosure | None
    damping: Enclosure | None
    bounds: Enclosure | None
    without: Enclosure | None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.bounds is None else Verdict.PROVED

    def to_json(self) -> dict[str, Any]:
        def shown(value: Enclosure | None) -> Any:
            return None if value is None else value.to_json(12)

        return {
            "verdict": self.verdict.value,
            "steps": self.steps,
            "easy": exact_text(self.easy),
            "factor": exact_text(self.factor),
            "regime": None if self.regime is Regime.UNDECIDED else self.regime.value,
            "damping": shown(self.damping),
            "probability": shown(self.bounds),
            "without": shown(self.without),
        }


def easy_phase(
    walk: LinearWalk, curvature: Fraction, factor: Fraction, steps: int, *, max_bits: int = DEFAULT_MAX_BITS
) -> EasyPhase:
    """Certify Lundberg's bounds after ``steps`` independent draws of easy samples, those with x <= 2/(eta lambda).

    Raises InputError unless curvature > 0, factor > 1, 0 <= steps <= 10^9 and some sample is easy.
    """
    as_level(factor)
    if not 0 <= steps <= _MOST_PHASE:
        raise InputError("easy steps: expected an integer from 0 to 10^9")
    law = StepFactors.of(walk, curvature)
    calm = [(r, p) for r, p in zip(law.factors, law.weights, strict=True) if r < 1]
    easy = sum((p for _, p in calm), law.idle + law.dead)
    if not easy:
        raise InputError("easy steps: expected some sample with x <= 2/(eta lambda), found none")
    plain = lundberg_bounds(law, factor, max_bits=max_bits)
    common = walk, curvature, factor, steps, easy, plain.exponent.regime
    if plain.exponent.enclosure is None:
        return EasyPhase(*common, None, None, plain.enclosure, plain.enclosure)
    digits = _DIGITS + 8 + digits_lost(factor) + len(str(steps))
    theta = law.exponent(digits=digits, max_bits=max_bits).enclosure
    if theta is None:
        return EasyPhase(*common, None, None, None, plain.enclosure)
    with precision(int(3.33 * digits) + 64):
        largest = law.largest
        low, high = (_power_of_moment(calm, law.idle, easy, t, steps) for t in (theta.upper, theta.lower))
        upper = high * level_power(factor, theta.lower)
        lower = low * level_power(factor * largest, theta.upper)
        damping = Enclosure(_end(low)[0], _end(high)[1])
        bounds = Enclosure(_end(lower)[0], min(Fraction(1), _end(upper)[1]))
    return EasyPhase(*common, theta, damping, bounds, plain.enclosure)


def _power_of_moment(
    calm: list[tuple[Fraction, Fraction]], idle: Fraction, easy: Fraction, theta: Fraction, steps: int
) -> Ball:
    """M_1(theta)^steps, M_1 the moment of a draw of easy samples."""
    total = ball(idle)
    for factor, weight in calm:
        total += ball(weight) * (ball(theta) * ball(factor).log()).exp()
    return arb((total / ball(easy)) ** steps)


def _end(value: Ball) -> tuple[Fraction, Fraction]:
    """The ends of a ball of numbers in [0, 1]; what is too small to write lies in [0, TINY]."""
    if value < ball(TINY):
        return Fraction(0), TINY
    found = enclose(value)
    return max(found.lower, Fraction(0)), found.upper


def _log_sum(pairs: Any) -> Ball:
    """sum k log r."""
    total = arb(0)
    for r, k in pairs:
        total += k * ball(r).log()
    return total


def _positive_part(value: Enclosure | None) -> Enclosure:
    if value is None:
        return Enclosure(Fraction(0), Fraction(0))
    return Enclosure(max(value.lower, Fraction(0)), max(value.upper, Fraction(0)))
