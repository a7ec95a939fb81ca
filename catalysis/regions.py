"""The complete list of zeros and sign regions of G, with the proof that nothing is missing.

Lemma D1 says what a gap between neighbouring poles can hold; each gap is settled by a few signs (D2, D3) or
by algebra (D6). A gap that neither settles within the limits is reported as undecided, and the list then
does not claim to be complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from flint import arb

from catalysis.drift import drift_and_slope, drift_ball
from catalysis.enclosure import (
    DEFAULT_MAX_BITS,
    Ball,
    Enclosure,
    Verdict,
    ball,
    dyadic,
    enclose,
    exact_text,
    ladder,
    log_size,
    precision,
    sign,
)
from catalysis.errors import InputError
from catalysis.gap_refine import locate, polish
from catalysis.gap_search import Proposal, propose
from catalysis.positions import NearPole, Position, position_ball, position_enclosure
from catalysis.tangency import (
    DEFAULT_MAX_DEGREE,
    Tangency,
    TooLarge,
    exact_zero_base,
    find_tangency,
    isolate_root,
)
from catalysis.walk import LinearWalk

DEFAULT_DIGITS = 12
Progress = Callable[[int, int], None]

# A zero nearer to its pole than exp(-_NEAR) pole lengths is written with its log-distance.
_NEAR = 16.0


@dataclass(frozen=True)
class Zero:
    """One zero of G, strictly between ``lower`` and ``upper`` and alone there.

    ``direction`` is +1 (G goes up), -1 (down) or 0: a tangency, given by the integer ``polynomial`` whose
    root it is. ``exact`` is the zero itself where it is known to be rational, proved by ``base`` (D5).
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

    def nearest_pole(self) -> tuple[int, int]:
        """Index of the nearest pole and the side of it (+1: the zero lies above)."""
        if isinstance(self.lower, NearPole):
            return self.lower.index, self.lower.side
        middle = self.enclosure().midpoint
        left, right = self.walk.gap_ends(self.gap)
        if right is None or middle - left <= right - middle:
            return self.gap - 1, 1
        return self.gap, -1

    def log_distance(self) -> Enclosure:
        """Bounds for the log of the distance to the nearest pole."""
        if isinstance(self.lower, NearPole) and isinstance(self.upper, NearPole):
            ends = sorted((-self.lower.t, -self.upper.t))
            return Enclosure(ends[0], ends[1])
        index, _ = self.nearest_pole()
        pole, value = self.walk.poles[index], self.enclosure()
        near, far = sorted((abs(value.lower - pole), abs(value.upper - pole)))
        with precision(96):
            return Enclosure(enclose(ball(near).log()).lower, enclose(ball(far).log()).upper)

    def to_json(self) -> dict[str, Any]:
        index, side = self.nearest_pole()
        digits = 20
        if isinstance(self.lower, NearPole):
            digits += min(int(abs(self.lower.t) / 2), 900)
        entry: dict[str, Any] = {
            "kind": self.kind,
            **self.enclosure(digits).to_json(digits),
            "pole": exact_text(self.walk.poles[index]),
            "side": "above" if side > 0 else "below",
            "log_distance": self.log_distance().to_json(),
        }
        if self.exact is not None:
            entry["exact"] = exact_text(self.exact)
        return entry

    def __repr__(self) -> str:
        if self.exact is not None:
            return f"{self.kind} at {exact_text(self.exact)}"
        return f"{self.kind} between {_short(self.lower)} and {_short(self.upper)}"


def _short(position: Position) -> str:
    return repr(position) if isinstance(position, NearPole) else exact_text(position)


@dataclass(frozen=True)
class NegativeGap:
    """G < 0 on the whole gap: at ``at`` G and its tangent are negative up to both poles (D3)."""

    gap: int
    at: Fraction


@dataclass(frozen=True)
class UndecidedGap:
    """A gap that the limits left open; ``reason`` says what would decide it."""

    gap: int
    reason: str


@dataclass(frozen=True)
class Region:
    """G has the ``sign`` off the poles between two neighbouring zeros (or ends) of the list.

    ``start`` and ``end`` are exact ends of the interval asked for, or the zeros themselves; None is infinity.
    """

    sign: int
    start: Fraction | Zero
    end: Fraction | Zero | None


