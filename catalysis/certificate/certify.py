"""The main job: everything that is certified about one data set, as results and as a certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

from catalysis.certificate.document import Claim, certificate_of, claims_of
from catalysis.data.law import Step
from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.regions import SignRegions, sign_regions
from catalysis.drift.thresholds import Thresholds, catapult_window
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.effort import TooLong
from catalysis.exact.result import Result, Verdict
from catalysis.exponent.band import ExponentBand, exponent_band
from catalysis.exponent.exponent import CramerExponent, ExponentRate, Regime, cramer_exponent, exponent_rate
from catalysis.nonlinear.landing import Landing, landing
from catalysis.spikes.probability import HittingProbability, hitting_probability

# A law with more atoms gets a coarser band, so that proving it and checking it stays a matter of seconds.
_FINE_SIZE, _COARSE_SIZE = 12, 150
_LARGEST_BAND = 1000  # with more atoms the checker's budget does not suffice for a band
_POINTS = 8
_SPIKE_FACTOR, _SPIKE_DIGITS, _SPIKE_WORK = Fraction(1000), 3, 10**6

_Part = TypeVar("_Part")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, repr=False)
class NotDone(Result):
    """A part that was not begun: `reason` says how long it would take, and what would do it."""

    walk: LinearWalk
    reason: str

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED

    def fields(self) -> dict[str, Any]:
        return {"verdict": self.verdict.value, "reason": self.reason}


@dataclass(frozen=True, repr=False)
class Certified(Result):
    """What `catalysis certify` finds: results, each with its own verdict."""

    walk: LinearWalk
    full_batch: LinearWalk
    limits: Thresholds
    full_batch_limits: Thresholds
    regions: SignRegions | NotDone
    full_batch_regions: SignRegions
    exponents: tuple[CramerExponent, ...]
    rates: tuple[ExponentRate | None, ...]
    band: ExponentBand | NotDone
    spikes: tuple[HittingProbability, ...]
    zone: Landing | None

    @property
    def parts(self) -> tuple[Any, ...]:
        """All that was asked; a rate is a part of its exponent."""
        return (
            self.limits,
            self.full_batch_limits,
            self.regions,
            self.full_batch_regions,
            *self.exponents,
            self.band,
            *self.spikes,
            *(() if self.zone is None else (self.zone,)),
        )

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each part."""
        return tuple(part.verdict for part in self.parts)

    @property
    def verdict(self) -> Verdict:
        """Proved only if every part is."""
        return Verdict.PROVED if set(self.verdicts) == {Verdict.PROVED} else Verdict.UNDECIDED

    @property
    def summary(self) -> str:
        """How much is proved, in words; `proofs-check` counts the claims."""
        proved, claims = self.verdicts.count(Verdict.PROVED), f"in {len(self._claims)} claims"
        if proved == len(self.verdicts):
            return f"All {proved} results are proved, {claims}."
        return f"{proved} of {len(self.verdicts)} results are proved, {claims}; the others are undecided."

    def claims(self) -> list[Claim]:
        """The claims of all decided results; the slope of an exponent is a claim of its own."""
        return list(self._claims)

    @cached_property
    def _claims(self) -> list[Claim]:
        results: list[object] = [
            self.limits,
            *_done(self.regions),
            *self.exponents,
            *(rate for rate in self.rates if rate is not None),
            *_done(self.band),
            *self.spikes,
            *(() if self.zone is None else (self.zone,)),
        ]
        if self.walk.step.kind != "full_batch":
            results += [self.full_batch_limits, self.full_batch_regions]
        return claims_of(results)

    def document(self) -> dict[str, Any]:
        """The certificate."""
        return certificate_of(self.walk.dataset, self.claims())

    def fields(self) -> dict[str, Any]:
        """Everything found; `proved` counts the results that are."""
        return {
            "verdict": self.verdict.value,
            "proved": {"count": self.verdicts.count(Verdict.PROVED), "of": len(self.verdicts)},
            "thresholds": self.limits.fields(),
            "full_batch_thresholds": self.full_batch_limits.fields(),
            "regions": self._regions(),
            "full_batch_regions": self.full_batch_regions.fields(),
            "exponents": [
                {**e.fields(), "rate": None if r is None else r.rate.to_json()}
                for e, r in zip(self.exponents, self.rates, strict=True)
            ],
            **self._band(),
            "spikes": [spike.fields() for spike in self.spikes],
            "landing": None if self.zone is None else self.zone.fields(),
        }

    def _regions(self) -> dict[str, Any]:
        if isinstance(self.regions, NotDone):
            return {
                **dict.fromkeys(("poles", "zeros", "regions")),
                "complete": False,
                **self.regions.fields(),
            }
        return self.regions.fields()

    def _band(self) -> dict[str, Any]:
        if isinstance(self.band, NotDone):
            return {"band": None, "band_reason": self.band.reason}
        return {"band": self.band.fields()["band"]}


