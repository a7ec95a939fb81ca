"""Good certificates of every kind of claim, those of the tests."""

import importlib
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp

from benchmarks.fire import ROOT as ROOT
from proofs_check.certificate import check_document
from proofs_check.core.budget import Work

Json = Any
MODULES = {
    "linear": "checker.linear.test_claims",
    "count": "checker.linear.test_count",
    "spike": "checker.spikes.test_spike",
    "grid": "checker.spikes.test_grid",
    "pieces": "checker.spikes.test_pieces",
    "horizon": "checker.spikes.test_horizon",
}
ROOM = 20_000
"""Units beyond twice what the good certificate takes: a mutant that costs more is refused by its budget."""


@dataclass(frozen=True)
class Seed:
    """A good certificate with one claim, what it says, and the budget of its mutants."""

    name: str
    kind: str
    document: Json
    statement: str
    budget: int

    @classmethod
    def of(cls, name: str, document: Json) -> "Seed":
        work = Work()
        (verdict,) = check_document(document, work)
        assert verdict.proved, (name, verdict.statement)
        spent = Work().left - work.left
        return cls(name, document["claims"][0]["kind"], document, verdict.statement, 2 * spent + ROOM)


Seeds = dict[str, tuple[Seed, ...]]


@cache
def seeds() -> Seeds:
    """By kind; the order is fixed, so that a mutant's number names it."""
    return seeds_of(lambda name: True)


def seeds_of(wanted: Callable[[str], bool]) -> Seeds:
    """Those whose names are wanted."""
    found: dict[str, list[Seed]] = defaultdict(list)
    for name, make in _documents().items():
        if wanted(name):
            seed = Seed.of(name, json.loads(json.dumps(make())))
            found[seed.kind].append(seed)
    return {kind: tuple(found[kind]) for kind in sorted(found)}


def _documents() -> dict[str, Callable[[], Json]]:
    from kit.good_populations import GOOD as POPULATIONS
    from kit.good_populations import certificate
    from kit.good_products import GOOD, good
    from kit.sentences import SENTENCES

    documents: dict[str, Callable[[], Json]] = {}
    for room, module in MODULES.items():
        tests = importlib.import_module(module)
        documents |= {f"{room}: {n}": lambda n=n, tests=tests: tests.a_good(n) for n in tests.GOOD}
    lattice = importlib.import_module("checker.spikes.test_lattice")
    for level, points in (("1000", 10), ("1024", 10), ("2", 1)):
        documents[f"lattice: {level}"] = lambda a=level, n=points: _on_a_lattice(lattice, a, n)
    documents |= SENTENCES
    documents |= {f"population: {name}": lambda c=c: certificate(c) for name, c in POPULATIONS.items()}
    documents |= {f"product: {name}": lambda name=name: good(name) for name in GOOD}
    family = importlib.import_module("checker.linear.test_family")
    documents |= {f"family: {i}": lambda c=c: family.document(c) for i, c in enumerate(family.GOOD)}
    return documents | _reduced_maps()


def _on_a_lattice(tests: Any, level: str, points: int) -> Json:
    """A fair game but for a thousandth: the probability is (499/501)^points."""
    with mp.workdps(60):
        return tests.fair(level, *tests.around(Fraction(499, 501) ** points))


def _reduced_maps() -> dict[str, Callable[[], Json]]:
    from kit.good_certificates import certificate

    maps = importlib.import_module("checker.derivation.test_reduced_map")
    return {
        f"map: {maps.named(network)}": lambda network=network: certificate(None, maps.claim_of(network))
        for network in (*maps.SMALL, maps.ShallowNetwork(inputs=2))
    }
