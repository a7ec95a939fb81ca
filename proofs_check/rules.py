"""The kinds of claims and the rule that proves each. A plain function returns the proved statement or refuses."""

from collections.abc import Callable
from typing import Any

from proofs_check.choices.advice import prove_advice
from proofs_check.choices.comparisons import (
    prove_batch_bound,
    prove_batch_order,
    prove_easy_phase,
    prove_order_bound,
    prove_order_counterexample,
)
from proofs_check.core.rule import Rule
from proofs_check.core.setting import Setting
from proofs_check.derivation.reduced_map import REDUCED_MAP
from proofs_check.linear.drift_value import DRIFT
from proofs_check.linear.exponent import EXPONENT
from proofs_check.linear.exponent_band import EXPONENT_BAND
from proofs_check.linear.exponent_rate import EXPONENT_RATE
from proofs_check.linear.family import FAMILY_SIGN
from proofs_check.linear.sign import SIGN
from proofs_check.linear.sign_regions import SIGN_REGIONS
from proofs_check.linear.thresholds import THRESHOLDS
from proofs_check.nonlinear.landing import prove_landing
from proofs_check.nonlinear.phase import prove_phase
from proofs_check.nonlinear.width import prove_width_spike
from proofs_check.nonlinear.width_loss import prove_curvature_loss
from proofs_check.spikes.grid import SPIKE_GRID
from proofs_check.spikes.spike import SPIKE

RULES: dict[str, Rule[Any] | Callable[[dict[str, Any], Setting], str]] = {
    "thresholds": THRESHOLDS,
    "drift": DRIFT,
    "sign": SIGN,
    "sign_regions": SIGN_REGIONS,
    "exponent": EXPONENT,
    "exponent_band": EXPONENT_BAND,
    "exponent_rate": EXPONENT_RATE,
    "family_sign": FAMILY_SIGN,
    "reduced_map": REDUCED_MAP,
    "spike": SPIKE,
    "spike_grid": SPIKE_GRID,
    "advice": prove_advice,
    "batch_bound": prove_batch_bound,
    "batch_order": prove_batch_order,
    "order_bound": prove_order_bound,
    "easy_phase": prove_easy_phase,
    "order_counterexample": prove_order_counterexample,
    "phase": prove_phase,
    "landing": prove_landing,
    "width_spike": prove_width_spike,
    "curvature_loss": prove_curvature_loss,
}
