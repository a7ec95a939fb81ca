"""Good certificates about learning rates, batches and orders."""

import copy
from fractions import Fraction
from functools import cache
from typing import Any

from catalysis.certificate.choices import claims_of
from catalysis.choices.batch_sizes import compare_batches
from catalysis.choices.finite_width import finite_width_orders
from catalysis.choices.learning_rates import advise
from catalysis.choices.orders import easy_phase, epoch_orders
from catalysis.choices.rates_within import advise_within
from catalysis.data.dataset import Dataset
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from kit.good_certificates import certificate

Json = Any
F = Fraction
TALK = parse_samples("x=1:1/2, x=1.69:1/2")
COUNTS = Dataset.from_arrays(x=["1", "1.69"], counts=[3, 3])


def with_two_walks(claim: Json) -> Json:
    """The same with the walks on either side of the sliver only, the other cells undecided."""
    cells = claim["cells"]
    i = next(i for i, cell in enumerate(cells) if cell["regime"] == "undecided")
    assert "walk" in cells[i - 1] and "walk" in cells[i + 1]
    before = {"regime": "undecided", "from": cells[0]["to"], "to": cells[i - 1]["from"]}
    after = {"regime": "undecided", "from": cells[i + 1]["to"], "to": cells[-1]["from"]}
    return claim | {"cells": [cells[0], before, *cells[i - 1 : i + 2], after, cells[-1]]}


def good_documents() -> dict[str, Json]:
    talk, counter = LinearWalk(TALK), load_dataset("examples/small-batch-counterexample.toml")
    question = (F(2), F(100), F(1), F(1, 20))
    by_exponents = advise(TALK, *question, max_work=0, tolerance=F(1, 50))
    by_walks = advise(TALK, *question, tolerance=F(1, 200))
    at_once = advise(TALK, F(2), F(10), F(4), F(1, 100), max_work=0, tolerance=F(1, 20))
    island = load_dataset("examples/three-changes.toml")
    islands = advise(island, F(2), F(10**6), F(1), F(1, 1000), max_work=0, tolerance=F(1, 20))
    batches = claims_of(compare_batches(COUNTS, F("1.42"), sizes=(1, 2), without_replacement=True))
    tangency = load_dataset("examples/tangency.toml")
    found: dict[str, tuple[Dataset | None, Json]] = {
        "advice": (TALK, claims_of(by_exponents)[0]),
        "advice by walks": (TALK, with_two_walks(claims_of(by_walks)[0])),
        "advice at once": (TALK, claims_of(at_once)[0]),
        "advice with an island": (island, claims_of(islands)[0]),
        "advice within": (TALK, claims_of(advise_within(by_walks.question, 5, tolerance=F(1, 20)))[0]),
        "batch bound": (COUNTS, next(c for c in batches if c["kind"] == "batch_bound")),
        "batch order": (COUNTS, next(c for c in batches if c["kind"] == "batch_order")),
        "counterexample": (counter, claims_of(compare_batches(counter, F(1), sizes=(1, 2)))[0]),
        "order bound": (TALK, claims_of(epoch_orders(talk, F("1.42")))[0]),
        "order bound at zero": (tangency, claims_of(epoch_orders(LinearWalk(tangency), F(3, 4)))[0]),
        "order bound at a pole": (TALK, claims_of(epoch_orders(talk, F(1)))[0]),
        "easy phase": (TALK, claims_of(easy_phase(talk, F("1.42"), F(100), 3))[0]),
        "order": (None, claims_of(finite_width_orders([F(2), F(3)], F(1, 10), F(5, 4)))[0]),
    }
    return {name: certificate(d and d.to_json(), entry) for name, (d, entry) in found.items()}


GOOD = [
    "advice",
    "advice by walks",
    "advice at once",
    "advice with an island",
    "advice within",
    "batch bound",
    "batch order",
    "counterexample",
    "order bound",
    "order bound at zero",
    "order bound at a pole",
    "easy phase",
    "order",
]


@cache
def good_once() -> dict[str, Json]:
    return good_documents()


def a_good(name: str) -> Json:
    return copy.deepcopy(good_once()[name])


def hand_made(p: str, cell: Json, *, mu0: str = "1") -> Json:
    """The talk's data from lambda_0 = 2 at width 10^6 with one cell of interest, the rest undecided."""
    ends = ["0", "100/169", cell["from"], cell["to"], "200/169", "inf"]
    regimes = ["stable", "undecided", None, "undecided", "outside window"]
    cells = [
        cell if regime is None else {"regime": regime, "from": a, "to": b}
        for regime, a, b in zip(regimes, ends[:-1], ends[1:], strict=True)
    ]
    entry = {"kind": "advice", "step": {"kind": "single"}, "lambda0": "2", "width": "1000000"}
    return certificate(TALK.to_json(), entry | {"mu0": mu0, "scale": "1", "probability": p, "cells": cells})
