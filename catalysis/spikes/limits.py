"""Limits: the constant in P ~ C K^-theta at a given K, and the law in the width at the scale sqrt(n/eta).

Lemmas S6 and S7 of docs/spikes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict, latex
from catalysis.spikes.counts import DEFAULT_MAX_WORK
from catalysis.spikes.lattice import Lattice, lattice_of
from catalysis.spikes.lundberg import MOST_DIGITS
from catalysis.spikes.probability import HittingProbability, hitting_probability

_ONE = Enclosure(Fraction(1), Fraction(1))
_SHOWN_BITS = 400  # a span with longer numbers is not multiplied out


@dataclass(frozen=True, repr=False)
class SpikeConstant(Result):
    """C(K) = P(sup |mu_t| >= K |mu_0|) K^theta lies in `enclosure` at the K of `probability`.

    Certified (S6): without a `lattice` C(K) tends to a limit as K grows. With one, all factors being powers
    of one number, it does not: between powers of that number it grows by the factor `span^theta` and falls
    back, for ever. Without an `enclosure` there is no such constant (the regime is not deflationary: then P
    itself is exact), or it is undecided (`reason`): the regime is, or P is only bounded by 0.

    Attributes
    ----------
    enclosure : Enclosure or None
        Bounds of C(K).
    lattice : Lattice or None
        The lattice, if there is one.
    """

    probability: HittingProbability
    enclosure: Enclosure | None
    lattice: Lattice | None

    @property
    def walk(self) -> LinearWalk:
        return self.probability.walk

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.reason is None else Verdict.UNDECIDED

    @property
    def reason(self) -> str | None:
        """What leaves the constant undecided, None where it is enclosed or does not exist."""
        if self.enclosure is not None or self.probability.exponent.enclosure is None:
            return self.probability.reason
        return self.probability.shortfall or "the probability is only known to be at least 0"

    @property
    def number(self) -> Enclosure | None:
        return self.enclosure

    @property
    def formula(self) -> str:
        return "C(K)"

    def fields(self) -> dict[str, Any]:
        digits = self.probability.bounds.digits + 3
        asked = self.probability.fields()
        return {
            "verdict": self.verdict.value,
            **{key: asked[key] for key in ("lambda", "factor", "factor_squared", "regime") if key in asked},
            "constant": None if self.enclosure is None else self.enclosure.to_json(digits),
            "lattice": None if self.lattice is None else {"span": span_text(self.lattice)},
            **({} if self.reason is None else {"reason": self.reason}),
        }


@dataclass(frozen=True, repr=False)
class WidthLaw(Result):
    """P(sup |mu_t| >= scale sqrt(width/eta)) in the linear regime, from |mu_0| = mu0.

    Certified (S7): `probability` (its event is written with K or K^2 rational), and that
    P = A (width/eta)^(-theta/2) with A in `constant` (None where that of S6 is None). Without a `probability` the
    start itself is at the level: then P = 1, whatever the curvature (A1).

    Attributes
    ----------
    probability : HittingProbability or None
        Of the spike.
    constant : Enclosure or None
        A.
    """

    walk: LinearWalk
    curvature: Fraction
    width: Fraction
    mu0: Fraction
    scale: Fraction
    probability: HittingProbability | None
    constant: Enclosure | None

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.probability is None else self.probability.verdict

    @property
    def number(self) -> Enclosure | None:
        return _ONE if self.probability is None else self.probability.enclosure

    @property
    def formula(self) -> str:
        scale = "" if self.scale == 1 else f"{latex(self.scale)}\\,"
        return f"P(\\sup_t |\\mu_t| \\ge {scale}\\sqrt{{n/\\eta}})"

    def fields(self) -> dict[str, Any]:
        digits = 3 if self.probability is None else self.probability.bounds.digits + 3
        return {
            **(self._at_once() if self.probability is None else self.probability.fields()),
            "width": exact_text(self.width),
            "mu0": exact_text(self.mu0),
            "scale": exact_text(self.scale),
            "width_constant": None if self.constant is None else self.constant.to_json(digits),
        }

    def _at_once(self) -> dict[str, Any]:
        """The keys of a probability where the start is at the level: nothing was asked of the walk."""
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "factor_squared": exact_text(_square(self.walk, self.width, self.mu0, self.scale)),
            **dict.fromkeys(("digits", "regime", "exponent")),
            "probability": _ONE.to_json(),
            "lundberg": None,
            "method": "start",
        }


def spike_constant(probability: HittingProbability) -> SpikeConstant:
    """C(K) = P K^theta for a certified probability, and whether it has a limit (S6).

    Parameters
    ----------
    probability : HittingProbability
        The result of `hitting_probability`.

    Returns
    -------
    SpikeConstant
        C(K) lies in its `enclosure`; a `lattice` says that it oscillates for ever.

    Raises
    ------
    InputError
        For anything but such a result.

    Examples
    --------
    >>> from catalysis import hitting_probability, spike_constant
    >>> constant = spike_constant(hitting_probability("examples/talk-1.toml", "1.42", 1000))
    >>> constant.enclosure.decimals(5), constant.lattice
    (('0.74469', '0.7447'), None)
    """
    if not isinstance(probability, HittingProbability):
        raise InputError(
            f"probability: expected a HittingProbability, found something of type {type(probability).__name__}"
        )
    steps = probability.bounds.steps
    theta, found = probability.bounds.exponent.enclosure, probability.enclosure
    if theta is None or found is None:
        return SpikeConstant(probability, None, None)
    lattice = lattice_of(steps.factors)
    if found.lower <= 0:
        return SpikeConstant(probability, None, lattice)
    return SpikeConstant(probability, _times_power(found, probability.factor, theta), lattice)


def width_law(
    walk: LinearWalk | Dataset | str,
    curvature: Number,
    width: Number,
    mu0: Number,
    *,
    scale: Number = 1,
    digits: int | None = None,
    max_work: int = DEFAULT_MAX_WORK,
    progress: Progress | None = None,
) -> WidthLaw:
    """Certify P(sup_t |mu_t| >= scale sqrt(width/eta)) in the linear regime, eta that of the data set.

    Certified (S7; A1 where |mu0| is at the level already, then 1): see `WidthLaw`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    width : Number >= 1
        n, the number of neurons.
    mu0 : Number, not 0
        The output's start.
    scale : Number > 0
        The spike in units of sqrt(width/eta).
    digits, max_work, progress
        As for `hitting_probability`.

    Returns
    -------
    WidthLaw
        `probability`, and the `constant` A of P = A (width/eta)^(-theta/2).

    Raises
    ------
    InputError
        For bad arguments, and for what `hitting_probability` refuses.

    Examples
    --------
    >>> from catalysis import width_law
    >>> law = width_law("examples/talk-1.toml", "1.42", 10**6, 1)
    >>> law.number.decimals(5)
    ('0.0000059377', '0.0000059378')
    """
    source, at = as_walk(walk), positive(curvature, "curvature")
    size, start, factor = exact(width, "width"), exact(mu0, "mu0"), positive(scale, "scale")
    if size < 1:
        raise InputError(f"width: expected a number >= 1, found {exact_text(size)}")
    if start == 0:
        raise InputError("mu0: expected a number other than 0, found 0")
    places = None if digits is None else whole(digits, "digits", least=1, most=MOST_DIGITS)
    square = _square(source, size, start, factor)
    if square <= 1:
        return WidthLaw(source, at, size, start, factor, None, None)
    root = _root(square)
    probability = hitting_probability(
        source,
        at,
        square if root is None else root,
        digits=places,
        squared=root is None,
        max_work=max_work,
        progress=progress,
    )
    theta, found = probability.exponent.enclosure, probability.enclosure
    constant = None
    if theta is not None and found is not None and found.lower > 0:
        ratio = size / source.dataset.learning_rate
        constant = _times_power(found, ratio, Enclosure(theta.lower / 2, theta.upper / 2))
    return WidthLaw(source, at, size, start, factor, probability, constant)


def _square(walk: LinearWalk, width: Fraction, mu0: Fraction, scale: Fraction) -> Fraction:
    """The level over |mu0|, squared."""
    return scale**2 * width / (walk.dataset.learning_rate * mu0**2)


def span_text(lattice: Lattice) -> str:
    """The number whose powers the factors are, multiplied out if it is short."""
    size = sum(abs(e) * b.bit_length() for b, e in zip(lattice.base, lattice.generator, strict=True))
    if size <= _SHOWN_BITS:
        return exact_text(lattice.span())
    return " ".join(f"{b}^{e}" for b, e in zip(lattice.base, lattice.generator, strict=True) if e)


def _times_power(value: Enclosure, base: Fraction, exponent: Enclosure) -> Enclosure:
    """value * base^exponent, for value > 0."""
    size = max(abs(base.numerator.bit_length() - base.denominator.bit_length()), 1)
    with precision(160 + 4 * size.bit_length()):
        log = ball(base).log()
        ends = [(log * ball(e)).exp() for e in (exponent.lower, exponent.upper)]
        low, high = ends if base >= 1 else ends[::-1]
        return Enclosure(enclose(ball(value.lower) * low).lower, enclose(ball(value.upper) * high).upper)


def _root(square: Fraction) -> Fraction | None:
    """The rational root, or None."""
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    exact = top * top == square.numerator and bottom * bottom == square.denominator
    return Fraction(top, bottom) if exact else None
