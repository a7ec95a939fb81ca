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
    "Dataset": "dataset",
    "Sample": "dataset",
    "InputError": "errors",
    "DataError": "rational",
    "load_dataset": "data",
    "parse_samples": "data",
    "Step": "law",
    "CurvatureLaw": "law",
    "curvature_law": "law",
    "LinearWalk": "walk",
    "Verdict": "enclosure",
    "Enclosure": "enclosure",
    # derivation
    "ShallowNetwork": "derivation",
    "derive": "derivation",
    # thresholds, drift, exponent
    "Thresholds": "thresholds",
    "catapult_window": "thresholds",
    "DriftValue": "drift",
    "log_drift": "drift",
    "drift_sign": "drift",
    "SignRegions": "regions",
    "sign_regions": "regions",
    "SignOnInterval": "interval_sign",
    "sign_on_interval": "interval_sign",
    "WindowShare": "window_share",
    "inflationary_share": "window_share",
    "Regime": "exponent",
    "CramerExponent": "exponent",
    "cramer_exponent": "exponent",
    "ExponentRate": "exponent",
    "exponent_rate": "exponent",
    "ExponentBand": "band",
    "exponent_band": "band",
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
    "Advice": "advice.advise",
    "Question": "advice.question",
    "advise": "advice.advise",
    "BatchComparison": "comparisons.batch_sizes",
    "compare_batches": "comparisons.batch_sizes",
    "EpochOrders": "comparisons.orders",
    "epoch_orders": "comparisons.orders",
    "EasyPhase": "comparisons.orders",
    "easy_phase": "comparisons.orders",
    "FiniteWidthOrders": "comparisons.finite_width",
    "finite_width_orders": "comparisons.finite_width",
    # the nonlinear map at finite width
    "Phase": "nonlinear.phases",
    "phase": "nonlinear.phases",
    "PhaseMap": "nonlinear.phase_map",
    "phase_map": "nonlinear.phase_map",
    "Landing": "nonlinear.landing",
    "landing": "nonlinear.landing",
    "WidthSpike": "nonlinear.spike",
    "width_spike": "nonlinear.spike",
    "CurvatureReduction": "nonlinear.reduction",
    "curvature_reduction": "nonlinear.reduction",
    # families of two samples
    "TwoSampleFamily": "family",
    "FamilyMap": "family",
    "family_map": "family",
    # simulation
    "SimulationResult": "simulation",
    "simulate": "simulation",
    # certificates
    "claim": "certificate",
    "certificate_of": "certificate",
    "write_certificate": "certificate",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"catalysis.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'catalysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
