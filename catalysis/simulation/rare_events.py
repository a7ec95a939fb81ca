"""Rare spikes by importance sampling: draw from a law under which they are common, and carry the weights.

The tilted law is proportional to `p_i r_i^theta`. For the walk it bounds the relative error at every level;
the reduced map follows it until the level is reached, and the plain law from there. A path's weight is the
product of the ratios plain/tilted over its steps, so every tilt gives an unbiased estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.laws import Floats, StepLaw, WalkLaw, cramer_tilt
from catalysis.simulation.reduced_map import Lanes, ReducedMap, Start, advance
from catalysis.simulation.sampling import Sampler
from catalysis.simulation.walk import just_below
from catalysis.simulation.words import Integers, WalkPlan

PATIENCE = 50
"""Without a horizon a walk may take this many times the time in which its drift shows and leads to the level."""

# A replica of the reduced map is given up when even its bound weight * (|kappa|/level)^b, against the one at the
# start, is smaller than this; b is the smaller one of the tilt and the exponent at the start. As that power of
# |kappa| is a supermartingale (for b >= 1, and nearly so below), the estimate loses no more than that share of
# (|kappa_0|/level)^b. Without an exponent no replica is given up.
_NEGLIGIBLE = math.log(1e-12)

# The reduced map draws no sample more rarely than this share of its own probability, although the tilt may
# say 0 (a factor that vanishes at the start need not do so later).
_SCARCEST = 1e-3


def _check_growth(law: WalkLaw) -> None:
    if not law.largest > 0:
        raise InputError("tilt: no factor exceeds 1 at this lambda, so nothing spikes; sample without a tilt")


@dataclass(frozen=True, eq=False)
class Hits:
    """What became of each replica, arrays of shape (replicas,).

    `log_weight`: -inf where the level was missed; `steps` taken; `unresolved` replicas were still under way
    at the end although there was no horizon.
    """

    log_weight: Floats
    steps: Integers
    unresolved: int


@dataclass(frozen=True, eq=False)
class TiltedWalk:
    """A walk that is stopped at `level > 0`, drawn from the law tilted by `tilt > 0`."""

    level: float
    tilt: float
    log_moment: float
    plan: WalkPlan
    horizon: int | None

    @classmethod
    def of(cls, law: WalkLaw, level: float, tilt: float, *, steps: int | None = None) -> TiltedWalk:
        """`steps`: the horizon, None for ever. Raises InputError if the tilted walk drifts away from the level."""
        if not level > 0:
            raise InputError("factor: expected a number above 1")
        if not 0 < tilt < math.inf:
            raise InputError(f"tilt: expected a number in (0, inf), found {tilt}")
        _check_growth(law)
        if steps is None:
            law = law.without_idle()
        tilted = law.tilted(tilt)
        limit = steps
        if limit is None:
            if not tilted.drift > 0:
                raise InputError(f"tilt: the walk tilted by {tilt:g} does not drift upwards")
            limit = int(PATIENCE * (level / tilted.drift + tilted.variance / tilted.drift**2 + 100))
        return cls(level, tilt, law.log_moment(tilt), WalkPlan.of(tilted, limit), steps)

    def hits(self, lanes: int, stream: np.random.Generator) -> Hits:
        """Walk `lanes` replicas until each has reached the level or the end."""
        level = just_below(self.level)
        log_weight, steps = np.full(lanes, -math.inf), np.zeros(lanes, np.int64)
        who, now, done = np.arange(lanes), np.zeros(lanes), 0
        for words in self.plan.words():
            codes = words.sampler.draw(stream, who.size)
            index = codes.astype(np.intp)
            over = now + words.peak[index] >= level
            if over.any():
                new = np.flatnonzero(over)
                step, value = words.first_at(codes[new], now[new], level)
                steps[who[new]] = done + step
                log_weight[who[new]] = (done + step) * self.log_moment - self.tilt * value
                left = np.flatnonzero(~over)
                who, now, index = who[left], now[left], index[left]
            now += words.total[index]
            done += words.length
            if not who.size:
                break
        steps[who] = done
        return Hits(log_weight, steps, 0 if self.horizon is not None else who.size)


@dataclass(frozen=True, eq=False)
class ReducedHits:
    """As Hits, for the reduced map; `L` is the last L of the replicas that reached the level, else nan.

    `unresolved` replicas were below the level after the last step, with a chance to reach it later; those whose
    L fell to `2 / max x` or below have none.
    """

    log_weight: Floats
    steps: Integers
    L: Floats
    unresolved: int


class TiltedReducedMap:
    """The reduced map, tilted by the factors at its start until |kappa| reaches `level`."""

    def __init__(self, law: StepLaw, start: Start, level: float, tilt: float) -> None:
        if not level > 0:
            raise InputError(f"kappa: expected a level above 0, found {level}")
        if not 0 < tilt < math.inf:
            raise InputError(f"tilt: expected a number in (0, inf), found {tilt}")
        self.law, self.start, self.level, self.tilt = law, start, level, tilt
        self.plain = ReducedMap(law)
        with np.errstate(divide="ignore"):
            logs = np.log(np.abs(1.0 - law.x * start.L))
        walk = WalkLaw(logs, law.p / law.p.sum())
        _check_growth(walk)
        self.bound = min(tilt, cramer_tilt(walk) or 0.0)
        exponents = tilt * logs
        share = np.exp(exponents - exponents.max())
        share = np.maximum(share / float(law.p @ share), _SCARCEST)
        share /= float(law.p @ share)  # q_i / p_i
        self.sampler = Sampler.of(law.p * share)
        self.x_by_code = self.sampler.by_code(law.x)
        self.log_ratio = self.sampler.by_code(-np.log(share))

    def hits(self, lanes: int, stream: np.random.Generator, *, steps: int, after: int = 0) -> ReducedHits:
        """Run `lanes` replicas until the level, at most `steps` steps, and those that reach it `after` more."""
        result = ReducedHits(np.full(lanes, -math.inf), np.zeros(lanes, np.int64), np.full(lanes, np.nan), 0)
        state, who, log_weight = Lanes.begin(self.start, lanes), np.arange(lanes), np.zeros(lanes)
        arrived: list[tuple[Integers, Floats, Floats]] = []
        done, level = 0, self.level * self.level * (1 - 1e-12)
        while who.size:
            over = state.top >= level
            if over.any():
                at = np.flatnonzero(over)
                result.log_weight[who[at]], result.steps[who[at]] = log_weight[at], done
                arrived.append((who[at], state.kappa[at], state.L[at]))
            dead = state.L * self.plain.largest <= 2  # no factor exceeds 1 any more
            if done % 16 == 0:
                gain = self.bound * (state.log_kappa() - math.log(abs(self.start.kappa)))
                dead |= (log_weight + gain < _NEGLIGIBLE) & (self.bound > 0)
            gone = over | dead
            if gone.any():
                result.steps[who[gone]] = done
                left = np.flatnonzero(~gone)
                state.keep(left)
                who, log_weight = who[left], log_weight[left]
            if done == steps or not who.size:
                break
            codes = self.sampler.draw(stream, who.size)
            with np.errstate(all="ignore"):
                advance(codes[None], self.x_by_code, state.kappa, state.L, state.top)
            log_weight += self.log_ratio[codes]
            done += 1
            if done % 16 == 0:
                state.normalise()
        result.steps[who] = done
        self._go_on(arrived, after, stream, result)
        return ReducedHits(result.log_weight, result.steps, result.L, who.size)

    def _go_on(
        self,
        arrived: list[tuple[Integers, Floats, Floats]],
        after: int,
        stream: np.random.Generator,
        result: ReducedHits,
    ) -> None:
        """Replicas that have arrived follow the plain law."""
        if not arrived:
            return
        who, kappa, L = (np.concatenate(parts) for parts in zip(*arrived, strict=True))
        state = Lanes(kappa, L)
        if after:
            self.plain.run(state, after, stream)
        result.L[who] = state.L
