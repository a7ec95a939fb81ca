"""A diagnosis of a loss log for people: what was found, each line marked as measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from catalysis.diagnosis.diagnosis import RESTS_ON
from catalysis.diagnosis.log import plain
from catalysis.report.frame import Frame
from catalysis.report.simulation import power

if TYPE_CHECKING:
    from catalysis.diagnosis.diagnosis import Diagnosis
    from catalysis.diagnosis.fits import Flank
    from catalysis.diagnosis.spikes import Spike

SHOWN = 20
_MEASURED = "measured"


def diagnosis_text(result: Diagnosis) -> list[Frame]:
    """The log and the rule, the highest spikes, and what they look like."""
    frames = [Frame.lines(*_head(result))]
    if result.spikes:
        frames.append(_spike_table(result))
    return [*frames, _findings(result), Frame.lines(RESTS_ON, _next(result))]


def _next(result: Diagnosis) -> str:
    """What could be proved, and by which command: of a kernel, never of the log."""
    last = [one.rate for one in result.spikes if one.rate is not None][-1:]
    rate = f"{last[0]:g}" if last else "ETA"
    return (
        f"Next: catalysis kernel kernel.npz --eta {rate} --momentum BETA --batch-size B, on the kernel of your network "
        "(docs/kernels.md), says what is proved of its spikes in the linear regime. It proves nothing of this log."
    )


def _head(result: Diagnosis) -> list[str]:
    log, rule = result.log, result.rule
    noise = (
        f"noise of a row {rule.noise.deviation:.3g} in log-loss" if rule.noise.deviation else "no noise seen"
    )
    return [
        f"{log.name}: {log.rows:,} rows, steps {plain(log.steps[0])} to {plain(log.steps[-1])}",
        f"a spike: the loss is at least {power(rule.threshold, 4)} times its baseline, "
        f"the least of {rule.window:,} rows"
        + (f" (medians of {rule.smoothing})" if rule.smoothing > 1 else "")
        + f"; {noise}",
        *(f"note: {note}" for note in result.notes),
    ]


def _spike_table(result: Diagnosis) -> Frame:
    """The highest ones, in order of time."""
    highest = sorted(result.spikes, key=lambda one: -one.log_height)[:SHOWN]
    chosen = sorted(highest, key=lambda one: one.start)
    rated = result.log.rates is not None
    count = len(result.spikes)
    title = f"{count} spike{'s' if count > 1 else ''} (measured)"
    if count > SHOWN:
        title += f", the {SHOWN} highest; --json lists all"
    columns = ("from", "peak", "to", "height", "rise per step", "fall per step", *(("eta",) if rated else ()))
    return Frame.of(
        title, columns, [_row(one, rated) for one in chosen], "rises and falls are of the log-loss"
    )


def _row(one: Spike, rated: bool) -> list[str]:
    cells = [
        str(plain(one.start)),
        str(plain(one.peak)),
        str(plain(one.end)) if one.returned else f"not back at {plain(one.end)}",
        f"x {power(one.log_height, 4)}",
        f"{one.rise:+.3g}",
        "" if one.fall is None else f"{-one.fall:+.3g}",
    ]
    return [*cells, "" if one.rate is None else f"{one.rate:g}"] if rated else cells


def _findings(result: Diagnosis) -> Frame:
    rows = [("looks like", f"{result.phase.value}: {result.why}")]
    rows += _tail_rows(result)
    if result.spikes:
        rows += [("rises", _flank(result.rise)), ("falls", _flank(result.fall))]
    if (times := result.return_times) is not None:
        words = f"{times.mean:.4g} steps from start to start on average, median {times.median:.4g}"
        rows.append(("return", f"{words}; variation {times.variation:.2f} (1: without memory)"))
    value, error = result.drift
    rows.append(("drift", f"{value:+.4g} +- {error:.1g} a step in log-loss, over the whole log"))
    noise = result.rule.noise
    words = (
        f"scale {noise.increment:.3g}, autocorrelation {noise.autocorrelation:+.2f} (a walk: 0, noise: -1/2)"
    )
    rows.append(("increments", words))
    for one in result.rates or ():
        rows.append((f"eta = {one.rate:g}", f"{one.rows:,} rows, {one.spikes} spikes start"))
    return Frame.of("", ("", "", ""), [(*row, _MEASURED) for row in rows])


def _tail_rows(result: Diagnosis) -> list[tuple[str, str]]:
    tail = result.tail
    if tail is None:
        why = (result.reason or "").removeprefix("tail index: ")
        return [("tail index", f"not given: {why}")]
    two = tail.exponent
    return [
        (
            "tail index",
            f"{tail.value:.4g} +- {tail.standard_error:.1g} of the heights of the loss (Hill, {tail.used:.4g} heights "
            f"above x {power(tail.log_level, 4)}; power law: {_fit(tail.p_value)})",
        ),
        (
            "theta of |e|",
            f"{two['estimate']:.4g} +- {two['standard_error']:.1g}, 95 % interval "
            f"[{two['lower']:.4g}, {two['upper']:.4g}]: twice the index, as the loss is |e|^2",
        ),
    ]


def _fit(p_value: float) -> str:
    return f"p = {p_value:.2g}"


def _flank(flank: Flank) -> str:
    rate = "" if flank.rate is None else f"{flank.rate:.3g} a step in log-loss on average; "
    if flank.p_value is None or flank.r_squared is None or flank.power_r_squared is None:
        return f"{rate}too short to tell their form"
    return (
        f"{rate}exponential in time closer than a power of it in {flank.exponential} of {flank.spikes} "
        f"(a fair coin: p = {flank.p_value:.2g}; R^2 {math.floor(1000 * flank.r_squared) / 1000:.3g} against "
        f"{math.floor(1000 * flank.power_r_squared) / 1000:.3g})"
    )
