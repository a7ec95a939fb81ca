"""A walk for a few steps, every word of draws counted, in exact fractions."""

from collections import defaultdict
from fractions import Fraction
from math import log
from typing import Any

from kit.good_certificates import Model
from kit.spike_oracle import Pairs

F = Fraction


def reaching(pairs: Pairs, level: Fraction, steps: int, most: int = 10**6) -> Fraction | None:
    """P(the walk from 1 is >= level within so many steps); None for more than `most` values."""
    alive, reached = {F(1): F(1)}, F(0)
    for _ in range(steps):
        after: dict[Fraction, Fraction] = defaultdict(Fraction)
        for value, mass in alive.items():
            for r, p in pairs:
                after[value * r] += mass * p
        after.pop(F(0), None)
        reached += sum((mass for value, mass in after.items() if value >= level), F(0))
        alive = {value: mass for value, mass in after.items() if value < level}
        if len(alive) > most:
            return None
    return reached


def staying(pairs: Pairs, floor: Fraction, steps: int, most: int = 10**6) -> Fraction | None:
    """P(the walk from 1 is >= floor at each of so many steps)."""
    alive = {F(1): F(1)}
    for _ in range(steps):
        after: dict[Fraction, Fraction] = defaultdict(Fraction)
        for value, mass in alive.items():
            for r, p in pairs:
                if value * r >= floor:
                    after[value * r] += mass * p
        alive = dict(after)
        if len(alive) > most:
            return None
    return sum(alive.values(), F(0))


def passage(pairs: Pairs, level: Fraction, steps: int) -> tuple[float, float]:
    """Bounds of the expected first time at the level, G > 0: sum of P(tau > t), and what Wald says of the rest.

    In doubles, good to about ten digits.
    """
    drift = sum(float(p) * log(r) for r, p in pairs)
    top = log(max(r for r, _ in pairs))
    alive, mean = {F(1): 1.0}, 0.0
    for _ in range(steps):
        mean += sum(alive.values())
        after: dict[Fraction, float] = defaultdict(float)
        for value, mass in alive.items():
            for r, p in pairs:
                if value * r < level and mass > 1e-18:
                    after[value * r] += mass * float(p)
        alive = dict(after)
    rest = sum(mass * log(level / value) for value, mass in alive.items()) / drift
    return mean + rest - 1e-8 * mean, mean + rest + sum(alive.values()) * top / drift + 1e-8 * mean


def claim_is_true(document: Any) -> bool | None:
    """Of the claim `spike_within` or `first_passage` of a document; None where a few steps do not tell."""
    entry = document["claims"][0]
    model = Model(document["data"], entry["step"])
    at = F(entry["lambda"])
    pairs = [(abs(1 - at * xi), p) for xi, p in model.rates.items()]
    pairs += [(F(1), model.idle)] if model.idle else []
    if entry["kind"] == "first_passage":
        return _passage_is_true(entry, pairs)
    low, high, steps = F(entry["lower"]), F(entry["upper"]), entry["steps"]
    if "floor" in entry:
        truth = staying(pairs, F(entry["floor"]), min(steps, 14), 20_000)
        return None if truth is None else truth >= low and (steps > 14 or truth <= high)
    truth = reaching(pairs, F(entry["factor"]), min(steps, 14), 20_000)
    return None if truth is None else truth <= high and (steps > 14 or truth >= low)


def _passage_is_true(entry: Any, pairs: Pairs) -> bool | None:
    drift = -1.0 if any(r == 0 for r, _ in pairs) else sum(float(p) * log(r) for r, p in pairs)
    if max(r for r, _ in pairs) <= 1 or drift < -1e-12:
        return bool(entry.get("mean") == "inf")
    if drift < 1e-12:
        return None
    if "mean" in entry:
        return False
    least, most = passage(pairs, F(entry["factor"]), 14)
    return float(F(entry["lower"])) <= most and least <= float(F(entry["upper"]))
