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
LAYERS = {1: 40, 2: 50, 3: 20, 4: 12}
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
    return (
        True
        if a <= least + (slack if least in (0, 1, -1) else -slack)
        else False
        if a > most + slack
        else None
    )


@lru_cache(maxsize=4000)
def _truth(data: str, step: str, q: Fraction, square: Fraction) -> tuple[Any, Any]:
    model = model_of(json.loads(data), json.loads(step))
    squares: dict[Fraction, Fraction] = {}
    for xi, p in model.rates.items():
        r = (1 - q * xi) ** 2
        squares[r] = squares.get(r, F(0)) + p
    if model.idle:
        squares[F(1)] = squares.get(F(1), F(0)) + model.idle
    if (ruined := _ruin(squares, square)) is not None:
        return real(ruined), real(ruined)
    moving = sum(r not in (0, 1) for r in squares)
    return hitting(list(squares.items()), square, LAYERS.get(moving, 10))


def _ruin(squares: dict[Fraction, Fraction], square: Fraction) -> Fraction | None:
    """A game with steps r and 1/r that is lost in the long run: (p/q)^n for the n with r^(n-1) < K <= r^n."""
    moving = sorted((r, p) for r, p in squares.items() if r != 1)
    if len(moving) != 2 or moving[0][0] * moving[1][0] != 1 or moving[1][1] >= moving[0][1]:
        return None
    up, points = F(1), 0
    while up < square:
        up, points = up * moving[1][0], points + 1
        if points > 2000:
            return None
    return (moving[1][1] / moving[0][1]) ** points
