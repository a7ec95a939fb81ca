"""`zero_count`: numbers of zeros from one witness a gap, and the enclosures by far clusters behind them."""

import json
import math
import random
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from kit.good_certificates import COUNTS, IDLE, SINGLE, TALK, THREE, Model, certificate, data_set, real

from proofs_check.certificate import check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.data import Step, read_data
from proofs_check.core.law import Case, Law, law_of
from proofs_check.core.rule import Setting
from proofs_check.linear import far
from proofs_check.linear.drift import drift
from proofs_check.linear.far import FarField, drift_there, slope_there
from proofs_check.linear.zero_count import read

Json = Any


def count(zeros: int, *witnesses: str, start: str = "0", end: str = "inf") -> Json:
    lines = list(witnesses)
    return {
        "kind": "zero_count",
        "step": SINGLE,
        "from": start,
        "to": end,
        "zeros": zeros,
        "witnesses": lines,
    }


@cache
def crowd(size: int = 140) -> str:
    """Normal samples: the first gaps have no zeros, the last ones two each."""
    rng = random.Random(size)
    xs = sorted({round(rng.gauss(0, 1) ** 2, 6) for _ in range(size)})
    return json.dumps(data_set(*((f"{x:.6f}", 1) for x in xs)))


@cache
def crowd_claim() -> str:
    """Its witnesses: the middle of a gap where G > 0 there, else the best of some tangents."""
    law = law_in(json.loads(crowd()))
    signs = []
    for gap in range(1, len(law.numerators)):
        j = len(law.numerators) - gap - 1
        low, high = law.numerators[j : j + 2]
        shares = [i / 100 for i in range(4, 100, 4)]
        value, share = max((drift_in_floats(law, low + s * (high - low)), s) for s in shares)
        assert abs(value) > 1e-5
        signs.append(f"{'+' if value > 0 else '-'}{round(100 * share):02}")
    zeros = 1 + 2 * sum(sign[0] == "+" for sign in signs)
    return json.dumps(count(zeros, " ".join(signs[:70]), " ".join(signs[70:])))


def drift_in_floats(law: Law, y: float) -> float:
    rows = zip(law.weights, law.numerators, strict=True)
    return math.fsum(k * math.log(abs(1 - u / y)) for k, u in rows) / law.total


def law_in(data: Json) -> Law:
    work = Work(10**9)
    return law_of(read_data(data, work), Step("single"), work)


GOOD: dict[str, Callable[[], Json]] = {
    "one zero": lambda: certificate(TALK, count(1, "-5")),
    "no gap": lambda: certificate(TALK, count(0, start="1/10", end="1/2")),
    "three zeros": lambda: certificate(THREE, count(3, "+1")),
    "an idle step": lambda: certificate(IDLE, count(1, "-17")),
    "a single rate": lambda: certificate(data_set(("1", 1)), count(1)),
    "two gaps": lambda: certificate(COUNTS, count(1, "-5", "-33")),
    "beyond the last pole": lambda: certificate(TALK, count(1, start="1")),
    "a crowd": lambda: certificate(json.loads(crowd()), json.loads(crowd_claim())),
}


def a_good(name: str) -> Json:
    return json.loads(json.dumps(GOOD[name]()))


def verdict(document: Json) -> tuple[bool, str]:
    (found,) = check_certificate(json.dumps(document).encode())
    return found.proved, found.statement


def model_count(data: Json, start: Fraction, end: Fraction | None) -> int:
    model = Model(data, SINGLE)
    places = [at for gap in model.gaps(start, end) for _, at in model.zeros(gap)]
    return sum(real(start) < at and (end is None or at < real(end)) for at in places)


@pytest.mark.parametrize("name", GOOD)
def test_good_counts_are_proved_and_what_is_said_is_true(name: str) -> None:
    document = a_good(name)
    proved, words = verdict(document)
    assert proved, words
    claim, law = document["claims"][0], law_in(document["data"])
    (zeros,) = re.findall(r"the drift G has exactly (\d+) zeros?", words)
    assert int(zeros) == claim["zeros"]
    between = re.search(r"of the (\d+) gaps .* it, (\d+) hold .* the other (\d+) G < 0", words)
    signs = "".join(claim["witnesses"])
    found = [len(re.findall(r"[+-]", signs)), signs.count("+"), signs.count("-")]
    assert [int(n) for n in between.groups()] == found if between else found == [0, 0, 0]
    if len(law.numerators) < 10:
        end = None if claim["to"] == "inf" else Fraction(claim["to"])
        assert int(zeros) == model_count(document["data"], Fraction(claim["from"]), end)


