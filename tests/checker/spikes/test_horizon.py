"""The checker on claims `spike_within` and `first_passage`: good ones proved, and most of all bad ones refused."""

import copy
import itertools
import json
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from kit.good_certificates import certificate, data_set, mutations
from kit.sentences import JUDGES
from kit.share import some_then_all
from kit.steps_oracle import claim_is_true

from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.spikes import horizon, row
from proofs_check.spikes.horizon import Course, Proof

F = Fraction
Json = Any
SINGLE = {"kind": "single"}
TWO = data_set(("1", "1/2"), ("13/10", "1/2"))
POWERS = data_set(("1/2", "1/2"), ("3", "1/4"), ("5", "1/4"))
THREE = data_set(("3/10", "1/2"), ("11/10", "1/4"), ("5/2", "1/4"))
IDLE = data_set(("0", "1/3"), ("1/2", "1/3"), ("3", "1/3"))
BOTH = data_set(("1/2", "1/4"), ("1", "1/4"), ("3", "1/2"))


def within(data: Json, at: str, level: Json, horizon: int, ends: Any, method: str, **proof: Any) -> Json:
    key = {"floor": level[1:]} if level.startswith("f") else {"factor": level}
    entry = {"kind": "spike_within", "step": SINGLE, "lambda": at, **key, "steps": horizon}
    entry |= {"lower": ends[0], "upper": ends[1], "proof": {"method": method, **proof}}
    return certificate(data, entry)


def passage(data: Json, at: str, level: str, ends: Any, method: str, **proof: Any) -> Json:
    entry = {"kind": "first_passage", "step": SINGLE, "lambda": at, "factor": level}
    entry |= {"mean": "inf"} if ends is None else {"lower": ends[0], "upper": ends[1]}
    return certificate(data, entry | {"proof": {"method": method, **proof}})


GOOD: dict[str, Callable[[], Json]] = {
    "stable": lambda: within(TWO, "1", "2", 9, ("0", "0"), "stable"),
    "no step": lambda: within(TWO, "2", "2", 0, ("0", "1/9"), "stable"),
    "short": lambda: within(TWO, "2", "3", 2, ("0", "0"), "short"),
    "counts": lambda: within(THREE, "1", "2", 6, ("0.083", "0.0831"), "counts", steps=6, bits=40),
    "pair": lambda: within(TWO, "1.9", "3", 12, ("0.8244", "0.8245"), "pair", steps=12, bits=48),
    "pair and later": lambda: within(
        TWO, "1.75", "3", 99, ("0.2", "0.9"), "pair", steps=30, bits=48, tilt="1/2"
    ),
    "pair and certain": lambda: within(TWO, "3", "2", 99, ("0.9", "1"), "pair", steps=8, bits=48),
    "pair that stays": lambda: within(TWO, "1.6", "f1/4", 5, ("0.687", "0.688"), "pair", steps=5, bits=40),
    "pair that stays at least": lambda: within(
        TWO, "1.6", "f1/4", 7, ("0", "0.69"), "pair", steps=5, bits=40
    ),
    "lattice": lambda: within(POWERS, "1", "8", 5, ("0.44", "0.45"), "lattice", steps=5, bits=40, span="2"),
    "lattice that stays": lambda: within(
        POWERS, "1", "f1/2", 5, ("0.6", "0.9"), "lattice", steps=5, bits=40, span="2"
    ),
    "lattice from one": lambda: within(
        BOTH, "1", "f1", 5, ("0.1", "0.3"), "lattice", steps=5, bits=40, span="2"
    ),
    "cells": lambda: within(
        THREE, "1", "2", 20, ("0.02", "0.2"), "cells", steps=20, bits=40, width="1/50", reach="1/6"
    ),
    "cells by a moment": lambda: within(
        THREE,
        "1",
        "2",
        20,
        ("0.02", "0.2"),
        "cells",
        steps=20,
        bits=40,
        width="1/50",
        reach="1/12",
        slope="150",
    ),
    "cells without chance": lambda: within(
        THREE, "1", "2", 20, ("0.04", "0.2"), "cells", steps=20, bits=40, width="1/500", reach="1/20"
    ),
    "cells that stay": lambda: within(
        BOTH, "1", "f1/5", 9, ("0.01", "0.2"), "cells", steps=9, bits=40, width="1/50", reach="1/5"
    ),
    "wald": lambda: passage(TWO, "3", "2", ("0.7", "2.5"), "wald"),
    "passages of two": lambda: passage(TWO, "1.9", "2", ("6.08", "6.23"), "pair", steps=99, bits=48),
    "passages of powers": lambda: passage(
        POWERS, "1", "8", ("13", "14"), "lattice", steps=99, bits=48, span="2"
    ),
    "falling": lambda: passage(TWO, "1.6", "3", None, "falling"),
    "at a pole": lambda: passage(BOTH, "1", "3", None, "falling"),
    "never": lambda: passage(TWO, "1", "3", None, "falling"),
    "critical": lambda: passage(IDLE, "1", "3", None, "critical", base=["2"]),
}


