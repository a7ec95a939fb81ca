"""The whole table for one data set: which certified numbers are held against which simulation."""

from __future__ import annotations

import math
import os
import time
from fractions import Fraction
from itertools import pairwise

import numpy as np

from catalysis.crosscheck.agreement import MOST_COMPARISONS
from catalysis.crosscheck.catapults import Catapults
from catalysis.crosscheck.drift import drift_signs, short_near
from catalysis.crosscheck.exponent import LinearExponent
from catalysis.crosscheck.growth import FullBatchDivergence, NoDivergence, OneStepGrowth
from catalysis.crosscheck.horizon import WithinSteps
from catalysis.crosscheck.landing import Landing, Zone
from catalysis.crosscheck.network import Activation, NetworkAgainstMap
from catalysis.crosscheck.table import Check, CrossCheck, Outcome
from catalysis.crosscheck.widths import WidthLaw
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step, curvature_law
from catalysis.data.reading import as_dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import Region, SignRegions, Zero, sign_regions
from catalysis.drift.thresholds import catapult_window
from catalysis.exact.balls import as_float, ball, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, Number
from catalysis.exact.result import Progress
from catalysis.exponent.exponent import cramer_exponent
from catalysis.simulation.cluster import Notice
from catalysis.simulation.executors import open_executor, process_count, run_all
from catalysis.simulation.laws import Floats, StepLaw, WalkLaw
from catalysis.simulation.streams import Seed, child_of, root_of
from catalysis.spikes.horizon import spike_within

DEFAULT_SEED = 20260
WIDTHS = (10**2, 10**4, 10**8, 10**12)
BATCH_SIZES = (2, 4, 8, 16)

_MOST_ZEROS = 50  # with more, the zeros are thinned out, evenly
_MOST_EXPONENTS = 4
_TYPICAL_THETA = 1.5  # the width law is tried where theta is closest to this
_MOST_STARTS = 5
_LARGEST_LAW = 2000
_HORIZON = 50
_MOST_CURVATURES = 2000


