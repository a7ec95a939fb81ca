"""Which kinds of claims are written for Coq, by which function; and why the others are not."""

from collections.abc import Callable
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.export import exponents, families, finite_width, horizons, maps, products, regions, spikes
from proofs_check.export.coq import NotExpressible, Theory

Writer = Callable[[Any, dict[str, Any], Setting], Theory]

WRITERS: dict[str, Writer] = {
    "thresholds": regions.thresholds,
    "drift": regions.drift,
    "sign": regions.sign,
    "sign_regions": regions.sign_regions,
    "exponent": exponents.exponent,
    "exponent_band": exponents.band,
    "exponent_rate": exponents.rate,
    "family_sign": families.family_sign,
    "spike": spikes.spike,
    "spike_within": horizons.within,
    "first_passage": horizons.passage,
    "landing": finite_width.landing,
    "width_spike": finite_width.width_spike,
    "reduced_map": maps.reduced_map,
    "product_stable": products.stable,
    "product_moment": products.moment,
    "product_spike": products.spike,
    "mean_square": products.mean_square,
    "product_radius": products.radius,
    "product_exponent": products.exponent,
    "product_lyapunov": products.lyapunov,
}

REASONS = {
    "zero_count": "sums over far poles by expansions: lemma FF1 is not formal",
    "spike_grid": "tables of thousands of cells: lemmas SG1 to SG9 are not formal",
    "law_exponent": "moments of a continuous law: integrals and their series (P3, P13) are not formal",
    "law_drift": "moments of a continuous law: integrals and their series (P3, P13) are not formal",
    "arch_exponent": "moments of a normal number: the Gamma function is not formal",
    "isotropic_exponent": "isotropic features: lemmas P5 and P11 are not formal",
    "advice_within": "masses on a row: lemmas S9 to S12 are not formal",
    "advice": "the choice among learning rates is not formal, its parts are",
    "batch_bound": "the comparison of batch sizes is not formal",
    "batch_order": "the comparison of batch sizes is not formal",
    "order_bound": "the comparison of orders is not formal",
    "easy_phase": "the comparison of orders is not formal",
    "order_counterexample": "the comparison of orders is not formal",
    "phase": "the phases of one start are not formal beyond what Width.v says of every path",
    "curvature_loss": "tables of boxes: lemma W9 is not formal",
    "momentum_map": "regimes of momentum over a map: cells of the plane are not formal",
    "product_axis": "regimes along the learning rate: lemma V13 is not formal",
}


def write(kind: str, statement: Any, claim: dict[str, Any], setting: Setting) -> Theory:
    """The file of a proved statement. Raises `NotExpressible` with the reason."""
    if kind not in WRITERS:
        raise NotExpressible(REASONS.get(kind, "nothing writes this kind"))
    return WRITERS[kind](statement, claim, setting)
