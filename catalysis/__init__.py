"""catalysis: certified numbers for catapults in SGD.

The public names, listed once. Each is loaded when it is first used, so that importing the package (and
``catalysis --help``) costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    # data: exact samples, the law of one step, the walk of the linear regime
    "Dataset": "data.dataset",
    "Sample": "data.dataset",
    "InputError": "exact.errors",
    "DataError": "exact.numbers",
    "load_dataset": "data.reading",
    "parse_samples": "data.reading",
    "Step": "data.law",
    "CurvatureLaw": "data.law",
    "curvature_law": "data.law",
    "LinearWalk": "data.walk",
    "Verdict": "exact.balls",
    "Enclosure": "exact.balls",
    # derivation
    "ShallowNetwork": "derivation",
    "derive": "derivation",
    # thresholds, drift, exponent
    "Thresholds": "drift.thresholds",
    "catapult_window": "drift.thresholds",
    "DriftValue": "drift.value",
    "log_drift": "drift.value",
    "drift_sign": "drift.value",
    "SignRegions": "drift.regions",
    "sign_regions": "drift.regions",
    "SignOnInterval": "drift.interval",
    "sign_on_interval": "drift.interval",
    "WindowShare": "drift.window_share",
    "inflationary_share": "drift.window_share",
    "Regime": "exponent.exponent",
    "CramerExponent": "exponent.exponent",
    "cramer_exponent": "exponent.exponent",
    "ExponentRate": "exponent.exponent",
    "exponent_rate": "exponent.exponent",
    "ExponentBand": "exponent.band",
    "exponent_band": "exponent.band",
    # spikes in the linear regime
    "HittingProbability": "spikes.probability",
    "hitting_probability": "spikes.probability",
    "LundbergBounds": "spikes.lundberg",
    "lundberg_bounds": "spikes.lundberg",
    "SpikeConstant": "spikes.limits",
    "spike_constant": "spikes.limits",
    "WidthLaw": "spikes.limits",
    "width_law": "spikes.limits",
    # learning rates, batch sizes, orders
    "Advice": "choices.learning_rates",
    "Question": "choices.question",
    "advise": "choices.learning_rates",
    "BatchComparison": "choices.batch_sizes",
    "compare_batches": "choices.batch_sizes",
    "EpochOrders": "choices.orders",
    "epoch_orders": "choices.orders",
    "EasyPhase": "choices.orders",
    "easy_phase": "choices.orders",
    "FiniteWidthOrders": "choices.finite_width",
    "finite_width_orders": "choices.finite_width",
    # the nonlinear map at finite width
    "Phase": "nonlinear.phase",
    "phase": "nonlinear.phase",
    "PhaseMap": "nonlinear.phase_map",
    "phase_map": "nonlinear.phase_map",
    "Landing": "nonlinear.landing",
    "landing": "nonlinear.landing",
    "WidthSpike": "nonlinear.spike",
    "width_spike": "nonlinear.spike",
    "CurvatureReduction": "nonlinear.loss",
    "curvature_reduction": "nonlinear.loss",
    # families of two samples
    "TwoSampleFamily": "drift.family",
    "FamilyMap": "drift.family",
    "family_map": "drift.family",
    # simulation
    "SimulationResult": "simulation",
    "simulate": "simulation",
    # certificates
    "claim": "certificate.document",
    "certificate_of": "certificate.document",
    "write_certificate": "certificate.document",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"catalysis.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'catalysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
