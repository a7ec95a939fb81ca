"""What is certified of one start of the full-batch map: the phase, and what was found on the way."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import brief as _shown
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Enclosure, Verdict


class PhaseName(enum.Enum):
    """What becomes of a start; see docs/phases.md."""

    LAZY = "lazy"
    CATAPULT = "catapult"
    DIVERGENT = "divergent"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Phase:
    """The certified phase of the start (kappa0, L0) for full batches of mean curvature x.

    ``phase`` None: undecided, for the ``reason`` given. ``final_L`` encloses lim L_t and ``peak_loss``
    max_t (kappa_t/kappa_0)^2; None in the divergent phase (both are infinite) and where ``reason`` says that they are
    not known. ``steps`` is the witness: after so many steps one of the lemmas holds. ``first_rise`` is the
    first step in which the loss rises. ``exact_hit``: the t with kappa_t = 0 exactly, False if there is provably none,
    None if that is not known or if kappa_0 = 0. ``settled``: the path was followed to x L <= 2.
    ``slow_bound``: the B of N14, which replaces following the path.
    """

    x: Fraction
    kappa0: Fraction
    L0: Fraction
    phase: PhaseName | None
    lemmas: tuple[str, ...] = ()
    final_L: Enclosure | None = None  # noqa: N815  L is the letter of the field
    peak_loss: Enclosure | None = None
    steps: int = 0
    first_rise: int | None = None
    exact_hit: int | bool | None = None
    settled: bool = False
    slow_bound: Fraction | None = None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.phase is None else Verdict.PROVED

    @property
    def lazy_below(self) -> Fraction:
        """2/x: up to this L the loss falls at every step, at every width (N10)."""
        return 2 / self.x

    @property
    def divergent_above(self) -> Fraction:
        """4/x: above this L the curvature grows without bound, at every width (N10)."""
        return 4 / self.x

    def to_json(self) -> dict[str, Any]:
        diverges = self.phase is PhaseName.DIVERGENT

        def value(number: Enclosure | None) -> Any:
            return "inf" if diverges else None if number is None else number.to_json()

        return {
            "verdict": self.verdict.value,
            "x": exact_text(self.x),
            "kappa0": exact_text(self.kappa0),
            "L0": exact_text(self.L0),
            "phase": None if self.phase is None else self.phase.value,
            "final_L": value(self.final_L),
            "peak_loss": value(self.peak_loss),
            "first_rise": self.first_rise,
            "exact_hit": self.exact_hit,
            "steps": self.steps,
            "lemmas": list(self.lemmas),
            "reason": self.reason,
            "thresholds": {
                "lazy": exact_text(self.lazy_below),
                "divergent": exact_text(self.divergent_above),
            },
        }

    def __repr__(self) -> str:
        name = "undecided" if self.phase is None else self.phase.value
        return f"Phase({name}, final_L={self.final_L!r}, peak_loss={self.peak_loss!r})"


def check_start(x: Fraction, kappa0: Fraction, L0: Fraction) -> None:
    """Raises InputError unless x > 0, L0 > 0 and |kappa0| <= L0/2."""
    if x <= 0:
        raise InputError(f"x: expected a mean curvature > 0, found {_shown(x)}")
    if L0 <= 0:
        raise InputError(f"L0: expected a number > 0, found {_shown(L0)}")
    if 2 * abs(kappa0) > L0:
        raise InputError(
            f"kappa0: expected |kappa0| <= L0/2 = {_shown(L0 / 2)}, as for every network, found {_shown(kappa0)}"
        )
