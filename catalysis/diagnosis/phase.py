"""What a log looks like in the words of the theory, by stated rules; a likeness, no proof."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from catalysis.diagnosis.log import LossLog, plain
from catalysis.diagnosis.spikes import Spike

EARLY = 0.05
"""A spike is early within this part of the rows (or 10 rows) from the start, or from a rise of the learning rate."""

_EARLY_ROWS = 10
_EXPLODED = 6 * 2.302585  # log of a millionfold


class Phase(enum.Enum):
    """What a log resembles."""

    STABLE = "stable or lazy"
    RARE = "spikes that come back, as in the deflationary phase"
    LANDING = "inflationary at first, then landing"
    RISING = "inflationary, not landed"
    DIVERGENT = "divergent"


def phase_of(log: LossLog, spikes: Sequence[Spike]) -> tuple[Phase, str]:
    """The likeness, and why."""
    if log.diverged is not None:
        return Phase.DIVERGENT, f"the loss is not finite from step {plain(log.diverged)} to the end"
    if not spikes:
        return Phase.STABLE, "no spike by the rule"
    last = spikes[-1]
    if not last.returned:
        if last.log_height >= _EXPLODED and last.rows[1] == log.rows - 1:
            return (
                Phase.DIVERGENT,
                "the log ends at its highest loss, a millionfold or more above the baseline",
            )
        if last.log_height == max(one.log_height for one in spikes):
            return Phase.RISING, "the highest spike has not returned when the log ends"
    highest = max(spikes, key=lambda one: one.log_height)
    later = [one for one in spikes if one.start > highest.start]
    if _is_early(log, highest) and all(2 * one.log_height < highest.log_height for one in later):
        words = "a rise of the learning rate" if highest.rows[0] > _early(log) else "the start of the log"
        return (
            Phase.LANDING,
            f"the highest spike begins at {words}, and none later is half as high in log-loss",
        )
    inside = sum(one.rows[2] - one.rows[0] for one in spikes) / log.rows
    count = "one spike" if len(spikes) == 1 else f"{len(spikes)} spikes"
    return Phase.RARE, f"{count}, in {inside:.0%} of the rows"


def _early(log: LossLog) -> int:
    return max(_EARLY_ROWS, int(EARLY * log.rows))


def _is_early(log: LossLog, spike: Spike) -> bool:
    start, reach = spike.rows[0], _early(log)
    if start <= reach:
        return True
    if log.rates is None:
        return False
    before = log.rates[max(0, start - reach) : start + 2]
    return bool((before[1:] > before[:-1]).any())
