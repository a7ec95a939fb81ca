"""From moments to drift, regime and theta, for any random factor R (Lemma P1).

k(s) = log E R^s is convex with k(0) = 0 and k'(0) = E log R: the drift lies between -k(-h)/h and k(h)/h, and signs of k
at rational places prove the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from catalysis.exact.balls import Ball, ball, enclose, precision, sign
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import brief
from catalysis.exact.result import Enclosure
from catalysis.exponent.solve import Regime
from catalysis.populations.factors import Factor

_MOST_STEPS = 60
_SPARE_BITS = 40


@dataclass(frozen=True)
class DriftBounds:
    """`lower` <= E log R <= `upper`; `lower` None: E log R = -inf, as P(R = 0) > 0."""

    lower: Fraction | None
    upper: Fraction
    step: Fraction
    """The h of the chords that prove them."""

    @property
    def sign(self) -> int | None:
        """The sign, where the bounds have one."""
        if self.upper < 0 or self.lower is None:
            return -1
        return 1 if self.lower > 0 else None


def log_moment(factor: Factor, s: Fraction, bits: int) -> Ball:
    """k(s) = log E R^s."""
    with precision(bits):
        return factor.moment(s, bits).log()


def drift_bounds(factor: Factor, digits: int) -> DriftBounds:
    """E log R to about `digits` decimals, between the chords of k over [-h, 0] and [0, h] (P1)."""
    halvings = int(3.33 * digits) + 8
    h, bits = Fraction(1, 2**halvings), 2 * halvings + _SPARE_BITS
    if -h <= factor.least_power:  # an atom at R = 0: E R^-h is infinite for every h > 0
        return DriftBounds(None, Fraction(-1), h)
    with precision(bits):
        upper = enclose(_known(factor, h, bits) / ball(h)).upper
        lower = enclose(-_known(factor, -h, bits) / ball(h)).lower
    return DriftBounds(lower, upper, h)


def _known(factor: Factor, s: Fraction, bits: int) -> Ball:
    """k(s), with more bits where they are needed. Raises InputError where they do not help."""
    for more in (1, 4, 16):
        value = log_moment(factor, s, bits * more)
        if value.is_finite():
            return value
    raise InputError(
        "law: expected one whose moments can be enclosed; this one is too narrow or too far from 1/eta"
    )


@dataclass(frozen=True)
class ThetaBounds:
    """k(lower) < 0 < k(upper), so that lower < theta < upper; upper None: no place with k > 0 was found."""

    lower: Fraction
    upper: Fraction | None
    met: bool = True

    @property
    def enclosure(self) -> Enclosure | None:
        return None if self.upper is None else Enclosure(self.lower, self.upper)


def theta_bounds(factor: Factor, digits: int, max_bits: int) -> ThetaBounds:
    """theta to `digits` significant digits, for a factor with E log R < 0 that is not stable (P1)."""
    bits = int(3.33 * digits) + _SPARE_BITS
    found = ThetaBounds(Fraction(0), None, False)
    while bits <= max_bits:
        found = _Search(factor, bits).run(digits)
        if found.met or found.upper is None:
            return found
        bits *= 2
    return found


class _Search:
    """Places with k < 0 and k > 0, ever closer together."""

    def __init__(self, factor: Factor, bits: int) -> None:
        self.factor, self.bits = factor, bits
        self.low, self.high = Fraction(0), None  # type: tuple[Fraction, Fraction | None]
        self.values: list[tuple[Fraction, Fraction]] = []
        self.finite = True

    def run(self, digits: int) -> ThetaBounds:
        if not self._bracket():
            return ThetaBounds(self.low, None, False)
        for _ in range(_MOST_STEPS):
            at = self._guess()
            width = at / 10**digits / 4
            if self.at(at) is None or self._moved() < width:
                self.at(at - width)
                self.at(at + width)
                break
        assert self.high is not None
        return ThetaBounds(self.low, self.high, self.high - self.low <= self.high / 10**digits)

    def at(self, s: Fraction) -> int | None:
        """The sign of k(s), remembered; 0 and what cannot be told is None."""
        value = log_moment(self.factor, s, self.bits)
        self.finite = bool(value.is_finite())
        found = sign(value) if self.finite else None
        if found == -1 and s > self.low:
            self.low = s
        if found == 1 and (self.high is None or s < self.high):
            self.high = s
        if found:
            middle = enclose(arb(value.mid())).lower
            self.values.append((s, middle / s))
        return found or None

    def _bracket(self) -> bool:
        """Find places with k < 0 and with k > 0: doubling upwards, or towards the last finite moment."""
        limit, s = self.factor.moments_below, Fraction(1)
        if limit is not None and s >= limit:
            s = limit / 2
        while (found := self.at(s)) != 1:
            if not self.finite:
                return False
            if found is None:  # theta lies here, or next to it
                s = s * 65 / 64 if limit is None else (s + limit) / 2
                continue
            s = 2 * s if limit is None or 2 * s < limit else (s + limit) / 2
            if s > self.factor.most_power or (limit is not None and limit - s < limit / 2**60):
                return False
        while self.low == 0:
            s /= 2
            if self.at(s) is None and s < Fraction(1, 2**200):
                return False
        return self.high is not None

    def _guess(self) -> Fraction:
        """Where the line through the last two values of k(s)/s, an increasing function, meets 0, inside the bracket."""
        assert self.high is not None
        (a, ka), (b, kb) = self.values[-2:]
        guess = b - kb * (b - a) / (kb - ka) if ka != kb else self.low
        if not self.low < guess < self.high:
            guess = (self.low + self.high) / 2
        size = max(1, self.bits + 8 - (guess.numerator.bit_length() - guess.denominator.bit_length()))
        rounded = Fraction(round(guess * 2**size), 2**size)
        return rounded if self.low < rounded < self.high else (self.low + self.high) / 2

    def _moved(self) -> Fraction:
        """How far the last two places lie apart."""
        return abs(self.values[-1][0] - self.values[-2][0])


def regime_of(factor: Factor, drift: DriftBounds) -> Regime:
    """P1: stable if R <= 1 always; else the sign of the drift decides."""
    if factor.stable:
        return Regime.STABLE
    return {-1: Regime.DEFLATIONARY, 1: Regime.INFLATIONARY}.get(drift.sign or 0, Regime.UNDECIDED)


def undecided_reason(drift: DriftBounds, digits: int) -> str:
    assert drift.lower is not None  # -inf has a sign
    return (
        f"the drift lies in [{brief(drift.lower)}, {brief(drift.upper)}], "
        f"which {digits} digits do not tell from 0: ask for more digits"
    )