def crosscheck(
    dataset: Dataset | str | os.PathLike[str],
    *,
    seed: Seed = DEFAULT_SEED,
    workers: Number | None = None,
    dask: str | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> CrossCheck:
    """Certify, simulate and compare, for single samples and full batch at the data set's learning rate.

    The table depends on the data set and the seed alone. With correct certificates some line disagrees for
    less than one seed in 10^5. progress(done, total) counts checks; workers, dask, notice: see `open_executor`.
    Raises InputError for bad arguments.
    """
    started = time.perf_counter()
    dataset, root, _ = as_dataset(dataset, "dataset"), root_of(seed), process_count(workers)
    try:
        checks = _checks(dataset, root)
    except OverflowError:
        raise InputError("data: expected numbers below 1e308 for a simulation in doubles") from None
    with open_executor(workers, dask, notice) as executor:
        outcomes = run_all(_run, checks, executor, progress=progress)
    return CrossCheck.of(dataset, str(root.entropy), outcomes, time.perf_counter() - started)


def _run(check: Check) -> Outcome:
    return check.run()


def _checks(dataset: Dataset, root: np.random.SeedSequence) -> list[Check]:
    walk = LinearWalk(dataset)
    if walk.size > _MOST_CURVATURES:
        raise InputError(
            f"dataset: expected at most {_MOST_CURVATURES} different curvatures for a cross-check, found {walk.size} "
            "(the zeros of G alone would take many minutes)"
        )
    regions = sign_regions(walk)
    return [
        *_threshold_checks(walk, root),
        *_thinned(regions, root),
        *_exponent_checks(walk, regions, root),
        *_horizon_checks(walk, root),
        *_landing_checks(walk, regions, root),
        *_network_checks(walk, root),
        _catapults(walk, root),
    ]


def _threshold_checks(walk: LinearWalk, root: np.random.SeedSequence) -> list[Check]:
    full = LinearWalk(walk.dataset, Step.full_batch())
    eta = float(walk.dataset.learning_rate)
    checks: list[Check] = []
    for index, (kind, one) in enumerate((("single samples", walk), ("full batch", full))):
        found, law = catapult_window(one), StepLaw.of(one.law)
        seed = child_of(root, 0, index)
        name = f"lambda_crit, {kind}: |mu| grows"
        checks.append(OneStepGrowth(name, found.lambda_crit, "mu", law, eta, seed))
        name = f"lambda_max, {kind}: lambda grows"
        checks.append(OneStepGrowth(name, found.lambda_max, "lambda", law, eta, seed))
    largest = catapult_window(full).lambda_max
    checks += [FullBatchDivergence(largest, float(full.law.mean), eta, width) for width in WIDTHS]
    below = catapult_window(walk).lambda_max
    checks.append(NoDivergence(below, StepLaw.of(walk.law), eta, WIDTHS, 2048, 2000, child_of(root, 1)))
    return checks


def _thinned(regions: SignRegions, root: np.random.SeedSequence) -> list[Check]:
    checks = drift_signs(regions, child_of(root, 2))
    every = max(1, math.ceil(len(checks) / (2 * _MOST_ZEROS)))
    return list(checks[::every])


def _exponent_checks(walk: LinearWalk, regions: SignRegions, root: np.random.SeedSequence) -> list[Check]:
    eta, window = walk.dataset.learning_rate, catapult_window(walk).lambda_max
    found = []
    for curvature in _spread(_deflationary_places(walk, regions), _MOST_EXPONENTS):
        theta = cramer_exponent(walk, curvature).enclosure
        if theta is not None:
            with precision(64):
                ends = as_float(ball(theta.lower)), as_float(ball(theta.upper))
            found.append((curvature, *ends, WalkLaw.at(walk.law, curvature, eta)))
    checks: list[Check] = [
        LinearExponent(*place, child_of(root, 3, index)) for index, place in enumerate(found)
    ]
    inside = [place for place in found if place[0] < window]
    if inside:
        best = min(inside, key=lambda place: abs(math.log(place[1] / _TYPICAL_THETA)))
        checks.append(WidthLaw(*best, StepLaw.of(walk.law), float(eta), child_of(root, 4)))
    return checks


def _horizon_checks(walk: LinearWalk, root: np.random.SeedSequence) -> list[Check]:
    """A spike to twice the start within 50 steps, beyond lambda_crit and beyond lambda_max."""
    found = catapult_window(walk)
    checks: list[Check] = []
    for index, edge in enumerate((found.lambda_crit, found.lambda_max)):
        at = short_near(edge * Fraction(11, 10), edge / 1000)
        known = spike_within(walk, at, 2, _HORIZON, digits=3, max_work=20_000_000)
        law = WalkLaw.at(walk.law, at, walk.dataset.learning_rate)
        checks.append(WithinSteps(at, Fraction(2), _HORIZON, known.enclosure, law, child_of(root, 8, index)))
    return checks


def _spread(places: list[Fraction], most: int) -> list[Fraction]:
    """At most so many of them, evenly spread."""
    if len(places) <= most:
        return places
    return [places[(len(places) - 1) * index // (most - 1)] for index in range(most)]


def _deflationary_places(walk: LinearWalk, regions: SignRegions) -> list[Fraction]:
    """A short number well inside each piece of {G < 0} beyond lambda_crit, between zeros and poles."""
    crit = catapult_window(walk).lambda_crit
    places = []
    for region in regions.regions:
        if region.sign > 0:
            continue
        low, high = _ends(region)
        assert high is not None
        marks = sorted({max(low, crit), high, *(p for p in walk.poles if max(low, crit) < p < high)})
        for left, right in pairwise(marks):
            if right - left > Fraction(1, 1000) * right:
                places.append(short_near((left + right) / 2, (right - left) / 20))
    return places


def _ends(region: Region) -> tuple[Fraction, Fraction | None]:
    def at(end: Fraction | Zero | None) -> Fraction | None:
        return end.enclosure().midpoint if isinstance(end, Zero) else end

    low = at(region.start)
    assert low is not None
    return low, at(region.end)


def _landing_checks(walk: LinearWalk, regions: SignRegions, root: np.random.SeedSequence) -> list[Check]:
    """From the top of the window, and from the middle of each piece of it that lies above a landing zone.

    Nothing where the list of zeros is not proved to be complete: the zone is not known then.
    """
    if not regions.complete:
        return []
    window, eta = catapult_window(walk).lambda_max, float(walk.dataset.learning_rate)
    starts = [short_near(window * Fraction(99, 100), window / 1000)]
    for region in regions.regions[1:]:
        low, high = _ends(region)
        top = window if high is None else min(high, window)
        if low < top and top - low > window / 10**6:
            starts.append(short_near((low + top) / 2, (top - low) / 20))
    law, zone = StepLaw.of(walk.law), _zone(regions)
    return [
        Landing(float(start), zone, law, eta, child_of(root, 5, index))
        for index, start in enumerate(_spread(starts, _MOST_STARTS))
    ]


def _zone(regions: SignRegions) -> Zone:
    """The closed pieces of {G <= 0}."""
    pieces = []
    for region in regions.regions:
        if region.sign < 0:
            low, high = _ends(region)
            pieces.append((float(low), math.inf if high is None else float(high)))
    return tuple(pieces)


def _network_checks(walk: LinearWalk, root: np.random.SeedSequence) -> list[Check]:
    samples = walk.dataset.samples
    s = np.array([math.sqrt(float(v.x)) if v.s is None else float(v.s) for v in samples])
    p = np.array([float(v.p) for v in samples])
    p /= p.sum()
    both = np.where(np.arange(s.size) % 2 == 0, s, -s)  # so that each sign class of ReLU has samples
    eta, curvature = float(walk.dataset.learning_rate), float(catapult_window(walk).lambda_crit) * 1.2
    kinds: list[tuple[Activation, bool, Floats]] = [
        ("linear", False, s),
        ("linear", True, s),
        ("relu", False, both),
    ]
    return [
        NetworkAgainstMap(activation, full, inputs, inputs**2, p, curvature, eta, child_of(root, 6, index))
        for index, (activation, full, inputs) in enumerate(kinds)
    ]


def _catapults(walk: LinearWalk, root: np.random.SeedSequence) -> Check:
    """Laws that would be too large are left out."""
    laws = [("single samples", StepLaw.of(walk.law))]
    for size in BATCH_SIZES:
        try:
            law = curvature_law(walk.dataset, Step.minibatch(size), max_atoms=_LARGEST_LAW)
        except DataError:
            break
        laws.append((f"batches of {size}", StepLaw.of(law)))
    full = LinearWalk(walk.dataset, Step.full_batch())
    laws.append(("full batch", StepLaw.of(full.law)))
    # where full batch has no spikes
    curvature = 0.98 * float(min(catapult_window(full).lambda_crit, catapult_window(walk).lambda_max))
    eta, largest = float(walk.dataset.learning_rate), float(walk.law.largest)
    return Catapults(curvature, tuple(laws), largest, eta, child_of(root, 7))


assert 10 + 2 * _MOST_ZEROS + 2 * _MOST_EXPONENTS + 1 + _MOST_STARTS + 3 + 2 <= MOST_COMPARISONS
