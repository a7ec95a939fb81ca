"""A loss curve as it was logged: steps, the logarithm of the loss, the learning rate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from catalysis.exact.numbers import DataError, shown

Floats: TypeAlias = npt.NDArray[np.float64]

MAX_ROWS = 20_000_000
"""The longest log that is read."""

LARGEST = 1e15
"""Steps and log-losses up to this size are read."""

_UNEVEN = 0.01  # more rows than this part off the usual spacing: said


@dataclass(frozen=True, eq=False)
class LossLog:
    """Rows with a finite loss > 0, in the order of the steps.

    `spacing` is the usual number of steps from row to row; `diverged` the step from which on the loss is nan
    or infinite to the end, None if it is not. Two logs are equal where their rows are.
    """

    name: str
    steps: Floats
    log_loss: Floats
    rates: Floats | None
    spacing: float
    diverged: float | None
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        return self.log_loss.size

    @property
    def sha256(self) -> str:
        """The digest of the rows."""
        parts = (self.steps, self.log_loss, *([] if self.rates is None else [self.rates]))
        return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LossLog)
            and (self.name, self.diverged) == (other.name, other.diverged)
            and self.sha256 == other.sha256
        )

    def __hash__(self) -> int:
        return hash(self.sha256)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "sha256": self.sha256,
            "rows": self.rows,
            "from": plain(self.steps[0]),
            "to": plain(self.steps[-1]),
            "every": plain(self.spacing),
        }


def plain(value: float) -> int | float:
    """A step as people write it: an integer where it is one."""
    return int(value) if float(value).is_integer() else float(value)


def floats_of(values: object, what: str) -> Floats:
    """One-dimensional doubles, nan and infinities included. Raises DataError, which names `what`."""
    expected = f"{what}: expected a one-dimensional array of numbers"
    if values is None or isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise DataError(f"{expected}, found {shown(values)}")
    try:
        found = np.asarray(values)
        if found.dtype == bool or found.dtype.kind == "c":
            raise DataError(f"{expected}, found {found.dtype}")
        found = np.ascontiguousarray(found, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{expected}, found something else in it") from None
    if found.ndim != 1:
        raise DataError(f"{expected}, found {found.ndim} dimensions")
    if found.size > MAX_ROWS:
        raise DataError(f"{what}: expected at most {MAX_ROWS} rows, found {found.size}")
    return found


def clean_log(
    name: str,
    losses: Floats,
    steps: Floats | None,
    rates: Floats | None,
    *,
    logarithmic: bool = False,
    lines: Sequence[int] | None = None,
    notes: Sequence[str] = (),
) -> LossLog:
    """The rows that can be used. Raises DataError for lengths that differ, steps that do not increase, a loss < 0.

    Rows whose loss is nan, infinite or 0 have no logarithm: they are left out and counted; where nan or infinity
    goes on to the end the run has diverged. `lines` says where in a file each row stood.
    """
    _check_lengths(losses, steps, rates)
    notes = list(notes)
    if steps is None:
        steps = np.arange(losses.size, dtype=np.float64)
        notes.append("no column of steps: rows are counted from 0")
    _check_steps(steps, lines)
    if not logarithmic and (negative := np.flatnonzero(losses < 0)).size:
        at = _place(negative[0], lines)
        raise DataError(
            f"{at}: expected losses >= 0, found {losses[negative[0]]:g} (a log-loss? then say so)"
        )
    if logarithmic and (large := np.flatnonzero(np.isfinite(losses) & (np.abs(losses) > LARGEST))).size:
        raise DataError(f"{_place(large[0], lines)}: expected a log-loss of at most 1e15 in size")
    end, diverged = _end(losses, steps)
    with np.errstate(divide="ignore"):
        logs = losses[:end] if logarithmic else np.log(losses[:end])
    kept = np.isfinite(logs)
    if diverged is not None:
        notes.append(f"the loss is not finite from step {plain(diverged)} to the end")
    if missing := int(end - np.count_nonzero(kept)):
        notes.append(f"{missing} row{'s' if missing > 1 else ''} left out: the loss is 0 or not finite there")
    if np.count_nonzero(kept) < 2:
        raise DataError(f"loss: expected at least 2 finite losses > 0, found {np.count_nonzero(kept)}")
    spacing, uneven = _spacing(steps[:end][kept])
    return LossLog(
        name,
        steps[:end][kept],
        logs[kept],
        None if rates is None else rates[:end][kept],
        spacing,
        diverged,
        (*notes, *uneven),
    )


def _check_lengths(losses: Floats, steps: Floats | None, rates: Floats | None) -> None:
    for what, values in (("steps", steps), ("learning_rates", rates)):
        if values is not None and values.size != losses.size:
            raise DataError(f"{what}: expected {losses.size} numbers, one a loss, found {values.size}")


def _check_steps(steps: Floats, lines: Sequence[int] | None) -> None:
    if (bad := np.flatnonzero(~(np.abs(steps) <= LARGEST))).size:
        raise DataError(f"{_place(bad[0], lines)}: expected a step of at most 1e15, found {steps[bad[0]]}")
    if (bad := np.flatnonzero(np.diff(steps) <= 0)).size:
        i = bad[0] + 1
        raise DataError(
            f"{_place(i, lines)}: expected steps that increase, found {plain(steps[i])} after {plain(steps[i - 1])}"
            " (a resumed run? keep one of its parts)"
        )


def _place(row: int, lines: Sequence[int] | None) -> str:
    return f"row {row + 1}" if lines is None else f"line {lines[row]}"


def _end(losses: Floats, steps: Floats) -> tuple[int, float | None]:
    """How many rows come before the loss stays nan or infinite, and the step from which it does."""
    finite = np.flatnonzero(np.isfinite(losses))
    if not finite.size:
        raise DataError("loss: expected at least 2 finite losses > 0, found none")
    end = int(finite[-1]) + 1
    return end, None if end == losses.size else float(steps[end])


def _spacing(steps: Floats) -> tuple[float, list[str]]:
    """The usual distance of rows, and what has to be said of it."""
    gaps = np.diff(steps)
    usual = float(np.median(gaps))
    notes = []
    if usual > 1:
        notes.append(
            f"a row every {plain(usual)} steps: a shorter spike is not seen, heights are lower bounds, "
            "rises and falls are averages between rows"
        )
    off = int(np.count_nonzero(np.abs(gaps - usual) > 1e-9 * usual))
    if off > _UNEVEN * gaps.size:
        notes.append(f"rows are not evenly spaced: {off} of {gaps.size} gaps differ from {plain(usual)}")
    return usual, notes
