"""Good claims about phases and landing zones."""

from fractions import Fraction
from typing import Any

from catalysis.certificate.document import claim
from catalysis.certificate.nonlinear import phase_map_claims as phase_map_claims
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.nonlinear.phase import phase

F = Fraction
Json = Any


def point(x: Any, kappa: Any, L: Any) -> Json:
    return claim(phase(F(x), F(kappa), F(L)))


def side(low: Any, high: Any) -> Json:
    return {"from": str(low), "to": str(high)}


def box(kappa: tuple[Any, Any], L: tuple[Any, Any], name: str, **more: Any) -> Json:
    return {"kind": "phase", "x": "1", "kappa": side(*kappa), "L": side(*L), "phase": name, **more}


POINTS = {
    "lazy": (1, F(1, 3), F(3, 2)),
    "lazy-above-2": (1, 1, F(27, 10)),
    "lazy-tie": (1, F(1, 2), F(9, 4)),
    "lazy-edge": (1, F(3, 4), F(3, 2)),
    "slow": (1, F(1, 1000), 2),
    "catapult": (1, F(1, 10), F(5, 2)),
    "catapult-scaled": (F(169, 100), F(1, 10**6), 2),
    "late-catapult": (1, F(7, 4), F(39, 10)),
    "near-four": (1, F(1, 3), 4 - F(1, 10**20)),
    "divergent": (1, F(1, 2), 5),
    "divergent-near-four": (1, F(1, 3), 4 + F(1, 10**20)),
    "trapped": (1, 5, 12),
    "critical": (1, 1, 4),
    "still": (1, 0, 3),
    "creeping": (1, F(1, 10**9), 2 + F(1, 10**6)),
    "hit": (1, F(3, 2), F(13, 4)),
    "hit-above-four": (1, 2, 5),
}


BOXES = [
    box((0, 1), (0, 2), "lazy", steps=0),
    box((F(1, 2), 1), (2, F(9, 4)), "lazy", steps=0),
    box((0, F(1, 2)), (F(9, 4), 4), "catapult", steps=0, rise=0, except_hits=True),
    box((F(1, 4), F(1, 2)), (F(9, 4), 4), "catapult", steps=0, rise=0),
    box((-1, 1), (4, 9), "divergent", steps=0, except_hits=True),
    box((5, F(51, 10)), (12, F(25, 2)), "divergent", steps=0),
    box((0, 0), (1, 9), "critical"),
    box((-1, 1), (4, 4), "critical"),
]


def walk_of(text: str, eta: str = "1") -> LinearWalk:
    return LinearWalk(parse_samples(text).with_learning_rate(F(eta)))


LANDINGS = {
    "talk": (walk_of("1:1/2, 1.3:1/2"), F(2)),
    "three": (walk_of("1:1/10, x=3:9/10"), F(1)),
    "island": (walk_of("1:1/10, x=3:9/10"), F(9, 10)),
    "touch": (walk_of("1:1/3, 2:2/3"), F(9, 10)),
    "idle": (walk_of("0:1/2, 1:1/2"), F(3)),
    "scaled": (walk_of("1:1/10, x=3:9/10", "1/2"), F(5, 2)),
}

HIT_OF_A_CATAPULT = box(("15/16", "15/16"), ("7129/2304", "7129/2304"), "catapult", steps=2, rise=0, hit=2)
"""v f^2 + (1 + v) f + 2 v - v^2 = 0 with f = 1 - l + v says that the step after the first has the factor 0."""
