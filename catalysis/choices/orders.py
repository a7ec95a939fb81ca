"""The order of samples in the linear regime: one epoch, reshuffled epochs, an easy phase first (O1 to O4)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.drift.value import DriftSign, drift_sign
from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Verdict, latex
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.lundberg import bounds_by_exponent, digits_lost, level_power, written

_DIGITS = 15
_MOST_PHASE = 10**9


@dataclass(frozen=True, repr=False)
class EpochOrders(Result):
    """What the order of one epoch does to the running maximum of |mu_t|/|mu_0|, at constant curvature.

    Certified (O1, O2): after the epoch |mu| is multiplied by the product of all factors in every order, exp
    of `log_product` (None: it is 0); the running maximum is least, `max(1, product)`, in ascending x, and
    largest, exp of `log_largest` = product of max(r, 1), in descending x. (O3) If `drift_sign` is 0 or -1, it
    never exceeds that over any number of epochs, reshuffled in whatever way; if it is 1, |mu| grows without
    bound under all of them; None is undecided. `base` proves a drift of 0 (D5).

    Attributes
    ----------
    items : int
        Draws of an epoch.
    log_product : Enclosure or None
        Of the factor at the end, in every order.
    log_largest : Enclosure
        Of the largest running maximum.
    bounded : bool or None
        Whether reshuffled epochs never exceed it.
    """

    walk: LinearWalk
    curvature: Fraction
    items: int
    log_product: Enclosure | None
    log_largest: Enclosure
    drift_sign: int | None
    base: tuple[int, ...] | None = None
    max_bits: int = DEFAULT_MAX_BITS

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.drift_sign is None else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """What left the sign of the drift undecided."""
        if self.drift_sign is not None:
            return None
        return f"{self.max_bits} bits do not tell the drift from 0: allow more (--max-bits)"

    @property
    def bounded(self) -> bool | None:
        """Whether reshuffled epochs stay below the largest running maximum of one of them for ever (O3)."""
        return None if self.drift_sign is None else self.drift_sign <= 0

    def fields(self) -> dict[str, Any]:
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
            **({} if self.reason is None else {"reason": self.reason}),
        }


def epoch_orders(
    walk: LinearWalk | Dataset | str, curvature: Number, *, max_bits: int = DEFAULT_MAX_BITS
) -> EpochOrders:
    """Certify what the order of the samples in one epoch can do at a curvature (O1 to O3).

    An epoch holds every item once: the counts of the data set, or the smallest whole numbers in the ratio of
    its weights.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        Single samples.
    curvature : Number > 0
        lambda.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    EpochOrders
        Logarithms of the product and of the largest running maximum; `bounded` over reshuffled epochs.

    Raises
    ------
    InputError
        Unless curvature > 0 and the walk draws single samples.

    Examples
    --------
    >>> from catalysis import epoch_orders
    >>> orders = epoch_orders("examples/talk-1.toml", "1.42")
    >>> orders.bounded, orders.log_product.decimals(5), orders.log_largest.decimals(5)
    (True, ('-0.53118', '-0.53117'), ('0.33632', '0.33633'))
    """
    source, at = as_walk(walk), positive(curvature, "curvature")
    bits = whole(max_bits, "max_bits", least=1)
    if source.step != Step():
        raise InputError("step: expected single samples, an order of minibatches is not defined")
    counts = epoch_counts(source)
    digits = 3 * _DIGITS + len(str(sum(counts)))
    with precision(int(3.33 * digits) + 64):
        sizes = [abs(1 - at * rate) for rate in source.rates]
        large = _log_sum((r, k) for r, k in zip(sizes, counts, strict=False) if r > 1)
        small = _log_sum((r, k) for r, k in zip(sizes, counts, strict=False) if 0 < r < 1)
        dead = 0 in sizes
        log_product, log_largest = None if dead else enclose(large + small), enclose(large)
    drift = DriftSign(-1, 0) if dead else drift_sign(source, at, max_bits=bits)
    if drift.sign == 0:
        log_product = Enclosure(Fraction(0), Fraction(0))
    return EpochOrders(source, at, sum(counts), log_product, log_largest, drift.sign, drift.base, bits)


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


@dataclass(frozen=True, repr=False)
class EasyPhase(Result):
    """`steps` draws of easy samples (factor at most 1) first, then the walk of all samples.

    Certified (O4): P(sup |mu_t| >= factor |mu_0|) lies in `bounds`; without the phase in `without`. `damping`
    holds M_1(theta)^steps, by which the phase multiplies both of Lundberg's bounds. `easy` is the
    probability that a draw of all samples is easy; the phase draws with the weights given that.

    Attributes
    ----------
    bounds, without : Enclosure or None
        Of the probability, with and without the phase.
    damping : Enclosure or None
        M_1(theta)^steps.
    easy : Fraction
        The probability of an easy draw.
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
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.bounds is None else Verdict.PROVED

    @property
    def number(self) -> Enclosure | None:
        return self.bounds

    @property
    def formula(self) -> str:
        return f"P(\\sup_t |\\mu_t| \\ge {latex(self.factor)}\\,|\\mu_0|)"

    def fields(self) -> dict[str, Any]:
        def shown(value: Enclosure | None) -> Any:
            return None if value is None else value.to_json(12)

        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "steps": self.steps,
            "easy": exact_text(self.easy),
            "factor": exact_text(self.factor),
            "regime": None if self.regime is Regime.UNDECIDED else self.regime.value,
            "damping": shown(self.damping),
            "probability": shown(self.bounds),
            "without": shown(self.without),
            **({} if self.reason is None else {"reason": self.reason}),
        }