@cache
def good_document(name: str) -> str:
    return json.dumps(GOOD[name]())


def a_good(name: str) -> Json:
    return json.loads(good_document(name))


def check(document: Json) -> list[Verdict]:
    return check_certificate(json.dumps(document).encode())


def accepted(document: Json) -> bool:
    return all(verdict.proved for verdict in check(document))


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved_and_true(name: str) -> None:
    document = a_good(name)
    (verdict,) = check(document)
    assert verdict.proved, verdict.statement
    assert claim_is_true(document) is not False


@pytest.mark.parametrize("name", GOOD)
def test_the_words_say_what_is_true(name: str) -> None:
    document = a_good(name)
    kind, words = document["claims"][0]["kind"], check(document)[0].statement
    JUDGES[kind](words)
    level = re.search(r"(?:at least|>=) ([0-9.]+) \|mu_0\|", words)
    assert level is not None and "linear regime" in words and "mu_0 not 0" in words


@pytest.mark.parametrize(
    ("name", "said", "other"),
    [
        ("counts", "lies in [0.083,", "lies in [0.0831,"),
        ("pair", "t <= 12", "t <= 5"),
        ("pair that stays", "for all t <= 5", "for all t <= 9"),
        ("passages of two", "lies in [6.08,", "lies in [6.229,"),
        ("falling", "is infinite", "lies in [0, 99]"),
        ("wald", "lies in [0.7, 2.5]", "is infinite"),
    ],
)
def test_words_that_say_more_are_found_out(name: str, said: str, other: str) -> None:
    document = a_good(name)
    words = check(document)[0].statement
    assert said in words
    with pytest.raises(AssertionError):
        JUDGES[document["claims"][0]["kind"]](words.replace(said, other))


@some_then_all
@pytest.mark.parametrize("name", GOOD)
def test_one_changed_field_is_refused_unless_the_claim_stays_true(name: str, every: int) -> None:
    document = a_good(name)
    refused = 0
    for _, changed in mutations(document, every):
        if accepted(changed):
            assert claim_is_true(changed) is not False, changed
        else:
            refused += 1
    assert refused > 100 // every


@pytest.mark.parametrize("name", [name for name in GOOD if "lower" in GOOD[name]()["claims"][0]])
def test_bounds_beyond_the_truth_are_refused(name: str) -> None:
    document = a_good(name)
    entry = document["claims"][0]
    lower, upper = F(entry["lower"]), F(entry["upper"])
    for low, high in ((upper + F(1, 20), upper + F(1, 10)), (lower / 4, lower / 2)):
        if high <= (1 if entry["kind"] == "spike_within" else 99) and low > 0:
            changed = copy.deepcopy(document)
            changed["claims"][0] |= {"lower": str(low), "upper": str(high)}
            assert not accepted(changed)


