"""Every field of good claims replaced by hostile ones: refused with a reason, or proved and, read back, true."""

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any

import mpmath as mp
import pytest
from kit.sentences import JUDGES, SENTENCES
from kit.share import part, some_then_all

from proofs_check import certificate as certificates
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work

Json = Any
Place = tuple[Any, ...]
Changes = tuple[tuple[Place, Json], ...]
HUGE = "9" * 300
NUMBERS = ("0", "-1", "1", "2", HUGE, f"1/{HUGE}", f"{HUGE}1/{HUGE}", "1/3", "0.999999999999")
INTEGERS = (0, 1, 2, 10**17, -1, True)
OTHERS: tuple[Json, ...] = (None, [], {}, "", "x")
SOON = 120_000
MOST_JUDGED = 10
SLOW_TO_CHECK = {"width_spike", "curvature_loss"}
SLOW_TO_JUDGE = {"advice", "width_spike", "curvature_loss", "landing", "easy_phase"}


def check(document: Json, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    monkeypatch.setattr(certificates, "Work", lambda: Work(SOON))
    return check_certificate(json.dumps(document).encode())[0]


def places(value: Json, here: Place = ()) -> Iterator[Place]:
    """Every place of a claim, tables as a whole."""
    yield here
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*here, key))
    elif isinstance(value, list) and len(value) < 10:
        for i, part in enumerate(value):
            yield from places(part, (*here, i))


def at(document: Json, place: Place) -> Json:
    for key in place:
        document = document[key]
    return document


def replaced(document: Json, *changes: tuple[Place, Json]) -> Json:
    changed = copy.deepcopy(document)
    for place, value in changes:
        at(changed, place[:-1])[place[-1]] = value
    return changed


def hostile(document: Json, place: Place) -> Iterator[Changes]:
    """The value of a place changed: out of range, of another type, equal to a neighbour's, swapped with it."""
    value, parent = at(document, place), at(document, place[:-1])
    others = NUMBERS if isinstance(value, str) else INTEGERS if isinstance(value, int) else ()
    for other in (*others, *OTHERS):
        yield ((place, other),)
    keys = list(parent) if isinstance(parent, dict) else range(len(parent))
    for key in itertools.islice((k for k in keys if k != place[-1] and type(parent[k]) is type(value)), 6):
        yield ((place, parent[key]),)
        yield ((place, parent[key]), ((*place[:-1], key), value))


def all_hostile(document: Json) -> Iterator[Changes]:
    """What to change in one place, for every place but the kind."""
    for place in places(document["claims"][0]):
        if place and place != ("kind",):
            yield from hostile(document, ("claims", 0, *place))


@some_then_all
@pytest.mark.parametrize("name", SENTENCES)
def test_hostile_fields(name: str, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    document = SENTENCES[name]()
    kind, refused, judged = document["claims"][0]["kind"], 0, 0
    if kind in SLOW_TO_CHECK:
        every *= 4
    for changes in part(all_hostile(document), every):
        changed = replaced(document, *changes)
        verdict = check(changed, monkeypatch)
        assert "the checker failed with" not in verdict.statement, (changed["claims"], verdict.statement)
        refused += not verdict.proved
        is_judged = judged < MOST_JUDGED and kind not in SLOW_TO_JUDGE
        if verdict.proved and is_judged and "fingerprint" not in verdict.statement:
            judged += 1
            with mp.workdps(100 if kind == "phase" else 40):
                JUDGES[kind](verdict.statement)
    assert refused > 20 // every, judged