@dataclass(frozen=True)
class SignRegions:
    """All zeros and sign regions of G on ``(start, end)``, ``end`` None for infinity.

    Certified (D1, D2, D3, D6): each zero is alone in its bracket, and if ``complete``, G has no other zero in
    ``(start, end)`` and has in each region the sign given (-inf at the poles inside negative regions).
    ``zeros`` also holds those of the two outermost gaps that lie beyond ``start`` or ``end``; they
    carry the proof, and ``inside`` leaves them out.
    """

    walk: LinearWalk
    start: Fraction
    end: Fraction | None
    zeros: tuple[Zero, ...]
    negative_gaps: tuple[NegativeGap, ...]
    undecided: tuple[UndecidedGap, ...]
    regions: tuple[Region, ...]

    @property
    def complete(self) -> bool:
        return not self.undecided

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.complete else Verdict.UNDECIDED

    @property
    def inside(self) -> tuple[Zero, ...]:
        return tuple(z for z in self.zeros if _is_inside(z, self.start, self.end))

    @property
    def poles(self) -> tuple[Fraction, ...]:
        return tuple(p for p in self.walk.poles if self.start <= p and (self.end is None or p <= self.end))

    def to_json(self) -> dict[str, Any]:
        shown = {id(z): z.to_json() for z in self.zeros}

        def end(value: Fraction | Zero | None) -> Any:
            if isinstance(value, Zero):
                known = shown[id(value)]
                return known.get("exact") or {"lower": known["lower"], "upper": known["upper"]}
            return "inf" if value is None else exact_text(value)

        return {
            "verdict": self.verdict.value,
            "poles": [exact_text(p) for p in self.poles],
            "zeros": [shown[id(z)] for z in self.inside],
            "regions": [
                {"sign": "positive" if r.sign > 0 else "negative", "from": end(r.start), "to": end(r.end)}
                for r in self.regions
            ],
            "complete": self.complete,
            "undecided": [
                {
                    "from": exact_text(left),
                    "to": "inf" if right is None else exact_text(right),
                    "reason": u.reason,
                }
                for u in self.undecided
                for left, right in [self.walk.gap_ends(u.gap)]
            ],
        }


def sign_regions(
    walk: LinearWalk,
    start: Fraction = Fraction(0),
    end: Fraction | None = None,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    max_degree: int = DEFAULT_MAX_DEGREE,
    progress: Progress | None = None,
) -> SignRegions:
    """Certify all zeros and sign regions of G on ``(start, end)``.

    ``digits``: significant digits of each bracket (of the log-distance for zeros very near a pole).
    ``max_bits``: the highest working precision; ``max_degree``: the largest tangency algebra. What these
    limits leave open is listed in ``undecided``. ``progress(done, total)`` is called gap by gap.
    Raises InputError unless ``0 <= start < end``.
    """
    if start < 0 or (end is not None and end <= start):
        raise InputError("the interval must satisfy 0 <= from < to")
    gaps = _gaps_meeting(walk, start, end)
    prover = _GapProver(walk, digits, max_bits, max_degree)
    zeros: list[Zero] = []
    negative: list[NegativeGap] = []
    undecided: list[UndecidedGap] = []
    for done, (gap, proposal) in enumerate(zip(gaps, propose(walk, gaps), strict=True)):
        outcome = prover.prove(gap, proposal)
        if isinstance(outcome, NegativeGap):
            negative.append(outcome)
        elif isinstance(outcome, UndecidedGap):
            undecided.append(outcome)
        else:
            apart = [prover.set_apart(zero, (start, end)) for zero in outcome]
            if all(isinstance(z, Zero) for z in apart):
                zeros += [z for z in apart if isinstance(z, Zero)]
            else:
                undecided += [z for z in apart if isinstance(z, UndecidedGap)][:1]
        if progress is not None:
            progress(done + 1, len(gaps))
    regions = _regions(zeros, start, end) if not undecided else ()
    return SignRegions(walk, start, end, tuple(zeros), tuple(negative), tuple(undecided), regions)


