"""The log-drift G(lambda) = E log|1 - eta lambda x|: its value, its slope, its sign at a place.

Lemmas D1 to D5 of docs/theory.md. For full batch ask the walk of `Step.full_batch()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from catalysis.data.walk import CLOSE, GUARD, LinearWalk
from catalysis.drift.place import NearPole, Position, offset_ball
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
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure, Verdict


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
    around = balls.around(walk, index, bits)
    with precision(bits):
        return (around - offset * balls.rate_row).entries()


def _close_poles(walk: LinearWalk, curvature: Fraction) -> tuple[list[int], float]:
    """A hint, in doubles: where balls lose many bits in `1 - lambda xi`, and the least such factor.

    Any answer is safe.
    """
    scale = nearest_double(curvature) * float(walk.float_rates[0])
    if not 1e-300 < scale < 1e300:
        scale = nearest_double(curvature * walk.rates[0])
    if not scale < 1e300:
        return list(range(walk.size)), 0.0
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


@dataclass(frozen=True)
class DriftSign:
    """The sign of G at a place: -1, 0, +1, or None with `bits` tried in vain.

    A zero is proved by `base` (Lemma D5); a pole counts as negative (G = -inf).
    """

    sign: int | None
    bits: int
    base: tuple[int, ...] | None = None


def drift_sign(walk: LinearWalk, position: Position, *, max_bits: int = DEFAULT_MAX_BITS) -> DriftSign:
    """The sign of G at `position`, decided for every rational place that `max_bits` can resolve.

    Balls first; if 128 bits leave it open, a rational place is tested for an exact zero by Lemma D5.
    """
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


@dataclass(frozen=True)
class DriftValue:
    """`lower < G(curvature) < upper` if `enclosure` is set.

    Otherwise G = -inf, at a pole, or it is undecided and `reason` says what would decide it.
    """

    walk: LinearWalk
    curvature: Fraction
    enclosure: Enclosure | None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.reason is None else Verdict.UNDECIDED

    def to_json(self) -> dict[str, Any]:
        at_pole = "-inf" if self.reason is None else None
        return {
            "verdict": self.verdict.value,
            "lambda": exact_text(self.curvature),
            "drift": at_pole if self.enclosure is None else self.enclosure.to_json(),
        }


def log_drift(
    walk: LinearWalk, curvature: Fraction, *, digits: int = 15, max_bits: int = DEFAULT_MAX_BITS
) -> DriftValue:
    """Enclose G(curvature) to `digits` decimals after the point, or as well as `max_bits` allow.

    Certified: G lies strictly between the ends (definition of G, interval arithmetic).
    Raises InputError unless curvature > 0 and digits >= 1.
    """
    if curvature <= 0 or digits < 1:
        raise InputError("the curvature and the digits must be positive")
    if walk.gap_of(curvature) is None:
        return DriftValue(walk, curvature, None)
    slack = Fraction(1, 10 ** (digits + 2))
    value: Ball | None = None
    for bits in ladder(max_bits, max(64, int(3.33 * digits) + 32)):
        value = drift_ball(walk, curvature, bits)
        if value.is_finite() and (value.rad() == 0 or value.rad() < ball(slack)):
            break
    assert value is not None
    if not value.is_finite():
        reason = f"{max_bits} bits do not resolve G here: allow more (--max-bits)"
        return DriftValue(walk, curvature, None, reason)
    found = enclose(value)
    return DriftValue(walk, curvature, Enclosure(found.lower - slack, found.upper + slack))
