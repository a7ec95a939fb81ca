"""The kinds of claims and the rule of each."""

from typing import Any

from proofs_check.choices import (
    advice,
    advice_within,
    batch_bound,
    batch_order,
    easy_phase,
    order_bound,
    order_counterexample,
)
from proofs_check.core.rule import Rule
from proofs_check.derivation.reduced_map import REDUCED_MAP
from proofs_check.linear.drift_value import DRIFT
from proofs_check.linear.exponent import EXPONENT
from proofs_check.linear.exponent_band import EXPONENT_BAND
from proofs_check.linear.exponent_rate import EXPONENT_RATE
from proofs_check.linear.family import FAMILY_SIGN
from proofs_check.linear.sign import SIGN
from proofs_check.linear.sign_regions import SIGN_REGIONS
from proofs_check.linear.thresholds import THRESHOLDS
from proofs_check.linear.zero_count import ZERO_COUNT
from proofs_check.nonlinear import curvature_loss, landing, phase, width_spike
from proofs_check.populations.arch_exponent import ARCH_EXPONENT
from proofs_check.populations.isotropic import ISOTROPIC
from proofs_check.populations.law_drift import LAW_DRIFT
from proofs_check.populations.law_exponent import LAW_EXPONENT
from proofs_check.products import (
    mean_square,
    momentum_map,
    product_axis,
    product_exponent,
    product_lyapunov,
    product_moment,
    product_radius,
    product_spike,
    product_stable,
)
from proofs_check.spikes.grid import SPIKE_GRID
from proofs_check.spikes.horizon import WITHIN
from proofs_check.spikes.passage import PASSAGE
from proofs_check.spikes.spike import SPIKE

RULES: dict[str, Rule[Any]] = {
    "thresholds": THRESHOLDS,
    "drift": DRIFT,
    "sign": SIGN,
    "sign_regions": SIGN_REGIONS,
    "zero_count": ZERO_COUNT,
    "exponent": EXPONENT,
    "exponent_band": EXPONENT_BAND,
    "exponent_rate": EXPONENT_RATE,
    "family_sign": FAMILY_SIGN,
    "reduced_map": REDUCED_MAP,
    "spike": SPIKE,
    "spike_grid": SPIKE_GRID,
    "spike_within": WITHIN,
    "first_passage": PASSAGE,
    "advice": advice.RULE,
    "advice_within": advice_within.RULE,
    "batch_bound": batch_bound.RULE,
    "batch_order": batch_order.RULE,
    "order_bound": order_bound.RULE,
    "easy_phase": easy_phase.RULE,
    "order_counterexample": order_counterexample.RULE,
    "phase": phase.RULE,
    "landing": landing.RULE,
    "width_spike": width_spike.RULE,
    "curvature_loss": curvature_loss.RULE,
    "product_stable": product_stable.RULE,
    "product_moment": product_moment.RULE,
    "product_radius": product_radius.RULE,
    "product_lyapunov": product_lyapunov.RULE,
    "product_exponent": product_exponent.RULE,
    "product_spike": product_spike.RULE,
    "mean_square": mean_square.RULE,
    "product_axis": product_axis.RULE,
    "momentum_map": momentum_map.RULE,
    "law_exponent": LAW_EXPONENT,
    "law_drift": LAW_DRIFT,
    "arch_exponent": ARCH_EXPONENT,
    "isotropic_exponent": ISOTROPIC,
}
