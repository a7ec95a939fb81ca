"""A simulated random product, or its network, for people: one table each."""

from __future__ import annotations

from catalysis.report.frame import Frame
from catalysis.report.simulation import power, probability_text
from catalysis.simulation.product_runs import Mean, NetworkSimulation, ProductSimulation
from catalysis.simulation.products import Measured

_TITLE = "Simulation (measured, not certified)"


def product_text(result: ProductSimulation) -> list[Frame]:
    """What was asked, what was measured, and how far to trust it."""
    horizon = "at any time" if result.steps is None else f"within {result.steps:,} steps"
    rows = [
        (
            "event",
            f"{result.event} {horizon}; norm of the parameters, e_0 in all directions alike; map: walk",
        ),
        *_estimate_rows(result),
        ("lambda_1", _measured(result.lambda1)),
        ("k(2)", _measured(result.second_moment)),
        ("theta", "k(s) shows no change of sign" if result.exponent is None else _measured(result.exponent)),
        ("time", _time(result)),
    ]
    return [Frame.of(_TITLE, ("", ""), rows)]


def network_text(result: NetworkSimulation) -> list[Frame]:
    """What was asked, how many spikes, and what they did to the kernel."""
    rows = [
        (
            "event",
            f"{result.event} within {result.steps:,} steps; map: network of {result.width:,} neurons, random weights",
        ),
        *_estimate_rows(result),
        ("eta max K_ii, with a spike", _before_after(result.before, result.after)),
        ("eta max K_ii, without", _before_after(result.quiet_before, result.quiet_after)),
        *([("diverged", f"{result.diverged:,} replicas")] if result.diverged else []),
        ("time", _time(result)),
    ]
    return [Frame.of(_TITLE, ("", ""), rows)]


def _estimate_rows(result: ProductSimulation | NetworkSimulation) -> list[tuple[str, str]]:
    found = result.estimate
    low, high = found.log_interval
    tilt = "none: plain sampling" if result.tilt is None else f"importance sampling, tilt {result.tilt:.6g}"
    counts = f"{found.samples:,} replicas, {found.hits:,} reached the level, "
    return [
        ("probability", probability_text(found)),
        ("95 % interval", f"[{power(low)}, {power(high)}]"),
        ("samples", f"{counts}effective {found.effective_sample_size:,.0f}"),
        ("method", f"{tilt}; seed {result.seed}"),
        *([] if found.note is None else [("error", found.note)]),
    ]


def _measured(found: Measured) -> str:
    return f"{found.value:.6g} +- {found.standard_error:.1g} (standard error)"


def _before_after(before: Mean | None, after: Mean | None) -> str:
    if before is None or after is None:
        return "too few replicas"
    return f"{before.value:.5g} before, {after.value:.5g} after (+- {after.standard_error:.1g}, means)"


def _time(result: ProductSimulation | NetworkSimulation) -> str:
    return f"{result.seconds:.2f} s, {result.replica_steps_per_second:.3g} replica-steps/s"
