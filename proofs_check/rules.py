"""The kinds of claims and the function that proves each; it returns the proved statement or refuses."""

from collections.abc import Callable
from typing import Any

from proofs_check.choices import (
    advice,
    batch_bound,
    batch_order,
    easy_phase,
    order_bound,
    order_counterexample,
)
from proofs_check.core.setting import Setting
from proofs_check.derivation import reduced_map
from proofs_check.linear.exponents import prove_band, prove_exponent, prove_rate
from proofs_check.linear.family import prove_family_sign
from proofs_check.linear.regions import prove_sign_regions
from proofs_check.linear.signs import prove_drift, prove_sign, prove_thresholds
from proofs_check.nonlinear import curvature_loss, landing, phase, width_spike
from proofs_check.spikes.grid import prove_spike_grid
from proofs_check.spikes.spike import prove_spike

Prover = Callable[[dict[str, Any], Setting], str]


def prove_reduced_map(claim: dict[str, Any], setting: Setting) -> str:
    """A polynomial identity of a reduced map; needs no data."""
    return reduced_map.prove(claim, setting.work)


PROVERS: dict[str, Prover] = {
    "advice": advice.RULE.check,
    "batch_bound": batch_bound.RULE.check,
    "batch_order": batch_order.RULE.check,
    "order_bound": order_bound.RULE.check,
    "easy_phase": easy_phase.RULE.check,
    "order_counterexample": order_counterexample.RULE.check,
    "thresholds": prove_thresholds,
    "drift": prove_drift,
    "sign": prove_sign,
    "sign_regions": prove_sign_regions,
    "exponent": prove_exponent,
    "exponent_band": prove_band,
    "exponent_rate": prove_rate,
    "reduced_map": prove_reduced_map,
    "phase": phase.RULE.check,
    "landing": landing.RULE.check,
    "family_sign": prove_family_sign,
    "spike": prove_spike,
    "spike_grid": prove_spike_grid,
    "width_spike": width_spike.RULE.check,
    "curvature_loss": curvature_loss.RULE.check,
}
