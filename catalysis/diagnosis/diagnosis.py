"""The diagnosis of a logged loss curve: are these catapults? Every number is measured."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from catalysis.diagnosis.fits import Flank, falls, rises
from catalysis.diagnosis.log import Floats, LossLog, clean_log, floats_of
from catalysis.diagnosis.phase import Phase, phase_of
from catalysis.diagnosis.reading import Columns, load_log
from catalysis.diagnosis.spikes import Rule, Spike, find_spikes
from catalysis.diagnosis.tail import TailIndex, tail_index
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, Number, brief, exact, shown, whole
from catalysis.exact.result import Result, Verdict

RESTS_ON = (
    "The words assume the training loss of one run near interpolation (loss proportional to |e|^2), plain SGD "
    "or momentum, and a learning rate that stands still during a spike. The rule finds every rise of that size: "
    "a bad batch, new data, an adaptive optimizer or a loss of precision gives spikes too. Nothing here is proved."
)
"""What the labels rest on."""

LEAST_WINDOW = 10
LEAST_FACTOR, LARGEST_FACTOR = Fraction(1001, 1000), Fraction(10) ** 100
_MOST_RATES = 20

Numbers: TypeAlias = Sequence[float] | npt.NDArray[np.float64]
AnyLog: TypeAlias = LossLog | str | os.PathLike[str] | Numbers
"""What `diagnose` takes: a log, the name of a CSV file, or the losses."""


@dataclass(frozen=True)
class ReturnTimes:
    """Steps from the start of a spike to the next start. `variation` is 1 where spikes come without memory."""

    count: int
    mean: float
    median: float
    variation: float

    @classmethod
    def of(cls, spikes: Sequence[Spike]) -> ReturnTimes | None:
        gaps = np.array([one.following for one in spikes if one.following is not None])
        if not gaps.size:
            return None
        mean = float(gaps.mean())
        return cls(gaps.size, mean, float(np.median(gaps)), float(gaps.std()) / mean)

    def to_json(self) -> dict[str, float]:
        return {
            "count": self.count,
            "mean": self.mean,
            "median": self.median,
            "coefficient_of_variation": self.variation,
        }


@dataclass(frozen=True)
class RateShare:
    """The rows at one learning rate, and the spikes that start there."""

    rate: float
    rows: int
    spikes: int

    def to_json(self) -> dict[str, float]:
        return {"eta": self.rate, "rows": self.rows, "spikes": self.spikes}


@dataclass(frozen=True, repr=False)
class Diagnosis(Result):
    """What a loss curve shows: spikes by the stated rule, their tail, their form, the phase it resembles. All measured.

    `tail` is None with a `reason` where there are too few spikes; `rates` is None without learning rates.

    Attributes
    ----------
    spikes : tuple of Spike
        In the order of the steps.
    tail : TailIndex or None
        Of their heights.
    phase, why
        What the curve resembles, and by which rule.
    rise, fall : Flank
        The form of the flanks.
    """

    log: LossLog
    rule: Rule
    spikes: tuple[Spike, ...]
    tail: TailIndex | None
    reason: str | None
    rise: Flank
    fall: Flank
    return_times: ReturnTimes | None
    rates: tuple[RateShare, ...] | None
    phase: Phase
    why: str
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def drift(self) -> tuple[float, float]:
        """Mean change of the log-loss per step over the whole log, and its standard error for a walk."""
        log = self.log
        d, steps = np.diff(log.log_loss), float(log.steps[-1] - log.steps[0])
        return float(d.sum()) / steps, math.sqrt(d.size) * float(d.std()) / steps

    def fields(self) -> dict[str, Any]:
        value, error = self.drift
        return {
            "verdict": self.verdict.value,
            "phase": self.phase.value,
            "phase_because": self.why,
            "diverged_at": self.log.diverged,
            "spikes": [one.to_json() for one in self.spikes],
            "tail_index": None if self.tail is None else self.tail.to_json(),
            "exponent": None if self.tail is None else self.tail.exponent,
            "drift": {"estimate": value, "standard_error": error},
            "rise": self.rise.to_json(),
            "fall": self.fall.to_json(),
            "return_times": None if self.return_times is None else self.return_times.to_json(),
            "learning_rates": None if self.rates is None else [one.to_json() for one in self.rates],
            "log": self.log.to_json(),
            "rule": self.rule.to_json(),
            "notes": list(self.notes),
            "rests_on": RESTS_ON,
            **({} if self.reason is None else {"reason": self.reason}),
        }


def diagnose(
    losses: AnyLog,
    *,
    steps: Numbers | None = None,
    learning_rates: Numbers | None = None,
    column: str | None = None,
    step_column: str | None = None,
    lr_column: str | None = None,
    log_loss: bool = False,
    factor: Number = 2,
    window: Number = 1000,
    tail: Number | None = None,
) -> Diagnosis:
    """Spikes of a logged loss curve, their heights, tail index, form, and the phase it resembles: all measured.

    Parameters
    ----------
    losses : file name (.csv), array, list or LossLog
        The log.
    steps, learning_rates : array
        Beside an array of losses.
    column, step_column, lr_column : str
        Names of columns of a file.
    log_loss : bool
        The numbers are natural logarithms.
    factor : Number, 1.001 to 1e100
        A spike is at least so many times its baseline, and above the noise.
    window : int >= 10
        The rows over which the baseline is a minimum.
    tail : int >= 20
        How many of the largest heights give the tail index; by a rule without it (docs/diagnose.md).

    Returns
    -------
    Diagnosis
        `spikes`, `tail`, `phase` and `why`; nothing is certified.

    Raises
    ------
    InputError
        It names the argument, or the file and the line.

    Examples
    --------
    >>> from catalysis import diagnose
    >>> found = diagnose("examples/loss-log.csv")
    >>> len(found.spikes), found.phase.value
    (127, 'spikes that come back, as in the deflationary phase')
    """
    height = _factor(factor)
    reach = whole(window, "window", least=LEAST_WINDOW)
    used = None if tail is None else whole(tail, "tail", least=20)
    columns = Columns(column, step_column, lr_column)
    log = _as_log(losses, steps, learning_rates, columns, log_loss)
    return diagnosis_of(log, Rule.of(log.log_loss, height, reach), used)


def diagnosis_of(log: LossLog, rule: Rule, used: int | None) -> Diagnosis:
    """The same of a log and a rule."""
    spikes = find_spikes(log, rule)
    back = [one for one in spikes if one.returned]
    heights = np.array([one.log_height for one in back])
    steps_up = [one.log_height / (one.rows[1] - one.rows[0]) for one in back]
    spread = float(np.median(steps_up)) if back else 0.0
    tail, reason = tail_index(heights, rule.threshold, spread, used)
    shares = None if log.rates is None else _shares(log.rates, spikes)
    phase, why = phase_of(log, spikes)
    return Diagnosis(
        log=log,
        rule=rule,
        spikes=spikes,
        tail=tail,
        reason=reason,
        rise=rises(log, spikes),
        fall=falls(log, spikes),
        return_times=ReturnTimes.of(spikes),
        rates=shares,
        phase=phase,
        why=why,
        notes=(*log.notes, *_notes(log, spikes, tail)),
    )


def _factor(value: Number) -> float:
    number = exact(value, "factor")
    if not LEAST_FACTOR <= number <= LARGEST_FACTOR:
        raise InputError(f"factor: expected a number from 1.001 to 1e100, found {brief(number)}")
    return float(number)


def _as_log(losses: object, steps: object, rates: object, columns: Columns, logarithmic: object) -> LossLog:
    if not isinstance(logarithmic, bool):
        raise DataError(f"log_loss: expected True or False, found {shown(logarithmic)}")
    named = isinstance(losses, str | os.PathLike)
    if named or isinstance(losses, LossLog):
        for what, values in (("steps", steps), ("learning_rates", rates)):
            if values is not None:
                raise DataError(f"{what}: expected only together with an array of losses")
    if isinstance(losses, LossLog):
        return losses
    if isinstance(losses, str | os.PathLike):
        return load_log(losses, columns, logarithmic=logarithmic)
    if columns != Columns():
        raise DataError("column, step_column, lr_column: expected only together with a file")
    return clean_log(
        "losses",
        floats_of(losses, "losses"),
        None if steps is None else floats_of(steps, "steps"),
        None if rates is None else floats_of(rates, "learning_rates"),
        logarithmic=logarithmic,
    )


def _shares(rates: Floats, spikes: Sequence[Spike]) -> tuple[RateShare, ...] | None:
    """Rows and spikes at each learning rate; None where the rate moves on all the time."""
    values, counts = np.unique(rates[np.isfinite(rates)], return_counts=True)
    if values.size > _MOST_RATES:
        return None
    starts = [one.rate for one in spikes]
    return tuple(
        RateShare(float(value), int(count), starts.count(float(value)))
        for value, count in zip(values, counts, strict=True)
    )


def _notes(log: LossLog, spikes: Sequence[Spike], tail: TailIndex | None) -> list[str]:
    notes = []
    if spikes and not spikes[-1].returned:
        notes.append("the last spike has not returned: it is left out of the tail index")
    if tail is not None and log.rates is not None and np.unique(log.rates[np.isfinite(log.rates)]).size > 1:
        notes.append("the learning rate changes: the tail index mixes spikes of several learning rates")
    if tail is not None and tail.p_value < 0.05:
        side = "lighter" if tail.variation < 1 else "heavier"
        notes.append(
            f"the tail is {side} than a power law's (p = {tail.p_value:.2g}): the index describes the heights seen, "
            "not what would come above them"
        )
    return notes
