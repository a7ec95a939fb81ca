"""An estimated probability with everything that says how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Self

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.laws import Floats

FEWEST_HITS = 10.0
"""With a smaller effective sample size there is no estimate, only an interval."""

_Z95 = 1.959963984540054
_LOG10 = math.log(10)
_SMALLEST_LOG = -700.0  # below, doubles lose digits and then vanish


class Tally(NamedTuple):
    """Sums over the replicas of one block; weights are in units of exp(log_unit), agreed beforehand.

    `final` and `final_squared` sum the last value of each of the `finals` replicas that have a finite one.
    `unresolved` replicas were neither over the level nor done when they were stopped.
    """

    samples: float = 0.0
    hits: float = 0.0
    weight: float = 0.0
    weight_squared: float = 0.0
    steps: float = 0.0
    finals: float = 0.0
    final: float = 0.0
    final_squared: float = 0.0
    diverged: float = 0.0
    unresolved: float = 0.0

    @classmethod
    def of_weights(cls, log_weights: Floats, log_unit: float, **others: float) -> Self:
        """Of one log-weight for each replica; -inf for those that missed the level."""
        weights = np.exp(log_weights - log_unit)
        return cls(
            samples=log_weights.size,
            hits=float(np.count_nonzero(log_weights > -math.inf)),
            weight=float(weights.sum()),
            weight_squared=float(weights @ weights),
            **others,
        )

    @classmethod
    def total(cls, tallies: Iterable[Tally]) -> Self:
        """Their sum, the same for every order."""
        columns = list(zip(*tallies, strict=True))
        return cls(*(math.fsum(column) for column in columns)) if columns else cls()


@dataclass(frozen=True)
class Estimate:
    """A probability, estimated from `samples` replicas of which `hits` saw the event.

    `log_value` and `log_interval` are natural logarithms (the interval holds the probability in 95 % of all
    runs); `log_value` is None, and `reason` says why, if the effective sample size is below FEWEST_HITS.
    `effective_sample_size` = (sum w)^2 / sum w^2: as many hits of plain sampling would be worth the same.
    """

    samples: int
    hits: int
    log_value: float | None
    relative_error: float | None
    effective_sample_size: float
    log_interval: tuple[float, float]
    reason: str | None = None

    @classmethod
    def of(cls, tally: Tally, log_unit: float = 0.0, *, weighted: bool = False) -> Self:
        """From the sums of all blocks; `weighted` after importance sampling."""
        n, hits = int(tally.samples), int(tally.hits)
        if n < 1:
            raise InputError("an estimate needs at least one replica")
        size = tally.weight**2 / tally.weight_squared if tally.weight_squared > 0 else 0.0
        interval = _wilson(hits, n)
        reason = None
        if tally.unresolved > 0 and weighted:
            reason = f"{int(tally.unresolved)} of {n} replicas were still under way: allow more steps"
        elif size < FEWEST_HITS:
            reason = f"too few samples: {hits} hits among {n}, an effective {size:.1f}"
        if weighted:
            interval = (-math.inf, 0.0)
        if size < FEWEST_HITS:
            return cls(n, hits, None, None, size, interval, reason)
        relative = math.sqrt(max(0.0, (n / size - 1) / max(n - 1, 1)))
        log_value = math.log(tally.weight / n) + log_unit
        if weighted:
            top = 0.0 if tally.unresolved > 0 else min(0.0, log_value + _Z95 * relative)
            interval = (log_value - _Z95 * relative, top)
        return cls(n, hits, None if reason else log_value, relative, size, interval, reason)

    @property
    def value(self) -> float | None:
        """The probability as a double, 0.0 where it underflows; None if there is no estimate."""
        return None if self.log_value is None else math.exp(self.log_value)

    @property
    def standard_error(self) -> float | None:
        if self.value is None or self.relative_error is None:
            return None
        return self.value * self.relative_error

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval as doubles."""
        low, high = self.log_interval
        return math.exp(low), math.exp(high)

    def to_json(self) -> dict[str, Any]:
        """Numbers, or decimal strings where a number is too small for a double; None where unknown."""
        log_error = None
        if self.log_value is not None and self.relative_error:
            log_error = self.log_value + math.log(self.relative_error)
        return {
            "estimate": _number(self.log_value),
            "standard_error": 0.0 if self.relative_error == 0 else _number(log_error),
            "effective_sample_size": self.effective_sample_size,
            "interval": [_number(end) for end in self.log_interval],
            "replicas": self.samples,
            "hits": self.hits,
            **({"reason": self.reason} if self.reason else {}),
        }


def _wilson(hits: int, n: int) -> tuple[float, float]:
    """The score interval of a binomial share: its logs."""
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = math.log(middle - half) if hits and middle > half else -math.inf
    return low, math.log(min(1.0, middle + half))


def _number(log_value: float | None) -> float | str | None:
    if log_value is None:
        return None
    if log_value > _SMALLEST_LOG or log_value == -math.inf:
        return math.exp(log_value)
    power = math.floor(log_value / _LOG10)
    return str(Decimal(f"{math.exp(log_value - power * _LOG10):.10g}").scaleb(power))
