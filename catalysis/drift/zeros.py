"""What is proved about one gap: a zero of G in its bracket, a gap without zeros, or an open question."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole, Position, compare, place_text, position_enclosure
from catalysis.exact.balls import ball, enclose, precision
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure


@dataclass(frozen=True)
class Zero:
    """One zero of G, strictly between `lower` and `upper` and alone there.

    `direction` is +1 (G goes up), -1 (down) or 0: a tangency, given by the integer `polynomial` whose
    root it is. `exact` is the zero itself where it is known to be rational, proved by `base` (D5).
    """

    walk: LinearWalk
    gap: int
    direction: int
    lower: Position
    upper: Position
    exact: Fraction | None = None
    base: tuple[int, ...] | None = None
    polynomial: tuple[int, ...] | None = None

    @property
    def kind(self) -> Literal["crossing", "tangency"]:
        return "crossing" if self.direction else "tangency"

    def enclosure(self, digits: int = 20) -> Enclosure:
        """Bounds of the zero on the lambda axis."""
        if self.exact is not None:
            return Enclosure(self.exact, self.exact)
        low, high = position_enclosure(self.lower, digits), position_enclosure(self.upper, digits)
        return Enclosure(low.lower, high.upper)

    def side_of(self, value: Fraction, max_bits: int) -> int | None:
        """The sign of the zero minus `value`, proved; None if the bracket does not tell."""
        if self.exact is not None:
            return (self.exact > value) - (self.exact < value)
        if compare(self.upper, value, max_bits) in (-1, 0):
            return -1
        return 1 if compare(self.lower, value, max_bits) in (0, 1) else None

    def surrounds(self, value: Fraction, max_bits: int) -> bool:
        """Proved: `value` lies strictly inside the bracket."""
        return (compare(self.lower, value, max_bits), compare(self.upper, value, max_bits)) == (-1, 1)

    def nearest_pole(self) -> tuple[int, int]:
        """Index of the nearest pole and the side of it (+1: the zero lies above)."""
        if isinstance(self.lower, NearPole):
            return self.lower.index, self.lower.side
        middle = self.enclosure().midpoint
        left, right = self.walk.gap_ends(self.gap)
        if right is None or middle - left <= right - middle:
            return self.gap - 1, 1
        return self.gap, -1

    def log_distance(self, digits: int = 20) -> Enclosure:
        """Bounds for the log of the distance to the nearest pole."""
        if isinstance(self.lower, NearPole) and isinstance(self.upper, NearPole):
            ends = sorted((-self.lower.t, -self.upper.t))
            return Enclosure(ends[0], ends[1])
        index, _ = self.nearest_pole()
        pole, value = self.walk.poles[index], self.enclosure(digits)
        near, far = sorted((abs(value.lower - pole), abs(value.upper - pole)))
        with precision(96 + 4 * max(digits - 20, 0)):
            return Enclosure(enclose(ball(near).log()).lower, enclose(ball(far).log()).upper)

    def __repr__(self) -> str:
        if self.exact is not None:
            return f"{self.kind} at {exact_text(self.exact)}"
        return f"{self.kind} between {place_text(self.lower)} and {place_text(self.upper)}"


@dataclass(frozen=True)
class NegativeGap:
    """G < 0 on the whole gap: at `at` G and its tangent are negative up to both poles (D3)."""

    gap: int
    at: Fraction


@dataclass(frozen=True)
class UndecidedGap:
    """A gap that the limits left open; `reason` says what would decide it."""

    gap: int
    reason: str
