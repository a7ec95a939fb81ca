"""A simulation for people: one table."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalysis.exact.numbers import brief
from catalysis.report.frame import Frame
from catalysis.simulation.estimates import Estimate
from catalysis.simulation.runs import SimulationResult

_LOG10 = math.log(10)


def simulation_text(result: SimulationResult) -> list[Frame]:
    """What was asked, what was measured, and how far to trust it."""
    found = result.estimate
    horizon = "at any time" if result.steps is None else f"within {result.steps:,} steps"
    low, high = found.log_interval
    tilt = "none: plain sampling" if result.tilt is None else f"importance sampling, tilt {result.tilt:.6g}"
    rows = [
        ("event", f"{result.event} {horizon}, lambda_0 = {_exact(result)}, map: {result.map}"),
        ("probability", probability_text(found)),
        ("95 % interval", f"[{power(low)}, {power(high)}]"),
        (
            "samples",
            f"{found.samples:,} replicas, {found.hits:,} reached the level, "
            f"effective {found.effective_sample_size:,.0f}",
        ),
        ("method", f"{tilt}; seed {result.seed}"),
        *([] if found.note is None else [("error", found.note)]),
        *_ends(result),
        ("time", _time(result)),
    ]
    return [Frame.of("Simulation (measured, not certified)", ("", ""), rows)]


def probability_text(found: Estimate) -> str:
    """The estimate and its relative error, or why there is none."""
    if found.log_value is None:
        return f"no estimate: {found.reason}"
    return f"{power(found.log_value)}{_relative(found)}"


def _ends(result: SimulationResult) -> Iterator[tuple[str, str]]:
    if result.final is not None:
        what = "log|mu/mu_0|" if result.map == "walk" else "lambda"
        yield f"mean final {what}", f"{result.final[0]:.6g} +- {result.final[1]:.1g}"
    if result.diverged:
        yield "diverged", f"{result.diverged:,} replicas"


def _time(result: SimulationResult) -> str:
    text = f"{result.seconds:.2f} s, {result.replica_steps_per_second:.3g} replica-steps/s ({result.engine})"
    if result.resumed_blocks:
        text += f"; {result.resumed_blocks} of {result.blocks} blocks from the file"
    return text


def _exact(result: SimulationResult) -> str:
    return brief(result.curvature)


def _relative(found: Estimate) -> str:
    """The error behind a probability, where one was seen."""
    error = found.relative_error
    return "" if error is None else f" +- {100 * error:.2g} % (standard error)"


def power(log_value: float, digits: int = 5) -> str:
    """A number given by its logarithm, also where no double holds it."""
    if log_value == -math.inf:
        return "0"
    if -700 < log_value < 700:
        return f"{math.exp(log_value):.{digits}g}"
    exponent = math.floor(log_value / _LOG10)
    return f"{math.exp(log_value - exponent * _LOG10):.{digits}g}e{exponent:+d}"