def _gaps_meeting(walk: LinearWalk, start: Fraction, end: Fraction | None) -> range:
    """The gaps k >= 1 that meet the open interval."""
    first = next(k for k in range(1, walk.size + 1) if (r := walk.gap_ends(k)[1]) is None or r > start)
    last = (
        walk.size
        if end is None
        else next((k for k in range(walk.size, 0, -1) if walk.gap_ends(k)[0] < end), 0)
    )
    return range(first, last + 1)


def _is_inside(zero: Zero, start: Fraction, end: Fraction | None) -> bool:
    if zero.exact is not None:
        return start < zero.exact and (end is None or zero.exact < end)
    bounds = zero.enclosure(400) if isinstance(zero.lower, NearPole) else zero.enclosure()
    return start < bounds.midpoint and (end is None or bounds.midpoint < end)


def _regions(zeros: list[Zero], start: Fraction, end: Fraction | None) -> tuple[Region, ...]:
    """Cut (start, end) at the zeros inside; the sign on either side follows from the direction."""
    inside = [z for z in zeros if _is_inside(z, start, end)]
    before = [z for z in zeros if (z not in inside and _is_inside(z, Fraction(0), start)) or z.exact == start]
    current = before[-1].direction if before else -1
    current = current or -1
    regions, left = [], start
    cut: Fraction | Zero = left
    for zero in inside:
        regions.append(Region(current, cut, zero))
        current, cut = zero.direction or -1, zero
    regions.append(Region(current, cut, end))
    return tuple(regions)


