"""catalysis: certified numbers for catapults in SGD.

The public names, listed once. Each is loaded when it is first used, so that importing the package (and
``catalysis --help``) costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Dataset": "dataset",
    "Sample": "dataset",
    "DataError": "rational",
    "load_dataset": "data",
    "parse_samples": "data",
    "Step": "law",
    "CurvatureLaw": "law",
    "curvature_law": "law",
    "LinearWalk": "walk",
    "Verdict": "enclosure",
    "Enclosure": "enclosure",
    "Thresholds": "thresholds",
    "thresholds": "thresholds",
    "DriftValue": "drift",
    "drift": "drift",
    "drift_sign": "drift",
    "SignRegions": "regions",
    "sign_regions": "regions",
    "SignOnInterval": "interval_sign",
    "sign_on_interval": "interval_sign",
    "Regime": "exponent",
    "CramerExponent": "exponent",
    "cramer_exponent": "exponent",
    "ExponentRate": "exponent",
    "exponent_rate": "exponent",
    "ExponentBand": "band",
    "exponent_band": "band",
    "claim": "certificate",
    "certificate": "certificate",
    "write_certificate": "certificate",
    "ShallowNetwork": "derivation",
    "derive": "derivation",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"catalysis.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'catalysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
