"""How a list of zeros is written: as many digits as asked, and as many more as tell neighbours apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from catalysis.drift.place import NearPole
from catalysis.drift.zeros import Zero
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure

_FEWEST = 20
# A zero that this many further digits do not part from what is beside it is placed by its log-distance.
_MOST_FURTHER = 1000


@dataclass(frozen=True)
class Decimals:
    """A bracket as a reader of its decimals knows it; `exact` is the bracket itself."""

    write: Callable[[int], Enclosure]
    places: int
    exact: Enclosure
    lower: str
    upper: str

    @classmethod
    def of(cls, write: Callable[[int], Enclosure], places: int) -> Decimals:
        exact = write(places)
        return cls(write, places, exact, *exact.decimals(places))

    def finer(self, places: int) -> Decimals:
        return self if places <= self.places else Decimals.of(self.write, places)

    def before(self, other: Decimals) -> bool:
        """Ends before the other begins, for the reader too; at a common end where the brackets have one."""
        end, start = Fraction(self.upper), Fraction(other.lower)
        return end < start or (end == start == self.exact.upper == other.exact.lower)

    def misses(self, value: Fraction) -> bool:
        return Fraction(self.lower) > value or Fraction(self.upper) < value

    def to_json(self) -> dict[str, str]:
        return {"lower": self.lower, "upper": self.upper}


@dataclass(frozen=True)
class Written:
    """A zero as it is shown: its bracket, and the log of its distance from the nearest pole.

    `placed` is false where no decimal parts the bracket from what lies beside it: then the log-distance is
    the position.
    """

    zero: Zero
    bracket: Decimals
    log: Decimals
    placed: bool

    def entry(self) -> dict[str, Any]:
        """The zero in a list."""
        exact = self.zero.exact
        found = {"kind": self.zero.kind, **self.bracket.to_json(), **self._by_log()}
        return found if exact is None else {**found, "exact": exact_text(exact)}

    def end(self) -> Any:
        """The zero as the end of a region: exact, in its bracket, or by its log-distance from a pole."""
        if self.zero.exact is not None:
            return exact_text(self.zero.exact)
        return self.bracket.to_json() if self.placed else self._by_log()

    def _by_log(self) -> dict[str, Any]:
        index, side = self.zero.nearest_pole()
        return {
            "pole": exact_text(self.zero.walk.poles[index]),
            "side": "above" if side > 0 else "below",
            "log_distance": self.log.to_json(),
        }


def written(zeros: Sequence[Zero], digits: int) -> tuple[Written, ...]:
    """Each zero with the digits that show it: at least `digits`, and neighbours apart."""
    fewest = max(_FEWEST, digits + 2)
    limit = fewest + _MOST_FURTHER
    brackets = [_off_the_pole(zero, fewest) for zero in zeros]
    logs = [Decimals.of(zero.log_distance, fewest) for zero in zeros]
    near = [isinstance(zero.lower, NearPole) for zero in zeros]
    placed = [
        b.misses(z.lower.pole) if isinstance(z.lower, NearPole) else True
        for z, b in zip(zeros, brackets, strict=True)
    ]
    for i, j in pairwise(range(len(zeros))):
        if placed[i] and placed[j]:
            # brackets between rationals come apart once they are written out; those beside a pole may not
            brackets[i], brackets[j] = _apart(brackets[i], brackets[j], limit if near[i] or near[j] else None)
            if not brackets[i].before(brackets[j]):
                placed[i if near[i] else j] = False
        (pole, side), other = zeros[i].nearest_pole(), zeros[j].nearest_pole()
        if (pole, side) == other:
            nearer, farther = (i, j) if side > 0 else (j, i)
            logs[nearer], logs[farther] = _apart(logs[nearer], logs[farther], limit)
    return tuple(Written(*row) for row in zip(zeros, brackets, logs, placed, strict=True))


def _off_the_pole(zero: Zero, places: int) -> Decimals:
    """The bracket with digits that show it off the pole beside it, if there are such."""
    found = Decimals.of(zero.enclosure, places)
    if not isinstance(zero.lower, NearPole) or found.misses(zero.lower.pole):
        return found
    away = int(max(zero.lower.t, Fraction(0)) * Fraction(9, 20))
    if away > 2 * (places + _MOST_FURTHER):
        return found
    for further in (away, _MOST_FURTHER):
        finer = found.finer(places + min(further, _MOST_FURTHER))
        if finer.misses(zero.lower.pole):
            return finer
    return found


def _apart(first: Decimals, second: Decimals, limit: int | None) -> tuple[Decimals, Decimals]:
    """Both with enough digits that the first ends before the second begins, as far as `limit` allows."""
    places = max(first.places, second.places)
    one, two = first, second
    while not one.before(two):
        if limit is not None and places >= limit:
            return first, second
        places = 2 * places if limit is None else min(2 * places, limit)
        one, two = one.finer(places), two.finer(places)
    return one, two