def certify(
    walk: AnyWalk,
    *,
    max_bits: int = DEFAULT_MAX_BITS,
    max_work: int | None = None,
    progress: Progress | None = None,
) -> Certified:
    """Certify thresholds, sign regions, the exponent along the catapult window, and what follows from them.

    What follows: the probability of a thousandfold spike at the deflationary ones of some curvatures, and the landing
    zone from the top of the window, for laws of up to 150 atoms. Certified: what each part says of itself.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_walk)
        The data set, its learning rate and what a step draws.
    max_bits : int
        The highest working precision.
    max_work : int, optional
        Sign regions and band with more work than this (see `sign_regions`, `exponent_band`) are not begun, and the
        verdict counts them as undecided.
    progress : callable, optional
        Called with a stage, what is done and what there is in all.

    Returns
    -------
    Certified
        `parts` are the results, `document()` is their certificate.

    Raises
    ------
    InputError
        For what is no walk and no data set.

    Examples
    --------
    >>> from catalysis import certify, parse_samples
    >>> found = certify(parse_samples("1"))
    >>> found.verdict.value, len(found.document()["claims"])
    ('proved', 13)
    """
    walk = as_walk(walk)

    def stage(name: str) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, total: progress(name, done, total)

    full_batch = LinearWalk(walk.dataset, Step.full_batch())
    limits = catapult_window(walk)
    crit, largest = limits.lambda_crit, limits.lambda_max
    regions = _or_not(
        walk,
        lambda: sign_regions(walk, max_bits=max_bits, max_work=max_work, progress=stage("sign regions")),
    )
    places = [_short_between(crit, largest, Fraction(k, _POINTS)) for k in range(1, _POINTS)]
    exponents = tuple(cramer_exponent(walk, place, max_bits=max_bits) for place in places)
    rates = tuple(exponent_rate(walk, place, digits=8, max_bits=max_bits) for place in places)
    size = walk.size
    tolerance = (
        Fraction(1, 10) if size <= _FINE_SIZE else Fraction(1, 4) if size <= _COARSE_SIZE else Fraction(1)
    )
    refused = _no_band(walk)
    band = (
        refused
        if refused is not None
        else _or_not(
            walk,
            lambda: exponent_band(
                walk,
                crit,
                largest,
                tolerance=tolerance,
                ceiling=Fraction(8),
                cuts=[] if isinstance(regions, NotDone) else ends_of_zeros(regions),
                progress=stage("band of the exponent"),
                max_cells=4000 if size <= _COARSE_SIZE else 300,
                max_work=max_work,
            ),
        )
    )
    small = size <= _COARSE_SIZE
    deflationary = [e.curvature for e in exponents if e.regime is Regime.DEFLATIONARY] if small else []
    spikes = tuple(
        hitting_probability(walk, place, _SPIKE_FACTOR, digits=_SPIKE_DIGITS, max_work=_SPIKE_WORK)
        for place in deflationary
    )
    top = _short_between(crit, largest, Fraction(99, 100))
    return Certified(
        walk,
        full_batch,
        limits,
        catapult_window(full_batch),
        regions,
        sign_regions(full_batch),
        exponents,
        rates,
        band,
        spikes,
        landing(walk, top, max_bits=max_bits) if small else None,
    )


def _or_not(walk: LinearWalk, part: Callable[[], _Part]) -> _Part | NotDone:
    """The part, or why it was not begun."""
    try:
        return part()
    except TooLong as refused:
        allow = "" if refused.work is None else f"; max_work={refused.work} allows it"
        return NotDone(walk, f"not begun: {refused.cost}{allow}")


def _no_band(walk: LinearWalk) -> NotDone | None:
    if walk.size <= _LARGEST_BAND:
        return None
    words = f"not begun: for {walk.size} curvatures the checker could not re-prove a band; see `exponent --lambda A..B`"
    return NotDone(walk, words)


def _done(part: Result) -> tuple[Result, ...]:
    return () if isinstance(part, NotDone) else (part,)


def ends_of_zeros(regions: SignRegions) -> list[Fraction]:
    """Rational places on both sides of the zeros of G, where the band changes its nature.

    Of an exact zero as well: at G = 0 itself theta = 0 is not within E4c, just beside it it is.
    """
    ends = {end for zero in regions.zeros for end in (zero.lower, zero.upper)}
    return [end for end in ends if isinstance(end, Fraction)]


def _short_between(start: Fraction, end: Fraction, share: Fraction) -> Fraction:
    """A short decimal at about that share of the way."""
    unit = Fraction(1)
    while unit * 200 > end - start:
        unit /= 10
    return round((start + share * (end - start)) / unit) * unit
