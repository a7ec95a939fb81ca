"""Brackets of long lists: signs at their ends by far clusters, also beside poles (FF1), and what is refused."""

import json
import math
import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from kit.good_certificates import SINGLE, data_set

from catalysis.certificate.document import claim
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from proofs_check.certificate import check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.data import Step, read_data
from proofs_check.core.law import Case, law_of
from proofs_check.linear import far, zeros
from proofs_check.linear.drift import drift
from proofs_check.linear.far import BRACKETS, SIGNS, FarField, drifts_beside
from proofs_check.linear.points import NearPole

Json = Any
SIZE = 150


@cache
def crowd() -> tuple[str, str]:
    """Normal samples of some weights, and their complete list."""
    rng = random.Random(SIZE)
    rows = {round(rng.gauss(0, 1) ** 2, 6): rng.choice((1, 1, 1, 5)) for _ in range(SIZE)}
    listed = [(f"{x:.6f}", k) for x, k in sorted(rows.items())]
    walk = LinearWalk(Dataset.from_arrays(x=[x for x, _ in listed], counts=[k for _, k in listed]))
    return json.dumps(data_set(*listed)), json.dumps(claim(sign_regions(walk)))


def document(edit: Callable[[Json], object] = lambda listed: None) -> Json:
    data, listed = map(json.loads, crowd())
    assert listed["kind"] == "sign_regions" and listed["step"] == SINGLE
    edit(listed)
    return {
        "format": "catalysis-certificate",
        "version": 1,
        "producer": "test",
        "data": data,
        "claims": [listed],
    }


def verdict(edit: Callable[[Json], object] = lambda listed: None) -> tuple[bool, str]:
    (found,) = check_certificate(json.dumps(document(edit)).encode())
    return found.proved, found.statement


def test_a_long_list_is_proved_by_expansions(monkeypatch: pytest.MonkeyPatch) -> None:
    """All factors are asked for beyond the last pole alone; the list is said with its brackets."""
    asked: list[object] = []
    monkeypatch.setattr(zeros, "sign_of_drift", lambda case, point: asked.append(point) or _sign(case, point))
    proved, words = verdict()
    assert proved and words.endswith("[D1, D2, D3, FF1]")
    listed = document()["claims"][0]
    assert len(asked) == 2 and f"exactly {len(listed['zeros'])} zeros; z1 " in words
    kinds = {type(zero["lower"]) for zero in listed["zeros"]}
    assert kinds == {str, dict} and listed["negative_gaps"]


def _sign(case: Case, point: Any) -> int:
    return 1 if drift(case, point, 256)[0] > 0 else -1