REFUSALS: list[tuple[str, str, dict[str, Any], str]] = [
    ("level 1", "pair", {"factor": "1"}, "factor is not above 1"),
    ("a floor above", "pair that stays", {"floor": "3/2"}, "floor is above 1"),
    ("more steps than told", "pair", {"proof.steps": 13}, "above steps"),
    ("no method", "pair", {"proof.method": "chance"}, "which is none"),
    ("no proof", "pair", {"proof": []}, "which is none"),
    ("few bits", "pair", {"proof.bits": 39}, "out of range"),
    ("many bits", "pair", {"proof.bits": 2049}, "out of range"),
    ("very many steps", "pair", {"steps": 10**9, "proof.steps": 10**9}, "out of range"),
    ("span 1", "lattice", {"proof.span": "1"}, "not above 1"),
    ("another span", "lattice", {"proof.span": "3"}, "no power of proof.span"),
    ("grows", "stable", {"lambda": "2"}, "may happen"),
    ("not short", "short", {"steps": 3}, "may happen"),
    ("stable is not short", "short", {"lambda": "1"}, "may happen"),
    ("a floor is not stable", "stable", {"factor": None, "floor": "1/2"}, "may happen"),
    ("never is not more", "stable", {"lower": "1/9", "upper": "1/2"}, "is 0, outside"),
    ("three are no pair", "cells", {"proof": {"method": "pair", "steps": 9, "bits": 40}}, "two factors"),
    ("a tilt too large", "pair and later", {"proof.tilt": "30"}, "M(tilt) is above 1"),
    ("a huge tilt", "pair and later", {"proof.tilt": "9" * 300}, "M(tilt) is above 1"),
    ("without a tilt", "pair and later", {"proof": {"method": "pair", "steps": 30, "bits": 48}}, "upper"),
    ("a slope too flat", "cells", {"proof.slope": "1/100", "proof.reach": "1/1000"}, "does not prove"),
    ("a slope too steep", "cells", {"proof.slope": "100000000", "proof.reach": "1/1000"}, "too steep"),
    (
        "a slope too steep for all steps",
        "cells",
        {"proof.slope": "3000000", "proof.reach": "1/1000"},
        "too steep",
    ),
    ("a slope of a row without cells", "pair", {"proof.slope": "1"}, "unknown key"),
    ("a reach too small", "cells", {"proof.reach": "1/1000"}, "does not prove"),
    ("cells too narrow", "cells", {"proof.width": "1/" + "1" + "0" * 40}, "too close"),
    ("very narrow cells", "cells", {"proof.width": "1/" + "1" + "0" * 9}, "too long"),
    ("only the factor 0", "cells", {"data": data_set(("1", "1"))}, ""),
    ("powers of a span, but 0", "lattice", {"data": data_set(("1", "1"))}, "no factor but 0"),
    (
        "a tilt of nothing",
        "counts",
        {"data": data_set(("1", "1")), "steps": 9, "proof.tilt": "1"},
        "no factor but 0",
    ),
    ("wald falls", "wald", {"lambda": "1.6"}, "negative"),
    ("wald at a pole", "wald", {"lambda": "1"}, ""),
    ("wald, level 1", "wald", {"factor": "1"}, "not above 1"),
    ("wald, upside down", "wald", {"lower": "3"}, "not in order"),
    ("wald, too sharp", "wald", {"upper": "2"}, "the bounds of S13"),
    ("wald, too high", "wald", {"lower": "1"}, "the bounds of S13"),
    ("no such proof", "wald", {"proof.method": "lorden"}, "which is none"),
    ("passages, bits", "passages of two", {"proof.bits": 7}, "out of range"),
    ("passages, span", "passages of powers", {"proof.span": "1/2"}, "not above 1"),
    ("passages of three", "passages of two", {"data": THREE, "lambda": "5"}, "two factors"),
    ("not infinite", "falling", {"lambda": "3"}, "G is positive"),
    ("mean", "falling", {"mean": "5"}, "not inf"),
    ("critical, stable", "critical", {"lambda": "1/9"}, "does not exceed 2"),
    ("critical at a pole", "critical", {"lambda": "2"}, "pole"),
    ("critical, no zero", "critical", {"lambda": "9/10"}, ""),
]


@pytest.mark.parametrize("case", REFUSALS, ids=[case[0] for case in REFUSALS])
def test_refusals(case: tuple[str, str, dict[str, Any], str]) -> None:
    _, name, changes, words = case
    document = a_good(name)
    for key, value in changes.items():
        if key == "data":
            document["data"] = value
            continue
        holder = document["claims"][0]
        *path, last = key.split(".")
        for step in path:
            holder = holder[step]
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    (verdict,) = check(document)
    assert not verdict.proved and words in verdict.statement, verdict.statement
    assert "checker failed" not in verdict.statement


def course(**changes: Any) -> Course:
    given: dict[str, Any] = {
        "factors": (F(2), F(1, 2)),
        "weights": (F(1, 2), F(1, 2)),
        "level": F(3),
        "strict": False,
        "work": Work(),
    }
    return Course(**(given | changes))


