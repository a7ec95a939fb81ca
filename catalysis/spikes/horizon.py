"""A spike within finitely many steps, and how long one lasts: the linear regime, Lemmas S9 to S12 of docs/spikes.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, decimal_below, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict, latex
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.course import Course
from catalysis.spikes.exact_row import Effort
from catalysis.spikes.ways import MOST_UNITS, Followed, follow, outwards

DEFAULT_DIGITS = 6
MOST_DIGITS = 12
MOST_STEPS = 10**9
DEFAULT_MAX_WORK = 2_000_000_000
"""Updates of cells."""


@dataclass(frozen=True, repr=False)
class SpikeWithin(Result):
    """P(max_{t <= steps} |mu_t| >= factor |mu_0|) at `curvature`, in the linear regime.

    Or, with `floor` in place of `factor`: P(|mu_t| >= floor |mu_0| for all t <= steps), how long a spike lasts.
    Certified: it lies in `enclosure`, by `method`: "stable" (S1), "short" (R^steps < factor), "lattice", "pair"
    (S10), "counts" (S9) or "cells" (S11). If `followed.steps` < `steps`, the rest by S12 with `tilt`.
    Fewer digits than asked are proved all the same (`shortfall`).

    Attributes
    ----------
    enclosure : Enclosure
        Bounds of the probability.
    method : str
        How they were found.
    shortfall, uncertified : str or None
        Why fewer digits are proved than asked; why it is not in a certificate.
    """

    walk: LinearWalk
    curvature: Fraction
    steps: int
    digits: int
    factor: Fraction | None
    floor: Fraction | None
    enclosure: Enclosure
    followed: Followed | None = None
    tilt: Fraction | None = None

    @property
    def method(self) -> str:
        if self.followed is not None:
            return self.followed.method
        return "short" if self.enclosure == _NEVER and self._may_grow else "stable"

    @property
    def _may_grow(self) -> bool:
        return (
            self.floor is None
            and self.steps > 0
            and not StepFactors.of(self.walk, self.curvature).never_grows()
        )

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    @property
    def certifiable(self) -> bool:
        """Whether the checker can replay it in some seconds."""
        return self.followed is None or self.followed.units <= MOST_UNITS

    @property
    def uncertified(self) -> str | None:
        """Why it is not in a certificate."""
        return None if self.certifiable else "the checker would need too long to replay it"

    @property
    def shortfall(self) -> str | None:
        """Why fewer digits than asked are proved, or why it is not in a certificate."""
        reached = self.enclosure.width * 10**self.digits <= self.enclosure.upper
        if not reached and self.method == "cells":
            return "the cells that the work allows are not fine enough: fewer steps give more digits"
        if not reached:
            return "rounding in doubles, or a probability too small for them"
        return None if self.certifiable else f"not in a certificate: {self.uncertified}"

    @property
    def number(self) -> Enclosure:
        return self.enclosure

    @property
    def formula(self) -> str:
        if self.factor is None:
            assert self.floor is not None
            return f"P(|\\mu_t| \\ge {latex(self.floor)}\\,|\\mu_0|, t \\le {self.steps})"
        return f"P(\\max_{{t \\le {self.steps}}} |\\mu_t| \\ge {latex(self.factor)}\\,|\\mu_0|)"

    def fields(self) -> dict[str, Any]:
        asked = {"factor": self.factor} if self.floor is None else {"floor": self.floor}
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            **{key: None if value is None else exact_text(value) for key, value in asked.items()},
            "steps": self.steps,
            "digits": self.digits,
            "probability": self.enclosure.to_json(self.digits + 3),
            "method": self.method,
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }


def spike_within(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    factor: Number,
    steps: int,
    *,
    digits: int = DEFAULT_DIGITS,
    max_work: int = DEFAULT_MAX_WORK,
    progress: Progress | None = None,
) -> SpikeWithin:
    """Certify P(max_{t <= steps} |mu_t| >= factor |mu_0|), in every regime, poles included.

    Certified (S1, S9 to S12): see `SpikeWithin`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    factor : Number > 1
        K.
    steps : int, 0 to 10^9
        The horizon T.
    digits : int, 1 to 12
        Reached for two samples, powers of one number or few steps; for many samples as many as `max_work`
        gives.
    max_work : int
        The most updates of cells.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    SpikeWithin
        The probability lies in its `enclosure`.

    Raises
    ------
    InputError
        For bad arguments and, unbegun, for work of many minutes.

    Examples
    --------
    >>> from catalysis import spike_within
    >>> spike_within("examples/talk-1.toml", "1.42", 10, 100).enclosure.decimals(5)
    ('0.015797', '0.015798')
    """
    source, at = as_walk(walk), positive(curvature, "curvature")
    level, count = as_level(exact(factor, "factor")), whole(steps, "steps", most=MOST_STEPS)
    effort = _effort(digits, max_work, progress)
    found = SpikeWithin(source, at, count, effort.digits, level, None, _NEVER)
    factors = StepFactors.of(source, at)
    if factors.never_grows() or count == 0 or _too_short(factors, level, count):
        return found
    return _within(found, Course.to_level(factors, level, count), effort)


def spike_length(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    floor: Number,
    steps: int,
    *,
    digits: int = DEFAULT_DIGITS,
    max_work: int = DEFAULT_MAX_WORK,
    progress: Progress | None = None,
) -> SpikeWithin:
    """Certify P(|mu_t| >= floor |mu_0| for all t <= steps): that a spike at |mu_0| lasts longer than `steps` steps.

    A spike that begins with the passage of a level K stands between K and K R then (S13). Certified: see
    `SpikeWithin`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    floor : Number, 0 < floor <= 1
        The part of |mu_0| below which the spike is over.
    steps : int, 0 to 10^9
        The horizon T.
    digits : int, 1 to 12
        Significant digits that are wanted.
    max_work : int
        The most updates of cells.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    SpikeWithin
        With `floor` in the place of `factor`.

    Raises
    ------
    InputError
        For bad arguments and, unbegun, for work of many minutes.

    Examples
    --------
    >>> from catalysis import spike_length
    >>> spike_length("examples/talk-1.toml", "1.42", "0.1", 20).enclosure.decimals(5)
    ('0.08219', '0.082191')
    """
    source, at = as_walk(walk), positive(curvature, "curvature")
    low, count = positive(floor, "floor"), whole(steps, "steps", most=MOST_STEPS)
    if low > 1:
        raise InputError(f"floor: expected a number in (0, 1], found {exact_text(low)}")
    effort = _effort(digits, max_work, progress)
    found = SpikeWithin(source, at, count, effort.digits, None, low, Enclosure(Fraction(1), Fraction(1)))
    factors = StepFactors.of(source, at)
    if count == 0:
        return found
    if not factors.factors and not factors.idle:
        return replace(found, enclosure=_NEVER)
    followed = follow(Course.below(factors, low, count), effort)
    return replace(found, enclosure=outwards(followed.enclosure, effort.digits), followed=followed)


_NEVER = Enclosure(Fraction(0), Fraction(0))


def _effort(digits: int, max_work: int, progress: Progress | None) -> Effort:
    places, work = whole(digits, "digits", least=1, most=MOST_DIGITS), whole(max_work, "max_work", least=1)
    return Effort(places, work, progress)


def _too_short(factors: StepFactors, level: Fraction, count: int) -> bool:
    """Whether not even the largest factor alone reaches the level in so many steps."""
    with precision(128):
        return bool(count * ball(factors.largest).log() < ball(level).log())


def _within(found: SpikeWithin, course: Course, effort: Effort) -> SpikeWithin:
    bounds, followed, tilt = within_bounds(course, effort)
    return replace(found, enclosure=outwards(bounds, effort.digits), followed=followed, tilt=tilt)


def within_bounds(course: Course, effort: Effort) -> tuple[Enclosure, Followed, Fraction | None]:
    """Follow as many steps as matter, the rest by S12 with the tilt that is returned. Raises TooLong, unbegun."""
    count, guess = course.shorter
    followed = follow(replace(course, steps=count), effort)
    if count == course.steps:
        return followed.enclosure, followed, None
    tilt = Fraction(decimal_below(Fraction(guess), 6)) if guess > 0 else None
    rest = Fraction(1) if tilt is None else _later(course, tilt, count)
    lower, upper = followed.enclosure.lower, followed.enclosure.upper
    return Enclosure(lower, min(Fraction(1), upper + rest)), followed, tilt


def _later(course: Course, tilt: Fraction, count: int) -> Fraction:
    """S12: at most the probability to reach the level after `count` steps for the first time."""
    with precision(256):
        terms = [
            ball(p) * (ball(tilt) * ball(r).log()).exp()
            for r, p in zip(course.factors, course.weights, strict=True)
        ]
        moment = sum(terms, ball(Fraction(0)))
        if not moment <= 1:
            return Fraction(1)
        found = moment**count * (-ball(tilt) * ball(course.level).log()).exp()
        return min(Fraction(1), enclose(found).upper)
