"""G at an array of curvatures at once: the logarithms of the factors in doubles, and the signs they prove. Lemma H5.

Where doubles do not see, at poles and zeros of G, the place is left to the balls of `drift_sign`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.value import sign_at
from catalysis.exact.balls import DEFAULT_MAX_BITS, nearest_double
from catalysis.exact.effort import SILENT_SECONDS, TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact_text, positive, shown, whole
from catalysis.exact.result import Result, Verdict
from catalysis.exact.vectors import UNIT, Floats, exp2_near, log2_near, roundings, rounds_to_nearest, total

Numbers: TypeAlias = Iterable[Number] | npt.NDArray[Any]
"""What `drift_signs` and `exponent_curve` take as curvatures."""

Places = tuple[float | Fraction, ...]
"""Curvatures > 0; a float stands for its exact value."""

SLACK = 1.01
"""What bounds computed in doubles are multiplied with, for their own roundings."""

_ENTRIES, _MORE_ENTRIES = 12_000, 24_000  # factors looked at together, within the cache: of few, of many
_MANY = 500_000
_LONG = 256  # so many rates lie together in memory, numpy's loops run along them; of fewer, curvatures do
_FACTORS_PER_SECOND, _BALLS_PER_SECOND = 20_000_000, 200_000
_SIGNS = {-1: "negative", 0: "zero", 1: "positive", None: None}


def places_of(curvatures: Numbers, what: str) -> Places:
    """The curvatures, each > 0; an array of floats is kept as it is. Raises InputError."""
    listed = not isinstance(curvatures, str | bytes) and isinstance(curvatures, Iterable)
    if not listed or (isinstance(curvatures, np.ndarray) and curvatures.ndim != 1):
        raise InputError(f"{what}: expected a sequence of numbers, found {shown(curvatures)}")
    if not (isinstance(curvatures, np.ndarray) and curvatures.dtype == np.float64):
        return tuple(positive(one, what) for one in curvatures)
    wrong = curvatures[~((curvatures > 0) & (curvatures < np.inf))]
    if len(wrong):
        raise InputError(f"{what}: expected finite numbers > 0, found {wrong[0]}")
    return tuple(curvatures.tolist())


def as_doubles(places: Places) -> Floats:
    """The nearest doubles."""
    return np.array(
        [p if type(p) is float else nearest_double(Fraction(p)) for p in places], dtype=np.float64
    )


def check_work(walks: Sequence[LinearWalk], places: Sequence[object], what: str, *, by_balls: bool) -> None:
    """Refuse beforehand what would take too long."""
    size = sum(walk.size for walk in walks)
    seconds = len(places) * size / (_BALLS_PER_SECOND if by_balls else _FACTORS_PER_SECOND)
    if seconds > SILENT_SECONDS:
        raise TooLong(f"{what}: {len(places)} of them for {size} distinct curvatures", seconds, "fewer")


def in_sight(walk: LinearWalk) -> bool:
    """Whether H4 may be asked at all: the sizes of the walk's numbers, and how the processor rounds."""
    return walk.float_range and rounds_to_nearest()


@dataclass(frozen=True, eq=False)
class LogFactors:
    """`logs[i, j]` = L_i at curvature j; `top` is the largest of them, `largest` = Lam and `near` = F are those of H4.

    Nothing is said where not `seen`.
    """

    scaled: Floats
    logs: Floats
    top: Floats
    largest: Floats
    near: Floats
    seen: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, walk: LinearWalk, curvatures: Floats) -> LogFactors:
        return cls.at(walk.float_rates[:, None], curvatures)

    @classmethod
    def at(cls, rates: Floats, curvatures: Floats) -> LogFactors:
        """For one column of rates, or one for each curvature, the largest first."""
        if len(rates) < _LONG:
            sizes = rates * curvatures
        else:
            sizes = (rates.T * curvatures[:, None]).T
        usual = (curvatures > 2.0**-300) & (curvatures < 2.0**300)
        scaled = np.where(usual, sizes[0], np.nan)
        sizes -= 1.0
        np.abs(sizes, out=sizes)
        logs = log2_near(sizes)
        low, high = logs.min(axis=0), logs.max(axis=0)
        seen = (low > -29.9) & (high < 63.0) & usual
        near = exp2_near(np.where(seen, -low, 0.0)) * SLACK
        return cls(scaled, logs, high, np.maximum(-low, high), near, seen)

    @property
    def stable(self) -> npt.NDArray[np.bool_]:
        """Proved: lambda xi* < 2."""
        found: npt.NDArray[np.bool_] = self.scaled < 2 * (1 - 4 * UNIT)
        return found

    @property
    def beyond(self) -> npt.NDArray[np.bool_]:
        """Proved: lambda xi* > 2."""
        found: npt.NDArray[np.bool_] = self.scaled > 2 * (1 + 4 * UNIT)
        return found

    def signs(self, weights: Floats) -> npt.NDArray[np.int8]:
        """The signs of G that H5b proves; 0 where it does not. The weights are shaped as the rates were."""
        drift = total(self.logs * weights)
        error = SLACK * UNIT * ((roundings(len(weights)) + 9) * self.largest + 11 + 7 * self.near)
        proved = self.seen & (np.abs(drift) > error)
        return np.where(proved, np.sign(drift), 0.0).astype(np.int8)