BAD: list[tuple[str, str, Json, str]] = [
    ("a sign turned up", "one zero", {"witnesses": ["+5"]}, "not positive at the witness of gap 1"),
    ("a sign turned down", "three zeros", {"witnesses": ["-1"]}, "is not negative"),
    ("a witness moved", "one zero", {"witnesses": ["-99"]}, "is not negative"),
    ("a witness moved off the positive part", "three zeros", {"witnesses": ["+5"]}, "not positive"),
    ("a gap left out", "two gaps", {"witnesses": ["-5"]}, "2 gaps between two poles meet"),
    ("a gap too many", "two gaps", {"witnesses": ["-5 -33 -5"]}, "3 have a witness"),
    ("a witness at a pole", "one zero", {"witnesses": ["-0"]}, "does not lie inside"),
    ("a zero beyond the end", "three zeros", {"to": "1.001"}, "G has 2 zeros there, not 3"),
    ("a zero too many", "three zeros", {"zeros": 4}, "G has 3 zeros there, not 4"),
    ("a zero as text", "three zeros", {"zeros": "3"}, "not an integer"),
    ("an end at a zero", "a single rate", {"from": "2"}, "not decided"),
    ("a start in a gap without zeros", "one zero", {"from": "0.8", "zeros": 2}, "G has 1 zeros there"),
    ("an interval upside down", "one zero", {"from": "2", "to": "1"}, "not below to"),
    ("a witness without a sign", "one zero", {"witnesses": ["5"]}, "signs and digits"),
    ("a number as a witness", "one zero", {"witnesses": [5]}, "signs and digits"),
    ("a line too long", "one zero", {"witnesses": ["-" + "5" * 4000]}, "signs and digits"),
]


