"""What a certificate carries of a probability: the finest bounds that the checker can prove in about ten seconds.

The bounds found may be finer; a result shows these first, and says of finer ones that they are not in the
certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.counts import CountWalk, count_walk_bounds
from catalysis.spikes.grid import GridBounds
from catalysis.spikes.lattice import LatticeBounds
from catalysis.spikes.lundberg import TINY
from catalysis.spikes.pieces_bounds import PieceBounds
from catalysis.spikes.plan import plan_walk

CHECKER_UPDATES = 20_000_000
"""Updates of states that the checker may be asked for: at most about ten seconds of plain Python."""

LUNDBERG_DIGITS, _GRID_DIGITS, _ROOM_DIGITS = 14, 10, 9


@dataclass(frozen=True)
class Carried:
    """The bounds that a claim states, in short decimals, and the witness that proves them.

    `method` is "stable" (S1), "certain" (S2), "lundberg" (S3, the exponent is the witness), "counts" (S4),
    "lattice" (S8), "grid" or "pieces".
    """

    method: str
    enclosure: Enclosure
    witness: CountWalk | GridBounds | LatticeBounds | PieceBounds | None = None


def carried_by_lundberg(lundberg: Enclosure) -> Carried:
    """What S3 alone proves."""
    return Carried("lundberg", outwards(lundberg, LUNDBERG_DIGITS))


def carried_by_lattice(lattice: LatticeBounds, digits: int) -> Carried:
    """What S8 proves, which costs the checker next to nothing."""
    return Carried("lattice", outwards(lattice.enclosure, digits + 4), lattice)


def carried_by_counts(walk: CountWalk, lundberg: Enclosure) -> Carried:
    """What the replay of a walk proves; the checker knows the upper bound of S3 as well."""
    assert walk.enclosure is not None
    ends = Enclosure(walk.enclosure.lower, min(walk.enclosure.upper, lundberg.upper))
    return Carried("counts", outwards(ends, walk.digits + 4), walk)


def carried_by_grid(grid: GridBounds) -> Carried | None:
    """What tables of the length of a certificate prove."""
    found = grid.carried
    if found is None:
        return None
    lower = Fraction(decimal_below(found.lower, _GRID_DIGITS))
    upper = min(Fraction(1), Fraction(decimal_above(found.upper, _GRID_DIGITS)))
    return Carried("grid", Enclosure(lower, upper), found)


def carried_by_pieces(pieces: PieceBounds) -> Carried | None:
    """What tables of straight pieces prove, with room for the checker, who rounds otherwise."""
    if pieces.above is None or pieces.lower <= 0:
        return None
    ends = Enclosure(pieces.lower * (1 - pieces.room), min(Fraction(1), pieces.upper * (1 + pieces.room)))
    return Carried("pieces", outwards(ends, _ROOM_DIGITS + 1), pieces)


def checkable_walk(
    steps: StepFactors, level: Fraction, walk: CountWalk | None, least: int, most: int
) -> CountWalk | None:
    """The finest walk over counts of `least` to `most` digits that the checker can replay; `walk` if it can."""
    if walk is not None and walk.replay_cost <= CHECKER_UPDATES:
        return walk
    if walk is not None:
        most = walk.digits - 1
    if most < least or not _can_be_replayed(steps, level, least):
        return None
    digits = next(n for n in range(most, least - 1, -1) if _can_be_replayed(steps, level, n))
    return count_walk_bounds(steps, level, digits=digits)


def _can_be_replayed(steps: StepFactors, level: Fraction, digits: int) -> bool:
    plan = plan_walk(steps, level, digits)
    return plan.states * steps.size * (1 + plan.bits // 1000) <= CHECKER_UPDATES


def outwards(enclosure: Enclosure, digits: int) -> Enclosure:
    """Short decimals around the bounds; a probability too small to be written gets the lower bound 0."""
    lower = Fraction(decimal_below(enclosure.lower, digits)) if enclosure.lower > TINY else Fraction(0)
    return Enclosure(lower, min(Fraction(1), Fraction(decimal_above(max(enclosure.upper, TINY), digits))))