def quick_sign(walk: LinearWalk, place: Fraction) -> int:
    """The sign of G at one place, for many rates: by H5b alone, 0 where doubles do not tell."""
    if walk.size < _LONG or not in_sight(walk):
        return 0
    with np.errstate(all="ignore"):
        found = LogFactors.of(walk, as_doubles((place,))).signs(walk.float_weights[:, None])
    return int(found[0])


def blocks(size: int, count: int) -> Iterator[slice]:
    """Which of so many curvatures are looked at together, for so many rates."""
    step = max(1, (_ENTRIES if size * count < _MANY else _MORE_ENTRIES) // size)
    if size * count >= _MANY:
        np.empty(
            _MANY
        )  # given back at once: from then on glibc keeps what blocks free, and no page is fetched anew
    return (slice(first, min(first + step, count)) for first in range(0, count, step))


@dataclass(frozen=True, repr=False)
class DriftSigns(Result):
    """The signs of G at an array of curvatures: -1, 0, +1, or None where the limits left one open.

    Certified: each sign (H5, and D5 for zeros); a pole counts as negative (G = -inf).

    Attributes
    ----------
    curvatures : tuple of float or Fraction
        Where; a float stands for its exact value.
    signs : tuple of int or None
        The sign of G at each.
    reason : str or None
        What would decide the open ones.
    """

    walk: LinearWalk
    curvatures: Places
    signs: tuple[int | None, ...]
    max_bits: int = DEFAULT_MAX_BITS

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if None in self.signs else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        if None not in self.signs:
            return None
        return (
            f"{self.signs.count(None)} signs are open: {self.max_bits} bits do not tell G from 0 (--max-bits)"
        )

    def __getitem__(self, index: int) -> int | None:
        return self.signs[index]

    def __len__(self) -> int:
        return len(self.signs)

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "signs": [
                {"lambda": exact_text(Fraction(place)), "sign": _SIGNS[sign]}
                for place, sign in zip(self.curvatures, self.signs, strict=True)
            ],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def drift_signs(walk: AnyWalk, curvatures: Numbers, *, max_bits: int = DEFAULT_MAX_BITS) -> DriftSigns:
    """Certify the sign of the log-drift G at an array of curvatures at once.

    Doubles where they see (H5), balls and algebra elsewhere (D5).

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    curvatures : array of floats, or iterable of Number
        The curvatures, each > 0; a float stands for its exact value.
    max_bits : int >= 1
        The highest working precision.

    Returns
    -------
    DriftSigns
        `signs`, each -1, 0, +1 or None; a pole counts as negative.

    Raises
    ------
    InputError
        Unless the arguments are as above; TooLong, beforehand, for more than some 40 seconds of work.

    Examples
    --------
    >>> from catalysis import drift_signs
    >>> drift_signs("examples/talk-1.toml", ["1.2", "269/169", "1.7"]).signs
    (-1, 0, 1)
    """
    walk, places = as_walk(walk), places_of(curvatures, "curvatures")
    max_bits = whole(max_bits, "max_bits", least=1)
    sight = in_sight(walk)
    check_work([walk], places, "curvatures", by_balls=not sight)
    found = np.zeros(len(places), np.int8)
    weights = walk.float_weights[:, None]
    for part in blocks(walk.size, len(places)) if sight else ():
        with np.errstate(all="ignore"):
            found[part] = LogFactors.of(walk, as_doubles(places[part])).signs(weights)
    signs = (
        sign or sign_at(walk, Fraction(place), max_bits).sign
        for sign, place in zip(found.tolist(), places, strict=True)
    )
    return DriftSigns(walk, places, tuple(signs), max_bits)
