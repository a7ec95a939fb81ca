"""The Cramer exponent of any walk: the one place that decides its regime and its digits (Lemmas E1, E2)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from catalysis.drift.value import DriftSign
from catalysis.exact.balls import DEFAULT_MAX_BITS, as_float, ball, precision
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.moments import Moments, bracket, bracket_slowly

DEFAULT_DIGITS = 12
_FLOAT_DIGITS = 14


class Regime(enum.Enum):
    """The four regimes of Lemma E1, and undecided where the precision did not suffice."""

    STABLE = "stable"
    DEFLATIONARY = "deflationary"
    INFLATIONARY = "inflationary"
    CRITICAL = "critical"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class StepExponent:
    """The regime of a walk and its Cramer exponent theta.

    Certified (E1, E2): `lower < theta < upper` if deflationary (then `enclosure` is set), theta = inf if
    stable, 0 if inflationary or critical (`base` proves that the drift is 0, D5). `reason` if undecided.
    """

    regime: Regime
    enclosure: Enclosure | None = None
    digits: int = DEFAULT_DIGITS
    base: tuple[int, ...] | None = None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.regime is Regime.UNDECIDED else Verdict.PROVED

    @property
    def number(self) -> Enclosure | Fraction | float | None:
        """theta: an enclosure, 0 or infinity; None if undecided."""
        if self.enclosure is not None:
            return self.enclosure
        return {Regime.STABLE: float("inf"), Regime.UNDECIDED: None}.get(self.regime, Fraction(0))

    def to_json(self) -> Any:
        """theta as the command line writes it: two ends, "inf", "0" or None."""
        if self.enclosure is not None:
            return self.enclosure.to_json(self.digits + 2)
        return None if self.number is None else str(self.number)

    def __float__(self) -> float:
        """theta as a float, for pictures and searches; nan if undecided."""
        if self.enclosure is None:
            return float("nan" if self.number is None else self.number)
        with precision(64):
            return as_float(ball(self.enclosure.midpoint))


class OneStep(Protocol):
    """What one step does to |mu|: all that the exponent asks of a walk."""

    def never_grows(self) -> bool:
        """No factor exceeds 1."""

    def float_root(self) -> float | None:
        """theta in doubles; None where doubles cannot see."""

    def float_bracket(self, start: float, digits: int) -> Enclosure | None:
        """Proved bounds of theta by doubles alone (H5), from a guess; None where they do not give them."""

    def drift_sign(self, max_bits: int) -> DriftSign:
        """The sign of E log r: -1 if a factor is 0."""

    def moments(self, bits: int) -> Moments:
        """M(theta) - 1 and its derivative. Call within `precision(bits)`."""


def solve(step: OneStep, digits: int, max_bits: int = DEFAULT_MAX_BITS) -> StepExponent:
    """Certify the regime and theta to `digits` significant digits (E1, E2).

    Doubles and one bracket first; then, for borders and for huge, tiny and vanishing exponents, the sign of
    the drift and a search with balls. Raises InputError for less than one digit.
    """
    if digits < 1:
        raise InputError(f"digits: expected at least 1, found {digits}")
    if step.never_grows():
        return StepExponent(Regime.STABLE)
    start = step.float_root()
    if start is not None:
        found = step.float_bracket(start, digits)
        if found is not None:
            return StepExponent(Regime.DEFLATIONARY, found, digits)
        bits = max(64, int(3.33 * digits) + 24)
        with precision(bits):
            found = bracket(step.moments(bits), start, _FLOAT_DIGITS, digits)
        if found is not None:
            return StepExponent(Regime.DEFLATIONARY, found, digits)
    return _slowly(step, digits, max(max_bits, 64))


def _slowly(step: OneStep, digits: int, max_bits: int) -> StepExponent:
    drift = step.drift_sign(max_bits)
    if drift.sign is None:
        reason = f"{max_bits} bits do not tell the drift from 0: allow more (--max-bits)"
        return StepExponent(Regime.UNDECIDED, reason=reason)
    if drift.sign >= 0:
        return StepExponent(Regime.INFLATIONARY if drift.sign else Regime.CRITICAL, base=drift.base)
    found = bracket_slowly(step.moments, digits=digits, max_bits=max_bits, first_bits=drift.bits)
    if found is not None:
        return StepExponent(Regime.DEFLATIONARY, found, digits)
    reason = f"{max_bits} bits do not give {digits} digits: allow more (--max-bits)"
    return StepExponent(Regime.UNDECIDED, reason=reason)
