"""Check (c): the sign of G on both sides of each certified zero against the drift of simulated walks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.agreement import bernstein
from catalysis.crosscheck.table import CheckLine, Outcome
from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole, Position
from catalysis.drift.regions import SignRegions, Zero
from catalysis.drift.value import drift_ball, factors
from catalysis.exact.balls import as_float, precision
from catalysis.exact.numbers import exact_text, short_between
from catalysis.simulation.laws import WalkLaw
from catalysis.simulation.streams import child_of
from catalysis.simulation.walk import walk_paths

_BITS = 192
_STEPS = 64
_REPLICAS = 2**17
_ROUNDING = 1e-12


@dataclass(frozen=True)
class DriftSign:
    """G at one place: its certified sign and value, and the walk to be simulated there."""

    place: str
    sign: int
    certified: float
    law: WalkLaw
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        paths = walk_paths(self.law, steps=_STEPS, replicas=_REPLICAS, seed=self.seed)
        gains = paths.final / _STEPS
        mean, error = float(gains.mean()), float(gains.std(ddof=1)) / math.sqrt(gains.size)
        logs = self.law.log_factors
        bound = float(np.abs(logs - self.law.drift).max())
        tolerance = bernstein(self.law.variance, bound, _STEPS * _REPLICAS) + _ROUNDING * (1 + bound)
        name = f"sign of G {self.place}"
        agree: bool | None = abs(mean - self.certified) <= tolerance
        note = ""
        if agree and self.sign * mean <= tolerance:
            wrong = self.sign * mean < -tolerance
            agree, note = (False, "opposite sign") if wrong else (None, "too few samples for the sign")
        return Outcome((CheckLine(name, self.certified, mean, error, agree, note),))


def drift_signs(regions: SignRegions, seed: np.random.SeedSequence) -> list[DriftSign]:
    """One check on each side of each zero, well inside the neighbouring regions."""
    checks = []
    zeros = regions.inside
    for index, zero in enumerate(zeros):
        before = zeros[index - 1] if index else None
        after = zeros[index + 1] if index + 1 < len(zeros) else None
        for side, place in ((-1, _place(zero, before, -1)), (1, _place(zero, after, 1))):
            sign = side * zero.direction or -1
            child = child_of(seed, index, (side + 1) // 2)
            where = "below" if side < 0 else "above"
            name = f"{where} its zero {_shown(zero)}, at {_text(place)}"
            checks.append(drift_sign_at(regions.walk, place, sign, name, child))
    return checks


def drift_sign_at(
    walk: LinearWalk, place: Position, sign: int, name: str, seed: np.random.SeedSequence
) -> DriftSign:
    """The check for one place (no pole); the walk's factors there are taken from balls, to the last digit."""
    with precision(_BITS):
        logs = [as_float(abs(factor).log()) for factor in factors(walk, place, _BITS)]
        value = as_float(drift_ball(walk, place, _BITS))
    weights = [float(p) for p in walk.weights]
    if walk.idle:
        logs, weights = [*logs, 0.0], [*weights, float(walk.idle)]
    p = np.array(weights)
    return DriftSign(name, sign, value, WalkLaw(np.array(logs), p / p.sum()), seed)


def _place(zero: Zero, neighbour: Zero | None, side: int) -> Position:
    """A quarter of the way from the zero to the next zero or pole; in the log-distance very near a pole."""
    left, right = zero.walk.gap_ends(zero.gap)
    if isinstance(zero.lower, NearPole):
        pole, t = zero.lower, zero.lower.t
        if side == -pole.side:  # towards the pole
            return NearPole(pole.index, pole.pole, pole.side, t * Fraction(5, 4))
        return NearPole(pole.index, pole.pole, pole.side, t * Fraction(4, 5))
    here = zero.enclosure().midpoint
    inside = neighbour is not None and neighbour.gap == zero.gap and not isinstance(neighbour.lower, NearPole)
    if inside and neighbour is not None:
        end = neighbour.enclosure().midpoint
    elif side < 0:
        end = left
    else:
        end = here + (here - left) if right is None else right
    return short_near((3 * here + end) / 4, abs(here - end) / 100)


def short_near(value: Fraction, slack: Fraction) -> Fraction:
    """A number with few digits within `slack`."""
    return short_between(value - slack, value + slack)


def _shown(zero: Zero) -> str:
    if isinstance(zero.lower, NearPole):
        return _text(zero.lower)
    return exact_text(zero.exact) if zero.exact is not None else f"{float(zero.enclosure().midpoint):.9g}"


def _text(place: Position) -> str:
    if isinstance(place, NearPole):
        sign = "+" if place.side > 0 else "-"
        return f"{float(place.pole):.6g} {sign} exp(-{float(place.t):.6g})"
    return f"{float(place):.9g}"