def easy_phase(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    factor: Number,
    steps: int,
    *,
    max_bits: int = DEFAULT_MAX_BITS,
) -> EasyPhase:
    """Certify Lundberg's bounds after some draws of easy samples, those with x <= 2/(eta lambda) (O4).

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        Single samples.
    curvature : Number > 0
        lambda.
    factor : Number > 1
        K.
    steps : int, 0 to 10^9
        The length of the easy phase, before the walk of all samples.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    EasyPhase
        `bounds` of the probability with the phase, `without` it, and the `damping`.

    Raises
    ------
    InputError
        Unless the arguments are as above and some sample is easy.

    Examples
    --------
    >>> from catalysis import easy_phase
    >>> phase = easy_phase("examples/talk-1.toml", "1.42", 1000, 5)
    >>> phase.bounds.decimals(3), phase.without.decimals(3)
    (('2.83e-9', '5.02e-9'), ('0.0000045', '0.00000798'))
    """
    source, at, level = as_walk(walk), positive(curvature, "curvature"), as_level(exact(factor, "factor"))
    count, bits = whole(steps, "steps", most=_MOST_PHASE), whole(max_bits, "max_bits", least=1)
    law = StepFactors.of(source, at)
    calm = [(r, p) for r, p in zip(law.factors, law.weights, strict=True) if r < 1]
    easy = sum((p for _, p in calm), law.idle + law.dead)
    if not easy:
        raise InputError("easy phase: expected some sample with x <= 2/(eta lambda), found none")
    plain = bounds_by_exponent(law, level, max_bits=bits)
    common = source, at, level, count, easy, plain.exponent.regime
    if plain.exponent.enclosure is None:
        return EasyPhase(*common, None, None, plain.enclosure, plain.enclosure, plain.reason)
    digits = _DIGITS + 8 + digits_lost(level) + len(str(count))
    exponent = law.exponent(digits=digits, max_bits=bits)
    theta = exponent.enclosure
    if theta is None:
        return EasyPhase(*common, None, None, None, plain.enclosure, exponent.reason)
    with precision(int(3.33 * digits) + 64):
        largest = law.largest
        low, high = (_power_of_moment(calm, law.idle, easy, t, count) for t in (theta.upper, theta.lower))
        upper = high * level_power(level, theta.lower)
        lower = low * level_power(level * largest, theta.upper)
        damping = Enclosure(written(low).lower, written(high).upper)
        bounds = Enclosure(written(lower).lower, min(Fraction(1), written(upper).upper))
    return EasyPhase(*common, theta, damping, bounds, plain.enclosure)


def _power_of_moment(
    calm: list[tuple[Fraction, Fraction]], idle: Fraction, easy: Fraction, theta: Fraction, steps: int
) -> Ball:
    """M_1(theta)^steps, M_1 the moment of a draw of easy samples."""
    total = ball(idle)
    for factor, weight in calm:
        total += ball(weight) * (ball(theta) * ball(factor).log()).exp()
    return arb((total / ball(easy)) ** steps)


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
