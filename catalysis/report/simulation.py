"""A simulation for people: one table. Functions return what rich can print."""

from __future__ import annotations

import math

from rich.console import RenderableType
from rich.table import Table

from catalysis.exact.numbers import brief
from catalysis.simulation.estimates import Estimate
from catalysis.simulation.runs import SimulationResult

_LOG10 = math.log(10)


def simulation_text(result: SimulationResult) -> RenderableType:
    """What was asked, what was measured, and how far to trust it."""
    table = Table(
        title="Simulation (measured, not certified)",
        title_justify="left",
        title_style="bold",
        header_style="",
        box=None,
        padding=(0, 2),
        show_header=False,
    )
    found = result.estimate
    horizon = "at any time" if result.steps is None else f"within {result.steps:,} steps"
    table.add_row("event", f"{result.event} {horizon}, lambda_0 = {_exact(result)}, map: {result.map}")
    if found.log_value is not None:
        table.add_row("probability", f"{power(found.log_value)}{_relative(found)}")
    else:
        table.add_row("probability", f"no estimate: {found.reason}")
    if found.note is not None:
        table.add_row("error", found.note)
    low, high = found.log_interval
    table.add_row("95 % interval", f"[{power(low)}, {power(high)}]")
    table.add_row(
        "samples",
        f"{found.samples:,} replicas, {found.hits:,} reached the level, effective {found.effective_sample_size:,.0f}",
    )
    tilt = "none: plain sampling" if result.tilt is None else f"importance sampling, tilt {result.tilt:.6g}"
    table.add_row("method", f"{tilt}; seed {result.seed}")
    if result.final is not None:
        what = "log|mu/mu_0|" if result.map == "walk" else "lambda"
        table.add_row(f"mean final {what}", f"{result.final[0]:.6g} +- {result.final[1]:.1g}")
    if result.diverged:
        table.add_row("diverged", f"{result.diverged:,} replicas")
    table.add_row("time", _time(result))
    return table


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
