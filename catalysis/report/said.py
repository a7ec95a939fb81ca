"""What a claim says, in parts; and the numbers of claims as LaTeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.report.latex import equal


@dataclass(frozen=True)
class Said:
    """A title, a statement and its lemmas.

    `premise`, where there is one, stands for the linear walk. A claim that has no `step`, or says itself what is drawn
    (`own_draws`), and yet speaks of the data has `of_data`: then the law of a sample is told; `any_rate`: no learning
    rate is.
    """

    title: str
    statement: str
    lemmas: Sequence[str]
    premise: str = ""
    of_data: bool = False
    own_draws: bool = False
    any_rate: bool = False


def rational(text: Any) -> Fraction:
    """A number of a claim."""
    return Fraction(str(text))


def exactly(value: Fraction) -> str:
    """The number, or `\\approx` and a number where it is too long to print."""
    return equal(value).removeprefix("= ")


_STEP_LEMMAS = {
    "stable": ("S1",),
    "short": ("S9",),
    "never": ("S9",),
    "counts": ("S9",),
    "pair": ("S9", "S10"),
    "lattice": ("S9", "S10"),
    "cells": ("S9", "S11"),
}


def step_lemmas(proof: Mapping[str, Any], steps: int) -> tuple[str, ...]:
    """Of the proof of a probability within so many steps."""
    return _STEP_LEMMAS[proof["method"]] + (("S12",) if proof.get("steps", steps) < steps else ())
