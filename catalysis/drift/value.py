"""The log-drift G(lambda) = E log|1 - eta lambda x|: its value, its slope, its sign at a place.

Lemmas D1 to D5 of docs/theory.md. For full batch ask the walk of `Step.full_batch()`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from catalysis.data.walk import CLOSE, GUARD, AnyWalk, LinearWalk, as_walk
from catalysis.drift.place import NearPole, Position, offset_ball, place_text
from catalysis.drift.tangency import exact_zero_base
from catalysis.exact.balls import (
    DEFAULT_MAX_BITS,
    Ball,
    ball,
    enclose,
    ladder,
    nearest_double,
    precision,
    rational,
    sign,
)
from catalysis.exact.numbers import MAX_ASKED_DIGITS, Number, exact_text, integer_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Verdict, latex

DEFAULT_DIGITS = 15
_FEW = 16  # factors that are looked at one by one: arrays would cost more than they save
_ALLOW_MORE = "allow more (--max-bits)"
_SIGNS = {-1: "negative", 0: "zero", 1: "positive", None: None}


def factors(walk: LinearWalk, position: Position, bits: int) -> list[Ball]:
    """The signed factors `1 - lambda xi_j` as balls, no digit lost near a pole.

    At `pole_i + side exp(-t)` they are `(1 - xi_j/xi_i) - side xi_j exp(-t)`, the first part exact.
    """
    balls = walk.balls(bits)
    if isinstance(position, Fraction):
        close, nearest = _close_poles(walk, position)
        if nearest > 1e-4:
            with precision(bits):
                return (balls.ones - ball(position) * balls.rate_row).entries()
        with precision(bits + GUARD):
            row: list[Ball] = (balls.ones - ball(position) * balls.fine_rate_row).entries()
            exact = rational(position)
            for j in close:
                row[j] = arb(1 - exact * walk.exact_rates[j])
            return row
    with precision(bits):
        return _factors_beside(walk, position.index, position.side * offset_ball(position), bits)


def _factors_beside(walk: LinearWalk, index: int, offset: Ball, bits: int) -> list[Ball]:
    """The factors at `pole + offset`, for all offsets in the ball."""
    balls = walk.balls(bits)
    around = balls.around(index)
    with precision(bits):
        return (around - offset * balls.rate_row).entries()


def _close_poles(walk: LinearWalk, curvature: Fraction) -> tuple[list[int], float]:
    """A hint, in doubles: where balls lose many bits in `1 - lambda xi`, and the least such factor.

    Any answer is safe.
    """
    scale = nearest_double(curvature) * walk.float_top
    if not 1e-300 < scale < 1e300:
        scale = nearest_double(curvature * walk.rates[0])
    if not scale < 1e300:
        return list(range(walk.size)), 0.0
    if walk.size <= _FEW:
        few = [abs(1.0 - scale * ratio) for ratio in walk.float_ratios.tolist()]
        return [j for j, size in enumerate(few) if size <= CLOSE], min(few)
    sizes = np.abs(1.0 - scale * walk.float_ratios)
    least = float(sizes.min())
    return ([] if least > CLOSE else np.flatnonzero(sizes <= CLOSE).tolist()), least


def drift_ball(walk: LinearWalk, position: Position, bits: int) -> Ball:
    """A ball that holds G at `position`; not finite if a factor cannot be told from zero."""
    return _drift_of(walk, position, factors(walk, position, bits), bits)


def drift_at_ends(walk: LinearWalk, lower: NearPole, upper: NearPole, bits: int) -> tuple[Ball, Ball]:
    """Balls that hold G at both ends of a bracket beside a pole; the other factors are enclosed once, over it all."""
    with precision(bits):
        offset = lower.side * (-ball(lower.t).union(ball(upper.t))).exp()
        others = _factors_beside(walk, lower.index, offset, bits)
        rest = _mean_log(walk, others, bits, lower.index)
        return rest + _own_log(walk, lower, bits), rest + _own_log(walk, upper, bits)


def drift_and_slope(walk: LinearWalk, curvature: Fraction, bits: int) -> tuple[Ball, Ball]:
    """Balls that hold G(lambda) and G'(lambda) = -sum p_i xi_i/(1 - lambda xi_i)."""
    signed = factors(walk, curvature, bits)
    with precision(bits):
        balls = walk.balls(bits)
        slope = -balls.expectation([rate / f for rate, f in zip(balls.rates, signed, strict=True)])
        return _drift_of(walk, curvature, signed, bits), slope


