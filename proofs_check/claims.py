"""The kinds of claims and the function that proves each; it returns the proved statement or refuses."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from proofs_check.advice import prove_advice
from proofs_check.comparisons import (
    prove_batch_bound,
    prove_batch_order,
    prove_easy_phase,
    prove_order_bound,
    prove_order_counterexample,
)
from proofs_check.exponents import prove_band, prove_exponent, prove_rate
from proofs_check.family import prove_family_sign
from proofs_check.landing import prove_landing
from proofs_check.phases import prove_phase
from proofs_check.refusal import Refused
from proofs_check.regions import prove_sign_regions
from proofs_check.setting import Setting
from proofs_check.signs import prove_drift, prove_sign, prove_thresholds
from proofs_check.spike import prove_spike
from proofs_check.spike_grid import prove_spike_grid
from proofs_check.width import prove_width_spike
from proofs_check.width_loss import prove_curvature_loss

Prover = Callable[[dict[str, Any], Setting], str]


def prove_reduced_map(claim: dict[str, Any], _: Setting) -> str:
    """A polynomial identity of a reduced map; needs no data. Loaded only when asked for."""
    if find_spec("proofs_check.reduced_map") is None:
        raise Refused("this checker does not know reduced maps")
    return str(import_module("proofs_check.reduced_map").prove(claim))


PROVERS: dict[str, Prover] = {
    "advice": prove_advice,
    "batch_bound": prove_batch_bound,
    "batch_order": prove_batch_order,
    "order_bound": prove_order_bound,
    "easy_phase": prove_easy_phase,
    "order_counterexample": prove_order_counterexample,
    "thresholds": prove_thresholds,
    "drift": prove_drift,
    "sign": prove_sign,
    "sign_regions": prove_sign_regions,
    "exponent": prove_exponent,
    "exponent_band": prove_band,
    "exponent_rate": prove_rate,
    "reduced_map": prove_reduced_map,
    "phase": prove_phase,
    "landing": prove_landing,
    "family_sign": prove_family_sign,
    "spike": prove_spike,
    "spike_grid": prove_spike_grid,
    "width_spike": prove_width_spike,
    "curvature_loss": prove_curvature_loss,
}