class _GapProver:
    """Settles one gap after another, at growing precision where that is needed."""

    def __init__(self, walk: LinearWalk, digits: int, max_bits: int, max_degree: int) -> None:
        self.walk, self.digits, self.max_bits, self.max_degree = walk, digits, max_bits, max_degree
        self.first_bits = max(64, int(3.33 * digits) + 24)

    def prove(self, gap: int, proposal: Proposal | None) -> tuple[Zero, ...] | NegativeGap | UndecidedGap:
        if proposal is not None and self.first_bits <= self.max_bits:
            settled = self.settle(proposal, self.first_bits)
            if settled is not None:
                return settled
        algebra: Tangency | TooLarge | str | None = "not asked"
        for rung, bits in enumerate(ladder(self.max_bits, self.first_bits)):
            proposal = locate(self.walk, gap, bits)
            settled = None if proposal is None else self.settle(proposal, bits)
            if settled is not None:
                return settled
            if algebra == "not asked" and gap < self.walk.size and (rung == 1 or bits == self.max_bits):
                algebra = find_tangency(self.walk, gap, max_degree=self.max_degree)
                if isinstance(algebra, Tangency):
                    return (self.tangency(algebra),)
        reason = f"{self.max_bits} bits do not decide the sign of G here: allow more (--max-bits)"
        if isinstance(algebra, TooLarge):
            reason += f"; {algebra.reason} (--max-degree)"
        elif algebra is None:
            reason += "; it is not a tangency"
        return UndecidedGap(gap, reason)

    def settle(self, proposal: Proposal, bits: int) -> tuple[Zero, ...] | NegativeGap | None:
        """Turn a proposal into a proof, or None."""
        if not proposal.zeros:
            return self.negative(proposal, bits)
        places = proposal.zeros
        if self.digits > DEFAULT_DIGITS:
            places = tuple(polish(self.walk, z, self.digits, bits) for z in places)
        if len(places) == 1:
            up = self.crossing(proposal.gap, places[0], 1, bits, None)
            return None if up is None else (up,)
        apart = self.separation(places[0], places[1], bits)
        if apart <= 0:
            return None
        up = self.crossing(proposal.gap, places[0], 1, bits, apart)
        down = self.crossing(proposal.gap, places[1], -1, bits, apart)
        if up is None or down is None or not _ordered(up.upper, down.lower, bits):
            return None
        return up, down

    def negative(self, proposal: Proposal, bits: int) -> NegativeGap | None:
        assert proposal.top is not None
        left, right = self.walk.gap_ends(proposal.gap)
        assert right is not None
        at = _rounded(proposal.top, bits)
        if at is None or not left < at < right:
            return None
        value, slope = drift_and_slope(self.walk, at, bits)
        with precision(bits):
            towards_left = value + slope * ball(left - at)
            towards_right = value + slope * ball(right - at)
        if sign(towards_left) == -1 and sign(towards_right) == -1:
            return NegativeGap(proposal.gap, at)
        return None

    def separation(self, first: NearPole, second: NearPole, bits: int) -> Fraction:
        """How far apart two zeros are: in t, or relative to the distance from their poles; at most 1."""
        if (first.index, first.side) == (second.index, second.side):
            return min(abs(first.t - second.t), Fraction(1))
        with precision(bits + 64):
            between = position_ball(second) - position_ball(first)
            nearer = max(first.t, second.t)
            relative = between / (-ball(nearer)).exp()
        if not relative.is_finite():
            return Fraction(1 if between > 0 else 0)
        return Fraction(1) if relative > 1 else dyadic(relative)

    def crossing(
        self, gap: int, place: NearPole, direction: int, bits: int, apart: Fraction | None
    ) -> Zero | None:
        """A proved bracket around a simple zero near ``place``."""
        walk = self.walk
        near = float(min(place.t, Fraction(10**9))) - log_size(walk.rates[place.index]) > _NEAR
        for widening in (1, 4, 1000):
            bracket = (
                self.bracket_in_t(place, widening, apart)
                if near
                else self.bracket_in_lambda(gap, place, widening, apart, bits)
            )
            if bracket is None:
                return None
            lower, upper = bracket
            if (
                sign(drift_ball(walk, lower, bits)) == -direction
                and sign(drift_ball(walk, upper, bits)) == direction
            ):
                exact, base = self.recognise(lower, upper)
                return Zero(walk, gap, direction, lower, upper, exact, base)
        return None

    def bracket_in_t(
        self, place: NearPole, widening: int, apart: Fraction | None
    ) -> tuple[NearPole, NearPole] | None:
        unit = Fraction(10) ** (len(str(int(abs(place.t)))) - self.digits)
        if apart is not None and place.t > 0:
            unit = min(unit, _power_of_ten_below(apart / (16 * widening)))
        middle = round(place.t / unit)
        ends = [
            NearPole(place.index, place.pole, place.side, unit * (middle + shift))
            for shift in (-widening, widening)
        ]
        # above a pole a larger t is further down the axis
        return (ends[1], ends[0]) if place.side > 0 else (ends[0], ends[1])

    def bracket_in_lambda(
        self, gap: int, place: NearPole, widening: int, apart: Fraction | None, bits: int
    ) -> tuple[Fraction, Fraction] | None:
        with precision(bits + 32):
            value = dyadic(position_ball(place))
            distance = abs(dyadic(arb(position_ball(place) - ball(place.pole))))
        if distance == 0 or value <= 0:
            return None
        unit = _power_of_ten_below(value) / Fraction(10) ** (self.digits - 1)
        room = distance * (Fraction(1) if apart is None else apart) / 16
        if room <= 0:
            return None
        unit = min(unit, _power_of_ten_below(room / widening))
        middle = round(value / unit)
        lower, upper = unit * (middle - widening), unit * (middle + widening)
        left, right = self.walk.gap_ends(gap)
        return (lower, upper) if left < lower and (right is None or upper < right) else None

    def recognise(self, lower: Position, upper: Position) -> tuple[Fraction | None, tuple[int, ...] | None]:
        """A simple rational zero in the bracket, if there is one."""
        if not (isinstance(lower, Fraction) and isinstance(upper, Fraction)):
            return None, None
        candidate = _simplest_between(lower, upper)
        if candidate is None or candidate.denominator > 100_000:
            return None, None
        if sign(drift_ball(self.walk, candidate, 64)):
            return None, None
        base = exact_zero_base(self.walk, candidate)
        return (candidate, base) if base is not None else (None, None)

    def tangency(self, found: Tangency) -> Zero:
        left, right = self.walk.gap_ends(found.gap)
        assert right is not None
        width = min(_power_of_ten_below(left) / 10 ** (self.digits - 1), (right - left) / 8)
        if found.exact is not None:
            room = min(found.exact - left, right - found.exact) / 2
            step = min(width, _power_of_ten_below(room))
            lower, upper = found.exact - step, found.exact + step
        else:
            # move the ends off the poles before bisecting: Q has no root there
            lower, upper = isolate_root(found.polynomial, left, right, width)
            while lower == left or upper == right:
                width /= 2
                lower, upper = isolate_root(found.polynomial, left, right, width)
        return Zero(self.walk, found.gap, 0, lower, upper, found.exact, found.base, found.polynomial)

    def set_apart(self, zero: Zero, ends: tuple[Fraction, Fraction | None]) -> Zero | UndecidedGap:
        """Make the bracket miss the ends of the interval asked for, or recognise the zero as such an end."""
        for end in ends:
            if end is None or zero.exact is not None or not _may_hold(zero, end):
                continue
            base = exact_zero_base(self.walk, end)
            if base is not None:
                zero = Zero(
                    self.walk, zero.gap, zero.direction, zero.lower, zero.upper, end, base, zero.polynomial
                )
                continue
            digits = self.digits
            while _may_hold(zero, end):
                digits *= 2
                finer = None
                if 4 * digits < self.max_bits:
                    finer = _GapProver(self.walk, digits, self.max_bits, self.max_degree).again(zero)
                if finer is None:
                    return UndecidedGap(
                        zero.gap,
                        f"a zero and the end {exact_text(end)} are closer than {self.max_bits} bits can tell (--max-bits)",
                    )
                zero = finer
        return zero

    def again(self, zero: Zero) -> Zero | None:
        """The same zero in a finer bracket."""
        if zero.polynomial is not None:
            assert isinstance(zero.lower, Fraction) and isinstance(zero.upper, Fraction)
            width = (zero.upper - zero.lower) / 10 ** (self.digits // 2)
            lower, upper = isolate_root(zero.polynomial, zero.lower, zero.upper, width)
            return Zero(self.walk, zero.gap, 0, lower, upper, None, None, zero.polynomial)
        found = self.prove(zero.gap, None)
        if not isinstance(found, tuple):
            return None
        return next((z for z in found if z.direction == zero.direction), None)


def _may_hold(zero: Zero, end: Fraction) -> bool:
    """Does the bracket, as far as its enclosure tells, touch ``end``?"""
    bounds = zero.enclosure(900 if isinstance(zero.lower, NearPole) else 20)
    if isinstance(zero.lower, NearPole) and end == zero.walk.poles[zero.lower.index]:
        return False
    return bounds.lower < end < bounds.upper


def _ordered(first: Position, second: Position, bits: int) -> bool:
    """Proved: first <= second."""
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return first <= second
    if (
        isinstance(first, NearPole)
        and isinstance(second, NearPole)
        and (first.index, first.side) == (second.index, second.side)
    ):
        return first.side * (first.t - second.t) >= 0
    with precision(bits + 64):
        gap: Ball = position_ball(second) - position_ball(first)
    return sign(gap) == 1


def _power_of_ten_below(value: Fraction) -> Fraction:
    """The largest power of ten that is at most ``value`` > 0."""
    guess = int((value.numerator.bit_length() - value.denominator.bit_length()) * 0.30103) - 2
    power = Fraction(10) ** guess
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return power


def _rounded(place: NearPole, bits: int) -> Fraction | None:
    """A short decimal near the place, true to a millionth (at 64 bits) of its distance from the pole."""
    with precision(bits):
        try:
            distance = dyadic(arb((-ball(place.t)).exp()))
        except OverflowError:
            return None
    if distance.denominator.bit_length() > 12_000:
        return None
    unit = _power_of_ten_below(distance / 2 ** (bits // 2 - 8))
    return round((place.pole + place.side * distance) / unit) * unit


def _simplest_between(lower: Fraction, upper: Fraction) -> Fraction | None:
    """The fraction of least denominator strictly between two positive ones (Stern-Brocot)."""
    if lower < 0:
        return None
    whole = lower.numerator // lower.denominator
    if whole + 1 < upper:
        return Fraction(whole + 1)
    if lower == whole:
        # between whole and upper <= whole + 1: whole + 1/n with n large enough
        rest = upper - whole
        n = rest.denominator // rest.numerator + 1
        return whole + Fraction(1, n)
    rest_low, rest_high = lower - whole, upper - whole
    inner = _simplest_between(1 / rest_high, 1 / rest_low)
    return None if inner is None else whole + 1 / inner
