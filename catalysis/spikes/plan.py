"""Before a walk over counts is begun: how many steps it takes, how many states, in which arithmetic.

Nothing here is a bound; the plan decides how tight the certified bounds come out, never whether they hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from catalysis.exact.balls import log_size
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.arithmetics import UNIT
from catalysis.spikes.lundberg import digits_lost

_FIXED_COST = 30  # an update in integers, in updates in doubles
_LAYER_COST = 3000  # what a layer costs apart from its states
_MOST_STEPS = 10**7
_MOST_STATES = 1e30  # nobody begins that many: thousands of axes would overflow a double
_FEWEST_BITS = 128

MOST_AXES = 32
"""More factors than the layers of a walk can have axes, each of at least two states: nothing need be planned."""


@dataclass(frozen=True)
class Plan:
    """`steps` moving steps and `work` updates for `digits` digits; `drop` is the mass that an edge may
    have to be cut off, `play` = R^theta - 1, `tolerance` what may be left alive, times `play`."""

    digits: int
    exponent: Enclosure
    steps: int
    states: float
    work: float
    in_doubles: bool
    unit_bits: int
    bits: int
    drop: Fraction
    play: float
    tolerance: float

    @property
    def least_worth(self) -> Fraction:
        """About R^-theta, the least share of the upper Lundberg bound that the probability can be."""
        return _power_of_two(-math.log1p(self.play))

    @property
    def most_steps(self) -> int:
        return self.steps + 64

    def too_much(self, most: int) -> str:
        """Why it is not begun, in words."""
        return (
            f"{self.digits} digits take about {self.steps} steps of the walk over counts and {self.work:.1e} "
            f"updates, more than the {most:.1e} allowed (--max-work)"
        )


def plan_walk(steps: StepFactors, level: Fraction, digits: int) -> Plan:
    """The plan for `digits` digits. Raises InputError unless the walk is deflationary."""
    if digits < 1:
        raise InputError(f"digits: expected at least 1, found {digits}")
    rough = steps.exponent(digits=15)
    if rough.enclosure is None:
        raise InputError(f"factors: expected a deflationary walk, found a {rough.regime.value} one")
    theta = float(rough.enclosure.midpoint)
    logs = np.array([log_size(r) for r in steps.factors])
    weights = np.array([float(q) for q in steps.moving_weights])
    overshoot = theta * float(logs[0])  # log R^theta
    share = 10.0**-digits
    tolerance = 0.4 * share
    # alive mass a costs a (R^theta - 1) relative to the probability
    play = math.expm1(min(overshoot, 700.0))
    aim = math.log(play / tolerance) if play > tolerance else 0.0
    count = chernoff_steps(logs, weights, theta, log_size(level), aim)
    drop_log = math.log(0.05 * share) - overshoot - math.log(2 * max(1, steps.size - 1) * (count + 64.0))
    tilted = weights * np.exp(theta * logs)
    states = states_of(tilted, count, -drop_log)
    doubles = (steps.size + 1) * count * UNIT < 0.02 * share and overshoot < 130 and digits <= 12
    work = states * (1 if doubles else _FIXED_COST) * steps.size + count * _LAYER_COST
    unit_bits = int(3.33 * (digits + 3) + overshoot / math.log(2) + math.log2(states + 2)) + 8
    size = int(count * float(np.abs(logs).max()) * (1 + theta) + theta * log_size(level)).bit_length()
    bits = max(_FEWEST_BITS, unit_bits) + 64 + size
    good = digits + 6 + digits_lost(level) + len(str(int(overshoot + count)))
    exponent = steps.exponent(digits=good).enclosure
    assert exponent is not None
    return Plan(
        digits,
        exponent,
        count,
        states,
        work,
        doubles,
        unit_bits,
        bits,
        _power_of_two(drop_log),
        play,
        tolerance,
    )


def chernoff_steps(
    logs: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    theta: float,
    log_level: float,
    aim: float,
) -> int:
    """So many steps leave at most `exp(-aim)` of the tilted mass alive: the least T over u in (0, theta) with

    P(S_T < log K) <= K^u M(theta - u)^T under the tilted law.
    """
    best = float(_MOST_STEPS)
    for u in theta * np.linspace(0.004, 0.996, 249):
        rate = -math.log(float(weights @ np.exp((theta - u) * logs)) or 1e-300)
        if rate > 0:
            best = min(best, (u * log_level + aim) / rate)
    return max(1, math.ceil(best))


def states_of(tilted: npt.NDArray[np.float64], count: int, spread: float) -> float:
    """About the sum over t <= count of the states in a layer, each axis some standard deviations wide.

    At most `_MOST_STATES` for each layer.
    """
    times = np.linspace(1, count, min(count, 200))
    sizes = np.ones_like(times)
    for share in np.sort(tilted)[:-1]:
        wide = 2 * np.sqrt(2 * spread * times * share * max(0.0, 1 - share)) + 0.3 * spread + 2
        sizes = np.minimum(sizes * np.minimum(times + 1, wide), _MOST_STATES)
    return float(sizes.mean() * count)


def _power_of_two(log: float) -> Fraction:
    """The largest power of two at most exp(log), for a log that doubles may not hold as a number."""
    return Fraction(1, 1 << max(0, math.ceil(-log / math.log(2))))
