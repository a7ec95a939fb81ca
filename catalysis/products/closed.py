"""The mean square of SGD with batches and heavy-ball momentum by closed forms in Sigma: V20, kernels of any size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.products.kernel_sums import KernelSums

_MARGIN = 1e-11
_TRIES = 60
_PLACES = 30
_HOPELESS = 700
"""A bound rho^T beyond e^this is not worked out."""


@dataclass(frozen=True)
class BatchStep:
    """Heavy-ball momentum in [0, 1), and kappa > 0, the share of a batch's variance (V5b)."""

    momentum: Fraction
    kappa: Fraction

    @property
    def slope(self) -> Fraction:
        """c in D(sigma) = 2 (1 - beta) - eta c sigma."""
        return (1 - self.momentum) / (1 + self.momentum) - self.kappa

    def denominator(self, load: Fraction) -> Fraction:
        """D at `load` = eta sigma."""
        return 2 * (1 - self.momentum) - self.slope * load

    def stable(self, load: Fraction) -> bool:
        """Whether eta sigma < 2 (1 + beta): then D > 0 on [0, sigma]."""
        return load < 2 * (1 + self.momentum)


@dataclass(frozen=True)
class ClosedUpper:
    """k(2) <= 0 at `eta`, and k(2) < 0 at all smaller learning rates (V20a)."""

    eta: Fraction
    step: BatchStep
    sigma: Fraction
    vector: tuple[int, ...] | None

    def holds(self, sums: KernelSums) -> bool:
        """With `sigma` as the bound of the top eigenvalue that `vector` proves."""
        return self.sigma == sums.top.upper and spread(sums, self.step, self.eta) <= 1


@dataclass(frozen=True)
class ClosedLower:
    """k(2) >= 0 at `eta` and at all larger ones: by Jensen's bound for all samples (V20b), or the mean step (V20c)."""

    eta: Fraction
    step: BatchStep
    form: Literal["samples", "mean"]
    direction: tuple[int, ...] = ()

    def holds(self, sums: KernelSums) -> bool:
        if self.form == "mean":
            return self.eta * sums.top.lower >= 2 * (1 + self.step.momentum)
        least = min(_weight(self.step, k, t) for k, t in sums.pairs)
        return self.eta * least >= 2 * (1 - self.step.momentum)


def spread(sums: KernelSums, step: BatchStep, eta: Fraction) -> Fraction:
    """The largest kappa eta (K_ii/D(0) + (tau_i/sigma)(1/D(sigma) - 1/D(0))); 2 where eta sigma >= 2 (1 + beta)."""
    sigma = sums.top.upper
    if not step.stable(eta * sigma):
        return Fraction(2)
    first, last = 1 / step.denominator(Fraction(0)), 1 / step.denominator(eta * sigma)
    by_k, by_tau = step.kappa * eta * first, step.kappa * eta * (last - first) / sigma
    return max(by_k * k + by_tau * t for k, t in sums.pairs)


def closed_upper(sums: KernelSums, step: BatchStep, digits: int = 10) -> ClosedUpper:
    """The largest learning rate that V20a reaches, rounded down."""
    load = _largest(sums, step)
    for k in range(_TRIES):
        short = Fraction(
            decimal_below(Fraction(load * (1 - min(0.9, _MARGIN * 4.0**k))) / sums.top.upper, digits)
        )
        found = ClosedUpper(short, step, sums.top.upper, sums.top.vector)
        if found.holds(sums):
            return found
    raise AssertionError("closed forms hold for small learning rates")


def _largest(sums: KernelSums, step: BatchStep) -> float:
    """Where `spread` is 1, times sigma, in doubles."""
    k, tau = sums.floats
    kappa, beta, slope = float(step.kappa), float(step.momentum), float(step.slope)

    def beyond(load: float) -> bool:
        first, last = 2 * (1 - beta), 2 * (1 - beta) - slope * load
        if load >= 2 * (1 + beta) or last <= 0:
            return True
        return bool(np.max(kappa * load * (k / first + tau * (1 / last - 1 / first))) > 1)

    low, high = 0.0, 2 * (1 + beta)
    while high - low > 1e-14 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return low


def closed_lower(sums: KernelSums, step: BatchStep, digits: int = 10) -> ClosedLower:
    """The smallest learning rate that V20b or V20c reaches, rounded up."""
    by_mean = mean_lower(sums, step, digits)
    least = min(_weight(step, k, t) for k, t in sums.pairs)
    if least <= 0:
        return by_mean
    by_samples = ClosedLower(_up(2 * (1 - step.momentum) / least, digits), step, "samples")
    return min(by_mean, by_samples, key=lambda proof: proof.eta)


def mean_lower(sums: KernelSums, step: BatchStep, digits: int = 10) -> ClosedLower:
    """Where the mean step no longer contracts: k(s) >= 0 for all s >= 1 (V20c)."""
    eta = _up(2 * (1 + step.momentum) / sums.top.lower, digits)
    return ClosedLower(eta, step, "mean", sums.top.direction)


def _weight(step: BatchStep, k: Fraction, tau: Fraction) -> Fraction:
    """kappa K_ii + c tau_i/K_ii."""
    return step.kappa * k + step.slope * tau / k


def _up(value: Fraction, digits: int) -> Fraction:
    return Fraction(decimal_above(value, digits))


@dataclass(frozen=True)
class ClosedSpike:
    """P(the event at factor K) <= constant rho^T K^-2 for every start, rho = 1 if `rate` is 1 (V20d).

    Without momentum the event is sup |e_t| >= K |e_0| in the parameters; with momentum, from an empty momentum buffer,
    that the mean loss reaches K^2 (sigma/2) |e_0|^2.
    """

    eta: Fraction
    step: BatchStep
    constant: Fraction
    rate: Fraction

    def probability(self, factor: Fraction, steps: int | None) -> Fraction:
        """At most 1; without `steps` for all times, which needs rho = 1."""
        if self.rate > 1 and (steps is None or steps * math.log(self.rate) > _HOPELESS):
            return Fraction(1)
        growth = Fraction(1) if steps is None else _power_above(self.rate, steps)
        return min(Fraction(1), self.constant * growth / factor**2)


def _power_above(rate: Fraction, steps: int) -> Fraction:
    """An upper bound of rate^steps with few digits."""
    found, square, left = Fraction(1), rate, steps
    while left:
        if left & 1:
            found = _up(found * square, _PLACES)
        left >>= 1
        if left:
            square = _up(square * square, _PLACES)
    return found


def closed_spike(sums: KernelSums, step: BatchStep, eta: Fraction) -> ClosedSpike | None:
    """V20d at one learning rate; None where eta sigma >= 2 (1 + beta)."""
    sigma, beta = sums.top.upper, step.momentum
    load = eta * sigma
    if not step.stable(load):
        return None
    first, last = step.denominator(Fraction(0)), step.denominator(load)
    excess = max(Fraction(0), spread(sums, step, eta) - 1)
    if not beta:
        constant = max(first / last, last / first)
        return ClosedSpike(eta, step, constant, 1 + excess * load * max(first, last))
    a = 1 + beta
    start = max((1 - beta) ** 2 / first, ((1 - beta) ** 2 + 2 * beta * load / a) / last)
    held = min(2 * a / first, (2 * a - load) / last) / a**2
    return ClosedSpike(eta, step, start / (held * load), 1 + excess / held)
