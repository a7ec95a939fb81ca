"""Which part of the catapult window is inflationary (Lemma F4 of docs/families.md)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.dataset import Dataset
from catalysis.data.law import SINGLE, Step
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import Region, SignRegions, Zero, sign_regions
from catalysis.drift.thresholds import catapult_window
from catalysis.exact.result import Enclosure, Verdict


@dataclass(frozen=True)
class WindowShare:
    """Certified (F4, D1 to D6): the share of (lambda_crit, lambda_max) where G > 0 lies in `share`.

    `share` is None where the sign regions are not complete.
    """

    regions: SignRegions
    share: Enclosure | None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.share is None else Verdict.PROVED

    def to_json(self) -> dict[str, Any]:
        share = None if self.share is None else self.share.to_json()
        return {"verdict": self.verdict.value, "inflationary_share": share}


def inflationary_share(dataset: Dataset, step: Step = SINGLE, *, digits: int = 12) -> WindowShare:
    """How much of the catapult window of a data set is inflationary, `digits` as in `sign_regions`."""
    walk = LinearWalk(dataset, step)
    limits = catapult_window(walk)
    found = sign_regions(walk, limits.lambda_crit, limits.lambda_max, digits=digits)
    if not found.complete:
        return WindowShare(found, None)
    length = limits.lambda_max - limits.lambda_crit
    inner, outer = Fraction(0), Fraction(0)
    for region in found.regions:
        if region.sign > 0:
            start, end = _ends(region)
            inner += max(Fraction(0), end.lower - start.upper)
            outer += end.upper - start.lower
    return WindowShare(found, Enclosure(inner / length, min(Fraction(1), outer / length)))


def _ends(region: Region) -> tuple[Enclosure, Enclosure]:
    def enclosed(end: Fraction | Zero | None) -> Enclosure:
        if isinstance(end, Zero):
            return end.enclosure()
        assert end is not None
        return Enclosure(end, end)

    return enclosed(region.start), enclosed(region.end)
