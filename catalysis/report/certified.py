"""What `certify` found, for people."""

from __future__ import annotations

from catalysis.certificate.certify import Certified, NotDone
from catalysis.report.frame import Frame
from catalysis.report.phases import landing_text
from catalysis.report.regions import regions_text
from catalysis.report.spikes import spikes_text
from catalysis.report.tables import band_text, data_line, exponents_text, thresholds_text


def certified_text(result: Certified) -> list[Frame]:
    """Every chapter, then how much of it is proved."""
    return [
        *data_line(result.walk),
        *thresholds_text(result.limits, result.full_batch_limits),
        *regions_or_not(result),
        *exponents_text(result.exponents, result.rates),
        *band_or_not(result),
        *spikes_text(result.spikes),
        *([] if result.zone is None else landing_text(result.zone)),
        Frame.lines(result.summary),
    ]


def regions_or_not(result: Certified, *, everything: bool = False) -> list[Frame]:
    """The sign regions, or why they were not looked for; `everything`: beyond lambda_max too."""
    if isinstance(result.regions, NotDone):
        return [Frame.lines(f"Sign regions of G: undecided, {result.regions.reason}")]
    return regions_text(result.regions, everything=everything)


def band_or_not(result: Certified) -> list[Frame]:
    """The band around the exponent, or why it was not begun."""
    if isinstance(result.band, NotDone):
        return [Frame.lines(f"Band around the exponent: undecided, {result.band.reason}")]
    return band_text(result.band)
