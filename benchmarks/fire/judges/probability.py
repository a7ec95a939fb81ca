"""The kinds `spike` and `spike_grid`: the walk enumerated layer by layer in exact levels, with mpmath masses."""

import json
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath as mp
from kit.spike_oracle import hitting

from benchmarks.fire.judges.linear import Answer, every, model_of, real, regime

F = Fraction
Json = Any
LAYERS = {1: 60, 2: 100, 3: 30, 4: 16}
MOST_FACTORS = 6


def judge(document: Json) -> Answer:
    claim = document["claims"][0]
    square = F(claim["factor_squared"]) if "factor_squared" in claim else F(claim["factor"]) ** 2
    q, low, high = (F(claim[key]) for key in ("lambda", "lower", "upper"))
    model = model_of(document["data"], claim["step"])
    if len(model.rates) > MOST_FACTORS or square.numerator.bit_length() > 2000:
        return None
    with mp.workdps(50):
        told = regime(model, q)
        if square <= 1:
            return low <= 1 <= high
        if told == "critical":
            return low <= 1 <= high
        bounds = _truth(json.dumps(document["data"]), json.dumps(claim["step"]), q, square)
        return every((_at_most(real(low), *bounds), _at_most(-real(high), -bounds[1], -bounds[0])))


def _at_most(a: Any, least: Any, most: Any) -> Answer:
    """a <= y for a number y in [least, most]."""
    slack = mp.mpf(10) ** -38
    return True if a <= least + (slack if least in (0, 1, -1) else -slack) else False if a > most + slack else None


@lru_cache(maxsize=4000)
def _truth(data: str, step: str, q: Fraction, square: Fraction) -> tuple[Any, Any]:
    model = model_of(json.loads(data), json.loads(step))
    squares: dict[Fraction, Fraction] = {}
    for xi, p in model.rates.items():
        r = (1 - q * xi) ** 2
        squares[r] = squares.get(r, F(0)) + p
    if model.idle:
        squares[F(1)] = squares.get(F(1), F(0)) + model.idle
    moving = sum(r not in (0, 1) for r in squares)
    return hitting(list(squares.items()), square, LAYERS.get(moving, 10))
