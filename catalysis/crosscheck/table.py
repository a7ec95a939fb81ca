"""What a cross-check returns: lines of a table, and the numbers behind its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from catalysis.data.dataset import Dataset
from catalysis.exact.result import Result, Verdict
from catalysis.products.walk import MatrixWalk


@dataclass(frozen=True)
class CheckLine:
    """One certified value beside a simulated one.

    `standard_error` belongs to `simulated`: a statistical error, or half the width of the bracket that the
    simulation left. `agree` is None where nothing was certified, or where the simulation saw too little to
    tell; `note` then says why.
    """

    name: str
    certified: float | str | None
    simulated: float | str | None
    standard_error: float | None
    agree: bool | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        line = {
            "name": self.name,
            "certified": plain(self.certified),
            "simulated": plain(self.simulated),
            "standard_error": plain(self.standard_error),
            "agree": self.agree,
        }
        return line | ({"note": self.note} if self.note else {})


@dataclass(frozen=True)
class Series:
    """Numbers for a picture: points (x, y, error of y), and a few numbers by name."""

    kind: str
    points: tuple[tuple[float, float, float], ...]
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The lines of one check, and what there is to draw."""

    lines: tuple[CheckLine, ...]
    series: tuple[Series, ...] = ()


class Check(Protocol):
    """A check holds the certified value that it is given, and knows how to simulate its counterpart."""

    def run(self) -> Outcome: ...


@dataclass(frozen=True, repr=False)
class CrossCheck(Result):
    """The table for one data set: what is certified is certified, that both sides agree is measured.

    In its JSON document `verdict` says whether they do: "agreement" or "disagreement".
    """

    dataset: Dataset | MatrixWalk
    seed: str
    lines: tuple[CheckLine, ...]
    series: tuple[Series, ...]
    seconds: float

    @classmethod
    def of(
        cls, dataset: Dataset | MatrixWalk, seed: str, outcomes: Iterable[Outcome], seconds: float
    ) -> CrossCheck:
        found = list(outcomes)
        lines = tuple(line for outcome in found for line in outcome.lines)
        series = tuple(one for outcome in found for one in outcome.series)
        return cls(dataset, seed, lines, series, seconds)

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def data(self) -> str:
        """The name of the data set."""
        return self.dataset.name

    @property
    def disagreements(self) -> tuple[CheckLine, ...]:
        return tuple(line for line in self.lines if line.agree is False)

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": "disagreement" if self.disagreements else "agreement",
            "seed": self.seed,
            "disagreements": [line.name for line in self.disagreements],
            "checks": [line.to_json() for line in self.lines],
            "seconds": self.seconds,
        }


def plain(value: float | str | None) -> float | str | None:
    """JSON has no infinities."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def shown(value: float | str | None) -> str:
    """A number with seven digits."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.7g}"
