"""The Cramer exponent at one curvature: the certified bracket beside scipy's brentq, in one run.

    python benchmarks/bench_theta.py [--quick]

scipy: brentq on log M(theta) with numpy, from a bracket found by doubling, to 12 digits; not verified. The
points lie between lambda_crit and the first place with theta < 0.2. Medians over repeats of the time of one
point; cpu/wall below 1: others had the core.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
from core_cases import fresh, gaussian, timed
from scipy.optimize import brentq

from catalysis.data.walk import LinearWalk
from catalysis.exponent.exponent import cramer_exponent


def scipy_exponent(walk: LinearWalk, curvature: float) -> float:
    rates, weights, idle = walk.float_rates, walk.float_weights, float(walk.idle)
    logs = np.log(np.abs(1 - curvature * rates))

    def excess(theta: float) -> float:
        return float(np.log(weights @ np.exp(theta * logs) + idle))

    low = high = 1.0
    while excess(high) < 0:
        high *= 2
    while excess(low) >= 0:
        low /= 2
    return float(brentq(excess, low, high, xtol=1e-13, rtol=1e-12))


def points(walk: LinearWalk) -> list[Fraction]:
    """Deflationary places as short decimals."""
    crit = 2 / walk.rates[0]
    found = []
    for k in range(1, 40):
        at = Fraction(round(crit * (1 + Fraction(k, 40)) * 10**6), 10**6)
        theta = cramer_exponent(walk, at).enclosure
        if theta is not None and theta.lower > Fraction(1, 5):
            found.append(at)
    return found[:: max(1, len(found) // 6)]


def main(quick: bool) -> None:
    repeats = 3 if quick else 9
    for size in (2, 10, 100):
        walk = gaussian(size, seed=size, equal=False)
        places = points(walk)
        doubles = [float(place) for place in places]
        walk = fresh(walk)
        base = timed(lambda w=walk, d=doubles: [scipy_exponent(w, at) for at in d], repeats)
        ours = timed(lambda w=walk, p=places: [cramer_exponent(w, at) for at in p], repeats)
        worst = max(
            abs(scipy_exponent(walk, float(at)) / float(theta.midpoint) - 1)
            for at in places
            if (theta := cramer_exponent(walk, at).enclosure) is not None
        )
        print(f"m = {size}, {len(places)} points, scipy off by up to {worst:.0e}")
        for name, timing in (("scipy brentq", base), ("certified, 12 digits", ours)):
            each = 1e6 * timing.seconds / len(places)
            print(
                f"  {name:24s}{each:10.1f} us{timing.seconds / base.seconds:8.2f} x   cpu/wall {timing.cpu:.2f}"
            )


if __name__ == "__main__":
    main("--quick" in sys.argv)
