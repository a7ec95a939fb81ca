"""An estimated probability with everything that says how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Self

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.exact.result import Result, Verdict
from catalysis.simulation.laws import Floats

FEWEST_HITS = 10.0
"""With a smaller effective sample size there is no estimate, only an interval."""

_Z95 = 1.959963984540054
_NO_SPREAD = 1e-12
"""A relative variance of the weights below this is rounding."""

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


@dataclass(frozen=True, repr=False)
class Estimate(Result):
    """A probability, measured: estimated from `samples` replicas of which `hits` saw the event.

    `log_value` and `log_interval` are natural logarithms (the interval holds the probability in 95 % of all
    runs); `log_value` is None, and `reason` says why, if the effective sample size is below FEWEST_HITS.
    `relative_error` is None, and `note` says why, where all replicas have the same weight: no spread was seen from
    which an error could be estimated. `effective_sample_size` = (sum w)^2 / sum w^2: as many hits of plain
    sampling would be worth the same.
    """

    samples: int
    hits: int
    log_value: float | None
    relative_error: float | None
    effective_sample_size: float
    log_interval: tuple[float, float]
    reason: str | None = None
    note: str | None = None

    @classmethod
    def of(
        cls, tally: Tally, log_unit: float = 0.0, *, weighted: bool = False, log_largest: float = math.inf
    ) -> Self:
        """From the sums of all blocks; `weighted` after importance sampling, with no log-weight above `log_largest`."""
        n, hits = int(tally.samples), int(tally.hits)
        if n < 1:
            raise InputError("an estimate needs at least one replica")
        size = tally.weight**2 / tally.weight_squared if tally.weight_squared > 0 else 0.0
        interval = (-math.inf, 0.0) if weighted else _wilson(hits, n)
        if size < FEWEST_HITS:
            few = f"too few samples: {hits} hits among {n}, an effective {size:.1f}"
            return cls(n, hits, None, None, size, interval, _under_way(tally, weighted) or few)
        spread = max(0.0, n / size - 1)
        relative = math.sqrt(spread / max(n - 1, 1))
        log_value = math.log(tally.weight / n) + log_unit
        if weighted:
            interval = _of_weights(n, spread, relative, log_value, log_largest)
        if reason := _under_way(tally, weighted):
            return cls(n, hits, None, relative, size, (interval[0], 0.0), reason)
        if spread < _NO_SPREAD:
            return cls(n, hits, log_value, None, size, interval, None, _note(n, weighted))
        return cls(n, hits, log_value, relative, size, interval)

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def number(self) -> float | None:
        """The same as `value`: measured, not certified."""
        return self.value

    @property
    def formula(self) -> str | None:
        """An estimator of P, not P; None where a double does not hold the estimate."""
        return r"\widehat{P}" if self.value else None

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

    def fields(self) -> dict[str, Any]:
        """Numbers, or decimal strings where a number is too small for a double; None where unknown."""
        log_error = None
        if self.log_value is not None and self.relative_error is not None:
            log_error = self.log_value + math.log(self.relative_error)
        return {
            "verdict": self.verdict.value,
            "estimate": _number(self.log_value),
            "standard_error": _number(log_error),
            "effective_sample_size": self.effective_sample_size,
            "interval": [_number(end) for end in self.log_interval],
            "replicas": self.samples,
            "hits": self.hits,
            **({"reason": self.reason} if self.reason else {}),
            **({"note": self.note} if self.note else {}),
        }


def _under_way(tally: Tally, weighted: bool) -> str | None:
    """Why there is no estimate where weighted replicas might still have arrived."""
    if not (weighted and tally.unresolved > 0):
        return None
    return f"{int(tally.unresolved)} of {int(tally.samples)} replicas were still under way: allow more steps"


def _of_weights(
    n: int, spread: float, relative: float, log_value: float, log_largest: float
) -> tuple[float, float]:
    """The logs of the normal interval; where all weights are the same one that needs no spread.

    If a weight differs with probability q, all n are the same with at most (1 - q)^n: so q <= 1 - 0.05^(1/n) in 95 % of
    all runs, and what differs lies between 0 and the largest weight.
    """
    if spread >= _NO_SPREAD:
        return log_value - _Z95 * relative, min(0.0, log_value + _Z95 * relative)
    q = -math.expm1(math.log(0.05) / n)
    above = min(max(log_largest - log_value, 0.0), 700.0)
    return log_value + math.log1p(-q), min(0.0, log_value + math.log1p(q * math.expm1(above)))


def _note(n: int, weighted: bool) -> str:
    if not weighted:
        return f"all {n} replicas reached the level: no standard error can be seen, the interval is what is left open"
    return (
        f"all {n} weights are the same, so no standard error can be seen: the estimate is exact up to rounding if no "
        "other weight is possible, as on a lattice of factors; the interval allows for one"
    )


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