def drift_and_log_slope(walk: LinearWalk, position: NearPole, bits: int) -> tuple[Ball, Ball, Ball]:
    """Balls for G, dG/dt and d^2G/dt^2 at `pole + side exp(-t)`, t varying.

    With u_j = side xi_j exp(-t) and c_j = 1 - xi_j/xi_i, a term with j != i has the derivatives
    `u/(c - u)` and `-u c/(c - u)^2`; the term of the pole itself is linear in t with slope -1.
    """
    signed = factors(walk, position, bits)
    with precision(bits):
        balls = walk.balls(bits)
        offset = position.side * offset_ball(position)
        first, second = [], []
        for j, factor in enumerate(signed):
            if j == position.index:
                first.append(arb(-1))
                second.append(arb(0))
                continue
            shift = offset * balls.rates[j]
            ratio = shift / factor
            first.append(ratio)
            second.append(-ratio * (factor + shift) / factor)
        value = _drift_of(walk, position, signed, bits)
        return value, balls.expectation(first), balls.expectation(second)


def _drift_of(walk: LinearWalk, position: Position, signed: list[Ball], bits: int) -> Ball:
    if isinstance(position, Fraction):
        return _mean_log(walk, signed, bits)
    with precision(bits):
        return _mean_log(walk, signed, bits, position.index) + _own_log(walk, position, bits)


def _own_log(walk: LinearWalk, position: NearPole, bits: int) -> Ball:
    """The part of G that belongs to the pole itself: its factor is xi exp(-t) exactly."""
    balls, i = walk.balls(bits), position.index
    with precision(bits):
        return balls.weights[i] * (balls.rates[i].log() - ball(position.t))


def _mean_log(walk: LinearWalk, signed: list[Ball], bits: int, without: int | None = None) -> Ball:
    """sum p_j log|f_j|, one atom left out."""
    balls = walk.balls(bits)
    if without is not None:
        signed = [*signed[:without], arb(1), *signed[without + 1 :]]
    with precision(bits):
        if walk.powers is not None:
            # rounding errors grow to about N units of prod f^k, hence to one unit of log(prod f^k)/N
            product = arb(1)
            for indices in walk.powers:
                product *= product
                for j in indices:
                    product *= signed[j]
            return abs(product).log() / walk.total_weight
        total = arb(0)
        for weight, indices in balls.groups:
            product = arb(1)
            for j in indices:
                product *= signed[j]
            total += weight * abs(product).log()
        return total


