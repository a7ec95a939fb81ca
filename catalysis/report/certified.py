"""What `certify` found, for people."""

from __future__ import annotations

from catalysis.certificate.certify import Certified
from catalysis.report.frame import Frame
from catalysis.report.phases import landing_text
from catalysis.report.spikes import spikes_text
from catalysis.report.tables import band_text, data_line, exponents_text, regions_text, thresholds_text


def certified_text(result: Certified) -> list[Frame]:
    """Every chapter, then how much of it is proved."""
    return [
        *data_line(result.walk),
        *thresholds_text(result.limits, result.full_batch_limits),
        *regions_text(result.regions),
        *exponents_text(result.exponents, result.rates),
        *band_text(result.band),
        *spikes_text(result.spikes),
        *([] if result.zone is None else landing_text(result.zone)),
        Frame.lines(result.summary),
    ]
