"""The sign of G on a whole closed interval (Lemmas D3 and D4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.field import Field
from catalysis.drift.gap import OneByOne, Values
from catalysis.drift.many import quick_sign
from catalysis.drift.place import NearPole, position_enclosure
from catalysis.drift.regions import SILENT_WORK, check_work, proposed, use_field
from catalysis.drift.search_balls import locate
from catalysis.drift.search_few import Proposal
from catalysis.drift.tangency import Tangency, evaluate, find_tangency
from catalysis.drift.value import sign_at
from catalysis.exact.balls import DEFAULT_MAX_BITS, ball, ladder, precision, sign
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact_text, positive, short_between, whole
from catalysis.exact.result import Result, Verdict


@dataclass(frozen=True, repr=False)
class SignOnInterval(Result):
    """Is G of one sign on `[start, end]`?

    Certified if `sign` is -1 or +1: G has that sign on the whole interval (-inf at poles counts as
    negative). `sign` 0: proved not to be of one strict sign. None: undecided, `reason` says why.
    `witnesses` are the places of the tangents, one for each gap, that prove a negative sign (D3).

    Attributes
    ----------
    sign : int or None
        -1, 0 or +1.
    witnesses : tuple of Fraction
        Places of tangents.
    reason : str or None
        Why it is undecided.
    """

    walk: LinearWalk
    start: Fraction
    end: Fraction
    sign: int | None
    witnesses: tuple[Fraction, ...] = ()
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.sign is None else Verdict.PROVED

    def fields(self) -> dict[str, Any]:
        names = {-1: "negative", 0: "both", 1: "positive", None: None}
        return {
            "verdict": self.verdict.value,
            "from": exact_text(self.start),
            "to": exact_text(self.end),
            "sign": names[self.sign],
            **({} if self.reason is None else {"reason": self.reason}),
        }


def sign_on_interval(
    walk: AnyWalk,
    start: Number,
    end: Number,
    *,
    max_bits: int = DEFAULT_MAX_BITS,
    max_work: int = SILENT_WORK,
) -> SignOnInterval:
    """Certify the sign of G on the closed interval `[start, end]`, or that it takes no single sign.

    Certified (D1 to D3): see `SignOnInterval`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step.
    start, end : Number
        0 < start <= end.
    max_bits : int >= 1
        The highest working precision.
    max_work : int
        The most gaps that meet the interval times distinct rates.

    Returns
    -------
    SignOnInterval
        `sign` is -1 or +1, 0 for no single strict sign, None where undecided.

    Raises
    ------
    InputError
        For bad arguments, and for work beyond `max_work`.

    Examples
    --------
    >>> from catalysis import sign_on_interval
    >>> [sign_on_interval("examples/talk-1.toml", *ends).sign for ends in ((1, "1.4"), (1, 2))]
    [-1, 0]
    """
    walk, start, end = as_walk(walk), positive(start, "start"), positive(end, "end")
    max_bits, max_work = whole(max_bits, "max_bits", least=1), whole(max_work, "max_work", least=1)
    if start > end:
        raise InputError(f"end: the interval must not end below start = {brief(start)}, found {brief(end)}")
    at_ends = [quick_sign(walk, place) or sign_at(walk, place, max_bits).sign for place in (start, end)]
    if None in at_ends:
        return _undecided(walk, start, end, max_bits)
    if 0 in at_ends or at_ends[0] != at_ends[1]:
        return SignOnInterval(walk, start, end, 0)
    if at_ends[0] == 1:
        gap = walk.gap_of(start)
        same = gap is not None and gap == walk.gap_of(end)
        return SignOnInterval(walk, start, end, 1 if same else 0)
    return _negative(walk, start, end, max_bits, max_work)


def _negative(
    walk: LinearWalk, start: Fraction, end: Fraction, max_bits: int, max_work: int
) -> SignOnInterval:
    """Both ends are negative: find a tangent below zero on each piece, or a place where G >= 0."""
    pieces = list(_pieces(walk, start, end))
    gaps = range(pieces[0][0], pieces[-1][0] + 1) if pieces else range(1, 1)
    check_work(walk, len(gaps), max_work)
    field = use_field(walk, gaps)
    witnesses = []
    for (gap, low, high), (_, proposal) in zip(pieces, proposed(walk, gaps, field), strict=True):
        found: Fraction | bool | None = None
        if field is not None and gap < walk.size and proposal is not None:
            found = _quick_witness(field, proposal, low, high)
        if found is None:
            found = _witness(walk, gap, low, high, _tops(walk, gap, proposal, max_bits))
        if isinstance(found, Fraction):
            witnesses.append(found)
        elif found is None:
            return _undecided(walk, start, end, max_bits)
        else:
            return SignOnInterval(walk, start, end, 0)
    return SignOnInterval(walk, start, end, -1, tuple(witnesses))


def _pieces(walk: LinearWalk, start: Fraction, end: Fraction) -> Iterator[tuple[int, Fraction, Fraction]]:
    """The part of the interval in each gap beyond the first pole."""
    for gap in range(max(1, walk.poles_up_to(start)), walk.poles_below(end) + 1):
        left, right = walk.gap_ends(gap)
        low, high = max(left, start), end if right is None else min(right, end)
        if low < high or (low == high and start == end and walk.gap_of(low) is not None):
            yield gap, low, high


def _tops(
    walk: LinearWalk, gap: int, proposal: Proposal | None, max_bits: int
) -> Iterator[tuple[int, NearPole]]:
    """Where the maximum of the gap might be: by doubles, then at growing precision."""
    if proposal is not None and proposal.top is not None:
        yield min(64, max_bits), proposal.top
    for bits in ladder(max_bits):
        found = locate(walk, gap, bits)
        if found is not None and found.top is not None:
            yield bits, found.top


def _quick_witness(field: Field, proposal: Proposal, low: Fraction, high: Fraction) -> Fraction | None:
    """A tangent place near the maximum, by the field (D7)."""
    if proposal.top is None or low == high:
        return None
    at = min(max(position_enclosure(proposal.top).midpoint, low), high)
    short = at if at in (low, high) else short_between(low + (at - low) / 2, at + (high - at) / 2)
    for place in dict.fromkeys((short, at)):
        if field.walk.gap_of(place) is not None and _tangent_below(field, place, low, high, 64):
            return place
    return None


def _witness(
    walk: LinearWalk, gap: int, low: Fraction, high: Fraction, tops: Iterator[tuple[int, NearPole]]
) -> Fraction | bool | None:
    """A tangent place for the piece; False if G >= 0 somewhere on it; None if undecided."""
    if gap == walk.size or low == high:
        return high  # increasing: the sign at the end, already known, decides
    asked = False
    for bits, near in tops:
        top = position_enclosure(near, int(bits * 0.3)).midpoint
        at = min(max(top, low), high)
        for place in (at, (low + 3 * high) / 4, (3 * low + high) / 4):
            if walk.gap_of(place) is not None and _tangent_below(OneByOne(walk), place, low, high, bits):
                return place
        if walk.gap_of(at) is not None and sign_at(walk, at, bits).sign in (0, 1):
            return False
        if bits >= 128 and not asked:
            asked = True
            tangency = find_tangency(walk, gap)
            if isinstance(tangency, Tangency) and _holds(tangency, low, high):
                return False
    return None


def _tangent_below(values: Values, at: Fraction, low: Fraction, high: Fraction, bits: int) -> bool:
    """Proved: the tangent of G at this place is negative on the piece (D3)."""
    value, slope = values.drift_and_slope(at, bits)
    with precision(bits):
        return all(sign(value + slope * ball(end - at)) == -1 for end in (low, high))


def _holds(tangency: Tangency, low: Fraction, high: Fraction) -> bool:
    """Does the double zero lie in [low, high]? It is the only root of the polynomial in its gap."""
    if tangency.exact is not None:
        return low <= tangency.exact <= high
    at_low, at_high = (evaluate(tangency.polynomial, end) for end in (low, high))
    return at_low * at_high <= 0


def _undecided(walk: LinearWalk, start: Fraction, end: Fraction, max_bits: int) -> SignOnInterval:
    reason = f"{max_bits} bits do not decide the sign of G here: allow more (--max-bits)"
    return SignOnInterval(walk, start, end, None, (), reason)