@dataclass(frozen=True, repr=False)
class DriftSign(Result):
    """The sign of G at a place: -1, 0, +1, or None with `bits` tried in vain.

    Certified: the sign; a zero is proved by `base` (Lemma D5); a pole counts as negative (G = -inf).
    """

    sign: int | None
    bits: int
    base: tuple[int, ...] | None = None
    walk: LinearWalk | None = None
    position: Position | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.sign is None else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        return None if self.sign is not None else f"{self.bits} bits do not tell G from 0: {_ALLOW_MORE}"

    def fields(self) -> dict[str, Any]:
        place = self.position
        return {
            "verdict": self.verdict.value,
            "lambda": None if place is None else place_text(place),
            "sign": _SIGNS[self.sign],
            "base": None if self.base is None else [integer_text(b) for b in self.base],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def drift_sign(walk: AnyWalk, position: Number | NearPole, *, max_bits: int = DEFAULT_MAX_BITS) -> DriftSign:
    """The sign of G at a place, decided for every rational place that `max_bits` can resolve.

    Certified: the sign by interval arithmetic, G = 0 by Lemma D5.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    position : Number > 0, or NearPole
        The curvature lambda.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    DriftSign
        `sign` is -1 (poles included), 0, +1, or None where undecided.

    Raises
    ------
    InputError
        Unless position > 0 and max_bits >= 1.

    Examples
    --------
    >>> from catalysis import drift_sign
    >>> [drift_sign("examples/tangency.toml", place).sign for place in ("0.7", "0.75", 2)]
    [-1, 0, 1]
    """
    walk = as_walk(walk)
    place = position if isinstance(position, NearPole) else positive(position, "position")
    found = sign_at(walk, place, whole(max_bits, "max_bits", least=1))
    return replace(found, walk=walk, position=place)


def sign_at(walk: LinearWalk, position: Position, max_bits: int) -> DriftSign:
    """The sign of G. Balls first; if 128 bits leave it open, a rational place is tested for a zero by Lemma D5."""
    rational_place = isinstance(position, Fraction)
    if isinstance(position, Fraction) and walk.gap_of(position) is None:
        return DriftSign(-1, 0)
    for bits in ladder(max_bits):
        found = sign(drift_ball(walk, position, bits))
        if found:
            return DriftSign(found, bits)
        if rational_place and (64 < bits <= 128 or bits == max_bits <= 128):
            base = exact_zero_base(walk, position)  # type: ignore[arg-type]
            if base is not None:
                return DriftSign(0, bits, base)
    return DriftSign(None, max_bits)


@dataclass(frozen=True, repr=False)
class DriftValue(Result):
    """`lower < G(curvature) < upper` if `enclosure` is set (definition of G, interval arithmetic).

    Otherwise G = -inf, at a pole, or it is undecided and `reason` says what would decide it. `shortfall` says
    which limit left the enclosure wider than 10^-`digits`.

    Attributes
    ----------
    enclosure : Enclosure or None
        Bounds of G.
    reason, shortfall : str or None
        Why there is none, or why it is wide.
    """

    walk: LinearWalk
    curvature: Fraction
    enclosure: Enclosure | None
    reason: str | None = None
    digits: int = DEFAULT_DIGITS
    shortfall: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.reason is None else Verdict.UNDECIDED

    @property
    def number(self) -> Enclosure | float | None:
        return self.enclosure or (float("-inf") if self.reason is None else None)

    @property
    def formula(self) -> str:
        return f"G({latex(self.curvature)})"

    def fields(self) -> dict[str, Any]:
        at_pole = "-inf" if self.reason is None else None
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "digits": self.digits,
            "drift": at_pole if self.enclosure is None else self.enclosure.to_json(self._places()),
            **({} if self.reason is None else {"reason": self.reason}),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }

    def _places(self) -> int:
        """Significant digits that show `digits` behind the point."""
        assert self.enclosure is not None
        return max(20, self.digits + 2 + len(integer_text(int(abs(self.enclosure.upper)))))


def log_drift(
    walk: AnyWalk, curvature: Number, *, digits: int = DEFAULT_DIGITS, max_bits: int = DEFAULT_MAX_BITS
) -> DriftValue:
    """Enclose the log-drift G = E log|1 - eta lambda x| at one curvature.

    Certified: G lies strictly between the ends (definition of G, interval arithmetic).

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvature : Number > 0
        lambda.
    digits : int, 1 to 3500
        Decimals after the point that are wanted.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    DriftValue
        Its `enclosure` is None at a pole (G = -inf) or where undecided.

    Raises
    ------
    InputError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import log_drift
    >>> log_drift("examples/talk-1.toml", "1.42", digits=20).enclosure.decimals(12)
    ('-0.265585599216', '-0.265585599215')
    """
    walk, curvature = as_walk(walk), positive(curvature, "curvature")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    max_bits = whole(max_bits, "max_bits", least=1)
    if walk.gap_of(curvature) is None:
        return DriftValue(walk, curvature, None, digits=digits)
    slack = Fraction(1, 10 ** (digits + 2))
    value, reached = arb(0), False
    for bits in ladder(max_bits, max(64, int(3.33 * digits) + 32)):
        value = drift_ball(walk, curvature, bits)
        reached = value.is_finite() and bool(value.rad() == 0 or value.rad() < ball(slack))
        if reached:
            break
    if not value.is_finite():
        reason = f"{max_bits} bits do not resolve G here: {_ALLOW_MORE}"
        return DriftValue(walk, curvature, None, reason, digits)
    found = enclose(value)
    shortfall = None if reached else f"{max_bits} bits do not give {digits} digits: {_ALLOW_MORE}"
    held = Enclosure(found.lower - slack, found.upper + slack)
    return DriftValue(walk, curvature, held, None, digits, shortfall)
