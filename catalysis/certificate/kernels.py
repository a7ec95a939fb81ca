"""The learning-rate axis of a kernel as claims: closed forms (V20) in the entries of K, without any matrix."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.certificate.products import data_json, growing_json, outwards
from catalysis.exact.result import Enclosure
from catalysis.products.closed import ClosedLower, ClosedUpper
from catalysis.products.kernel import VectorData
from catalysis.products.kernel_axis import KernelAdvice


@claim.register
def _(result: KernelAdvice) -> Claim:
    """Both ends of the mean square by closed forms."""
    return {
        **_head("mean_square", result),
        "lower": exact_number(result.below.eta),
        "upper": exact_number(result.above.eta),
        "below": _upper_json(result.below, Fraction(1)),
        "above": _lower_json(result.above),
    }


def advice_claims(result: KernelAdvice) -> list[Claim]:
    """All that is proved along the axis; of kernels beyond 500 samples nothing. The exact mean square comes last."""
    makers = (_axis, _stable, claim, _spike, _quadratic)
    found = []
    for make in makers:
        with suppress(NotCertifiable):
            found.append(make(result))
    return found


def _quadratic(result: KernelAdvice) -> Claim:
    if result.quadratic is None:
        raise NotCertifiable("mean square: by closed forms alone")
    return claim(result.quadratic)


def _head(kind: str, result: KernelAdvice) -> Claim:
    data, optimizer = result.dataset, result.optimizer
    if not isinstance(data, VectorData):
        raise NotCertifiable("kernel: a certificate holds at most 500 samples")
    entry: Claim = {"kind": kind, "product": data_json(data), "coordinates": {"kind": "kernel"}}
    if not optimizer.single:
        size, replacement = optimizer.batch_size, optimizer.replacement
        entry["step"] = {"kind": "minibatch", "size": size, "replacement": replacement}
    if optimizer.momentum:
        entry["momentum"] = exact_number(optimizer.momentum)
    return entry


def _axis(result: KernelAdvice) -> Claim:
    """Stable and inflationary, single samples without momentum."""
    if result.optimizer.momentum or not result.optimizer.single:
        raise NotCertifiable("axis: single samples without momentum")
    assert result.stable_up_to is not None
    return {
        **_head("product_axis", result),
        "stable_up_to": exact_number(result.stable_up_to),
        "levels": [],
        "falling": None,
        "pieces": [],
        "inflationary": [growing_json(p) for p in result.inflationary if p.samples is None],
    }


def _stable(result: KernelAdvice) -> Claim:
    """Batches, at the last stable learning rate."""
    if result.stable_up_to is None or result.optimizer.single:
        raise NotCertifiable("stable: batches without momentum")
    return {**_at(_head("product_stable", result), result.stable_up_to), "proof": {"form": "eigenvalues"}}


def _spike(result: KernelAdvice) -> Claim:
    spike = result.spike
    if spike is None or spike.upper == 1:
        raise NotCertifiable("spike: nothing better than 1 is proved")
    upper = ClosedUpper(spike.bound.eta, spike.bound.step, result.sums.top.upper, result.sums.top.vector)
    norm = "mean_loss" if result.optimizer.momentum else "parameters"
    entry = {
        **_at(_head("product_spike", result), spike.bound.eta),
        "factor": exact_number(spike.factor),
        "probability": {norm: outwards(Enclosure(Fraction(0), spike.upper))},
        "lyapunov": None,
        "above": {"moment": _upper_json(upper, spike.bound.rate), "ranges": []},
        "below": None,
    }
    return entry if spike.steps is None else {**entry, "steps": spike.steps}


def _at(entry: Claim, eta: Fraction) -> Claim:
    return {**entry, "eta": exact_number(eta), "weight_decay": "0"}


def _upper_json(proof: ClosedUpper, rho: Fraction) -> dict[str, Any]:
    vector = None if proof.vector is None else [str(v) for v in proof.vector]
    return {**_moment("upper", rho), "sigma": exact_number(proof.sigma), "vector": vector}


def _lower_json(proof: ClosedLower) -> dict[str, Any]:
    vector = [str(v) for v in proof.direction] if proof.form == "mean" else None
    return {**_moment("lower", Fraction(1)), "sigma": None, "vector": vector}


def _moment(side: str, rho: Fraction) -> dict[str, Any]:
    return {"form": "sums", "s": "2", "side": side, "rho": exact_number(rho)}
