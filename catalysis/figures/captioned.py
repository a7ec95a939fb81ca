"""Pictures that commands draw, as those of results: with a caption that says what in them is proved."""

from __future__ import annotations

from catalysis.crosscheck.followed import FollowedRun
from catalysis.crosscheck.table import CrossCheck
from catalysis.drift.family import FamilyMap
from catalysis.drift.regions import SignRegions
from catalysis.drift.thresholds import WindowShare
from catalysis.exponent.band import ExponentBand
from catalysis.figures import crosscheck as checks
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.followed import plot_followed
from catalysis.figures.nonlinear import plot_landing, plot_phase_map
from catalysis.figures.phase_map import draw_maps
from catalysis.figures.plots import drift_caption, exponent_caption, plot_drift, plot_exponent
from catalysis.nonlinear.landing import Landing
from catalysis.nonlinear.phase_map import PhaseMap
from catalysis.spikes.interval import SpikeOverInterval


def regions(result: SignRegions, size: Size) -> Drawn:
    return Drawn(plot_drift(result, size=size), drift_caption(result), "proved")


def share(result: WindowShare, size: Size) -> Drawn:
    return regions(result.regions, size)


def band(result: ExponentBand, size: Size) -> Drawn:
    return Drawn(plot_exponent(result, size=size), exponent_caption(result), "proved")


def spike_band(result: SpikeOverInterval, size: Size) -> Drawn:
    return band(result.band, size)


def family(result: FamilyMap, size: Size) -> Drawn:
    return draw_maps([result], size)


def landing(result: Landing, size: Size) -> Drawn:
    caption = "The log-drift G below the start (curve from doubles); shaded: where the curvature ends, proved (N12)."
    return Drawn(plot_landing(result, size), caption, "proved")


def phases(result: PhaseMap, size: Size) -> Drawn:
    caption = (
        "The phase of every start (kappa_0, L_0), full batch: each coloured box is proved for all its points (N2, "
        f"N3, N6, N9, N11); hatched in grey: left undecided by {result.depth} halvings of each side."
    )
    return Drawn(plot_phase_map(result, size), caption, "proved")


def crosscheck(result: CrossCheck, size: Size) -> Drawn:
    """Its own size: all lines have to be seen."""
    caption = "Certified numbers against simulated ones with their standard errors, line by line."
    return Drawn(checks.draw(result), caption, "measured")


def followed(result: FollowedRun, size: Size) -> Drawn:
    caption = "A network in training, its kernel looked at now and then. Measured, nothing is proved."
    return Drawn(plot_followed(result, size), caption, "measured")
