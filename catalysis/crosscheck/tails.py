"""The tail index of a population, certified, beside Hill's estimate of it from simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalysis.data.population import as_law
from catalysis.exact.numbers import Number, positive
from catalysis.exact.result import Enclosure, Result, Source, Verdict
from catalysis.populations.answer import AnyLaw
from catalysis.populations.tails import TailAnswer, tail_answer
from catalysis.simulation.products import Measured
from catalysis.simulation.streams import Seed
from catalysis.simulation.tails import simulate_tail

_FAR = 4.0  # standard errors


@dataclass(frozen=True, repr=False)
class TailComparison(Result):
    """The certified index and the measured one; `agree` within four standard errors, None where there is no bracket."""

    certified: TailAnswer
    measured: Measured

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def source(self) -> Source | None:
        return self.certified.source

    @property
    def agree(self) -> bool | None:
        bracket = self.certified.number
        if not isinstance(bracket, Enclosure):
            return None
        play = _FAR * self.measured.standard_error
        return float(bracket.lower) - play <= self.measured.value <= float(bracket.upper) + play

    def fields(self) -> dict[str, Any]:
        index = self.certified.fields()["tail_index"]
        return {"verdict": self.verdict.value, "certified": index, **self._measured(), "agree": self.agree}

    def _measured(self) -> dict[str, Any]:
        return {"simulated": self.measured.value, "standard_error": self.measured.standard_error}


def crosscheck_tail(law: AnyLaw, eta: Number, *, replicas: int = 100_000, seed: Seed = 0) -> TailComparison:
    """Hold the certified tail index of SGD with normal noise on fresh samples of a law against a simulation.

    Raises InputError as `tail_answer` does.
    """
    rate, population = positive(eta, "eta"), as_law(law)
    measured = simulate_tail(population, float(rate), replicas=replicas, seed=seed)
    return TailComparison(tail_answer(population, rate), measured)
