"""theta at an array of curvatures, or of data sets, at once. Lemmas H4, H5, E1, E2.

What doubles cannot see (poles, borders, tiny and huge exponents, many digits) is asked of `cramer_exponent`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from catalysis.data.dataset import Dataset
from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.many import Numbers, Places, as_doubles, check_work, in_sight, places_of
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.numbers import MAX_ASKED_DIGITS, Number, at, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict
from catalysis.exact.vectors import Floats
from catalysis.exponent.columns import DEFLATIONARY, INFLATIONARY, OPEN, STABLE, Columns, settled
from catalysis.exponent.doubles import MOST_DIGITS
from catalysis.exponent.exponent import CramerExponent, Regime, exponent_at

DEFAULT_DIGITS = 9
_AT_ONCE = 20_000  # columns
_FACTORS = 200_000  # walks with so few in all are looked at together

Walks: TypeAlias = Sequence[LinearWalk | Dataset | os.PathLike[str] | Sequence[Number] | npt.NDArray[Any]]
"""Several walks, or data of several. A sequence of numbers or of text holds the inputs of one."""


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


@dataclass(frozen=True, repr=False)
class ExponentCurves(Result):
    """theta of each of several walks at the same curvatures; an index gives the curve of a walk.

    Certified: each curve as an `ExponentCurve` (E1, E2, by H5).

    Attributes
    ----------
    curves : tuple of ExponentCurve
        In the order of the walks.
    lower, upper : tuple of tuple of float
        Bounds of theta, for each walk at each curvature.
    reason : str or None
        What would decide the undecided points.
    """

    curves: tuple[ExponentCurve, ...]

    def __len__(self) -> int:
        return len(self.curves)

    def __getitem__(self, index: int) -> ExponentCurve:
        return self.curves[index]

    def __iter__(self) -> Iterator[ExponentCurve]:
        return iter(self.curves)

    @property
    def lower(self) -> tuple[tuple[float, ...], ...]:
        return tuple(curve.lower for curve in self.curves)

    @property
    def upper(self) -> tuple[tuple[float, ...], ...]:
        return tuple(curve.upper for curve in self.curves)

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.reason else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        """Which limit left the first of the undecided points open."""
        return next(
            (f"walk {i}: {curve.reason}" for i, curve in enumerate(self.curves) if curve.reason), None
        )

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "curves": [{**curve.walk.heading(), **curve.fields()} for curve in self.curves],
            **({} if self.reason is None else {"reason": self.reason}),
        }


@overload
def exponent_curve(  # type: ignore[overload-overlap]
    walk: Walks,
    curvatures: Numbers,
    *,
    digits: int = ...,
    max_bits: int = ...,
    progress: Progress | None = ...,
) -> ExponentCurves: ...


@overload
def exponent_curve(
    walk: AnyWalk,
    curvatures: Numbers,
    *,
    digits: int = ...,
    max_bits: int = ...,
    progress: Progress | None = ...,
) -> ExponentCurve: ...


def exponent_curve(
    walk: AnyWalk | Walks,
    curvatures: Numbers,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    progress: Progress | None = None,
) -> ExponentCurve | ExponentCurves:
    """Certify the Cramér exponent theta at an array of curvatures at once, for one walk or for several.

    An array of floats, each at its exact value, costs microseconds a point; other numbers are read one by one. Up to
    some 12 digits are proved in doubles, more by `cramer_exponent`, as are points at poles, borders and zeros of G.
    Certified (E1, E2; by H5): see `ExponentCurve`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset); or a sequence of these
        The step. Several walks, of any sizes: a list of walks, data sets or arrays (a list of numbers or of text holds
        the inputs of one data set); each is asked at each curvature.
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
    ExponentCurve, or ExponentCurves for several walks
        `regimes`, `lower` and `upper`; an index gives a point as `CramerExponent`. Of several walks an index gives a
        curve.

    Raises
    ------
    InputError
        Unless the arguments are as above; of several walks it names the one (walk[3]). TooLong, beforehand, for more
        than some 40 seconds of work.

    Examples
    --------
    >>> import numpy as np
    >>> from catalysis import exponent_curve
    >>> curve = exponent_curve("examples/talk-1.toml", np.linspace(1.1, 1.6, 6))
    >>> [regime.value for regime in curve.regimes][:2], round(curve.lower[3], 6)
    (['stable', 'deflationary'], 1.939026)
    >>> curves = exponent_curve([[1.0, 1.5], [1.0, 1.25, 2.0]], [0.75, 1.0])
    >>> len(curves), [[round(theta, 6) for theta in lower] for lower in curves.lower]
    (2, [[inf, 3.106284], [1.485024, 0.782566]])
    """
    several = _several(walk)
    walks = (
        [as_walk(walk)] if several is None else [as_walk(one, f"walk[{i}]") for i, one in enumerate(several)]
    )
    places = places_of(curvatures, "curvatures")
    digits = whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS)
    max_bits = whole(max_bits, "max_bits", least=1)
    sight = []
    for i, one in enumerate(walks):
        with at("walk" if several is None else f"walk[{i}]"):
            sight.append(digits <= MOST_DIGITS and in_sight(one))
    check_work(walks, places, "curvatures", by_balls=not all(sight))
    found = _settled(walks, sight, places, digits)
    curves = _finished(walks, places, found, digits, max_bits, progress)
    return curves[0] if several is None else ExponentCurves(curves)


def _several(walk: AnyWalk | Walks) -> Sequence[AnyWalk] | None:
    """The walks, where there are several; None for one."""
    if isinstance(walk, LinearWalk | Dataset | str | os.PathLike) or not isinstance(
        walk, Sequence | np.ndarray
    ):
        return None
    listed = list(walk)
    first = listed[0] if listed else None
    together = isinstance(first, LinearWalk | Dataset | os.PathLike) or (
        isinstance(first, Iterable)
        and not isinstance(first, str | bytes)
        and getattr(first, "shape", None) != ()
    )
    return listed if together else None


_REGIMES = {
    OPEN: Regime.UNDECIDED,
    STABLE: Regime.STABLE,
    DEFLATIONARY: Regime.DEFLATIONARY,
    INFLATIONARY: Regime.INFLATIONARY,
}


@dataclass
class _Found:
    """What is known of one walk, an entry in each list for each curvature; `left` are those still open."""

    regimes: list[Regime]
    lower: list[float]
    upper: list[float]
    left: list[int]


def _nothing(count: int) -> _Found:
    return _Found([Regime.UNDECIDED] * count, [0.0] * count, [np.inf] * count, list(range(count)))


def _settled(walks: Sequence[LinearWalk], sight: Sequence[bool], places: Places, digits: int) -> list[_Found]:
    """What doubles settle: short laws of about one size together, long ones by themselves."""
    count = len(places)
    if len(walks) == 1 and sight[0]:
        return list(_together(walks, as_doubles(places), digits))
    found = [None if see else _nothing(count) for see in sight]
    seen = sorted((i for i, see in enumerate(sight) if see), key=lambda i: _room(walks[i]))
    doubles = as_doubles(places)
    for room, alike in groupby(seen, key=lambda i: _room(walks[i])):
        group = list(alike)
        at_once = max(1, min(_AT_ONCE // max(1, count), _FACTORS // (room * max(1, count))))
        for first in range(0, len(group), at_once):
            some = group[first : first + at_once]
            for k, part in zip(some, _together([walks[i] for i in some], doubles, digits), strict=True):
                found[k] = part
    return [one for one in found if one is not None]


def _room(walk: LinearWalk) -> int:
    """The power of two that holds the rates."""
    return 1 << (walk.size - 1).bit_length()


def _together(walks: Sequence[LinearWalk], doubles: Floats, digits: int) -> Iterator[_Found]:
    parts = []
    for first in range(0, max(1, len(doubles)), _AT_ONCE):
        some = doubles[first : first + _AT_ONCE]
        columns = Columns.of(walks[0], some) if len(walks) == 1 else Columns.of_many(walks, some)
        with np.errstate(all="ignore"):
            parts.append([row.reshape(len(walks), -1) for row in settled(columns, digits)])
    for k in range(len(walks)):
        kinds, lower, upper = (
            parts[0][row][k] if len(parts) == 1 else np.concatenate([part[row][k] for part in parts])
            for row in range(3)
        )
        regimes = list(map(_REGIMES.__getitem__, kinds.tolist()))
        yield _Found(regimes, lower.tolist(), upper.tolist(), np.flatnonzero(kinds == OPEN).tolist())


def _finished(
    walks: Sequence[LinearWalk],
    places: Places,
    found: Sequence[_Found],
    digits: int,
    max_bits: int,
    progress: Progress | None,
) -> tuple[ExponentCurve, ...]:
    """The curves, once balls have been asked what doubles left open."""
    left = [(k, i) for k, one in enumerate(found) for i in one.left]
    slow: list[list[tuple[int, CramerExponent]]] = [[] for _ in walks]
    for done, (k, i) in enumerate(left, 1):
        point = exponent_at(walks[k], Fraction(places[i]), digits, max_bits)
        found[k].regimes[i], (found[k].lower[i], found[k].upper[i]) = point.regime, _ends(point)
        slow[k].append((i, point))
        if progress is not None:
            progress(done, len(left))
    return tuple(
        ExponentCurve(walk, places, tuple(f.regimes), tuple(f.lower), tuple(f.upper), digits, tuple(by_balls))
        for walk, f, by_balls in zip(walks, found, slow, strict=True)
    )


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