def test_powers_that_are_too_long_are_refused() -> None:
    with pytest.raises(Refused, match="too large powers"):
        course().stops_at((10**7, 0))
    with pytest.raises(Refused, match=r"too large powers of proof\.span"):
        horizon._power_at_level(course(level=F(2) ** (1 << 19)), F(3, 2) ** 1000)


def test_layers_of_too_many_counts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horizon, "MOST_STATES", 5)
    with pytest.raises(Refused, match="more than 5 counts"):
        horizon._by_counts(course(level=F(99)), Proof("counts", 5, 40))


def test_without_a_factor_there_are_no_cells() -> None:
    with pytest.raises(Refused, match="no factor"):
        horizon._by_cells(course(factors=(), weights=()), Proof("cells", 5, 40))


def test_no_step_leaves_all_where_it_was() -> None:
    for strict, asked in ((False, 0), (True, 1 << 40)):
        assert horizon._by_cells(course(strict=strict), Proof("cells", 0, 40, reach=F(1))) == (asked, asked)


def test_a_tie_is_told_exactly() -> None:
    """2 * 2 = 4: at the level, but not above it."""
    proof = Proof("pair", 2, 40)
    assert horizon.pair_row(course(level=F(4)), proof)[1] == [2, 2]
    assert horizon.pair_row(course(level=F(4), strict=True), proof)[1] == [2, 3]
    assert horizon._power_at_level(course(level=F(4)), F(2)) == 2
    assert horizon._power_at_level(course(level=F(4), strict=True), F(2)) == 3


def test_rows_keep_all_mass() -> None:
    masses = row.walk_row([(0, 1 << 39), (3, 1 << 38)], [10**6] * 40, 40, False, Work())
    whole = F(3, 4) ** 40 * (1 << 40)
    assert masses.stopped == 0 and masses.alive <= whole <= masses.alive + masses.lost


def test_the_chance_of_rests_is_bounded() -> None:
    """Three steps of two rests, all words counted; both bounds hold, and the one with a slope is the smaller here."""
    walk = course(factors=(F(5, 2), F(7, 5)), weights=(F(1, 4), F(3, 4)))
    unit, reach = 1 << 40, F(1, 5)
    rests = [(-3 * unit // 20,) * 2, (unit // 20,) * 2]
    sums = [sum(word) for word in itertools.product((F(-3, 20), F(1, 20)), repeat=3)]
    chances = [
        F(1, 4) ** word.count(0) * F(3, 4) ** word.count(1) for word in itertools.product((0, 1), repeat=3)
    ]
    truth = sum((p for total, p in zip(sums, chances, strict=True) if total <= -reach), F(0))
    found = []
    for slope in (None, F(8)):
        proof = Proof("cells", 3, 40, slope=slope)
        found.append(horizon._left_to_chance(walk, proof, (unit // 5, rests), int(reach * unit), 40))
        assert found[-1] >= truth * unit
    assert found[1] < found[0]
    once = Proof("cells", 1, 40, slope=F(20))
    side = horizon._left_to_chance(walk, once, (unit // 5, rests), 3 * unit // 20, 40)
    assert unit // 4 <= side < unit * 27 // 100  # the chance of the rest -3/20 alone


def test_rows_that_die_out_end() -> None:
    masses = row.walk_row([(0, 1)], [5] * 40, 40, True, Work())
    assert masses.stopped == masses.alive == 0
    empty = row._Row([(0, 1)], 40, Work())
    empty.value = 0
    empty.trim(None)
    assert empty.start == 0


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("slope", [None, F(60)])
@pytest.mark.parametrize("reach", ["1/2", "1/10", "1/30"])
def test_cells_enclose_what_counts_give(strict: bool, reach: str, slope: F | None) -> None:
    walk = course(
        factors=(F(5, 2), F(7, 5), F(1, 3)), weights=(F(1, 4), F(1, 4), F(1, 4)), strict=strict, level=F(5, 2)
    )
    low, high = horizon._by_counts(walk, Proof("counts", 8, 60))
    least, most = horizon._by_cells(walk, Proof("cells", 8, 60, None, F(1, 20), F(reach), slope=slope))
    assert least <= low <= high <= most and (reach != "1/2" or least < most)
