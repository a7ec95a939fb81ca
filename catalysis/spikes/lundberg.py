"""The bounds that the Cramer exponent alone gives: (K R)^-theta <= P(sup |mu_t| >= K |mu_0|) <= K^-theta."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Verdict, latex
from catalysis.exponent.exponent import DEFAULT_DIGITS, Regime
from catalysis.exponent.factors import StepExponent, StepFactors, as_level

TINY = Fraction(1, 10**3900)
"""Smaller probabilities are not written out: they are known to lie in [0, TINY]."""

MOST_DIGITS = 3500


@dataclass(frozen=True, repr=False)
class LundbergBounds(Result):
    """Bounds of the probability that the walk with these `steps` ever reaches `level`.

    Certified (S1 stable, S2 certain, S3 otherwise): the probability lies in `enclosure`, which is [0, 0] in
    the stable regime, [1, 1] in the inflationary and critical ones, None if the regime is undecided. `walk`
    and `curvature` say where the steps come from, if they are those of a data set.

    Attributes
    ----------
    enclosure : Enclosure or None
        Bounds of the probability.
    exponent : StepExponent
        theta.
    level : Fraction
        K.
    """

    steps: StepFactors
    level: Fraction
    exponent: StepExponent
    enclosure: Enclosure | None
    walk: LinearWalk | None = None
    curvature: Fraction | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.enclosure is None else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """What left the regime undecided."""
        return None if self.enclosure is not None else self.exponent.reason

    @property
    def number(self) -> Enclosure | None:
        return self.enclosure

    @property
    def formula(self) -> str:
        return f"P(\\sup_t |\\mu_t| \\ge {latex(self.level)}\\,|\\mu_0|)"

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "lambda": None if self.curvature is None else exact_text(self.curvature),
            "factor": exact_text(self.level),
            "regime": self.exponent.regime.value if self.enclosure is not None else None,
            "exponent": self.exponent.to_json(),
            "lundberg": self.ends(),
            **({} if self.reason is None else {"reason": self.reason}),
        }

    def ends(self) -> dict[str, str] | None:
        """The two bounds as other results show them."""
        return None if self.enclosure is None else self.enclosure.to_json(12)


@overload
def lundberg_bounds(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    factor: Number,
    *,
    digits: int = ...,
    max_bits: int = ...,
    exponent: StepExponent | None = ...,
) -> LundbergBounds: ...


@overload
def lundberg_bounds(
    walk: StepFactors,
    curvature: Number,
    *,
    digits: int = ...,
    max_bits: int = ...,
    exponent: StepExponent | None = ...,
) -> LundbergBounds: ...


def lundberg_bounds(
    walk: LinearWalk | Dataset | StepFactors | str,
    curvature: Number,
    factor: Number | None = None,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    exponent: StepExponent | None = None,
) -> LundbergBounds:
    """Bound P(sup_t |mu_t| >= factor |mu_0|) by the exponent alone.

    Certified (S1, S2, S3): see `LundbergBounds`. For bare factors: `lundberg_bounds(steps, level)`, which
    bounds P(the walk from 1 ever reaches level).

    Parameters
    ----------
    walk : LinearWalk, data (see as_dataset), or StepFactors
        The step, or its factors.
    curvature : Number > 0
        lambda; for bare factors the level > 1.
    factor : Number > 1
        K; left out for bare factors.
    digits : int, 1 to 3500
        Significant digits of each bound.
    max_bits : int >= 1
        The highest working precision.
    exponent : StepExponent
        theta, if it is known already.

    Returns
    -------
    LundbergBounds
        [0, 0] in the stable regime, [1, 1] in the inflationary and critical ones.

    Raises
    ------
    InputError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import lundberg_bounds
    >>> lundberg_bounds("examples/talk-1.toml", "1.42", 1000).enclosure.decimals(6)
    ('0.00000450205', '0.0000079734')
    """
    places, bits = whole(digits, "digits", least=1, most=MOST_DIGITS), whole(max_bits, "max_bits", least=1)
    if isinstance(walk, StepFactors):
        if factor is not None:
            raise InputError("factor: expected none beside bare factors and their level")
        return bounds_by_exponent(walk, as_level(exact(curvature, "level"), "level"), places, bits, exponent)
    source, at = as_walk(walk), positive(curvature, "curvature")
    level = as_level(exact(factor, "factor"))
    return bounds_by_exponent(StepFactors.of(source, at), level, places, bits, exponent, source, at)


def bounds_by_exponent(
    steps: StepFactors,
    level: Fraction,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    exponent: StepExponent | None = None,
    walk: LinearWalk | None = None,
    curvature: Fraction | None = None,
) -> LundbergBounds:
    """The same for a level > 1 and steps that are known to be right."""
    if exponent is None:
        exponent = steps.exponent(digits=digits + 4 + digits_lost(level), max_bits=max_bits)
    if exponent.enclosure is None:
        certain = {Regime.STABLE: Fraction(0), Regime.INFLATIONARY: Fraction(1), Regime.CRITICAL: Fraction(1)}
        value = certain.get(exponent.regime)
        known = None if value is None else Enclosure(value, value)
        return LundbergBounds(steps, level, exponent, known, walk, curvature)
    with precision(int(3.33 * digits) + 64 + 4 * digits_lost(level)):
        upper = level_power(level, exponent.enclosure.lower)
        lower = level_power(level * steps.largest, exponent.enclosure.upper)
        found = Enclosure(written(lower).lower, min(Fraction(1), written(upper).upper))
    return LundbergBounds(steps, level, exponent, found, walk, curvature)


def level_power(level: Fraction, theta: Fraction) -> Ball:
    """level^-theta at the working precision."""
    return (-ball(theta) * ball(level).log()).exp()


def digits_lost(level: Fraction) -> int:
    """How many more digits of theta a power of `level` takes than it gives back."""
    return len(str(max(level.numerator.bit_length() - level.denominator.bit_length(), 1)))


def written(value: Ball) -> Enclosure:
    """The ends of a ball of numbers in [0, 1]; what is too small to write lies in [0, TINY]."""
    if value < ball(TINY):
        return Enclosure(Fraction(0), TINY)
    found = enclose(value)
    return Enclosure(max(found.lower, Fraction(0)), found.upper)
