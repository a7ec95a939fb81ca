"""The catapult window: the two thresholds that end it (Lemma T1), and which part is inflationary (Lemma F4)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.reading import AnyData, as_dataset
from catalysis.data.step import SINGLE, Step
from catalysis.data.walk import AnyWalk, LinearWalk, as_walk
from catalysis.drift.regions import DEFAULT_DIGITS, Region, SignRegions, sign_regions
from catalysis.drift.zeros import Zero
from catalysis.exact.numbers import MAX_ASKED_DIGITS, exact_text, whole
from catalysis.exact.result import Enclosure, Result, Verdict


@dataclass(frozen=True, repr=False)
class Thresholds(Result):
    """`lambda_crit = 2/(eta x*)` and `lambda_max = 4/(eta x*)`, x* the largest curvature of a step.

    Certified (T1): up to lambda_crit no step enlarges |mu| in the linear regime, beyond it the largest
    sample does; up to lambda_max no step of the map at any width enlarges lambda, beyond it one does.

    Attributes
    ----------
    lambda_crit, lambda_max : Fraction
        The ends of the catapult window.
    """

    walk: LinearWalk
    lambda_crit: Fraction
    lambda_max: Fraction

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    def fields(self) -> dict[str, str]:
        return {
            "verdict": self.verdict.value,
            "lambda_crit": exact_text(self.lambda_crit),
            "lambda_max": exact_text(self.lambda_max),
        }


def catapult_window(walk: AnyWalk) -> Thresholds:
    """The exact thresholds of the step: where spikes begin, and where the curvature can grow.

    Certified (T1): see `Thresholds`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        The step: single sample, minibatch or full batch, with its learning rate.

    Returns
    -------
    Thresholds
        `lambda_crit` = 2/(eta x*) and `lambda_max` = 4/(eta x*), as fractions.

    Raises
    ------
    InputError
        For what is no walk and no data.

    Examples
    --------
    >>> from catalysis import catapult_window
    >>> window = catapult_window("examples/talk-1.toml")
    >>> str(window.lambda_crit), str(window.lambda_max)
    ('200/169', '400/169')
    """
    walk = as_walk(walk)
    largest = walk.largest_rate
    return Thresholds(walk, 2 / largest, 4 / largest)


@dataclass(frozen=True, repr=False)
class WindowShare(Result):
    """Certified (F4, D1 to D6): the share of (lambda_crit, lambda_max) where G > 0 lies in `share`.

    `share` is None where the sign regions are not complete.

    Attributes
    ----------
    share : Enclosure or None
        Between 0 and 1.
    regions : SignRegions
        What it rests on.
    """

    regions: SignRegions
    share: Enclosure | None

    @property
    def walk(self) -> LinearWalk:
        return self.regions.walk

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.share is None else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        return self.regions.reason

    @property
    def number(self) -> Enclosure | None:
        return self.share

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "digits": self.regions.digits,
            "inflationary_share": None
            if self.share is None
            else self.share.to_json(max(20, self.regions.digits + 2)),
            **({} if self.reason is None else {"reason": self.reason}),
        }


def inflationary_share(dataset: AnyData, step: Step = SINGLE, *, digits: int = DEFAULT_DIGITS) -> WindowShare:
    """How much of the catapult window is inflationary (G > 0).

    Certified (F4, D1 to D6): see `WindowShare`.

    Parameters
    ----------
    dataset : Dataset, or data (see as_dataset)
        The samples.
    step : Step
        One sample, a minibatch or the full batch.
    digits : int, 1 to 3500
        Significant digits of the zeros of G, as in `sign_regions`.

    Returns
    -------
    WindowShare
        Its `share` encloses the length where G > 0 over that of the window, or is None where undecided.

    Raises
    ------
    InputError
        For bad arguments, and as `sign_regions` does.

    Examples
    --------
    >>> from catalysis import inflationary_share
    >>> inflationary_share("examples/talk-1.toml").share.decimals(6)
    ('0.655', '0.655')
    """
    walk = LinearWalk(as_dataset(dataset, "dataset"), step)
    limits = catapult_window(walk)
    found = sign_regions(
        walk,
        limits.lambda_crit,
        limits.lambda_max,
        digits=whole(digits, "digits", least=1, most=MAX_ASKED_DIGITS),
    )
    return WindowShare(found, _share(found, limits) if found.complete else None)


def _share(found: SignRegions, limits: Thresholds) -> Enclosure:
    length = limits.lambda_max - limits.lambda_crit
    inner, outer = Fraction(0), Fraction(0)
    for region in found.regions:
        if region.sign > 0:
            start, end = _ends(region, found.digits)
            inner += max(Fraction(0), end.lower - start.upper)
            outer += end.upper - start.lower
    return Enclosure(inner / length, min(Fraction(1), outer / length))


def _ends(region: Region, digits: int) -> tuple[Enclosure, Enclosure]:
    def enclosed(end: Fraction | Zero | None) -> Enclosure:
        if isinstance(end, Zero):
            return end.enclosure(digits + 8)
        assert end is not None
        return Enclosure(end, end)

    return enclosed(region.start), enclosed(region.end)
