"""Places on the lambda axis, also those far closer to a pole than any decimal could say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.balls import Ball, ball, enclose, ladder, precision, sign
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure

# Beyond this many bits a distance is shown by its logarithm alone.
_FINEST_BITS = 3000


@dataclass(frozen=True)
class NearPole:
    """The point `pole + side * exp(-t)`, side = +1 (above) or -1 (below), t rational."""

    index: int
    pole: Fraction
    side: int
    t: Fraction

    @classmethod
    def at(cls, pole: Fraction, index: int, side: int, t: float) -> NearPole:
        """The place at this distance. Raises ValueError or OverflowError where t is not finite."""
        return cls(index, pole, side, Fraction(t))

    def __repr__(self) -> str:
        sign = "+" if self.side > 0 else "-"
        return f"{exact_text(self.pole)} {sign} exp(-{exact_text(self.t)})"


Position = Fraction | NearPole


def place_text(position: Position) -> str:
    """The place for people."""
    return repr(position) if isinstance(position, NearPole) else exact_text(position)


def compare(position: Position, value: Fraction, max_bits: int) -> int | None:
    """The sign of `position - value`, proved; None if `max_bits` do not tell.

    Beside a pole the logs of the two distances are compared, so that nothing is lost however near it is.
    """
    if isinstance(position, Fraction):
        return (position > value) - (position < value)
    distance = position.side * (value - position.pole)
    if distance <= 0:
        return position.side
    if _clearly_below(position.t, distance):
        return -position.side
    for bits in ladder(max_bits):
        with precision(bits):
            nearer = sign(ball(position.t) + ball(distance).log())
        if nearer is not None:
            return -position.side * nearer
    return None


def _clearly_below(t: Fraction, distance: Fraction) -> bool:
    """Proved without a logarithm: exp(-t) < distance. For t >= 0, exp(-t) <= 2^(-1.4426 t)."""
    at_least = (
        distance.numerator.bit_length() - distance.denominator.bit_length() - 1
    )  # 2^at_least < distance
    return t >= 0 and 14426 * t.numerator > -at_least * 10_000 * t.denominator


def offset_ball(position: NearPole) -> Ball:
    """exp(-t) at the working precision."""
    return (-ball(position.t)).exp()


def position_ball(position: Position) -> Ball:
    """The point itself at the working precision."""
    if isinstance(position, Fraction):
        return ball(position)
    return ball(position.pole) + position.side * offset_ball(position)


def position_enclosure(position: Position, digits: int = 20) -> Enclosure:
    """Exact rationals around the point: so fine that they miss the pole, where 4000 bits can do that."""
    if isinstance(position, Fraction):
        return Enclosure(position, position)
    needed = int(max(position.t, Fraction(0)) * 3 / 2)
    # bits that would not tell the place from the pole are of no use
    bits = 64 + int(digits * 3.33) + (min(needed, _FINEST_BITS) if needed <= _FINEST_BITS + 200 else 0)
    with precision(bits):
        value = enclose(position_ball(position))
    # the pole itself is an exact bound on one side
    if position.side > 0:
        return Enclosure(max(value.lower, position.pole), value.upper)
    return Enclosure(value.lower, min(value.upper, position.pole))