def _beside(listed: Json, up: bool) -> Json:
    """A zero in the middle of the list, beside a pole."""
    own = [z for z in listed["zeros"] if isinstance(z["lower"], dict) and (z["direction"] == "up") == up]
    return own[len(own) // 2]


def _moved(up: bool, ends: tuple[str, ...], by: str) -> Callable[[Json], None]:
    def edit(listed: Json) -> None:
        zero = _beside(listed, up)
        for end in ends:
            zero[end]["t"] = str(Fraction(zero[end]["t"]) + Fraction(by))

    return edit


def _rational(listed: Json) -> None:
    zero = next(z for z in listed["zeros"] if isinstance(z["lower"], str))
    width = Fraction(zero["upper"]) - Fraction(zero["lower"])
    zero["lower"], zero["upper"] = (str(Fraction(zero[end]) + 2 * width) for end in ("lower", "upper"))


def _turned(listed: Json) -> None:
    zero = _beside(listed, True)
    zero["direction"] = "down"


def _positive_gap(listed: Json) -> None:
    """A gap with two zeros as one without."""
    gap = listed["negative_gaps"][-1]["gap"] + 1
    first = next(i for i, z in enumerate(listed["zeros"]) if _gap(listed, z) == gap)
    up, down = listed["zeros"][first : first + 2]
    middle = (_place(up["upper"]) + _place(down["lower"])) / 2
    listed["negative_gaps"].append({"gap": gap, "at": str(middle)})
    del listed["zeros"][first : first + 2]


def _place(point: Json) -> Fraction:
    if isinstance(point, str):
        return Fraction(point)
    side = 1 if point["side"] == "above" else -1
    return Fraction(point["pole"]) + side * Fraction(1, 2) ** int(Fraction(point["t"]) * 3 / 2)


def _gap(listed: Json, zero: Json) -> int:
    data = json.loads(crowd()[0])
    return sum(1 / Fraction(row["x"]) < _place(zero["lower"]) for row in data["samples"])


REFUSED: list[tuple[str, Callable[[Json], object], str]] = [
    ("an up bracket beside its zero", _moved(True, ("lower", "upper"), "1/1000000"), "wrong sign at upper"),
    (
        "a down bracket beside its zero",
        _moved(False, ("lower", "upper"), "-1/1000000"),
        "wrong sign at upper",
    ),
    ("a bracket before its zero", _moved(True, ("lower", "upper"), "-1/1000000"), "wrong sign at lower"),
    ("a rational bracket beside its zero", _rational, "wrong sign at lower"),
    ("a direction turned", _turned, "wrong sign at lower"),
    ("a positive gap called negative", _positive_gap, "is not negative"),
]


@pytest.mark.parametrize(("edit", "reason"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused_bracket(edit: Callable[[Json], object], reason: str) -> None:
    proved, words = verdict(edit)
    assert not proved
    assert reason in words


def test_a_wider_bracket_is_still_proved() -> None:
    assert verdict(_moved(True, ("lower",), "1/100"))[0]


# --- the enclosures behind ---------------------------------------------------------------------------


def clustered(seed: int, size: int, alike: bool) -> FarField:
    """Rates in some clusters, of spacings from 1 to 10^-9 of their distances."""
    rng = random.Random(seed)
    xs = {10**12 * rng.randrange(1, 9) + rng.randrange(10 ** rng.randrange(3, 13)) for _ in range(size)}
    data = data_set(*((str(x), 1 if alike else rng.randrange(1, 10**6)) for x in sorted(xs)))
    work = Work(10**10)
    return FarField(
        Case(law_of(read_data(data, work), Step("single"), work), work, 4096), rng.choice((SIGNS, BRACKETS))
    )


def logarithm(value: Fraction) -> Fraction:
    """About -log of a distance: a little more, so that exp(-t) is nearer."""
    return Fraction(value.denominator.bit_length() - value.numerator.bit_length() + 1) * Fraction(7, 10)


@pytest.mark.parametrize(("seed", "alike"), [(1, True), (2, False), (3, True), (4, False)])
def test_sums_beside_poles_hold_the_sums_over_all_rates(seed: int, alike: bool) -> None:
    """At both points, be they as far apart as the gap is wide: what the far rates change on the way is counted."""
    field, rng = clustered(seed, 160, alike), random.Random(seed)
    law, told = field.law, 0
    for _ in range(25):
        gap, side = rng.randrange(1, len(law.numerators) - 1), rng.choice((1, -1))
        pole = gap - 1 if side > 0 else gap
        nearest = logarithm(law.pole(gap) - law.pole(gap - 1)) + 1
        ts = [nearest + Fraction(rng.randrange(10**6), 10 ** rng.randrange(3, 9))]
        ts.append(ts[0] + Fraction(rng.randrange(1, 10**4), 10 ** rng.randrange(3, 13)))
        points = [NearPole(pole, side, t) for t in rng.sample(ts, 2)]
        found = drifts_beside(field, points)
        if found is None:
            continue
        told += 1
        for point, (lo, hi) in zip(points, found, strict=True):
            below, above = drift(field.case, point, 256)
            assert lo << 128 <= above * law.total and below * law.total <= hi << 128
    assert told > 15


def test_what_far_rates_change_between_two_points_is_counted() -> None:
    """Light rates near, heavy ones far off: from the pole to the middle of the gap the far sum alone moves."""
    rows = [(str(10**6 + 25 * i), 1) for i in range(40)] + [
        (str(3 * 10**6 + 25 * i), 10**9) for i in range(40)
    ]
    work = Work(10**10)
    law = law_of(read_data(data_set(*rows), work), Step("single"), work)
    field = FarField(Case(law, work, 4096))
    pole = len(rows) - 10
    points = [
        NearPole(pole, -1, t) for t in (Fraction(60), logarithm(law.pole(pole) - law.pole(pole - 1)) + 1)
    ]
    found = drifts_beside(field, points)
    assert found is not None
    for point, (lo, hi) in zip(points, found, strict=True):
        below, above = drift(field.case, point, 256)
        assert lo << 128 <= below * law.total and above * law.total <= hi << 128


def test_a_bracket_too_wide_for_one_enclosure_is_proved_by_its_ends() -> None:
    """Far from its pole, by a factor of its distance: the common enclosure holds 0, and each end is asked by itself."""
    zero = next(
        z for z in document()["claims"][0]["zeros"] if isinstance(z["lower"], str) and z["direction"] == "up"
    )
    poles = [1 / Fraction(row["x"]) for row in json.loads(crowd()[0])["samples"]]
    pole = max(p for p in poles if p < Fraction(zero["lower"]))
    near, far_ = (-math.log(Fraction(zero[end]) - pole) for end in ("lower", "upper"))
    for above, proved in ((far_ - 1e-4, True), (near + 1e-4, False)):

        def edit(listed: Json, above: float = above) -> None:
            own = next(z for z in listed["zeros"] if z["lower"] == zero["lower"])
            for end, t in (("lower", near + 0.7), ("upper", above)):
                own[end] = {"pole": str(pole), "side": "above", "t": str(Fraction(round(10**9 * t), 10**9))}

        assert verdict(edit)[0] == proved


def test_points_too_far_apart_are_left_to_all_factors() -> None:
    """Nothing is said where a near factor, or lambda itself, may be 0 in between."""
    field = clustered(1, 160, True)
    law = field.law
    width = logarithm(law.pole(80) - law.pole(79))
    assert drifts_beside(field, [NearPole(79, 1, width + 20), NearPole(79, 1, width - 3)]) is None
    beyond = logarithm(law.pole(80)) - 3
    assert drifts_beside(field, [NearPole(80, -1, width + 20), NearPole(80, -1, beyond)]) is None


def test_an_expansion_of_more_terms_tells_more() -> None:
    """24 terms leave a doubt of 10^-9 of the weight, 48 one that does not matter for brackets of 12 digits."""
    widths = []
    for degree in (SIGNS, BRACKETS):
        field = FarField(clustered(3, 160, True).case, degree)
        lo, hi = far.drift_there(field, 70, field.law.numerators[70] + Fraction(1, 3))
        widths.append((hi - lo) / (field.mass << far.PREC))
    assert 1e-10 < widths[0] < 1e-8 and widths[1] < 1e-16
