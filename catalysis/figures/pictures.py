"""The picture of a result: `plot(result)`, which `result.plot()` calls; one line of the table for each kind."""

from __future__ import annotations

from importlib import import_module

from catalysis.exact.errors import InputError
from catalysis.figures.drawn import Drawn, as_size

_PICTURES = {
    "Advice": "rates.advice",
    "AdviceOverInterval": "rates.advice_over",
    "BatchComparison": "answers.batches",
    "CramerExponent": "answers.exponent",
    "CrossCheck": "captioned.crosscheck",
    "Diagnosis": "diagnosis.draw_diagnosis",
    "ExponentBand": "captioned.band",
    "FamilyMap": "captioned.family",
    "FollowedRun": "captioned.followed",
    "HittingProbability": "answers.spike",
    "KernelAdvice": "rates.kernel",
    "Landing": "captioned.landing",
    "LearningRateAxis": "rates.axis",
    "LundbergBounds": "answers.spike",
    "MomentumMap": "momentum_map.draw_map",
    "Phase": "answers.phase",
    "PhaseMap": "captioned.phases",
    "SignRegions": "captioned.regions",
    "SpikeOverInterval": "captioned.spike_band",
    "Thresholds": "rates.thresholds",
    "WindowShare": "captioned.share",
}


def plot(result: object, size: str = "page") -> Drawn:
    """The picture of a result, with its caption, as wide as a `column` or a `page` of a paper.

    The caption says what in it is proved. Raises InputError for another size, and for a kind of result, or one result,
    of which there is no picture.
    """
    name = type(result).__name__
    if name not in _PICTURES:
        raise InputError(f"plot: no picture is made of a {name}; there is one of {', '.join(_PICTURES)}")
    module, _, function = _PICTURES[name].partition(".")
    drawn = getattr(import_module(f"catalysis.figures.{module}"), function)(result, as_size(size))
    assert isinstance(drawn, Drawn)
    return drawn
