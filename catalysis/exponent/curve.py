"""theta at an array of curvatures at once: Newton in doubles, then two proved signs for each. Lemmas H4, H5, E1, E2.

What doubles cannot see (poles, borders, tiny and huge exponents, many digits) is asked of `cramer_exponent`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.many import (
    SLACK,
    LogFactors,
    Numbers,
    Places,
    as_doubles,
    blocks,
    check_work,
    in_sight,
    places_of,
)
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.numbers import MAX_ASKED_DIGITS, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict
from catalysis.exact.vectors import UNIT, Floats, exp2_near, tables
from catalysis.exponent.exponent import CramerExponent, Regime, exponent_at

DEFAULT_DIGITS = 9
_FEWEST_DIGITS, _MOST_DIGITS = 5, 13  # fewer gain nothing, more are beyond doubles
_NEWTON_STEPS = 60
_HALF_WIDTH = 0.4  # of the width asked for
_TINY = 2.0**-100

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class ExponentCurve(Result):
    """theta at each of the `curvatures`; iterating, or an index, gives the points as `CramerExponent`.

    Certified (E1, E2, by H5): each point's regime, and `lower[i] < theta < upper[i]` where it is deflationary;
    elsewhere both are inf (stable) or 0, or they are 0 and inf (undecided). `by_balls` are the points that doubles
    could not settle, by index; their brackets there are the finer ones.
    """

    walk: LinearWalk
    curvatures: Places
    regimes: tuple[Regime, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    digits: int = DEFAULT_DIGITS
    by_balls: tuple[tuple[int, CramerExponent], ...] = ()

    def __len__(self) -> int:
        return len(self.curvatures)

    def __getitem__(self, index: int) -> CramerExponent:
        index = range(len(self))[index]
        for known, point in self.by_balls:
            if known == index:
                return point
        return self._point(index)

    def __iter__(self) -> Iterator[CramerExponent]:
        slow = dict(self.by_balls)
        return (slow.get(i) or self._point(i) for i in range(len(self)))

    def _point(self, index: int) -> CramerExponent:
        at, regime = Fraction(self.curvatures[index]), self.regimes[index]
        ends = self.lower[index], self.upper[index]
        held = Enclosure(Fraction(ends[0]), Fraction(ends[1])) if regime is Regime.DEFLATIONARY else None
        return CramerExponent(self.walk, at, regime, held, self.digits)

    @property
    def _open(self) -> tuple[CramerExponent, ...]:
        return tuple(point for _, point in self.by_balls if point.regime is Regime.UNDECIDED)

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self._open else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """Which limit left the first of the undecided points open."""
        return f"{len(self._open)} points are undecided: {self._open[0].reason}" if self._open else None

    def fields(self) -> dict[str, Any]:
        points = (point.fields() for point in self)
        kept = ("verdict", "lambda", "regime", "exponent")
        return {
            "verdict": self.verdict.value,
            "digits": self.digits,
            "points": [{key: point[key] for key in kept} for point in points],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def exponent_curve(
    walk: AnyWalk,
    curvatures: Numbers,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> ExponentCurve:
    """Certify theta at each of the curvatures > 0, to `digits` significant digits.

    An array of floats, each at its exact value, costs microseconds a point; other numbers are read one by one. Up to
    some 12 digits are proved in doubles, more by `cramer_exponent`, as are points near poles and borders: of these
    `progress(done, total)` is told.
    Certified: see ExponentCurve. Raises InputError for a curvature that is no number > 0, unless 1 <= digits <= 3500
    and max_bits >= 1, and beforehand for work of more than some 40 seconds.
    """
    walk, places = as_walk(walk), places_of(curvatures, "curvatures")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    max_bits = whole(max_bits, "max_bits", least=1)
    sight = digits <= _MOST_DIGITS and in_sight(walk)
    check_work(walk, places, "curvatures", by_balls=not sight)
    kinds, lower, upper = np.zeros(len(places), np.int8), np.zeros(len(places)), np.zeros(len(places))
    for part in blocks(walk, len(places)) if sight else ():
        with np.errstate(all="ignore"):
            kinds[part], lower[part], upper[part] = _settled(walk, as_doubles(places[part]), digits)
    regimes = [_REGIMES[kind] for kind in kinds.tolist()]
    slow, left = [], np.flatnonzero(kinds == _OPEN).tolist()
    for i in left:
        point = exponent_at(walk, Fraction(places[i]), digits, max_bits)
        regimes[i], (lower[i], upper[i]) = point.regime, _ends(point)
        slow.append((i, point))
        if progress is not None:
            progress(len(slow), len(left))
    ends = tuple(lower.tolist()), tuple(upper.tolist())
    return ExponentCurve(walk, places, tuple(regimes), *ends, digits, tuple(slow))


_REGIMES = (Regime.UNDECIDED, Regime.STABLE, Regime.DEFLATIONARY, Regime.INFLATIONARY)
_OPEN, _STABLE, _DEFLATIONARY, _INFLATIONARY = range(4)


def _ends(point: CramerExponent) -> tuple[float, float]:
    """Doubles around theta."""
    if point.regime is Regime.UNDECIDED:
        return 0.0, np.inf
    if point.enclosure is None:
        return float(point), float(point)
    return _double(point.enclosure.lower, -1), _double(point.enclosure.upper, 1)


def _double(value: Fraction, side: int) -> float:
    """A double at or beyond the value, on this side."""
    try:
        near = float(value)
    except OverflowError:
        return np.inf if side > 0 else float(np.finfo(float).max)
    return near if side * (Fraction(near) - value) >= 0 else float(np.nextafter(near, side * np.inf))


def _settled(
    walk: LinearWalk, curvatures: Floats, digits: int
) -> tuple[npt.NDArray[np.int8], Floats, Floats]:
    """What doubles prove: which of `_REGIMES`, and bounds of theta."""
    found = LogFactors.of(walk, curvatures)
    stable, signs = found.stable, found.drift_signs(walk)
    inflationary = found.beyond & (signs > 0)
    regimes = np.where(stable, _STABLE, np.where(inflationary, _INFLATIONARY, _OPEN)).astype(np.int8)
    lower, upper = np.where(stable, np.inf, 0.0), np.where(stable, np.inf, 0.0)
    rest = np.flatnonzero(found.beyond & found.seen & (signs <= 0))
    if len(rest):
        if len(rest) < len(curvatures):
            found = LogFactors(*(part[..., rest] for part in vars(found).values()))
        theta = _guess(walk.float_weights, found.logs, walk.float_idle)
        low, high, proved = _brackets(walk, found, theta, _HALF_WIDTH * 10.0 ** -max(digits, _FEWEST_DIGITS))
        where = rest[proved]
        regimes[where], lower[where], upper[where] = _DEFLATIONARY, low[proved], high[proved]
    return regimes, lower, upper


def _guess(weights: Floats, logs: Floats, still: float) -> Floats:
    """theta in doubles, nan where they fail: Newton on log M, convex, from beyond the root. Proves nothing."""
    theta = np.full(logs.shape[1], np.nan)
    active = np.arange(logs.shape[1])
    at = -np.log(weights[0]) / logs[0]
    grown = np.empty_like(logs)
    for _ in range(_NEWTON_STEPS):
        np.multiply(at, logs, out=grown)
        np.exp(grown, out=grown)
        moment = weights @ grown + still
        grown *= logs
        step = np.log(moment) * moment / (weights @ grown)
        at = at - step
        theta[active] = at
        moving = (np.abs(step) > 3e-4 * at) & (at > 1e-7)
        if 5 * np.count_nonzero(moving) < 4 * len(moving):
            if not moving.any():
                break
            active, at, logs = active[moving], at[moving], logs[:, moving]
            grown = np.empty_like(logs)
    return theta / tables().ln2


def _brackets(
    walk: LinearWalk, found: LogFactors, theta: Floats, half: float
) -> tuple[Floats, Floats, Bools]:
    """Bounds of theta, and where H5 proves them."""
    sums = _Sums.of(walk, found, theta)
    close = sums.root()
    low, high = close * (1 - half), close * (1 + half)
    below, slack_below = sums.excess(low)
    above, slack_above = sums.excess(high)
    proved = sums.held & (low > 0) & (below + slack_below < 0) & (above - slack_above > 0)
    return low, high, proved


@dataclass(frozen=True, eq=False)
class _Sums:
    """A - 1 + idle, A, B, C and d_0, d_1, d_2 of H4 at `theta`; `held` where its hypotheses and theirs hold."""

    theta: Floats
    excess_here: Floats
    mass: Floats
    first: Floats
    second: Floats
    errors: tuple[Floats, Floats, Floats]
    largest: Floats
    held: Bools

    @classmethod
    def of(cls, walk: LinearWalk, found: LogFactors, theta: Floats) -> _Sums:
        grown = theta * found.logs
        np.maximum(grown, -127.0, out=grown)
        grown = exp2_near(grown)
        grown *= walk.float_weights[:, None]
        a = np.add.reduce(grown, axis=0)
        grown *= found.logs
        b = np.add.reduce(grown, axis=0)
        grown *= found.logs
        c = np.add.reduce(grown, axis=0)
        near, largest, m = found.near, found.largest, walk.size
        held = (
            found.seen
            & (theta > 0)
            & (theta <= 2.0**20)
            & (theta * found.top <= 126.0)
            & (theta * UNIT * (4 * largest + 11 + 6 * near) <= 2.0**-11)
        )
        mass = a + walk.float_idle
        return cls(theta, mass - 1.0, mass, b, c, _errors(m, theta, a, c, largest, near), largest, held)

    def root(self) -> Floats:
        """Where the second-order expansion of M - 1 vanishes."""
        g = -self.excess_here / self.first
        for _ in range(2):
            g = g - (self.excess_here + g * (self.first + 0.5 * g * self.second)) / (
                self.first + g * self.second
            )
        return self.theta + g / tables().ln2

    def excess(self, at: Floats) -> tuple[Floats, Floats]:
        """V and 1.01 W of H5; nan where its hypotheses fail."""
        largest = self.largest + 2.0**-10
        g = (at - self.theta) * tables().ln2
        size = np.abs(g)
        usable = (size * largest <= 0.09) & (at >= 0.5 * self.theta) & (at <= 2 * self.theta)
        linear, square = g * self.first, g * g * self.second
        value = self.excess_here + (linear + 0.5 * square)
        d0, d1, d2 = self.errors
        slack = (
            d0
            + size * (d1 + size * (d2 + 0.2 * size * largest * (self.second + d2)))
            + UNIT * (4 * (self.mass + 1) + 8 * np.abs(linear) + 8 * square)
        )
        return np.where(usable, value, np.nan), SLACK * slack


def _errors(
    m: int, theta: Floats, a: Floats, c: Floats, largest: Floats, near: Floats
) -> tuple[Floats, Floats, Floats]:
    """d_0, d_1, d_2 of H4."""
    d = np.sqrt(a * c)
    q = np.where(theta >= 1, np.minimum(np.maximum(1.0, a), a * near), a * near)
    spread = theta * (3 * largest + 8 + 5 * near)
    apart = 15 + 9 * near
    return (
        UNIT * ((m + 8) * a + theta * (4 * d + 9 * a + 5 * q)) + _TINY,
        UNIT * ((m + 12 + spread) * d + (11 + 7 * near) * a) + _TINY,
        UNIT * ((m + 16 + spread) * c + (24 + 14 * near) * d + UNIT * apart * apart * a) + _TINY,
    )
