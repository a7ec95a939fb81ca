"""A band that holds theta over a whole interval of curvatures (Lemmas E3 and E4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import inf, nextafter
from typing import Any

from flint import arb

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.value import drift_ball, factors
from catalysis.exact.balls import Ball, as_float, ball, precision, sign
from catalysis.exact.effort import SILENT_SECONDS, WATCHED_SECONDS, TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact, exact_text, positive, shown, whole
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import WalkAt
from catalysis.exponent.moments import Moments
from catalysis.exponent.solve import solve

DEFAULT_CEILING = Fraction(20)
DEFAULT_MAX_CELLS = 100_000
_ALLOW_MORE = "allow more (max_cells)"
_WORK_PER_SECOND = 100_000  # cells times rates
_BITS = 96
# Cell ends closer to a pole than 2^-_FINEST are not split further.
_FINEST = 6000


@dataclass(frozen=True)
class BandCell:
    """`lower <= theta(lambda) <= upper` for every lambda in `[start, end]`; None stands for infinity.

    `tangent_at` is the place of the tangent that proves a lower bound between 0 and 1 (E4b).
    """

    start: Fraction
    end: Fraction
    lower: Fraction | None
    upper: Fraction | None
    tangent_at: Fraction | None = None

    @property
    def width(self) -> Fraction | None:
        """upper - lower; 0 where theta is infinite throughout, None where only the lower bound is finite."""
        if self.upper is not None and self.lower is not None:
            return self.upper - self.lower
        return Fraction(0) if self.lower is None else None


@dataclass(frozen=True, repr=False)
class ExponentBand(Result):
    """Adjacent cells that cover an interval. Certified: each cell's statement (E3, E4).

    `wide` lists the cells that are wider than asked: the limits stopped their subdivision. If one of them says
    nothing at all, 0 <= theta <= inf, the band is undecided; else it is proved, with a `shortfall`.

    Attributes
    ----------
    cells : tuple of BandCell
        `start`, `end`, `lower`, `upper` of each; None stands for infinity.
    wide : tuple of BandCell
        Those wider than asked.
    """

    walk: LinearWalk
    tolerance: Fraction
    cells: tuple[BandCell, ...]
    wide: tuple[BandCell, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self._empty else Verdict.PROVED

    @property
    def _empty(self) -> tuple[BandCell, ...]:
        return tuple(cell for cell in self.wide if cell.lower == 0 and cell.upper is None)

    @property
    def reason(self) -> str | None:
        if not self._empty:
            return None
        return f"{len(self._empty)} cells say nothing: {_ALLOW_MORE}"

    @property
    def shortfall(self) -> str | None:
        if self._empty or not self.wide:
            return None
        return f"{len(self.wide)} of {len(self.cells)} cells are wider than asked: {_ALLOW_MORE}"

    def fields(self) -> dict[str, Any]:
        def bound(value: Fraction | None) -> str:
            return "inf" if value is None else exact_text(value)

        def exponent(cell: BandCell) -> Any:
            if cell.lower is None or cell.upper == 0:
                return bound(cell.lower)
            return {"lower": bound(cell.lower), "upper": bound(cell.upper)}

        return {
            "verdict": self.verdict.value,
            "tolerance": exact_text(self.tolerance),
            "band": [
                {"from": exact_text(c.start), "to": exact_text(c.end), "exponent": exponent(c)}
                for c in self.cells
            ],
            "wider_than_asked": [{"from": exact_text(c.start), "to": exact_text(c.end)} for c in self.wide],
            **({} if self.reason is None else {"reason": self.reason}),
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
        }


def exponent_band(
    walk: AnyWalk,
    start: Number,
    end: Number,
    *,
    tolerance: Number = Fraction(1, 10),
    ceiling: Number = DEFAULT_CEILING,
    cuts: Sequence[Number] = (),
    max_cells: int = DEFAULT_MAX_CELLS,
    max_work: int | None = None,
    progress: Progress | None = None,
) -> ExponentBand:
    """Certify theta over an interval, in cells on which it varies by at most `tolerance`.

    Certified (E3, E4): the statement of each cell. theta tends to infinity as lambda falls to lambda_crit: a
    cell on which `theta >= ceiling` is proved may be as wide as it likes. With one distinct rate theta jumps
    from inf to 0 at lambda_crit: the cell that starts there, a thousandth of the way, says 0 <= theta <= inf.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    start, end : Number
        0 < start < end.
    tolerance : Number > 0
        How much theta may vary on a cell.
    ceiling : Number >= 1
        Above it theta need not be enclosed from above.
    cuts : sequence of Number
        Where cells have to end, besides the poles (zeros of G, say, for inflationary pieces with theta = 0).
    max_cells : int >= 1
        About the most cells; those left wider than asked are listed in `wide`.
    max_work : int >= 1
        Cells times distinct rates; by default some 40 seconds of it, where progress is told a quarter of an
        hour.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    ExponentBand
        Adjacent cells that cover `[start, end]`.

    Raises
    ------
    InputError
        For bad arguments, and for work beyond `max_work`.

    Examples
    --------
    >>> from catalysis import exponent_band
    >>> band = exponent_band("examples/talk-1.toml", "1.40", "1.42", tolerance="0.5")
    >>> [(str(cell.start), float(cell.lower), float(cell.upper)) for cell in band.cells]
    [('7/5', 1.699, 1.94)]
    """
    walk = as_walk(walk)
    start, end = positive(start, "start"), positive(end, "end")
    tolerance, ceiling = positive(tolerance, "tolerance"), positive(ceiling, "ceiling")
    max_cells = whole(max_cells, "max_cells", least=1)
    if start >= end:
        raise InputError(f"end: expected a number > start = {brief(start)}, found {brief(end)}")
    if ceiling < 1:
        raise InputError(f"ceiling: expected a number >= 1, found {brief(ceiling)}")
    if isinstance(cuts, str) or not isinstance(cuts, Iterable):
        raise InputError(f"cuts: expected a sequence of numbers, found {shown(cuts)}")
    if max_work is None:
        max_work = _WORK_PER_SECOND * (SILENT_SECONDS if progress is None else WATCHED_SECONDS)
    maker = _BandMaker(walk, tolerance, ceiling)
    marks = _marks(walk, start, end, [exact(c, "cuts") for c in cuts])
    _check_work(maker, marks, max_cells, whole(max_work, "max_work", least=1))
    return _band(maker, marks, max_cells, progress)


def _marks(walk: LinearWalk, start: Fraction, end: Fraction, cuts: Sequence[Fraction]) -> list[Fraction]:
    """Where cells have to end."""
    crit = 2 / walk.rates[0]
    jump = crit + (end - crit) / 1000
    own = (crit, jump) if walk.size == 1 else (crit,)
    return sorted({start, end, *(p for p in (*own, *walk.poles, *cuts) if start < p < end)})


def _check_work(maker: _BandMaker, marks: Sequence[Fraction], max_cells: int, max_work: int) -> None:
    """Refuse beforehand what would take too long: a cell between two marks at least, and theta has to fall."""
    size, pieces = maker.walk.size, len(marks) - 1
    if (pieces + max_cells) * size <= max_work:
        return
    if pieces * size <= max_work:
        first, last = (min(maker.at(place).theta, float(maker.ceiling)) for place in (marks[0], marks[-1]))
        pieces = max(pieces, min(pieces + max_cells, int(1.5 * abs(first - last) / float(maker.tolerance))))
    if pieces * size > max_work:
        raise TooLong(
            f"walk: a band of some {pieces} cells for {size} distinct curvatures",
            pieces * size / _WORK_PER_SECOND,
            "a narrower interval, a larger tolerance, fewer samples",
            pieces * size,
        )


def _band(
    maker: _BandMaker, marks: Sequence[Fraction], max_cells: int, progress: Progress | None
) -> ExponentBand:
    cells: list[BandCell] = []
    wide: list[BandCell] = []
    todo = list(pairwise(marks))[::-1]
    while todo:
        left, right = todo.pop()
        cell = maker.cell(left, right)
        middle = None if maker.narrow(cell) else maker.split(left, right)
        if middle is None or len(cells) + len(todo) >= max_cells:
            cells.append(cell)
            if not maker.narrow(cell):
                wide.append(cell)
            if progress is not None:
                progress(len(cells), len(cells) + len(todo))
        else:
            todo += [(middle, right), (left, middle)]
    return ExponentBand(maker.walk, maker.tolerance, tuple(_merged(cells)), tuple(wide))


def _merged(cells: list[BandCell]) -> list[BandCell]:
    """Join neighbours that say exactly theta = inf: E3 needs their far end only."""
    result: list[BandCell] = []
    for cell in cells:
        if result and result[-1].lower is None and cell.lower is None:
            result[-1] = BandCell(result[-1].start, cell.end, None, None)
        else:
            result.append(cell)
    return result


class _Place:
    """One end of cells: a guess of theta there, and the sign of M - 1 at any bound, by doubles (H5) or balls."""

    def __init__(self, step: WalkAt) -> None:
        self.step = step
        start = None if step.never_grows() else step.float_root()
        self.sums = None if start is None else step.float_sums(start)

    @cached_property
    def theta(self) -> float:
        if self.sums is not None:
            return float(self.sums.root())
        return float(solve(self.step, 6, 256))

    def exceeds(self, theta: Fraction) -> bool:
        """Proved: M > 1 at this theta."""
        return self._sign(theta) == 1

    def stays_below(self, theta: Fraction) -> bool:
        """Proved: M < 1 at this theta."""
        return self._sign(theta) == -1

    def _sign(self, theta: Fraction) -> int | None:
        """Of M(theta) - 1: it is positive beyond a place where it is, negative before one (E1)."""
        if self.sums is not None:
            near = float(theta)
            if self.sums.sign_at(nextafter(near, 0.0)) == 1:
                return 1
            if self.sums.sign_at(nextafter(near, inf)) == -1:
                return -1
        with precision(_BITS):
            return sign(self.moments.excess(ball(theta)))

    @cached_property
    def moments(self) -> Moments:
        """Call within `precision(_BITS)`."""
        return self.step.moments(_BITS)


class _BandMaker:
    """Proves the best bounds it can find for one cell at a time; points shared by cells are computed once."""

    def __init__(self, walk: LinearWalk, tolerance: Fraction, ceiling: Fraction) -> None:
        self.walk, self.tolerance, self.ceiling = walk, tolerance, ceiling
        self.crit = 2 / walk.rates[0]
        self.unit = Fraction(1, 10 ** max(3, len(str(int(8 / tolerance)))))
        self.known: dict[Fraction, _Place] = {}

    def narrow(self, cell: BandCell) -> bool:
        if cell.lower is None or cell.lower >= self.ceiling:
            return True
        if self.walk.size == 1 and cell.start <= self.crit:  # the jump
            return True
        return cell.width is not None and cell.width <= self.tolerance

    def at(self, curvature: Fraction) -> _Place:
        if curvature not in self.known:
            if len(self.known) > 64:
                self.known.clear()
            self.known[curvature] = _Place(WalkAt(self.walk, curvature))
        return self.known[curvature]

    def cell(self, left: Fraction, right: Fraction) -> BandCell:
        if right <= self.crit:
            return BandCell(left, right, None, None)
        lower, tangent_at = self.lower(left, right)
        upper = self.upper(left, right)
        if upper is not None and lower > upper:  # pragma: no cover
            raise AssertionError("the two bounds contradict each other")
        return BandCell(left, right, lower, upper, tangent_at)

    def upper(self, left: Fraction, right: Fraction) -> Fraction | None:
        """A proved upper bound: by a ray (E3b), by concavity (E4a), or 0 inside an inflationary piece (E4c)."""
        at_left, at_right = self.at(left), self.at(right)
        first, second = at_left.theta, at_right.theta
        if left > self.crit:
            if first == 0 and second == 0 and self.both_inflationary(left, right):
                return Fraction(0)
            top = max(first, second)
            if top < 1:
                for bound in self.above(top):
                    if bound < 1 and at_left.exceeds(bound) and at_right.exceeds(bound):
                        return bound
            if first < 1e18:
                for bound in self.above(max(first, 1.0)):
                    if at_left.exceeds(bound):
                        return bound
        return None

    def lower(self, left: Fraction, right: Fraction) -> tuple[Fraction, Fraction | None]:
        """A proved lower bound: by a ray (E3a) or by the tangent of a concave piece (E4b)."""
        at_right = self.at(right)
        second = at_right.theta
        if second > 1:
            for bound in self.below(min(second, 1e18)):
                if bound >= 1 and at_right.stays_below(bound):
                    return bound, None
        least = min(self.at(left).theta, second, 1.0)
        if least > 0:
            for at in self.tangent_places(left, right):
                for bound in self.below(least, float(self.tolerance) / 3, float(self.tolerance) / 1.5):
                    if 0 < bound < 1 and self.tangent_below(left, right, at, bound):
                        return bound, at
        return Fraction(0), None

    def above(self, theta: float) -> list[Fraction]:
        unit = self.unit_for(theta)
        first = (int(Fraction(theta) / unit) + 1) * unit
        return [first, first + unit]

    def below(self, theta: float, *slacks: float) -> list[Fraction]:
        unit = self.unit_for(theta)
        first = int(Fraction(theta) / unit) * unit
        wider = [int(Fraction(max(theta - slack, 0.0)) / unit) * unit for slack in slacks]
        return [first, first - unit, *wider]

    def unit_for(self, theta: float) -> Fraction:
        """A decimal grid for bounds: fine compared with the tolerance, and with a small theta itself."""
        unit = self.unit
        while unit > Fraction(1, 10**30) and theta > 0 and unit * 20 > Fraction(theta):
            unit /= 10
        return unit

    def both_inflationary(self, left: Fraction, right: Fraction) -> bool:
        gap = self.walk.gap_of(left)
        return (
            gap is not None
            and gap == self.walk.gap_of(right)
            and all(sign(drift_ball(self.walk, at, _BITS)) == 1 for at in (left, right))
        )

    def tangent_below(self, left: Fraction, right: Fraction, at: Fraction, theta: Fraction) -> bool:
        value, slope = moment_and_tangent(self.walk, at, theta, _BITS)
        with precision(_BITS):
            return all(sign(value + slope * ball(end - at)) == -1 for end in (left, right))

    def tangent_places(self, left: Fraction, right: Fraction) -> list[Fraction]:
        places = [(left + right) / 2]
        if right in self.walk.pole_set:
            places.append(right - (right - left) / 8)
        if left in self.walk.pole_set:
            places.append(left + (right - left) / 8)
        return places

    def split(self, left: Fraction, right: Fraction) -> Fraction | None:
        """Where to cut: in the middle, or at the geometric mean of the distances from a pole (or lambda_crit)."""
        for base, sense in self.magnets(left, right):
            near, far = sorted((sense * (left - base), sense * (right - base)))
            if near > 0 and far < 4 * near:
                continue
            inner = near if near > 0 else far * min(Fraction(1, 16), far * self.walk.rates[0])
            distance = _root_of_product(inner, far) if near > 0 else inner
            if distance.denominator.bit_length() > _FINEST:
                return None
            return base + sense * distance
        middle = _shorter((left + right) / 2, (right - left) / 8)
        return None if middle.denominator.bit_length() > _FINEST else middle

    def magnets(self, left: Fraction, right: Fraction) -> list[tuple[Fraction, int]]:
        """Poles (and lambda_crit) just outside the cell, with the side on which the cell lies."""
        gap = self.walk.gap_of((left + right) / 2)
        assert gap is not None
        low, high = self.walk.gap_ends(gap)
        found = []
        if low == left or (low > 0 and left - low < (right - left) / 4):
            found.append((low, 1))
        if high is not None and high - right < (right - left) / 4:
            found.append((high, -1))
        if left == self.crit:
            found.append((self.crit, 1))
        return [pair for pair in found if pair[0] > 0]


def moment_and_tangent(walk: LinearWalk, at: Fraction, theta: Fraction, bits: int) -> tuple[Ball, Ball]:
    """M(theta; at) - 1 and M_lambda(theta; at) as balls; `at` is no pole.

    M_lambda = -theta sum p_i xi_i sgn(1 - lambda xi_i) |1 - lambda xi_i|^(theta - 1).
    """
    with precision(bits):
        balls, power = walk.balls(bits), ball(theta)
        excess, slope = arb(0), arb(0)
        signed = factors(walk, at, bits)
        for weight, rate, factor in zip(balls.weights, balls.rates, signed, strict=True):
            log = abs(factor).log()
            grown = (power * log).expm1()
            excess += weight * grown
            slope -= power * weight * rate * (grown + 1) / factor
        return excess, slope


def _shorter(value: Fraction, slack: Fraction) -> Fraction:
    """A dyadic number within `slack` of the value."""
    bits = max(0, slack.denominator.bit_length() - slack.numerator.bit_length() + 1)
    return Fraction(round(value * 2**bits), 2**bits)


def _root_of_product(a: Fraction, b: Fraction) -> Fraction:
    """Roughly sqrt(a b), a power of two times a short number."""
    with precision(32):
        value = (ball(a) * ball(b)).sqrt()
        mantissa, exponent = value.mid().man_exp()
    power = int(exponent)
    return Fraction(int(mantissa) << power) if power >= 0 else Fraction(int(mantissa), 1 << -power)


def band_regimes(band: ExponentBand) -> list[Regime]:
    """The regime that each cell proves (UNDECIDED where the cell straddles a border)."""
    regimes = []
    for cell in band.cells:
        if cell.lower is None:
            regimes.append(Regime.STABLE)
        elif cell.upper == 0:
            regimes.append(Regime.INFLATIONARY)
        elif cell.lower > 0 and cell.upper is not None:
            regimes.append(Regime.DEFLATIONARY)
        else:
            regimes.append(Regime.UNDECIDED)
    return regimes


def float_bounds(cell: BandCell) -> tuple[float, float]:
    """The bounds as floats, for pictures."""
    with precision(64):
        low = float("inf") if cell.lower is None else as_float(ball(cell.lower))
        high = float("inf") if cell.upper is None else as_float(ball(cell.upper))
    return low, high
