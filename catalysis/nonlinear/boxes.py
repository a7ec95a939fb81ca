"""Many boxes of starts at once, in doubles with directed rounding (N11).

Each operation on doubles is followed by one step of `nextafter` outwards. The exact sum or product of two
doubles lies between the neighbours of the rounded one (rounding to nearest, IEEE 754, which numpy uses), the
smallest numbers included: so the pair encloses.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


class Found(enum.IntEnum):
    """What is proved of the starts of a box."""

    UNDECIDED = 0
    LAZY = 1
    CATAPULT = 2
    DIVERGENT = 3
    OUTSIDE = 4
    """No network starts there: |kappa| > L/2 on the whole box."""


def down(x: Floats) -> Floats:
    return np.nextafter(x, -np.inf)


def up(x: Floats) -> Floats:
    return np.nextafter(x, np.inf)


@dataclass(frozen=True)
class Interval:
    """Lower and upper ends, arrays of one shape; every operation encloses the exact result."""

    lo: Floats
    hi: Floats

    def __add__(self, other: Interval) -> Interval:
        return Interval(down(self.lo + other.lo), up(self.hi + other.hi))

    def __sub__(self, other: Interval) -> Interval:
        return Interval(down(self.lo - other.hi), up(self.hi - other.lo))

    def __mul__(self, other: Interval) -> Interval:
        ends = (self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi)
        return Interval(down(np.minimum.reduce(ends)), up(np.maximum.reduce(ends)))

    def square(self) -> Interval:
        small, large = (
            np.minimum(np.abs(self.lo), np.abs(self.hi)),
            np.maximum(np.abs(self.lo), np.abs(self.hi)),
        )
        small = np.where((self.lo <= 0) & (self.hi >= 0), 0.0, small)
        return Interval(np.maximum(down(small * small), 0.0), up(large * large))

    @classmethod
    def exactly(cls, x: Floats | float) -> Self:
        """Doubles that mean themselves."""
        there = np.asarray(x, np.float64)
        return cls(there, there)


@dataclass(frozen=True)
class Boxes:
    """Boxes of states: l = x L and v = (x kappa)^2, interval arrays of one shape."""

    l: Interval  # noqa: E741  the letter of the lemmas
    v: Interval

    def take(self, kept: Flags | Codes) -> Boxes:
        return Boxes(*(Interval(side.lo[kept], side.hi[kept]) for side in (self.l, self.v)))

    def clipped(self) -> Boxes:
        """Without what no start reaches: v <= l^2/4."""
        quarter = self.l.square()
        return Boxes(self.l, Interval(self.v.lo, np.minimum(self.v.hi, up(quarter.hi * 0.25))))

    def surplus(self) -> Interval:
        """w = 2 + v - l."""
        return Interval.exactly(2.0) + self.v - self.l

    def factor(self) -> Interval:
        """f = 1 - l + v."""
        return Interval.exactly(1.0) + self.v - self.l

    def step(self) -> Boxes:
        """The image, for l <= 4 (N11)."""
        f = self.factor()
        corners = [corner_square(l, v) for l in (self.l.lo, self.l.hi) for v in (self.v.lo, self.v.hi)]  # noqa: E741
        hi = np.maximum.reduce([c.hi for c in corners])
        hi = np.maximum(hi, self.inner_maximum())
        lo = np.where((f.lo <= 0) & (f.hi >= 0), 0.0, np.minimum.reduce([c.lo for c in corners]))
        four = Interval.exactly(4.0)
        bottom, top = Interval.exactly(self.l.lo), Interval.exactly(self.l.hi)
        falls_most = bottom - Interval.exactly(self.v.hi) * (four - bottom)
        falls_least = top - Interval.exactly(self.v.lo) * (four - top)
        l = Interval(np.maximum(falls_most.lo, 0.0), np.minimum(falls_least.hi, self.l.hi))  # noqa: E741
        return Boxes(l, Interval(lo, hi)).clipped()

    def inner_maximum(self) -> Floats:
        """A bound of v' where 3v = l - 1 may hold on a side l = l- or l = l+; 0 where it does not."""
        most = np.zeros(self.l.lo.shape)
        for end in (self.l.lo, self.l.hi):
            c = Interval.exactly(end) - Interval.exactly(1.0)
            inside = (
                (up(3 * self.v.lo) >= 0)
                & (down(3 * self.v.lo) <= c.hi)
                & (up(3 * self.v.hi) >= c.lo)
                & (c.hi > 0)
            )
            # 4/27 < 0.1482
            value = up(up(up(c.hi * c.hi) * c.hi) * 0.1482)
            most = np.where(inside, np.maximum(most, value), most)
        return most


def corner_square(l: Floats, v: Floats) -> Interval:  # noqa: E741
    """v f^2 at the point (l, v)."""
    at = Interval.exactly(v)
    f = Interval.exactly(1.0) + at - Interval.exactly(l)
    image = at * f.square()
    return Interval(np.maximum(image.lo, 0.0), image.hi)


@dataclass(frozen=True)
class Decisions:
    """For each box what is proved (codes of Found), the witness step, and whether exact hits are left out."""

    found: Codes
    steps: Codes
    except_hits: Flags


def follow_below_four(boxes: Boxes, most_steps: int) -> Decisions:
    """Decide boxes with l <= 4 as N3 and N11 allow, following their images for some steps.

    The lemmas hold for l < 4, which all starts in the interior of a box with l <= 4 satisfy.
    """
    count = boxes.l.lo.size
    found, steps, excepted = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_)
    alive, now = np.arange(count), boxes.clipped()
    missed_zero, never_rose = now.v.lo > 0, np.ones(count, np.bool_)
    for step in range(most_steps + 1):
        w = now.surplus()
        rises, keeps = w.hi < 0, w.lo >= 0
        quiet = (now.l.hi <= 2) | ((now.l.hi <= 3) & keeps)
        lazy = quiet & never_rose
        found[alive[lazy]], found[alive[rises]] = Found.LAZY, Found.CATAPULT
        excepted[alive[rises]] = ~missed_zero[rises]
        steps[alive] = step
        going = ~rises & ~quiet
        never_rose &= keeps
        alive, now, missed_zero, never_rose = (
            alive[going],
            now.take(going),
            missed_zero[going],
            never_rose[going],
        )
        if step == most_steps or not alive.size:
            break
        f = now.factor()
        missed_zero &= (f.lo > 0) | (f.hi < 0)
        now = now.step()
    return Decisions(found, np.where(found == Found.UNDECIDED, 0, steps), excepted)
