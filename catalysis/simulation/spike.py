"""What counts as a spike of a run: the level that |mu|, or |kappa|, has to reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Self

from catalysis.exact.errors import InputError
from catalysis.simulation.laws import as_double
from catalysis.simulation.walk import check_counts

if TYPE_CHECKING:
    from catalysis.data.walk import LinearWalk

Map = Literal["walk", "reduced", "network"]
MAPS = ("walk", "reduced", "network")


@dataclass(frozen=True)
class Spike:
    """The event: log|mu/mu_0| reaches `log_factor`, that is |kappa| reaches `kappa` at the given width."""

    event: str
    log_factor: float
    kappa: float | None
    width: int | None
    mu0: float

    @classmethod
    def of(
        cls,
        walk: LinearWalk,
        map: Map,
        *,
        factor: Fraction | float | None,
        width: int | None,
        mu0: float,
        kappa: float | None,
    ) -> Self:
        if factor is not None and kappa is not None:
            raise InputError("expected factor or kappa, not both")
        if width is None and (map != "walk" or kappa is not None):
            raise InputError(f"width: expected one for {'kappa' if map == 'walk' else f'the map {map}'}")
        if width is not None:
            check_counts(width=width)
        if not (mu0 != 0 and math.isfinite(mu0)):
            raise InputError(f"mu0: expected a number that is not 0, found {mu0}")
        start = None
        if width is not None:
            start = as_double(walk.dataset.learning_rate, "eta") * abs(mu0) / math.sqrt(width)
        if kappa is not None:
            assert start is not None
            if not start < kappa < math.inf:
                raise InputError(f"kappa: expected a number above |kappa_0| = {start:g}, found {kappa}")
            return cls(f"|kappa| >= {kappa!r}", math.log(kappa / start), kappa, width, mu0)
        factor = 2 if factor is None else factor
        if not 1 < factor < math.inf:
            raise InputError(f"factor: expected a number above 1, found {factor}")
        log_factor = _log(factor)
        level = None if start is None else start * math.exp(min(log_factor, 690.0))
        return cls(f"|mu| >= {factor} |mu_0|", log_factor, level, width, mu0)


def _log(number: Fraction | float) -> float:
    """Of numbers that a double need not hold."""
    exact = Fraction(number)
    return math.log(exact.numerator) - math.log(exact.denominator)