@pytest.mark.parametrize(("name", "edits", "reason"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_refused_count(name: str, edits: Json, reason: str) -> None:
    document = a_good(name)
    document["claims"][0] |= edits
    proved, words = verdict(document)
    assert not proved
    assert reason in words


@pytest.mark.parametrize("start", ["0", "1/3", "1/2", "0.8", "0.999", "1", "1.001", "1.5"])
@pytest.mark.parametrize("end", ["1/3", "1/2", "0.9", "0.999", "1", "1.001", "1.5", "inf"])
def test_ends_within_a_gap_are_placed_by_their_sign(start: str, end: str) -> None:
    last = None if end == "inf" else Fraction(end)
    if last is not None and last <= Fraction(start):
        return
    zeros = model_count(THREE, Fraction(start), last)
    meets = Fraction(start) < 1 and (last is None or last > Fraction(1, 3))
    for claimed in (zeros, zeros + 1):
        claim = count(claimed, *(["+1"] if meets else []), start=start, end=end)
        assert verdict(certificate(THREE, claim))[0] == (claimed == zeros)


def test_a_crowd_with_one_sign_turned_is_refused() -> None:
    document = json.loads(crowd_claim())
    text = document["witnesses"][0]
    turned = re.sub(r"-", "+", text, count=1)
    lost = count(document["zeros"] + 2, turned, document["witnesses"][1])
    assert "is not positive" in verdict(certificate(json.loads(crowd()), lost))[1]
    turned = re.sub(r"[+]", "-", document["witnesses"][1], count=1)
    fewer = count(document["zeros"] - 2, text, turned)
    assert "is not negative" in verdict(certificate(json.loads(crowd()), fewer))[1]


# --- the enclosures behind ---------------------------------------------------------------------------


def clustered(seed: int, size: int = 300, alike: bool = True) -> Json:
    """Rates in some clusters, of spacings from 1 to 10^-9 of their distances."""
    rng = random.Random(seed)
    xs = {10**12 * rng.randrange(1, 9) + rng.randrange(10 ** rng.randrange(3, 13)) for _ in range(size)}
    return data_set(*((str(x), 1 if alike else rng.randrange(1, 10**6)) for x in sorted(xs)))


def field_of(data: Json) -> FarField:
    return FarField(Case(law_in(data), Work(10**10), 4096))


@pytest.mark.parametrize(("seed", "alike"), [(1, True), (2, False)])
def test_sums_by_clusters_hold_the_sum_over_all_rates(seed: int, alike: bool) -> None:
    field = field_of(clustered(seed, alike=alike))
    law, rng, inside = field.law, random.Random(seed), 0
    unit = 1 << far.PREC
    for _ in range(25):
        j = rng.randrange(len(law.numerators) - 1)
        low, high = law.numerators[j : j + 2]
        y = low + (high - low) * Fraction(rng.randrange(1, 1000), 1000)
        lo, hi = drift_there(field, j, y)
        exact = drift(field.case, law.scale / y, 256)
        value = Fraction(exact[0] * law.total, 1 << 128)
        assert lo <= value <= hi
        steep = sum(k * y / (y - u) for k, u in zip(law.weights, law.numerators, strict=True)) - field.mass
        below, above = slope_there(field, j, y)
        assert below <= steep * unit <= above
        rounded = field.leaf(j).far << field.degree.lost
        middle = Fraction(lo + hi, 2)
        inside += abs(value - middle) <= rounded
    assert inside < 25  # the remainder is needed: rounding alone does not explain the differences


@pytest.mark.parametrize("wrong", [1, -1])
def test_a_remainder_left_out_would_prove_a_false_count(wrong: int) -> None:
    """A drift at a place so near 0 that the expansions alone give it the wrong sign; all rates tell the true one."""
    data, j, y = next(case for case in map(_misleading, range(200)) if case and case[3] == wrong)[:3]
    field = field_of(data)
    lo, hi = drift_there(field, j, y)
    assert lo < 0 < hi
    assert (lo + hi > 0) == (wrong > 0)
    gap = len(field.law.numerators) - j - 1
    ends = [str(field.law.pole(k)) for k in (gap - 1, gap)]
    claim = count(2, "+5", start=ends[0], end=ends[1])
    proved, words = verdict(certificate(data, claim))
    assert proved == (wrong < 0)
    assert proved or "is not positive" in words


def _misleading(seed: int) -> tuple[Json, int, Fraction, int] | None:
    """The weight of one more rate balances the drift at a place to 10^-13 of the total."""
    rng = random.Random(seed)
    xs = sorted({10**6 + rng.randrange(10**6) for _ in range(120)})
    j = rng.randrange(20, 60)
    y = Fraction(xs[j] + xs[j + 1], 2)
    total = math.fsum(math.log(abs(1 - x / y)) for x in xs)
    far_away = 50 * 10**6 if total < 0 else 10**5
    other = math.log(abs(1 - far_away / y))
    if total * other >= 0:
        return None
    rows = sorted([(x, 10**13) for x in xs] + [(far_away, 1)])
    data = data_set(*((str(x), k) for x, k in rows))
    law = law_in(data)
    field = FarField(Case(law, Work(10**10), 4096))
    place = y * law.scale
    j = next(i for i in range(len(rows) - 1) if law.numerators[i] < place < law.numerators[i + 1])
    lo, hi = drift(field.case, law.scale / place, 512)
    exact = Fraction(lo + hi, 2) * law.total / (1 << 512)
    one = Fraction(other)
    weight = round(-exact / one) + 1
    if not 0 < weight < 10**17:
        return None
    data = data_set(*((str(x), weight if x == far_away else k) for x, k in rows))
    law = law_in(data)
    field = FarField(Case(law, Work(10**10), 4096))
    place = y * law.scale
    value = drift(field.case, law.scale / place, 512)
    lo, hi = drift_there(field, j, place)
    sign = 1 if value[0] > 0 else -1
    return (data, j, place, -sign) if (lo + hi) * sign < 0 else None


def test_a_count_beyond_the_budget_is_refused_unbegun() -> None:
    document = a_good("a crowd")
    (found,) = check_certificate(json.dumps(document).encode(), Work(12_000))
    assert not found.proved
    assert "budget" in found.statement


def test_places_of_witnesses_are_read_as_shares_in_the_inverse_of_lambda() -> None:
    statement = read(count(3, "+125"), Setting(read_data(THREE, Work()), Work()))
    assert statement.witnesses == ((True, Fraction(1, 8)),)
    assert far.place_in(statement.case.law, 1, Fraction(1, 8)) == statement.case.law.scale * Fraction(5, 4)
