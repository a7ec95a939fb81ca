"""Spike probabilities as claims of a certificate (docs/spikes.md), small enough to be checked in seconds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.certificate.spikes_grid import grid_claim
from catalysis.drift.tangency import exact_zero_base
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.spikes.counts import CountWalk, count_walk_bounds
from catalysis.spikes.lundberg import TINY
from catalysis.spikes.plan import Plan, plan_walk
from catalysis.spikes.probability import HittingProbability

CHECKER_UPDATES = 20_000_000
"""Updates of states that the checker may be asked for: at most about ten seconds of plain Python."""

_SPARE_BITS = 64
_MOST_BITS = 8000


@claim.register
def _(result: HittingProbability) -> Claim:
    """The claim ``spike``, with the finest bounds that the checker can prove in about ten seconds.
    After a grid it is ``spike_grid``.

    Compare its ends with those of ``result``: `certified_bounds` says whether they are coarser.
    """
    bounds = result.bounds
    entry: Claim = {
        "kind": "spike",
        "step": result.walk.step.to_json(),
        "lambda": exact_number(result.curvature),
        "factor_squared" if result.squared else "factor": exact_number(result.factor),
    }
    if bounds.enclosure is None:
        raise NotCertifiable(str(bounds.limited_by))
    if result.regime is not Regime.DEFLATIONARY:
        value = "0" if result.regime is Regime.STABLE else "1"
        proof: dict[str, Any] = {"method": bounds.method}
        if result.regime is Regime.CRITICAL:  # the factors themselves, also where the walk is that of squares
            base = exact_zero_base(result.walk, result.curvature)
            assert base is not None
            proof["base"] = [exact_number(Fraction(b)) for b in base]
        return {**entry, "lower": value, "upper": value, "proof": proof}
    if bounds.method == "grid" and bounds.grid.above is not None and bounds.grid.below is not None:
        return grid_claim(result.walk, result.curvature, result.factor, bounds.grid, squared=result.squared)
    counts = None if bounds.method == "lundberg" else _checkable(result)
    if counts is None:
        return {**entry, **_lundberg(result)}
    walk, plan = counts
    assert walk.enclosure is not None and result.lundberg is not None
    upper = min(walk.enclosure.upper, result.lundberg.upper)  # the checker knows S3 as well
    proof = {"method": "counts", **replay_fields(walk, plan, _of_size(result, walk.exponent))}
    return {**entry, **_outwards(Enclosure(walk.enclosure.lower, upper), plan.digits + 4), "proof": proof}


def replay_fields(walk: CountWalk, plan: Plan, exponent: Enclosure) -> dict[str, Any]:
    """What the checker needs to replay a walk over counts; ``exponent`` brackets theta of |mu|."""
    return {
        "exponent": _ends(exponent),
        "steps": walk.steps,
        "drop": exact_number(_drop(plan)),
        "bits": min(_MOST_BITS, plan.unit_bits + _SPARE_BITS),
    }


def certified_bounds(entry: Claim) -> Enclosure:
    """The bounds that a claim ``spike`` states."""
    return Enclosure(Fraction(entry["lower"]), Fraction(entry["upper"]))


def coarser_than(entry: Claim, result: HittingProbability) -> tuple[bool, dict[str, str]]:
    """Whether a claim states clearly wider bounds than the result has, and those bounds in short."""
    stated, found = certified_bounds(entry), result.enclosure
    assert found is not None
    coarser = stated.width > 2 * found.width + stated.upper / 10**10
    return coarser, stated.to_json(result.bounds.digits + 4)


def _checkable(result: HittingProbability) -> tuple[CountWalk, Plan] | None:
    """The finest walk over counts, of at most the digits reached, that the checker can replay."""
    bounds = result.bounds
    walk = bounds.counts
    if walk is not None and walk.states * (1 + walk.bits // 1000) <= CHECKER_UPDATES:
        return walk, plan_walk(bounds.steps, bounds.level, walk.digits)
    most = bounds.digits if walk is None else walk.digits - 1
    for digits in range(most, 0, -1):
        plan = plan_walk(bounds.steps, bounds.level, digits)
        if plan.states * bounds.steps.size * (1 + plan.bits // 1000) <= CHECKER_UPDATES:
            return count_walk_bounds(bounds.steps, bounds.level, digits=digits), plan
    return None


def _drop(plan: Plan) -> Fraction:
    """So small a mass that dropping one for every state cannot be felt."""
    share = Fraction(3, 100 * 10**plan.digits) * plan.least_worth
    return Fraction(1, 1 << (int(plan.states / share) + 1).bit_length())


def _lundberg(result: HittingProbability) -> dict[str, Any]:
    bounds = result.bounds.lundberg
    assert bounds.enclosure is not None and bounds.exponent.enclosure is not None
    ends = _outwards(bounds.enclosure, 14)
    proof = {"method": "lundberg", "exponent": _ends(_of_size(result, bounds.exponent.enclosure))}
    return {**ends, "proof": proof}


def _of_size(result: HittingProbability, exponent: Enclosure) -> Enclosure:
    """theta of |mu|, where the walk may be that of |mu|^2."""
    return Enclosure(2 * exponent.lower, 2 * exponent.upper) if result.squared else exponent


def _outwards(enclosure: Enclosure, digits: int) -> dict[str, str]:
    """Short decimals around the bounds; a probability too small to be written gets the lower bound 0."""
    lower = Fraction(decimal_below(enclosure.lower, digits)) if enclosure.lower > TINY else Fraction(0)
    upper = min(Fraction(1), Fraction(decimal_above(max(enclosure.upper, TINY), digits)))
    return {"lower": exact_number(lower), "upper": exact_number(upper)}


def _ends(enclosure: Enclosure) -> dict[str, str]:
    return {"lower": exact_number(enclosure.lower), "upper": exact_number(enclosure.upper)}
