"""Where the curvature of SGD can end: the landing zone {G <= 0} below the start (N12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.data.walk import LinearWalk, as_walk
from catalysis.drift.regions import SignRegions, Zero, sign_regions
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact, exact_text, whole
from catalysis.exact.result import Progress, Result, Verdict

End = Fraction | Zero


EXCEPTION = (
    "unless kappa_t = 0 exactly at some step, impossible outside a null set of starts (N9); it then freezes"
)


@dataclass(frozen=True, repr=False)
class Landing(Result):
    """From every start at `lambda0`, at every width, the curvature of SGD ends in `zone` (N12).

    Almost surely, and unless kappa_t = 0 exactly at some step. `zone` holds closed intervals whose ends are
    zeros of G (known by their brackets) or exact; it is None if the sign regions of G are not complete.

    Attributes
    ----------
    zone : tuple or None
        Closed intervals.
    outward : tuple of (Fraction, Fraction)
        Rational intervals that hold the zone.
    regions : SignRegions
        What it rests on.
    """

    walk: LinearWalk
    lambda0: Fraction
    regions: SignRegions
    zone: tuple[tuple[End, End], ...] | None
    reason: str | None = None
    sign_class: str | None = None
    """Of a ReLU network: "plus" or "minus", the class of neurons that the statement is about (N13)."""

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.zone is None else Verdict.PROVED

    @property
    def outward(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """Rational intervals that hold the zone, disjoint and in order."""
        pieces: list[tuple[Fraction, Fraction]] = []
        for start, end in self.zone or ():
            low, high = _below(start), min(_above(end), self.lambda0)
            if pieces and low <= pieces[-1][1]:
                pieces[-1] = (pieces[-1][0], high)
            else:
                pieces.append((low, high))
        return tuple(pieces)

    @property
    def starts_inflationary(self) -> bool:
        """G > 0 just below lambda0: then lambda ends at or below the zone's last end, z-."""
        return self.zone is not None and self.regions.regions[-1].sign > 0

    @property
    def condition(self) -> str | None:
        """What a ReLU network has to satisfy (N13)."""
        if self.sign_class is None:
            return None
        return class_condition(self.sign_class)

    def fields(self) -> dict[str, Any]:
        zone = self.zone
        return {
            "verdict": self.verdict.value,
            "lambda0": exact_text(self.lambda0),
            "zone": None if zone is None else [{"from": _json(a), "to": _json(b)} for a, b in zone],
            "exception": EXCEPTION,
            "condition": self.condition,
            "starts_inflationary": None if zone is None else self.starts_inflationary,
            "lemmas": ["N9", "N12", "D1", "D2", "D3"],
            "reason": self.reason,
        }

    def __repr__(self) -> str:
        if self.zone is None:
            return f"Landing(undecided: {self.reason})"
        return f"Landing({' or '.join(f'[{a}, {b}]' for a, b in map(_texts, self.zone))})"


def landing(
    walk: object,
    lambda0: Number,
    *,
    max_bits: int = DEFAULT_MAX_BITS,
    max_work: int | None = None,
    progress: Progress | None = None,
) -> Landing:
    """Where the curvature of SGD can end from a start at `lambda0`, at every width.

    Certified (N12) with the complete sign regions of G (D1 to D6): see `Landing`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        Single samples or minibatches.
    lambda0 : Number, 0 < lambda0 < 4/(eta x*)
        The curvature at the start, x* the largest curvature of a step.
    max_bits : int >= 1
        The highest working precision.
    max_work : int
        As in `sign_regions`.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    Landing
        Closed intervals in its `zone`, or None where the sign regions are not complete.

    Raises
    ------
    InputError
        It names the argument; also for work beyond `max_work`.

    Examples
    --------
    >>> from catalysis import landing
    >>> [(float(a), round(float(b), 4)) for a, b in landing("examples/talk-1.toml", "1.8").outward]
    [(0.0, 1.5917)]
    """
    walk, lambda0 = as_walk(walk), exact(lambda0, "lambda0")
    max_bits = whole(max_bits, "max_bits", least=1)
    limit = 4 / walk.rates[0]
    if not 0 < lambda0 < limit:
        raise InputError(
            f"lambda0: expected 0 < lambda0 < 4/(eta x*) = {brief(limit)}, the end of the catapult window, "
            f"found {brief(lambda0)}"
        )
    try:
        found = sign_regions(
            walk, Fraction(0), lambda0, max_bits=max_bits, max_work=max_work, progress=progress
        )
    except TooLong as refused:
        raise refused.told("a smaller lambda0, fewer samples") from None
    if not found.complete:
        reason = f"the sign regions of G are not complete: {found.undecided[0].reason}"
        return Landing(walk, lambda0, found, None, reason)
    return Landing(walk, lambda0, found, _zone(found))


def class_condition(sign_class: str) -> str:
    """What N13 asks of a ReLU network."""
    return f"for the neurons with w {'>' if sign_class == 'plus' else '<'} 0, as long as no neuron changes sign (N13)"


def class_landing(found: Landing, sign_class: str) -> Landing:
    """The same zone, said of one sign class of a ReLU network whose walk it was found for (N13)."""
    return replace(found, sign_class=sign_class)


def _zone(found: SignRegions) -> tuple[tuple[End, End], ...]:
    """The negative regions with their ends; two that meet in a tangency are one piece."""
    pieces: list[tuple[End, End]] = []
    for before, region in zip((None, *found.regions), found.regions, strict=False):
        if region.sign > 0:
            continue
        assert region.end is not None
        if before is not None and before.sign < 0:
            pieces[-1] = (pieces[-1][0], region.end)
        else:
            pieces.append((region.start, region.end))
    return tuple(pieces)


def _below(end: End) -> Fraction:
    if isinstance(end, Fraction):
        return end
    if end.exact is not None:
        return end.exact
    return max(Fraction(0), Fraction(end.enclosure().decimals(20)[0]))


def _above(end: End) -> Fraction:
    if isinstance(end, Fraction):
        return end
    if end.exact is not None:
        return end.exact
    return Fraction(end.enclosure().decimals(20)[1])


def _json(end: End) -> Any:
    if isinstance(end, Fraction):
        return exact_text(end)
    return exact_text(end.exact) if end.exact is not None else end.enclosure().to_json()


def _texts(piece: tuple[End, End]) -> tuple[str, str]:
    return exact_text(_below(piece[0])), exact_text(_above(piece[1]))
