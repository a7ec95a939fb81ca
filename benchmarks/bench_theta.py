"""The Cramer exponent: certified brackets beside scipy's brentq, in one run, at single points and along curves.

    python benchmarks/bench_theta.py [--quick]

scipy: brentq on log M(theta) with numpy, from a bracket found by doubling, to 12 digits; not verified. actuar:
`adjCoef` of the R package, where it is installed: a minimum of (M - 1)^2, sought up to the true theta + 1. The
points lie between lambda_crit and the first place with theta < 0.2. A curve: deflationary places evenly spaced
between lambda_crit and its double, as an array of doubles, 9 digits proved. The fewest over repeats of the processor
time of one point; cpu/wall below 1: others had the core.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from fractions import Fraction

import numpy as np
from core_cases import fresh, gaussian, timed
from scipy.optimize import brentq

from catalysis.data.walk import LinearWalk
from catalysis.exponent.curve import exponent_curve
from catalysis.exponent.exponent import Regime, cramer_exponent


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


ACTUAR = """
suppressMessages(library(actuar))
rows <- strsplit(readLines(file("stdin")), " ")
cases <- lapply(rows, function(row) { v <- as.numeric(row); n <- (length(v) - 2) / 2
  list(top = v[1], idle = v[2], p = v[3:(2 + n)], f = v[(3 + n):(2 + 2 * n)]) })
one <- function(case) {
  h <<- function(x) sum(case$p * case$f^x) + case$idle
  adjCoef(h = h, upper.bound = case$top)
}
found <- sapply(cases, one)
took <- system.time(for (k in 1:100) for (case in cases) one(case))
cat(1e4 * sum(took[1:2]) / length(cases), found)
"""


def actuar_exponents(walk: LinearWalk, places: list[float], truth: list[float]) -> str:
    """Microseconds a point, and how far off, of R's actuar."""
    if shutil.which("Rscript") is None:
        return "no Rscript"
    p, idle = walk.float_weights, float(walk.idle)
    rows = [
        [t + 1, idle, *p, *np.abs(1 - at * walk.float_rates)] for at, t in zip(places, truth, strict=True)
    ]
    text = "\n".join(" ".join(f"{v:.17g}" for v in row) for row in rows)
    done = subprocess.run(["Rscript", "-e", ACTUAR], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        return "no actuar"
    each, *found = map(float, done.stdout.split())
    worst = max(abs(one / t - 1) for one, t in zip(found, truth, strict=True))
    return f"{each:10.1f} us, off by up to {worst:.0e}"


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


def places_of_curve(walk: LinearWalk, count: int) -> np.ndarray:
    """So many deflationary doubles, evenly spaced as far as regimes let them."""
    crit = float(2 / walk.rates[0])
    fine = np.linspace(crit * 1.001, crit * 2, 4 * count)
    kept = np.array([r is Regime.DEFLATIONARY for r in exponent_curve(walk, fine).regimes])
    while kept.sum() < count:
        end = fine[np.flatnonzero(kept)[-1]]
        fine = np.linspace(crit * 1.001, end, 4 * count)
        kept = np.array([r is Regime.DEFLATIONARY for r in exponent_curve(walk, fine).regimes])
    return fine[kept][:: kept.sum() // count][:count]


def curves(walk: LinearWalk, repeats: int, counts: tuple[int, ...] = (100, 2000)) -> None:
    """A loop of brentq beside one call."""
    for count in counts:
        places = places_of_curve(walk, count)
        some = places[:: max(1, count // 100)].tolist()
        base = timed(lambda s=some: [scipy_exponent(walk, at) for at in s], repeats)
        ours = timed(lambda p=places: exponent_curve(walk, p), repeats)
        slow = len(exponent_curve(walk, places).by_balls)
        each, own = 1e6 * base.seconds / len(some), 1e6 * ours.seconds / count
        times = f"scipy {each:.1f} us, certified to 9 digits {own:.2f} us: {each / own:.1f} times faster"
        print(f"  curve of {count} points: {times}")
        print(f"    {slow} of them by balls   cpu/wall {base.cpu:.2f}, {ours.cpu:.2f}")


def several(size: int, count: int, repeats: int) -> None:
    """Many data sets at one curvature each time: a loop of brentq, of `cramer_exponent`, and one call."""
    walks = [gaussian(size, seed=seed, equal=True) for seed in range(count)]
    at = 2.6 / float(np.median([float(walk.largest_rate) for walk in walks]))
    known = zip(
        walks, exponent_curve(walks, [at]), strict=True
    )  # rates and weights are worked out beforehand
    walks = [walk for walk, curve in known if 0.2 < curve.lower[0] < curve.upper[0] < 50]
    base = timed(lambda: [scipy_exponent(walk, at) for walk in walks], repeats)
    loop = timed(lambda: [cramer_exponent(walk, at, digits=9) for walk in walks], repeats)
    ours = timed(lambda: exponent_curve(walks, [at]), repeats)
    each = [1e6 * one.seconds / len(walks) for one in (base, loop, ours)]
    print(
        f"{len(walks)} data sets of {size}: scipy {each[0]:.1f} us, one by one {each[1]:.1f}, together {each[2]:.1f}"
    )


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
        truth = [float(cramer_exponent(walk, at)) for at in places]
        print(f"  {'actuar::adjCoef':24s}{actuar_exponents(walk, doubles, truth)}")
        curves(walk, repeats)
    for size in (1000,) if quick else (1000, 5000, 10_000):
        print(f"m = {size}")
        curves(gaussian(size, seed=1, equal=True), min(repeats, 5), (200,))
    for size in (2, 10, 100):
        several(size, 100 if quick else 400, repeats)


if __name__ == "__main__":
    main("--quick" in sys.argv)
