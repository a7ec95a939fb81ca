"""What counts as a spike of a run: the level that |mu|, or |kappa|, has to reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self

from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact, positive, ratio_text
from catalysis.simulation.laws import as_double
from catalysis.simulation.walk import count_of

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
        factor: Number | None,
        width: Number | None,
        mu0: Number,
        kappa: Number | None,
    ) -> Self:
        """From the arguments of `simulate`. Raises InputError."""
        start_mu, neurons = _start(mu0), None if width is None else count_of(width, "width", 1e100)
        growth = None if factor is None else exact(factor, "factor")
        level = None if kappa is None else as_double(positive(kappa, "kappa"), "kappa")
        if growth is not None and level is not None:
            raise InputError("expected factor or kappa, not both")
        if neurons is None and (map != "walk" or level is not None):
            raise InputError(f"width: expected one for {'kappa' if map == 'walk' else f'the map {map}'}")
        start = None
        if neurons is not None:
            start = as_double(walk.dataset.learning_rate, "eta") * abs(start_mu) / math.sqrt(neurons)
        if level is not None:
            assert start is not None
            if not start < level:
                raise InputError(f"kappa: expected a number above |kappa_0| = {start:g}, found {level}")
            if start == 0:
                raise InputError("mu0: expected a larger one, |kappa_0| is below all doubles")
            return cls(f"|kappa| >= {level!r}", math.log(level / start), level, neurons, start_mu)
        growth = Fraction(2) if growth is None else growth
        if not growth > 1:
            raise InputError(f"factor: expected a number above 1, found {brief(growth)}")
        log_factor = math.log(growth.numerator) - math.log(growth.denominator)
        reached = None if start is None else start * math.exp(min(log_factor, 690.0))
        return cls(f"|mu| >= {ratio_text(growth)} |mu_0|", log_factor, reached, neurons, start_mu)


def _start(mu0: Number) -> float:
    value = as_double(exact(mu0, "mu0"), "mu0")
    if value == 0:
        raise InputError("mu0: expected a number that is not 0, nor below all doubles")
    return value
