"""The checker's verdicts on `family_sign`: changed and hostile claims are refused unless they stay true."""

import json
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from kit.good_certificates import mutations

from proofs_check.certificate import check_certificate

Json = Any

GOOD: list[Json] = [
    {
        "curvature": {"fixed": "3"},
        "sign": "positive",
        "s": {"from": "1", "to": "2"},
        "p": {"from": "0", "to": "1"},
    },
    {
        "curvature": {"fixed": "3"},
        "sign": "negative",
        "s": {"from": "1/2", "to": "3/5"},
        "p": {"from": "9/10", "to": "1"},
    },
    {
        "curvature": {"share": "1/2"},
        "sign": "positive",
        "s": {"from": "9/10", "to": "11/10"},
        "p": {"from": "0.1", "to": "0.9"},
    },
    {
        "curvature": {"share": "1/2"},
        "sign": "negative",
        "s": {"from": "17/10", "to": "19/10"},
        "p": {"from": "0", "to": "1/20"},
    },
    {
        "curvature": {"share": "1/4"},
        "sign": "negative",
        "s": {"from": "3/5", "to": "7/10"},
        "p": {"from": "9/10", "to": "1"},
    },
]


def document(claim: Json) -> Json:
    return {
        "format": "catalysis-certificate",
        "version": 1,
        "producer": "test",
        "claims": [{"kind": "family_sign", **claim}],
    }


def verdict(claim: Json) -> Any:
    (found,) = check_certificate(json.dumps(document(claim)).encode())
    return found


def is_true(claim: Json) -> bool:
    """The claim on a grid of its box, with mpmath. A share claim means z = c/max(1, s^2)."""
    s0, s1, p0, p1 = (Fraction(claim[key][end]) for key in "sp" for end in ("from", "to"))
    wanted = {"positive": 1, "negative": -1}[claim["sign"]]
    with mp.workdps(40):
        for i in range(13):
            for j in range(5):
                s, p = s0 + (s1 - s0) * i / 12, p0 + (p1 - p0) * j / 4
                if "fixed" in claim["curvature"]:
                    z = Fraction(claim["curvature"]["fixed"])
                else:
                    z = (2 + 2 * Fraction(claim["curvature"]["share"])) / max(Fraction(1), s * s)
                total = mp.mpf(0)
                for w, x in ((1 - p, Fraction(1)), (p, s * s)):
                    size = abs(1 - z * x)
                    if w:
                        log = mp.log(mp.mpf(size.numerator) / size.denominator) if size else -mp.inf
                        total += mp.mpf(w.numerator) / w.denominator * log
                if total * wanted <= 0:
                    return False
    return True


@pytest.mark.parametrize("claim", GOOD, ids=lambda c: f"{c['curvature']} {c['sign']}")
def test_good_claims_are_proved_and_say_what_they_prove(claim: Json) -> None:
    assert is_true(claim)
    found = verdict(claim)
    assert found.proved, found.statement
    assert found.statement.endswith("[F1]" if "fixed" in claim["curvature"] else "[F2]")
    assert (" > 0 for all" if claim["sign"] == "positive" else " < 0 for all") in found.statement


@pytest.mark.parametrize("claim", GOOD, ids=lambda c: f"{c['curvature']} {c['sign']}")
def test_a_changed_claim_is_refused_or_still_true(claim: Json) -> None:
    seen = 0
    for path, changed in mutations(document(claim)):
        verdicts = check_certificate(json.dumps(changed).encode())
        if all(v.proved for v in verdicts) and verdicts:
            if path and path[0] == "producer":
                continue
            for one in changed["claims"]:
                assert is_true(one), path
                seen += 1
    assert seen  # a shift by 10^-40, for one, stays true


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"s": {"from": "1/2", "to": "2"}, "p": {"from": "0", "to": "1/100"}}, "pole"),
        # both poles of a share claim, 1/c and c with c = 16/5, between positive corners
        (
            {
                "curvature": {"share": "3/5"},
                "s": {"from": "1", "to": "4"},
                "p": {"from": "0.998", "to": "0.999"},
            },
            "pole",
        ),
        (
            {
                "curvature": {"share": "3/5"},
                "s": {"from": "0.1", "to": "1"},
                "p": {"from": "0.001", "to": "0.002"},
            },
            "pole",
        ),
        ({"s": {"from": "1/100", "to": "1/50"}}, "corner"),
        ({"s": {"from": "2", "to": "1"}}, "from <= to"),
        ({"s": {"from": "-2", "to": "1"}}, "from <= to"),
        ({"p": {"from": "0", "to": "2"}}, "above 1"),
        ({"curvature": {"fixed": "0"}}, "not positive"),
        ({"curvature": {"share": "1"}}, "below 1"),
        ({"curvature": {"share": "1/2", "fixed": "3"}}, "unknown key"),
        ({"curvature": "3"}, "not an object"),
        ({"sign": "both"}, "unknown sign"),
        ({"sign": ["positive"]}, "unknown sign"),
        # G = 0 exactly on the line s = 1 at z = 2
        ({"curvature": {"fixed": "2"}, "s": {"from": "1", "to": "1"}}, "not decided"),
    ],
)
def test_refusals_name_the_reason(changed: Json, reason: str) -> None:
    found = verdict(GOOD[0] | changed)
    assert not found.proved and reason in found.statement


def test_corners_alone_do_not_prove_a_negative_box_across_one() -> None:
    """Both corners far from s = 1 can be negative while G > 0 at s = 1: F2 needs its hypothesis."""
    claim = GOOD[3] | {"s": {"from": "14/25", "to": "9/5"}, "p": {"from": "1/2", "to": "1/2"}}
    assert not is_true(claim)
    assert "s = 1 lies in" in verdict(claim).statement


def test_long_numbers_cost_no_more_than_the_budget() -> None:
    long = "1/" + "9" * 3990
    claim = GOOD[0] | {"p": {"from": long, "to": "1"}, "curvature": {"fixed": "3." + "1" * 3990}}
    assert verdict(claim).proved in (True, False)
    close = GOOD[0] | {"curvature": {"fixed": "2." + "0" * 3990 + "1"}, "s": {"from": "1", "to": "1"}}
    many = document(close)
    many["claims"] *= 600
    found = check_certificate(json.dumps(many).encode())
    assert len(found) == 600 and not all(v.proved for v in found)  # the budget runs out, nothing hangs
