"""All zeros of the drift: the certified list beside scipy and python-flint, in one run.

    python benchmarks/bench_zeros.py [--quick]

scipy: brentq on the slope for the maximum of each gap, brentq on G for each zero, both in the offset
t = -log(distance to the pole) and with numpy inside; nothing is verified. python-flint:
arb_series.find_roots on each gap in lambda, shrunk by 1e-15 of its length at both ends; it verifies, but
cannot see what is nearer to a pole. Processor time, fewest of the
repeats; ratios are to scipy; cpu/wall below 1: others had the core.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from core_cases import Timing, fresh, gaussian, timed
from flint import arb, arb_series, ctx, fmpq
from scipy.optimize import brentq

from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions

Floats = Any


def scipy_zeros(rates: Floats, weights: Floats) -> list[tuple[int, float, float]]:
    """(pole, side, t) of the zeros that brentq finds."""
    found: list[tuple[int, float, float]] = []
    m = len(rates)
    for gap in range(1, m):
        middle = -math.log((1 / rates[gap] - 1 / rates[gap - 1]) / 2)
        left, right = offset(rates, weights, gap - 1, 1.0), offset(rates, weights, gap, -1.0)
        _, slope_left = left
        index, side, (value, slope) = (gap - 1, 1.0, left) if slope_left(middle) > 0 else (gap, -1.0, right)
        far = middle + 1
        while slope(far) > 0:
            far += far - middle
        top = brentq(slope, middle, far, xtol=1e-12)
        if value(top) <= 0:
            continue
        if value(middle) > 0:
            pairs = [(gap - 1, 1.0, left[0], middle), (gap, -1.0, right[0], middle)]
        else:
            pairs = [(index, side, value, top)]
            found.append((index, side, brentq(value, middle, top, xtol=1e-12)))
        for own, way, f, near in pairs:
            found.append((own, way, towards_pole(f, near)))
    last, _ = offset(rates, weights, m - 1, 1.0)
    t = math.log(rates[-1])
    while last(t) < 0:
        t -= 1
    found.append((m - 1, 1.0, towards_pole(last, t)))
    return found


def offset(
    rates: Floats, weights: Floats, index: int, side: float
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """G and dG/dt beside a pole."""
    others = np.arange(len(rates)) != index
    r, p = rates[others], weights[others]
    constant, own = 1 - r / rates[index], weights[index]
    log_own = math.log(rates[index])

    def value(t: float) -> float:
        return float(np.log(np.abs(constant - side * math.exp(-t) * r)) @ p) + own * (log_own - t)

    def slope(t: float) -> float:
        shift = side * math.exp(-t) * r
        return float((shift / (constant - shift)) @ p) - own

    return value, slope


def towards_pole(f: Callable[[float], float], near: float) -> float:
    far, reach = near + 1, 1.0
    while f(far) > 0:
        far, reach = far + reach, 2 * reach
    return float(brentq(f, near, far, xtol=1e-12))


def flint_zeros(walk: LinearWalk) -> int:
    """How many roots find_roots isolates; a gap where it gives up counts none."""
    weights = [arb(fmpq(p.numerator, p.denominator)) for p in walk.weights]
    rates = [arb(fmpq(r.numerator, r.denominator)) for r in walk.rates]
    count = 0
    for gap in range(1, walk.size + 1):
        low, high = walk.gap_ends(gap)
        if high is None:
            high = 1000 * low
        slack = (high - low) / 10**15
        a, b = low + slack, high - slack
        signs = [1 if (1 - a * r) > 0 else -1 for r in walk.rates]

        def drift(x: arb_series, signs: list[int] = signs) -> arb_series:
            terms = (p * ((1 - x * r) * s).log() for p, r, s in zip(weights, rates, signs, strict=True))
            return sum(terms, arb_series([0]))

        try:
            count += len(arb_series.find_roots(drift, fmpq_of(a), fmpq_of(b), maxn=20_000))
        except (ValueError, ArithmeticError):
            continue
    return count


def fmpq_of(value: Any) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def line(name: str, timing: Timing, base: Timing, zeros: object) -> str:
    ratio = timing.seconds / base.seconds
    return f"  {name:24s}{1e3 * timing.seconds:10.2f} ms{ratio:9.2f} x   cpu/wall {timing.cpu:.2f}   {zeros} zeros"


def case(size: int, equal: bool, repeats: int, with_flint: bool) -> float:
    walk = gaussian(size, seed=size, equal=equal)
    rates, weights = walk.float_rates, walk.float_weights
    base = timed(lambda: scipy_zeros(rates, weights), repeats)
    ours = timed(lambda: sign_regions(fresh(walk)), repeats)
    result = sign_regions(walk)
    print(f"m = {size}, {'equal' if equal else 'random'} weights")
    print(line("scipy brentq in t", base, base, len(scipy_zeros(rates, weights))))
    print(line("certified", ours, base, f"{len(result.zeros)} (complete: {result.complete})"))
    if with_flint:
        ctx.prec = 128
        flint = timed(lambda: flint_zeros(walk), 1 if size > 10 else repeats)
        print(line("arb_series.find_roots", flint, base, flint_zeros(walk)))
        print(f"  find_roots / certified: {flint.seconds / ours.seconds:.0f}")
    return ours.seconds


def main(quick: bool) -> None:
    repeats = 3 if quick else 7
    for size in (2, 10, 100):
        for equal in (True, False):
            case(size, equal, repeats, with_flint=size < 100 or not quick)
    sizes, seconds = (125, 250, 500, 1000), []
    for size in sizes:
        walk = gaussian(size, seed=size, equal=True)
        seconds.append(timed(lambda walk=walk: sign_regions(fresh(walk)), 1 if quick else 5).seconds)
        print(f"m = {size}, equal weights: {seconds[-1]:.2f} s, complete: {sign_regions(walk).complete}")
    growth = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    print(f"cost grows like m^{growth:.2f}")


if __name__ == "__main__":
    main("--quick" in sys.argv)
