"""The expected time until a spike, where it is certain: Wald's identity, Lemma S13 of docs/spikes.md."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.drift.value import DriftSign
from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, enclose, precision
from catalysis.exact.effort import TooLong
from catalysis.exact.numbers import Number, decimal_above, decimal_below, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Verdict, latex
from catalysis.exponent.factors import StepFactors, as_level
from catalysis.spikes.course import Course
from catalysis.spikes.exact_row import Effort, exact_row
from catalysis.spikes.ways import MOST_UNITS, replay_bits, replay_units

DEFAULT_DIGITS, MOST_DIGITS = 6, 12
_MOST_WORK, _MOST_STEPS = 100_000_000, 20_000
_BITS = 256


@dataclass(frozen=True)
class Overshoot:
    """The passages within `steps` steps, followed on a row: what a replay at `bits` bits needs."""

    method: str
    steps: int
    bits: int
    span: Fraction | None = None


@dataclass(frozen=True, repr=False)
class FirstPassage(Result):
    """E[tau], tau the first t with |mu_t| >= factor |mu_0|, at `curvature`, in the linear regime.

    Certified (S13): it lies in `enclosure` where G > 0; it is infinite (`enclosure` None) where G <= 0, with
    probability one of a passage if G = 0. Undecided only if the sign of G is (`reason`). `drift` is what was
    proved of G; None where no step grows or a factor is 0.

    Attributes
    ----------
    enclosure : Enclosure or None
        Bounds of E[tau], in steps.
    infinite : bool
        Whether it is proved infinite.
    """

    walk: LinearWalk
    curvature: Fraction
    factor: Fraction
    digits: int
    drift: DriftSign | None
    enclosure: Enclosure | None = None
    overshoot: Overshoot | None = None
    limited_by: str | None = None

    @property
    def sign(self) -> int | None:
        return -1 if self.drift is None else self.drift.sign

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.sign is None else Verdict.PROVED

    @property
    def infinite(self) -> bool:
        """Whether the expectation is proved infinite."""
        return self.sign is not None and self.sign <= 0

    @property
    def reason(self) -> str | None:
        return None if self.sign is not None else "the sign of G is not decided: allow more bits (max_bits)"

    @property
    def shortfall(self) -> str | None:
        found = self.enclosure
        if found is None or found.width * 10**self.digits <= found.upper:
            return None
        return self.limited_by or "rounding in doubles"

    @property
    def number(self) -> Enclosure | float | None:
        return math.inf if self.infinite else self.enclosure

    @property
    def formula(self) -> str:
        return f"E[\\min\\{{t : |\\mu_t| \\ge {latex(self.factor)}\\,|\\mu_0|\\}}]"

    def fields(self) -> dict[str, Any]:
        found = self.enclosure
        mean: Any = "inf" if self.infinite else None if found is None else found.to_json(self.digits + 3)
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "factor": exact_text(self.factor),
            "digits": self.digits,
            "drift": None if self.sign is None else {-1: "negative", 0: "zero", 1: "positive"}[self.sign],
            "mean": mean,
            **({} if self.reason is None else {"reason": self.reason}),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }


def first_passage(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    factor: Number,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
) -> FirstPassage:
    """Bound the expected number of steps until |mu| is at least factor times its start.

    Certified (S13): see `FirstPassage`; finite where G > 0, infinite where not.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    factor : Number > 1
        K.
    digits : int, 1 to 12
        Reached for two samples or powers of one number; otherwise between log K/G and (log K + log R)/G.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    FirstPassage
        The expectation lies in its `enclosure`, or is `infinite`.

    Raises
    ------
    InputError
        Unless curvature > 0, factor > 1.

    Examples
    --------
    >>> from catalysis import first_passage
    >>> first_passage("examples/talk-1.toml", 2, 1000).enclosure.decimals(3)
    ('15.9', '16.1')
    """
    source, at = as_walk(walk), positive(curvature, "curvature")
    level = as_level(exact(factor, "factor"))
    places = whole(digits, "digits", least=1, most=MOST_DIGITS)
    bits = whole(max_bits, "max_bits", least=1)
    steps = StepFactors.of(source, at)
    if steps.dead or steps.never_grows():
        return FirstPassage(source, at, level, places, None)
    found = FirstPassage(source, at, level, places, steps.drift_sign(bits))
    return _bounded(found, steps) if found.sign == 1 else found


def _bounded(found: FirstPassage, steps: StepFactors) -> FirstPassage:
    """S13, with the passages followed on a row where they can be."""
    limited = "for more than two factors, not powers of one number, the overshoot is bounded by log R alone"
    try:
        sharper = _followed(steps, found.factor, found.digits)
    except TooLong as reason:
        sharper, limited = None, reason.cost
    nothing = None, Enclosure(Fraction(0), Fraction(0)), Fraction(1)
    overshoot, followed, missing = nothing if sharper is None else sharper
    with precision(_BITS + 64 * (found.drift is not None and found.drift.bits > 192)):
        drift, level, largest = _drift(steps), ball(found.factor).log(), ball(steps.largest).log()
        low = (level + ball(followed.lower)) / drift
        high = (level + ball(followed.upper) + ball(missing) * largest) / drift
        ends = Enclosure(enclose(low).lower, enclose(high).upper)
    room = ends.upper / 10 ** (found.digits + 1)
    lower = decimal_below(max(ends.lower - (room if overshoot else 0), Fraction(0)), found.digits + 3)
    upper = decimal_above(ends.upper + (room if overshoot else 0), found.digits + 3)
    bounds = Enclosure(Fraction(lower), Fraction(upper))
    late = (
        f"only {_MOST_STEPS} steps are followed: of what passes later the overshoot is bounded by log R alone"
    )
    return replace(found, enclosure=bounds, overshoot=overshoot, limited_by=late if overshoot else limited)


def _drift(steps: StepFactors) -> Ball:
    logs = [ball(p) * ball(r).log() for r, p in zip(steps.factors, steps.weights, strict=True)]
    return sum(logs, ball(Fraction(0)))


def _followed(
    steps: StepFactors, level: Fraction, digits: int
) -> tuple[Overshoot, Enclosure, Fraction] | None:
    """The mean of the overshoot of what passes within some steps, and at most what passes later.

    None for factors that have no exact row. Raises TooLong.
    """
    course = Course.to_level(steps, level, 10**9)
    count = min(course.shorter[0], _MOST_STEPS)
    course = replace(course, steps=count)
    row = exact_row(course)
    if row is None:
        return None
    masses, cells = row.walked(course, Effort(digits, _MOST_WORK), recorded=True), round(row.cells(course))
    overshoot = row.overshoot(course, masses.stops)
    bits = replay_bits(Enclosure(Fraction(1), Fraction(1)), course, cells, digits)
    if replay_units(cells, len(course.factors), count, bits) > MOST_UNITS:
        raise TooLong(f"factor: a replay of {count} steps", 60, "a lower one")
    spread = masses.reached.upper / masses.reached.lower
    found = Enclosure(overshoot / spread, overshoot * spread)
    return Overshoot(row.method, count, bits, row.span), found, 1 - masses.reached.lower
