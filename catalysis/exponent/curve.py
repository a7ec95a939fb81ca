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
from catalysis.exact.vectors import Floats, exp2_near, tables
from catalysis.exponent.doubles import MOST_DIGITS, Sums, fits, half_widths
from catalysis.exponent.exponent import CramerExponent, Regime, exponent_at

DEFAULT_DIGITS = 9
_NEWTON_STEPS = 60
_AT_ONCE = 20_000  # curvatures

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class ExponentCurve(Result):
    """theta at each of the `curvatures`; iterating, or an index, gives the points as `CramerExponent`.

    Certified (E1, E2, by H5): each point's regime, and `lower[i] < theta < upper[i]` where it is deflationary;
    elsewhere both are inf (stable) or 0, or they are 0 and inf (undecided).

    Attributes
    ----------
    curvatures : tuple of float or Fraction
        Where; a float stands for its exact value.
    regimes : tuple of Regime
        The regime at each.
    lower, upper : tuple of float
        Bounds of theta at each.
    by_balls : tuple of (int, CramerExponent)
        The points that doubles could not settle, by index; their own brackets are the finer ones.
    reason : str or None
        What would decide the undecided points.
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
    """Certify the Cramér exponent theta at an array of curvatures at once.

    An array of floats, each at its exact value, costs microseconds a point; other numbers are read one by one. Up to
    some 12 digits are proved in doubles, more by `cramer_exponent`, as are points at poles, borders and zeros of G.
    Certified (E1, E2; by H5): see `ExponentCurve`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvatures : array of floats, or iterable of Number
        The curvatures, each > 0.
    digits : int, 1 to 3500
        Significant digits of theta that are wanted.
    max_bits : int >= 1
        The highest working precision of what balls are asked.
    progress : callable, optional
        Told (done, total) of the points that balls are asked.

    Returns
    -------
    ExponentCurve
        `regimes`, `lower` and `upper`; an index gives a point as `CramerExponent`.

    Raises
    ------
    InputError
        Unless the arguments are as above; TooLong, beforehand, for more than some 40 seconds of work.

    Examples
    --------
    >>> import numpy as np
    >>> from catalysis import exponent_curve
    >>> curve = exponent_curve("examples/talk-1.toml", np.linspace(1.1, 1.6, 6))
    >>> [regime.value for regime in curve.regimes][:2], round(curve.lower[3], 6)
    (['stable', 'deflationary'], 1.939026)
    """
    walk, places = as_walk(walk), places_of(curvatures, "curvatures")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    max_bits = whole(max_bits, "max_bits", least=1)
    sight = digits <= MOST_DIGITS and in_sight(walk)
    check_work(walk, places, "curvatures", by_balls=not sight)
    kinds, lower, upper = np.zeros(len(places), np.int8), np.zeros(len(places)), np.zeros(len(places))
    for first in range(0, len(places), _AT_ONCE) if sight else ():
        part = slice(first, first + _AT_ONCE)
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
    """What doubles prove: which of `_REGIMES`, and bounds of theta.

    Factors are looked at block by block, within the cache; their sums at all curvatures together.
    """
    kinds, seen = np.zeros(len(curvatures), np.int8), np.full((_KEPT, len(curvatures)), np.nan)
    for part in blocks(walk, len(curvatures)):
        kinds[part] = _look(walk, curvatures[part], seen[:, part])
    low, high, proved = _brackets(walk, seen, half_widths(digits))
    kinds[proved] = _DEFLATIONARY
    stable = kinds == _STABLE
    return (
        kinds,
        np.where(stable, np.inf, np.where(proved, low, 0.0)),
        np.where(stable, np.inf, np.where(proved, high, 0.0)),
    )


def _look(walk: LinearWalk, curvatures: Floats, seen: Floats) -> npt.NDArray[np.int8]:
    """The regimes that need no theta; where it is needed the columns of `seen` are filled: see `_brackets`."""
    found = LogFactors.of(walk, curvatures)
    stable, signs = found.stable, found.drift_signs(walk)
    inflationary = found.beyond & (signs > 0)
    rest = np.flatnonzero(found.beyond & found.seen & (signs <= 0))
    if len(rest):
        if len(rest) < len(curvatures):
            found = LogFactors(*(part[..., rest] for part in vars(found).values()))
        theta = _guess(walk.float_weights, found.logs, walk.float_idle)
        seen[:, rest] = theta, *_sums(walk, found.logs, theta), found.top, found.largest, found.near
    return np.where(stable, _STABLE, np.where(inflationary, _INFLATIONARY, _OPEN)).astype(np.int8)


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


def _sums(walk: LinearWalk, logs: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """A, B, C of H4 at each curvature."""
    terms = theta * logs
    np.maximum(terms, -127.0, out=terms)
    terms = exp2_near(terms)
    terms *= walk.float_weights[:, None]
    a = np.add.reduce(terms, axis=0)
    terms *= logs
    b = np.add.reduce(terms, axis=0)
    terms *= logs
    return a, b, np.add.reduce(terms, axis=0)


_KEPT = 7  # theta; A, B, C; the largest L; Lam, F


def _brackets(walk: LinearWalk, seen: Floats, halves: tuple[float, ...]) -> tuple[Floats, Floats, Bools]:
    """Bounds of theta, and where H5 proves them, from the rows of `seen`."""
    theta, a, b, c, top, largest, near = seen
    d, q = np.sqrt(a * c), a * near
    q = np.where(theta >= 1, np.minimum(q, np.maximum(1.0, a)), q)
    sums = Sums.of(walk.size, theta, (a, b, c), walk.float_idle, largest, near, d, q)
    close, usual = sums.root(), fits(theta, top, largest, near)
    open_, half = usual, np.zeros(len(close))
    for wider in halves:
        holds = open_ & sums.proves(close * (1 - wider), close * (1 + wider))
        half, open_ = np.where(holds, wider, half), open_ & ~holds
        if not open_.any():
            break
    return close * (1 - half), close * (1 + half), half > 0
